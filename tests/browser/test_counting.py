"""What the browser counts while an officer types is what the server counts, and what is sent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import Page, expect

from gateway.triage import english
from gateway.triage.preview import preview
from menus.lettering import to_gsm7
from tests.browser.phone import SHIRERE_WATER, Phone
from tests.browser.triage import Desk

TRIED = (
    "Fundi anakuja kesho.",
    "ŋombe wa “jirani” – wako… njiani 😀👍🏽",
    "Bei ni €5 [au ~6] {hivi} | \\ ^",
    "cafe\u0301 ñ ê š ﬁ ½ № Ω ™",
    "a\u200db\u00a0c\u2028d",
    "абвгдежзик",
    "x" * 118 + "€" * 40,
    "mstari wa kwanza\nwa pili\n\n  na wa tatu  ",
)
PRICE = Decimal("0.8000")


def told(whole: str, words: str, price: Decimal | None) -> str:
    seen = preview(to_gsm7(whole).strip(), words, price)
    others = english.replacements(seen)
    return f"The whole SMS: {english.counted(seen)}." + (f" {others}." if others else "")


def test_letters_parts_price_and_replacements_are_told_while_an_officer_types(
    phone: Callable[[str], Phone], desk: Callable[[str], Desk]
) -> None:
    resident = phone("Nafula")
    reference = resident.file(*SHIRERE_WATER)
    page = desk("ward-1014").open(reference).page
    price = page.locator("#write-words ~ .paid").get_attribute("data-price")
    page.locator("summary", has_text="Write to the resident").click()
    field, line = page.locator("#write-words"), page.locator("#write-words ~ .paid")
    expect(line).to_have_text("")
    for words in TRIED:
        field.fill(words)
        whole = f"{reference}, Kaunti ya Kakamega: {words.strip()}"
        expect(line).to_have_text(told(whole, words.strip(), Decimal(price) if price else None))
    field.fill(" ")
    expect(line).to_have_text("")


def test_the_sms_of_the_chosen_ending_is_counted(phone: Callable[[str], Phone], desk: Callable[[str], Desk]) -> None:
    reference = phone("Nafula").file(*SHIRERE_WATER)
    page = desk("ward-1014").open(reference).page
    page.locator("summary", has_text="End it").click()
    words, line = "Hakuna pesa hadi Julai.", page.locator("#end-words ~ .paid")
    page.get_by_label("What was done, or why not").fill(words)
    expect(line).to_have_text("")
    page.get_by_role("radio", name="Cannot be done now").check()
    expect(line).to_contain_text(counted_as_sent(page, reference, words))
    page.get_by_role("radio", name="Planned").check()
    page.get_by_label("Planned for").select_option(index=1)
    expect(line).to_contain_text(counted_as_sent(page, reference, words))
    page.get_by_role("radio", name="Fixed").check()
    expect(line).to_have_text("")


def counted_as_sent(page: Page, reference: str, words: str) -> str:
    """What the server says on the same form, asked on a second page that sends nothing."""
    chosen = page.locator("input[name=ending]:checked").get_attribute("value")
    month = page.locator("select[name=month]").input_value()
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("summary", has_text="End it").click()
    other.locator(f"input[name=ending][value={chosen}]").check()
    if month:
        other.locator("select[name=month]").select_option(month)
    other.get_by_label("What was done, or why not").fill(words)
    other.locator("form[action$='/end']").get_by_role("button", name="Look at the SMS first").click()
    box = other.locator(".seen")
    expect(box).to_contain_text("Nothing is sent yet")
    line = box.locator("p").nth(2).inner_text()
    other.close()
    return line.rstrip(".")
