"""What is overdue goes up, one step at a time, past whoever is not there; and its resident is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gateway.cases import actions, requests
from gateway.cases.categories import NATIONAL
from gateway.cases.models import Desk, Ending, Status, Step
from gateway.people.models import Role
from tests.cases.stage import AMINA, LURAMBI, MONDAY, PROMISE, Stage

EVERYBODY = (Role.WARD, Role.SUB_COUNTY, Role.CHIEF_OFFICER, Role.COUNTY_SECRETARY)
SECOND = datetime(2026, 12, 10, 14, 0, tzinfo=UTC)
"""Five working days after the promise, 17:00 in Nairobi."""
THIRD = datetime(2026, 12, 18, 14, 0, tzinfo=UTC)
"""Five more, with the holiday of 12 December on a Saturday."""


def steps(stage: Stage, reference: str) -> list[dict[str, object]]:
    """What the history keeps of each step, without its new day."""
    raised = [event.data for event in stage.events(reference) if event.name == "raised"]
    return [{name: value for name, value in data.items() if name != "answer_by"} for data in raised]


@pytest.fixture
def manned(stage: Stage) -> Stage:
    """Somebody is there at every step."""
    for role in EVERYBODY:
        stage.officer(role)
    return stage


def until(stage: Stage, moment: datetime) -> None:
    stage.now = moment + timedelta(minutes=1)
    stage.sweep()


# Step by step


def test_before_its_day_nothing_goes_up(manned: Stage) -> None:
    reference = manned.file()
    manned.now = PROMISE - timedelta(minutes=1)
    manned.sweep()
    assert manned.history(reference) == ["filed"]


def test_what_is_overdue_goes_up_one_step_for_each_date_that_passes(manned: Stage) -> None:
    reference = manned.file()
    until(manned, PROMISE)
    case = manned.case(reference)
    assert (case.raised_to, case.desk, case.status) == (Step.SUB_COUNTY, Desk.SUB_COUNTY, Status.NEW)
    assert (case.due_at, case.answer_by, case.next_step_at) == (PROMISE, SECOND, SECOND)
    assert case.raised_at == case.desk_since == manned.now

    manned.sweep()
    assert len(steps(manned, reference)) == 1
    until(manned, SECOND)
    until(manned, THIRD)
    case = manned.case(reference)
    assert (case.raised_to, case.desk, case.next_step_at) == (Step.COUNTY_SECRETARY, Desk.COUNTY_SECRETARY, None)
    assert steps(manned, reference) == [
        {"step": "sub_county", "why": "overdue", "from": "ward", "skipped": []},
        {"step": "chief_officer", "why": "overdue", "from": "sub_county", "skipped": []},
        {"step": "county_secretary", "why": "overdue", "from": "chief_officer", "skipped": []},
    ]
    manned.later(days=60)
    manned.sweep()
    assert len(steps(manned, reference)) == 3


def test_nobody_has_it_where_it_comes_as_new_and_who_had_it_stands_in_the_history(manned: Stage) -> None:
    reference, rose = manned.file(), manned.officer(Role.WARD)
    manned.do(actions.take, reference, rose)
    until(manned, PROMISE)
    case = manned.case(reference)
    assert (case.status, case.assignee_id) == (Status.NEW, None)
    assert [event.officer_id for event in manned.events(reference) if event.name == "taken"] == [rose.id]


def test_each_line_of_the_history_says_whose_turn_it_is(manned: Stage) -> None:
    reference = manned.file()
    until(manned, PROMISE)
    assert manned.events(reference)[-1].turn == f"sub_county:{LURAMBI}"


def test_a_departments_case_goes_to_its_chief_officer(manned: Stage) -> None:
    reference, rose = manned.file(), manned.officer(Role.WARD)
    manned.do(actions.refer, reference, rose, "Kazi ya idara", department="water")
    until(manned, PROMISE)
    assert steps(manned, reference)[-1] == {
        "step": "chief_officer", "why": "overdue", "from": "department", "skipped": [],
    }  # fmt: skip


def test_a_case_without_a_ward_goes_up_from_the_county_desk(manned: Stage) -> None:
    reference = manned.file(ward_code=None)
    until(manned, PROMISE)
    assert steps(manned, reference) == [{"step": "chief_officer", "why": "overdue", "from": "county", "skipped": []}]


def test_a_case_that_has_neither_ward_nor_department_goes_to_the_county_secretary(manned: Stage) -> None:
    reference = manned.file(ward_code=None)
    manned.set("UPDATE cases SET department = NULL")
    until(manned, PROMISE)
    assert steps(manned, reference)[0]["step"] == "county_secretary"


def test_what_came_back_to_the_department_goes_on_above_where_it_was(manned: Stage) -> None:
    reference, above = manned.file(), manned.officer(Role.SUB_COUNTY)
    until(manned, PROMISE)
    manned.do(actions.refer, reference, above, "Kazi ya idara", department="water")
    until(manned, SECOND)
    assert [step["step"] for step in steps(manned, reference)] == ["sub_county", "chief_officer"]


# Who is not there


def test_a_step_without_anybody_is_passed_over_and_that_is_told(stage: Stage) -> None:
    stage.officer(Role.COUNTY_SECRETARY)
    reference = stage.file()
    until(stage, PROMISE)
    assert steps(stage, reference) == [
        {"step": "county_secretary", "why": "overdue", "from": "ward", "skipped": ["sub_county", "chief_officer"]}
    ]


def test_where_nobody_is_anywhere_it_waits_for_the_next_county_secretary(stage: Stage) -> None:
    reference = stage.file()
    until(stage, PROMISE)
    assert steps(stage, reference) == [
        {
            "step": "county_secretary", "why": "overdue", "from": "ward",
            "skipped": ["sub_county", "chief_officer"], "nobody": True,
        }
    ]  # fmt: skip
    assert stage.case(reference).desk is Desk.COUNTY_SECRETARY


def test_who_is_on_leave_is_passed_over_and_her_deputy_is_not(manned: Stage) -> None:
    away = manned.officer(Role.SUB_COUNTY, sub_county_code=LURAMBI)
    ended = "UPDATE post SET ends_at = :at WHERE role = 'sub_county' AND officer_id <> :id"
    manned.set(ended, id=away.id, at=manned.now)
    manned.set(
        "INSERT INTO absence (officer_id, first_day, last_day, made_by) VALUES (:id, '2026-12-01', '2026-12-05', :id)",
        id=away.id,
    )
    first = manned.file()
    until(manned, PROMISE)
    assert steps(manned, first)[0]["skipped"] == ["sub_county"]

    manned.officer(Role.SUB_COUNTY)
    second = manned.file(phone=AMINA)
    manned.set("UPDATE cases SET due_at = :at, next_step_at = :at WHERE reference = :one", at=PROMISE, one=second)
    manned.sweep()
    assert steps(manned, second)[0]["skipped"] == []


def test_whom_a_case_is_about_is_not_there_for_it(manned: Stage) -> None:
    reference = manned.file()
    manned.set(
        "INSERT INTO case_conflict (case_id, officer_id, named_by) SELECT cases.id, post.officer_id, post.officer_id"
        " FROM cases, post WHERE post.role = 'sub_county'"
    )
    until(manned, PROMISE)
    assert steps(manned, reference)[0] == {
        "step": "chief_officer", "why": "overdue", "from": "ward", "skipped": ["sub_county"],
    }  # fmt: skip


# The hard stop


def test_after_the_hard_stop_it_goes_straight_to_the_county_secretary(manned: Stage) -> None:
    reference = manned.file()
    until(manned, MONDAY + timedelta(days=30))
    assert steps(manned, reference) == [{"step": "county_secretary", "why": "hard_stop", "from": "ward", "skipped": []}]
    assert manned.letters(reference)[-1] == ("promise_broken_top", "queued")


def test_the_hard_stop_comes_before_the_date_of_a_step(manned: Stage) -> None:
    reference, stop = manned.file(), MONDAY + timedelta(days=16)
    manned.set("UPDATE cases SET received_at = received_at - interval '14 days'")
    until(manned, PROMISE)
    assert (manned.case(reference).answer_by, manned.case(reference).next_step_at) == (SECOND, stop)
    until(manned, stop)
    assert steps(manned, reference)[-1] == {
        "step": "county_secretary", "why": "hard_stop", "from": "sub_county", "skipped": [],
    }  # fmt: skip


def test_the_hard_stop_comes_before_a_promise_that_lies_behind_it(manned: Stage) -> None:
    reference = manned.file()
    manned.set("UPDATE cases SET due_at = due_at + interval '90 days'")
    manned.sweep()
    until(manned, PROMISE)
    assert steps(manned, reference) == []
    assert manned.case(reference).next_step_at == MONDAY + timedelta(days=30)
    until(manned, MONDAY + timedelta(days=30))
    assert steps(manned, reference)[-1]["step"] == "county_secretary"
    assert manned.letters(reference)[-1] == ("open_too_long", "queued")
    assert "imekaa wazi muda mrefu, sasa iko kwa katibu wa kaunti." in manned.last_text(reference)


def test_a_request_that_was_extended_still_has_every_step_before_it(manned: Stage) -> None:
    reference, agent = manned.file(category="information", quiet=True), manned.officer(Role.HOTLINE)
    manned.set("UPDATE cases SET department = 'water'")
    manned.do(requests.extend, reference, agent, "Ni mengi.")
    until(manned, MONDAY + timedelta(days=34))
    assert steps(manned, reference) == []
    until(manned, MONDAY + timedelta(days=35))
    assert (steps(manned, reference)[0]["step"], steps(manned, reference)[0]["why"]) == ("chief_officer", "overdue")


# What does not go up


@pytest.mark.parametrize(
    "given", [{"category": "IDEA", "problem": "WATER"}, {"category": NATIONAL}, {"category": "CORRUPT"}]
)
def test_feedback_national_matters_and_confidential_cases_never_go_up(manned: Stage, given: dict[str, str]) -> None:
    reference = manned.file(**given)
    manned.later(days=90)
    manned.sweep()
    assert manned.case(reference).next_step_at is None
    assert steps(manned, reference) == []


def test_a_practice_case_never_goes_up(manned: Stage) -> None:
    reference = manned.file()
    manned.set("UPDATE cases SET practice = true")
    manned.later(days=90)
    manned.sweep()
    assert steps(manned, reference) == []


def test_what_became_confidential_does_not_go_up(manned: Stage) -> None:
    reference = manned.file()
    manned.set("UPDATE cases SET sensitive = true, desk = 'confidential'")
    until(manned, PROMISE)
    assert (steps(manned, reference), manned.case(reference).next_step_at) == ([], None)


def test_what_waits_for_its_resident_or_has_ended_goes_up_when_it_comes_back(manned: Stage) -> None:
    rose = manned.officer(Role.WARD)
    ended = manned.file()
    manned.do(actions.end, ended, rose, Ending.FIXED, "Imekwisha")
    until(manned, PROMISE + timedelta(hours=1))
    assert steps(manned, ended) == []
    manned.set("UPDATE cases SET status = 'new', ending = NULL, resolved_at = NULL, confirmation = 'disputed'")
    manned.sweep()
    assert [step["step"] for step in steps(manned, ended)] == ["sub_county"]


def test_a_promise_that_moved_by_a_wait_moves_the_step_with_it(manned: Stage) -> None:
    reference, rose = manned.file(), manned.officer(Role.WARD)
    manned.do(actions.write, reference, rose, "Wapi hasa?", wait=True)
    manned.now = PROMISE + timedelta(days=1)
    manned.receive("Karibu na soko la Shirere")
    manned.sweep()
    case = manned.case(reference)
    assert case.due_at is not None
    assert case.due_at > manned.now
    assert (steps(manned, reference), case.next_step_at) == ([], case.due_at)


# Many, and after a long time


def test_after_days_of_downtime_each_case_makes_one_step_a_sweep_oldest_first(manned: Stage) -> None:
    references = []
    for number in range(6):
        references.append(manned.file(phone=f"+2547110000{number:02}"))
        manned.later(hours=26)
    manned.now = PROMISE + timedelta(days=9)
    manned.sweep()
    assert [len(steps(manned, reference)) for reference in references] == [1] * 6
    with manned.transaction() as session:
        order = session.scalars(text("SELECT case_id FROM case_event WHERE name = 'raised' ORDER BY id")).all()
    assert order == [manned.case(reference).id for reference in references]


def test_a_step_that_stands_in_the_history_is_not_made_or_told_twice(manned: Stage) -> None:
    reference = manned.file()
    until(manned, PROMISE)
    # As nothing of ours would leave it.
    manned.set("UPDATE cases SET raised_to = NULL, desk = 'ward', answer_by = NULL, next_step_at = due_at")
    manned.sweep()
    assert len(steps(manned, reference)) == 1
    assert manned.case(reference).raised_to is Step.SUB_COUNTY
    assert [wording for wording, _ in manned.letters(reference)] == ["received", "promise_broken"]
