"""Telephone numbers: whatever a network sends becomes one E.164 spelling or nothing, and officers see a mask."""

from __future__ import annotations

import pytest

from gateway.people.phone import is_mobile, mask, normalise


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("+254711000001", "+254711000001"),
        ("+254110000001", "+254110000001"),
        ("254711000001", "+254711000001"),
        ("0711000001", "+254711000001"),
        ("0711 000 001", "+254711000001"),
        (" +254 711-000-001 ", "+254711000001"),
        ("+256772100104", "+256772100104"),
        ("+254202222222", "+254202222222"),
        ("00256 772 100 104", "+256772100104"),
        ("000256772100104", "+256772100104"),
        ("", None),
        ("22123", None),
        ("AFRICASTKNG", None),
        ("MPESA", None),
        ("+2547110000", None),
        ("+25471100000011", None),
        ("+254711****01", None),
        ("+999711000001", None),
        ("0000000000", None),
        ("711000001" * 3, None),
        ("+254711000001\x00", "+254711000001"),
        ("🙂🙂🙂🙂🙂🙂🙂🙂", None),
    ],
)
def test_a_number_has_one_spelling_or_none(raw: str, number: str | None) -> None:
    assert normalise(raw) == number


def test_what_is_normal_stays_as_it_is() -> None:
    for raw in ("0711000001", "+256772100104", "020 222 2222"):
        number = normalise(raw)
        assert number is not None
        assert normalise(number) == number


@pytest.mark.parametrize(
    ("number", "mobile"),
    [
        ("+254711000001", True),
        ("+254110000001", True),
        ("+256772100104", True),
        ("+12025550123", True),  # where nobody can tell
        ("+254202222222", False),
        ("+254900123456", False),
        ("+254800724388", False),
    ],
)
def test_only_numbers_that_people_carry_are_mobile(number: str, mobile: bool) -> None:
    assert is_mobile(number) is mobile


@pytest.mark.parametrize(
    ("number", "shown"), [("+254711000001", "+254 7** *** 001"), ("+254110000987", "+254 1** *** 987")]
)
def test_a_mask_shows_the_network_and_three_digits(number: str, shown: str) -> None:
    assert mask(number) == shown
    assert sum(letter.isdigit() for letter in shown) == 7
