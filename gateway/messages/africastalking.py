"""The wire to Africa's Talking: hands over one text and says what became of it, number by number; reads its inbox.

The SDK forms the request; the bytes travel our way, because the SDK's own way loses the status code, forwards the API
key to wherever a redirect points, and has no total deadline. One connection carries sends that follow each other within
a moment; after a pause, and after anything but a clean answer, the next send has its own.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi
from africastalking.SMS import SMSService

from gateway.messages.codes import DELIVERY, LABELS, DeliveryEffect, Outcome, delivery_effect, label
from gateway.messages.connection import Answer, Connection, Request
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRejected, SmsRetryable, SmsUnknown
from gateway.messages.receipts import Receipt, plain, receipts_in
from gateway.people.phone import is_landline

__all__ = [
    "DELIVERY", "LABELS", "DeliveryEffect", "Fetched", "Line", "Outcome", "Receipt", "Sender", "delivery_effect",
    "label",
]  # fmt: skip

DEADLINE_SECONDS = 15.0  # from looking up the host to the last byte of the answer
ANSWER_BYTES = 64 * 1024  # an answer for RECIPIENTS numbers has about 20 kB
INBOX_BYTES = 1024 * 1024  # a hundred of the longest texts, and more
RECIPIENTS = 100  # the provider documents no limit; other gateways cap here


@dataclass(frozen=True)
class Fetched:
    """One text of the provider's inbox, as it stands there. `id` is the inbox's own, and not that of the callback."""

    id: int
    sender: str
    to: str
    text: str
    date: str
    link_id: str | None


class Line:
    """Sends texts one after another over one connection, while they follow each other closely. For one thread."""

    def __init__(self, service: _Service, connection: Connection) -> None:
        self._service, self._connection = service, connection

    def send(self, text: str, numbers: Sequence[str], sender: str | None) -> dict[str, Receipt]:
        """Hand `text` to up to 100 E.164 `numbers`, from `sender` (None: the account's default); one receipt for each.

        Raises an SmsFailure when there is no answer for single numbers, ValueError for none or too many of them.
        """
        answer = self._connection.ask(_formed(self._service, text, numbers, sender), ANSWER_BYTES)
        if not answer.is_good:
            raise _failure(answer.status)
        if answer.is_page:
            raise SmsRetryable("page")
        return receipts_in(answer.body, numbers)


class Sender:
    """One Africa's Talking account; one may serve many threads.

    `base_url` None is the SDK's own host, else a scheme and host to which /version1/messaging is appended. `deadline`
    is in seconds and covers everything. Raises ValueError on settings that cannot work.
    """

    def __init__(
        self, username: str, api_key: str, base_url: str | None = None, deadline: float = DEADLINE_SECONDS
    ) -> None:
        self._service = _Service(username.strip(), api_key.strip(), base_url)
        if deadline <= 0:
            raise ValueError("the deadline must be longer than nothing")
        self._deadline = deadline

    @contextmanager
    def line(self) -> Iterator[Line]:
        """A line for sends that follow each other; its connection is closed at the end of the block."""
        connection = self._service.connection(self._deadline)
        try:
            yield Line(self._service, connection)
        finally:
            connection.close()

    def send(self, text: str, numbers: Sequence[str], sender: str | None) -> dict[str, Receipt]:
        """One send over a line of its own."""
        with self.line() as line:
            return line.send(text, numbers, sender)

    def form(self, text: str, numbers: Sequence[str], sender: str | None) -> Request:
        """What a send puts on the wire."""
        return _formed(self._service, text, numbers, sender)

    def fetch(self, last_id: int) -> list[Fetched]:
        """What came into the provider's inbox after `last_id`, at most a hundred texts, oldest first.

        An entry without an id is left out; of others, what is odd is empty. Raises an SmsFailure when there is no
        answer.
        """
        request: Request = self._service.fetch_messages(last_received_id=last_id)
        connection = self._service.connection(self._deadline)
        try:
            answer = connection.ask(request, INBOX_BYTES)
        finally:
            connection.close()
        return _fetched(answer)


def unfit(number: str) -> str | None:
    """What keeps a number from getting an SMS: `malformed` where it is not written in full, + and 7 to 15 digits, or
    `landline`. None where nothing does."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        return "malformed"
    return "landline" if is_landline(number) else None


def _formed(service: _Service, text: str, numbers: Sequence[str], sender: str | None) -> Request:
    once = list(dict.fromkeys(numbers))
    _refuse_unsendable(text, once)
    request: Request = service.send(text, once, sender_id=sender or None, enqueue=True)
    return request


def _refuse_unsendable(text: str, numbers: list[str]) -> None:
    if not 1 <= len(numbers) <= RECIPIENTS:
        raise ValueError(f"an SMS goes to 1 to {RECIPIENTS} numbers")
    if faults := [fault for number in numbers if (fault := unfit(number))]:
        raise SmsRejected(faults[0])
    if not text.strip() or re.search("[\ud800-\udfff]", text):
        raise SmsRejected("text")


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


def _fetched(answer: Answer) -> list[Fetched]:
    if not answer.is_good:
        raise _failure(answer.status)
    try:
        messages = json.loads(answer.body)["SMSMessageData"]["Messages"]
    except (ValueError, KeyError, TypeError, RecursionError):
        messages = None
    if not isinstance(messages, list):
        raise SmsRetryable("unreadable")
    found = {entry.id: entry for entry in map(_entry, messages) if entry}
    return [found[number] for number in sorted(found)]


def _entry(entry: Any) -> Fetched | None:
    if not isinstance(entry, dict) or not re.fullmatch(r"[0-9]{1,18}", plain(entry.get("id")), re.ASCII):
        return None
    names = ("from", "to", "text", "date", "linkId")
    # Half a letter can stand in JSON, and in no text of ours.
    sender, to, text, date, link = (plain(entry.get(name)).encode(errors="replace").decode() for name in names)
    return Fetched(int(entry["id"]), sender, to, text, date, link or None)


class _Service(SMSService):  # type: ignore[misc]
    """The SDK's SMS service, which forms requests and sends none: its methods return them. The test of its private
    names fails when an upgrade changes them."""

    def __init__(self, username: str, api_key: str, base_url: str | None) -> None:
        if not (api_key.isascii() and api_key.isprintable()):
            raise ValueError("the API key has letters that cannot be sent")
        super().__init__("sandbox" if username.lower() == "sandbox" else username, api_key)
        if base_url:
            self._baseUrl = base_url.rstrip("/") + "/version1"
        parts = urlsplit(self._baseUrl)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("the provider's address must start with http:// or https:// and name a host")
        self._host, self._port, self._address = parts.hostname, parts.port, parts.netloc.rpartition("@")[2]
        self._tls = ssl.create_default_context(cafile=certifi.where()) if parts.scheme == "https" else None

    def connection(self, deadline: float) -> Connection:
        return Connection(self._host, self._port, self._tls, deadline)

    def _make_request(
        self,
        url: str,
        method: str,
        headers: dict[str, str],
        data: dict[str, object] | None,
        params: dict[str, object] | None,
        callback: None = None,
        timeout: object = None,
    ) -> Request:
        path, query = urlsplit(url).path, urlencode(params or {})
        # What is compressed nobody would open.
        headers = {"Host": self._address, "Accept-Encoding": "identity"} | headers
        if data is None:
            return Request(method, f"{path}?{query}", b"", headers)
        form = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        return Request(method, path, urlencode(data).encode(), form)
