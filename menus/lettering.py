"""The letters a basic phone can show: the GSM-7 alphabet, how long a text is in it, and safe replacements."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

# GSM 03.38 default alphabet, without carriage return and escape, which no text of ours needs.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these travels as an escape and a letter, so it costs two septets.
EXTENDED = frozenset("^{}\\[~]|€")

SCREEN_BUDGET = 160
"""Septets of one USSD screen, `CON ` included: the smallest of the Kenyan networks (Safaricom; AT help article)."""
SMS_SEGMENT = 160
"""Septets of one SMS that is not split."""
SMS_PART = 153
"""Septets of each part of a longer SMS: the joining header takes seven."""

LOOKALIKES: Mapping[str, str] = {
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201b": "'", "`": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2022": "-", "\u2026": "...",
    "\u00a0": " ", "\u202f": " ", "\t": " ", "\r": " ",
    "\u014b": "ng'", "\u014a": "Ng'",
}  # fmt: skip
"""What Unicode itself does not take apart. The last two are how Kiswahili and Luhya write that sound."""


def is_gsm7(text: str) -> bool:
    """Whether every letter of `text` exists on a phone that knows only GSM-7."""
    return all(letter in BASIC or letter in EXTENDED for letter in text)


def septets(text: str) -> int:
    """How many septets `text` takes; extension letters count two. For texts that are GSM-7."""
    return len(text) + sum(map(text.count, EXTENDED))


def sms_parts(text: str) -> int:
    """How many SMS a GSM-7 text is split into and paid as."""
    length = septets(text)
    return 1 if length <= SMS_SEGMENT else -(-length // SMS_PART)


def to_gsm7(text: str) -> str:
    """`text` with every letter that GSM-7 lacks replaced by its nearest look-alike, or by `?`."""
    return text if is_gsm7(text) else "".join(map(_nearest, unicodedata.normalize("NFC", text)))


def replaced(text: str) -> Mapping[str, str]:
    """Each letter of `text` that GSM-7 lacks, in the order of its first appearance, with what stands for it."""
    return {letter: _nearest(letter) for letter in unicodedata.normalize("NFC", text) if not is_gsm7(letter)}


def _nearest(letter: str) -> str:
    if letter in BASIC or letter in EXTENDED:
        return letter
    if letter in LOOKALIKES:
        return LOOKALIKES[letter]
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if part in BASIC or part in EXTENDED)
    return plain or ("" if unicodedata.category(letter) in ("Mn", "Cf", "Cc") else "?")


def shorten(text: str, limit: int) -> str:
    """`text` within `limit` septets, on one line; a cut shows as a full stop at the end."""
    line = " ".join(to_gsm7(text).split())
    if septets(line) <= limit:
        return line
    while septets(line) > limit - 1:
        line = line[:-1]
    return line.rstrip() + "."
