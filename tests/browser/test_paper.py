"""What comes out of the printer: how many pages of A4, and how large the letters on them are."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from gateway.triage.board import LISTED
from tests.browser.demo import Demo
from tests.browser.triage import Desk

REGISTER, POSTER, RADIO, ALOUD = (
    f"/triage/paper/{name}" for name in ("register", "poster", "radio", "read-aloud")
)  # fmt: skip
FULL = 22
"""Pages of a register that is full: some problems and names of places take more lines than others."""
POINT = 4 / 3
"""Pixels of a point."""


def pages(page: Page) -> int:
    """Sheets of paper that this page is printed on."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


def points(page: Page, which: str) -> float:
    """How large the smallest of these letters are on paper."""
    page.emulate_media(media="print")
    sizes = page.locator(which).evaluate_all("all => all.map(one => parseFloat(getComputedStyle(one).fontSize))")
    return round(float(min(sizes)) / POINT, 1)


@pytest.fixture
def ward(county: Demo, open_context: Callable[..., BrowserContext]) -> Page:
    county.flask("demo", "fill", "--cases", "300", "--seed", "7")
    return Desk(open_context().new_page()).sign_in("ward-1014").page


@pytest.mark.parametrize("language", ["sw", "en"])
def test_a_full_register_hangs_on_a_board_in_letters_that_can_be_read(ward: Page, language: str) -> None:
    ward.goto(f"{REGISTER}?language={language}")
    ward.evaluate(
        """wanted => {
             const body = document.querySelector("tbody"), rows = [...body.rows];
             for (let at = 0; body.rows.length < wanted; at++) body.append(rows[at % rows.length].cloneNode(true));
           }""",
        LISTED,
    )
    assert points(ward, ".register td, .register th") >= 16
    assert LISTED // 15 <= pages(ward) <= FULL


def test_a_poster_is_one_page_of_lines_that_are_read_from_across_a_room(ward: Page) -> None:
    ward.goto(POSTER)
    assert points(ward, ".poster li") >= 26
    assert points(ward, ".poster p, .poster h1") >= 16
    assert pages(ward) == 1
    code = ward.locator(".poster .code")
    assert code.evaluate("one => one.scrollWidth <= one.clientWidth"), "nothing of the code is cut off"


def test_what_is_read_out_has_a_page_for_each_language_at_most(ward: Page) -> None:
    for address in (RADIO, ALOUD):
        ward.goto(address)
        assert points(ward, ".aloud p") >= 16
        assert pages(ward) <= 2, address
