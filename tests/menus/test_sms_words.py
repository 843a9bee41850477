"""What an SMS of ours may say: *free* where nothing that it names costs the resident, *reply* where she can."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from menus import sms
from menus.sms import PLAIN

WORDINGS = sms.load(Path(sms.__file__).parent / "texts" / "sms.yml")
FREE = re.compile(r"\b(?:bure|free)\b", re.IGNORECASE)
REPLY = re.compile(r"\b(?:Jibu(?! jipya)|[Rr]eply)\b|\bjibu (?:SMS|FUTA|JUU)\b")
"""`Jibu jipya` is an answer that we owe her."""
OF_OTHERS = re.compile(r"\(CAJ\)[^.]*")
"""What costs nothing there is no promise about an SMS."""
EVERY = [
    (name, variant, language, text)
    for name, variants in WORDINGS.texts.items()
    for variant, texts in variants.items()
    for language, text in texts.items()
]


@pytest.mark.parametrize(("name", "variant", "language", "text"), EVERY, ids=[" ".join(one[:3]) for one in EVERY])
def test_a_text_says_free_and_reply_only_where_they_are_true(name: str, variant: str, language: str, text: str) -> None:
    said = variant.split("+")
    assert bool(FREE.search(OF_OTHERS.sub("", text))) <= ("free" in said)
    assert bool(REPLY.search(text)) <= ("reply" in said)


TO_OFFICERS = "officer_"
"""So begin the wordings to officers. Nobody tells them what an answer costs: their *free* says what the other says."""
VARIED = [name for name, variants in WORDINGS.texts.items() if len(variants) > 1]


@pytest.mark.parametrize("name", [name for name in VARIED if name.startswith(TO_OFFICERS)])
def test_an_officer_is_asked_for_a_digit_where_she_can_reply_and_sent_to_the_web_where_not(name: str) -> None:
    texts = WORDINGS.texts[name]
    assert (texts["reply+free"], texts["free"]) == (texts["reply"], texts["plain"])
    for language in WORDINGS.languages:
        assert REPLY.search(texts["reply"][language])
        assert re.search(r"Ingia Sikiza mtandaoni|Sign in", texts["plain"][language])


@pytest.mark.parametrize("name", [name for name in VARIED if not name.startswith(TO_OFFICERS)])
def test_the_variants_of_a_wording_say_what_they_are_for(name: str) -> None:
    for language in WORDINGS.languages:
        assert FREE.search(WORDINGS.texts[name]["reply+free"][language])
        assert REPLY.search(WORDINGS.texts[name]["reply"][language]) or name in ("help", "not_understood")


NAMES_A_SUBJECT = re.compile(r"\{(?:ward|desk|month|status|since|promise|cases|count|wards|officer_words)\}")


@pytest.mark.parametrize("name", ["received_confidential", "call_us"])
def test_a_text_about_a_confidential_case_has_room_for_nothing_but_its_number(name: str) -> None:
    for text in WORDINGS.texts[name][PLAIN].values():
        assert not NAMES_A_SUBJECT.search(text)


def test_of_a_confidential_case_the_state_is_all_that_a_status_tells() -> None:
    assert dict(WORDINGS.texts["state"][PLAIN]) == {"sw": "{reference}: {status}", "en": "{reference}: {status}"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Pesa zimeisha", "Pesa zimeisha."),
        ("Pesa zimeisha.", "Pesa zimeisha."),
        ("Tutajaribu 2027 ", "Tutajaribu 2027."),
        ("(your words)", "(your words)"),
    ],
)
def test_the_words_of_an_officer_do_not_run_into_what_follows(words: str, told: str) -> None:
    slots = {"reference": "4821 7739", "officer_words": words, "service_code": "*384#", "follow_up": "3"}
    text = WORDINGS.text("cannot_now", "sw", slots, reply=True, free=True)
    assert text == f"4821 7739: haiwezekani kwa sasa. {told} Hukubali? Piga *384#, 3."
    assert WORDINGS.text("answered", "sw", slots, reply=True, free=True) == f"4821 7739: {words.strip()}"
