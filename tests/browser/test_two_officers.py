"""Two officers on one case: the second sees who is on it, and decides nothing on a page that has been overtaken."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import SMALL
from tests.browser.phone import SHIRERE_WATER, Phone
from tests.browser.triage import Desk, path_of

REASON = "Niliona maji yanatoka, hakuna shida"
ANSWER = "Tunaleta maji kwa gari kesho asubuhi"


def test_two_officers_on_one_case_see_each_other_and_only_one_decides_unseen(
    phone: Callable[[str], Phone], desk: Callable[[str], Desk], open_page: Callable[..., Page]
) -> None:
    reference = phone("Nafula").file(*SHIRERE_WATER)
    first, second = desk("ward-1014"), Desk(open_page(viewport=SMALL)).sign_in("sub-county-202")
    name = first.page.locator(".brand span").inner_text().split(", ")[-1]
    first.page.goto(path_of(reference))
    second.page.goto(path_of(reference))
    expect(second.page.locator(".reader")).to_contain_text(f"{name} has this open too, since")

    second.page.locator("summary", has_text="End it").click()
    second.page.get_by_role("radio", name="Not found there").check()
    second.page.get_by_label("What was done, or why not").fill(REASON)
    first.page.locator("summary", has_text="Write to the resident").click()
    first.page.get_by_label("Message").fill(ANSWER)
    first.page.get_by_role("button", name="Send the SMS").click()
    expect(first.said).to_contain_text("by SMS")
    expect(first.page.locator(".reader")).to_be_visible()

    second.page.get_by_role("button", name="End the case").click()
    news = second.page.locator(".fresh")
    expect(news).to_contain_text(f"{name} wrote to the resident")
    expect(news).to_contain_text(ANSWER)
    expect(second.page.get_by_label("What was done, or why not")).to_have_value(REASON)
    expect(second.page.get_by_role("radio", name="Not found there")).to_be_checked()
    expect(second.page.locator("#summary")).to_be_focused()
    assert second.page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    expect(second.page.locator(".history li").first).to_contain_text("wrote to the resident")

    second.page.get_by_label("What was done, or why not").fill("Maji yanaletwa kwa gari, bomba halipo")
    second.page.get_by_role("button", name="End the case").click()
    expect(second.said).to_contain_text("ended: not found there")
    first.page.reload()
    expect(first.history).to_contain_text("Ended by")
