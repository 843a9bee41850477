"""Keywords: short texts that ask for one certain thing, in either language, whatever language she reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Keyword(StrEnum):
    HELP = "help"
    STATUS = "status"
    HIGHER = "higher"
    STOP = "stop"
    START = "start"
    LANGUAGE = "language"
    DATA = "data"
    CORRECT = "correct"
    DELETE = "delete"
    DELETE_ALL = "delete_all"


SPELLINGS: Mapping[Keyword, frozenset[str]] = {
    Keyword.HELP: frozenset({"help", "hlp", "msaada", "msada", "msaad", "usaidizi", "info", "menu"}),
    Keyword.STATUS: frozenset({"status", "staus", "hali", "halli", "fuatilia", "track"}),
    Keyword.HIGHER: frozenset({"juu", "higher", "escalate", "rufaa", "appeal"}),
    Keyword.STOP: frozenset({"stop", "stp", "stopall", "simama", "simamisha", "unsubscribe", "quit"}),
    Keyword.START: frozenset({"start", "anza", "unstop", "subscribe"}),
    Keyword.LANGUAGE: frozenset({"language", "lugha"}),
    Keyword.DATA: frozenset({"data"}),
    Keyword.DELETE: frozenset({"delete", "futa"}),
}
"""`end`, `cancel` and `acha` are none: they answer questions and begin sentences."""

TONGUES: Mapping[str, frozenset[str]] = {
    "sw": frozenset({"sw", "swa", "swahili", "kiswahili", "kisw"}),
    "en": frozenset({"en", "eng", "english", "kiingereza", "kizungu"}),
}
ALONE = frozenset({"english", "kiswahili", "swahili", "kiingereza"})
"""Names of languages that stand for themselves; `english` as a whole text asks for English."""

_BESIDE = frozenset({
    "please", "pls", "plz", "tafadhali", "naomba", "nataka", "asante", "thanks", "thank", "you", "the", "my", "me", "i",
    "want", "need", "a", "of", "for", "in", "to", "is", "on", "ya", "wa", "kwa", "yangu", "zangu", "langu", "ni", "na",
    "hii", "hiyo", "it", "this", "that", "report", "ripoti", "case", "number", "namba", "nambari", "no", "sms",
    "messages", "message", "ujumbe", "texts", "all", "zote", "yote", "kujua", "know", "check", "angalia",
    "everything", "vyote", "kila", "kitu",
})  # fmt: skip
"""What may stand beside a keyword without making it a sentence."""
EVERYTHING = frozenset({"all", "everything", "yote", "zote", "vyote", "kila"})
"""With these, DELETE is not about one report."""
_NO_MORE = r"(?:tena )?(?:sms|ujumbe|messages?|meseji|texts?)"
IN_SENTENCES: Mapping[Keyword, re.Pattern[str]] = {
    Keyword.STOP: re.compile(
        r"^(?:please |pls |tafadhali )?(?:stop|quit|acheni?|wacheni?) (?:sending|texting|messaging|kunitumia|kutuma)\b"
        rf"|\b(?:msi|usi)nitumie {_NO_MORE}|\bsitaki {_NO_MORE}|\bunsubscribe me\b"
    ),
    Keyword.HIGHER: re.compile(
        r"^(?:please |pls |tafadhali |naomba )?"
        r"(?:(?:m|m?[iu])?pelek(?:a|e|eni) (?:hii |hiyo |ripoti |ripoti yangu )?juu(?: zaidi)?"
        r"|juu zaidi|(?:send|take|push|move) (?:it |this |that |my report |my case |report )?(?:higher|up)(?: up)?)"
        r"(?: please| pls| tafadhali)?$"
    ),
    Keyword.DELETE_ALL: re.compile(
        r"\b(?:ondoa|ondoeni|futa|futeni|toa|remove|delete|erase) (?:my |hii )?(?:nambari|namba|number|phone)\b"
    ),
    Keyword.HELP: re.compile(
        r"\bwrong number\b|\bwho (?:is|are) (?:this|you)\b|\bnani huyu\b|\bwewe ni nani\b|\bumekosea namba\b"
    ),
}
"""What people write for a keyword, as a short text of its own."""
_CORRECT = re.compile(
    r"\W*(?:(?:please|pls|plz|tafadhali|naomba|nataka|i want|want)\W+(?:to\W+)?)?"
    r"(?:(?:ku|m|mu|ni)?(?:rekebish|sahihish)(?:a|e|eni|ieni|ia|ie)|marekebisho(?:\W+ya)?|corrections?|correct)\b\W*",
    re.IGNORECASE,
)
"""How a text begins that asks to correct what we keep of her."""
_HERS = re.compile(
    r"(?:of |to |in )?(?:"
    r"(?:my |the )?(?:personal )?(?:data|records?|details)(?! (?:ya|za|of|for|at|in|kwa|bundles?)\b)"
    r"|(?:maelezo|taarifa|rekodi) (?:yangu|zangu)|(?:wadi|lugha|namba|nambari|ripoti) yangu"
    r"|(?:jina|majina) (?:langu|yangu|ni)|my (?:names?|ward|language|number|information|info|report))\b"
)
"""What must follow, if anything does: `rekebisha barabara` asks to mend a road, and is a report."""
_CORRECT_ALONE = frozenset({
    "rekebisha", "kurekebisha", "marekebisho", "sahihisha", "kusahihisha", "correct", "correction", "corrections",
})  # fmt: skip
SENTENCE = 9
"""Words of such a text."""
LONGEST = 6
"""Words of a keyword text, its reference not counted."""

_WORD = re.compile(r"[^\W_]+")
_KEYWORD_OF = {spelling: keyword for keyword, spellings in SPELLINGS.items() for spelling in spellings}
_TONGUE_OF = {spelling: tongue for tongue, spellings in TONGUES.items() for spelling in spellings}


@dataclass(frozen=True)
class Asked:
    """What a keyword text asks for; `language` is the one that it names, if it names any."""

    keyword: Keyword
    language: str | None = None


def keyword_in(text: str) -> Asked | None:
    """The keyword that `text`, without its reference, is; None where it says anything more.

    `msaada` asks for help, and `msaada wa maji shirere` is somebody's case; `stop cutting trees` is one, too.
    """
    words = [word.lower() for word in _WORD.findall(text)]
    if _corrects(text):
        return Asked(Keyword.CORRECT)
    if 1 < len(words) <= SENTENCE:
        for asked_for, pattern in IN_SENTENCES.items():
            if pattern.search(" ".join(words)):
                return Asked(asked_for)
    if not 1 <= len(words) <= LONGEST:
        return None
    said = [word for word in words if word not in _BESIDE]
    if len(said) == 1 and said[0] in ALONE:
        return Asked(Keyword.LANGUAGE, _TONGUE_OF[said[0]])
    found = [_KEYWORD_OF[word] for word in words if word in _KEYWORD_OF]
    rest = [word for word in words if word not in _KEYWORD_OF and word not in _BESIDE]
    if not found:
        return None
    keyword = _meant(set(found))
    if keyword is Keyword.DELETE and EVERYTHING.intersection(words):
        keyword = Keyword.DELETE_ALL
    named = {_TONGUE_OF[word] for word in words if word in _TONGUE_OF} if keyword is Keyword.LANGUAGE else set()
    if keyword is None or [word for word in rest if not (named and word in _TONGUE_OF)]:
        return None
    return Asked(keyword, next(iter(named)) if len(named) == 1 else None)


def beside_correct(text: str) -> str:
    """What she wrote beside the keyword CORRECT: what is wrong, and what is right."""
    return _CORRECT.sub("", text, count=1).strip()


def _corrects(text: str) -> bool:
    """The word alone, or with something of hers: with a *please* or *it* it rather asks to mend what she reported."""
    begins = _CORRECT.match(text)
    rest = _plain(text[begins.end() :]) if begins else ""
    return bool(_HERS.match(rest)) if rest else _plain(text) in _CORRECT_ALONE


def _plain(text: str) -> str:
    return " ".join(word.lower() for word in _WORD.findall(text))


def _meant(found: set[Keyword]) -> Keyword | None:
    """*Help with status* is about the status, *delete my data* about all data; *stop start* is about nothing."""
    if len(found) > 1:
        found = found - {Keyword.HELP}
    if found == {Keyword.DATA, Keyword.DELETE}:
        return Keyword.DELETE_ALL
    return next(iter(found)) if len(found) == 1 else None
