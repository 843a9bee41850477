"""Leave: its days, who may stand in, and the posts that the deputy holds meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from config.settings import Settings
from config.zone import NAIROBI
from gateway.people import accounts, leave
from gateway.people.leave import Plan
from gateway.people.models import Absence, Audit, Officer, Post, Role
from gateway.people.officers import OfficerRefused
from gateway.people.presence import present_posts
from tests.cases.stage import LURAMBI, SHEYWE, SHIRERE, Stage

DAY = timedelta(days=1)
LIKUYANI = 201


@pytest.fixture
def stage(settings: Settings, db: Engine, redis_url: str) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


def plan(stage: Stage, first: int = 0, last: int = 6, deputy: Officer | None = None) -> Plan:
    """Days from today."""
    today = stage.now.astimezone(NAIROBI).date()
    return Plan(today + first * DAY, today + last * DAY, deputy.id if deputy else None)


def arrange(stage: Stage, who: Officer, wanted: Plan, by: Officer | None = None) -> Absence:
    with stage.transaction() as session:
        return leave.arrange(session, stage.office.county, who.id, wanted, by or who, stage.now)


def posts(stage: Stage, who: Officer) -> list[Post]:
    with stage.transaction() as session:
        return list(session.scalars(select(Post).where(Post.officer_id == who.id).order_by(Post.id)))


def lines(stage: Stage) -> list[str]:
    with stage.transaction() as session:
        return list(session.scalars(select(Audit.name).order_by(Audit.id)))


def named(stage: Stage, who: Officer, by: Officer) -> set[int]:
    with stage.transaction() as session:
        who, by = session.get_one(Officer, who.id), session.get_one(Officer, by.id)
        return {one.id for one in leave.deputies(session, stage.office.county, who, by)}


def test_the_deputy_holds_the_posts_from_the_first_midnight_in_nairobi_to_the_last(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(ward_code=SHEYWE)
    wanted = plan(stage, 2, 3, deputy)
    arrange(stage, rose, wanted)
    lent = posts(stage, deputy)[-1]
    assert (lent.role, lent.ward_code, lent.for_id, lent.given_by) == (Role.WARD, SHIRERE, rose.id, rose.id)
    for moment, day in ((lent.starts_at, wanted.first_day), (lent.ends_at, wanted.last_day + DAY)):
        assert moment is not None
        assert moment.astimezone(NAIROBI) == datetime.combine(day, datetime.min.time(), NAIROBI)
    with stage.transaction() as session:
        assert session.get_one(Officer, deputy.id).wards == {SHEYWE}
        assert (Role.WARD, SHIRERE) in present_posts(session, wanted.first_day)
        assert not any(absent for absent in session.scalars(select(Absence.id).where(Absence.officer_id == deputy.id)))
    assert lines(stage) == ["leave_set", "post_given"]


def test_a_post_is_not_there_on_leave_without_a_deputy(stage: Stage) -> None:
    rose = stage.officer()
    wanted = plan(stage, 1, 2)
    arrange(stage, rose, wanted)
    with stage.transaction() as session:
        there = [present_posts(session, wanted.first_day + days * DAY) for days in (-1, 0, 1, 2)]
    assert [(Role.WARD, SHIRERE) in seats for seats in there] == [True, False, False, True]


def test_a_deputy_who_begins_today_sees_the_ward_at_once_and_is_signed_out(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(ward_code=SHEYWE)
    stage.set("INSERT INTO sign_in (officer_id, token_hash) VALUES (:id, 'x')", id=deputy.id)
    arrange(stage, rose, plan(stage, 0, 1, deputy))
    with stage.transaction() as session:
        assert session.get_one(Officer, deputy.id).wards == {SHIRERE, SHEYWE}
        assert session.get_one(Officer, rose.id).wards == {SHIRERE}
    with stage.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sign_in").scalar() == 0


def test_who_comes_back_early_is_there_again_and_the_deputy_holds_nothing(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(ward_code=SHEYWE)
    absence, later = arrange(stage, rose, plan(stage, 0, 6, deputy)), arrange(stage, rose, plan(stage, 20, 21, deputy))
    with stage.transaction() as session:
        leave.end(session, session.get_one(Absence, absence.id), rose, stage.now)
    with stage.transaction() as session:
        assert session.get_one(Officer, deputy.id).wards == {SHEYWE}
        assert (Role.WARD, SHIRERE) in present_posts(session, stage.now.astimezone(NAIROBI).date())
        assert [one.id for one in leave.of_officer(session, rose.id, stage.now)] == [later.id]
    ends = posts(stage, deputy)[-1].ends_at
    assert ends is not None
    assert ends > stage.now + 20 * DAY, "the later leave keeps its deputy"
    assert lines(stage)[-2:] == ["post_ended", "leave_ended"]


def test_leave_that_is_called_off_leaves_no_day_and_no_post(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(ward_code=SHEYWE)
    absence = arrange(stage, rose, plan(stage, 3, 6, deputy))
    with stage.transaction() as session:
        leave.end(session, session.get_one(Absence, absence.id), rose, stage.now)
    assert stage.count(Absence) == 0
    with stage.transaction() as session:
        held = select(func.count()).select_from(Post).where(Post.for_id == rose.id, Post.ends_at > Post.starts_at)
        assert session.scalar(held) == 0


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (-1, 3, "today at the earliest"),
        (3, 2, "before the first"),
        (0, 400, "a year"),
        (400, 401, "a year"),
        (5, 9, "already"),
    ],
)
def test_days_that_cannot_be_are_refused(stage: Stage, first: int, last: int, why: str) -> None:
    rose = stage.officer()
    arrange(stage, rose, plan(stage, 4, 6))
    with pytest.raises(OfficerRefused, match=why):
        arrange(stage, rose, plan(stage, first, last))
    assert stage.count(Absence) == 1


def test_a_deputy_who_is_away_herself_is_refused(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(ward_code=SHEYWE)
    arrange(stage, deputy, plan(stage, 6, 9))
    with pytest.raises(OfficerRefused, match="deputy is on leave"):
        arrange(stage, rose, plan(stage, 0, 6, deputy))
    assert len(posts(stage, deputy)) == 1


NEAR: list[tuple[Role, dict[str, Any], Role, dict[str, Any], bool]] = [
    (Role.WARD, {}, Role.WARD, {"ward_code": SHEYWE}, True),
    (Role.WARD, {}, Role.SUB_COUNTY, {"sub_county_code": LURAMBI}, True),
    (Role.WARD, {}, Role.SUB_COUNTY, {"sub_county_code": LIKUYANI}, False),
    (Role.WARD, {}, Role.HOTLINE, {}, False),
    (Role.SUB_COUNTY, {}, Role.WARD, {"ward_code": SHEYWE}, False),
    (Role.SUB_COUNTY, {}, Role.SUB_COUNTY, {"sub_county_code": LIKUYANI}, True),
    (Role.DEPARTMENT, {}, Role.CHIEF_OFFICER, {"department": "water"}, True),
    (Role.DEPARTMENT, {}, Role.DEPARTMENT, {"department": "roads"}, False),
    (Role.CHIEF_OFFICER, {}, Role.COUNTY_SECRETARY, {}, True),
    (Role.COUNTY_SECRETARY, {}, Role.CHIEF_OFFICER, {"department": "water"}, False),
    (Role.OMBUDSMAN, {}, Role.COUNTY_SECRETARY, {}, False),
    (Role.OMBUDSMAN, {}, Role.OMBUDSMAN, {}, True),
    (Role.COUNTY, {}, Role.COUNTY, {}, True),
]


@pytest.mark.parametrize(("role", "hers", "other", "theirs", "may"), NEAR)
def test_an_officer_asks_who_sees_as_much_as_she_does(
    stage: Stage, role: Role, hers: dict[str, Any], other: Role, theirs: dict[str, Any], may: bool
) -> None:
    who, one = stage.officer(role, **hers), stage.officer(other, **theirs)
    assert (one.id in named(stage, who, who)) is may
    if not may:
        with pytest.raises(OfficerRefused, match="cannot stand in"):
            arrange(stage, who, plan(stage, deputy=one))


def test_the_county_administrator_may_name_anybody_but_who_must_stand_apart_and_herself(stage: Stage) -> None:
    county, other = stage.officer(Role.COUNTY), stage.officer(Role.COUNTY)
    rose, hotline, auditor = stage.officer(), stage.officer(Role.HOTLINE), stage.officer(Role.AUDITOR)
    ombudsman = stage.officer(Role.OMBUDSMAN)
    assert named(stage, rose, county) == {hotline.id, ombudsman.id}
    assert named(stage, ombudsman, county) == set(), "a complaint may be about any other desk"
    assert named(stage, other, county) == set()
    assert named(stage, auditor, county) == set()


def test_who_is_to_stand_in_for_a_ward_cannot_stand_in_for_who_must_stand_apart(stage: Stage) -> None:
    county, ombudsman, other = stage.officer(Role.COUNTY), stage.officer(Role.OMBUDSMAN), stage.officer(Role.OMBUDSMAN)
    rose, auditor, second = stage.officer(), stage.officer(Role.AUDITOR), stage.officer(Role.AUDITOR)
    arrange(stage, rose, plan(stage, 3, 6, other), county)
    assert (named(stage, ombudsman, county), named(stage, auditor, county)) == (set(), {second.id})
    with pytest.raises(OfficerRefused, match="cannot stand in"):
        arrange(stage, ombudsman, plan(stage, 0, 6, other), county)
    stage.set("UPDATE post SET ends_at = now() WHERE for_id = :id", id=rose.id)
    assert named(stage, ombudsman, county) == {other.id}


def test_who_stands_in_for_somebody_lends_her_own_posts_alone(stage: Stage) -> None:
    rose, deputy, third = stage.officer(), stage.officer(ward_code=SHEYWE), stage.officer(ward_code=1013)
    arrange(stage, rose, plan(stage, 0, 6, deputy))
    arrange(stage, deputy, plan(stage, 3, 4, third))
    assert [post.ward_code for post in posts(stage, third)] == [1013, SHEYWE]


def test_whoever_left_has_no_leave_and_nobody_stands_in_for_her(stage: Stage) -> None:
    county, rose, deputy = stage.officer(Role.COUNTY), stage.officer(), stage.officer(ward_code=SHEYWE)
    arrange(stage, rose, plan(stage, 0, 6, deputy))
    arrange(stage, rose, plan(stage, 20, 22, deputy))
    with stage.transaction() as session:
        accounts.leave_service(session, session.get_one(Officer, rose.id), county, stage.now)
    with stage.transaction() as session:
        assert session.get_one(Officer, deputy.id).wards == {SHEYWE}
        assert leave.of_officer(session, rose.id, stage.now) == []
    with pytest.raises(OfficerRefused, match="has left"):
        arrange(stage, rose, plan(stage))
