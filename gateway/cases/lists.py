"""Which case waits for whom: the conditions of the queue's lists and of the digests, and in which order they come.

None holds for practice, nor, unless it is asked for, for an open case that another one stands for (`carried`).

What officers' pages go by is written in parts, any of which may hold: each is what one post shows, without an *or*, so
that it has an index of its own (`cases.list_indexes`). A condition may be neither true nor false: turn it round only
with a `coalesce`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal_column, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from gateway.cases.actions import DESKS
from gateway.cases.models import OPEN, Case, Confirmation, Desk, Status, WardCover, WardState
from gateway.cases.visibility import sights, unbarred, visible
from gateway.people.models import Officer, Role

Part = ColumnElement[bool]
TAKEN_IN = (Status.NEW, Status.REFERRED)
RUNNING = (Status.NEW, Status.TAKEN, Status.REFERRED)
"""While its resident is waited for, no clock runs."""


def one_of(column: InstrumentedAttribute[Any], *values: str) -> Part:
    """With the values in the statement itself: a partial index is asked only where its condition can be read there."""
    return column.in_([literal_column(f"'{value}'") for value in values])


def opened(*, carried: bool = False) -> Part:
    """Somebody owes its resident something, and no other case stands for it."""
    found = and_(one_of(Case.status, *OPEN), ~Case.practice)
    return found if carried else and_(found, Case.lead_id.is_(None))


def ended() -> Part:
    return and_(not_(one_of(Case.status, *OPEN)), ~Case.practice)


def here(officer: Officer) -> Part:
    """It is this officer's turn, or that of somebody she answers for."""
    return and_(_any(_turns(officer, seen(officer))), opened())


def new(officer: Officer, now: datetime) -> Part:
    """Nobody has taken it yet at her desk, or it asks something of her. What was referred to a department is new there
    until somebody takes it."""
    return _any(Lists(officer, now).new)


def mine(officer: Officer, *, carried: bool = False) -> Part:
    """She has taken it."""
    hers = func.coalesce(Case.assignee_id == officer.id, False)
    return and_(hers, one_of(Case.status, Status.TAKEN), opened(carried=carried))


def late(officer: Officer, now: datetime) -> Part:
    """Late where she has to do with it: a ward is not shown the delays of others as its own; a sub-county answers for
    all of them."""
    return _any(Lists(officer, now).late)


def broken(now: datetime, *, carried: bool = False) -> Part:
    """The promise is, or the desk that has it has used up its own time."""
    return and_(is_over(now), one_of(Case.status, *RUNNING), opened(carried=carried))


def is_over(now: datetime) -> Part:
    return func.least(Case.due_at, Case.desk_due_at) < now


def disputed(*, carried: bool = False) -> Part:
    """Its resident said that it is not fixed."""
    return and_(one_of(Case.confirmation, Confirmation.DISPUTED), opened(carried=carried))


def order(now: datetime) -> Sequence[ColumnElement[Any]]:
    """What is disputed, then what is late, then the oldest."""
    certain = (func.coalesce(which, False).desc() for which in (disputed(), broken(now)))
    return (*certain, Case.received_at.asc(), Case.id.asc())


def seen(officer: Officer) -> Sequence[Part]:
    """What she may see, as `visibility.visible`, in parts."""
    apart = unbarred(officer)
    return [and_(sight, apart) for post in officer.posts for sight in sights(post)] if officer.active else []


@dataclass(frozen=True)
class Lists:
    """What `officer` has to do now, list by list, in parts. Each is made once: they are long."""

    officer: Officer
    now: datetime
    carried: bool = False

    @cached_property
    def seen(self) -> Sequence[Part]:
        return seen(self.officer)

    @cached_property
    def new(self) -> Sequence[Part]:
        unsaid = Case.proposed_by_id.is_distinct_from(self.officer.id)
        untaken = and_(one_of(Case.status, *TAKEN_IN), unsaid, self._opened)
        return [*(and_(turn, untaken) for turn in self._turns), *self.asking]

    @cached_property
    def mine(self) -> Sequence[Part]:
        taken = and_(Case.assignee_id == self.officer.id, one_of(Case.status, Status.TAKEN), self._opened)
        return [and_(taken, self._visible)]

    @cached_property
    def late(self) -> Sequence[Part]:
        hers = self.seen if self.officer.holds(Role.SUB_COUNTY) else [*self._turns, *self.mine]
        return [and_(part, broken(self.now, carried=self.carried)) for part in hers]

    @cached_property
    def waiting(self) -> Sequence[Part]:
        """Open, and the turn of somebody else."""
        others = not_(func.coalesce(or_(*self.new, mine(self.officer, carried=self.carried)), False))
        return [and_(part, self._opened, others) for part in self.seen]

    @cached_property
    def ended(self) -> Sequence[Part]:
        return [and_(part, ended()) for part in self.seen]

    @cached_property
    def practice(self) -> Sequence[Part]:
        return [and_(self._visible, Case.practice)]

    @cached_property
    def asking(self) -> Sequence[Part]:
        """What nobody else can do: give a second officer's word, or ask a body outside the county for news."""
        doubted = and_(Case.proposed_by_id.is_not(None), Case.proposed_by_id != self.officer.id, self._opened)
        hers = self._visible if self.officer.holds(Role.SUB_COUNTY) else _any(self._turns)
        if not self.officer.holds(Role.WARD, Role.HOTLINE):
            return [and_(doubted, hers)]
        silent = and_(Case.desk == Desk.OUTSIDE, one_of(Case.status, Status.REFERRED), Case.news_due_at <= self.now)
        return [and_(doubted, hers), *(and_(silent, part, self._opened) for part in self.seen)]

    @cached_property
    def _opened(self) -> Part:
        return opened(carried=self.carried)

    @cached_property
    def _visible(self) -> Part:
        return visible(self.officer)

    @cached_property
    def _turns(self) -> Sequence[Part]:
        return _turns(self.officer, self.seen)


def _turns(officer: Officer, hers: Sequence[Part]) -> Sequence[Part]:
    # Not by the desk alone: of a ward that she sees by another post, it is not her turn.
    apart = unbarred(officer)
    found = [
        and_(Case.desk == DESKS[post.role], sight, apart)
        for post in (officer.posts if officer.active else [])
        for sight in sights(post)
        if post.role in DESKS
    ]
    if officer.holds(Role.SUB_COUNTY):
        covered = select(WardCover.ward_code).where(WardCover.state == WardState.COVERED)
        absent = and_(Case.desk == Desk.WARD, Case.ward_code.in_(covered))
        found += [and_(absent, part) for part in hers]
    if officer.holds(Role.WARD, Role.HOTLINE):
        # Nobody outside the county looks in here: what is new with them (again) is for those who know the place.
        again = and_(Case.desk == Desk.OUTSIDE, one_of(Case.status, Status.NEW))
        found += [and_(again, part) for part in hers]
    return found


def _any(parts: Sequence[Part]) -> Part:
    return or_(false(), *parts)
