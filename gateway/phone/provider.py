"""The provider fake: takes SMS as Africa's Talking does, keeps them for the demo's phone, and misbehaves on request."""

from __future__ import annotations

import argparse
import ipaddress
import json
import re
import signal
import sys
import threading
import uuid
from collections import deque
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypedDict
from urllib.parse import parse_qs, urlsplit

from gateway.messages.codes import CODES, Outcome
from gateway.phone.reports import Reports

MODES = ("ok", "slow", "invalid_sender", "drop", "drip", "drip_body", "html", "redirect", "truncated", "bad_json")
MESSAGES_KEPT, MESSAGES_SHOWN = 10_000, 200
BODY_BYTES = 1024 * 1024

# The keys are those of the JSON that the demo's phone reads; `from` is a keyword of Python.
Message = TypedDict("Message", {"id": str, "from": str, "to": str, "text": str, "at": str})


class Provider:
    """The fake as a server on loopback; `with Provider() as provider:` starts and stops it.

    `mode` is one of MODES, `code:<n>` (201 with that statusCode for every number) or an HTTP status such as `500`.
    `requests` counts the requests to send, `last_headers` and `last_body` are those of the latest one. Times are in
    seconds. Raises ValueError for a host beyond loopback and for an unknown mode.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, delivery_url: str | None = None, report_delay: float = 1.0
    ) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the provider fake listens on loopback only")
        self._reports = Reports(delivery_url, report_delay)
        self.drip_delay, self.slow_delay = 1.0, 5.0
        self.requests, self.last_body = 0, b""
        self.last_headers: dict[str, str] = {}
        self.stopping = threading.Event()
        self._mode, self._lock = "ok", threading.Lock()
        self._messages: deque[Message] = deque(maxlen=MESSAGES_KEPT)
        self._server = _Server((host, port), _Handler, self)
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self.redirect_to = self.url + "/elsewhere"
        self._thread = threading.Thread(target=self._serve, name="provider", daemon=True)

    @property
    def mode(self) -> str:
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES and not re.fullmatch(r"[45]\d\d|code:\d{3}", mode, re.ASCII):
            raise ValueError("no such mode")
        self._mode = mode

    @property
    def messages(self) -> list[Message]:
        """The messages taken so far, oldest first; at most MESSAGES_KEPT."""
        with self._lock:
            return list(self._messages)

    def inbox(self, number: str, since: str | None = None) -> list[Message]:
        """The latest messages to one number, newest last; only those after the id `since` where that is given."""
        shown = [message for message in self.messages if message["to"] == number][-MESSAGES_SHOWN:]
        ids = [message["id"] for message in shown]
        return shown[ids.index(since) + 1 :] if since in ids else shown

    def start(self) -> Provider:
        self._thread.start()
        self._reports.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
        self._reports.stop()

    def __enter__(self) -> Provider:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def note_request(self, headers: dict[str, str], body: bytes) -> str:
        """Count one request and give the mode it meets."""
        with self._lock:
            self.requests, self.last_headers, self.last_body = self.requests + 1, headers, body
            return self._mode

    def take(self, number: str, text: str, sender: str) -> Message:
        """Keep one message and, in mode `ok`, owe its delivery report."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        message: Message = {"id": f"ATXid_{uuid.uuid4().hex}", "from": sender, "to": number, "text": text, "at": at}
        with self._lock:
            self._messages.append(message)
        if self.mode == "ok":
            self._reports.owe(message["id"], number)
        return message

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], provider: Provider) -> None:
        super().__init__(address, handler)
        self.provider = provider

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that hang up are what the drips are for; any other fault is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path != "/inbox" or "to" not in query:
            return self._answer(404, "no such page")
        return self._json(200, self.server.provider.inbox(query["to"][0], query.get("since", [None])[0]))

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > BODY_BYTES:
            self.close_connection = True
            return self._answer(413, "the body is too long or has no length")
        body = self.rfile.read(int(size))
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        if self.path == "/mode":
            return self._set_mode(form)
        if self.path == "/version1/messaging":
            return self._send_sms(form, body)
        return self._answer(404, "no such page")

    def _set_mode(self, form: dict[str, str]) -> None:
        try:
            self.server.provider.mode = form.get("mode", "")
        except ValueError as mistake:
            return self._answer(400, str(mistake))
        return self._json(200, {"mode": self.server.provider.mode})

    def _send_sms(self, form: dict[str, str], body: bytes) -> None:
        provider = self.server.provider
        mode = provider.note_request(dict(self.headers.items()), body)
        if not self.headers.get("apiKey") or mode == "401":
            return self._answer(401, "The supplied authentication is invalid", {"WWW-Authenticate": "Basic"})
        kind = self.headers.get("Content-Type", "").partition(";")[0]
        wanted = {"username", "to", "message", "bulkSMSMode"}
        if kind != "application/x-www-form-urlencoded" or not wanted <= form.keys() or form["bulkSMSMode"] != "1":
            return self._answer(400, "Request is missing required form fields")
        if mode.isdecimal():
            return self._answer(int(mode), "no")
        if mode == "html":
            return self._answer(200, "<html><body>Maintenance</body></html>", {"Content-Type": "text/html"})
        if mode == "redirect":
            return self._answer(307, "", {"Location": provider.redirect_to})
        if mode == "invalid_sender":
            return self._json(201, {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}})
        return self._deliver(mode, json.dumps(self._take_all(form, mode)).encode())

    def _take_all(self, form: dict[str, str], mode: str) -> dict[str, Any]:
        numbers = form["to"].split(",")
        told = mode.removeprefix("code:") if mode.startswith("code:") else "102" if "enqueue" in form else "101"
        recipients = [self._take(form, number, told) for number in numbers]
        sent = sum(recipient["status"] == "Success" for recipient in recipients)
        summary = f"Sent to {sent}/{len(numbers)} Total Cost: USD {0.0079 * sent:.4f} Message parts: 1"
        return {"SMSMessageData": {"Message": summary, "Recipients": recipients}}

    def _take(self, form: dict[str, str], number: str, told: str) -> dict[str, Any]:
        code = told if re.fullmatch(r"\+\d{7,15}", number, re.ASCII) else "403"
        name, outcome, _ = CODES.get(code, ("Unheard", Outcome.UNKNOWN, ""))
        answer = {"number": number, "statusCode": int(code)}
        if outcome is not Outcome.ACCEPTED:
            return answer | {"cost": "0", "messageId": "None", "status": name}
        message = self.server.provider.take(number, form["message"], form.get("from", "AFRICASTKNG"))
        return answer | {"cost": "KES 0.8000", "messageId": message["id"], "status": "Success"}

    def _deliver(self, mode: str, body: bytes) -> None:
        """Answer for messages that were taken, well or badly."""
        provider = self.server.provider
        head = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        at_once, slowly = {
            "drop": (b"", b""),
            "drip": (b"", head + body),
            "drip_body": (head, body),
            "truncated": (head + body[: len(body) // 2], b""),
            "bad_json": (head + b"{" * len(body), b""),
        }.get(mode, (head + body, b""))
        self.close_connection = mode in ("drop", "drip", "drip_body", "truncated")
        if mode == "slow":
            provider.stopping.wait(provider.slow_delay)
        self.wfile.write(at_once)
        for position in range(len(slowly)):
            self.wfile.write(slowly[position : position + 1])
            if provider.stopping.wait(provider.drip_delay):
                return

    def _json(self, status: int, value: object) -> None:
        self._answer(status, json.dumps(value), {"Content-Type": "application/json"})

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


def main() -> None:
    """Run the fake until Ctrl-C or TERM: `python -m gateway.phone.provider --port N --delivery-url URL`."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--delivery-url")
    chosen = options.parse_args()
    ended = threading.Event()
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, lambda *_: ended.set())
    with Provider(port=chosen.port, delivery_url=chosen.delivery_url) as provider:
        sys.stdout.write(f"provider {provider.url}\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
