"""The pictures in docs/screenshots, taken anew when SCREENSHOTS=1: the phone, sign-in, a queue and a case."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.settings import PROJECT
from tests.browser.conftest import DESKTOP, SMALL
from tests.browser.demo import Demo
from tests.browser.phone import SHIRERE_WATER, Phone, reference_in
from tests.browser.triage import Desk

pytestmark = pytest.mark.skipif(os.environ.get("SCREENSHOTS") != "1", reason="pictures need SCREENSHOTS=1")

PICTURES = PROJECT / "docs" / "screenshots"
SIZES = {"desktop": DESKTOP | {"height": 960}, "320": SMALL}


def test_pictures_of_the_whole_line(county: Demo, open_page: Callable[..., Page]) -> None:
    county.flask("demo", "fill", "--cases", "700", "--seed", "7")
    phone = Phone(open_page(), "Akinyi")
    phone.dial()
    reference = reference_in(phone.answer(*SHIRERE_WATER[:4], "2", "1"))
    assert phone.answer("2", "Karibu na posho mill, maji yanamwagika barabarani").startswith("Maneno")
    assert phone.answer("1").startswith("Asante")
    phone.sms(reference)
    take(phone.page, "phone")

    page = open_page()
    page.goto("/sign-in")
    take(page, "sign-in")
    officer = Desk(page).sign_in("ward-1014")
    officer.open(reference).take()
    page.locator("summary", has_text="Write to the resident").click()
    page.get_by_label("Message").fill("Fundi atafika kesho asubuhi. Asante kwa kuripoti.")
    page.get_by_role("button", name="Send the SMS").click()
    phone.sms("Fundi atafika kesho asubuhi.")
    officer.queue()
    take(page, "queue")
    officer.open(reference)
    page.locator("summary", has_text="End it").click()
    page.get_by_role("radio", name="Fixed").check()
    take(page, "case")


def take(page: Page, name: str) -> None:
    """The same page on a desktop as far as it is seen at once, and whole on the smallest screen."""
    expect(page.locator("h1")).to_be_visible()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.screenshot(path=PICTURES / f"{name}-{size}.png", full_page=size == "320")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
