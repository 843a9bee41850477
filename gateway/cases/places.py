"""Finding a ward by what a resident calls it: loosely in the place search, which she confirms, strictly in texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from config.county import County, SubCounty, Ward
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
LONG_ENOUGH = 7
"""Letters that a name in free text needs to count by its sound: short ones sound like too many other words."""
TYPED_WORDS = 4
TEXT_WORDS = 250

_SIDES = {"kaskazini": "north", "kusini": "south", "mashariki": "east", "magharibi": "west", "kati": "central"}
_INITIALS = {"n": "north", "s": "south", "e": "east", "w": "west", "c": "central"}
# "Isukha ya kati", but not "kisa kati ya wakulima", which is something that happened between farmers.
_KISWAHILI_SIDE = re.compile(rf"(?:\bya )?\b({'|'.join(_SIDES)})\b(?! (?:ya|mwa|kwa|na)\b)")

_CUES = frozenset(("wadi", "ward"))
_LINKS = frozenset(("ya", "la", "wa", "of", "no", "number", "namba", "nambari", "code"))
_NO_NAME = """
    cha za kwa na ni niko katika hapa kule karibu near the in at from kijiji village mtaa eneo area
    soko sokoni market shule school msingi primary upili secondary chekechea kanisa church stage
    zahanati dispensary hospitali hospital clinic
"""
_FILLERS = _CUES | _LINKS | frozenset(_NO_NAME.split())


@dataclass(frozen=True)
class _Name:
    """A spelling taken apart: Butsotso East is the stem `butsotso` and the side `east`."""

    stem: str
    side: str


@dataclass(frozen=True)
class _Search:
    """What the place search compares with: names of wards by stem, and names of sub-counties."""

    stems: Mapping[str, tuple[tuple[str, Ward], ...]]
    sounds: Mapping[str, str]
    sub_counties: tuple[tuple[_Name, SubCounty], ...]


@dataclass(frozen=True)
class _Gazetteer:
    """What a free text may name, by sorted words, so that Wanga East is East Wanga; None: more than one meaning."""

    words: Mapping[str, Ward | None]
    sounds: Mapping[str, Ward | None]
    beside_cue: Mapping[str, Ward | None]
    longest: int


def find_wards(county: County, typed: str, limit: int = 2) -> tuple[Ward, ...]:
    """The wards that `typed` may mean, best first, at most `limit`; only good hits, among equals the most people first.

    Knows names, short names, aliases, codes, landmarks that only one ward has, and sub-counties (for all their wards).
    """
    words = _typed_words(typed)
    if len(words) == 1 and (coded := _by_code(county, words[0])):
        return (coded,)
    scores = _scores(_search(county), words)
    least = max(scores.values(), default=0.0) - NEAR_BEST
    hits = [ward for ward in county.wards if ward.code in scores and scores[ward.code] >= least]
    return tuple(sorted(hits, key=lambda ward: (-scores[ward.code], -ward.population))[:limit])


def find_sub_county(county: County, typed: str) -> SubCounty | None:
    """The sub-county that `typed` names, or the one that has all the wards named so (Kisa, Isukha); None if unclear."""
    search, name = _search(county), _name(_typed_words(typed))
    found = {sub.code for known, sub in search.sub_counties if _same(name, known)}
    namesakes = [ward for side, ward in search.stems.get(name.stem, ()) if side and not name.side]
    if not found and len(namesakes) > 1:
        found = {ward.sub_county for ward in namesakes}
    return county.sub_county(found.pop()) if len(found) == 1 else None


def ward_in_text(county: County, text: str) -> Ward | None:
    """The one ward that a free text names; None where it names none, two, or one by a word with other meanings.

    A code of four digits counts beside *wadi* or *ward*, or as the whole text.
    """
    words = _english_sides(plain(text)).split()[:TEXT_WORDS]
    if len(words) == 1 and (coded := _by_code(county, words[0])):
        return coded
    found = {ward.code: ward for ward in _named(county, words)}
    return next(iter(found.values())) if len(found) == 1 else None


def _scores(search: _Search, words: list[str]) -> dict[int, float]:
    """Likeness of each ward, by code, to all the typed words or to one of them."""
    scores: dict[int, float] = {}
    whole = _name(words)
    parts = [whole, *(_Name(word, whole.side) for word in whole.stem.split())]
    for part in dict.fromkeys(parts):
        rest = LEFT_OVER * (1 - len(part.stem) / len(whole.stem)) if whole.stem else 0.0
        for ward, score in _like(search, part):
            scores[ward.code] = max(scores.get(ward.code, 0.0), score - rest)
    return scores


def _like(search: _Search, name: _Name) -> Iterator[tuple[Ward, float]]:
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


def _same(name: _Name, known: _Name) -> bool:
    if name.side != known.side or len(name.stem) < 4:
        return False
    return name.stem == known.stem or fuzz.ratio(name.stem, known.stem) >= 85


def _typed_words(typed: str) -> list[str]:
    words = [word for word in _english_sides(plain(typed)).split() if word not in _FILLERS]
    return words[:TYPED_WORDS]


def _english_sides(words: str) -> str:
    return _KISWAHILI_SIDE.sub(lambda found: _SIDES[found[1]], words)


def _name(words: list[str]) -> _Name:
    """The side is a word of its own, or its first letter in front or at the end; alone it is a name."""
    sides = [word for word in words if word in _INITIALS.values()]
    ends = [word for word in (words[:1] + words[-1:] if len(words) > 1 else []) if word in _INITIALS]
    if not (sides or ends) or len(words) < 2:
        return _Name(" ".join(words), "")
    side = sides[0] if sides else ends[0]
    rest = list(words)
    rest.remove(side)
    return _Name(" ".join(rest), _INITIALS.get(side, side))


def _named(county: County, words: list[str]) -> Iterator[Ward]:
    """Every ward that the words name, at each place the longest name first, each word used once."""
    gazetteer, at = _gazetteer(county), 0
    while at < len(words):
        for length in range(min(gazetteer.longest, len(words) - at), 0, -1):
            known, ward = _known(gazetteer, words, at, length)
            if known:
                break
        else:
            ward, length = (_by_code(county, words[at]) if _cued(words, at, 1) else None), 1
        if ward:
            yield ward
        at += length


def _known(gazetteer: _Gazetteer, words: list[str], at: int, length: int) -> tuple[bool, Ward | None]:
    """Whether these words are a name, and the ward if they mean just one."""
    key = " ".join(sorted(words[at : at + length]))
    if key in gazetteer.beside_cue and _cued(words, at, length):
        return True, gazetteer.beside_cue[key]
    if key in gazetteer.words:
        return True, gazetteer.words[key]
    heard = sound(key) if len(key) >= LONG_ENOUGH else ""
    return heard in gazetteer.sounds, gazetteer.sounds.get(heard)


def _cued(words: list[str], at: int, length: int) -> bool:
    """Whether *wadi* or *ward* stands before, with or without a link such as *ya*, or after."""
    if words[at + length : at + length + 1] and words[at + length] in _CUES:
        return True
    before = words[max(0, at - 2) : at]
    return bool(before) and (before[-1] in _CUES or (before[-1] in _LINKS and before[0] in _CUES))


def _by_code(county: County, word: str) -> Ward | None:
    return county.ward(int(word)) if re.fullmatch("[0-9]{4}", word) else None


@lru_cache(maxsize=8)
def _search(county: County) -> _Search:
    spellings: dict[_Name, dict[int, Ward]] = {}
    landmarks: dict[_Name, dict[int, Ward]] = {}
    for ward in county.wards:
        for spelling in (ward.name, ward.short, *ward.aliases):
            spellings.setdefault(_name(plain(spelling).split()), {})[ward.code] = ward
        for landmark in ward.landmarks:
            for label in landmark.label.values():
                landmarks.setdefault(_name(_typed_words(label)), {})[ward.code] = ward
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
            (_name(plain(spelling).split()), sub)
            for sub in county.sub_counties
            for spelling in dict.fromkeys((sub.name, sub.short, *sub.aliases))
        ),
    )


@lru_cache(maxsize=8)
def _gazetteer(county: County) -> _Gazetteer:
    owners: dict[str, set[int]] = {}
    for ward in county.wards:
        for spelling in (ward.name, ward.short, *ward.aliases):
            owners.setdefault(_key(spelling), set()).add(ward.code)
    shared = [_key(spelling) for sub in county.sub_counties for spelling in (sub.name, sub.short, *sub.aliases)]
    unclear = [*shared, *(_key(spelling) for ward in county.wards for spelling in ward.ambiguous)]
    heard: dict[str, set[int]] = {}
    for key, codes in owners.items():
        heard.setdefault(sound(key), set()).update(codes if key not in unclear else {*codes, 0})
    return _Gazetteer(
        words={key: _only(county, codes) for key, codes in owners.items()} | dict.fromkeys(unclear),
        sounds={key: _only(county, codes) for key, codes in heard.items()},
        beside_cue={key: _only(county, codes) for key, codes in owners.items()},
        longest=max((len(key.split()) for key in (*owners, *unclear)), default=0),
    )


def _key(spelling: str) -> str:
    return " ".join(sorted(plain(spelling).split()))


def _only(county: County, codes: set[int]) -> Ward | None:
    return county.ward(next(iter(codes))) if len(codes) == 1 else None
