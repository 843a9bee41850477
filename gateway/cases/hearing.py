"""Which words and groups of sensitive.yml stand where in a text, in text-speak, by ear and without vowels too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gateway.cases.spelling import consonants, plain, shortens

MONEY = "<money>"
"""The group that figures count for, too."""
BY_SOUND = 6
"""Letters that a word of the file needs to be known by its sound, or without its vowels: coruption, harrassment."""
CONSONANTS = 4
"""Those that a word needs to be known without its vowels. With some of them left, kujua, to know, would be kujiua."""

# Less is the same here than for names of places: imefungwa, shut, must not sound like hongwa.
_SOUNDS = str.maketrans({"x": "s", "l": "r"})
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_FIGURE = re.compile(r"[5-9]\d|\d{3,}|\d+k|(?:ksh?s?|kes|shs?)\d+k?|\d+(?:bob|ksh|kes|shs?)")

Sequences = Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]
"""From the first word to what it may begin: a name, and all words."""
Places = Mapping[str, Mapping[int, frozenset[int]]]
"""From a word or `<group>` to where it begins in a text, and to what words it may end before."""


@dataclass(frozen=True)
class Stems:
    """Words of the file by their letters: `whole`, and those with a `*` after, before and around them."""

    whole: Mapping[str, str]
    starts: Mapping[str, str]
    ends: Mapping[str, str]
    insides: Mapping[str, str]

    @cached_property
    def lengths(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """How long the starts and the ends are."""
        return tuple({len(stem) for stem in self.starts}), tuple({len(stem) for stem in self.ends})

    def of(self, word: str) -> Iterator[str]:
        """The words of the file that `word` is."""
        if word in self.whole:
            yield self.whole[word]
        starts, ends = self.lengths
        yield from (self.starts[word[:length]] for length in starts if word[:length] in self.starts)
        yield from (self.ends[word[-length:]] for length in ends if word[-length:] in self.ends)
        yield from (known for stem, known in self.insides.items() if stem in word)


@dataclass(frozen=True)
class Ear:
    """What to listen for: words by their letters and by their sound, `bare` of vowels, groups and `aside`."""

    written: Stems
    spoken: Stems
    bare: Mapping[str, tuple[str, ...]]
    groups: Sequences
    aside: Sequences


def ear(words: Iterable[str], groups: Mapping[str, Sequence[str]], aside: Sequence[str]) -> Ear:
    """Ready to hear the words, which may have a `*`, the phrases of groups, and those that count for nothing."""
    members = [(f"<{name}>", spelt(phrase)) for name, phrases in groups.items() for phrase in phrases]
    nothing = [("", spelt(phrase)) for phrase in aside]
    every = {*words, *(word for _, spelling in (*members, *nothing) for word in spelling)}
    distinct = {word for word in every if len(word.strip("*")) >= BY_SOUND}
    bare: dict[str, tuple[str, ...]] = {}
    for word in distinct:
        if "*" not in word and len(consonants(word)) >= CONSONANTS:
            bare[consonants(word)] = (*bare.get(consonants(word), ()), word)
    return Ear(
        written=_stems({word: word.strip("*") for word in every}),
        spoken=_stems({word: _sound(word.strip("*")) for word in distinct}),
        bare=bare,
        groups=_by_first(members),
        aside=_by_first(nothing),
    )


def spelt(phrase: str) -> tuple[str, ...]:
    """The words of a phrase in their plain form, with their `*`; `<group>` as it is."""
    return tuple(
        word if word.startswith("<") else "*".join(plain(part) for part in word.split("*")) for word in phrase.split()
    )


def hear(listening: Ear, words: Sequence[str]) -> Places:
    """Where in plain `words` stands what is listened for."""
    known = [_known(listening, word) for word in words]
    for start in range(len(known)):
        for _, end in list(_begun(listening.aside, known, start)):
            known[start:end] = [frozenset()] * (end - start)
    places: dict[str, dict[int, frozenset[int]]] = {}
    for start, (word, here) in enumerate(zip(words, known, strict=True)):
        for pattern in here:
            places.setdefault(pattern, {})[start] = frozenset({start + 1})
        reached = [*_begun(listening.groups, known, start), *([(MONEY, start + 1)] if _FIGURE.fullmatch(word) else [])]
        for name, end in reached:
            ends = places.setdefault(name, {})
            ends[start] = ends.get(start, frozenset()) | {end}
    return places


def _known(listening: Ear, word: str) -> frozenset[str]:
    """The words of the file that a word of a text may be."""
    found = set(listening.written.of(word))
    for reading in _readings(word):
        found.update(listening.written.of(reading))
    found.update(listening.spoken.of(_sound(word)))
    if word == consonants(word):
        found.update(one for one in listening.bare.get(word, ()) if shortens(word, one))
    return frozenset(found)


def _readings(word: str) -> Iterator[str]:
    """A word of text-speak in letters: x for s, 2 for tu and to, 4 for for."""
    if "x" in word:
        yield word.replace("x", "s")
    if word[0] == "2" and word[1:].isalpha():
        yield "tu" + word[1:]


def _sound(letters: str) -> str:
    return _DOUBLED.sub(r"\1", letters.translate(_SOUNDS))


def _begun(sequences: Sequences, known: Sequence[frozenset[str]], start: int) -> Iterator[tuple[str, int]]:
    for first in known[start]:
        for name, spelling in sequences.get(first, ()):
            end = start + len(spelling)
            if end <= len(known) and all(word in known[start + at] for at, word in enumerate(spelling)):
                yield name, end


def _by_first(named: Iterable[tuple[str, tuple[str, ...]]]) -> Sequences:
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for name, spelling in named:
        found.setdefault(spelling[0], []).append((name, spelling))
    return found


def _stems(letters: Mapping[str, str]) -> Stems:
    """`letters`: of each word of the file what is compared."""
    return Stems(
        whole={stem: word for word, stem in letters.items() if "*" not in word},
        starts={stem: word for word, stem in letters.items() if word[-1] == "*" and word[0] != "*"},
        ends={stem: word for word, stem in letters.items() if word[0] == "*" and word[-1] != "*"},
        insides={stem: word for word, stem in letters.items() if word[0] == word[-1] == "*"},
    )
