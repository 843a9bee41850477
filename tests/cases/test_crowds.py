"""Where a new case goes besides its ward: many of one phone, wards that do not take part yet, trainers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from gateway.cases import actions, drafts, linking, residents_own
from gateway.cases import desks as desks_of
from gateway.cases.actions import Refused
from gateway.cases.models import Case, Desk, Draft, Ending, Kind, Status
from gateway.db import officer_session
from gateway.people.models import Officer, Resident, Role
from gateway.triage import queue
from gateway.triage.filters import Filters, Tab
from tests.cases.begun import begin
from tests.cases.linked import two
from tests.cases.stage import SHEYWE, SHIRERE, WANJIKU, Stage
from tests.cases.test_splitting import added, split


def listed(stage: Stage, officer: Officer, tab: Tab) -> list[str]:
    with officer_session(stage.engine, officer) as session:
        return [case.reference for case in queue.read(session, officer, Filters(show=tab), 1, stage.now).cases]


def counts(stage: Stage, officer: Officer) -> dict[str, int]:
    with officer_session(stage.engine, officer) as session:
        found = queue.read(session, officer, Filters(show=Tab.TODO), 1, stage.now).counts
    return {tab.value: count for tab, count in found.items() if count}


def desks(stage: Stage, count: int, **given: object) -> list[str]:
    return [stage.case(stage.file(quiet=True, **given)).desk.value for _ in range(count)]


# Many of one phone


def test_the_fourth_case_of_a_phone_on_one_day_waits_at_the_county_desk(stage: Stage) -> None:
    assert desks(stage, 5) == ["ward", "ward", "ward", "county", "county"]
    stage.later(days=1)
    assert desks(stage, 1) == ["ward"]


def test_the_day_is_that_of_nairobi(stage: Stage) -> None:
    stage.now = stage.now.replace(hour=20, minute=59)  # 23:59
    assert desks(stage, 3) == ["ward"] * 3
    stage.later(minutes=2)
    assert desks(stage, 1) == ["ward"]


def test_each_phone_has_its_own_count_and_reports_without_a_number_none(stage: Stage) -> None:
    assert desks(stage, 4) == ["ward", "ward", "ward", "county"]
    assert desks(stage, 1, phone=stage.phone()) == ["ward"]
    assert desks(stage, 5, anonymous=True, phone=None) == ["ward"] * 5
    assert desks(stage, 5, anonymous=True, phone=stage.phone()) == ["ward"] * 5


def test_who_hides_her_number_after_three_reports_of_the_day_does_not_get_round_the_county_desk(stage: Stage) -> None:
    desks(stage, 3)
    reference = stage.file(anonymous=True)
    case = stage.case(reference)
    assert (case.desk, case.resident_id) == (Desk.COUNTY, None)
    stage.later(days=1)
    assert desks(stage, 5, anonymous=True) == ["ward"] * 5


def test_a_hidden_number_is_asked_for_and_never_written(stage: Stage) -> None:
    practise(stage)
    before = stage.count(Resident)
    stage.file(anonymous=True, phone=stage.phone())
    stage.file(anonymous=True)
    assert stage.count(Resident) == before
    hashed = stage.office.vault.phone_hash(WANJIKU)
    with stage.engine.connect() as connection:
        for table in ("cases", "case_event", "intake", "message", "draft"):
            rows = connection.execute(text(f"SELECT {table}::text FROM {table}"))
            assert all(hashed.hex() not in str(row) and WANJIKU not in str(row) for row in rows)


def test_what_the_law_gives_a_right_to_is_not_counted_and_not_held_back(stage: Stage) -> None:
    desks(stage, 2)
    for category in ("data_see", "data_correct", "information"):
        stage.file(category=category, quiet=True)
    assert desks(stage, 2) == ["ward", "county"]
    request = stage.case(stage.file(category="data_erase", quiet=True))
    assert (request.kind, request.desk, request.due_at) == (Kind.REQUEST, Desk.COUNTY, stage.now + timedelta(days=14))


def test_danger_is_never_held_back(stage: Stage) -> None:
    desks(stage, 3)
    assert desks(stage, 1, category="DISASTER") == ["ward"]


def test_what_waits_there_keeps_its_ward_and_its_promise_and_is_routed_on(stage: Stage) -> None:
    desks(stage, 3)
    reference = stage.file()
    case, hotline, ward = stage.case(reference), stage.officer(Role.HOTLINE), stage.officer()
    assert (case.ward_code, case.due_at, case.next_step_at) == (SHIRERE, case.due_at, case.due_at)
    assert listed(stage, hotline, Tab.NEW) == [reference]
    assert reference not in listed(stage, ward, Tab.NEW)
    stage.do(actions.route, reference, hotline, SHIRERE)
    assert reference in listed(stage, ward, Tab.NEW)
    assert stage.case(reference).due_at == case.due_at


def test_she_is_told_the_same_as_always(stage: Stage) -> None:
    desks(stage, 3)
    reference = stage.file()
    assert stage.letters(reference) == [("received", "queued")]


def test_counting_a_phone_uses_an_index(stage: Stage) -> None:
    with stage.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO resident (phone_hash, phone_sealed, phone_mask, language)"
                " SELECT CAST(n AS text)::bytea, 'x', 'x', 'sw' FROM generate_series(1, 20000) AS n;"
                "INSERT INTO cases (reference, kind, channel, category, sensitive, desk, language, resident_id)"
                " SELECT lpad(n::text, 8, '0'), 'grievance', 'sms', 'WATER', false, 'ward', 'sw', n"
                " FROM generate_series(1, 20000) AS n; ANALYZE resident; ANALYZE cases"
            )
        )
        plan = connection.scalars(
            text(
                "EXPLAIN SELECT count(*) FROM cases JOIN resident ON resident.id = cases.resident_id"
                " WHERE resident.phone_hash = CAST(:hash AS bytea) AND cases.received_at >= now()"
            ),
            {"hash": stage.office.vault.phone_hash(WANJIKU)},
        )
        assert "Seq Scan" not in "\n".join(plan)


# Wards that do not take part yet


def test_a_ward_at_the_desk_has_its_new_cases_there(stage: Stage) -> None:
    stage.set("INSERT INTO ward_cover (ward_code, state, why) VALUES (:ward, 'desk', 'set')", ward=SHIRERE)
    assert desks(stage, 1) == ["county"]
    assert desks(stage, 1, ward_code=SHEYWE) == ["ward"]
    assert desks(stage, 1, category="STAFF") == ["confidential"]
    assert desks(stage, 1, category="DISASTER") == ["county"]


@pytest.fixture
def sheywe_at_desk(stage: Stage) -> None:
    stage.set("INSERT INTO ward_cover (ward_code, state, why) VALUES (:ward, 'desk', 'set')", ward=SHEYWE)


@pytest.mark.usefixtures("sheywe_at_desk")
def test_what_is_sent_to_a_ward_at_the_desk_lands_there(stage: Stage) -> None:
    reference, hotline = stage.file(quiet=True), stage.officer(Role.HOTLINE)
    stage.do(actions.route, reference, stage.officer(), SHEYWE)
    case = stage.case(reference)
    assert (case.ward_code, case.desk, case.status) == (SHEYWE, Desk.COUNTY, Status.NEW)
    assert [event.turn for event in stage.events(reference)] == [f"ward:{SHIRERE}", "county"]
    assert listed(stage, hotline, Tab.NEW) == [reference]
    with pytest.raises(Refused, match="The county desk works for this ward"):
        stage.do(actions.route, reference, hotline, SHEYWE)


@pytest.mark.usefixtures("sheywe_at_desk")
def test_what_she_says_is_in_a_ward_at_the_desk_lands_there(stage: Stage) -> None:
    named, amended = stage.file(quiet=True, ward_code=None), stage.file(quiet=True)
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(named).id)
        ward = stage.office.county.ward(SHEYWE)
        assert ward is not None
        residents_own.name_ward(session, stage.office, case, ward, stage.now)
        case = session.get_one(Case, stage.case(amended).id)
        residents_own.amend(session, stage.office, case, {"ward": str(SHEYWE)}, stage.now)
    assert [(case.ward_code, case.desk) for case in map(stage.case, (named, amended))] == [(SHEYWE, Desk.COUNTY)] * 2


@pytest.mark.usefixtures("sheywe_at_desk")
def test_what_is_parted_released_or_comes_back_to_a_ward_at_the_desk_lands_there(stage: Stage) -> None:
    hotline, ombudsman = stage.officer(Role.HOTLINE), stage.officer(Role.OMBUDSMAN)
    hidden = stage.file(category="STAFF", words="Karani ana jeuri", ward_code=SHEYWE, phone=stage.phone())
    stage.do(actions.release, hidden, ombudsman, "Si kuhusu mtu.")
    older, newer = two(stage, older={"ward_code": SHEYWE}, ward_code=SHEYWE)
    stage.do(linking.join, newer, hotline)
    stage.set("UPDATE cases SET desk = 'ward' WHERE reference = :one", one=newer)
    sheywe = stage.officer(ward_code=SHEYWE)
    stage.do(linking.part, newer, sheywe)
    stage.do(actions.refer, older, hotline, "Ni yao.", body="KeNHA")
    stage.do(actions.end, older, sheywe, Ending.FIXED, "Walitengeneza.")
    with stage.transaction() as session:
        desks_of.hand_back(session, session.get_one(Case, stage.case(older).id), stage.now)
    assert {stage.case(one).desk for one in (hidden, newer, older)} == {Desk.COUNTY}


def test_a_covered_ward_keeps_its_cases_and_the_sub_county_works_on_them(stage: Stage) -> None:
    ward, above = stage.officer(), stage.officer(Role.SUB_COUNTY)
    reference = stage.file()
    assert listed(stage, above, Tab.NEW) == []
    stage.set("INSERT INTO ward_cover (ward_code, state, why) VALUES (:ward, 'covered', 'leave')", ward=SHIRERE)
    assert desks(stage, 1) == ["ward"]
    assert reference in listed(stage, above, Tab.NEW)
    assert reference in listed(stage, ward, Tab.NEW)


# Practice


def practise(stage: Stage) -> str:
    trainer = stage.officer(Role.COUNTY)
    stage.set(
        "INSERT INTO trainer (phone_hash, phone_mask, name, added_by) VALUES (:hash, 'x', 'Rose', :by)",
        hash=stage.office.vault.phone_hash(WANJIKU), by=trainer.id,
    )  # fmt: skip
    return stage.file()


def test_a_trainers_case_stands_under_practice_and_in_no_other_list(stage: Stage) -> None:
    reference, ward = practise(stage), stage.officer()
    assert stage.case(reference).practice
    assert listed(stage, ward, Tab.PRACTICE) == [reference]
    assert counts(stage, ward) == {"practice": 1}
    assert stage.letters(reference) == [("received", "queued")]


def test_practice_is_never_late_and_never_goes_up(stage: Stage) -> None:
    reference, ward = practise(stage), stage.officer()
    stage.later(days=60)
    stage.sweep()
    case: Case = stage.case(reference)
    assert (case.status, case.raised_to, case.next_step_at) == (Status.NEW, None, None)
    assert not queue.is_late(case, stage.now)
    assert listed(stage, ward, Tab.LATE) == []
    stage.do(actions.take, reference, ward)
    assert stage.case(reference).desk is Desk.WARD


def test_an_ordinary_phone_does_not_practise(stage: Stage) -> None:
    practise(stage)
    assert not stage.case(stage.file(phone=stage.phone())).practice
    assert not stage.case(stage.file(phone=stage.phone(), anonymous=True)).practice


def test_a_trainer_who_hides_her_number_practises(stage: Stage) -> None:
    practise(stage)
    case = stage.case(stage.file(anonymous=True))
    assert (case.practice, case.resident_id, case.next_step_at) == (True, None, None)


def test_what_is_split_off_a_practice_case_is_practice(stage: Stage) -> None:
    reference = practise(stage)
    incoming = added(stage, reference, "Pia barabara ya kwenda shule imeharibika")
    stage.set("DELETE FROM trainer")
    assert stage.case(split(stage, reference, stage.officer(), incoming)).practice


def test_a_draft_of_a_trainer_is_practice(stage: Stage) -> None:
    practise(stage)
    begin(stage)
    with stage.transaction() as session:
        draft = session.scalars(select(Draft)).one()
        filed = drafts.file_draft(session, stage.office, draft, stage.now, incomplete=True)
    assert stage.case(filed.reference).practice
