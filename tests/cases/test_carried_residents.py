"""What the residents of carried cases read and do: each under her own reference, none a word of the others."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from gateway.cases import actions, carrying, coverage, erasing, ladder, requests, residents_own, situation, telling
from gateway.cases.models import Case, Channel, Desk, Ending, Status, Step, WardCover
from gateway.dialogue import lookups
from gateway.people.models import Resident, Role
from tests.cases.linked import spoken
from tests.cases.merged import WORDS, faults, merge, several, under
from tests.cases.stage import AMINA, MONDAY, SHIRERE, WANJIKU, Stage


def of_phone(stage: Stage, reference: str) -> Resident:
    with stage.transaction() as session:
        return session.get_one(Resident, stage.case(reference).resident_id)


def test_she_reads_the_state_of_the_lead_under_her_own_reference(stage: Stage) -> None:
    officer = stage.officer()
    lead, other = several(stage, 2, phone=AMINA)
    merge(stage, [other], lead, officer)
    stage.do(actions.refer, lead, officer, "Tafadhali", department="water")
    stage.receive(f"HALI {other}", AMINA)
    assert stage.office.menu.words["status_referred"]["sw"] in stage.last_text()
    assert spoken(other) in stage.last_text()
    assert spoken(lead) not in stage.last_text()
    stage.file(phone=AMINA)
    stage.receive("HALI", AMINA)
    assert spoken(other) in stage.last_text()
    with stage.transaction() as session:
        told = telling.listed(session, stage.office, of_phone(stage, other), [stage.case(other)], stage.now)
    assert told == f"{spoken(other)} {stage.office.menu.words['status_referred']['sw']}"


def test_sent_higher_by_one_the_lead_goes_up_and_the_others_hear_of_it(stage: Stage) -> None:
    stage.officer(Role.SUB_COUNTY)
    lead, asks, hears = several(stage)
    merge(stage, [asks, hears], lead)
    stage.set("UPDATE message SET status = 'delivered', sent_at = now()")
    stage.later(days=12)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == asks)).one()
        assert ladder.may_send_higher(session, stage.office, case, stage.now)
        raised = ladder.send_higher(session, stage.office, case, stage.now, Channel.SMS)
        assert raised
        assert raised.step is Step.SUB_COUNTY
    assert [stage.case(one).raised_to for one in (lead, asks, hears)] == [Step.SUB_COUNTY, None, None]
    assert [wording for one in (lead, asks, hears) for wording, _ in stage.letters(one)[1:]] == ["promise_broken"] * 2
    assert stage.letters(asks) == [("received", "delivered")]
    assert faults(stage) == []


def test_when_the_promise_is_broken_each_hears_once_of_the_step_under_her_own_reference(stage: Stage) -> None:
    stage.officer(Role.SUB_COUNTY)
    lead, other = several(stage, 2)
    merge(stage, [other], lead)
    stage.later(days=12)
    stage.sweep()
    stage.sweep()
    assert stage.letters(other)[1:] == [("promise_broken", "queued")]
    assert spoken(other) in stage.last_text(other)
    assert stage.history(other) == ["filed", "merged"]


def test_what_she_adds_stands_in_her_case_and_the_lead_says_that_she_wrote(stage: Stage) -> None:
    lead, other = several(stage, 2, phone=AMINA)
    merge(stage, [other], lead)
    stage.receive(f"{other} Maji yameingia nyumbani", AMINA)
    assert stage.case(other).words == f"{WORDS}\n{other} Maji yameingia nyumbani"
    line = stage.events(lead)[-1]
    assert (line.name, line.words, line.data) == ("supporter_wrote", None, {"other": other, "newer": False})
    assert faults(stage) == []


def test_she_names_her_ward_and_stands_no_more_under_a_report_of_none(stage: Stage) -> None:
    hotline = stage.officer(Role.HOTLINE)
    given = {"problem": "BURST_PIPE", "ward_code": None}
    lead, here, there = [stage.file(phone=stage.phone(), **given) for _ in range(3)]
    merge(stage, [here, there], lead, hotline)
    name_ward(stage, here, SHIRERE)
    assert (stage.case(here).lead_id, stage.case(here).desk, under(stage, lead)) == (None, Desk.WARD, [there])
    assert stage.history(here)[-2:] == ["ward_named", "unmerged"]
    name_ward(stage, lead, SHIRERE)
    name_ward(stage, there, SHIRERE)
    assert under(stage, lead) == [there]
    assert faults(stage) == []


def name_ward(stage: Stage, reference: str, ward_code: int) -> None:
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        ward = stage.office.county.ward(ward_code)
        assert ward
        residents_own.name_ward(session, stage.office, case, ward, stage.now)


def test_each_is_told_of_the_department_that_plans_it(stage: Stage) -> None:
    officer = stage.officer()
    [lead] = several(stage, 1)
    other = stage.file(category="OTHER", phone=stage.phone(), words="Bomba limepasuka")
    merge(stage, [other], lead, officer)
    stage.do(actions.end, lead, officer, Ending.PLANNED, "Bomba jipya.", planned_for=date(2027, 3, 31))
    department = stage.office.county.department("water")
    assert department
    for one in (lead, other):
        assert department.short["sw"] in stage.last_text(one)


def test_two_who_each_stand_under_the_other_do_not_wait_for_each_other(stage: Stage) -> None:
    officer, phones = stage.officer(), (stage.phone(), stage.phone())
    leads = [stage.file(problem="BURST_PIPE", phone=phone) for phone in phones]
    others = [stage.file(problem="NO_WATER", phone=phone) for phone in reversed(phones)]
    for lead, other in zip(leads, others, strict=True):
        merge(stage, [other], lead, officer)
    hers = [of_phone(stage, lead).id for lead in leads]
    together, failed = threading.Barrier(2), []

    def look(resident_id: int) -> None:
        try:
            for _ in range(10):
                together.wait(10)
                with stage.transaction() as session:
                    resident = session.get_one(Resident, resident_id)
                    situation.hold(session, resident, None)
                    session.execute(text("SELECT pg_sleep(0.02)"))
                    situation.open_cases(session, resident)
        except Exception as error:
            failed.append(error)
            together.abort()

    threads = [threading.Thread(target=look, args=(one,)) for one in hers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []


def test_when_the_lead_is_taken_back_the_oldest_of_the_others_leads(stage: Stage) -> None:
    lead, second, third = several(stage)
    merge(stage, [third, second], lead)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == lead)).one()
        erasing.withdraw(session, stage.office, case, stage.now)
    assert (stage.case(second).lead_id, under(stage, second)) == (None, [third])
    assert stage.case(second).desk_due_at
    assert stage.case(second).next_step_at == stage.case(second).due_at
    assert stage.history(second)[-1] == stage.history(third)[-1] == "led_by"
    for one in (lead, second, third):
        others = [line.data.get("other") for line in stage.events(one)]
        assert lead not in others
    assert [line.data.get("other") for line in stage.events(lead)] == [None] * len(stage.events(lead))
    assert faults(stage) == []


def test_what_becomes_confidential_leaves_and_no_history_names_it(stage: Stage) -> None:
    lead, secret, third = several(stage)
    merge(stage, [secret, third], lead)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == secret)).one()
        residents_own.add_words(session, stage.office, case, "Karani aliomba hongo", stage.now, Channel.SMS)
    case = stage.case(secret)
    assert (case.sensitive, case.lead_id, under(stage, lead)) == (True, None, [third])
    assert secret not in [line.data.get("other") for line in stage.events(lead)]
    assert [line.data.get("other") for line in stage.events(secret) if line.name == "merged"] == [None]
    assert "supporter_wrote" not in stage.history(lead)
    assert faults(stage) == []


def test_a_lead_that_becomes_confidential_hands_the_others_on(stage: Stage) -> None:
    lead, second, third = several(stage)
    merge(stage, [second, third], lead)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == lead)).one()
        residents_own.add_words(session, stage.office, case, "Karani aliomba hongo", stage.now, Channel.SMS)
    assert (stage.case(lead).sensitive, under(stage, second), under(stage, lead)) == (True, [third], [])
    assert stage.case(second).received_at == MONDAY + timedelta(hours=1)
    assert faults(stage) == []


def test_the_screen_of_her_case_shows_how_the_lead_stands_under_her_own_reference(stage: Stage) -> None:
    officer = stage.officer()
    lead, other = several(stage, 2)
    merge(stage, [other], lead, officer)
    stage.do(actions.take, lead, officer)
    with stage.transaction() as session:
        own = session.get_one(Case, stage.case(other).id)
        stands, menu = carrying.lead_of(session, own), stage.office.menu
        shown = lookups.case(stage.office.county, menu, own, stage.now, higher=False, lead=stands)
        items = lookups.my_cases(menu, [own], stage.now, carrying.worked_on(session, [own]))["items"]
    assert shown["slots"]["reference"] == spoken(other)
    assert shown["values"] == {"reference": other}
    assert shown["slots"]["status"] == menu.words["status_taken"]
    assert items == [{"value": other, "label": {
        language: f"{spoken(other)} {word}" for language, word in menu.words["status_taken"].items()
    }}]  # fmt: skip
    assert spoken(lead) not in str(shown) + str(items)


def test_when_the_reporter_of_the_lead_has_everything_erased_the_oldest_of_the_others_leads(stage: Stage) -> None:
    lead = stage.file(phone=WANJIKU, problem="BURST_PIPE", words=WORDS)
    second, third = several(stage, 2)
    merge(stage, [second, third], lead)
    stage.receive("FUTA YOTE", WANJIKU)
    stage.receive("NDIYO", WANJIKU)
    asked = next(one for one in cases_of(stage, WANJIKU) if one.kind == "request")
    stage.do(requests.erase, asked.reference, stage.officer(Role.HOTLINE), "Ameomba.")
    assert (stage.case(second).lead_id, under(stage, second), under(stage, lead)) == (None, [third], [])
    assert stage.case(lead).words is None
    assert faults(stage) == []


def cases_of(stage: Stage, phone: str) -> list[Case]:
    with stage.transaction() as session:
        hers = Resident.phone_hash == stage.office.vault.phone_hash(phone)
        return list(session.scalars(select(Case).join(Resident, Resident.id == Case.resident_id).where(hers)))


@pytest.mark.parametrize("together", [True, False])
def test_what_is_carried_makes_no_ward_silent(stage: Stage, together: bool) -> None:
    officer = stage.officer()
    lead, other = several(stage, 2)
    if together:
        merge(stage, [other], lead, officer)
    stage.do(actions.refer, lead, officer, "Tafadhali", department="water")
    assert (stage.case(other).status, stage.case(other).desk_since < stage.now) == (Status.NEW, True)
    stage.set("UPDATE officer SET seen_at = :then", then=MONDAY - timedelta(days=60))
    stage.later(days=30)
    with stage.transaction() as session:
        coverage.settle_covers(session, stage.office, stage.now)
        silent = select(WardCover.ward_code).where(WardCover.why == coverage.SILENT)
        assert (SHIRERE in session.scalars(silent).all()) is not together
