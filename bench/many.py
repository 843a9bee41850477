"""A county with very many cases, written by the database itself: for plans, and for how long things take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from gateway.cases import searching
from gateway.cases.models import Case, CaseEvent
from gateway.cases.visibility import visible_to
from gateway.db import officer_session
from gateway.people.models import Officer, Post, Role
from gateway.triage import queue
from gateway.triage.filters import Filters, Tab

WARDS, PER_SUB_COUNTY = 60, 5
WORDS = "maji bomba barabara mashimo taa dawa hospitali soko takataka mtaro daraja shule chanjo mbegu kisima leseni"
RARE = "nyundo"
"""In one case of five hundred."""

_FILL = f"""
    INSERT INTO cases (
        reference, kind, channel, category, sensitive, about_ombudsman, ward_code, sub_county_code, department, desk,
        status, raised_to, language, words, landmark, received_at, due_at, desk_since, resolved_at, closed_at
    )
    SELECT lpad((n * 7)::text, 8, '0'), 'grievance', 'ussd', 'WATER', secret, secret AND n % 500 = 0,
           ward, (ward - 1) / {PER_SUB_COUNTY} + 1, (ARRAY['water', 'roads', 'health', 'lands'])[n % 4 + 1],
           CASE WHEN secret THEN 'confidential' WHEN ward IS NULL THEN 'county' WHEN n % 7 = 0 THEN 'department'
                ELSE 'ward' END,
           CASE WHEN n % 10 = 0 THEN 'new' WHEN n % 10 = 1 THEN 'taken' ELSE 'closed' END,
           CASE WHEN n % 200 = 3 THEN 'county_secretary' END, 'sw',
           CASE WHEN NOT secret THEN word[n % 16 + 1] || ' ' || word[n / 16 % 16 + 1] || ' ' || word[n / 256 % 16 + 1]
                                     || CASE WHEN n % 499 = 5 THEN ' {RARE}' ELSE '' END END,
           CASE WHEN NOT secret THEN 'karibu na ' || word[n / 4096 % 16 + 1] END,
           at, at + interval '8 days', at, at, CASE WHEN n % 10 > 1 THEN at + interval '9 days' END
    FROM (
        SELECT n, n % 50 = 0 AS secret, CASE WHEN n % 97 <> 0 THEN n % {WARDS} + 1 END AS ward,
               string_to_array('{WORDS}', ' ') AS word, now() - n * interval '5 minutes' AS at
        FROM generate_series(1, :number) AS n
    ) AS made
"""
_TELL = "INSERT INTO case_event (case_id, name, at) SELECT id, 'filed', received_at FROM cases"


def fill(engine: Engine, number: int) -> None:
    """Write so many cases, each with a line of history, and let the database count them."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(_FILL), {"number": number})
        connection.execute(text(_TELL))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE cases, case_event"))


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE cases, officer RESTART IDENTITY CASCADE"))


def officer(engine: Engine, role: Role) -> Officer:
    """One of this role, with the first jurisdiction of it."""
    post = Post(role=role)
    if role is Role.WARD:
        post.ward_code = 1
    elif role is Role.SUB_COUNTY:
        post.sub_county_code = 1
    elif role in (Role.DEPARTMENT, Role.CHIEF_OFFICER):
        post.department = "water"
    with Session(engine) as session, session.begin():
        made = Officer(email=f"{role}@kakamega.example", name="Rose", password_hash="x")
        session.add(made)
        session.flush()
        post.officer_id = made.id
        session.add(post)
        number = made.id
    with Session(engine) as session:
        return session.get_one(Officer, number)


def a_case(session: Session, who: Officer) -> Case:
    """The newest that she sees. Raises NoResultFound where there is none."""
    return session.scalars(visible_to(who).order_by(Case.id).limit(1)).one()


READS: dict[str, Callable[[Session, Officer, Case], object]] = {
    "queue": lambda session, who, case: queue.read(session, who, Filters(show=Tab.TODO), 1, datetime.now(UTC)),
    "queue, what has ended": lambda session, who, case: queue.read(
        session, who, Filters(show=Tab.DONE), 1, datetime.now(UTC)
    ),
    "case by its reference": lambda session, who, case: session.scalars(
        visible_to(who).where(Case.reference == case.reference)
    ).one(),
    "history of a case": lambda session, who, case: session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id)
    ).all(),
    "search, a common word": lambda session, who, case: searching.find(session, who, "maji"),
    "search, a rare word": lambda session, who, case: searching.find(session, who, RARE),
}
"""What an officer's pages ask of the database."""


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the database meanwhile, each with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def plans(engine: Engine, who: Officer, asked: list[tuple[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each of these statements with the nodes of its plan, as made for this officer."""
    for statement, parameters in asked:
        if " cases" not in statement and " case_event" not in statement:
            continue
        with officer_session(engine, who) as session:
            explained = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar()
        plan = explained if isinstance(explained, list) else json.loads(str(explained))
        yield statement, list(_nodes(plan[0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
