"""The words of the county's lexicon, made ready to be found in a text however they are spelt there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from config.county import County
from gateway.cases.spelling import accent, consonants, plain, shortens, slips, sound
from gateway.messages.tongue import COMMON

BETWEEN = 4
"""Words that may stand between those of a phrase."""
MORE = 1
"""Letters more than usual that a misspelt word needs: there are many words here, and some are near to others."""
TELLING = 4
"""Letters of a pattern that tells a word: every other name ends like `*ua`."""
TAIL = 5
"""Least letters of `*haribika` that are compared by sound, and one less by consonants."""

_COMMON = frozenset[str]().union(*COMMON.values())


Index = Mapping[str, tuple[str, ...]]
"""From a piece of a word to the words and patterns of phrases that have it."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words and patterns of all phrases: by how they begin and end, as they are written, by ear and without vowels."""

    words: frozenset[str]
    starts: Index
    ends: Index
    insides: tuple[str, ...]
    heard: Index
    """Whole words by the first letter as it sounds with an accent."""
    bare: Index
    """Whole words by their consonants."""
    heard_starts: Index
    heard_ends: Index
    bare_ends: Index

    def knows(self, word: str) -> bool:
        """Whether this is a word as it stands, so that nobody need take it for another one misspelt."""
        return word in _COMMON or any(len(plain(known)) >= TELLING for known in self.exactly(word))

    def exactly(self, word: str) -> frozenset[str]:
        """The words and patterns of phrases that `word` is: soko, `soko*`, `*ko`."""
        found = {word} if word in self.words else set[str]()
        found.update(_beginning(self.starts, word), _ending(self.ends, word))
        found.update(pattern for pattern in self.insides if pattern.strip("*") in word)
        return frozenset(found)

    def meant(self, word: str) -> frozenset[str]:
        """What `word` may be with x for s, by ear, without vowels or mistyped, if it is no word as it stands."""
        known = self.exactly(word)
        if known or word in _COMMON or word.isdigit():
            return known
        if "x" in word and (known := self.exactly(word.replace("x", "s"))):
            return known
        heard = sound(word)
        found = self._nearest(word, heard)
        found.update(_beginning(self.heard_starts, heard), _ending(self.heard_ends, heard))
        found.update(_ending(self.bare_ends, consonants(word)))
        return frozenset(found)

    def _nearest(self, word: str, heard: str) -> set[str]:
        far = {known: 1.0 for known in self.bare.get(consonants(word), ()) if shortens(word, known)}
        for known in self.heard.get(accent(word)[:1], ()):
            if known not in far and (slipped := slips(word, known, -MORE)) is not None:
                far[known] = slipped
        return {known for known, slipped in far.items() if slipped == min(far.values())}


def _beginning(index: Index, word: str) -> Iterator[str]:
    return (pattern for end in range(1, len(word) + 1) for pattern in index.get(word[:end], ()))


def _ending(index: Index, word: str) -> Iterator[str]:
    return (pattern for start in range(len(word)) for pattern in index.get(word[start:], ()))


def spelt(phrase: str) -> tuple[str, ...]:
    """The words of a phrase of the lexicon in their plain form, with their `*`."""
    return tuple(
        ("*" if word.startswith("*") else "") + plain(word) + ("*" if word.endswith("*") else "")
        for word in phrase.split()
    )


@lru_cache(maxsize=8)
def vocabulary(county: County) -> Vocabulary:
    lexicon = county.lexicon
    phrases = [*lexicon.aside, *lexicon.no_ward]
    for speaking in lexicon.categories.values():
        phrases += (*speaking.phrases, *speaking.weak, *speaking.strong)
        for problem in speaking.problems.values():
            phrases += (*problem.phrases, *problem.then)
    return _prepared(word for phrase in phrases for word in spelt(phrase))


def _prepared(patterns: Iterable[str]) -> Vocabulary:
    every = sorted(set(patterns))
    words = [word for word in every if "*" not in word]
    starts = [word for word in every if word.endswith("*") and not word.startswith("*")]
    ends = [word for word in every if word.startswith("*") and not word.endswith("*")]
    return Vocabulary(
        words=frozenset(words),
        starts=_index(starts, plain),
        ends=_index(ends, plain),
        insides=tuple(word for word in every if word.startswith("*") and word.endswith("*")),
        heard=_index(words, lambda word: accent(word)[:1]),
        bare=_index(words, consonants),
        heard_starts=_index(starts, lambda word: sound(plain(word)), TAIL),
        heard_ends=_index(ends, lambda word: sound(plain(word)), TAIL),
        bare_ends=_index(ends, lambda word: consonants(plain(word)), TAIL - 1),
    )


def _index(patterns: Iterable[str], piece_of: Callable[[str], str], least: int = 1) -> Index:
    """By the piece of each; those with pieces of fewer than `least` letters are left out."""
    found: dict[str, list[str]] = {}
    for pattern in patterns:
        if len(piece := piece_of(pattern)) >= least:
            found.setdefault(piece, []).append(pattern)
    return {piece: tuple(some) for piece, some in found.items()}


@lru_cache(maxsize=20_000)
def exactly(county: County, word: str) -> frozenset[str]:
    """The words and patterns of phrases that `word` is as it stands."""
    return vocabulary(county).exactly(word)


@lru_cache(maxsize=20_000)
def meant(county: County, word: str) -> frozenset[str]:
    """Those that it is or may be misspelt."""
    return vocabulary(county).meant(word)


def stands_in_order(phrase: Sequence[str], meanings: Sequence[frozenset[str]], at: int) -> bool:
    """Whether the words of a phrase stand one behind the other, the first of them at `at`."""
    return at + len(phrase) <= len(meanings) and all(
        word in meanings[place] for place, word in enumerate(phrase, start=at)
    )


def stands_at(phrase: Sequence[str], meanings: Sequence[frozenset[str]], at: int) -> tuple[int, ...] | None:
    """Where the words of a phrase stand, the first of them at `at`, in any order and nearly together; None: nowhere."""
    reach = len(phrase) - 1 + BETWEEN
    used = [at]
    for word in phrase[1:]:
        near = (place for far in range(1, reach + 1) for place in (at + far, at - far))
        place = next(
            (
                place
                for place in near
                if 0 <= place < len(meanings)
                and place not in used
                and word in meanings[place]
                and max(*used, place) - min(*used, place) <= reach
            ),
            None,
        )
        if place is None:
            return None
        used.append(place)
    return tuple(sorted(used))
