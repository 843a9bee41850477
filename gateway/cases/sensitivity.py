"""Which texts the ward must not see: phrases of the county's sensitive.yml, in any spelling of case and accent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from config.county import County
from config.sensitive import NEAR, OMBUDSMAN, Sensitive
from gateway.cases.hearing import Ear, Places, ear, hear, spelt
from gateway.cases.spelling import plain

APART = 8
"""Most words that may stand between two parts of a phrase: "karani wa ofisi ya ardhi Malava anataka"."""


@dataclass(frozen=True)
class Phrase:
    """Parts that stand near each other, each of words and `<groups>` that follow each other."""

    parts: tuple[tuple[str, ...], ...]
    words: frozenset[str]


@dataclass(frozen=True)
class _Watch:
    """What to listen for: the categories in their order, each with its phrases by their first word or group."""

    ear: Ear
    categories: tuple[tuple[str, Mapping[str, Sequence[Phrase]]], ...]


def sensitive_category(county: County, text: str) -> str | None:
    """The code of the first sensitive category that has a phrase in `text`, or None."""
    return _first(_watch(county), text)


def names_ombudsman(county: County, text: str) -> bool:
    """Whether `text`, which is confidential, seems to be about the ombudsman's own office: then she must not see it."""
    return _first(_ombudsman(county), text) is not None


def _first(watch: _Watch, text: str) -> str | None:
    places = hear(watch.ear, plain(text).split())
    for category, phrases in watch.categories:
        for first in places.keys() & phrases.keys():
            if any(_stands(phrase, places) for phrase in phrases[first]):
                return category
    return None


def _stands(phrase: Phrase, places: Places) -> bool:
    """Whether the parts stand in the text, each near the one before it."""
    if not phrase.words <= places.keys():
        return False
    found = set(_spans(phrase.parts[0], places))
    for part in phrase.parts[1:]:
        starts, ends = {start for start, _ in found}, {end for _, end in found}
        found = {
            (start, end)
            for start, end in _spans(part, places)
            if any(start - gap in ends or end + gap in starts for gap in range(APART + 1))
        }
    return bool(found)


def _spans(part: Sequence[str], places: Places) -> Iterator[tuple[int, int]]:
    """Where the part stands: its first word, and the one after its last."""
    for start, ends in places[part[0]].items():
        for word in part[1:]:
            ends = frozenset(after for end in ends for after in places[word].get(end, ()))
        yield from ((start, end) for end in ends)


@lru_cache(maxsize=8)
def _watch(county: County) -> _Watch:
    return _listening(county.sensitive, county.sensitive.words)


@lru_cache(maxsize=8)
def _ombudsman(county: County) -> _Watch:
    return _listening(county.sensitive, {OMBUDSMAN: county.sensitive.ombudsman})


def _listening(sensitive: Sensitive, phrases: Mapping[str, Sequence[str]]) -> _Watch:
    words, categories = set[str](), []
    for code, written in phrases.items():
        by_first: dict[str, list[Phrase]] = {}
        for phrase in map(_parsed, written):
            words |= {word for word in phrase.words if not word.startswith("<")}
            by_first.setdefault(phrase.parts[0][0], []).append(phrase)
        categories.append((code, by_first))
    return _Watch(ear(words, sensitive.groups, sensitive.aside), tuple(categories))


def _parsed(written: str) -> Phrase:
    """`mume* ananipiga` or `<officer> ~ *tukan*` in its parts."""
    parts = tuple(spelt(part) for part in written.split(f" {NEAR} "))
    return Phrase(parts, frozenset(word for part in parts for word in part))
