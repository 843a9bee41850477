"""The queue: which cases wait for whom, in which order; one query counts all tabs, one reads a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, true
from sqlalchemy.orm import Session, joinedload

from gateway.cases.actions import DESKS
from gateway.cases.models import OPEN, Case, Confirmation, Desk, Status, WardCover, WardState
from gateway.cases.visibility import seen_by, visible_to
from gateway.people.models import Officer, Role

PAGE = 25
MAX_PAGE = 400


class Tab(StrEnum):
    """The lists. Every open case is in exactly one of new, mine and waiting; what needs doing is in `todo`."""

    TODO = "todo"
    NEW = "new"
    LATE = "late"
    MINE = "mine"
    WAITING = "waiting"
    DONE = "done"
    PRACTICE = "practice"
    """What trainers filed: in no other list."""


@dataclass(frozen=True)
class Page:
    """One page of one tab. `counts` has every tab; `number` is from 1 to `last`."""

    tab: Tab
    number: int
    last: int
    counts: Mapping[Tab, int]
    cases: list[Case]


def read(session: Session, officer: Officer, tab: Tab, number: int, now: datetime) -> Page:
    """A page of what `officer` may see. The cases come with their assignee; read them before the session ends."""
    conditions = _tabs(officer, now)
    if officer.holds(Role.AUDITOR):  # her role reads no case as a whole
        return Page(tab, 1, 1, dict.fromkeys(conditions, 0), [])
    counted = visible_to(officer).with_only_columns(*(func.count().filter(which) for which in conditions.values()))
    counts = dict(zip(conditions, session.execute(counted).one(), strict=True))
    last = max(1, min(MAX_PAGE, -(-counts[tab] // PAGE)))
    number = max(1, min(number, last))
    listed = (
        visible_to(officer)
        .where(conditions[tab])
        .options(joinedload(Case.assignee).raiseload(Officer.posts))
        .order_by(*_order(tab, now))
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    return Page(tab, number, last, counts, list(session.scalars(listed)))


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


def _late(now: datetime) -> ColumnElement[bool]:
    """The promise is broken, or the desk that has it has used up its own time. While she is waited for, none runs."""
    broken = or_(Case.due_at < now, Case.desk_due_at < now)
    return and_(Case.status.in_(OPEN), Case.status != Status.WAITING, broken)


def _tabs(officer: Officer, now: datetime) -> Mapping[Tab, ColumnElement[bool]]:
    here = _here(officer)
    opened = Case.status.in_(OPEN)
    # What was referred to a department is new there until somebody takes it.
    new = and_(here, Case.status.in_((Status.NEW, Status.REFERRED)))
    new = or_(and_(new, Case.proposed_by_id.is_distinct_from(officer.id)), _asks(officer, here, now))
    mine = and_(Case.assignee_id == officer.id, Case.status == Status.TAKEN)
    # A ward is not shown the delays of others as its own; a sub-county answers for all of them.
    late = and_(_late(now), true() if officer.holds(Role.SUB_COUNTY) else or_(here, mine))
    tabs = {
        Tab.TODO: or_(new, mine, late),
        Tab.NEW: new,
        Tab.LATE: late,
        Tab.MINE: mine,
        Tab.WAITING: and_(opened, not_(new), not_(func.coalesce(mine, False))),
        Tab.DONE: not_(opened),
    }
    return {tab: and_(which, ~Case.practice) for tab, which in tabs.items()} | {Tab.PRACTICE: and_(Case.practice)}


def _asks(officer: Officer, here: ColumnElement[bool], now: datetime) -> ColumnElement[bool]:
    """What nobody else can do: give a second officer's word, or ask a body outside the county for news."""
    doubted = and_(Case.proposed_by_id.is_not(None), Case.proposed_by_id != officer.id, Case.status.in_(OPEN))
    if not officer.holds(Role.SUB_COUNTY):
        doubted = and_(doubted, here)
    if not officer.holds(Role.WARD, Role.HOTLINE):
        return doubted
    ask = func.coalesce(Case.news_due_at <= now, False)  # a condition that is neither would be in no list
    return or_(doubted, and_(Case.desk == Desk.OUTSIDE, Case.status == Status.REFERRED, ask))


def _here(officer: Officer) -> ColumnElement[bool]:
    """Whether it is this officer's turn, or that of somebody she answers for."""
    # Not by the desk alone: of a ward that she sees by another post, it is not her turn.
    by_post = [and_(Case.desk == DESKS[post.role], seen_by(post)) for post in officer.posts if post.role in DESKS]
    here: ColumnElement[bool] = or_(false(), *by_post)
    if officer.holds(Role.SUB_COUNTY):
        covered = select(WardCover.ward_code).where(WardCover.state == WardState.COVERED)
        here = or_(here, and_(Case.desk == Desk.WARD, Case.ward_code.in_(covered)))
    if not officer.holds(Role.WARD, Role.HOTLINE):
        return here
    # Nobody outside the county looks in here: what is new with them (again) is for those who know the place.
    return or_(here, and_(Case.desk == Desk.OUTSIDE, Case.status == Status.NEW))


def _order(tab: Tab, now: datetime) -> tuple[ColumnElement[Any], ...]:
    if tab is Tab.DONE:
        return (func.coalesce(Case.closed_at, Case.resolved_at).desc(), Case.id.desc())
    disputed = func.coalesce(Case.confirmation == Confirmation.DISPUTED, False)
    late = func.coalesce(_late(now), False)
    return (disputed.desc(), late.desc(), Case.received_at.asc(), Case.id.asc())
