"""A provider that answers each number as a test wants, and keeps the requests in their order."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Answer = Callable[[str], int]
"""What becomes of a number: its statusCode, or an HTTP status from 1000 on (1500 is HTTP 500) for its whole request."""


class Choosy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests: list[list[str]] = []
        """The numbers of each request, in order."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up hangs up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Choosy

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        numbers = form["to"][0].split(",")
        self.server.requests.append(numbers)
        codes = {number: self.server.answer(number) for number in numbers}
        whole = max(codes.values()) - 1000
        recipients = [
            {"number": number, "statusCode": code, "cost": "KES 0.8000", "messageId": f"ATXid_{number[1:]}"}
            for number, code in codes.items()
        ]
        told = {"SMSMessageData": {"Message": "Total Cost: USD 0.0079", "Recipients": recipients}}
        body = json.dumps(told).encode() if whole < 0 else b"no"
        self.send_response(201 if whole < 0 else whole)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing: tests read every line."""


@contextmanager
def choosy(answer: Answer) -> Iterator[Choosy]:
    with Choosy(answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)
