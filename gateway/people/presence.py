"""Who is there on a day: the active officers who hold a post and are not on leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from config.zone import NAIROBI
from gateway.people.models import Absence, Officer, Post, Role

Seat = tuple[Role, int | str | None]
"""A role and its jurisdiction: the code of a ward or a sub-county, that of a department, or none."""


def seat_of(post: Post) -> Seat:
    """`(Role.WARD, 1014)`, `(Role.CHIEF_OFFICER, "water")`, `(Role.HOTLINE, None)`."""
    return post.role, post.ward_code or post.sub_county_code or post.department


def jurisdiction_of(seat: Seat) -> dict[str, Any]:
    """A seat's jurisdiction as the columns of a post: `{"ward_code": 1014}`."""
    columns = {Role.WARD: "ward_code", Role.SUB_COUNTY: "sub_county_code"}
    role, code = seat
    return {} if code is None else {columns.get(role, "department"): code}


def held_at(now: datetime) -> ColumnElement[bool]:
    """The condition that a post is held at this moment."""
    return (Post.starts_at <= now) & or_(Post.ends_at.is_(None), Post.ends_at > now)


def held_on(day: date) -> ColumnElement[bool]:
    """The condition that a post is held when `day` ends in Nairobi: one that begins that day counts, one that has
    ended does not."""
    end = datetime.combine(day + timedelta(days=1), time(), NAIROBI)
    return (Post.starts_at < end) & or_(Post.ends_at.is_(None), Post.ends_at >= end)


def is_away_on(day: date) -> ColumnElement[bool]:
    """The condition that the officer of a post is on leave that day."""
    leave = (Absence.officer_id == Post.officer_id) & (Absence.first_day <= day) & (Absence.last_day >= day)
    return exists().where(leave)


def present_posts(session: Session, day: date) -> Mapping[Seat, frozenset[int]]:
    """Every seat that somebody is there for, with the ids of those officers; a deputy is one. One query."""
    query = (
        select(Post).join(Officer, Officer.id == Post.officer_id).where(Officer.active, held_on(day), ~is_away_on(day))
    )
    found: defaultdict[Seat, set[int]] = defaultdict(set)
    for post in session.scalars(query):
        found[seat_of(post)].add(post.officer_id)
    return {seat: frozenset(officers) for seat, officers in found.items()}
