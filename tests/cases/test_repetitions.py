"""Texts that come twice: each counts once, and what only looks like one of them is somebody's words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from gateway.cases import actions, inbound
from gateway.cases.models import Case, CaseEvent, Ending, Intake
from gateway.messages.models import IncomingSms, IncomingStatus, Message
from tests.cases.arrivals import COMPLAINT, arrive, handle, minutes_pass, spoken, stored
from tests.cases.stage import AMINA, MONDAY, WANJIKU, Stage

# The same id


def test_one_provider_id_six_times_is_one_case_and_one_answer(stage: Stage) -> None:
    for _ in range(3):
        stage.receive(COMPLAINT, provider_id="sms-1")
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: arrive(stage, COMPLAINT, "sms-1"), range(3)))
    assert not inbound.handle_next(stage.engine, stage.office, stage.now)
    assert [stage.count(table) for table in (IncomingSms, Intake, Case, CaseEvent, Message)] == [1, 1, 1, 1, 1]


def test_a_text_that_was_half_handled_before_makes_no_second_case(stage: Stage) -> None:
    stage.receive(COMPLAINT, provider_id="sms-1")
    stage.set("UPDATE incoming_sms SET status = 'stored'")
    assert inbound.handle_next(stage.engine, stage.office, stage.now)
    assert [stage.count(table) for table in (Intake, Case, Message)] == [1, 1, 1]


# The same words of one phone


def test_the_same_words_within_seconds_under_a_new_id_join_the_first(stage: Stage) -> None:
    first = stage.receive(COMPLAINT)
    again = stage.receive(f"  {COMPLAINT.upper()}!")
    assert (again.status, again.why, again.repeats_id) == (IncomingStatus.HANDLED, "same words again", first.id)
    assert (again.case_id, again.resident_id) == (first.case_id, first.resident_id)
    assert [stage.count(table) for table in (Case, CaseEvent, Message)] == [1, 1, 1]


def test_the_same_words_of_another_phone_are_another_case(stage: Stage) -> None:
    stage.receive(COMPLAINT)
    assert stage.receive(COMPLAINT, AMINA).why == "new case"
    assert stage.count(Case) == 2


def test_a_yes_that_comes_twice_answers_only_once(stage: Stage) -> None:
    """The second would answer the next question."""
    stage.receive("Maji yamekatika kwetu")
    stage.receive("Pia taa za barabarani haziwaki kabisa usiku")
    assert [stage.receive("Shirere").why, stage.receive("shirere").why] == ["answers which ward", "same words again"]
    assert stage.questions() == [("which_ward", "answered", "1014"), ("which_ward", "open", None)]


def test_the_same_words_later_are_told_how_the_report_stands_and_stand_there_once(stage: Stage) -> None:
    stage.receive(COMPLAINT)
    minutes_pass(stage)
    again = stage.receive(COMPLAINT)
    case = stage.only_case()
    assert (again.why, again.case_id, case.words) == ("says the same again", case.id, COMPLAINT)
    assert stage.history(case.reference) == ["filed", "said_again"]
    assert stage.letters() == [("received_text", "queued"), ("state_due", "queued")]
    assert stage.last_text() == (
        f"{spoken(case.reference)}: imepokelewa. Kwa: Msimamizi wa wadi tangu 23 Nov. Ahadi ya jibu: Alh 3 Des."
    )


def test_texts_an_hour_apart_that_arrive_together_are_two(stage: Stage) -> None:
    for number, hour in enumerate((6, 7)):
        with stage.transaction() as session:
            said_at = MONDAY.replace(hour=hour)
            assert inbound.store(session, stage.office, f"late-{number}", WANJIKU, COMPLAINT, said_at=said_at)
    while inbound.handle_next(stage.engine, stage.office, stage.now):
        pass
    assert [one.why for one in stored(stage)] == ["new case", "says the same again"]


def test_an_id_that_the_provider_gives_twice_hides_nobodys_text(stage: Stage) -> None:
    for phone, fetched in ((WANJIKU, False), (AMINA, True)):
        with stage.transaction() as session:
            kept = inbound.store(
                session, stage.office, f"id-{phone}", phone, COMPLAINT, link_id="SampleLinkId123", fetched=fetched
            )
        assert kept


def test_texts_of_two_phones_that_were_stored_without_hashes_are_two_cases(stage: Stage) -> None:
    """They are those of a version that kept none."""
    arrive(stage, COMPLAINT, "old-1")
    arrive(stage, "Taa za barabarani Malava haziwaki", "old-2", AMINA)
    stage.set("UPDATE incoming_sms SET phone_hash = NULL, words_hash = NULL")
    handle(stage)
    assert [one.why for one in stored(stage)] == ["new case", "new case"]
    # Once handled, they are known again like any other.
    assert stage.receive("taa za barabarani malava haziwaki", AMINA).repeats_id == stored(stage)[1].id


# What came between


def test_stop_after_a_start_stops_again(stage: Stage) -> None:
    stage.file(quiet=True)
    assert [stage.receive(words).why for words in ("STOP", "START", "STOP")] == [
        "keyword stop", "keyword start", "keyword stop",
    ]  # fmt: skip
    resident = stage.resident()
    assert resident is not None
    assert resident.stopped_at is not None


def test_three_times_the_same_words_are_one_text(stage: Stage) -> None:
    first, *others = [stage.receive(COMPLAINT) for _ in range(3)]
    assert [(one.why, one.repeats_id) for one in others] == [("same words again", first.id)] * 2


def test_the_same_digit_answers_the_question_about_the_report_that_came_between(stage: Stage) -> None:
    stage.receive("Hakuna maji Kisa tangu juzi")
    stage.receive("1")
    stage.receive("Barabara ya Kisa imeharibika, mashimo kila mahali")
    assert stage.receive("1").why == "answers which ward"
    with stage.transaction() as session:
        wards = session.scalars(select(Case.ward_code).order_by(Case.id)).all()
    assert wards[0] is not None
    assert wards[0] == wards[1]


def end_two(stage: Stage) -> list[str]:
    """She is asked about the first of two, and about the second when she has answered."""
    rose, references = stage.officer(), [stage.file(category=category, quiet=True) for category in ("WATER", "ROADS")]
    for reference in references:
        stage.do(actions.end, reference, rose, Ending.FIXED, "Imetengenezwa.")
    return references


def test_a_second_yes_answers_the_next_question_once_that_has_left(stage: Stage) -> None:
    first, second = end_two(stage)
    stage.receive("NDIYO")
    assert stage.letters(second) == [("fixed", "queued")]
    stage.set("UPDATE message SET status = 'sent', sent_at = now() WHERE wording = 'fixed'")
    assert stage.receive("ndiyo").why == "answers fixed"
    assert [stage.case(one).status.value for one in (first, second)] == ["closed", "closed"]


def test_a_second_yes_answers_no_question_that_has_not_left(stage: Stage) -> None:
    first, second = end_two(stage)
    assert [stage.receive("NDIYO").why, stage.receive("ndiyo").why] == ["answers fixed", "same words again"]
    assert [stage.case(one).status.value for one in (first, second)] == ["closed", "resolved"]


def test_delete_that_comes_twice_is_no_yes_to_the_question_whether_to(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.receive(f"FUTA {reference}")
    stage.set("UPDATE message SET status = 'sent', sent_at = now() WHERE wording = 'delete'")
    assert stage.receive(f"FUTA {reference}").why == "same words again"
    assert stage.case(reference).status.value == "new"


def test_what_was_sent_long_before_and_found_later_is_a_text_of_its_own(stage: Stage) -> None:
    stage.receive(COMPLAINT)
    with stage.transaction() as session:
        said_at = stored(stage)[0].received_at - timedelta(minutes=9)
        assert inbound.store(session, stage.office, "late", WANJIKU, COMPLAINT, said_at=said_at, fetched=True)
    handle(stage)
    assert stored(stage)[1].why == "says the same again"
