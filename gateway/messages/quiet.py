"""The night: hours in which only those SMS leave that somebody waits for."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from config.zone import NAIROBI


def is_quiet(now: datetime, hours: tuple[int, int]) -> bool:
    """Whether `now` (with its zone) lies in the night. `hours` are hours of Nairobi's clock: (21, 7) begins at 21:00
    and ends just before 7:00; (7, 7) is no night at all."""
    begins, ends = hours
    hour = now.astimezone(NAIROBI).hour
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def after_night(now: datetime, hours: tuple[int, int]) -> datetime:
    """`now`, or the end of the night that it lies in."""
    if not is_quiet(now, hours):
        return now
    ends = datetime.combine(now.astimezone(NAIROBI).date(), time(hours[1]), NAIROBI)
    return ends if ends > now else ends + timedelta(days=1)
