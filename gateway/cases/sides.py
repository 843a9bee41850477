"""Names of places that differ only by their side, such as Kisa North and Kisa East, taken apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from gateway.cases.spelling import shortens, slips

CUES = frozenset(("wadi", "ward"))
LINKS = frozenset(("ya", "la", "wa", "of", "no", "number", "namba", "nambari", "code"))

_SIDES = {"kaskazini": "north", "kusini": "south", "mashariki": "east", "magharibi": "west", "kati": "central"}
_SPELT = {
    "north": ("north", "northern", "kaskazini"),
    "south": ("south", "southern", "sauth", "kusini"),
    "east": ("east", "eastern", "mashariki"),
    "west": ("west", "western", "magharibi"),
    "central": ("central", "centre", "center", "centro", "sentral", "sentro", "katikati"),
}
"""How a side is written, in English, in Kiswahili and by ear."""
_ONE_WRONG, _SLIPS = 4, 8
"""Letters that a side needs to be known with one of them wrong, and as any long word is."""
_NO_SIDE = frozenset((
    "went", "wet", "rest", "best", "test", "next", "nest", "neat", "ease", "easy", "eats", "least", "seat", "worst",
    "worth", "mouth", "enter", "rented", "wept", "welt", "norm", "youth", "soap", "soup", "soul", "sour", "century",
    "centers", "sentry",
))  # fmt: skip
"""Words that are a letter from a side."""
_INITIALS = {"n": "north", "s": "south", "e": "east", "w": "west", "c": "central"}
# "Isukha ya kati", but not "kisa kati ya wakulima", which is something that happened between farmers.
_KISWAHILI_SIDE = re.compile(rf"(?:\bya )?\b({'|'.join(_SIDES)})\b(?! (?:ya|mwa|kwa|na)\b)")
# "Kisa kaskazini mwa soko" is in the north of the market; "marama kaskazini na" goes on with something else.
_BESIDE = frozenset(("ya", "mwa", "kwa"))
_OF = frozenset(("ya", "mwa", "wa", "upande", "of"))


@dataclass(frozen=True)
class Name:
    """A spelling taken apart: Butsotso East is the stem `butsotso` and the side `east`."""

    stem: str
    side: str


def name_of(words: Sequence[str]) -> Name:
    """The side is a word of its own, or its first letter in front or at the end; alone it is a name."""
    sides = [word for word in words if word in _INITIALS.values()]
    ends = [word for word in (*words[:1], *words[-1:]) if word in _INITIALS] if len(words) > 1 else []
    if not (sides or ends) or len(words) < 2:
        return Name(" ".join(words), "")
    side = sides[0] if sides else ends[0]
    rest = list(words)
    rest.remove(side)
    return Name(" ".join(rest), _INITIALS.get(side, side))


def english_sides(words: str) -> str:
    return _KISWAHILI_SIDE.sub(lambda found: _SIDES[found[1]], words)


def side_after(words: Sequence[str], end: int, known: Collection[str]) -> tuple[str, int] | None:
    """The side that stands behind a stem which ends before `end`, if it is one of `known`; and where it ends."""
    at = end
    while words[at : at + 1] and words[at] in _OF and at < end + 2:
        at += 1
    found = _side(words[at], known) if words[at : at + 1] else None
    if not found or (words[at] in _SIDES and words[at + 1 : at + 2] and words[at + 1] in _BESIDE):
        return None
    return found, at + 1


def side_before(words: Sequence[str], start: int, known: Collection[str]) -> tuple[str, int] | None:
    """The side that stands in front of a stem, if it is one of `known`; and where it begins."""
    at = start - 2 if start > 1 and words[start - 1] in _OF else start - 1
    found = _side(words[at], known) if at >= 0 else None
    return (found, at) if found else None


def _side(word: str, known: Collection[str]) -> str | None:
    """The side that a word means: as it is written, by its first letter, without vowels or mistyped."""
    written = _SIDES.get(word) or _INITIALS.get(word) or word
    if written in known:
        return written
    if word in _NO_SIDE:
        return None
    return next((side for side in known if any(_is_spelt(word, spelt) for spelt in _SPELT[side])), None)


def _is_spelt(word: str, spelt: str) -> bool:
    if word == spelt or shortens(word, spelt):
        return True
    if word[0] != spelt[0]:
        return False
    if len(spelt) >= _SLIPS:
        return slips(word, spelt) is not None
    return len(word) >= _ONE_WRONG and OSA.distance(word, spelt, score_cutoff=1) <= 1
