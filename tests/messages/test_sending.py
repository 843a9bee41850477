"""Sending, row by row: what is claimed, begun, given back, recorded, tried again and swept, and by whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages import pace, recording, sending
from gateway.messages.africastalking import Outcome, Receipt
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRejected, SmsRetryable, SmsUnknown
from gateway.messages.models import MessageStatus, OutboxHalt
from tests.cases.stage import AMINA, WANJIKU, Stage
from tests.messages.sms import begin, begun, claim, one, receipt, record, sent, state, sweep


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


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
    monkeypatch.setattr(pace, "BATCH", 3)
    for _ in range(7):
        stage.file()
    stage.set("UPDATE message SET due_at = due_at - interval '1 minute' WHERE id = 7")
    batches = [sorted(due.id for due in claim(stage)) for _ in range(4)]
    assert batches == [[1, 2, 7], [3, 4, 5], [6], []]


def test_many_workers_claim_every_message_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "BATCH", 4)
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


def test_a_message_that_is_held_is_tried_again_every_hour_until_its_key_is_back(stage: Stage) -> None:
    stage.file()
    sealed = one(stage).text_sealed
    stage.set("UPDATE message SET text_sealed = 'x'")
    for minutes, status in ((0, "held"), (59, "held"), (61, "queued")):
        claim(stage)
        stage.set("UPDATE message SET due_at = now() - make_interval(mins => :minutes)", minutes=minutes)
        sweep(stage)
        assert (one(stage).status.value, one(stage).attempts) == (status, 1 if status == "held" else 0)
    assert claim(stage) == []
    stage.set("UPDATE message SET text_sealed = :sealed, due_at = now() - interval '61 minutes'", sealed=sealed)
    sweep(stage)
    [due] = claim(stage)
    assert due.number == WANJIKU


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
    assert (message.provider_id, message.parts) == ("ATXid_1", 1)
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
        (SmsRejected("landline"), ("failed", "landline", 1)),
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
    for failure in (SmsRetryable("connect"), SmsRetryable("http-503"), SmsUnknown("deadline")):
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
        recording.clear_halt(session)
    assert stage.count(OutboxHalt) == 0
