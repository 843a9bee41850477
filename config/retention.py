"""How long what is kept of people is kept, and why: retention.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from menus.marked import Node

LONGEST = 240
"""Months. The law wants an end; nothing of ours needs twenty years."""
REASON = 200
"""Letters of a reason."""


class Kept(StrEnum):
    """The classes of what is kept, each with a time of its own; a county gives them all."""

    GRIEVANCE = "grievance"
    """Words, place, reasons, texts and number of a grievance, from the day on which it was closed."""
    FEEDBACK = "feedback"
    CONFIDENTIAL = "confidential"
    """The same of a confidential case, whatever its kind."""
    REQUEST = "request"
    PRACTICE = "practice"
    NUMBER = "number"
    """The number of somebody of whom nothing else is kept."""
    SET_ASIDE = "set_aside"
    """Incoming texts that belong to no case, from their receipt."""
    TEXT = "text"
    """Outgoing texts that are about no case."""
    CALL_BACK = "call_back"
    """Whose a call-back was that is about no case."""
    ADDRESS = "address"
    """From where an officer did something: the addresses in the audit."""


@dataclass(frozen=True)
class Keeping:
    """So many months, and why so many."""

    months: int
    why: str


def read_retention(node: Node) -> Mapping[Kept, Keeping]:
    """retention.yml: from each class to its `months` and its `why`."""
    fields = node.fields(required=tuple(Kept))
    return MappingProxyType({Kept(name): _read_keeping(part) for name, part in fields.items()})


def _read_keeping(node: Node) -> Keeping:
    fields = node.fields(required=("months", "why"))
    return Keeping(
        months=fields["months"].integer(1, LONGEST) if "months" in fields else 1,
        why=_read_reason(fields["why"]) if "why" in fields else "",
    )


def _read_reason(node: Node) -> str:
    text = " ".join(node.string().split())
    if node.is_scalar and not text:
        node.wrong("the reason is empty: why is it kept so long?")
    elif len(text) > REASON:
        node.wrong(f"the reason has {len(text)} letters, at most {REASON} are read")
    return text
