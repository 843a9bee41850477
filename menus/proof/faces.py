"""What a phone shows of a screen in one situation: the whole reply, page by page, and the answers that it offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from menus.lettering import SCREEN_BUDGET, septets, to_gsm7
from menus.paging import fit, pages_of
from menus.proof.situations import Situation, Situations, filled, spoken
from menus.tree import GO_ON, MORE_KEY, NEXT_KEY, Kind, Option, Screen, Wording


@dataclass(frozen=True)
class Face:
    """One reply, `CON ` or `END ` included, and the keys that it offers in the order of its lines."""

    text: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Parts:
    """What `menus.engine` puts together, uncut: header, lines of the list, options with their keys and their text."""

    header: str
    lines: tuple[str, ...]
    options: tuple[tuple[str, Option], ...]
    fixed: str

    @property
    def text(self) -> str:
        return f"{self.header}{''.join(self.lines)}{self.fixed}"

    @property
    def keys(self) -> tuple[str, ...]:
        return (*(str(number) for number in range(1, len(self.lines) + 1)), *(key for key, _ in self.options))


@dataclass(frozen=True)
class Faces:
    """The faces of screens. With `retry`, below the error line, as after an answer that nobody understood."""

    situations: Situations
    retry: bool

    def of(self, screen: Screen, situation: Situation, language: str) -> tuple[Face, ...]:
        """The pages of `screen`: one, unless it shows a long list or a long text."""
        parts = self.parts(screen, situation, language)
        if screen.kind is Kind.PAGE:
            return tuple(self._text_pages(screen, situation, language, parts))
        if screen.pick and self.is_paged(screen, situation, language):
            return tuple(self._list_pages(parts, language))
        return (Face(parts.text, parts.keys),)

    def parts(self, screen: Screen, situation: Situation, language: str) -> Parts:
        body = self._say(screen.text, situation, language)
        if screen.kind is Kind.END:
            return Parts(f"END {body}", (), (), "")
        options = tuple(numbered(screen, situation.holds, len(situation.items)))
        fixed = ""
        for key, option in options:
            fixed += f"{'  ' if option.beside else chr(10)}{key} {self._say(option.text, situation, language)}"
        lines = (
            f"\n{number} {to_gsm7(spoken(item.label, language))}" for number, item in enumerate(situation.items, 1)
        )
        return Parts(f"CON {self._retry(language) if self.retry else ''}{body}", tuple(lines), options, fixed)

    def is_paged(self, screen: Screen, situation: Situation, language: str) -> bool:
        """Whether a list takes more than one screen, or does so below its error line."""
        parts = self.parts(screen, situation, language)
        error = "" if self.retry else self._retry(language)
        return septets(f"{error}{parts.text}") > SCREEN_BUDGET

    def room(self, screen: Screen, situation: Situation, language: str) -> int:
        """Septets that one page of a text may take, beside its options and the error line."""
        fixed = self.parts(screen, situation, language).fixed
        return SCREEN_BUDGET - septets(f"CON {self._retry(language)}{self._turn(language)}{fixed}")

    def more(self, language: str) -> str:
        return f"\n{MORE_KEY} {self.situations.menu.words['more'][language]}"

    def _text_pages(self, screen: Screen, situation: Situation, language: str, parts: Parts) -> Iterator[Face]:
        pages = pages_of(self._say(screen.text, situation, language), self.room(screen, situation, language))
        keys = tuple(key for key, _ in parts.options)
        error = self._retry(language) if self.retry else ""
        for page in pages[:-1]:
            yield Face(f"CON {error}{page}{self._turn(language)}{parts.fixed}", (GO_ON, *keys))
        yield Face(f"CON {error}{pages[-1]}{parts.fixed}", keys)

    def _list_pages(self, parts: Parts, language: str) -> Iterator[Face]:
        """As the engine pages the list, from the first page until that comes round again."""
        prefix, body = parts.header[:4], parts.header[4:]
        first, page = "", 0
        while (text := fit(prefix, body, parts.lines, parts.fixed, self.more(language), page)) != first:
            shown = {line.split(" ")[0] for line in text.split("\n")[1:]}
            yield Face(text, tuple(key for key in parts.keys if key in shown))
            first, page = first or text, page + 1

    def _retry(self, language: str) -> str:
        return f"{self.situations.menu.words['retry'][language]} "

    def _turn(self, language: str) -> str:
        return f"\n{GO_ON} {self.situations.menu.words['go_on'][language]}"

    def _say(self, wording: Wording, situation: Situation, language: str) -> str:
        text = next(text for when, text in wording.variants if situation.holds(when))
        return filled(text[language], {**self.situations.slots, **situation.slots}, language)


def numbered(screen: Screen, holds: Callable[[str | None], bool], items: int) -> Iterator[tuple[str, Option]]:
    """The options that show, with their keys; `+` counts on after the `items` lines of the list."""
    count = items
    for option in screen.options:
        if holds(option.when) and not (option.unless and holds(option.unless)):
            count += option.key == NEXT_KEY
            yield (str(count) if option.key == NEXT_KEY else option.key), option
