"""Giving a case to a colleague: whoever is at the same desk, and there. It moves nothing, and is no first action."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from gateway.cases import actions, events, timing
from gateway.cases.actions import ALLOWED, Faster, Refused
from gateway.cases.clock import local_day
from gateway.cases.models import Case, CaseConflict, Desk, Status
from gateway.cases.office import Office
from gateway.people.models import Officer, Post, Role
from gateway.people.presence import Seat, held_on, is_away_on, jurisdiction_of, seat_of

ASSIGNED = "assigned"
NOT_THERE = "That officer cannot be given it: she is at another desk, or away."
KEPT = "It is given to nobody: whoever works on it takes it."
"""Of a case that is kept from an officer who might sit at this desk: none is told who is left out."""


def assign(session: Session, office: Office, case: Case, officer: Officer, to: Officer, now: datetime) -> None:
    """Put a case into a colleague's hands. What waits for its resident goes on waiting, and the clocks run as they did.

    Raises Refused where she is not at this desk, or is away. Her name is told only where she is one of them.
    """
    if case.status not in ALLOWED["assign"]:
        raise Faster
    if _is_kept(session, [case]):
        raise Refused(KEPT)
    if to.id not in [one.id for one in colleagues(session, officer, [case], now)]:
        raise Refused(NOT_THERE)
    if case.assignee_id == to.id and case.status is not Status.NEW:
        raise Refused(f"{to.name} has it already.")
    status = Status.WAITING if case.status is Status.WAITING else Status.TAKEN
    actions.change(session, case, officer, "assign", status=status, assignee_id=to.id)
    events.append(session, case, ASSIGNED, now, vault=office.vault, officer_id=officer.id, to=to.id)
    timing.keep_time(session, office, case)


def may_assign(officer: Officer, case: Case) -> bool:
    """Whether this officer is at the desk that has the case, or answers for it."""
    return bool(_seats(officer, [case])) and case.status in ALLOWED["assign"]


def colleagues(session: Session, officer: Officer, cases: Collection[Case], now: datetime) -> list[Officer]:
    """The other officers at the desk that has all of these cases, who are there today, by name.

    A case at no desk of hers is left out of this: nobody can be given it. Nor can what is not confidential any more and
    still kept from somebody. Without a case: all at any desk of hers.
    """
    seats = _seats(officer, cases)
    if not seats or _is_kept(session, cases):
        return []
    day = local_day(now)
    query = (
        select(Officer.id, Post)
        .join(Post, Post.officer_id == Officer.id)
        .where(Officer.active, Officer.id != officer.id, held_on(day), ~is_away_on(day))
        .where(or_(*(_is_at(seat) for seat in seats)))
    )
    held: dict[int, set[Seat]] = {}
    for officer_id, post in session.execute(query):
        held.setdefault(officer_id, set()).add(seat_of(post))
    # At the desk of every case, not of one of them.
    found = [one for one, hers in held.items() if not cases or hers >= seats]
    return _unconcerned(session, found, cases)


def _seats(officer: Officer, cases: Collection[Case]) -> frozenset[Seat]:
    """The seats of those cases that are at a desk of hers, or of a ward in her sub-county; without a case her own."""
    hers = frozenset(seat_of(post) for post in officer.posts if post.role in actions.DESKS)
    return frozenset(seat for case in cases if (seat := _seat_among(hers, case))) if cases else hers


def _seat_among(hers: Collection[Seat], case: Case) -> Seat | None:
    seat = seat_of_case(case)
    above = case.desk is Desk.WARD and (Role.SUB_COUNTY, case.sub_county_code) in hers
    return seat if seat in hers or above else None


SEATS: Mapping[Desk, Role] = {desk: role for role, desk in actions.DESKS.items()}


def seat_of_case(case: Case) -> Seat | None:
    """Who sits at the desk that has it: `(Role.WARD, 1014)`; None where it is with a body outside the county."""
    match case.desk:
        case Desk.WARD:
            return Role.WARD, case.ward_code
        case Desk.SUB_COUNTY:
            return Role.SUB_COUNTY, case.sub_county_code
        case Desk.DEPARTMENT | Desk.CHIEF_OFFICER:
            return SEATS[case.desk], case.department
        case Desk.OUTSIDE:
            return None
        case _:
            return SEATS[case.desk], None


def _is_at(seat: Seat) -> ColumnElement[bool]:
    columns = jurisdiction_of(seat)
    return and_(Post.role == seat[0], *(getattr(Post, name) == code for name, code in columns.items()))


def _is_kept(session: Session, cases: Iterable[Case]) -> bool:
    """Whether somebody whom these officers are not told of must not see one of the cases."""
    open_to_all = [case.id for case in cases if not case.sensitive]
    named = select(CaseConflict.case_id).where(CaseConflict.case_id.in_(open_to_all))
    return bool(open_to_all) and session.scalar(named.limit(1)) is not None


def _unconcerned(session: Session, officer_ids: Iterable[int], cases: Iterable[Case]) -> list[Officer]:
    """Those whom none of the cases is about, and who see them all."""
    about = select(CaseConflict.officer_id).where(CaseConflict.case_id.in_([case.id for case in cases]))
    query = select(Officer).where(Officer.id.in_(list(officer_ids)), Officer.id.not_in(about))
    found = session.scalars(query.order_by(Officer.name, Officer.id)).all()
    secret = any(case.sensitive and case.about_ombudsman for case in cases)
    return [one for one in found if not (secret and one.holds(Role.OMBUDSMAN))]
