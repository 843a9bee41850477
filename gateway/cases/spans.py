"""Whose turn it was, from when to when: read from the history of a case, which nobody can rewrite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from config.county import Term, TermUnit
from gateway.cases.clock import A_DAY, Calendar, after, length_of, measure, start_of_day
from gateway.cases.desks import NOBODY, RESIDENT
from gateway.cases.models import Desk


class Event(Protocol):
    """What the clocks need of a line of history."""

    @property
    def at(self) -> datetime: ...
    @property
    def name(self) -> str: ...
    @property
    def officer_id(self) -> int | None: ...
    @property
    def turn(self) -> str | None: ...
    @property
    def data(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Span:
    """`desk` had it, as `desks.turn` writes it, or the resident was waited for. `until`: None where it is still so."""

    desk: str
    since: datetime
    until: datetime | None


def of(events: Iterable[Event], pause_limit: Term, calendar: Calendar) -> list[Span]:
    """The turns of a case in their order; while nobody had it, there is none. `events` are in the order of their ids.

    What outlasts the pause limit is nobody's rest: it counts for the desk that had asked her. So does the time between
    a claim that she disputed and her dispute, a wait for the answer to a question that never left us, and the time with
    a body outside the county until that body has taken it: for the desk that referred it. A plan is over when its day
    begins, whenever that was noticed.
    """
    return list(_within(pause_limit, calendar, _turns(events)))


def _turns(events: Iterable[Event]) -> Iterator[Span]:
    now, had_it, ours, accepted = Span(NOBODY, datetime.min.replace(tzinfo=UTC), None), NOBODY, NOBODY, False
    for event in events:
        if now.desk not in (RESIDENT, NOBODY):
            had_it = now.desk
        if had_it != Desk.OUTSIDE:
            ours = had_it
        if event.name in ("referred", "accepted"):
            accepted = event.name == "accepted"
        turn = now.desk if event.turn is None else event.turn
        if turn == Desk.OUTSIDE and not accepted:
            turn = ours or turn
        if (event.name == "disputed" and now.desk == NOBODY) or (event.data.get("unsent") and now.desk == RESIDENT):
            now = replace(now, desk=had_it)
        elif turn == now.desk:
            continue
        at = _begins(event)
        if now.desk != NOBODY:
            yield replace(now, until=at)
        now = Span(turn, at, None)
    if now.desk != NOBODY:
        yield now


def _begins(event: Event) -> datetime:
    """When a turn begins with this event."""
    planned = event.data.get("planned_for") if event.name == "plan_due" else None
    return min(event.at, start_of_day(date.fromisoformat(planned))) if planned else event.at


def _within(limit: Term, calendar: Calendar, spans: Iterable[Span]) -> Iterator[Span]:
    """The same turns, all waits for the resident together no longer than `limit`."""
    patience, before = Patience(limit, calendar), NOBODY
    for span in spans:
        if span.desk != RESIDENT:
            before = span.desk
            yield span
            continue
        ends = patience.ends(span.since)
        if span.until is None or span.until <= ends:
            yield span
        else:
            yield replace(span, until=ends)
            yield Span(before, ends, span.until)
        patience = patience.after(span.since, min(ends, span.until or span.since))


@dataclass(frozen=True)
class Patience:
    """For how long the resident may still be waited for: what is left of the charter's limit, all waits together.

    `work`: the working hours in that, those of one wait of the whole limit from the first question on, a day of work
    at least. Without it, waits by day alone would turn two weeks into seven.
    """

    limit: Term
    calendar: Calendar
    used: timedelta = timedelta()
    work: timedelta | None = None

    def ends(self, since: datetime) -> datetime:
        """When a wait that begins at `since` is over at the latest."""
        left, work = length_of(self.limit) - self.used, self._work(since)
        if not left or not work:
            return since
        whole = after(since, left, self.limit.unit, self.calendar)
        return min(whole, after(since, work, TermUnit.WORKING_DAYS, self.calendar))

    def after(self, since: datetime, until: datetime) -> Patience:
        """What is left after a wait."""
        used = self.used + measure(since, until, self.limit.unit, self.calendar)
        return replace(self, used=used, work=self._work(since) - self.calendar.working_time(since, until))

    def _work(self, since: datetime) -> timedelta:
        if self.work is not None:
            return self.work
        whole = after(since, length_of(self.limit), self.limit.unit, self.calendar)
        return max(A_DAY, self.calendar.working_time(since, whole))


def patience(spans: Iterable[Span], limit: Term, calendar: Calendar) -> Patience:
    """What is left of the limit after all waits that are over."""
    left = Patience(limit, calendar)
    for span in spans:
        if span.desk == RESIDENT and span.until:
            left = left.after(span.since, span.until)
    return left


def desk_before(events: Sequence[Event], index: int) -> str:
    """Who had it when `events[index]` happened: the last desk before it, past waits and ends."""
    turns = [event.turn for event in events[:index] if event.turn not in (None, RESIDENT, NOBODY)]
    return turns[-1] or NOBODY if turns else NOBODY
