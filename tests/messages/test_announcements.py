"""Announcements: who in a ward is reached, once, in her language, and what the list tells afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import ProgrammingError

from config.county import Ward
from config.settings import Settings
from gateway.db import as_owner, officer_session
from gateway.messages import announcements, outbox
from gateway.messages.announcements import Notice, OnceADay
from gateway.messages.models import Announcement, Message, MessageStatus
from gateway.people.models import Officer, Role
from tests.cases.stage import LURAMBI, MONDAY, SHEYWE, SHIRERE, Stage

WORDS = {"sw": "Maji yatakatika Jumanne.", "en": "No water on Tuesday."}


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db)


def ward(stage: Stage, code: int = SHIRERE) -> Ward:
    found = stage.office.county.ward(code)
    assert found
    return found


def somebody(stage: Stage, phone: str, language: str = "sw", code: int = SHIRERE) -> None:
    stage.file(phone=phone, language=language, ward_code=code)


def announce(
    stage: Stage, officer: Officer, *, texts: Mapping[str, str] = WORDS, source: str = "one", code: int = SHIRERE,
    now: datetime | None = None,
) -> int:  # fmt: skip
    notice = Notice(ward(stage, code), officer, texts, source)
    with officer_session(stage.engine, officer) as session, as_owner(session):
        return announcements.announce(session, stage.office.letters, stage.office.vault, notice, now or stage.now)


def announced(stage: Stage) -> list[Message]:
    return [message for message in stage.messages() if message.wording == "announcement"]


def reached(stage: Stage, code: int = SHIRERE) -> Mapping[str, int]:
    with stage.transaction() as session:
        return announcements.people(session, ward(stage, code), list(WORDS))


# Who is reached


def test_everybody_known_in_the_ward_gets_one_sms_in_her_language(stage: Stage) -> None:
    for phone, language in (("+254711000001", "sw"), ("+254711000002", "en"), ("+254711000003", "sw")):
        somebody(stage, phone, language)
    somebody(stage, "+254711000004", code=SHEYWE)
    assert reached(stage) == {"sw": 2, "en": 1}
    assert announce(stage, stage.officer()) == 3
    texts = {(message.bulk, stage.office.vault.open(message.text_sealed)) for message in announced(stage)}
    swahili = "Kaunti ya Kakamega, Shirere: Maji yatakatika Jumanne. Kusimamisha SMS: SIMAMA kwa 22123."
    english = "Kakamega County, Shirere: No water on Tuesday. To stop SMS: STOP to 22123."
    assert texts == {("announcement:1:sw", swahili), ("announcement:1:en", english)}
    ways = {(message.case_id, message.wanted, message.status) for message in announced(stage)}
    assert ways == {(None, False, MessageStatus.QUEUED)}
    phones = [stage.resident(f"+25471100000{number}") for number in (1, 2, 3)]
    assert sorted(message.resident_id or 0 for message in announced(stage)) == sorted(one.id for one in phones if one)
    assert {(message.due_at, message.created_at) for message in announced(stage)} == {(MONDAY, MONDAY)}


def test_the_words_of_one_language_are_sealed_once(stage: Stage) -> None:
    for number in range(4):
        somebody(stage, f"+25471100000{number}")
    announce(stage, stage.officer())
    assert len({message.text_sealed for message in announced(stage)}) == 1


def test_a_language_without_words_is_written_to_in_the_first_one(stage: Stage) -> None:
    somebody(stage, "+254711000001", "luy")
    assert reached(stage) == {"sw": 1}
    announce(stage, stage.officer())
    assert [message.bulk for message in announced(stage)] == ["announcement:1:sw"]


def test_who_asked_for_no_more_texts_is_not_reached(stage: Stage) -> None:
    somebody(stage, "+254711000001")
    with stage.transaction() as session:
        outbox.stop(session, stage.office.vault.phone_hash("+254711000001"), stage.now)
    assert (reached(stage), announce(stage, stage.officer()), announced(stage)) == ({}, 0, [])


def test_who_asks_for_no_more_before_it_leaves_gets_none(stage: Stage) -> None:
    somebody(stage, "+254711000001")
    announce(stage, stage.officer())
    with stage.transaction() as session:
        outbox.stop(session, stage.office.vault.phone_hash("+254711000001"), stage.now)
    assert [message.status for message in announced(stage)] == [MessageStatus.CANCELLED]


def test_a_confidential_report_makes_nobody_known_in_its_ward(stage: Stage) -> None:
    stage.file(category="GBV", phone="+254711000001")
    stage.file(words="Karani alitaka hongo", phone="+254711000002")
    assert reached(stage) == {}


def test_who_has_only_confidential_cases_is_not_reached_however_her_ward_is_known(stage: Stage) -> None:
    somebody(stage, "+254711000001")
    somebody(stage, "+254711000002")
    stage.set("UPDATE cases SET sensitive = true")
    stage.file(phone="+254711000002")
    assert (reached(stage), announce(stage, stage.officer())) == ({"sw": 1}, 1)
    known = stage.resident("+254711000002")
    assert [message.resident_id for message in announced(stage)] == [known.id if known else None]


# Once


def test_the_same_form_sent_again_announces_nothing_more_and_says_the_same(stage: Stage) -> None:
    somebody(stage, "+254711000001")
    officer = stage.officer()
    assert [announce(stage, officer), announce(stage, officer)] == [1, 1]
    assert (stage.count(Announcement), len(announced(stage))) == (1, 1)


def test_two_presses_at_the_same_time_announce_once(stage: Stage) -> None:
    somebody(stage, "+254711000001")
    officer, together = stage.officer(), threading.Barrier(4, timeout=10)

    def press(_: int) -> int:
        together.wait()
        return announce(stage, officer)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(press, range(4))) == [1, 1, 1, 1]
    assert len(announced(stage)) == 1


def test_a_ward_administrator_announces_once_a_day_of_nairobi(stage: Stage) -> None:
    somebody(stage, "+254711000001")
    officer, colleague = stage.officer(), stage.officer()
    announce(stage, officer)
    with pytest.raises(OnceADay):
        announce(stage, colleague, source="two", now=MONDAY.replace(hour=20, minute=59))
    assert announce(stage, colleague, source="two", now=MONDAY.replace(hour=21)) == 1
    assert len(announced(stage)) == 2


def test_other_wards_and_other_offices_are_not_held_up_by_it(stage: Stage) -> None:
    somebody(stage, "+254711000001")
    elsewhere, above = stage.officer(ward_code=SHEYWE), stage.officer(Role.SUB_COUNTY)
    announce(stage, above)
    announce(stage, stage.officer(), source="two")
    announce(stage, elsewhere, source="three", code=SHEYWE)
    assert announce(stage, stage.officer(Role.COUNTY), source="four") == 1
    assert stage.count(Announcement) == 4


# The list


def test_the_list_tells_what_became_of_each_and_has_its_own_wards_only(stage: Stage) -> None:
    for number in range(6):
        somebody(stage, f"+25471100000{number}")
    officer = stage.officer(Role.SUB_COUNTY, sub_county_code=LURAMBI)
    announce(stage, officer)
    announce(stage, officer, source="two", code=SHEYWE, now=MONDAY + timedelta(hours=1))
    states = ("delivered", "delivered", "failed", "cancelled", "held", "sent")
    for message, status in zip(announced(stage), states, strict=True):
        stage.set("UPDATE message SET status = :status WHERE id = :id", status=status, id=message.id)
    with stage.transaction() as session:
        newest, oldest = announcements.recent(session, [SHIRERE, SHEYWE])
        assert announcements.recent(session, [SHEYWE]) == [newest]
        assert announcements.recent(session, []) == []
    assert (newest.ward_code, newest.people, newest.waiting) == (SHEYWE, 0, 0)
    assert (oldest.ward_code, oldest.officer, oldest.made_at, oldest.texts) == (SHIRERE, "Rose", MONDAY, WORDS)
    assert (oldest.people, oldest.delivered, oldest.failed, oldest.waiting, oldest.unreported) == (6, 2, 2, 1, 1)


@pytest.mark.parametrize("change", ["UPDATE announcement SET people = 0", "DELETE FROM announcement"])
def test_no_officer_changes_or_removes_an_announcement(stage: Stage, change: str) -> None:
    officer = stage.officer()
    announce(stage, officer)
    with pytest.raises(ProgrammingError, match="permission denied"), officer_session(stage.engine, officer) as session:
        session.execute(text(change))


# Size


def test_forty_eight_thousand_people_take_seconds(stage: Stage) -> None:
    stage.set(
        "INSERT INTO resident (phone_hash, phone_sealed, phone_mask, language, ward_code)"
        " SELECT sha256(n::text::bytea), 'x', 'm', CASE n % 3 WHEN 0 THEN 'en' ELSE 'sw' END, :ward"
        " FROM generate_series(1, 48000) AS n",
        ward=SHIRERE,
    )
    began = time.monotonic()
    assert announce(stage, stage.officer()) == 48_000
    assert time.monotonic() - began < 8
    with stage.transaction() as session:
        sealed = session.scalars(select(Message.text_sealed).distinct()).all()
    assert len(sealed) == 2
    with stage.transaction() as session:
        assert announcements.recent(session, [SHIRERE])[0].waiting == 48_000
