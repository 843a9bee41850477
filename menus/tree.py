"""The menu tree as frozen values, and the fixed lists of names that it may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

Text = Mapping[str, str]
"""One wording per language code, such as `{"sw": "Wapi?", "en": "Where?"}`."""

BACK = "back"
NEXT_KEY = "+"
"""An option with this key is numbered after the items of its screen."""
MORE_KEY = "99"
"""Shows the next page of a long list. Networks page long screens with 98 and 00, so these stay unused."""
NETWORK_KEYS = ("98", "00")

FACTS = (
    "ussd.free", "sms.free",
    "resident.has_ward", "question.fixed", "question.settled",
    "case.filed", "case.feedback", "case.national", "case.known", "case.open", "case.callable", "case.late",
    "case.promised", "case.anonymous",
    "ward.unknown", "places.none", "purpose.ward", "purpose.feedback",
)  # fmt: skip
"""Every condition that a tree may name. There are no expressions."""

VALUES = (
    "sub_county", "ward", "category", "problem", "landmark", "place_words", "words", "typed", "rating", "reference",
    "secret", "reason", "hour", "referral", "anonymous",
)  # fmt: skip
"""Every value that a walk may gather."""

SLOTS = (
    "county", "hotline", "service_code", "short_code", "emergency", "mobile_emergency", "violence_line",
    "child_line", "corruption_line", "ward", "sub_county", "category", "problem", "landmark", "referral",
    "referral_answer", "typed", "reference", "promise", "promise_day", "secret", "desk", "since", "status",
    "question_reference",
)  # fmt: skip

NEEDS = ("places", "my_cases", "case")
"""Look-ups that a screen may ask for when it is entered."""

EFFECTS = (
    "language", "ward", "file", "amend", "add_words", "hide", "withdraw", "call_back", "confirm", "dispute",
    "dispute_reason",
)  # fmt: skip
"""Things that happen once, at one position of one session."""

LISTS = ("sub_counties", "wards", "categories", "problems", "landmarks", "referrals", "services", "need")
PARTS = ("main", "more")
"""Parts of a list that a tree names itself; other lists are of the value that was chosen before."""


class Kind(StrEnum):
    """What a screen asks of the resident."""

    CHOOSE = "choose"
    PICK = "pick"
    WORDS = "words"
    NUMBER = "number"
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
    """One numbered line. `beside` puts it on the line of the option before it."""

    key: str
    text: Wording
    outcomes: tuple[Outcome, ...]
    when: str | None = None
    unless: str | None = None
    beside: bool = False


@dataclass(frozen=True)
class Pick:
    """A list to pick from: which one, of which parent value, and the value that the choice goes into."""

    source: str
    of: str | None
    into: str


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
    into: str | None = None
    digits: int = 0


@dataclass(frozen=True)
class Menu:
    """A whole tree. `hash` changes with every byte of its file."""

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

    def short_day(self, day: date, language: str) -> str:
        """`3 Des`."""
        return f"{day.day} {self.months[language][day.month - 1]}"

    def long_day(self, day: date, language: str) -> str:
        """`Alh 3 Des`."""
        return f"{self.days[language][day.weekday()]} {self.short_day(day, language)}"

    def month(self, day: date, language: str) -> str:
        """`Des 2026`."""
        return f"{self.months[language][day.month - 1]} {day.year}"

    def all_languages(self, write: Callable[[str], str]) -> dict[str, str]:
        """One wording per language, each made by `write(language)`."""
        return {language: write(language) for language in self.languages}


WORDS = (
    "retry", "more",
    "status_new", "status_taken", "status_waiting", "status_referred", "status_resolved", "status_closed",
    "status_withdrawn", "status_late", "status_disputed",
    "desk_ward", "desk_county", "desk_sub_county", "desk_confidential",
)  # fmt: skip
REPLIES = ("not_understood", "try_again", "ended")
