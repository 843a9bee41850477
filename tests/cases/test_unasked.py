"""What officers are asked no more: a case that was taken back, hidden or erased, and what is long ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import centre, erasing, guesses, placing, prompts, retention
from gateway.cases.desk_models import Digest, Prompt
from gateway.cases.models import Case
from gateway.cases.references import spoken
from gateway.messages import sending
from gateway.messages.models import Message, MessageStatus
from gateway.people.models import Officer
from tests.cases.linked import resident_does
from tests.cases.officer_line import asked, last, leave, rounds_come, says, with_phone
from tests.cases.stage import Stage

PLACE = "Kwa Mama Akinyi"
CATEGORY = "STAFF"


@pytest.fixture
def rose(stage: Stage) -> Officer:
    return with_phone(stage)


@pytest.fixture
def reference(stage: Stage, rose: Officer) -> str:
    """A case that Rose is asked about; the SMS waits."""
    reference = stage.file(problem="BURST_PIPE", landmark=PLACE)
    rounds_come(stage)
    assert PLACE[:13] in last(stage, rose)
    return reference


def withdraw(stage: Stage, reference: str) -> None:
    resident_does(stage, reference, erasing.withdraw, stage.now)


def anonymise(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        retention.anonymise(session, [stage.case(reference).id], stage.now, over=False)


def hide(stage: Stage, reference: str) -> None:
    stage.do(guesses.hide, reference, stage.officer(), CATEGORY, "Ni ya siri.")


def to_officers(stage: Stage) -> list[Message]:
    return [message for message in stage.messages() if message.officer_id]


@pytest.mark.parametrize("what", [withdraw, anonymise, hide])
def test_an_sms_that_asks_about_it_does_not_leave(
    stage: Stage, reference: str, what: Callable[[Stage, str], None]
) -> None:
    what(stage, reference)
    [message] = to_officers(stage)
    assert message.status is MessageStatus.CANCELLED
    assert (message.text_sealed == b"") is (what is not hide), "what is hidden is kept, and sealed"
    assert asked(stage) == [(reference, "over")]


@pytest.mark.parametrize("what", [withdraw, anonymise])
def test_the_place_in_an_sms_that_has_left_is_erased(
    stage: Stage, reference: str, what: Callable[[Stage, str], None]
) -> None:
    leave(stage)
    what(stage, reference)
    assert [(message.status, message.text_sealed) for message in to_officers(stage)] == [(MessageStatus.SENT, b"")]


def test_her_digit_about_it_still_gets_the_next_case(stage: Stage, rose: Officer, reference: str) -> None:
    other = stage.file(phone=stage.phone())
    leave(stage)
    withdraw(stage, reference)
    assert says(stage, "1") == "officer answered"
    assert last(stage, rose).startswith(f"{spoken(reference)} waits for you no more. Next: {spoken(other)}")
    assert "taken" not in stage.history(reference)


def test_what_is_queued_while_it_is_taken_back_does_not_leave_either(stage: Stage, reference: str) -> None:
    leave(stage)
    stage.set("UPDATE message SET status = 'queued', sent_at = NULL, due_at = now() WHERE officer_id IS NOT NULL")
    stage.set("UPDATE cases SET status = 'withdrawn' WHERE reference = :it", it=reference)
    with stage.transaction() as session:
        assert sending.claim(session, stage.office.vault) == []


def test_what_is_taken_back_leaves_no_place_in_its_history(stage: Stage, rose: Officer, reference: str) -> None:
    stage.do(placing.place, reference, rose, "Soko Shirere")
    stage.do(centre.hand_over, reference, rose, "K1", f"Iko {PLACE}, nyumba ya pili.")
    stage.do(centre.come_back, reference, rose, f"{PLACE} hajulikani.")
    withdraw(stage, reference)
    lines = {event.name: event.words for event in stage.events(reference)}
    assert [lines[name] for name in ("placed", "centre_handed", "centre_returned")] == [None] * 3


@pytest.mark.parametrize(("days", "left"), [(360, (1, 1)), (370, (0, 0))])
def test_rounds_are_kept_as_long_as_the_texts(stage: Stage, reference: str, days: int, left: tuple[int, int]) -> None:
    says(stage, "1")
    stage.later(days=days)

    def night(session: Session) -> int:
        return retention.TASKS["kept_rounds"](session, stage.office, stage.now)

    with stage.transaction() as session:
        assert night(session) == 2 - sum(left)
        assert night(session) == 0
    assert (stage.count(Digest), stage.count(Prompt)) == left


def test_a_prompt_that_is_open_is_not_deleted(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        retention.TASKS["kept_rounds"](session, stage.office, stage.now + timedelta(days=700))
        assert prompts.expire(session, stage.now) == 0
        assert session.scalars(select(Prompt.case_id)).all() == [session.scalars(select(Case.id)).one()]
