"""Filing: intake, resident, case, history and SMS appear together, once, and each case at the desk it belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.cases.filing import Report, file_case
from gateway.cases.intake import UssdMark, answered_before
from gateway.cases.models import CallBack, Case, CaseEvent, Channel, Desk, Intake, Kind, Status
from gateway.dialogue.models import UssdSession
from gateway.messages.models import Message
from gateway.people.models import Resident
from tests.cases.stage import AMINA, MONDAY, PROMISE, SHEYWE, SHIRERE, WANJIKU, Stage

EVERYTHING = (Intake, Resident, Case, CaseEvent, Message, CallBack)


def counts(stage: Stage) -> list[int]:
    return [stage.count(table) for table in EVERYTHING]


def test_a_report_is_one_row_of_each_kind(stage: Stage) -> None:
    reference = stage.file(problem="BURST_PIPE", landmark="Soko Shirere", words="Bomba limepasuka")

    case = stage.case(reference)
    assert counts(stage) == [1, 1, 1, 1, 1, 0]
    assert (case.kind, case.channel, case.category, case.problem) == (
        Kind.GRIEVANCE, Channel.HOTLINE, "WATER", "BURST_PIPE",
    )  # fmt: skip
    assert (case.ward_code, case.sub_county_code, case.department) == (SHIRERE, 202, "water")
    assert (case.desk, case.status, case.sensitive) == (Desk.WARD, Status.NEW, False)
    assert (case.words, case.words_sealed, case.landmark) == ("Bomba limepasuka", None, "Soko Shirere")
    assert (case.received_at, case.desk_since, case.due_at) == (MONDAY, MONDAY, PROMISE)
    assert (case.secret_hash, case.rating, case.referred_to, case.language) == (None, None, None, "sw")


def test_the_first_line_of_its_history_says_how_it_came(stage: Stage) -> None:
    [filed] = stage.events(stage.file())
    assert (filed.name, filed.at, filed.officer_id, filed.words) == ("filed", MONDAY, None, None)
    assert (filed.turn, filed.data) == ("ward:1014", {"channel": "hotline", "suspected": False, "promise": "WATER"})


def test_the_resident_is_kept_as_a_hash_a_mask_and_a_sealed_number(stage: Stage) -> None:
    stage.file()
    resident, vault = stage.resident(), stage.office.vault
    assert resident is not None
    assert resident.phone_hash == vault.phone_hash(WANJIKU)
    assert vault.open(resident.phone_sealed) == WANJIKU
    assert (resident.phone_mask, resident.language, resident.ward_code) == ("+254 7** *** 001", "sw", SHIRERE)


def test_the_same_phone_is_the_same_resident_with_her_latest_language_and_ward(stage: Stage) -> None:
    stage.file()
    stage.file(language="en", ward_code=SHEYWE)
    stage.file(language="en", ward_code=None)
    resident = stage.resident()
    assert resident is not None
    assert (stage.count(Resident), resident.language, resident.ward_code) == (1, "en", SHEYWE)


def test_a_confidential_report_does_not_tell_her_next_screen_where_she_was(stage: Stage) -> None:
    stage.file(category="CORRUPT", ward_code=SHEYWE)
    resident = stage.resident()
    assert resident is not None
    assert resident.ward_code is None


def test_the_answering_sms_is_queued_with_the_case(stage: Stage) -> None:
    reference = stage.file(wording="received_text")
    [message] = stage.messages(reference)
    assert (message.wording, message.status.value, message.due_at, message.created_at, message.automatic) == (
        "received_text", "queued", MONDAY, MONDAY, False,
    )  # fmt: skip
    spoken = f"{reference[:4]} {reference[4:]}"
    assert stage.last_text() == (
        f"Kaunti ya Kakamega: ripoti {spoken} imepokelewa. Utajibiwa kufikia Alh 3 Des. "
        "Kufuatilia piga *384*123# chagua 3."
    )


def test_an_english_speaker_is_answered_in_english(stage: Stage) -> None:
    stage.file(language="en")
    assert stage.last_text().startswith("Kakamega County: report ")


def test_a_quiet_report_sends_nothing(stage: Stage) -> None:
    assert stage.letters(stage.file(quiet=True)) == []


# Once only


def test_the_same_intake_twice_is_one_case_with_one_answer(stage: Stage) -> None:
    first = stage.filed(source_id="nonce", words="Hakuna maji")
    again = stage.filed(source_id="nonce", words="Hakuna maji kabisa", category="ROADS")
    assert (first.new, again.new) == (True, False)
    assert (again.reference, again.answer) == (first.reference, first.answer)
    assert counts(stage) == [1, 1, 1, 1, 1, 0]
    assert stage.only_case().words == "Hakuna maji"


def test_the_same_id_on_another_channel_is_another_intake(stage: Stage) -> None:
    assert stage.file(source_id="1", channel=Channel.SMS) != stage.file(source_id="1", channel=Channel.HOTLINE)
    assert stage.count(Case) == 2


def test_eight_at_once_file_one_case_and_hear_the_same(stage: Stage) -> None:
    report = Report(Channel.SMS, "sms-1", "WATER", "sw", phone=WANJIKU, ward_code=SHIRERE)

    def file(_: int) -> tuple[str, Any]:
        with stage.engine.begin() as connection:
            filed = file_case(connection, stage.office, report, MONDAY)
            return filed.reference, filed.answer

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(file, range(8)))
    assert [answer for answer in answers if answer != answers[0]] == []
    assert counts(stage) == [1, 1, 1, 1, 1, 0]


def test_what_was_answered_is_kept_with_the_intake(stage: Stage) -> None:
    filed = stage.filed(source_id="nonce")
    with stage.engine.begin() as connection:
        assert answered_before(connection, Channel.HOTLINE, "nonce") == filed.answer
        assert answered_before(connection, Channel.HOTLINE, "another") is None
        assert answered_before(connection, Channel.SMS, "nonce") is None


def test_the_answer_has_the_reference_and_the_promise_in_every_language(stage: Stage) -> None:
    filed = stage.filed()
    assert filed.answer == {
        "values": {"reference": filed.reference},
        "facts": ["case.filed"],
        "slots": {
            "reference": f"{filed.reference[:4]} {filed.reference[4:]}",
            "promise": {"sw": "Alh 3 Des", "en": "Thu 3 Dec"},
            "promise_day": {"sw": "3 Des", "en": "3 Dec"},
        },
    }


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What the random source gives next, as long as the list lasts."""
    given: list[int] = []
    random = secrets.randbelow
    monkeypatch.setattr(secrets, "randbelow", lambda limit: given.pop(0) if given else random(limit))
    yield given
    assert given == []


def test_a_reference_that_is_taken_is_drawn_again(stage: Stage, digits: list[int]) -> None:
    digits += [3821773, 3821773, 3821773, 3821774]
    first, second = stage.file(), stage.file()
    assert (first[:7], second[:7]) == ("4821773", "4821774")
    assert counts(stage) == [2, 1, 2, 2, 2, 0]


def test_without_a_free_reference_nothing_is_filed(stage: Stage, digits: list[int]) -> None:
    digits += [3821773] * 9
    stage.file()
    with pytest.raises(RuntimeError, match="no free reference"):
        stage.file()
    assert counts(stage) == [1, 1, 1, 1, 1, 0]


def test_if_one_row_cannot_be_written_none_is(stage: Stage) -> None:
    with pytest.raises(SQLAlchemyError):
        stage.file(rating=99_999)
    with pytest.raises(SQLAlchemyError):
        stage.file(wording="received_text", hour="x" * 21)
    assert counts(stage) == [0, 0, 0, 0, 0, 0]


def test_if_the_transaction_is_not_committed_nothing_is_filed(stage: Stage) -> None:
    report = Report(Channel.SMS, "sms-1", "WATER", "sw", phone=WANJIKU)
    with stage.engine.connect() as connection:
        assert file_case(connection, stage.office, report, MONDAY).new
        connection.rollback()
    assert counts(stage) == [0, 0, 0, 0, 0, 0]


def test_a_filing_is_one_statement(stage: Stage) -> None:
    statements: list[str] = []

    def note(*args: Any) -> None:
        statements.append(args[2])

    event.listen(stage.engine, "before_cursor_execute", note)
    stage.file()
    event.remove(stage.engine, "before_cursor_execute", note)
    assert len(statements) == 1


# What it is about, and where it goes


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("Daktari aliomba hongo ndio anipe dawa", "CORRUPT"),
        ("The clerk wanted a BRIBE", "CORRUPT"),
        ("mume wangu ananipiga", "GBV"),
    ],
)
def test_words_that_the_ward_must_not_see_make_any_report_confidential(stage: Stage, words: str, category: str) -> None:
    case = stage.case(stage.file(category="HEALTH", words=words))
    assert (case.category, case.sensitive, case.desk) == (category, True, Desk.CONFIDENTIAL)
    assert case.words is None
    assert stage.office.vault.open(case.words_sealed or b"") == words
    assert words.encode() not in (case.words_sealed or b"")
    assert stage.events(case.reference)[0].data == {
        "channel": "hotline", "suspected": True, "was": "HEALTH", "promise": category,
    }  # fmt: skip


def test_a_place_with_such_words_is_sealed_with_them(stage: Stage) -> None:
    case = stage.case(stage.file(words="karibu na duka", landmark="anataka hongo"))
    assert (case.sensitive, case.landmark, case.words) == (True, None, None)
    assert stage.office.vault.open(case.words_sealed or b"") == "anataka hongo\nkaribu na duka"


def test_a_confidential_report_is_answered_without_a_subject(stage: Stage) -> None:
    reference = stage.file(category="CORRUPT", words="hongo", wording="received_text")
    assert stage.letters(reference) == [("received_confidential", "queued")]
    assert stage.last_text() == (
        f"Kaunti ya Kakamega: nambari {reference[:4]} {reference[4:]} imepokelewa. Kufuatilia piga *384*123# chagua 3."
    )


def test_about_violence_nothing_is_ever_texted(stage: Stage) -> None:
    assert stage.letters(stage.file(category="GBV")) == []
    assert stage.letters(stage.file(words="mume wangu ananipiga", phone=AMINA)) == []


@pytest.mark.parametrize(
    ("given", "desk", "status", "department"),
    [
        ({}, Desk.WARD, Status.NEW, "water"),
        ({"category": "LIGHT"}, Desk.WARD, Status.NEW, "roads"),
        ({"ward_code": None}, Desk.COUNTY, Status.NEW, "water"),
        ({"ward_code": 4711}, Desk.COUNTY, Status.NEW, "water"),
        ({"category": "OTHER", "ward_code": None}, Desk.COUNTY, Status.NEW, "public-service"),
        ({"category": "STAFF"}, Desk.CONFIDENTIAL, Status.NEW, "ombudsman"),
        ({"category": "CORRUPT", "ward_code": None}, Desk.CONFIDENTIAL, Status.NEW, "ombudsman"),
        ({"category": "NATIONAL", "referral": "KPLC"}, Desk.OUTSIDE, Status.REFERRED, "public-service"),
        ({"category": "PRAISE", "problem": "ROADS"}, Desk.WARD, Status.NEW, "roads"),
        ({"category": "IDEA"}, Desk.WARD, Status.NEW, "public-service"),
    ],
)
def test_each_report_goes_to_its_desk_and_department(
    stage: Stage, given: dict[str, Any], desk: Desk, status: Status, department: str
) -> None:
    case = stage.case(stage.file(**given))
    assert (case.desk, case.status, case.department) == (desk, status, department)


def test_a_national_matter_names_the_body_outside(stage: Stage) -> None:
    assert stage.case(stage.file(category="NATIONAL", referral="KPLC")).referred_to == "Kenya Power (KPLC)"


@pytest.mark.parametrize("category", ["IDEA", "PRAISE", "RATING"])
def test_feedback_has_no_clock(stage: Stage, category: str) -> None:
    filed = stage.filed(category=category, problem="WATER", rating=4 if category == "RATING" else None)
    case = stage.case(filed.reference)
    assert (case.kind, case.due_at) == (Kind.FEEDBACK, None)
    assert case.rating == (4 if category == "RATING" else None)
    assert filed.answer["facts"] == ["case.filed", "case.feedback"]
    assert "promise" not in filed.answer["slots"]
    assert stage.letters(filed.reference) == [("received_feedback", "queued")]


def test_bad_words_in_feedback_make_it_a_confidential_grievance(stage: Stage) -> None:
    case = stage.case(stage.file(category="IDEA", words="acheni hongo kwa soko"))
    assert (case.kind, case.category, case.sensitive) == (Kind.GRIEVANCE, "CORRUPT", True)
    assert case.due_at is not None


# Who filed it


def test_who_hides_her_number_leaves_no_trace_of_it_and_gets_a_secret(stage: Stage) -> None:
    filed = stage.filed(anonymous=True)
    case, vault = stage.case(filed.reference), stage.office.vault
    secret = filed.answer["slots"]["secret"]
    assert "case.anonymous" in filed.answer["facts"]
    assert (case.resident_id, stage.count(Resident), stage.count(Message)) == (None, 0, 0)
    assert case.secret_hash == vault.secret_hash(filed.reference, secret)
    assert not vault.same(case.secret_hash, vault.secret_hash("10000000", secret))


def test_whose_number_is_unknown_files_all_the_same(stage: Stage) -> None:
    case = stage.case(stage.file(phone=None))
    assert (case.resident_id, case.secret_hash, stage.count(Resident), stage.count(Message)) == (None, None, 0, 0)


def test_asking_to_be_called_stands_on_the_list_with_the_case(stage: Stage) -> None:
    reference = stage.file(category="GBV", hour="morning")
    with stage.transaction() as session:
        call = session.scalars(select(CallBack)).one()
    case = stage.case(reference)
    assert (call.case_id, call.resident_id, call.hour, call.asked_at) == (case.id, case.resident_id, "morning", MONDAY)
    assert call.due_at == MONDAY + timedelta(days=1, hours=8)
    assert (call.intake_id, call.done_at) == (case.intake_id, None)


# From a USSD session


def test_a_session_keeps_the_answer_and_lets_the_text_wait(stage: Stage) -> None:
    with stage.transaction() as session:
        session.add(
            UssdSession(
                id="ATUid_1", phone_hash=b"x", profile={}, menu_hash="m", cuts=[0], answers={"home": {"facts": []}},
                started_at=MONDAY,
            )
        )  # fmt: skip
    filed = stage.filed(
        channel=Channel.USSD, source_id="ATUid_1:9", ussd=UssdMark("ATUid_1", "file@9", [0, 1, 9], "1*1014*23")
    )  # fmt: skip
    with stage.transaction() as session:
        kept = session.get_one(UssdSession, "ATUid_1")
    assert kept.answers == {"home": {"facts": []}, "file@9": filed.answer}
    assert kept.cuts == [0, 1, 9]
    assert stage.office.vault.open(kept.transcript_sealed or b"") == "1*1014*23"
    [message] = stage.messages(filed.reference)
    assert (message.wording, message.due_at) == ("received", MONDAY + timedelta(seconds=180))
