"""The provider fake: what it keeps, what it reports, and that it stays on loopback."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from gateway.messages.africastalking import Sender
from gateway.phone.provider import MESSAGES_SHOWN, Provider
from tests.phone.wire import NUMBER, OTHER, Reported, ask, post_sms


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


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


@pytest.mark.parametrize("refusals", [0, 1])
def test_a_delivery_report_comes_until_it_is_acknowledged(refusals: int) -> None:
    with Reported(refusals) as reported, Provider(delivery_url=reported.url, report_delay=0.05) as provider:
        post_sms(provider)
        assert reported.wait(refusals + 1)
        report = {"id": provider.messages[0]["id"], "status": "Success", "phoneNumber": NUMBER, "networkCode": "63902"}
        path, kind = "/callbacks/demo/somewhere", "application/x-www-form-urlencoded"
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
