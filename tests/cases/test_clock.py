"""The clock of a case: working days and holidays of Kenya, promises in three units, and pauses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.county import Charter, Term, TermUnit, load, resolve
from config.zone import NAIROBI
from gateway.cases.clock import Calendar, after_pause, calendar_of, deadline, local_day

KENYA = Calendar()
DAYS, HOURS, WORKING = TermUnit.DAYS, TermUnit.HOURS, TermUnit.WORKING_DAYS


def nairobi(text: str) -> datetime:
    """`2026-11-23 09:00` in Nairobi, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=NAIROBI).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-11-20", True),  # Friday
        ("2026-11-21", False),  # Saturday
        ("2026-11-22", False),  # Sunday
        ("2026-11-23", True),
        ("2026-12-25", False),  # Christmas Day
        ("2026-03-20", False),  # Eid al-Fitr, which the Gazette declares each year
        ("2026-06-01", False),  # Madaraka Day
        ("2026-10-20", False),  # Mashujaa Day
        ("2027-12-13", False),  # Jamhuri Day fell on the Sunday before
        ("2026-12-24", True),
    ],
)
def test_a_working_day_is_no_weekend_and_no_holiday(day: str, works: bool) -> None:
    assert KENYA.is_working(date.fromisoformat(day)) is works


def test_the_county_adds_gazetted_days_and_takes_cancelled_holidays_back() -> None:
    calendar = Calendar(gazetted=frozenset({date(2026, 11, 24)}), cancelled=frozenset({date(2026, 12, 25)}))
    assert not calendar.is_working(date(2026, 11, 24))
    assert calendar.is_working(date(2026, 12, 25))
    assert calendar.working_day_after(date(2026, 11, 23), 1) == date(2026, 11, 25)


def test_a_cancelled_holiday_on_a_weekend_is_still_a_weekend() -> None:
    assert not Calendar(cancelled=frozenset({date(2026, 12, 26)})).is_working(date(2026, 12, 26))


def test_the_calendar_of_a_county_is_that_of_its_charter() -> None:
    added, taken_back = frozenset({date(2026, 11, 24)}), frozenset({date(2026, 12, 25)})
    assert calendar_of(Charter({}, {}, added, taken_back)) == Calendar(added, taken_back)


@pytest.mark.parametrize(
    ("start", "term", "due"),
    [
        # The promise of the dialogue: eight working days after the 23rd is Thursday, 3 December.
        ("2026-11-23 09:00", Term(8, WORKING), "2026-12-03 17:00"),
        ("2026-11-20 16:59", Term(1, WORKING), "2026-11-23 17:00"),
        ("2026-11-21 10:00", Term(1, WORKING), "2026-11-23 17:00"),
        ("2026-11-22 23:59", Term(1, WORKING), "2026-11-23 17:00"),
        # 02:00 on Monday in Nairobi is Sunday in UTC: the day is Nairobi's.
        ("2026-11-23 02:00", Term(1, WORKING), "2026-11-24 17:00"),
        ("2026-12-23 09:00", Term(2, WORKING), "2026-12-28 17:00"),
        ("2026-12-11 09:00", Term(3, WORKING), "2026-12-16 17:00"),
        ("2026-11-20 16:59", Term(48, HOURS), "2026-11-22 16:59"),
        ("2026-11-20 16:59", Term(30, DAYS), "2026-12-20 16:59"),
    ],
)
def test_a_promise_falls_due_in_the_unit_of_its_term(start: str, term: Term, due: str) -> None:
    found = deadline(nairobi(start), term, KENYA)
    assert found == nairobi(due)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-23 09:00", "2026-11-23 10:30", 1.5),
        ("2026-11-23 07:00", "2026-11-23 20:00", 9),
        ("2026-11-20 16:00", "2026-11-23 09:00", 2),
        ("2026-11-21 09:00", "2026-11-22 16:00", 0),
        ("2026-11-23 18:00", "2026-11-24 07:59", 0),
        ("2026-12-24 08:00", "2026-12-28 17:00", 18),
        ("2026-11-23 10:00", "2026-11-23 09:00", 0),
    ],
)
def test_working_hours_are_eight_to_five_on_working_days(start: str, end: str, hours: float) -> None:
    assert KENYA.working_time(nairobi(start), nairobi(end)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("due", "paused", "resumed", "term", "moved"),
    [
        # A wait from Wednesday 12:00 to Thursday 12:00 is nine working hours, a whole working day.
        ("2026-12-03 17:00", "2026-11-25 12:00", "2026-11-26 12:00", Term(8, WORKING), "2026-12-04 17:00"),
        ("2026-12-03 17:00", "2026-11-25 12:00", "2026-11-25 15:00", Term(8, WORKING), "2026-12-04 11:00"),
        # Over a weekend only the hour of Friday and the hour of Monday count; the rest of it moves nothing.
        ("2026-12-04 17:00", "2026-11-27 16:00", "2026-11-30 09:00", Term(8, WORKING), "2026-12-07 10:00"),
        ("2026-12-03 17:00", "2026-11-28 09:00", "2026-11-29 20:00", Term(8, WORKING), "2026-12-03 17:00"),
        ("2026-12-03 09:00", "2026-11-28 09:00", "2026-11-29 20:00", Term(5, DAYS), "2026-12-04 20:00"),
        ("2026-11-24 09:00", "2026-11-23 10:00", "2026-11-23 12:00", Term(48, HOURS), "2026-11-24 11:00"),
        ("2026-11-24 09:00", "2026-11-23 12:00", "2026-11-23 10:00", Term(48, HOURS), "2026-11-24 09:00"),
    ],
)
def test_a_pause_moves_the_promise_by_what_it_took_of_the_term(
    due: str, paused: str, resumed: str, term: Term, moved: str
) -> None:
    found = after_pause(nairobi(due), nairobi(paused), nairobi(resumed), term, KENYA)
    assert found == nairobi(moved)
    assert found.utcoffset() == timedelta(0)


def test_a_pause_never_makes_a_late_case_timely() -> None:
    due, paused, resumed = nairobi("2026-11-23 17:00"), nairobi("2026-11-25 09:00"), nairobi("2026-12-02 09:00")
    assert after_pause(due, paused, resumed, Term(8, WORKING), KENYA) < resumed
    assert after_pause(due, paused, resumed, Term(8, DAYS), KENYA) < resumed


def test_the_day_is_that_of_nairobi() -> None:
    assert local_day(datetime(2026, 11, 22, 21, 0, tzinfo=UTC)) == date(2026, 11, 23)
    assert local_day(datetime(2026, 11, 22, 20, 59, tzinfo=UTC)) == date(2026, 11, 22)


def test_kakamega_promises_what_its_charter_says() -> None:
    county = load(resolve("kakamega"))
    start, calendar = nairobi("2026-11-23 09:00"), calendar_of(county.charter)
    due = {code: deadline(start, county.charter.term("resolve", code), calendar) for code in ("WATER", "ROADS", "GBV")}
    assert due == {
        "WATER": nairobi("2026-12-03 17:00"),
        "ROADS": nairobi("2026-12-11 17:00"),
        "GBV": nairobi("2026-11-30 17:00"),
    }


# The slow oracle walks minute by minute.

BUSY = Calendar(gazetted=frozenset({date(2026, 12, 23)}), cancelled=frozenset({date(2026, 12, 12)}))
MINUTES = st.integers(0, 40 * 24 * 60).map(lambda minutes: nairobi("2026-12-01 00:00") + timedelta(minutes=minutes))


def is_open(moment: datetime) -> bool:
    local = moment.astimezone(NAIROBI)
    return BUSY.is_working(local.date()) and 8 <= local.hour < 17


def open_minutes(start: datetime, end: datetime) -> int:
    return sum(is_open(start + timedelta(minutes=minute)) for minute in range(int((end - start).total_seconds()) // 60))


@settings(max_examples=25, deadline=None)
@given(start=MINUTES, end=MINUTES)
def test_working_time_agrees_with_counting_minutes(start: datetime, end: datetime) -> None:
    assert BUSY.working_time(start, end) == timedelta(minutes=open_minutes(start, end))


@settings(max_examples=25, deadline=None)
@given(start=MINUTES, minutes=st.integers(1, 4000))
def test_adding_working_time_agrees_with_counting_minutes(start: datetime, minutes: int) -> None:
    moment, left = start, minutes
    while left:
        left -= is_open(moment)
        moment += timedelta(minutes=1)
    assert BUSY.add_working_time(start, timedelta(minutes=minutes)) == moment


@settings(max_examples=25, deadline=None)
@given(start=MINUTES, length=st.timedeltas(timedelta(microseconds=1), timedelta(days=3)))
def test_what_is_added_can_be_measured_to_the_microsecond(start: datetime, length: timedelta) -> None:
    assert BUSY.working_time(start, BUSY.add_working_time(start, length)) == length
