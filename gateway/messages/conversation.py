"""What is this text? One pure function decides, and says why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.messages.keywords import Asked, Keyword, keyword_in
from gateway.messages.models import QuestionKind
from gateway.messages.sayings import (
    ACKNOWLEDGED,
    BUT,
    CHASES,
    CLEAR_IN_A_SENTENCE,
    DELETE,
    DROP,
    DROP_ALONE,
    GRATEFUL,
    GREETINGS,
    KEEP,
    LEADING,
    NO,
    PLACING,
    POLITE,
    SEND,
    THANKS,
    YES,
)

SHORT_ANSWER = 3
"""Words that an answer with an unclear first word may have."""
WARD_ANSWER = 5
"""Words that the answer to *which ward?* may have; a longer text is a report of its own."""

SMALL = YES | NO | DROP_ALONE | KEEP | SEND | THANKS
"""A few of these alone answer nothing where nothing was asked."""

_WORD = re.compile(r"[^\W_]+")
_REFERENCE = re.compile(r"(?<!\d)(\d{4})[ -]?(\d{4})(?!\d)")


class Decision(StrEnum):
    """What a text turns out to be."""

    YES = "yes"
    NO = "no"
    WARD = "ward"
    OPTION = "option"
    """A digit for one of the answers that the question offers."""
    PLACE = "place"
    """An answer to *which ward?* that names no ward we know: words for the case that we asked about."""
    DRAFT = "draft"
    """What she began is to be sent, with these words if there are any."""
    DROP = "drop"
    """What she began is not to be sent."""
    KEYWORD = "keyword"
    WORDS = "words"
    CHASE = "chase"
    """She asks after her open report, or says the same again: she is told how it stands, or how all of them do."""
    LINKED = "linked"
    """A case of its own that may belong to an older one: an officer joins them or not."""
    NEW = "new"
    THANKS = "thanks"
    """Kept, and answered with nothing."""
    NOTHING = "nothing"


@dataclass(frozen=True)
class Decided:
    """`why` is a short code for the record, never the text. `asked`: the keyword; `option`: the digit, from 1."""

    decision: Decision
    why: str
    asked: Asked | None = None
    option: int = 0


def decide(
    text: str, question: QuestionKind | None, *, options: int = 0, ward_named: bool = False, matter_named: bool = False,
    foreign: bool = False, danger: bool = False, own_reference: bool = False, reference_asked: bool = False,
    invited: bool = False, awaited: bool = False, open_cases: int = 0, elsewhere: bool = False, repeated: bool = False,
    going_on: bool = False,
) -> Decided:  # fmt: skip
    """Decide on one text.

    question         the one open question of this phone; `options`: how many answers with a digit it offers
    ward_named       the text names a ward of the county; `matter_named`: it says what is wrong
    foreign          it names another ward or matter than the case has that the question is about
    danger           it tells of a fire, a flood or an accident, and the case that it would be added to does not
    own_reference    it contains the reference of a case of this phone
    reference_asked  that case is the one that the question is about
    invited          we asked this phone for words about its latest case, and none have come yet
    awaited          an officer asked her something about a case that waits for the answer
    open_cases       how many cases of hers somebody works on, confidential ones not counted
    elsewhere        it names a ward or a matter that none of those has
    repeated         it has the very words of one of those
    going_on         she wrote about one of those a moment ago, and this names no matter of its own
    """
    words = _words(_REFERENCE.sub(" ", text) if reference_in(text) else text)
    hers = reference_asked or not own_reference
    asked = keyword_in(_REFERENCE.sub(" ", text))
    # FUTA alone drops a draft, or says yes; with its reference it asks to delete that report, however often it comes.
    dropping = question in (QuestionKind.DRAFT, QuestionKind.DELETE) and not own_reference
    # CORRECT alone says yes, and REKEBISHA alone that it is still to be mended, where she was asked something.
    agreeing = (question is not None or awaited) and hers and len(words) == 1
    answers = {Keyword.DELETE: dropping, Keyword.CORRECT: agreeing}
    if asked and not answers.get(asked.keyword):
        return Decided(Decision.KEYWORD, f"keyword {asked.keyword}", asked)
    # Where something burns is no answer to where another matter is.
    burns = danger and foreign and question is QuestionKind.WHICH_WARD
    if question and hers and not burns:
        said = words if own_reference else _words(text)
        answered = _answer(question, said, ward_named=ward_named, matter=matter_named, foreign=foreign, options=options)
        if answered:
            return answered
    if not words and _REFERENCE.search(text):
        return Decided(Decision.KEYWORD, "reference alone", Asked(Keyword.STATUS))
    if not own_reference:
        words = _words(text)
    if not words:
        shown = bool(text.strip()) and "?" not in text
        return Decided(Decision.THANKS, "no words") if shown else Decided(Decision.NOTHING, "empty")
    if danger and not repeated:
        # Somebody is called for it at once: as words of another matter it would wait for the morning.
        follows = own_reference or (open_cases and not elsewhere)
        return Decided(Decision.LINKED if follows else Decision.NEW, "tells of danger")
    if awaited and not own_reference:
        return Decided(Decision.WORDS, "answers an officer")
    if _is_number(words):
        return Decided(Decision.NOTHING, "number that answers nothing")
    if (THANKS | ACKNOWLEDGED).issuperset(words) and (GRATEFUL | ACKNOWLEDGED).intersection(words):
        return Decided(Decision.THANKS, "thanks")
    if own_reference:
        return Decided(Decision.WORDS, "names its reference")
    if GREETINGS.issuperset(words):
        return Decided(Decision.KEYWORD, "greeting", Asked(Keyword.HELP))
    if invited:
        return Decided(Decision.WORDS, "answers received")
    if len(words) <= SHORT_ANSWER and SMALL.issuperset(words):
        return Decided(Decision.NOTHING, "word that answers nothing")
    return _own_or_new(words, open_cases, elsewhere=elsewhere, repeated=repeated, going_on=going_on)


def _own_or_new(words: list[str], open_cases: int, *, elsewhere: bool, repeated: bool, going_on: bool) -> Decided:
    """In doubt it is a case of its own: what is joined later costs nobody anything, what is swallowed is lost."""
    if repeated:
        return Decided(Decision.CHASE, "says the same again")
    if open_cases and not elsewhere and CHASES.search(" ".join(words)):
        return Decided(Decision.CHASE, "asks after its report" if open_cases == 1 else "asks after her reports")
    if going_on:
        return Decided(Decision.WORDS, "goes on from a moment ago")
    if open_cases and not elsewhere:
        return Decided(Decision.LINKED, "new case, perhaps of an older one")
    return Decided(Decision.NEW, "new case")


def _answer(
    question: QuestionKind, words: list[str], *, ward_named: bool, matter: bool, foreign: bool, options: int
) -> Decided | None:
    match question:
        case QuestionKind.FIXED:
            answer = _yes_or_no(words, foreign=foreign)
            return Decided(answer, "answers fixed") if answer else None
        case QuestionKind.DRAFT:
            return _about_draft(words)
        case QuestionKind.DELETE:
            return _about_deleting(words)
        case QuestionKind.WHICH_WARD:
            return _about_ward(words, ward_named=ward_named, matter=matter, foreign=foreign, options=options)


def _about_ward(words: list[str], *, ward_named: bool, matter: bool, foreign: bool, options: int) -> Decided | None:
    if len(words) > WARD_ANSWER:
        return None
    if len(words) == 1 and words[0].isdecimal() and 1 <= int(words[0]) <= options:
        return Decided(Decision.OPTION, "answers which ward", option=int(words[0]))
    if ward_named:
        return None if foreign else Decided(Decision.WARD, "answers which ward")
    if (matter and not _places(words)) or (THANKS | GREETINGS | ACKNOWLEDGED).issuperset(words):
        return None
    if not _is_number(words):
        return Decided(Decision.PLACE, "answers which ward, unknown place")
    return None


def _places(words: list[str]) -> bool:
    """`at the hospital`, `sokoni Lubao`: where, not what."""
    return bool(words) and (words[0] in PLACING or (len(words[0]) > 5 and words[0].endswith("ni")))


def _about_deleting(words: list[str]) -> Decided | None:
    """Only a plain yes deletes; what says more than that is no answer, for words that are erased do not come back."""
    if not words or len(words) > SHORT_ANSWER:
        return None
    first = words[0]
    if first in NO | KEEP or BUT.intersection(words):
        return Decided(Decision.NO, "keeps its report")
    plain = (YES | DELETE | POLITE | SEND).issuperset(words)
    return Decided(Decision.YES, "deletes its report") if plain and first in YES | DELETE else None


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


def _yes_or_no(words: list[str], *, foreign: bool) -> Decision | None:
    """A word that also begins complaints, such as *no* or *ok*, must stand nearly alone to be an answer."""
    said = [word for word in words if word not in LEADING]
    first = said[0] if said else ""
    bare = [word for word in said if word not in THANKS - YES]
    if first not in CLEAR_IN_A_SENTENCE and (len(bare) > SHORT_ANSWER or foreign):
        return None
    if first in YES:
        return Decision.NO if BUT.intersection(said) else Decision.YES
    return Decision.NO if first in NO else None


def says_more(text: str) -> bool:
    """Whether a *yes* comes with so much beside it that it tells of something else, too."""
    beside = [word for word in _words(_REFERENCE.sub(" ", text)) if word not in YES | THANKS | LEADING]
    return len(beside) > SHORT_ANSWER


def _is_number(words: list[str]) -> bool:
    """Also of no words at all."""
    return all(word.isdigit() for word in words)
