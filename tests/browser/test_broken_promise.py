"""A promise breaks: the resident hears who has her report now and by when, and sends it higher still."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.demo import Demo
from tests.browser.phone import SHIRERE_WATER, Phone
from tests.browser.triage import Desk
from tests.faults.processes import until

THREE_WEEKS_AGO = """
UPDATE cases SET received_at = received_at - interval '21 days', due_at = due_at - interval '21 days',
    next_step_at = next_step_at - interval '21 days'
"""
NOT_BY_NIGHT = "UPDATE message SET due_at = least(due_at, now()) WHERE wording = 'promise_broken'"
"""Whenever this test runs."""

OpenPhone = Callable[[str], Phone]
OpenDesk = Callable[[str], Desk]


def test_a_broken_promise_is_heard_by_the_resident_and_seen_by_the_sub_county(
    county: Demo, phone: OpenPhone, desk: OpenDesk
) -> None:
    akinyi = phone("Akinyi")
    reference = akinyi.file(*SHIRERE_WATER)
    akinyi.sms(f"ripoti {reference} imepokelewa")
    above, ward = desk("sub-county-202"), desk("ward-1014")
    assert above.queue("new") == []

    county.change(THREE_WEEKS_AGO)
    until(lambda: county.change(NOT_BY_NIGHT) == 1)
    akinyi.sms(
        f"{reference}: pole, hatukutimiza ahadi ya",
        "Iko kwa msimamizi wa kaunti ndogo ya Lurambi. Jibu jipya:",
        "Ipeleke juu: jibu JUU",
    )
    assert above.queue("new") == [reference]
    expect(above.row(reference)).to_contain_text("Sent up: promise broken")
    above.open(reference)
    expect(above.page.locator(".card.up")).to_contain_text("Lurambi sub-county")
    expect(above.history).to_contain_text("The promise was broken: it went up to the sub-county administrator")
    assert ward.queue("new") == []

    akinyi.text("JUU")
    akinyi.sms(f"{reference}", "afisa mkuu")
    assert desk("chief-water").queue("new") == [reference]
