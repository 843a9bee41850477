"""Names of places among the words of a search: cases have the code of their ward, and nobody searches for codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from config.county import County
from gateway.cases.sides import english_sides
from gateway.cases.spelling import plain

LONGEST = 4
"""Words of a name, with *ward* or *sub county* beside it."""
_BESIDE = frozenset(("ward", "wadi", "wodi", "county", "sub", "subcounty", "kata", "kaunti", "ndogo"))
_OF = frozenset(("ya", "la", "wa", "of"))


@dataclass(frozen=True)
class Place:
    """The wards that some of the words name, by code, and the rest of the words as they were typed."""

    wards: frozenset[int]
    rest: str


def place_in(county: County, typed: str) -> Place | None:
    """The longest name of a ward or a sub-county in `typed`, written as the county writes it or says it otherwise;
    None where there is none, or where signs (`"`, `-`) give the words another order."""
    words = typed.split()
    if any(word.startswith(("-", '"')) or word.endswith('"') for word in words):
        return None
    names = _names(county)
    for length in range(min(LONGEST, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            said = english_sides(plain(" ".join(words[start : start + length])))
            if wards := names.get(said):
                return Place(wards, " ".join(_without_kind(words[:start], words[start + length :])))
    return None


def _without_kind(before: list[str], after: list[str]) -> list[str]:
    """What is left beside a name, without the *ward* or *kata ya* next to it."""
    while after and plain(after[0]) in _BESIDE:
        after = after[1:]
    if len(before) > 1 and plain(before[-1]) in _OF and plain(before[-2]) in _BESIDE:
        before = before[:-1]
    while before and plain(before[-1]) in _BESIDE:
        before = before[:-1]
    return before + after


@lru_cache(maxsize=8)
def _names(county: County) -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for sub_county in county.sub_counties:
        for spelling in (sub_county.name, sub_county.short, *sub_county.aliases):
            found.setdefault(_said(spelling), set()).update(ward.code for ward in sub_county.wards)
    for ward in county.wards:
        for spelling in (ward.name, ward.short, *ward.aliases):
            found.setdefault(_said(spelling), set()).add(ward.code)
    return {name: frozenset(wards) for name, wards in found.items() if name}


def _said(spelling: str) -> str:
    return english_sides(plain(spelling))
