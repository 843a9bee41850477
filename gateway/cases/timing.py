"""The two clocks of a case, worked out from its history and the charter; the columns of the case only store them.

The resident's is the day that she was promised. The desk's own is what an officer is judged by. No note, referral,
ending, dispute, hand-over or day on which nothing ran gives anybody more time than the charter does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from config.county import Charter, Term, TermUnit
from config.rights import EXTENSION_DAYS
from gateway.cases import spans, steps
from gateway.cases.clock import Calendar, after, after_pause, deadline, measure, start_of_day
from gateway.cases.desks import NOBODY, RESIDENT
from gateway.cases.models import Case, CaseEvent, Desk
from gateway.cases.office import Office
from gateway.cases.spans import Event, Span

ACTS = frozenset({
    "taken", "written", "referred", "routed", "ended", "sorted", "guess_confirmed", "not_a_report_proposed", "extended",
    "corrected", "transferred",
})  # fmt: skip
"""What counts as a desk's first action. A note or a look does not: it does nothing for the resident."""

PROMISES = frozenset({"filed", "amended"})
"""What tells the resident a day, by the category that its line names."""
BINDS = frozenset({"merged", "supported", "led_by"})
"""What puts another case under this one, which is then bound by the days that the line names."""
DAYS = ("due", "answer_by", "stop", "desk_due", "first_due")
"""The days that such a line may name; where the other case is taken out again, the line `unmerged` repeats them."""
EXTENSION = timedelta(days=EXTENSION_DAYS)
"""What the law, and no officer, adds to the time for a request for information: event `extended`."""


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
    """Where the columns say otherwise than the history does: `due_at is …, not …`. Empty where all is well."""
    times = times_of(session, office, [case])[case.id]
    found = _stored(case, times) | {"next_step_at": steps.next_step_at(case, times.stop, times.not_before)}
    stored = {name: getattr(case, name) for name in found}
    return [f"{name} is {stored[name]}, not {value}" for name, value in found.items() if stored[name] != value]


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
    due, answer_by, planned, bound = _days_told(events, turns, received_at, charter, calendar)
    since = stood(events)
    stop = steps.hard_stop_at(charter, calendar, category, max(day for day in (received_at, planned, since) if day))
    stop = min(stop, bound) if bound else stop
    not_before = deadline(since, charter.term("step", category), calendar) if since and due and due <= since else None
    whole, first = _desk_due(events, turns, charter, calendar)
    desk_due = min(whole, first) if whole and first else whole
    return Times(due, answer_by, desk_due, waits_until, stop, category, not_before, whole, first)


def promised(events: Iterable[Event]) -> str | None:
    """The category by whose terms the resident was promised a day: what she reported, or changed it to."""
    told = [event.data["promise"] for event in events if "promise" in event.data and event.name in PROMISES]
    return str(told[-1]) if told else None


def stood(events: Iterable[Event]) -> datetime | None:
    """Since when the clocks and the ladder have known a case that is older than they are (migration 0004): what was
    before moves its day no more, and its hard stop counts from then. None for what was filed since."""
    told = next((event.data["stood"] for event in events if "stood" in event.data), None)
    return datetime.fromisoformat(told) if told else None


def subject(events: Sequence[Event]) -> str | None:
    """The category by whose terms a desk is judged: what was promised, or what made it confidential.

    What officers sort it under is not asked: whoever is judged by a time does not choose it.
    """
    found = promised(events)
    hidden = [event for event in events if event.name in ("hidden", "made_confidential", "released")]
    return hidden[-1].data.get("category", found) if hidden and hidden[-1].name != "released" else found


# The resident's clock


def _days_told(
    events: Sequence[Event], turns: Sequence[Span], received_at: datetime, charter: Charter, calendar: Calendar
) -> tuple[datetime | None, datetime | None, datetime | None, datetime | None]:
    """The day that she was promised, the new day of the last step up, the day of a plan that was told in time, and the
    earliest hard stop of those for which it stands, where no such plan came after it.

    The promise counts from the receipt. Later is either day by what she let us wait, and by a plan that she was told
    of before it; the promise is earlier where what was joined to it had been promised sooner. What is broken moves no
    more.
    """
    due = answer_by = planned = plan = told_at = stop = None
    term, step = charter.term("resolve"), charter.term("step", promised(events))
    since, void = stood(events) or received_at, _void(events)
    pauses = [span for span in turns if span.desk == RESIDENT and span.until and span.since >= since]
    for at, event in enumerate(events):
        while pauses and pauses[0].since < event.at:
            pause = pauses.pop(0)
            due, answer_by = _waited(due, pause, term, calendar), _waited(answer_by, pause, step, calendar)
        match event.name:
            case "filed" | "amended" if "promise" in event.data:
                term = charter.term("resolve", event.data["promise"])
                due = _day(event, "due") or deadline(received_at, term, calendar)
            case "joined" | "merged" | "supported" | "led_by" if at not in void:
                due = min(due, _day(event, "due") or due) if due else due
                answer_by = min(answer_by, _day(event, "answer_by") or answer_by) if answer_by else answer_by
                stop = min((day for day in (stop, _day(event, "stop")) if day), default=None)
            case "raised":
                answer_by = _day(event, "answer_by") or deadline(event.at, step, calendar)
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
    return due, answer_by, planned, stop


def _void(events: Sequence[Event]) -> frozenset[int]:
    """The places of the lines that bind no more, as what they put under the case was taken out of it again.

    Where it was sent up in between, residents were told of the day that was broken: it stays.
    """
    binding: list[int] = []
    void: set[int] = set()
    for at, event in enumerate(events):
        if event.name == "raised":
            binding = []
        elif event.name in BINDS and _named(event):
            binding.append(at)
        elif event.name == "unmerged" and _named(event):
            same = [one for one in binding if _named(events[one]) == _named(event)]
            void |= set(same[-1:])
            binding = [one for one in binding if one not in void]
    return frozenset(void)


def _named(event: Event) -> dict[str, str]:
    return {name: event.data[name] for name in DAYS if event.data.get(name)}


def _waited(day: datetime | None, pause: Span, term: Term, calendar: Calendar) -> datetime | None:
    if day is None or day <= pause.since:
        return day
    return after_pause(day, pause.since, pause.until or pause.since, term, calendar)


def _day(event: Event, name: str) -> datetime | None:
    """A day that a line names."""
    return datetime.fromisoformat(event.data[name]) if event.data.get(name) else None


# The desk's own clock


def _desk_due(
    events: Sequence[Event], turns: Sequence[Span], charter: Charter, calendar: Calendar
) -> tuple[datetime | None, datetime | None]:
    """When the desk whose turn it is has used up what the charter gives it, over all its turns together; and when it
    must have begun, unless it has. What it stands for binds the desk at which both were, in all its turns."""
    category = subject(events)
    if category is None or not turns or turns[-1].until is not None:
        return None, None
    desk = turns[-1].desk
    if desk in (RESIDENT, Desk.OUTSIDE.value):
        return None, None
    own = _own_turns(events, turns)
    name = "step" if _raised_to(events, desk) else "resolve"
    due = _used_up(own, charter.term(name, category), calendar)
    if any(event.name == "extended" for event in events):
        due += EXTENSION
    due = min([due, *_bound(events, "desk_due", own, charter.term(name, category), calendar)])
    if _acted(events, desk, own[0].since):
        return due, None
    term = charter.term("first_action", category)
    return due, min([_used_up(own, term, calendar), *_bound(events, "first_due", own, term, calendar)])


def _bound(
    events: Sequence[Event], name: str, own: Sequence[Span], term: Term, calendar: Calendar
) -> Iterator[datetime]:  # fmt: skip
    """The days by which what was put under the case in these turns binds the desk: what it had left then, over the rest
    of them."""
    void = _void(events)
    for at, event in enumerate(events):
        day = _day(event, name) if event.name in BINDS and at not in void else None
        rest = [span for span in own if span.until is None or event.at < span.until]
        if day is None or not rest or event.at < rest[0].since:
            continue
        if len(rest) == 1 or day <= event.at:
            yield day
        else:
            rest[0] = replace(rest[0], since=event.at)
            yield _spent(rest, measure(event.at, day, term.unit, calendar), term.unit, calendar)


def has_acted(events: Sequence[Event], turns: Sequence[Span]) -> bool:
    """Whether the desk whose turn it is has done anything since it came there, or was sent up to it."""
    return not turns or _acted(events, turns[-1].desk, _own_turns(events, turns)[0].since)


def fresh_desk_due(charter: Charter, calendar: Calendar, category: str, now: datetime) -> datetime:
    """What the desk's own clock says of a case that comes to its first desk now."""
    return min(deadline(now, charter.term(name, category), calendar) for name in ("resolve", "first_action"))


def _raised_to(events: Sequence[Event], desk: str) -> datetime | None:
    """When it was sent up to this desk, if it was."""
    return next((event.at for event in reversed(events) if event.name == "raised" and event.turn == desk), None)


def _own_turns(events: Sequence[Event], turns: Sequence[Span]) -> list[Span]:
    """The turns of the desk whose turn it is. To whom it was sent up it is new with that step, which comes once."""
    own = [span for span in turns if span.desk == turns[-1].desk]
    raised = _raised_to(events, turns[-1].desk)
    if raised is None:
        return own
    later = (span for span in own if span.until is None or span.until > raised)
    return [replace(span, since=max(span.since, raised)) for span in later]


def _used_up(own: Sequence[Span], term: Term, calendar: Calendar) -> datetime:
    """When a desk has used up `term`, all its turns together; the last of them is not over."""
    whole = measure(own[0].since, deadline(own[0].since, term, calendar), term.unit, calendar)
    return _spent(own, whole, term.unit, calendar)


def _spent(own: Sequence[Span], left: timedelta, unit: TermUnit, calendar: Calendar) -> datetime:
    for span in own[:-1]:
        used = measure(span.since, span.until or span.since, unit, calendar)
        if left <= used:
            return after(span.since, left, unit, calendar)
        left -= used
    return after(own[-1].since, left, unit, calendar)


def _acted(events: Sequence[Event], desk: str, since: datetime) -> bool:
    """Whether somebody of `desk` has done anything with the case since then."""
    before = NOBODY
    for event in events:
        if event.name in ACTS and event.at >= since and desk == (event.turn if event.name == "taken" else before):
            return True
        if event.turn not in (None, RESIDENT, NOBODY):
            before = event.turn or before
    return False
