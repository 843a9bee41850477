"""Giving a case to a colleague: who may be given it, what changes, and that no clock gains by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.cases import actions, assigning, conflicts, relief, timing
from gateway.cases.actions import Faster, Refused
from gateway.cases.clock import local_day
from gateway.cases.models import Case, Desk, Ending, Status
from gateway.db import officer_session
from gateway.people.leave import Plan
from gateway.people.models import Officer, Role
from tests.cases.stage import SHEYWE, SHIRERE, Stage


def offered(stage: Stage, officer: Officer, *references: str) -> list[int]:
    """The ids of those whom this officer may give all of these cases."""
    with officer_session(stage.engine, officer) as session:
        cases = session.scalars(select(Case).where(Case.reference.in_(references))).all()
        assert len(cases) == len(references)
        return [one.id for one in assigning.colleagues(session, officer, cases, stage.now)]


def checked(stage: Stage, reference: str) -> list[str]:
    with stage.transaction() as session:
        return timing.check(session, stage.office, session.scalars(select(Case)).one())


def test_a_case_is_put_into_a_colleagues_hands_and_stays_at_its_desk(stage: Stage) -> None:
    rose, jane, reference = stage.officer(), stage.officer(), stage.file()
    before = stage.case(reference)
    stage.do(assigning.assign, reference, rose, jane)
    case = stage.case(reference)
    assert (case.status, case.assignee_id, case.desk) == (Status.TAKEN, jane.id, Desk.WARD)
    assert (case.due_at, case.desk_since) == (before.due_at, before.desk_since)
    [_, line] = stage.events(reference)
    assert (line.name, line.officer_id, line.data) == ("assigned", rose.id, {"to": jane.id})
    assert stage.letters(reference) == stage.letters()


def test_being_given_a_case_is_no_first_action(stage: Stage) -> None:
    rose, jane, reference = stage.officer(), stage.officer(), stage.file()
    due = stage.case(reference).desk_due_at
    stage.later(hours=1)
    stage.do(assigning.assign, reference, rose, jane)
    assert stage.case(reference).desk_due_at == due
    assert checked(stage, reference) == []
    stage.do(actions.note, reference, jane, "Naenda.")
    stage.do(actions.write, reference, jane, "Fundi anakuja kesho.")
    assert stage.case(reference).desk_due_at != due, "writing to the resident is one"


def test_what_waits_for_its_resident_goes_on_waiting(stage: Stage) -> None:
    rose, jane, reference = stage.officer(), stage.officer(), stage.file()
    stage.do(actions.write, reference, rose, "Ni nyumba gani?", wait=True)
    waits = stage.case(reference).waits_until
    stage.do(assigning.assign, reference, rose, jane)
    case = stage.case(reference)
    assert (case.status, case.assignee_id, case.waits_until) == (Status.WAITING, jane.id, waits)
    assert checked(stage, reference) == []


@pytest.mark.parametrize(
    ("role", "jurisdiction", "is_one"),
    [
        (Role.WARD, {"ward_code": SHIRERE}, True),
        (Role.WARD, {"ward_code": SHEYWE}, False),
        (Role.SUB_COUNTY, {"sub_county_code": 202}, False),
        (Role.DEPARTMENT, {"department": "water"}, False),
        (Role.HOTLINE, {}, False),
        (Role.OMBUDSMAN, {}, False),
    ],
)
def test_colleagues_are_those_at_the_desk_that_has_it(
    stage: Stage, role: Role, jurisdiction: dict[str, Any], is_one: bool
) -> None:
    rose, reference = stage.officer(), stage.file()
    other = stage.officer(role, **jurisdiction)
    assert offered(stage, rose, reference) == ([other.id] if is_one else [])
    if not is_one:
        with pytest.raises(Refused, match="cannot be given it"):
            stage.do(assigning.assign, reference, rose, other)
        assert stage.history(reference) == ["filed"]


def test_in_a_department_its_own_officers_are_colleagues_and_the_ward_gives_it_to_nobody(stage: Stage) -> None:
    ward, reference = stage.officer(), stage.file()
    one, two = stage.officer(Role.DEPARTMENT), stage.officer(Role.DEPARTMENT)
    second_of_ward = stage.officer()
    stage.do(actions.refer, reference, ward, "Tafadhali", department="water")
    assert offered(stage, one, reference) == [two.id]
    assert offered(stage, ward, reference) == []
    with pytest.raises(Refused):
        stage.do(assigning.assign, reference, ward, second_of_ward)
    stage.do(assigning.assign, reference, one, two)
    assert (stage.case(reference).status, stage.case(reference).desk) == (Status.TAKEN, Desk.DEPARTMENT)


def test_a_sub_county_gives_out_the_cases_of_its_wards(stage: Stage) -> None:
    above, below, reference = stage.officer(Role.SUB_COUNTY), stage.officer(), stage.file()
    assert offered(stage, above, reference) == [below.id]
    stage.do(assigning.assign, reference, above, below)
    assert (stage.case(reference).assignee_id, stage.case(reference).desk) == (below.id, Desk.WARD)


def test_who_is_on_leave_has_left_or_is_named_in_it_is_given_nothing(stage: Stage) -> None:
    rose, away, gone, reference = stage.officer(), stage.officer(), stage.officer(), stage.file()
    today = local_day(stage.now)
    with stage.transaction() as session:
        relief.go_on_leave(
            session, stage.office, session.get_one(Officer, away.id), Plan(today, today + timedelta(days=3), None),
            session.get_one(Officer, rose.id), stage.now,
        )  # fmt: skip
    stage.set("UPDATE officer SET active = false WHERE id = :id", id=gone.id)
    assert offered(stage, rose, reference) == []
    ombudsman, second = stage.officer(Role.OMBUDSMAN), stage.officer(Role.OMBUDSMAN)
    secret = stage.file(category="STAFF", phone=stage.phone())
    assert offered(stage, ombudsman, secret) == [second.id]
    stage.do(conflicts.name, secret, ombudsman, [second.id])
    assert offered(stage, ombudsman, secret) == []


def test_what_is_kept_from_somebody_is_given_to_nobody_and_nobody_learns_from_whom(stage: Stage) -> None:
    anna, rose, jane = (stage.officer() for _ in range(3))
    ombudsman, reference = stage.officer(Role.OMBUDSMAN), stage.file(category="STAFF")
    stage.do(conflicts.name, reference, ombudsman, [anna.id])
    stage.do(actions.release, reference, ombudsman, "Ni ya barabara.")
    stage.set("UPDATE cases SET desk = 'ward', status = 'new'")
    plain = stage.file(phone=stage.phone())
    assert offered(stage, rose, plain) == [anna.id, jane.id]
    assert offered(stage, rose, reference) == offered(stage, rose, plain, reference) == []
    for other in (anna, jane):
        with pytest.raises(Refused, match="It is given to nobody"):
            stage.do(assigning.assign, reference, rose, other)
    assert "assigned" not in stage.history(reference)


def test_for_several_cases_only_who_is_at_the_desk_of_each_is_offered(stage: Stage) -> None:
    rose = stage.officer()
    first, second = stage.file(), stage.file(phone=stage.phone())
    jane = stage.officer()
    assert offered(stage, rose, first, second) == [jane.id]
    assert offered(stage, rose) == [jane.id]
    assert offered(stage, stage.officer(Role.DEPARTMENT), first, second) == []


def test_what_has_ended_is_given_to_nobody_and_nobody_is_given_it_twice(stage: Stage) -> None:
    rose, jane, reference = stage.officer(), stage.officer(), stage.file()
    stage.do(assigning.assign, reference, rose, jane)
    with pytest.raises(Refused, match="has it already"):
        stage.do(assigning.assign, reference, rose, jane)
    stage.do(actions.end, reference, jane, Ending.NOT_FOUND, "Hakuna bomba hapo.")
    with pytest.raises(Faster):
        stage.do(assigning.assign, reference, rose, jane)
    assert stage.history(reference) == ["filed", "assigned", "ended"]
