"""Leave: from which day to which, who stands in, and the posts that the deputy holds meanwhile."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from config.county import County
from config.zone import NAIROBI
from gateway.people import audit, officers
from gateway.people.models import ALONE, Absence, Officer, Post, Role
from gateway.people.officers import OfficerRefused
from gateway.people.presence import jurisdiction_of, seat_of

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Plan:
    """Both days included, in Nairobi. `deputy_id`: who stands in; None: those above do."""

    first_day: date
    last_day: date
    deputy_id: int | None = None


def deputies(session: Session, county: County, officer: Officer, by: Officer) -> Sequence[Officer]:
    """Who may stand in for `officer`, by name.

    She herself chooses among those who see as much as she does, or work beside her; the county administrator among all
    who may hold her posts beside their own. Nobody stands in for an ombudsman who holds any other post: the complaints
    may be about that desk.
    """
    everybody = select(Officer).where(Officer.active, Officer.id != officer.id).order_by(Officer.name, Officer.id)
    found = session.scalars(everybody).all()
    roles = officers.lasting_roles(session, [one.id for one in found])
    return [one for one in found if _may_stand_in(county, officer, one, roles[one.id], by)]


def arrange(session: Session, county: County, officer_id: int, plan: Plan, by: Officer, now: datetime) -> Absence:
    """Keep the leave, and lend the deputy the posts for these days. The caller hands over the cases, and commits.

    Raises OfficerRefused.
    """
    locked = _lock(session, {officer_id, *([plan.deputy_id] if plan.deputy_id else [])})
    officer, deputy = locked[officer_id], locked.get(plan.deputy_id or 0)
    _refuse_days(session, officer, plan, now)
    if plan.deputy_id:
        _refuse_deputy(session, county, officer, deputy, plan, by)
    absence = Absence(
        officer_id=officer.id, first_day=plan.first_day, last_day=plan.last_day, deputy_id=plan.deputy_id,
        made_by=by.id,
    )  # fmt: skip
    session.add(absence)
    session.flush()
    audit.append(
        session, "leave_set", officer_id=by.id, about_id=officer.id, first_day=plan.first_day.isoformat(),
        last_day=plan.last_day.isoformat(), deputy=plan.deputy_id,
    )  # fmt: skip
    if deputy:
        _lend(session, officer, deputy, plan, by, now)
    return absence


def end(session: Session, absence: Absence, by: Officer, now: datetime) -> None:
    """She is here from today on, or does not go at all: the deputy's posts end. The caller commits."""
    for post in _lent(session, absence):
        if officers.end_post(session, post.officer_id, post.id):
            _note(session, "post_ended", post, by)
    audit.append(
        session, "leave_ended", officer_id=by.id, about_id=absence.officer_id,
        first_day=absence.first_day.isoformat(), last_day=absence.last_day.isoformat(),
    )  # fmt: skip
    today = now.astimezone(NAIROBI).date()
    if absence.first_day > today:
        session.execute(delete(Absence).where(Absence.id == absence.id))
        return
    absence.last_day, absence.ended_at = today - timedelta(days=1), now
    session.flush()


def of_officer(session: Session, officer_id: int, now: datetime) -> Sequence[Absence]:
    """Her leave that is or will be, the next one first."""
    today = now.astimezone(NAIROBI).date()
    hers = select(Absence).where(Absence.officer_id == officer_id, Absence.last_day >= today)
    return session.scalars(hers.order_by(Absence.first_day)).all()


def _lock(session: Session, ids: set[int]) -> dict[int, Officer]:
    query = select(Officer).where(Officer.id.in_(ids)).order_by(Officer.id).with_for_update(of=Officer)
    return {one.id: one for one in session.scalars(query.execution_options(populate_existing=True))}


def _refuse_days(session: Session, officer: Officer, plan: Plan, now: datetime) -> None:
    if not officer.active:
        raise OfficerRefused("She has left. Bring her back first.")
    if plan.first_day < now.astimezone(NAIROBI).date():
        raise OfficerRefused("Leave begins today at the earliest.")
    if plan.last_day < plan.first_day:
        raise OfficerRefused("The last day comes before the first.")
    if plan.last_day - plan.first_day > LONGEST or plan.first_day - now.astimezone(NAIROBI).date() > LONGEST:
        raise OfficerRefused("Leave begins within a year, and lasts a year at most.")
    if _is_away(session, officer.id, plan):
        raise OfficerRefused("There is leave on some of these days already: end that first.")


def _refuse_deputy(
    session: Session, county: County, officer: Officer, deputy: Officer | None, plan: Plan, by: Officer
) -> None:
    roles = officers.lasting_roles(session, [deputy.id])[deputy.id] if deputy else set()
    if deputy is None or not _may_stand_in(county, officer, deputy, roles, by):
        raise OfficerRefused("This officer cannot stand in: choose another one, or nobody.")
    if _is_away(session, deputy.id, plan):
        raise OfficerRefused("The deputy is on leave on some of these days: choose another one, or nobody.")


def _is_away(session: Session, officer_id: int, plan: Plan) -> bool:
    overlaps = (Absence.first_day <= plan.last_day, Absence.last_day >= plan.first_day)
    return session.scalar(select(Absence.id).where(Absence.officer_id == officer_id, *overlaps).limit(1)) is not None


def _may_stand_in(county: County, officer: Officer, one: Officer, lasting: Set[Role], by: Officer) -> bool:
    """`lasting`: the roles that she holds or is to hold, such as when somebody else goes on leave."""
    if one.id in (officer.id, by.id) or not one.active:
        return False
    own = [post for post in officer.posts if post.for_id is None]
    roles = {post.role for post in own}
    others = lasting - roles
    if others and (roles & {*ALONE, Role.OMBUDSMAN} or others & {*ALONE}):
        return False
    if by.id != officer.id:
        return True
    return bool(own) and all(any(_is_near(county, post, held) for held in one.posts) for post in own)


def _is_near(county: County, post: Post, held: Post) -> bool:
    """Whether who holds `held` may be asked by who holds `post`: nobody gives a sight away that is not hers to give."""
    if held.for_id is not None:
        return False
    same_department = held.department is not None and held.department == post.department
    match post.role:
        case Role.WARD:
            return held.role in (Role.WARD, Role.SUB_COUNTY) and _area(county, held) == _area(county, post)
        case Role.SUB_COUNTY:
            return held.role in (Role.SUB_COUNTY, Role.COUNTY_SECRETARY)
        case Role.DEPARTMENT:
            return same_department
        case Role.CHIEF_OFFICER:
            return same_department or held.role is Role.COUNTY_SECRETARY
        case _:
            return held.role is post.role


def _area(county: County, post: Post) -> int | None:
    ward = county.ward(post.ward_code) if post.ward_code else None
    return ward.sub_county if ward else post.sub_county_code


def _lend(session: Session, officer: Officer, deputy: Officer, plan: Plan, by: Officer, now: datetime) -> None:
    """The posts that are her own: those in which she stands in for others stay with her."""
    begins, ends = _midnight(plan.first_day), _midnight(plan.last_day + timedelta(days=1))
    own = select(Post).where(
        Post.officer_id == officer.id, Post.for_id.is_(None), Post.starts_at < ends,
        or_(Post.ends_at.is_(None), Post.ends_at > max(begins, now)),
    )  # fmt: skip
    for post in session.scalars(own.order_by(Post.id)).all():
        lent = officers.give_post(
            session, deputy, post.role, **jurisdiction_of(seat_of(post)), starts_at=max(begins, post.starts_at, now),
            ends_at=min(ends, post.ends_at) if post.ends_at else ends, for_id=officer.id, given_by=by.id,
        )  # fmt: skip
        _note(session, "post_given", lent, by)


def _lent(session: Session, absence: Absence) -> Sequence[Post]:
    begins, ends = _midnight(absence.first_day), _midnight(absence.last_day + timedelta(days=1))
    query = select(Post).where(
        Post.officer_id == absence.deputy_id, Post.for_id == absence.officer_id, Post.starts_at >= begins,
        Post.starts_at < ends,
    )  # fmt: skip
    return session.scalars(query.order_by(Post.id)).all()


def _note(session: Session, name: str, post: Post, by: Officer) -> None:
    role, code = seat_of(post)
    audit.append(
        session, name, officer_id=by.id, about_id=post.officer_id, role=role.value, code=code, stands_in_for=post.for_id
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), NAIROBI)
