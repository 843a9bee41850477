"""The clock of a case: pure functions from the charter's terms and the calendar to a time. `due_at` only stores it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays

from config.county import Charter, Term, TermUnit
from config.zone import NAIROBI

OPENS = time(8)
CLOSES = time(17)


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> frozenset[date]:
    """Kenya's public holidays and the Islamic ones that are gazetted each year."""
    found = holidays.country_holidays("KE", years=year, categories=("public", "islamic"))
    return frozenset(found.keys())


@dataclass(frozen=True)
class Calendar:
    """Working days: Monday to Friday but for holidays. A county adds gazetted days and takes cancelled ones out."""

    gazetted: frozenset[date] = frozenset()
    cancelled: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        if day.weekday() >= 5 or day in self.gazetted:
            return False
        return day in self.cancelled or day not in _public_holidays(day.year)

    def working_day_after(self, day: date, count: int) -> date:
        """The `count`th working day after `day`."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day

    def working_seconds(self, start: datetime, end: datetime) -> float:
        """Seconds of working hours (8 to 17 in Nairobi, working days) between two times."""
        total, day = 0.0, start.astimezone(NAIROBI).date()
        while day <= end.astimezone(NAIROBI).date():
            if self.is_working(day):
                opens, closes = _at(day, OPENS), _at(day, CLOSES)
                total += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
            day += timedelta(days=1)
        return total

    def add_working_seconds(self, start: datetime, seconds: float) -> datetime:
        """The time at which `seconds` of working hours have passed since `start`."""
        day = start.astimezone(NAIROBI).date()
        while True:
            if self.is_working(day):
                opens, closes = max(start, _at(day, OPENS)), _at(day, CLOSES)
                room = (closes - opens).total_seconds()
                if 0 <= seconds <= room:
                    return opens + timedelta(seconds=seconds)
                seconds -= max(0.0, room)
            day += timedelta(days=1)


def calendar_of(charter: Charter) -> Calendar:
    """The county's calendar; this year's and the next one's holidays are worked out now, not while somebody waits."""
    year = datetime.now(NAIROBI).year
    for ahead in (0, 1):
        _public_holidays(year + ahead)
    return Calendar(charter.gazetted, charter.cancelled)


def deadline(start: datetime, term: Term, calendar: Calendar) -> datetime:
    """When a promise of `term`, given at `start`, falls due, in UTC. Working days end at 17:00 in Nairobi."""
    if term.unit is TermUnit.WORKING_DAYS:
        last = calendar.working_day_after(start.astimezone(NAIROBI).date(), term.amount)
        return _at(last, CLOSES)
    hours = term.amount * (24 if term.unit is TermUnit.DAYS else 1)
    return start + timedelta(hours=hours)


def after_pause(due: datetime, paused: datetime, resumed: datetime, term: Term, calendar: Calendar) -> datetime:
    """`due` moved on by the time that a case waited for its resident, in the unit of its term."""
    if term.unit is TermUnit.WORKING_DAYS:
        return calendar.add_working_seconds(due, calendar.working_seconds(paused, resumed)).astimezone(UTC)
    return due + max(timedelta(), resumed - paused)


def local_day(moment: datetime) -> date:
    """The day in Nairobi."""
    return moment.astimezone(NAIROBI).date()


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, NAIROBI).astimezone(UTC)
