"""References: eight digits, the last of which checks the others, and four digits of a secret."""

from __future__ import annotations

import re

import pytest
from stdnum import damm

from gateway.cases.references import is_reference, new_reference, new_secret, spoken


def test_references_are_eight_digits_with_a_check_digit_and_never_begin_with_zero() -> None:
    found = [new_reference() for _ in range(2000)]
    assert [one for one in found if not re.fullmatch(r"[1-9][0-9]{7}", one)] == []
    assert [one for one in found if not damm.is_valid(one)] == []
    assert [one for one in found if not is_reference(one)] == []
    assert len(set(found)) > 1990


def test_one_wrong_digit_or_two_swapped_are_noticed() -> None:
    reference = new_reference()
    for place in range(8):
        for digit in "0123456789".replace(reference[place], ""):
            assert not is_reference(reference[:place] + digit + reference[place + 1 :])
    for place in range(7):
        one, two = reference[place], reference[place + 1]
        assert one == two or not is_reference(reference[:place] + two + one + reference[place + 2 :])


@pytest.mark.parametrize(
    "odd", ["", "4821773", "482177391", "4821 7739", "4821773x", "٤٨٢١٧٧٣٩", "²²²²²²²²", "-8217739"]
)
def test_anything_but_eight_plain_digits_is_no_reference(odd: str) -> None:
    assert not is_reference(odd)


def test_a_reference_is_spoken_in_two_fours() -> None:
    assert spoken("48217739") == "4821 7739"


def test_secrets_are_four_digits_of_which_any_may_be_zero() -> None:
    found = [new_secret() for _ in range(500)]
    assert [one for one in found if not re.fullmatch(r"[0-9]{4}", one)] == []
    assert {one[0] for one in found} == set("0123456789")
