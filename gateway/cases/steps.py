"""The ladder in itself: which steps are above a case, when it goes up by itself, and when its resident may send it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from config.charter import Charter
from gateway.cases.clock import Calendar, deadline
from gateway.cases.models import OPEN, Case, Desk, Ending, Kind, Status, Step
from gateway.cases.office import Office
from gateway.people.models import Role

TOP = Step.COUNTY_SECRETARY
RUNNING = (Status.NEW, Status.TAKEN, Status.REFERRED)
"""States in which the clock runs against us; what waits for its resident, or has ended, does not go up by itself."""
OVERDUE, HARD_STOP, ASKED = "overdue", "hard_stop", "asked"
"""Why a case went up: its day had passed, it had been open for too long, its resident asked for it."""
RANKS: Mapping[Step, int] = {step: rank for rank, step in enumerate(Step, start=1)}
"""How high a step is; where nobody has sent the case up, it is at 0."""
FLOORS: Mapping[Desk, int] = {
    Desk.WARD: 0,
    Desk.OUTSIDE: 0,
    Desk.COUNTY: 1,
    Desk.DEPARTMENT: 1,
    Desk.SUB_COUNTY: 1,
    Desk.CHIEF_OFFICER: 2,
    Desk.COUNTY_SECRETARY: 3,
    Desk.CONFIDENTIAL: 3,
}
"""How high a desk is: a department's case has nothing to look for in a sub-county."""
ROLES: Mapping[Role, int] = {Role.SUB_COUNTY: 1, Role.CHIEF_OFFICER: 2, Role.COUNTY_SECRETARY: 3}
"""How high an officer is by a post; all others are at 0."""


def above(case: Case) -> tuple[Step, ...]:
    """The steps above where the case is and has been, the next one first; none at the top."""
    reached = max(RANKS[case.raised_to] if case.raised_to else 0, FLOORS[case.desk])
    there = {Step.SUB_COUNTY: case.sub_county_code is not None, Step.CHIEF_OFFICER: case.department is not None}
    return tuple(step for step in Step if RANKS[step] > reached and there.get(step, True))


def is_up_to(role: Role, step: Step) -> bool:
    """Whether an officer with this role stands at that step, or above it."""
    return ROLES.get(role, 0) >= RANKS[step]


def desk_of(step: Step) -> Desk:
    """The desk that has a case at this step."""
    return Desk(step.value)


def is_carried(case: Case) -> bool:
    """Whether another case stands for this one now: nobody works on it by itself."""
    return case.lead_id is not None and case.status in OPEN


def told(case: Case) -> datetime | None:
    """The last day that the resident was told: the promise, or the new day of the last step."""
    return case.answer_by if case.raised_to else case.due_at


def ways(case: Case, stop: datetime, now: datetime) -> tuple[Step, ...]:
    """The steps that it may go to now, the next one first: after its hard stop the last one alone."""
    return above(case)[-1:] if stop <= now else above(case)


def may_be_sent_higher(case: Case, now: datetime) -> bool:
    """Whether its resident may send this case to the next step: a day that she was told has passed, it went up by
    itself, or it ended without being fixed. After a step that she asked for, its new day must pass first.

    What has no promised day goes nowhere: feedback, and what is not the county's.
    """
    if case.sensitive or case.practice or case.kind is Kind.FEEDBACK or case.due_at is None:
        return False
    if case.joined_id is not None or not above(case):
        return False
    if case.status is Status.RESOLVED:
        return case.ending is not None and case.ending is not Ending.FIXED
    if case.status not in RUNNING:
        return False
    day = told(case)
    return (day is not None and day <= now) or (case.raised_to is not None and case.raised_why != ASKED)


def hard_stop_at(charter: Charter, calendar: Calendar, category: str | None, since: datetime) -> datetime:
    """When the county secretary hears of it at the latest; `since`: its receipt, or the day of a plan."""
    return deadline(since, charter.term("hard_stop", category), calendar)


def next_step_at(case: Case, stop: datetime, not_before: datetime | None = None) -> datetime | None:
    """When it goes up by itself: at the day that was told, and at its hard stop at the latest; nothing before
    `not_before`.

    None for what has no promised day, is confidential or practice, is carried by another, or is at the top already.
    """
    day = told(case)
    if case.sensitive or case.practice or is_carried(case) or day is None or not above(case):
        return None
    return max(min(day, stop), not_before) if not_before else min(day, stop)


def no_later(office: Office, category: str | None, received_at: datetime, day: datetime | None) -> datetime | None:
    """The day that is promised with the receipt, or the hard stop where that comes first."""
    stop = hard_stop_at(office.county.charter, office.calendar, category, received_at)
    return None if day is None else min(day, stop)
