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
A_DAY = timedelta(hours=CLOSES.hour - OPENS.hour)
"""The working hours of a day."""


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

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """The working hours (8 to 17 in Nairobi, working days) between two times."""
        total, day = timedelta(), start.astimezone(NAIROBI).date()
        while day <= end.astimezone(NAIROBI).date():
            if self.is_working(day):
                opens, closes = _at(day, OPENS), _at(day, CLOSES)
                total += max(timedelta(), min(end, closes) - max(start, opens))
            day += timedelta(days=1)
        return total

    def add_working_time(self, start: datetime, length: timedelta) -> datetime:
        """The time at which `length` of working hours has passed since `start`."""
        day = start.astimezone(NAIROBI).date()
        while True:
            if self.is_working(day):
                opens, closes = max(start, _at(day, OPENS)), _at(day, CLOSES)
                room = closes - opens
                if timedelta() <= length <= room:
                    return opens + length
                length -= max(timedelta(), room)
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


def measure(start: datetime, end: datetime, unit: TermUnit, calendar: Calendar) -> timedelta:
    """The time between two times as a term of `unit` counts it: working hours, or all. Never less than none."""
    if unit is TermUnit.WORKING_DAYS:
        return calendar.working_time(start, end)
    return max(timedelta(), end - start)


def after(start: datetime, length: timedelta, unit: TermUnit, calendar: Calendar) -> datetime:
    """The time, in UTC, at which `length` has passed since `start`, as a term of `unit` counts it."""
    if unit is TermUnit.WORKING_DAYS:
        return calendar.add_working_time(start, length).astimezone(UTC)
    return start + length


def length_of(term: Term) -> timedelta:
    """How long a term is, as its unit counts: a working day has nine hours."""
    units = {TermUnit.WORKING_DAYS: A_DAY, TermUnit.DAYS: timedelta(days=1), TermUnit.HOURS: timedelta(hours=1)}
    return term.amount * units[term.unit]


def outlived(now: datetime, term: Term, calendar: Calendar) -> datetime:
    """The latest time from which on `term` is over by `now`: the deadline of nothing later has passed."""
    if term.unit is not TermUnit.WORKING_DAYS:
        return now - length_of(term)
    day = local_day(now)
    while _at(calendar.working_day_after(day, term.amount), CLOSES) > now:
        day -= timedelta(days=1)
    return _at(day + timedelta(days=1), time()) - timedelta(microseconds=1)


def after_pause(due: datetime, paused: datetime, resumed: datetime, term: Term, calendar: Calendar) -> datetime:
    """`due` moved on by the time that a case waited for its resident, in the unit of its term."""
    return after(due, measure(paused, resumed, term.unit, calendar), term.unit, calendar)


def local_day(moment: datetime) -> date:
    """The day in Nairobi."""
    return moment.astimezone(NAIROBI).date()


def start_of_day(moment: datetime | date) -> datetime:
    """Midnight in Nairobi before `moment`, or with which a day begins."""
    return _at(local_day(moment) if isinstance(moment, datetime) else moment, time())


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, NAIROBI).astimezone(UTC)
