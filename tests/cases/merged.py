"""Cases of several people about one problem, and what is done with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, select
from sqlalchemy.exc import NoResultFound

from gateway.cases import carrying, merging, timing
from gateway.cases.models import Case
from gateway.cases.visibility import visible_to
from gateway.db import as_owner, officer_session
from gateway.people.models import Officer
from tests.cases.stage import Stage

WORDS = "Bomba limepasuka karibu na soko"


def several(stage: Stage, count: int = 3, **given: Any) -> list[str]:
    """Reports of a burst pipe by people of their own, an hour apart, oldest first; `given` of the last one."""
    made = []
    for number in range(count):
        last = given if number == count - 1 else {}
        usual = {"problem": "BURST_PIPE", "words": WORDS, "phone": stage.phone()}
        made.append(stage.file(**(usual | last)))
        stage.later(hours=1)
    return made


def merge(stage: Stage, references: Sequence[str], lead: str, officer: Officer | None = None) -> None:
    officer = officer or stage.officer()
    with officer_session(stage.engine, officer) as session:
        query = visible_to(officer).where(Case.reference.in_([*references, lead])).order_by(Case.id)
        cases = {case.reference: case for case in session.scalars(query)}
        if not {*references, lead} <= cases.keys():
            raise NoResultFound
        with as_owner(session):
            others = [cases[one] for one in references]
            merging.merge(session, stage.office, others, cases[lead], officer, stage.now)


def unmerge(stage: Stage, reference: str, officer: Officer | None = None) -> None:
    stage.do(merging.unmerge, reference, officer or stage.officer())


def under(stage: Stage, lead: str) -> list[str]:
    """The references of the open cases that stand under this one."""
    with stage.transaction() as session:
        return [one.reference for one in carrying.carried(session, stage.case(lead))]


def faults(stage: Stage) -> list[str]:
    """Where the columns of any case say otherwise than its history, or a case stands two deep."""
    with stage.transaction() as session:
        cases = session.scalars(select(Case)).all()
        found = [f"{case.reference}: {fault}" for case in cases for fault in timing.check(session, stage.office, case)]
        leads = {case.id: case.lead_id for case in cases}
        return found + [f"{case.reference}: two deep" for case in cases if case.lead_id and leads[case.lead_id]]


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement that is sent meanwhile."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)
