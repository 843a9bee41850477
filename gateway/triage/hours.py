"""When somebody wants to be called, until when that is owed, and when it was tried, in plain English."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.zone import NAIROBI
from gateway.cases.clock import local_day
from gateway.triage.english import HOURS, day, due, minute


def by(when: datetime, now: datetime) -> str:
    """Until when something is owed: `Late 3 days`, `At the latest today, 17:00`, `At the latest Mon 30 Nov, 17:00`."""
    left = (local_day(when) - local_day(now)).days
    if when < now:
        return due(when, now)
    named = ("today", "tomorrow")[left] if left <= 1 else day(when)
    return f"At the latest {named}, {when.astimezone(NAIROBI):%H:%M}"


def wanted(hour: str, asked_at: datetime, now: datetime) -> str:
    """When somebody wants to be called. What she called today or tomorrow is named by its day once that is another."""
    first, _, part = hour.partition("_")
    if first not in ("today", "tomorrow"):
        return HOURS.get(hour, hour)
    on = local_day(asked_at) + timedelta(days=first == "tomorrow")
    left = (on - local_day(now)).days
    if left == 1:
        return HOURS[hour] if part else "tomorrow"
    named = f"on {day(on)}" if left else "today"
    return f"{named}, in the {part}" if part else named


def tried(at: datetime, now: datetime) -> str:
    """`tried once at 10:41`, with its day where that is not today."""
    is_today = local_day(at) == local_day(now)
    return f"tried once at {at.astimezone(NAIROBI):%H:%M}" if is_today else f"tried once, {minute(at)}"


def from_on(when: datetime, now: datetime) -> str:
    """`from 12:41 on`, with its day where that is not today."""
    is_today = local_day(when) == local_day(now)
    return f"from {when.astimezone(NAIROBI):%H:%M} on" if is_today else f"from {minute(when)} on"
