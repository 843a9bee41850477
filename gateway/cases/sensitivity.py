"""Which texts the ward must not see: words of the county's sensitive.yml, found in any spelling of case and accent."""

from __future__ import annotations

import re
from functools import lru_cache

from config.county import County
from gateway.cases.spelling import plain


def sensitive_category(county: County, text: str) -> str | None:
    """The code of the first sensitive category that has a word or phrase in `text`, or None."""
    words = plain(text)
    readings = [words, words.replace("x", "s")] if "x" in words else [words]
    for category, pattern in _patterns(county):
        if any(pattern.search(reading) for reading in readings):
            return category
    return None


@lru_cache(maxsize=8)
def _patterns(county: County) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (category, re.compile(rf"(?<!\S)(?:{'|'.join(map(_expression, phrases))})(?!\S)"))
        for category, phrases in county.sensitive.words.items()
        if phrases
    )


def _expression(phrase: str) -> str:
    """`mume* ananipiga` as a regular expression over plain text."""
    return " ".join(r"\S*".join(plain(part) for part in word.split("*")) for word in phrase.split())
