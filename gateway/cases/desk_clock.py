"""The desk's own clock: what an officer is judged by, worked out from the lines of a history and its turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from config.county import Charter, Term, TermUnit
from config.rights import EXTENSION_DAYS
from gateway.cases.bindings import BINDS, day_of, unbound
from gateway.cases.clock import Calendar, after, deadline, measure
from gateway.cases.desks import NOBODY, RESIDENT
from gateway.cases.models import Desk
from gateway.cases.spans import Event, Span

ACTS = frozenset({
    "taken", "written", "referred", "routed", "ended", "sorted", "guess_confirmed", "not_a_report_proposed", "extended",
    "corrected", "transferred",
})  # fmt: skip
"""What counts as a desk's first action. A note or a look does not: it does nothing for the resident."""
EXTENSION = timedelta(days=EXTENSION_DAYS)
"""What the law, and no officer, adds to the time for a request for information: event `extended`."""


def due(
    events: Sequence[Event], turns: Sequence[Span], promised: str | None, charter: Charter, calendar: Calendar
) -> tuple[datetime | None, datetime | None]:
    """When the desk whose turn it is has used up what the charter gives it, over all its turns together; and when it
    must have begun, unless it has. What it stands for binds the desk at which both were, in all its turns.

    `promised`: by the terms of which category her resident was promised a day.
    """
    category = _subject(events, promised)
    if category is None or not turns or turns[-1].until is not None:
        return None, None
    desk = turns[-1].desk
    if desk in (RESIDENT, Desk.OUTSIDE.value):
        return None, None
    own = _own_turns(events, turns)
    name = "step" if _raised_to(events, desk) else "resolve"
    whole = _used_up(own, charter.term(name, category), calendar)
    if any(event.name == "extended" for event in events):
        whole += EXTENSION
    whole = min([whole, *_bound(events, "desk_due", own, charter.term(name, category), calendar)])
    if _acted(events, desk, own[0].since):
        return whole, None
    term = charter.term("first_action", category)
    return whole, min([_used_up(own, term, calendar), *_bound(events, "first_due", own, term, calendar)])


def _subject(events: Sequence[Event], promised: str | None) -> str | None:
    """The category by whose terms a desk is judged: what was promised, or what made it confidential.

    What officers sort it under is not asked: whoever is judged by a time does not choose it.
    """
    hidden = [event for event in events if event.name in ("hidden", "made_confidential", "released")]
    return hidden[-1].data.get("category", promised) if hidden and hidden[-1].name != "released" else promised


def _bound(
    events: Sequence[Event], name: str, own: Sequence[Span], term: Term, calendar: Calendar
) -> Iterator[datetime]:  # fmt: skip
    """The days by which what was put under the case in these turns binds the desk: what it had left then, over the rest
    of them."""
    void = unbound(events)
    for at, event in enumerate(events):
        day = day_of(event, name) if event.name in BINDS and at not in void else None
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


def fresh(charter: Charter, calendar: Calendar, category: str, now: datetime) -> datetime:
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
