"""What a text says by itself: the ward, the category and the problem, suggested with the words that speak for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config.county import County, Ward
from gateway.cases.gazetteer import named
from gateway.cases.sensitivity import sensitive_category
from gateway.cases.spelling import Word, words_in
from gateway.cases.subjects import subject_of

SHOWN = 4
"""Words of hers that an officer is shown for a category."""


@dataclass(frozen=True)
class Reading:
    """What a text suggests; an officer confirms it.

    `ward_words`: as she wrote the name, "" without one. `among`: 2 to 5 wards, one of which the text names, and nobody
    can tell which. `category`: never a sensitive one, never OTHER. `category_words`: what she wrote that speaks for it.
    """

    ward: Ward | None
    ward_words: str
    among: tuple[Ward, ...]
    category: str | None
    problem: str | None
    category_words: tuple[str, ...]


def read(county: County, text: str) -> Reading:
    """Read a text. One with words of sensitive.yml gets no category: a guess may hide a case, never reveal one."""
    words = words_in(text)
    place = named(county, words)
    subject = None if sensitive_category(county, text) else subject_of(county, words, place.names)
    return Reading(
        ward=place.ward,
        ward_words=_written(text, words[slice(*place.place)]),
        among=place.among,
        category=subject.category if subject else None,
        problem=subject.problem if subject else None,
        category_words=_shown(text, words, subject.places) if subject else (),
    )


def _written(text: str, words: Sequence[Word]) -> str:
    return text[words[0].start : words[-1].end] if words else ""


def _shown(text: str, words: Sequence[Word], places: Sequence[int]) -> tuple[str, ...]:
    """The words at these places as she wrote them, each once."""
    return tuple(dict.fromkeys(text[words[place].start : words[place].end] for place in places))[:SHOWN]
