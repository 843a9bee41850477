"""One connection to a server that takes orders: asked one thing after another, each with a total deadline.

Timeouts of sockets count from byte to byte, and looking up a host has none at all.
"""

from __future__ import annotations

import io
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any

from gateway.messages.failures import SmsFailure, SmsHalted, SmsRetryable, SmsUnknown

CONNECT_SECONDS = 4.0  # for each address of the host, so that a dead IPv6 leaves time for IPv4
KEEP_SECONDS = 1.0
"""How long a connection at rest is used again. Servers hang up on one after two seconds or more: far enough from that,
none does so just as a request leaves, when nobody could say whether that SMS was sent."""


@dataclass(frozen=True)
class Request:
    """What the SDK formed: the path has its query, the body is b"" where there is none."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]

    def whole(self) -> bytes:
        """Head and body in one piece, so that they leave together."""
        length = {"Content-Length": str(len(self.body))} if self.body else {}
        fields = "".join(f"{name}: {value}\r\n" for name, value in (*self.headers.items(), *length.items()))
        return f"{self.method} {self.path} HTTP/1.1\r\n{fields}\r\n".encode("ascii") + self.body


@dataclass(frozen=True)
class Answer:
    """A status, and the body where the status promises one that is worth reading."""

    status: int
    body: bytes = b""
    kind: str = ""
    """The content type, such as `text/html`."""

    @property
    def is_good(self) -> bool:
        # 409 (out of hours) is documented to carry the normal body.
        return 200 <= self.status < 300 or self.status == 409

    @property
    def is_page(self) -> bool:
        """A page for people, as a proxy shows it during maintenance. Broken JSON is none, whatever it is called."""
        begins = self.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        return begins == b"<" or (self.kind == "text/html" and begins not in (b"", b"{", b"["))


class Connection:
    """Asks `host` over one connection, which is kept from one request to the next where both sides agree. For one
    thread. `tls` None means no TLS; `deadline` is in seconds and covers everything."""

    def __init__(self, host: str, port: int | None, tls: ssl.SSLContext | None, deadline: float) -> None:
        self._host, self._port, self._tls, self._deadline = host, port, tls, deadline
        self._http: HTTPConnection | None = None
        self._rested_at = 0.0

    def ask(self, request: Request, most: int) -> Answer:
        """The answer to one request, its body bounded by `most` bytes. Raises an SmsFailure where there is none."""
        ends = time.monotonic() + self._deadline
        whole = request.whole()
        http = self._kept() or self._dialled(ends)
        kept = False
        try:
            answer, kept = _exchange(http, whole, request.method, ends, most)
        except SmsFailure:
            raise
        except TimeoutError:
            raise SmsUnknown("deadline") from None
        except Exception:  # kept nowhere: such exceptions quote hosts, headers and bodies
            raise SmsUnknown("dropped") from None
        finally:  # also when a signal or a job's time limit breaks the wait
            if kept:
                self._rested_at = time.monotonic()
            else:
                self.close()
        return answer

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def _kept(self) -> HTTPConnection | None:
        """The connection of the request before, if it can be trusted to carry another."""
        if self._http is not None and (time.monotonic() - self._rested_at > KEEP_SECONDS or _has_news(self._http)):
            self.close()
        return self._http

    def _dialled(self, ends: float) -> HTTPConnection:
        patience = min(CONNECT_SECONDS, self._deadline)
        self._http = _Dial(
            HTTPSConnection(self._host, self._port, timeout=patience, context=self._tls)
            if self._tls
            else HTTPConnection(self._host, self._port, timeout=patience)
        ).connected(ends)
        return self._http


def _has_news(http: HTTPConnection) -> bool:
    """Whether the other side has hung up, or said something that nobody asked for."""
    poll = select.poll()
    poll.register(http.sock, select.POLLIN)
    return bool(poll.poll(0))


def _exchange(http: HTTPConnection, request: bytes, method: str, ends: float, most: int) -> tuple[Answer, bool]:
    """The answer, and whether the connection may carry another request.

    From the first line on, the caller must believe that the request may have arrived.
    """
    http.sock.settimeout(max(0.001, ends - time.monotonic()))
    http.sock.sendall(request)
    response = HTTPResponse(_Reader(http.sock, ends), method=method)  # type: ignore[arg-type]
    try:
        response.begin()
        answer = Answer(response.status)
        if answer.is_good:
            answer = Answer(response.status, _body(response, most), response.headers.get_content_type())
        return answer, response.isclosed() and not response.will_close
    finally:
        response.close()


def _body(response: HTTPResponse, most: int) -> bytes:
    body = response.read(most + 1)
    if len(body) > most:
        raise SmsUnknown("oversized")
    if response.length:
        raise SmsUnknown("truncated")
    return body


class _Reader(io.RawIOBase):
    """A socket, as a response reads it: until the moment `ends`, and not from byte to byte."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock, self._ends = sock, ends
        self._raw = sock.makefile("rb", buffering=0)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Dial:
    """Connects on a thread of its own, so that the caller is free at the deadline whatever the look-up does."""

    def __init__(self, http: HTTPConnection) -> None:
        self._http = http
        self._done, self._lock = threading.Event(), threading.Lock()
        self._given_up = False
        self._failure: SmsFailure | None = None

    def connected(self, ends: float) -> HTTPConnection:
        """The connection, open. Raises SmsRetryable, or SmsHalted where the server is somebody else."""
        threading.Thread(target=self._run, name="sms-connect", daemon=True).start()
        in_time = False
        try:
            in_time = self._done.wait(ends - time.monotonic())
        finally:  # also when a signal or a job's time limit breaks the wait
            if not in_time:
                self._give_up()
        if not in_time:
            raise SmsRetryable("connect")
        if self._failure:
            raise self._failure
        return self._http

    def _run(self) -> None:
        try:
            self._http.connect()
        except ssl.SSLCertVerificationError:
            self._failure = SmsHalted("certificate")
        except Exception:  # kept nowhere: such exceptions quote hosts
            self._failure = SmsRetryable("connect")
        with self._lock:
            if self._given_up or self._failure:
                self._http.close()
            self._done.set()

    def _give_up(self) -> None:
        with self._lock:
            self._given_up = True
            if self._done.is_set():
                self._http.close()
