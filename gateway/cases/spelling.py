"""How residents spell: one plain form for comparing texts, and one for words that sound alike in western Kenya."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u201b\u02bc]")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_NOT_A_WORD = re.compile(r"[\W_]+")

# Text-speak writes x for s; Luhya ears do not tell l from r, and names are written with or without the h.
_SOUNDS = str.maketrans({"x": "s", "e": "i", "y": "i", "o": "u", "w": "u", "l": "r", "h": None})
_DOUBLED = re.compile(r"([^\W\d_])\1+")


def plain(text: str) -> str:
    """Small letters and digits without accents, words parted by one space; ng'ombe is one word, sanaaaa is sana."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )
    return _DRAWN_OUT.sub(r"\1", _NOT_A_WORD.sub(" ", _APOSTROPHES.sub("", bare))).strip()


def sound(words: str) -> str:
    """A form that is equal for plain spellings that sound alike: shirere, sherere, xilele, sirere."""
    return _DOUBLED.sub(r"\1", words.translate(_SOUNDS))
