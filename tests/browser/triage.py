"""The officers' web as an officer uses it: sign in, look into the queue, open a case, act."""

from __future__ import annotations

from typing import Self

from playwright.sync_api import Locator, Page, expect

from gateway.demo.accounts import DOMAIN, PASSWORD


class Desk:
    """One page with one officer."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, login: str) -> Self:
        self.page.goto("/sign-in")
        self.page.get_by_label("E-mail address").fill(f"{login}@{DOMAIN}")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()
        return self

    def queue(self, tab: str = "todo") -> list[str]:
        """The references in one list of the queue, from the top."""
        self.page.goto(f"/triage/?show={tab}")
        return self.page.locator(".row .ref b").all_inner_texts()

    def row(self, reference: str) -> Locator:
        """The case's row in the list that is open."""
        return self.page.locator(".row").filter(has_text=reference)

    def open(self, reference: str, tab: str = "todo") -> Self:
        """Open a case from one list of the queue."""
        self.queue(tab)
        self.row(reference).get_by_role("heading").get_by_role("link").click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(reference)
        return self

    def take(self) -> Self:
        self.page.get_by_role("button", name="Take it", exact=True).click()
        expect(self.said).to_contain_text("is yours")
        return self

    def end(self, ending: str, reason: str) -> Self:
        """End the case that is open, as in `end("Fixed", "Bomba limerekebishwa")`."""
        self.page.locator("summary", has_text="End it").click()
        self.page.get_by_role("radio", name=ending).check()
        self.page.get_by_label("What was done, or why not").fill(reason)
        self.page.get_by_role("button", name="End the case").click()
        expect(self.said).to_contain_text(f"ended: {ending.lower()}")
        return self

    @property
    def said(self) -> Locator:
        """The sentence that tells what the last action did."""
        return self.page.get_by_role("status")

    @property
    def state(self) -> Locator:
        """The marks below the heading of the case that is open."""
        return self.page.locator(".head .state")

    @property
    def history(self) -> Locator:
        return self.page.locator(".history")


def path_of(reference: str) -> str:
    """The address of a case: `/triage/cases/48217739`."""
    return f"/triage/cases/{reference.replace(' ', '')}"
