"""The language of a first text, by its common words."""

from __future__ import annotations

import pytest

from gateway.messages.tongue import guess_language

BOTH = ("sw", "en")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hakuna maji Shirere tangu jumatatu", "sw"),
        ("TAFADHALI TUSAIDIE", "sw"),
        ("xaxa 2naumia xana hku", "sw"),
        ("ng\u2019ombe wetu wanakufa", "sw"),
        ("No water in Shirere since Monday", "en"),
        ("pls fix the street lights", "en"),
        ("we dont have a nurse at our clinic", "en"),
        ("Road ya Shianda imeharibika since rains, watu wanaumia sana", "sw"),
        ("the road is bad na hakuna help", "en"),
        ("amatsi", "sw"),
        ("Shirere", "sw"),
        ("1014", "sw"),
        ("", "sw"),
        ("???", "sw"),
        ("\U0001f4a7", "sw"),
        ("na and", "sw"),
    ],
)
def test_the_language_with_more_common_words_and_in_doubt_the_first(text: str, language: str) -> None:
    assert guess_language(text, BOTH) == language


def test_only_a_language_of_the_county_is_guessed() -> None:
    assert guess_language("no water here", ("sw",)) == "sw"
    assert guess_language("na and", ("en", "sw")) == "en"
    assert guess_language("hakuna maji hapa", ("en", "luy", "sw")) == "sw"
