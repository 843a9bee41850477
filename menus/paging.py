"""Screens within the budget: a header with as many lines of a list as fit, and long texts in pages."""

from __future__ import annotations

from collections.abc import Sequence

from menus.lettering import SCREEN_BUDGET, septets


def fit(prefix: str, body: str, lines: Sequence[str], fixed: str = "", more: str = "", page: int = 0) -> str:
    """One screen within the budget: header, as many list lines as fit on this page, then the fixed options.

    A header that leaves no room is cut, so that whatever a county configures the network can carry it.
    """
    text = f"{prefix}{body}{''.join(lines)}{fixed}"
    if septets(text) <= SCREEN_BUDGET:
        return text
    room = SCREEN_BUDGET - septets(prefix) - septets(fixed)
    if not lines:
        return f"{prefix}{_cut(body, room)}{fixed}"[:SCREEN_BUDGET]
    body = _cut(body, room - septets(more) - max(septets(line) for line in lines))
    pages = _pages(lines, room - septets(body), septets(more))
    start, end = pages[page % len(pages)]
    return f"{prefix}{body}{''.join(lines[start:end])}{more}{fixed}"


def _pages(lines: Sequence[str], room: int, more: int) -> list[tuple[int, int]]:
    """Slices of `lines` that fit into `room` septets together with the line that shows the next page."""
    pages, start, used = [], 0, 0
    for number, line in enumerate(lines):
        length = septets(line)
        if used + length > room - more and number > start:
            pages.append((start, number))
            start, used = number, 0
        used += length
    return [*pages, (start, len(lines))]


def _cut(text: str, limit: int) -> str:
    while septets(text) > limit and text:
        text = text[:-1]
    return text


def pages_of(text: str, room: int) -> list[str]:
    """`text` in pages of at most `room` septets, split between words, and wherever it has an empty line.

    At least one page. A word that is longer than a page is split.
    """
    room = max(room, 2)  # the longest letter
    return [page for part in text.split("\n\n") if part.strip() for page in _wrapped(part.strip(), room)] or [""]


def _wrapped(text: str, room: int) -> list[str]:
    pages = []
    while septets(text) > room:
        page = _cut(text, room)
        space = max(page.rfind(" "), page.rfind("\n")) if not text[len(page)].isspace() else len(page)
        page = page[:space] if space > 0 else page
        pages.append(page)
        text = text[len(page) :].lstrip()
    return [*pages, text]
