"""*Not a report* takes two officers."""

from __future__ import annotations

import pytest

from gateway.cases import actions, doubting
from gateway.cases.actions import Refused
from gateway.cases.models import Ending, Status
from gateway.db import officer_session
from gateway.people.models import Officer, Role
from gateway.people.officers import give_post
from gateway.triage import queue
from gateway.triage.filters import Filters, Tab
from tests.cases.stage import LURAMBI, Stage


def new(stage: Stage, officer: Officer) -> list[str]:
    with officer_session(stage.engine, officer) as session:
        return [case.reference for case in queue.read(session, officer, Filters(show=Tab.NEW), 1, stage.now).cases]


def test_one_officer_alone_ends_nothing_as_no_report(stage: Stage) -> None:
    ward, reference = stage.officer(), stage.file(quiet=True)
    with pytest.raises(Refused, match="takes a second officer"):
        stage.do(actions.end, reference, ward, Ending.NOT_A_REPORT, "Matusi.")
    stage.do(doubting.propose, reference, ward, "Matusi.")
    with pytest.raises(Refused, match="takes a second officer"):
        stage.do(actions.end, reference, ward, Ending.NOT_A_REPORT, "Matusi.")
    with pytest.raises(Refused, match="You proposed it yourself"):
        stage.do(doubting.agree, reference, ward)
    case = stage.case(reference)
    assert (case.status, case.ending, case.proposed_by_id) == (Status.NEW, None, ward.id)


def test_a_proposal_sends_nothing_and_the_promise_runs_on(stage: Stage) -> None:
    ward, reference = stage.officer(), stage.file(quiet=True)
    before = stage.case(reference)
    stage.do(doubting.propose, reference, ward, "Jaribio.")
    after = stage.case(reference)
    assert (after.due_at, after.next_step_at) == (before.due_at, before.next_step_at)
    assert stage.letters(reference) == []


def test_another_officer_agrees_and_the_resident_hears_the_reason_of_the_first(stage: Stage) -> None:
    ward, above, reference = stage.officer(), stage.officer(Role.SUB_COUNTY), stage.file(quiet=True)
    stage.do(doubting.propose, reference, ward, "Nambari ya jaribio.")
    assert (new(stage, ward), new(stage, above)) == ([], [reference])
    stage.do(doubting.agree, reference, above)
    case = stage.case(reference)
    assert (case.status, case.ending, case.proposed_by_id) == (Status.RESOLVED, Ending.NOT_A_REPORT, None)
    assert stage.history(reference) == ["filed", "not_a_report_proposed", "ended"]
    assert [event.officer_id for event in stage.events(reference)] == [None, ward.id, above.id]
    told = f"{reference[:4]} {reference[4:]}: imefungwa. Nambari ya jaribio. Hukubali? Piga *384*123#, 3."
    assert stage.last_text(reference) == told
    stage.later(days=14)
    stage.sweep()
    assert stage.case(reference).status is Status.CLOSED


def test_another_officer_disagrees_and_it_goes_on(stage: Stage) -> None:
    ward, above, reference = stage.officer(), stage.officer(Role.SUB_COUNTY), stage.file(quiet=True)
    stage.do(doubting.propose, reference, ward, "Matusi.")
    stage.do(doubting.reject, reference, above, "Ana shida ya kweli.")
    assert stage.case(reference).proposed_by_id is None
    assert new(stage, ward) == [reference]
    with pytest.raises(Refused, match="Nobody proposes"):
        stage.do(doubting.agree, reference, above)


def test_whatever_is_done_with_the_case_drops_the_proposal(stage: Stage) -> None:
    ward, reference = stage.officer(), stage.file(quiet=True)
    stage.do(doubting.propose, reference, ward, "Matusi.")
    stage.do(actions.take, reference, ward)
    assert stage.case(reference).proposed_by_id is None


def test_two_posts_are_still_one_officer(stage: Stage) -> None:
    both, reference = stage.officer(), stage.file(quiet=True)
    with stage.transaction() as session:
        give_post(session, session.merge(both), Role.SUB_COUNTY, sub_county_code=LURAMBI)
    with stage.transaction() as session:
        both = session.get_one(Officer, both.id)
    assert len(both.posts) == 2
    stage.do(doubting.propose, reference, both, "Matusi.")
    with pytest.raises(Refused, match="yourself"):
        stage.do(doubting.agree, reference, both)


def test_the_reason_of_a_confidential_one_is_sealed_and_another_ombudsman_agrees(stage: Stage) -> None:
    first, second = stage.officer(Role.OMBUDSMAN), stage.officer(Role.OMBUDSMAN)
    reference = stage.file(category="STAFF", quiet=True)
    stage.do(doubting.propose, reference, first, "Hakuna jambo.")
    proposed = stage.events(reference)[-1]
    assert (proposed.words, proposed.words_sealed is None) == (None, False)
    assert (new(stage, first), new(stage, second)) == ([], [reference])
    stage.do(doubting.agree, reference, second)
    assert stage.case(reference).ending is Ending.NOT_A_REPORT
