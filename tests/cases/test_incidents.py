"""What an officer publishes of a problem, and the reports of those who say that theirs is the same."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from gateway.cases import actions, carrying, erasing, incidents, residents_own
from gateway.cases.actions import Refused
from gateway.cases.desk_models import Incident
from gateway.cases.filing import Filed, Report
from gateway.cases.models import Case, Channel, Ending, Status
from gateway.people.models import Officer, Role
from tests.cases.begun import begin, kept
from tests.cases.linked import spoken
from tests.cases.merged import faults, merge, several, under, unmerge
from tests.cases.stage import AMINA, MONDAY, SHEYWE, SHIRERE, WANJIKU, Stage

TITLES = {"sw": "bomba la soko la Shirere", "en": "pipe at Shirere market"}
FRIDAY = date(2026, 11, 27)


def publish(stage: Stage, reference: str, officer: Officer | None = None, **given: Any) -> int:
    """Publish it; returns the incident's id."""
    told: dict[str, Any] = {"titles": TITLES, "expected_on": FRIDAY} | given
    found: list[int] = []

    def do(session: Any, office: Any, case: Case, who: Officer, now: Any) -> None:
        made = incidents.publish(session, office, case, who, told["titles"], told["expected_on"], now)
        found.append(made.id)

    stage.do(do, reference, officer or stage.officer())
    return found[0]


def support(stage: Stage, incident_id: int, phone: str = AMINA, **given: Any) -> Filed | None:
    """Somebody says that hers is the same."""
    usual: dict[str, Any] = {
        "channel": Channel.USSD, "source_id": f"session-{phone}:7", "category": "WATER", "problem": "BURST_PIPE",
        "language": "sw", "phone": phone, "ward_code": SHIRERE,
    }  # fmt: skip
    with stage.transaction() as session:
        incident = session.get_one(Incident, incident_id)
        wording, slots = incidents.letter(incident, "sw")
        report = Report(**(usual | {"wording": wording, "slots": slots} | given))
        return incidents.support(session, stage.office, report, incident_id, stage.now)


def asked(stage: Stage, ward: int = SHIRERE, category: str = "WATER", problem: str = "BURST_PIPE") -> str | None:
    """What somebody who reports this is asked about."""
    with stage.transaction() as session:
        found = incidents.open_for(session, ward, category, problem)
        return incidents.title(found, "en") if found else None


def test_what_is_published_is_asked_in_its_ward_and_of_its_problem_alone(stage: Stage) -> None:
    [lead] = several(stage, 1)
    assert asked(stage) is None
    officer = stage.officer()
    publish(stage, lead, officer)
    assert asked(stage) == "pipe at Shirere market"
    assert asked(stage, ward=SHEYWE) is asked(stage, problem="NO_WATER") is asked(stage, category="ROADS") is None
    line = stage.events(lead)[-1]
    assert (line.name, line.officer_id) == ("incident_published", officer.id)
    assert (line.words, line.data) == (" / ".join(TITLES.values()), {"expected_on": "2026-11-27"})


def test_published_again_the_title_and_the_day_are_the_new_ones(stage: Stage) -> None:
    [lead] = several(stage, 1)
    first = publish(stage, lead)
    again = publish(stage, lead, titles={"sw": "bomba la  soko", "en": "pipe at the market"}, expected_on=None)
    assert (first, asked(stage)) == (again, "pipe at the market")
    with stage.transaction() as session:
        found = session.get_one(Incident, first)
        assert (found.titles["sw"], found.expected_on) == ("bomba la soko", None)


@pytest.mark.parametrize(
    ("titles", "why"),
    [
        ({"sw": "bomba", "en": ""}, "in each language"),
        ({"sw": "bomba"}, "in each language"),
        ({"sw": "b" * 27, "en": "pipe"}, "at most 26 letters"),
        ({"sw": "b" * 25 + "€", "en": "pipe"}, "at most 26 letters"),
        ({"sw": "piga 0712 345 678", "en": "pipe"}, "No telephone numbers"),
        ({"sw": "水管", "en": "pipe"}, "Latin alphabet"),
        ({"sw": "maji? 水管", "en": "water? pipe"}, "Latin alphabet"),
    ],
)
def test_a_title_that_no_phone_should_show_is_refused(stage: Stage, titles: dict[str, str], why: str) -> None:
    [lead] = several(stage, 1)
    with pytest.raises(Refused, match=why):
        publish(stage, lead, titles=titles)
    assert asked(stage) is None


def test_what_cannot_be_published(stage: Stage) -> None:
    officer, hotline = stage.officer(), stage.officer(Role.HOTLINE)
    other = stage.file(category="OTHER", phone=AMINA)
    nowhere = stage.file(problem="BURST_PIPE", ward_code=None)
    lead, carried = several(stage, 2)
    merge(stage, [carried], lead, officer)
    for reference, who in ((other, officer), (nowhere, hotline), (carried, officer)):
        with pytest.raises(Refused, match="Only a report of a common problem in a ward"):
            publish(stage, reference, who)
    with pytest.raises(Refused, match="That day is past"):
        publish(stage, lead, officer, expected_on=MONDAY.date() - timedelta(days=1))
    with pytest.raises(Refused, match="That day is more than 90 days away"):
        publish(stage, lead, officer, expected_on=MONDAY.date() + timedelta(days=91))
    assert publish(stage, lead, officer, expected_on=MONDAY.date() + timedelta(days=90))


def test_one_problem_of_a_ward_is_published_once_and_the_second_is_to_be_merged(stage: Stage) -> None:
    one, other = several(stage, 2)
    publish(stage, one)
    with pytest.raises(Refused, match="merge this report with it"):
        publish(stage, other)
    merge(stage, [other], one)
    elsewhere = stage.file(problem="BURST_PIPE", ward_code=SHEYWE, phone=AMINA)
    publish(stage, elsewhere, stage.officer(ward_code=SHEYWE))


def test_who_joins_has_a_case_of_her_own_under_it_and_one_sms(stage: Stage) -> None:
    [lead] = several(stage, 1)
    filed = support(stage, publish(stage, lead))
    assert filed is not None
    assert filed.new
    case = stage.case(filed.reference)
    assert (case.status, case.problem, case.ward_code) == (Status.NEW, "BURST_PIPE", SHIRERE)
    assert (case.lead_id, case.desk_due_at, case.next_step_at) == (stage.case(lead).id, None, None)
    assert stage.history(filed.reference) == ["filed", "supported"]
    assert stage.events(lead)[-1].data["other"] == filed.reference
    assert stage.letters(filed.reference) == [("received_same", "queued")]
    assert stage.last_text(filed.reference) == (
        f"Kaunti ya Kakamega: ripoti {spoken(filed.reference)} imepokelewa: ni shida ileile, bomba la soko la Shirere."
        " Utajulishwa ikiisha. Utajibiwa kufikia Alh 3 Des."
    )
    assert faults(stage) == []


def withdraw(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        erasing.withdraw(session, stage.office, case, stage.now)


def test_joining_twice_over_is_joining_once(stage: Stage) -> None:
    [lead] = several(stage, 1)
    incident = publish(stage, lead)
    first, again = support(stage, incident), support(stage, incident)
    assert first
    assert again
    assert (again.reference, again.answer, again.new) == (first.reference, first.answer, False)
    assert under(stage, lead) == [first.reference]
    stage.do(actions.end, lead, stage.officer(), Ending.FIXED, "Imekwisha.")
    once_more = support(stage, incident)
    assert once_more
    assert once_more.reference == first.reference


def test_whose_report_stands_there_already_has_that_one_however_often_she_presses(stage: Stage) -> None:
    [lead] = several(stage, 1, phone=AMINA)
    incident = publish(stage, lead)
    mine = support(stage, incident, AMINA, source_id="first:7")
    theirs = [support(stage, incident, WANJIKU, source_id=f"{number}:7") for number in range(3)]
    assert mine
    assert all(theirs)
    assert (mine.reference, mine.new, mine.answer["slots"]["reference"]) == (lead, False, spoken(lead))
    assert [(one.reference, one.new) for one in theirs if one] == [
        (under(stage, lead)[0], number == 0) for number in range(3)
    ]
    assert stage.history(lead).count("said_again") == 1
    assert stage.history(under(stage, lead)[0]) == ["filed", "supported", "said_again", "said_again"]
    assert [wording for wording, _ in stage.letters()] == ["received", "received_same"]
    stage.do(actions.end, lead, stage.officer(), Ending.FIXED, "Imekwisha.")
    assert len(stage.questions()) == 2
    assert faults(stage) == []


def test_what_she_had_begun_of_it_is_no_draft_any_more_and_neither_asked_about_nor_filed(stage: Stage) -> None:
    [lead] = several(stage, 1, phone=AMINA)
    incident = publish(stage, lead)
    begin(stage, phone=AMINA, problem="BURST_PIPE")
    begin(stage, phone=AMINA, problem="DIRTY_WATER")
    begin(stage, phone=WANJIKU, problem="BURST_PIPE")
    support(stage, incident, AMINA)
    assert [(one.chosen["problem"], one.phone_hash == hash_of(stage, AMINA)) for one in kept(stage)] == [
        ("DIRTY_WATER", True), ("BURST_PIPE", False),
    ]  # fmt: skip


def hash_of(stage: Stage, phone: str) -> bytes:
    return stage.office.vault.phone_hash(phone)


def test_who_hides_her_number_or_says_more_reports_once_more(stage: Stage) -> None:
    [lead] = several(stage, 1, phone=AMINA)
    incident = publish(stage, lead)
    more: tuple[dict[str, Any], ...] = ({"anonymous": True}, {"words": "Maji yameingia nyumbani"})
    for number, given in enumerate(more):
        filed = support(stage, incident, AMINA, source_id=f"{number}:7", **given)
        assert filed
        assert filed.new
    assert len(under(stage, lead)) == 2


def test_eight_who_join_at_the_same_time_each_have_a_case_and_the_same_one_has_one(stage: Stage) -> None:
    [lead] = several(stage, 1)
    incident, phones = publish(stage, lead), [stage.phone() for _ in range(4)]
    threads = [threading.Thread(target=support, args=(stage, incident, phone)) for phone in phones * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(under(stage, lead)) == 4
    assert stage.history(lead).count("supported") == 4
    assert faults(stage) == []


def test_with_its_case_the_incident_ends_and_who_comes_too_late_has_nothing_filed(stage: Stage) -> None:
    [lead] = several(stage, 1)
    incident = publish(stage, lead)
    stage.do(actions.end, lead, stage.officer(), Ending.CANNOT_NOW, "Hakuna vipuri.")
    assert asked(stage) is None
    assert stage.history(lead)[-1] == "incident_ended"
    before = len(stage.messages())
    assert support(stage, incident) is None
    assert len(stage.messages()) == before
    with stage.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM cases")) == 1
        assert session.scalar(text("SELECT count(*) FROM intake WHERE channel = 'ussd'")) == 0


def test_an_officer_ends_it_and_those_who_joined_stay_with_the_case(stage: Stage) -> None:
    [lead] = several(stage, 1)
    incident = publish(stage, lead)
    filed = support(stage, incident)
    assert filed
    with stage.transaction() as session:
        officer = stage.officer()
        found = session.get_one(Incident, incident)
        assert incidents.end(session, found, stage.now, officer)
        assert not incidents.end(session, found, stage.now, officer)
    assert (asked(stage), under(stage, lead)) == (None, [filed.reference])
    assert stage.history(lead).count("incident_ended") == 1
    publish(stage, lead)
    assert asked(stage) == TITLES["en"]


def test_when_its_case_comes_under_another_the_incident_goes_along(stage: Stage) -> None:
    older, published, third = several(stage)
    incident = publish(stage, published)
    merge(stage, [published], older)
    filed = support(stage, incident)
    assert filed
    assert under(stage, older) == [published, filed.reference]
    stage.set("UPDATE cases SET problem = 'NO_WATER' WHERE reference = :third", third=third)
    publish(stage, third)
    merge(stage, [third], older)
    assert (asked(stage), asked(stage, problem="NO_WATER")) == (TITLES["en"], None)
    assert stage.history(third)[-2:] == ["incident_ended", "merged"]


def test_when_its_case_is_taken_back_the_incident_goes_to_who_leads_then(stage: Stage) -> None:
    lead, second = several(stage, 2)
    incident = publish(stage, lead)
    merge(stage, [second], lead)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == lead)).one()
        erasing.withdraw(session, stage.office, case, stage.now)
    filed = support(stage, incident)
    assert filed
    assert under(stage, second) == [filed.reference]
    with stage.transaction() as session:
        for reference in (filed.reference, second):
            case = session.scalars(select(Case).where(Case.reference == reference)).one()
            erasing.withdraw(session, stage.office, case, stage.now)
    assert asked(stage) is None
    assert faults(stage) == []


@pytest.mark.parametrize(
    "given", [{"ward_code": SHEYWE}, {"problem": "NO_WATER"}, {"category": "ROADS", "problem": "POTHOLES"}]
)
def test_it_goes_to_none_that_is_about_something_else_or_elsewhere(stage: Stage, given: dict[str, Any]) -> None:
    officer = stage.officer(Role.SUB_COUNTY)
    [lead] = several(stage, 1)
    other = stage.file(**({"problem": "BURST_PIPE", "phone": stage.phone()} | given))
    [fitting] = several(stage, 1)
    incident = publish(stage, lead, officer)
    merge(stage, [other], lead, officer)
    withdraw(stage, lead)
    assert (asked(stage), support(stage, incident)) == (None, None)
    assert stage.history(lead).count("incident_ended") == 1
    publish(stage, fitting, officer)
    merge(stage, [fitting], other, officer)
    assert asked(stage) is None
    assert stage.history(fitting)[-2:] == ["incident_ended", "merged"]
    assert faults(stage) == []


def test_one_that_is_about_the_same_leads_and_has_it(stage: Stage) -> None:
    officer = stage.officer()
    [lead] = several(stage, 1)
    unsorted = stage.file(category="OTHER", phone=stage.phone(), words="Bomba limepasuka")
    [fitting] = several(stage, 1)
    publish(stage, lead, officer)
    merge(stage, [unsorted, fitting], lead, officer)
    withdraw(stage, lead)
    assert (asked(stage), under(stage, fitting)) == (TITLES["en"], [unsorted])


def test_who_is_taken_out_again_has_a_case_as_any_other(stage: Stage) -> None:
    [lead] = several(stage, 1)
    filed = support(stage, publish(stage, lead))
    assert filed
    unmerge(stage, filed.reference)
    case = stage.case(filed.reference)
    assert case.desk_due_at
    assert case.next_step_at == case.due_at
    assert faults(stage) == []


def test_a_trainers_phone_and_confidential_words_stand_under_nothing(stage: Stage) -> None:
    [lead] = several(stage, 1, phone="+254733000001")
    incident = publish(stage, lead)
    stage.set(
        "INSERT INTO trainer (phone_hash, phone_mask, name, added_by) VALUES (:hash, 'x', 'Rose', :by)",
        hash=stage.office.vault.phone_hash(WANJIKU), by=stage.officer(Role.COUNTY).id,
    )  # fmt: skip
    practice = support(stage, incident, WANJIKU)
    secret = support(stage, incident, AMINA, words="Karani aliomba hongo")
    assert practice
    assert stage.case(practice.reference).practice
    assert secret
    assert stage.case(secret.reference).sensitive
    assert under(stage, lead) == []
    assert stage.letters(secret.reference) == [("received_confidential", "queued")]


def test_she_changes_the_place_alone_and_is_told_that_it_is_the_same(stage: Stage) -> None:
    [lead] = several(stage, 1)
    filed = support(stage, publish(stage, lead))
    assert filed
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
        values = {"ward": str(SHIRERE), "category": "WATER", "problem": "BURST_PIPE", "place_words": "Kona mbaya"}
        residents_own.amend(session, stage.office, case, values, stage.now)
    assert (stage.case(filed.reference).landmark, under(stage, lead)) == ("Kona mbaya", [filed.reference])
    assert stage.letters(filed.reference) == [("received_same", "queued")]


def test_she_changes_what_she_reported_and_it_is_the_same_no_more(stage: Stage) -> None:
    [lead] = several(stage, 1)
    filed = support(stage, publish(stage, lead))
    assert filed
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
        values = {"ward": str(SHIRERE), "category": "WATER", "problem": "NO_WATER"}
        residents_own.amend(session, stage.office, case, values, stage.now)
    assert (stage.case(filed.reference).lead_id, under(stage, lead)) == (None, [])
    assert stage.letters(filed.reference)[-1] == ("received", "queued")
    with stage.transaction() as session:
        assert carrying.supporters(session, [stage.case(lead)]) == {}
    assert faults(stage) == []
