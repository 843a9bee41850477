"""A provider that is out of order for hours: no SMS is lost, few are tried twice, and all leave when it is back."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages import codes, leases, outage, recording, sending
from gateway.messages.africastalking import Sender
from gateway.messages.models import OutboxHalt, OutboxPace
from gateway.phone.provider import Provider
from tests.cases.stage import Stage
from tests.messages.test_batches import announce
from tests.workers.choosy import choosy
from tests.workers.test_shift import KEY, can_wait, number, states
from workers.deliver import drain


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=5))


TIMES = {
    "message": ("due_at", "created_at", "lease_until", "sent_at"),
    "outbox_halt": ("halted_at", "until"),
    "outbox_pace": ("free_at",),
}


def go_on(stage: Stage, sender: Sender, minutes: int, step: int = 1) -> None:
    """Let the time pass, with a sweep and a drain at every `step` minutes."""
    for _ in range(0, minutes, step):
        for table, columns in TIMES.items():
            moved = ", ".join(f"{column} = {column} - make_interval(mins => {step})" for column in columns)
            stage.set(f"UPDATE {table} SET {moved}")
        with stage.transaction() as session:
            leases.sweep_claims(session)
        drain(stage.installation, sender)


def file(stage: Stage, count: int, first: int = 0) -> None:
    for place in range(first, first + count):
        stage.file(phone=number(place))


def hasty(provider: Provider) -> Sender:
    return Sender("sandbox", KEY, provider.url, deadline=0.15)


def halts(stage: Stage) -> list[str]:
    with stage.transaction() as session:
        return [halt.code for halt in session.query(OutboxHalt)]


def counted(stage: Stage) -> int:
    with stage.transaction() as session:
        return session.get_one(OutboxPace, 1).doubts


def in_doubt(stage: Stage, provider: Provider, sender: Sender, mode: str = "drop") -> None:
    """Three messages were tried, and all rest."""
    file(stage, 3)
    provider.mode = mode
    drain(stage.installation, sender)
    assert (provider.requests, halts(stage)) == (3, ["dropped" if mode == "drop" else "http-502"])


# An hour


def test_an_hour_of_maintenance_pages_costs_no_sms_and_sends_none_twice(stage: Stage, provider: Provider) -> None:
    file(stage, 8)
    provider.mode = "html"
    drain(stage.installation, hasty(provider))
    go_on(stage, hasty(provider), 60)
    assert states(stage) == [("queued", "page", 0)] * 8
    assert (halts(stage), provider.messages) == ([], [])
    provider.mode = "ok"
    go_on(stage, Sender("sandbox", KEY, provider.url), 75, 5)
    assert states(stage) == [("sent", "102", 1)] * 8
    assert sorted(taken["to"] for taken in provider.messages) == [number(place) for place in range(8)]


@pytest.mark.parametrize(("mode", "code"), [("never", "deadline"), ("502", "http-502"), ("bad_json", "unreadable")])
def test_an_hour_without_a_clear_answer_loses_no_sms_and_tries_few(
    stage: Stage, provider: Provider, mode: str, code: str
) -> None:
    file(stage, 30)
    provider.mode = mode
    drain(stage.installation, hasty(provider))
    assert (provider.requests, halts(stage)) == (3, [code])
    go_on(stage, hasty(provider), 60)
    assert provider.requests <= 3 + 12
    tried = {status: count for status, count in Counter(states(stage)).items() if status[2]}
    assert set(tried) <= {("queued", code, 1), ("unknown", code, 1)}
    assert sum(tried.values()) == provider.requests, "none of them had its second try"
    taken = len(provider.messages)
    provider.mode = "ok"
    go_on(stage, Sender("sandbox", KEY, provider.url), 12)
    assert {status for status, _, _ in states(stage)} == {"sent"}
    assert (len(provider.messages), halts(stage), counted(stage)) == (taken + 30, [], 0)


# Who tries


def test_after_a_rest_one_message_tries_and_that_is_the_least_tried_somebody_waits_for(stage: Stage) -> None:
    with choosy(lambda _: 1502) as provider:
        sender = Sender("sandbox", KEY, provider.url)
        file(stage, 7)
        can_wait(stage, 4, 5)
        stage.set("UPDATE message SET due_at = due_at - interval '1 hour' WHERE id IN (1, 2, 3)")
        drain(stage.installation, sender)
        go_on(stage, sender, 6 * 5)
        # 1 to 3 are due again, and older; 4 and 5 can wait.
        told = [one for request in provider.requests for one in request]
        assert told[:3] == [number(0), number(1), number(2)]
        assert told[3:7] == [number(5), number(6), number(3), number(4)]
        assert len(told) == 7


def test_where_all_have_been_tried_one_tries_again_in_an_hour_and_a_new_one_at_once(
    stage: Stage, provider: Provider
) -> None:
    sender = hasty(provider)
    in_doubt(stage, provider, sender)
    go_on(stage, sender, 55)
    assert provider.requests == 3
    assert states(stage) == [("queued", "dropped", 1)] * 3
    file(stage, 1, first=3)
    drain(stage.installation, sender)
    assert provider.requests == 4
    go_on(stage, sender, 64)
    assert provider.requests == 4
    go_on(stage, sender, 2)
    assert provider.requests == 5
    go_on(stage, sender, 5 * 60)
    assert provider.requests <= 10


def test_one_try_after_a_rest_is_one_however_many_workers_there_are(stage: Stage, provider: Provider) -> None:
    in_doubt(stage, provider, hasty(provider))
    file(stage, 10, first=3)
    stage.set("UPDATE outbox_halt SET until = now()")
    with ThreadPoolExecutor(4) as pool:
        tried = list(pool.map(lambda _: drain(stage.installation, hasty(provider)), range(4)))
    assert sum(tried) == 1
    assert provider.requests == 4


def test_of_an_announcement_one_sms_tries_and_not_a_hundred(stage: Stage) -> None:
    bad = True
    with choosy(lambda _: 1502 if bad else 102) as provider:
        sender = Sender("sandbox", KEY, provider.url)
        file(stage, 3)
        drain(stage.installation, sender)
        announce(stage, 20)
        go_on(stage, sender, 10)
        assert [len(request) for request in provider.requests] == [1] * 5
        bad = False
        go_on(stage, sender, 12)
    assert {status for status, _, _ in states(stage)} == {"sent"}


def test_a_worker_that_dies_while_it_tries_holds_the_next_try_up_for_five_minutes(
    stage: Stage, provider: Provider
) -> None:
    in_doubt(stage, provider, hasty(provider))
    file(stage, 2, first=3)
    stage.set("UPDATE outbox_halt SET until = now()")
    with stage.transaction() as session:
        [died] = sending.claim(session, stage.office.vault)
    assert drain(stage.installation, hasty(provider)) == 0
    provider.mode = "ok"
    go_on(stage, Sender("sandbox", KEY, provider.url), 6)
    assert died.number == number(3)
    assert {status for status, _, _ in states(stage)} == {"sent"}


# What begins and ends it


def test_a_clear_answer_in_between_ends_the_row(stage: Stage) -> None:
    with choosy(lambda told: 102 if int(told[-5:]) % 3 == 2 else 1504) as provider:
        file(stage, 9)
        drain(stage.installation, Sender("sandbox", KEY, provider.url))
        assert len(provider.requests) == 9
    assert (halts(stage), counted(stage)) == ([], 0)


@pytest.mark.parametrize("mode", ["code:403", "code:500", "ok"])
def test_any_clear_answer_about_a_number_ends_the_rest(stage: Stage, provider: Provider, mode: str) -> None:
    in_doubt(stage, provider, hasty(provider), "502")
    file(stage, 1, first=3)
    provider.mode = mode
    stage.set("UPDATE outbox_halt SET until = now()")
    drain(stage.installation, Sender("sandbox", KEY, provider.url))
    assert (halts(stage), counted(stage)) == ([], 0)


def test_a_refusal_for_now_neither_counts_nor_ends_it(stage: Stage, provider: Provider) -> None:
    in_doubt(stage, provider, hasty(provider))
    file(stage, 4, first=3)
    provider.mode = "html"
    go_on(stage, hasty(provider), 11)
    assert provider.requests == 5
    assert (halts(stage), counted(stage)) == (["dropped"], 3)


def test_who_says_try_again_has_one_tried_also_one_that_was_tried_before(stage: Stage, provider: Provider) -> None:
    sender = hasty(provider)
    in_doubt(stage, provider, sender)
    go_on(stage, sender, 10)
    assert provider.requests == 3
    with stage.transaction() as session:
        recording.clear_halt(session)
    assert drain(stage.installation, sender) == 1
    assert (provider.requests, halts(stage)) == (4, ["dropped"])


def test_what_was_claimed_with_the_third_is_free_at_once(stage: Stage, provider: Provider) -> None:
    file(stage, 6)
    provider.mode = "drop"
    assert drain(stage.installation, hasty(provider)) == 3
    assert states(stage) == [("unknown", "dropped", 1)] * 3 + [("queued", None, 0)] * 3


def test_a_doubt_that_its_report_has_settled_does_not_count(stage: Stage, provider: Provider) -> None:
    file(stage, 2)
    provider.mode = "drop"
    drain(stage.installation, hasty(provider))
    assert counted(stage) == 2
    with stage.transaction() as session:
        outage.settle(session)
    assert counted(stage) == 1


@pytest.mark.parametrize("code", sorted(codes.UNTOLD))
def test_the_county_reads_why_all_rest(code: str) -> None:
    said = codes.halted(code)
    assert said.endswith(", several times in a row: all SMS rest.")
    assert ";" not in said
    assert codes.halted("405") == codes.label("405")
