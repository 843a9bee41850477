"""How a case goes up in a rehearsed office, in which every officer is at her desk: `gateway.cases.ladder` in memory."""

from __future__ import annotations

from datetime import datetime

from config.county import County
from gateway.cases import steps
from gateway.cases.clock import Calendar, deadline
from gateway.cases.models import Case, Status, Step


def climb(case: Case, county: County, calendar: Calendar, now: datetime, *, asked: bool) -> tuple[Step, datetime]:
    """One step up, to the last one where it has been open for too long; returns it with its new day."""
    charter = county.charter
    step = steps.ways(case, steps.hard_stop_at(charter, calendar, case.category, case.received_at), now)[0]
    answer_by = deadline(now, charter.term("step", case.category), calendar)
    case.status, case.desk, case.desk_since = Status.NEW, steps.desk_of(step), now
    case.raised_to, case.raised_at, case.answer_by = step, now, answer_by
    case.raised_why = steps.ASKED if asked else steps.OVERDUE
    case.ending = case.planned_for = case.resolved_at = None
    return step, answer_by
