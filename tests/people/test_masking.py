"""Numbers that are typed inside words: what is hidden on screen, and what must stay readable."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateway.people.masking import masked
from gateway.people.phone import normalise

HIDDEN = [
    ("Piga 0712345678 sasa", "Piga 07xxxxxx78 sasa"),
    ("0712 345 678", "07xx xxx x78"),
    ("07 12 34 56 78", "07 xx xx xx 78"),
    ("(0712) 345-678.", "(07xx) xxx-x78."),
    ("0712,345,678", "07xx,xxx,x78"),
    ("0712*345*678", "07xx*xxx*x78"),
    ("+254712345678", "+25xxxxxxxx78"),
    ("254 712-345-678", "25x xxx-xxx-x78"),
    ("+254 (0)712 345678", "+25x (x)xxx xxxx78"),
    ("00254712345678", "00xxxxxxxxxx78"),
    ("712345678", "71xxxxx78"),
    ("712 345 678", "71x xxx x78"),
    ("O712345678", "O71xxxxx78"),
    ("0110123456", "01xxxxxx56"),
    ("020 2345678", "02x xxxxx78"),
    ("056 30001", "05x xxx01"),
    ("+256 772 123456", "+25x xxx xxxx56"),
    ("256772123456", "25xxxxxxxx56"),
    ("simu:0712345678,0723456789", "simu:07xxxxxx78,07xxxxxx89"),
    ("0712345678/0723456789", "07xxxxxx78/07xxxxxx89"),
    ("07123456780723456789", "07xxxxxxxxxxxxxxxx89"),
    ("071234567", "07xxxxx67"),
    ("12345 0712345678", "12345 07xxxxxx78"),
    ("020234567 0712345678", "02xxxxx67 07xxxxxx78"),
    ("2000 0712 345 678", "2000 07xx xxx x78"),
    ("48217739 0712345678", "48217739 07xxxxxx78"),
    ("KES 20000 0712345678", "KES 20000 07xxxxxx78"),
    ("0712345678 12 houses", "07xxxxxx78 12 houses"),
    ("call1 0712345678 July 2026", "call1 07xxxxxx78 July 2026"),
    ("0712345678\n0723456789", "07xxxxxx78\n07xxxxxx89"),
]
KEPT = [
    "", "Maji hayatoki.", "Nambari 4821 7739", "48217739", "1821 7739 5 people", "KES 1,200,000", "Ksh 500000",
    "1,200,000 shillings", "5600000", "2500000/=", "01/12/2026 14:30", "2026-11-22", "12.11.2026", "plot 123456",
    "ID 28512345", "meter 14123456789", "116 or 1195", "nyumba 7, 12, 34, 56, 78", "saa 08:00 - 17:00",
    "Hukubali? Piga 0800 724 388.",
]  # fmt: skip


@pytest.mark.parametrize(("typed", "shown"), HIDDEN, ids=[typed for typed, _ in HIDDEN])
def test_a_number_inside_words_is_masked(typed: str, shown: str) -> None:
    assert masked(typed) == shown


@pytest.mark.parametrize("words", KEPT)
def test_references_amounts_and_dates_stay_readable(words: str) -> None:
    assert masked(words) == words


@given(
    some.integers(min_value=10**8, max_value=2 * 10**8 - 1)
    | some.integers(min_value=7 * 10**8, max_value=8 * 10**8 - 1),
    some.sampled_from(["+254", "254", "0", ""]),
    some.sampled_from(["", " ", "-", "."]),
    some.sampled_from([(3, 6), (3, 3, 3), (9,), (1, 8)]),
    some.sampled_from(["{}", "Piga {} tafadhali", "{}.", "({})", "Mama Ali: {}, Shirere", "{}!"]),
)
def test_no_mobile_number_of_kenya_is_left_whichever_way_it_is_typed(
    number: int, prefix: str, gap: str, groups: tuple[int, ...], around: str
) -> None:
    digits, cut = str(number), [sum(groups[:one]) for one in range(len(groups) + 1)]
    typed = prefix + gap.join(digits[start:end] for start, end in pairwise(cut))
    shown = masked(around.format(typed))
    assert shown != around.format(typed)
    assert normalise("".join(filter(str.isdigit, shown))) is None


@given(some.text(alphabet="0123456789+ -./(,KESh\n7a", max_size=60))
def test_masking_changes_digits_only_and_once(words: str) -> None:
    shown = masked(words)
    assert len(shown) == len(words)
    assert all(new == old or (new == "x" and old.isdigit()) for new, old in zip(shown, words, strict=True))
