"""What is erased stays erased, the inbox brings nothing of it back; and nobody who has a report is forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, undefer

from config.settings import Settings
from gateway.cases import erasing, links, lost_texts
from gateway.cases.filing import Report, file_case
from gateway.cases.models import CallBack, Case, Channel, NumberLook
from gateway.messages.africastalking import Fetched, Sender
from gateway.messages.models import IncomingSms
from gateway.people.models import Resident, Role
from tests.cases.arrivals import handle, spoken, waiting_for_a_lock
from tests.cases.linked import join, leave, resident_does, two
from tests.cases.stage import SHIRERE, WANJIKU, Stage

WATER = "Hakuna maji Shirere tangu juzi, bomba limepasuka"


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


class Inbox(Sender):
    """The provider's inbox with these texts of Wanjiku, sent now."""

    def __init__(self, *texts: str) -> None:
        super().__init__("sandbox", "key", "http://127.0.0.1:9")
        date = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self.texts = [Fetched(n, WANJIKU, "22123", words, date, None) for n, words in enumerate(texts, start=1)]

    def fetch(self, last_id: int) -> list[Fetched]:
        return [text for text in self.texts if text.id > last_id]


def read_inbox(stage: Stage, inbox: Inbox) -> int:
    found = lost_texts.collect(stage.engine, stage.office, stage.installation.settings, inbox, stage.now)
    handle(stage)
    return found


def forget(stage: Stage, task: Callable[[Session], int] = erasing.forget_hashes) -> int:
    with stage.transaction() as session:
        return task(session)


def hashes(stage: Stage) -> list[bool]:
    """Of each text, whether it can be known again."""
    with stage.transaction() as session:
        query = select(IncomingSms).order_by(IncomingSms.id).options(undefer(IncomingSms.phone_hash))
        return [one.phone_hash is not None for one in session.scalars(query)]


# What the inbox holds


def test_a_deleted_report_does_not_come_back_from_the_inbox(stage: Stage) -> None:
    stage.receive(WATER)
    reference = stage.only_case().reference
    stage.receive(f"FUTA {reference}")
    stage.receive("NDIYO")
    assert read_inbox(stage, Inbox(WATER, f"FUTA {reference}", "NDIYO")) == 0
    assert (stage.only_case().status.value, stage.only_case().words) == ("withdrawn", None)


def test_a_hidden_number_does_not_come_back_from_the_inbox(stage: Stage) -> None:
    stage.receive(WATER)
    resident_does(stage, stage.only_case().reference, erasing.hide_number, stage.now)
    assert read_inbox(stage, Inbox(WATER)) == 0
    assert (stage.only_case().resident_id, stage.count(Resident)) == (None, 0)


def test_the_hashes_go_when_the_inbox_was_read_to_its_end_a_day_later(stage: Stage) -> None:
    stage.receive(WATER)
    stage.receive("Taa za barabarani Malava haziwaki")
    resident_does(stage, stored_case(stage, WATER), erasing.withdraw, stage.now)
    stage.set("UPDATE incoming_sms SET erased_at = erased_at - interval '25 hours'")
    assert (forget(stage), hashes(stage)) == (0, [True, True])  # nobody has read it yet

    class Away(Inbox):
        def fetch(self, last_id: int) -> list[Fetched]:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        read_inbox(stage, Away())
    assert forget(stage) == 0
    stage.set("UPDATE inbox_mark SET read_at = read_at - interval '10 minutes'")
    read_inbox(stage, Inbox())
    assert (forget(stage), hashes(stage), forget(stage)) == (1, [False, True], 0)


def test_the_hashes_of_what_was_erased_today_stay(stage: Stage) -> None:
    stage.receive(WATER)
    resident_does(stage, stage.only_case().reference, erasing.withdraw, stage.now)
    read_inbox(stage, Inbox(WATER))
    assert (forget(stage), hashes(stage)) == (0, [True])


def test_the_second_of_two_is_erased_with_the_first(stage: Stage) -> None:
    stage.receive(WATER)
    resident_does(stage, stage.only_case().reference, erasing.hide_number, stage.now)
    again, vault = stage.receive(WATER), stage.office.vault
    with stage.transaction() as session:
        sealed = session.execute(
            select(IncomingSms.sender_sealed, IncomingSms.text_sealed).where(IncomingSms.id == again.id)
        ).one()
    assert (again.why, again.case_id, [vault.open(one) for one in sealed]) == ("same words again", None, ["", ""])
    assert (stage.only_case().resident_id, stage.count(Resident)) == (None, 0)


def stored_case(stage: Stage, words: str) -> str:
    with stage.transaction() as session:
        return session.scalars(select(Case.reference).where(Case.words == words)).one()


# Whoever files at the same moment


def another(stage: Stage) -> Report:
    return Report(
        channel=Channel.USSD, source_id="ATUid_1:9", category="WATER", language="sw", phone=WANJIKU, ward_code=SHIRERE
    )


def told(stage: Stage) -> None:
    """She had her only report deleted, and the SMS that says so has left."""
    reference = stage.file()
    stage.receive(f"FUTA {spoken(reference)}")
    stage.receive("NDIYO")
    stage.set("UPDATE message SET status = 'sent', sent_at = now() WHERE wording = 'deleted'")


def test_nobody_is_forgotten_who_files_at_this_moment(stage: Stage) -> None:
    told(stage)
    with ThreadPoolExecutor(1) as pool, stage.transaction() as filing:
        filed = file_case(filing.connection(), stage.office, another(stage), stage.now)
        assert pool.submit(forget, stage, erasing.forget_deleted).result(4) == 0
    assert stage.case(filed.reference).resident_id is not None
    assert forget(stage, erasing.forget_deleted) == 0


def test_a_number_that_is_hidden_while_its_phone_files_again_is_kept_for_that(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    with ThreadPoolExecutor(1) as pool:
        with stage.transaction() as filing:
            filed = file_case(filing.connection(), stage.office, another(stage), stage.now)
            hiding = pool.submit(resident_does, stage, reference, erasing.hide_number, stage.now)
            waiting_for_a_lock(stage, 1)
        hiding.result(10)
    assert (stage.case(reference).resident_id, stage.case(filed.reference).resident_id is None) == (None, False)


# What it costs


def plans(stage: Stage, act: Callable[[], object]) -> str:
    """How the statements of `act` are carried out where no table may be read through, if that can be helped."""
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *rest: Any) -> None:
        asked.append((statement, values))

    event.listen(stage.engine, "before_cursor_execute", note)
    act()
    event.remove(stage.engine, "before_cursor_execute", note)
    with stage.engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        lines = [
            line
            for statement, values in asked
            if re.match("SELECT|UPDATE|DELETE", statement) and "set_config" not in statement
            for line in connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars()
        ]
    return "\n".join(lines)


def test_those_to_be_forgotten_are_found_without_reading_all_messages(stage: Stage) -> None:
    told(stage)
    assert "ix_message_farewell" in plans(stage, lambda: forget(stage, erasing.forget_deleted))


def test_the_threads_between_cases_are_cut_without_reading_all_histories(stage: Stage) -> None:
    reference = stage.file()

    def cut() -> None:
        with stage.transaction() as session:
            links.cut(session, session.scalars(select(Case).where(Case.reference == reference)).one())

    assert "Seq Scan on case_event" not in plans(stage, cut)
    stage.set("UPDATE cases SET resident_id = NULL")
    found = plans(stage, cut)
    assert "Seq Scan on case_event" not in found
    assert found.count("Update on case_event") == 1


def test_what_cuts_the_threads_leaves_those_of_others(stage: Stage) -> None:
    (_, first), (_, second) = two(stage), two(stage, phone="+254733000002", older={"phone": "+254733000002"})
    leave(stage)
    for newer in (first, second):
        join(stage, newer)
    resident_does(stage, first, erasing.hide_number, stage.now)
    with stage.transaction() as session:
        named = select(func.count()).select_from(Case).where(Case.joined_id.is_not(None))
        assert session.scalar(named) == 2
    assert [event.data.get("other") is None for event in stage.events(second) if event.name == "joined"] == [False]


def test_who_looked_at_a_number_stays_on_record_when_the_report_is_taken_back(stage: Stage) -> None:
    reference, agent = stage.file(hour="morning"), stage.officer(Role.HOTLINE)
    stage.set("INSERT INTO number_look (call_back_id, officer_id, reason) VALUES (1, :it, 'to call')", it=agent.id)
    resident_does(stage, reference, erasing.withdraw, stage.now)
    with stage.transaction() as session:
        called = session.scalars(select(CallBack)).one()
        assert (called.resident_id, called.done_at is None) == (None, False)
        assert session.scalar(select(func.count()).select_from(NumberLook)) == 1
