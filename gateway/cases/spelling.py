"""How residents spell: one plain form for comparing texts, and what counts as the same word spelt otherwise."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

_MARKS = "'`\u00b4\u2018\u2019\u201b\u02bc"
_APOSTROPHES = re.compile(f"[{_MARKS}]")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_NOT_A_WORD = re.compile(r"[\W_]+")
_WRITTEN = re.compile(rf"[^\W_]+(?:[{_MARKS}]+[^\W_]+)*")

# Text-speak writes x for s; Luhya ears do not tell l from r, and names are written with or without the h.
_SOUNDS = str.maketrans({"x": "s", "e": "i", "y": "i", "o": "u", "w": "u", "l": "r", "h": None})
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_HARD_C = re.compile("c(?!h)")
_TS = re.compile("t[sz]")
# Nor do they tell b from p, d from t, g from k …: pomba, kwenta, Mukai for Mugai.
_ACCENTS = str.maketrans("bdgvjz", "ptkfcs")
_VOWELS = frozenset("aeiou")

TEXT_WORDS = 250

BY_EAR, ONE_SLIP, TWO_SLIPS = 5, 6, 10
"""Letters that a word needs to be known by its sound, and with one or two wrong, missing, added or swapped ones."""


@dataclass(frozen=True)
class Word:
    """A word of a text in its plain form, and where in the text it stands."""

    plain: str
    start: int
    end: int


def plain(text: str) -> str:
    """Small letters and digits without accents, words parted by one space; ng'ombe is one word, sanaaaa is sana."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )
    return _DRAWN_OUT.sub(r"\1", _NOT_A_WORD.sub(" ", _APOSTROPHES.sub("", bare))).strip()


def words_in(text: str) -> list[Word]:
    """The words of a text, in its order; of a very long one the first TEXT_WORDS."""
    found = []
    for written in _WRITTEN.finditer(text):
        found += [Word(word, written.start(), written.end()) for word in plain(written[0]).split()]
        if len(found) >= TEXT_WORDS:
            break
    return found[:TEXT_WORDS]


@lru_cache(maxsize=20_000)
def sound(words: str) -> str:
    """A form that is equal for plain spellings that sound alike: shirere, sherere, xilele, sirere."""
    return _DOUBLED.sub(r"\1", _TS.sub("s", _HARD_C.sub("k", words)).translate(_SOUNDS))


@lru_cache(maxsize=20_000)
def accent(words: str) -> str:
    """A form that is equal for plain spellings that sound alike with an accent: bomba, pompa."""
    return _DOUBLED.sub(r"\1", sound(words).translate(_ACCENTS))


def consonants(word: str) -> str:
    """What is left of a word whose vowels are dropped, but for the first letter: brbr of barabara."""
    return word[:1] + "".join(letter for letter in word[1:] if letter not in _VOWELS)


def slips(typed: str, known: str, easier: int = 0) -> float | None:
    """How far `typed` is from `known`: 0 the same, 1 and more the same by ear or without vowels, 2 and more mistyped.

    Both are plain words. None: another word. `easier`: so many letters fewer than usual do, where more speaks for it.
    """
    if typed == known:
        return 0
    letters = min(len(typed), len(known)) + easier
    if letters < BY_EAR or not len(typed) / 2 <= len(known) <= 2 * len(typed):
        return None
    heard, known_sound = sound(typed), sound(known)
    wrong = OSA.normalized_distance(typed, known)
    if heard == known_sound or shortens(typed, known):
        return 1 + wrong
    if accent(typed) == accent(known):
        return 1.5 + wrong
    if heard[:1] != known_sound[:1]:
        return None
    if min(len(heard), len(known_sound)) + easier < ONE_SLIP:
        return None
    most = 2 if letters >= TWO_SLIPS else 1
    misheard = OSA.distance(heard, known_sound, score_cutoff=most)
    return 1 + misheard + wrong if misheard <= most and OSA.distance(typed, known) <= most + 1 else None


def shortens(typed: str, known: str) -> bool:
    """Whether `typed` is `known` with vowels dropped: dwa for dawa, hsptali for hospitali."""
    if not 3 <= len(typed) < len(known) or consonants(typed) != consonants(known):
        return False
    letters = iter(known)
    return all(letter in letters for letter in typed)
