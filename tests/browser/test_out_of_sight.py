"""A complaint about the ward office, which the ward office does not find: by no page, no link and no search."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.phone import SHIRERE_WATER, Phone, reference_in
from tests.browser.triage import Desk, path_of

COMPLAINT = ("4", "4", "2")
"""Secret, staff conduct, with my number."""
WORDS = "Karani wa ofisi ya wadi Shirere alidai pesa kabla ya kuandika jina langu"
SEARCHED = ("karani", "pesa", "wadi Shirere", "kuandika")
MOST = 80
"""Pages. The ward administrator of an all but empty county has about thirty."""


def complain(phone: Phone) -> str:
    """Tell about the ward office; the reference."""
    phone.dial()
    reference = reference_in(phone.answer(*COMPLAINT))
    phone.answer(WORDS)
    return reference


def crawl(page: Page, *beginnings: str) -> dict[str, str]:
    """The text of each page to which a link of hers leads, by its path with its query."""
    found: dict[str, str] = {}
    waiting = list(beginnings)
    while waiting and len(found) < MOST:
        path = waiting.pop(0)
        if path in found:
            continue
        answer = page.goto(path)
        if answer is None or "text/html" not in (answer.headers.get("content-type") or ""):
            continue
        found[path] = page.content()
        links = page.locator("a[href]").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        for link in links:
            parts = urlsplit(urljoin(page.url, str(link)))
            inside = parts.netloc == urlsplit(page.url).netloc and parts.path.startswith("/triage")
            way = parts.path + (f"?{parts.query}" if parts.query else "")
            if inside and way not in found:
                waiting.append(way)
    assert len(found) < MOST, "more pages than were to be looked at"
    return found


def test_the_ward_office_finds_a_complaint_about_itself_by_no_page_and_the_ombudsman_does(
    phone: Callable[[str], Phone], desk: Callable[[str], Desk]
) -> None:
    open_one = phone("Nafula").file(*SHIRERE_WATER)
    ward = desk("ward-1014")
    counted = ward.page.locator(".tab").all_inner_texts()
    reference = complain(phone("Barasa"))

    searches = [f"/triage/find?words={words.replace(' ', '+')}" for words in SEARCHED]
    pages = crawl(ward.page, "/triage/", *searches)
    assert len(pages) >= 12
    assert path_of(open_one) in pages
    told = (reference, reference.replace(" ", ""), WORDS, "alidai pesa", "kuandika jina")
    assert [(path, one) for path, html in pages.items() for one in told if one in html] == []
    assert ward.page.request.get(path_of(reference)).status == 404
    assert ward.page.request.get(f"/triage/find?words={reference.replace(' ', '')}").status == 404
    ward.queue()
    assert ward.page.locator(".tab").all_inner_texts() == counted

    ombudsman = desk("ombudsman").open(reference)
    expect(ombudsman.page.locator("blockquote")).to_contain_text(WORDS)
