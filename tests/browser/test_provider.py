"""The provider of the demo misbehaves as a visitor chooses, with JavaScript and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SMALL
from tests.browser.demo import Demo
from tests.browser.phone import SHIRERE_WATER, Phone, reference_in
from tests.browser.triage import Desk

OpenPage = Callable[..., Page]


@pytest.fixture(autouse=True)
def normal_again(county: Demo, open_page: OpenPage) -> Iterator[None]:
    """What one test chose is not what the next one meets."""
    yield
    page = open_page()
    page.goto("/phone")
    choose(page, "answers normally")
    expect(page.get_by_test_id("provider-status")).to_have_text("From now on: answers normally.")


def choose(page: Page, words: str) -> None:
    page.get_by_label("Africa’s Talking today").select_option(label=words)
    page.get_by_test_id("provider-set").click()


def test_a_choice_keeps_the_call_and_an_officer_reads_what_came_of_it(
    open_page: OpenPage, desk: Callable[[str], Desk]
) -> None:
    akinyi = Phone(open_page(), "Akinyi")
    akinyi.dial()
    akinyi.answer(*SHIRERE_WATER[:3])
    choose(akinyi.page, "the networks refuse (Rejected)")
    expect(akinyi.page.get_by_test_id("provider-status")).to_have_text("From now on: the networks refuse (Rejected).")
    reference = reference_in(akinyi.answer(*SHIRERE_WATER[3:]))
    akinyi.answer("1")
    akinyi.sms(reference)
    ward = desk("ward-1014").open(reference)
    for _ in range(40):
        if "refused it" in ward.page.inner_text("main"):
            break
        ward.page.wait_for_timeout(250)
        ward.page.reload()
    expect(ward.page.locator("main")).to_contain_text("SMS not delivered: the mobile network refused it. Call instead.")


def test_without_javascript_the_form_works_too_on_a_small_screen(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False, viewport=SMALL)
    page.goto("/phone")
    choose(page, "down (500)")
    expect(page.get_by_label("Africa’s Talking today")).to_have_value("500")
