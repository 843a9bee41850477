"""What is wrong with how the county is set up, so that cases pass somebody by. It tells of seats, never of cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.county import County
from gateway.cases.clock import local_day
from gateway.cases.coverage import SILENT
from gateway.cases.models import WardCover, WardState
from gateway.cases.office import Office
from gateway.people.models import Officer, Post, Role
from gateway.people.presence import Seat, held_on, is_away_on, seat_of


class FaultKind(StrEnum):
    VACANT = "vacant"
    """Nobody holds the post."""
    AWAY = "away"
    """All who hold it are on leave, without a deputy."""
    SILENT = "silent"
    """Its ward is covered, because nobody who holds it was seen for days."""
    NO_TOTP = "no_totp"
    """An officer above the ward signs in without codes of an authenticator."""
    UNKNOWN_PLACE = "unknown_place"
    """A post of a ward, a sub-county or a department that the county does not have."""


@dataclass(frozen=True)
class Fault:
    """One thing to put right: the seat (`code` of its ward, sub-county or department, if it has one), and the officer,
    where it is about one."""

    kind: FaultKind
    role: Role
    code: int | str | None = None
    officer_id: int | None = None
    name: str = ""


@dataclass(frozen=True)
class _Held:
    post: Post
    name: str
    away: bool
    has_totp: bool


def find(session: Session, office: Office, now: datetime, *, demo: bool = False) -> list[Fault]:
    """Every fault as of today: what nobody is there for first, the rest by officer. Three queries, however many.

    In a demo nobody needs codes to sign in.
    """
    held = _held(session, now)
    covers = {cover.ward_code: cover for cover in session.scalars(select(WardCover))}
    by_seat: defaultdict[Seat, list[_Held]] = defaultdict(list)
    for one in held:
        by_seat[seat_of(one.post)].append(one)
    places = [
        *_empty(office.county, by_seat, covers),
        *(Fault(FaultKind.SILENT, Role.WARD, code) for code, cover in sorted(covers.items()) if cover.why == SILENT),
    ]
    return [*places, *_unknown(office.county, held), *([] if demo else _without_totp(held))]


def seats(county: County) -> Iterator[Seat]:
    """Every seat that cases go to, those that the whole county looks to first."""
    yield from ((role, None) for role in (Role.COUNTY_SECRETARY, Role.OMBUDSMAN, Role.HOTLINE))
    yield from ((Role.SUB_COUNTY, sub_county.code) for sub_county in county.sub_counties)
    owners = {category.department for category in county.categories if not category.sensitive}
    departments = [department.code for department in county.departments if department.code in owners]
    yield from ((role, code) for code in departments for role in (Role.CHIEF_OFFICER, Role.DEPARTMENT))
    yield from ((Role.WARD, ward.code) for ward in county.wards)


def _held(session: Session, now: datetime) -> Sequence[_Held]:
    day = local_day(now)
    query = (
        select(Post, Officer.name, is_away_on(day), Officer.totp_sealed.is_not(None))
        .join(Officer, Officer.id == Post.officer_id)
        .where(Officer.active, held_on(day))
        .order_by(Officer.name, Post.id)
    )
    return [_Held(*row) for row in session.execute(query)]


def _empty(county: County, held: Mapping[Seat, Sequence[_Held]], covers: Mapping[int, WardCover]) -> Iterator[Fault]:
    """A ward that does not take part yet needs nobody."""
    at_the_desk = {(Role.WARD, code) for code, cover in covers.items() if cover.state is WardState.DESK}
    for seat in seats(county):
        there = held.get(seat, ())
        if seat not in at_the_desk and all(one.away for one in there):
            yield Fault(FaultKind.AWAY if there else FaultKind.VACANT, *seat)


def _unknown(county: County, held: Sequence[_Held]) -> Iterator[Fault]:
    for one in held:
        post = one.post
        known = (
            post.ward_code is None or county.ward(post.ward_code),
            post.sub_county_code is None or county.sub_county(post.sub_county_code),
            post.department is None or county.department(post.department),
        )
        if not all(known):
            yield Fault(FaultKind.UNKNOWN_PLACE, *seat_of(post), officer_id=post.officer_id, name=one.name)


def _without_totp(held: Sequence[_Held]) -> Iterator[Fault]:
    """One for each officer, by the first of her posts that asks for it."""
    told: set[int] = set()
    for one in held:
        if one.post.role is not Role.WARD and not one.has_totp and one.post.officer_id not in told:
            told.add(one.post.officer_id)
            yield Fault(FaultKind.NO_TOTP, *seat_of(one.post), officer_id=one.post.officer_id, name=one.name)
