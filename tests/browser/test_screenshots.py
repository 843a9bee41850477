"""Pictures of the five main pages and a foreman's link; with SCREENSHOTS=1 those in docs/screenshots are taken anew.

Each run holds what stands on the pages for good against what stood there when their pictures were taken:
docs/screenshots/words.json.
"""

from __future__ import annotations

import json
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
WORDS = "words.json"
"""By picture, what is `STANDING` on the page, its numbers as `#`."""
STANDING = "h1, h2, h3, label, summary, legend, th, button, nav a"
OF_OTHERS = ".row, .links, .before"
"""What is there, or is not, by what others have reported."""
READ = """([wanted, others, reference]) => {
    const found = new Set()
    for (const part of document.querySelectorAll(wanted)) {
        const other = part.closest(others)
        if (!part.checkVisibility() || (other && !other.textContent.includes(reference))) continue
        const copy = part.cloneNode(true)
        copy.querySelectorAll("select, textarea").forEach((field) => field.remove())
        found.add(copy.textContent.replace(/[0-9]+/g, "#").replace(/\\s+/g, " ").trim())
    }
    return [...found].sort()
}"""
NOT_BLANK = 8_000
"""Bytes: an empty page of these sizes makes a smaller picture."""
SIZES = {"desktop": DESKTOP | {"height": 960}, "320": SMALL}


def test_pictures_of_the_whole_line(county: Demo, open_page: Callable[..., Page], tmp_path: Path) -> None:
    anew = os.environ.get("SCREENSHOTS") == "1"
    folder = KEPT if anew else tmp_path
    said: dict[str, list[str]] = {}
    county.flask("demo", "fill", "--cases", "700", "--seed", "7")
    phone = Phone(open_page(), "Akinyi")
    phone.dial()
    reference = reference_in(phone.answer(*SHIRERE_WATER[:4], "2", "1"))
    assert phone.answer("2", "Karibu na posho mill, maji yanamwagika barabarani").startswith("Maneno")
    assert phone.answer("1").startswith("Asante")
    phone.sms(reference)
    said["phone"] = take(phone.page, folder, "phone", reference)

    page = open_page()
    page.goto("/sign-in")
    said["sign-in"] = take(page, folder, "sign-in", reference)
    officer = Desk(page).sign_in("ward-1014")
    officer.open(reference).take()
    page.locator("summary", has_text="Write to the resident").click()
    page.get_by_label("Message").fill("Fundi atafika kesho asubuhi. Asante kwa kuripoti.")
    page.get_by_role("button", name="Send the SMS").click()
    phone.sms("Fundi atafika kesho asubuhi.")
    officer.queue()
    said["queue"] = take(page, folder, "queue", reference)
    officer.open(reference)
    page.locator("summary", has_text="End it").click()
    page.get_by_role("radio", name="Fixed").check()
    said["case"] = take(page, folder, "case", reference)

    foreman = open_page()
    foreman.goto(link_for(officer, reference, "Musa"))
    said["crew"] = take(foreman, folder, "crew", reference)
    hotline = Desk(open_page()).sign_in("hotline").page
    hotline.goto("/triage/log-call")
    hotline.locator("#caller-phone").fill(CALLER)
    hotline.get_by_role("button", name="Go on").click()
    expect(hotline.get_by_role("button", name="File it", exact=True)).to_be_visible()
    said["log-call"] = take(hotline, folder, "log-call", reference)
    sizes = {picture.name: picture.stat().st_size for picture in folder.glob("*.png")}
    assert set(sizes) == {f"{name}-{size}.png" for name in PAGES for size in SIZES}
    assert all(size > NOT_BLANK for size in sizes.values()), sizes
    if anew:
        (KEPT / WORDS).write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
    kept: dict[str, list[str]] = json.loads((KEPT / WORDS).read_text())
    other = {name: set(said[name]).symmetric_difference(kept.get(name, [])) for name in said}
    assert other == {name: set() for name in PAGES}, "the pictures are old: take them anew with SCREENSHOTS=1"


def take(page: Page, folder: Path, name: str, reference: str) -> list[str]:
    """The same page on a desktop as far as it is seen at once, and whole on the smallest screen. Returns what stands on
    it whatever others have reported: of the rows of a list, in that of `reference` alone."""
    expect(page.locator("h1")).to_be_visible()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    if page.locator("script[data-keys]").count():
        page.wait_for_selector("[data-keys=on]", state="attached")  # what comes after the page
    said: list[str] = page.evaluate(READ, [STANDING, OF_OTHERS, reference])
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.screenshot(path=folder / f"{name}-{size}.png", full_page=size == "320")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    return said
