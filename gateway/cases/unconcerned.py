"""To whom a case goes that is about somebody who works where it belongs: to the nearest desk that is not concerned."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from gateway.cases import desks
from gateway.cases.models import Case, CaseConflict, Desk
from gateway.people.models import Officer, Post, Role
from gateway.people.presence import held_at


def desk_for(session: Session, case: Case, now: datetime) -> Desk:
    """The ward; where it is about everybody who works there the sub-county; and so on to the county's desk."""
    if case.ward_code is None:
        return Desk.COUNTY
    if not _is_about_all(session, case, now, Post.role == Role.WARD, Post.ward_code == case.ward_code):
        return desks.of_ward(session, case.ward_code)
    theirs = (Post.role == Role.SUB_COUNTY, Post.sub_county_code == case.sub_county_code)
    if case.sub_county_code is None or _is_about_all(session, case, now, *theirs):
        return Desk.COUNTY
    return Desk.SUB_COUNTY


def _is_about_all(session: Session, case: Case, now: datetime, *which: ColumnElement[bool]) -> bool:
    """Whether somebody holds such a post now, and nobody whom the case is not about."""
    held = select(Post.officer_id).join(Officer, Officer.id == Post.officer_id).where(Officer.active, held_at(now))
    about = select(CaseConflict.officer_id).where(CaseConflict.case_id == case.id)
    holders = set(session.scalars(held.where(*which)))
    return bool(holders) and holders <= set(session.scalars(about))
