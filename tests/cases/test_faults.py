"""What is wrong with how the county is set up, for the county administrator's page."""

from __future__ import annotations

import pytest

from gateway.cases import faults
from gateway.cases.faults import Fault, FaultKind
from gateway.people.models import Officer, Role
from tests.cases.stage import LURAMBI, SHIRERE, Stage


def found(stage: Stage, *, demo: bool = True) -> list[Fault]:
    with stage.transaction() as session:
        return faults.find(session, stage.office, stage.now, demo=demo)


def seats(stage: Stage, kind: FaultKind = FaultKind.VACANT) -> set[tuple[Role, object]]:
    return {(fault.role, fault.code) for fault in found(stage) if fault.kind is kind}


def test_without_anybody_every_seat_is_vacant_but_the_ombudsmans_department(stage: Stage) -> None:
    county = stage.office.county
    vacant = seats(stage)
    alone = {(role, None) for role in (Role.COUNTY_SECRETARY, Role.OMBUDSMAN, Role.HOTLINE)}
    assert alone < vacant
    assert {(Role.WARD, ward.code) for ward in county.wards} < vacant
    assert {(Role.SUB_COUNTY, one.code) for one in county.sub_counties} < vacant
    assert {(Role.DEPARTMENT, "water"), (Role.CHIEF_OFFICER, "water")} < vacant
    assert (Role.DEPARTMENT, "ombudsman") not in vacant
    assert found(stage)[0] == Fault(FaultKind.VACANT, Role.COUNTY_SECRETARY)


@pytest.mark.parametrize(
    ("role", "code"),
    [
        (Role.WARD, SHIRERE), (Role.SUB_COUNTY, LURAMBI), (Role.DEPARTMENT, "water"), (Role.CHIEF_OFFICER, "water"),
        (Role.COUNTY_SECRETARY, None), (Role.OMBUDSMAN, None), (Role.HOTLINE, None),
    ],
)  # fmt: skip
def test_a_seat_that_somebody_holds_is_no_fault_and_her_leave_is(stage: Stage, role: Role, code: object) -> None:
    officer = stage.officer(role)
    assert (role, code) not in seats(stage)
    leave(stage, officer)
    assert (role, code) not in seats(stage)
    assert seats(stage, FaultKind.AWAY) == {(role, code)}
    deputy = stage.officer(role)
    assert seats(stage, FaultKind.AWAY) == set()
    assert deputy.id != officer.id


def leave(stage: Stage, officer: Officer) -> None:
    stage.set(
        "INSERT INTO absence (officer_id, first_day, last_day, made_by) VALUES (:id, :day, :day, :id)",
        id=officer.id, day=stage.now.date(),
    )  # fmt: skip


def test_who_has_left_or_lost_her_post_holds_nothing(stage: Stage) -> None:
    rose, mary = stage.officer(Role.WARD), stage.officer(Role.WARD)
    stage.set("UPDATE officer SET active = false WHERE id = :id", id=rose.id)
    assert (Role.WARD, SHIRERE) not in seats(stage)
    stage.set("UPDATE post SET ends_at = :now WHERE officer_id = :id", now=stage.now, id=mary.id)
    assert (Role.WARD, SHIRERE) in seats(stage)


def test_a_ward_that_does_not_take_part_needs_nobody(stage: Stage) -> None:
    stage.set("INSERT INTO ward_cover (ward_code, state, why) VALUES (:ward, 'desk', 'set')", ward=SHIRERE)
    assert (Role.WARD, SHIRERE) not in seats(stage)


def test_a_silent_ward_is_one(stage: Stage) -> None:
    stage.officer(Role.WARD)
    stage.set("INSERT INTO ward_cover (ward_code, state, why) VALUES (:ward, 'covered', 'silent')", ward=SHIRERE)
    assert seats(stage, FaultKind.SILENT) == {(Role.WARD, SHIRERE)}


def test_who_is_above_the_ward_and_has_no_authenticator_is_told_once_outside_a_demo(stage: Stage) -> None:
    stage.officer(Role.WARD)
    above, safe = stage.officer(Role.SUB_COUNTY), stage.officer(Role.OMBUDSMAN)
    stage.set(
        "INSERT INTO post (officer_id, role, starts_at) SELECT :id, 'county_secretary', now() - interval '1 hour'",
        id=above.id,
    )
    stage.set("UPDATE officer SET totp_sealed = 'x' WHERE id = :id", id=safe.id)
    without = [fault for fault in found(stage, demo=False) if fault.kind is FaultKind.NO_TOTP]
    assert without == [Fault(FaultKind.NO_TOTP, Role.SUB_COUNTY, LURAMBI, above.id, "Rose")]
    assert [fault for fault in found(stage) if fault.kind is FaultKind.NO_TOTP] == []


@pytest.mark.parametrize(
    ("role", "jurisdiction"),
    [
        (Role.WARD, {"ward_code": 9999}), (Role.SUB_COUNTY, {"sub_county_code": 999}),
        (Role.CHIEF_OFFICER, {"department": "railways"}),
    ],
)  # fmt: skip
def test_a_post_of_a_place_that_the_county_does_not_have_is_one(
    stage: Stage, role: Role, jurisdiction: dict[str, object]
) -> None:
    officer = stage.officer(role, **jurisdiction)
    [code] = jurisdiction.values()
    assert [fault for fault in found(stage) if fault.kind is FaultKind.UNKNOWN_PLACE] == [
        Fault(FaultKind.UNKNOWN_PLACE, role, code, officer.id, "Rose")  # type: ignore[arg-type]
    ]


def test_no_fault_tells_of_a_case(stage: Stage) -> None:
    before = found(stage)
    stage.file(category="CORRUPT")
    stage.file(category="CORRUPT", phone=None)
    assert found(stage) == before
