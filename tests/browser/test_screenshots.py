"""Pictures of the five main pages and a foreman's link; with SCREENSHOTS=1 those in docs/screenshots are taken anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from config.settings import PROJECT
from tests.browser.conftest import DESKTOP, SMALL
from tests.browser.demo import Demo
from tests.browser.phone import SHIRERE_WATER, Phone, reference_in
from tests.browser.test_crew import sent as link_for
from tests.browser.triage import Desk

KEPT = PROJECT / "docs" / "screenshots"
PAGES = ("phone", "sign-in", "queue", "case", "crew", "log-call")
CALLER = "0711000001"
NOT_BLANK = 8_000
"""Bytes: an empty page of these sizes makes a smaller picture."""
SIZES = {"desktop": DESKTOP | {"height": 960}, "320": SMALL}


def test_pictures_of_the_whole_line(county: Demo, open_page: Callable[..., Page], tmp_path: Path) -> None:
    folder = KEPT if os.environ.get("SCREENSHOTS") == "1" else tmp_path
    county.flask("demo", "fill", "--cases", "700", "--seed", "7")
    phone = Phone(open_page(), "Akinyi")
    phone.dial()
    reference = reference_in(phone.answer(*SHIRERE_WATER[:4], "2", "1"))
    assert phone.answer("2", "Karibu na posho mill, maji yanamwagika barabarani").startswith("Maneno")
    assert phone.answer("1").startswith("Asante")
    phone.sms(reference)
    take(phone.page, folder, "phone")

    page = open_page()
    page.goto("/sign-in")
    take(page, folder, "sign-in")
    officer = Desk(page).sign_in("ward-1014")
    officer.open(reference).take()
    page.locator("summary", has_text="Write to the resident").click()
    page.get_by_label("Message").fill("Fundi atafika kesho asubuhi. Asante kwa kuripoti.")
    page.get_by_role("button", name="Send the SMS").click()
    phone.sms("Fundi atafika kesho asubuhi.")
    officer.queue()
    take(page, folder, "queue")
    officer.open(reference)
    page.locator("summary", has_text="End it").click()
    page.get_by_role("radio", name="Fixed").check()
    take(page, folder, "case")

    foreman = open_page()
    foreman.goto(link_for(officer, reference, "Musa"))
    take(foreman, folder, "crew")
    hotline = Desk(open_page()).sign_in("hotline").page
    hotline.goto("/triage/log-call")
    hotline.locator("#caller-phone").fill(CALLER)
    hotline.get_by_role("button", name="Go on").click()
    expect(hotline.get_by_role("button", name="File it", exact=True)).to_be_visible()
    take(hotline, folder, "log-call")
    sizes = {picture.name: picture.stat().st_size for picture in folder.glob("*.png")}
    assert set(sizes) == {f"{name}-{size}.png" for name in PAGES for size in SIZES}
    assert all(size > NOT_BLANK for size in sizes.values()), sizes


def take(page: Page, folder: Path, name: str) -> None:
    """The same page on a desktop as far as it is seen at once, and whole on the smallest screen."""
    expect(page.locator("h1")).to_be_visible()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.screenshot(path=folder / f"{name}-{size}.png", full_page=size == "320")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
