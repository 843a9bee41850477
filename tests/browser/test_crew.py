"""The foreman's link on a small phone: sent by an officer, answered without JavaScript and with a photo."""

from __future__ import annotations

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import SMALL
from tests.browser.phone import SHIRERE_WATER, Phone
from tests.browser.test_axe import RULES
from tests.browser.triage import Desk
from tests.cases.pictures import jpeg, of_a_phone

OpenPage = Callable[..., Page]
OpenPhone = Callable[[str], Phone]


def sent(ward: Desk, reference: str, name: str) -> str:
    """Make a link on the page of a case; its address, as it stands in the text to paste."""
    ward.open(reference)
    ward.page.locator("summary", has_text="Send somebody").click()
    ward.page.get_by_label("Who goes there?").fill(name)
    ward.page.get_by_label("What to do").fill("Badilisha bomba karibu na soko.")
    ward.page.get_by_role("button", name="Make the link").click()
    text = ward.page.get_by_label("Copy this").input_value()
    found = re.search(r"/crew/[\w-]{43}", text)
    assert found
    return found[0]


def test_a_foreman_answers_on_a_small_phone_and_the_officer_ends_the_case(
    phone: OpenPhone, open_page: OpenPage
) -> None:
    reference = phone("Barasa").file(*SHIRERE_WATER)
    ward = Desk(open_page(viewport=SMALL, java_script_enabled=False)).sign_in("ward-1014")
    address = sent(ward, reference, "Musa")

    foreman = open_page(viewport=SMALL, java_script_enabled=False)
    foreman.goto(address)
    expect(foreman.get_by_text("Badilisha bomba karibu na soko.")).to_be_visible()
    assert not foreman.evaluate("document.documentElement.scrollWidth > innerWidth")
    foreman.get_by_role("button", name="Ninaenda").click()
    expect(foreman.get_by_role("status")).to_contain_text("Umesema unaenda")
    foreman.get_by_label("Maneno yako").fill("Bomba limebadilishwa")
    photo = jpeg((4000, 3000), exif=of_a_phone())
    foreman.get_by_label("Picha ya kazi").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo})
    foreman.get_by_role("button", name="Imekamilika").click()
    expect(foreman.get_by_role("status")).to_contain_text("Asante")

    ward.open(reference)
    expect(ward.page.get_by_role("heading", name="Musa says that it is done (1 photo)")).to_be_visible()
    ward.page.get_by_role("link", name="End it as fixed?").click()
    expect(ward.page.get_by_role("radio", name="Fixed")).to_be_checked()


def test_the_foremans_page_and_the_officers_side_of_it_can_be_used_by_everybody(
    phone: OpenPhone, open_page: OpenPage
) -> None:
    reference = phone("Barasa").file(*SHIRERE_WATER)
    ward = Desk(open_page()).sign_in("ward-1014")
    address = sent(ward, reference, "Musa")
    assert_usable(ward.page)
    ward.page.goto(f"/triage/cases/{reference.replace(' ', '')}/share")
    assert_usable(ward.page)
    ward.page.get_by_role("button", name="Make the card as an image").click()
    expect(ward.page.get_by_role("img")).to_be_visible()
    assert_usable(ward.page)
    foreman = open_page(viewport=SMALL)
    foreman.goto(address)
    assert_usable(foreman)
    foreman.get_by_role("button", name="Haiwezekani").click()
    assert_usable(foreman)


def assert_usable(page: Page) -> None:
    """No breach of WCAG 2.2 AA that a program can find."""
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
