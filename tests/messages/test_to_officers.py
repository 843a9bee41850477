"""SMS to officers: what the outbox does with a message that has no resident and no case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages import outbox, sending
from gateway.messages.africastalking import Outcome
from gateway.messages.failures import SmsRetryable, SmsUnknown
from gateway.people.models import Officer
from tests.cases.officer_line import ROSE, with_phone
from tests.cases.stage import Stage
from tests.messages.sms import begin, claim, one, receipt, record, report, state, sweep


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


@pytest.fixture
def rose(stage: Stage) -> Officer:
    return with_phone(stage)


def text_her(stage: Stage, rose: Officer, *, wanted: bool = False) -> None:
    with stage.transaction() as session:
        outbox.queue_officer(
            session, stage.office.vault, rose.id, "officer_digest", "Sikiza: 1 new.", stage.now, wanted=wanted
        )


def test_it_is_claimed_with_her_own_number_and_begun(stage: Stage, rose: Officer) -> None:
    text_her(stage, rose)
    [due] = claim(stage)
    assert (due.number, due.text) == (ROSE, "Sikiza: 1 new.")
    assert begin(stage, due)
    record(stage, due, receipt(Outcome.ACCEPTED))
    assert (one(stage).resident_id, one(stage).case_id, state(stage)[0]) == (None, None, "sent")


@pytest.mark.parametrize("change", ["active = false", "phone_sealed = NULL, phone_hash = NULL"])
def test_who_has_left_or_has_no_phone_gets_nothing(stage: Stage, rose: Officer, change: str) -> None:
    text_her(stage, rose)
    stage.set(f"UPDATE officer SET {change}")
    assert claim(stage) == []
    assert state(stage) == ("cancelled", None, 1)


def test_stop_of_her_as_a_resident_does_not_hold_it_back(stage: Stage, rose: Officer) -> None:
    stage.file(phone=ROSE)
    stage.set("DELETE FROM message")
    text_her(stage, rose)
    with stage.transaction() as session:
        outbox.stop(session, stage.office.vault.phone_hash(ROSE), stage.now)
    [due] = claim(stage)
    assert due.number == ROSE


def test_a_digest_waits_where_what_can_wait_has_to_and_an_answer_to_her_does_not(stage: Stage, rose: Officer) -> None:
    text_her(stage, rose)
    text_her(stage, rose, wanted=True)
    with stage.transaction() as session:
        taken = sending.take(session, stage.office.vault, sending.AS_FAST_AS_IT_GOES, waiting=False)
    assert [due.id for due in taken.due] == [2]


def test_a_delivery_report_moves_it(stage: Stage, rose: Officer) -> None:
    text_her(stage, rose)
    [due] = claim(stage)
    begin(stage, due)
    record(stage, due, receipt(Outcome.ACCEPTED))
    report(stage, "Success")
    assert state(stage)[0] == "delivered"


def test_refused_for_now_it_is_tried_again(stage: Stage, rose: Officer) -> None:
    text_her(stage, rose)
    [due] = claim(stage)
    begin(stage, due)
    record(stage, due, SmsRetryable("500"))
    assert state(stage)[0] == "queued"


def test_an_unclear_send_is_sent_once_more_and_then_given_up(stage: Stage, rose: Officer) -> None:
    text_her(stage, rose)
    for status in ("queued", "failed"):
        [due] = claim(stage)
        assert begin(stage, due)
        record(stage, due, SmsUnknown("deadline"))
        assert state(stage)[0] == "unknown"
        stage.set("UPDATE message SET lease_until = now() - interval '1 second'")
        sweep(stage)
        assert state(stage)[0] == status


def test_a_claim_whose_worker_died_is_given_back(stage: Stage, rose: Officer) -> None:
    text_her(stage, rose)
    claim(stage)
    stage.set("UPDATE message SET lease_until = now() - interval '1 second'")
    sweep(stage)
    assert state(stage)[0] == "queued"


def test_a_nameless_report_on_her_phone_settles_no_doubt_about_her_own_report(stage: Stage, rose: Officer) -> None:
    """Nobody can tell whether it is on what she got as an officer or as a resident: never guess between two."""
    stage.file(phone=ROSE)
    text_her(stage, rose)
    for due in claim(stage):
        begin(stage, due)
        record(stage, due, SmsUnknown("deadline"))
    with stage.transaction() as session:
        outbox.receive_report(session, "ATXid_9", "Success", None, stage.office.vault.phone_hash(ROSE))
    assert [message.status.value for message in stage.messages()] == ["unknown", "unknown"]


def test_one_that_is_asked_no_more_does_not_leave(stage: Stage, rose: Officer) -> None:
    text_her(stage, rose)
    with stage.transaction() as session:
        outbox.cancel_some(session, [1])
    assert claim(stage) == []
    assert state(stage)[0] == "cancelled"


def test_a_phone_that_stays_off_is_given_up(stage: Stage, rose: Officer) -> None:
    text_her(stage, rose)
    stage.set("UPDATE message SET status = 'sent', code = 'AbsentSubscriber', sent_at = now() - interval '3 days'")
    with stage.transaction() as session:
        assert outbox.give_up_switched_off(session) == 1
    assert state(stage)[:2] == ("failed", "switched off")
