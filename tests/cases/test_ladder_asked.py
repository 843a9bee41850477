"""A resident sends her own case higher: when she may, where it goes, and that it happens once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.cases import actions, ladder
from gateway.cases.categories import NATIONAL
from gateway.cases.ladder import Raised
from gateway.cases.models import Case, Channel, Confirmation, Desk, Ending, Status, Step
from gateway.people.models import Role
from tests.cases.stage import PROMISE, Stage


@pytest.fixture
def manned(stage: Stage) -> Stage:
    for role in (Role.WARD, Role.SUB_COUNTY, Role.CHIEF_OFFICER, Role.COUNTY_SECRETARY):
        stage.officer(role)
    return stage


def may(stage: Stage, reference: str) -> bool:
    with stage.transaction() as session:
        return ladder.may_send_higher(session, stage.office, session.merge(stage.case(reference)), stage.now)


def send(stage: Stage, reference: str) -> Raised | None:
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id, with_for_update=True)
        return ladder.send_higher(session, stage.office, case, stage.now, Channel.USSD)


def late(stage: Stage, **given: object) -> str:
    """A case whose promise is over, before any sweep has seen it."""
    reference = stage.file(**given)
    stage.now = PROMISE + timedelta(minutes=2)
    return reference


def test_before_the_promised_day_nothing_is_offered(manned: Stage) -> None:
    reference = manned.file()
    assert not may(manned, reference)
    assert send(manned, reference) is None
    assert manned.history(reference) == ["filed"]


def test_after_it_she_sends_it_to_the_next_step_and_is_told_where(manned: Stage) -> None:
    reference = late(manned)
    raised = send(manned, reference)
    assert raised is not None
    assert (raised.step, raised.top) == (Step.SUB_COUNTY, False)
    assert raised.holder["sw"] == "msimamizi wa kaunti ndogo ya Lurambi"
    assert manned.case(reference).answer_by == raised.answer_by
    data = manned.events(reference)[-1].data
    assert (data["why"], data["channel"], data["from"]) == ("asked", "ussd", "ward")
    assert [wording for wording, _ in manned.letters(reference)] == ["received"]
    manned.sweep()
    assert manned.history(reference) == ["filed", "raised"]


def test_a_step_that_she_asked_for_must_pass_its_date_before_the_next(manned: Stage) -> None:
    reference = late(manned)
    send(manned, reference)
    assert not may(manned, reference)
    assert send(manned, reference) is None
    manned.later(days=8)
    raised = send(manned, reference)
    assert raised is not None
    assert raised.step is Step.CHIEF_OFFICER


def test_what_went_up_by_itself_she_may_send_on_once_without_waiting(manned: Stage) -> None:
    reference = late(manned)
    manned.sweep()
    assert may(manned, reference)
    raised = send(manned, reference)
    assert raised is not None
    assert raised.step is Step.CHIEF_OFFICER
    assert not may(manned, reference)
    # What was still to be told of the step before is not true any more.
    assert manned.letters(reference)[-1] == ("promise_broken", "cancelled")


def test_at_the_top_there_is_nobody_above(manned: Stage) -> None:
    reference = late(manned)
    raised = None
    for _ in range(3):
        raised = send(manned, reference)
        manned.later(days=8)
    assert raised is not None
    assert (raised.step, raised.top) == (Step.COUNTY_SECRETARY, True)
    assert not may(manned, reference)
    assert send(manned, reference) is None


def test_who_is_not_there_is_passed_over(stage: Stage) -> None:
    stage.officer(Role.COUNTY_SECRETARY)
    reference = late(stage)
    raised = send(stage, reference)
    assert raised is not None
    assert raised.top
    assert stage.events(reference)[-1].data["skipped"] == ["sub_county", "chief_officer"]


@pytest.mark.parametrize("ending", [ending for ending in Ending if ending is not Ending.FIXED])
def test_an_ending_that_is_not_fixed_may_be_sent_higher_and_is_open_again(manned: Stage, ending: Ending) -> None:
    reference, rose = manned.file(), manned.officer(Role.WARD)
    manned.set("UPDATE cases SET status = 'taken', assignee_id = :rose", rose=rose.id)
    planned = date(2027, 3, 1) if ending is Ending.PLANNED else None
    manned.set(
        "UPDATE cases SET status = 'resolved', ending = :ending, reason = 'Hakuna fedha', resolved_at = :now,"
        " planned_for = :planned", ending=ending.value, now=manned.now, planned=planned,
    )  # fmt: skip
    raised = send(manned, reference)
    assert raised is not None
    case = manned.case(reference)
    assert (case.status, case.desk, case.raised_to) == (Status.NEW, Desk.SUB_COUNTY, Step.SUB_COUNTY)
    assert (case.ending, case.planned_for, case.resolved_at, case.assignee_id) == (None, None, None, None)
    assert case.due_at == PROMISE


def test_what_is_fixed_or_closed_is_not_sent_higher(manned: Stage) -> None:
    reference, rose = manned.file(), manned.officer(Role.WARD)
    manned.do(actions.end, reference, rose, Ending.FIXED, "Imekwisha")
    assert manned.case(reference).confirmation is Confirmation.ASKED
    assert not may(manned, reference)
    manned.set("UPDATE cases SET status = 'closed', ending = 'cannot_now', closed_at = now()")
    assert not may(manned, reference)


def test_while_we_wait_for_her_it_is_her_turn(manned: Stage) -> None:
    reference, rose = manned.file(), manned.officer(Role.WARD)
    manned.do(actions.write, reference, rose, "Wapi?", wait=True)
    manned.now = PROMISE + timedelta(days=1)
    assert not may(manned, reference)


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ({"category": "IDEA", "problem": "WATER"}, "TRUE"),
        ({"category": NATIONAL}, "TRUE"),
        ({"category": "CORRUPT"}, "due_at = now() - interval '1 day'"),
        ({}, "practice = TRUE"),
        ({}, "status = 'withdrawn'"),
    ],
)
def test_some_things_go_nowhere(manned: Stage, given: dict[str, str], change: str) -> None:
    reference = late(manned, **given)
    if change != "TRUE":
        manned.set(f"UPDATE cases SET {change}")
    assert not may(manned, reference)
    assert send(manned, reference) is None


def test_a_row_that_has_moved_meanwhile_moves_once(manned: Stage) -> None:
    reference = late(manned)
    with manned.transaction() as session:
        case = session.get_one(Case, manned.case(reference).id)
        # Read here, and raised elsewhere, without a lock.
        manned.sweep()
        assert ladder.send_higher(session, manned.office, case, manned.now, Channel.SMS) is None
    assert manned.history(reference) == ["filed", "raised"]


def test_a_sent_case_may_be_ended_and_sent_again_to_the_next_desk(manned: Stage) -> None:
    reference, above = late(manned), manned.officer(Role.SUB_COUNTY)
    send(manned, reference)
    manned.do(actions.end, reference, above, Ending.CANNOT_NOW, "Hakuna fedha mwaka huu")
    raised = send(manned, reference)
    assert raised is not None
    assert raised.step is Step.CHIEF_OFFICER
