"""What an officer answers by SMS: a digit about the one case that she was asked about, as she may on the web."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway.cases import actions, coverage, officers_words, prompts, retention, timing
from gateway.cases.models import CallBack, Case, Confirmation, Desk, Ending, Status, WardCover
from gateway.cases.references import spoken
from gateway.people import accounts
from gateway.people.models import LinkKind, Officer, OneTimeLink, Role
from tests.cases.officer_line import ROSE, asked, expire, last, leave, rounds_come, says, to, with_phone
from tests.cases.stage import MONDAY, SHEYWE, SHIRERE, Stage


@pytest.fixture
def rose(stage: Stage) -> Officer:
    return with_phone(stage)


def given(stage: Stage, number: int) -> list[str]:
    """So many cases of Shirere, the oldest first, and the round that asks about the first of them."""
    references = []
    for _ in range(number):
        references.append(stage.file(phone=stage.phone()))
        stage.later(minutes=1)
    rounds_come(stage)
    return references


# What she writes


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("1", "going"), (" 1. ", "going"), ("1 going", "going"), ("1 Naenda!", "going"), ("naenda", "going"),
        ("I'm going", "going"), ("2", "not_mine"), ("2 si yangu", "not_mine"), ("Si yangu", "not_mine"),
        ("NOT MINE.", "not_mine"), ("3", "call_me"), ("3 piga", "call_me"), ("Nipigie", "call_me"),
        ("call me", "call_me"), ("4", None), ("12", None), ("1 2", None), ("1 si yangu", None), ("", None),
        ("naenda hospitali hakuna dawa", None), ("piga simu kwa fundi", None), ("1 bomba limepasuka", None),
        ("simama", None),
    ],
)  # fmt: skip
def test_a_digit_or_its_word_is_an_answer_and_nothing_else(text: str, answer: str | None) -> None:
    assert officers_words.answer_in(text) == answer


# What it does


def test_one_takes_the_case_and_the_next_one_comes(stage: Stage, rose: Officer) -> None:
    first, second, _ = given(stage, 3)
    assert says(stage, "1") == "officer answered"
    case = stage.case(first)
    assert (case.status, case.assignee_id, stage.history(first)[-1]) == (Status.TAKEN, rose.id, "taken")
    assert last(stage, rose) == (
        f"{spoken(first)} is yours. Next: {spoken(second)} Water. Reply 1 going 2 not mine 3 call me."
        " 1 more after this."
    )
    assert asked(stage) == [(first, "going"), (second, None)]


def test_two_puts_it_before_the_county_desk_as_new_and_gains_nobody_time(stage: Stage, rose: Officer) -> None:
    [reference] = given(stage, 1)
    before = stage.case(reference)
    stage.later(minutes=5)
    says(stage, "2 si yangu")
    case = stage.case(reference)
    assert (case.desk, case.status, case.assignee_id) == (Desk.COUNTY, Status.NEW, None)
    assert (case.due_at, case.desk_since) == (before.due_at, stage.now)
    event = stage.events(reference)[-1]
    assert (event.name, event.officer_id, event.turn, event.data) == ("declined", rose.id, "county", {"channel": "sms"})
    assert last(stage, rose) == (
        f"{spoken(reference)} went to the county desk. Those were all by SMS. Waiting on the web: 0."
    )
    with stage.transaction() as session:
        assert timing.check(session, stage.office, session.get_one(Case, case.id)) == []


def test_three_asks_the_hotline_to_call_her_once(stage: Stage, rose: Officer) -> None:
    [reference] = given(stage, 1)
    says(stage, "3")
    with stage.transaction() as session:
        [call] = session.scalars(select(CallBack))
    assert (call.officer_id, call.case_id, call.resident_id) == (rose.id, stage.case(reference).id, None)
    assert call.hour == "today"
    assert (stage.case(reference).status, stage.history(reference)[-1]) == (Status.NEW, "call_me")
    rounds_come(stage, MONDAY + timedelta(hours=5))
    stage.now = MONDAY + timedelta(hours=5)
    says(stage, "3")
    assert stage.count(CallBack) == 1
    assert stage.history(reference).count("call_me") == 1


def test_a_whole_morning_is_gone_through_by_sms(stage: Stage, rose: Officer) -> None:
    references = given(stage, 5)
    for answer in ("1", "1", "2", "3", "1"):
        stage.later(minutes=2)
        assert says(stage, answer) == "officer answered"
    assert asked(stage) == list(zip(references, ["going", "going", "not_mine", "call_me", "going"], strict=True))
    assert last(stage, rose).endswith("Those were all by SMS. Waiting on the web: 1.")
    assert [stage.case(reference).status.value for reference in references] == ["taken", "taken", "new", "new", "taken"]


def test_a_round_that_asks_about_forty_cases_comes_to_an_end(stage: Stage, rose: Officer) -> None:
    references = given(stage, prompts.MOST_ASKED + 1)
    for _ in range(prompts.MOST_ASKED):
        stage.later(minutes=2)
        assert says(stage, "3") == "officer answered"
    assert asked(stage) == [(reference, "call_me") for reference in references[: prompts.MOST_ASKED]]
    assert last(stage, rose).endswith("Those were all by SMS. Waiting on the web: 41.")
    assert says(stage, "3") == "officer answered where nothing is asked"


def test_who_works_by_sms_alone_works_and_has_not_signed_in(stage: Stage, rose: Officer) -> None:
    stage.set("UPDATE post SET starts_at = :then", then=stage.now - timedelta(days=60))
    given(stage, 2)

    def is_covered() -> str | None:
        stage.later(days=1)
        with stage.transaction() as session:
            coverage.settle_covers(session, stage.office, stage.now)
            return session.scalar(select(WardCover.why).where(WardCover.ward_code == SHIRERE))

    stage.set("UPDATE cases SET desk_since = :then", then=stage.now - timedelta(days=50))
    says(stage, "1")
    assert is_covered() is None
    with stage.transaction() as session:
        assert session.get_one(Officer, rose.id).seen_at is None
        token = accounts.invite(session, session.get_one(Officer, rose.id), stage.officer(Role.COUNTY), stage.now)
        assert token
        assert session.scalars(select(OneTimeLink.kind)).one() is LinkKind.INVITATION
    stage.set("UPDATE prompt SET answer = 'over' WHERE answer IS NOT NULL")
    assert is_covered() == coverage.SILENT


# What moved on


def test_what_a_colleague_has_taken_meanwhile_is_said_and_the_next_one_comes(stage: Stage, rose: Officer) -> None:
    first, second = given(stage, 2)
    stage.do(actions.take, first, stage.officer())
    says(stage, "1")
    assert stage.case(first).assignee_id != rose.id
    assert last(stage, rose).startswith(f"{spoken(first)} waits for you no more. Next: {spoken(second)} ")
    assert asked(stage) == [(first, "over"), (second, None)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE cases SET sensitive = true",
        "UPDATE cases SET ward_code = 1012",
        "UPDATE cases SET practice = true",
        "UPDATE post SET ends_at = now() - interval '1 second'",
        "INSERT INTO case_conflict (case_id, officer_id, named_by) SELECT cases.id, officer.id, officer.id"
        " FROM cases, officer",
    ],
)
def test_what_she_may_not_see_any_more_is_out_of_her_reach_by_sms_too(stage: Stage, rose: Officer, change: str) -> None:
    [reference] = given(stage, 1)
    leave(stage)
    stage.set(change)
    says(stage, "1")
    assert (stage.case(reference).status, stage.history(reference)) == (Status.NEW, ["filed"])
    assert last(stage, rose).startswith(f"{spoken(reference)} waits for you no more. ")


@pytest.mark.parametrize("change", ["desk = 'chief_officer', raised_to = 'chief_officer'", "desk = 'county'"])
def test_not_mine_is_for_the_web_where_it_was_sent_up_or_is_at_the_county_desk(stage: Stage, change: str) -> None:
    role, place = (Role.HOTLINE, {}) if "county" in change else (Role.CHIEF_OFFICER, {"department": "water"})
    officer = with_phone(stage, role, **place)
    reference = stage.file()
    stage.set(f"UPDATE cases SET {change}")
    rounds_come(stage)
    assert last(stage, officer).endswith(" Reply 1 going 3 call me")
    says(stage, "2")
    assert stage.history(reference) == ["filed"]
    assert asked(stage) == [(reference, "web")]
    assert last(stage, officer).startswith(f"{spoken(reference)}: not by SMS, use the web. ")


def test_no_answer_after_the_next_round_has_come_or_a_prompt_has_run_out(stage: Stage, rose: Officer) -> None:
    [reference] = given(stage, 1)
    stage.now = MONDAY + timedelta(hours=6)
    assert says(stage, "1") == "officer answered where nothing is asked"
    assert expire(stage) == 1
    assert asked(stage) == [(reference, "over")]
    assert stage.history(reference) == ["filed"]
    assert [wording for wording, _ in to(stage, rose)] == ["officer_digest", "officer_nothing"]


# What came twice, too early, or is a resident's


def test_the_same_digit_twice_within_a_minute_answers_two_cases_if_the_second_was_asked_between(
    stage: Stage, rose: Officer
) -> None:
    first, second, third = given(stage, 3)
    says(stage, "1")
    says(stage, "1")
    assert asked(stage) == [(first, "going"), (second, "going"), (third, None)]


def test_a_digit_that_the_network_brings_twice_does_nothing_to_the_next_case(stage: Stage, rose: Officer) -> None:
    first, second = given(stage, 2)
    assert says(stage, "1") == "officer answered"
    again = stage.receive("1", ROSE)  # the next SMS has not left yet
    assert again.why == "officer answered before she was asked"
    assert asked(stage) == [(first, "going"), (second, None)]
    assert len(to(stage, rose)) == 2


@pytest.mark.parametrize("late", ["sent_at = NULL", "status = 'sent', sent_at = now() + interval '1 minute'"])
def test_what_a_resident_is_asked_is_answered_while_an_officers_sms_is_not_with_her(
    stage: Stage, rose: Officer, late: str
) -> None:
    own = stage.file(phone=ROSE, ward_code=SHEYWE)
    stage.do(actions.end, own, stage.officer(ward_code=SHEYWE), Ending.FIXED, "Limerekebishwa.")
    leave(stage)
    stage.later(minutes=10)
    [reference] = given(stage, 1)
    stage.set(f"UPDATE message SET {late} WHERE officer_id IS NOT NULL")
    assert stage.receive("1", ROSE).why != "officer answered before she was asked"
    assert stage.case(own).confirmation is Confirmation.CONFIRMED
    assert (stage.case(reference).status, asked(stage)) == (Status.NEW, [(reference, None)])


def test_a_digit_that_repeats_nothing_and_comes_before_she_was_asked_is_a_residents(
    stage: Stage, rose: Officer
) -> None:
    [reference] = given(stage, 1)
    assert stage.receive("1", ROSE).why != "officer answered before she was asked"
    assert asked(stage) == [(reference, None)]


@pytest.mark.parametrize(
    ("state", "heard"),
    [
        ("status = 'claimed', attempts = 2, sent_at = NULL", True),  # in doubt once, and about to be sent again
        ("status = 'sent', attempts = 2, sent_at = now() + interval '1 minute'", True),
        ("status = 'queued', attempts = 1, sent_at = NULL", True),
        ("status = 'claimed', attempts = 1, sent_at = NULL", False),
        ("status = 'queued', attempts = 0, sent_at = NULL", False),
        ("status = 'sent', attempts = 1, sent_at = now() + interval '1 minute'", False),
    ],
)
def test_an_sms_that_is_sent_again_after_a_doubt_has_reached_her_before(
    stage: Stage, rose: Officer, state: str, heard: bool
) -> None:
    [reference] = given(stage, 1)
    stage.set(f"UPDATE message SET {state} WHERE officer_id IS NOT NULL")
    assert (stage.receive("1", ROSE).why == "officer answered") is heard
    assert (stage.case(reference).status is Status.TAKEN) is heard


def test_her_answer_stands_in_no_residents_thread(stage: Stage, rose: Officer) -> None:
    given(stage, 1)
    leave(stage)
    text = stage.receive("1", ROSE)
    assert (text.case_id, text.resident_id, text.status.value) == (None, None, "handled")
    assert stage.resident(ROSE) is None


def test_what_she_writes_otherwise_is_a_residents_report(stage: Stage, rose: Officer) -> None:
    [reference] = given(stage, 1)
    leave(stage)
    text = stage.receive("Hakuna maji Sheywe tangu jana", ROSE)
    assert text.case_id is not None
    assert asked(stage) == [(reference, None)]
    with stage.transaction() as session:
        assert session.get_one(Case, text.case_id).ward_code == SHEYWE


def test_stop_is_about_her_own_reports_and_her_rounds_go_on(stage: Stage, rose: Officer) -> None:
    stage.file(phone=ROSE)
    stage.receive("STOP", ROSE)
    resident = stage.resident(ROSE)
    assert resident
    assert resident.stopped_at
    rounds_come(stage)
    assert [message.status.value for message in stage.messages() if message.officer_id == rose.id] == ["queued"]


def test_a_question_to_her_as_a_resident_that_is_newer_than_the_prompt_is_what_a_digit_answers(
    stage: Stage, rose: Officer
) -> None:
    given(stage, 1)
    leave(stage)
    stage.later(minutes=1)
    text = stage.receive("hakuna maji kisa tangu juzi", ROSE)  # which Kisa?
    assert text.case_id is not None
    leave(stage)
    stage.later(minutes=2)
    assert stage.receive("1", ROSE).why == "answers which ward"
    assert asked(stage)[0][1] is None


def test_a_digit_from_somebody_who_was_asked_nothing_is_a_residents(stage: Stage) -> None:
    with_phone(stage)
    assert stage.receive("1", ROSE).why == "number that answers nothing"
    assert asked(stage) == []


NOTHING_WAITS = "Sikiza: nothing waits for an answer by SMS now. Sign in to Sikiza."


def test_a_digit_after_the_last_case_is_told_that_nothing_waits_a_few_times_a_day(stage: Stage, rose: Officer) -> None:
    stage.file(phone=ROSE, ward_code=SHEYWE)  # a report of her own: a resident would be told that nobody understood
    given(stage, 1)
    says(stage, "1")
    for text in ("2", "naenda", "call me", "3"):
        stage.later(minutes=2)
        assert says(stage, text) == "officer answered where nothing is asked"
    assert [text for wording, text in to(stage, rose) if wording == "officer_nothing"] == [NOTHING_WAITS] * 3
    assert "not_understood" not in [wording for wording, _ in stage.letters()]
    stage.later(hours=25)
    assert says(stage, "2") == "number that answers nothing"


def test_a_digit_that_answers_a_colleague_who_asked_her_as_a_resident_is_her_answer(
    stage: Stage, rose: Officer
) -> None:
    own = stage.file(phone=ROSE, ward_code=SHEYWE)
    given(stage, 1)
    says(stage, "1")
    beatrice = stage.officer(Role.WARD, ward_code=SHEYWE)
    stage.do(actions.write, own, beatrice, "Nyumba ngapi hazina maji?", wait=True)
    assert says(stage, "3") == "answers an officer"


def test_an_answer_in_the_middle_of_the_night_reaches_a_prompt_that_lasts_until_the_morning(
    stage: Stage, rose: Officer
) -> None:
    stage.now = datetime(2026, 11, 23, 11, 5, tzinfo=UTC)
    [reference] = given(stage, 1)
    stage.now = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    assert says(stage, "1") == "officer answered"
    assert stage.case(reference).assignee_id == rose.id


def test_what_was_texted_to_her_about_a_case_is_erased_with_it(stage: Stage, rose: Officer) -> None:
    [reference] = given(stage, 1)
    with stage.transaction() as session:
        retention.anonymise(session, [stage.case(reference).id], stage.now, over=True)
    assert [message.text_sealed for message in stage.messages() if message.officer_id == rose.id] == [b""]
