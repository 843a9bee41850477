"""Questions: at most one open per phone, opened in order, each answered or expired once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from config.settings import Settings
from gateway.messages import questions
from gateway.messages.models import Question, QuestionKind
from tests.cases.stage import AMINA, MONDAY, WANJIKU, Stage

FIXED, WARD = QuestionKind.FIXED, QuestionKind.WHICH_WARD
DAY = timedelta(days=1)


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db)


def ask(stage: Stage, kind: QuestionKind = FIXED, phone: str = WANJIKU, lasts: timedelta = DAY) -> bool:
    case = stage.case(stage.file(quiet=True, phone=phone))
    assert case.resident_id is not None
    with stage.transaction() as session:
        return questions.ask(session, case.resident_id, kind, stage.now, lasts, case_id=case.id)


def resident_id(stage: Stage) -> int:
    resident = stage.resident()
    assert resident is not None
    return resident.id


def test_the_first_is_open_and_the_next_ones_wait(stage: Stage) -> None:
    assert [ask(stage), ask(stage, WARD), ask(stage)] == [True, False, False]
    assert stage.questions() == [("fixed", "open", None), ("which_ward", "waiting", None), ("fixed", "waiting", None)]


def test_each_phone_has_its_own(stage: Stage) -> None:
    assert [ask(stage), ask(stage, phone=AMINA)] == [True, True]


def test_asking_works_the_hundredth_time_on_one_connection_as_the_first(stage: Stage) -> None:
    # After a few times the driver prepares the statement, and PostgreSQL then plans it without its values.
    cases = [stage.case(stage.file(quiet=True, phone=f"+2547110001{number:02}")) for number in range(40)]
    with stage.transaction() as session:
        for case in cases:
            assert case.resident_id is not None
            assert questions.ask(session, case.resident_id, FIXED, stage.now, DAY, case_id=case.id)
            assert not questions.ask(session, case.resident_id, WARD, stage.now, DAY, case_id=case.id)


def test_asked_at_once_one_is_open(stage: Stage) -> None:
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _: ask(stage), range(6)))
    assert opened.count(True) == 1
    assert sorted(status for _, status, _ in stage.questions()) == ["open", *["waiting"] * 5]


def test_the_oldest_that_waits_opens_next_and_lasts_as_long_as_it_was_meant_to(stage: Stage) -> None:
    ask(stage)
    ask(stage, WARD, lasts=2 * DAY)
    ask(stage)
    later = MONDAY + 5 * DAY
    with stage.transaction() as session:
        assert questions.open_next(session, resident_id(stage), later) is None
        questions.answer(session, 1, "yes")
        opened = questions.open_next(session, resident_id(stage), later)
        assert opened is not None
        assert (opened.kind, opened.asked_at, opened.expires_at) == (WARD, later, later + 2 * DAY)
        assert questions.open_next(session, resident_id(stage), later) is None
    assert [status for _, status, _ in stage.questions()] == ["answered", "open", "waiting"]


def test_with_none_waiting_none_opens(stage: Stage) -> None:
    stage.file(quiet=True)
    with stage.transaction() as session:
        assert questions.open_next(session, resident_id(stage), MONDAY) is None


def test_a_question_is_open_until_its_last_second(stage: Stage) -> None:
    ask(stage)
    with stage.transaction() as session:
        for moment, found in ((MONDAY, True), (MONDAY + DAY - timedelta(seconds=1), True), (MONDAY + DAY, False)):
            assert (questions.open_question(session, resident_id(stage), moment) is not None) is found


def test_an_answer_counts_once(stage: Stage) -> None:
    ask(stage)
    with stage.transaction() as session:
        assert questions.answer(session, 1, "yes")
        assert not questions.answer(session, 1, "no")
        assert not questions.expire(session, 1)
        assert session.scalars(select(Question)).one().answer == "yes"


def test_withdrawing_ends_the_questions_about_one_case(stage: Stage) -> None:
    ask(stage)
    ask(stage)
    with stage.transaction() as session:
        case_id = session.get_one(Question, 1).case_id
        assert case_id
        questions.withdraw(session, case_id)
        assert not questions.answer(session, 1, "yes")
    assert [status for _, status, _ in stage.questions()] == ["expired", "waiting"]
