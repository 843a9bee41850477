"""The wire to Africa's Talking: hands over one text and says what became of it, number by number.

The SDK forms the request; the bytes travel our way, because the SDK's own way loses the status code, forwards the API
key to wherever a redirect points, and has no total deadline. Each send has its own connection: on a kept-alive one the
provider may hang up while a request is under way, and nobody can tell whether such an SMS was sent.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi
from africastalking.SMS import SMSService

from gateway.messages.codes import (
    CODE_OF_NAME,
    CODES,
    DELIVERY,
    LABELS,
    DeliveryEffect,
    Outcome,
    delivery_effect,
    label,
)
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRejected, SmsRetryable, SmsUnknown

__all__ = ["DELIVERY", "LABELS", "DeliveryEffect", "Outcome", "Receipt", "Sender", "delivery_effect", "label"]

DEADLINE_SECONDS = 15.0  # from looking up the host to the last byte of the answer
CONNECT_SECONDS = 4.0  # for each address of the host, so that a dead IPv6 leaves time for IPv4
ANSWER_BYTES = 64 * 1024  # an answer for RECIPIENTS numbers has about 20 kB
RECIPIENTS = 100  # the provider documents no limit; other gateways cap here


@dataclass(frozen=True)
class Receipt:
    """The provider's answer for one number.

    `code` is its statusCode, or `missing` / `unreadable`. `provider_id` is what a delivery report will name. `cost`
    ("KES 0.8000") is for this number and `total` ("USD 0.0079") for the whole request, possibly in another currency.
    """

    outcome: Outcome
    code: str
    provider_id: str | None
    cost: str | None
    parts: int | None
    total: str | None

    @property
    def resend_once(self) -> bool:
        """Whether an unknown outcome may be tried once more when no report came: not while the provider holds it back,
        nor on a code nobody knows."""
        return self.outcome is Outcome.UNKNOWN and self.code in ("502", "missing", "unreadable")


class Sender:
    """Sends texts as one Africa's Talking account; one may serve many threads.

    `base_url` None is the SDK's own host, else a scheme and host to which /version1/messaging is appended. `deadline`
    is in seconds and covers everything. Raises ValueError on settings that cannot work.
    """

    def __init__(
        self, username: str, api_key: str, base_url: str | None = None, deadline: float = DEADLINE_SECONDS
    ) -> None:
        self._service = _Service(username.strip(), api_key.strip(), base_url, deadline)

    def send(self, text: str, numbers: list[str], sender: str | None) -> dict[str, Receipt]:
        """Hand `text` to up to 100 E.164 `numbers`, from `sender` (None: the account's default); one receipt for each.

        Raises an SmsFailure when there is no answer for single numbers, ValueError for none or too many of them.
        """
        wanted = list(dict.fromkeys(numbers))
        _refuse_unsendable(text, wanted)
        answer: _Answer = self._service.send(text, wanted, sender_id=sender or None, enqueue=True)
        if not answer.has_receipts:
            raise _failure(answer.status)
        return _receipts(answer.body, wanted)


def _refuse_unsendable(text: str, numbers: list[str]) -> None:
    if not 1 <= len(numbers) <= RECIPIENTS:
        raise ValueError(f"an SMS goes to 1 to {RECIPIENTS} numbers")
    if not all(re.fullmatch(r"\+[1-9][0-9]{6,14}", number) for number in numbers):
        raise SmsRejected("malformed")
    if not text.strip() or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise SmsRejected("text")


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes = b""

    @property
    def has_receipts(self) -> bool:
        # 409 (out of hours) is documented to carry the normal body.
        return 200 <= self.status < 300 or self.status == 409


def _failure(status: int) -> SmsFailure:
    code = f"http-{status}"
    if 300 <= status < 400:
        return SmsHalted("redirect")
    if status in (401, 402, 403, 404, 405, 407):  # the key, the account or the address: every other SMS fails alike
        return SmsHalted(code)
    if status in (502, 504) or status < 200:  # a proxy lost the answer of a server that may have taken the SMS
        return SmsUnknown(code)
    if status >= 500 or status in (408, 425, 429):
        return SmsRetryable(code)
    return SmsRejected(code)


def _receipts(body: bytes, numbers: list[str]) -> dict[str, Receipt]:
    data = _message_data(body)
    if data is None:
        raise SmsUnknown("unreadable")
    message, recipients = data
    if not recipients:
        _refuse_named(message)
    found = _by_number(recipients, message)
    missing = Receipt(Outcome.UNKNOWN, "missing", None, None, None, None)
    return {number: found.get(number, missing) for number in numbers}


def _message_data(body: bytes) -> tuple[str, list[Any]] | None:
    """The summary and the recipients; None for anything but the documented shape, whatever the content type says."""
    try:
        data = json.loads(body)["SMSMessageData"]
        message, recipients = data.get("Message"), data["Recipients"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return (_plain(message), recipients) if isinstance(recipients, list) else None


def _refuse_named(message: str) -> None:
    """A wrong sender id comes as 201 with an empty list and the name of the fault instead of a summary."""
    failures = {Outcome.HALTED: SmsHalted, Outcome.REJECTED: SmsRejected, Outcome.RETRY: SmsRetryable}
    code = CODE_OF_NAME.get(message.strip().lower(), "")
    if code and CODES[code][1] in failures:
        raise failures[CODES[code][1]](code)


def _by_number(recipients: Iterable[Any], message: str) -> dict[str, Receipt]:
    found: dict[str, Receipt] = {}
    for recipient in recipients:
        if isinstance(recipient, dict):
            number = "+" + _plain(recipient.get("number")).strip().lstrip("+")
            receipt = _receipt(recipient, message)
            if number not in found or receipt.outcome is Outcome.ACCEPTED:  # named twice: once accepted is accepted
                found[number] = receipt
    return found


def _receipt(recipient: dict[str, Any], message: str) -> Receipt:
    code = _match(r"\d{1,4}", recipient.get("statusCode")) or "unreadable"
    total = re.search(r"Total Cost: ([A-Z]{3} [\d.]{1,20})", message, re.ASCII)
    parts = re.search(r"Message parts: (\d{1,3})\b", message, re.ASCII)
    provider_id = _match(r"[\w.:-]{1,100}", recipient.get("messageId"))
    return Receipt(
        outcome=CODES[code][1] if code in CODES else Outcome.UNKNOWN,
        code=code,
        provider_id=None if provider_id == "None" else provider_id,
        cost=_match(r"([A-Z]{3} )?[\d.]{1,20}", recipient.get("cost")),
        parts=int(_match(r"\d{1,3}", recipient.get("messageParts")) or (parts[1] if parts else 0)) or None,
        total=total[1] if total else None,
    )


def _match(pattern: str, value: object) -> str | None:
    text = _plain(value)
    return text if re.fullmatch(pattern, text, re.ASCII) else None


def _plain(value: object) -> str:
    return str(value) if isinstance(value, str | int) else ""


class _Service(SMSService):  # type: ignore[misc]
    """The SDK's SMS service; the test of its private names fails when an upgrade changes them."""

    def __init__(self, username: str, api_key: str, base_url: str | None, deadline: float) -> None:
        if not (api_key.isascii() and api_key.isprintable()):
            raise ValueError("the API key has letters that cannot be sent")
        if deadline <= 0:
            raise ValueError("the deadline must be longer than nothing")
        super().__init__("sandbox" if username.lower() == "sandbox" else username, api_key)
        if base_url:
            self._baseUrl = base_url.rstrip("/") + "/version1"
        parts = urlsplit(self._baseUrl)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("the provider's address must start with http:// or https:// and name a host")
        self._deadline = deadline
        self._tls = ssl.create_default_context(cafile=certifi.where()) if parts.scheme == "https" else None

    def _make_request(
        self,
        url: str,
        method: str,
        headers: dict[str, str],
        data: dict[str, object],
        params: None,
        callback: None = None,
        timeout: object = None,
    ) -> _Answer:
        parts = urlsplit(url)
        host, patience = parts.hostname or "", min(CONNECT_SECONDS, self._deadline)
        connection = (
            HTTPSConnection(host, parts.port, timeout=patience, context=self._tls)
            if self._tls
            else HTTPConnection(host, parts.port, timeout=patience)
        )
        form = {**headers, "Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
        return _Exchange(connection, method, parts.path, urlencode(data).encode(), form).answer(self._deadline)


class _Exchange:
    """One request on a thread of its own, so that the caller is free at the deadline whatever the network does.

    Timeouts of sockets count from byte to byte, and looking up a host has none at all.
    """

    def __init__(
        self, connection: HTTPConnection, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> None:
        self._connection, self._request = connection, (method, path, body, headers)
        self._done, self._lock = threading.Event(), threading.Lock()
        self._given_up = self._left = False
        self._socket: socket.socket | None = None
        self._result: _Answer | SmsFailure = SmsRetryable("connect")

    def answer(self, seconds: float) -> _Answer:
        threading.Thread(target=self._run, args=(seconds,), name="sms-send", daemon=True).start()
        in_time = False
        try:
            in_time = self._done.wait(seconds)
        finally:  # also when a signal or a job's time limit breaks the wait
            if not in_time:
                self._give_up()
        if not in_time:
            raise SmsUnknown("deadline") if self._left else SmsRetryable("connect")
        if isinstance(self._result, _Answer):
            return self._result
        raise self._result

    def _give_up(self) -> None:
        with self._lock:
            self._given_up = True
        if self._socket is not None:
            try:  # not SSLSocket's own, which pulls the TLS layer from under the reading thread
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return

    def _run(self, seconds: float) -> None:
        try:
            self._result = self._talk(seconds)
        except ssl.SSLCertVerificationError:
            self._result = SmsHalted("certificate")
        except Exception:  # kept nowhere: such exceptions quote hosts, headers and bodies
            self._result = SmsUnknown("dropped") if self._left else SmsRetryable("connect")
        finally:
            self._connection.close()
            self._done.set()

    def _talk(self, seconds: float) -> _Answer | SmsFailure:
        self._connection.connect()
        self._socket = self._connection.sock
        self._socket.settimeout(seconds + 1)  # below the watchdog, which speaks first
        with self._lock:  # after this line the caller must believe that the SMS may have left
            if self._given_up:
                return SmsRetryable("connect")
            self._left = True
        self._connection.request(*self._request)
        response = self._connection.getresponse()
        try:
            answer = _Answer(response.status)
            if not answer.has_receipts:
                return answer
            body = response.read(ANSWER_BYTES + 1)
            if len(body) > ANSWER_BYTES:
                return SmsUnknown("oversized")
            return SmsUnknown("truncated") if response.length else _Answer(response.status, body)
        finally:
            response.close()
