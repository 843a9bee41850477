"""Wards that do not take part yet: the county desk has their cases, until the ward takes them over at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from config.settings import Settings
from gateway.cases import actions, coverage, timing, wards
from gateway.cases.models import Case, CaseConflict, Desk, Ending, Status, WardCover, WardState
from gateway.people.models import Audit, Officer, Role
from tests.cases.stage import SHEYWE, SHIRERE, Stage


@pytest.fixture
def stage(settings: Settings, db: Engine, redis_url: str) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


@pytest.fixture
def county(stage: Stage) -> Officer:
    return stage.officer(Role.COUNTY)


def set_desk(stage: Stage, by: Officer, ward: int = SHIRERE) -> bool:
    with stage.transaction() as session:
        return wards.give_to_desk(session, ward, by, stage.now)


def set_live(stage: Stage, by: Officer, ward: int = SHIRERE) -> bool:
    with stage.transaction() as session:
        return wards.make_live(session, stage.office, ward, by, stage.now)


def desk(stage: Stage, reference: str) -> tuple[Desk, Status]:
    case = stage.case(reference)
    return case.desk, case.status


def test_new_cases_of_the_ward_go_to_the_county_desk_and_to_the_ward_when_it_takes_part(
    stage: Stage, county: Officer
) -> None:
    before, agent = stage.file(), stage.officer(Role.HOTLINE)
    assert set_desk(stage, county)
    assert not set_desk(stage, county)
    new, at_work, elsewhere = (
        stage.file(phone=stage.phone()),
        stage.file(phone=stage.phone()),
        stage.file(ward_code=None),
    )
    assert [desk(stage, one)[0] for one in (before, new, at_work)] == [Desk.WARD, Desk.COUNTY, Desk.COUNTY]
    stage.do(actions.take, at_work, agent)
    stage.later(hours=1)
    assert set_live(stage, county)
    assert not set_live(stage, county)
    for reference in (new, at_work):
        case, line = stage.case(reference), stage.events(reference)[-1]
        assert (case.desk, case.status, case.assignee_id, case.desk_since) == (Desk.WARD, Status.NEW, None, stage.now)
        assert (line.name, line.officer_id, line.turn) == ("handed_over", county.id, f"ward:{SHIRERE}")
        assert line.data == {"why": "ward_live", "ward": SHIRERE}
        with stage.transaction() as session:
            assert timing.check(session, stage.office, session.get_one(Case, case.id)) == []
    assert stage.history(before) == ["filed"]
    assert desk(stage, elsewhere)[0] is Desk.COUNTY
    assert desk(stage, stage.file(phone=stage.phone()))[0] is Desk.WARD
    with stage.transaction() as session:
        assert list(session.scalars(select(Audit.name).order_by(Audit.id))) == ["ward_desk", "ward_live"]


def test_what_waits_for_its_resident_or_was_sent_up_is_left_in_peace(stage: Stage, county: Officer) -> None:
    agent = stage.officer(Role.HOTLINE)
    set_desk(stage, county)
    waiting, ended, other = (stage.file(phone=stage.phone()) for _ in range(3))
    stage.do(actions.write, waiting, agent, "Ni wapi hasa?", wait=True)
    stage.do(actions.end, ended, agent, Ending.NOT_FOUND, "Hatukuona")
    set_desk(stage, county, SHEYWE)
    sheywe = stage.file(ward_code=SHEYWE, phone=stage.phone())
    set_live(stage, county)
    assert desk(stage, waiting) == (Desk.WARD, Status.WAITING)
    assert stage.case(waiting).assignee_id is None
    assert desk(stage, ended) == (Desk.COUNTY, Status.RESOLVED)
    assert desk(stage, other) == (Desk.WARD, Status.NEW)
    assert desk(stage, sheywe) == (Desk.COUNTY, Status.NEW)


def test_what_is_about_the_administrator_does_not_go_to_her(stage: Stage, county: Officer) -> None:
    rose = stage.officer()
    set_desk(stage, county)
    reference = stage.file()
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        session.add(CaseConflict(case_id=case.id, officer_id=rose.id, named_by=county.id))
    set_live(stage, county)
    assert desk(stage, reference) == (Desk.COUNTY, Status.NEW)


def test_a_covered_ward_may_go_to_the_desk_and_is_covered_again_after_it(stage: Stage, county: Officer) -> None:
    with stage.transaction() as session:
        coverage.settle_covers(session, stage.office, stage.now)
        assert session.get_one(WardCover, SHIRERE).why == "vacant"
    assert not set_live(stage, county), "that is for the sweep to say"
    assert set_desk(stage, county)
    with stage.transaction() as session:
        coverage.settle_covers(session, stage.office, stage.now)
        assert session.get_one(WardCover, SHIRERE).state is WardState.DESK
    assert set_live(stage, county)
    with stage.transaction() as session:
        coverage.settle_covers(session, stage.office, stage.now)
        assert session.get_one(WardCover, SHIRERE).state is WardState.COVERED
