"""What she answers by SMS about a report that she began: words that complete it, *send it*, *delete it*, others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from gateway.cases import actions, inbound
from gateway.cases.models import Case, CaseEvent, Channel, Desk, Ending
from gateway.messages.models import IncomingSms
from gateway.people.models import Resident
from tests.cases.begun import asked, begin, kept, sweep
from tests.cases.stage import AMINA, SHEYWE, SHIRERE, WANJIKU, Stage

UNPLACED = {"ward": "", "sub_county": ""}
ASKED = ("draft", "queued")
UNASKED = ("draft", "cancelled")
"""Not sent yet when there was nothing to ask any more."""


def spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


# Words


@pytest.mark.parametrize(
    "words",
    [
        "Bomba limepasuka karibu na soko",
        "No water Shirere",
        "Pls maji imekatika, wiki 2 sasa",
        "hapana maji",
        "Naomba msaada: Futa madeni ya maji",
        "yes bomba la soko",
        "😡 maji",
        "w" * 1000,
    ],
)
def test_her_words_complete_it_and_it_is_filed_at_once(stage: Stage, words: str) -> None:
    asked(stage)
    stage.later(minutes=5)
    incoming = stage.receive(f" {words}\n")
    case = stage.only_case()
    assert (case.words, case.incomplete, case.problem, case.ward_code) == (words, False, "NO_WATER", SHIRERE)
    assert (case.channel, case.received_at, case.desk) == (Channel.USSD, stage.now, Desk.WARD)
    assert (incoming.why, incoming.case_id) == ("completes the draft", case.id)
    assert (kept(stage), stage.questions()) == ([], [])
    assert stage.letters() == [UNASKED, ("received_text", "queued")]
    assert f"ripoti {spoken(case.reference)} imepokelewa" in stage.last_text()
    assert stage.history(case.reference) == ["filed"]
    sweep(stage, days=3)
    assert stage.count(Case) == 1


@pytest.mark.parametrize("words", ["NDIYO", "ndio", "tuma tafadhali", "Send it", "ok"])
def test_a_yes_sends_it_as_it_is_and_is_no_words_of_the_report(stage: Stage, words: str) -> None:
    asked(stage)
    assert stage.receive(words).why == "completes the draft"
    assert (stage.only_case().words, stage.only_case().incomplete) == (None, False)


@pytest.mark.parametrize(
    ("given", "words", "ward", "landmark"),
    [
        ({**UNPLACED, "typed": "kwa mzee"}, "bomba, karibu na soko la Shirere", SHIRERE, "kwa mzee"),
        ({**UNPLACED, "typed": "kwa mzee"}, "bomba kubwa", None, "kwa mzee"),
        ({}, "bomba, hapa Shirere", SHIRERE, None),
    ],
)
def test_a_ward_in_her_words_counts_where_none_was_known(
    stage: Stage, given: dict[str, str], words: str, ward: int | None, landmark: str | None
) -> None:
    asked(stage, **given)
    stage.receive(words)
    case = stage.only_case()
    assert (case.ward_code, case.landmark, case.words) == (ward, landmark, words)
    assert case.desk is (Desk.WARD if ward else Desk.COUNTY)


def test_a_text_about_another_ward_is_a_report_of_its_own(stage: Stage) -> None:
    asked(stage)
    assert stage.receive("bomba limepasuka Sheywe").why == "new case"
    assert (stage.only_case().ward_code, len(kept(stage))) == (SHEYWE, 1)


@pytest.mark.parametrize(
    ("words", "category", "letters"),
    [
        ("fundi aliomba hongo", "CORRUPT", [UNASKED, ("received_confidential", "queued")]),
        ("mume wangu ananipiga", "GBV", [UNASKED]),
    ],
)
def test_secret_words_take_it_to_the_confidential_desk(
    stage: Stage, words: str, category: str, letters: list[tuple[str, str]]
) -> None:
    asked(stage)
    stage.receive(words)
    case = stage.only_case()
    assert (case.category, case.sensitive, case.desk, case.words) == (category, True, Desk.CONFIDENTIAL, None)
    assert stage.office.vault.open(case.words_sealed or b"") == words
    assert stage.letters() == letters


# Dropping it


@pytest.mark.parametrize("words", ["FUTA", "futa.", "Delete it please", "hapana asante", "No", "don't send", "acha"])
def test_futa_drops_it_and_she_is_told(stage: Stage, words: str) -> None:
    asked(stage)
    assert stage.receive(words).why == "drops the draft"
    assert (kept(stage), stage.questions(), stage.count(Case)) == ([], [], 0)
    assert stage.letters() == [UNASKED, ("draft_dropped", "queued")]
    assert stage.last_text() == ("Kaunti ya Kakamega: sawa, hatutatuma ripoti hiyo. Ukihitaji, piga *384*123#.")
    sweep(stage, days=3)
    assert stage.count(Case) == 0


def test_dropping_is_answered_within_the_bound_of_automatic_replies(stage: Stage) -> None:
    for number in range(5):
        stage.receive(f"Hakuna maji nyumba {number} Shirere tangu juzi")
    begin(stage, category="ROADS")
    stage.set("UPDATE draft SET ask_at = :now", now=stage.now)
    sweep(stage)
    before = stage.letters()
    stage.receive("FUTA")
    assert (kept(stage), stage.letters()) == ([], [*before[:-1], UNASKED])


# What is no answer


@pytest.mark.parametrize("words", ["1", "7", "8", "", "?", "22123"])
def test_what_says_nothing_leaves_it_as_it_is(stage: Stage, words: str) -> None:
    asked(stage)
    stage.receive(words)
    assert (stage.count(Case), len(kept(stage)), stage.questions()) == (0, 1, [("draft", "open", None)])
    assert stage.letters() == [ASKED, ("not_understood", "queued")]


def test_words_with_the_reference_of_a_case_go_there(stage: Stage) -> None:
    reference = stage.file(quiet=True, category="ROADS")
    asked(stage)
    assert stage.receive(f"{spoken(reference)} bado hawajafika").why == "names its reference"
    assert (stage.case(reference).words, len(kept(stage))) == (f"{spoken(reference)} bado hawajafika", 1)


def test_before_she_was_asked_her_text_is_a_report_of_its_own(stage: Stage) -> None:
    begin(stage)
    assert stage.receive("Taa za Shirere haziwaki usiku").why == "new case"
    assert (stage.only_case().category, len(kept(stage))) == ("OTHER", 1)


def test_another_phones_text_is_not_about_it(stage: Stage) -> None:
    asked(stage)
    assert stage.receive("Bomba limepasuka Shirere", AMINA).why == "new case"
    assert len(kept(stage)) == 1


@pytest.mark.parametrize(("officer_first", "why"), [(False, "answers an officer"), (True, "completes the draft")])
def test_between_an_officers_question_and_the_draft_the_later_one_is_answered(
    stage: Stage, officer_first: bool, why: str
) -> None:
    reference, officer = stage.file(quiet=True, category="ROADS"), stage.officer()
    begin(stage)

    def ask() -> None:
        stage.do(actions.write, reference, officer, "Ni wapi hasa?", wait=True)

    if officer_first:
        ask()
    sweep(stage, minutes=10)
    stage.later(minutes=1)
    if not officer_first:
        ask()
    assert stage.receive("karibu na kanisa").why == why
    assert stage.case(reference).words == (None if officer_first else "karibu na kanisa")
    assert len(kept(stage)) == (0 if officer_first else 1)


def test_the_next_question_is_asked_when_she_has_answered(stage: Stage) -> None:
    reference = stage.file(quiet=True, category="ROADS")
    asked(stage)
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Imetengenezwa.")
    assert stage.questions() == [("draft", "open", None), ("fixed", "waiting", None)]
    stage.receive("bomba limepasuka")
    assert stage.questions() == [("fixed", "open", None)]
    assert stage.letters(reference) == [("fixed", "queued")]
    assert stage.receive("ndio").why == "answers fixed"


def test_her_answer_and_the_end_of_her_time_at_once_make_one_case(stage: Stage) -> None:
    for turn in range(10):
        phone = f"+25471100001{turn}"
        asked(stage, phone=phone)
        now = stage.later(days=1)
        with stage.transaction() as session:
            inbound.store(session, stage.office, f"answer-{turn}", phone, "Bomba limepasuka Shirere", odd=None)
        with ThreadPoolExecutor(2) as pool:
            answered = pool.submit(inbound.handle_next, stage.engine, stage.office, now)
            swept = pool.submit(sweep, stage)
            assert answered.result(20)
            swept.result(20)
        with stage.transaction() as session:
            hers = select(Case).join(Resident).where(Resident.phone_hash == stage.office.vault.phone_hash(phone))
            cases = session.scalars(hers).all()
        # Filed with her words, or filed and her words added; or hers is a report of its own besides.
        assert len([case for case in cases if case.category == "WATER"]) == 1
        assert any("Bomba limepasuka" in (case.words or "") for case in cases)
    assert kept(stage) == []


def test_two_answers_at_once_are_one_report_and_then_words_for_it(stage: Stage) -> None:
    asked(stage)
    with stage.transaction() as session:
        for number, words in enumerate(["Bomba limepasuka", "karibu na kanisa"]):
            inbound.store(session, stage.office, f"answer-{number}", WANJIKU, words, odd=None)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: inbound.handle_next(stage.engine, stage.office, stage.now), range(2)))
    with stage.transaction() as session:
        whys = set(session.scalars(select(IncomingSms.why)))
        filed = session.scalars(select(CaseEvent).where(CaseEvent.name == "filed")).all()
    # Whichever comes first completes it; *Bomba limepasuka* coming second may be a matter of its own, and is linked.
    assert whys in (
        {"completes the draft", "goes on from a moment ago"},
        {"completes the draft", "new case, perhaps of an older one"},
    )
    assert (len(filed), kept(stage)) == (1 if "goes on from a moment ago" in whys else 2, [])
