"""Long lists, page by page."""

from __future__ import annotations


def page_of(number: int, count: int, size: int, most: int) -> tuple[int, int]:
    """The page that is shown where page `number` of `count` lines is asked for, and the last one: each from 1 to
    `most`. Deeper down nobody reads."""
    last = max(1, min(most, -(-count // size)))
    return max(1, min(number, last)), last
