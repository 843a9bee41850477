"""Every page as axe reads it, on the smallest screen and on a desktop: nothing that breaks WCAG 2.2 at AA."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, SMALL
from tests.browser.demo import Demo
from tests.browser.phone import SHIRERE_WATER, Phone
from tests.browser.triage import Desk, path_of

AA = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
RULES = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": list(AA)}}

OF: Mapping[str, Sequence[str]] = {
    "ward-1014": (
        "/triage/", "/triage/?show=new", "/triage/?show=late", "/triage/?show=done", "/triage/?category=WATER",
        "/triage/find?words=maji", "/triage/keys", "/triage/ready-texts", "/triage/incidents", "/triage/landmarks",
        "/triage/paper", "/triage/paper/register", "/triage/paper/read-aloud", "/triage/paper/poster",
        "/triage/paper/radio", "/triage/slips/register", "/triage/account", "/triage/account/leave", "/triage/announce",
    ),
    "sub-county-202": ("/triage/", "/triage/paper", "/triage/paper/register?ward=1014"),
    "department-water": ("/triage/",),
    "ombudsman": ("/triage/", "/triage/call-backs", "/triage/texts", "/triage/audit"),
    "hotline": (
        "/triage/", "/triage/log-call", "/triage/call-backs", "/triage/texts", "/triage/slips",
        "/triage/slips/register", "/triage/unplaced", "/triage/centre", "/triage/paper/poster?ward=1014",
    ),
    "county": (
        "/triage/", "/triage/officers", "/triage/wards", "/triage/faults", "/triage/costs", "/triage/giving-up",
        "/triage/audit", "/triage/paper",
    ),
}  # fmt: skip
"""The pages of each role. One that is not there (any more) fails: the list stays true."""
TOGETHER = (("ward-1014",), ("hotline", "ombudsman"), ("county", "sub-county-202", "department-water"))
"""Those that read the same filled county: to fill one takes as long as to read a role's pages."""


@pytest.fixture
def filled(county: Demo) -> Demo:
    """A county in the middle of its work."""
    county.flask("demo", "fill", "--cases", "150", "--seed", "7")
    return county


def violations(page: Page) -> Iterator[str]:
    """What axe finds on the page as it stands, each with the rule, what is wrong and where."""
    found: dict[str, Any] = Axe().run(page, options=RULES).response
    for one in found["violations"]:
        for node in one["nodes"]:
            yield f"{one['id']}: {node['target']} {node['failureSummary']}"


def read(page: Page, address: str) -> list[str]:
    """Go there and read it at both sizes, every fold opened; nothing may need scrolling sideways."""
    answer = page.goto(address)
    assert answer, address
    assert answer.status == 200, f"{address}: {answer.status}"
    expect(page.locator("h1").first).to_be_visible()
    return read_here(page, address)


def read_here(page: Page, name: str) -> list[str]:
    page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")
    wrong = []
    for size in (SMALL, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wrong += [f"{name} at {size['width']}: {one}" for one in violations(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{name} at {size['width']}: {wide} px wide"] if wide > size["width"] else []
    return wrong


@pytest.mark.parametrize("logins", TOGETHER, ids=" and ".join)
def test_every_page_of_a_role_can_be_read_by_everybody(
    filled: Demo, open_page: Callable[..., Page], logins: Sequence[str]
) -> None:
    for login in logins:
        page = Desk(open_page()).sign_in(login).page
        assert [wrong for address in OF[login] for wrong in read(page, address)] == []


def test_no_role_is_left_out() -> None:
    assert sorted(login for logins in TOGETHER for login in logins) == sorted(OF)


def test_a_case_its_card_and_a_refused_form_can_be_read_by_everybody(
    county: Demo, open_page: Callable[..., Page]
) -> None:
    phone = Phone(open_page(), "Akinyi")
    reference = phone.file(*SHIRERE_WATER)
    phone.sms(reference)
    page = Desk(open_page()).sign_in("ward-1014").page
    wrong = read(page, path_of(reference)) + read(page, f"{path_of(reference)}/share")
    page.goto(f"{path_of(reference)}?open=end")
    page.locator("form[action$='/end']").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="End the case").click()
    expect(page.locator("#summary")).to_be_visible()
    wrong += read_here(page, "a refused form")
    assert wrong == []
    assert read(open_page(), "/sign-in") == []


def test_the_telephone_of_the_demo_can_be_read_by_everybody(county: Demo, open_page: Callable[..., Page]) -> None:
    assert read(open_page(), "/phone") == []
