"""The outbox, row by row: what is claimed, given back, recorded, reported and swept, and by whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages import outbox, sending
from gateway.messages.africastalking import Outcome, Receipt
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRejected, SmsRetryable, SmsUnknown
from gateway.messages.models import DeliveryReport, Message, MessageStatus, OutboxHalt
from gateway.messages.sending import Due
from tests.cases.stage import AMINA, WANJIKU, Stage

HOUR = timedelta(hours=1)


def receipt(outcome: Outcome, code: str = "102", provider_id: str | None = "ATXid_1") -> Receipt:
    return Receipt(outcome, code, provider_id, "KES 0.8000", 1, "USD 0.0158")


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


def claim(stage: Stage) -> list[Due]:
    with stage.transaction() as session:
        return sending.claim(session, stage.office.vault)


def begin(stage: Stage, due: Due) -> bool:
    with stage.transaction() as session:
        return sending.begin(session, due)


def record(stage: Stage, due: Due, what: Receipt | SmsFailure) -> None:
    with stage.transaction() as session:
        if isinstance(what, Receipt):
            sending.record(session, due.id, what)
        else:
            sending.record_failure(session, due.id, what)


def report(stage: Stage, status: str, reason: str | None = None, provider_id: str = "ATXid_1") -> None:
    with stage.transaction() as session:
        outbox.receive_report(session, provider_id, status, reason)


def sweep(stage: Stage) -> int:
    with stage.transaction() as session:
        return sending.sweep_claims(session)


def one(stage: Stage) -> Message:
    [message] = stage.messages()
    return message


def state(stage: Stage) -> tuple[str, str | None, int]:
    message = one(stage)
    return message.status.value, message.code, message.attempts


def sent(stage: Stage) -> Due:
    """One message that the provider has taken."""
    stage.file()
    [due] = claim(stage)
    assert begin(stage, due)
    record(stage, due, receipt(Outcome.ACCEPTED))
    return due


def begun(stage: Stage) -> Due:
    """One message that a worker is sending."""
    stage.file()
    [due] = claim(stage)
    assert begin(stage, due)
    return due


# Claiming


def test_what_is_due_is_claimed_with_its_number_and_its_words(stage: Stage) -> None:
    stage.file()
    [due] = claim(stage)
    assert (due.id, due.number, due.text) == (one(stage).id, WANJIKU, stage.last_text())
    assert state(stage) == ("claimed", None, 1)
    assert one(stage).lease_until == due.lease_until
    assert one(stage).sent_at is None
    assert claim(stage) == []


def test_what_is_not_due_yet_stays_queued(stage: Stage) -> None:
    stage.file()
    stage.set("UPDATE message SET due_at = now() + interval '1 minute'")
    assert claim(stage) == []
    assert state(stage)[0] == "queued"


@pytest.mark.parametrize("status", [status for status in MessageStatus if status is not MessageStatus.QUEUED])
def test_nothing_but_what_is_queued_is_claimed(stage: Stage, status: MessageStatus) -> None:
    stage.file()
    stage.set("UPDATE message SET status = :status", status=status.value)
    assert claim(stage) == []


def test_a_batch_is_bounded_and_the_oldest_goes_first(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BATCH", 3)
    for _ in range(7):
        stage.file()
    stage.set("UPDATE message SET due_at = due_at - interval '1 minute' WHERE id = 7")
    batches = [sorted(due.id for due in claim(stage)) for _ in range(4)]
    assert batches == [[1, 2, 7], [3, 4, 5], [6], []]


def test_many_workers_claim_every_message_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BATCH", 4)
    for _ in range(24):
        stage.file()
    with ThreadPoolExecutor(6) as pool:
        batches = list(pool.map(lambda _: claim(stage), range(12)))
    claimed = [due.id for batch in batches for due in batch]
    assert sorted(claimed) == list(range(1, 25))


def test_a_message_whose_number_was_erased_is_cancelled(stage: Stage) -> None:
    stage.file()
    stage.set("DELETE FROM resident")
    assert claim(stage) == []
    assert state(stage)[:2] == ("cancelled", "number erased")


@pytest.mark.parametrize("spoilt", ["UPDATE message SET text_sealed = 'x' WHERE id = 1",
                                    "UPDATE resident SET phone_sealed = 'x' WHERE id = 1"])  # fmt: skip
def test_a_message_that_no_key_opens_is_held_and_the_others_leave(stage: Stage, spoilt: str) -> None:
    stage.file()
    stage.file(phone=AMINA)
    stage.set(spoilt)
    [due] = claim(stage)
    assert due.number == AMINA
    assert [(message.status.value, message.code) for message in stage.messages()] == [
        ("held", "key missing"), ("claimed", None),
    ]  # fmt: skip


# Beginning


def test_a_message_is_begun_once(stage: Stage) -> None:
    stage.file()
    [due] = claim(stage)
    assert begin(stage, due)
    assert one(stage).sent_at is not None
    assert not begin(stage, due)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE message SET lease_until = now() - interval '1 second'",
        "UPDATE message SET resident_id = NULL",
        "UPDATE message SET status = 'cancelled'",
        "UPDATE message SET lease_until = lease_until + interval '1 microsecond'",  # claimed by somebody else
    ],
)
def test_what_is_not_ours_any_more_is_not_begun(stage: Stage, change: str) -> None:
    stage.file()
    [due] = claim(stage)
    stage.set(change)
    assert not begin(stage, due)
    assert one(stage).sent_at is None


def test_what_was_not_begun_is_given_back_without_counting(stage: Stage) -> None:
    for _ in range(3):
        stage.file()
    first, *rest = claim(stage)
    assert begin(stage, first)
    with stage.transaction() as session:
        sending.give_back(session, [first, *rest])
    assert [(message.status.value, message.attempts) for message in stage.messages()] == [
        ("claimed", 1), ("queued", 0), ("queued", 0),
    ]  # fmt: skip
    assert [due.id for due in claim(stage)] == [due.id for due in rest]


def test_a_claim_that_ran_out_is_not_given_back_from_under_its_new_owner(stage: Stage) -> None:
    stage.file()
    [late] = claim(stage)
    stage.set("UPDATE message SET lease_until = now() - interval '1 second'")
    sweep(stage)
    [due] = claim(stage)
    with stage.transaction() as session:
        sending.give_back(session, [late])
    assert not begin(stage, late)
    assert begin(stage, due)


# Recording


def test_accepted_is_sent_with_what_the_provider_said(stage: Stage) -> None:
    sent(stage)
    message = one(stage)
    assert state(stage) == ("sent", "102", 1)
    assert (message.provider_id, message.cost, message.parts) == ("ATXid_1", "KES 0.8000", 1)
    assert (message.lease_until, message.delivered_at) == (None, None)
    assert message.sent_at is not None


@pytest.mark.parametrize(
    ("what", "after"),
    [
        (receipt(Outcome.REJECTED, "403", None), ("failed", "403", 1)),
        (receipt(Outcome.RETRY, "500", None), ("queued", "500", 0)),
        (receipt(Outcome.UNKNOWN, "502", None), ("unknown", "502", 1)),
        (receipt(Outcome.UNKNOWN, "401", None), ("unknown", "401", 2)),
        (receipt(Outcome.HALTED, "405", None), ("queued", "405", 0)),
        (SmsRejected("malformed"), ("failed", "malformed", 1)),
        (SmsRetryable("connect"), ("queued", "connect", 0)),
        (SmsUnknown("deadline"), ("unknown", "deadline", 1)),
        (SmsHalted("http-401"), ("queued", "http-401", 0)),
    ],
)
def test_each_outcome_and_failure_moves_the_row(
    stage: Stage, what: Receipt | SmsFailure, after: tuple[str, str, int]
) -> None:
    due = begun(stage)
    record(stage, due, what)
    assert state(stage) == after
    assert stage.count(OutboxHalt) == (1 if "HALT" in repr(what).upper() else 0)


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "failed", "cancelled", "held"])
@pytest.mark.parametrize(
    "what", [receipt(Outcome.ACCEPTED), receipt(Outcome.REJECTED, "403"), SmsUnknown("deadline"), SmsRetryable("429")]
)
def test_an_answer_about_a_message_that_moved_on_changes_nothing(
    stage: Stage, status: str, what: Receipt | SmsFailure
) -> None:
    due = begun(stage)
    stage.set("UPDATE message SET status = :status, code = 'before'", status=status)
    record(stage, due, what)
    assert state(stage)[:2] == (status, "before")


def test_an_acceptance_that_comes_after_the_claim_ran_out_still_counts(stage: Stage) -> None:
    due = begun(stage)
    stage.set("UPDATE message SET lease_until = now() - interval '1 second'")
    sweep(stage)
    assert state(stage)[0] == "unknown"
    record(stage, due, receipt(Outcome.ACCEPTED))
    assert state(stage)[0] == "sent"


# Trying again


def wait_of(stage: Stage) -> timedelta:
    return one(stage).due_at - datetime.now(UTC)


def test_a_refusal_waits_as_long_as_the_message_is_old_within_bounds(stage: Stage) -> None:
    stage.file()
    for age, shortest, longest in ((1, 24, 36), (10 * 60, 8 * 60, 12 * 60), (5 * 3600, 48 * 60, 72 * 60)):
        stage.set(
            "UPDATE message SET due_at = now(), created_at = now() - CAST(:age AS interval)", age=f"{age} seconds"
        )
        [due] = claim(stage)
        begin(stage, due)
        record(stage, due, SmsRetryable("http-503"))
        assert timedelta(seconds=shortest - 2) <= wait_of(stage) <= timedelta(seconds=longest)
        assert state(stage) == ("queued", "http-503", 0)


def test_after_a_day_of_refusals_it_is_given_up(stage: Stage) -> None:
    due = begun(stage)
    stage.set("UPDATE message SET created_at = now() - interval '24 hours 1 second'")
    record(stage, due, SmsRetryable("http-503"))
    assert state(stage)[:2] == ("failed", "http-503")


def test_refusals_do_not_use_up_the_one_try_after_a_doubt(stage: Stage) -> None:
    stage.file()
    for failure in (SmsRetryable("connect"), SmsRetryable("http-429"), SmsUnknown("deadline")):
        stage.set("UPDATE message SET due_at = now()")
        [due] = claim(stage)
        begin(stage, due)
        record(stage, due, failure)
    stage.set("UPDATE message SET lease_until = now() - interval '1 second'")
    assert sweep(stage) == 1
    assert state(stage)[0] == "queued"


def test_a_doubt_waits_five_minutes_is_sent_once_more_and_then_given_up(stage: Stage) -> None:
    stage.file()
    for tries in (1, 2):
        [due] = claim(stage)
        begin(stage, due)
        record(stage, due, SmsUnknown("deadline"))
        lease = one(stage).lease_until
        assert lease is not None
        assert timedelta(minutes=4, seconds=55) < lease - datetime.now(UTC) <= timedelta(minutes=5)
        assert sweep(stage) == 0
        assert state(stage) == ("unknown", "deadline", tries)
        stage.set("UPDATE message SET lease_until = now() - interval '1 second'")
        assert sweep(stage) == 1
        assert state(stage) == ("queued" if tries == 1 else "failed", "deadline", tries)
    assert claim(stage) == []


def test_what_the_provider_holds_back_is_not_sent_again(stage: Stage) -> None:
    due = begun(stage)
    record(stage, due, receipt(Outcome.UNKNOWN, "401", None))
    stage.set("UPDATE message SET lease_until = now() - interval '1 second'")
    sweep(stage)
    assert state(stage)[0] == "failed"


def test_of_a_dead_worker_only_what_it_had_begun_is_in_doubt(stage: Stage) -> None:
    for _ in range(3):
        stage.file()
    first, *rest = claim(stage)
    begin(stage, first)
    stage.set("UPDATE message SET lease_until = now() - interval '1 second'")
    sweep(stage)
    assert [(message.status.value, message.code, message.attempts) for message in stage.messages()] == [
        ("unknown", "worker stopped", 1), ("queued", None, 0), ("queued", None, 0),
    ]  # fmt: skip
    assert [due.id for due in claim(stage)] == [due.id for due in rest]


def test_a_living_workers_claims_are_left_alone(stage: Stage) -> None:
    begun(stage)
    stage.file()
    claim(stage)
    assert sweep(stage) == 0
    assert [message.status.value for message in stage.messages()] == ["claimed", "claimed"]


# Halting


def test_a_halt_keeps_everything_queued_until_it_is_over(stage: Stage) -> None:
    due = begun(stage)
    stage.file()
    record(stage, due, SmsHalted("http-401"))
    assert claim(stage) == []
    assert [message.status.value for message in stage.messages()] == ["queued", "queued"]
    stage.set("UPDATE outbox_halt SET until = now() - interval '1 second'")
    assert len(claim(stage)) == 2


def test_a_second_halt_tells_the_latest_reason(stage: Stage) -> None:
    for code in ("http-401", "405"):
        stage.file()
        stage.set("DELETE FROM outbox_halt")
        for due in claim(stage):
            begin(stage, due)
            record(stage, due, SmsHalted(code))
    with stage.transaction() as session:
        halt = session.get_one(OutboxHalt, 1)
        assert (halt.code, stage.count(OutboxHalt)) == ("405", 1)
        sending.clear_halt(session)
    assert stage.count(OutboxHalt) == 0


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
        sending.record(session, due.id, receipt(Outcome.ACCEPTED))
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
