"""What the provider fake says over HTTP: to whoever sends, reads the inbox, or asks it for a mode."""

from __future__ import annotations

import json
import re
import select
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from gateway.messages.codes import CODES, Outcome
from gateway.phone.modes import Mode
from menus.lettering import is_gsm7, sms_parts

if TYPE_CHECKING:
    from gateway.phone.provider import Provider

BODY_BYTES = 1024 * 1024
MESSAGING = "/version1/messaging"
KES_PER_PART, USD_PER_PART = 0.8, 0.0079
JSON = {"Content-Type": "application/json"}


class Listener(ThreadingHTTPServer):
    """The socket of one fake."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], provider: Provider) -> None:
        super().__init__(address, Answers)
        self.provider = provider

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that hang up are what the drips are for; any other fault is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Answers(BaseHTTPRequestHandler):
    """One connection. `/version1/messaging` is the provider's; `/inbox` (what reached a phone), `/inbound` (a text from
    a phone) and `/mode` are for the demo and for tests."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    # On a kept connection the body would else wait for the acknowledgement of the head.
    disable_nagle_algorithm = True
    server: Listener

    @property
    def provider(self) -> Provider:
        return self.server.provider

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == MESSAGING:
            return self._fetch(query)
        if url.path == "/mode":
            return self._json(200, {"mode": self.provider.mode})
        if url.path == "/inbox" and "to" in query:
            return self._json(200, self.provider.inbox(query["to"], query.get("since")))
        return self._answer(404, "no such page")

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > BODY_BYTES:
            self.close_connection = True
            return self._answer(413, "the body is too long or has no length")
        body = self.rfile.read(int(size))
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        if self.path == MESSAGING:
            return self._send_sms(form, body)
        if self.path == "/mode":
            return self._set_mode(form)
        if self.path == "/inbound":
            return self._receive(form)
        return self._answer(404, "no such page")

    # For the demo and for tests

    def _set_mode(self, form: dict[str, str]) -> None:
        try:
            self.provider.mode = form.get("mode", "")
        except ValueError as mistake:
            return self._answer(400, str(mistake))
        return self._json(200, {"mode": self.provider.mode})

    def _receive(self, form: dict[str, str]) -> None:
        if not form.get("from"):
            return self._answer(400, "from is missing")
        lost, to, link_id = form.get("lost") == "1", form.get("to", ""), form.get("linkId", "")
        taken = self.provider.receive(form["from"], form.get("text", ""), lost=lost, to=to, link_id=link_id)
        return self._json(200, {"id": taken})

    # As the provider

    def _send_sms(self, form: dict[str, str], body: bytes) -> None:
        mode = self.provider.note_request(dict(self.headers.items()), body)
        kind = self.headers.get("Content-Type", "").partition(";")[0]
        wanted = {"username", "to", "message", "bulkSMSMode"}
        complete = kind == "application/x-www-form-urlencoded" and wanted <= form.keys() and form["bulkSMSMode"] == "1"
        if self._refuses(mode, complete):
            return None
        if mode.answer == "invalid_sender":
            return self._json(201, {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}})
        return self._say(mode, HTTPStatus.CREATED, self._take_all(form, mode))

    def _fetch(self, query: dict[str, str]) -> None:
        last_id = query.get("lastReceivedId", "0")
        mode, arrivals = self.provider.arrivals(int(last_id) if last_id.isdecimal() else 0)
        if self._refuses(mode, complete="username" in query and last_id.isdecimal()):
            return None
        shown = arrivals[::-1] if mode.answer == "shuffled" else arrivals
        return self._say(mode, HTTPStatus.OK, {"SMSMessageData": {"Messages": shown}})

    def _refuses(self, mode: Mode, complete: bool) -> bool:
        """Whether nothing is done about this request; then it is answered already."""
        if not self.headers.get("apiKey") or mode == Mode("status", 401):
            self._answer(401, "The supplied authentication is invalid", {"WWW-Authenticate": "Basic"})
        elif not complete:
            self._answer(400, "Request is missing required form fields")
        elif mode.answer == "status":
            self._answer(mode.number, "no")
        elif mode.answer == "html":
            self._answer(200, "<html><body>Maintenance</body></html>", {"Content-Type": "text/html"})
        elif mode.answer == "redirect":
            self._answer(307, "", {"Location": self.provider.redirect_to})
        else:
            return False
        return True

    def _take_all(self, form: dict[str, str], mode: Mode) -> dict[str, Any]:
        numbers, parts = form["to"].split(","), parts_of(form["message"])
        usual = "102" if "enqueue" in form else "101"
        told = [str(mode.number) if mode.answer == "code" else usual] * len(numbers)
        if mode.answer == "some":
            told[mode.number :] = ["403"] * len(told[mode.number :])
        recipients = [self._take(form, parts, number, code, mode) for number, code in zip(numbers, told, strict=True)]
        sent = sum(recipient["status"] == "Success" for recipient in recipients)
        cost = f"USD {USD_PER_PART * parts * sent:.4f}"
        summary = f"Sent to {sent}/{len(numbers)} Total Cost: {cost} Message parts: {parts}"
        shown = recipients[::-1] if mode.answer == "shuffled" else recipients
        return {"SMSMessageData": {"Message": summary, "Recipients": shown}}

    def _take(self, form: dict[str, str], parts: int, number: str, told: str, mode: Mode) -> dict[str, Any]:
        code = told if re.fullmatch(r"\+\d{7,15}", number, re.ASCII) else "403"
        name, outcome, _ = CODES.get(code, ("Unheard", Outcome.UNKNOWN, ""))
        answer = {"number": number, "statusCode": int(code)}
        if outcome is not Outcome.ACCEPTED:
            return answer | {"cost": "0", "messageId": "None", "status": name}
        message = self.provider.take(number, form["message"], form.get("from", "AFRICASTKNG"), mode.reports)
        price = f"KES {KES_PER_PART * parts:.4f}"
        return answer | {"cost": price, "messageId": message["id"], "status": "Success"}

    def _say(self, mode: Mode, status: HTTPStatus, value: object) -> None:
        """Answer a request that was carried out, well or badly."""
        body = json.dumps(value).encode()
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
        head = f"HTTP/1.1 {status} {status.phrase}\r\n{kind}\r\n\r\n".encode()
        whole = head + body
        at_once, slowly = {
            "drop": (b"", b""),
            "never": (b"", b""),
            "drip": (b"", whole),
            "drip_body": (head, body),
            "truncated": (head + body[: len(body) // 2], b""),
            "bad_json": (head + b"{" * len(body), b""),
        }.get(mode.answer, (whole, b""))
        self.close_connection = mode.answer in ("drop", "never", "drip", "drip_body", "truncated")
        if mode.answer == "slow":
            self.provider.stopping.wait(self.provider.slow_delay)
        self.wfile.write(at_once)
        for position in range(len(slowly)):
            self.wfile.write(slowly[position : position + 1])
            if self.provider.stopping.wait(self.provider.drip_delay):
                return
        if mode.answer == "never":
            self._wait_for_the_end()

    def _wait_for_the_end(self) -> None:
        """Until the caller hangs up, or this server does."""
        while not self.provider.stopping.is_set():
            if select.select([self.connection], [], [], 0.1)[0]:
                self.connection.recv(1, socket.MSG_PEEK)
                return

    def _json(self, status: int, value: object) -> None:
        self._answer(status, json.dumps(value), JSON)

    def _answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in ({"Content-Type": "text/plain; charset=UTF-8"} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing: the request line of an inbox holds a phone number."""


def parts_of(text: str) -> int:
    """How many SMS a text is paid as; with any letter beyond GSM-7 each holds 70, joined ones 67."""
    if is_gsm7(text):
        return sms_parts(text)
    units = len(text.encode("utf-16-le", "replace")) // 2
    return 1 if units <= 70 else -(-units // 67)
