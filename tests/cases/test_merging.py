"""Several people's cases about one problem: one stands for the others, ends with them, and lets each go again."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from config.rights import SEE
from gateway.cases import actions, carrying, ladder, merging, residents_own
from gateway.cases.actions import Faster, Refused
from gateway.cases.models import Case, CaseConflict, Channel, Confirmation, Desk, Ending, Status, Step
from gateway.db import officer_session
from gateway.messages.models import Question, QuestionStatus
from gateway.people.models import Role
from gateway.people.officers import give_post
from tests.cases.linked import spoken
from tests.cases.merged import WORDS, faults, merge, several, statements, under, unmerge
from tests.cases.stage import AMINA, MONDAY, PROMISE, SHEYWE, WANJIKU, Stage


def answers(stage: Stage, reference: str, *, fixed: bool) -> None:
    """Her answer to *fixed?*."""
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        asked = session.scalars(select(Question).where(Question.case_id == case.id)).one()
        residents_own.answer_fixed(
            session, stage.office, case, asked.id, fixed=fixed, now=stage.now, channel=Channel.SMS
        )


# Merging


def test_the_lead_stands_for_the_others_and_each_keeps_its_own(stage: Stage) -> None:
    lead, *others = several(stage)
    before = [stage.case(one) for one in others]
    officer = stage.officer()
    merge(stage, others, lead, officer)
    assert under(stage, lead) == others
    for was, reference in zip(before, others, strict=True):
        case = stage.case(reference)
        assert (case.status, case.desk, case.words, case.resident_id) == (Status.NEW, Desk.WARD, WORDS, was.resident_id)
        assert (case.due_at, case.desk_due_at, case.next_step_at) == (was.due_at, None, None)
        line = stage.events(reference)[-1]
        assert (line.name, line.officer_id, line.turn) == ("merged", officer.id, "ward:1014")
        assert line.data == {"other": lead, "newer": True}
    told = stage.events(lead)[-2:]
    assert [(line.name, line.data["other"], line.data["newer"]) for line in told] == [
        ("merged", one, False) for one in others
    ]
    assert stage.letters() == [("received", "queued")] * 3
    assert faults(stage) == []


def test_the_promise_of_the_lead_becomes_the_earliest_and_never_a_later_one(stage: Stage) -> None:
    lead, other = several(stage, 2, category="DISASTER", problem=None)
    earlier = stage.case(other).due_at
    assert earlier
    assert earlier < PROMISE
    merge(stage, [other], lead)
    assert (stage.case(lead).due_at, stage.case(lead).next_step_at) == (earlier, earlier)
    later, early = several(stage, 2, category="DISASTER", problem=None)
    merge(stage, [later], early)
    assert (stage.case(early).due_at or PROMISE) < PROMISE
    assert faults(stage) == []


def test_nothing_stands_two_deep(stage: Stage) -> None:
    first, second, third, fourth = several(stage, 4)
    merge(stage, [fourth], third)
    merge(stage, [third], second)
    assert (under(stage, second), under(stage, third)) == ([third, fourth], [])
    merge(stage, [first], third)  # which is carried: its lead takes it
    assert under(stage, second) == [first, third, fourth]
    assert faults(stage) == []


def test_what_waits_for_its_resident_goes_on_and_nobodys_answer_is_waited_for(stage: Stage) -> None:
    officer = stage.officer()
    lead, other = several(stage, 2)
    for one in (lead, other):
        stage.do(actions.write, one, officer, "Wapi?", wait=True)
    stage.later(days=1)
    merge(stage, [other], lead, officer)
    assert [stage.case(one).status for one in (lead, other)] == [Status.TAKEN, Status.TAKEN]
    with pytest.raises(Refused, match="Others told of the same"):
        stage.do(actions.write, lead, officer, "Wapi?", wait=True)
    with pytest.raises(Refused, match="Others told of the same"):
        stage.do(actions.write, other, officer, "Wapi?", wait=True)
    stage.do(actions.write, other, officer, "Fundi anakuja.")
    assert stage.history(other)[-1] == "written"
    assert faults(stage) == []


@pytest.mark.parametrize(
    "given",
    [
        {"category": "STAFF"}, {"category": "IDEA", "problem": "WATER"}, {"category": SEE, "problem": None},
        {"category": "NATIONAL", "problem": None, "referral": "KPLC"},
    ],
    ids=["confidential", "feedback", "request", "national"],
)  # fmt: skip
def test_what_has_no_promise_of_the_county_stands_by_itself(stage: Stage, given: dict[str, str]) -> None:
    [lead] = several(stage, 1)
    other = stage.file(**given)
    stage.set("UPDATE cases SET sensitive = false WHERE reference = :other AND kind = 'request'", other=other)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == other)).one()
        assert not carrying.is_alike(case)
    with stage.transaction() as session:
        officer = session.merge(stage.officer())
        role = Role.OMBUDSMAN if given["category"] == "STAFF" else Role.HOTLINE  # so that she sees both
        give_post(session, officer, role, starts_at=MONDAY - timedelta(days=1))
        session.refresh(officer)
    for carried, leads in ((lead, other), (other, lead)):
        with pytest.raises(Refused, match=f"{spoken(other)} cannot stand with others"):
            merge(stage, [carried], leads, officer)
    assert [stage.case(one).lead_id for one in (lead, other)] == [None, None]


def test_practice_cases_and_ended_ones_stand_by_themselves(stage: Stage) -> None:
    lead, practice, ended = several(stage)
    stage.set("UPDATE cases SET practice = true WHERE reference = :practice", practice=practice)
    stage.do(actions.end, ended, stage.officer(), Ending.NOT_FOUND, "Hakuna.")
    with pytest.raises(Refused, match=f"{spoken(practice)} cannot stand with others"):
        merge(stage, [practice], lead)
    with pytest.raises(Faster):
        merge(stage, [ended], lead)


def test_what_was_sent_up_higher_stands_for_the_others(stage: Stage) -> None:
    older, raised = several(stage, 2)
    stage.officer(Role.SUB_COUNTY)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == raised)).one()
        case.due_at = stage.now
        session.flush()
        assert ladder.send_higher(session, stage.office, case, stage.now, Channel.SMS)
    above = stage.officer(Role.SUB_COUNTY)
    with pytest.raises(Refused, match=f"{spoken(raised)} was sent up higher"):
        merge(stage, [raised], older, above)
    with stage.transaction() as session:
        cases = [session.merge(stage.case(one)) for one in (older, raised)]
        assert merging.lead_among(session, cases).reference == raised
    merge(stage, [older], raised, above)
    assert under(stage, raised) == [older]


def test_what_is_kept_from_an_officer_stands_by_itself(stage: Stage) -> None:
    lead, other = several(stage, 2)
    about, officer = stage.officer(Role.DEPARTMENT), stage.officer()
    with stage.transaction() as session:
        session.add(CaseConflict(case_id=stage.case(other).id, officer_id=about.id, named_by=officer.id))
    with pytest.raises(Refused, match="kept from her"):
        merge(stage, [other], lead, officer)


def test_nobody_merges_what_she_does_not_see(stage: Stage) -> None:
    [here] = several(stage, 1)
    there = stage.file(ward_code=SHEYWE, phone=AMINA)
    officer = stage.officer()
    with officer_session(stage.engine, officer) as session, pytest.raises(Faster):
        merging.merge(session, stage.office, [stage.case(there)], stage.case(here), officer, stage.now)
    merge(stage, [there], here, stage.officer(Role.SUB_COUNTY))
    assert under(stage, here) == [there]


def test_who_told_of_it_twice_counts_once_and_the_reporter_of_the_lead_not_at_all(stage: Stage) -> None:
    lead = stage.file(phone=WANJIKU)
    again, hers, hers_too = stage.file(phone=WANJIKU), stage.file(phone=AMINA), stage.file(phone=AMINA)
    hidden = [stage.file(anonymous=True, phone=stage.phone()) for _ in range(2)]
    merge(stage, [again, hers, hers_too, *hidden], lead)
    with stage.transaction() as session:
        assert carrying.supporters(session, [stage.case(lead)]) == {stage.case(lead).id: 3}
        assert carrying.supporters(session, []) == {}


def test_two_officers_who_merge_two_cases_each_under_the_other_do_not_wait_for_each_other(stage: Stage) -> None:
    one, other = several(stage, 2)
    officers, done, refused = [stage.officer(), stage.officer()], [], []

    def put(reference: str, lead: str, officer: int) -> None:
        try:
            merge(stage, [reference], lead, officers[officer])
            done.append(reference)
        except Refused:
            refused.append(reference)

    threads = [threading.Thread(target=put, args=(*pair, at)) for at, pair in enumerate(((one, other), (other, one)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(done + refused) == sorted((one, other)), "had they waited, the database would have stopped one"
    assert len(done) <= 1
    assert len([reference for reference in (one, other) if stage.case(reference).lead_id]) == len(done)


# Its undo


def test_taken_out_again_it_is_as_it_was_and_no_clock_has_gained_anything(stage: Stage) -> None:
    officer = stage.officer()
    lead, other = several(stage, 2)
    stage.do(actions.take, other, officer)
    before = stage.case(other)
    stage.later(days=1)
    merge(stage, [other], lead, officer)
    stage.later(days=2)
    unmerge(stage, other, officer)
    case = stage.case(other)
    same = ("status", "desk", "desk_since", "assignee_id", "due_at", "desk_due_at", "next_step_at", "words", "lead_id")
    assert {name: getattr(case, name) for name in same} == {name: getattr(before, name) for name in same}
    assert [stage.history(one)[-1] for one in (lead, other)] == ["unmerged", "unmerged"]
    assert stage.events(other)[-1].data == {"other": lead, "newer": True}
    assert under(stage, lead) == []
    assert faults(stage) == []
    with pytest.raises(Refused, match="by itself already"):
        unmerge(stage, other, officer)


def test_what_would_have_gone_up_meanwhile_goes_up_at_once(stage: Stage) -> None:
    stage.officer(Role.SUB_COUNTY), stage.officer(Role.CHIEF_OFFICER), stage.officer(Role.COUNTY_SECRETARY)
    lead, other = several(stage, 2, phone=AMINA)
    merge(stage, [other], lead)
    stage.later(days=12)
    stage.sweep()
    assert (stage.case(lead).raised_to, stage.case(other).raised_to) == (Step.SUB_COUNTY, None)
    unmerge(stage, other)
    stage.sweep()
    assert stage.case(other).raised_to is Step.SUB_COUNTY
    assert faults(stage) == []


def test_a_carried_case_is_worked_on_by_its_lead_alone(stage: Stage) -> None:
    officer = stage.officer()
    lead, other = several(stage, 2)
    merge(stage, [other], lead, officer)
    for act, details in (
        (actions.take, ()), (actions.end, (Ending.FIXED, "Imekwisha.")), (actions.route, (SHEYWE,)),
    ):  # fmt: skip
        with pytest.raises(Faster):
            stage.do(act, other, officer, *details)
    with pytest.raises(Faster):
        stage.do(actions.refer, other, officer, "Tafadhali", department="roads")
    stage.do(actions.note, other, officer, "Ni bomba lile.")
    assert stage.history(other) == ["filed", "merged", "note"]


# How it ends


def test_all_end_together_and_each_is_asked_about_her_own(stage: Stage) -> None:
    officer = stage.officer()
    lead, *others = several(stage)
    merge(stage, others, lead, officer)
    stage.do(actions.end, lead, officer, Ending.FIXED, "Bomba limefungwa.")
    for one in others:
        case, line = stage.case(one), stage.events(one)[-1]
        assert (case.status, case.ending, case.confirmation) == (Status.RESOLVED, Ending.FIXED, Confirmation.ASKED)
        assert (case.resolved_at, case.assignee_id, case.reason) == (stage.now, officer.id, "Bomba limefungwa.")
        assert (line.name, line.officer_id, line.turn, line.words) == ("ended", officer.id, "", "Bomba limefungwa.")
        assert line.data == {"ending": "fixed", "planned_for": None}
        assert stage.letters(one)[-1] == ("fixed", "queued")
        assert spoken(one) in stage.last_text(one)
        assert spoken(lead) not in stage.last_text(one)
    assert [status for _, status, _ in stage.questions()] == ["open"] * 3
    assert faults(stage) == []


def test_a_no_puts_her_own_case_back_and_a_yes_closes_hers(stage: Stage) -> None:
    officer = stage.officer()
    lead, yes, no = several(stage)
    merge(stage, [yes, no], lead, officer)
    stage.do(actions.end, lead, officer, Ending.FIXED, "Bomba limefungwa.")
    answers(stage, yes, fixed=True)
    answers(stage, no, fixed=False)
    answers(stage, lead, fixed=True)
    assert [stage.case(one).status for one in (lead, yes, no)] == [Status.CLOSED, Status.CLOSED, Status.NEW]
    case = stage.case(no)
    assert (case.lead_id, case.confirmation, case.desk) == (None, Confirmation.DISPUTED, Desk.WARD)
    assert case.desk_due_at
    assert faults(stage) == []


def test_one_who_told_of_it_twice_is_asked_one_after_the_other(stage: Stage) -> None:
    officer = stage.officer()
    [lead] = several(stage, 1)
    twice = [stage.file(phone=AMINA) for _ in range(2)]
    merge(stage, twice, lead, officer)
    stage.do(actions.end, lead, officer, Ending.FIXED, "Imekwisha.")
    assert sorted(status for _, status, _ in stage.questions()) == ["open", "open", "waiting"]
    assert [wording for one in twice for wording, _ in stage.letters(one)].count("fixed") == 1


def test_the_other_endings_tell_each_the_reason_but_those_who_asked_for_no_more(stage: Stage) -> None:
    officer = stage.officer()
    lead, told, stopped, hidden = several(stage, 4, anonymous=True)
    merge(stage, [told, stopped, hidden], lead, officer)
    stage.set("UPDATE resident SET stopped_at = now() WHERE id = :id", id=stage.case(stopped).resident_id)
    stage.do(actions.end, lead, officer, Ending.CANNOT_NOW, "Hakuna vipuri.")
    assert "Hakuna vipuri." in stage.last_text(told)
    assert stage.letters(told)[-1] == ("cannot_now", "queued")
    assert stage.letters(stopped)[-1] == ("cannot_now", "cancelled")
    assert stage.letters(hidden) == []
    assert {stage.case(one).confirmation for one in (told, stopped, hidden)} == {None}


def test_two_hundred_end_in_one_transaction_and_a_bounded_number_of_statements(stage: Stage) -> None:
    officer = stage.officer()
    few = several(stage, 3)
    many = [stage.file(problem="BURST_PIPE", phone=stage.phone()) for _ in range(201)]
    merge(stage, few[1:], few[0], officer)
    merge(stage, many[1:], many[0], officer)
    with statements(stage.engine) as for_few:
        stage.do(actions.end, few[0], officer, Ending.FIXED, "Imekwisha.")
    with statements(stage.engine) as for_many:
        stage.do(actions.end, many[0], officer, Ending.FIXED, "Imekwisha.")
    assert len(for_many) <= len(for_few) + 3  # rows are inserted in a few portions
    assert len(for_many) < 45
    with stage.transaction() as session:
        asked = session.scalars(select(Question).where(Question.status == QuestionStatus.OPEN)).all()
        assert len(asked) == 204
    assert [wording for wording, _ in stage.letters()].count("fixed") == 204
    assert faults(stage) == []


def test_a_plan_comes_back_with_all_for_whom_it_was_made(stage: Stage) -> None:
    officer = stage.officer()
    lead, *others = several(stage)
    merge(stage, others, lead, officer)
    stage.do(actions.end, lead, officer, Ending.PLANNED, "Bomba jipya.", planned_for=date(2027, 1, 31))
    assert {stage.case(one).planned_for for one in others} == {date(2027, 1, 31)}
    stage.later(days=75)
    stage.sweep()
    assert {stage.case(one).status for one in (lead, *others)} == {Status.NEW}
    assert under(stage, lead) == others
    assert faults(stage) == []


def test_where_what_stood_for_them_does_not_come_back_the_oldest_leads(stage: Stage) -> None:
    officer = stage.officer()
    lead, second, third = several(stage)
    merge(stage, [second, third], lead, officer)
    stage.do(actions.end, lead, officer, Ending.PLANNED, "Bomba jipya.", planned_for=date(2027, 1, 31))
    stage.set("UPDATE cases SET status = 'closed', planned_for = NULL WHERE reference = :lead", lead=lead)
    stage.later(days=75)
    stage.sweep()
    assert (stage.case(second).lead_id, under(stage, second)) == (None, [third])


def test_what_was_planned_before_is_not_planned_again_through_another(stage: Stage) -> None:
    officer = stage.officer()
    lead, planned = several(stage, 2)
    stage.do(actions.end, planned, officer, Ending.PLANNED, "Bomba jipya.", planned_for=date(2026, 11, 25))
    stage.later(days=2)
    stage.sweep()
    merge(stage, [planned], lead, officer)
    with pytest.raises(Refused, match=f"{spoken(planned)}, for which it stands, was planned before"):
        stage.do(actions.end, lead, officer, Ending.PLANNED, "Baadaye.", planned_for=date(2027, 3, 31))
    above = stage.officer(Role.SUB_COUNTY)
    stage.do(actions.end, lead, above, Ending.PLANNED, "Baadaye.", planned_for=date(2027, 3, 31))
    assert stage.case(planned).planned_for == date(2027, 3, 31)


def test_one_of_them_in_anothers_hand_lets_the_officer_look_again(stage: Stage) -> None:
    officer = stage.officer()
    lead, other = several(stage, 2)
    merge(stage, [other], lead, officer)
    with stage.transaction() as session:
        session.get_one(Case, stage.case(other).id, with_for_update=True)
        with pytest.raises(Faster):
            stage.do(actions.end, lead, officer, Ending.FIXED, "Imekwisha.")
    assert stage.case(lead).status is Status.NEW
