"""The wards that a free text names, in any spelling: strictly, because nobody looks over its shoulder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from config.county import County, Ward
from gateway.cases.sides import CUES, LINKS, name_of, side_after, side_before
from gateway.cases.spelling import Word, accent, plain, slips, sound
from gateway.cases.vocabulary import exactly, spelt, stands_in_order, vocabulary
from menus.lettering import septets

ASKED = 5
"""Wards among which somebody can be asked to choose, in a list of at most WARD_LIST septets."""
WARD_LIST = 80
"""Septets of the longest list of wards that one SMS asks about."""
EASIER = 2
"""So many letters fewer does a misspelt name need where its side stands beside it."""
JOINED = 8
"""Letters of a name of two words that is also known when written as one: kisaeast; and of one in two: Mahia kalo."""
_BREATH = re.compile("(?<=[aeiou])h(?=[aeiou])")
_TITLES = frozenset(("mzee", "bwana", "bw", "mr", "mrs", "bi", "mama", "naitwa"))
"""Whoever follows is somebody, who may have the name of a ward."""


@dataclass(frozen=True)
class Named:
    """What a text names. `among`: 2 to 5 wards, one of which it names; who writes so can be asked which.

    `place`: the words of the text that say so, from one to before another. `names`: all words that are names.
    """

    ward: Ward | None = None
    among: tuple[Ward, ...] = ()
    place: tuple[int, int] = (0, 0)
    names: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Meaning:
    """What a name stands for, as codes of wards: surely one, one beside the word *wadi*, else one of a group."""

    sure: int | None
    cued: int | None
    group: frozenset[int]


@dataclass(frozen=True)
class _Mention:
    """A name in a text: the ward that it surely names, else those that it may; and which words it takes."""

    sure: int | None
    group: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True)
class _Gazetteer:
    """Meanings by stem (its words sorted, so that Isongo Malaha is Malaha Isongo) and side."""

    stems: Mapping[str, Mapping[str, _Meaning]]
    by_letter: Mapping[str, tuple[str, ...]]
    longest: int
    no_ward: tuple[tuple[str, ...], ...]


def named(county: County, words: Sequence[Word]) -> Named:
    """The one ward that the words name, or the few wards one of which they name.

    A code of four digits counts beside *wadi* or *ward*, or as the whole text.
    """
    if len(words) == 1 and (coded := by_code(county, words[0].plain)):
        return Named(coded, (), (0, 1), frozenset((0,)))
    mentions = list(_mentions(county, [word.plain for word in words], _no_wards(county, words)))
    names = frozenset(place for one in mentions if one.group for place in range(one.start, one.end))
    codes = _agreed(mentions)
    wards = tuple(ward for ward in county.wards if ward.code in codes)
    place = next(((one.start, one.end) for one in mentions if one.group & codes), (0, 0))
    if len(wards) == 1:
        return Named(wards[0], (), place, names)
    return Named(None, wards, place, names) if can_be_asked(wards) else Named(names=names)


def namesakes(county: County) -> tuple[tuple[Ward, ...], ...]:
    """Every group of wards that `Named.among` can be."""
    groups = {meaning.group for sides in _gazetteer(county).stems.values() for meaning in sides.values()}
    while more := {one & other for one, other in combinations(groups, 2)} - groups:
        groups |= more
    found = [tuple(ward for ward in county.wards if ward.code in group) for group in groups]
    return tuple(sorted(filter(can_be_asked, found), key=lambda wards: [ward.code for ward in wards]))


def can_be_asked(wards: Sequence[Ward]) -> bool:
    """Whether `1 Kisa North 2 Kisa East …` fits into the question."""
    listed = " ".join(f"{key} {ward.short}" for key, ward in enumerate(wards, start=1))
    return 2 <= len(wards) <= ASKED and septets(listed) <= WARD_LIST


def by_code(county: County, word: str) -> Ward | None:
    return county.ward(int(word)) if re.fullmatch("[0-9]{4}", word) else None


def _agreed(mentions: Sequence[_Mention]) -> frozenset[int]:
    """The codes that are left. A ward that is surely named goes before whatever else is; two such leave none."""
    if sure := {mention.sure for mention in mentions if mention.sure}:
        return frozenset(sure) if len(sure) == 1 else frozenset()
    areas = [mention.group for mention in mentions if len(mention.group) > 1]
    doubtful = frozenset(code for mention in mentions if len(mention.group) == 1 for code in mention.group)
    if not areas:
        return frozenset()
    left = frozenset.intersection(*areas)
    # A name with other meanings is the ward's where its sub-county is named too: Manda, Malava.
    return left & doubtful if len(left & doubtful) == 1 else left


def _no_wards(county: County, words: Sequence[Word]) -> frozenset[int]:
    """The words that name no ward though they look like one: those inside phrases such as *mto Nzoia*."""
    exact = [exactly(county, word.plain) for word in words]
    found = set[int]()
    for at in range(len(exact)):
        for phrase in _gazetteer(county).no_ward:
            if stands_in_order(phrase, exact, at):
                found.update(range(at, at + len(phrase)))
    return frozenset(found)


def _mentions(county: County, words: Sequence[str], no_ward: frozenset[int]) -> Iterator[_Mention]:
    """Every name in the words, at each place the longest first, each word used once."""
    gazetteer, at, free = _gazetteer(county), 0, 0
    while at < len(words):
        found = None if at in no_ward else _mention(county, gazetteer, words, at, free)
        if found and not _is_somebody(words, found):
            yield found
            free = found.end
        at = max(at + 1, free)


def _mention(county: County, gazetteer: _Gazetteer, words: Sequence[str], at: int, free: int) -> _Mention | None:
    """The name that begins at `at`, but for a side in front of it, which begins at `free` or later."""
    for length in range(min(gazetteer.longest, len(words) - at), 0, -1):
        stem = " ".join(sorted(words[at : at + length]))
        if stem in gazetteer.stems and (found := _meant(gazetteer.stems[stem], words, at, at + length, free)):
            return found
    if (coded := by_code(county, words[at])) and _cued(words, at, at + 1):
        return _Mention(coded.code, frozenset((coded.code,)), at, at + 1)
    joined = "".join(words[at : at + 2])
    if len(joined) >= JOINED and joined != words[at] and (heard := _as_heard(county, joined)):
        return _meant(gazetteer.stems[heard], words, at, at + 2, free)
    if words[at] in CUES or vocabulary(county).knows(words[at]):
        return None
    clear, beside_a_side = _misspelt(county, words[at])
    if clear:
        return _meant(gazetteer.stems[clear], words, at, at + 1, free)
    found = _meant(gazetteer.stems[beside_a_side], words, at, at + 1, free) if beside_a_side else None
    return found if found and found.end - found.start > 1 else None


def _meant(sides: Mapping[str, _Meaning], words: Sequence[str], start: int, end: int, free: int) -> _Mention | None:
    """What the stem from `start` to `end` means with the side that stands behind or in front of it, or without one."""
    known = [side for side in sides if side]
    after, before = side_after(words, end, known), side_before(words[:start], start, known) if start > free else None
    if before and after and len(words[after[1] - 1]) == 1:
        after = None  # East Kisa n: the initial is another word
    if after:
        return _at(sides[after[0]], words, start, after[1])
    if before and before[1] >= free:
        return _at(sides[before[0]], words, before[1], end)
    return _at(sides[""], words, start, end) if "" in sides else None


def _at(meaning: _Meaning, words: Sequence[str], start: int, end: int) -> _Mention:
    sure = meaning.sure or (meaning.cued if meaning.cued and _cued(words, start, end) else None)
    return _Mention(sure, frozenset((sure,)) if sure else meaning.group, start, end)


def _is_somebody(words: Sequence[str], found: _Mention) -> bool:
    return found.start > 0 and found.end - found.start == 1 and words[found.start - 1] in _TITLES


def _cued(words: Sequence[str], start: int, end: int) -> bool:
    """Whether *wadi* or *ward* stands before, with or without a link such as *ya*, or after."""
    if words[end : end + 1] and words[end] in CUES:
        return True
    before = words[max(0, start - 2) : start]
    return bool(before) and (before[-1] in CUES or (before[-1] in LINKS and before[0] in CUES))


@lru_cache(maxsize=20_000)
def _misspelt(county: County, word: str) -> tuple[str | None, str | None]:
    """The stem that `word` may be misspelt, and the one that it may be beside its side."""
    gazetteer = _gazetteer(county)
    return _nearest(gazetteer, word, 0), _nearest(gazetteer, word, EASIER)


@lru_cache(maxsize=20_000)
def _as_heard(county: County, joined: str) -> str | None:
    """The stem of one word that two words sound like when they are read as one."""
    gazetteer = _gazetteer(county)
    stems = gazetteer.by_letter.get(accent(joined)[:1], ())
    return next((stem for stem in stems if sound(stem) == sound(joined)), None)


def _nearest(gazetteer: _Gazetteer, word: str, easier: int) -> str | None:
    """The nearest stem, unless others of other wards are as near."""
    stems = gazetteer.by_letter.get(accent(word)[:1], ())
    far = {stem: slipped for stem in stems if (slipped := slips(word, stem, easier)) is not None}
    nearest = [stem for stem in far if far[stem] == min(far.values())]
    meant = {frozenset(code for one in gazetteer.stems[stem].values() for code in one.group) for stem in nearest}
    return nearest[0] if len(meant) == 1 else None


@lru_cache(maxsize=8)
def _gazetteer(county: County) -> _Gazetteer:
    own, areas, doubted = (dict[tuple[str, str], set[int]]() for _ in range(3))
    for ward in county.wards:
        for spelling in (ward.name, ward.short, *ward.aliases):
            for key in _keys(spelling):
                own.setdefault(key, set()).add(ward.code)
    _spell_all_sides(county, own)
    heard = {(spelling, side): codes for (stem, side), codes in own.items() for spelling in _breathed(stem)}
    strict = {stem for stem, _ in heard} - {stem for stem, _ in own}
    own = {**heard, **own}
    for ward in county.wards:
        for spelling in ward.ambiguous:
            doubted.setdefault(_key(spelling), set()).add(ward.code)
    for sub_county in county.sub_counties:
        for spelling in (sub_county.name, sub_county.short, *sub_county.aliases):
            areas.setdefault(_key(spelling), set()).update(ward.code for ward in sub_county.wards)
    spread: dict[tuple[str, str], set[int]] = {}
    for (stem, side), codes in own.items():
        if side:
            spread.setdefault((stem, ""), set()).update(codes)
    stems: dict[str, dict[str, _Meaning]] = {}
    for key in dict.fromkeys((*own, *areas, *doubted, *spread)):
        meaning = _meaning(*(codes.get(key, set()) for codes in (own, areas, doubted, spread)))
        stems.setdefault(key[0], {})[key[1]] = meaning
    return _gazetteer_of(stems, strict, [spelt(phrase) for phrase in county.lexicon.no_ward])


def _spell_all_sides(county: County, own: dict[tuple[str, str], set[int]]) -> None:
    """Where Isuka North is given as another spelling of Isukha North, Isuka West is one of Isukha West."""
    for ward in county.wards:
        stem, side = _key(ward.name)
        for other in {_key(alias) for alias in ward.aliases}:
            if side and other[1] == side and other[0] != stem:
                for known, codes in [(known, codes) for known, codes in own.items() if known[0] == stem]:
                    own.setdefault((other[0], known[1]), set()).update(codes)


def _breathed(stem: str) -> Iterator[str]:
    """Khalaba is heard as Halaba, Malaha as Malakha."""
    if "kh" in stem:
        yield stem.replace("kh", "h")
    elif _BREATH.search(stem):
        yield _BREATH.sub("kh", stem)


def _meaning(own: set[int], area: set[int], doubted: set[int], spread: set[int]) -> _Meaning:
    """Of a name of the wards `own`, of sub-counties with the wards `area`, of the wards `spread` with a side."""
    one = next(iter(own)) if len(own) == 1 else None
    others = area | (spread if len(spread) > 1 else set())
    group = own | others | (doubted if own or others or len(doubted) > 1 else set())
    return _Meaning(None if others or doubted else one, one, frozenset(group))


def _gazetteer_of(
    stems: Mapping[str, Mapping[str, _Meaning]], strict: set[str], no_ward: Sequence[tuple[str, ...]]
) -> _Gazetteer:
    """`strict`: stems that must be spelt rightly."""
    by_letter: dict[str, list[str]] = {}
    for stem, sides in stems.items():
        # So must names with other meanings, so that mlimani is not Milimani.
        clear = any(meaning.sure or len(meaning.group) > 1 for meaning in sides.values())
        if " " not in stem and stem not in strict and clear:
            by_letter.setdefault(accent(stem)[:1], []).append(stem)
    longest = max(len(stem.split()) for stem in stems)
    letters = {letter: tuple(found) for letter, found in by_letter.items()}
    # A single word is enough for `Vocabulary.knows`: nobody takes it for a ward misspelt.
    return _Gazetteer(stems, letters, longest, tuple(phrase for phrase in no_ward if len(phrase) > 1))


def _key(spelling: str) -> tuple[str, str]:
    name = name_of(plain(spelling).split())
    return " ".join(sorted(name.stem.split())), name.side


def _keys(spelling: str) -> Iterator[tuple[str, str]]:
    """The name as it is written, and in one word: kisaeast."""
    yield _key(spelling)
    joined = "".join(plain(spelling).split())
    if " " in plain(spelling) and len(joined) >= JOINED:
        yield joined, ""
