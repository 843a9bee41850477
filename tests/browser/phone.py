"""The phone page in the hand of a resident: she presses keys, reads the screen, gets texts and writes some."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

REFERENCE = re.compile(r"\b\d{4} \d{4}\b")
SHIRERE_WATER = ("1", "4", "6", "1", "1", "5")
"""Report, Lurambi, Shirere, water, none at all, no place: six answers after the dial, and it is filed."""


class Phone:
    """One page with one resident's number, by her name in the list or as it is typed in; `hops` counts screens."""

    def __init__(self, page: Page, caller: str) -> None:
        self.page = page
        self.hops = 0
        page.goto("/phone")
        if caller[0].isdigit():
            page.get_by_test_id("number").select_option(label="Another number…")
            page.get_by_test_id("own-number").fill(caller)
            page.get_by_test_id("own-number").press("Enter")
        else:
            page.get_by_test_id("number").select_option(label=caller)
        self._screen = page.get_by_test_id("screen")

    @property
    def screen(self) -> str:
        return self._screen.inner_text()

    def dial(self, code: str = "") -> str:
        """Press the green key, with another number than the plain code where one is given; the first screen."""
        self.hops = 0
        if code:
            self.page.get_by_test_id("reply").fill(code)
        self.page.get_by_test_id("dial").click()
        return self._next_screen()

    def answer(self, *answers: str) -> str:
        """Give one answer after the other on the keypad, or in words; the screen after the last."""
        for answer in answers:
            if answer.isdigit():
                for digit in answer:
                    self.page.get_by_test_id(f"key-{digit}").click()
            else:
                self.page.get_by_test_id("reply").fill(answer)
            self.page.get_by_test_id("send").click()
            self._next_screen()
        return self.screen

    def hang_up(self) -> None:
        """The red key."""
        self.page.get_by_test_id("end").click()
        expect(self._screen).to_have_attribute("data-state", "ended")

    def file(self, *answers: str) -> str:
        """Dial, report with these answers, and finish; the reference."""
        self.dial()
        reference = reference_in(self.answer(*answers))
        thanks = self.answer("1")
        assert thanks.startswith(f"Asante. Nambari {reference}."), thanks
        return reference

    def text(self, words: str) -> None:
        """Send an SMS to the county."""
        self.page.get_by_test_id("compose-text").fill(words)
        self.page.get_by_test_id("compose-send").click()
        expect(self.page.get_by_test_id("compose-status")).to_have_text("Sent")

    def sms(self, *parts: str) -> Locator:
        """Wait for the text that holds all `parts`."""
        found = self.page.get_by_test_id("sms")
        for part in parts:
            found = found.filter(has_text=part)
        expect(found).to_be_visible()
        return found

    def _next_screen(self) -> str:
        self.hops += 1
        expect(self._screen).to_have_attribute("data-state", re.compile("open|ended"))
        expect(self._screen).to_have_attribute("data-hops", str(self.hops))
        answered = self.page.get_by_test_id("wire-answer").text_content() or ""
        assert answered.startswith("HTTP 200, "), answered
        return self.screen


def reference_in(text: str) -> str:
    """The one reference in `text`, as it is spoken: `4821 7739`."""
    found = REFERENCE.findall(text)
    assert len(found) == 1, text
    return str(found[0])
