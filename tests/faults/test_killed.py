"""A process that is killed between claiming and recording loses nothing and doubles at most what it was sending."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

import pytest

from gateway.cases import inbound
from gateway.cases.models import Case
from gateway.messages.africastalking import Sender
from gateway.messages.models import IncomingSms, Message
from gateway.phone.provider import Provider
from tests.cases.stage import Stage
from tests.faults import invariants
from tests.faults.processes import PATIENCE, running, until
from workers.queues import wake
from workers.sweep import sweep

COUNT = 6


def let_time_pass(stage: Stage) -> None:
    """Let every lease and wait of the outbox run out."""
    stage.set("UPDATE message SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL")
    stage.set("UPDATE message SET due_at = now() WHERE status = 'queued'")


def recover(stage: Stage, sender: Sender) -> None:
    for _ in range(3):
        let_time_pass(stage)
        sweep(stage.installation, sender, datetime.now(UTC))


@pytest.mark.parametrize("module", ["workers.sweep", "workers.rq_worker"])
def test_a_worker_killed_while_it_sends_loses_nothing_and_doubles_at_most_one(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str], redis_url: str, module: str
) -> None:
    thanked = [stage.file(phone=f"+2547110000{number:02}") for number in range(COUNT)]
    provider.mode, provider.slow_delay = "slow", 20.0
    with running(module, environ) as worker:
        wake(stage.installation.redis)
        until(lambda: len(provider.messages) == 1)
        assert [message.status.value for message in stage.messages()] == ["claimed"] * COUNT
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    provider.mode = "ok"

    # Before the claim has run out nobody touches it.
    sweep(stage.installation, sender, datetime.now(UTC))
    assert len(provider.messages) == 1
    recover(stage, sender)

    assert {message.status.value for message in stage.messages()} == {"sent"}
    assert {message["to"] for message in provider.messages} == {f"+2547110000{n:02}" for n in range(COUNT)}
    assert invariants.repeated(provider) == 1
    invariants.check(stage.engine, provider, thanked)


def test_a_worker_killed_again_and_again_still_loses_nothing(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str]
) -> None:
    thanked = [stage.file(phone=f"+2547110000{number:02}") for number in range(COUNT)]
    provider.mode, provider.slow_delay = "slow", 20.0
    for kills in range(1, 4):
        with running("workers.sweep", environ):
            until(lambda kills=kills: len(provider.messages) == kills)  # type: ignore[misc]
        let_time_pass(stage)
    provider.mode = "ok"
    recover(stage, sender)

    assert {message["to"] for message in provider.messages} == {f"+2547110000{n:02}" for n in range(COUNT)}
    assert invariants.repeated(provider) <= 3
    invariants.check(stage.engine, provider, thanked)


def test_a_worker_killed_among_texts_makes_each_of_them_one_case(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str]
) -> None:
    with stage.transaction() as session:
        for number in range(60):
            phone, words = f"+2547110000{number:02}", "Hakuna maji Shirere tangu juzi"
            inbound.store(session, stage.office, f"sms-{number}", phone, words, odd=None)
    with running("workers.sweep", environ) as worker:
        until(lambda: stage.count(Case) > 0)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    recover(stage, sender)

    assert (stage.count(IncomingSms), stage.count(Case), stage.count(Message)) == (60, 60, 60)
    assert {message["to"] for message in provider.messages} == {f"+2547110000{n:02}" for n in range(60)}
    assert invariants.repeated(provider) <= 1
    invariants.check(stage.engine, provider)


def test_two_processes_at_once_never_send_a_message_twice(
    stage: Stage, provider: Provider, environ: dict[str, str]
) -> None:
    with running("workers.sweep", environ), running("workers.sweep", environ):
        thanked = [stage.file(phone=f"+2547110000{number:02}") for number in range(60)]
        until(lambda: {message.status.value for message in stage.messages()} == {"sent"})
    assert len(provider.messages) == 60
    assert invariants.repeated(provider) == 0
    invariants.check(stage.engine, provider, thanked)


def test_a_sweeper_that_is_asked_to_stop_leaves_nothing_half_done(
    stage: Stage, provider: Provider, environ: dict[str, str]
) -> None:
    stage.file()
    with running("workers.sweep", environ) as worker:
        until(lambda: len(provider.messages) == 1)
        worker.terminate()
        assert worker.wait(PATIENCE) == 0
    assert stage.letters() == [("received", "sent")]
    invariants.check(stage.engine, provider)
