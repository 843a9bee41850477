"""How a case and a round read in an SMS to an officer: codes, a place and counts in a few letters, never words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from config.categories import Category, CommonProblem
from config.county import County
from config.rights import RIGHTS, Right
from config.zone import NAIROBI
from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.people.masking import masked
from gateway.people.models import Officer, Post
from menus.lettering import septets, shorten

ABOUT = 33
"""Septets of what a case is about with its place: `Burst pipe, Soko Shirere`."""
TERSE = 14
"""Septets of a common problem that has its category before it: *Not collected* alone says nothing."""
SAID = 42
"""Septets of the sentence that tells an officer what her answer did."""
CHOICES = 29
"""Septets of what she may answer."""
MANY = 99
"""What is more than this is told as `99+`."""


def compose(office: Office, officer: Officer, wording: str, **slots: str) -> str:
    """The SMS in her language, with the place of her first post."""
    place = shorten(place_of(office.county, officer), _longest_place(office.county))
    return office.letters.compose(wording, officer.language, {"round_place": place, **slots})


def said(office: Office, officer: Officer, outcome: str, case: Case) -> str:
    """One sentence on what became of a case: `4821 7739 is yours.`"""
    slots = {"reference": spoken(case.reference)}
    return shorten(office.letters.compose(f"officer_said_{outcome}", officer.language, slots), SAID)


def choices(office: Office, officer: Officer, *, all_three: bool) -> str:
    """`1 going 2 not mine 3 call me`; without the second where it goes nowhere."""
    wording = "officer_choices" if all_three else "officer_choices_two"
    return shorten(office.letters.compose(wording, officer.language, {}), CHOICES)


def case_slots(office: Office, officer: Officer, case: Case) -> Mapping[str, str]:
    """Which case it is, and what it is about."""
    return {"reference": spoken(case.reference), "about": about(office, officer, case)}


def about(office: Office, officer: Officer, case: Case) -> str:
    """`Garbage: not collected, Soko Shirere` to its ward, `Garbage: not collected, Shirere` to everybody else; what was
    only read from the words has a question mark. Never of a confidential case."""
    what = _subject(office, case, officer.language)
    ward = office.county.ward(case.ward_code) if case.ward_code else None
    typed = masked(case.landmark).strip(" .,?!") if case.landmark else None  # her words: a number may stand in them
    where = typed if case.ward_code in officer.wards else ward.short if ward else None
    if _is_guess(case):
        what += "?" if where else " (?)"  # a full stop stands behind it
    room = ABOUT - septets(what) - 2
    return shorten(f"{what}, {shorten(where, room)}" if where and room > 2 else what, ABOUT)


def _is_guess(case: Case) -> bool:
    return bool((case.guess or {}).get("category"))


def _subject(office: Office, case: Case, language: str) -> str:
    """The problem, where a common one was chosen or read, a terse one with its category; else the category."""
    named, problem = _named(office.county, case)
    if problem is None:
        return office.menu.spoken(named.label if named else {"": case.category}, language)
    told = office.menu.spoken(problem.label, language)
    if not isinstance(named, Category) or septets(told) > TERSE:
        return told
    short = office.menu.spoken(named.short, language)
    return told if short.lower() in told.lower() else f"{short}: {told[:1].lower()}{told[1:]}"


def _named(county: County, case: Case) -> tuple[Category | Right | None, CommonProblem | None]:
    read = case.guess or {}
    code, problem = (read["category"], read.get("problem")) if _is_guess(case) else (case.category, case.problem)
    category = county.category(code)
    return category or RIGHTS.get(code), category.problem(problem) if category else None


def place_of(county: County, officer: Officer) -> str:
    """Where an officer works, by her first post: her ward, sub-county or department, else the county."""
    return next((name for post in officer.posts if (name := _name_of(county, post, officer.language))), county.name)


def _name_of(county: County, post: Post, language: str) -> str:
    ward = county.ward(post.ward_code) if post.ward_code else None
    sub_county = county.sub_county(post.sub_county_code) if post.sub_county_code else None
    department = county.department(post.department) if post.department else None
    if department:
        return department.short.get(language) or next(iter(department.short.values()), "")
    return ward.short if ward else sub_county.short if sub_county else ""


def _places(county: County) -> Iterator[str]:
    yield county.name
    yield from (ward.short for ward in county.wards)
    yield from (one.short for one in county.sub_counties)
    yield from (short for department in county.departments for short in department.short.values())


def _longest_place(county: County) -> int:
    return max(map(septets, _places(county)))


def hour(office: Office, hour_at: datetime, language: str) -> str:
    """`8` and `14`; where the hours are counted from six, `2` and `8`."""
    known = language if language in office.menu.languages else office.menu.languages[0]
    told = hour_at.astimezone(NAIROBI).hour
    return str((told - 6) % 12 or 12) if known in office.menu.swahili_clock else str(told)


def number(count: int) -> str:
    """`12`, or `99+`."""
    return str(count) if count <= MANY else f"{MANY}+"


def longest(county: County) -> Mapping[str, str]:
    """The longest that each slot of these SMS may hold, for the proof of lengths."""
    counts = dict.fromkeys(("round_new", "round_late", "round_disputed", "round_left"), number(MANY + 1))
    letters = {"about": ABOUT, "said": SAID, "choices": CHOICES, "round_place": _longest_place(county), "round_hour": 2}
    return {name: "w" * length for name, length in letters.items()} | counts
