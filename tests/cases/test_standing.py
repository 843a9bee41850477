"""How a case stands, in a resident's words: its state, who has it, the day, and who is above."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.cases import standing
from gateway.cases.models import Case, Confirmation, Desk, Ending, Status, Step
from tests.cases.stage import LURAMBI, SHIRERE, Stage

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)


def a_case(**given: Any) -> Case:
    usual: dict[str, Any] = {
        "status": Status.TAKEN, "desk": Desk.WARD, "ward_code": SHIRERE, "sub_county_code": LURAMBI,
        "department": "roads", "sensitive": False, "due_at": TOMORROW,
    }  # fmt: skip
    return Case(**(usual | given))


def said(stage: Stage, **given: Any) -> tuple[str, str]:
    state = standing.state(stage.office.menu, a_case(**given), NOW)
    return state["sw"], state["en"]


@pytest.mark.parametrize(
    ("desk", "sw", "en"),
    [
        (Desk.WARD, "Msimamizi wa wadi", "Ward administrator"),
        (Desk.SUB_COUNTY, "Kaunti ndogo Lurambi", "Lurambi sub-county"),
        (Desk.DEPARTMENT, "Idara Barabara", "Roads dept"),
        (Desk.CHIEF_OFFICER, "Afisa mkuu, Idara Barabara", "Chief officer, Roads dept"),
        (Desk.COUNTY_SECRETARY, "Katibu wa kaunti", "County secretary"),
        (Desk.COUNTY, "Dawati la kaunti", "County desk"),
        (Desk.CONFIDENTIAL, "Dawati la siri", "Confidential desk"),
        (Desk.OUTSIDE, "KeNHA", "KeNHA"),
    ],
)
def test_every_desk_has_a_name(stage: Stage, desk: Desk, sw: str, en: str) -> None:
    held = standing.holder(stage.office.county, stage.office.menu, a_case(desk=desk, referred_to="KeNHA"))
    assert (held["sw"], held["en"]) == (sw, en)


@pytest.mark.parametrize(
    ("step", "sw", "en"),
    [
        (Step.SUB_COUNTY, "msimamizi wa kaunti ndogo ya Lurambi", "the Lurambi sub-county administrator"),
        (Step.CHIEF_OFFICER, "afisa mkuu wa Idara Barabara", "the chief officer, Roads dept"),
        (Step.COUNTY_SECRETARY, "katibu wa kaunti", "the county secretary"),
    ],
)
def test_every_step_has_a_name_within_a_sentence(stage: Stage, step: Step, sw: str, en: str) -> None:
    held = standing.step_holder(stage.office.county, stage.office.menu, a_case(), step)
    assert (held["sw"], held["en"]) == (sw, en)


@pytest.mark.parametrize(
    ("given", "sw", "en"),
    [
        ({}, "kazini", "in progress"),
        ({"due_at": YESTERDAY}, "imechelewa", "late"),
        # The clock of what waits for her does not run.
        ({"due_at": YESTERDAY, "status": Status.WAITING}, "inakungoja", "waits for you"),
        ({"due_at": YESTERDAY, "sensitive": True}, "kazini", "in progress"),
        ({"status": Status.NEW, "confirmation": Confirmation.DISPUTED}, "imefunguliwa tena", "open again"),
        (
            {"status": Status.RESOLVED, "ending": Ending.FIXED, "confirmation": Confirmation.ASKED},
            "imetatuliwa?",
            "fixed?",
        ),
        ({"status": Status.RESOLVED, "ending": Ending.FIXED}, "imefungwa", "closed"),
        (
            {"status": Status.RESOLVED, "ending": Ending.PLANNED, "planned_for": date(2027, 3, 31)},
            "imepangwa Mac 2027",
            "planned Mar 2027",
        ),
        ({"status": Status.RESOLVED, "ending": Ending.NOT_A_REPORT}, "imefungwa", "closed"),
        # Of a confidential one not even how it ended.
        ({"status": Status.RESOLVED, "ending": Ending.NOT_OURS, "sensitive": True}, "imefungwa", "closed"),
        ({"status": Status.CLOSED, "ending": Ending.CANNOT_NOW}, "imefungwa", "closed"),
    ],
)
def test_a_state_is_said_in_both_languages(stage: Stage, given: dict[str, Any], sw: str, en: str) -> None:
    assert said(stage, **given) == (sw, en)


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ({}, TOMORROW),
        ({"due_at": YESTERDAY}, YESTERDAY),
        ({"due_at": YESTERDAY, "raised_to": Step.SUB_COUNTY, "answer_by": TOMORROW}, TOMORROW),
        # What is over is told as it was promised first.
        ({"due_at": YESTERDAY, "raised_to": Step.SUB_COUNTY, "answer_by": YESTERDAY}, YESTERDAY),
        ({"due_at": None}, None),
    ],
)
def test_the_new_day_is_told_while_it_is_to_come(given: dict[str, Any], day: datetime | None) -> None:
    assert standing.day_told(a_case(**given), NOW) == day


@pytest.mark.parametrize(
    ("given", "top"),
    [
        ({"raised_to": Step.COUNTY_SECRETARY, "due_at": YESTERDAY}, True),
        ({"raised_to": Step.COUNTY_SECRETARY, "status": Status.RESOLVED, "ending": Ending.CANNOT_NOW}, True),
        ({"raised_to": Step.COUNTY_SECRETARY, "status": Status.RESOLVED, "ending": Ending.FIXED}, False),
        ({"raised_to": Step.COUNTY_SECRETARY}, False),
        ({"raised_to": Step.CHIEF_OFFICER, "due_at": YESTERDAY}, False),
        ({"raised_to": Step.COUNTY_SECRETARY, "due_at": YESTERDAY, "sensitive": True}, False),
    ],
)
def test_only_what_is_late_or_refused_at_the_last_step_has_nobody_above(given: dict[str, Any], top: bool) -> None:
    assert standing.is_at_top(a_case(**given), NOW) is top
