"""Reading the provider's inbox: what is asked, what is understood, and what a failure is called."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.messages.africastalking import Fetched, Sender
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRetryable, SmsUnknown
from gateway.phone.provider import Provider
from tests.messages.canned import KEY, NUMBER, OTHER, TEXT, Canned, is_clean

ENTRY = {
    "linkId": "SampleLinkId123", "text": TEXT, "to": "22123", "id": 15071, "date": "2018-03-19T08:34:18.445Z",
    "from": NUMBER,
}  # fmt: skip
FETCHED = Fetched(15071, NUMBER, "22123", TEXT, "2018-03-19T08:34:18.445Z", "SampleLinkId123")


def inbox(canned: Canned, messages: Any) -> list[Fetched]:
    return canned.say(json.dumps({"SMSMessageData": {"Messages": messages}}).encode()).fetch(0)


def test_what_came_after_an_id_is_asked_for_as_the_sdk_does(canned: Canned) -> None:
    canned.say(b'{"SMSMessageData": {"Messages": []}}').fetch(15070)
    line, *headers = canned.told.decode().split("\r\n")
    method, path, _ = line.split(" ")
    assert (method, urlsplit(path).path) == ("GET", "/version1/messaging")
    assert parse_qs(urlsplit(path).query) == {"username": ["sikiza"], "lastReceivedId": ["15070"]}
    assert f"apiKey: {KEY}" in headers


def test_texts_are_read_as_they_stand_there_oldest_first(canned: Canned) -> None:
    later = ENTRY | {"id": "15072", "from": OTHER, "linkId": ""}
    assert inbox(canned, [later, ENTRY]) == [FETCHED, Fetched(15072, OTHER, "22123", TEXT, FETCHED.date, None)]


def test_an_empty_inbox_is_no_failure(canned: Canned) -> None:
    assert inbox(canned, []) == []


def test_odd_entries_keep_nobody_from_being_read(canned: Canned) -> None:
    odd: list[Any] = [
        None, "text", 7, [], {}, {"id": None}, {"id": "x"}, {"id": -1}, {"id": 1.5}, {"id": "9" * 30}, {"id": True},
    ]  # fmt: skip
    assert inbox(canned, [*odd, {"id": 3, "text": ["x"], "from": {"a": 1}, "date": 5}, ENTRY]) == [
        Fetched(3, "", "", "", "5", None), FETCHED,
    ]  # fmt: skip


def test_half_a_letter_is_replaced(canned: Canned) -> None:
    assert inbox(canned, [ENTRY | {"text": "maji \ud83d"}])[0].text == "maji ?"


def test_a_hundred_of_the_longest_texts_are_read(canned: Canned) -> None:
    assert len(inbox(canned, [ENTRY | {"id": number, "text": "m" * 2000} for number in range(100)])) == 100


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"", SmsRetryable, "unreadable"),
        (b"<html>Maintenance</html>", SmsRetryable, "unreadable"),
        (b"[]", SmsRetryable, "unreadable"),
        (b'{"SMSMessageData": null}', SmsRetryable, "unreadable"),
        (b'{"SMSMessageData": {"Messages": {}}}', SmsRetryable, "unreadable"),
        (b"[" * 60_000, SmsRetryable, "unreadable"),
        (b" " * (1024 * 1024 + 1), SmsUnknown, "oversized"),
    ],
)
def test_an_inbox_of_another_shape_is_a_failure(canned: Canned, body: bytes, kind: type[SmsFailure], code: str) -> None:
    with pytest.raises(kind) as failure:
        canned.say(body).fetch(0)
    assert failure.value.code == code


@pytest.mark.parametrize(
    ("mode", "kind", "code"),
    [("401", SmsHalted, "http-401"), ("500", SmsRetryable, "http-500"), ("redirect", SmsHalted, "redirect")],
)
def test_a_refusal_has_the_name_that_it_has_for_a_send(
    provider: Provider, sender: Sender, mode: str, kind: type[SmsFailure], code: str
) -> None:
    with Provider() as stranger:
        provider.mode, provider.redirect_to = mode, stranger.url + "/version1/messaging"
        with pytest.raises(kind) as failure:
            sender.fetch(0)
        assert stranger.fetches == 0
    assert failure.value.code == code


def test_an_inbox_that_drips_is_left_at_the_deadline(provider: Provider) -> None:
    provider.mode = "drip"
    began = time.monotonic()
    with pytest.raises(SmsUnknown):
        Sender("sikiza", KEY, provider.url, deadline=1.0).fetch(0)
    assert time.monotonic() - began < 1.5


def test_the_fake_and_this_understand_each_other(provider: Provider, sender: Sender) -> None:
    ids = [provider.receive(NUMBER, f"{TEXT} {place}", lost=True) for place in range(3)]
    assert [(fetched.id, fetched.text) for fetched in sender.fetch(ids[0])] == [
        (ids[1], f"{TEXT} 1"), (ids[2], f"{TEXT} 2"),
    ]  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "from", "text", "date", "linkId"]), inner),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=JSON)
def test_no_json_makes_the_reading_stumble(canned: Canned, messages: Any) -> None:
    try:
        said: object = inbox(canned, messages)
    except SmsFailure as failure:
        said = failure
    assert is_clean(repr(said))
