"""A shift: in which order SMS leave, what waits for the morning or for money, at which pace, and what goes together."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from config.settings import Settings
from gateway.cases import inbound
from gateway.installation import Installation
from gateway.messages import leases
from gateway.messages.africastalking import Sender
from gateway.messages.models import OutboxHalt
from gateway.phone.provider import Provider
from tests.cases.stage import WANJIKU, Stage
from tests.messages.test_batches import announce
from tests.workers.choosy import choosy
from workers.deliver import drain

KEY = "key-of-a-fake-0123456789"
DAY, NIGHT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC), datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
"""Noon and 21:00 in Nairobi."""


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=5))


@pytest.fixture
def sender(provider: Provider) -> Sender:
    return Sender("sandbox", KEY, provider.url, deadline=5)


def in_use(stage: Stage, per_second: int = 1000) -> Installation:
    """The installation as a county runs it; the demo has no night."""
    settings = stage.installation.settings.model_copy(update={"demo": False, "sms_per_second": per_second})
    return replace(stage.installation, settings=settings)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def number(place: int) -> str:
    return f"+2547110{place:05}"


def can_wait(stage: Stage, *ids: int) -> None:
    stage.set("UPDATE message SET wanted = false WHERE id = ANY(:ids)", ids=list(ids))


def states(stage: Stage) -> list[tuple[str, str | None, int]]:
    return [(message.status.value, message.code, message.attempts) for message in stage.messages()]


def spend(stage: Stage, amount: str, limit: str) -> None:
    """So much was spent this month, of so much that may be."""
    stage.set("INSERT INTO officer (email, name, password_hash) VALUES ('c@x', 'C', 'x')")
    stage.set("INSERT INTO spending_limit (amount, officer_id) VALUES (CAST(:limit AS numeric), 1)", limit=limit)
    stage.set("INSERT INTO ussd_charge (amount, currency, at) VALUES (CAST(:amount AS numeric), 'KES', :at)",
              amount=amount, at=DAY)  # fmt: skip


# Order


def test_what_somebody_waits_for_goes_first_and_then_the_oldest(stage: Stage, sender: Sender) -> None:
    with choosy(lambda _: 102) as provider:
        for place in range(6):
            stage.file(phone=number(place))
        can_wait(stage, 1, 3, 5)
        stage.set("UPDATE message SET due_at = due_at - interval '1 minute' WHERE id IN (5, 6)")
        assert drain(in_use(stage), Sender("sandbox", KEY, provider.url), clock=at(DAY)) == 6
    assert provider.requests == [[number(place)] for place in (5, 1, 3, 4, 0, 2)]


def test_rows_that_always_fail_keep_none_of_the_others_from_leaving(stage: Stage) -> None:
    failing = {number(place) for place in range(0, 180, 3)}
    with choosy(lambda told: 1500 if told in failing else 102) as provider:
        for place in range(200):
            stage.file(phone=number(place))
        can_wait(stage, *range(1, 101))
        assert drain(in_use(stage), Sender("sandbox", KEY, provider.url), clock=at(DAY)) == 200
        assert Counter(states(stage)) == {("sent", "102", 1): 140, ("queued", "http-500", 0): 60}
        assert len(provider.requests) == 200
        # And nobody comes back to them before their time.
        assert drain(in_use(stage), Sender("sandbox", KEY, provider.url), clock=at(DAY)) == 0


# Night and money


def test_at_night_only_what_somebody_waits_for_leaves(stage: Stage, provider: Provider, sender: Sender) -> None:
    for place in range(4):
        stage.file(phone=number(place))
    can_wait(stage, 1, 2)
    assert drain(in_use(stage), sender, clock=at(NIGHT)) == 2
    assert [message["to"] for message in provider.messages] == [number(2), number(3)]
    assert states(stage)[:2] == [("queued", None, 0)] * 2
    assert drain(in_use(stage), sender, clock=at(NIGHT + timedelta(hours=9, minutes=59))) == 0
    assert drain(in_use(stage), sender, clock=at(NIGHT + timedelta(hours=10))) == 2


def test_a_backlog_does_not_drift_into_the_night(stage: Stage, provider: Provider, sender: Sender) -> None:
    for place in range(130):
        stage.file(phone=number(place))
    can_wait(stage, *range(1, 131))
    claims = iter([NIGHT - timedelta(seconds=2), NIGHT - timedelta(seconds=1), NIGHT])
    assert drain(in_use(stage, 50), sender, clock=lambda: next(claims)) == 100
    assert Counter(status for status, _, _ in states(stage)) == {"sent": 100, "queued": 30}


def test_the_demo_has_no_night(stage: Stage, provider: Provider, sender: Sender) -> None:
    stage.file()
    can_wait(stage, 1)
    assert drain(stage.installation, sender, clock=at(NIGHT)) == 1


@pytest.mark.parametrize(("amount", "leaves"), [("99.99", 2), ("100", 1), ("250", 1)])
def test_what_can_wait_waits_once_the_months_limit_is_reached(
    stage: Stage, provider: Provider, sender: Sender, amount: str, leaves: int
) -> None:
    spend(stage, amount, "100")
    stage.file(phone=number(1))
    stage.file(phone=number(2))
    can_wait(stage, 1)
    assert drain(in_use(stage), sender, clock=at(DAY)) == leaves
    assert provider.messages[0]["to"] == number(2)
    assert drain(in_use(stage), sender, clock=at(DAY + timedelta(days=31))) == 2 - leaves


# Pace


def test_workers_together_keep_to_the_pace(stage: Stage, provider: Provider, sender: Sender) -> None:
    for place in range(24):
        stage.file(phone=number(place))
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        sent = sum(pool.map(lambda _: drain(in_use(stage, 12), sender, clock=at(DAY)), range(2)))
    assert sent == 24
    assert 1.8 < time.monotonic() - began < 6
    left = sorted(datetime.fromisoformat(message["at"]) for message in provider.messages)
    within = [sum(one <= other < one + timedelta(seconds=0.9) for other in left) for one in left]
    assert max(within) <= 14


def test_a_text_that_comes_while_many_others_leave_is_answered_before_them(
    stage: Stage, provider: Provider, sender: Sender
) -> None:
    for place in range(40):
        stage.file(phone=number(place))
    can_wait(stage, *range(1, 41))
    with ThreadPoolExecutor(1) as pool:
        draining = pool.submit(drain, in_use(stage, 8), sender, clock=at(DAY))
        while not provider.messages:
            assert not draining.done()
            threading.Event().wait(0.02)
        with stage.transaction() as session:
            inbound.store(session, stage.office, "sms-1", WANJIKU, "Hakuna maji Shirere tangu juzi", odd=None)
        assert draining.result(30) == 41
    assert WANJIKU in [message["to"] for message in provider.messages][:30]


def test_while_it_waits_for_the_pace_nothing_is_held(stage: Stage, provider: Provider, sender: Sender) -> None:
    for place in range(3):
        stage.file(phone=number(place))
    stage.set("INSERT INTO outbox_pace VALUES (1, now() + interval '2 seconds')")
    installation = in_use(stage)
    with ThreadPoolExecutor(1) as pool:
        draining = pool.submit(drain, installation, sender, clock=at(DAY))
        seen = []
        while not draining.done():
            seen.append(held(stage, installation))
            threading.Event().wait(0.02)
        assert draining.result() == 3
    assert Counter(seen).most_common(1)[0][0] == (0, 0)
    assert seen.count((0, 0)) > 20


def held(stage: Stage, installation: Installation) -> tuple[int, int]:
    """How many transactions of ours stand open while nothing is done in them, and how many connections are in use."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND (state LIKE 'idle in transaction%' OR backend_xid IS NOT NULL)"
    )
    with stage.engine.connect() as watch:
        idle = watch.scalar(query) or 0
    pools = (installation.engine.pool, installation.statements.pool)
    return idle, sum(pool.checkedout() for pool in pools)  # type: ignore[attr-defined]


def test_when_the_provider_asks_to_slow_down_one_request_is_enough_and_nothing_is_lost(
    stage: Stage, provider: Provider, sender: Sender
) -> None:
    for place in range(3):
        stage.file(phone=number(place))
    provider.mode = "429"
    assert drain(stage.installation, sender) == 1
    assert states(stage) == [("queued", "http-429", 0), ("queued", None, 0), ("queued", None, 0)]
    provider.mode = "ok"
    assert (drain(stage.installation, sender), provider.requests) == (0, 1)
    stage.set("UPDATE outbox_pace SET free_at = now()")
    stage.set("UPDATE message SET due_at = now()")
    assert drain(stage.installation, sender) == 3
    assert states(stage) == [("sent", "102", 1)] * 3


# Batches


def test_an_announcement_leaves_in_requests_of_a_hundred_numbers(stage: Stage) -> None:
    announce(stage, 230)
    with choosy(lambda _: 102) as provider:
        assert drain(in_use(stage), Sender("sandbox", KEY, provider.url), clock=at(DAY)) == 230
    assert [len(request) for request in provider.requests] == [100, 100, 30]
    assert len({number for request in provider.requests for number in request}) == 230
    assert Counter(states(stage)) == {("sent", "102", 1): 230}
    totals = [message.id for message in stage.messages() if message.total is not None]
    assert totals == [1, 101, 201]
    assert {message.provider_id for message in stage.messages()} == {
        f"ATXid_25471200{place:04}" for place in range(230)
    }


def test_an_announcement_keeps_to_the_pace_by_its_numbers(stage: Stage) -> None:
    announce(stage, 30)
    with choosy(lambda _: 102) as provider:
        began = time.monotonic()
        assert drain(in_use(stage, 10), Sender("sandbox", KEY, provider.url), clock=at(DAY)) == 30
        stage.file(phone=WANJIKU)
        assert drain(in_use(stage, 10), Sender("sandbox", KEY, provider.url), clock=at(DAY)) == 1
    assert time.monotonic() - began > 2.5
    assert [len(request) for request in provider.requests] == [30, 1]


def test_of_a_request_each_number_has_its_own_fate(stage: Stage) -> None:
    announce(stage, 9)
    codes = {0: 403, 1: 406, 2: 500, 3: 502, 4: 401}
    with choosy(lambda told: codes.get(int(told[-4:]), 102)) as provider:
        assert drain(in_use(stage), Sender("sandbox", KEY, provider.url), clock=at(DAY)) == 9
    assert len(provider.requests) == 1
    assert states(stage) == [
        ("failed", "403", 1), ("failed", "406", 1), ("queued", "500", 0), ("unknown", "502", 1), ("unknown", "401", 2),
    ] + [("sent", "102", 1)] * 4  # fmt: skip


def test_an_account_that_runs_empty_within_a_request_halts_and_the_rest_is_sent_after_the_top_up(stage: Stage) -> None:
    announce(stage, 120)
    empty = True
    with choosy(lambda told: 405 if empty and int(told[-4:]) >= 40 else 102) as provider:
        sender = Sender("sandbox", KEY, provider.url)
        drain(in_use(stage), sender, clock=at(DAY))
        assert Counter(states(stage)) == {("sent", "102", 1): 40, ("queued", "405", 0): 60, ("queued", None, 0): 20}
        assert drain(in_use(stage), sender, clock=at(DAY)) == 0
        empty = False
        stage.set("UPDATE outbox_halt SET until = now() - interval '1 second'")
        assert drain(in_use(stage), sender, clock=at(DAY)) == 80
    assert Counter(states(stage)) == {("sent", "102", 1): 120}
    assert [len(request) for request in provider.requests] == [100, 80]


def test_a_request_that_is_dropped_is_repeated_once_and_whole(stage: Stage, provider: Provider, sender: Sender) -> None:
    announce(stage, 5)
    provider.mode = "drop"
    assert drain(in_use(stage), sender, clock=at(DAY)) == 5
    assert states(stage) == [("unknown", "dropped", 1)] * 5
    for _ in range(3):
        stage.set("UPDATE message SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL")
        with stage.transaction() as session:
            leases.sweep_claims(session)
        drain(in_use(stage), sender, clock=at(DAY))
    assert provider.requests == 2
    assert states(stage) == [("failed", "dropped", 2)] * 5


# Halting


@pytest.mark.parametrize("mode", ["401", "code:405", "code:402", "invalid_sender", "402"])
def test_after_a_new_key_or_a_top_up_everything_leaves_once_and_in_order(
    stage: Stage, provider: Provider, sender: Sender, mode: str
) -> None:
    for place in range(8):
        stage.file(phone=number(place))
    provider.mode = mode
    for _ in range(3):
        assert drain(stage.installation, sender) == 1
        assert {(status, attempts) for status, _, attempts in states(stage)} == {("queued", 0)}
        assert drain(stage.installation, sender) == 0
        stage.set("UPDATE outbox_halt SET until = now() - interval '1 second'")
    provider.mode = "ok"
    assert drain(stage.installation, sender) == 8
    assert [message["to"] for message in provider.messages] == [number(place) for place in range(8)]
    assert states(stage) == [("sent", "102", 1)] * 8
    assert stage.count(OutboxHalt) == 0
