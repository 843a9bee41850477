"""Telephone numbers inside residents' words: how they are made unreadable, while amounts, dates and references stay."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumberType
from stdnum import damm

# What people put between digits: a space, a dot, a dash, brackets, a comma, a star.
_GAP = r"[ \t\u00a0.,*_()/\u2010-\u2014-]{0,3}"
_TIGHT = r"[ \u00a0.\u2010-\u2014-]?"
_ALONE = r"(?<![\d+])"
_PREFIX = rf"(?:(?:\+|00){_GAP})?2{_GAP}5{_GAP}4{_GAP}(?:0{_GAP})?|[0oO]{_GAP}"
"""Before a Kenyan mobile number: the country's code or a nought, which is also typed as the letter."""

_MOBILE = rf"(?<!\d)(?:{_PREFIX})[17](?:(?:{_GAP}\d){{8}}\d*|(?:{_GAP}\d){{7}}(?!\d))"
"""With a digit too many or too few, too: people mistype."""

_WRITTEN = re.compile(
    rf"""
    (?P<date>{_ALONE}(?:[0-9]{{1,2}}(?P<dash>[/.-])[0-9]{{1,2}}(?P=dash)(?:19|20)[0-9]{{2}}
        |(?:19|20)[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}})(?![/.-]?\d))
    |(?P<amount>\b(?:KES|Kshs?|Shs?|shillings?|shilingi)\b[.:\s]{{0,3}}[1-9](?:\d{{0,2}}(?:,\d{{3}})+|\d{{0,7}})
        (?:\.\d\d)?(?!\d)|{_ALONE}[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d\d)?(?!\d|,\d))
    |(?P<mobile>{_MOBILE})
    |(?P<reference>{_ALONE}[1-9]\d{{3}}[ \u00a0-]?\d{{4}}(?!\d))
    |(?P<bare>{_ALONE}[17](?:{_TIGHT}\d){{8}}(?!\d))
    |(?P<other>(?<!\d)\+?\d(?:{_TIGHT}\d){{5,14}}(?!\d))
    |(?P<glued>\d{{16,}})
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LATER = re.compile(_MOBILE)
_FIRST_DIGITS = re.compile(r"\+?\d+")
_DIGIT = re.compile(r"\d")
_NEIGHBOUR = re.compile(r"2(?:1[1]|5[0-9])[0-9]{9}")
"""A number of Uganda, Tanzania, … without a plus."""
PUBLIC = (PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST)
"""Nobody's own: what our SMS name, such as the Ombudsman's 0800 line."""
SHOWN = 2
"""Digits that stay readable at either end, so that two numbers can be told apart."""


def masked(words: str) -> str:
    """`words` with every digit of what looks like a telephone number, but the first and the last two, as an `x`.

    `0712 345 678` becomes `07xx xxx x78`. References of ours, amounts and dates stay as they are.
    """
    parts: list[str] = []
    at = 0
    while found := _WRITTEN.search(words, at):
        text, is_number = _read(found)
        parts += words[at : found.start()], _hidden(text) if is_number else text
        at = found.start() + len(text)
    return "".join(parts) + words[at:]


def _read(found: re.Match[str]) -> tuple[str, bool]:
    """How much of this belongs together, and whether it is a number; the search goes on behind it."""
    text = found[0]
    if found.lastgroup not in ("reference", "other"):
        return text, found.lastgroup not in ("date", "amount")
    later = _LATER.search(found.string, found.start() + 1)
    if later and later.start() < found.end():
        text = found.string[found.start() : later.start()]  # a number begins in the midst of it
    if _is_valid(text) and not _is_reference(text):
        return text, True
    return (text if _is_reference(text) else _FIRST_DIGITS.findall(text)[0]), False


def _is_reference(text: str) -> bool:
    digits = "".join(_DIGIT.findall(text))
    return len(digits) == 8 and digits.isascii() and text[0] not in "+0" and bool(damm.is_valid(digits))


def _is_valid(text: str) -> bool:
    """Whether this could be called: from Kenya, from abroad with its plus, or next door without one."""
    digits = "".join(_DIGIT.findall(text))
    if text.startswith("+") or digits.startswith("00"):
        return len(digits) >= 8
    if text[0] not in "+0" and digits.endswith("000"):
        return False  # a round sum
    if _NEIGHBOUR.fullmatch(digits):
        return True
    try:
        number = phonenumbers.parse(digits, "KE")
        return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) not in PUBLIC
    except phonenumbers.NumberParseException:
        return False


def _hidden(text: str) -> str:
    digits = len(_DIGIT.findall(text))
    seen = 0

    def instead(found: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return found[0] if seen <= SHOWN or seen > digits - SHOWN else "x"

    return _DIGIT.sub(instead, text)
