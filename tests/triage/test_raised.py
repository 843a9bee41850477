"""Officers see why a case came up to them, and where it has been on the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.cases import ladder
from gateway.cases.models import Case, Channel, Desk
from gateway.people.models import Role
from tests.cases.stage import LURAMBI, Stage
from tests.triage.conftest import Browser

Open = Callable[..., Browser]


@pytest.fixture
def broken(stage: Stage) -> str:
    """A case whose promise broke yesterday, before any sweep."""
    reference = stage.file(phone="+254711000005")
    stage.set("UPDATE cases SET due_at = now() - interval '1 day', next_step_at = now() - interval '1 day'")
    return reference


def test_what_went_up_by_itself_stands_on_top_of_the_list_above_with_the_reason(
    browser: Open, stage: Stage, broken: str
) -> None:
    ward, above = browser(), browser(Role.SUB_COUNTY)
    stage.file()
    stage.sweep()
    assert above.references("/triage/?show=new") == [broken]
    assert above.references() == [broken]
    assert '<span class="chip up">Sent up: promise broken</span>' in above.read("/triage/")
    assert broken not in ward.references("/triage/?show=new")
    assert broken in ward.references("/triage/?show=waiting")


def test_its_page_tells_every_step_and_whom_it_passed_over(browser: Open, stage: Stage, broken: str) -> None:
    secretary = browser(Role.COUNTY_SECRETARY)
    stage.sweep()
    page = secretary.case(broken)
    assert '<span class="chip up">Sent up: promise broken</span>' in page
    assert "<b>County secretary</b>" in page
    assert "Nobody was there as the sub-county administrator or the chief officer." in page
    assert "The promise was broken: it went up to the county secretary." in page
    assert stage.case(broken).desk is Desk.COUNTY_SECRETARY


def test_what_the_resident_asked_for_is_told_as_such(browser: Open, stage: Stage, broken: str) -> None:
    above, head = browser(Role.SUB_COUNTY), browser(Role.CHIEF_OFFICER)
    stage.sweep()
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(broken).id, with_for_update=True)
        assert ladder.send_higher(session, stage.office, case, stage.now, Channel.USSD)
    page = head.case(broken)
    assert "Sent up: resident asked" in page
    assert "<b>Lurambi sub-county</b>" in page
    assert "<b>Chief officer, Water dept</b>" in page
    assert "The resident sent it higher by phone menu, to the chief officer" in page
    assert (head.references("/triage/?show=new"), above.references("/triage/?show=new")) == ([broken], [])


def test_a_case_that_nobody_sent_up_says_nothing_of_it(ward: Browser, stage: Stage) -> None:
    assert "Sent up" not in ward.case(stage.file())


def test_whoever_is_below_is_not_offered_to_send_it_away(
    ward: Browser, browser: Open, stage: Stage, broken: str
) -> None:
    above = browser(Role.SUB_COUNTY)
    assert f"/triage/cases/{broken}/refer" in ward.case(broken)
    stage.sweep()
    page = ward.case(broken)
    assert f"/triage/cases/{broken}/refer" not in page
    assert f"/triage/cases/{broken}/end" in page
    assert ward.act(broken, "refer", to="department:water", words="Kazi ya idara").status_code == 409
    assert f"/triage/cases/{broken}/refer" in above.case(broken)
    assert stage.case(broken).sub_county_code == LURAMBI
