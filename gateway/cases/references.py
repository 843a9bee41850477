"""References: eight random digits with a check digit, spoken and typed in two fours."""

from __future__ import annotations

import secrets

from stdnum import damm


def new_reference() -> str:
    """A random reference such as `48217739`. Random, so that nobody can count cases or guess the next one."""
    return checked(1_000_000 + secrets.randbelow(9_000_000))


def checked(number: int) -> str:
    """Seven digits with their check digit."""
    return f"{number}{damm.calc_check_digit(str(number))}"


def new_secret() -> str:
    """Four random digits that open one hidden case."""
    return f"{secrets.randbelow(10_000):04d}"


def is_reference(digits: str) -> bool:
    """Whether `digits` is well formed: eight digits whose last one checks the others."""
    return len(digits) == 8 and digits.isascii() and digits.isdigit() and bool(damm.is_valid(digits))


def spoken(reference: str) -> str:
    """`48217739` as it is shown and read aloud: `4821 7739`."""
    return f"{reference[:4]} {reference[4:]}"
