"""The two clocks on officers' pages: what is late for whom, and how long who had it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.cases import actions
from gateway.people.models import Role
from gateway.triage.english import day, minute
from tests.cases.stage import Stage
from tests.triage.conftest import Browser
from tests.triage.test_queue import ago

OVER = "Desk’s time is over"


def test_a_desk_that_does_nothing_is_late_before_the_promise_is_broken(ward: Browser, stage: Stage) -> None:
    looked_at, ignored = ago(stage, 3), ago(stage, 3)
    stage.do(actions.take, looked_at, ward.who)
    assert ward.references("/triage/?show=late") == [ignored]
    page = ward.read("/triage/?show=late")
    assert f'<span class="chip late">{OVER}</span>' in page
    assert '<span class="chip">Due ' in page


def test_the_time_of_another_desk_is_late_there_and_for_who_answers_for_it_alone(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference = ago(stage, 3)
    stage.now -= timedelta(days=3)
    stage.do(actions.refer, reference, ward.who, "Tafadhali", department="roads")
    stage.now += timedelta(days=3)
    roads, sub_county = browser(Role.DEPARTMENT, department="roads"), browser(Role.SUB_COUNTY)
    assert ward.references("/triage/?show=late") == []
    assert OVER not in ward.read("/triage/?show=waiting")
    for reader in (roads, sub_county):
        assert reader.references("/triage/?show=late") == [reference]
        assert OVER in reader.read("/triage/?show=late")
        assert OVER in reader.case(reference)


def test_the_case_page_tells_the_desk_its_own_time_beside_the_promise(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    case = stage.case(reference)
    assert case.due_at is not None
    page = ward.case(reference)
    assert f"<dt>Promised</dt><dd>An answer by {day(case.due_at)}</dd>" in page
    assert f"<dd>First action by {minute(stage.now + timedelta(hours=48))}</dd>" in page
    ward.act(reference, "take")
    own = stage.case(reference).desk_due_at
    assert own is not None
    assert f"<dd>Done by {minute(own)}</dd>" in ward.case(reference)


def test_who_answers_for_others_sees_who_had_it_before_and_for_how_long(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    stage.now -= timedelta(days=28)
    reference = stage.file(quiet=True)
    stage.later(days=14)
    stage.do(actions.refer, reference, ward.who, "Tafadhali", department="water")
    above, roads = browser(Role.SUB_COUNTY), browser(Role.DEPARTMENT)
    page = above.case(reference)
    # Whatever the day: in two weeks are nine or ten days of work, a holiday taken off.
    assert any(f"<dt>Before</dt><dd>Shirere ward {days} working days</dd>" in page for days in (7, 8, 9, 10))
    assert "<dt>Before</dt>" not in roads.case(reference)
    assert "First action by" in roads.case(reference)
    assert "First action by" not in ward.case(reference)


@pytest.mark.parametrize(
    ("left", "said"), [("2 minutes", "After 2 min, within 24 hours"), ("3 days", "After 3 days, later than 24 hours")]
)
def test_the_case_page_says_whether_she_heard_from_us_in_time(
    ward: Browser, stage: Stage, left: str, said: str
) -> None:
    reference = ago(stage, 5)
    assert "<dd>Not yet; 24 hours are over</dd>" in ward.case(reference)
    stage.set("UPDATE message SET status = 'sent', sent_at = created_at + CAST(:left AS interval)", left=left)
    assert f"<dt>Received SMS</dt><dd>{said}</dd>" in ward.case(reference)


def test_where_no_sms_was_to_be_sent_nothing_is_said_of_one(ward: Browser, stage: Stage) -> None:
    assert "<dt>Received SMS</dt>" not in ward.case(stage.file(quiet=True))
