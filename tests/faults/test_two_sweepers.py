"""Thousands of overdue cases, two sweepers, one of them killed: every step is made once, the oldest first."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing.context import SpawnProcess
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from config.settings import load_settings
from gateway.cases import ladder
from gateway.installation import open_installation
from gateway.people.models import Role
from tests.cases.stage import LURAMBI, MONDAY, SHIRERE, Stage
from tests.faults.processes import PATIENCE, running, until

COUNT, MANY, SOME = 10_000, 3_000, 600
"""`COUNT`: so many that an index pays."""
LATE = MONDAY + timedelta(days=7)
ENOUGH = 60.0
"""Seconds in which all of them have gone up, on any machine."""

# Every tenth has no ward, every seventh no department, every third somebody who has it, every ninth no number; every
# eleventh was sent up once already. Two sub-counties of three have nobody. The days lie a second apart.
OVERDUE = """
WITH who AS (
    INSERT INTO resident (phone_hash, phone_sealed, phone_mask, language)
    SELECT decode(md5(n::text), 'hex'), :sealed, '+254 7** ***', 'sw' FROM generate_series(1, :count) AS n RETURNING id
)
INSERT INTO cases (
    reference, kind, channel, category, problem, sensitive, ward_code, sub_county_code, department, desk, status,
    language, received_at, due_at, next_step_at, resident_id, assignee_id, raised_to, raised_at, answer_by
)
SELECT lpad(n::text, 8, '0'), 'grievance', 'ussd', 'WATER', 'NONE', false,
       CASE WHEN n % 10 > 0 THEN :ward END, CASE WHEN n % 10 > 0 THEN :sub_county + n % 3 END,
       CASE WHEN n % 7 > 0 THEN 'water' END, CASE WHEN n % 10 > 0 THEN 'ward' ELSE 'county' END,
       CASE WHEN n % 3 = 0 THEN 'taken' ELSE 'new' END, 'sw', day - interval '12 days', day, day,
       CASE WHEN n % 9 > 0 THEN (SELECT min(id) FROM who) + n - 1 END, CASE WHEN n % 3 = 0 THEN :rose END,
       CASE WHEN n % 11 = 0 AND n % 10 > 0 THEN 'sub_county' END, CASE WHEN n % 11 = 0 AND n % 10 > 0 THEN day END,
       CASE WHEN n % 11 = 0 AND n % 10 > 0 THEN day END
FROM generate_series(1, :count) AS n,
     LATERAL (SELECT CAST(:late AS timestamptz) - (n * 7919 % :count) * interval '1 second' AS day) AS one
"""
FILED = """
INSERT INTO case_event (case_id, at, name, turn, data)
SELECT id, received_at, 'filed', 'ward:1014', '{"channel": "ussd", "promise": "WATER"}' FROM cases ORDER BY id
"""
RAISED = """
INSERT INTO case_event (case_id, at, name, turn, data)
SELECT id, raised_at, 'raised', 'sub_county:202', '{"step": "sub_county", "why": "overdue"}'
FROM cases WHERE raised_to IS NOT NULL
"""
STEPS = """
SELECT case_event.case_id, case_event.at, case_event.xmin::text AS batch, case_event.data ->> 'step' AS step
FROM case_event WHERE name = 'raised' AND at >= :since ORDER BY id
"""


def raise_all(environ: dict[str, str], now: datetime) -> None:
    """What the sweeper does with what is overdue, in a process of its own."""
    installation = open_installation(load_settings(environ), pool_size=1)
    while True:
        with Session(installation.engine) as session, session.begin():
            if not ladder.raise_overdue(session, installation.office, now):
                return


@contextmanager
def sweepers(environ: dict[str, str], *times: datetime) -> Iterator[list[SpawnProcess]]:
    """One process for each of `times`, by which its lines of the history are told from those of the others."""
    processes = [multiprocessing.get_context("spawn").Process(target=raise_all, args=(environ, now)) for now in times]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.join(10)


def fill(stage: Stage, count: int) -> None:
    """That many overdue cases, and somebody at every step of one sub-county."""
    stage.now = MONDAY  # The posts begin before the day that is swept, whatever the clock on the wall says.
    rose = stage.officer(Role.WARD)
    for role in (Role.SUB_COUNTY, Role.CHIEF_OFFICER, Role.COUNTY_SECRETARY):
        stage.officer(role)
    values: dict[str, Any] = {
        "sealed": stage.office.vault.seal("+254711000001"), "count": count, "ward": SHIRERE, "sub_county": LURAMBI,
        "rose": rose.id, "late": LATE,
    }  # fmt: skip
    with stage.engine.begin() as connection:
        connection.execute(text(OVERDUE), values)
        connection.execute(text(FILED))
        connection.execute(text(RAISED))
    with stage.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE cases"))


def scalar(stage: Stage, query: str, **values: Any) -> Any:
    with stage.engine.connect() as connection:
        return connection.execute(text(query), values).scalar_one()


def left(stage: Stage, now: datetime) -> int:
    """Cases that are overdue and still where they were."""
    return int(scalar(stage, "SELECT count(*) FROM cases WHERE next_step_at <= :now AND status <> 'resolved'", now=now))


def test_however_many_are_overdue_a_batch_is_read_from_its_index(stage: Stage) -> None:
    fill(stage, COUNT)
    asked = ladder.overdue(LATE).compile(stage.engine, compile_kwargs={"literal_binds": True})
    with stage.engine.connect() as connection:
        plan = "\n".join(connection.scalars(text(f"EXPLAIN {asked}")))
    assert "Index Scan using ix_cases_next_step" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan


def test_every_step_is_made_once_and_the_oldest_first_though_a_sweeper_is_killed(
    stage: Stage, environ: dict[str, str]
) -> None:
    fill(stage, MANY)
    days = dict(_days(stage))
    first, second = LATE + timedelta(microseconds=1), LATE + timedelta(microseconds=2)
    with sweepers(environ, first, second) as (killed, survivor):
        until(lambda: scalar(stage, "SELECT count(*) FROM case_event WHERE at = :at", at=first) >= MANY // 10)
        assert killed.pid is not None
        os.kill(killed.pid, signal.SIGKILL)
        killed.join(PATIENCE)
        survivor.join(ENOUGH)
        assert (killed.exitcode, survivor.exitcode) == (-signal.SIGKILL, 0)
    # What the killed one had in its hands is free again as soon as the database has seen that it is gone.
    until(lambda: _swept(stage, second) == 0 and left(stage, second) == 0)

    rows = _rows(stage, first)
    assert len(rows) == len({row.case_id for row in rows}) == MANY
    assert {row.at for row in rows} == {first, second}
    for at, most in ((first, 0), (second, 2)):
        batches = _batches([(row.batch, days[row.case_id]) for row in rows if row.at == at])
        assert all(batch == sorted(batch) for batch in batches)
        # Only what the killed one gave back lies behind.
        assert sum(batch[0] < before[0] for before, batch in pairwise(batches)) <= most
    _each_was_told_once(stage)


def test_after_days_on_which_nothing_ran_each_case_makes_one_step_a_date(stage: Stage, environ: dict[str, str]) -> None:
    fill(stage, COUNT // 10)
    now = LATE
    for _ in range(3):
        with sweepers(environ, now, now) as processes:
            for process in processes:
                process.join(ENOUGH)
            assert [process.exitcode for process in processes] == [0, 0]
        assert left(stage, now) == 0
        assert scalar(stage, "SELECT max(n) FROM (SELECT count(*) AS n FROM case_event WHERE at = :now"
                      " GROUP BY case_id) AS one", now=now) == 1  # fmt: skip
        now += timedelta(days=8)
    assert scalar(stage, "SELECT count(*) FROM cases WHERE raised_to <> 'county_secretary'") == 0
    assert scalar(stage, "SELECT count(*) FROM cases WHERE next_step_at IS NOT NULL") == 0
    _each_was_told_once(stage)


def _days(stage: Stage) -> list[tuple[int, datetime]]:
    with stage.engine.connect() as connection:
        return [(row.id, row.next_step_at) for row in connection.execute(text("SELECT id, next_step_at FROM cases"))]


def _rows(stage: Stage, since: datetime) -> list[Any]:
    with stage.engine.connect() as connection:
        return list(connection.execute(text(STEPS), {"since": since}))


def _batches(steps: list[tuple[str, datetime]]) -> list[list[datetime]]:
    """The days of each transaction, in the order in which they began."""
    found: dict[str, list[datetime]] = {}
    for batch, day in steps:
        found.setdefault(batch, []).append(day)
    return list(found.values())


def _swept(stage: Stage, now: datetime) -> int:
    with stage.transaction() as session:
        return ladder.raise_overdue(session, stage.office, now)


def _each_was_told_once(stage: Stage) -> None:
    """One line and, where there is a number, one SMS for each step but those of before."""
    doubled = "SELECT count(*) FROM (SELECT case_id, data ->> 'step' FROM case_event WHERE name = 'raised'"
    assert scalar(stage, f"{doubled} GROUP BY 1, 2 HAVING count(*) > 1) AS twice") == 0
    told = """
        SELECT count(*) FROM (
            SELECT cases.id, (SELECT count(*) FROM message WHERE message.case_id = cases.id) AS texts,
                   (SELECT count(*) FROM case_event WHERE case_id = cases.id AND name = 'raised'
                    AND data ? 'answer_by') AS steps
            FROM cases WHERE resident_id IS NOT NULL
        ) AS one WHERE texts <> steps
    """
    assert scalar(stage, told) == 0
    assert scalar(stage, "SELECT count(*) FROM message JOIN cases ON cases.id = case_id"
                  " WHERE cases.resident_id IS NULL") == 0  # fmt: skip


def test_two_real_sweepers_of_which_one_is_killed_make_each_step_once(stage: Stage, environ: dict[str, str]) -> None:
    fill(stage, SOME)
    # The process goes by today's clock.
    stage.rewrite_history(
        "UPDATE cases SET received_at = received_at - interval '60 days', due_at = due_at - interval '60 days',"
        " next_step_at = next_step_at - interval '60 days', raised_at = raised_at - interval '60 days',"
        " answer_by = answer_by - interval '60 days'"
    )
    stage.rewrite_history("UPDATE case_event SET at = at - interval '60 days'")
    raised = "SELECT count(*) FROM case_event WHERE name = 'raised' AND data ? 'answer_by'"
    with running("workers.sweep", environ) as killed, running("workers.sweep", environ):
        until(lambda: scalar(stage, raised) > 0)
        killed.kill()
        until(lambda: left(stage, datetime.now(UTC)) == 0)
    assert scalar(stage, raised) == SOME
    _each_was_told_once(stage)
