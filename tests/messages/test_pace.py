"""The pace: what one claim may take, what it reserves, and that nobody leaves before his time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages import pace, sending
from gateway.messages.failures import SmsRetryable
from gateway.messages.pace import Pace
from gateway.messages.sending import Taken
from tests.cases.stage import Stage
from tests.messages.sms import begun, record


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


def take(stage: Stage, per_second: int) -> Taken:
    with stage.transaction() as session:
        return sending.take(session, stage.office.vault, Pace(per_second))


def reserved(stage: Stage) -> float:
    """Seconds until the next may leave."""
    with stage.transaction() as session:
        return pace.wait(session)


@pytest.mark.parametrize(
    ("per_second", "batch", "recipients"), [(1, 1, 10), (9, 9, 90), (10, 10, 100), (50, 50, 100), (1000, 100, 100)]
)
def test_a_claim_takes_what_leaves_in_a_second_and_a_request_what_leaves_in_ten(
    per_second: int, batch: int, recipients: int
) -> None:
    assert (Pace(per_second).batch, Pace(per_second).recipients) == (batch, recipients)


def test_claims_reserve_their_time_one_behind_the_other(stage: Stage) -> None:
    for _ in range(9):
        stage.file()
    first, second, third = (take(stage, 4) for _ in range(3))
    assert [len(taken.due) for taken in (first, second, third)] == [4, 4, 0]
    assert first.wait == 0
    assert 0.8 < second.wait <= 1
    assert 1.6 < third.wait <= 2
    assert 1.6 < reserved(stage) <= 2


def test_time_that_nobody_used_is_not_saved_up(stage: Stage) -> None:
    stage.file()
    stage.set("INSERT INTO outbox_pace VALUES (1, now() - interval '1 hour')")
    assert take(stage, 2).wait == 0
    assert 0.3 < reserved(stage) <= 0.5


def test_what_nobody_may_claim_yet_stays_queued_with_its_attempts(stage: Stage) -> None:
    stage.file()
    stage.set("INSERT INTO outbox_pace VALUES (1, now() + interval '3 seconds')")
    assert take(stage, 10).due == ()
    assert [(message.status.value, message.attempts) for message in stage.messages()] == [("queued", 0)]


def test_an_empty_outbox_reserves_nothing(stage: Stage) -> None:
    assert take(stage, 1) == Taken()
    assert reserved(stage) <= 0


def test_many_claims_at_once_keep_to_one_pace(stage: Stage) -> None:
    for _ in range(24):
        stage.file()
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda _: take(stage, 20), range(12)))
    assert sorted(len(one.due) for one in taken)[-2:] == [4, 20]
    assert sum(len(one.due) for one in taken) == 24
    assert 0.9 < reserved(stage) <= 1.2


def test_when_the_provider_asks_us_to_slow_down_everything_rests_for_half_a_minute(stage: Stage) -> None:
    record(stage, begun(stage), SmsRetryable("http-429"))
    stage.file()
    assert 29 < reserved(stage) <= 30
    assert take(stage, 1000).due == ()


def test_slowing_down_shortens_no_longer_wait(stage: Stage) -> None:
    stage.set("INSERT INTO outbox_pace VALUES (1, now() + interval '2 minutes')")
    with stage.transaction() as session:
        pace.slow_down(session)
    assert 110 < reserved(stage) <= 120
