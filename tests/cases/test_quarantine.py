"""Texts set aside: who sees which, and each is settled once, with who did it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from gateway.cases import quarantine
from gateway.cases.models import Case, Channel, Desk, Status
from gateway.cases.quarantine import PAGE, Page
from gateway.db import as_owner, officer_session
from gateway.messages.models import IncomingStatus
from gateway.people.models import Officer, Role
from gateway.people.vault import Vault
from tests.cases.aside import NO_TELEPHONE, incoming, put_aside
from tests.cases.stage import AMINA, SHIRERE, WANJIKU, Stage

COMPLAINT = "Hakuna maji tangu juzi"
CONFIDENTIAL = "Karani alitaka hongo"


@pytest.fixture
def hotline(stage: Stage) -> Officer:
    return stage.officer(Role.HOTLINE)


@pytest.fixture
def ombudsman(stage: Stage) -> Officer:
    return stage.officer(Role.OMBUDSMAN)


def read(stage: Stage, officer: Officer, number: int = 1) -> Page:
    with officer_session(stage.engine, officer) as session:
        return quarantine.read(session, stage.office.vault, officer, number)


def words(stage: Stage, officer: Officer) -> list[str | None]:
    return [one.words for one in read(stage, officer).texts]


def make_case(stage: Stage, officer: Officer, text_id: int) -> str | None:
    with Session(stage.engine) as session, session.begin():
        return quarantine.make_case(session, stage.office, officer, text_id, stage.now)


def settle(stage: Stage, officer: Officer, text_id: int, *, again: bool = False) -> bool:
    with officer_session(stage.engine, officer) as session, as_owner(session):
        return (quarantine.try_again if again else quarantine.set_aside)(session, officer, text_id)


# Who sees which


def test_the_desk_reads_them_newest_first_and_the_ombudsman_alone_the_confidential_ones(
    stage: Stage, hotline: Officer, ombudsman: Officer
) -> None:
    put_aside(stage, COMPLAINT)
    put_aside(stage, "Umeshinda!", "PROMO", NO_TELEPHONE)
    put_aside(stage, CONFIDENTIAL, sensitive=True)
    put_aside(stage, "Handled", status=IncomingStatus.HANDLED)
    assert words(stage, hotline) == ["Umeshinda!", COMPLAINT]
    assert words(stage, ombudsman) == [CONFIDENTIAL]
    assert (read(stage, hotline).count, read(stage, ombudsman).count) == (2, 1)


@pytest.mark.parametrize("role", [Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.COUNTY])
def test_nobody_else_sees_or_settles_any(stage: Stage, role: Role) -> None:
    put_aside(stage, CONFIDENTIAL, sensitive=True)
    text_id, officer = put_aside(stage, COMPLAINT), stage.officer(role)
    assert (words(stage, officer), read(stage, officer).count) == ([], 0)
    assert make_case(stage, officer, text_id) is None
    assert not settle(stage, officer, text_id)
    assert not settle(stage, officer, text_id, again=True)
    assert (incoming(stage, text_id).status, stage.count(Case)) == (IncomingStatus.QUARANTINED, 0)


def test_nobody_settles_what_she_may_not_see(stage: Stage, hotline: Officer, ombudsman: Officer) -> None:
    plain, confidential = put_aside(stage, COMPLAINT), put_aside(stage, CONFIDENTIAL, sensitive=True)
    for officer, text_id in ((hotline, confidential), (ombudsman, plain)):
        assert make_case(stage, officer, text_id) is None
        assert not settle(stage, officer, text_id)
        assert not settle(stage, officer, text_id, again=True)
        assert incoming(stage, text_id).settled_by is None
    assert stage.count(Case) == 0


def test_who_is_not_active_any_more_sees_none(stage: Stage, hotline: Officer) -> None:
    put_aside(stage, COMPLAINT)
    hotline.active = False
    assert words(stage, hotline) == []


def test_twenty_five_stand_on_a_page_and_a_page_that_is_not_there_is_the_last(stage: Stage, hotline: Officer) -> None:
    for number in range(PAGE + 2):
        put_aside(stage, f"Habari {number}")
    first, last = read(stage, hotline), read(stage, hotline, 9)
    assert (first.number, first.last, first.count, len(first.texts)) == (1, 2, PAGE + 2, PAGE)
    assert (last.number, [one.words for one in last.texts]) == (2, ["Habari 1", "Habari 0"])
    assert read(stage, hotline, -3).number == 1


@pytest.mark.parametrize("number", ["+254711000001", "0711 000 001", "%2B254711000001", "254-711-000-001"])
def test_a_request_that_nobody_could_read_shows_no_number_that_stands_in_it(
    stage: Stage, hotline: Officer, number: str
) -> None:
    text_id = put_aside(stage, f'{{"sender": "{number}", "words": "maji 12"}}', "", "cannot be read")
    shown = '{"sender": "(number)", "words": "maji 12"}'
    assert words(stage, hotline) == [shown]
    make_case(stage, hotline, text_id)
    assert stage.only_case().words == shown


def test_words_that_no_key_opens_are_listed_without_them_and_make_no_case(stage: Stage, hotline: Officer) -> None:
    sealed = Vault(b"x", [Fernet.generate_key().decode()]).seal(COMPLAINT)
    text_id = put_aside(stage, COMPLAINT)
    stage.set("UPDATE incoming_sms SET text_sealed = :sealed", sealed=sealed)
    assert words(stage, hotline) == [None]
    assert make_case(stage, hotline, text_id) is None
    assert incoming(stage, text_id).status is IncomingStatus.QUARANTINED
    assert settle(stage, hotline, text_id)


# Make it a case


def test_a_text_becomes_a_case_of_the_sender_at_the_county_desk(stage: Stage, hotline: Officer) -> None:
    text_id = put_aside(stage, f" {COMPLAINT}\n")
    stage.later(days=1)
    reference = make_case(stage, hotline, text_id)
    case = stage.only_case()
    assert (case.reference, case.channel, case.category, case.words) == (reference, Channel.SMS, "OTHER", COMPLAINT)
    assert (case.desk, case.status, case.ward_code, case.received_at) == (Desk.COUNTY, Status.NEW, None, stage.now)
    row, resident = incoming(stage, text_id), stage.resident(WANJIKU)
    assert resident is not None
    assert (row.status, row.why) == (IncomingStatus.HANDLED, "made a case by the desk")
    assert (row.case_id, row.resident_id, row.settled_by) == (case.id, resident.id, hotline.id)
    assert case.resident_id == resident.id
    assert [(event.name, event.officer_id) for event in stage.events(case.reference)] == [
        ("filed", None), ("text_made_case", hotline.id),
    ]  # fmt: skip
    assert [(message.wording, message.wanted) for message in stage.messages()] == [("received_text", True)]
    assert words(stage, hotline) == []


@pytest.mark.parametrize("sender", ["PROMO", "22123", "", "+254800221222"])
def test_where_the_sender_is_no_telephone_the_case_has_no_number_and_nobody_is_answered(
    stage: Stage, hotline: Officer, sender: str
) -> None:
    make_case(stage, hotline, put_aside(stage, COMPLAINT, sender, NO_TELEPHONE))
    case = stage.only_case()
    assert (case.resident_id, case.secret_hash, case.words) == (None, None, COMPLAINT)
    assert stage.messages() == []


def test_who_is_known_keeps_her_language_and_her_ward(stage: Stage, hotline: Officer) -> None:
    stage.file(language="en", ward_code=SHIRERE)
    make_case(stage, hotline, put_aside(stage, COMPLAINT))
    resident = stage.resident()
    assert resident is not None
    assert (resident.language, resident.ward_code) == ("en", SHIRERE)
    assert stage.messages()[-1].wording == "received_text"
    assert "received" in stage.last_text()


def test_confidential_words_go_past_the_desk_and_are_answered_without_naming_anything(
    stage: Stage, hotline: Officer, ombudsman: Officer
) -> None:
    listed = put_aside(stage, CONFIDENTIAL, sensitive=True)
    overlooked = put_aside(stage, CONFIDENTIAL, AMINA)
    for officer, text_id in ((ombudsman, listed), (hotline, overlooked)):
        reference = make_case(stage, officer, text_id)
        assert reference
        case = stage.case(reference)
        assert (case.sensitive, case.desk, case.words) == (True, Desk.CONFIDENTIAL, None)
        assert stage.letters(reference) == [("received_confidential", "queued")]
        assert incoming(stage, text_id).sensitive


def test_what_was_confidential_stays_so_where_the_word_is_not_on_the_list_any_more(
    stage: Stage, ombudsman: Officer
) -> None:
    make_case(stage, ombudsman, put_aside(stage, COMPLAINT, sensitive=True))
    case = stage.only_case()
    assert (case.sensitive, case.desk, case.words) == (True, Desk.CONFIDENTIAL, None)


def test_eight_presses_of_the_button_make_one_case(stage: Stage, hotline: Officer) -> None:
    text_id = put_aside(stage, COMPLAINT)
    together = threading.Barrier(8, timeout=10)

    def press(_: int) -> str | None:
        together.wait()
        return make_case(stage, hotline, text_id)

    with ThreadPoolExecutor(8) as pool:
        made = [reference for reference in pool.map(press, range(8)) if reference]
    assert made == [stage.only_case().reference]
    assert len(stage.messages()) == 1


def test_a_text_without_words_makes_no_case(stage: Stage, hotline: Officer) -> None:
    text_id = put_aside(stage, "", why="no text")
    assert make_case(stage, hotline, text_id) is None
    assert (incoming(stage, text_id).settled_by, stage.count(Case)) == (None, 0)


# Try again, set aside


def test_tried_again_it_is_stored_as_if_it_had_just_come(stage: Stage, hotline: Officer) -> None:
    text_id = put_aside(stage, COMPLAINT)
    assert settle(stage, hotline, text_id, again=True)
    row = incoming(stage, text_id)
    assert (row.status, row.why, row.attempts, row.next_try_at) == (IncomingStatus.STORED, None, 0, None)
    assert row.settled_by == hotline.id
    assert not settle(stage, hotline, text_id, again=True)


def test_what_nobody_can_answer_is_not_tried_again(stage: Stage, hotline: Officer) -> None:
    text_id = put_aside(stage, COMPLAINT, "PROMO", NO_TELEPHONE)
    assert not settle(stage, hotline, text_id, again=True)
    assert incoming(stage, text_id).status is IncomingStatus.QUARANTINED


def test_set_aside_it_is_done_with_once(stage: Stage, hotline: Officer) -> None:
    text_id, colleague = put_aside(stage, COMPLAINT), stage.officer(Role.HOTLINE)
    assert settle(stage, hotline, text_id)
    assert not settle(stage, colleague, text_id)
    assert make_case(stage, colleague, text_id) is None
    row = incoming(stage, text_id)
    assert (row.status, row.why) == (IncomingStatus.HANDLED, "set aside by the desk")
    assert (row.settled_by, row.case_id, stage.messages()) == (hotline.id, None, [])


@pytest.mark.parametrize(
    "reach",
    ["SELECT sender_sealed FROM incoming_sms", "UPDATE incoming_sms SET text_sealed = ''", "DELETE FROM incoming_sms"],
)
def test_no_officer_reaches_the_sender_or_the_words_behind_the_page(stage: Stage, hotline: Officer, reach: str) -> None:
    put_aside(stage, COMPLAINT)
    with pytest.raises(ProgrammingError, match="permission denied"), officer_session(stage.engine, hotline) as session:
        session.execute(text(reach))
