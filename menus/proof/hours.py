"""Times of day that are written into a text, in a language that counts the hours from six."""

from __future__ import annotations

import re

# No part of a longer number or of a code: 0800 724 388, *384*123#, 2026-11-22.
_ALONE = r"(?<![\w*#:./-])(?<!\d )"
_HOUR = r"([01]?\d|2[0-4])"
_CLOCK = re.compile(rf"{_ALONE}{_HOUR}:[0-5]\d(?![\w*#:])")
_RANGE = re.compile(rf"(saa )?{_ALONE}{_HOUR} ?- ?{_HOUR}(?![\w*#:/-])(?! \d)", re.IGNORECASE)


def clock_times(text: str) -> list[str]:
    """The times in `text` that count from midnight: `8:00`, `14:30`, `8-5`, `saa 8-17`.

    Not hours as they are counted from six (`saa 2-11`), and not other ranges (`1-5`, `siku 7-14`).
    """
    ranges = (found for found in _RANGE.finditer(text) if _are_hours(*found.groups()))
    return [found.group().strip() for found in (*_CLOCK.finditer(text), *ranges)]


def _are_hours(spoken: str | None, first: str, second: str) -> bool:
    """From the morning to the afternoon: the second is less; or after the word for hours, counted on past twelve."""
    return int(second) < int(first) or (bool(spoken) and int(second) > 12)
