"""Whom a confidential case is about does not see it: who is named in it, and the ombudsman where it is her office."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import actions, conflicts, inbound, quarantine, residents_own, timing
from gateway.cases.actions import Refused
from gateway.cases.events import words_of
from gateway.cases.models import Case, CaseConflict, Channel, Desk, Status
from gateway.cases.visibility import call_backs_visible_to, visible_to
from gateway.db import as_owner, officer_session
from gateway.people.models import Audit, Officer, Role
from gateway.people.officers import give_post
from tests.cases.stage import AMINA, MONDAY, SHEYWE, Stage

SECRET = "Karani alitaka pesa"


@pytest.fixture
def ombudsman(stage: Stage) -> Officer:
    return stage.officer(Role.OMBUDSMAN)


@pytest.fixture
def secretary(stage: Stage) -> Officer:
    return stage.officer(Role.COUNTY_SECRETARY)


def sees(stage: Stage, officer: Officer, reference: str) -> bool:
    """By the filter as by the bare policies, which agree."""
    with officer_session(stage.engine, officer) as session:
        filtered = session.scalar(visible_to(officer).where(Case.reference == reference))
        bare = session.scalar(select(Case).where(Case.reference == reference))
        assert (filtered is None) == (bare is None)
        return bare is not None


def name(stage: Stage, reference: str, who: Officer, *about: Officer) -> None:
    stage.do(conflicts.name, reference, who, [one.id for one in about])


def release(stage: Stage, reference: str, who: Officer) -> None:
    stage.do(actions.release, reference, who, "Si siri.")


def test_a_released_case_stays_out_of_the_sight_of_whom_it_is_about(stage: Stage, ombudsman: Officer) -> None:
    rose, grace, county = stage.officer(), stage.officer(), stage.officer(Role.SUB_COUNTY)
    reference = stage.file(category="STAFF", words=SECRET)
    name(stage, reference, ombudsman, rose)
    release(stage, reference, ombudsman)
    assert (sees(stage, rose, reference), sees(stage, grace, reference), sees(stage, county, reference)) == (
        False,
        True,
        True,
    )
    assert stage.case(reference).desk is Desk.WARD


def test_where_it_is_about_the_only_officer_of_its_ward_it_is_released_to_the_sub_county(
    stage: Stage, ombudsman: Officer
) -> None:
    rose, above = stage.officer(), stage.officer(Role.SUB_COUNTY)
    first, second = (stage.file(category="STAFF", words=SECRET) for _ in range(2))
    for reference in (first, second):
        name(stage, reference, ombudsman, rose)
    release(stage, first, ombudsman)
    name(stage, second, ombudsman, above)
    release(stage, second, ombudsman)
    assert (stage.case(first).desk, stage.case(second).desk) == (Desk.SUB_COUNTY, Desk.COUNTY)
    assert sees(stage, stage.officer(Role.HOTLINE), second)


def test_no_history_names_whom_it_is_about_and_the_audit_does_for_who_has_the_case(
    stage: Stage, ombudsman: Officer
) -> None:
    rose, reference = stage.officer(), stage.file(category="STAFF", words=SECRET)
    name(stage, reference, ombudsman, rose)
    (event,) = [event for event in stage.events(reference) if event.name == "conflict_named"]
    assert (event.officer_id, event.data, event.words, event.words_sealed) == (ombudsman.id, {"number": 1}, None, None)
    line = select(Audit).where(Audit.name == "conflict_named")
    with officer_session(stage.engine, ombudsman) as session:
        (seen,) = session.scalars(line).all()
        assert (seen.officer_id, seen.about_id, seen.confidential) == (ombudsman.id, rose.id, True)
    for other in (rose, stage.officer(Role.COUNTY), stage.officer(Role.AUDITOR), stage.officer(Role.COUNTY_SECRETARY)):
        with officer_session(stage.engine, other) as session:
            assert session.scalars(line.with_only_columns(Audit.id)).all() == [], other.roles


def test_naming_twice_is_once_and_who_is_lifted_sees_it_again_when_it_is_released(
    stage: Stage, ombudsman: Officer
) -> None:
    rose, reference = stage.officer(), stage.file(category="STAFF", words=SECRET)
    name(stage, reference, ombudsman, rose)
    name(stage, reference, ombudsman, rose)
    assert (stage.count(CaseConflict), stage.history(reference)) == (1, ["filed", "conflict_named"])
    stage.do(conflicts.lift, reference, ombudsman, [rose.id])
    stage.do(conflicts.lift, reference, ombudsman, [rose.id])
    release(stage, reference, ombudsman)
    assert sees(stage, rose, reference)
    assert stage.history(reference)[1:] == ["conflict_named", "conflict_lifted", "released"]


def test_a_case_that_whom_it_is_about_has_taken_is_nobodys(stage: Stage, ombudsman: Officer) -> None:
    colleague, reference = stage.officer(Role.OMBUDSMAN), stage.file(category="STAFF", words=SECRET)
    stage.do(actions.take, reference, colleague)
    name(stage, reference, ombudsman, colleague)
    case = stage.case(reference)
    assert (case.assignee_id, case.status, case.desk) == (None, Status.NEW, Desk.CONFIDENTIAL)
    assert stage.events(reference)[-1].turn == "confidential"
    with stage.transaction() as session:
        assert timing.check(session, stage.office, case) == []
    assert (sees(stage, colleague, reference), sees(stage, ombudsman, reference)) == (False, True)


def test_who_has_left_can_be_named_and_sees_nothing_of_it_when_she_comes_back(stage: Stage, ombudsman: Officer) -> None:
    rose, reference = stage.officer(), stage.file(category="STAFF", words=SECRET)
    stage.set("UPDATE officer SET active = false, left_at = now() WHERE id = :id", id=rose.id)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        assert rose.id in [one.id for one in conflicts.nameable(session, case, ombudsman)]
    name(stage, reference, ombudsman, rose)
    release(stage, reference, ombudsman)
    stage.set("UPDATE officer SET active = true, left_at = NULL WHERE id = :id", id=rose.id)
    assert not sees(stage, rose, reference)


def test_who_is_named_in_a_case_is_named_in_what_was_joined_to_it_and_not_the_other_way_round(
    stage: Stage, ombudsman: Officer
) -> None:
    rose = stage.officer()
    older, newer = (stage.file(category="STAFF", words=SECRET) for _ in range(2))
    stage.set(
        "UPDATE cases SET joined_id = :older, status = 'closed', closed_at = now() WHERE reference = :newer",
        older=stage.case(older).id, newer=newer,
    )  # fmt: skip
    for act in (conflicts.name, conflicts.lift):
        with pytest.raises(Refused, match="joined to another"):
            stage.do(act, newer, ombudsman, [rose.id])
    assert stage.count(CaseConflict) == 0
    name(stage, older, ombudsman, rose)
    assert stage.count(CaseConflict) == 2
    assert stage.case(newer).status is Status.CLOSED


@pytest.mark.parametrize("given", ["herself", "nobody", "unknown", "open", "not hers"])
def test_only_who_has_a_confidential_case_names_others_whom_there_are(
    stage: Stage, ombudsman: Officer, secretary: Officer, given: str
) -> None:
    rose = stage.officer()
    reference = stage.file(**({} if given == "open" else {"category": "STAFF", "words": SECRET}))
    who = {"open": rose, "not hers": secretary}.get(given, ombudsman)
    ids = {"herself": [ombudsman.id], "nobody": [], "unknown": [rose.id, 999_999]}.get(given, [ombudsman.id])
    with Session(stage.engine) as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        with pytest.raises(Refused):
            conflicts.name(session, stage.office, case, who, ids, MONDAY)
    assert stage.count(CaseConflict) == 0


# About the ombudsman's own office


ABOUT = "Afisa wa ombudsman alitaka hongo nikiandikisha malalamiko"


@pytest.mark.parametrize(
    "given",
    [
        {"category": "STAFF", "problem": "OMBUDSMAN"},
        {"category": "STAFF", "words": "Wanatukana watu pale ofisi ya Ombudsman"},
        {"category": "WATER", "words": ABOUT},
        {"category": "CORRUPT", "words": "Ombudsperson wa kaunti alichukua pesa"},
        {"category": "STAFF", "landmark": "ofisi ya ombudsman"},
        {"category": "OTHER", "words": "ombudsman alinitukana", "channel": Channel.SMS},
    ],
)
def test_what_is_about_the_ombudsmans_office_is_with_the_county_secretary_from_the_start(
    stage: Stage, ombudsman: Officer, secretary: Officer, given: dict[str, Any]
) -> None:
    reference = stage.file(**given)
    case = stage.case(reference)
    assert (case.sensitive, case.about_ombudsman, case.desk) == (True, True, Desk.COUNTY_SECRETARY)
    assert (sees(stage, ombudsman, reference), sees(stage, secretary, reference)) == (False, True)
    assert not any(sees(stage, stage.officer(role), reference) for role in (Role.WARD, Role.HOTLINE, Role.SUB_COUNTY))


@pytest.mark.parametrize(
    "words",
    [
        SECRET,
        "Mpendwa ombudsman, karani alitaka hongo",
        "UJUMBE KWA OMBUDSMAN: karani alitaka hongo",
        "Naomba ombudsman anisaidie, muuguzi anatukana",
        "National ombudsman said to write to you, the clerk wants a bribe",
    ],
)
def test_who_only_speaks_to_the_ombudsman_is_heard_by_her(stage: Stage, words: str) -> None:
    case = stage.case(stage.file(category="CORRUPT", words=words))
    assert (case.sensitive, case.about_ombudsman, case.desk) == (True, False, Desk.CONFIDENTIAL)


def test_what_is_not_confidential_is_no_business_of_the_secretary(stage: Stage) -> None:
    case = stage.case(stage.file(words="Hakuna maji karibu na ofisi ya ombudsman"))
    assert (case.sensitive, case.about_ombudsman, case.desk) == (False, False, Desk.WARD)


def test_words_that_are_added_later_take_it_from_the_ombudsman(stage: Stage, ombudsman: Officer) -> None:
    hidden, open_one = stage.file(category="STAFF", words=SECRET), stage.file()
    stage.do(actions.take, hidden, ombudsman)
    for reference in (hidden, open_one):
        with stage.transaction() as session:
            case = session.scalars(select(Case).where(Case.reference == reference)).one()
            residents_own.add_words(session, stage.office, case, ABOUT, stage.later(minutes=1), Channel.USSD)
        case = stage.case(reference)
        assert (case.about_ombudsman, case.desk, case.status) == (True, Desk.COUNTY_SECRETARY, Status.NEW)
        assert case.assignee_id is None
        assert ABOUT in words_of(stage.office.vault, case)
        assert "about_ombudsman" in stage.history(reference)
        assert not sees(stage, ombudsman, reference)


def test_the_ombudsman_sends_it_past_herself_and_the_secretary_may_send_it_back(
    stage: Stage, ombudsman: Officer, secretary: Officer
) -> None:
    reference = stage.file(category="STAFF", words=SECRET)
    stage.do(actions.take, reference, ombudsman)
    stage.do(conflicts.send_to_secretary, reference, ombudsman, "Ni mfanyakazi wangu.")
    case = stage.case(reference)
    assert (case.desk, case.status, case.assignee_id) == (Desk.COUNTY_SECRETARY, Status.NEW, None)
    assert (sees(stage, ombudsman, reference), sees(stage, secretary, reference)) == (False, True)
    with pytest.raises(Refused, match="Give the reason"):
        stage.do(conflicts.send_to_ombudsman, reference, secretary, " ")
    stage.do(conflicts.send_to_ombudsman, reference, secretary, "Si ofisi yake.")
    assert stage.case(reference).desk is Desk.CONFIDENTIAL
    assert (sees(stage, ombudsman, reference), sees(stage, secretary, reference)) == (True, False)
    reasons = [words_of(stage.office.vault, event) for event in stage.events(reference) if event.words_sealed]
    assert reasons == ["Ni mfanyakazi wangu.", "Si ofisi yake."]


def test_an_ombudsman_who_stands_in_for_the_secretary_does_not_see_what_is_about_her_office(
    stage: Stage, ombudsman: Officer
) -> None:
    with stage.transaction() as session:
        give_post(session, session.merge(ombudsman), Role.COUNTY_SECRETARY)
    with stage.transaction() as session:
        both = session.get_one(Officer, ombudsman.id)
    assert both.roles == {Role.OMBUDSMAN, Role.COUNTY_SECRETARY}
    assert not sees(stage, both, stage.file(category="STAFF", problem="OMBUDSMAN"))
    assert sees(stage, both, stage.file(category="STAFF", words=SECRET, phone=AMINA))


def test_call_backs_and_texts_set_aside_about_her_office_are_the_secretarys(
    stage: Stage, ombudsman: Officer, secretary: Officer
) -> None:
    stage.file(category="STAFF", problem="OMBUDSMAN", hour="any")
    with stage.transaction() as session:
        inbound.store(session, stage.office, "sms-odd", AMINA, ABOUT, odd=quarantine.NO_TELEPHONE)
    for officer, number in ((ombudsman, 0), (secretary, 1), (stage.officer(Role.HOTLINE), 0)):
        with officer_session(stage.engine, officer) as session:
            assert len(session.scalars(call_backs_visible_to(officer)).all()) == number
            texts = quarantine.read(session, stage.office.vault, officer, 1).texts
            assert [one.words for one in texts] == [ABOUT] * number


def test_a_case_in_a_ward_of_its_own_is_not_moved_for_a_conflict_elsewhere(stage: Stage, ombudsman: Officer) -> None:
    stage.officer()
    elsewhere, reference = stage.officer(ward_code=SHEYWE), stage.file(category="STAFF", words=SECRET)
    name(stage, reference, ombudsman, elsewhere)
    release(stage, reference, ombudsman)
    assert stage.case(reference).desk is Desk.WARD


def test_what_is_about_her_office_is_not_released(stage: Stage, secretary: Officer) -> None:
    reference = stage.file(category="STAFF", problem="OMBUDSMAN")
    with pytest.raises(Refused):
        stage.do(actions.release, reference, secretary, "Si siri.")
    with officer_session(stage.engine, secretary) as session, as_owner(session):
        assert session.scalars(select(Case.sensitive)).one()
