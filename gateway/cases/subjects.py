"""What a text is about: the category and the common problem for which most of its words speak."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from config.county import County
from gateway.cases.spelling import Word
from gateway.cases.vocabulary import exactly, meant, spelt, stands_at, stands_in_order

T = TypeVar("T")

WEAK = 1
"""What a weak phrase says, where a word says 2 and two words together 6."""
STRONG = 4
"""What a strong phrase says more than another one as long."""


@dataclass(frozen=True)
class Phrase:
    """What a phrase of the lexicon speaks for, and how much it says."""

    words: tuple[str, ...]
    category: str
    problem: str | None
    says: int


@dataclass(frozen=True)
class Hit:
    """A phrase, and which words of the text it was found in."""

    phrase: Phrase
    places: frozenset[int]


@dataclass(frozen=True)
class Subject:
    """`places`: the words of the text that speak for it, in its order."""

    category: str
    problem: str | None
    places: tuple[int, ...]


@dataclass(frozen=True)
class _Phrases:
    """`aside` by the first word of each, `speaking` by the longest, which is in fewest texts; `told` by category."""

    aside: Mapping[str, tuple[tuple[str, ...], ...]]
    speaking: Mapping[str, tuple[Phrase, ...]]
    told: Mapping[str, tuple[Phrase, ...]]


def subject_of(county: County, words: Sequence[Word], names: frozenset[int] = frozenset()) -> Subject | None:
    """The subject for which most speaks, or None where nothing does. `names`: words that are names of places."""
    phrases, exact = _phrases(county), [exactly(county, word.plain) for word in words]
    meanings = [frozenset[str]() if place in names else meant(county, word.plain) for place, word in enumerate(words)]
    by_category: dict[str, list[Hit]] = {}
    for hit in _strongest(list(_speaking(phrases, meanings)), set(_aside(phrases, exact))):
        by_category.setdefault(hit.phrase.category, []).append(hit)
    if not by_category:
        return None
    category = max(by_category, key=lambda code: _weight(by_category[code]))
    by_problem: dict[str, list[Hit]] = {}
    for hit in _strongest(list(_told(phrases.told.get(category, ()), meanings)), set()):
        if hit.phrase.problem:
            by_problem.setdefault(hit.phrase.problem, []).append(hit)
    problem = max(by_problem, key=lambda code: _weight(by_problem[code]), default=None)
    telling = [*by_category[category], *by_problem.get(problem or "", ())]
    return Subject(category, problem, tuple(sorted(frozenset[int]().union(*(hit.places for hit in telling)))))


def _weight(hits: Iterable[Hit]) -> tuple[int, int]:
    """A phrase says more than its words do one by one; the same words count once; of equals, what she says first."""
    says = {hit.places: hit.phrase.says for hit in sorted(hits, key=lambda hit: hit.phrase.says)}
    return sum(says.values()), -min(min(words) for words in says)


def _strongest(hits: Sequence[Hit], aside: Collection[frozenset[int]]) -> Iterator[Hit]:
    """Without those that take words from a phrase set aside, and those all of whose words belong to a longer one."""
    left = [hit for hit in hits if all(hit.places.isdisjoint(words) or words < hit.places for words in aside)]
    every = {hit.places for hit in left}
    return (hit for hit in left if not any(hit.places < longer for longer in every))


def _aside(phrases: _Phrases, exact: Sequence[frozenset[str]]) -> Iterator[frozenset[int]]:
    for at, known in enumerate(exact):
        for words in (words for word in known for words in phrases.aside.get(word, ())):
            if stands_in_order(words, exact, at):
                yield frozenset(range(at, at + len(words)))


def _speaking(phrases: _Phrases, meanings: Sequence[frozenset[str]]) -> Iterator[Hit]:
    for at, known in enumerate(meanings):
        for phrase in (phrase for word in known for phrase in phrases.speaking.get(word, ())):
            if places := stands_at(phrase.words, meanings, at):
                yield Hit(phrase, frozenset(places))


def _told(phrases: Iterable[Phrase], meanings: Sequence[frozenset[str]]) -> Iterator[Hit]:
    """The problems of a category that is known: the words of their phrases may stand anywhere in the text."""
    first: dict[str, int] = {}
    for place, known in enumerate(meanings):
        for word in known:
            first.setdefault(word, place)
    for phrase in phrases:
        if all(word in first for word in phrase.words):
            yield Hit(phrase, frozenset(first[word] for word in phrase.words))


@lru_cache(maxsize=8)
def _phrases(county: County) -> _Phrases:
    speaking, then = [], []
    for code, words in county.lexicon.categories.items():
        speaking += [_longest_first(phrase, code, None) for phrase in words.phrases]
        speaking += [replace(_longest_first(phrase, code, None), says=WEAK) for phrase in words.weak]
        strong = [_longest_first(phrase, code, None) for phrase in words.strong]
        speaking += [replace(phrase, says=phrase.says + STRONG) for phrase in strong]
        for problem, told in words.problems.items():
            speaking += [_longest_first(phrase, code, problem) for phrase in told.phrases]
            then += [_longest_first(phrase, code, problem) for phrase in told.then]
    return _Phrases(
        aside=_by((spelt(phrase) for phrase in county.lexicon.aside), lambda words: words[0]),
        speaking=_by(speaking, lambda phrase: phrase.words[0]),
        told=_by([phrase for phrase in (*speaking, *then) if phrase.problem], lambda phrase: phrase.category),
    )


def _longest_first(phrase: str, category: str, problem: str | None) -> Phrase:
    words = tuple(sorted(spelt(phrase), key=len, reverse=True))
    return Phrase(words, category, problem, 4 * len(words) - 2)


def _by(phrases: Iterable[T], key: Callable[[T], str]) -> Mapping[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for phrase in phrases:
        found.setdefault(key(phrase), []).append(phrase)
    return {name: tuple(some) for name, some in found.items()}
