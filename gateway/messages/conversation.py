"""What is this text? One pure function decides, and says why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.messages.models import QuestionKind

YES = frozenset({"1", "7", "yes", "y", "ndio", "ndiyo", "ndyo", "tayari", "eeh", "sawa"})
NO = frozenset({"2", "8", "no", "n", "bado", "bdo", "la", "hapana"})
CLEAR_IN_A_SENTENCE = frozenset({"ndio", "ndiyo", "tayari", "bado", "hapana"})
"""Words that nobody begins a new complaint with; `no water in Shirere` is one, so `no` must stand nearly alone."""
SHORT_ANSWER = 3
"""Words that an answer with an unclear first word may have."""
WARD_ANSWER = 5
"""Words that the answer to *which ward?* may have; a longer text is a report of its own."""

_WORD = re.compile(r"[^\W_]+")
_REFERENCE = re.compile(r"(?<!\d)(\d{4})[ -]?(\d{4})(?!\d)")


class Decision(StrEnum):
    """What a text turns out to be."""

    YES = "yes"
    NO = "no"
    WARD = "ward"
    WORDS = "words"
    NEW = "new"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Decided:
    """`why` is a short code for the record, never the text."""

    decision: Decision
    why: str


def decide(
    text: str, question: QuestionKind | None, *, ward_named: bool = False, own_reference: bool = False,
    invited: bool = False,
) -> Decided:  # fmt: skip
    """Decide on one text.

    question       the one open question of this phone
    ward_named     the text names a ward of the county
    own_reference  it contains the reference of a case of this phone
    invited        we asked this phone for words about its latest case, and none have come yet
    """
    words = [word.lower() for word in _WORD.findall(text)]
    if question is QuestionKind.FIXED and words and (answer := _yes_or_no(words)):
        return Decided(answer, "answers fixed")
    if question is QuestionKind.WHICH_WARD and len(words) <= WARD_ANSWER:
        if ward_named:
            return Decided(Decision.WARD, "answers which ward")
        if words and not _is_number(words):
            return Decided(Decision.WORDS, "answers which ward, unknown place")
    if own_reference and len(words) > 2:
        return Decided(Decision.WORDS, "names its reference")
    if not words:
        return Decided(Decision.NOTHING, "empty")
    if _is_number(words):
        return Decided(Decision.NOTHING, "number that answers nothing")
    if invited:
        return Decided(Decision.WORDS, "answers received")
    return Decided(Decision.NEW, "new case")


def reference_in(text: str) -> str | None:
    """Eight digits, alone or in two fours, that may be a reference."""
    found = _REFERENCE.search(text)
    return found.group(1) + found.group(2) if found else None


def _yes_or_no(words: list[str]) -> Decision | None:
    first = words[0]
    if first not in CLEAR_IN_A_SENTENCE and len(words) > SHORT_ANSWER:
        return None
    if first in YES:
        return Decision.YES
    return Decision.NO if first in NO else None


def _is_number(words: list[str]) -> bool:
    return all(word.isdigit() for word in words)
