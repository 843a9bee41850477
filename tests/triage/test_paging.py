"""Every list, page by page, holds what a slow look at each case finds, in the same order, whatever the posts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from bench import backlog, many
from config.county import County, load, resolve
from gateway.cases.actions import DESKS
from gateway.cases.models import OPEN, Case, Confirmation, Desk, Status, WardCover
from gateway.cases.visibility import seen_by, visible_to
from gateway.db import officer_session
from gateway.people.models import Officer, Post, Role
from gateway.triage import queue
from gateway.triage.filters import Filters, Tab

NUMBER = 3000
STRANGE = """
    UPDATE cases SET lead_id = (SELECT min(id) FROM cases) WHERE id % 23 = 0;
    UPDATE cases SET practice = true WHERE id % 29 = 0;
    UPDATE cases SET proposed_by_id = (SELECT min(id) + cases.id % 3 FROM officer) WHERE id % 11 = 0 AND NOT sensitive;
    UPDATE cases SET news_due_at = now() + (id % 5 - 2) * interval '1 day' WHERE desk = 'outside' AND id % 4 > 0;
    UPDATE cases SET status = 'new' WHERE desk = 'outside' AND status = 'referred' AND id % 3 = 0;
    UPDATE cases SET about_ombudsman = true WHERE sensitive AND id % 4 = 0;
    UPDATE cases SET due_at = NULL, desk_due_at = NULL WHERE id % 17 = 0;
    INSERT INTO ward_cover (ward_code, state, why)
        SELECT ward_code, 'covered', 'leave' FROM (SELECT min(ward_code) AS ward_code FROM cases) AS first;
    INSERT INTO case_conflict (case_id, officer_id, named_by)
        SELECT cases.id, officer.id, officer.id FROM cases, officer WHERE cases.id % 13 = 0 AND officer.id % 2 = 0;
    INSERT INTO call_back (case_id, hour, due_at) SELECT id, 'any', now() FROM cases WHERE id % 37 = 0;
"""
POSTS = {
    "a ward": [Role.WARD],
    "a sub-county": [Role.SUB_COUNTY],
    "a department": [Role.DEPARTMENT],
    "a chief officer": [Role.CHIEF_OFFICER],
    "the county secretary": [Role.COUNTY_SECRETARY],
    "the ombudsman": [Role.OMBUDSMAN],
    "the hotline": [Role.HOTLINE],
    "two wards and their sub-county": [Role.WARD, Role.WARD, Role.SUB_COUNTY],
    "a ward, the hotline and a department": [Role.WARD, Role.HOTLINE, Role.DEPARTMENT],
    "the ombudsman for the county secretary": [Role.OMBUDSMAN, Role.COUNTY_SECRETARY],
    "nothing": [],
}


@pytest.fixture(scope="module")
def county(engine: Engine) -> Iterator[County]:
    found = load(resolve("kakamega"))
    backlog.fill(engine, found, NUMBER, share_open=0.3)
    with engine.begin() as connection:
        for statement in STRANGE.split(";")[:-1]:
            connection.execute(text(statement))
    yield found
    many.empty(engine)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE ward_cover"))


def appoint(engine: Engine, county: County, roles: Sequence[Role]) -> Officer:
    """An officer with these posts, the first two wards for two of them."""
    wards = [one.code for one in county.sub_counties[0].wards]
    with Session(engine) as session, session.begin():
        made = Officer(email=f"{len(roles)}-{datetime.now(UTC).timestamp()}@x.example", name="Rose", password_hash="x")
        session.add(made)
        session.flush()
        for role in roles:
            session.add(
                Post(
                    officer_id=made.id, role=role,
                    ward_code=wards.pop(0) if role is Role.WARD else None,
                    sub_county_code=county.sub_counties[0].code if role is Role.SUB_COUNTY else None,
                    department=county.departments[0].code if role in (Role.DEPARTMENT, Role.CHIEF_OFFICER) else None,
                )
            )  # fmt: skip
        number = made.id
    with Session(engine) as session:
        return session.get_one(Officer, number)


@dataclass(frozen=True)
class Slowly:
    """What an officer has to do, from all that she sees, case by case."""

    officer: Officer
    now: datetime
    covered: frozenset[int]
    by_post: frozenset[tuple[int, Role]]

    def lists(self, case: Case) -> set[Tab]:
        if case.practice:
            return {Tab.PRACTICE}
        if case.status not in OPEN:
            return {Tab.DONE}
        if case.lead_id is not None:
            return set()
        mine = case.assignee_id == self.officer.id and case.status is Status.TAKEN
        late = self.is_late(case) and (self.officer.holds(Role.SUB_COUNTY) or mine or self.is_here(case))
        found = {Tab.MINE} if mine else set()
        found |= {Tab.NEW} if self.is_new(case) else set()
        found |= {Tab.LATE} if late else set()
        return (found | {Tab.TODO} if found else found) | (set() if found & {Tab.MINE, Tab.NEW} else {Tab.WAITING})

    def is_late(self, case: Case) -> bool:
        clocks = [clock for clock in (case.due_at, case.desk_due_at) if clock is not None]
        return case.status is not Status.WAITING and any(clock < self.now for clock in clocks)

    def is_here(self, case: Case) -> bool:
        if any(case.desk is DESKS[role] for number, role in self.by_post if number == case.id):
            return True
        if self.officer.holds(Role.SUB_COUNTY) and case.desk is Desk.WARD and case.ward_code in self.covered:
            return True
        knows = self.officer.holds(Role.WARD, Role.HOTLINE)
        return knows and case.desk is Desk.OUTSIDE and case.status is Status.NEW

    def is_new(self, case: Case) -> bool:
        doubted = case.proposed_by_id not in (None, self.officer.id)
        if doubted and (self.officer.holds(Role.SUB_COUNTY) or self.is_here(case)):
            return True
        knows = self.officer.holds(Role.WARD, Role.HOTLINE)
        asked = case.news_due_at is not None and case.news_due_at <= self.now
        if asked and knows and case.desk is Desk.OUTSIDE and case.status is Status.REFERRED:
            return True
        untaken = case.status in (Status.NEW, Status.REFERRED) and case.proposed_by_id != self.officer.id
        return untaken and self.is_here(case)

    def order(self, tab: Tab, case: Case) -> tuple[float, ...]:
        if tab is Tab.DONE:
            ended = case.closed_at or case.resolved_at
            return (-ended.timestamp() if ended else -1e12, -case.id)
        if tab is Tab.PRACTICE:
            return (case.received_at.timestamp(), case.id)
        disputed = case.confirmation is Confirmation.DISPUTED
        return (not disputed, not self.is_late(case), case.received_at.timestamp(), case.id)


def slowly(engine: Engine, officer: Officer, now: datetime) -> tuple[Slowly, list[Case]]:
    with Session(engine) as session:
        seen = list(session.scalars(visible_to(officer)))
        by_post = {
            (number, post.role)
            for post in officer.posts
            for number in session.scalars(select(Case.id).where(seen_by(post)))
            if post.role in DESKS
        }
        covered = session.scalars(select(WardCover.ward_code)).all()
    return Slowly(officer, now, frozenset(covered), frozenset(by_post)), seen


@pytest.mark.parametrize("name", list(POSTS))
def test_all_pages_of_every_list_are_what_a_slow_look_finds(engine: Engine, county: County, name: str) -> None:
    officer, now = appoint(engine, county, POSTS[name]), datetime.now(UTC)
    with engine.begin() as connection:  # some are hers
        statement = "UPDATE cases SET assignee_id = :who, status = 'taken' WHERE status = 'taken' AND id % 3 = 0"
        connection.execute(text(statement), {"who": officer.id})
    look, seen = slowly(engine, officer, now)
    for tab in Tab:
        should = sorted((case for case in seen if tab in look.lists(case)), key=lambda case: look.order(tab, case))
        found: list[int] = []
        with officer_session(engine, officer) as session:
            number, page = 1, queue.read(session, officer, Filters(show=tab), 1, now)
            while True:
                found += [case.id for case in page.cases]
                if number >= page.last:
                    break
                number += 1
                page = queue.read(session, officer, Filters(show=tab), number, now)
        most = queue.MAX_PAGE * queue.PAGE
        assert found == [case.id for case in should][:most], (name, tab)
        assert page.counts[tab] == min(queue.MANY, len(should)), (name, tab)


def test_a_list_says_how_many_pages_it_has_as_far_as_anybody_counted(engine: Engine, county: County) -> None:
    officer, now = appoint(engine, county, [Role.SUB_COUNTY]), datetime.now(UTC)
    with officer_session(engine, officer) as session:
        pages = [queue.read(session, officer, Filters(show=Tab.DONE), number, now) for number in (1, 2, 99)]
    first, second, last = pages
    assert (first.number, first.last, first.more, first.counts[Tab.DONE]) == (1, 4, True, 100)
    assert (second.number, second.last, second.more) == (2, 5, True)
    assert (last.number, last.more) == (last.last, False)
    assert 5 < last.last <= queue.MAX_PAGE
    assert 0 < len(last.cases) <= queue.PAGE


@pytest.mark.parametrize("number", [-5, 0, 1])
def test_there_is_no_page_before_the_first(engine: Engine, county: County, number: int) -> None:
    officer = appoint(engine, county, [Role.WARD])
    with officer_session(engine, officer) as session:
        assert queue.read(session, officer, Filters(), number, datetime.now(UTC)).number == 1
