"""Proves a tree and its texts before anybody dials: reach, ends, keys, and every length and time at its worst case."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from menus.engine import Catalogue
from menus.lettering import SCREEN_BUDGET, SMS_SEGMENT, septets, to_gsm7
from menus.marked import did_you_mean
from menus.networks import NETWORKS
from menus.proof.faces import Faces
from menus.proof.hours import clock_times
from menus.proof.pace import Pace, idle_notes, idle_problems, paces_of
from menus.proof.paths import Caller
from menus.proof.printed import Printed, changed
from menus.proof.roads import endless, unreachable
from menus.proof.situations import Longest, Situation, Situations, filled
from menus.proof.ways import Way, prove_ways
from menus.sms import Wordings
from menus.tree import MORE_KEY, NETWORK_KEYS, Kind, Menu, Screen, Text, Wording

OFFICER_WORDS = "officer_words"

PAGE_ROOM = 40
"""Septets of a long text that one page must show at least, beside its options."""


@dataclass(frozen=True)
class Size:
    """The worst case of one screen or SMS in one language, in septets.

    `left` is what the smallest network has room for still; `room` is what is left for an officer's words, where the
    text has any.
    """

    name: str
    language: str
    septets: int
    text: str
    room: int | None = None

    @property
    def left(self) -> int:
        return SCREEN_BUDGET - self.septets


@dataclass(frozen=True)
class Report:
    """What was found. Only `problems` are breaches; `notes` are worth knowing."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]
    screens: tuple[Size, ...]
    texts: tuple[Size, ...]
    paces: tuple[Pace, ...] = ()
    ways: tuple[Way, ...] = ()
    told: str = ""


def check(
    menu: Menu, catalogue: Catalogue, wordings: Wordings, longest: Longest, callers: Sequence[Caller] = (),
    record: Mapping[str, Printed] | None = None, known: Mapping[str, Collection[str]] | None = None,
) -> Report:  # fmt: skip
    """Prove `menu` with the lists of `catalogue`, and the SMS `wordings`. Reports everything that is wrong at once.

    `callers`: whose ways through the tree are proven; `record`: what stands on posters (None: not looked at);
    `known`: what each value may be that a tree sets (those that are not in it: anything).
    """
    situations = Situations(menu, catalogue, longest)
    checker = _Checker(menu, situations)
    checker.roads()
    for screen in menu.screens.values():
        checker.screen(screen)
        checker.sets(screen, known or {})
    for name, wording in menu.replies.items():
        checker.reply(name, wording)
    texts = tuple(_sizes_of(wordings, situations.slots))
    checker.texts(texts)
    checker.languages(catalogue, wordings)
    checker.clock(catalogue, wordings)
    checker.problems += changed(record, menu) if record is not None else []
    paces = tuple(paces_of(situations))
    checker.problems += idle_problems(menu, paces)
    ways = prove_ways(situations, callers)
    return Report(
        problems=(*checker.problems, *ways.problems),
        notes=(*checker.notes, *idle_notes(menu, paces), *ways.notes),
        screens=tuple(checker.sizes.values()),
        texts=texts,
        paces=paces,
        ways=ways.ways,
        told=ways.told,
    )


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
    # Where a sentence follows, their full stop is ours if they have none.
    length = septets(text) - has_words + (f"{{{OFFICER_WORDS}}} " in template)
    return Size(name, language, length, text, SMS_SEGMENT - length if has_words else None)


class _Checker:
    def __init__(self, menu: Menu, situations: Situations) -> None:
        self.menu = menu
        self.situations = situations
        self.faces = Faces(situations, retry=True)
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.sizes: dict[tuple[str, str], Size] = {}

    def roads(self) -> None:
        """Every screen can be reached, and from every screen a path leads to an end."""
        for name in unreachable(self.menu):
            self._problem(self.menu.screens[name], "nothing leads there")
        for name in endless(self.menu):
            self._problem(self.menu.screens[name], "no path from there ever ends")

    # Screens

    def screen(self, screen: Screen) -> None:
        """Keys and length of one screen in every situation."""
        if screen.kind is Kind.CONFIRM and (effect := _does(screen)):
            self._problem(screen, f"its `no` does something (`{effect}`): whoever answers no must change nothing")
        for situation in self.situations.of(screen):
            self._keys(screen, situation)
            for language in self.menu.languages:
                self._length(screen, situation, language)
        for language in self.menu.languages:
            if self.sizes[screen.id, language].left < 0:
                self._too_long(screen, language)

    def sets(self, screen: Screen, known: Mapping[str, Collection[str]]) -> None:
        """What a screen sets must mean something: a category that nobody knows would be filed as nothing special."""
        options = (outcome for option in screen.options for outcome in option.outcomes)
        for outcome in (*screen.outcomes, *screen.search, *options):
            for name, value in outcome.sets.items():
                if value and name in known and value not in known[name]:
                    self._problem(screen, f"`{value}` is no {name}{did_you_mean(value, known[name])}")

    def _length(self, screen: Screen, situation: Situation, language: str) -> None:
        if screen.kind is not Kind.PAGE:
            self._keep(screen.id, language, self.faces.parts(screen, situation, language).text)
            return
        for face in self.faces.of(screen, situation, language):
            self._keep(screen.id, language, face.text)
        room = self.faces.room(screen, situation, language)
        if room < PAGE_ROOM:
            self._problem(screen, f"its options leave {room} septets for the text in {language}: {PAGE_ROOM} at least")

    def _too_long(self, screen: Screen, language: str) -> None:
        if screen.pick and self._pages(screen, language):
            self.notes.append(f"screen `{screen.id}` is shown in pages in {language}, with key {MORE_KEY}")
        else:
            self._problem(screen, too_long(self.sizes[screen.id, language]))

    def reply(self, name: str, wording: Wording) -> None:
        """One of the sentences that end a session which cannot go on."""
        for language in self.menu.languages:
            for _, text in wording.variants:
                self._keep(f"reply {name}", language, f"END {filled(text[language], self.situations.slots, language)}")
            size = self.sizes[f"reply {name}", language]
            if size.left < 0:
                self.problems.append(f"reply `{name}`: {too_long(size)}")

    def _keys(self, screen: Screen, situation: Situation) -> None:
        if screen.kind is Kind.END:
            return
        keys = self.faces.parts(screen, situation, self.menu.languages[0]).keys
        where = f" ({situation.where})" if situation.where else ""
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            self._problem(screen, f"key {key} is used twice{where}")
        for key in (key for key in keys if key in (*NETWORK_KEYS, MORE_KEY)):
            self._problem(screen, f"key {key} belongs to networks or to paging{where}")
        if not keys and screen.kind not in (Kind.WORDS, Kind.NUMBER):
            self._problem(screen, f"nothing can be chosen there{where}")

    def _pages(self, screen: Screen, language: str) -> bool:
        """Whether the list can be shown in pages with nothing cut: one line at least has room on each."""
        for situation in self.situations.of(screen):
            parts = self.faces.parts(screen, situation, language)
            longest = max(parts.lines, key=septets, default="")
            page = f"{parts.header}{longest}{self.faces.more(language)}{parts.fixed}"
            if septets(parts.text) > SCREEN_BUDGET and septets(page) > SCREEN_BUDGET:
                return False
        return True

    def _keep(self, name: str, language: str, text: str) -> None:
        before = self.sizes.get((name, language))
        if before is None or septets(text) > before.septets:
            self.sizes[name, language] = Size(name, language, septets(text), text)

    # SMS, languages

    def texts(self, sizes: Sequence[Size]) -> None:
        """Every SMS in one segment; where an officer writes, with room for her."""
        for size in sizes:
            if size.septets > SMS_SEGMENT or (size.room is not None and size.room < 1):
                length = f"{size.septets} septets in {size.language}, {SMS_SEGMENT} fit"
                self.problems.append(f"SMS `{size.name}`: {length}:\n{size.text}")

    def languages(self, catalogue: Catalogue, wordings: Wordings) -> None:
        """SMS have every language of the tree, and so should the lists of the county."""
        for language in self.menu.languages:
            if language not in wordings.languages:
                stands_in = language in self.menu.fallback
                told = f"SMS: no wording is in {language}, which the menu has"
                (self.notes if stands_in else self.problems).append(told)
            if any(language not in item.label for items in catalogue.lists.values() for item in items):
                self.notes.append(f"the county's lists are not in {language}; another language stands in for it")

    def clock(self, catalogue: Catalogue, wordings: Wordings) -> None:
        """In a language that counts the hours from six, no text has a time that is counted from midnight."""
        for language in self.menu.swahili_clock:
            for where, text in _written(self.menu, catalogue, wordings):
                for time in clock_times(text.get(language, "")):
                    told = f"`{time}` in {language}, which counts the hours from six: use {{call_hours}}"
                    self.problems.append(f"{where}: {told}")

    def _problem(self, screen: Screen, message: str) -> None:
        problem = f"screen `{screen.id}` (line {screen.line}): {message}"
        if problem not in self.problems:
            self.problems.append(problem)


def too_long(size: Size) -> str:
    names = [network.name for network in NETWORKS if network.screen < size.septets]
    return f"{size.septets} septets in {size.language}, {SCREEN_BUDGET} fit ({', '.join(names)}):\n{size.text}"


def _does(screen: Screen) -> str:
    """The effect of the answer *no* of a question."""
    return next((outcome.do for outcome in screen.options[1].outcomes if outcome.do), "")


def _written(menu: Menu, catalogue: Catalogue, wordings: Wordings) -> Iterator[tuple[str, Text]]:
    """Every text that somebody has written, with the place where it stands."""
    for screen in menu.screens.values():
        for wording in (screen.text, *(option.text for option in screen.options)):
            yield from ((f"screen `{screen.id}` (line {screen.line})", text) for _, text in wording.variants)
    for name, wording in menu.replies.items():
        yield from ((f"reply `{name}`", text) for _, text in wording.variants)
    for name, variants in wordings.texts.items():
        yield from ((f"SMS `{name}`", text) for text in variants.values())
    for (name, _), items in catalogue.lists.items():
        for item in items:
            yield from ((f"the county's {name}, `{item.value}`", text) for text in (item.label, *item.slots.values()))
