"""Texts that arrive: each is kept, becomes one case or an answer, and is replied to in bounds and without an echo."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from gateway.cases import inbound
from gateway.cases.models import Case, CaseEvent, Channel, Desk, Intake, Kind, Status
from gateway.messages.models import IncomingSms, IncomingStatus, Message, Question
from gateway.people.models import Resident
from tests.cases.stage import AMINA, MONDAY, PROMISE, SHIRERE, WANJIKU, Stage

COMPLAINT = "Hakuna maji Shirere tangu juzi, bomba limepasuka"
OTHERS = [
    "Barabara ya Shirere ina mashimo mengi", "Taa za barabarani Shirere haziwaki", "Hakuna dawa hospitali ya Shirere",
    "Takataka Shirere hazizolewi", "Soko la Shirere ni chafu sana", "Basari ya Shirere imechelewa",
    "Mpaka wa shamba langu Shirere una mgogoro wa ardhi", "Hakuna mbolea ya wakulima Shirere",
]  # fmt: skip
"""Texts of one phone that are not each other's repetition."""


def spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


def arrive(stage: Stage, words: str, provider_id: str, sender: str = WANJIKU) -> None:
    with stage.transaction() as session:
        inbound.store(session, stage.office, provider_id, sender, words, odd=None)


def stored(stage: Stage) -> list[IncomingSms]:
    with stage.transaction() as session:
        return list(session.scalars(select(IncomingSms).order_by(IncomingSms.id)))


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


# Once only


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


def minutes_pass(stage: Stage) -> None:
    """What has come so far came some minutes ago by the clock of the database, which tells a repetition."""
    stage.set("UPDATE incoming_sms SET received_at = received_at - interval '10 minutes'")


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


def test_many_workers_handle_every_text_once(stage: Stage) -> None:
    for number in range(12):
        arrive(stage, COMPLAINT, f"sms-{number}", f"+2547110000{number:02}")

    def work(_: int) -> None:
        while inbound.handle_next(stage.engine, stage.office, stage.now):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert [stage.count(table) for table in (Case, CaseEvent, Message, Resident)] == [12, 12, 12, 12]
    assert {incoming.status for incoming in stored(stage)} == {IncomingStatus.HANDLED}


def waiting_for_a_lock(stage: Stage, count: int) -> None:
    """Return when so many transactions of this database wait for each other."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 10
    with stage.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        while watch.scalar(query) != count:
            assert time.monotonic() < deadline, "they do not wait"
            threading.Event().wait(0.01)


def test_two_texts_of_one_phone_are_handled_one_after_the_other(stage: Stage) -> None:
    arrive(stage, "Maji yamekatika tangu juzi", "sms-1")
    arrive(stage, "Shirere", "sms-2")

    def work() -> bool:
        return inbound.handle_next(stage.engine, stage.office, stage.now)

    with ThreadPoolExecutor(2) as pool:
        with stage.engine.begin() as obstacle:
            # The first one stops at its question, when its case is written and not yet to be seen.
            obstacle.execute(text("LOCK TABLE question IN EXCLUSIVE MODE"))
            first = pool.submit(work)
            waiting_for_a_lock(stage, 1)
            second = pool.submit(work)
            waiting_for_a_lock(stage, 2)
        assert (first.result(10), second.result(10)) == (True, True)
    assert (stage.only_case().ward_code, stage.count(Resident)) == (SHIRERE, 1)
    assert stage.questions() == [("which_ward", "answered", "1014")]


def test_a_text_that_another_worker_has_is_passed_over(stage: Stage) -> None:
    for number, words in enumerate(OTHERS[:2], start=1):
        arrive(stage, words, f"sms-{number}")
    with stage.engine.begin() as worker:
        worker.execute(text("SELECT id FROM incoming_sms WHERE provider_id = 'sms-1' FOR UPDATE"))
        assert inbound.handle_next(stage.engine, stage.office, stage.now)
        assert not inbound.handle_next(stage.engine, stage.office, stage.now)
    assert [(one.provider_id, one.status.value) for one in stored(stage)] == [("sms-1", "stored"), ("sms-2", "handled")]


# Replies in bounds


def test_at_most_five_automatic_replies_an_hour_and_every_text_is_handled(stage: Stage) -> None:
    for words in OTHERS:
        stage.receive(words)
        stage.later(minutes=1)
    assert stage.count(Case) == 8
    assert stage.letters() == [("received_text", "queued")] * 5
    assert {message.automatic for message in stage.messages()} == {True}
    assert {incoming.status for incoming in stored(stage)} == {IncomingStatus.HANDLED}
    stage.later(minutes=52, seconds=1)  # an hour after the first
    stage.receive("Kelele za baa usiku Shirere")
    assert len(stage.letters()) == 6


def test_a_text_that_cannot_be_answered_any_more_asks_no_question(stage: Stage) -> None:
    for words in OTHERS[:6]:
        stage.receive(words.replace("Shirere", "hapa"))
    assert (stage.count(Case), len(stage.letters())) == (6, 5)
    assert stage.count(Question) == 5


def test_the_bound_is_for_each_phone(stage: Stage) -> None:
    for words in OTHERS[:6]:
        stage.receive(words)
    stage.receive(COMPLAINT, AMINA)
    assert len(stage.letters()) == 6


def test_texts_that_officers_write_do_not_count(stage: Stage) -> None:
    for _ in range(6):
        stage.file()
    stage.receive(COMPLAINT)
    assert stage.letters()[-1] == ("received_text", "queued")


def test_after_stop_what_she_asks_is_still_answered(stage: Stage) -> None:
    stage.file(quiet=True)
    stage.set("UPDATE resident SET stopped_at = now()")
    stage.receive(COMPLAINT)
    stage.receive("5")
    assert stage.letters() == [("received_text", "queued"), ("not_understood", "queued")]


# Failures


def spoil(stage: Stage, provider_id: str) -> None:
    """Make a stored text unreadable, as if a key were missing."""
    stage.set("UPDATE incoming_sms SET text_sealed = 'spoilt' WHERE provider_id = :id", id=provider_id)


def fail(stage: Stage) -> IncomingSms:
    with pytest.raises(inbound.NotHandled) as failure:
        inbound.handle_next(stage.engine, stage.office, stage.now)
    [incoming] = stored(stage)
    assert failure.value.incoming_id == incoming.id
    return incoming


def test_a_text_that_fails_is_tried_with_growing_pauses_for_half_a_day_and_then_quarantined(stage: Stage) -> None:
    arrive(stage, COMPLAINT, "sms-1")
    spoil(stage, "sms-1")
    first = stage.now
    pauses: list[int] = []
    while (incoming := fail(stage)).status is IncomingStatus.STORED:
        assert (incoming.attempts, incoming.why) == (len(pauses) + 1, "could not be handled")
        assert incoming.next_try_at is not None
        pauses.append(int((incoming.next_try_at - stage.now).total_seconds()))
        stage.later(seconds=pauses[-1] - 1)
        assert not inbound.handle_next(stage.engine, stage.office, stage.now)
        stage.later(seconds=1)
    assert pauses == [60, 120, 240, 480, 960, 1920, *[3600] * 12]
    assert (incoming.attempts, incoming.status, incoming.why) == (
        19, IncomingStatus.QUARANTINED, "could not be handled",
    )  # fmt: skip
    assert 12 <= (stage.now - first).total_seconds() / 3600 < 14
    stage.later(days=2)
    assert not inbound.handle_next(stage.engine, stage.office, stage.now)
    assert [stage.count(table) for table in (Intake, Case, Message, Resident)] == [0, 0, 0, 0]


def test_a_text_whose_key_comes_back_in_the_night_becomes_a_case(stage: Stage) -> None:
    arrive(stage, COMPLAINT, "sms-1")
    sealed = stored(stage)[0].text_sealed
    spoil(stage, "sms-1")
    for _ in range(10):
        fail(stage)
        stage.later(hours=1)
    stage.set("UPDATE incoming_sms SET text_sealed = :sealed", sealed=sealed)
    assert inbound.handle_next(stage.engine, stage.office, stage.now)
    assert stage.only_case().words == COMPLAINT


def test_a_failure_half_way_leaves_nothing_behind(stage: Stage) -> None:
    arrive(stage, COMPLAINT, "sms-1")
    # The last thing that handling writes is the decision.
    stage.set("ALTER TABLE incoming_sms ADD CONSTRAINT spoilt CHECK (why <> 'new case')")
    try:
        with pytest.raises(inbound.NotHandled):
            inbound.handle_next(stage.engine, stage.office, stage.now)
        assert [stage.count(table) for table in (Intake, Case, Message, Resident)] == [0, 0, 0, 0]
        assert stored(stage)[0].attempts == 1
    finally:
        stage.set("ALTER TABLE incoming_sms DROP CONSTRAINT spoilt")
    stage.later(minutes=1)
    assert inbound.handle_next(stage.engine, stage.office, stage.now)
    assert stage.only_case().words == COMPLAINT


def test_a_text_that_fails_lets_the_others_go_first(stage: Stage) -> None:
    for name in ("bad", "good"):
        arrive(stage, COMPLAINT, name)
    spoil(stage, "bad")
    with pytest.raises(inbound.NotHandled):
        inbound.handle_next(stage.engine, stage.office, stage.now)
    assert inbound.handle_next(stage.engine, stage.office, stage.now)
    assert [(one.provider_id, one.status.value) for one in stored(stage)] == [("bad", "stored"), ("good", "handled")]
