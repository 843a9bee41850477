"""Telephone numbers: from whatever a network sends to E.164, and the mask that officers see."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumberType

# Nearly every caller: a Kenyan mobile number as Africa's Talking sends it. Parsing it fully costs ten times the rest
# of a menu hop.
_KENYAN_MOBILE = re.compile(r"\+254[17][0-9]{8}")

# Kenya dials 000 before another country's number, and people write the 00 of everybody else.
_ABROAD = re.compile(r"^\s*00(?!0)")


def normalise(raw: str, region: str = "KE") -> str | None:
    """`raw` in E.164 (`+254712345678`), or None where it is no telephone number that could be called.

    Short codes and alphanumeric senders give None.
    """
    if _KENYAN_MOBILE.fullmatch(raw):
        return raw
    if not 7 <= len(raw) <= 24:
        return None
    try:
        number = phonenumbers.parse(_ABROAD.sub("+", raw), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_mobile(number: str) -> bool:
    """Whether an E.164 number is one that people carry: a landline cannot be texted, a premium number sends bills."""
    if _KENYAN_MOBILE.fullmatch(number):
        return True
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def line_country(number: str) -> str | None:
    """The country, `KE`, of an E.164 number that can be called though not texted: a landline. None for all others."""
    parsed = phonenumbers.parse(number)
    if phonenumbers.number_type(parsed) not in (PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP):
        return None
    return phonenumbers.region_code_for_number(parsed)


def is_landline(number: str) -> bool:
    """Whether a number written in full is surely one to which no SMS goes."""
    if _KENYAN_MOBILE.fullmatch(number):
        return False
    try:
        return line_country(number) is not None
    except phonenumbers.NumberParseException:
        return False


def mask(number: str) -> str:
    """What an officer sees of an E.164 number: `+254 7** *** 678`."""
    return f"{number[:4]} {number[4:5]}** *** {number[-3:]}"
