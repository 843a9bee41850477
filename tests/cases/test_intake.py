"""Once only: whoever comes second with the same key gets the first answer, also while the first is at work."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from gateway.cases.intake import answered_before, once
from gateway.cases.models import Channel, Intake
from tests.cases.stage import Stage

ANSWER = {"facts": ["words.added"]}


def test_the_work_is_done_once_and_its_answer_repeated(stage: Stage) -> None:
    done: list[int] = []

    def work(intake_id: int) -> Mapping[str, Any]:
        done.append(intake_id)
        return ANSWER

    for _ in range(3):
        with stage.transaction() as session:
            assert once(session, Channel.USSD, "ATUid_1:9", work) == ANSWER
    with stage.transaction() as session:
        [intake] = session.scalars(select(Intake))
        assert (done, intake.answer) == ([intake.id], ANSWER)
        assert once(session, Channel.USSD, "ATUid_1:11", work) == ANSWER
    assert len(done) == 2


def test_work_that_fails_may_be_done_again(stage: Stage) -> None:
    def fail(_: int) -> Mapping[str, Any]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), stage.transaction() as session:
        once(session, Channel.USSD, "ATUid_1:9", fail)
    assert stage.count(Intake) == 0
    with stage.transaction() as session:
        assert once(session, Channel.USSD, "ATUid_1:9", lambda _: ANSWER) == ANSWER


def test_the_second_waits_for_the_first_and_does_nothing(stage: Stage) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def slowly(_: int) -> Mapping[str, Any]:
        at_work.set()
        assert go_on.wait(10)
        return ANSWER

    def refuse(_: int) -> Mapping[str, Any]:
        raise AssertionError("done twice")

    def come(work: Any) -> Mapping[str, Any]:
        with stage.transaction() as session:
            return once(session, Channel.USSD, "ATUid_1:9", work)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(come, slowly)
        assert at_work.wait(10)
        second = pool.submit(come, refuse)
        go_on.set()
        assert (first.result(10), second.result(10)) == (ANSWER, ANSWER)


def test_what_was_not_asked_before_has_no_answer(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        assert answered_before(connection, Channel.USSD, "ATUid_1:9") is None
