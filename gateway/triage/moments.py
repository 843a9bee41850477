"""Moments that are typed into a form and read on a page, in Nairobi: `2026-11-22T08:30` or `2026-11-22`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from wtforms import StringField, ValidationError

from config.zone import NAIROBI

WRONG = "Write day and time, such as 2026-11-22 08:30, or the day alone."

MINUTE = len("2026-11-22T08:30")

_DAY = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
_MINUTE = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?", re.ASCII)


def now() -> datetime:
    return datetime.now(UTC)


def begin(written: str | None) -> str | None:
    """A day alone as its first minute, so that a browser's field for day and time shows it again."""
    return f"{written}T00:00" if written and _DAY.fullmatch(written) else written


def end(written: str | None) -> str | None:
    """A day alone as its last minute."""
    return f"{written}T23:59" if written and _DAY.fullmatch(written) else written


def parse(written: str | None, *, after: bool = False) -> datetime | None:
    """The moment in UTC; with `after` the end of the minute that is written. None for anything else."""
    if not written or not _MINUTE.fullmatch(written):
        return None
    try:
        moment = datetime.fromisoformat(written[:MINUTE]).replace(tzinfo=NAIROBI)
    except ValueError:
        return None
    return (moment + timedelta(minutes=int(after))).astimezone(UTC)


def check(field: StringField) -> None:
    """Raises ValidationError where something else is written."""
    if field.data and parse(field.data) is None:
        raise ValidationError(WRONG)


def stamp(moment: datetime) -> str:
    """`22 Nov 2026, 14:05:09`, in Nairobi."""
    local = moment.astimezone(NAIROBI)
    return f"{local.day} {local:%b %Y, %H:%M:%S}"
