"""Officers who report as residents: none confirms the work of her own desk."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.cases import actions, staff
from gateway.cases.models import Confirmation, Ending, Status, Step
from gateway.people.models import Officer, Role
from tests.cases.stage import SHEYWE, WANJIKU, Stage


def with_phone(stage: Stage, role: Role = Role.WARD, phone: str = WANJIKU, **jurisdiction: Any) -> Officer:
    officer = stage.officer(role, **jurisdiction)
    stage.set("UPDATE officer SET phone_hash = :hash WHERE id = :id", hash=stage.office.vault.phone_hash(phone),
              id=officer.id)  # fmt: skip
    return officer


def fixed(stage: Stage, by: Officer | None = None) -> str:
    """A report of Wanjiku's of which an officer says that it is fixed."""
    reference = stage.file(quiet=True)
    stage.do(actions.end, reference, by or stage.officer(), Ending.FIXED, "Imetengenezwa.")
    return reference


@pytest.mark.parametrize("role", [Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.CHIEF_OFFICER])
def test_a_yes_from_the_phone_of_its_own_desk_confirms_nothing(stage: Stage, role: Role) -> None:
    with_phone(stage, role)
    reference = fixed(stage)
    stage.receive("NDIYO")
    case = stage.case(reference)
    assert (case.status, case.confirmation) == (Status.CLOSED, Confirmation.UNCONFIRMED)
    assert stage.history(reference)[-1] == "staff_answer"
    assert all(event.officer_id is None for event in stage.events(reference)[2:])


def test_she_is_answered_as_everybody_is(stage: Stage) -> None:
    fixed(stage)
    stage.receive("NDIYO")
    others = stage.messages()[-1].wording
    with_phone(stage, phone="+254711000077")
    reference = stage.file(quiet=True, phone="+254711000077")
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Imetengenezwa.")
    stage.receive("NDIYO", sender="+254711000077")
    assert stage.messages()[-1].wording == others == "confirmed"


def test_whoever_ended_it_cannot_confirm_it_from_another_ward(stage: Stage) -> None:
    other = with_phone(stage, Role.HOTLINE)
    reference = stage.file(quiet=True, ward_code=None)
    stage.do(actions.end, reference, other, Ending.FIXED, "Imetengenezwa.")
    stage.receive("NDIYO")
    assert stage.case(reference).confirmation is Confirmation.UNCONFIRMED


def test_a_colleague_of_the_county_desk_cannot_confirm_what_the_desk_ended(stage: Stage) -> None:
    with_phone(stage, Role.HOTLINE)
    reference = stage.file(quiet=True, ward_code=None)
    stage.do(actions.end, reference, stage.officer(Role.HOTLINE), Ending.FIXED, "Imetengenezwa.")
    stage.receive("NDIYO")
    assert stage.case(reference).confirmation is Confirmation.UNCONFIRMED


def test_a_second_county_secretary_cannot_confirm_what_was_sent_up_to_the_first(stage: Stage) -> None:
    with_phone(stage, Role.COUNTY_SECRETARY)
    reference, secretary = stage.file(quiet=True), stage.officer(Role.COUNTY_SECRETARY)
    stage.later(days=31)
    stage.sweep()
    assert stage.case(reference).raised_to is Step.COUNTY_SECRETARY
    stage.do(actions.end, reference, secretary, Ending.FIXED, "Imetengenezwa.")
    stage.receive("NDIYO")
    assert stage.case(reference).confirmation is Confirmation.UNCONFIRMED


def test_a_second_ombudsman_is_of_the_desk_of_what_is_confidential(stage: Stage) -> None:
    with_phone(stage, Role.OMBUDSMAN)
    hers, hidden = stage.file(quiet=True), stage.file(category="STAFF", words="Karani ana jeuri")
    stage.do(actions.end, hidden, stage.officer(Role.OMBUDSMAN), Ending.FIXED, "Ameonywa.")
    assert [is_of_its_desk(stage, one) for one in (hidden, hers)] == [True, False]


@pytest.mark.parametrize("role", [Role.HOTLINE, Role.COUNTY_SECRETARY, Role.OMBUDSMAN, Role.COUNTY])
def test_who_works_for_the_whole_county_may_confirm_what_her_desk_never_had(stage: Stage, role: Role) -> None:
    with_phone(stage, role)
    reference = fixed(stage)
    stage.receive("NDIYO")
    assert stage.case(reference).confirmation is Confirmation.CONFIRMED


def is_of_its_desk(stage: Stage, reference: str) -> bool:
    with stage.transaction() as session:
        return staff.is_of_its_desk(session, stage.case(reference))


def test_a_not_yet_counts_whoever_says_it(stage: Stage) -> None:
    with_phone(stage)
    reference = fixed(stage)
    stage.receive("BADO")
    assert stage.case(reference).confirmation is Confirmation.DISPUTED


def test_an_officer_of_another_ward_or_one_who_left_is_a_resident_like_others(stage: Stage) -> None:
    with_phone(stage, ward_code=SHEYWE)
    reference = fixed(stage)
    stage.receive("NDIYO")
    assert stage.case(reference).confirmation is Confirmation.CONFIRMED
    gone = with_phone(stage, phone="+254711000078")
    stage.set("UPDATE officer SET active = false WHERE id = :id", id=gone.id)
    later = stage.file(quiet=True, phone="+254711000078")
    stage.do(actions.end, later, stage.officer(), Ending.FIXED, "Imetengenezwa.")
    stage.receive("NDIYO", sender="+254711000078")
    assert stage.case(later).confirmation is Confirmation.CONFIRMED


def test_a_post_that_ended_after_the_report_came_still_counts(stage: Stage) -> None:
    officer = with_phone(stage)
    reference = fixed(stage)
    stage.set("UPDATE post SET ends_at = :at WHERE officer_id = :id", at=stage.later(hours=1), id=officer.id)
    stage.receive("NDIYO")
    assert stage.case(reference).confirmation is Confirmation.UNCONFIRMED
