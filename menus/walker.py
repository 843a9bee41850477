"""One walk from the root of a tree, input by input. `menus.engine` is its face."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from menus.lettering import SCREEN_BUDGET, septets, shorten, to_gsm7
from menus.paging import fit, pages_of
from menus.steps import Facts, Finish, Need, Show
from menus.tree import BACK, GO_ON, MORE_KEY, NEXT_KEY, Item, Kind, Menu, Option, Outcome, Screen, Text, Wording

MAX_INPUTS = 120
"""Inputs that one walk follows. A session of 180 seconds cannot hold as many; a forged one is cut here."""

TYPED_SHOWN = 17
"""Septets of a resident's own words that a screen repeats."""

WRONG_ANSWERS = 3
"""In a row: after that many the session ends with the number of somebody who helps."""

NEW_LINE = "\n"

_SLOT = re.compile(r"\{([a-z_]+)\}")
_WARD_CODE = re.compile(r"\d{4}")
_REFERENCE = re.compile(r"\d{4} ?\d{4}")


class _Frame(NamedTuple):
    """Where a walk stood before it went on; going back takes it up again. Its mappings are never changed."""

    screen: Screen
    values: Mapping[str, str]
    slots: Mapping[str, Any]
    facts: frozenset[str]
    looked_up: frozenset[str]
    items: tuple[Item, ...]
    page: int


class Walk:
    """One walk from the root. Its parts are replaced, never changed, so that a frame is a cheap memory of them.

    Plain attributes instead of a frozen value per step: a walk is done anew at every hop, and this is half its time.
    """

    __slots__ = (
        "answers", "catalogue", "facts", "frames", "items", "language", "looked_up", "menu", "page", "position",
        "retry", "screen", "slots", "start", "values", "wrong",
    )  # fmt: skip

    def __init__(self, menu: Menu, given: Facts) -> None:
        self.menu = menu
        self.catalogue = given.catalogue
        self.answers = given.answers
        self.position = 0
        self.language = given.language if given.language in menu.languages else menu.languages[0]
        self.screen = menu.screens[menu.start]
        self.values: Mapping[str, str] = given.values
        self.slots: Mapping[str, Any] = given.slots
        self.facts = given.facts | given.catalogue.facts
        self.looked_up: frozenset[str] = frozenset()
        self.items: tuple[Item, ...] = ()
        self.page = 0
        self.retry = False
        self.wrong = 0
        self.start = given.start
        self.frames: list[_Frame] = []

    def along(self, inputs: Sequence[str]) -> Show | Need | Finish:
        need = self.begin()
        if need is not None:
            return need
        for step in self.steps(inputs):
            if step is not None:
                return step
        return self._render()

    def at(self, screen: Screen) -> Show | Finish:
        """`screen` with what is known, whatever leads to it."""
        self._enter(screen, None)
        return self._render()

    def begin(self) -> Need | None:
        """To the place or the case that was dialled behind the service code."""
        need = self._jump(self.start) if self.start else None
        self.retry = False
        return need

    def steps(self, inputs: Sequence[str]) -> Iterator[Need | Finish | None]:
        """Take one input after the other: None where the walk has gone on, else what it stops at."""
        for count, typed in enumerate(inputs):
            if self.screen.kind is Kind.END:
                return
            if count >= MAX_INPUTS:
                yield self._end("not_understood")
                return
            self.position += len(typed) + (1 if count else 0)
            self.retry = False
            need = self._step(typed)
            if need is not None:
                yield need
                return
            self.wrong = self.wrong + 1 if self.retry else 0
            if self.wrong == WRONG_ANSWERS:
                yield self._end("three_wrong")
                return
            yield None

    def _end(self, reply: str) -> Finish:
        return Finish(fit("END ", self._say(self.menu.replies[reply]), []), self.screen.id)

    def _holds(self, fact: str | None) -> bool:
        return fact is None or fact in self.facts or fact in self.looked_up

    # One input

    def _step(self, typed: str) -> Need | None:
        """Take one input. Gives what must be known first, or None where the walk has gone on."""
        screen = self.screen
        key = typed.strip()
        items = self._listed()
        for option_key, option in self._numbered(len(items)):
            if option_key == key:
                return self._follow(option.outcomes)
        if screen.kind is Kind.WORDS:
            if key:
                return self._take(key)
            self.retry = True
            return None
        if screen.kind is Kind.NUMBER:
            digits = key.replace(" ", "").replace("-", "")
            right = digits.isascii() and digits.isdigit() and len(digits) == screen.digits
            if right:
                return self._take(digits)
            self.retry = True
            return None
        if screen.kind is Kind.SAY:
            return self._follow(screen.options[0].outcomes)
        if screen.kind is Kind.PAGE and key == GO_ON and self.page + 1 < len(self._pages()):
            self.page += 1
            return None
        if items and key.isascii() and key.isdigit() and len(key) < 4:
            if 1 <= int(key) <= len(items) and key[0] != "0":
                return self._pick(screen, items[int(key) - 1])
            if key == MORE_KEY and self._is_paged():
                self.page += 1
                return None
        return self._jump(key)

    def _take(self, typed: str) -> Need | None:
        into = self.screen.into
        assert into is not None
        return self._follow(self.screen.outcomes, {into: typed}, {into: shorten(typed, TYPED_SHOWN)})

    def _pick(self, screen: Screen, item: Item) -> Need | None:
        """Take `item` as the answer to `screen`, which a ward code may do from another screen."""
        assert screen.pick is not None
        into = screen.pick.into
        return self._follow(screen.outcomes, {into: item.value, **item.sets}, {into: item.short, **item.slots})

    def _jump(self, key: str) -> Need | None:
        """A ward code or a reference typed at a choice before filing, or a name typed where places are searched."""
        if not self._holds("case.filed"):
            if _WARD_CODE.fullmatch(key) and (ward := self.catalogue.wards.get(key)):
                return self._pick(self.menu.screens[self.menu.ward_screen], ward)
            if _REFERENCE.fullmatch(key):
                frame = self._frame()
                self.values = {**self.values, "reference": key.replace(" ", "")}
                return self._enter(self.menu.screens[self.menu.reference_screen], frame)
        if self.screen.search and any(letter.isalpha() for letter in key):
            return self._follow(self.screen.search, {"typed": key}, {"typed": shorten(key, TYPED_SHOWN)})
        self.retry = True
        return None

    # Outcomes

    def _follow(
        self, outcomes: Sequence[Outcome], values: Mapping[str, str] | None = None,
        slots: Mapping[str, Any] | None = None,
    ) -> Need | None:  # fmt: skip
        """Go where `outcomes` lead, with the values and slots that the answer brought."""
        frame = self._frame()
        if values:
            self.values = {**self.values, **values}
            if "ward" in values:
                self.facts = self.facts - {"ward.unknown"}
        if slots:
            self.slots = {**self.slots, **slots}
        outcome = next(outcome for outcome in outcomes if self._holds(outcome.when))
        if outcome.sets:
            self.values = {**self.values, **outcome.sets}
        if outcome.marks:
            self.facts = self.facts | set(outcome.marks)
        if outcome.switch_language:
            order = self.menu.languages
            self.language = order[(order.index(self.language) + 1) % len(order)]
        if outcome.do:
            need = self._do(outcome.do)
            if need is not None:
                return need
        target = next(step.go for step in outcome.steps if self._holds(step.when))
        if target == BACK:
            if self.screen.kind is Kind.PAGE and self.page:
                self.page -= 1
            else:
                self._back()
            return None
        return self._enter(self.menu.screens[target], None if outcome.do else frame)

    def _do(self, effect: str) -> Need | None:
        """Take up what an effect answered. Nobody goes back to before it."""
        need = Need(effect, self.position, True, self.values, self.language)
        done = self.answers.get(need.key)
        if done is None:
            return need
        self.values = {**self.values, **done.get("values", {})}
        self.slots = {**self.slots, **done.get("slots", {})}
        self.facts = (self.facts | set(done.get("facts", ()))) - set(done.get("lifts", ()))
        self.frames = []
        return None

    def _enter(self, screen: Screen, frame: _Frame | None) -> Need | None:
        if frame is not None:
            self.frames.append(frame)
        self.screen, self.items, self.page = screen, (), 0
        if screen.need is None:
            return None
        need = Need(screen.need, self.position, False, self.values, self.language)
        found = self.answers.get(need.key)
        if found is None:
            return need
        self.values = {**self.values, **found.get("values", {})}
        self.slots = {**self.slots, **found.get("slots", {})}
        self.looked_up = frozenset(found.get("facts", ()))
        self.items = tuple(_item(raw) for raw in found.get("items", ()))
        if screen.skip and not self._holds(screen.skip.unless):
            return self._enter(self.menu.screens[screen.skip.go], None)
        return None

    def _frame(self) -> _Frame:
        return _Frame(self.screen, self.values, self.slots, self.facts, self.looked_up, self.items, self.page)

    def _back(self) -> None:
        """To the screen before, as it was; without one, to the start."""
        if self.frames:
            self.screen, self.values, self.slots, self.facts, self.looked_up, self.items, self.page = self.frames.pop()
        else:
            self.screen, self.items, self.page = self.menu.screens[self.menu.start], (), 0

    # What stands on the screen

    def _listed(self) -> tuple[Item, ...]:
        pick = self.screen.pick
        if pick is None:
            return ()
        if pick.source == "need":
            return self.items
        parent = self.values.get(pick.of, pick.of) if pick.of else ""
        return self.catalogue.lists.get((pick.source, parent or ""), ())

    def _numbered(self, items: int) -> list[tuple[str, Option]]:
        """The options that show now, with their keys."""
        numbered = []
        for option in self.screen.options:
            if not self._holds(option.when) or (option.unless and self._holds(option.unless)):
                continue
            key = option.key
            if key == NEXT_KEY:
                items += 1
                key = str(items)
            numbered.append((key, option))
        return numbered

    def _render(self) -> Show | Finish:
        body, lines, fixed = self._parts()
        if self.screen.kind is Kind.PAGE:
            return Show(f"CON {self._retry()}{self._pages()[self.page]}{self._go_on()}{fixed}", self.screen.id)
        if self.screen.kind is Kind.END:
            return Finish(fit("END ", body, []), self.screen.id)
        more = f"\n{MORE_KEY} {self.menu.words['more'][self.language]}"
        return Show(fit("CON ", body, lines, fixed, more, self.page), self.screen.id)

    def _pages(self) -> list[str]:
        """The pages of a text, each with room for its options and for the error line."""
        _, _, fixed = self._parts()
        turn = f"\n{GO_ON} {self.menu.words['go_on'][self.language]}"
        retry = f"{self.menu.words['retry'][self.language]} "
        room = SCREEN_BUDGET - septets(f"CON {retry}{turn}{fixed}")
        return pages_of(self._say(self.screen.text), room)

    def _go_on(self) -> str:
        last = self.page + 1 >= len(self._pages())
        return "" if last else f"\n{GO_ON} {self.menu.words['go_on'][self.language]}"

    def _retry(self) -> str:
        return f"{self.menu.words['retry'][self.language]} " if self.retry else ""

    def _is_paged(self) -> bool:
        """Whether this list takes more than one screen, or does so below its error line."""
        body, lines, fixed = self._parts()
        whole = f"CON {self.menu.words['retry'][self.language]} {body}{''.join(lines)}{fixed}"
        return septets(whole) > SCREEN_BUDGET

    def _parts(self) -> tuple[str, list[str], str]:
        """The whole screen: header, list lines, fixed options."""
        body = f"{self._retry()}{self._say(self.screen.text)}"
        items = self._listed()
        lines = [f"\n{number} {self._in(item.label)}" for number, item in enumerate(items, 1)]
        fixed = ""
        for key, option in self._numbered(len(items)):
            fixed += f"{'  ' if option.beside else NEW_LINE}{key} {self._say(option.text)}"
        return body, lines, fixed

    def _say(self, wording: Wording) -> str:
        text = next(text for when, text in wording.variants if self._holds(when))[self.language]
        return _SLOT.sub(self._fill, text) if "{" in text else text

    def _fill(self, match: re.Match[str]) -> str:
        name = match.group(1)
        found: Text | str = self.slots.get(name) or self.catalogue.slots.get(name) or ""
        return self._in(found)

    def _in(self, text: Text | str) -> str:
        """In her language, or the one that stands in for it, or any."""
        return text if isinstance(text, str) else self.menu.spoken(text, self.language)


def _item(raw: Mapping[str, Any]) -> Item:
    label = {language: to_gsm7(text) for language, text in raw["label"].items()}
    slots = raw.get("slots", {})
    return Item(str(raw["value"]), label, raw.get("short", label), raw.get("sets", {}), slots)
