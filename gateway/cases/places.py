"""The place search: finding a ward loosely by what a resident calls it, for she confirms it on the next screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from config.county import County, SubCounty, Ward
from gateway.cases import gazetteer
from gateway.cases.sides import CUES, LINKS, Name, english_sides, name_of
from gateway.cases.spelling import plain, sound

GOOD = 75
"""Least likeness, of 100, of a ward that the place search shows."""
NEAR_BEST = 15
"""How far below the best hit another one may be."""
SIDE_UNSAID = 8
"""Off where one says the side and the other does not: "kisa", Kisa North."""
LEFT_OVER = 10
"""Off, in part, for typed words that a hit does not explain."""
WHOLE_SUB_COUNTY = 70
"""What every ward of a sub-county gets when that was typed."""
TYPED_WORDS = 4

_NO_NAME = """
    cha za kwa na ni niko katika hapa kule karibu near the in at from kijiji village mtaa eneo area
    soko sokoni market shule school msingi primary upili secondary chekechea kanisa church stage
    zahanati dispensary hospitali hospital clinic
"""
_FILLERS = CUES | LINKS | frozenset(_NO_NAME.split())


@dataclass(frozen=True)
class _Search:
    """What the place search compares with: names of wards by stem, and names of sub-counties."""

    stems: Mapping[str, tuple[tuple[str, Ward], ...]]
    sounds: Mapping[str, str]
    sub_counties: tuple[tuple[Name, SubCounty], ...]


def find_wards(county: County, typed: str, limit: int = 2) -> tuple[Ward, ...]:
    """The wards that `typed` may mean, best first, at most `limit`; only good hits, among equals the most people first.

    Knows names, short names, aliases, codes, landmarks that only one ward has, and sub-counties (for all their wards).
    """
    words = _typed_words(typed)
    if len(words) == 1 and (coded := gazetteer.by_code(county, words[0])):
        return (coded,)
    scores = _scores(_search(county), words)
    least = max(scores.values(), default=0.0) - NEAR_BEST
    hits = [ward for ward in county.wards if ward.code in scores and scores[ward.code] >= least]
    return tuple(sorted(hits, key=lambda ward: (-scores[ward.code], -ward.population))[:limit])


def find_sub_county(county: County, typed: str) -> SubCounty | None:
    """The sub-county that `typed` names, or the one that has all the wards named so (Kisa, Isukha); None if unclear."""
    search, name = _search(county), name_of(_typed_words(typed))
    found = {sub.code for known, sub in search.sub_counties if _same(name, known)}
    namesakes = [ward for side, ward in search.stems.get(name.stem, ()) if side and not name.side]
    if not found and len(namesakes) > 1:
        found = {ward.sub_county for ward in namesakes}
    return county.sub_county(found.pop()) if len(found) == 1 else None


def _scores(search: _Search, words: list[str]) -> dict[int, float]:
    """Likeness of each ward, by code, to all the typed words or to one of them."""
    scores: dict[int, float] = {}
    whole = name_of(words)
    parts = [whole, *(Name(word, whole.side) for word in whole.stem.split())]
    for part in dict.fromkeys(parts):
        rest = LEFT_OVER * (1 - len(part.stem) / len(whole.stem)) if whole.stem else 0.0
        for ward, score in _like(search, part):
            scores[ward.code] = max(scores.get(ward.code, 0.0), score - rest)
    return scores


def _like(search: _Search, name: Name) -> Iterator[tuple[Ward, float]]:
    for known, sub_county in search.sub_counties:
        if _same(name, known):
            yield from ((ward, WHOLE_SUB_COUNTY) for ward in sub_county.wards)
    heard = sound(name.stem)
    for stem, owners in search.stems.items():
        score = _likeness(name.stem, heard, stem, search.sounds[stem])
        for side, ward in owners if score >= GOOD else ():
            if side == name.side:
                yield ward, score
            elif not (side and name.side) and score - SIDE_UNSAID >= GOOD:
                yield ward, score - SIDE_UNSAID


def _likeness(typed: str, heard: str, known: str, known_sound: str) -> float:
    """How alike two stems are, of 100: written so, sounding so, begun so, or mistyped."""
    if typed == known:
        return 100.0
    if len(typed) >= 4 and heard == known_sound:
        return 95.0
    if len(typed) >= 3 and known.startswith(typed):
        return 88.0
    return fuzz.ratio(typed, known, score_cutoff=GOOD) if len(typed) >= 5 else 0.0


def _same(name: Name, known: Name) -> bool:
    if name.side != known.side or len(name.stem) < 4:
        return False
    return name.stem == known.stem or fuzz.ratio(name.stem, known.stem) >= 85


def _typed_words(typed: str) -> list[str]:
    words = [word for word in english_sides(plain(typed)).split() if word not in _FILLERS]
    return words[:TYPED_WORDS]


@lru_cache(maxsize=8)
def _search(county: County) -> _Search:
    spellings: dict[Name, dict[int, Ward]] = {}
    landmarks: dict[Name, dict[int, Ward]] = {}
    for ward in county.wards:
        for spelling in (ward.name, ward.short, *ward.aliases):
            spellings.setdefault(name_of(plain(spelling).split()), {})[ward.code] = ward
        for landmark in ward.landmarks:
            for label in landmark.label.values():
                landmarks.setdefault(name_of(_typed_words(label)), {})[ward.code] = ward
    for name, owners in landmarks.items():
        if len(owners) == 1 and name.stem:
            spellings.setdefault(name, {}).update(owners)
    stems: dict[str, list[tuple[str, Ward]]] = {}
    for name, owners in spellings.items():
        stems.setdefault(name.stem, []).extend((name.side, ward) for ward in owners.values())
    return _Search(
        stems={stem: tuple(owners) for stem, owners in stems.items()},
        sounds={stem: sound(stem) for stem in stems},
        sub_counties=tuple(
            (name_of(plain(spelling).split()), sub)
            for sub in county.sub_counties
            for spelling in dict.fromkeys((sub.name, sub.short, *sub.aliases))
        ),
    )
