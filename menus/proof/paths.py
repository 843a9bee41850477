"""The paths through a tree, walked with the real engine: from the dial to every screen that files or ends a session."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from menus.engine import Facts, Finish, Need, Show, trace, walk
from menus.proof.faces import numbered
from menus.proof.timing import LETTERS
from menus.tree import BACK, Kind, Menu, Option, Outcome, Screen

FILES = ("file", "support")
"""The effects at which a path ends: nothing is lost any more by whoever hangs up."""
REPORT = "report"
"""The printed name of the option with which the usual way to file begins."""

MOST_PLACES = 2000
"""Screens, each counted once per set of facts, that are followed for one caller; the county's tree has 160."""
MOST_NEEDS = 20
"""Needs of one hop, as in the gateway."""

FIRST = "the first line"
WORDS = "w" * LETTERS
Choice = Option | str
"""How a screen is answered: by an option, by `FIRST` of its list, or by what is typed."""


@dataclass(frozen=True)
class Caller:
    """Somebody who dials: what is known of her as the session begins, and what her look-ups and effects answer.

    `languages` are those in which she may come to file, one of which the session begins in. `hops` is the most that the
    usual way of filing may take her in that one; None: no matter.
    """

    name: str
    facts: Facts
    answer: Callable[[Need], Mapping[str, Any]]
    languages: tuple[str, ...]
    hops: int | None = None


@dataclass(frozen=True)
class Answered:
    """One screen of a path, the facts that held there, and the answer that was given."""

    screen: Screen
    facts: frozenset[str]
    language: str
    choice: Choice


@dataclass(frozen=True)
class Path:
    """The fewest hops to the last of the screens in `answered`, on which she files, or to `end` without that."""

    answered: tuple[Answered, ...]
    typed: tuple[str, ...]
    end: str | None

    @property
    def screen(self) -> str:
        return self.end or self.answered[-1].screen.id

    @property
    def hops(self) -> int:
        """The dial is the first one."""
        return len(self.typed) + 1

    @property
    def language(self) -> str:
        return self.answered[-1].language

    @property
    def is_report(self) -> bool:
        """Whether she files, having begun with the option that is printed for it."""
        return self.end is None and any(_is_report(step.choice) for step in self.answered)


class TooManyPlaces(Exception):
    """The tree is too large to follow every path through it."""


@dataclass(frozen=True)
class _Place:
    """Where a walk waits for an answer; `looked_up` and `items` are what the last look-up answered."""

    answered: tuple[Answered, ...]
    typed: tuple[str, ...]
    given: Facts
    looked_up: frozenset[str] = frozenset()
    items: int = 0


def explore(menu: Menu, caller: Caller) -> list[Path]:
    """The shortest paths of `caller` to every screen that files and to every end, in each of her languages.

    Several where as many hops lead there with different answers. Lists are answered with their first line, words with a
    name that somebody may know and with one that nobody does. *Back* is never answered: it leads where one has been.
    Raises TooManyPlaces.
    """
    paths: dict[object, list[Path]] = {}
    seen: set[object] = set()
    edge = deque([_Place((), (), caller.facts)])
    while edge:
        place = edge.popleft()
        for step, typed in _answers(menu, place):
            beyond = replace(place, answered=(*place.answered, step), typed=(*place.typed, typed))
            reached = _reached(menu, caller, beyond)
            if isinstance(reached, Path):
                known = paths.setdefault((reached.screen, reached.end, reached.language, reached.is_report), [])
                if not known or known[0].hops == reached.hops:
                    known.append(reached)
                continue
            key = _key(menu, reached)
            if key not in seen:
                seen.add(key)
                edge.append(reached)
        if len(seen) > MOST_PLACES:
            raise TooManyPlaces
    return [path for known in paths.values() for path in known if path.language in caller.languages]


def _key(menu: Menu, place: _Place) -> object:
    """What tells one place from another."""
    at = trace(menu, place.typed, place.given)
    usual = any(_is_report(step.choice) for step in place.answered)
    return at.screens[-1], at.facts | place.looked_up, at.language, usual


def _reached(menu: Menu, caller: Caller, place: _Place) -> _Place | Path:
    """Where the last answer leads: to another place, or to the end of a path."""
    for _ in range(MOST_NEEDS):
        step = walk(menu, place.typed, place.given)
        if isinstance(step, Show):
            return place
        if isinstance(step, Finish):
            return Path(place.answered, place.typed, step.screen)
        if step.effect and step.name in FILES:
            return Path(place.answered, place.typed, None)
        found = caller.answer(step)
        place = replace(place, given=replace(place.given, answers={**place.given.answers, step.key: found}))
        if not step.effect:
            place = replace(place, looked_up=frozenset(found.get("facts", ())), items=len(found.get("items", ())))
    raise AssertionError("the walk asks without end")


def _answers(menu: Menu, place: _Place) -> Iterator[tuple[Answered, str]]:
    """Every answer to the screen on which a walk stands, and what is typed for it."""
    at = trace(menu, place.typed, place.given)
    screen, facts = menu.screens[at.screens[-1]], at.facts | place.looked_up
    items = _items(screen, at.values, place)
    for choice, typed in _choices(place.given, screen, facts, items):
        yield Answered(screen, facts, at.language, choice), typed


def _items(screen: Screen, values: Mapping[str, str], place: _Place) -> int:
    """How many lines the list of `screen` has."""
    pick = screen.pick
    if pick is None or pick.source == "need":
        return place.items if pick else 0
    parent = values.get(pick.of, pick.of) if pick.of else ""
    return len(place.given.catalogue.lists.get((pick.source, parent), ()))


def _choices(given: Facts, screen: Screen, facts: frozenset[str], items: int) -> Iterator[tuple[Choice, str]]:
    if items:
        yield FIRST, "1"
    for key, option in numbered(screen, lambda fact: fact is None or fact in facts, items):
        if not all(_goes_back(outcome) for outcome in option.outcomes):
            yield option, key
    if screen.kind is Kind.NUMBER:
        yield "0" * screen.digits, "0" * screen.digits
    if screen.kind is Kind.WORDS:
        yield WORDS, WORDS
        for ward in list(given.catalogue.wards.values())[:1]:
            yield WORDS, next(iter(ward.short.values()))


def _goes_back(outcome: Outcome) -> bool:
    return not outcome.do and all(step.go == BACK for step in outcome.steps)


def _is_report(choice: Choice) -> bool:
    return isinstance(choice, Option) and choice.printed == REPORT
