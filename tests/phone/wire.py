"""Talking to the provider fake by hand, and taking the callbacks that it posts."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlencode, urlsplit

from gateway.phone.provider import Provider

NUMBER, OTHER = "+254711000001", "+254733000002"
PATIENCE = 10.0


def ask(
    url: str, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
) -> tuple[int, str, bytes]:
    """Status, content type and body of one request."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def post_sms(provider: Provider, without: str = "", **changed: str) -> tuple[int, str, bytes]:
    fields = {"username": "sandbox", "to": NUMBER, "message": "Habari", "bulkSMSMode": "1"} | changed
    headers = {"apiKey": "key", "Content-Type": "application/x-www-form-urlencoded"}
    fields.pop(without, None)
    headers.pop(without, None)
    return ask(provider.url, "POST", "/version1/messaging", urlencode(fields), headers)


class Reported(HTTPServer):
    """Takes callbacks, refusing as many as `refusals` says; `with Reported(0) as reported:` starts and stops it."""

    def __init__(self, refusals: int) -> None:
        super().__init__(("127.0.0.1", 0), ReportedHandler)
        self.refusals, self.url = refusals, f"http://127.0.0.1:{self.server_port}/callbacks/demo/somewhere"
        self.seen: list[tuple[str, str | None, dict[str, str]]] = []
        self.came = threading.Condition()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Reported:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join(timeout=5)
        self.server_close()

    def wait(self, count: int) -> bool:
        """Whether so many requests came, in time."""
        with self.came:
            return self.came.wait_for(lambda: len(self.seen) >= count, PATIENCE)

    @property
    def forms(self) -> list[dict[str, str]]:
        return [form for _, _, form in self.seen]


class ReportedHandler(BaseHTTPRequestHandler):
    server: Reported

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.refusals -= 1
        self.send_response(200 if self.server.refusals < 0 else 503)
        self.end_headers()
        with self.server.came:
            fields = dict(parse_qsl(form, keep_blank_values=True))
            self.server.seen.append((self.path, self.headers["Content-Type"], fields))
            self.server.came.notify_all()

    def log_message(self, *args: object) -> None:
        """Say nothing."""
