"""What the office once learned: the ended cases that come closest to one, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Float, cast, func, literal, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session, aliased

from gateway.cases import lists
from gateway.cases.categories import OTHER
from gateway.cases.models import Case, Ending, Kind
from gateway.cases.visibility import visible_to
from gateway.people.models import Officer, Role

MOST = 3
LOOKED_THROUGH = 300
"""The newest ended cases of a ward, or of all that an officer sees, among which the same subject is looked for."""
TAUGHT = (Ending.FIXED, Ending.PLANNED, Ending.CANNOT_NOW, Ending.NOT_OURS, Ending.NOT_FOUND)
"""Endings from which the next officer learns something."""
_ENDED_AT = func.coalesce(Case.closed_at, Case.resolved_at)


@dataclass(frozen=True)
class Ended:
    """One of them; `days` from its receipt to its ending, `reason` as the officer wrote it."""

    case: Case
    days: int
    reason: str


def closest(session: Session, officer: Officer, case: Case) -> list[Ended]:
    """Ended cases of the same problem that `officer` sees: those of the same ward first, then those with the same
    words, then the latest. None beside a confidential case, and never a confidential one.

    Run it under the officers' role. Two statements at most, each of which reads a bounded number of rows in the order
    of an index (`cases.list_indexes`).
    """
    if case.sensitive or case.kind is Kind.REQUEST:
        return []
    here = _of(session, officer, case, Case.ward_code == case.ward_code) if case.ward_code is not None else []
    if len(here) < MOST and not officer.roles <= {Role.WARD}:
        elsewhere = _of(session, officer, case, Case.ward_code.is_distinct_from(case.ward_code))
        here += elsewhere[: MOST - len(here)]
    return [_ended(one) for one in here]


def _of(session: Session, officer: Officer, case: Case, where: ColumnElement[bool]) -> list[Case]:
    newest = visible_to(officer).where(where, lists.ended()).order_by(_ENDED_AT.desc(), Case.id.desc())
    near = aliased(Case, newest.limit(LOOKED_THROUGH).subquery())
    query = select(near).where(
        near.id != case.id, near.category == case.category, near.problem.is_not_distinct_from(case.problem),
        near.kind == case.kind, ~near.sensitive, near.ending.in_(TAUGHT), near.joined_id.is_(None),
        near.lead_id.is_(None),  # what ended with another taught no more than that one
    )  # fmt: skip
    likeness = _likeness(near, case)
    if case.problem in (None, OTHER):  # the same subject says nothing here: the words have to
        query = query.where(likeness > 0)
    return list(session.scalars(query.order_by(likeness.desc(), near.resolved_at.desc()).limit(MOST)))


def _likeness(near: type[Case], case: Case) -> ColumnElement[float]:
    """How much of the words and the place of `case` stands in another one; 0 where it has none."""
    said = " ".join(part for part in (case.words, case.landmark) if part)
    if not said:
        return literal(0.0)
    word = func.unnest(func.tsvector_to_array(func.to_tsvector("simple", said))).column_valued("word")
    any_of_them = select(cast(func.string_agg(func.quote_literal(word), " | "), TSQUERY)).scalar_subquery()
    theirs = func.to_tsvector("simple", func.coalesce(near.words, "") + " " + func.coalesce(near.landmark, ""))
    return func.coalesce(func.ts_rank(theirs, any_of_them), cast(0, Float))


def _ended(case: Case) -> Ended:
    assert case.resolved_at is not None
    return Ended(case, max(0, (case.resolved_at - case.received_at).days), case.reason or "")
