"""What a walk may know, and what it gives back: a screen, a need, an end, or how far it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from menus.tree import Item, Text


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
    language), `facts` (names), `lifts` (facts that hold no longer) and `items` (mappings with `value`, `label`, `sets`,
    `slots`). `start` is a ward code or a reference that was dialled behind the service code: the walk begins there.
    """

    catalogue: Catalogue
    language: str
    values: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, Any] = field(default_factory=dict)
    facts: frozenset[str] = frozenset()
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    start: str = ""


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
class Trace:
    """How far a walk came: the screens in their order, one for each hop, and what is known where it stands.

    `stopped` is the screen that waits for an answer, or the one on which three were wrong; None at an end.
    """

    screens: tuple[str, ...]
    values: Mapping[str, str]
    facts: frozenset[str]
    language: str
    stopped: str | None
