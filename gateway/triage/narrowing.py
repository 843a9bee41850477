"""The filters of the queue as its page shows them: a form of selects, and each that is on as a link that ends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for

from config.county import Category, County
from config.rights import RIGHTS
from config.wards import SubCounty, Ward
from gateway.cases.categories import OTHER
from gateway.cases.models import Case, Channel, Ending, Status
from gateway.people.models import Officer, Role
from gateway.triage.english import CHANNELS, ENDINGS, STATUSES, english, subject, ward_name
from gateway.triage.filters import ME, NOBODY, Filters
from gateway.triage.rows import Choice

CONFIDENTIAL = (Role.OMBUDSMAN, Role.COUNTY_SECRETARY)
"""Who sees confidential cases; the ombudsman no others."""
ASSIGNEES: Sequence[Choice] = ((ME, "Me"), (NOBODY, "Nobody"))
SOMEBODY = "One officer"
"""Who is asked for by a number that is neither a colleague's nor of anybody who has one of the cases listed."""


@dataclass(frozen=True)
class Select:
    """One filter: its name in the address, what it is called, its values in groups, and the one that is on."""

    name: str
    label: str
    groups: Mapping[str, Sequence[Choice]]
    chosen: str


@dataclass(frozen=True)
class Narrowed:
    """`active`: what each filter that is on says, and the address without it. `kept`: what the form does not ask."""

    selects: Sequence[Select]
    late: bool
    disputed: bool
    words: str
    kept: Sequence[Choice]
    active: Sequence[Choice]
    without: str


def of(county: County, who: Officer, asked: Filters, others: Sequence[Officer], cases: Sequence[Case]) -> Narrowed:
    """The filters that make sense for her, as they are set in `asked`.

    `others`: her colleagues; `cases`: what is listed, and who has it is known by name.
    """
    name = _named(asked, others, cases)
    selects = [
        Select("state", "State", {"": [(one.value, STATUSES[one]) for one in Status]}, asked.state or ""),
        Select("ending", "How it ended", {"": [(one.value, ENDINGS[one]) for one in Ending]}, asked.ending or ""),
        Select("category", "About", {"": _categories(county, who)}, asked.category or ""),
        Select("problem", "Problem", _problems(county, asked.category), asked.problem or ""),
        Select("channel", "Came", {"": [(one.value, CHANNELS[one]) for one in Channel]}, asked.channel or ""),
        *_places(county, who, asked),
        Select("assignee", "Who has it", _assignees(asked, others, name), str(asked.assignee or "")),
    ]
    shown = [one for one in selects if one.chosen or sum(map(len, one.groups.values())) > 1]
    kept = asked.args()
    return Narrowed(
        selects=shown,
        late=asked.late,
        disputed=asked.disputed,
        words=asked.words,
        kept=[("show", kept["show"])] if "show" in kept else [],
        active=[(said, address(asked.args(**change))) for said, change in _active(county, asked, name)],
        without=address({"show": kept["show"]} if "show" in kept else {}),
    )


def address(asked: Mapping[str, str], number: int = 1, anchor: str | None = None) -> str:
    """Of one page of the list that is asked for, as `Filters.args` has it; with the `anchor` of a place on it."""
    args: dict[str, Any] = {**asked, **({"page": number} if number > 1 else {})}
    return url_for("triage.queue", _anchor=anchor, **args)


def fitting(county: County, asked: Filters) -> Filters:
    """Without a problem that is none of the category, nor a ward that is not in the sub-county: whoever chooses another
    of these still sends what she had chosen within the old one."""
    found = county.category(asked.category) if asked.category else None
    if found and found.problems and asked.problem not in {problem.code for problem in found.problems}:
        asked = replace(asked, problem=None)
    within = county.sub_county(asked.sub_county) if asked.sub_county else None
    return replace(asked, ward=None) if within and asked.ward not in {ward.code for ward in within.wards} else asked


def _active(county: County, asked: Filters, name: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Each filter that is on in words, and the change that ends it. A category takes its problem along."""
    if asked.state:
        yield STATUSES[asked.state], {"state": None}
    if asked.ending:
        yield ENDINGS[asked.ending], {"ending": None}
    if asked.category:
        yield subject(county, asked.category, None), {"category": None, "problem": None}
    if asked.problem:
        yield _problem(county, asked), {"problem": None}
    if asked.channel:
        yield f"Came {CHANNELS[asked.channel]}", {"channel": None}
    if asked.sub_county:
        found = county.sub_county(asked.sub_county)
        yield f"{found.name} sub-county" if found else "Sub-county", {"sub_county": None}
    if asked.ward:
        yield f"{ward_name(county, asked.ward)} ward", {"ward": None}
    if asked.assignee:
        yield {ME: "I have it", NOBODY: "Nobody has it"}.get(str(asked.assignee), f"{name} has it"), {"assignee": None}
    if asked.late:
        yield "Late", {"late": False}
    if asked.disputed:
        yield "Not fixed, says the resident", {"disputed": False}
    if asked.words:
        yield f"“{asked.words}”", {"words": ""}


def _named(asked: Filters, others: Sequence[Officer], cases: Sequence[Case]) -> str:
    """The name of the officer who is asked for, where she who asks may know it: not of any number that she types."""
    known = [*others, *(case.assignee for case in cases if case.assignee)]
    return next((one.name for one in known if one.id == asked.assignee), SOMEBODY)


def _assignees(asked: Filters, others: Sequence[Officer], name: str) -> dict[str, Sequence[Choice]]:
    """She herself, nobody, her colleagues; and whoever is asked for, so that the form keeps it."""
    found = {str(one.id): one.name for one in others}
    found |= {str(asked.assignee): name} if isinstance(asked.assignee, int) else {}
    return {"": [*ASSIGNEES, *found.items()]}


def _problem(county: County, asked: Filters) -> str:
    """As its case is headed; without a category, under whichever has it."""
    code = asked.problem or ""
    named = (one.code for one in county.categories if any(problem.code == code for problem in one.problems))
    return subject(county, asked.category or next(named, OTHER), code)


def _categories(county: County, who: Officer) -> list[Choice]:
    found = [(one.code, english(one.label)) for one in _hers(county, who)]
    return [*found, *((right.code, english(right.label)) for right in RIGHTS.values())] if _answers(who) else found


def _hers(county: County, who: Officer) -> list[Category]:
    ordinary, confidential = bool(who.roles - {Role.OMBUDSMAN}), who.holds(*CONFIDENTIAL)
    return [one for one in county.categories if (confidential if one.sensitive else ordinary)]


def _answers(who: Officer) -> bool:
    return who.holds(Role.HOTLINE, *CONFIDENTIAL)


def _problems(county: County, category: str | None) -> dict[str, Sequence[Choice]]:
    """Those of the category that is chosen: all of them would weigh as much as the rest of the form."""
    found = county.category(category) if category else None
    return {"": [(one.code, english(one.label)) for one in found.problems]} if found else {}


def _places(county: County, who: Officer, asked: Filters) -> Iterator[Select]:
    """Sub-counties as far as she sees cases of more than one, and the wards of the one that is chosen: all of them
    would weigh as much as the rest of the form."""
    theirs = _sub_counties(county, who)
    ward = county.ward(asked.ward) if asked.ward else None
    chosen = ward.sub_county if ward else asked.sub_county
    within = theirs if len(theirs) == 1 else [one for one in theirs if one.code == chosen]
    wards = {one.name: [(str(ward.code), ward.name) for ward in _wards(who, one)] for one in within}
    names = [(str(one.code), one.name) for one in theirs]
    yield Select("sub_county", "Sub-county", {"": names}, str(asked.sub_county or ""))
    yield Select("ward", "Ward", wards, str(asked.ward or ""))


def _sub_counties(county: County, who: Officer) -> list[SubCounty]:
    return [one for one in county.sub_counties if _wards(who, one)]


def _wards(who: Officer, sub_county: SubCounty) -> list[Ward]:
    """Those of a sub-county whose cases she sees."""
    everywhere = who.roles - {Role.WARD, Role.SUB_COUNTY} or sub_county.code in who.sub_counties
    return [ward for ward in sub_county.wards if everywhere or ward.code in who.wards]
