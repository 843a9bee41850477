"""Officers who report as residents: nobody confirms the work of her own desk."""

from __future__ import annotations

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from gateway.cases.models import Case, CaseEvent, Desk, Step
from gateway.people.models import Officer, Post, Resident, Role


def is_of_its_desk(session: Session, case: Case) -> bool:
    """Whether the phone that reported `case` is that of an officer who had to do with it, or with the case that ended
    for it.

    Who has acted on it, or has held a post for its ward, its sub-county or its department since it came, or one at the
    county's desks that had it; whoever has left may answer like everybody.
    """
    lead = session.get(Case, case.lead_id) if case.lead_id else None
    return any(_had_to_do(session, case.resident_id, one) for one in (case, lead) if one)


def _had_to_do(session: Session, resident_id: int | None, case: Case) -> bool:
    acted = select(CaseEvent.id).where(CaseEvent.case_id == case.id, CaseEvent.officer_id == Officer.id)
    held = select(Post.id).where(
        Post.officer_id == Officer.id,
        or_(Post.ends_at.is_(None), Post.ends_at > case.received_at),
        or_(
            and_(Post.role == Role.WARD, Post.ward_code == case.ward_code),
            and_(Post.role == Role.SUB_COUNTY, Post.sub_county_code == case.sub_county_code),
            and_(Post.role.in_((Role.DEPARTMENT, Role.CHIEF_OFFICER)), Post.department == case.department),
            Post.role.in_(_county_wide(case)),
        ),
    )
    query = (
        select(Officer.id)
        .join(Resident, Resident.phone_hash == Officer.phone_hash)
        .where(Resident.id == resident_id, Officer.active, or_(acted.exists(), held.exists()))
    )
    return session.scalar(query.limit(1)) is not None


def _county_wide(case: Case) -> list[Role]:
    """The roles without a jurisdiction whose case it is."""
    theirs = {
        Role.HOTLINE: not case.sensitive and (case.desk is Desk.COUNTY or case.ward_code is None),
        Role.COUNTY_SECRETARY: case.about_ombudsman or case.raised_to is Step.COUNTY_SECRETARY,
        Role.OMBUDSMAN: case.sensitive and not case.about_ombudsman,
    }
    return [role for role, has_it in theirs.items() if has_it]
