"""What is this text? One pure function decides, and says why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.messages.models import QuestionKind

YES = frozenset({"1", "7", "yes", "y", "ndio", "ndiyo", "ndyo", "tayari", "eeh", "sawa", "kweli", "true"})
NO = frozenset({"2", "8", "no", "n", "not", "bado", "bdo", "la", "hapana", "si", "sio", "siyo", "uongo", "false"})
CLEAR_IN_A_SENTENCE = frozenset({"ndio", "ndiyo", "tayari", "bado", "hapana"})
"""Words that nobody begins a new complaint with; `no water in Shirere` is one, so `no` must stand nearly alone."""
BUT = frozenset({"bado", "bdo", "hapana", "no", "not", "si", "sio", "siyo"})
"""After a yes these take it back, as in `ndio lakini bado`: only what is clear counts as confirmed."""
DROP = frozenset({"futa", "ifute", "ufute", "uifute", "delete", "usitume", "msitume"})
"""What lets a report go that was begun and not sent, as the first word of a short answer."""
DROP_ALONE = DROP | {
    "acha", "iache", "sitaki", "stop", "cancel", "drop", "la", "hapana", "no", "si", "sio", "siyo", "not", "don",
    "dont",
}  # fmt: skip
"""These let it go where nothing else is said: `no water in Shirere` is what she began to tell."""
SEND = frozenset({"tuma", "itume", "send", "it", "please", "tafadhali", "ok", "okay"})
POLITE = frozenset({"naomba", "asante", "thanks", "thank", "you", "do", "t", "the", "my", "yangu", "ripoti", "report"})
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
    PLACE = "place"
    """An answer to *which ward?* that names no ward we know: words for the case that we asked about."""
    DRAFT = "draft"
    """What she began is to be sent, with these words if there are any."""
    DROP = "drop"
    """What she began is not to be sent."""
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
    reference_asked: bool = False, invited: bool = False, awaited: bool = False,
) -> Decided:  # fmt: skip
    """Decide on one text.

    question         the one open question of this phone
    ward_named       the text names a ward of the county
    own_reference    it contains the reference of a case of this phone
    reference_asked  that case is the one that the question is about
    invited          we asked this phone for words about its latest case, and none have come yet
    awaited          an officer asked her something about a case that waits for the answer
    """
    words = _words(_REFERENCE.sub(" ", text) if own_reference else text)
    if question and (reference_asked or not own_reference):
        answered = _answer(question, words, ward_named)
        if answered:
            return answered
    if not words and not own_reference:
        return Decided(Decision.NOTHING, "empty")
    if awaited and not own_reference:
        return Decided(Decision.WORDS, "answers an officer")
    if _is_number(words):
        return Decided(Decision.NOTHING, "number that answers nothing")
    if own_reference:
        return Decided(Decision.WORDS, "names its reference")
    if invited:
        return Decided(Decision.WORDS, "answers received")
    if len(words) == 1 and words[0] in YES | NO:
        return Decided(Decision.NOTHING, "word that answers nothing")
    return Decided(Decision.NEW, "new case")


def _answer(question: QuestionKind, words: list[str], ward_named: bool) -> Decided | None:
    if question is QuestionKind.FIXED:
        answer = _yes_or_no(words)
        return Decided(answer, "answers fixed") if answer else None
    if question is QuestionKind.DRAFT:
        return _about_draft(words)
    if len(words) > WARD_ANSWER:
        return None
    if ward_named:
        return Decided(Decision.WARD, "answers which ward")
    if not _is_number(words):
        return Decided(Decision.PLACE, "answers which ward, unknown place")
    return None


def _about_draft(words: list[str]) -> Decided | None:
    if _is_number(words):
        return None
    nothing_else = DROP_ALONE.union(YES, SEND, POLITE).issuperset(words)
    if (nothing_else and DROP_ALONE.intersection(words)) or (words[0] in DROP and len(words) <= SHORT_ANSWER):
        return Decided(Decision.DROP, "drops the draft")
    return Decided(Decision.DRAFT, "completes the draft")


def has_words(text: str) -> bool:
    """Whether a text says more than *yes*, *send it*."""
    return not all(word in YES or word in SEND for word in _words(text))


def reference_in(text: str) -> str | None:
    """Eight digits, alone or in two fours, that may be a reference."""
    found = _REFERENCE.search(text)
    return found.group(1) + found.group(2) if found else None


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _yes_or_no(words: list[str]) -> Decision | None:
    first = words[0] if words else ""
    if first not in CLEAR_IN_A_SENTENCE and len(words) > SHORT_ANSWER:
        return None
    if first in YES:
        return Decision.NO if BUT.intersection(words) else Decision.YES
    return Decision.NO if first in NO else None


def _is_number(words: list[str]) -> bool:
    """Also of no words at all."""
    return all(word.isdigit() for word in words)
