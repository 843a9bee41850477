"""What nobody gets round, and nothing that disappears, by putting one case under another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from gateway.cases import actions, carrying, crews, doubting, erasing, guesses, lists, merging, residents_own, staff
from gateway.cases.actions import Refused
from gateway.cases.crews import Said
from gateway.cases.models import Case, CaseConflict, Channel, Desk, Ending, Status, Step
from gateway.db import as_owner, officer_session
from gateway.people.models import Officer, Role
from tests.cases.linked import spoken
from tests.cases.merged import faults, merge, several, under, unmerge
from tests.cases.stage import PROMISE, SHEYWE, Stage
from tests.cases.test_incidents import asked, publish, support


def withdraw(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        query = select(Case).where(Case.reference == reference).with_for_update()
        erasing.withdraw(session, stage.office, session.scalars(query).one(), stage.now)


def disputed(stage: Stage, reference: str) -> None:
    stage.set("UPDATE cases SET confirmation = 'disputed' WHERE reference = :one", one=reference)


def about(stage: Stage, reference: str, officer: Officer) -> None:
    """As after the release of a confidential case that names her."""
    with stage.transaction() as session:
        row = CaseConflict(case_id=stage.case(reference).id, officer_id=officer.id, named_by=stage.officer().id)
        session.add(row)


# Endings


def test_a_proposal_of_one_officer_is_over_once_others_stand_under_the_case(stage: Stage) -> None:
    first, second = stage.officer(), stage.officer(Role.SUB_COUNTY)
    lead, other = several(stage, 2)
    stage.do(doubting.propose, lead, first, "spam")
    merge(stage, [other], lead, first)
    assert stage.case(lead).proposed_by_id is None
    with pytest.raises(Refused, match="take them out first"):
        stage.do(doubting.propose, lead, first, "spam")
    stage.set("UPDATE cases SET proposed_by_id = :id WHERE reference = :lead", id=first.id, lead=lead)
    with pytest.raises(Refused, match="take them out first"):
        stage.do(actions.end, lead, second, Ending.NOT_A_REPORT, "spam")
    assert stage.case(other).status is Status.NEW


def test_who_says_that_hers_is_the_same_ends_a_proposal_too(stage: Stage) -> None:
    officer = stage.officer()
    [lead] = several(stage, 1)
    incident = publish(stage, lead, officer)
    stage.do(doubting.propose, lead, officer, "spam")
    assert support(stage, incident)
    assert stage.case(lead).proposed_by_id is None


def test_nothing_is_not_the_countys_before_the_body_has_taken_each_of_them(stage: Stage) -> None:
    officer = stage.officer()
    lead, other = several(stage, 2)
    stage.do(actions.refer, other, officer, "Barabara kuu", body="KeNHA")
    merge(stage, [other], lead, officer)
    with pytest.raises(Refused, match=f"KeNHA has not taken {spoken(other)} yet, for which it stands"):
        stage.do(actions.end, lead, officer, Ending.NOT_OURS, "Si yetu.")
    unmerge(stage, other, officer)
    stage.do(actions.end, lead, officer, Ending.NOT_OURS, "Si yetu.")


def test_an_officers_own_phone_confirms_nothing_of_what_ended_with_a_case_of_her_desk(stage: Stage) -> None:
    officer, hers = stage.officer(Role.SUB_COUNTY), stage.phone()
    lead, there = several(stage, 2, phone=hers)
    stage.set("UPDATE cases SET ward_code = :ward, sub_county_code = 201 WHERE reference = :one", ward=5, one=there)
    stage.set("UPDATE cases SET lead_id = :lead WHERE reference = :one", lead=stage.case(lead).id, one=there)
    stage.set("UPDATE officer SET phone_hash = :hash WHERE id = :id", hash=stage.office.vault.phone_hash(hers),
              id=officer.id)  # fmt: skip
    with stage.transaction() as session:
        case = stage.case(there)
        assert staff.is_of_its_desk(session, case)
        case.lead_id = None
        assert not staff.is_of_its_desk(session, case)


# What must be seen


def test_what_its_resident_disputes_leads_and_stays_on_its_list(stage: Stage) -> None:
    older, hers = several(stage, 2)
    disputed(stage, hers)
    with pytest.raises(Refused, match=f"The resident of {spoken(hers)} says that it is not fixed"):
        merge(stage, [hers], older)
    with stage.transaction() as session:
        assert merging.lead_among(session, [stage.case(older), stage.case(hers)]).reference == hers
    merge(stage, [older], hers)
    with stage.transaction() as session:
        assert session.scalars(select(Case.reference).where(lists.disputed())).all() == [hers]
    withdraw(stage, hers)
    assert stage.case(older).lead_id is None


def test_when_the_lead_goes_no_dispute_disappears_under_the_next(stage: Stage) -> None:
    stage.officer(Role.SUB_COUNTY)
    lead, second, third, high = several(stage, 4)
    disputed(stage, lead)
    disputed(stage, third)
    merge(stage, [second, third, high], lead)
    stage.set("UPDATE cases SET raised_to = 'sub_county' WHERE reference = :high", high=high)
    withdraw(stage, lead)
    assert under(stage, high) == [second]
    assert stage.case(third).lead_id is None
    with stage.transaction() as session:
        assert session.scalars(select(Case.reference).where(lists.disputed())).all() == [third]


def test_what_is_about_an_officer_is_never_published_joined_or_put_under_the_next_lead(stage: Stage) -> None:
    officer, named = stage.officer(), stage.officer(Role.DEPARTMENT)
    lead, second, third = several(stage)
    incident = publish(stage, lead, officer)
    merge(stage, [second, third], lead, officer)
    about(stage, lead, named)
    assert asked(stage) is None
    assert support(stage, incident) is None
    with pytest.raises(Refused, match="kept from her"):
        publish(stage, lead, officer)
    about(stage, second, named)
    withdraw(stage, lead)
    assert [stage.case(one).lead_id for one in (second, third)] == [None, None]
    assert (asked(stage), faults(stage)) == ("pipe at Shirere market", [])


# Incidents


@pytest.mark.parametrize("how", ["sort", "route", "amend"])
def test_an_incident_is_over_when_its_case_is_about_something_else_or_elsewhere(stage: Stage, how: str) -> None:
    officer = stage.officer()
    [lead] = several(stage, 1)
    incident = publish(stage, lead, officer)
    if how == "sort":
        stage.do(guesses.sort, lead, officer, "ROADS", None)
    elif how == "route":
        stage.do(actions.route, lead, officer, SHEYWE)
    else:
        with stage.transaction() as session:
            case = session.scalars(select(Case).where(Case.reference == lead)).one()
            values = {"ward": str(SHEYWE), "category": "WATER", "problem": "BURST_PIPE"}
            residents_own.amend(session, stage.office, case, values, stage.now)
    assert asked(stage) is None
    assert support(stage, incident) is None
    assert stage.history(lead).count("incident_ended") == 1


def test_who_joins_a_case_that_waits_for_its_resident_lets_it_go_on(stage: Stage) -> None:
    officer = stage.officer()
    [lead] = several(stage, 1)
    incident = publish(stage, lead, officer)
    stage.do(actions.write, lead, officer, "Wapi?", wait=True)
    stage.later(days=1)
    filed = support(stage, incident)
    assert filed
    assert (stage.case(lead).status, stage.history(lead)[-2:]) == (Status.TAKEN, ["resumed", "supported"])
    assert faults(stage) == []


# Steps and days


def up_together(stage: Stage) -> tuple[str, str]:
    """Two that stand together, after the day that was promised has passed and the lead has gone up."""
    stage.officer(Role.SUB_COUNTY)
    lead, other = several(stage, 2)
    merge(stage, [other], lead)
    stage.now = PROMISE + timedelta(hours=1)
    stage.sweep()
    assert (stage.case(lead).raised_to, stage.case(other).raised_to) == (Step.SUB_COUNTY, None)
    stage.later(days=1)
    return lead, other


@pytest.mark.parametrize("how", ["unmerge", "withdraw", "end"])
def test_who_was_told_of_a_step_is_not_told_again_nor_of_a_later_day(stage: Stage, how: str) -> None:
    lead, other = up_together(stage)
    told, letters = stage.case(lead), len(stage.messages(other))
    above = stage.officer(Role.SUB_COUNTY)
    if how == "unmerge":
        unmerge(stage, other, above)
    elif how == "withdraw":
        withdraw(stage, lead)
    else:
        stage.do(actions.end, lead, above, Ending.FIXED, "Imekwisha.")
        letters += 1  # whether it is so
    stage.sweep()
    case = stage.case(other)
    assert (case.raised_to, case.raised_why, case.answer_by) == (told.raised_to, told.raised_why, told.answer_by)
    assert (case.desk, case.raised_at) == (Desk.SUB_COUNTY, PROMISE + timedelta(hours=1))
    assert len(stage.messages(other)) == letters
    assert stage.history(other).count("raised") == 1
    assert faults(stage) == []


def test_a_step_that_was_made_before_it_came_is_not_its_own(stage: Stage) -> None:
    lead, _ = up_together(stage)
    [late] = several(stage, 1)
    above = stage.officer(Role.SUB_COUNTY)
    merge(stage, [late], lead, above)
    unmerge(stage, late, above)
    assert stage.case(late).raised_to is None
    assert faults(stage) == []


def test_taken_out_again_it_binds_the_lead_no_more(stage: Stage) -> None:
    officer = stage.officer()
    [old] = several(stage, 1)
    stage.later(days=4)
    new, third = several(stage, 2)
    before = stage.case(new)
    merge(stage, [old, third], new, officer)
    assert (stage.case(new).due_at, before.due_at) == (stage.case(old).due_at, stage.case(third).due_at)
    unmerge(stage, old, officer)
    names = ("due_at", "desk_due_at", "next_step_at")
    assert [getattr(stage.case(new), name) for name in names] == [getattr(before, name) for name in names]
    assert faults(stage) == []
    with stage.transaction() as session:
        carrying.cut(session, stage.case(old))
    assert faults(stage) == []


def test_what_went_up_by_anothers_day_keeps_it(stage: Stage) -> None:
    officer, above = stage.officer(), stage.officer(Role.SUB_COUNTY)
    [old] = several(stage, 1)
    stage.later(days=4)
    [new] = several(stage, 1)
    merge(stage, [old], new, officer)
    stage.now = PROMISE + timedelta(hours=1)
    stage.sweep()
    unmerge(stage, old, above)
    assert (stage.case(new).due_at, stage.case(new).raised_to) == (PROMISE, Step.SUB_COUNTY)
    assert faults(stage) == []


def test_sent_away_and_taken_back_the_desk_has_what_the_older_one_had_left(stage: Stage) -> None:
    officer = stage.officer()
    [old] = several(stage, 1)
    stage.later(days=4)
    [new] = several(stage, 1)
    merge(stage, [old], new, officer)
    stage.do(actions.take, new, officer)
    bound = stage.case(new).desk_due_at
    stage.later(minutes=1)
    stage.do(actions.refer, new, officer, "Tafadhali", department="water")
    stage.later(minutes=1)
    stage.do(actions.take, new, officer)
    again = stage.case(new).desk_due_at
    assert bound
    assert again
    assert again - bound <= timedelta(days=1)
    assert again < stage.case(new).received_at + timedelta(days=10)


# Crews


def test_what_a_crew_says_of_a_carried_case_its_lead_shows_and_nobody_new_is_sent_there(stage: Stage) -> None:
    officer = stage.officer()
    lead, other = several(stage, 2)

    def sent() -> str:
        with officer_session(stage.engine, officer) as session:
            case = session.scalars(select(Case).where(Case.reference == other)).one()
            with as_owner(session):
                return crews.make(session, stage.office, case, officer, "Musa", stage.now).token

    token = sent()
    merge(stage, [other], lead, officer)
    with pytest.raises(Refused, match="send somebody from there"):
        sent()
    with stage.transaction() as session:
        crews.answer(session, stage.office, token, Said.DONE, "Nyumba ya Akinyi", [], stage.now)
    assert [stage.case(one).crew_said for one in (lead, other)] == ["done", "done"]
    line = stage.events(lead)[-1]
    assert (line.name, line.words, line.data) == ("crew_done", None, {"other": other, "photos": 0})
    stage.do(actions.end, lead, officer, Ending.FIXED, "Imekwisha.")
    assert [stage.case(one).crew_said for one in (lead, other)] == [None, None]


# Two residents at the same time


def test_one_takes_the_lead_back_while_another_writes_and_neither_waits_for_ever(stage: Stage) -> None:
    lead, other, third = several(stage)
    merge(stage, [other, third], lead)
    callers = {one: resident_of(stage, one) for one in (lead, other)}
    together, failed = threading.Barrier(2), []

    def take_back() -> None:
        with stage.transaction() as session:
            case = residents_own.own_case(session, stage.office, lead, callers[lead])
            assert case
            erasing.withdraw(session, stage.office, case, stage.now)

    def write() -> None:
        with stage.transaction() as session:
            case = residents_own.own_case(session, stage.office, other, callers[other])
            assert case
            residents_own.add_words(session, stage.office, case, "nyumba yetu pia", stage.now, Channel.USSD)

    def run(what: Callable[[], None]) -> None:
        try:
            together.wait(5)
            what()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(what,)) for what in (take_back, write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert failed == []
    assert stage.case(lead).status is Status.WITHDRAWN
    assert "nyumba yetu pia" in (stage.case(other).words or "")
    assert faults(stage) == []


def test_whoever_looks_for_a_carried_case_of_hers_has_its_lead_first(stage: Stage) -> None:
    lead, other = several(stage, 2)
    merge(stage, [other], lead)
    caller, got = resident_of(stage, other), []

    def look() -> None:
        with stage.transaction() as session:
            residents_own.own_case(session, stage.office, other, caller)
            got.append(other)

    with stage.transaction() as session:
        session.get_one(Case, stage.case(lead).id, with_for_update=True)
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(0.3)
        # It waits for the lead, and holds nothing that whoever has the lead may need.
        held = select(Case.id).where(Case.reference == other).with_for_update(nowait=True)
        assert session.scalar(held)
        assert got == []
    thread.join(10)
    assert got == [other]


def resident_of(stage: Stage, reference: str) -> residents_own.Caller:
    with stage.transaction() as session:
        query = select(Case.resident_id).where(Case.reference == reference)
        hashed = "SELECT phone_hash FROM resident WHERE id = :id"
        return residents_own.Caller(session.execute(text(hashed), {"id": session.scalar(query)}).scalar_one())
