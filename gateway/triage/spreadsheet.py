"""Cells of the files that officers take along: nothing in them is worked out by a spreadsheet."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these begins what a spreadsheet would work out."""


def cell(text: str) -> str:
    """`text` as a cell that stays what was written."""
    return f"'{text}" if text.startswith(FORMULA) else text
