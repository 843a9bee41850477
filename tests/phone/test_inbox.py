"""The provider fake's other way: texts that residents send, by callback and in the inbox."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from gateway.phone.provider import FIRST_ARRIVAL, Provider
from tests.phone.wire import NUMBER, OTHER, Reported, ask

AT = datetime(2026, 11, 22, 9, 5, 2, 445_000, tzinfo=UTC)
KEY = {"apiKey": "key"}


def fetch(provider: Provider, last_id: int = 0) -> list[dict[str, Any]]:
    query = urlencode({"username": "sandbox", "lastReceivedId": last_id})
    status, kind, body = ask(provider.url, "GET", f"/version1/messaging?{query}", headers=KEY)
    assert (status, kind) == (200, "application/json")
    found: list[dict[str, Any]] = json.loads(body)["SMSMessageData"]["Messages"]
    return found


def test_a_text_stands_in_the_inbox_as_documented(provider: Provider) -> None:
    taken = provider.receive(NUMBER, "Hakuna maji", link_id="link-1", at=AT)
    assert fetch(provider) == [
        {
            "linkId": "link-1", "text": "Hakuna maji", "to": "22123", "id": taken, "from": NUMBER,
            "date": "2026-11-22T09:05:02.445Z",
        }
    ]  # fmt: skip


@pytest.mark.parametrize("refusals", [0, 2])
def test_its_callback_has_another_id_and_another_date_and_comes_until_it_is_acknowledged(refusals: int) -> None:
    with Reported(refusals) as reported, Provider(sms_url=reported.url, retry_delay=0.01) as provider:
        taken = provider.receive(NUMBER, "Hakuna maji & umeme", at=AT)
        assert reported.wait(refusals + 1)
        form = reported.forms[0]
        assert reported.forms == [form] * (refusals + 1)
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", form.pop("id"))
        assert form == {
            "from": NUMBER, "to": "22123", "text": "Hakuna maji & umeme", "date": "2026-11-22 09:05:02", "linkId": "",
            "cost": "KES 0.00", "networkCode": "63902",
        }  # fmt: skip
        assert [text["id"] for text in fetch(provider)] == [taken]


def test_the_callback_of_a_lost_text_never_comes() -> None:
    with Reported(0) as reported, Provider(sms_url=reported.url) as provider:
        for form in ({"from": NUMBER, "text": "moja", "lost": "1"}, {"from": OTHER, "text": "mbili", "linkId": "L"}):
            assert ask(provider.url, "POST", "/inbound", urlencode(form))[0] == 200
        assert reported.wait(1)
        assert [form["text"] for form in reported.forms] == ["mbili"]
        assert [(text["text"], text["linkId"]) for text in fetch(provider)] == [("moja", ""), ("mbili", "L")]


def test_a_text_that_is_refused_for_long_holds_up_no_other() -> None:
    with Reported(1) as reported, Provider(sms_url=reported.url, retry_delay=60) as provider:
        provider.receive(NUMBER, "moja")
        provider.receive(NUMBER, "mbili")
        assert reported.wait(2)
        assert sorted(form["text"] for form in reported.forms) == ["mbili", "moja"]


def test_a_fetch_gives_a_hundred_and_goes_on_from_an_id(provider: Provider) -> None:
    for number in range(101):
        provider.receive(NUMBER, str(number))
    first = fetch(provider)
    assert [text["text"] for text in first] == [str(number) for number in range(100)]
    assert [text["text"] for text in fetch(provider, first[-1]["id"])] == ["100"]
    assert fetch(provider, FIRST_ARRIVAL + 100) == []
    assert (provider.fetches, provider.requests) == (3, 0)


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("username=sandbox&lastReceivedId=0", {}, 401),
        ("lastReceivedId=0", KEY, 400),
        ("username=sandbox&lastReceivedId=x", KEY, 400),
        ("username=sandbox", KEY, 200),
    ],
)
def test_a_fetch_needs_a_key_and_a_user(provider: Provider, query: str, headers: dict[str, str], status: int) -> None:
    assert ask(provider.url, "GET", f"/version1/messaging?{query}", headers=headers)[0] == status


@pytest.mark.parametrize(("mode", "status"), [("401", 401), ("500", 500), ("html", 200), ("redirect", 307)])
def test_a_fetch_meets_the_mode_too(provider: Provider, mode: str, status: int) -> None:
    provider.mode = mode
    path = "/version1/messaging?username=sandbox&lastReceivedId=0"
    assert ask(provider.url, "GET", path, headers=KEY)[0] == status


def test_a_text_from_nobody_is_refused(provider: Provider) -> None:
    assert ask(provider.url, "POST", "/inbound", "text=Habari")[0] == 400
