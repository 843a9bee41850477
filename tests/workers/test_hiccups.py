"""A database that goes away between two sends: what the provider took is written down all the same, and sent once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from config.settings import Settings
from gateway.db import make_engine
from gateway.installation import Installation
from gateway.messages import leases, spending
from gateway.messages.africastalking import Sender
from tests.cases.stage import Stage
from tests.messages.test_batches import announce
from tests.workers.choosy import Choosy, choosy
from tests.workers.test_shift import DAY, at, can_wait, in_use, number, spend, states
from workers import shift
from workers.deliver import drain

CUT = "SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[{pids}]::int[]) AS pid"
AWAY, BACK = "ALTER DATABASE {name} ALLOW_CONNECTIONS false", "ALTER DATABASE {name} ALLOW_CONNECTIONS true"


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=5))


class Worker:
    """A worker with connections of its own; `do` changes the database from outside of it."""

    def __init__(self, stage: Stage) -> None:
        self._url = make_url(stage.installation.settings.database_url)
        url = self._url.render_as_string(hide_password=False)
        self.pids: list[int] = []
        self.engines = (make_engine(url, 2), make_engine(url, 2, autocommit=True))
        for engine in self.engines:
            event.listen(engine, "connect", self._note)
        self.installation: Installation = replace(in_use(stage), engine=self.engines[0], statements=self.engines[1])

    def _note(self, connection: Any, _: object) -> None:
        self.pids.append(connection.info.backend_pid)

    def drain(self, server: Choosy) -> int:
        return drain(self.installation, Sender("sandbox", "k", server.url), clock=at(DAY))

    def do(self, statement: str) -> None:
        admin = self._url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
        pids = ", ".join(map(str, self.pids))
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(statement.format(name=self._url.database, pids=pids).encode())


@pytest.fixture
def worker(stage: Stage) -> Iterator[Worker]:
    worker = Worker(stage)
    yield worker
    for engine in worker.engines:
        engine.dispose()


@contextmanager
def provider(worker: Worker, place: int, *statements: str, code: int = 102) -> Iterator[Choosy]:
    """A provider that answers `code`; while it takes the `place`th number, these are done to the database."""
    taken = 0

    def answer(_: str) -> int:
        nonlocal taken
        taken += 1
        if taken == place:
            for statement in statements:
                worker.do(statement)
        return code

    with choosy(answer) as server:
        yield server


@pytest.mark.parametrize("place", [1, 2, 3])
def test_what_was_accepted_is_written_down_once_the_database_is_back(stage: Stage, worker: Worker, place: int) -> None:
    for one in range(3):
        stage.file(phone=number(one))
    with provider(worker, place, CUT) as server:
        with suppress(SQLAlchemyError):  # a claim that finds the database gone ends the shift; the next one goes on
            worker.drain(server)
        assert states(stage)[:place] == [("sent", "102", 1)] * place
        worker.drain(server)
        assert server.requests == [[number(one)] for one in range(3)]
    assert states(stage) == [("sent", "102", 1)] * 3


@pytest.mark.parametrize(("code", "after"), [(102, ("sent", "102", 1)), (1500, ("queued", "http-500", 0))])
def test_so_is_what_became_of_a_request_to_many(
    stage: Stage, worker: Worker, code: int, after: tuple[str, str, int]
) -> None:
    announce(stage, 5)
    with provider(worker, 5, CUT, code=code) as server:
        assert worker.drain(server) == 5
        assert len(server.requests) == 1
    assert states(stage) == [after] * 5


def test_where_the_database_stays_away_the_row_says_that_nobody_knows(
    stage: Stage, worker: Worker, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    monkeypatch.setattr(shift, "RECORD_PAUSE", 0.01)
    for one in range(3):
        stage.file(phone=number(one))
    try:
        with provider(worker, 2, AWAY, CUT) as server, pytest.raises((SQLAlchemyError, psycopg.Error)):
            worker.drain(server)
    finally:
        worker.do(BACK)
    assert states(stage) == [("sent", "102", 1), ("claimed", None, 1), ("claimed", None, 1)]
    stage.set("UPDATE message SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL")
    with stage.transaction() as session:
        leases.sweep_claims(session)
    assert states(stage) == [("sent", "102", 1), ("unknown", "worker stopped", 1), ("queued", None, 0)]
    assert logged.getvalue().count('"event": "sms_not_recorded"') == 1


def test_what_is_spent_is_added_up_once_for_many_shifts(
    stage: Stage, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend(stage, "1", "100")
    looks = _watch(worker.engines[0], "sum(message.price)")
    with choosy(lambda _: 102) as server:
        for one in range(3):
            stage.file(phone=number(one))
            can_wait(stage, one + 1)
            assert worker.drain(server) == 1
        assert len(looks) == 1
        monkeypatch.setattr(spending, "LOOK_SECONDS", -1.0)
        worker.drain(server)
        assert len(looks) == 2


def _watch(engine: Engine, words: str) -> list[str]:
    """The statements with these words that are sent from now on."""
    seen: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if words in statement:
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", look)
    return seen
