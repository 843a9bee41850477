"""An officer on every step of the ladder, as a rehearsed office has them: without one a step would be passed over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.county import County
from gateway.people.models import Officer, Post, Role


def take_every_seat(session: Session, county: County) -> None:
    """One officer who is sub-county administrator everywhere, chief officer of all departments and county secretary."""
    if session.scalar(select(func.count()).select_from(Post)):
        return
    officer = Officer(email="ladder@kakamega.example", name="Ladder", password_hash="x")
    session.add(officer)
    session.flush()
    seats: list[dict[str, Any]] = [{"role": Role.COUNTY_SECRETARY}]
    seats += [{"role": Role.SUB_COUNTY, "sub_county_code": one.code} for one in county.sub_counties]
    seats += [{"role": Role.CHIEF_OFFICER, "department": one.code} for one in county.departments]
    since = datetime(2026, 1, 1, tzinfo=UTC)
    session.add_all(Post(officer_id=officer.id, starts_at=since, **seat) for seat in seats)
