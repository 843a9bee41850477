"""How cases of one resident hang together: which goes on in which, and when nobody may know of it any more."""

from __future__ import annotations

from sqlalchemy import ColumnElement, ScalarSelect, Text, cast, select, update
from sqlalchemy.orm import Session, aliased

from gateway.cases.models import Case, CaseEvent, Status
from gateway.db import as_owner


def end_of(reference: str) -> ScalarSelect[int]:
    """The id of the case of this reference, or of the one in which it goes on since it was joined."""
    trail = select(Case.id, Case.joined_id).where(Case.reference == reference).cte("trail", recursive=True)
    onward = aliased(Case)
    trail = trail.union(select(onward.id, onward.joined_id).where(onward.id == trail.c.joined_id))
    return select(trail.c.id).where(trail.c.joined_id.is_(None)).scalar_subquery()


def goes_on_in(session: Session, case: Case) -> Case:
    """The case itself, or the one in which it goes on since it was joined, locked."""
    while case.joined_id is not None:
        case = session.get_one(Case, case.joined_id, with_for_update=True, populate_existing=True)
    return case


def joined_to(session: Session, case: Case) -> list[Case]:
    """The cases that were joined to this one, oldest first, locked."""
    joined = (Case.joined_id == case.id) & (Case.status != Status.WITHDRAWN)
    return list(session.scalars(select(Case).where(joined).order_by(Case.id).with_for_update()))


def along(session: Session, case: Case) -> list[Case]:
    """All that goes on in this case, however many joins ago: its words stand in it, so it shares its lot."""
    joined = joined_to(session, case)
    return [*joined, *(further for one in joined for further in along(session, one))]


def cut(session: Session, case: Case) -> None:
    """Nothing leads to this case any more, nor from it to another of hers: it became confidential, or has no number.

    But for what was joined to it, which shares its lot. The histories keep that something was joined or split, not
    what.
    """
    with as_owner(session):  # histories are nobody's to change
        _name_none(session, CaseEvent.case_id == case.id)
        if case.resident_id is not None:
            hers = session.scalars(select(Case.id).where(Case.resident_id == case.resident_id)).all()
            _name_none(session, CaseEvent.case_id.in_(hers) & (CaseEvent.data["other"].astext == case.reference))
    case.follows_id = None
    session.execute(update(Case).where(Case.follows_id == case.id).values(follows_id=None))


def _name_none(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(
        update(CaseEvent)
        .where(CaseEvent.data.has_key("other"), which)
        .values(data=CaseEvent.data.op("-")(cast("other", Text)))
        .execution_options(synchronize_session=False)
    )
