"""The provider fake: what it keeps, what it reports, and that it stays on loopback."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from gateway.messages.africastalking import Sender
from gateway.phone.provider import MESSAGES_SHOWN, Provider

NUMBER, OTHER = "+254711000001", "+254733000002"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


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


def inbox(provider: Provider, number: str, since: str = "") -> list[dict[str, str]]:
    path = f"/inbox?to={quote(number)}" + (f"&since={since}" if since else "")
    status, kind, body = ask(provider.url, "GET", path)
    assert (status, kind) == (200, "application/json")
    found: list[dict[str, str]] = json.loads(body)
    return found


def test_the_answer_has_the_recorded_shape(provider: Provider) -> None:
    status, kind, body = post_sms(provider, enqueue="1")
    (message,) = provider.messages
    assert (status, kind) == (201, "application/json")
    assert re.fullmatch(r"ATXid_[0-9a-f]{32}", message["id"])
    recipient = {
        "number": NUMBER,
        "statusCode": 102,
        "cost": "KES 0.8000",
        "messageId": message["id"],
        "status": "Success",
    }
    summary = "Sent to 1/1 Total Cost: USD 0.0079 Message parts: 1"
    assert json.loads(body) == {"SMSMessageData": {"Message": summary, "Recipients": [recipient]}}


def test_without_enqueue_an_sms_is_sent_at_once(provider: Provider) -> None:
    assert json.loads(post_sms(provider)[2])["SMSMessageData"]["Recipients"][0]["statusCode"] == 101


@pytest.mark.parametrize(
    ("without", "status"), [("apiKey", 401), ("to", 400), ("message", 400), ("bulkSMSMode", 400), ("Content-Type", 400)]
)
def test_a_request_that_lacks_something_is_refused_and_keeps_nothing(
    provider: Provider, without: str, status: int
) -> None:
    assert post_sms(provider, without)[0] == status
    assert (provider.messages, provider.requests) == ([], 1)


def test_a_number_that_is_none_is_refused_by_itself(provider: Provider) -> None:
    recipients = json.loads(post_sms(provider, to=f"0711,{NUMBER}")[2])["SMSMessageData"]["Recipients"]
    assert [(r["statusCode"], r["messageId"] == "None") for r in recipients] == [(403, True), (101, False)]
    assert [message["to"] for message in provider.messages] == [NUMBER]


def test_the_inbox_shows_one_number_newest_last_and_can_go_on_from_an_id(provider: Provider) -> None:
    sender = Sender("sandbox", "key", provider.url)
    for text, numbers in (("moja", [NUMBER]), ("mbili", [NUMBER, OTHER]), ("tatu", [NUMBER])):
        sender.send(text, numbers, "22123")
    shown = inbox(provider, NUMBER)
    assert [(m["text"], m["from"], m["to"]) for m in shown] == [
        (text, "22123", NUMBER) for text in ("moja", "mbili", "tatu")
    ]
    assert shown[0].keys() == {"id", "from", "to", "text", "at"}
    assert [m["text"] for m in inbox(provider, OTHER)] == ["mbili"]
    assert [m["text"] for m in inbox(provider, NUMBER, since=shown[1]["id"])] == ["tatu"]
    assert inbox(provider, NUMBER, since=shown[2]["id"]) == []
    assert inbox(provider, NUMBER, since="unknown") == shown


def test_the_inbox_is_bounded(provider: Provider) -> None:
    for count in range(MESSAGES_SHOWN + 1):
        provider.take(NUMBER, str(count), "22123")
    shown = provider.inbox(NUMBER)
    assert (len(shown), shown[0]["text"], shown[-1]["text"]) == (MESSAGES_SHOWN, "1", str(MESSAGES_SHOWN))


def test_the_mode_can_be_set_over_http(provider: Provider) -> None:
    assert ask(provider.url, "POST", "/mode", "mode=code:406")[::2] == (200, b'{"mode": "code:406"}')
    assert json.loads(post_sms(provider)[2])["SMSMessageData"]["Recipients"][0]["status"] == "UserInBlacklist"
    assert ask(provider.url, "POST", "/mode", "mode=unheard")[0] == 400
    assert provider.mode == "code:406"


@pytest.mark.parametrize("mode", ["drop", "truncated", "bad_json"])
def test_a_broken_answer_still_delivers_the_sms(provider: Provider, mode: str) -> None:
    provider.mode = mode
    try:
        post_sms(provider)
    except http.client.HTTPException:
        assert mode in ("drop", "truncated")
    assert len(inbox(provider, NUMBER)) == 1


@pytest.mark.parametrize("mode", ["invalid_sender", "401", "429", "500", "html", "redirect", "code:405"])
def test_a_refusal_delivers_nothing(provider: Provider, mode: str) -> None:
    provider.mode = mode
    post_sms(provider)
    assert inbox(provider, NUMBER) == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/inbox"), ("POST", "/version1/other")])
def test_other_pages_do_not_exist(provider: Provider, method: str, path: str) -> None:
    assert ask(provider.url, method, path)[0] == 404


def test_a_body_beyond_a_megabyte_is_not_read(provider: Provider) -> None:
    path, headers = "/version1/messaging", {"Content-Length": str(2 * 1024 * 1024)}
    assert ask(provider.url, "POST", path, headers=headers)[0] == 413


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "::"])
def test_the_fake_never_listens_beyond_loopback(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Provider(host)


class Reported(HTTPServer):
    """Takes delivery reports, refusing as many as `refusals` says."""

    def __init__(self, refusals: int) -> None:
        super().__init__(("127.0.0.1", 0), ReportedHandler)
        self.refusals, self.url = refusals, f"http://127.0.0.1:{self.server_port}/callbacks/demo/delivery"
        self.seen: list[tuple[str, str | None, dict[str, list[str]]]] = []
        self.enough = threading.Event()


class ReportedHandler(BaseHTTPRequestHandler):
    server: Reported

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.seen.append((self.path, self.headers["Content-Type"], parse_qs(form)))
        self.server.refusals -= 1
        self.send_response(200 if self.server.refusals < 0 else 503)
        self.end_headers()
        if self.server.refusals < 0:
            self.server.enough.set()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("refusals", [0, 1])
def test_a_delivery_report_comes_until_it_is_acknowledged(refusals: int) -> None:
    with Reported(refusals) as reported:
        thread = threading.Thread(target=reported.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        with Provider(delivery_url=reported.url, report_delay=0.05) as provider:
            post_sms(provider)
            assert reported.enough.wait(10)
        reported.shutdown()
        thread.join(timeout=5)
        report = {
            "id": [provider.messages[0]["id"]],
            "status": ["Success"],
            "phoneNumber": [NUMBER],
            "networkCode": ["63902"],
        }
        path, kind = "/callbacks/demo/delivery", "application/x-www-form-urlencoded"
        assert reported.seen == [(path, kind, report)] * (refusals + 1)


def test_the_demo_process_says_where_it_is_and_ends_on_term() -> None:
    command = [sys.executable, "-m", "gateway.phone.provider", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline().split()
        assert said[0] == "provider"
        assert ask(said[1], "GET", f"/inbox?to={quote(NUMBER)}")[2] == b"[]"
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
