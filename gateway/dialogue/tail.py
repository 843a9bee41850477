"""What was dialled behind the service code, as a poster has it: `*384*123*1014#` begins in ward 1014."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.cases.references import is_reference
from menus.engine import Catalogue


@dataclass(frozen=True)
class Tail:
    """A ward code or a reference to begin at, and how many letters of every `text` of the session it takes."""

    start: str = ""
    letters: int = 0


def tail_of(catalogue: Catalogue, service_code: str, dialled: str, text: str) -> Tail:
    """The tail of a first hop: in the code that was dialled, or in front of what was typed.

    Networks do either; what is neither a ward code nor a reference is no tail. What stands behind it in the code counts
    only where it stands in `text` as well.
    """
    base, dialled = service_code.rstrip("#"), dialled.rstrip("#")
    if dialled.startswith(f"{base}*"):
        start = dialled.removeprefix(f"{base}*").partition("*")[0]
        if _leads_somewhere(catalogue, start):
            return Tail(start, len(start) if text == start or text.startswith(f"{start}*") else 0)
    start = text.partition("*")[0]
    return Tail(start, len(start)) if _leads_somewhere(catalogue, start) else Tail()


def _leads_somewhere(catalogue: Catalogue, start: str) -> bool:
    return start in catalogue.wards or is_reference(start)
