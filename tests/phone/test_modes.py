"""The modes of the provider fake: each by its name, what a batch meets in it, and which reports follow."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from gateway.phone.modes import BROKEN, CHOICES, Mode, parse
from gateway.phone.provider import Provider
from tests.phone.wire import NUMBER, OTHER, Reported, ask, post_sms

SUCCESS = (("Success", None),)
THREE = f"{NUMBER},{OTHER},+254722000003"


@pytest.mark.parametrize(
    ("mode", "read"),
    [
        ("ok", Mode("ok", 0, SUCCESS)),
        ("slow", Mode("slow", 0, SUCCESS)),
        ("shuffled", Mode("shuffled", 0, SUCCESS)),
        ("some:2", Mode("some", 2, SUCCESS)),
        ("code:101", Mode("code", 101, SUCCESS)),
        ("429", Mode("status", 429)),
        ("never", Mode("never")),
        ("silent", Mode("ok")),
        ("report:AbsentSubscriber", Mode("ok", 0, (("AbsentSubscriber", None),))),
        ("report:Failed:UserIsInactive", Mode("ok", 0, (("Failed", "UserIsInactive"),))),
        ("report:Sent,Success", Mode("ok", 0, (("Sent", None), ("Success", None)))),
        ("drop+report:Success", Mode("drop", 0, SUCCESS)),
        ("some:1+silent", Mode("some", 1)),
        *[(name, Mode(name)) for name in BROKEN],
    ],
)
def test_each_mode_is_read(mode: str, read: Mode) -> None:
    assert parse(mode) == read


@pytest.mark.parametrize(
    "mode",
    ["", "OK", "unheard", "code:", "code:1000", "code:x", "200", "302", "600", "4٢9", "some", "some:-1", "report",
     "report:", "report:Sent,", "report:a:b:c", "ok+", "+silent", "ok+ok", "silent+ok", "ok ", "ok\n"],
)  # fmt: skip
def test_no_other_mode_is_accepted(provider: Provider, mode: str) -> None:
    with pytest.raises(ValueError, match="no such mode"):
        provider.mode = mode
    assert provider.mode == "ok"


@pytest.mark.parametrize("mode", CHOICES)
def test_what_the_demo_offers_exists(provider: Provider, mode: str) -> None:
    assert ask(provider.url, "POST", "/mode", urlencode({"mode": mode}))[0] == 200
    assert json.loads(ask(provider.url, "GET", "/mode")[2]) == {"mode": mode}


# Batches


def data(answer: tuple[int, str, bytes]) -> Any:
    return json.loads(answer[2])["SMSMessageData"]


def test_a_batch_is_paid_by_parts_and_numbers_in_two_currencies(provider: Provider) -> None:
    sent = data(post_sms(provider, to=THREE, message="m" * 161))
    assert sent["Message"] == "Sent to 3/3 Total Cost: USD 0.0474 Message parts: 2"
    assert [recipient["cost"] for recipient in sent["Recipients"]] == ["KES 1.6000"] * 3


@pytest.mark.parametrize(
    ("text", "parts"), [("m" * 160, 1), ("m" * 307, 3), ("€" * 80, 1), ("😡" * 35, 1), ("😡" * 36, 2), ("ŵ" * 71, 2)]
)
def test_parts_are_counted_as_networks_count_them(provider: Provider, text: str, parts: int) -> None:
    assert data(post_sms(provider, message=text))["Message"].endswith(f" Message parts: {parts}")


def test_only_some_of_a_batch_are_taken(provider: Provider) -> None:
    provider.mode = "some:1"
    sent = data(post_sms(provider, to=THREE))
    assert sent["Message"].startswith("Sent to 1/3 Total Cost: USD 0.0079 ")
    assert [(one["statusCode"], one["cost"]) for one in sent["Recipients"]] == [
        (101, "KES 0.8000"), (403, "0"), (403, "0"),
    ]  # fmt: skip
    assert [message["to"] for message in provider.messages] == [NUMBER]


def test_a_shuffled_answer_names_the_numbers_in_another_order(provider: Provider) -> None:
    provider.mode = "shuffled"
    sent = data(post_sms(provider, to=THREE))
    assert [one["number"] for one in sent["Recipients"]] == THREE.split(",")[::-1]
    ids = {message["to"]: message["id"] for message in provider.messages}
    assert {one["number"]: one["messageId"] for one in sent["Recipients"]} == ids


# No answer


def test_never_means_that_the_texts_are_taken_and_the_line_stays_open_without_a_byte(provider: Provider) -> None:
    provider.mode = "never"
    form = urlencode({"username": "sandbox", "to": THREE, "message": "Habari", "bulkSMSMode": "1"})
    line = http.client.HTTPConnection(urlsplit(provider.url).netloc, timeout=5)
    line.request(
        "POST", "/version1/messaging", form, {"apiKey": "key", "Content-Type": "application/x-www-form-urlencoded"}
    )
    deadline = time.monotonic() + 5
    while len(provider.messages) < 3:
        assert time.monotonic() < deadline
    line.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        line.sock.recv(1)
    provider.mode = "ok"
    assert post_sms(provider)[0] == 201  # others are served meanwhile
    provider.stopping.set()
    line.sock.settimeout(5)
    assert line.sock.recv(1, socket.MSG_PEEK) == b""
    line.close()


def test_a_connection_may_be_kept_for_many_requests(provider: Provider) -> None:
    line = http.client.HTTPConnection(urlsplit(provider.url).netloc, timeout=5)
    for _ in range(3):
        line.request("GET", "/mode")
        assert json.loads(line.getresponse().read()) == {"mode": "ok"}
    local = line.sock.getsockname()
    line.request("GET", "/mode")
    line.getresponse().read()
    assert line.sock.getsockname() == local
    line.close()


# Reports


@pytest.mark.parametrize(
    ("mode", "reports"),
    [
        ("ok", [("Success", None)]),
        ("code:102", [("Success", None)]),
        ("report:Rejected", [("Rejected", None)]),
        ("report:Sent,Failed:UserIsInactive", [("Sent", None), ("Failed", "UserIsInactive")]),
        ("drop+report:AbsentSubscriber", [("AbsentSubscriber", None)]),
    ],
)
def test_the_reports_of_a_mode_follow_in_order(mode: str, reports: list[tuple[str, str | None]]) -> None:
    with Reported(0) as reported, Provider(delivery_url=reported.url, report_delay=0.01) as provider:
        provider.mode = mode
        try:
            post_sms(provider)
        except http.client.HTTPException:
            assert mode.startswith("drop")
        assert reported.wait(len(reports))
        assert [(form["status"], form.get("failureReason")) for form in reported.forms] == reports
        assert {form["id"] for form in reported.forms} == {provider.messages[0]["id"]}


@pytest.mark.parametrize("mode", ["silent", "truncated", "bad_json", "code:406", "500"])
def test_no_report_follows_where_the_mode_has_none(mode: str) -> None:
    with Reported(0) as reported, Provider(delivery_url=reported.url, report_delay=0.01) as provider:
        provider.mode = mode
        try:
            post_sms(provider)
        except http.client.HTTPException:
            assert mode == "truncated"
        provider.mode = "ok"
        post_sms(provider, to=OTHER)
        assert reported.wait(1)
        assert [form["phoneNumber"] for form in reported.forms] == [OTHER]
