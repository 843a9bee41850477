"""The hotline's desk by keyboard alone: every key is counted, and no mouse is there to help."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.triage import Desk

OpenPage = Callable[..., Page]

KEY, MENTAL = 0.28, 1.35
"""Seconds for a key and for one decision of a practised person, by the keystroke-level model (Card, Moran, Newell 1980:
0.28 s is an average typist). What the caller says is typed while she says it; the model counts it all the same."""
NUMBER, PLACE, WORDS = "0711000001", "Soko", "Bomba limepasuka tangu jana"
LIMIT = 30
"""Seconds, by the model, for a call from the number to the reference."""
LISTENING = 1100
"""Milliseconds between two letters of somebody who types what she hears: a list that completes by the first letters
has forgotten them by then."""


class Keyboard:
    """Counts what is pressed: letters, tab stops and decisions."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys, self.tabs, self.decisions = page, 0, 0, 0

    def type(self, text: str) -> None:
        self.decisions += 1
        self.keys += len(text)
        self.page.keyboard.type(text)

    def type_slowly(self, heard: str, text: str) -> None:
        """What she waits to hear letter by letter, and the rest at once."""
        self.page.keyboard.type(heard, delay=LISTENING)
        self.keys += len(heard)
        self.type(text)

    def press(self, key: str, times: int = 1) -> None:
        self.keys += times
        self.tabs += times if key == "Tab" else 0
        for _ in range(times):
            self.page.keyboard.press(key)

    def focus(self, name: str) -> None:
        """What has the focus is the control of this id."""
        expect(self.page.locator(f"#{name}")).to_be_focused()

    @property
    def seconds(self) -> float:
        """By the model, not measured."""
        return KEY * self.keys + MENTAL * self.decisions


def log(hands: Keyboard, code: str, place: str, words: str) -> None:
    """From the code to the button; the ward is the one that was remembered, unless it is typed."""
    hands.focus("call-code")
    hands.type(code)
    hands.press("Tab", 2)
    hands.focus("call-ward")
    if hands.page.locator("#call-ward").input_value() == "":
        hands.type("Shirere")
    hands.press("Tab")
    if place:
        hands.type(place)
    hands.press("Tab")
    hands.focus("call-words")
    hands.type(words)
    hands.press("Tab")
    hands.press("Enter")


def first_call(page: Page) -> Keyboard:
    """The agent has signed in and typed the caller's number."""
    Desk(page).sign_in("hotline")
    page.goto("/triage/log-call")
    hands = Keyboard(page)
    hands.focus("caller-phone")
    hands.type(NUMBER)
    hands.press("Enter")
    return hands


def next_call(page: Page) -> Keyboard:
    """One key on the page that says what became of the call before."""
    hands = Keyboard(page)
    expect(page.get_by_role("link", name="Next call")).to_be_focused()
    hands.press("Enter")
    hands.focus("caller-phone")
    return hands


def tell(name: str, hands: Keyboard) -> None:
    counted = f"{hands.keys} keys, {hands.tabs} of them tabs, {hands.seconds:.0f} s by the keystroke-level model"
    sys.stdout.write(f"{name}: {counted}\n")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_call_is_logged_without_a_mouse_and_the_next_one_begins_with_one_key(
    open_page: OpenPage, javascript: bool
) -> None:
    page = open_page(java_script_enabled=javascript)
    first = first_call(page)
    log(first, "12", PLACE, WORDS)
    expect(page.get_by_role("heading", name="Filed. Read this aloud:")).to_be_visible()
    reference = page.get_by_test_id("reference").inner_text()
    tell("A first call", first)
    assert first.seconds < LIMIT
    said = len(NUMBER) + len("Shirere") + len(PLACE) + len(WORDS)
    assert first.keys - said <= 10, "Beside what the caller says: a code, five tabs and two Enter."

    again = next_call(page)
    again.type(NUMBER)
    again.press("Enter")
    expect(page.locator(".earlier li")).to_contain_text([reference])
    expect(page.locator("#call-ward")).to_have_value("Shirere")
    log(again, "23", PLACE, WORDS)
    expect(page.get_by_role("heading", name="Filed. Read this aloud:")).to_be_visible()
    tell("A known caller", again)
    assert again.seconds < LIMIT

    same = next_call(page)
    same.type(NUMBER)
    same.press("Enter")
    log(same, "b", "", "Bado hakuna maji")
    expect(page.get_by_role("heading", name="The words were added to")).to_be_visible()
    expect(page.get_by_test_id("reference")).to_have_text(reference)
    tell("Words to an earlier report", same)
    assert same.tabs == 5

    unknown = next_call(page)
    unknown.press("Enter")
    log(unknown, "1", PLACE, WORDS)
    expect(page.get_by_text("Secret number")).to_be_visible()
    tell("A caller without a number", unknown)


def test_whoever_types_as_slowly_as_she_listens_names_the_right_ward_and_puts_a_wrong_one_right(
    open_page: OpenPage,
) -> None:
    page = open_page()
    hands = first_call(page)
    hands.focus("call-code")
    hands.type("12")
    hands.press("Tab", 2)
    hands.focus("call-ward")
    hands.type_slowly("Buts", "otso South")
    hands.press("Tab")
    hands.type(PLACE)
    hands.press("Enter")
    expect(page.get_by_test_id("said")).to_contain_text("Water: Burst pipe, Butsotso South, Soko. Read it back.")
    expect(page.get_by_role("link", name="Next call")).to_be_focused()
    hands.press("Tab", 2)
    hands.press("Enter")
    hands.press("Tab")
    hands.focus("right-ward")
    hands.type_slowly("Shi", "rere")
    hands.press("Enter")
    expect(page.get_by_test_id("said")).to_contain_text("Water: Burst pipe, Shirere, Soko. Read it back.")
    assert hands.keys < 75


def test_no_address_that_a_call_leaves_behind_has_the_callers_number(open_page: OpenPage) -> None:
    page = open_page()
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    hands = first_call(page)
    log(hands, "12", PLACE, WORDS)
    expect(page.get_by_test_id("reference")).to_be_visible()
    assert len(addresses) > 4
    assert not [address for address in addresses if "711000001" in address]


def test_a_row_of_slips_is_typed_without_a_mouse(open_page: OpenPage) -> None:
    page = open_page()
    Desk(page).sign_in("ward-1014")
    page.goto("/triage/slips/register")
    page.locator("#reference-1").focus()
    hands = Keyboard(page)
    for number in (1, 2):
        hands.focus(f"reference-{number}")
        hands.press("Tab")
        hands.type("12")
        hands.press("Tab")
        hands.type(WORDS)
        hands.press("Tab", 5 if number == 1 else 1)
    hands.press("Enter")
    expect(page.get_by_role("heading", name="2 registered")).to_be_visible()
    tell("Two notes of a baraza", hands)
