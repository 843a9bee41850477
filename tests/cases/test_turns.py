"""Whose turn it is: whatever a resident does, an open case stands before somebody as new, or waits for her."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.cases import actions, residents_own
from gateway.cases.models import Case, Channel, Desk, Ending, Status
from gateway.messages import questions
from gateway.people.models import Role
from tests.cases.stage import PROMISE, SHEYWE, SHIRERE, Stage


def turn(stage: Stage, reference: str) -> tuple[Status, Desk, int | None, bool]:
    """Status, desk, ward, and whether somebody has it in hand."""
    case = stage.case(reference)
    return case.status, case.desk, case.ward_code, case.assignee_id is not None


def test_her_answer_to_an_officer_is_added_to_the_case_that_waits_for_it(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.do(actions.take, reference, officer)
    stage.do(actions.write, reference, officer, "Bomba ni upande gani wa soko?", wait=True)

    incoming = stage.receive("Upande wa kanisa, Sheywe")

    case = stage.case(reference)
    assert incoming.why == "answers an officer"
    assert (incoming.case_id, case.words, case.status) == (case.id, "Upande wa kanisa, Sheywe", Status.TAKEN)


@pytest.mark.parametrize("words", ["5", "ndiyo"])
def test_an_awaited_answer_may_be_a_digit_or_one_word(stage: Stage, words: str) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.do(actions.write, reference, officer, "Kuna watu wangapi?", wait=True)
    stage.receive(words)
    assert stage.case(reference).words == words


def test_a_case_that_the_county_desk_had_taken_is_new_to_the_ward_that_she_names(stage: Stage) -> None:
    incoming = stage.receive("hakuna maji tangu jana")
    with stage.transaction() as session:
        reference = session.get_one(Case, incoming.case_id).reference
    stage.do(actions.take, reference, stage.officer(Role.HOTLINE))

    stage.receive("Shirere")

    assert turn(stage, reference) == (Status.NEW, Desk.WARD, SHIRERE, False)


def test_a_case_whose_ward_she_corrects_is_new_to_the_other_ward(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.do(actions.take, reference, officer)
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id)
        residents_own.amend(session, stage.office, case, {"ward": str(SHEYWE), "category": "WATER"}, stage.now)
    assert turn(stage, reference) == (Status.NEW, Desk.WARD, SHEYWE, False)


@pytest.mark.parametrize("ending", [Ending.CANNOT_NOW, Ending.FIXED])
def test_confidential_words_about_an_ended_case_are_new_to_the_ombudsman(stage: Stage, ending: Ending) -> None:
    reference = stage.file(quiet=True, landmark="nyuma ya nyumba ya mzee Wafula")
    stage.do(actions.end, reference, stage.officer(), ending, "Hakuna bajeti.")

    stage.receive(f"{reference} fundi aliomba hongo elfu moja")

    case = stage.case(reference)
    assert turn(stage, reference) == (Status.NEW, Desk.CONFIDENTIAL, SHIRERE, False)
    assert (case.ending, case.resolved_at, case.reason, case.words, case.landmark) == (None, None, None, None, None)
    assert stage.office.vault.open(case.reason_sealed or b"") == "Hakuna bajeti."
    assert stage.office.vault.open(case.words_sealed or b"").startswith("nyuma ya nyumba ya mzee Wafula\n")


def test_a_dispute_brings_a_case_home_from_another_body(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.do(actions.refer, reference, officer, "Barabara kuu.", body="KeRRA")
    stage.do(actions.end, reference, officer, Ending.FIXED, "Wamemaliza.")

    stage.receive("bado")

    assert turn(stage, reference) == (Status.NEW, Desk.WARD, SHIRERE, False)
    assert (stage.case(reference).confirmation, stage.case(reference).due_at) == ("disputed", PROMISE)


def test_a_plan_whose_date_has_come_is_new_and_promised_for_the_week_after(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.do(actions.refer, reference, officer, "Barabara kuu.", body="KeRRA")
    stage.do(actions.end, reference, officer, Ending.PLANNED, "Bajeti.", planned_for=date(2026, 12, 1))
    stage.later(days=9)
    stage.sweep()
    assert turn(stage, reference) == (Status.NEW, Desk.WARD, SHIRERE, False)
    assert (stage.case(reference).planned_for, stage.case(reference).due_at) == (None, PROMISE + timedelta(days=5))


def test_an_answer_after_the_answer_changes_nothing_and_says_so(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Imefanywa.")
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id)
        question = questions.open_question(session, case.resident_id or 0, stage.now)
    assert question is not None
    stage.receive("bado")
    with stage.transaction() as session:
        case = session.get_one(Case, case.id, with_for_update=True)
        done = residents_own.answer_fixed(
            session, stage.office, case, question.id, fixed=True, now=stage.now, channel=Channel.USSD
        )
    assert not done
    assert (stage.case(reference).status, stage.case(reference).confirmation) == (Status.NEW, "disputed")


def test_a_national_matter_is_recorded_without_a_promise(stage: Stage) -> None:
    reference = stage.file(category="NATIONAL", referral="KPLC")
    case = stage.case(reference)
    assert (case.status, case.desk, case.due_at) == (Status.REFERRED, Desk.OUTSIDE, None)
    assert "Utajibiwa" not in stage.last_text(reference)
    assert "tutafuatilia na shirika husika" in stage.last_text(reference)
