"""The thread of a case: order, delivery and price of what was sent, and what each text was taken as."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from config.settings import Settings
from gateway.cases import actions
from gateway.cases.models import Case
from gateway.cases.visibility import visible_to
from gateway.db import officer_session
from gateway.messages import conversation
from gateway.people.models import Officer, Role
from gateway.triage.thread import TAKEN, Sms, thread
from tests.cases.stage import SHEYWE, Stage

NIGHT = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
"""23:30 in Nairobi."""


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    """With a clock that only the test moves: at night other SMS wait than by day."""
    return Stage(settings, db)


@pytest.fixture
def rose(stage: Stage) -> Officer:
    return stage.officer()


def read(stage: Stage, reference: str, officer: Officer) -> list[Sms]:
    with officer_session(stage.engine, officer) as session:
        case = session.scalars(visible_to(officer).where(Case.reference == reference)).one()
        return thread(session, stage.office, case, officer, stage.now)


def standings(stage: Stage, reference: str, officer: Officer) -> list[str]:
    return [sms.standing for sms in read(stage, reference, officer) if sms.outgoing]


def test_texts_of_both_directions_stand_in_their_order_with_what_they_were_taken_as(
    stage: Stage, rose: Officer
) -> None:
    reference = stage.file()
    stage.later(minutes=5)
    stage.do(actions.write, reference, rose, "Ni nyumba gani?", wait=True)
    stage.later(minutes=5)
    incoming = stage.receive("nyumba ya tatu kutoka sokoni")
    stage.set("UPDATE incoming_sms SET received_at = :now", now=stage.now)
    texts = read(stage, reference, rose)
    assert [(sms.outgoing, sms.taken) for sms in texts][:3] == [
        (True, ""), (True, ""), (False, "Answers your message; added to the words."),
    ]  # fmt: skip
    assert texts[2].text == "nyumba ya tatu kutoka sokoni"
    assert texts[2].added == incoming.id
    assert [sms.at for sms in texts] == sorted(sms.at for sms in texts)


def test_a_code_that_nobody_has_words_for_is_shown_as_nothing(stage: Stage, rose: Officer) -> None:
    reference = stage.file()
    stage.receive(f"{reference} nyumba ya tatu")
    stage.set("UPDATE incoming_sms SET why = 'tea leaves'")
    [got] = [sms for sms in read(stage, reference, rose) if not sms.outgoing]
    assert got.taken == ""


def test_a_text_that_got_no_answer_is_not_said_to_be_answered(stage: Stage, rose: Officer) -> None:
    reference = stage.file()
    for asked in ("HALI", "STATUS") * 3:
        stage.later(minutes=2)
        stage.receive(f"{asked} {reference}")
    taken = [sms.taken for sms in read(stage, reference, rose) if not sms.outgoing]
    assert taken[4:] == ["Asks how it stands; answered by itself.", "Asks how it stands; no answer was sent."]


def test_every_decision_about_a_text_that_concerns_a_case_has_words() -> None:
    codes = set(re.findall(r'Decided\([^,()]+, "([^"]+)"', Path(str(conversation.__file__)).read_text()))
    of_no_case = {"empty", "number that answers nothing", "word that answers nothing", "drops the draft", "greeting"}
    assert "names its reference" in codes
    assert codes - of_no_case <= TAKEN.keys()


@pytest.mark.parametrize(("words", "split"), [("pia daraja la mto limevunjika", True), ("ndio", False), ("12", False)])
def test_only_what_could_be_a_report_may_be_split_off(stage: Stage, rose: Officer, words: str, split: bool) -> None:
    reference = stage.file()
    stage.do(actions.write, reference, rose, "Ni wapi, na ni nyumba ngapi?", wait=True)
    incoming = stage.receive(words)
    [got] = [sms for sms in read(stage, reference, rose) if not sms.outgoing]
    assert got.taken == "Answers your message; added to the words."
    assert got.added == (incoming.id if split else None)


@pytest.mark.parametrize(
    ("row", "standing", "failed", "paid"),
    [
        ("status = 'delivered', parts = 2, price = 1.6, currency = 'KES'", "Delivered", False, "2 SMS, KES 1.60"),
        ("status = 'sent', parts = 1, price = 0.0125, currency = 'USD'", "Sent", False, "1 SMS, USD 0.0125"),
        ("status = 'sent', parts = 1, price = 0.8", "Sent", False, "1 SMS, 0.80"),
        ("status = 'failed', code = 'AbsentSubscriber'", "off", True, "1 SMS"),
        ("status = 'cancelled'", "Cancelled", True, ""),
        ("status = 'queued', due_at = now() + interval '1 year', code = '500'", "again later", False, "1 SMS"),
    ],
)
def test_delivery_is_told_in_words_with_parts_and_price(
    stage: Stage, rose: Officer, row: str, standing: str, failed: bool, paid: str
) -> None:
    reference = stage.file()
    stage.set(f"UPDATE message SET {row}")
    [sms] = read(stage, reference, rose)
    assert standing in sms.standing
    assert (sms.failed, sms.paid) == (failed, paid)


def test_what_waits_for_the_morning_says_so_and_what_she_waits_for_does_not(stage: Stage, rose: Officer) -> None:
    stage.now = NIGHT
    reference = stage.file()
    stage.do(actions.write, reference, rose, "Tunakuja kesho.")
    assert standings(stage, reference, rose) == ["Waits to be sent.", "It leaves at 7:00."]
    stage.now = NIGHT + timedelta(hours=8)
    assert standings(stage, reference, rose) == ["Waits to be sent.", "Waits to be sent."]


def test_what_waits_for_money_says_so_also_at_night(stage: Stage, rose: Officer) -> None:
    stage.now = NIGHT
    stage.set("INSERT INTO spending_limit (amount, officer_id) VALUES (0, :who)", who=rose.id)
    reference = stage.file()
    stage.do(actions.write, reference, rose, "Tunakuja kesho.")
    assert standings(stage, reference, rose)[1] == "It waits for the month’s money: this month’s is spent."


@pytest.mark.parametrize("until", ["+ interval '5 minutes'", "- interval '5 hours'"])
def test_while_the_outbox_stands_still_everything_that_waits_says_why(stage: Stage, rose: Officer, until: str) -> None:
    reference = stage.file()
    stage.set(f"INSERT INTO outbox_halt (id, code, until) VALUES (1, '405', now() {until})")
    assert standings(stage, reference, rose) == ["All SMS stopped: the SMS account is empty. Tell ICT."]


def test_texts_of_cases_that_were_joined_to_it_stand_in_it_with_their_reference(stage: Stage, rose: Officer) -> None:
    oldest, older, newest = (stage.file() for _ in range(3))
    stage.receive(f"{newest} bado hakuna maji hapa kwetu")
    for joined, into in ((newest, older), (older, oldest)):
        stage.set(
            "UPDATE cases SET joined_id = (SELECT id FROM cases WHERE reference = :into) WHERE reference = :joined",
            joined=joined, into=into,
        )  # fmt: skip
    texts = read(stage, oldest, rose)
    shown = [f"{reference[:4]} {reference[4:]}" for reference in (older, newest)]
    assert {sms.reference for sms in texts} == {"", *shown}
    [got] = [sms for sms in texts if not sms.outgoing]
    assert (got.reference, got.added) == (shown[1], None)


def test_of_a_joined_case_that_is_not_hers_to_see_an_officer_sees_no_text(stage: Stage, rose: Officer) -> None:
    here, there = stage.file(), stage.file(ward_code=SHEYWE)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == there)).one()
        case.joined_id = stage.case(here).id
    assert len(read(stage, here, rose)) == 1
    assert len(read(stage, here, stage.officer(Role.SUB_COUNTY))) == 2
