"""The pages where little is given: no JavaScript, a small screen, no mouse, a slow network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Response, expect

from gateway.demo.accounts import PASSWORD
from tests.browser.conftest import SMALL
from tests.browser.demo import Demo
from tests.browser.phone import SHIRERE_WATER, Phone
from tests.browser.triage import Desk

OpenPage = Callable[..., Page]
OpenPhone = Callable[[str], Phone]

QUEUE_BYTES = 14_000
"""What a first visit to the queue may weigh on the wire: about the first round trip of a new connection."""


def test_without_javascript_an_officer_signs_in_takes_a_case_and_ends_it(phone: OpenPhone, open_page: OpenPage) -> None:
    reference = phone("Barasa").file(*SHIRERE_WATER)

    officer = Desk(open_page(java_script_enabled=False)).sign_in("ward-1014")
    assert officer.queue() == [reference]
    officer.open(reference).take().end("Fixed", "Bomba limerekebishwa.")
    expect(officer.state).to_contain_text("Fixed, resident asked")
    officer.page.get_by_role("button", name="Sign out").click()
    expect(officer.page.get_by_role("status")).to_have_text("You are signed out.")


def test_at_320_pixels_no_page_scrolls_sideways(phone: OpenPhone, open_page: OpenPage) -> None:
    phone("Wafula").text("Shirere barabara " + "imeharibika" * 12)
    page = open_page(viewport=SMALL)
    makokha = Phone(page, "Makokha")
    makokha.sms(makokha.file(*SHIRERE_WATER))
    page.get_by_test_id("wire").locator("summary").click()
    assert_no_sideways_scrolling(page)
    page.goto("/sign-in")
    assert_no_sideways_scrolling(page)
    ward = Desk(page).sign_in("ward-1014")
    references = ward.queue()
    assert len(references) == 2
    assert_no_sideways_scrolling(page)
    for reference in references:
        ward.open(reference)
        for summary in page.locator("summary").all():
            summary.click()
        assert_no_sideways_scrolling(page)


@pytest.mark.parametrize(
    ("login", "paths"),
    [
        ("hotline", ("/triage/", "/triage/call-backs", "/triage/log-call", "/triage/texts")),
        ("hotline", ("/triage/unplaced", "/triage/slips", "/triage/slips/register", "/triage/centre")),
        ("ward-1014", ("/triage/announce",)),
        ("county", ("/triage/", "/triage/giving-up", "/triage/announce", "/triage/costs")),
    ],
)
def test_at_320_pixels_the_desks_do_not_scroll_sideways(
    phone: OpenPhone, open_page: OpenPage, login: str, paths: tuple[str, ...]
) -> None:
    caller = phone("Barasa")
    caller.text("Barabara yetu haipitiki tangu mvua ianze")
    caller.dial()
    caller.answer("5", "3")
    page = open_page(viewport=SMALL)
    Desk(page).sign_in(login)
    for path in paths:
        page.goto(path)
        assert page.locator("h1").is_visible()
        assert_no_sideways_scrolling(page)


def test_without_javascript_at_320_pixels_a_ward_is_announced_something(phone: OpenPhone, open_page: OpenPage) -> None:
    phone("Barasa").file(*SHIRERE_WATER)
    page = open_page(viewport=SMALL, java_script_enabled=False)
    Desk(page).sign_in("ward-1014")
    page.get_by_role("link", name="Announce").click()
    page.get_by_label("In Kiswahili").fill("Maji yatakatika Jumanne kuanzia saa mbili hadi saa kumi")
    page.get_by_label("In English").fill("No water on Tuesday from 8 to 16")
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_role("heading", name="Look at it first: Shirere ward")).to_be_visible()
    assert_no_sideways_scrolling(page)
    page.get_by_role("button", name="Send to 1 person").click()
    expect(page.get_by_role("status")).to_have_text("It goes to 1 person in Shirere.")
    assert_no_sideways_scrolling(page)


def test_without_javascript_the_links_of_a_guess_open_their_forms(phone: OpenPhone, open_page: OpenPage) -> None:
    phone("Wafula").text("Shirere hakuna maji tangu jana")
    page = open_page(java_script_enabled=False)
    ward = Desk(page).sign_in("ward-1014")
    [reference] = ward.queue()
    for link, field in (("Another subject", "What is it about?"), ("Another ward", "Ward")):
        ward.open(reference)
        expect(page.get_by_label(field, exact=True)).to_be_hidden()
        page.get_by_role("link", name=link).click()
        expect(page.get_by_label(field, exact=True)).to_be_in_viewport()


def assert_no_sideways_scrolling(page: Page) -> None:
    width, content = page.evaluate("[innerWidth, document.scrollingElement.scrollWidth]")
    assert (page.url, width, content <= width) == (page.url, 320, True)


def test_by_keyboard_alone_an_officer_signs_in_and_takes_a_case(phone: OpenPhone, open_page: OpenPage) -> None:
    reference = phone("Nafula").file(*SHIRERE_WATER)

    page = open_page()
    page.goto("/sign-in")
    tab_to(page, page.get_by_label("E-mail address"))
    page.keyboard.type("ward-1014@demo.example")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    tab_to(page, page.locator(".row").filter(has_text=reference).get_by_role("heading").get_by_role("link"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(reference)
    tab_to(page, page.get_by_role("button", name="Take it"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(f"{reference} is yours.")


def tab_to(page: Page, wanted: Locator, presses: int = 40) -> None:
    """Press Tab until `wanted` has the focus, and check that the focus can be seen there."""
    for _ in range(presses):
        if wanted.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()
    assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") != "none"


def test_a_first_visit_to_a_full_queue_weighs_at_most_14_kilobytes(
    county: Demo, open_context: Callable[..., BrowserContext]
) -> None:
    county.flask("demo", "fill", "--cases", "600", "--seed", "1")
    known = open_context()
    Desk(known.new_page()).sign_in("sub-county-202")
    page = open_context(storage_state=known.storage_state()).new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/triage/?show=done")
    page.wait_for_load_state("networkidle")

    assert page.locator(".row").count() == 25
    weights = {answer.url: answer.request.sizes()["responseBodySize"] for answer in answers}
    assert {"html", "css", "js"} <= {kind_of(answer) for answer in answers}
    assert sum(weights.values()) <= QUEUE_BYTES, weights


def kind_of(answer: Response) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].removeprefix("text/").replace("javascript", "js")
