"""The menu tree as frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

Text = Mapping[str, str]
"""One wording per language code, such as `{"sw": "Wapi?", "en": "Where?"}`."""

BACK = "back"
GO_ON = "1"
"""The key of *yes*, of what goes on, and of the next page of a text."""
NEXT_KEY = "+"
"""An option with this key is numbered after the items of its screen."""
MORE_KEY = "99"
"""Shows the next page of a long list. Networks page long screens with 98 and 00, so these stay unused."""
NETWORK_KEYS = ("98", "00")


class Kind(StrEnum):
    """What a screen asks of the resident. README.md describes each as a writer of trees sees it."""

    CHOOSE = "choose"
    PICK = "pick"
    WORDS = "words"
    NUMBER = "number"
    CONFIRM = "confirm"
    SAY = "say"
    PAGE = "page"
    END = "end"


@dataclass(frozen=True)
class Item:
    """One line of a list to pick from.

    `label` is the line itself, `short` fills the slot of the same name, `sets` are further values that come with it.
    """

    value: str
    label: Text
    short: Text
    sets: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True)
class Wording:
    """A text with variants: the first whose condition holds; the last has none."""

    variants: tuple[tuple[str | None, Text], ...]


@dataclass(frozen=True)
class Step:
    """Where to go, where the condition holds (None: always)."""

    when: str | None
    go: str


@dataclass(frozen=True)
class Outcome:
    """What an answer leads to: values set, facts marked, at most one effect, then the first step that fits."""

    steps: tuple[Step, ...]
    when: str | None = None
    do: str | None = None
    sets: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    switch_language: bool = False


@dataclass(frozen=True)
class Option:
    """One numbered line. `beside` puts it on the line of the option before it.

    `printed` is the name under which it stands on posters and radio sheets, so that its digit cannot change unnoticed.
    """

    key: str
    text: Wording
    outcomes: tuple[Outcome, ...]
    when: str | None = None
    unless: str | None = None
    beside: bool = False
    printed: str | None = None


@dataclass(frozen=True)
class Pick:
    """A list to pick from: which one, of which parent value, and the value that the choice goes into."""

    source: str
    of: str | None
    into: str


@dataclass(frozen=True)
class Skip:
    """A screen that shows only where its look-up has found something (`unless` holds), and else leads on to `go`."""

    unless: str
    go: str


@dataclass(frozen=True)
class Screen:
    id: str
    kind: Kind
    text: Wording
    line: int
    options: tuple[Option, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    search: tuple[Outcome, ...] = ()
    pick: Pick | None = None
    need: str | None = None
    skip: Skip | None = None
    into: str | None = None
    digits: int = 0
    uncounted: bool = False
    """Neither this screen nor what follows it in a session is counted: that would show how many need it."""


@dataclass(frozen=True)
class Gap:
    """A text that a language lacks: the one that stands in for it, and the line of the file."""

    text: str
    line: int


@dataclass(frozen=True)
class Menu:
    """A whole tree. `hash` changes with every byte of its file.

    `fallback` has the languages that may miss texts, each with the language that stands in; `missing` is what they
    miss. The texts themselves are complete. `swahili_clock`: languages that count the hours from six.
    """

    languages: tuple[str, ...]
    start: str
    ward_screen: str
    reference_screen: str
    screens: Mapping[str, Screen]
    words: Mapping[str, Text]
    replies: Mapping[str, Wording]
    days: Mapping[str, tuple[str, ...]]
    months: Mapping[str, tuple[str, ...]]
    hash: str
    fallback: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, tuple[Gap, ...]] = field(default_factory=dict)
    swahili_clock: tuple[str, ...] = ()

    def spoken(self, text: Text, language: str) -> str:
        """A text of the county in `language`, or in the one that stands in for it, or in any."""
        return text.get(language) or text.get(self.fallback.get(language, "")) or next(iter(text.values()), "")

    def short_day(self, day: date, language: str) -> str:
        """`3 Des`."""
        return f"{day.day} {self.months[language][day.month - 1]}"

    def long_day(self, day: date, language: str) -> str:
        """`Alh 3 Des`."""
        return f"{self.days[language][day.weekday()]} {self.short_day(day, language)}"

    def month(self, day: date, language: str) -> str:
        """`Des 2026`."""
        return f"{self.months[language][day.month - 1]} {day.year}"

    def hours(self, opens: int, closes: int, language: str) -> str:
        """Hours of the day from 0 to 23, as people say them: `8-5`; where the hours are counted from six, `2-11`."""
        first = 6 if language in self.swahili_clock else 0
        return "-".join(str((hour - first) % 12 or 12) for hour in (opens, closes))

    def all_languages(self, write: Callable[[str], str]) -> dict[str, str]:
        """One wording per language, each made by `write(language)`."""
        return {language: write(language) for language in self.languages}
