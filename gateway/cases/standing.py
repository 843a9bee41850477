"""How a case stands, in the few words that a resident reads on a screen and in an SMS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from config.county import County
from gateway.cases.models import OPEN, Case, Confirmation, Desk, Ending, Status, Step
from menus.lettering import shorten
from menus.tree import Menu, Text

BODY_SHOWN = 20
"""Septets of the name of a body outside the county, which an officer wrote in any letters."""

_ENDINGS = {
    Ending.PLANNED: "status_planned",
    Ending.CANNOT_NOW: "status_cannot_now",
    Ending.NOT_OURS: "status_not_ours",
    Ending.NOT_FOUND: "status_not_found",
}
"""What became of it, until it is closed; what is no report is closed for whoever reads it."""
_OF_SUB_COUNTY = ("desk_sub_county", "step_sub_county")
_OF_DEPARTMENT = ("desk_chief_officer", "step_chief_officer")


def is_late(case: Case, now: datetime) -> bool:
    """Whether we still owe her something that she was promised by now. Not while an officer waits for her answer, and
    of a confidential one nothing is said."""
    owed = case.status in OPEN and case.status is not Status.WAITING and not case.sensitive
    return owed and case.due_at is not None and case.due_at < now


def is_renewed(case: Case, now: datetime) -> bool:
    """Whether it is late, was sent higher, and the new day that she was told is still to come."""
    return is_late(case, now) and day_told(case, now) != case.due_at


def day_told(case: Case, now: datetime) -> datetime | None:
    """The day to tell her: the new one of the last step while it is still to come, else the one that was promised."""
    renewed = case.raised_to is not None and case.answer_by is not None and case.answer_by >= now
    return case.answer_by if renewed else case.due_at


def is_refused(case: Case) -> bool:
    """Whether an officer ended it otherwise than by *fixed*, and it may still be opened again."""
    return case.status is Status.RESOLVED and case.ending not in (None, Ending.FIXED)


def is_at_top(case: Case, now: datetime) -> bool:
    """Whether it is late or refused, and nobody in the county is above those who had it."""
    wronged = is_late(case, now) or (is_refused(case) and not case.sensitive)
    return wronged and case.raised_to is Step.COUNTY_SECRETARY


def state(menu: Menu, case: Case, now: datetime) -> Text:
    """`in progress`, `late`, `planned Mar 2027`, `closed`."""
    words = menu.words
    if is_late(case, now):
        return words["status_late"]
    if case.status is Status.NEW and case.confirmation is Confirmation.DISPUTED:
        return words["status_disputed"]
    if is_refused(case) and not case.sensitive:
        return _refusal(menu, case)
    if case.status is Status.RESOLVED and case.confirmation is not Confirmation.ASKED:
        return words["status_closed"]
    return words[f"status_{case.status.value}"]


def _refusal(menu: Menu, case: Case) -> Text:
    word = menu.words[_ENDINGS.get(case.ending, "status_closed") if case.ending else "status_closed"]
    planned = case.planned_for
    month = menu.all_languages(lambda language: menu.month(planned, language)) if planned else {}
    return _filled(menu, word, "month", month)


def holder(county: County, menu: Menu, case: Case) -> Text:
    """Who has it: `With: Water dept since 12 Nov`."""
    if case.desk is Desk.DEPARTMENT and (department := county.department(case.department or "")):
        return dict(department.short)
    if case.desk is Desk.OUTSIDE and case.referred_to:
        return dict.fromkeys(county.languages, shorten(case.referred_to, BODY_SHOWN))
    if case.desk in (Desk.WARD, Desk.CONFIDENTIAL, Desk.COUNTY_SECRETARY):
        return menu.words[f"desk_{case.desk.value}"]
    return _of_its_place(county, menu, case, f"desk_{case.desk.value}") or menu.words["desk_county"]


def step_holder(county: County, menu: Menu, case: Case, step: Step) -> Text:
    """To whom it goes at `step`, as within a sentence: `the Lurambi sub-county administrator`."""
    return _of_its_place(county, menu, case, f"step_{step.value}") or menu.words["step_county_secretary"]


def _of_its_place(county: County, menu: Menu, case: Case, word: str) -> Text | None:
    """A desk or a step that is of the case's sub-county or department; None where it has none."""
    sub_county = county.sub_county(case.sub_county_code) if case.sub_county_code else None
    if word in _OF_SUB_COUNTY and sub_county:
        return _filled(menu, menu.words[word], "sub_county", dict.fromkeys(menu.languages, sub_county.short))
    department = county.department(case.department) if case.department else None
    if word in _OF_DEPARTMENT and department:
        return _filled(menu, menu.words[word], "department", department.short)
    return None


def holders(county: County, menu: Menu) -> Iterator[Text]:
    """Whatever `holder` may name, but for bodies outside the county."""
    for case in _cases_of_every_place(county):
        for desk in Desk:
            case.desk = desk
            yield holder(county, menu, case)


def step_holders(county: County, menu: Menu) -> Iterator[Text]:
    """Whatever `step_holder` may name."""
    for case in _cases_of_every_place(county):
        for step in Step:
            yield step_holder(county, menu, case, step)


def _cases_of_every_place(county: County) -> Iterator[Case]:
    yield from (Case(sub_county_code=one.code) for one in county.sub_counties)
    yield from (Case(department=one.code) for one in county.departments)


def _filled(menu: Menu, word: Text, slot: str, name: Text) -> Text:
    """`word` with the one name that it has room for, in each language."""

    def said(language: str) -> str:
        filling = menu.spoken(name, language) if name else ""
        return menu.spoken(word, language).replace(f"{{{slot}}}", filling).strip()

    return menu.all_languages(said)
