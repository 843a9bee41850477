"""Handling what has arrived: every text once, with many workers, replies in bounds, and what fails is not lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from gateway.cases import inbound, quarantine
from gateway.cases.models import Case, CaseEvent, Intake
from gateway.messages.models import IncomingSms, IncomingStatus, Message, Question
from gateway.people.models import Resident, Role
from tests.cases.arrivals import COMPLAINT, OTHERS, arrive, spoil, spoken, stored, waiting_for_a_lock
from tests.cases.stage import AMINA, MONDAY, SHIRERE, WANJIKU, Stage

# Many workers


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


def test_at_most_five_automatic_replies_an_hour_and_further_reports_are_answered_within_the_next(stage: Stage) -> None:
    for words in OTHERS:
        stage.receive(words)
        stage.later(minutes=1)
    assert stage.count(Case) == 8
    assert stage.letters() == [("received_text", "queued")] * 8
    due = [message.due_at - MONDAY for message in stage.messages()]
    # At once for five; the others an hour after the first, the second and the third.
    assert due == [timedelta(minutes=minute) for minute in (0, 1, 2, 3, 4, 60, 61, 62)]
    assert {message.automatic for message in stage.messages()} == {True}
    assert {incoming.status for incoming in stored(stage)} == {IncomingStatus.HANDLED}


def test_no_more_than_five_answers_wait(stage: Stage) -> None:
    for number in range(14):
        stage.receive(OTHERS[number % 8].replace("Shirere", f"nyumba {number} Shirere"))
    assert len(stage.letters()) == 10


def test_a_text_that_cannot_be_answered_any_more_asks_no_question(stage: Stage) -> None:
    for number in range(14):
        stage.receive(OTHERS[number % 8].replace("Shirere", f"nyumba {number}"))
    assert len(stage.letters()) == 10
    assert stage.count(Question) == stage.count(Case) - 4


def test_the_bound_is_for_each_phone(stage: Stage) -> None:
    for words in OTHERS[:6]:
        stage.receive(words)
    stage.receive(COMPLAINT, AMINA)
    assert stage.messages()[-1].due_at == stage.now


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


# What fails and is confidential


def set_aside(stage: Stage, provider_id: str) -> None:
    """Let a text that has arrived fail for the last time."""
    spoil(stage, provider_id)
    stage.set("UPDATE incoming_sms SET attempts = 18 WHERE provider_id = :id", id=provider_id)
    with pytest.raises(inbound.NotHandled):
        inbound.handle_next(stage.engine, stage.office, stage.now)


def waiting(stage: Stage) -> list[int]:
    """How many texts wait for the hotline, and for the ombudsman."""
    officers = [stage.officer(role) for role in (Role.HOTLINE, Role.OMBUDSMAN)]
    with stage.transaction() as session:
        return [quarantine.count(session, officer) for officer in officers]


def test_an_everyday_text_that_fails_waits_for_the_hotline(stage: Stage) -> None:
    arrive(stage, COMPLAINT, "sms-1")
    set_aside(stage, "sms-1")
    assert waiting(stage) == [1, 0]


def test_what_may_go_on_from_a_confidential_report_of_the_phone_waits_for_the_ombudsman(stage: Stage) -> None:
    """The report may be handled after the text has come."""
    arrive(stage, "Karani wa ardhi Malava anaomba hongo elfu mbili", "sms-1")
    arrive(stage, "alikuja tena jana jioni", "sms-2")
    assert inbound.handle_next(stage.engine, stage.office, stage.now)
    set_aside(stage, "sms-2")
    assert waiting(stage) == [0, 1]


def test_what_names_a_confidential_report_waits_for_the_ombudsman_whoever_sends_it(stage: Stage) -> None:
    reference = stage.file(category="CORRUPT")
    arrive(stage, f"{spoken(reference)} alikuja tena jana jioni", "sms-1", AMINA)
    set_aside(stage, "sms-1")
    with stage.transaction() as session:
        inbound.store(session, stage.office, "sms-2", "MPESA", f"{reference} tena", odd="sender is no telephone")
        inbound.store(session, stage.office, "sms-3", WANJIKU, "alikuja tena", odd="no date")
        inbound.store(session, stage.office, "sms-4", AMINA, "taa haziwaki", odd="no date")
    assert waiting(stage) == [1, 3]


def test_what_nobody_looked_at_before_it_failed_waits_for_the_ombudsman(stage: Stage) -> None:
    """A version that kept no hashes did not look for confidential words either."""
    arrive(stage, COMPLAINT, "sms-1")
    stage.set("UPDATE incoming_sms SET phone_hash = NULL, words_hash = NULL")
    set_aside(stage, "sms-1")
    assert waiting(stage) == [0, 1]


# Locks


def test_a_text_locks_her_cases_oldest_first_as_officers_do(stage: Stage) -> None:
    """The officer who has the older one, and then changes the newer one, would wait for ever."""
    older = stage.file()
    stage.later(minutes=1)
    newer = stage.file(category="ROADS")
    arrive(stage, f"{newer} bado hakuna mtu", "sms-1")
    with ThreadPoolExecutor(1) as pool:
        with stage.engine.begin() as officer:
            officer.execute(text("SELECT id FROM cases WHERE reference = :it FOR UPDATE"), {"it": older})
            handling = pool.submit(inbound.handle_next, stage.engine, stage.office, stage.now)
            waiting_for_a_lock(stage, 1)
            officer.execute(text("SELECT id FROM cases WHERE reference = :it FOR UPDATE NOWAIT"), {"it": newer})
        assert handling.result(10)
    [incoming] = stored(stage)
    assert (incoming.why, incoming.attempts) == ("names its reference", 0)
