"""Proves a tree and its texts before anybody dials: reach, ends, keys, and every length at its worst case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from menus.engine import Catalogue
from menus.lettering import SCREEN_BUDGET, SMS_SEGMENT, septets, to_gsm7
from menus.situations import Longest, Situation, Situations, filled, spoken
from menus.sms import Wordings
from menus.tree import BACK, MORE_KEY, NETWORK_KEYS, NEXT_KEY, Kind, Menu, Option, Outcome, Screen, Text, Wording

OFFICER_WORDS = "officer_words"


@dataclass(frozen=True)
class Size:
    """The worst case of one screen or SMS in one language, in septets.

    `room` is what is left for an officer's words, where the text has any.
    """

    name: str
    language: str
    septets: int
    text: str
    room: int | None = None


@dataclass(frozen=True)
class Report:
    """What was found. Only `problems` are breaches; `notes` are worth knowing."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]
    screens: tuple[Size, ...]
    texts: tuple[Size, ...]


def check(menu: Menu, catalogue: Catalogue, wordings: Wordings, longest: Longest) -> Report:
    """Prove `menu` with the lists of `catalogue`, and the SMS `wordings`. Reports everything that is wrong at once."""
    situations = Situations(menu, catalogue, longest)
    checker = _Checker(menu, situations)
    checker.roads()
    for screen in menu.screens.values():
        checker.screen(screen)
    for name, wording in menu.replies.items():
        checker.reply(name, wording)
    texts = tuple(_sizes_of(wordings, situations.slots))
    checker.texts(texts)
    checker.languages(catalogue, wordings)
    return Report(tuple(checker.problems), tuple(checker.notes), tuple(checker.sizes.values()), texts)


def _sizes_of(wordings: Wordings, slots: Mapping[str, Text]) -> Iterator[Size]:
    """Every SMS in every variant and language, filled with `slots`. Names are like `received (reply+free)`."""
    for name, variants in wordings.texts.items():
        for variant, text in variants.items():
            shown = name if len(variants) == 1 else f"{name} ({variant})"
            for language, template in text.items():
                yield _sms(shown, language, template, slots)


def officer_room(wordings: Wordings, name: str, slots: Mapping[str, Text]) -> Mapping[str, int]:
    """Septets that an officer's words may take in SMS `name` so that it stays one segment, by language.

    `slots` are the longest ones, as `Situations.slots` has them. Raises KeyError for a wording that does not exist.
    """
    rooms: dict[str, int] = {}
    for text in wordings.texts[name].values():
        for language, template in text.items():
            room = _sms(name, language, template, slots).room
            if room is not None:
                rooms[language] = min(room, rooms.get(language, room))
    return rooms


def _sms(name: str, language: str, template: str, slots: Mapping[str, Text]) -> Size:
    has_words = f"{{{OFFICER_WORDS}}}" in template
    # One letter stands for the officer's words: an empty slot would lose the space before it.
    words = {OFFICER_WORDS: {language: "w"}} if has_words else {}
    text = to_gsm7(filled(template, {**slots, **words}, language)).strip()
    length = septets(text) - has_words
    return Size(name, language, length, text, SMS_SEGMENT - length if has_words else None)


class _Checker:
    def __init__(self, menu: Menu, situations: Situations) -> None:
        self.menu = menu
        self.situations = situations
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.sizes: dict[tuple[str, str], Size] = {}

    # Roads

    def roads(self) -> None:
        """Every screen can be reached, and from every screen a path leads to an end."""
        screens = self.menu.screens
        ahead = {name: _targets(screen) for name, screen in screens.items()}
        jumps = {self.menu.reference_screen, *_steps(screens[self.menu.ward_screen].outcomes)}
        for name in screens.keys() - _spread({self.menu.start, *jumps}, ahead):
            self._problem(screens[name], "nothing leads there")
        ends = {name for name, screen in screens.items() if screen.kind is Kind.END}
        for name in screens.keys() - _spread(ends, _turned(self._with_ways_back(ahead))):
            self._problem(screens[name], "no path from there ever ends")

    def _with_ways_back(self, ahead: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
        """*back* leads to where one came from; after something was done, to the start."""
        roads = {name: targets - {BACK} for name, targets in ahead.items()}
        for name, targets in ahead.items():
            if BACK in targets:
                roads[name] |= {self.menu.start, *(before for before, found in ahead.items() if name in found)}
        return roads

    # Screens

    def screen(self, screen: Screen) -> None:
        """Keys and length of one screen in every situation."""
        for situation in self.situations.of(screen):
            self._keys(screen, situation)
            for language in self.menu.languages:
                header, lines, options = self._parts(screen, situation, language)
                self._keep(screen.id, language, f"{header}{''.join(lines)}{options}")
        for language in self.menu.languages:
            size = self.sizes[screen.id, language]
            if size.septets <= SCREEN_BUDGET:
                continue
            if screen.pick and self._pages(screen, language):
                self.notes.append(f"screen `{screen.id}` is shown in pages in {language}, with key {MORE_KEY}")
            else:
                self._problem(screen, _too_long(size))

    def reply(self, name: str, wording: Wording) -> None:
        """One of the sentences that end a session which cannot go on."""
        for language in self.menu.languages:
            for _, text in wording.variants:
                self._keep(f"reply {name}", language, f"END {filled(text[language], self.situations.slots, language)}")
            size = self.sizes[f"reply {name}", language]
            if size.septets > SCREEN_BUDGET:
                self.problems.append(f"reply `{name}`: {_too_long(size)}")

    def _keys(self, screen: Screen, situation: Situation) -> None:
        if screen.kind is Kind.END:
            return
        numbers = [str(number) for number in range(1, len(situation.items) + 1)]
        keys = [*numbers, *(key for key, _ in _numbered(screen, situation))]
        where = f" ({situation.where})" if situation.where else ""
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            self._problem(screen, f"key {key} is used twice{where}")
        for key in (key for key in keys if key in (*NETWORK_KEYS, MORE_KEY)):
            self._problem(screen, f"key {key} belongs to networks or to paging{where}")
        if not keys and screen.kind in (Kind.CHOOSE, Kind.PICK):
            self._problem(screen, f"nothing can be chosen there{where}")

    def _pages(self, screen: Screen, language: str) -> bool:
        """Whether the list can be shown in pages with nothing cut: one line at least has room on each."""
        more = f"\n{MORE_KEY} {self.menu.words['more'][language]}"
        for situation in self.situations.of(screen):
            header, lines, options = self._parts(screen, situation, language)
            longest = max(lines, key=septets, default="")
            fits = septets(f"{header}{''.join(lines)}{options}") <= SCREEN_BUDGET
            if not fits and septets(f"{header}{longest}{more}{options}") > SCREEN_BUDGET:
                return False
        return True

    def _parts(self, screen: Screen, situation: Situation, language: str) -> tuple[str, list[str], str]:
        """What `menus.engine` puts together, uncut and with the error line: header, lines of the list, options."""
        body = self._say(screen.text, situation, language)
        if screen.kind is Kind.END:
            return f"END {body}", [], ""
        options = ""
        for key, option in _numbered(screen, situation):
            options += f"{'  ' if option.beside else chr(10)}{key} {self._say(option.text, situation, language)}"
        lines = [
            f"\n{number} {to_gsm7(spoken(item.label, language))}" for number, item in enumerate(situation.items, 1)
        ]
        return f"CON {self.menu.words['retry'][language]} {body}", lines, options

    def _say(self, wording: Wording, situation: Situation, language: str) -> str:
        text = next(text for when, text in wording.variants if situation.holds(when))
        return filled(text[language], {**self.situations.slots, **situation.slots}, language)

    def _keep(self, name: str, language: str, text: str) -> None:
        before = self.sizes.get((name, language))
        if before is None or septets(text) > before.septets:
            self.sizes[name, language] = Size(name, language, septets(text), text)

    # SMS, languages

    def texts(self, sizes: Iterable[Size]) -> None:
        """Every SMS in one segment; where an officer writes, with room for her."""
        for size in sizes:
            if size.septets > SMS_SEGMENT or (size.room is not None and size.room < 1):
                self.problems.append(f"SMS `{size.name}`: {_too_long(size)}")

    def languages(self, catalogue: Catalogue, wordings: Wordings) -> None:
        """SMS have every language of the tree, and so should the lists of the county."""
        for language in self.menu.languages:
            if language not in wordings.languages:
                self.problems.append(f"SMS: no wording is in {language}, which the menu has")
            if any(language not in item.label for items in catalogue.lists.values() for item in items):
                self.notes.append(f"the county's lists are not in {language}; another language stands in for it")

    def _problem(self, screen: Screen, message: str) -> None:
        problem = f"screen `{screen.id}` (line {screen.line}): {message}"
        if problem not in self.problems:
            self.problems.append(problem)


def _too_long(size: Size) -> str:
    return f"{size.septets} septets in {size.language}, {SCREEN_BUDGET} fit:\n{size.text}"


def _numbered(screen: Screen, situation: Situation) -> list[tuple[str, Option]]:
    """The options that show, with their keys; `+` counts on after the list."""
    numbered, count = [], len(situation.items)
    for option in screen.options:
        if situation.holds(option.when) and not (option.unless and situation.holds(option.unless)):
            count += option.key == NEXT_KEY
            numbered.append((str(count) if option.key == NEXT_KEY else option.key, option))
    return numbered


def _targets(screen: Screen) -> set[str]:
    outcomes = [*screen.outcomes, *screen.search, *(one for option in screen.options for one in option.outcomes)]
    return _steps(outcomes)


def _steps(outcomes: Iterable[Outcome]) -> set[str]:
    return {step.go for outcome in outcomes for step in outcome.steps}


def _spread(begin: set[str], roads: Mapping[str, set[str]]) -> set[str]:
    """Everything that can be reached from `begin`."""
    reached, edge = set[str](), set(begin)
    while edge:
        reached |= edge
        edge = {target for name in edge for target in roads.get(name, ())} - reached
    return reached


def _turned(roads: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    turned: dict[str, set[str]] = defaultdict(set)
    for name, targets in roads.items():
        for target in targets:
            turned[target].add(name)
    return turned
