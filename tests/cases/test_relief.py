"""What is in hand goes to the deputy when leave begins, comes back after it, and is new again where nobody has it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from config.settings import Settings
from config.zone import NAIROBI
from gateway.cases import actions, relief, timing
from gateway.cases.clock import local_day
from gateway.cases.models import Case, CaseConflict, Desk, Ending, Status
from gateway.people.leave import Plan
from gateway.people.models import Absence, Officer, Role
from tests.cases.stage import LURAMBI, SHEYWE, Stage

DAY = timedelta(days=1)


@pytest.fixture
def stage(settings: Settings, db: Engine, redis_url: str) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


def taken(stage: Stage, who: Officer, **given: object) -> str:
    reference = stage.file(phone=stage.phone(), **given)
    with stage.transaction() as session:
        as_now = session.get_one(Officer, who.id)  # with the posts that she was lent
    stage.do(actions.take, reference, as_now)
    return reference


def go(stage: Stage, who: Officer, deputy: Officer | None = None, first: int = 0, last: int = 6) -> Absence:
    today = local_day(stage.now)
    plan = Plan(today + first * DAY, today + last * DAY, deputy.id if deputy else None)
    with stage.transaction() as session:
        return relief.go_on_leave(session, stage.office, who, plan, who, stage.now)


def back(stage: Stage, who: Officer, absence: Absence) -> None:
    with stage.transaction() as session:
        relief.end_leave(session, stage.office, session.get_one(Absence, absence.id), who, stage.now)


def settle(stage: Stage) -> int:
    with stage.transaction() as session:
        return relief.settle_leaves(session, stage.office, stage.now)


def in_hand(stage: Stage, reference: str) -> tuple[Status, int | None]:
    case = stage.case(reference)
    return case.status, case.assignee_id


def last_line(stage: Stage, reference: str) -> tuple[str, int | None, dict[str, object]]:
    event = stage.events(reference)[-1]
    return event.name, event.officer_id, event.data


def check_clock(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        assert timing.check(session, stage.office, case) == []


def test_the_deputy_has_the_cases_at_once_and_gives_them_back(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(ward_code=SHEYWE)
    reference, untouched = taken(stage, rose), stage.file()
    due = stage.case(reference).due_at
    absence = go(stage, rose, deputy)
    assert in_hand(stage, reference) == (Status.TAKEN, deputy.id)
    assert last_line(stage, reference) == ("handed_over", rose.id, {"from": rose.id, "to": deputy.id, "why": "leave"})
    assert stage.history(untouched) == ["filed"]
    own = taken(stage, deputy)
    back(stage, rose, absence)
    assert in_hand(stage, reference) == (Status.TAKEN, rose.id)
    assert in_hand(stage, own) == (Status.TAKEN, rose.id), "what she took in her place is not hers to see any more"
    assert stage.case(reference).due_at == due
    check_clock(stage, reference)


def test_without_a_deputy_they_are_new_at_their_desk(stage: Stage) -> None:
    rose = stage.officer()
    reference = taken(stage, rose)
    since = stage.case(reference).desk_since
    go(stage, rose)
    case = stage.case(reference)
    assert (case.status, case.assignee_id, case.desk, case.desk_since) == (Status.NEW, None, Desk.WARD, since)
    assert last_line(stage, reference) == ("handed_over", rose.id, {"from": rose.id, "why": "leave"})
    check_clock(stage, reference)


def test_what_waits_for_the_resident_goes_on_waiting(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(ward_code=SHEYWE)
    reference = stage.file()
    stage.do(actions.write, reference, rose, "Ni wapi hasa?", wait=True)
    absence = go(stage, rose, deputy)
    assert in_hand(stage, reference) == (Status.WAITING, deputy.id)
    back(stage, rose, absence)
    assert in_hand(stage, reference) == (Status.WAITING, rose.id)
    go(stage, rose)
    assert in_hand(stage, reference) == (Status.WAITING, None)
    check_clock(stage, reference)


def test_a_case_about_the_deputy_goes_to_nobody(stage: Stage) -> None:
    rose, deputy, county = stage.officer(), stage.officer(ward_code=SHEYWE), stage.officer(Role.COUNTY)
    about, other = taken(stage, rose), taken(stage, rose)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == about)).one()
        session.add(CaseConflict(case_id=case.id, officer_id=deputy.id, named_by=county.id))
    go(stage, rose, deputy)
    assert in_hand(stage, about) == (Status.NEW, None)
    assert in_hand(stage, other) == (Status.TAKEN, deputy.id)
    assert last_line(stage, about)[2] == {"from": rose.id, "why": "leave"}


def test_leave_that_begins_later_hands_over_on_its_day_and_comes_back_after_it_once(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(Role.SUB_COUNTY, sub_county_code=LURAMBI)
    reference = taken(stage, rose)
    go(stage, rose, deputy, first=2, last=3)
    assert in_hand(stage, reference) == (Status.TAKEN, rose.id)
    assert settle(stage) == 0
    stage.now = datetime.combine(local_day(stage.now) + 2 * DAY, datetime.min.time(), NAIROBI)
    assert (settle(stage), settle(stage)) == (1, 0)
    assert in_hand(stage, reference) == (Status.TAKEN, deputy.id)
    stage.later(days=2)
    assert (settle(stage), settle(stage)) == (1, 0)
    assert in_hand(stage, reference) == (Status.TAKEN, rose.id)
    assert stage.history(reference) == ["filed", "taken", "handed_over", "handed_over"]
    assert last_line(stage, reference)[1] == rose.id, "who arranged it"


def test_after_days_of_downtime_leave_that_is_over_hands_nothing_over(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(ward_code=SHEYWE)
    reference = taken(stage, rose)
    go(stage, rose, deputy, first=1, last=2)
    stage.later(days=9)
    assert (settle(stage), settle(stage)) == (1, 0)
    assert stage.history(reference) == ["filed", "taken"]


def test_two_sweepers_hand_over_once(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(Role.SUB_COUNTY, sub_county_code=LURAMBI)
    references = [taken(stage, rose) for _ in range(5)]
    go(stage, rose, deputy, first=1, last=2)
    stage.later(days=1)
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda _: settle(stage), range(2))) == 1
    for reference in references:
        assert stage.history(reference).count("handed_over") == 1
        assert in_hand(stage, reference) == (Status.TAKEN, deputy.id)


def test_what_a_deputy_has_as_her_own_stays_hers(stage: Stage) -> None:
    rose, deputy = stage.officer(), stage.officer(Role.SUB_COUNTY, sub_county_code=LURAMBI)
    handed, own = taken(stage, rose), taken(stage, deputy)
    absence = go(stage, rose, deputy)
    back(stage, rose, absence)
    assert in_hand(stage, handed) == (Status.TAKEN, rose.id)
    assert in_hand(stage, own) == (Status.TAKEN, deputy.id)


def test_the_end_of_a_post_takes_off_what_she_sees_by_it_alone(stage: Stage) -> None:
    county, rose = stage.officer(Role.COUNTY), stage.officer()
    deputy = stage.officer(ward_code=SHEYWE)
    reference, elsewhere = taken(stage, rose), taken(stage, deputy, ward_code=SHEYWE)
    go(stage, rose, deputy)
    with stage.transaction() as session:
        who = session.get_one(Officer, rose.id)
        relief.end_post(session, stage.office, who, who.posts[0].id, county, stage.now)
    assert in_hand(stage, reference) == (Status.NEW, None), "the deputy's post ended with it"
    assert in_hand(stage, elsewhere) == (Status.TAKEN, deputy.id)
    assert last_line(stage, reference) == ("handed_over", county.id, {"from": deputy.id, "why": "gone"})


def test_all_that_she_has_in_hand_is_new_again_when_she_leaves(stage: Stage) -> None:
    county, ombudsman = stage.officer(Role.COUNTY), stage.officer(Role.OMBUDSMAN)
    reference = taken(stage, ombudsman, category="STAFF", words="Karani alitaka pesa")
    ended = stage.file()
    rose = stage.officer()
    stage.do(actions.end, ended, rose, Ending.FIXED, "Imetengenezwa")
    for who in (ombudsman, rose):
        with stage.transaction() as session:
            relief.leave_service(session, stage.office, session.get_one(Officer, who.id), county, stage.now)
    case = stage.case(reference)
    assert (case.status, case.assignee_id, case.desk) == (Status.NEW, None, Desk.CONFIDENTIAL)
    assert in_hand(stage, ended) == (Status.RESOLVED, rose.id), "who ended it stands in the history"


def test_a_deputy_who_leaves_hands_on_to_the_desk_and_nothing_comes_back_from_her(stage: Stage) -> None:
    county, rose, deputy = stage.officer(Role.COUNTY), stage.officer(), stage.officer(ward_code=SHEYWE)
    reference = taken(stage, rose)
    absence = go(stage, rose, deputy)
    with stage.transaction() as session:
        relief.leave_service(session, stage.office, session.get_one(Officer, deputy.id), county, stage.now)
    assert in_hand(stage, reference) == (Status.NEW, None)
    back(stage, rose, absence)
    assert in_hand(stage, reference) == (Status.NEW, None)
