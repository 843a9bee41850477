"""Whose turn it is: the one way in which a case comes to a desk as something new to do."""

from __future__ import annotations

from datetime import datetime

from gateway.cases.models import Case, Desk, Status


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
