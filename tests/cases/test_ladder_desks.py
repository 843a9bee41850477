"""What was sent up stays up: whoever is below may work on it, and does not bring it down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.cases import actions, timing
from gateway.cases.actions import Refused
from gateway.cases.models import Case, Desk, Ending, Status, Step
from gateway.people.models import Role
from tests.cases.stage import PROMISE, Stage


@pytest.fixture
def raised(stage: Stage) -> str:
    """A case at the sub-county, whose promise is broken."""
    for role in (Role.SUB_COUNTY, Role.CHIEF_OFFICER, Role.COUNTY_SECRETARY):
        stage.officer(role)
    reference = stage.file()
    stage.now = PROMISE + timedelta(minutes=2)
    stage.sweep()
    assert stage.case(reference).desk is Desk.SUB_COUNTY
    return reference


def test_the_ward_may_work_on_it_and_it_stays_where_it_is(stage: Stage, raised: str) -> None:
    rose = stage.officer(Role.WARD)
    stage.do(actions.note, raised, rose, "Fundi yuko njiani")
    stage.do(actions.take, raised, rose)
    case = stage.case(raised)
    assert (case.desk, case.status, case.assignee_id) == (Desk.SUB_COUNTY, Status.TAKEN, rose.id)
    stage.do(actions.end, raised, rose, Ending.FIXED, "Imekwisha")
    assert stage.case(raised).status is Status.RESOLVED


def test_the_ward_does_not_send_it_away_from_there(stage: Stage, raised: str) -> None:
    rose = stage.officer(Role.WARD)
    with pytest.raises(Refused, match="sent up past your desk"):
        stage.do(actions.refer, raised, rose, "Si yangu", department="water")
    with pytest.raises(Refused, match="sent up past your desk"):
        stage.do(actions.route, raised, rose, 1012)
    assert stage.case(raised).desk is Desk.SUB_COUNTY


def test_who_has_it_sends_it_on_and_what_she_sent_down_does_not_come_down_further(stage: Stage, raised: str) -> None:
    above, engineer, rose = stage.officer(Role.SUB_COUNTY), stage.officer(Role.DEPARTMENT), stage.officer(Role.WARD)
    stage.do(actions.refer, raised, above, "Kazi ya idara", department="water")
    stage.do(actions.take, raised, engineer)
    assert stage.case(raised).desk is Desk.DEPARTMENT
    stage.do(actions.refer, raised, engineer, "Kazi ya barabara", department="roads")
    stage.do(actions.take, raised, rose)
    assert stage.case(raised).desk is Desk.SUB_COUNTY


def test_who_is_above_takes_it_to_her_own_desk(stage: Stage, raised: str) -> None:
    stage.do(actions.take, raised, stage.officer(Role.CHIEF_OFFICER))
    case = stage.case(raised)
    assert (case.desk, case.raised_to) == (Desk.CHIEF_OFFICER, Step.SUB_COUNTY)
    stage.now = case.answer_by + timedelta(minutes=2) if case.answer_by else stage.now
    stage.sweep()
    assert stage.case(raised).raised_to is Step.COUNTY_SECRETARY


def test_the_stored_times_are_those_of_the_history(stage: Stage, raised: str) -> None:
    for _ in range(3):
        with stage.transaction() as session:
            case = session.get_one(Case, stage.case(raised).id)
            assert timing.check(session, stage.office, case) == []
        stage.later(days=8)
        stage.sweep()
