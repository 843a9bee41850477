"""What an SMS will be like: letters, parts, price, and what stands for letters that it cannot have."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from gateway.triage import english
from gateway.triage.preview import ALPHABET, is_unreadable, preview
from menus.lettering import to_gsm7


@pytest.mark.parametrize(
    ("words", "sms", "replaced"),
    [
        ("Habari, é na ñ", "Habari, é na ñ", ()),
        ("ŋombe", "ng'ombe", (("ŋ", "ng'"),)),
        ("sawa 😀😀", "sawa ??", (("😀", "?"),)),
        ("“ndiyo” – ok…", '"ndiyo" - ok...', (("“", '"'), ("”", '"'), ("–", "-"), ("…", "..."))),
        ("e\u0301", "é", ()),
        ("ê š", "e s", (("ê", "e"), ("š", "s"))),
        ("moja\u00a0mbili\u200b", "moja mbili", ()),
    ],
)
def test_letters_that_no_sms_has_are_named_with_what_stands_for_them(
    words: str, sms: str, replaced: tuple[tuple[str, str], ...]
) -> None:
    seen = preview(to_gsm7(words), words, None)
    assert (seen.sms, seen.replaced) == (sms, replaced)


@pytest.mark.parametrize(
    ("sms", "septets", "parts", "price", "sentence"),
    [
        ("a" * 160, 160, 1, "0.8000", "160 characters, 1 SMS, about KES 0.80"),
        ("a" * 161, 161, 2, "1.6000", "161 characters, 2 SMS, about KES 1.60"),
        ("a" * 159 + "€", 161, 2, "1.6000", "161 characters, 2 SMS, about KES 1.60"),
        ("a" * 307, 307, 3, "2.4000", "307 characters, 3 SMS, about KES 2.40"),
        ("a", 1, 1, None, "1 character, 1 SMS"),
    ],
)
def test_parts_and_price_are_those_of_the_whole_sms(
    sms: str, septets: int, parts: int, price: str | None, sentence: str
) -> None:
    seen = preview(sms, sms, Decimal("0.8000") if price else None)
    assert (seen.septets, seen.parts, seen.price) == (septets, parts, Decimal(price) if price else None)
    assert english.counted(seen) == sentence


def test_what_is_replaced_is_told_in_words_and_not_at_any_length() -> None:
    assert english.replacements(preview("", "ŋ 😀 ê", None)) == "ŋ becomes ng', 😀 becomes ?, ê becomes e"
    assert english.replacements(preview("", "habari", None)) == ""
    cyrillic = "абвгдежзийклмнопрстуфх"
    assert english.replacements(preview("", cyrillic[:20], None)).endswith("у becomes ?")
    assert english.replacements(preview("", cyrillic, None)).endswith("у becomes ?, and 2 more")
    assert english.replacements(preview("", "“ndiyo”", None)) == '“ becomes ", ” becomes "'


@pytest.mark.parametrize(
    ("words", "unreadable"),
    [
        ("тест, где", True),
        ("😀 😀", True),
        ("???", True),
        ("sawa 😀", False),
        ("...", False),
        ("12?", False),
        ("é", False),
    ],
)
def test_what_would_come_out_as_question_marks_alone_is_known(words: str, unreadable: bool) -> None:
    assert is_unreadable(words) is unreadable


def test_the_browser_counts_by_the_very_same_letters() -> None:
    table = json.loads(ALPHABET)
    assert len(table["basic"]) == 126
    assert set(table["extended"]) == set("^{}\\[~]|€")
    assert table["alike"]["…"] == "..."
    assert (table["segment"], table["part"]) == (160, 153)
