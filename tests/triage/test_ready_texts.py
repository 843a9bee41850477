"""What the ready texts say stands on a page of its own, in every language, before one press sends one."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest

from gateway.people.models import Role
from gateway.triage.ready_texts import longest
from tests.cases.stage import WANJIKU, Stage
from tests.triage.conftest import Browser

PAGE = "/triage/ready-texts"


def test_each_ready_text_is_read_in_every_language_with_its_letters(ward: Browser, stage: Stage) -> None:
    county, page = stage.office.county, html.unescape(ward.read(PAGE))
    assert page.count('<p class="sms" lang="') == len(county.replies) * len(stage.office.menu.languages)
    for reply in county.replies:
        assert reply.label in page
        for text in reply.text.values():
            assert text.partition("{")[0] in page
    assert any(reply.names_ward for reply in county.replies)
    assert page.count(longest(county.wards).name) > 2
    fixed = [reply for reply in county.replies if reply.ending == "fixed"]
    counted = page.count(" characters, ")
    assert counted == (len(county.replies) - len(fixed)) * len(stage.office.menu.languages)
    assert "{" not in page.partition("<main")[2].partition("</main>")[0]


def test_the_queue_leads_there_where_it_offers_one_without_leaving_what_is_typed(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    ward, ombudsman = browser(), browser(Role.OMBUDSMAN)
    stage.file()
    stage.file(category="STAFF", phone=stage.phone())
    assert f'<a href="{PAGE}" target="_blank">What the ready texts say</a>' in ward.read("/triage/")
    row = ward.read("/triage/").partition('class="row')[2].partition("</li>")[0]
    assert "Fixed: she is asked, your words stay here. Any other end: they are sent to her." in row
    assert "if they go to her: in Kiswahili" in row
    assert PAGE not in ombudsman.read("/triage/"), "no SMS about what is confidential says anything"


@pytest.mark.parametrize(
    ("changes", "goes", "done"),
    [
        ({}, "Fixed: she is asked, your words stay here. Any other end: they are sent to her.", "Fixed"),
        ({"phone": None}, "Whatever it ends as, nothing is sent: your words stay here.", "Fixed"),
        ({"category": "PRAISE"}, "When it ends, your words are sent to her.", "Noted"),
        ({"category": "CORRUPT"}, "When it ends, she is asked to call: your words stay here.", "Fixed"),
    ],
)
def test_a_row_says_what_goes_to_her_and_ends_by_the_name_of_its_kind(
    browser: Callable[..., Browser], stage: Stage, changes: dict[str, Any], goes: str, done: str
) -> None:
    stage.file(**changes)
    role = Role.OMBUDSMAN if changes.get("category") == "CORRUPT" else Role.WARD
    page = browser(role).read("/triage/")
    assert goes in page
    assert page.count(f">End: {done.lower()}</option>") == 1, "in the row"
    assert page.count(f'<option value="end:fixed">{done}</option>') == 1, "with the selected"


@pytest.mark.parametrize("phone", [None, WANJIKU])
def test_a_row_that_stands_for_others_says_that_they_hear_it(ward: Browser, stage: Stage, phone: str | None) -> None:
    lead, member = stage.file(phone=phone), stage.file(phone=stage.phone())
    link = "UPDATE cases SET lead_id = (SELECT id FROM cases WHERE reference = :lead) WHERE reference = :member"
    stage.set(link, lead=lead, member=member)
    told = "Fixed: all who report it are asked, your words stay here. Any other end: they are sent to them."
    assert told in ward.read("/triage/")


def test_a_row_of_somebody_who_stopped_all_sms_says_that_nothing_is_sent(ward: Browser, stage: Stage) -> None:
    stage.file()
    stage.set("UPDATE resident SET stopped_at = now()")
    assert "Whatever it ends as, nothing is sent: your words stay here." in ward.read("/triage/")


@pytest.mark.parametrize("first", ["WATER", "PRAISE"])
def test_what_is_done_with_several_is_called_by_the_names_of_all(ward: Browser, stage: Stage, first: str) -> None:
    for category in (first, "WATER", "PRAISE"):
        stage.file(category=category, phone=stage.phone())
    assert '<option value="end:fixed">Fixed, or Noted</option>' in ward.read("/triage/")
