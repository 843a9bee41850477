"""The two clocks of a case, worked out from its history and the charter; the columns of the case only store them.

The resident's is the day that she was promised. The desk's own is what an officer is judged by. No note, referral,
ending, dispute, hand-over or day on which nothing ran gives anybody more time than the charter does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from config.county import Charter, Term
from gateway.cases import desk_clock, spans, steps
from gateway.cases.bindings import day_of, unbound
from gateway.cases.clock import Calendar, after_pause, deadline, start_of_day
from gateway.cases.desk_clock import EXTENSION
from gateway.cases.desks import RESIDENT
from gateway.cases.models import OPEN, Case, CaseEvent
from gateway.cases.office import Office
from gateway.cases.spans import Event, Span

PROMISES = frozenset({"filed", "amended"})
"""What tells the resident a day, by the category that its line names."""


@dataclass(frozen=True)
class Times:
    """What the clocks say.

    due_at       the resident's clock
    answer_by    the new day that she was told when it was last sent up
    desk_due_at  the clock of the desk whose turn it is; None where it is nobody's in the county
    waits_until  when a wait for the resident ends without her
    stop         when the county secretary hears of it at the latest
    category     by whose terms the resident was promised a day; None where she was promised none
    not_before   of what was late already when the ladder came: until when it does not go up by itself
    desk_whole   what that desk has in all
    desk_first   until when it must have begun; None where it has
    """

    due_at: datetime | None
    answer_by: datetime | None
    desk_due_at: datetime | None
    waits_until: datetime | None
    stop: datetime
    category: str | None
    not_before: datetime | None = None
    desk_whole: datetime | None = None
    desk_first: datetime | None = None

    def stored(self) -> dict[str, datetime | None]:
        """Those that are columns of the case."""
        return {
            "due_at": self.due_at, "answer_by": self.answer_by, "desk_due_at": self.desk_due_at,
            "waits_until": self.waits_until,
        }  # fmt: skip


def keep_time(session: Session, office: Office, case: Case) -> None:
    """Store what the clocks of `case` say, once its history tells of a change."""
    keep_times(session, office, [case])


def keep_times(session: Session, office: Office, cases: Sequence[Case]) -> None:
    """`keep_time` for many: their histories are read at once."""
    session.flush()
    for case, times in zip(cases, _times(session, office, cases), strict=True):
        for name, value in _stored(case, times).items():
            setattr(case, name, value)
        case.next_step_at = steps.next_step_at(case, times.stop, times.not_before)


def times_of(session: Session, office: Office, cases: Sequence[Case]) -> Mapping[int, Times]:
    """What the clocks say of each of these cases, by its id."""
    return {case.id: times for case, times in zip(cases, _times(session, office, cases), strict=True)}


def _times(session: Session, office: Office, cases: Sequence[Case]) -> list[Times]:
    told, charter = histories(session, cases), office.county.charter
    return [of(told.get(case.id, []), case.received_at, charter, office.calendar) for case in cases]


def check(session: Session, office: Office, case: Case) -> list[str]:
    """Where the columns say otherwise than the history does: `due_at is …, not …`; and where nobody works on it, as it
    stands under what stands for nobody. Empty where all is well."""
    times = times_of(session, office, [case])[case.id]
    found = _stored(case, times) | {"next_step_at": steps.next_step_at(case, times.stop, times.not_before)}
    stored = {name: getattr(case, name) for name in found}
    wrong = [f"{name} is {stored[name]}, not {value}" for name, value in found.items() if stored[name] != value]
    lead = session.get(Case, case.lead_id) if steps.is_carried(case) else None
    stands = lead is None or (lead.status in OPEN and not lead.sensitive and not steps.is_carried(lead))
    return wrong if stands else [*wrong, "what it stands under stands for nobody"]


def history(session: Session, case: Case) -> Sequence[CaseEvent]:
    """The events of a case, as the clocks need them."""
    return histories(session, [case]).get(case.id, [])


def histories(session: Session, cases: Sequence[Case]) -> Mapping[int, Sequence[CaseEvent]]:
    """`history` for several cases, by their ids."""
    wanted = load_only(
        CaseEvent.case_id, CaseEvent.at, CaseEvent.name, CaseEvent.officer_id, CaseEvent.turn, CaseEvent.data
    )
    query = select(CaseEvent).where(CaseEvent.case_id.in_([case.id for case in cases])).options(wanted)
    rows = session.scalars(query.order_by(CaseEvent.case_id, CaseEvent.id))
    return {case_id: list(events) for case_id, events in groupby(rows, lambda event: event.case_id)}


def _stored(case: Case, times: Times) -> dict[str, datetime | None]:
    """The columns that the history alone gives; nobody is judged by a practice case, nor by one that is carried."""
    return times.stored() | ({"desk_due_at": None} if case.practice or steps.is_carried(case) else {})


def of(events: Sequence[Event], received_at: datetime, charter: Charter, calendar: Calendar) -> Times:
    """What the clocks of a case say, by its history alone: `events` in the order of their ids."""
    category = promised(events)
    limit = charter.term("pause_limit", category)
    turns = spans.of(events, limit, calendar)
    waits_until = None
    if turns and turns[-1].desk == RESIDENT and turns[-1].until is None:
        waits_until = spans.patience(turns, limit, calendar).ends(turns[-1].since)
    told = _days_told(events, turns, received_at, charter, calendar)
    due, since = told.due, stood(events)
    begun = max(day for day in (received_at, told.planned, since) if day)
    stop = steps.hard_stop_at(charter, calendar, category, begun)
    stop = min(stop, told.stop) if told.stop else stop
    not_before = deadline(since, charter.term("step", category), calendar) if since and due and due <= since else None
    whole, first = desk_clock.due(events, turns, category, charter, calendar)
    desk_due = min(whole, first) if whole and first else whole
    return Times(due, told.answer_by, desk_due, waits_until, stop, category, not_before, whole, first)


def promised(events: Iterable[Event]) -> str | None:
    """The category by whose terms the resident was promised a day: what she reported, or changed it to."""
    told = [event.data["promise"] for event in events if "promise" in event.data and event.name in PROMISES]
    return str(told[-1]) if told else None


def stood(events: Iterable[Event]) -> datetime | None:
    """Since when the clocks and the ladder have known a case that is older than they are (migration 0004): what was
    before moves its day no more, and its hard stop counts from then. None for what was filed since."""
    told = next((event.data["stood"] for event in events if "stood" in event.data), None)
    return datetime.fromisoformat(told) if told else None


# The resident's clock


@dataclass(frozen=True)
class Told:
    """The days that follow from what the resident was told.

    due        the day that she was promised
    answer_by  the new day of the last step up
    planned    the day of a plan that was told in time
    stop       the earliest hard stop of those for which it stands, where no such plan came after it
    """

    due: datetime | None
    answer_by: datetime | None
    planned: datetime | None
    stop: datetime | None


def _days_told(
    events: Sequence[Event], turns: Sequence[Span], received_at: datetime, charter: Charter, calendar: Calendar
) -> Told:
    """What she was told, and what moved it.

    The promise counts from the receipt. Later is either day by what she let us wait, and by a plan that she was told of
    before it; the promise is earlier where what was joined to it had been promised sooner. What is broken moves no
    more.
    """
    due = answer_by = planned = plan = told_at = stop = None
    term, step = charter.term("resolve"), charter.term("step", promised(events))
    since, void = stood(events) or received_at, unbound(events)
    pauses = [span for span in turns if span.desk == RESIDENT and span.until and span.since >= since]
    for at, event in enumerate(events):
        while pauses and pauses[0].since < event.at:
            pause = pauses.pop(0)
            due, answer_by = _waited(due, pause, term, calendar), _waited(answer_by, pause, step, calendar)
        match event.name:
            case "filed" | "amended" if "promise" in event.data:
                term = charter.term("resolve", event.data["promise"])
                due = day_of(event, "due") or deadline(received_at, term, calendar)
            case "joined" | "merged" | "supported" | "led_by" if at not in void:
                due = min(due, day_of(event, "due") or due) if due else due
                answer_by = min(answer_by, day_of(event, "answer_by") or answer_by) if answer_by else answer_by
                stop = min((day for day in (stop, day_of(event, "stop")) if day), default=None)
            case "raised":
                answer_by = day_of(event, "answer_by") or deadline(event.at, step, calendar)
            case "ended":
                day = event.data.get("planned_for")
                plan, told_at = start_of_day(date.fromisoformat(day)) if day else None, event.at
            case "plan_due" if plan and told_at and event.at >= since:
                if told_at <= (answer_by or due or plan):
                    planned, stop = plan, None
                if due and told_at <= due:
                    due, term = deadline(plan, step, calendar), step
                if answer_by and told_at <= answer_by:
                    answer_by = deadline(plan, step, calendar)
            case "extended" if due:
                due += EXTENSION
    return Told(due, answer_by, planned, stop)


def _waited(day: datetime | None, pause: Span, term: Term, calendar: Calendar) -> datetime | None:
    if day is None or day <= pause.since:
        return day
    return after_pause(day, pause.since, pause.until or pause.since, term, calendar)
