"""What follows from the category of a report: its kind, the day that is promised, whose it is and who has it first.

The codes under which the program itself files stand here; all others are the county's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.county import County
from config.rights import RIGHTS
from gateway.cases.clock import Calendar, deadline, local_day
from gateway.cases.models import Desk, Kind
from gateway.cases.office import Office
from gateway.cases.sensitivity import names_ombudsman
from menus.tree import Menu

FEEDBACK = ("IDEA", "PRAISE", "RATING")
NATIONAL = "NATIONAL"
VIOLENCE = "GBV"
"""Nothing is ever texted about these: the phone may be shared with the one who must not know."""
OTHER = "OTHER"
DANGER = "DISASTER"
"""Fire, flood, accident: nobody reads reports at night, so whoever seems to tell of one is told whom to call."""
OMBUDSMAN = "OMBUDSMAN"
"""The problem by which a confidential report is chosen to be about the ombudsman's own office."""


def kind_of(category: str) -> Kind:
    if category in RIGHTS:
        return Kind.REQUEST
    return Kind.FEEDBACK if category in FEEDBACK else Kind.GRIEVANCE


def promised(county: County, calendar: Calendar, category: str, now: datetime) -> datetime | None:
    """When a case of `category` that is filed now falls due: a request by the law's time; None for feedback.

    Nor has a national matter a day, which nobody here could keep: it is not the county's to solve, but followed up.
    """
    if category in FEEDBACK or category == NATIONAL:
        return None
    return deadline(now, county.charter.term("resolve", category), calendar)


def promise_slots(menu: Menu, due: datetime) -> dict[str, Any]:
    """The promised day, long and short, in every language."""
    day = local_day(due)
    return {
        "promise": menu.all_languages(lambda language: menu.long_day(day, language)),
        "promise_day": menu.all_languages(lambda language: menu.short_day(day, language)),
    }


def department_of(office: Office, code: str, problem: str | None) -> str | None:
    """Who owns it: the category's department; for feedback, that of what it is about."""
    category = office.county.category(problem) if code in FEEDBACK and problem else office.county.category(code)
    return category.department if category else None


def first_desk(code: str, sensitive: bool, has_ward: bool, *, about_ombudsman: bool = False) -> Desk:
    """Who has a new case."""
    if about_ombudsman:
        return Desk.COUNTY_SECRETARY
    if sensitive:
        return Desk.CONFIDENTIAL
    if code == NATIONAL:
        return Desk.OUTSIDE
    return Desk.WARD if has_ward else Desk.COUNTY


def is_about_ombudsman(county: County, problem: str | None, *words: str | None) -> bool:
    """Whether a confidential report is to be kept from the ombudsman. A guess may hide, never reveal."""
    return problem == OMBUDSMAN or names_ombudsman(county, "\n".join(part for part in words if part))
