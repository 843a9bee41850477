"""Two officers on one case: the second sees who is on it, for ten minutes, and nobody else hears of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from config.zone import NAIROBI
from gateway.cases import readers
from gateway.cases.desk_models import CaseReader
from gateway.db import officer_session
from gateway.people.models import Role
from tests.cases.stage import SHEYWE, Stage
from tests.triage.conftest import Browser

OTHERS = re.compile(r'<p class="card reader">(.*?)</p>')


def name(stage: Stage, browser: Browser, name: str) -> None:
    stage.set("UPDATE officer SET name = :name WHERE id = :id", name=name, id=browser.who.id)


def test_the_second_officer_sees_who_has_the_case_open_and_since_when(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, second = stage.file(), browser()
    name(stage, ward, "Jane Wekesa")
    assert OTHERS.findall(ward.case(reference)) == []
    stage.set("UPDATE case_reader SET at = at - interval '3 minutes'")
    with stage.transaction() as session:
        since = session.scalars(select(CaseReader.at)).one().astimezone(NAIROBI)
    assert OTHERS.findall(second.case(reference)) == [f"Jane Wekesa has this open too, since {since:%H:%M}."]
    assert [found.split(",")[0] for found in OTHERS.findall(ward.case(reference))] == ["Rose has this open too"]


def test_after_ten_minutes_she_counts_as_gone(ward: Browser, browser: Callable[..., Browser], stage: Stage) -> None:
    reference, second = stage.file(), browser()
    ward.case(reference)
    stage.set("UPDATE case_reader SET at = at - interval '601 seconds'")
    assert OTHERS.findall(second.case(reference)) == []
    ward.case(reference)
    assert len(OTHERS.findall(second.case(reference))) == 1
    assert stage.count(CaseReader) == 2, "one row for each officer, however often she looks"


def test_who_sent_a_case_away_does_not_have_it_open_any_more(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, there = stage.file(), browser(ward_code=SHEYWE)
    ward.case(reference)
    ward.act(reference, "route", ward=str(SHEYWE))
    assert OTHERS.findall(there.case(reference)) == []


def test_only_of_a_case_that_one_sees_one_sees_who_reads_it(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, elsewhere = stage.file(), browser(ward_code=SHEYWE)
    ward.case(reference)
    case = stage.case(reference)
    with officer_session(stage.engine, elsewhere.who) as session:
        assert readers.others(session, [case.id], elsewhere.who, stage.now) == {}
    ombudsman, secret = browser(Role.OMBUDSMAN), stage.file(category="STAFF", phone=stage.phone())
    ombudsman.case(secret)
    with officer_session(stage.engine, ward.who) as session:
        assert readers.others(session, [stage.case(secret).id], ward.who, stage.now) == {}


def test_who_has_left_is_forgotten_by_the_sweeper(ward: Browser, stage: Stage) -> None:
    ward.case(stage.file())
    ward.case(stage.file(phone=stage.phone()))
    with stage.transaction() as session:
        assert readers.forget(session, stage.now) == 0
        assert readers.forget(session, stage.now + timedelta(minutes=11)) == 2
        assert readers.forget(session, stage.now + timedelta(minutes=11)) == 0
    assert stage.count(CaseReader) == 0
