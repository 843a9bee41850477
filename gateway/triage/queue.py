"""The queue: a page of one of its lists, as it was asked for, and what its rows are marked by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from config.county import County
from gateway.cases import lists, searching, versions
from gateway.cases.actions import DESKS
from gateway.cases.lists import Part
from gateway.cases.models import OPEN, Case, Confirmation, Status
from gateway.cases.pages import page_of
from gateway.people.models import Officer, Role
from gateway.triage import paging
from gateway.triage.filters import ME, NOBODY, Filters, Tab
from gateway.triage.paging import Reading

PAGE = 25
MAX_PAGE = 40
"""Deeper down nobody reads: a filter finds it."""
MANY = 100
"""Counts stop here: *99+*."""
AHEAD = 3
"""Pages after the one that is shown that are looked for, so that a list of fewer than MANY has a known end."""
WORDS = 500
"""Of the cases with the words that are asked for, the newest of those that are open, and of those that have ended."""


@dataclass(frozen=True)
class Page:
    """One page of what was asked for. `counts` has every list; `number` is from 1 to `last`, at most MAX_PAGE; `more`:
    there are pages after `last`, which nobody counted. `versions`: of each case, by its id, read before it.
    `cut`: more cases have the words that are asked for than are looked at."""

    asked: Filters
    number: int
    last: int
    counts: Mapping[Tab, int]
    cases: list[Case]
    versions: Mapping[int, int] = field(default_factory=dict)
    more: bool = False
    cut: bool = False


def read(
    session: Session, officer: Officer, asked: Filters, number: int, now: datetime, county: County | None = None
) -> Page:
    """A page of what `officer` may see. The cases come with their assignee; read them before the session ends.

    Of `county` the words that are asked for may name places.
    """
    if officer.holds(Role.AUDITOR):  # her role reads no case as a whole
        return Page(asked, 1, 1, dict.fromkeys(Tab, 0), [])
    words, cut = _with_words(session, asked, county)
    narrowed = {tab: [*_narrowed(officer, asked.of(tab), now), *words] for tab in Tab}
    # Who asks for words, as for a reference, finds what stands behind another case as well.
    reading = Reading(officer, now, narrowed, carried=bool(asked.words))
    number = max(1, min(number, MAX_PAGE))
    ahead = min((number + AHEAD) * PAGE, MAX_PAGE * PAGE)
    ids = reading.first(session, asked.show, ahead)
    found = len(ids)
    number, last = page_of(number, found, PAGE, MAX_PAGE)
    ids = ids[(number - 1) * PAGE : number * PAGE]
    newest = versions.newest(session, ids)
    cases = paging.load(session, officer, ids)
    more = found == ahead and last < MAX_PAGE
    return Page(asked, number, last, reading.counts(session, MANY), cases, newest, more, cut)


def is_late(case: Case, now: datetime) -> bool:
    """Whether the promise is broken. While the resident is being waited for, the clock stands still."""
    running = case.status in OPEN and case.status is not Status.WAITING and not case.practice
    return running and case.due_at is not None and case.due_at < now


def is_hers(case: Case, officer: Officer) -> bool:
    """Whether the desk that has it is one of hers."""
    return any(case.desk is DESKS[role] for role in officer.roles if role in DESKS)


def is_over(case: Case, officer: Officer, now: datetime) -> bool:
    """Whether the desk that has it has used up its own time; told to that desk, and to who answers for others."""
    over = case.status in OPEN and case.desk_due_at is not None and case.desk_due_at < now
    return over and (is_hers(case, officer) or officer.holds(Role.SUB_COUNTY))


def has_ended(case: Case) -> bool:
    """Whether nobody owes the resident anything any more."""
    return case.status not in OPEN


def is_disputed(case: Case) -> bool:
    """Whether the resident said that it is not fixed, and it is still open."""
    return case.confirmation is Confirmation.DISPUTED and case.status in OPEN


def _with_words(session: Session, asked: Filters, county: County | None) -> tuple[Sequence[Part], bool]:
    """What has the words that are asked for, and whether the list that is shown might have more of it."""
    if not asked.words:
        return [], False
    running, over = (
        searching.ids(session, asked.words, before=None, most=WORDS, county=county, is_open=is_open)
        for is_open in (True, False)
    )
    shown = over if asked.show is Tab.DONE else running
    return [Case.id.in_([*running, *over])], len(shown) == WORDS


def _narrowed(officer: Officer, asked: Filters, now: datetime) -> Sequence[Part]:
    """What else a case must be to be shown in a list."""
    equal = {
        Case.status: asked.state, Case.ending: asked.ending, Case.category: asked.category, Case.problem: asked.problem,
        Case.channel: asked.channel, Case.sub_county_code: asked.sub_county, Case.ward_code: asked.ward,
    }  # fmt: skip
    narrowed = [column == value for column, value in equal.items() if value is not None]
    if asked.assignee == NOBODY:
        narrowed.append(Case.assignee_id.is_(None))
    elif asked.assignee:
        narrowed.append(Case.assignee_id == (officer.id if asked.assignee == ME else asked.assignee))
    if asked.late:
        narrowed.append(lists.broken(now, carried=True))
    if asked.disputed:
        narrowed.append(lists.disputed(carried=True))
    return narrowed
