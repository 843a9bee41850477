"""What the tests of the wire share: a server with canned bytes, and the search for secrets in a failure."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from gateway.messages.africastalking import Receipt, Sender
from gateway.messages.failures import SmsFailure

KEY = "atsk_5b1cc3f0a7d94e21"
NUMBER, OTHER = "+254711000001", "+254733000002"
TEXT = "Maji yamekatika Shirere tangu juzi"


def is_clean(words: str) -> bool:
    return not any(secret in words for secret in (KEY, NUMBER[1:], OTHER[1:], TEXT, TEXT.replace(" ", "+")))


def eventually(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    tick = threading.Event()
    while not (now := true()) and time.monotonic() < deadline:
        tick.wait(0.01)
    return now


def failure_of(sender: Sender, numbers: list[str] | None = None, text: str = TEXT) -> SmsFailure:
    """The failure of one send, after looking through everything that a log could print of it."""
    with pytest.raises(SmsFailure) as raised:
        sender.send(text, numbers or [NUMBER], "22123")
    failure: BaseException | None = raised.value
    assert is_clean("".join(traceback.format_exception(raised.value, chain=True)))
    while failure is not None:
        assert is_clean(f"{failure} {failure!r} {failure.args} {vars(failure)}")
        failure = failure.__cause__ or failure.__context__
    return raised.value


def sending() -> bool:
    return any(thread.name == "sms-connect" for thread in threading.enumerate())


class Canned(socketserver.ThreadingTCPServer):
    """A server that says the same bytes to everybody, then hangs up; it keeps what it was told."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CannedHandler)
        self.says, self.told = b"", b""
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def say(self, body: bytes, head: str = "HTTP/1.1 200 OK") -> Sender:
        self.says = f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        return Sender("sikiza", KEY, self.url, deadline=5)

    def receipts(self, recipients: list[Any], message: str = "Sent to 1/1") -> dict[str, Receipt]:
        body = json.dumps({"SMSMessageData": {"Message": message, "Recipients": recipients}}).encode()
        return self.say(body).send(TEXT, [NUMBER, OTHER], None)


class CannedHandler(socketserver.BaseRequestHandler):
    server: Canned

    def handle(self) -> None:
        self.server.told = b""
        while not self._is_told() and (some := self.request.recv(65536)):
            self.server.told += some
        try:
            self.request.sendall(self.server.says)
            self.request.shutdown(socket.SHUT_WR)
            while self.request.recv(65536):  # until the caller closes: data left unread would reset the connection
                continue
        except OSError:
            return

    def _is_told(self) -> bool:
        told = self.server.told
        return b"bulkSMSMode=1" in told or (told.startswith(b"GET ") and told.endswith(b"\r\n\r\n"))
