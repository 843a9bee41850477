"""A whole morning by SMS, from the page of phones: the officer of Shirere clears her desk without signing in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from gateway.demo.accounts import SHOWN_PHONE
from tests.browser.demo import Demo
from tests.browser.phone import SHIRERE_WATER, Phone
from tests.browser.triage import Desk

OpenPhone = Callable[[str], Phone]
OpenDesk = Callable[[str], Desk]
HER_NUMBER = f"0{SHOWN_PHONE.removeprefix('+254')}"


@pytest.fixture(autouse=True)
def told_already(county: Demo) -> None:
    """Today's rounds are over: whatever the hour is, none comes beside what a test brings."""
    county.change(
        "INSERT INTO digest (officer_id, hour_at, counts)"
        " SELECT id, ((now() AT TIME ZONE 'Africa/Nairobi')::date + hour) AT TIME ZONE 'Africa/Nairobi', '{}'"
        " FROM officer, unnest(ARRAY['08:00', '14:00']::time[]) AS hour ON CONFLICT DO NOTHING"
    )


def test_a_morning_is_gone_through_with_one_digit_for_each_case(phone: OpenPhone, desk: OpenDesk) -> None:
    first, second, third = (phone(name).file(*SHIRERE_WATER) for name in ("Akinyi", "Wafula", "Barasa"))

    beatrice = phone(HER_NUMBER)
    beatrice.page.get_by_test_id("morning-bring").click()
    expect(beatrice.page.get_by_test_id("morning-status")).to_contain_text("On its way")
    beatrice.sms(f"Sikiza Shirere saa 2: mpya 3, zilizochelewa 0, BADO 0. Kwanza: {first} Hakuna maji", "1 naenda")
    beatrice.text("1")
    beatrice.sms(f"{first} ni yako. Ifuatayo: {second} Hakuna maji")
    beatrice.text("2 si yangu")
    beatrice.sms(f"{second} imeenda kwa dawati la kaunti. Ifuatayo: {third}")
    beatrice.text("3")
    beatrice.sms(f"Utapigiwa simu kuhusu {third}. Hizo ndizo zote kwa SMS. Zilizobaki utaziona Sikiza mtandaoni: 1.")

    office = desk("ward-1014")
    assert office.queue("mine") == [first]
    office.open(first, "mine")
    expect(office.history).to_contain_text("took it, by SMS")
    assert office.queue("new") == [third]
    assert second in desk("hotline").queue("new")


def test_a_fire_calls_her_at_once(phone: OpenPhone) -> None:
    beatrice = phone(HER_NUMBER)
    phone("Nafula").text("Moto umeanza kwa nyumba Shirere, tusaidieni")
    beatrice.sms("HARAKA, Sikiza Shirere: ", "Maafa, moto", "1 naenda")
    beatrice.text("1")
    beatrice.sms("Sikiza: ", " ni yako.")
