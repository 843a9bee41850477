"""Who may see which case: the one filter that every officer's read goes through."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, false, func, literal_column, or_, select

from config.county import County, Ward
from gateway.cases.models import CallBack, Case, CaseConflict, Desk, Step
from gateway.people.models import Officer, Post, Role


def visible(officer: Officer) -> ColumnElement[bool]:
    """The condition on `cases` that holds for what this officer may see, by any of her posts.

    Whom a case is about does not see it, whatever she holds: neither who is named in it, nor an ombudsman what is about
    her own office, even where she stands in for the county secretary. Without a post nothing is seen.
    """
    if not officer.active or not officer.posts:
        return false()
    return and_(or_(*(seen_by(post) for post in officer.posts)), unbarred(officer))


def unbarred(officer: Officer) -> ColumnElement[bool]:
    """Neither about her nor, where she has it, about her own office: no post shows her those."""
    about_her = select(CaseConflict.case_id).where(CaseConflict.officer_id == officer.id)
    apart = Case.id.not_in(about_her)
    return and_(apart, ~(Case.sensitive & Case.about_ombudsman)) if officer.holds(Role.OMBUDSMAN) else apart


def seen_by(post: Post) -> ColumnElement[bool]:
    """What this post alone shows."""
    return or_(false(), *sights(post))


def sights(post: Post) -> Sequence[ColumnElement[bool]]:
    """The same in parts, each with an index of its own: what one of them shows, the post shows."""
    match post.role:
        case Role.WARD if post.ward_code is not None:
            return [and_(~Case.sensitive, Case.ward_code == post.ward_code)]
        case Role.SUB_COUNTY if post.sub_county_code is not None:
            return [and_(~Case.sensitive, Case.sub_county_code == post.sub_county_code)]
        case Role.DEPARTMENT | Role.CHIEF_OFFICER if post.department is not None:
            return [and_(~Case.sensitive, Case.department == post.department)]
        case Role.COUNTY_SECRETARY:
            raised = and_(~Case.sensitive, Case.raised_to == literal_column(f"'{Step.COUNTY_SECRETARY}'"))
            return [raised, and_(Case.sensitive, Case.about_ombudsman)]
        case Role.OMBUDSMAN:
            return [and_(Case.sensitive, ~Case.about_ombudsman)]
        case Role.HOTLINE:
            asked = select(CallBack.case_id).where(CallBack.done_at.is_(None), CallBack.case_id.is_not(None))
            # As an array, which is made once: for what is IN a query the database does not ask the index.
            called_back = Case.id == func.any(func.array(asked.scalar_subquery()))
            at_the_desk = or_(Case.ward_code.is_(None), Case.desk == literal_column(f"'{Desk.COUNTY}'"))
            return [and_(~Case.sensitive, at_the_desk), and_(~Case.sensitive, called_back)]
        case _:
            return []


def visible_to(officer: Officer) -> Select[Case]:
    """All cases that `officer` may see. Run it in `gateway.db.officer_session`, under the restricted role."""
    return select(Case).where(visible(officer))


def wards_of(county: County, officer: Officer) -> list[Ward]:
    """The wards that she answers for, as its administrator or that of the sub-county; in the county's order."""
    return [ward for ward in county.wards if ward.code in officer.wards or ward.sub_county in officer.sub_counties]


def call_backs_visible_to(officer: Officer) -> Select[CallBack]:
    """Open call-backs: the desk's list, which never holds one of a sensitive case; those stand with the case."""
    asked = select(CallBack).outerjoin(Case, Case.id == CallBack.case_id).where(CallBack.done_at.is_(None))
    which: list[ColumnElement[bool]] = [CallBack.case_id.is_(None)] if officer.holds(Role.HOTLINE) else []
    which += [visible(officer)] if officer.holds(Role.HOTLINE, Role.OMBUDSMAN, Role.COUNTY_SECRETARY) else []
    return asked.where(or_(false(), *which)) if officer.active else asked.where(false())
