"""Relief: what is in the hands of an officer who is away, has left or lost a post goes to her deputy or the desk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from gateway.cases import desks, events, timing
from gateway.cases.clock import local_day
from gateway.cases.models import Case, CaseEvent, Status
from gateway.cases.office import Office
from gateway.cases.visibility import visible
from gateway.people import accounts, leave
from gateway.people.leave import Plan
from gateway.people.models import Absence, Officer

HANDED_OVER = "handed_over"
LEAVE, BACK, GONE = "leave", "back", "gone"
"""Why a case went to somebody else: its officer is on leave, is back, or has it to do no longer."""
IN_HAND = (Status.TAKEN, Status.WAITING)
BATCH = 20


def go_on_leave(session: Session, office: Office, officer: Officer, plan: Plan, by: Officer, now: datetime) -> Absence:
    """Keep the leave and lend the deputy the posts; the cases follow at once where it begins today. The caller commits.

    Raises OfficerRefused.
    """
    absence = leave.arrange(session, office.county, officer.id, plan, by, now)
    if absence.first_day <= local_day(now):
        _begin(session, office, absence, now)
    return absence


def end_leave(session: Session, office: Office, absence: Absence, by: Officer, now: datetime) -> None:
    """She is back, or does not go: what the deputy has of hers comes back to her. The caller commits."""
    begun = absence.begun_at
    leave.end(session, absence, by, now)
    if begun:
        _hand_back(session, office, absence, begun, by.id, now)


def end_post(session: Session, office: Office, officer: Officer, post_id: int, by: Officer, now: datetime) -> None:
    """End a post; what is in her hands by that post alone is new at its desk again. The caller commits.

    Raises OfficerRefused.
    """
    _take_off(session, office, accounts.end(session, officer, post_id, by), by, now)


def leave_service(session: Session, office: Office, officer: Officer, by: Officer, now: datetime) -> None:
    """She has left; all that was in her hands is new at its desk again. The caller commits. Raises OfficerRefused."""
    _take_off(session, office, accounts.leave_service(session, officer, by, now), by, now)


def settle_leaves(session: Session, office: Office, now: datetime) -> int:
    """One batch of leave that begins or is over by its days: the cases go to the deputy, or come back.

    Returns how many. The caller commits. Several may do this at once: each leave is settled by one of them.
    """
    today = local_day(now)
    begins = (Absence.begun_at.is_(None), Absence.ended_at.is_(None), Absence.first_day <= today)
    over = (Absence.ended_at.is_(None), Absence.last_day < today)
    query = (
        select(Absence)
        .where(or_(and_(*begins), and_(*over)))
        .order_by(Absence.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).all()
    for absence in found:
        if absence.last_day >= today:
            _begin(session, office, absence, now)
            continue
        begun, absence.ended_at = absence.begun_at, now
        if begun:
            _hand_back(session, office, absence, begun, absence.made_by, now)
    return len(found)


def _begin(session: Session, office: Office, absence: Absence, now: datetime) -> None:
    absence.begun_at = now
    deputy = _officer(session, absence.deputy_id) if absence.deputy_id else None
    _hand_over(session, office, absence.officer_id, deputy, true(), LEAVE, absence.made_by, now)


def _hand_back(session: Session, office: Office, absence: Absence, begun: datetime, by_id: int, now: datetime) -> None:
    """What the deputy was handed and still has, and what she took in her place and does not see any more."""
    if absence.deputy_id is None:
        return
    deputy, officer = _officer(session, absence.deputy_id), _officer(session, absence.officer_id)
    handed = select(CaseEvent.id).where(
        CaseEvent.case_id == Case.id, CaseEvent.name == HANDED_OVER, CaseEvent.at >= begun,
        CaseEvent.data["from"].as_integer() == officer.id, CaseEvent.data["to"].as_integer() == deputy.id,
    )  # fmt: skip
    _hand_over(session, office, deputy.id, officer, or_(~visible(deputy), handed.exists()), BACK, by_id, now)


def _take_off(session: Session, office: Office, officer_ids: Collection[int], by: Officer, now: datetime) -> None:
    for officer_id in sorted(officer_ids):
        hidden = ~visible(_officer(session, officer_id))
        _hand_over(session, office, officer_id, None, hidden, GONE, by.id, now)


def _hand_over(
    session: Session, office: Office, from_id: int, to: Officer | None, which: ColumnElement[bool], why: str,
    by_id: int, now: datetime,
) -> None:  # fmt: skip
    """Those of the cases in somebody's hands that `to` may see go to her; the others are new at their desk.

    One that waits for its resident goes on waiting. Whom a case is about never gets it: she does not see it.
    """
    hers = select(Case).where(Case.assignee_id == from_id, Case.status.in_(IN_HAND), which).order_by(Case.id)
    cases = session.scalars(hers.with_for_update()).all()
    seen = _seen(session, cases, to)
    for case in cases:
        told: dict[str, Any] = {"from": from_id, "why": why}
        if to and case.id in seen:
            case.assignee_id = told["to"] = to.id
        elif case.status is Status.TAKEN:
            desks.hand_to(case, case.desk, now)
        else:
            case.assignee_id = None
        events.append(session, case, HANDED_OVER, now, vault=office.vault, officer_id=by_id, **told)
    timing.keep_times(session, office, cases)


def _seen(session: Session, cases: Sequence[Case], officer: Officer | None) -> Collection[int]:
    if officer is None:
        return ()
    which = Case.id.in_([case.id for case in cases])
    return set(session.scalars(select(Case.id).where(which, visible(officer))))


def _officer(session: Session, officer_id: int) -> Officer:
    """As she is now, with the posts that she holds now."""
    query = select(Officer).where(Officer.id == officer_id).execution_options(populate_existing=True)
    return session.scalars(query).one()
