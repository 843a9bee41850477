"""From one SMS to the next in one commit: both rows move or neither, and no report is lost in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages import outbox, sending
from gateway.messages.africastalking import Outcome
from gateway.messages.handover import Accepted, Handover
from gateway.messages.sending import Due
from tests.cases.stage import Stage
from tests.messages.sms import claim, receipt, report


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


@pytest.fixture
def handover(stage: Stage) -> Handover:
    return Handover(stage.engine, stage.installation.statements)


def claimed(stage: Stage, count: int) -> list[Due]:
    """So many claimed messages; the first is begun."""
    for _ in range(count):
        stage.file()
    taken = claim(stage)
    with stage.transaction() as session:
        sending.begin(session, taken[0])
    return taken


def accepted(due: Due) -> Accepted:
    name = f"ATXid_{due.id}"
    return Accepted(due, receipt(Outcome.ACCEPTED, provider_id=name), name)


def states(stage: Stage) -> list[tuple[str, bool]]:
    """Status of each message, and whether it was begun."""
    return [(message.status.value, message.sent_at is not None) for message in stage.messages()]


def test_the_one_is_recorded_and_the_next_is_begun(stage: Stage, handover: Handover) -> None:
    first, second, _ = claimed(stage, 3)
    assert handover.hand_over(accepted(first), second)
    assert states(stage) == [("sent", True), ("claimed", True), ("claimed", False)]
    one, two, three = stage.messages()
    assert (one.code, one.provider_id, one.lease_until, one.attempts) == ("102", "ATXid_1", None, 1)
    assert (one.parts, one.price, one.currency) == (1, Decimal("0.8"), "KES")
    assert (one.total, one.total_currency) == (Decimal("0.0158"), "USD")
    assert two.lease_until is not None
    assert three.lease_until is not None
    assert two.lease_until > three.lease_until == second.lease_until


def test_the_last_one_is_recorded_alone(stage: Stage, handover: Handover) -> None:
    [only] = claimed(stage, 1)
    assert not handover.hand_over(accepted(only), None)
    assert states(stage) == [("sent", True)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE message SET lease_until = now() - interval '1 second' WHERE id = 2",
        "UPDATE message SET resident_id = NULL WHERE id = 2",
        "UPDATE message SET status = 'cancelled' WHERE id = 2",
        "UPDATE message SET lease_until = lease_until + interval '1 microsecond' WHERE id = 2",
    ],
)
def test_what_is_not_ours_any_more_is_not_begun(stage: Stage, handover: Handover, change: str) -> None:
    first, second = claimed(stage, 2)
    stage.set(change)
    assert not handover.hand_over(accepted(first), second)
    assert [begun for _, begun in states(stage)] == [True, False]
    assert states(stage)[0] == ("sent", True)


@pytest.mark.parametrize("status", ["queued", "delivered", "failed", "cancelled", "held"])
def test_an_acceptance_of_what_has_moved_on_changes_nothing(stage: Stage, handover: Handover, status: str) -> None:
    first, second = claimed(stage, 2)
    stage.set("UPDATE message SET status = :status WHERE id = 1", status=status)
    assert handover.hand_over(accepted(first), second)
    assert states(stage) == [(status, True), ("claimed", True)]


def test_an_acceptance_that_comes_after_the_claim_ran_out_still_counts(stage: Stage, handover: Handover) -> None:
    [only] = claimed(stage, 1)
    stage.set("UPDATE message SET status = 'unknown'")
    handover.hand_over(accepted(only), None)
    assert states(stage) == [("sent", True)]


# Reports


def test_a_report_that_was_there_before_moves_the_message_at_once(stage: Stage, handover: Handover) -> None:
    first, second = claimed(stage, 2)
    report(stage, "Success", provider_id="ATXid_1")
    handover.hand_over(accepted(first), second)
    assert states(stage) == [("delivered", True), ("claimed", True)]


def test_a_report_whose_callback_is_at_work_is_waited_for(stage: Stage, handover: Handover) -> None:
    first, second = claimed(stage, 2)
    with ThreadPoolExecutor(1) as pool, stage.transaction() as session:
        outbox.receive_report(session, "ATXid_1", "Success", None)
        session.flush()
        handing = pool.submit(handover.hand_over, accepted(first), second)
        with pytest.raises(TimeoutError):
            handing.result(0.2)
        session.commit()
        assert handing.result(10)
    assert states(stage) == [("delivered", True), ("claimed", True)]


@pytest.mark.parametrize("rests", [True, False])
def test_a_report_that_slipped_in_between_is_seen_with_the_next(stage: Stage, handover: Handover, rests: bool) -> None:
    first, second = claimed(stage, 2)
    handover.hand_over(accepted(first), second)
    stage.set("INSERT INTO delivery_report (provider_id, status) VALUES ('ATXid_1', 'Success')")
    if rests:
        handover.rest()
    else:
        handover.hand_over(accepted(second), None)
    assert states(stage)[0] == ("delivered", True)


def test_reports_that_come_while_messages_are_handed_over_are_not_lost(stage: Stage, handover: Handover) -> None:
    taken = claimed(stage, 12)
    with ThreadPoolExecutor(2) as pool:
        for due, following in zip(taken, [*taken[1:], None], strict=True):
            reported = pool.submit(report, stage, "Success", None, f"ATXid_{due.id}")
            handed = pool.submit(handover.hand_over, accepted(due), following)
            reported.result(10)
            assert handed.result(10) == (following is not None)
    handover.rest()
    assert {status for status, _ in states(stage)} == {"delivered"}
