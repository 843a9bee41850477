"""A worker killed with SIGKILL at each seam of a send: nothing is lost, and only where bytes may have left without a
word about it is an SMS in doubt, says so, and is doubled at most once.

Each seam is reached by real means: a row that the test holds locked, the pace, a provider that is slow or never
answers.
"""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from gateway.messages import outbox
from gateway.messages.africastalking import Sender
from gateway.phone.provider import Provider
from tests.cases.stage import Stage
from tests.faults import invariants
from tests.faults.processes import running, until
from tests.faults.test_killed import let_time_pass, recover
from tests.messages.test_batches import announce
from workers.sweep import sweep

COUNT = 5
NUMBERS = {f"+2547110000{place:02}" for place in range(COUNT)}


def file_all(stage: Stage) -> list[str]:
    return [stage.file(phone=number) for number in sorted(NUMBERS)]


def kill(worker: subprocess.Popen[bytes]) -> None:
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)


def begun(stage: Stage) -> list[tuple[str, bool]]:
    return [(message.status.value, message.sent_at is not None) for message in stage.messages()]


def codes_after_the_lease(stage: Stage, sender: Sender) -> list[str | None]:
    """What the rows say when the claim has run out, before anything is sent again."""
    stage.set("UPDATE message SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL")
    stage.set("UPDATE message SET due_at = now() + interval '1 hour' WHERE status = 'queued'")
    stage.set("INSERT INTO outbox_halt (id, code, until) VALUES (1, 'test', now() + interval '1 hour')")
    sweep(stage.installation, sender, datetime.now(UTC))
    stage.set("DELETE FROM outbox_halt")
    return [message.code if message.status.value == "unknown" else None for message in stage.messages()]


@contextmanager
def locked(stage: Stage, table: str, row: int) -> Iterator[None]:
    """One row, held by somebody else until the end of the block."""
    with stage.engine.connect() as connection, connection.begin():
        connection.execute(text(f"SELECT id FROM {table} WHERE id = :row FOR UPDATE"), {"row": row})
        yield


def waits_for_a_row(stage: Stage) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with stage.engine.connect() as connection:
        return bool(connection.scalar(text(query)))


def all_sent_once(stage: Stage, provider: Provider, thanked: list[str], repeated: int = 0) -> None:
    assert {message.status.value for message in stage.messages()} == {"sent"}
    assert {message["to"] for message in provider.messages} == NUMBERS
    assert invariants.repeated(provider) == repeated
    invariants.check(stage.engine, provider, thanked)


def test_before_the_claim_nothing_has_happened(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str]
) -> None:
    thanked = file_all(stage)
    stage.set("INSERT INTO outbox_pace VALUES (1, now())")
    with locked(stage, "outbox_pace", 1), running("workers.sweep", environ) as worker:
        until(lambda: waits_for_a_row(stage))
        kill(worker)
        assert begun(stage) == [("queued", False)] * COUNT
    until(lambda: not waits_for_a_row(stage))
    assert [message.attempts for message in stage.messages()] == [0] * COUNT
    recover(stage, sender)
    all_sent_once(stage, provider, thanked)


def test_after_the_claim_nothing_is_in_doubt(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str]
) -> None:
    thanked = file_all(stage)
    # As far ahead as a claim looks: the worker has claimed, and waits to begin.
    with running("workers.sweep", environ) as worker:
        stage.set("INSERT INTO outbox_pace VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET free_at = now()")

        def claimed() -> bool:
            if ("claimed", False) in begun(stage):
                return True
            stage.set(
                "UPDATE outbox_pace SET free_at = now() + interval '0.99 seconds'"
                " WHERE NOT EXISTS (SELECT FROM message WHERE status <> 'queued')"
            )
            return False

        until(claimed)
        kill(worker)
    assert begun(stage) == [("claimed", False)] * COUNT
    assert codes_after_the_lease(stage, sender) == [None] * COUNT
    recover(stage, sender)
    all_sent_once(stage, provider, thanked)


def test_begun_and_not_yet_sent_is_in_doubt_and_leaves_once(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str]
) -> None:
    thanked = file_all(stage)
    with full_line() as nobody, running("workers.sweep", environ | {"AFRICASTALKING_BASE_URL": nobody}) as worker:
        until(lambda: ("claimed", True) in begun(stage))
        kill(worker)
    assert begun(stage) == [("claimed", True)] + [("claimed", False)] * (COUNT - 1)
    assert codes_after_the_lease(stage, sender) == ["worker stopped"] + [None] * (COUNT - 1)
    recover(stage, sender)
    all_sent_once(stage, provider, thanked)


@contextmanager
def full_line() -> Iterator[str]:
    """An address where nobody picks up: whoever connects waits."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("mode", ["slow", "never", "drip"])
def test_sent_and_not_recorded_is_in_doubt_and_doubled_once(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str], mode: str
) -> None:
    thanked = file_all(stage)
    provider.mode, provider.slow_delay = mode, 20.0
    with running("workers.sweep", environ) as worker:
        until(lambda: len(provider.messages) == 1)
        kill(worker)
    provider.mode = "ok"
    assert codes_after_the_lease(stage, sender) == ["worker stopped"] + [None] * (COUNT - 1)
    recover(stage, sender)
    all_sent_once(stage, provider, thanked, repeated=1)


def test_answered_and_not_recorded_is_doubled_at_most_once(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str]
) -> None:
    thanked = file_all(stage)
    provider.mode, provider.slow_delay = "slow", 0.5
    with running("workers.sweep", environ) as worker:
        until(lambda: len(provider.messages) == 1)
        with locked(stage, "message", 1):
            provider.mode = "ok"
            until(lambda: waits_for_a_row(stage))
            kill(worker)
            assert begun(stage)[0] == ("claimed", True)
    until(lambda: not waits_for_a_row(stage))
    assert len(provider.messages) == 1
    recover(stage, sender)
    assert invariants.repeated(provider) <= 1
    all_sent_once(stage, provider, thanked, invariants.repeated(provider))


def test_recorded_and_the_next_one_sent_doubles_that_one_alone(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str]
) -> None:
    thanked = file_all(stage)
    provider.mode, provider.slow_delay = "slow", 0.5
    with running("workers.sweep", environ) as worker:
        until(lambda: len(provider.messages) == 1)
        provider.slow_delay = 20.0
        until(lambda: len(provider.messages) == 2)
        kill(worker)
    provider.mode = "ok"
    assert begun(stage)[:3] == [("sent", True), ("claimed", True), ("claimed", False)]
    assert codes_after_the_lease(stage, sender)[:3] == [None, "worker stopped", None]
    recover(stage, sender)
    all_sent_once(stage, provider, thanked, repeated=1)


@pytest.mark.parametrize("reported", [True, False])
def test_between_the_records_of_one_request_all_of_it_is_in_doubt_and_reports_settle_it(
    stage: Stage, provider: Provider, sender: Sender, environ: dict[str, str], reported: bool
) -> None:
    announce(stage, COUNT)
    provider.mode, provider.slow_delay = "slow", 0.5
    with running("workers.sweep", environ) as worker:
        until(lambda: len(provider.messages) == COUNT)
        with locked(stage, "message", COUNT):
            until(lambda: waits_for_a_row(stage))
            kill(worker)
    until(lambda: not waits_for_a_row(stage))
    provider.mode = "ok"
    # Nothing of it is recorded by halves.
    assert codes_after_the_lease(stage, sender) == ["worker stopped"] * COUNT
    if reported:
        with stage.transaction() as session:
            for message in provider.messages:
                phone = stage.office.vault.phone_hash(message["to"])
                outbox.receive_report(session, message["id"], "Success", None, phone)
    let_time_pass(stage)
    recover(stage, sender)
    assert {message.status.value for message in stage.messages()} == {"delivered" if reported else "sent"}
    assert invariants.repeated(provider) == (0 if reported else COUNT)
    assert len(provider.messages) == COUNT + (0 if reported else COUNT)
    invariants.check(stage.engine, provider)
