"""An officer's answers that cross the next SMS, come late or twice, or are not quite an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway.cases import actions, inbound, officers_words
from gateway.cases.models import Case, Confirmation, Ending, Status
from gateway.cases.references import spoken
from gateway.messages.models import IncomingSms, MessageStatus
from gateway.people.models import Officer
from tests.cases.officer_line import ROSE, asked, call_out, last, leave, rounds_come, says, to, with_phone
from tests.cases.stage import MONDAY, SHEYWE, Stage


@pytest.fixture
def rose(stage: Stage) -> Officer:
    return with_phone(stage)


def fire(stage: Stage) -> str:
    """It is called out; the SMS waits."""
    reference = stage.file(category="DISASTER", phone=stage.phone())
    call_out(stage)
    return reference


def given(stage: Stage) -> str:
    """A case that the round asks about, which she has read."""
    reference = stage.file(phone=stage.phone())
    rounds_come(stage)
    leave(stage)
    stage.later(minutes=5)
    return reference


def receive(stage: Stage, words: str, *, said_at: datetime, provider_id: str) -> str | None:
    with stage.transaction() as session:
        inbound.store(session, stage.office, provider_id, ROSE, words, said_at=said_at, link_id=provider_id)
    while inbound.handle_next(stage.engine, stage.office, stage.now):
        pass
    with stage.transaction() as session:
        return session.scalars(select(IncomingSms.why).where(IncomingSms.provider_id == provider_id)).one()


# What could not wait, and was pushed aside


@pytest.mark.parametrize("apart", [0, 1])
def test_of_two_fires_at_night_both_are_told_and_the_second_answer_takes_the_first_one(
    stage: Stage, rose: Officer, apart: int
) -> None:
    stage.later(hours=15)
    first = stage.file(category="DISASTER", phone=stage.phone())
    if apart:
        call_out(stage)
        leave(stage)
        stage.later(minutes=apart)
    second = fire(stage)
    assert "cancelled" not in [message.status.value for message in stage.messages() if message.officer_id]
    says(stage, "1")
    assert f"{spoken(second)} is yours. Next: {spoken(first)} Disaster" in last(stage, rose)
    stage.later(minutes=1)
    says(stage, "1")
    assert [stage.case(reference).assignee_id for reference in (first, second)] == [rose.id] * 2
    assert last(stage, rose) == f"Sikiza: {spoken(first)} is yours."


def test_while_the_provider_is_away_no_fire_is_lost(stage: Stage, rose: Officer) -> None:
    references = []
    for _ in range(4):
        references.append(fire(stage))
        stage.later(minutes=10)
    heard = " ".join(text for _, text in to(stage, rose))
    assert [message.status.value for message in stage.messages() if message.officer_id] == ["queued"] * 4
    assert all(spoken(reference) in heard for reference in references)
    for _ in references:
        says(stage, "1")
        stage.later(minutes=1)
    assert {stage.case(reference).assignee_id for reference in references} == {rose.id}


def test_she_is_never_told_that_nothing_waits_while_something_does_that_she_was_asked_about(
    stage: Stage, rose: Officer
) -> None:
    first = fire(stage)
    leave(stage)
    second = fire(stage)
    leave(stage)
    stage.set("UPDATE prompt SET answer = 'over', answered_at = asked_at WHERE answer IS NULL")
    stage.set("UPDATE cases SET status = 'taken' WHERE reference = :it", it=second)
    assert says(stage, "1") == "officer is asked again"
    assert last(stage, rose).startswith(f"Next: {spoken(first)} Disaster, fire. Reply 1 going")
    assert asked(stage)[-1] == (first, None)


def test_a_round_goes_on_asking_about_the_fire_and_asks_about_the_rest_after_it(stage: Stage, rose: Officer) -> None:
    old = stage.file(phone=stage.phone())
    stage.later(minutes=1)
    older_fire = fire(stage)
    newer_fire = fire(stage)
    leave(stage)
    rounds_come(stage)
    assert f"First: {spoken(newer_fire)} Disaster" in last(stage, rose)
    for reference in (newer_fire, older_fire, old):
        says(stage, "1")
        assert stage.case(reference).assignee_id == rose.id


# What she had read


@pytest.mark.parametrize(("digit", "done"), [("1", "taken"), ("2", "declined"), ("3", "call_me")])
def test_a_digit_answers_what_she_has_read_and_not_what_left_this_moment(
    stage: Stage, rose: Officer, digit: str, done: str
) -> None:
    everyday = given(stage)
    urgent = fire(stage)
    leave(stage, ago=5)
    assert stage.receive(digit, ROSE).why == "officer answered"
    assert stage.history(everyday)[-1] == done
    assert stage.history(urgent) == ["filed", "called_out"]
    assert (asked(stage)[-1], last(stage, rose)[:7]) == ((urgent, None), "Sikiza:")
    stage.set("UPDATE message SET sent_at = sent_at - interval '1 minute'")
    says(stage, "1")
    assert stage.case(urgent).assignee_id == rose.id


def test_it_answers_the_fire_as_soon_as_a_report_says_that_it_was_delivered(stage: Stage, rose: Officer) -> None:
    everyday = given(stage)
    urgent = fire(stage)
    leave(stage, ago=5)
    stage.set("UPDATE message SET status = 'delivered', delivered_at = now() WHERE wording = 'officer_urgent'")
    assert stage.receive("1", ROSE).why == "officer answered"
    assert (stage.case(urgent).status, stage.case(everyday).status) == (Status.TAKEN, Status.NEW)


def test_where_nothing_else_is_asked_a_quick_answer_is_heard(stage: Stage, rose: Officer) -> None:
    urgent = fire(stage)
    leave(stage, ago=5)
    assert stage.receive("1", ROSE).why == "officer answered"
    assert stage.case(urgent).assignee_id == rose.id


@pytest.mark.parametrize("digit", ["1", "2"])
def test_a_digit_that_comes_again_right_after_the_next_sms_left_does_nothing_and_she_is_asked_again(
    stage: Stage, rose: Officer, digit: str
) -> None:
    first, second = stage.file(phone=stage.phone()), stage.file(phone=stage.phone())
    rounds_come(stage)
    says(stage, "1")
    leave(stage, ago=4)
    for _ in range(5):
        assert stage.receive(digit, ROSE).why == "officer is asked again"
    assert asked(stage) == [(first, "going"), (second, None)]
    again = [text for wording, text in to(stage, rose) if wording == "officer_still_waits"]
    assert again == [f"Sikiza: {spoken(second)} still waits for your answer. Reply 1 going 2 not mine 3 call me"] * 3


@pytest.mark.parametrize("words", ["{} 1", "1 {}", "{} naenda"])
@pytest.mark.parametrize("spaced", [True, False])
def test_a_digit_with_a_reference_answers_that_case(stage: Stage, rose: Officer, words: str, spaced: bool) -> None:
    everyday = given(stage)
    urgent = fire(stage)
    said = words.format(spoken(everyday) if spaced else everyday)
    assert says(stage, said) == "officer answered"
    assert (stage.case(everyday).status, stage.case(urgent).status) == (Status.TAKEN, Status.NEW)
    assert says(stage, said) == "officer answered before she was asked"
    assert asked(stage) == [(everyday, "going"), (urgent, None)]


def test_a_reference_that_she_was_not_asked_about_is_a_residents(stage: Stage, rose: Officer) -> None:
    given(stage)
    other = stage.file(phone=ROSE, ward_code=SHEYWE)
    assert says(stage, f"{other} 1") not in ("officer answered", "officer is asked again")
    assert stage.case(other).status is Status.NEW


# What crosses the next SMS


@pytest.mark.parametrize("earlier", [False, True])
def test_an_answer_that_crosses_a_fire_is_carried_out(stage: Stage, rose: Officer, earlier: bool) -> None:
    if earlier:  # the same answer a moment ago
        stage.file(phone=stage.phone())
        stage.later(minutes=1)
    everyday = stage.file(phone=stage.phone())
    rounds_come(stage)
    if earlier:
        says(stage, "1")
        stage.later(minutes=1)
    leave(stage)
    urgent = fire(stage)
    assert stage.receive("1", ROSE).why == "officer answered"
    assert stage.case(everyday).assignee_id == rose.id
    assert last(stage, rose) == f"Sikiza: {spoken(everyday)} is yours."
    assert asked(stage)[-1] == (urgent, None)


def test_after_the_fire_the_round_goes_on_that_was_answered_across_it(stage: Stage, rose: Officer) -> None:
    everyday, rest = stage.file(phone=stage.phone()), stage.file(phone=stage.phone())
    rounds_come(stage)
    leave(stage)
    urgent = fire(stage)
    stage.receive("1", ROSE)
    assert stage.case(everyday).assignee_id == rose.id
    says(stage, "1")
    assert f"{spoken(urgent)} is yours. Next: {spoken(rest)} " in last(stage, rose)


def test_an_answer_that_crosses_the_next_round_is_carried_out_and_the_new_round_goes_on(
    stage: Stage, rose: Officer
) -> None:
    first = stage.file(phone=stage.phone())
    stage.later(minutes=1)
    second = stage.file(phone=stage.phone())
    rounds_come(stage)
    leave(stage)
    stage.now = MONDAY + timedelta(hours=5)
    rounds_come(stage)
    assert stage.receive("1", ROSE).why == "officer answered"
    assert stage.case(first).assignee_id == rose.id
    assert f"{spoken(first)} is yours. Next: {spoken(second)} " in last(stage, rose)
    assert stage.messages()[-2].status is MessageStatus.CANCELLED  # the digest, about what she has taken
    assert asked(stage)[-1] == (second, None)


def test_a_text_that_comes_late_answers_what_was_asked_when_it_was_written(stage: Stage, rose: Officer) -> None:
    first, second = stage.file(phone=stage.phone()), stage.file(phone=stage.phone())
    rounds_come(stage)
    leave(stage, ago=600)
    written = datetime.now(UTC) - timedelta(minutes=5)
    assert receive(stage, "1", said_at=written, provider_id="first") == "officer answered"
    leave(stage, ago=120)
    again = receive(stage, "1", said_at=written + timedelta(seconds=2), provider_id="second")
    assert again not in ("officer answered", None)
    assert asked(stage) == [(first, "going"), (second, None)]
    ahead = datetime.now(UTC) + timedelta(hours=3)  # a provider whose clock is wrong
    assert receive(stage, "1", said_at=ahead, provider_id="third") == "officer answered"
    assert stage.case(second).assignee_id == rose.id


def test_the_provider_writes_when_she_sent_it_in_whole_seconds(stage: Stage, rose: Officer) -> None:
    urgent = fire(stage)
    sent_at = datetime.now(UTC).replace(microsecond=200_000) - timedelta(seconds=2)
    stage.set("UPDATE message SET status = 'sent', sent_at = :at WHERE status = 'queued'", at=sent_at)
    assert receive(stage, "1", said_at=sent_at.replace(microsecond=0), provider_id="quick") == "officer answered"
    assert stage.case(urgent).assignee_id == rose.id


def test_a_question_to_her_as_a_resident_that_has_not_left_is_not_what_she_confirms(
    stage: Stage, rose: Officer
) -> None:
    own = stage.file(phone=ROSE, ward_code=SHEYWE)
    everyday = given(stage)
    stage.do(actions.end, own, stage.officer(ward_code=SHEYWE), Ending.FIXED, "Limerekebishwa.")
    assert stage.receive("1", ROSE).why == "officer answered"
    assert stage.case(own).confirmation is Confirmation.ASKED
    assert stage.case(everyday).assignee_id == rose.id


def test_what_she_was_asked_as_a_resident_is_answered_once_no_case_is_asked_about(stage: Stage, rose: Officer) -> None:
    own = stage.file(phone=ROSE, ward_code=SHEYWE)
    stage.do(actions.end, own, stage.officer(ward_code=SHEYWE), Ending.FIXED, "Limerekebishwa.")
    leave(stage)
    given(stage)
    assert says(stage, "1") == "officer answered"
    stage.set("UPDATE incoming_sms SET received_at = received_at - interval '2 minutes'")
    assert says(stage, "1") == "answers fixed"
    assert stage.case(own).confirmation is Confirmation.CONFIRMED


# What is nearly an answer


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1 naenda kesho", "going"), ("1 sawa", "going"), ("1 ok", "going"), ("2 si yangu ni ya KeNHA", "not_mine"),
        ("3 nipigie kesho", "call_me"), ("1 si yangu", "unclear"), ("1 2", "unclear"), ("2 naenda", "unclear"),
        ("Sawa, naenda", "unclear"), ("ndio naenda", "unclear"), ("si yangu ni ya KeNHA", "unclear"),
        ("Nitaenda kesho asubuhi", "unclear"), ("ok", "unclear"), ("Sawa", "unclear"), ("", None), ("12", None),
        ("asante", None), ("STOP", None), ("hakuna maji", None), ("moto umewaka kwa jirani", None),
        ("1 " + "na " * 8, None),
    ],
)  # fmt: skip
def test_what_is_nearly_an_answer_goes_by_its_digit_or_nobody_can_tell(text: str, meant: str | None) -> None:
    assert officers_words.nearly(text) == meant


@pytest.mark.parametrize("words", ["1 naenda kesho", "1 sawa", "1 ok"])
def test_a_digit_with_words_behind_it_is_an_answer(stage: Stage, rose: Officer, words: str) -> None:
    everyday = given(stage)
    assert says(stage, words) == "officer answered"
    assert stage.case(everyday).assignee_id == rose.id


def test_whose_it_is_may_stand_behind_not_mine(stage: Stage, rose: Officer) -> None:
    everyday = given(stage)
    assert says(stage, "2 si yangu ni ya KeNHA") == "officer answered"
    assert stage.history(everyday)[-1] == "declined"


@pytest.mark.parametrize(
    "words", ["Sawa, naenda", "ok", "ndio naenda", "si yangu ni ya KeNHA", "Nitaenda kesho asubuhi"]
)
def test_words_that_may_be_an_answer_are_no_report_and_are_asked_back(stage: Stage, rose: Officer, words: str) -> None:
    everyday = given(stage)
    text = stage.receive(words, ROSE)
    assert (text.why, text.case_id, text.resident_id) == ("officer is asked again", None, None)
    assert stage.count(Case) == 1
    assert last(stage, rose).startswith(f"Sikiza: {spoken(everyday)} still waits for your answer. Reply 1 going")
    stage.later(minutes=2)
    assert says(stage, "1") == "officer answered"
    assert stage.case(everyday).assignee_id == rose.id


@pytest.mark.parametrize(
    "words",
    ["1 bomba limepasuka", "naenda hospitali hakuna dawa", "3 naenda Sheywe", "asante", "si yangu, karani aomba hongo"],
)
def test_what_names_a_ward_or_a_matter_is_a_residents(stage: Stage, rose: Officer, words: str) -> None:
    given(stage)
    assert says(stage, words) not in ("officer answered", "officer is asked again")


def test_the_same_words_are_a_residents_where_she_is_asked_nothing(stage: Stage, rose: Officer) -> None:
    text = stage.receive("Nitaenda kesho asubuhi", ROSE)
    assert text.case_id is not None


def test_a_question_that_no_digit_answers_takes_none(stage: Stage, rose: Officer) -> None:
    everyday = given(stage)
    stage.receive("Kuna shida kubwa sana kwetu nyumbani tafadhali tusaidieni wote", ROSE)
    assert stage.questions() == [("which_ward", "open", None)]
    leave(stage)
    assert says(stage, "1") == "officer answered"
    assert stage.case(everyday).assignee_id == rose.id
