"""STOP and the provider's opt-out callback: nothing leaves after them but the answer to what she does next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages import outbox, sending
from gateway.messages.africastalking import Outcome, Receipt
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRetryable, SmsUnknown
from tests.cases.stage import AMINA, WANJIKU, Stage
from tests.conftest import TOKEN
from tests.messages.sms import begin, begun, claim, one, receipt, record, state, sweep


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


def opt_out(client: FlaskClient, phone: str = WANJIKU) -> None:
    """Let the provider say that this phone wants no more texts."""
    form = {"senderId": "22123", "phoneNumber": phone}
    assert client.post(f"/callbacks/{TOKEN}/opt-out", data=form).status_code == 200


def let_time_pass(stage: Stage) -> None:
    """Twice as long as any lease and any wait."""
    for _ in range(2):
        stage.set("UPDATE message SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL")
        stage.set("UPDATE message SET due_at = now() - interval '2 hours'")
        stage.set("DELETE FROM outbox_halt")
        sweep(stage)


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("status", ["queued", "held"])
def test_what_waits_does_not_leave_after_an_opt_out(
    stage: Stage, client: FlaskClient, status: str, wanted: bool
) -> None:
    stage.file()
    stage.set("UPDATE message SET status = :status, wanted = :wanted", status=status, wanted=wanted)
    opt_out(client)
    let_time_pass(stage)
    assert (claim(stage), state(stage)[0]) == ([], "cancelled")


def test_what_is_claimed_and_not_begun_does_not_leave(stage: Stage, client: FlaskClient) -> None:
    stage.file()
    [due] = claim(stage)
    opt_out(client)
    assert not begin(stage, due)
    let_time_pass(stage)
    assert (claim(stage), state(stage)[0]) == ([], "cancelled")


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize(
    ("comes", "after"),
    [
        (SmsHalted("http-401"), "cancelled"),
        (SmsRetryable("connect"), "cancelled"),
        (receipt(Outcome.RETRY, "500", None), "cancelled"),
        (receipt(Outcome.HALTED, "405", None), "cancelled"),
        (SmsUnknown("deadline"), "failed"),
        (receipt(Outcome.UNKNOWN, "502", None), "failed"),
        (None, "failed"),
        (receipt(Outcome.ACCEPTED), "sent"),
    ],
)
def test_what_is_being_sent_does_not_leave_a_second_time_whatever_comes_of_it(
    stage: Stage, client: FlaskClient, comes: Receipt | SmsFailure | None, after: str, wanted: bool
) -> None:
    due = begun(stage)
    stage.set("UPDATE message SET wanted = :wanted", wanted=wanted)
    opt_out(client)
    assert state(stage)[0] == "claimed"
    if comes:
        record(stage, due, comes)
    let_time_pass(stage)
    assert (claim(stage), state(stage)[0]) == ([], after)


def test_what_is_in_doubt_does_not_leave_a_second_time(stage: Stage, client: FlaskClient) -> None:
    record(stage, begun(stage), SmsUnknown("deadline"))
    opt_out(client)
    let_time_pass(stage)
    assert (claim(stage), state(stage)[:2]) == ([], ("failed", "deadline"))


def test_what_was_queued_while_she_stopped_is_cancelled_when_its_turn_comes(stage: Stage) -> None:
    for wanted in (False, True):
        stage.file()
        stage.set("UPDATE message SET wanted = :wanted WHERE id = (SELECT max(id) FROM message)", wanted=wanted)
    stage.set("UPDATE resident SET stopped_at = now()")
    assert [due.id for due in claim(stage)] == [2]
    assert [message.status.value for message in stage.messages()] == ["cancelled", "claimed"]


def test_what_she_does_next_is_answered(stage: Stage, client: FlaskClient) -> None:
    stage.file()
    opt_out(client)
    stage.receive("HALI")
    stage.set("UPDATE message SET due_at = now() - interval '1 second'")
    [due] = claim(stage)
    assert (due.number, begin(stage, due)) == (WANJIKU, True)
    record(stage, due, SmsRetryable("connect"))
    stage.set("UPDATE message SET due_at = now() - interval '1 second'")
    assert [again.text for again in claim(stage)] == [due.text]


def test_an_opt_out_is_about_one_phone(stage: Stage, client: FlaskClient) -> None:
    stage.file()
    opt_out(client, AMINA)
    opt_out(client, "SAFARICOM")
    assert [due.number for due in claim(stage)] == [WANJIKU]


# The same holds for whatever is cancelled while it is being sent


def test_what_is_cancelled_while_it_is_being_sent_does_not_leave_a_second_time(stage: Stage) -> None:
    reference = stage.file()
    [due] = claim(stage)
    begin(stage, due)
    with stage.transaction() as session:
        outbox.cancel(session, stage.case(reference).id)
    assert state(stage)[0] == "claimed"
    record(stage, due, SmsRetryable("connect"))
    assert (state(stage)[0], one(stage).lease_until, one(stage).sent_at) == ("cancelled", None, None)


def test_a_stop_that_meets_a_worker_sees_the_row_as_the_worker_leaves_it(stage: Stage, client: FlaskClient) -> None:
    stage.file()
    [due] = claim(stage)
    with ThreadPoolExecutor(1) as pool, stage.transaction() as session:
        assert sending.begin(session, due) == [due]
        stopping = pool.submit(opt_out, client)
        with pytest.raises(TimeoutError):
            stopping.result(0.2)
        session.commit()
        stopping.result(10)
    record(stage, due, SmsRetryable("connect"))
    assert state(stage)[0] == "cancelled"
