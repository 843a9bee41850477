"""The outbox, row by row: delivery reports, STOP, what is cancelled, and how many replies a phone gets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages import outbox, recording
from gateway.messages.africastalking import Outcome
from gateway.messages.failures import SmsUnknown
from gateway.messages.models import DeliveryReport
from tests.cases.stage import AMINA, WANJIKU, Stage
from tests.messages.sms import begin, begun, claim, one, receipt, record, report, sent, state, sweep

HOUR = timedelta(hours=1)


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


# Delivery reports


@pytest.mark.parametrize(
    ("reports", "after"),
    [
        (["Success"], "delivered"),
        (["success"], "delivered"),
        (["Sent"], "sent"),
        (["Submitted", "Buffered"], "sent"),
        (["AbsentSubscriber"], "sent"),
        (["Failed"], "failed"),
        (["Rejected"], "failed"),
        (["Expired"], "failed"),
        (["SomethingNew"], "sent"),
        (["Success", "Failed"], "delivered"),
        (["Success", "Sent"], "delivered"),
        (["Failed", "Sent"], "failed"),
        (["Failed", "Success"], "delivered"),
        (["Success", "Success", "Buffered"], "delivered"),
    ],
)
@pytest.mark.parametrize("early", [True, False])
def test_reports_move_a_message_forward_only_whenever_they_come(
    stage: Stage, reports: list[str], after: str, early: bool
) -> None:
    due = begun(stage)
    if not early:
        record(stage, due, receipt(Outcome.ACCEPTED))
    for status in reports:
        report(stage, status)
    if early:
        assert state(stage)[0] == "claimed"
        record(stage, due, receipt(Outcome.ACCEPTED))
    assert state(stage)[0] == after
    assert stage.count(DeliveryReport) == len(reports)
    assert (one(stage).delivered_at is not None) == (after == "delivered")


def test_the_reason_of_a_failure_is_kept(stage: Stage) -> None:
    sent(stage)
    report(stage, "Failed", "UserIsInactive")
    assert state(stage)[:2] == ("failed", "UserIsInactive")


def test_a_report_about_nobody_we_know_is_kept(stage: Stage) -> None:
    sent(stage)
    report(stage, "Success", provider_id="ATXid_9")
    assert (state(stage)[0], stage.count(DeliveryReport)) == ("sent", 1)


@pytest.mark.parametrize("status", ["queued", "claimed", "held", "cancelled"])
def test_a_report_does_not_move_what_was_not_sent(stage: Stage, status: str) -> None:
    sent(stage)
    stage.set("UPDATE message SET status = :status", status=status)
    report(stage, "Success")
    assert state(stage)[0] == status


def test_a_report_that_comes_while_the_send_is_recorded_is_not_lost(stage: Stage) -> None:
    for number in range(8):
        stage.file()
        [due] = claim(stage)
        begin(stage, due)
        provider_id = f"ATXid_{number}"
        with ThreadPoolExecutor(2) as pool:
            recorded = pool.submit(record, stage, due, receipt(Outcome.ACCEPTED, "102", provider_id))
            reported = pool.submit(report, stage, "Success", None, provider_id)
            recorded.result(10)
            reported.result(10)
    assert {message.status.value for message in stage.messages()} == {"delivered"}


def test_a_report_waits_for_the_record_that_is_under_way(stage: Stage) -> None:
    due = begun(stage)
    with ThreadPoolExecutor(1) as pool, stage.transaction() as session:
        recording.record(session, due.id, receipt(Outcome.ACCEPTED))
        session.flush()
        reported = pool.submit(report, stage, "Success")
        with pytest.raises(TimeoutError):
            reported.result(0.2)
        session.commit()
        reported.result(10)
    assert state(stage)[0] == "delivered"


# Stopping, cancelling, replying


def stop(stage: Stage, number: str = WANJIKU) -> None:
    with stage.transaction() as session:
        outbox.stop(session, stage.office.vault.phone_hash(number), stage.now)


@pytest.mark.parametrize(
    ("status", "after"),
    [
        ("queued", "cancelled"), ("held", "cancelled"), ("sent", "sent"), ("delivered", "delivered"),
        ("failed", "failed"), ("unknown", "unknown"),
    ],
)  # fmt: skip
def test_stop_cancels_what_waits(stage: Stage, status: str, after: str) -> None:
    stage.file()
    stage.file(phone=AMINA)
    stage.set("UPDATE message SET status = :status", status=status)
    stop(stage)
    assert [message.status.value for message in stage.messages()] == [after, status]
    resident = stage.resident()
    assert resident is not None
    assert resident.stopped_at == stage.now


def test_stop_reaches_what_is_claimed_and_not_begun(stage: Stage) -> None:
    for _ in range(2):
        stage.file()
    first, second = claim(stage)
    begin(stage, first)
    stop(stage)
    assert [message.status.value for message in stage.messages()] == ["claimed", "cancelled"]
    assert not begin(stage, second)


def test_what_is_in_doubt_is_not_sent_again_after_stop(stage: Stage) -> None:
    due = begun(stage)
    record(stage, due, SmsUnknown("deadline"))
    stop(stage)
    stage.set("UPDATE message SET lease_until = now() - interval '1 second'")
    sweep(stage)
    assert state(stage)[0] == "failed"


def test_stop_from_a_phone_that_we_do_not_know_changes_nothing(stage: Stage) -> None:
    stage.file()
    stop(stage, AMINA)
    assert state(stage)[0] == "queued"


def test_after_stop_only_what_she_asked_for_is_queued(stage: Stage) -> None:
    stage.file(quiet=True)
    stop(stage)
    resident = stage.resident()
    assert resident is not None
    with stage.transaction() as session:
        for wanted in (False, True):
            outbox.queue(session, stage.office.vault, resident.id, None, "x", "Habari", stage.now, wanted=wanted)
    assert stage.letters() == [("x", "cancelled"), ("x", "queued")]


def test_cancelling_is_about_one_case(stage: Stage) -> None:
    first, second = stage.file(), stage.file()
    with stage.transaction() as session:
        outbox.cancel(session, stage.case(first).id)
    assert (stage.letters(first)[0][1], stage.letters(second)[0][1]) == ("cancelled", "queued")


def test_five_automatic_replies_an_hour_and_no_more(stage: Stage) -> None:
    stage.file(quiet=True)
    resident = stage.resident()
    assert resident is not None
    allowed = []
    with stage.transaction() as session:
        for minute in (0, 10, 20, 30, 40, 50):
            now = stage.now + timedelta(minutes=minute)
            allowed.append(outbox.may_reply(session, resident.id, now))
            outbox.queue(session, stage.office.vault, resident.id, None, "x", "Habari", now, automatic=True)
        allowed += [outbox.may_reply(session, resident.id, stage.now + HOUR + timedelta(minutes=n)) for n in (0, 10)]
    assert allowed == [True] * 5 + [False] + [False, True]
