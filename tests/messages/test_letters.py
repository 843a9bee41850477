"""Every SMS wording of ours: in each language and variant it reads well and fits one segment at its worst."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime

import pytest

import menus.reader
import menus.sms
from config.county import County, load, resolve
from config.settings import Settings
from gateway import catalogue
from gateway.cases import briefing
from gateway.installation import TEXTS, TREE
from gateway.messages.letters import Letters
from menus.lettering import is_gsm7, septets

KAKAMEGA = load(resolve("kakamega"))
MENU = menus.reader.load(TREE)
WORDINGS = menus.sms.load(TEXTS)
SEGMENT = 160
OFFICER = "Fundi wa maji atafika siku ya Ijumaa asubuhi na mabomba 12."
"""So many letters an officer must have at least."""
BODIES = {"request_transferred": "Kenya National Highways Authority"}
"""Wordings in which the name of a body stands for the officer's words."""
REPLY = re.compile(r"\b(?:jibu (?:SMS|NDIYO|JUU|kwa)|reply)\b", re.IGNORECASE)
FREE = re.compile(r"\b(?:bure|free)\b", re.IGNORECASE)
OF_OTHERS = re.compile(r"\(CAJ\)[^.]*")
"""What the national Ombudsman does free of charge is no promise about an SMS."""
VARIANTS = list(itertools.product((True, False), repeat=2))
EVERY = [
    (name, language, reply, free)
    for name in WORDINGS.texts for language in WORDINGS.languages for reply, free in VARIANTS
]  # fmt: skip


def longest(texts: list[str]) -> str:
    return max(texts, key=septets)


def worst_slots(county: County, language: str) -> dict[str, str]:
    days = [date(2026, 11, 1 + day) for day in range(30)] + [date(2026, month, 28) for month in range(1, 13)]
    return {
        "reference": "4821 7739",
        "promise": longest([MENU.long_day(day, language) for day in days]),
        "ward": longest([ward.short for ward in county.wards]),
        "desk": longest([department.short[language] for department in county.departments]),
        "month": longest([MENU.month(date(2026, month, 28), language) for month in range(1, 13)]),
        "officer_words": OFFICER,
        **briefing.longest(county),
    }


def letters(settings: Settings, *, reply: bool, free: bool) -> Letters:
    # A channel of five digits on a shared code is the longest that we know of.
    constants = catalogue.constants(KAKAMEGA, settings.model_copy(update={"service_code": "*384*12345#"}), MENU)
    return Letters(WORDINGS, MENU, constants, reply, free)


def test_the_wordings_speak_every_language_of_the_county() -> None:
    assert WORDINGS.languages == KAKAMEGA.languages == MENU.languages


@pytest.mark.parametrize(("name", "language", "reply", "free"), EVERY)
def test_every_wording_composes_and_fits_one_segment(
    settings: Settings, name: str, language: str, reply: bool, free: bool
) -> None:
    slots = worst_slots(KAKAMEGA, language)
    slots["officer_words"] = BODIES.get(name, OFFICER)
    text = letters(settings, reply=reply, free=free).compose(name, language, slots)
    assert is_gsm7(text)
    assert not re.search(r"[{}]|  |\n|^\s|\s$", text), "an empty slot or a stray blank"
    assert septets(text) <= SEGMENT


@pytest.mark.parametrize(("name", "language", "reply", "free"), EVERY)
def test_a_text_promises_a_reply_or_a_free_one_only_where_it_is_true(
    settings: Settings, name: str, language: str, reply: bool, free: bool
) -> None:
    text = letters(settings, reply=reply, free=free).compose(name, language, worst_slots(KAKAMEGA, language))
    if not reply:
        assert not REPLY.search(text)
    if not free:
        assert not FREE.search(OF_OTHERS.sub("", text))


def test_the_received_text_is_that_of_the_dialogue(settings: Settings) -> None:
    composing = letters(settings, reply=True, free=True)
    due = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
    slots = {"reference": "4821 7739", "service_code": "*384*123#"}
    swahili, english = (
        composing.compose("received", language, slots | {"promise": composing.promise(due, language)})
        for language in ("sw", "en")
    )
    assert swahili == (
        "Kaunti ya Kakamega: ripoti 4821 7739 imepokelewa. Utajibiwa kufikia Alh 3 Des. "
        "Kuongeza maneno, jibu SMS hii. Kufuatilia piga *384*123# chagua 3. Bure."
    )
    assert english == (
        "Kakamega County: report 4821 7739 received. You will be answered by Thu 3 Dec. "
        "Reply to add words. To follow up dial *384*123# choose 3. Free."
    )


def test_the_promised_day_is_that_of_nairobi_and_feedback_has_none(settings: Settings) -> None:
    composing = letters(settings, reply=True, free=True)
    assert composing.promise(datetime(2026, 12, 2, 21, 30, tzinfo=UTC), "en") == "Thu 3 Dec"
    assert composing.promise(datetime(2026, 12, 2, 20, 30, tzinfo=UTC), "en") == "Wed 2 Dec"
    assert composing.promise(None, "en") == ""


def test_words_of_an_officer_arrive_in_letters_that_every_phone_shows(settings: Settings) -> None:
    slots = {"reference": "4821 7739", "officer_words": "Fundi “Juma” atafika kesho – saa 3…"}
    text = letters(settings, reply=True, free=True).compose("from_officer", "sw", slots)
    assert is_gsm7(text)
    assert text.startswith("4821 7739, Kaunti ya Kakamega: Fundi")


@pytest.mark.parametrize("name", ["received_confidential", "call_us"])
def test_what_is_texted_about_a_confidential_case_names_no_subject(settings: Settings, name: str) -> None:
    for language in WORDINGS.languages:
        text = letters(settings, reply=True, free=True).compose(name, language, worst_slots(KAKAMEGA, language))
        labels = [
            label.lower()
            for category in KAKAMEGA.categories if category.sensitive
            for label in (*category.label.values(), *category.short.values())
        ]  # fmt: skip
        assert [label for label in labels if label in text.lower()] == []
        assert not re.search(r"ripoti|report|siri|secret|ombudsman", text, re.IGNORECASE)
