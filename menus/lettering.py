"""The letters a basic phone can show: the GSM-7 alphabet, how long a text is in it, and safe replacements."""

from __future__ import annotations

import unicodedata

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

_LOOKALIKES = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201b": "'", "`": "'", "\u00b4": "'",
        "\u201c": '"', "\u201d": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2022": "-", "\u2026": "...",
        "\u00a0": " ", "\u202f": " ", "\t": " ", "\r": " ",
    }
)  # fmt: skip


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
    if is_gsm7(text):
        return text
    out = []
    for letter in text.translate(_LOOKALIKES):
        if letter in BASIC or letter in EXTENDED:
            out.append(letter)
            continue
        plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if part in BASIC or part in EXTENDED)
        out.append(plain or ("" if unicodedata.category(letter) in ("Mn", "Cf", "Cc") else "?"))
    return "".join(out)


def shorten(text: str, limit: int) -> str:
    """`text` within `limit` septets, on one line; a cut shows as a full stop at the end."""
    line = " ".join(to_gsm7(text).split())
    if septets(line) <= limit:
        return line
    while septets(line) > limit - 1:
        line = line[:-1]
    return line.rstrip() + "."
