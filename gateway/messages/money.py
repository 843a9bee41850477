"""Money as the provider writes it: `KES 0.8000`, or a bare number that names no currency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

HOME = "KES"

_MONEY = re.compile(r"(?:([A-Z]{3})[ \u00a0]?)?([0-9]{1,7}(?:\.[0-9]{1,8})?)", re.ASCII)


@dataclass(frozen=True)
class Money:
    """An amount, and its currency where one was named."""

    amount: Decimal
    currency: str | None


def parse(text: str | None) -> Money | None:
    """What a `cost` or a `total` says; None where that is no money."""
    found = _MONEY.fullmatch((text or "").strip())
    return Money(Decimal(found[2]), found[1]) if found else None
