"""A list of the queue, read piece by piece: however many cases stand in it, few more are looked at than are shown.

A list is what holds any of its parts (`cases.lists`), and each part is asked alone, up to a limit, along an index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, not_, or_, select, union_all
from sqlalchemy.orm import Session, joinedload

from gateway.cases import lists
from gateway.cases.lists import Lists, Part
from gateway.cases.models import Case, Confirmation
from gateway.cases.visibility import visible_to
from gateway.people.models import Officer
from gateway.triage.filters import Tab

TO_DO = (Tab.NEW, Tab.MINE, Tab.LATE)
"""The lists of which `todo` is made."""


@dataclass(frozen=True)
class Reading:
    """What one officer's lists hold now, each of what fits all that it is `narrowed` by. `carried`: with those for
    which another case stands."""

    officer: Officer
    now: datetime
    narrowed: Mapping[Tab, Sequence[Part]]
    carried: bool = False

    def counts(self, session: Session, most: int) -> Mapping[Tab, int]:
        """How many cases stand in each list, counted up to `most`. What there is to do is counted from its lists."""
        pieces = [
            _piece(part, *self.narrowed[tab], ended=tab is Tab.DONE).add_columns(
                literal_column(f"'{tab}'").label("tab")
            )
            for tab, parts in self._parts.items()
            if tab is not Tab.TODO
            for part in parts
        ]
        if not pieces:
            return dict.fromkeys(Tab, 0)
        seen = union_all(*(_at_most(piece, most) for piece in pieces)).subquery()
        made_of = {tab: TO_DO if tab is Tab.TODO else (tab,) for tab in Tab}
        found = session.execute(
            select(*(func.count(seen.c.id.distinct()).filter(seen.c.tab.in_(tabs)) for tabs in made_of.values()))
        ).one()
        return {tab: min(most, number) for tab, number in zip(made_of, found, strict=True)}

    def first(self, session: Session, tab: Tab, most: int) -> Sequence[int]:
        """The ids of the first `most` cases of a list: what is disputed, what is late, the rest, each the oldest first;
        of what has ended the last."""
        found: dict[int, None] = {}
        for group in self._groups(tab):
            if group and len(found) < most:
                query = _ordered([and_(part, *self.narrowed[tab]) for part in group], tab, most - len(found))
                found |= dict.fromkeys(session.scalars(query))
        return list(found)

    @cached_property
    def _lists(self) -> Lists:
        return Lists(self.officer, self.now, self.carried)

    @cached_property
    def _parts(self) -> Mapping[Tab, Sequence[Part]]:
        found = self._lists
        return {
            Tab.TODO: [*found.new, *found.mine, *found.late],
            Tab.NEW: found.new,
            Tab.LATE: found.late,
            Tab.MINE: found.mine,
            Tab.WAITING: found.waiting,
            Tab.DONE: found.ended,
            Tab.PRACTICE: found.practice,
        }

    def _groups(self, tab: Tab) -> Iterator[Sequence[Part]]:
        parts, found = self._parts[tab], self._lists
        if tab in (Tab.DONE, Tab.PRACTICE):
            yield parts
            return
        # Few are disputed: it takes less to ask for them first, and whether they stand in the list then.
        disputed = lists.disputed(carried=self.carried)
        yield [and_(part, disputed, or_(*parts)) for part in found.seen]
        apart = Case.confirmation.is_distinct_from(Confirmation.DISPUTED)
        over = and_(lists.broken(self.now, carried=self.carried), apart)
        # What is late at her desk, or hers, is in the list of what is late already.
        yield [and_(part, over) for part in ([*found.late, *found.asking] if tab is Tab.TODO else parts)]
        running = func.coalesce(lists.is_over(self.now), False) & lists.one_of(Case.status, *lists.RUNNING)
        rest = and_(not_(running), apart)
        slow = {Tab.TODO: [*found.new, *found.mine], Tab.LATE: []}.get(tab, parts)
        yield [and_(part, rest) for part in slow]


def load(session: Session, officer: Officer, ids: Sequence[int]) -> list[Case]:
    """These cases in this order, with their assignee and their resident."""
    if not ids:
        return []
    place = {number: position for position, number in enumerate(ids)}
    query = visible_to(officer).where(Case.id.in_(ids))
    query = query.options(joinedload(Case.assignee).raiseload(Officer.posts), joinedload(Case.resident))
    return sorted(session.scalars(query), key=lambda case: place[case.id])


def _ordered(parts: Sequence[Part], tab: Tab, most: int) -> Select[*tuple[Any, ...]]:
    ended = tab is Tab.DONE
    pieces = [_at_most(_piece(part, ended=ended, ordered=True), most) for part in parts]
    if len(pieces) == 1:
        return pieces[0]
    seen = union_all(*pieces).subquery()
    order = (seen.c.at.desc(), seen.c.id.desc()) if ended else (seen.c.at, seen.c.id)
    return _at_most(select(seen.c.id, seen.c.at).distinct().order_by(*order), most)


def _piece(*conditions: Part, ended: bool, ordered: bool = False) -> Select[*tuple[Any, ...]]:
    """The ids of what fits, and when it was received, or when it ended. What has ended is so much that it is always
    read from one end."""
    at: ColumnElement[Any] = func.coalesce(Case.closed_at, Case.resolved_at) if ended else Case.received_at.expression
    found = select(Case.id.label("id"), at.label("at")).where(*conditions)
    if ended:
        return found.order_by(at.desc(), Case.id.desc())
    return found.order_by(at, Case.id) if ordered else found


def _at_most(query: Select[*tuple[Any, ...]], most: int) -> Select[*tuple[Any, ...]]:
    # In the statement itself: where the limit is not known, the plan is one for a long list.
    return query.limit(literal_column(str(most)))
