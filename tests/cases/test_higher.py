"""HIGHER by SMS: one step and one answer, whatever else happens at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from gateway.cases import inbound, ladder
from gateway.cases.models import Case, Channel, Ending, Status
from tests.cases.seats import take_every_seat
from tests.cases.stage import AMINA, PROMISE, WANJIKU, Stage


@pytest.fixture
def staffed(stage: Stage) -> Stage:
    with stage.transaction() as session:
        take_every_seat(session, stage.office.county)
    return stage


def late(stage: Stage, **given: object) -> str:
    reference = stage.file(**given)
    stage.now = PROMISE + timedelta(minutes=2)
    return reference


def steps_of(stage: Stage, reference: str) -> list[tuple[str, str]]:
    return [
        (event.data["step"], event.data["channel"]) for event in stage.events(reference) if event.name == "raised"
    ]  # fmt: skip


def test_her_text_sends_her_report_a_step_up_and_one_sms_says_where(staffed: Stage) -> None:
    reference = late(staffed)
    incoming = staffed.receive("JUU")
    assert incoming.case_id == staffed.case(reference).id
    assert steps_of(staffed, reference) == [("sub_county", "sms")]
    assert staffed.letters(reference)[1:] == [("sent_higher", "queued")]
    answer = staffed.messages(reference)[-1]
    assert (answer.automatic, answer.wanted) == (True, True)
    assert staffed.last_text(reference) == (
        f"{reference[:4]} {reference[4:]} imepelekwa kwa msimamizi wa kaunti ndogo ya Lurambi."
        " Utajibiwa kufikia Alh 10 Des. Bado? Ombudsman wa taifa (CAJ) husaidia bure."
    )


def test_it_goes_up_even_where_five_answers_an_hour_are_used_up(staffed: Stage) -> None:
    reference = late(staffed)
    for words in ("hali", "status", "hali yangu", f"hali {reference}", reference):
        staffed.receive(words)
    told = len(staffed.messages())
    staffed.receive("JUU")
    assert steps_of(staffed, reference) == [("sub_county", "sms")]
    assert len(staffed.messages()) == told


def test_the_text_delivered_twice_takes_one_step(staffed: Stage) -> None:
    reference = late(staffed)
    staffed.receive("JUU", provider_id="same")
    staffed.receive("JUU", provider_id="same")
    assert len(steps_of(staffed, reference)) == 1


def test_a_text_and_a_session_at_once_take_one_step(staffed: Stage) -> None:
    reference = late(staffed)
    with staffed.transaction() as session:
        inbound.store(session, staffed.office, "sms-now", WANJIKU, "JUU", odd=None)
    together = Barrier(2)

    def by_text() -> None:
        together.wait(10)
        while inbound.handle_next(staffed.engine, staffed.office, staffed.now):
            pass

    def by_phone() -> None:
        with staffed.transaction() as session:
            together.wait(10)
            case = session.get_one(Case, staffed.case(reference).id, with_for_update=True)
            ladder.send_higher(session, staffed.office, case, staffed.now, Channel.USSD)

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(by_text), threads.submit(by_phone)]:
            done.result(30)
    assert [step for step, _ in steps_of(staffed, reference)] == ["sub_county"]
    # Whoever was slower is told when an answer is due, or that it went up.
    assert staffed.letters(reference)[-1][0] in ("sent_higher", "higher_later")


def test_what_ended_otherwise_than_fixed_is_open_again(staffed: Stage) -> None:
    reference = staffed.file()
    staffed.set("UPDATE cases SET status = 'resolved', ending = 'not_found', reason = 'Hapakuwa', resolved_at = now()")
    staffed.receive(f"JUU {reference}")
    case = staffed.case(reference)
    assert (case.status, case.ending, case.desk.value) == (Status.NEW, None, "sub_county")


@pytest.mark.parametrize("ending", [ending for ending in Ending if ending is not Ending.FIXED])
def test_a_status_offers_to_send_on_what_ended_so(staffed: Stage, ending: Ending) -> None:
    reference = staffed.file()
    staffed.set(
        "UPDATE cases SET status = 'resolved', ending = :ending, planned_for = '2027-03-31', resolved_at = now()",
        ending=ending.value,
    )
    staffed.receive("HALI")
    assert staffed.last_text(reference).endswith(
        " Hukubali? Kuipeleka juu tuma JUU na nambari kwa 22123, au piga *384*123#, 3."
    )


@pytest.mark.parametrize("words", ["JUU {}", "HIGHER {}", "HALI {}", "JUU"])
def test_of_a_confidential_report_nothing_but_its_number_and_state_is_ever_told(staffed: Stage, words: str) -> None:
    reference = staffed.file(category="CORRUPT")
    staffed.later(days=60)
    staffed.sweep()
    staffed.receive(words.format(reference))
    assert steps_of(staffed, reference) == []
    told = staffed.last_text()
    for telling in ("CAJ", "Ombudsman", "Dawati", "Ahadi"):
        assert telling not in told


def test_nobody_elses_report_is_sent_higher(staffed: Stage) -> None:
    reference = late(staffed)
    staffed.receive(f"JUU {reference}", sender=AMINA)
    assert steps_of(staffed, reference) == []
    assert [wording for wording, _ in staffed.letters()][-1] == "not_yours"
