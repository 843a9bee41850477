"""An SMS as it will be sent, before it is: its letters, parts and price, and what becomes of letters it cannot have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

from menus.lettering import BASIC, EXTENDED, LOOKALIKES, SMS_PART, SMS_SEGMENT, replaced, septets, sms_parts, to_gsm7

YOUR_WORDS = "(your words)"
MONTH = "(month)"
"""What stands in an SMS that is shown for what is not known yet."""

ALPHABET = json.dumps(
    {
        "basic": "".join(sorted(BASIC)),
        "extended": "".join(sorted(EXTENDED)),
        "alike": dict(LOOKALIKES),
        "segment": SMS_SEGMENT,
        "part": SMS_PART,
        "words": YOUR_WORDS,
        "month": MONTH,
    }
)
"""What the browser needs to count while an officer types: one list of letters, kept in one place."""


@dataclass(frozen=True)
class Preview:
    """`sms` as it leaves. `septets` is its length, `parts` the SMS that it is paid as, `price` all of them in KES.

    `times`: how many leave, each for that price.
    `replaced`: letters of the officer's words that no SMS has, each with what stands for it; no price: none is known.
    """

    sms: str
    septets: int
    parts: int
    price: Decimal | None
    replaced: tuple[tuple[str, str], ...]
    times: int = 1


def is_unreadable(words: str) -> bool:
    """Whether a phone would show nothing of `words` but question marks, and what stands between them."""
    shown = to_gsm7(words)
    return "?" in shown and not any(letter.isalnum() for letter in shown)


def preview(sms: str, words: str, per_part: Decimal | None, times: int = 1) -> Preview:
    """How `sms`, composed with an officer's `words` in it, will arrive. `per_part`: the price of one part in KES."""
    parts = sms_parts(sms)
    # Spaces of other kinds and what nobody sees are no loss.
    seen = tuple((letter, instead) for letter, instead in replaced(words).items() if instead.strip())
    return Preview(sms, septets(sms), parts, None if per_part is None else per_part * parts, seen, times)
