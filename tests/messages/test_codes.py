"""The table of codes: each line of it at work, from the provider's bytes to what stands in the row of a message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from config.settings import PROJECT, Settings
from gateway.messages import codes, outbox
from gateway.messages.africastalking import Sender
from gateway.messages.codes import DELIVERY, LABELS, OPTED_OUT, RESENT, TABLE, Kind, Outcome, ending, label
from gateway.messages.failures import SmsFailure
from gateway.messages.models import MessageStatus, OutboxHalt
from gateway.phone.provider import Provider
from gateway.triage.english import delivery
from tests.cases.stage import WANJIKU, Stage
from tests.messages.canned import KEY
from tests.messages.sms import begun, record, report, sent, state

ANSWERS = {
    "100": ("sent", 1),
    "101": ("sent", 1),
    "102": ("sent", 1),
    "401": ("unknown", 2),
    "402": ("queued", 0),
    "403": ("failed", 1),
    "404": ("failed", 1),
    "405": ("queued", 0),
    "406": ("failed", 1),
    "407": ("failed", 1),
    "409": ("queued", 0),
    "500": ("queued", 0),
    "501": ("queued", 0),
    "502": ("unknown", 1),
}
"""Status and attempts after a send that was answered so; two attempts of what is unknown: it is not sent again."""
REPORTS = {
    "Success": "delivered",
    "Sent": "sent",
    "Submitted": "sent",
    "Buffered": "sent",
    "AbsentSubscriber": "sent",
    "Expired": "failed",
    "Rejected": "failed",
    "Failed": "failed",
}
REQUESTS = {
    "html": ("page", "queued", 0),
    "bad_json": ("unreadable", "unknown", 1),
    "truncated": ("truncated", "unknown", 1),
    "drop": ("dropped", "unknown", 1),
    "never": ("deadline", "unknown", 1),
    "redirect": ("redirect", "queued", 0),
    "400": ("http-400", "failed", 1),
    "401": ("http-401", "queued", 0),
    "402": ("http-402", "queued", 0),
    "403": ("http-403", "queued", 0),
    "404": ("http-404", "queued", 0),
    "405": ("http-405", "queued", 0),
    "407": ("http-407", "queued", 0),
    "429": ("http-429", "queued", 0),
    "500": ("http-500", "queued", 0),
    "502": ("http-502", "unknown", 1),
    "503": ("http-503", "queued", 0),
    "504": ("http-504", "unknown", 1),
}
"""By mode of the provider: the code, the status and the attempts of a message whose request was answered so."""
OTHERWISE = {
    "missing", "oversized", "connect", "certificate", "malformed", "landline", "text", "worker stopped",
    "number erased", "key missing", "switched off",
}  # fmt: skip
"""What no mode brings about: those have tests of their own."""


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


def keys(kind: Kind) -> set[str]:
    return {line.key for line in TABLE if line.kind is kind}


def halted(stage: Stage) -> list[str]:
    with stage.transaction() as session:
        return [halt.code for halt in session.query(OutboxHalt)]


def stopped(stage: Stage) -> bool:
    resident = stage.resident()
    return resident is not None and resident.stopped_at is not None


def send(stage: Stage, provider: Provider, deadline: float = 5) -> None:
    """One message of Wanjiku's, sent and recorded."""
    due = begun(stage)
    try:
        record(stage, due, Sender("sikiza", KEY, provider.url, deadline).send(due.text, [due.number], "22123")[WANJIKU])
    except SmsFailure as failure:
        record(stage, due, failure)


# Line by line


@pytest.mark.parametrize(("code", "after"), ANSWERS.items())
def test_each_answer_about_a_number_moves_its_row(
    stage: Stage, provider: Provider, code: str, after: tuple[str, int]
) -> None:
    provider.mode = f"code:{code}"
    send(stage, provider)
    assert state(stage) == (after[0], code, after[1])
    assert halted(stage) == [code] * (codes.CODES[code][1] is Outcome.HALTED)
    assert stopped(stage) == (code in OPTED_OUT)


@pytest.mark.parametrize(("status", "after"), REPORTS.items())
def test_each_delivery_status_moves_its_row_and_is_kept(stage: Stage, status: str, after: str) -> None:
    sent(stage)
    report(stage, status.upper())
    assert state(stage)[:2] == (after, status.upper())
    assert label(status.upper()) == LABELS[status.lower()]


@pytest.mark.parametrize("reason", sorted(keys(Kind.REASON)))
@pytest.mark.parametrize("status", ["Failed", "Rejected"])
def test_each_reason_of_a_failure_stands_in_the_row(stage: Stage, status: str, reason: str) -> None:
    sent(stage)
    with stage.transaction() as session:
        outbox.receive_report(session, "ATXid_1", status, reason, stage.office.vault.phone_hash(WANJIKU))
    assert state(stage)[:2] == ("failed", reason)
    assert stopped(stage) == (reason == "UserInBlackList")


@pytest.mark.parametrize(("mode", "after"), REQUESTS.items())
def test_each_answer_about_no_number_moves_the_rows_of_its_request(
    stage: Stage, provider: Provider, mode: str, after: tuple[str, str, int]
) -> None:
    provider.mode = mode
    send(stage, provider, deadline=0.5 if mode == "never" else 5)
    code, status, attempts = after
    assert state(stage) == (status, code, attempts)
    [line] = [line for line in TABLE if line.key == code]
    assert halted(stage) == [code] * (line.effect is Outcome.HALTED)


def test_a_word_that_nobody_knows_is_kept_and_changes_nothing_more(stage: Stage, provider: Provider) -> None:
    provider.mode = "code:499"
    send(stage, provider)
    assert state(stage) == ("unknown", "499", 2)
    assert "do not know" in label("499")
    stage.set("UPDATE message SET status = 'sent', provider_id = 'ATXid_1'")
    report(stage, "SomethingNew")
    assert state(stage)[:2] == ("sent", "SomethingNew")


# A phone that is off


def test_a_phone_that_stays_off_for_two_days_did_not_get_its_text(stage: Stage) -> None:
    sent(stage)
    report(stage, "AbsentSubscriber")
    for age, after in (("47 hours", ("sent", "AbsentSubscriber")), ("49 hours", ("failed", "switched off"))):
        stage.set(f"UPDATE message SET sent_at = now() - interval '{age}'")
        with stage.transaction() as session:
            outbox.give_up_switched_off(session)
        assert state(stage)[:2] == after
    assert label("switched off") == "SMS not delivered: number switched off. Call instead."


def test_a_phone_that_is_switched_on_later_still_corrects_that(stage: Stage) -> None:
    sent(stage)
    report(stage, "AbsentSubscriber")
    stage.set("UPDATE message SET sent_at = now() - interval '3 days'")
    with stage.transaction() as session:
        assert outbox.give_up_switched_off(session) == 1
        assert outbox.give_up_switched_off(session) == 0
    report(stage, "Success")
    assert state(stage)[:2] == ("delivered", "Success")


def test_what_is_on_its_way_for_another_reason_is_not_given_up(stage: Stage) -> None:
    sent(stage)
    for status in ("AbsentSubscriber", "Buffered"):
        report(stage, status)
    stage.set("UPDATE message SET sent_at = now() - interval '3 days'")
    with stage.transaction() as session:
        assert outbox.give_up_switched_off(session) == 0
    assert state(stage)[:2] == ("sent", "Buffered")


# The table as a whole


def test_nothing_in_the_table_is_untried() -> None:
    assert keys(Kind.ANSWER) == ANSWERS.keys()
    assert keys(Kind.REPORT) == REPORTS.keys()
    assert keys(Kind.REQUEST) == {code for code, _, _ in REQUESTS.values()} | OTHERWISE


def test_the_documented_reasons_are_all_there_and_that_without_its_s_too() -> None:
    reasons = (
        "InsufficientCredit InvalidLinkId UserIsInactive UserInBlackList UserAccountSuspended NotNetworkSubcriber "
        "NotNetworkSubscriber UserNotSubscribedToProduct UserDoesNotExist DeliveryFailure DoNotDisturbRejection"
    )
    assert keys(Kind.REASON) == set(reasons.split())
    assert label("userINblackList ") == label("406")


def test_each_line_has_a_key_of_its_own_and_a_short_sentence_that_says_whom_to_tell() -> None:
    assert len(LABELS) == len(TABLE)
    for line in TABLE:
        assert line.label.endswith(".")
        assert len(line.label) <= 120
        assert line.alert == ("Tell ICT" in line.label), line.key
    assert DELIVERY.keys() == {key.lower() for key in REPORTS}
    assert {line.key for line in TABLE if line.effect is Outcome.UNKNOWN} - RESENT == {"401"}


def test_what_failed_in_doubt_or_after_a_day_is_not_said_to_be_tried_again() -> None:
    for line in TABLE:
        assert "tried once more" not in line.ending, line.key
        assert "sent again later" not in line.ending, line.key
    unsure = "Not sure whether it arrived: no report came, and it is not tried again. Call instead."
    assert {ending(code) for code in RESENT} == {unsure}
    assert (ending("403"), "do not know" in ending("499")) == (label("403"), True)
    assert delivery(MessageStatus.FAILED, "dropped") == unsure
    assert delivery(MessageStatus.UNKNOWN, "dropped") == label("dropped")


def test_the_documents_say_what_the_table_says() -> None:
    assert (PROJECT / "docs" / "sms-codes.md").read_text() == codes.page()
