"""Who may see which case: the one filter that every officer's read goes through."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, false, select

from gateway.cases.models import CallBack, Case
from gateway.people.models import Officer, Role


def visible(officer: Officer) -> ColumnElement[bool]:
    """The condition on `cases` that holds for what this officer may see. Unknown roles see nothing."""
    if not officer.active:
        return false()
    match officer.role:
        case Role.WARD if officer.ward_code is not None:
            return and_(~Case.sensitive, Case.ward_code == officer.ward_code)
        case Role.SUB_COUNTY if officer.sub_county_code is not None:
            return and_(~Case.sensitive, Case.sub_county_code == officer.sub_county_code)
        case Role.DEPARTMENT if officer.department is not None:
            return and_(~Case.sensitive, Case.department == officer.department)
        case Role.OMBUDSMAN:
            return and_(Case.sensitive)
        case Role.HOTLINE:
            return and_(~Case.sensitive, Case.ward_code.is_(None))
        case _:
            return false()


def visible_to(officer: Officer) -> Select[Case]:
    """All cases that `officer` may see. Run it in `gateway.db.officer_session`, under the restricted role."""
    return select(Case).where(visible(officer))


def call_backs_visible_to(officer: Officer) -> Select[CallBack]:
    """Open call-backs: the desk's list, which never holds one of a sensitive case; those stand with the case."""
    asked = select(CallBack).outerjoin(Case, Case.id == CallBack.case_id).where(CallBack.done_at.is_(None))
    match officer.role:
        case Role.HOTLINE if officer.active:
            return asked.where(CallBack.case_id.is_(None) | ~Case.sensitive)
        case Role.OMBUDSMAN if officer.active:
            return asked.where(Case.sensitive)
        case _:
            return asked.where(false())
