"""Closing the loop: *fixed?* is asked once at a time, answered or not, and no case stays resolved for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway.cases import actions, closing, erasing, residents_own
from gateway.cases.models import Case, Channel, Confirmation, Ending, Status
from gateway.messages import questions
from gateway.messages.models import Question
from gateway.people.models import Resident, Role
from tests.cases.stage import AMINA, MONDAY, PROMISE, Stage

WEEK, WINDOW = timedelta(days=7), timedelta(days=14)


def fixed(stage: Stage, **given: object) -> str:
    """A case that an officer says is fixed."""
    reference = stage.file(**{"quiet": True, **given})
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Imetengenezwa.")
    return reference


def outcome(stage: Stage, reference: str) -> tuple[str, str | None, str | None, datetime | None]:
    case = stage.case(reference)
    return case.status, case.confirmation, case.ending, case.closed_at


def answer(stage: Stage, *, yes: bool, at: int = 0) -> bool:
    """Answer by phone menu the question that stands at place `at` of all that were asked."""
    with stage.transaction() as session:
        question = session.scalars(select(Question).order_by(Question.id)).all()[at]
        case = session.get_one(Case, question.case_id)
        return residents_own.answer_fixed(
            session, stage.office, case, question.id, fixed=yes, now=stage.now, channel=Channel.USSD
        )


# Her answer


def test_yes_confirms_and_closes(stage: Stage) -> None:
    reference = fixed(stage)
    now = stage.later(hours=3)
    assert answer(stage, yes=True)
    assert outcome(stage, reference) == ("closed", "confirmed", "fixed", now)
    assert stage.questions() == [("fixed", "answered", "yes")]
    event = stage.events(reference)[-1]
    assert (event.name, event.officer_id, event.data) == ("confirmed", None, {"channel": "ussd"})


def test_not_yet_reopens_it_as_disputed_with_the_promise_of_the_beginning(stage: Stage) -> None:
    reference = fixed(stage)
    stage.later(days=2)
    assert answer(stage, yes=False)
    case = stage.case(reference)
    assert outcome(stage, reference) == ("new", "disputed", None, None)
    assert (case.resolved_at, case.due_at, case.received_at) == (None, PROMISE, MONDAY)
    assert stage.history(reference) == ["filed", "ended", "disputed"]


def test_the_second_answer_changes_nothing(stage: Stage) -> None:
    reference = fixed(stage)
    assert answer(stage, yes=True)
    assert not answer(stage, yes=False)
    assert outcome(stage, reference)[:2] == ("closed", "confirmed")
    assert stage.history(reference) == ["filed", "ended", "confirmed"]


def test_of_many_answers_at_once_one_counts(stage: Stage) -> None:
    reference = fixed(stage)
    with ThreadPoolExecutor(4) as pool:
        counted = list(pool.map(lambda number: answer(stage, yes=number % 2 == 0), range(4)))
    assert counted.count(True) == 1
    assert len(stage.history(reference)) == 3


def test_silence_for_the_charters_days_is_unconfirmed_and_never_confirmed(stage: Stage) -> None:
    reference = fixed(stage)
    stage.later(days=7, seconds=-1)
    stage.sweep()
    assert outcome(stage, reference)[:2] == ("resolved", "asked")
    now = stage.later(seconds=1)
    stage.sweep()
    assert outcome(stage, reference) == ("closed", "unconfirmed", "fixed", now)
    assert stage.questions() == [("fixed", "expired", None)]
    assert stage.history(reference) == ["filed", "ended", "unconfirmed"]
    assert not answer(stage, yes=True)
    stage.sweep()
    assert outcome(stage, reference) == ("closed", "unconfirmed", "fixed", now)


def test_a_disputed_case_can_be_fixed_and_asked_about_again(stage: Stage) -> None:
    reference, officer = fixed(stage), stage.officer()
    answer(stage, yes=False)
    stage.do(actions.end, reference, officer, Ending.FIXED, "Sasa imetengenezwa.")
    assert stage.case(reference).confirmation is Confirmation.ASKED
    assert [kind for kind, *_ in stage.questions()] == ["fixed", "fixed"]
    assert answer(stage, yes=True, at=1)
    assert outcome(stage, reference)[:2] == ("closed", "confirmed")
    assert stage.history(reference) == ["filed", "ended", "disputed", "ended", "confirmed"]


# One open question per phone


def test_the_second_question_waits_and_so_does_its_sms(stage: Stage) -> None:
    first, second = fixed(stage), fixed(stage)
    assert stage.questions() == [("fixed", "open", None), ("fixed", "waiting", None)]
    assert (stage.letters(first), stage.letters(second)) == ([("fixed", "queued")], [])
    assert stage.case(second).confirmation is Confirmation.ASKED


@pytest.mark.parametrize("how", ["answered", "expired"])
def test_the_next_question_is_asked_when_the_one_before_is_over(stage: Stage, how: str) -> None:
    first, second = fixed(stage), fixed(stage)
    now = stage.later(days=7)
    if how == "answered":
        answer(stage, yes=True)
    else:
        stage.sweep()
    assert stage.questions() == [("fixed", how, "yes" if how == "answered" else None), ("fixed", "open", None)]
    assert stage.case(first).status is Status.CLOSED
    assert stage.letters(second) == [("fixed", "queued")]
    assert stage.last_text(second).startswith(f"{second[:4]} {second[4:]}: afisa anasema imetatuliwa.")
    # It was not asked before now, so her days begin now.
    stage.later(days=7, seconds=-1)
    stage.sweep()
    assert stage.case(second).status is Status.RESOLVED
    assert stage.later(seconds=1) == now + WEEK
    stage.sweep()
    assert outcome(stage, second)[:2] == ("closed", "unconfirmed")


@pytest.mark.parametrize("how", ["hidden", "withdrawn", "hidden by confidential words"])
def test_a_question_that_is_withdrawn_makes_room_for_the_next(stage: Stage, how: str) -> None:
    first, second = fixed(stage), fixed(stage)
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(first).id)
        if how == "hidden":
            erasing.hide_number(session, stage.office, case, stage.now)
        elif how == "withdrawn":
            erasing.withdraw(session, stage.office, case, stage.now)
        else:
            residents_own.add_words(session, stage.office, case, "aliomba hongo", stage.now, Channel.USSD)
    stage.sweep()
    assert stage.questions()[-1] == ("fixed", "open", None)
    assert stage.letters(second) == [("fixed", "queued")]


def test_questions_of_two_phones_do_not_wait_for_each_other(stage: Stage) -> None:
    first, second = fixed(stage), fixed(stage, phone=AMINA)
    assert [status for _, status, _ in stage.questions()] == ["open", "open"]
    assert (len(stage.letters(first)), len(stage.letters(second))) == (1, 1)


def test_of_questions_asked_at_once_one_is_open_and_one_sms_leaves(stage: Stage) -> None:
    officer = stage.officer()
    references = [stage.file(quiet=True) for _ in range(4)]

    def end(reference: str) -> None:
        stage.do(actions.end, reference, officer, Ending.FIXED, "Imetengenezwa.")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(end, references))
    stage.sweep()
    assert sorted(status for _, status, _ in stage.questions()) == ["open", "waiting", "waiting", "waiting"]
    assert stage.letters() == [("fixed", "queued")]


def test_a_case_whose_question_waits_its_turn_is_not_closed_before_it_was_asked(stage: Stage) -> None:
    references = [fixed(stage) for _ in range(4)]
    for closed in range(1, 5):
        stage.later(days=7)
        stage.sweep()
        states = [stage.case(reference).status.value for reference in references]
        assert states == ["closed"] * closed + ["resolved"] * (4 - closed)
    assert {stage.case(reference).confirmation for reference in references} == {Confirmation.UNCONFIRMED}
    assert stage.letters() == [("fixed", "queued")] * 4


def test_after_stop_a_question_stands_in_her_menu_without_an_sms(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.set("UPDATE resident SET stopped_at = now()")
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Imetengenezwa.")
    assert stage.letters(reference) == [("fixed", "cancelled")]
    with stage.transaction() as session:
        pending = questions.open_question(session, stage.case(reference).resident_id or 0, stage.now)
        assert pending is not None
        assert pending.case_id == stage.case(reference).id


def test_an_expired_question_can_no_longer_be_seen_by_her_phone(stage: Stage) -> None:
    fixed(stage)
    resident = stage.resident()
    assert resident is not None
    with stage.transaction() as session:
        assert questions.open_question(session, resident.id, MONDAY + WEEK - timedelta(seconds=1)) is not None
        assert questions.open_question(session, resident.id, MONDAY + WEEK) is None


def test_an_answer_or_an_expiry_happens_once(stage: Stage) -> None:
    fixed(stage)
    with stage.transaction() as session:
        question_id = session.scalars(select(Question.id)).one()
        assert questions.expire(session, question_id)
        assert not questions.expire(session, question_id)
        assert not questions.answer(session, question_id, "yes")


def test_who_is_forgotten_takes_her_questions_along_and_her_case_still_closes(stage: Stage) -> None:
    reference = fixed(stage)
    with stage.transaction() as session:
        session.delete(session.scalars(select(Resident)).one())
    stage.later(days=14)
    stage.sweep()
    assert stage.questions() == []
    assert outcome(stage, reference) == ("closed", "unconfirmed", "fixed", stage.now)


# Whom nobody can ask


@pytest.mark.parametrize("given", [{"anonymous": True}, {"phone": None}])
def test_fixed_with_a_hidden_number_is_unconfirmed_when_the_window_is_over(
    stage: Stage, given: dict[str, object]
) -> None:
    reference = fixed(stage, **given)
    assert (outcome(stage, reference)[:2], stage.questions(), stage.letters()) == (("resolved", None), [], [])
    stage.later(days=14, seconds=-1)
    stage.sweep()
    assert outcome(stage, reference)[:2] == ("resolved", None)
    now = stage.later(seconds=1)
    stage.sweep()
    assert outcome(stage, reference) == ("closed", "unconfirmed", "fixed", now)
    assert stage.history(reference) == ["filed", "ended", "unconfirmed"]


def test_a_confidential_case_is_unconfirmed_when_the_window_is_over(stage: Stage) -> None:
    reference = stage.file(category="STAFF", quiet=True)
    stage.do(actions.end, reference, stage.officer(Role.OMBUDSMAN), Ending.FIXED, "Ameonywa.")
    stage.later(days=14)
    stage.sweep()
    assert outcome(stage, reference) == ("closed", "unconfirmed", "fixed", stage.now)


def test_who_hides_her_number_while_she_is_asked_leaves_it_unconfirmed(stage: Stage) -> None:
    reference = fixed(stage)
    with stage.transaction() as session:
        erasing.hide_number(session, stage.office, session.get_one(Case, stage.case(reference).id), stage.now)
    stage.later(days=14)
    stage.sweep()
    assert outcome(stage, reference)[:2] == ("closed", "unconfirmed")


@pytest.mark.parametrize("ending", [Ending.CANNOT_NOW, Ending.NOT_OURS, Ending.NOT_FOUND])
def test_every_other_ending_closes_when_the_window_is_over(stage: Stage, ending: Ending) -> None:
    reference = stage.file(quiet=True)
    now = stage.later(hours=1)
    stage.do(actions.end, reference, stage.officer(), ending, "Sababu.")
    stage.now = now + WINDOW - timedelta(seconds=1)
    stage.sweep()
    assert outcome(stage, reference) == ("resolved", None, ending, None)
    stage.now = now + WINDOW
    stage.sweep()
    assert outcome(stage, reference) == ("closed", None, ending, now + WINDOW)
    assert stage.history(reference) == ["filed", "ended", "closed"]


def test_feedback_that_was_acted_on_closes_without_a_confirmation(stage: Stage) -> None:
    reference = fixed(stage, category="IDEA")
    stage.later(days=14)
    stage.sweep()
    assert outcome(stage, reference) == ("closed", None, "fixed", stage.now)
    assert stage.history(reference)[-1] == "closed"


# Plans


def test_a_plan_made_within_the_promise_returns_on_its_date_with_the_charters_step(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.do(actions.end, reference, officer, Ending.PLANNED, "Bajeti ipo.", planned_for=date(2027, 3, 1))
    stage.now = datetime.fromisoformat("2027-02-28T23:59:00+03:00")
    stage.sweep()
    assert outcome(stage, reference) == ("resolved", None, "planned", None)
    stage.now = datetime.fromisoformat("2027-03-01T00:00:00+03:00")
    stage.sweep()
    case = stage.case(reference)
    assert outcome(stage, reference) == ("new", None, None, None)
    assert (case.resolved_at, case.assignee_id) == (None, None)
    assert case.planned_for is None
    assert case.due_at == datetime.fromisoformat("2027-03-08T17:00:00+03:00")
    assert stage.history(reference)[:3] == ["filed", "ended", "plan_due"]
    assert stage.events(reference)[2].data == {"planned_for": "2027-03-01"}


def test_planned_feedback_returns_without_a_clock(stage: Stage) -> None:
    reference = stage.file(category="IDEA", quiet=True)
    stage.do(actions.end, reference, stage.officer(), Ending.PLANNED, "Bajeti.", planned_for=date(2026, 12, 1))
    stage.later(days=9)
    stage.sweep()
    assert (stage.case(reference).status, stage.case(reference).due_at) == (Status.NEW, None)


# Two sweepers


def test_two_sweepers_at_once_close_each_case_once(stage: Stage) -> None:
    asked = [fixed(stage, phone=f"+2547110000{number:02}") for number in range(10)]
    hidden = [fixed(stage, anonymous=True) for _ in range(10)]
    stage.later(days=15)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: stage.sweep(), range(4)))
    stage.sweep()
    for reference in asked + hidden:
        assert stage.history(reference) == ["filed", "ended", "unconfirmed"]


def test_what_a_sweep_leaves_the_next_batch_does(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "BATCH", 2)
    references = [fixed(stage, anonymous=True) for _ in range(5)]
    stage.later(days=14)
    counts = []
    for _ in range(4):
        with stage.transaction() as session:
            counts.append(closing.close_ended(session, stage.office, stage.now))
    assert counts == [2, 2, 1, 0]
    assert {stage.case(reference).status for reference in references} == {Status.CLOSED}
