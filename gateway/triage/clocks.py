"""The two clocks of a case in words: what the resident was promised, and what each desk had and has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from config.county import County, Term
from gateway.cases import desk_clock, spans, timing
from gateway.cases.clock import A_DAY, deadline
from gateway.cases.desks import RESIDENT
from gateway.cases.models import Case, Desk, Status
from gateway.cases.office import Office
from gateway.cases.spans import Span
from gateway.messages.models import Message
from gateway.people.models import Officer, Role
from gateway.triage import queue
from gateway.triage.english import day, days, holder, minute

ABOVE = (Role.SUB_COUNTY, Role.CHIEF_OFFICER, Role.COUNTY_SECRETARY, Role.OMBUDSMAN)
"""Who answers for others, and sees both clocks of every desk."""
ACKNOWLEDGES = ("which_ward", "which_of")
"""Beside those that begin with `received`: the wordings that tell her that we have it."""


@dataclass(frozen=True)
class Clocks:
    """Sentences; empty where there is nothing to say. `over`: the own time of the desk has passed.

    promised  the resident's clock
    held      for how long, in working time, the desk has had it
    own       when the desk should have done something, or should be done
    before    who had it before, and for how long
    answered  whether she heard from us within the charter's time
    """

    promised: str
    held: str
    own: str
    over: bool
    before: str
    answered: str


def shown(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> Clocks:
    """The clocks as this officer reads them: her own desk's, or every desk's where she answers for others."""
    told = timing.history(session, case)
    limit = office.county.charter.term("pause_limit", timing.promised(told))
    turns = spans.of(told, limit, office.calendar)
    above, over = officer.holds(*ABOVE), queue.is_over(case, officer, now)
    judged = above or queue.is_hers(case, officer)
    first = bool(case.desk_due_at) and not desk_clock.has_acted(told, turns)
    desk = turns[-1].desk if turns and turns[-1].until is None else ""
    return Clocks(
        promised=_promised(case),
        held=_length(_held(office, turns, desk, now)) if desk not in ("", RESIDENT) else "",
        own=_own(case, now, first=first) if judged else "",
        over=over,
        before=_before(office, turns, desk, now) if above else "",
        answered=_answered(session, office, case, now),
    )


def _promised(case: Case) -> str:
    if case.due_at is None or case.joined_id is not None:
        return ""
    still = "; the clock stands still" if case.status is Status.WAITING else ""
    return f"An answer by {day(case.due_at)}{still}"


def _own(case: Case, now: datetime, *, first: bool) -> str:
    if case.desk_due_at is None:
        return ""
    what = "First action" if first else "Done"
    return f"{what} by {minute(case.desk_due_at)}{': over' if case.desk_due_at < now else ''}"


def _before(office: Office, turns: Sequence[Span], desk: str, now: datetime) -> str:
    """`Shirere ward 2 h, Roads dept 3 working days`: the desks that had it and have it no more, in their order."""
    had = list(dict.fromkeys(span.desk for span in turns if span.desk not in (desk, RESIDENT)))
    return ", ".join(f"{_name(office.county, one)} {_length(_held(office, turns, one, now))}" for one in had)


def _held(office: Office, turns: Sequence[Span], desk: str, now: datetime) -> timedelta:
    own = (span for span in turns if span.desk == desk)
    return sum((office.calendar.working_time(span.since, span.until or now) for span in own), timedelta())


def _name(county: County, turn: str) -> str:
    """A desk as `desks.turn` writes it, in words."""
    name, _, code = turn.partition(":")
    number = int(code) if code.isdecimal() else None
    return holder(county, Case(desk=Desk(name), ward_code=number, sub_county_code=number, department=code))


def _length(held: timedelta) -> str:
    """Working time in words: `20 min`, `2 h`, `1 working day`."""
    if held < timedelta(hours=1):
        return f"{held // timedelta(minutes=1)} min"
    return f"{held // timedelta(hours=1)} h" if held < A_DAY else days(held // A_DAY).replace("day", "working day")


def _answered(session: Session, office: Office, case: Case, now: datetime) -> str:
    """Whether the SMS that tells her of her report left within the charter's time."""
    tells = or_(Message.wording.startswith("received"), Message.wording.in_(ACKNOWLEDGES))
    made, left = session.execute(
        select(func.count(), func.min(Message.sent_at)).where(Message.case_id == case.id, tells)
    ).one()
    if not made:
        return ""
    term = office.county.charter.term("acknowledge", case.category)
    late = (left or now) > deadline(case.received_at, term, office.calendar)
    if left is None:
        return f"Not yet; {_term(term)} are over" if late else ""
    took = left - case.received_at
    return f"After {_took(took)}, {'later than' if late else 'within'} {_term(term)}"


def _took(length: timedelta) -> str:
    minutes = max(0, length // timedelta(minutes=1))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h" if minutes < 2880 else days(length.days)


def _term(term: Term) -> str:
    return f"{term.amount} {term.unit.value.replace('_', ' ')}"
