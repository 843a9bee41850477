"""Texts that arrive: each is kept, and becomes one case or an answer; whoever is no telephone gets no echo."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.cases import inbound
from gateway.cases.models import Case, Channel, Desk, Intake, Kind, Status
from gateway.messages.models import IncomingStatus, Message
from gateway.people.models import Resident
from tests.cases.arrivals import COMPLAINT, spoken, stored
from tests.cases.stage import MONDAY, PROMISE, SHIRERE, WANJIKU, Stage

# A new case


def test_a_text_that_names_its_ward_is_a_case_there_at_once(stage: Stage) -> None:
    incoming = stage.receive(f"  {COMPLAINT}\n")
    case = stage.only_case()
    assert (case.channel, case.kind, case.category, case.words) == (
        Channel.SMS, Kind.GRIEVANCE, "OTHER", COMPLAINT,
    )  # fmt: skip
    assert (case.ward_code, case.desk, case.status, case.due_at) == (SHIRERE, Desk.WARD, Status.NEW, PROMISE)
    assert (case.received_at, stage.history(case.reference)) == (MONDAY, ["filed"])
    assert (incoming.status, incoming.why, incoming.case_id) == (IncomingStatus.HANDLED, "new case", case.id)
    assert incoming.resident_id == case.resident_id
    assert (stage.letters(), stage.questions()) == ([("received_text", "queued")], [])
    assert stage.last_text() == (
        f"Kaunti ya Kakamega: ripoti {spoken(case.reference)} imepokelewa. Utajibiwa kufikia Alh 3 Des. "
        "Kufuatilia piga *384*123# chagua 3."
    )


def test_a_text_without_a_ward_goes_to_the_county_desk_and_she_is_asked(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    case = stage.only_case()
    assert (case.ward_code, case.desk) == (None, Desk.COUNTY)
    assert stage.questions() == [("which_ward", "open", None)]
    assert stage.letters() == [("which_ward", "queued")]
    assert stage.last_text() == (
        f"Kaunti ya Kakamega: ripoti {spoken(case.reference)} imepokelewa, utajibiwa kufikia Alh 3 Des. "
        "Ni wadi gani? Jibu kwa jina la wadi au soko, bure."
    )


def test_the_answer_completes_that_case(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    stage.later(hours=1)
    incoming = stage.receive("Ni Shirere")
    case = stage.only_case()
    assert (case.ward_code, case.sub_county_code, case.desk, case.desk_since) == (SHIRERE, 202, Desk.WARD, stage.now)
    assert (case.due_at, case.words) == (PROMISE, "Maji yamekatika tangu juzi\nNi Shirere")
    assert (incoming.why, incoming.case_id) == ("answers which ward", case.id)
    assert stage.questions() == [("which_ward", "answered", "1014")]
    assert stage.letters()[1:] == [("ward_known", "queued")]
    assert stage.last_text() == (
        f"{spoken(case.reference)}: asante. Iko kwa msimamizi wa wadi ya Shirere. Utajibiwa kufikia Alh 3 Des."
    )
    resident = stage.resident()
    assert resident is not None
    assert resident.ward_code == SHIRERE


def test_an_answer_that_names_no_ward_is_kept_and_she_may_try_again(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    assert stage.receive("karibu na posho mill").why == "answers which ward, unknown place"
    assert stage.only_case().words == "Maji yamekatika tangu juzi\nkaribu na posho mill"
    assert stage.questions() == [("which_ward", "open", None)]
    assert stage.receive("1014").why == "answers which ward"
    assert stage.only_case().ward_code == SHIRERE


def test_an_unknown_place_goes_to_the_case_that_was_asked_about_not_to_her_latest_report(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    asked = stage.only_case().reference
    dialled = stage.file(channel=Channel.USSD)
    stage.receive("karibu na posho mill")
    assert stage.case(asked).words == "Maji yamekatika tangu juzi\nkaribu na posho mill"
    assert stage.case(dialled).words is None


def test_a_second_report_without_a_ward_is_asked_about_when_the_first_is_answered(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    stage.receive("Pia taa za barabarani haziwaki kabisa usiku")
    assert stage.questions() == [("which_ward", "open", None), ("which_ward", "waiting", None)]
    assert stage.letters() == [("which_ward", "queued"), ("received_text", "queued")]
    stage.receive("Shirere")
    with stage.transaction() as session:
        first, second = session.scalars(select(Case).order_by(Case.id))
    assert (first.ward_code, second.ward_code) == (SHIRERE, None)
    assert stage.questions() == [("which_ward", "answered", "1014"), ("which_ward", "open", None)]
    assert stage.letters(second.reference) == [("received_text", "queued"), ("which_ward", "queued")]
    assert spoken(second.reference) in stage.last_text(second.reference)
    stage.receive("Shirere pia")
    assert stage.case(second.reference).ward_code == SHIRERE


def test_which_ward_expires_after_two_days_and_the_case_stays_with_the_county_desk(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    stage.later(days=2)
    stage.sweep()
    assert stage.questions() == [("which_ward", "expired", None)]
    case = stage.only_case()
    assert (case.status, case.desk, case.confirmation) == (Status.NEW, Desk.COUNTY, None)


@pytest.mark.parametrize("words", ["Polisi", "x", "W" * 4000, "😡😡 maji 😡", "'; DROP TABLE cases; --", "a\x0bb c"])
def test_any_words_make_a_case_as_they_are(stage: Stage, words: str) -> None:
    stage.receive(words)
    assert stage.only_case().words == words.strip()


# Confidential words


def test_confidential_words_go_to_the_ombudsman_and_are_answered_neutrally(stage: Stage) -> None:
    stage.receive("Karani wa Shirere aliomba hongo")
    case = stage.only_case()
    assert (case.category, case.sensitive, case.desk, case.words) == ("CORRUPT", True, Desk.CONFIDENTIAL, None)
    assert stage.office.vault.open(case.words_sealed or b"") == "Karani wa Shirere aliomba hongo"
    assert (stage.letters(), stage.questions()) == ([("received_confidential", "queued")], [])
    assert stage.last_text() == (
        f"Kaunti ya Kakamega: nambari {spoken(case.reference)} imepokelewa. Kufuatilia piga *384*123# chagua 3."
    )


def test_no_ward_is_asked_for_where_the_ward_must_not_know(stage: Stage) -> None:
    stage.receive("Karani aliomba hongo")
    assert (stage.letters(), stage.questions()) == ([("received_confidential", "queued")], [])


def test_a_text_about_violence_is_answered_with_nothing(stage: Stage) -> None:
    stage.receive("Mume wangu ananipiga kila siku")
    case = stage.only_case()
    assert (case.category, case.desk, case.words) == ("GBV", Desk.CONFIDENTIAL, None)
    assert (stage.letters(), stage.questions()) == ([], [])


def test_violence_in_an_answer_silences_everything_about_the_case(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    stage.receive("Shirere, mume wangu ananipiga")
    case = stage.only_case()
    assert (case.category, case.sensitive) == ("GBV", True)
    assert stage.letters() == [("which_ward", "cancelled")]


def test_confidential_words_in_an_answer_hide_the_case(stage: Stage) -> None:
    stage.receive("Maji yamekatika tangu juzi")
    stage.set("UPDATE message SET status = 'delivered'")
    stage.receive("Shirere, wanataka hongo")
    case = stage.only_case()
    assert (case.sensitive, case.desk, case.words) == (True, Desk.CONFIDENTIAL, None)
    assert stage.office.vault.open(case.words_sealed or b"") == "Maji yamekatika tangu juzi\nShirere, wanataka hongo"
    assert stage.letters()[1:] == [("received_confidential", "queued")]
    assert "made_confidential" in stage.history(case.reference)


# What is no case


@pytest.mark.parametrize("words", ["1", "7", "0", " 3. ", "ndio", "bado", "", "😀"])
def test_what_answers_nothing_never_becomes_a_case(stage: Stage, words: str) -> None:
    incoming = stage.receive(words)
    assert (incoming.status, incoming.case_id) == (IncomingStatus.HANDLED, None)
    assert (stage.count(Case), stage.count(Intake), stage.count(Message), stage.count(Resident)) == (0, 0, 0, 0)


def test_somebody_we_know_gets_a_hint(stage: Stage) -> None:
    stage.file(quiet=True)
    stage.receive("5")
    assert stage.letters() == [("not_understood", "queued")]
    [hint] = stage.messages()
    assert (hint.automatic, hint.case_id) == (True, None)
    assert stage.count(Case) == 1


@pytest.mark.parametrize(
    "sender",
    ["22123", "AFRICASTKNG", "MPESA", "999", "", "+", "+25471100000x", "2" * 60, "+254202222222", "+254900123456"],
)
def test_a_sender_that_is_no_telephone_is_quarantined_and_never_answered(stage: Stage, sender: str) -> None:
    incoming = stage.receive(COMPLAINT, sender)
    assert (incoming.status, incoming.why) == (IncomingStatus.QUARANTINED, "sender is no telephone")
    assert stage.office.vault.open(incoming.text_sealed) == COMPLAINT
    assert (stage.count(Case), stage.count(Message), stage.count(Resident)) == (0, 0, 0)


def test_what_the_callback_finds_odd_is_kept_and_handled_by_nobody(stage: Stage) -> None:
    with stage.transaction() as session:
        inbound.store(session, stage.office, "sms-1", WANJIKU, COMPLAINT, odd="from our own code")
    assert not inbound.handle_next(stage.engine, stage.office, stage.now)
    [incoming] = stored(stage)
    assert (incoming.status, incoming.why) == (IncomingStatus.QUARANTINED, "from our own code")
    assert (stage.count(Case), stage.count(Message)) == (0, 0)


# What was read from the words, and what it may belong to


def test_what_is_linked_and_names_no_ward_comes_to_the_ward_of_the_older_one_as_a_guess(stage: Stage) -> None:
    older = stage.file()
    incoming = stage.receive("sasa maji yamekuwa machafu kabisa jamani")
    with stage.transaction() as session:
        linked = session.scalars(select(Case).where(Case.reference != older)).one()
        first = session.scalars(select(Case).where(Case.reference == older)).one()
    assert (incoming.why, linked.follows_id) == ("new case, perhaps of an older one", first.id)
    assert (linked.ward_code, linked.desk, stage.questions()) == (SHIRERE, Desk.WARD, [])
    assert linked.guess is not None
    assert (linked.guess["ward"], linked.guess["category"]) == ("", "WATER")


def test_what_was_read_from_the_words_is_a_guess_with_the_words_that_say_so(stage: Stage) -> None:
    stage.receive("hakna maji sherere tangu juzi")
    case = stage.only_case()
    assert (case.category, case.ward_code) == ("OTHER", SHIRERE)
    assert case.guess is not None
    assert (case.guess["ward"], case.guess["category"], case.guess["problem"]) == ("sherere", "WATER", "NO_WATER")
    assert "maji" in case.guess["words"]


def test_a_ward_that_stands_in_further_words_places_the_case_and_ends_the_question(stage: Stage) -> None:
    stage.receive("Hakuna maji kabisa")
    assert stage.questions() == [("which_ward", "open", None)]
    stage.receive("ni hapa Shirere karibu na soko kubwa la mboga")
    case = stage.only_case()
    assert (case.ward_code, case.desk, stage.questions()) == (SHIRERE, Desk.WARD, [("which_ward", "expired", None)])
    assert (case.words or "").endswith("soko kubwa la mboga")


def test_a_confidential_text_moments_later_is_a_case_of_its_own(stage: Stage) -> None:
    stage.receive("Hakuna maji Shirere")
    stage.receive("Karani aliomba hongo")
    with stage.transaction() as session:
        assert [(case.sensitive, case.category) for case in session.scalars(select(Case).order_by(Case.id))] == [
            (False, "OTHER"), (True, "CORRUPT"),
        ]  # fmt: skip


def test_who_asks_after_two_reports_is_told_of_both_and_files_no_third(stage: Stage) -> None:
    for category in ("WATER", "ROADS"):
        stage.file(category=category)
    stage.receive("mmefika wapi jamani")
    assert stage.count(Case) == 2
    assert stage.last_text().startswith("Ripoti zako: ")


def test_of_a_confidential_case_nothing_is_guessed_and_it_follows_none(stage: Stage) -> None:
    stage.file()
    stage.receive("Karani wa maji Shirere anaomba hongo")
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.sensitive)).one()
    assert (case.guess, case.follows_id) == (None, None)


def test_a_stem_that_several_wards_bear_is_asked_with_digits(stage: Stage) -> None:
    stage.receive("Hakuna maji Kisa tangu juzi")
    case = stage.only_case()
    assert case.ward_code is None
    assert stage.last_text() == (
        f"Ripoti {spoken(case.reference)} imepokelewa, Kakamega. Wadi gani? Jibu kwa nambari, bure:"
        " 1 Kisa North 2 Kisa East 3 Kisa West 4 Kisa Central."
    )
    assert stage.receive("9").why == "number that answers nothing"
    assert stage.receive("3").why == "answers which ward"
    case = stage.only_case()
    assert (case.ward_code, case.words) == (1039, "Hakuna maji Kisa tangu juzi")
    assert stage.last_text().startswith(f"{spoken(case.reference)}: asante. Iko kwa msimamizi wa wadi ya Kisa West.")


def test_what_seems_to_be_a_fire_is_answered_with_the_numbers_to_call_and_an_earlier_day(stage: Stage) -> None:
    stage.receive("moto unawaka soko la Shirere saidieni haraka")
    case = stage.only_case()
    assert case.guess is not None
    assert case.guess["category"] == "DISASTER"
    assert case.due_at is not None
    assert case.due_at < PROMISE
    assert stage.last_text() == (
        f"Kaunti ya Kakamega: ripoti {spoken(case.reference)} imepokelewa. Moto, ajali, mafuriko sasa? Piga 999 au 112:"
        " SMS hazisomwi usiku."
    )


def test_what_seems_to_be_a_fire_without_a_ward_is_asked_for_it_too(stage: Stage) -> None:
    stage.receive("nyumba inaungua moto mkubwa saidia")
    assert stage.letters() == [("received_danger", "queued"), ("which_ward", "queued")]
    assert stage.questions() == [("which_ward", "open", None)]


def test_a_story_that_goes_on_with_an_and_is_one_report(stage: Stage) -> None:
    stage.receive("Hakuna dawa zahanati Shirere")
    assert stage.receive("na daktari hayuko").why == "goes on from a moment ago"
    assert stage.only_case().words == "Hakuna dawa zahanati Shirere\nna daktari hayuko"
