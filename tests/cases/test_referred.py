"""Cases with a body outside the county: they keep their clock, ask for news, and end as not ours only when taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.cases import actions, referring
from gateway.cases.actions import Refused
from gateway.cases.models import Desk, Ending, Status
from gateway.db import officer_session
from gateway.people.models import Officer, Role
from gateway.triage import queue
from gateway.triage.filters import Filters, Tab
from tests.cases.stage import PROMISE, SHIRERE, Stage

NEWS = datetime(2026, 12, 7, 14, 0, tzinfo=UTC)
"""Ten working days after MONDAY."""


def refer(stage: Stage, officer: Officer, **given: str) -> str:
    reference = stage.file(quiet=True)
    stage.do(actions.refer, reference, officer, "Barabara kuu.", body="KeNHA", **given)
    return reference


def listed(stage: Stage, officer: Officer, tab: Tab = Tab.TODO) -> list[str]:
    with officer_session(stage.engine, officer) as session:
        return [case.reference for case in queue.read(session, officer, Filters(show=tab), 1, stage.now).cases]


def test_a_referred_case_keeps_its_clock_and_what_the_other_body_calls_it(stage: Stage) -> None:
    ward = stage.officer()
    reference = refer(stage, ward, number="KN-77", contact="Mhandisi, Kisumu")
    case = stage.case(reference)
    before = stage.case(stage.file(phone=stage.phone()))
    assert (case.status, case.their_reference, case.their_contact) == (Status.REFERRED, "KN-77", "Mhandisi, Kisumu")
    assert (case.due_at, case.next_step_at) == (before.due_at, before.next_step_at)
    assert (case.resolved_at, case.closed_at, case.news_due_at) == (None, None, NEWS)


def test_it_asks_for_news_when_the_charter_says_so_and_again_after_each_answer(stage: Stage) -> None:
    ward = stage.officer()
    reference = refer(stage, ward)
    assert reference not in listed(stage, ward)
    stage.now = NEWS
    assert listed(stage, ward, Tab.NEW) == [reference]
    stage.do(referring.hear, reference, ward, "Wiki ijayo.", contact="Bi Achieng")
    assert reference not in listed(stage, ward, Tab.NEW)
    case = stage.case(reference)
    assert (case.their_contact, case.accepted_at, case.status) == ("Bi Achieng", None, Status.REFERRED)
    assert case.news_due_at == datetime(2026, 12, 21, 14, 0, tzinfo=UTC)
    assert stage.history(reference)[-1] == "news"


def test_it_ends_as_not_ours_only_when_the_other_body_has_taken_it(stage: Stage) -> None:
    ward = stage.officer()
    reference = refer(stage, ward)
    with pytest.raises(Refused, match="KeNHA has not taken it yet"):
        stage.do(actions.end, reference, ward, Ending.NOT_OURS, "Ni ya KeNHA.")
    assert stage.case(reference).status is Status.REFERRED
    stage.do(referring.hear, reference, ward, "Wameipokea.", number="KN-78", accepted=True)
    stage.do(actions.end, reference, ward, Ending.NOT_OURS, "Ni ya KeNHA.")
    case = stage.case(reference)
    assert (case.status, case.ending, case.their_reference) == (Status.RESOLVED, Ending.NOT_OURS, "KN-78")
    assert stage.history(reference) == ["filed", "referred", "accepted", "ended"]


def test_what_is_not_referred_may_end_as_not_ours_and_other_endings_ask_nobody(stage: Stage) -> None:
    ward = stage.officer()
    here, there = stage.file(quiet=True), refer(stage, ward)
    stage.do(actions.end, here, ward, Ending.NOT_OURS, "Ni ya KPLC.")
    stage.do(actions.end, there, ward, Ending.FIXED, "KeNHA walitengeneza.")
    assert {stage.case(one).status for one in (here, there)} == {Status.RESOLVED}


def test_taking_it_back_does_not_make_it_end_as_not_ours(stage: Stage) -> None:
    ward = stage.officer()
    reference = refer(stage, ward)
    stage.do(actions.take, reference, ward)
    with pytest.raises(Refused, match=r"^KeNHA has not taken it yet\. Refer it there again and write down") as refusal:
        stage.do(actions.end, reference, ward, Ending.NOT_OURS, "Ni ya KeNHA.")
    assert "back" not in str(refusal.value)
    stage.do(actions.refer, reference, ward, "Barabara kuu.", department="roads")
    engineer = stage.officer(Role.DEPARTMENT, department="roads")
    with pytest.raises(Refused, match="KeNHA has not taken it yet"):
        stage.do(actions.end, reference, engineer, Ending.NOT_OURS, "Ni ya KeNHA.")


def test_each_body_that_it_is_sent_to_must_take_it_and_who_has_it_then_may_end_it(stage: Stage) -> None:
    ward = stage.officer()
    reference = refer(stage, ward)
    stage.do(referring.hear, reference, ward, "Wameipokea.", accepted=True)
    stage.do(actions.refer, reference, ward, "Si yao.", body="KURA")
    with pytest.raises(Refused, match="KURA has not taken it yet"):
        stage.do(actions.end, reference, ward, Ending.NOT_OURS, "Ni ya KURA.")
    stage.do(referring.hear, reference, ward, "Wameipokea.", accepted=True)
    stage.do(actions.take, reference, ward)
    stage.do(actions.end, reference, ward, Ending.NOT_OURS, "Ni ya KURA.")
    assert stage.case(reference).ending is Ending.NOT_OURS


def test_what_the_other_body_called_it_is_forgotten_where_it_is_new_again(stage: Stage) -> None:
    ward = stage.officer()
    reference = refer(stage, ward, number="KN-80", contact="Mhandisi")
    stage.do(actions.end, reference, ward, Ending.FIXED, "KeNHA walitengeneza.")
    stage.receive("BADO")
    case = stage.case(reference)
    assert (case.desk, case.status, case.their_reference, case.their_contact) == (Desk.WARD, Status.NEW, None, None)


def test_what_was_sent_up_comes_back_from_another_body_to_where_it_was_sent(stage: Stage) -> None:
    above = stage.officer(Role.SUB_COUNTY)
    reference = stage.file(quiet=True)
    stage.now = PROMISE + timedelta(minutes=2)
    stage.sweep()
    stage.do(actions.refer, reference, above, "Barabara kuu.", body="KeNHA")
    stage.do(actions.end, reference, above, Ending.FIXED, "KeNHA walitengeneza.")
    stage.receive("BADO")
    assert stage.case(reference).desk is Desk.SUB_COUNTY


def test_taking_it_back_forgets_that_the_other_body_took_it(stage: Stage) -> None:
    ward = stage.officer()
    reference = refer(stage, ward, number="KN-79")
    stage.do(referring.hear, reference, ward, "Wameipokea.", accepted=True)
    stage.do(actions.take, reference, ward)
    case = stage.case(reference)
    assert (case.accepted_at, case.news_due_at, case.their_reference, case.referred_to) == (None, None, None, None)
    with pytest.raises(Refused, match="not with another body"):
        stage.do(referring.hear, reference, ward, "Bado.")


def test_a_national_matter_asks_the_hotline_for_news_and_is_never_just_closed_as_not_ours(stage: Stage) -> None:
    hotline = stage.officer(Role.HOTLINE)
    reference = stage.file(category="NATIONAL", problem="KPLC", referral="KPLC", ward_code=None)
    assert stage.case(reference).news_due_at == NEWS
    with pytest.raises(Refused, match="has not taken it yet"):
        stage.do(actions.end, reference, hotline, Ending.NOT_OURS, "Ni ya KPLC.")
    stage.now = NEWS
    assert reference in listed(stage, hotline)
    stage.do(actions.take, reference, hotline)
    with pytest.raises(Refused, match="has not taken it yet"):
        stage.do(actions.end, reference, hotline, Ending.NOT_OURS, "Ni ya KPLC.")


@pytest.mark.parametrize("category", ["information", "data_see", "data_erase"])
def test_a_request_is_sent_to_no_department_no_ward_and_no_other_body(stage: Stage, category: str) -> None:
    reference, agent = stage.file(category=category, words="Bajeti ya maji"), stage.officer(Role.HOTLINE)
    for to in ({"department": "water"}, {"body": "KeNHA"}):
        with pytest.raises(Refused, match="stays with the desk that answers it"):
            stage.do(actions.refer, reference, agent, "Jibuni.", **to)
    with pytest.raises(Refused, match="stays with the desk that answers it"):
        stage.do(actions.route, reference, agent, SHIRERE)
    assert stage.history(reference) == ["filed"]
