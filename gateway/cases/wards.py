"""Wards that take part, and those whose cases the county desk has until they do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.cases import desks, events, timing, unconcerned
from gateway.cases.models import OPEN, Case, CaseConflict, Desk, Status, WardCover, WardState
from gateway.cases.office import Office
from gateway.cases.relief import HANDED_OVER
from gateway.people import audit
from gateway.people.models import Officer

SET = "set"
"""Why a ward is at the county desk: the county administrator said so."""
TAKES_PART = "ward_live"


def give_to_desk(session: Session, ward_code: int, by: Officer, now: datetime) -> bool:
    """The ward does not take part yet: what comes from now on goes to the county desk. False where it does already."""
    row = insert(WardCover).values(ward_code=ward_code, state=WardState.DESK, why=SET, since=now)
    given = row.on_conflict_do_update(
        index_elements=[WardCover.ward_code],
        set_={"state": row.excluded.state, "why": row.excluded.why, "since": row.excluded.since},
        where=WardCover.state != WardState.DESK,
    ).returning(WardCover.ward_code)
    if session.scalar(given) is None:
        return False
    audit.append(session, "ward_desk", officer_id=by.id, ward=ward_code)
    return True


def make_live(session: Session, office: Office, ward_code: int, by: Officer, now: datetime) -> bool:
    """The ward takes part: its open cases leave the county desk for it, as new. False where it was not at the desk.

    What waits for its resident goes on waiting, and what is about everybody in the ward stays where it is.
    """
    gone = delete(WardCover).where(WardCover.ward_code == ward_code, WardCover.state == WardState.DESK)
    if session.scalar(gone.returning(WardCover.ward_code)) is None:
        return False
    audit.append(session, "ward_live", officer_id=by.id, ward=ward_code)
    waits = (Case.desk == Desk.COUNTY, Case.status.in_(OPEN), ~Case.sensitive)
    query = select(Case).where(Case.ward_code == ward_code, *waits).order_by(Case.id).with_for_update()
    cases = session.scalars(query).all()
    about = set(
        session.scalars(select(CaseConflict.case_id).where(CaseConflict.case_id.in_([one.id for one in cases])))
    )
    moved = [one for one in cases if one.id not in about or unconcerned.desk_for(session, one, now) is Desk.WARD]
    for case in moved:
        _move(case, now)
        events.append(
            session, case, HANDED_OVER, now, vault=office.vault, officer_id=by.id, why=TAKES_PART, ward=ward_code
        )
    timing.keep_times(session, office, moved)
    return True


def _move(case: Case, now: datetime) -> None:
    if case.status is Status.WAITING:
        case.desk, case.desk_since, case.assignee_id = Desk.WARD, now, None
    else:
        desks.hand_to(case, Desk.WARD, now)
