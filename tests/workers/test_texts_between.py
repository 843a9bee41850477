"""Stored texts and SMS by turns: neither keeps the other waiting, and the time limit of a job ends both."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from rq.timeouts import JobTimeoutException
from sqlalchemy import Engine, func, select, text

from config.settings import Settings
from gateway.cases import inbound
from gateway.messages.africastalking import Sender
from gateway.messages.models import IncomingSms, IncomingStatus
from tests.cases.stage import Stage
from tests.messages.canned import eventually
from tests.workers.choosy import choosy
from workers import deliver
from workers.rq_worker import Listener, TimeIsUp

KEY = "key-of-a-fake-0123456789"


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


def arrive(stage: Stage, count: int) -> None:
    """So many texts, each of another phone."""
    for number in range(count):
        with stage.transaction() as session:
            phone = f"+25471100{number:04}"
            inbound.store(session, stage.office, f"sms-{number}", phone, "Hakuna maji Shirere tangu juzi")


def waiting(stage: Stage) -> int:
    query = select(func.count()).select_from(IncomingSms).where(IncomingSms.status == IncomingStatus.STORED)
    with stage.transaction() as session:
        return session.scalar(query) or 0


def test_while_many_texts_are_handled_sms_leave_in_between_and_none_is_left(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "TEXT_SECONDS", 0.0001)
    arrive(stage, 5)
    left: list[int] = []

    def answer(_: str) -> int:
        left.append(waiting(stage))
        return 102

    with choosy(answer) as provider:
        assert deliver.drain(stage.installation, Sender("sandbox", KEY, provider.url)) == 5
    assert left == [4, 3, 2, 1, 0]


def test_when_its_time_is_over_a_drain_leaves_the_other_texts_to_the_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "TEXT_SECONDS", 0.05)
    arrive(stage, 60)
    with choosy(lambda _: 102) as provider:
        deliver.drain(stage.installation, Sender("sandbox", KEY, provider.url), seconds=0.02)
        assert 0 < waiting(stage) < 60
        deliver.drain(stage.installation, Sender("sandbox", KEY, provider.url))
    assert waiting(stage) == 0


def test_the_time_limit_of_a_job_ends_it_and_counts_against_no_text(stage: Stage) -> None:
    arrive(stage, 1)
    nobody = Sender("sandbox", KEY, "http://127.0.0.1:9")
    with stage.engine.begin() as obstacle:
        obstacle.execute(text("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE"))
        before = time.monotonic()
        limit = Listener.death_penalty_class(1, JobTimeoutException)  # type: ignore[no-untyped-call]
        with pytest.raises(TimeIsUp), limit:
            deliver.drain(stage.installation, nobody)
        assert time.monotonic() - before < 4
    with stage.transaction() as session:
        assert session.execute(select(IncomingSms.status, IncomingSms.attempts)).all() == [("stored", 0)]
    with choosy(lambda _: 102) as provider:
        sender = Sender("sandbox", KEY, provider.url)
        # PostgreSQL may take a moment to see that nobody waits for the statement any more.
        assert eventually(lambda: deliver.drain(stage.installation, sender) == 1)
