"""Words that speak for a category, read from lexicon.yml: they suggest what a text is about; an officer confirms it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from config.categories import OTHER_PROBLEM, Category
from config.wording import given
from menus.marked import Node, did_you_mean

ASIDE, NO_WARD = "aside", "no_ward"
PROBLEMS = "problems"
THEN = "then"
"""The group of a problem whose phrases count only where others speak for its category."""
WEAK = "weak"
"""The group of a category whose phrases count less than any other."""
STRONG = "strong"
"""The group of a category whose phrases count more: they settle what a text is about."""
BESIDE, SPOTS = "beside", "spots"
"""The groups of `aside` that are read together: each of the one before each of the other."""
UNSUGGESTED = ("OTHER", "RATING")
"""What a text gets for want of a suggestion, and what is only ever filed by key."""

_GROUP = re.compile(r"[a-z]{2,20}")


@dataclass(frozen=True)
class Problem:
    """Phrases that speak for a common problem and so for its category; `then`: only where the category is known."""

    phrases: tuple[str, ...]
    then: tuple[str, ...]


@dataclass(frozen=True)
class Speaking:
    """Phrases that speak for a category and its common problems; `weak` ones say little, `strong` ones most."""

    phrases: tuple[str, ...]
    weak: tuple[str, ...]
    strong: tuple[str, ...]
    problems: Mapping[str, Problem]


@dataclass(frozen=True)
class Lexicon:
    """`categories` has no sensitive one; `aside`: phrases that speak for nothing; `no_ward`: some that name no ward."""

    categories: Mapping[str, Speaking] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
    no_ward: tuple[str, ...] = ()


def read_lexicon(node: Node, categories: Sequence[Category]) -> Lexicon:
    """lexicon.yml: from category to groups of phrases (`sw`, `weak` …) with `problems`; `aside` and `no_ward`.

    `categories` are the county's, none meaning that they are unknown.
    """
    known = {category.code: category for category in categories if not _never_suggested(category)}
    secret = [category.code for category in categories if category.sensitive]
    speaking: dict[str, Speaking] = {}
    nothing: dict[str, tuple[str, ...]] = {}
    for code, part in node.pairs():
        if code in (ASIDE, NO_WARD):
            nothing[code] = _read_aside(part)
            continue
        if code in secret:
            part.wrong(f"`{code}` is sensitive: words may hide a text in sensitive.yml, none may suggest it here")
        elif code in UNSUGGESTED:
            part.wrong(f"`{code}` is never suggested")
        elif categories and code not in known:
            part.wrong(f"there is no category `{code}`{did_you_mean(code, known)}")
        speaking[code] = _read_speaking(part, known.get(code))
    return Lexicon(MappingProxyType(speaking), nothing.get(ASIDE, ()), nothing.get(NO_WARD, ()))


def read_phrase(node: Node) -> str:
    """Words of letters and digits, `*` only at the ends of a word; a shorter phrase would be in nearly every text."""
    phrase = node.string()
    words = re.fullmatch(r"\*?[^\W_]+\*?(?: \*?[^\W_]+\*?)*", phrase)
    if node.is_scalar and (not words or sum(letter.isalnum() for letter in phrase) < 3):
        node.wrong(f"`{phrase}` is not a phrase of words with at least three letters, `*` only at the ends of a word")
    return phrase


def _read_aside(node: Node) -> tuple[str, ...]:
    """The phrases of all groups, and of each of `beside` with each of `spots`: *near* with *school*."""
    pairs = node.pairs()
    phrases = _read_groups([pair for pair in pairs if pair[0] not in (BESIDE, SPOTS)], set())
    beside, spots = (_read_groups([pair for pair in pairs if pair[0] == name], set()) for name in (BESIDE, SPOTS))
    return (*phrases, *(f"{place} {spot}" for place in beside for spot in spots))


def _never_suggested(category: Category) -> bool:
    return category.sensitive or category.code in UNSUGGESTED


def _read_speaking(node: Node, category: Category | None) -> Speaking:
    pairs, seen = node.pairs(), set[str]()
    phrases = _read_groups([pair for pair in pairs if pair[0] not in (PROBLEMS, WEAK, STRONG)], seen)
    weak, strong = (_read_groups([pair for pair in pairs if pair[0] == name], seen) for name in (WEAK, STRONG))
    problems = given(dict(pairs), PROBLEMS, lambda part: _read_problems(part, category, seen), {})
    return Speaking(phrases, weak, strong, MappingProxyType(problems))


def _read_problems(node: Node, category: Category | None, seen: set[str]) -> dict[str, Problem]:
    known = [problem.code for problem in category.problems if problem.code != OTHER_PROBLEM] if category else []
    problems = {}
    for code, part in node.pairs():
        if category and code not in known:
            part.wrong(
                f"`{category.code}` has no problem `{code}` that a text could suggest{did_you_mean(code, known)}"
            )
        groups = part.pairs()
        problems[code] = Problem(
            phrases=_read_groups([group for group in groups if group[0] != THEN], seen),
            then=_read_groups([group for group in groups if group[0] == THEN], set()),
        )
    return problems


def _read_groups(groups: Sequence[tuple[str, Node]], seen: set[str]) -> tuple[str, ...]:
    """The phrases of all groups; `seen` has those that stand elsewhere in the category already, and gets these."""
    phrases = []
    for name, node in groups:
        if not _GROUP.fullmatch(name):
            node.wrong(f"`{name}` is not a group of 2 to 20 small letters, such as `sw` or `sheng`")
        for item in node.items():
            phrase = read_phrase(item)
            if phrase in seen:
                item.wrong(f"`{phrase}` is given twice")
            seen.add(phrase)
            phrases.append(phrase)
    return tuple(phrases)
