"""Whose turn it is: the one way in which a case comes to a desk as something new to do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases.clock import after_pause
from gateway.cases.models import Case, CaseEvent, Desk, Status
from gateway.cases.office import Office


def home_desk(case: Case) -> Desk:
    """The desk that a case belongs to when nobody else has it."""
    if case.sensitive:
        return Desk.CONFIDENTIAL
    return Desk.WARD if case.ward_code else Desk.COUNTY


def hand_to(case: Case, desk: Desk, now: datetime) -> None:
    """Put the case before `desk` as new, in nobody's hands. Its promise runs on."""
    if case.desk is not desk:
        case.desk_since = now
    case.desk, case.status, case.assignee_id, case.referred_to = desk, Status.NEW, None, None


def hand_back(case: Case, now: datetime) -> None:
    """Open it again where it was cleared; from a body outside the county it comes home."""
    hand_to(case, home_desk(case) if case.desk is Desk.OUTSIDE else case.desk, now)
    case.ending = case.resolved_at = case.closed_at = case.planned_for = None


def due_after_wait(session: Session, office: Office, case: Case, now: datetime) -> datetime | None:
    """When the promise of a case falls due that leaves its wait for the resident: later by as long as it waited."""
    if case.status is not Status.WAITING or case.due_at is None:
        return case.due_at
    waits = select(CaseEvent.at).where(CaseEvent.case_id == case.id, CaseEvent.name == "waiting")
    since = session.scalar(waits.order_by(CaseEvent.id.desc()).limit(1))
    if since is None:
        return case.due_at
    return after_pause(case.due_at, since, now, office.county.charter.term("resolve", case.category), office.calendar)
