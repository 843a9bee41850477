"""The contract with Africa's Talking: what each answer, and each silence, means for an SMS."""

from __future__ import annotations

import inspect
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import pytest
from africastalking.SMS import SMSService
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.messages.africastalking import Outcome, Receipt, Sender
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRejected, SmsRetryable, SmsUnknown
from gateway.phone.provider import Provider
from tests.messages.canned import KEY, NUMBER, OTHER, TEXT, Canned, failure_of, is_clean

# What leaves, and what a good answer gives.


def test_the_bytes_are_those_of_the_sdk_with_enqueue_said_explicitly(provider: Provider) -> None:
    Sender("sandbox", f" {KEY}\n", provider.url + "/").send("Habari & good=day\nñ €", [NUMBER, OTHER], "22123")
    assert provider.last_body == (
        b"username=sandbox&to=%2B254711000001%2C%2B254733000002&message=Habari+%26+good%3Dday%0A%C3%B1+%E2%82%AC"
        b"&bulkSMSMode=1&from=22123&enqueue=1"
    )
    headers = provider.last_headers
    assert (headers["apiKey"], headers["Accept"]) == (KEY, "application/json")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["User-Agent"].startswith("africastalking-python/")


def test_without_a_sender_the_account_chooses_it(provider: Provider, sender: Sender) -> None:
    sender.send(TEXT, [NUMBER], None)
    assert b"from=" not in provider.last_body


def test_a_good_answer_gives_one_receipt_for_each_number(provider: Provider, sender: Sender) -> None:
    receipts = sender.send(TEXT, [NUMBER, OTHER, NUMBER], "22123")
    ids = {message["to"]: message["id"] for message in provider.messages}
    assert len(provider.messages) == 2
    assert receipts == {
        number: Receipt(Outcome.ACCEPTED, "102", ids[number], "KES 0.8000", 1, "USD 0.0158")
        for number in (NUMBER, OTHER)
    }


def test_one_sender_serves_many_threads(provider: Provider, sender: Sender) -> None:
    numbers = [f"+2547110001{i:02}" for i in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: sender.send(TEXT, [number], None), numbers))
    ids = {message["to"]: message["id"] for message in provider.messages}
    assert [answer[number].provider_id for answer, number in zip(answers, numbers, strict=True)] == [
        ids[number] for number in numbers
    ]


def test_a_proxy_in_the_environment_never_sees_an_sms(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert sender.send(TEXT, [NUMBER], None)[NUMBER].outcome is Outcome.ACCEPTED


# What each recipient code means.

CODES = [
    (100, Outcome.ACCEPTED, False),
    (101, Outcome.ACCEPTED, False),
    (102, Outcome.ACCEPTED, False),
    (401, Outcome.UNKNOWN, False),
    (402, Outcome.HALTED, False),
    (403, Outcome.REJECTED, False),
    (404, Outcome.REJECTED, False),
    (405, Outcome.HALTED, False),
    (406, Outcome.REJECTED, False),
    (407, Outcome.REJECTED, False),
    (408, Outcome.UNKNOWN, False),
    (409, Outcome.RETRY, False),
    (500, Outcome.RETRY, False),
    (501, Outcome.RETRY, False),
    (502, Outcome.UNKNOWN, True),
    (999, Outcome.UNKNOWN, False),
]


@pytest.mark.parametrize(("code", "outcome", "resend_once"), CODES)
def test_each_status_code_has_its_outcome(
    provider: Provider, sender: Sender, code: int, outcome: Outcome, resend_once: bool
) -> None:
    provider.mode = f"code:{code}"
    receipt = sender.send(TEXT, [NUMBER], None)[NUMBER]
    assert (receipt.outcome, receipt.code, receipt.resend_once) == (outcome, str(code), resend_once)
    assert (receipt.provider_id is None) == (outcome is not Outcome.ACCEPTED)


def test_a_number_that_the_answer_leaves_out_is_unknown(canned: Canned) -> None:
    receipts = canned.receipts([{"number": NUMBER, "statusCode": "101", "messageId": "ATXid_1", "cost": "0"}])
    assert receipts[NUMBER] == Receipt(Outcome.ACCEPTED, "101", "ATXid_1", "0", None, None)
    assert receipts[OTHER] == Receipt(Outcome.UNKNOWN, "missing", None, None, None, None)
    assert receipts[OTHER].resend_once


def test_receipts_are_matched_by_number_and_strangers_are_ignored(canned: Canned) -> None:
    receipts = canned.receipts(
        [
            {"number": OTHER[1:], "statusCode": 406, "messageId": "None"},
            {"number": "+254799999999", "statusCode": 101, "messageId": "ATXid_9"},
            {"number": NUMBER, "statusCode": 403},
            {"number": NUMBER, "statusCode": 101, "messageId": "ATXid_1", "messageParts": 2},
            {"number": NUMBER, "statusCode": 500},
            "not an object",
        ]
    )
    assert receipts[OTHER].outcome is Outcome.REJECTED
    assert receipts[NUMBER] == Receipt(Outcome.ACCEPTED, "101", "ATXid_1", None, 2, None)
    assert receipts.keys() == {NUMBER, OTHER}


def test_what_a_receipt_says_is_bounded_and_never_the_number(canned: Canned) -> None:
    odd = {"number": NUMBER, "statusCode": NUMBER, "messageId": f"see {NUMBER}", "cost": TEXT, "messageParts": [1]}
    assert canned.receipts([odd], message=f"Total Cost: {TEXT}")[NUMBER] == Receipt(
        Outcome.UNKNOWN, "unreadable", None, None, None, None
    )


# What each other answer, and each silence, means.

ANSWERS: list[tuple[str, type[SmsFailure], str]] = [
    ("invalid_sender", SmsHalted, "402"),
    ("400", SmsRejected, "http-400"),
    ("401", SmsHalted, "http-401"),
    ("402", SmsHalted, "http-402"),
    ("403", SmsHalted, "http-403"),
    ("404", SmsHalted, "http-404"),
    ("405", SmsHalted, "http-405"),
    ("408", SmsRetryable, "http-408"),
    ("409", SmsUnknown, "unreadable"),
    ("413", SmsRejected, "http-413"),
    ("422", SmsRejected, "http-422"),
    ("429", SmsRetryable, "http-429"),
    ("500", SmsRetryable, "http-500"),
    ("502", SmsUnknown, "http-502"),
    ("503", SmsRetryable, "http-503"),
    ("504", SmsUnknown, "http-504"),
    ("redirect", SmsHalted, "redirect"),
    ("html", SmsRetryable, "page"),
    ("bad_json", SmsUnknown, "unreadable"),
    ("truncated", SmsUnknown, "truncated"),
    ("drop", SmsUnknown, "dropped"),
    ("slow", SmsUnknown, "deadline"),
    ("drip", SmsUnknown, "deadline"),
    ("drip_body", SmsUnknown, "deadline"),
]


@pytest.mark.parametrize(("mode", "kind", "code"), ANSWERS)
def test_each_answer_has_its_failure(provider: Provider, mode: str, kind: type[SmsFailure], code: str) -> None:
    provider.mode = mode
    failure = failure_of(Sender("sikiza", KEY, provider.url, deadline=0.5 if code == "deadline" else 5))
    assert (type(failure), failure.code) == (kind, code)
    assert str(failure).endswith(f"[{code}]")
    assert provider.requests == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "unreadable"),
        (b"[]", "unreadable"),
        (b'"SMSMessageData"', "unreadable"),
        (b'{"SMSMessageData": null}', "unreadable"),
        (b'{"SMSMessageData": {"Recipients": {}}}', "unreadable"),
        (b'{"SMSMessageData": {"Recipients": "+254711000001"}}', "unreadable"),
        (b"\xff\xfe", "unreadable"),
        (b"[" * 60_000, "unreadable"),
        (b" " * 65_537, "oversized"),
    ],
)
def test_an_answer_of_another_shape_leaves_the_sms_unknown(canned: Canned, body: bytes, code: str) -> None:
    failure = failure_of(canned.say(body))
    assert (type(failure), failure.code) == (SmsUnknown, code)


@pytest.mark.parametrize(
    ("body", "kind", "failure"),
    [
        (b"<!DOCTYPE html><title>Back soon</title>", "text/html; charset=utf-8", SmsRetryable),
        (b"\xef\xbb\xbf\r\n<html>Back soon</html>", "application/json", SmsRetryable),
        (b"Back soon", "Text/HTML", SmsRetryable),
        (b"Back soon", "text/plain", SmsUnknown),
        (b'{"SMSMessageData": {', "text/html", SmsUnknown),
        (b"", "text/html", SmsUnknown),
    ],
)
def test_a_page_for_people_is_no_sms_that_was_taken_and_broken_json_may_be_one(
    canned: Canned, body: bytes, kind: str, failure: type[SmsFailure]
) -> None:
    raised = failure_of(canned.say(body, f"HTTP/1.1 200 OK\r\nContent-Type: {kind}"))
    assert (type(raised), raised.code) == (failure, "page" if failure is SmsRetryable else "unreadable")


def test_a_good_answer_that_calls_itself_a_page_is_read_all_the_same(canned: Canned) -> None:
    told = {"SMSMessageData": {"Message": "", "Recipients": [{"number": NUMBER, "statusCode": 101}]}}
    sender = canned.say(json.dumps(told).encode(), "HTTP/1.1 201 Created\r\nContent-Type: text/html")
    assert sender.send(TEXT, [NUMBER], None)[NUMBER].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("InvalidSenderId", SmsHalted),
        ("InsufficientBalance", SmsHalted),
        ("UserInBlackList", SmsRejected),
        ("InternalServerError", SmsRetryable),
    ],
)
def test_an_empty_list_with_the_name_of_a_fault_is_that_fault(
    canned: Canned, message: str, kind: type[SmsFailure]
) -> None:
    body = json.dumps({"SMSMessageData": {"Message": message, "Recipients": []}}).encode()
    assert type(failure_of(canned.say(body))) is kind


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", "APPLICATION/JSON"])
@pytest.mark.parametrize("status", ["200 OK", "201 Created", "409 Conflict"])
def test_receipts_are_read_whatever_the_content_type_says(canned: Canned, status: str, content_type: str) -> None:
    recipients = [{"number": NUMBER, "statusCode": 102, "messageId": "ATXid_1"}]
    body = json.dumps({"SMSMessageData": {"Message": "", "Recipients": recipients}}).encode()
    answer = canned.say(body, f"HTTP/1.1 {status}\r\nContent-Type: {content_type}").send(TEXT, [NUMBER], None)
    assert answer[NUMBER].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"\x16\x03\x01 not HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{",
    ],
)
def test_broken_http_leaves_the_sms_unknown(canned: Canned, says: bytes) -> None:
    sender = canned.say(b"")
    canned.says = says
    assert type(failure_of(sender)) is SmsUnknown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(NUMBER),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["number", "statusCode", "messageId", "cost", "messageParts"]), inner)
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=JSON, recipients=JSON)
def test_no_json_makes_the_wire_stumble(canned: Canned, message: Any, recipients: Any) -> None:
    sender = canned.say(json.dumps({"SMSMessageData": {"Message": message, "Recipients": recipients}}).encode())
    said: SmsFailure | Receipt
    try:
        (said,) = sender.send(TEXT, [NUMBER], None).values()
    except SmsFailure as failure:
        said = failure
    assert is_clean(repr(said))


# What never leaves.


@pytest.mark.parametrize(
    "number", ["0711000001", "+0711000001", "+2547110000\n", "+254٧١١٠٠٠٠٠١", "+254711,000001", "", "+1234567890123456"]
)
def test_a_malformed_number_is_refused_before_anything_leaves(provider: Provider, sender: Sender, number: str) -> None:
    failure = failure_of(sender, [NUMBER, number])
    assert (type(failure), failure.code, provider.requests) == (SmsRejected, "malformed", 0)


@pytest.mark.parametrize("number", ["+254202222222", "+254563131234", "+256414123456"])
def test_no_sms_goes_to_a_landline(provider: Provider, sender: Sender, number: str) -> None:
    failure = failure_of(sender, [NUMBER, number])
    assert (type(failure), failure.code, provider.requests) == (SmsRejected, "landline", 0)


@pytest.mark.parametrize("text", ["", " \n", "\ud800"])
def test_a_text_that_cannot_be_sent_is_refused(provider: Provider, sender: Sender, text: str) -> None:
    failure = failure_of(sender, text=text)
    assert (type(failure), failure.code, provider.requests) == (SmsRejected, "text", 0)


@pytest.mark.parametrize("count", [0, 101])
def test_a_send_takes_one_to_a_hundred_numbers(sender: Sender, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        sender.send(TEXT, [f"+254711{i:06}" for i in range(count)], None)


@pytest.mark.parametrize(
    ("key", "url", "deadline"),
    [
        (f"{KEY}\r\nX: y", None, 15),
        (f"{KEY}é", None, 15),
        (KEY, "ftp://127.0.0.1", 15),
        (KEY, "127.0.0.1:9000", 15),
        (KEY, "http://127.0.0.1:port", 15),
        (KEY, None, 0),
    ],
)
def test_settings_that_cannot_work_are_refused(key: str, url: str | None, deadline: float) -> None:
    with pytest.raises(ValueError) as refused:
        Sender("sikiza", key, url, deadline)
    assert is_clean(str(refused.value))


# The SDK.


def test_the_sdk_still_has_the_private_names_we_build_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SMSService("sikiza", KEY)._baseUrl == "https://api.africastalking.com/version1"
    assert SMSService("sandbox", KEY)._baseUrl == "https://api.sandbox.africastalking.com/version1"
    names = ["self", "url", "method", "headers", "data", "params", "callback", "timeout"]
    assert list(inspect.signature(SMSService._make_request).parameters) == names
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(SMSService, "_make_request", lambda self, *args, **kwargs: calls.append((args, kwargs)))
    SMSService("sikiza", KEY).send(TEXT, [NUMBER], sender_id="22123", enqueue=True)
    (positional, named) = calls[0]
    assert positional == ("https://api.africastalking.com/version1/messaging", "POST")
    assert named["headers"]["apiKey"] == KEY
    assert named["data"]["enqueue"] == 1
    assert named.keys() == {"headers", "params", "data", "callback", "timeout"}


def test_a_capital_letter_does_not_send_the_sandbox_to_real_phones(provider: Provider) -> None:
    Sender("Sandbox", KEY, provider.url).send(TEXT, [NUMBER], None)
    assert parse_qs(provider.last_body.decode())["username"] == ["sandbox"]
