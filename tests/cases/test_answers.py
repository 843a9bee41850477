"""Texts that answer: *fixed?* by digit or word, words for a report, and whatever names a reference."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.cases import actions
from gateway.cases.models import Case, Channel, Confirmation, Desk, Ending, Status
from gateway.people.models import Officer
from tests.cases.stage import AMINA, PROMISE, Stage


def spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


def fix(stage: Stage, reference: str, officer: Officer | None = None) -> None:
    stage.do(actions.end, reference, officer or stage.officer(), Ending.FIXED, "Imetengenezwa.")


@pytest.fixture
def asked(stage: Stage) -> str:
    """A case about which Wanjiku is asked whether it is really fixed."""
    reference = stage.file(quiet=True, words="Bomba limepasuka")
    fix(stage, reference)
    stage.later(hours=1)
    return reference


@pytest.mark.parametrize("words", ["1", "7", "ndio", "NDIYO", "Yes", "tayari", "Ndiyo!"])
def test_yes_in_digits_or_words_confirms(stage: Stage, asked: str, words: str) -> None:
    incoming = stage.receive(words)
    case = stage.case(asked)
    assert (case.status, case.confirmation, case.closed_at) == (Status.CLOSED, "confirmed", stage.now)
    assert (incoming.why, incoming.case_id) == ("answers fixed", case.id)
    assert stage.questions() == [("fixed", "answered", "yes")]
    assert stage.events(asked)[-1].data == {"channel": "sms"}
    assert stage.letters(asked)[-1] == ("confirmed", "queued")
    assert stage.last_text() == f"{spoken(asked)}: asante kwa kuthibitisha. Imefungwa."
    assert stage.count(Case) == 1


@pytest.mark.parametrize("words", ["2", "8", "bado", "BADO", "No", "la", "hapana"])
def test_not_yet_in_digits_or_words_reopens_at_the_top(stage: Stage, asked: str, words: str) -> None:
    stage.receive(words)
    case = stage.case(asked)
    assert (case.status, case.confirmation, case.ending, case.due_at) == (Status.NEW, "disputed", None, PROMISE)
    assert stage.questions() == [("fixed", "answered", "no")]
    assert stage.last_text() == (
        f"Pole. {spoken(asked)} imefunguliwa tena, iko mwanzo wa foleni ya afisa. Kufuatilia piga *384*123# chagua 3."
    )


def test_words_beside_the_answer_are_kept_with_the_case(stage: Stage, asked: str) -> None:
    stage.receive("Bado, maji yanavuja upande wa nyuma")
    case = stage.case(asked)
    assert (case.confirmation, case.words) == ("disputed", "Bomba limepasuka\nBado, maji yanavuja upande wa nyuma")
    assert stage.history(asked) == ["filed", "ended", "disputed", "words_added"]
    assert stage.letters(asked)[1:] == [("reopened", "queued")]


def test_confidential_words_beside_the_answer_hide_the_case_from_its_ward(stage: Stage, asked: str) -> None:
    stage.set("UPDATE message SET status = 'delivered'")
    stage.receive("Bado, fundi anataka hongo kwanza")
    case = stage.case(asked)
    assert (case.status, case.confirmation, case.desk, case.sensitive) == (
        Status.NEW, "disputed", Desk.CONFIDENTIAL, True,
    )  # fmt: skip
    assert case.words is None
    assert stage.office.vault.open(case.words_sealed or b"").endswith("Bado, fundi anataka hongo kwanza")
    assert stage.letters(asked)[1:] == [("received_confidential", "queued")]


@pytest.mark.parametrize("words", ["{} bado", "bado {}", "{} BADO hakuna maji"])
def test_an_answer_may_name_its_reference(stage: Stage, asked: str, words: str) -> None:
    stage.receive(words.format(spoken(asked)))
    assert stage.case(asked).confirmation == "disputed"


def test_a_yes_about_another_case_confirms_nothing(stage: Stage, asked: str) -> None:
    other = stage.file(quiet=True)
    stage.receive(f"ndio {other}")
    assert stage.case(asked).confirmation == "asked"
    assert stage.case(other).words == f"ndio {other}"


def test_a_yes_from_another_phone_confirms_nothing(stage: Stage, asked: str) -> None:
    stage.receive("ndio", AMINA)
    stage.receive(f"ndio {asked}", AMINA)
    assert stage.case(asked).confirmation == "asked"


def test_a_second_yes_is_no_case(stage: Stage, asked: str) -> None:
    stage.receive("ndio")
    assert stage.receive("Ndio!").why == "same words again"
    assert stage.receive("ndiyo").why == "word that answers nothing"
    assert stage.receive("1").why == "number that answers nothing"
    assert stage.count(Case) == 1


def test_an_answer_after_the_days_are_over_is_kept_and_changes_nothing(stage: Stage, asked: str) -> None:
    stage.later(days=8)
    assert stage.receive("1").why == "number that answers nothing"
    stage.sweep()
    assert stage.case(asked).confirmation == "unconfirmed"


def test_a_new_complaint_while_a_question_is_open_is_a_case_of_its_own(stage: Stage, asked: str) -> None:
    stage.receive("Hakuna dawa kwa zahanati ya Sheywe")
    assert stage.count(Case) == 2
    assert stage.case(asked).confirmation == "asked"


def test_one_answer_answers_one_question_and_brings_the_next(stage: Stage, asked: str) -> None:
    other = stage.file(quiet=True)
    fix(stage, other)
    stage.receive("1")
    assert (stage.case(asked).confirmation, stage.case(other).confirmation) == ("confirmed", "asked")
    assert stage.letters(other) == [("fixed", "queued")]
    stage.receive("2")
    assert stage.case(other).confirmation == "disputed"


def test_she_who_cannot_be_asked_the_ward_yet_is_asked_after_her_yes(stage: Stage, asked: str) -> None:
    stage.receive("Pia barabara ya kwenda shule imeharibika")
    assert stage.letters()[-1] == ("received_text", "queued")
    assert stage.questions()[-1] == ("which_ward", "waiting", None)
    stage.receive("1")
    assert stage.questions() == [("fixed", "answered", "yes"), ("which_ward", "open", None)]
    assert sorted(stage.letters()[-2:]) == [("confirmed", "queued"), ("which_ward", "queued")]
    stage.receive("Shirere")
    assert stage.questions()[-1] == ("which_ward", "answered", "1014")


# The answer to the *received* text


def dialled(stage: Stage, **given: object) -> str:
    """A case by phone menu, whose *received* text has arrived."""
    reference = stage.file(**{"channel": Channel.USSD, **given})
    stage.set("UPDATE message SET status = 'delivered'")
    return reference


def test_the_first_text_after_a_dialled_report_is_added_to_it(stage: Stage) -> None:
    reference = dialled(stage)
    stage.later(hours=2)
    incoming = stage.receive("Bomba ni la nyuma ya duka la Mama Otieno, linavuja sana")
    case = stage.case(reference)
    assert case.words == "Bomba ni la nyuma ya duka la Mama Otieno, linavuja sana"
    assert (incoming.why, incoming.case_id, stage.count(Case)) == ("answers received", case.id, 1)
    assert stage.history(reference) == ["filed", "words_added"]
    assert stage.last_text() == f"Asante. Maneno yako yameongezwa kwa ripoti {spoken(reference)}."


def test_the_second_text_is_a_new_case(stage: Stage) -> None:
    reference = dialled(stage)
    stage.receive("Bomba ni la nyuma ya duka")
    stage.receive("Hakuna dawa kwa zahanati ya Sheywe")
    assert stage.count(Case) == 2
    assert stage.case(reference).words == "Bomba ni la nyuma ya duka"


@pytest.mark.parametrize(
    "given", [{"category": "PRAISE"}, {"category": "STAFF"}, {"category": "CORRUPT"}, {"channel": Channel.HOTLINE}]
)
def test_a_text_that_nobody_asked_for_is_a_case_of_its_own(stage: Stage, given: dict[str, object]) -> None:
    dialled(stage, **given)
    stage.receive("Hakuna maji Shirere tangu juzi")
    assert stage.count(Case) == 2


def test_two_days_later_a_text_is_a_new_case(stage: Stage) -> None:
    dialled(stage)
    stage.later(hours=48, seconds=1)
    stage.receive("Hakuna maji Shirere tangu juzi")
    assert stage.count(Case) == 2


def test_confidential_words_after_a_dialled_report_are_a_case_of_their_own(stage: Stage) -> None:
    """Nobody knows that they belong to it, and on a guess no everyday report goes out of its ward's sight."""
    reference = dialled(stage)
    stage.receive("Fundi anataka hongo kwanza")
    case = stage.case(reference)
    assert (case.sensitive, case.desk, case.words) == (False, Desk.WARD, None)
    with stage.transaction() as session:
        own = session.scalars(select(Case).where(Case.sensitive)).one()
    assert (own.desk, own.words, own.follows_id) == (Desk.CONFIDENTIAL, None, None)
    assert stage.letters()[-1] == ("received_confidential", "queued")


def test_a_yes_that_tells_of_another_matter_confirms_and_files_that_too(stage: Stage, asked: str) -> None:
    stage.receive("Ndio asante. Lakini sasa taa za barabarani Butsotso East haziwaki kabisa")
    assert stage.case(asked).confirmation is Confirmation.CONFIRMED
    with stage.transaction() as session:
        other = session.scalars(select(Case).where(Case.reference != asked)).one()
    assert (other.ward_code, other.words) == (
        1009, "Ndio asante. Lakini sasa taa za barabarani Butsotso East haziwaki kabisa",
    )  # fmt: skip
    assert stage.case(asked).words == "Bomba limepasuka"


def test_what_an_officer_asked_is_not_answered_by_another_matter_elsewhere(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.do(actions.write, reference, stage.officer(), "Ni nyumba gani?", wait=True)
    assert stage.receive("Takataka zimejaa soko la Butsotso East").why == "new case"
    assert stage.case(reference).status is Status.WAITING
    assert stage.receive("Ni ile ya bluu").why == "answers an officer"


# A reference in the text


def test_a_text_that_names_her_case_is_added_to_it(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.receive(f"Kuhusu {spoken(reference)}: mafundi walifika leo")
    assert stage.case(reference).words == f"Kuhusu {spoken(reference)}: mafundi walifika leo"
    assert stage.letters(reference) == [("words_added", "queued")]


def test_a_reference_that_is_not_hers_opens_nothing(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.receive(f"{reference} hii ni yangu kweli kabisa", AMINA)
    assert stage.case(reference).words is None
    assert stage.count(Case) == 2


def test_words_about_a_closed_case_are_a_new_one_that_somebody_reads(stage: Stage, asked: str) -> None:
    stage.receive("1")
    stage.receive(f"{asked} maji yamekatika tena")
    with stage.transaction() as session:
        first, second = session.scalars(select(Case).order_by(Case.id))
    assert (first.status, first.words) == (Status.CLOSED, "Bomba limepasuka")
    assert (second.status, second.words) == (Status.NEW, f"{asked} maji yamekatika tena")
