"""A case goes up in a rehearsed office by the rules of the real one."""

from __future__ import annotations

import pytest

from config.settings import Settings
from gateway.cases import steps
from gateway.cases.clock import Calendar
from gateway.cases.models import Case, Desk, Kind, Status, Step
from gateway.trial.climbing import climb
from tests.cases.stage import LURAMBI, MONDAY, PROMISE, SHIRERE, installed


def late(**given: object) -> Case:
    usual: dict[str, object] = {
        "kind": Kind.GRIEVANCE, "category": "WATER", "sensitive": False, "ward_code": SHIRERE,
        "sub_county_code": LURAMBI, "department": "water", "desk": Desk.WARD, "status": Status.NEW,
        "received_at": MONDAY, "due_at": PROMISE,
    }  # fmt: skip
    return Case(**(usual | given))


@pytest.mark.parametrize("given", [{"joined_id": 7}, {"practice": True}, {"due_at": None}, {"status": Status.CLOSED}])
def test_what_goes_nowhere_in_the_office_goes_nowhere_in_a_rehearsal(given: dict[str, object]) -> None:
    assert not steps.may_be_sent_higher(late(**given), PROMISE)


def test_after_a_step_that_she_asked_for_its_day_must_pass(settings: Settings) -> None:
    case = late()
    assert steps.may_be_sent_higher(case, PROMISE)
    step, answer_by = climb(case, installed(settings).office.county, Calendar(), PROMISE, asked=True)
    assert (step, case.raised_why) == (Step.SUB_COUNTY, "asked")
    assert not steps.may_be_sent_higher(case, PROMISE)
    assert steps.may_be_sent_higher(case, answer_by)
