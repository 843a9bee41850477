"""What the county administrator's pages show of officers: a page of the list, and all that is kept of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import abort
from sqlalchemy import String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from gateway.cases.clock import local_day
from gateway.cases.pages import page_of
from gateway.people import leave
from gateway.people.models import Absence, Officer, OneTimeLink, Post
from gateway.people.presence import held_on
from gateway.triage.officer_forms import SearchForm

PAGE = 50
MOST_PAGES = 400


@dataclass(frozen=True)
class Row:
    """One officer in the list. `away_until`: the last day of the leave that she is on."""

    officer: Officer
    has_totp: bool
    away_until: date | None


@dataclass(frozen=True)
class Listed:
    """One page of the list, from 1 to `last`; `total`: how many officers there are of this name."""

    rows: Sequence[Row]
    number: int
    last: int
    total: int


@dataclass(frozen=True)
class Held:
    """A post as it stands on the officer's page. `for_name`: in whose place she holds it."""

    post: Post
    for_name: str
    is_coming: bool


@dataclass(frozen=True)
class Card:
    """All that is shown of one officer."""

    officer: Officer
    has_totp: bool
    posts: Sequence[Held]
    absences: Sequence[tuple[Absence, str]]
    link_until: datetime | None
    is_own: bool


def read(session: Session, form: SearchForm, number: int, now: datetime) -> Listed:
    """A page of the officers whom the form looks for, those who left at the end. Three queries, however many."""
    today, name = local_day(now), form.name.data
    which = or_(Officer.name.icontains(name, autoescape=True), Officer.email.icontains(name, autoescape=True))
    if form.validate() and form.seat.data:
        role, code = form.chosen
        place = func.coalesce(cast(Post.ward_code, String), cast(Post.sub_county_code, String), Post.department, "")
        held = select(Post.officer_id).where(Post.role == role, place == str(code or ""), held_on(today))
        which = and_(which, Officer.id.in_(held))
    total = session.scalar(select(func.count()).select_from(Officer).where(which)) or 0
    number, last = page_of(number, total, PAGE, MOST_PAGES)
    away = (
        select(func.max(Absence.last_day))
        .where(Absence.officer_id == Officer.id, Absence.first_day <= today, Absence.last_day >= today)
        .scalar_subquery()
    )
    query = (
        select(Officer, Officer.totp_sealed.is_not(None), away)
        .where(which)
        .order_by(Officer.active.desc(), Officer.name, Officer.id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    return Listed([Row(*row) for row in session.execute(query)], number, last, total)


def find(session: Session, officer_id: int) -> Officer:
    """The officer with this id; 404 where there is none."""
    return session.get(Officer, officer_id) or abort(404) if officer_id < 2**31 else abort(404)


def held_posts(session: Session, who: Officer) -> Sequence[Post]:
    """The posts that she holds, or will hold."""
    held = select(Post).where(Post.officer_id == who.id, or_(Post.ends_at.is_(None), Post.ends_at > func.now()))
    return session.scalars(held.order_by(Post.id)).all()


def own_absence(session: Session, who: Officer, absence_id: int, now: datetime) -> Absence:
    """The leave with this id, if it is hers and not over; else 404."""
    return next((one for one in leave.of_officer(session, who.id, now) if one.id == absence_id), None) or abort(404)


def absences(session: Session, who: Officer, now: datetime) -> Sequence[tuple[Absence, str]]:
    """Her leave that is or will be, each with the name of who stands in."""
    found = leave.of_officer(session, who.id, now)
    names = _names(session, [one.deputy_id for one in found])
    return [(one, names.get(one.deputy_id or 0, "")) for one in found]


def state(who: Officer) -> str:
    """`Active`, `Not signed in yet` or `Has left`."""
    if not who.active:
        return "Has left"
    return "Active" if who.seen_at else "Not signed in yet"


def card(session: Session, who: Officer, reader: Officer, now: datetime) -> Card:
    """All that `reader` is shown of one officer."""
    posts = held_posts(session, who)
    names = _names(session, [post.for_id for post in posts])
    held = {post.id for post in who.posts}
    link = select(func.max(OneTimeLink.expires_at)).where(
        OneTimeLink.officer_id == who.id, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > func.now()
    )
    return Card(
        officer=who,
        has_totp=session.scalar(select(Officer.totp_sealed.is_not(None)).where(Officer.id == who.id)) or False,
        posts=[Held(post, names.get(post.for_id or 0, ""), post.id not in held) for post in posts],
        absences=absences(session, who, now),
        link_until=session.scalar(link),
        is_own=who.id == reader.id,
    )


def _names(session: Session, ids: Sequence[int | None]) -> Mapping[int, str]:
    wanted = {one for one in ids if one is not None}
    rows = session.execute(select(Officer.id, Officer.name).where(Officer.id.in_(wanted))) if wanted else ()
    return {row[0]: row[1] for row in rows}
