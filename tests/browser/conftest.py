"""One demo and one browser in each process that runs tests of this folder; each test begins in an empty county."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.demo import Demo
from tests.browser.phone import Phone
from tests.browser.triage import Desk
from tests.conftest import PHONE

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESKTOP, SMALL = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
UNWANTED = re.compile(r'"level": "error"|"event": "part_ended"|Traceback')
REFUSED = re.compile(r"responded with a status of (409|422) ")
"""A form that comes back with what is in its way: an answer like others, which chromium calls an error."""
PATIENCE = 20_000
"""Milliseconds until a page must show what it owes: an SMS travels in two, the sweeper alone needs some more."""

OpenContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The whole of Sikiza, started once. When all is over, nothing in its log is an error, a restart or a number."""
    with Demo() as demo:
        yield demo
        assert [line for line in demo.said.splitlines() if UNWANTED.search(line) or PHONE.search(line)] == []


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, or else Playwright's own."""
    expect.set_options(timeout=PATIENCE)
    installed = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def county(demo: Demo) -> Demo:
    """The running demo, in which nobody has reported anything yet."""
    demo.empty()
    return demo


@pytest.fixture
def open_context(county: Demo, browser: Browser) -> Iterator[OpenContext]:
    """Opens a browser of its own (cookies, cache, size). The test fails on any error in any of its pages."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note_console(message: ConsoleMessage) -> None:
        # What breaks the content security policy is such an error too.
        if message.type == "error" and not REFUSED.search(message.text):
            errors.append(f"{message.location.get('url')}: {message.text}")

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=county.url, **{"viewport": DESKTOP} | options)
        context.set_default_timeout(PATIENCE)
        context.on("console", note_console)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def open_page(open_context: OpenContext) -> Callable[..., Page]:
    """Opens a page in a browser of its own; takes the options of one, such as `viewport`."""
    return lambda **options: open_context(**options).new_page()


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Callable[[str], Phone]:
    """`phone("Akinyi")`: the phone page in the hand of that resident."""
    return lambda caller: Phone(open_page(), caller)


@pytest.fixture
def desk(open_page: Callable[..., Page]) -> Callable[[str], Desk]:
    """`desk("ward-1014")`: that officer, signed in."""
    return lambda login: Desk(open_page()).sign_in(login)
