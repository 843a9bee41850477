"""The walk: everything typed in a session, folded from the root into the screen it leads to. Pure and bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from menus.lettering import SCREEN_BUDGET, septets, shorten, to_gsm7
from menus.tree import BACK, MORE_KEY, NEXT_KEY, Item, Kind, Menu, Option, Outcome, Screen, Text, Wording

MAX_INPUTS = 120
"""Inputs that one walk follows. A session of 180 seconds cannot hold as many; a forged one is cut here."""

TYPED_SHOWN = 17
"""Septets of a resident's own words that a screen repeats."""

_SLOT = re.compile(r"\{([a-z_]+)\}")
_WARD_CODE = re.compile(r"\d{4}")
_REFERENCE = re.compile(r"\d{4} ?\d{4}")


@dataclass(frozen=True)
class Catalogue:
    """What one installation puts into the tree: its lists, its constant slots and its constant facts.

    `lists` is keyed by (list name, parent value); `wards` by the four-digit ward code.
    """

    lists: Mapping[tuple[str, str], tuple[Item, ...]]
    wards: Mapping[str, Item]
    slots: Mapping[str, Text]
    facts: frozenset[str]


@dataclass(frozen=True)
class Facts:
    """What a walk may know: the catalogue, the resident's profile as the session began, and answers given so far.

    `answers` is keyed by `Need.key`. An answer is a mapping with any of `values`, `slots` (a string or one per
    language), `facts` (names) and `items` (mappings with `value`, `label`, `sets`, `slots`).
    """

    catalogue: Catalogue
    language: str
    values: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, Any] = field(default_factory=dict)
    facts: frozenset[str] = frozenset()
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Show:
    """A screen that waits for an answer. `text` is the whole reply, `CON ` included."""

    text: str
    screen: str


@dataclass(frozen=True)
class Finish:
    """The last screen. `text` is the whole reply, `END ` included."""

    text: str
    screen: str


@dataclass(frozen=True)
class Need:
    """The walk cannot go on before this is answered: a look-up, or (`effect`) something that must happen once.

    `position` is the length of the session's text at this input.
    """

    name: str
    position: int
    effect: bool
    values: Mapping[str, str]
    language: str

    @property
    def key(self) -> str:
        return f"{self.position}:{self.name}"


@dataclass(frozen=True)
class _State:
    """Where a walk stands. Values are replaced, never changed, so that going back is just taking an older one."""

    screen: Screen
    language: str
    values: Mapping[str, str]
    slots: Mapping[str, Any]
    facts: frozenset[str]
    looked_up: frozenset[str] = frozenset()
    items: tuple[Item, ...] = ()
    page: int = 0
    retry: bool = False
    before: _State | None = None

    def holds(self, fact: str | None) -> bool:
        return fact is None or fact in self.facts or fact in self.looked_up


def walk(menu: Menu, inputs: Sequence[str], facts: Facts) -> Show | Need | Finish:
    """The screen that `inputs` lead to from the root of `menu`, or what must be known before that can be said.

    Never raises for any inputs; the same arguments give the same bytes. An END screen ends the walk, whatever is
    typed after it.
    """
    return _Walk(menu, facts).along(inputs)


class _Walk:
    def __init__(self, menu: Menu, facts: Facts) -> None:
        self.menu = menu
        self.given = facts
        self.position = 0

    def along(self, inputs: Sequence[str]) -> Show | Need | Finish:
        given = self.given
        known = given.facts | given.catalogue.facts
        language = given.language if given.language in self.menu.languages else self.menu.languages[0]
        state = _State(self.menu.screens[self.menu.start], language, given.values, given.slots, known)
        for count, typed in enumerate(inputs):
            if state.screen.kind is Kind.END:
                break
            if count >= MAX_INPUTS:
                return Finish(self._reply("not_understood", state), state.screen.id)
            self.position += len(typed) + (1 if count else 0)
            step = self._step(state, typed)
            if isinstance(step, Need):
                return step
            state = step
        return self._render(state)

    # One input

    def _step(self, state: _State, typed: str) -> _State | Need:
        screen = state.screen
        key = typed.strip()
        items = self._items(state)
        for option_key, option in self._numbered(state, len(items)):
            if option_key == key:
                return self._follow(state, option.outcomes)
        if screen.kind is Kind.WORDS:
            return self._take(state, key) if key else replace(state, retry=True)
        if screen.kind is Kind.NUMBER:
            digits = key.replace(" ", "").replace("-", "")
            right = digits.isascii() and digits.isdigit() and len(digits) == screen.digits
            return self._take(state, digits) if right else replace(state, retry=True)
        if items and key.isascii() and key.isdigit() and len(key) < 4:
            if 1 <= int(key) <= len(items) and key[0] != "0":
                return self._pick(state, screen, items[int(key) - 1])
            if key == MORE_KEY:
                return replace(state, page=state.page + 1, retry=False)
        return self._jump(state, key)

    def _take(self, state: _State, typed: str) -> _State | Need:
        assert state.screen.into is not None
        values = {**state.values, state.screen.into: typed}
        slots = {**state.slots, state.screen.into: shorten(typed, TYPED_SHOWN)}
        return self._follow(replace(state, values=values, slots=slots), state.screen.outcomes)

    def _pick(self, state: _State, screen: Screen, item: Item) -> _State | Need:
        """Take `item` as the answer to `screen`, which a ward code may do from another screen."""
        assert screen.pick is not None
        values = {**state.values, screen.pick.into: item.value, **item.sets}
        slots = {**state.slots, screen.pick.into: item.short, **item.slots}
        facts = state.facts - {"ward.unknown"} if screen.pick.into == "ward" else state.facts
        return self._follow(replace(state, values=values, slots=slots, facts=facts), screen.outcomes)

    def _jump(self, state: _State, key: str) -> _State | Need:
        """A ward code or a reference typed at a choice before filing, or a name typed where places are searched."""
        filed = state.holds("case.filed")
        if not filed and _WARD_CODE.fullmatch(key) and (ward := self.given.catalogue.wards.get(key)):
            return self._pick(state, self.menu.screens[self.menu.ward_screen], ward)
        if not filed and _REFERENCE.fullmatch(key):
            values = {**state.values, "reference": key.replace(" ", "")}
            return self._enter(replace(state, values=values), self.menu.screens[self.menu.reference_screen])
        if state.screen.search and any(letter.isalpha() for letter in key):
            values = {**state.values, "typed": key}
            slots = {**state.slots, "typed": shorten(key, TYPED_SHOWN)}
            return self._follow(replace(state, values=values, slots=slots), state.screen.search)
        return replace(state, retry=True)

    # Outcomes

    def _follow(self, state: _State, outcomes: Sequence[Outcome]) -> _State | Need:
        outcome = next(outcome for outcome in outcomes if state.holds(outcome.when))
        if outcome.sets or outcome.marks:
            facts = state.facts | set(outcome.marks)
            state = replace(state, values={**state.values, **outcome.sets}, facts=facts)
        if outcome.switch_language:
            order = self.menu.languages
            state = replace(state, language=order[(order.index(state.language) + 1) % len(order)])
        if outcome.do:
            done = self._answer(state, outcome.do, effect=True)
            if isinstance(done, Need):
                return done
            state = replace(
                state,
                values={**state.values, **done.get("values", {})},
                slots={**state.slots, **done.get("slots", {})},
                facts=state.facts | set(done.get("facts", ())),
                before=None,
            )
        target = next(step.go for step in outcome.steps if state.holds(step.when))
        if target == BACK:
            return replace(state.before, retry=False) if state.before else self._restart(state)
        screen = self.menu.screens[target]
        return self._enter(replace(state, before=None) if outcome.do else state, screen, remember=not outcome.do)

    def _restart(self, state: _State) -> _State:
        return replace(state, screen=self.menu.screens[self.menu.start], items=(), page=0, retry=False)

    def _enter(self, state: _State, screen: Screen, *, remember: bool = True) -> _State | Need:
        before = state if remember else None
        entered = replace(state, screen=screen, items=(), page=0, retry=False, before=before)
        if screen.need is None:
            return entered
        found = self._answer(state, screen.need, effect=False)
        if isinstance(found, Need):
            return found
        return replace(
            entered,
            values={**entered.values, **found.get("values", {})},
            slots={**entered.slots, **found.get("slots", {})},
            looked_up=frozenset(found.get("facts", ())),
            items=tuple(_item(raw) for raw in found.get("items", ())),
        )

    def _answer(self, state: _State, name: str, *, effect: bool) -> Mapping[str, Any] | Need:
        need = Need(name, self.position, effect, state.values, state.language)
        answer = self.given.answers.get(need.key)
        return need if answer is None else answer

    # What stands on the screen

    def _items(self, state: _State) -> tuple[Item, ...]:
        pick = state.screen.pick
        if pick is None:
            return ()
        if pick.source == "need":
            return state.items
        parent = state.values.get(pick.of, pick.of) if pick.of else ""
        return self.given.catalogue.lists.get((pick.source, parent or ""), ())

    def _numbered(self, state: _State, items: int) -> list[tuple[str, Option]]:
        """The options that show now, with their keys."""
        numbered = []
        for option in state.screen.options:
            if not state.holds(option.when) or (option.unless and state.holds(option.unless)):
                continue
            key = option.key
            if key == NEXT_KEY:
                items += 1
                key = str(items)
            numbered.append((key, option))
        return numbered

    def _render(self, state: _State) -> Show | Finish:
        ending = state.screen.kind is Kind.END
        body = self._say(state.screen.text, state)
        if state.retry:
            body = f"{self.menu.words['retry'][state.language]} {body}"
        if ending:
            return Finish(fit("END ", body, []), state.screen.id)
        items = self._items(state)
        fixed = ""
        for key, option in self._numbered(state, len(items)):
            fixed += f"{'  ' if option.beside else chr(10)}{key} {self._say(option.text, state)}"
        language = state.language
        lines = [f"\n{number} {_in(item.label, language)}" for number, item in enumerate(items, 1)]
        more = f"\n{MORE_KEY} {self.menu.words['more'][language]}"
        return Show(fit("CON ", body, lines, fixed, more, state.page), state.screen.id)

    def _say(self, wording: Wording, state: _State) -> str:
        text = next(text for when, text in wording.variants if state.holds(when))[state.language]
        return self._fill(text, state) if "{" in text else text

    def _fill(self, text: str, state: _State) -> str:
        constant = self.given.catalogue.slots

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            found: Text | str = state.slots.get(name) or constant.get(name) or ""
            return _in(found, state.language)

        return _SLOT.sub(value, text)

    def _reply(self, name: str, state: _State) -> str:
        return fit("END ", self._say(self.menu.replies[name], state), [])


def _in(text: Text | str, language: str) -> str:
    if isinstance(text, str):
        return text
    return text.get(language) or next(iter(text.values()), "")


def _item(raw: Mapping[str, Any]) -> Item:
    label = {language: to_gsm7(text) for language, text in raw["label"].items()}
    slots = raw.get("slots", {})
    return Item(str(raw["value"]), label, raw.get("short", label), raw.get("sets", {}), slots)


def fit(prefix: str, body: str, lines: Sequence[str], fixed: str = "", more: str = "", page: int = 0) -> str:
    """One screen within the budget: header, as many list lines as fit on this page, then the fixed options.

    A header that leaves no room is cut, so that whatever a county configures the network can carry it.
    """
    text = f"{prefix}{body}{''.join(lines)}{fixed}"
    if septets(text) <= SCREEN_BUDGET:
        return text
    room = SCREEN_BUDGET - septets(prefix) - septets(fixed)
    if not lines:
        return f"{prefix}{_cut(body, room)}{fixed}"[:SCREEN_BUDGET]
    body = _cut(body, room - septets(more) - max(septets(line) for line in lines))
    pages = _pages(lines, room - septets(body), septets(more))
    start, end = pages[page % len(pages)]
    return f"{prefix}{body}{''.join(lines[start:end])}{more}{fixed}"


def _pages(lines: Sequence[str], room: int, more: int) -> list[tuple[int, int]]:
    """Slices of `lines` that fit into `room` septets together with the line that shows the next page."""
    pages, start, used = [], 0, 0
    for number, line in enumerate(lines):
        length = septets(line)
        if used + length > room - more and number > start:
            pages.append((start, number))
            start, used = number, 0
        used += length
    return [*pages, (start, len(lines))]


def _cut(text: str, limit: int) -> str:
    while septets(text) > limit and text:
        text = text[:-1]
    return text
