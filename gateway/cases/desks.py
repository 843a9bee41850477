"""Whose turn it is: the one way in which a case comes to a desk as something new to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import steps
from gateway.cases.models import OPEN, Case, Desk, Status, WardCover, WardState

NOT_OUTSIDE: Mapping[str, Any] = {
    "referred_to": None, "their_reference": None, "their_contact": None, "accepted_at": None, "news_due_at": None,
}  # fmt: skip
"""A case that is with no body outside the county."""


def home_desk(session: Session, case: Case) -> Desk:
    """The desk that a case belongs to when nobody else has it."""
    if case.sensitive:
        return Desk.COUNTY_SECRETARY if case.about_ombudsman else Desk.CONFIDENTIAL
    return of_ward(session, case.ward_code) if case.ward_code else Desk.COUNTY


def of_ward(session: Session, ward_code: int) -> Desk:
    """Who works for a ward: itself, or the county's desk until it takes part."""
    state = session.scalar(select(WardCover.state).where(WardCover.ward_code == ward_code))
    return Desk.COUNTY if state is WardState.DESK else Desk.WARD


def desk_again(session: Session, case: Case) -> Desk:
    """To which desk a case comes back: what was sent up to where it was sent, everything else home."""
    return steps.desk_of(case.raised_to) if case.raised_to and not case.sensitive else home_desk(session, case)


RESIDENT, NOBODY = "resident", ""
"""Whose turn it is where no desk has it: she is waited for, or it has ended."""


def turn(case: Case) -> str:
    """Whose turn it is: `ward:1014`, `sub_county:202`, `department:water`, `chief_officer:water`, `county`, `outside`,
    `confidential`, `county_secretary`; or `RESIDENT`, or `NOBODY`."""
    if case.status is Status.WAITING:
        return RESIDENT
    if case.status not in OPEN:
        return NOBODY
    match case.desk:
        case Desk.WARD:
            return f"{case.desk.value}:{case.ward_code}"
        case Desk.SUB_COUNTY:
            return f"{case.desk.value}:{case.sub_county_code}"
        case Desk.DEPARTMENT | Desk.CHIEF_OFFICER:
            return f"{case.desk.value}:{case.department}"
        case _:
            return case.desk.value


def hand_to(case: Case, desk: Desk, now: datetime) -> None:
    """Put the case before `desk` as new, in nobody's hands. Its promise runs on."""
    if case.desk is not desk:
        case.desk_since = now
    case.desk, case.status, case.assignee_id, case.proposed_by_id = desk, Status.NEW, None, None
    for name, value in NOT_OUTSIDE.items():
        setattr(case, name, value)


def hand_back(session: Session, case: Case, now: datetime) -> None:
    """Open it again where it was cleared; from a body outside the county it comes back."""
    hand_to(case, desk_again(session, case) if case.desk is Desk.OUTSIDE else case.desk, now)
    case.ending = case.resolved_at = case.closed_at = case.planned_for = None
