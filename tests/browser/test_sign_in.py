"""Signing in as an officer does it, on a small phone without JavaScript: a password, a code, a PIN in the morning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from gateway.demo.accounts import DOMAIN, PASSWORD
from tests.browser.conftest import SMALL
from tests.browser.demo import Demo
from tests.browser.test_pages import assert_no_sideways_scrolling
from tests.browser.triage import Desk

OpenPage = Callable[..., Page]

LOGIN, PIN = "ombudsman", "402917"


@pytest.fixture
def phone_page(county: Demo, open_page: OpenPage) -> Iterator[Page]:
    """A small phone without JavaScript; the authenticator that is set up on it is gone after the test."""
    yield open_page(viewport=SMALL, java_script_enabled=False)
    county.flask("officers", "reset-totp", f"{LOGIN}@{DOMAIN}")


def give_password(page: Page, *, keep: bool = False) -> None:
    page.get_by_label("E-mail address").fill(f"{LOGIN}@{DOMAIN}")
    page.get_by_label("Password").fill(PASSWORD)
    if keep:
        page.get_by_label("Keep this phone signed in").check()
    page.get_by_role("button", name="Sign in").click()


def give_code(page: Page, code: str) -> None:
    page.get_by_label("Code of your authenticator").fill(code)
    page.get_by_role("button", name="Go on").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")


def test_an_authenticator_is_set_up_and_from_then_on_the_phone_wakes_by_its_pin(phone_page: Page) -> None:
    page = phone_page
    Desk(page).sign_in(LOGIN)
    page.get_by_role("link", name="Ombudsman").click()
    assert_no_sideways_scrolling(page)
    page.get_by_role("link", name="Set it up").click()
    expect(page.locator("svg.qr")).to_be_visible()
    assert_no_sideways_scrolling(page)
    totp = pyotp.TOTP(page.locator(".key").inner_text().replace(" ", ""))
    page.get_by_label("Code that it shows now").fill(totp.now())
    page.get_by_role("button", name="Set it up").click()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    assert_no_sideways_scrolling(page)
    page.get_by_role("link", name="I have them, go on").click()
    sign_out(page)

    # The password alone opens nothing now. The code that confirmed it is used up; the next one counts already.
    assert_no_sideways_scrolling(page)
    give_password(page, keep=True)
    expect(page.get_by_role("heading", name="second step")).to_be_visible()
    assert_no_sideways_scrolling(page)
    page.goto("/triage/")
    expect(page.get_by_label("Password")).to_be_visible()
    give_password(page, keep=True)
    give_code(page, totp.at(datetime.now(UTC) + timedelta(seconds=30)))
    page.get_by_label("PIN", exact=True).fill(PIN)
    page.get_by_label("The same PIN once more").fill(PIN)
    assert_no_sideways_scrolling(page)
    page.get_by_role("button", name="Keep it signed in").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    sign_out(page)

    # Neither e-mail nor password nor code from here on.
    assert_no_sideways_scrolling(page)
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.get_by_role("link", name="Ombudsman").click()
    expect(page.get_by_role("heading", name="Devices that stay signed in")).to_be_visible()
    assert_no_sideways_scrolling(page)
    sign_out(page)
    page.get_by_role("link", name="Another officer signs in here").click()
    expect(page.get_by_label("E-mail address")).to_be_visible()


def test_a_recovery_code_on_paper_opens_once_when_the_phone_is_lost(phone_page: Page) -> None:
    page = phone_page
    Desk(page).sign_in(LOGIN)
    page.goto("/triage/account/authenticator")
    totp = pyotp.TOTP(page.locator(".key").inner_text().replace(" ", ""))
    page.get_by_label("Code that it shows now").fill(totp.now())
    page.get_by_role("button", name="Set it up").click()
    code = page.locator(".codes code").first.inner_text()
    sign_out(page)
    give_password(page)
    give_code(page, code.upper().replace("-", " "))
    expect(page.get_by_role("status")).to_contain_text("A recovery code was used up.")
    page.get_by_role("link", name="Ombudsman").click()
    expect(page.get_by_text("Recovery codes left: 9.")).to_be_visible()
