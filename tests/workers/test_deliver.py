"""Draining: stored texts are handled and due SMS are sent, whatever the provider does, and no wait holds anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, select, text
from werkzeug.serving import make_server

from config.settings import Settings
from gateway.cases import inbound
from gateway.messages import leases, outbox
from gateway.messages.africastalking import Sender
from gateway.messages.models import IncomingSms, OutboxHalt
from gateway.phone.provider import Provider
from tests.cases.stage import AMINA, WANJIKU, Stage
from tests.conftest import TOKEN
from workers.deliver import drain

if TYPE_CHECKING:
    from flask import Flask

KEY = "key-of-a-fake-0123456789"
PATIENCE = 10.0


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


@pytest.fixture
def sender(provider: Provider) -> Sender:
    return Sender("sandbox", KEY, provider.url, deadline=5)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.02)


def states(stage: Stage) -> list[tuple[str, str | None, int]]:
    return [(message.status.value, message.code, message.attempts) for message in stage.messages()]


def make_due(stage: Stage) -> None:
    """Let the time pass that messages wait for."""
    stage.set("UPDATE message SET due_at = now() WHERE status = 'queued'")
    stage.set("UPDATE message SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL")
    stage.set("UPDATE outbox_halt SET until = now() - interval '1 second'")


def sweep_and_drain(stage: Stage, sender: Sender) -> None:
    with stage.transaction() as session:
        leases.sweep_claims(session)
    drain(stage.installation, sender)


# Sending


def test_what_is_due_leaves_with_its_words_from_our_number(stage: Stage, provider: Provider, sender: Sender) -> None:
    stage.file()
    stage.file(phone=AMINA, language="en")
    assert drain(stage.installation, sender) == 2
    words = [stage.office.vault.open(message.text_sealed) for message in stage.messages()]
    assert [(message["to"], message["from"], message["text"]) for message in provider.messages] == [
        (WANJIKU, "22123", words[0]), (AMINA, "22123", words[1]),
    ]  # fmt: skip
    assert states(stage) == [("sent", "102", 1), ("sent", "102", 1)]
    assert [message.provider_id for message in stage.messages()] == [message["id"] for message in provider.messages]


def test_a_second_drain_sends_nothing_again(stage: Stage, provider: Provider, sender: Sender) -> None:
    stage.file()
    assert [drain(stage.installation, sender) for _ in range(3)] == [1, 0, 0]
    assert provider.requests == 1


def test_what_is_not_due_yet_stays(stage: Stage, provider: Provider, sender: Sender) -> None:
    stage.file()
    stage.set("UPDATE message SET due_at = now() + interval '3 minutes'")
    assert drain(stage.installation, sender) == 0
    assert (provider.requests, states(stage)) == (0, [("queued", None, 0)])


def test_the_delivery_report_makes_the_circle_round(stage: Stage, app: Flask) -> None:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/callbacks/{TOKEN}/delivery"
    try:
        with Provider(delivery_url=url, report_delay=0.01) as provider:
            stage.file()
            drain(stage.installation, Sender("sandbox", KEY, provider.url))
            until(lambda: states(stage) == [("delivered", "Success", 1)])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    [message] = stage.messages()
    assert message.delivered_at is not None


# What the provider says


@pytest.mark.parametrize(
    ("mode", "after"),
    [
        ("code:100", ("sent", "100", 1)),
        ("code:401", ("unknown", "401", 2)),
        ("code:403", ("failed", "403", 1)),
        ("code:404", ("failed", "404", 1)),
        ("code:406", ("failed", "406", 1)),
        ("code:407", ("failed", "407", 1)),
        ("code:409", ("queued", "409", 0)),
        ("code:500", ("queued", "500", 0)),
        ("code:501", ("queued", "501", 0)),
        ("code:502", ("unknown", "502", 1)),
        ("code:999", ("unknown", "999", 2)),
        ("400", ("failed", "http-400", 1)),
        ("500", ("queued", "http-500", 0)),
        ("502", ("unknown", "http-502", 1)),
        ("503", ("queued", "http-503", 0)),
        ("html", ("queued", "page", 0)),
        ("bad_json", ("unknown", "unreadable", 1)),
        ("truncated", ("unknown", "truncated", 1)),
        ("drop", ("unknown", "dropped", 1)),
    ],
)
def test_each_answer_moves_the_row_and_the_next_message_goes_on(
    stage: Stage, provider: Provider, sender: Sender, mode: str, after: tuple[str, str, int]
) -> None:
    stage.file()
    stage.file(phone=AMINA)
    provider.mode = mode
    assert drain(stage.installation, sender) == 2
    assert states(stage) == [after, after]
    assert (provider.requests, stage.count(OutboxHalt)) == (2, 0)


@pytest.mark.parametrize(
    ("mode", "code"),
    [("code:405", "405"), ("code:402", "402"), ("invalid_sender", "402"), ("401", "http-401"), ("402", "http-402"),
     ("404", "http-404"), ("redirect", "redirect")],
)  # fmt: skip
def test_a_refused_account_halts_everything_and_it_resumes_without_loss(
    stage: Stage, provider: Provider, sender: Sender, mode: str, code: str
) -> None:
    for _ in range(3):
        stage.file()
    provider.mode = mode
    drain(stage.installation, sender)
    assert states(stage) == [("queued", code, 0), ("queued", None, 0), ("queued", None, 0)]
    assert (provider.requests, drain(stage.installation, sender)) == (1, 0)
    assert provider.requests == 1
    # Five minutes later one message tries again; how long the fault lasts does not matter.
    for _ in range(12):
        make_due(stage)
        sweep_and_drain(stage, sender)
    assert (provider.requests, stage.count(OutboxHalt)) == (13, 1)
    assert [status for status, _, _ in states(stage)] == ["queued"] * 3
    provider.mode = "ok"
    make_due(stage)
    sweep_and_drain(stage, sender)
    assert states(stage) == [("sent", "102", 1)] * 3
    assert (len(provider.messages), stage.count(OutboxHalt)) == (3, 0)


def test_a_provider_that_is_away_is_tried_again_later(stage: Stage, provider: Provider) -> None:
    nobody = Sender("sandbox", KEY, "http://127.0.0.1:9", deadline=2)
    stage.file()
    drain(stage.installation, nobody)
    assert states(stage) == [("queued", "connect", 0)]
    assert stage.messages()[0].due_at > datetime.now(UTC)
    make_due(stage)
    drain(stage.installation, Sender("sandbox", KEY, provider.url))
    assert (states(stage), len(provider.messages)) == ([("sent", "102", 1)], 1)


@pytest.mark.parametrize("mode", ["drop", "bad_json", "truncated", "code:502"])
def test_a_doubtful_send_is_repeated_once_after_five_minutes(
    stage: Stage, provider: Provider, sender: Sender, mode: str
) -> None:
    stage.file()
    provider.mode = mode
    drain(stage.installation, sender)
    sweep_and_drain(stage, sender)
    assert provider.requests == 1
    for _ in range(4):
        make_due(stage)
        sweep_and_drain(stage, sender)
    assert provider.requests == 2
    assert states(stage)[0][::2] == ("failed", 2)


def test_a_report_settles_a_doubt(stage: Stage, provider: Provider, sender: Sender) -> None:
    stage.file()
    drain(stage.installation, sender)
    stage.set("UPDATE message SET status = 'unknown', lease_until = now() + interval '5 minutes'")
    with stage.transaction() as session:
        outbox.receive_report(session, provider.messages[0]["id"], "Success", None)
    make_due(stage)
    sweep_and_drain(stage, sender)
    assert (states(stage), provider.requests) == ([("delivered", "Success", 1)], 1)


# Waiting


@pytest.mark.parametrize("mode", ["never", "drip", "drip_body", "slow"])
def test_an_answer_that_does_not_come_is_given_up_at_the_deadline_and_nothing_is_held_for_it(
    stage: Stage, provider: Provider, mode: str
) -> None:
    stage.file()
    provider.mode = mode
    provider.drip_delay, provider.slow_delay = 0.2, 3.0
    hasty = Sender("sandbox", KEY, provider.url, deadline=0.8)
    before = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        draining = pool.submit(drain, stage.installation, hasty)
        until(lambda: provider.requests == 1)
        with stage.engine.connect() as watch:
            open_ones = watch.execute(
                text(
                    "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    " AND (state LIKE 'idle in transaction%' OR backend_xid IS NOT NULL)"
                )
            ).all()
        pools = (stage.engine.pool, stage.installation.statements.pool)
        in_use = [pool.checkedout() for pool in pools]  # type: ignore[attr-defined]
        assert not draining.done()
        assert states(stage) == [("claimed", None, 1)]
        assert draining.result(PATIENCE) == 1
    assert (open_ones, in_use) == ([], [0, 0])
    assert 0.8 <= time.monotonic() - before < 2
    assert states(stage) == [("unknown", "deadline", 1)]


def test_a_slow_provider_ends_the_shift_and_what_was_not_begun_is_free_at_once(
    stage: Stage, provider: Provider
) -> None:
    for _ in range(4):
        stage.file()
    provider.mode, provider.slow_delay = "slow", 0.4
    assert drain(stage.installation, Sender("sandbox", KEY, provider.url), seconds=0.3) == 1
    assert states(stage) == [("sent", "102", 1)] + [("queued", None, 0)] * 3


def test_stop_while_a_batch_is_being_sent_reaches_the_rest_of_it(
    stage: Stage, provider: Provider, sender: Sender
) -> None:
    stage.file()
    stage.file(phone=AMINA)
    provider.mode, provider.slow_delay = "slow", 0.5
    with ThreadPoolExecutor(1) as pool:
        draining = pool.submit(drain, stage.installation, sender)
        until(lambda: provider.requests == 1)
        with stage.transaction() as session:
            outbox.stop(session, stage.office.vault.phone_hash(AMINA), stage.now)
        draining.result(PATIENCE)
    assert states(stage) == [("sent", "102", 1), ("cancelled", None, 1)]
    assert [message["to"] for message in provider.messages] == [WANJIKU]


# Many at once


def test_drains_at_once_send_each_message_once(stage: Stage, provider: Provider, sender: Sender) -> None:
    for number in range(30):
        stage.file(phone=f"+2547110000{number:02}")
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: drain(stage.installation, sender), range(4)))
    assert sum(sent) == 30
    assert sorted(message["to"] for message in provider.messages) == [f"+2547110000{n:02}" for n in range(30)]
    assert {status for status, _, _ in states(stage)} == {"sent"}


# Texts that arrived


def arrive(stage: Stage, provider_id: str, words: str = "Hakuna maji Shirere tangu juzi") -> None:
    with stage.transaction() as session:
        inbound.store(session, stage.office, provider_id, WANJIKU, words, odd=None)


def incoming(stage: Stage) -> list[tuple[str, str, int]]:
    with stage.transaction() as session:
        rows = session.scalars(select(IncomingSms).order_by(IncomingSms.id))
        return [(row.provider_id, row.status.value, row.attempts) for row in rows]


def test_a_stored_text_is_handled_and_its_answer_leaves_in_the_same_drain(
    stage: Stage, provider: Provider, sender: Sender
) -> None:
    arrive(stage, "sms-1")
    assert drain(stage.installation, sender) == 1
    reference = stage.only_case().reference
    assert [message["text"].find(f"{reference[:4]} {reference[4:]}") > 0 for message in provider.messages] == [True]
    assert incoming(stage) == [("sms-1", "handled", 0)]


def test_a_text_that_fails_is_tried_once_when_its_time_comes_and_keeps_nobody_waiting(
    stage: Stage, provider: Provider, sender: Sender
) -> None:
    for name in ("bad-1", "good-1", "bad-2", "good-2"):
        arrive(stage, name, f"Hakuna maji Shirere {name}")
    stage.set("UPDATE incoming_sms SET text_sealed = 'spoilt' WHERE provider_id LIKE 'bad%'")
    assert drain(stage.installation, sender) == 2
    assert incoming(stage) == [
        ("bad-1", "stored", 1), ("good-1", "handled", 0), ("bad-2", "stored", 1), ("good-2", "handled", 0),
    ]  # fmt: skip
    arrive(stage, "good-3")
    assert drain(stage.installation, sender) == 1
    assert [row for row in incoming(stage) if row[0].startswith("bad")] == [
        ("bad-1", "stored", 1), ("bad-2", "stored", 1),
    ]  # fmt: skip
    stage.set("UPDATE incoming_sms SET next_try_at = now() - interval '1 second' WHERE status = 'stored'")
    assert drain(stage.installation, sender) == 0
    assert [row for row in incoming(stage) if row[0].startswith("bad")] == [
        ("bad-1", "stored", 2), ("bad-2", "stored", 2),
    ]  # fmt: skip


def test_a_failing_text_holds_up_no_sms(stage: Stage, provider: Provider, sender: Sender) -> None:
    stage.file()
    arrive(stage, "bad-1")
    stage.set("UPDATE incoming_sms SET text_sealed = 'spoilt'")
    assert drain(stage.installation, sender) == 1
    assert len(provider.messages) == 1
