"""The menu tree as frozen values, and the loader that reads it from YAML and lists every mistake at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from menus.lettering import BASIC, EXTENDED
from menus.marked import Mistakes, Node, Problem, did_you_mean, read

Text = Mapping[str, str]
"""One wording per language code, such as `{"sw": "Wapi?", "en": "Where?"}`."""

BACK = "back"
NEXT_KEY = "+"
"""An option with this key is numbered after the items of its screen."""
MORE_KEY = "99"
"""Shows the next page of a long list. Networks page long screens with 98 and 00, so these stay unused."""
NETWORK_KEYS = ("98", "00")

FACTS = (
    "ussd.free", "sms.free", "sms.reply",
    "resident.has_ward", "question.fixed",
    "case.filed", "case.feedback", "case.national", "case.known", "case.open", "case.late", "case.promised",
    "case.anonymous",
    "ward.unknown", "places.none", "purpose.ward", "purpose.feedback",
)  # fmt: skip
"""Every condition that a tree may name. There are no expressions."""

VALUES = (
    "sub_county", "ward", "category", "problem", "landmark", "place_words", "words", "typed", "rating", "reference",
    "secret", "reason", "hour", "referral", "anonymous",
)  # fmt: skip
"""Every value that a walk may gather."""

SLOTS = (
    "county", "hotline", "service_code", "short_code", "emergency", "violence_line", "child_line", "corruption_line",
    "ward", "sub_county", "category", "problem", "landmark", "referral", "referral_answer", "typed",
    "reference", "promise", "promise_day", "secret", "desk", "since", "status", "question_reference",
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

_SLOT = re.compile(r"\{([^{}]*)\}")


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


def load(path: Path) -> Menu:
    """Read a tree from `path`. Raises `Mistakes` with every mistake in it, each with its line."""
    problems: list[Problem] = []
    root = read(path, problems)
    menu = _menu(root, hashlib.sha256(path.read_bytes()).hexdigest()[:16]) if root else None
    if problems or menu is None:
        raise Mistakes(problems)
    return menu


def _menu(root: Node, digest: str) -> Menu | None:
    top = root.fields(("languages", "start", "jumps", "words", "replies", "days", "months", "screens"))
    if root.problems:
        return None
    languages = top["languages"].strings()
    if not languages:
        top["languages"].wrong("there is no language")
        return None
    reader = _Reader(languages, tuple(name for name, _ in top["screens"].pairs()))
    jumps = top["jumps"].fields(("ward", "reference"))
    screens = {name: reader.screen(name, node) for name, node in top["screens"].pairs()}
    words = top["words"].fields(WORDS)
    replies = top["replies"].fields(REPLIES)
    return Menu(
        languages=languages,
        start=reader.screen_name(top["start"]),
        ward_screen=reader.ward_screen(jumps["ward"], screens) if "ward" in jumps else "",
        reference_screen=reader.screen_name(jumps["reference"]) if "reference" in jumps else "",
        screens=screens,
        words={name: reader.text(node) for name, node in words.items()},
        replies={name: reader.wording(node) for name, node in replies.items()},
        days=reader.calendar(top["days"], 7),
        months=reader.calendar(top["months"], 12),
        hash=digest,
    )


@dataclass(frozen=True)
class _Reader:
    """Reads the parts of a tree; knows the languages and the names of all screens, to check against."""

    languages: tuple[str, ...]
    screens: tuple[str, ...]

    def text(self, node: Node) -> Text:
        found = node.fields(self.languages)
        return {language: self._wording(part) for language, part in found.items()}

    def _wording(self, node: Node) -> str:
        text = node.string()
        if node.is_scalar and not text.strip():
            node.wrong("the text is empty")
        strange = sorted({letter for letter in text if letter not in BASIC and letter not in EXTENDED})
        if strange:
            node.wrong(f"{' '.join(strange)} cannot be shown on a basic phone (not in GSM-7)")
        for slot in _SLOT.findall(text):
            if slot not in SLOTS:
                node.wrong(f"slot `{{{slot}}}` does not exist{did_you_mean(slot, SLOTS)}")
        return _SLOT.sub(lambda match: match.group(0) if match.group(1) in SLOTS else "", text)

    def wording(self, node: Node) -> Wording:
        if not node.is_list:
            return Wording(((None, self.text(node)),))
        variants: list[tuple[str | None, Text]] = []
        for part in node.items():
            found = part.fields(self.languages, ("when",))
            when = self.fact(found.pop("when")) if "when" in found else None
            variants.append((when, {language: self._wording(text) for language, text in found.items()}))
        _check_last(node, "variant", [when for when, _ in variants], "so that there is always a text")
        return Wording(tuple(variants))

    def calendar(self, node: Node, count: int) -> Mapping[str, tuple[str, ...]]:
        found = node.fields(self.languages)
        for part in found.values():
            if len(part.strings()) != count:
                part.wrong(f"expected {count} names, found {len(part.strings())}")
        return {language: part.strings() for language, part in found.items()}

    def fact(self, node: Node) -> str:
        return _known(node, FACTS, "condition")

    def screen_name(self, node: Node) -> str:
        return _known(node, self.screens, "screen")

    def ward_screen(self, node: Node, screens: Mapping[str, Screen]) -> str:
        """The screen that a ward code answers, from wherever it is typed."""
        name = self.screen_name(node)
        pick = screens[name].pick if name in screens else None
        if name in screens and (pick is None or pick.into != "ward"):
            node.wrong(f"screen `{name}` does not pick a ward, which a ward code answers")
        return name

    def screen(self, name: str, node: Node) -> Screen:
        kind_node = dict(node.pairs()).get("kind")
        kind = kind_node.choice([kind.value for kind in Kind]) if kind_node else ""
        needed, allowed = _FIELDS.get(kind, (("text",), ()))
        found = node.fields(("kind", *needed), allowed)
        options = tuple(self.option(part) for part in found["options"].items()) if "options" in found else ()
        self._keys(found, options)
        return Screen(
            id=name,
            kind=Kind(kind) if kind in list(Kind) else Kind.END,
            text=self.wording(found["text"]) if "text" in found else Wording(()),
            line=node.line,
            options=options,
            outcomes=self.outcomes(found["then"]) if "then" in found else (),
            search=self.outcomes(found["search"]) if "search" in found else (),
            pick=self.pick(found["pick"]) if "pick" in found else None,
            need=_known(found["need"], NEEDS, "look-up") if "need" in found else None,
            into=_known(found["into"], VALUES, "value") if "into" in found else None,
            digits=found["digits"].integer(1, 12) if "digits" in found else 0,
        )

    def _keys(self, found: Mapping[str, Node], options: Iterable[Option]) -> None:
        seen: dict[tuple[str, str | None], str] = {}
        for option, node in zip(options, found["options"].items() if "options" in found else [], strict=False):
            if option.key in NETWORK_KEYS or option.key == MORE_KEY:
                node.wrong(f"key {option.key} is used by networks or for paging; choose another")
            if option.key != NEXT_KEY and (option.key, option.when) in seen:
                node.wrong(f"key {option.key} is used twice on this screen")
            seen[option.key, option.when] = option.key

    def pick(self, node: Node) -> Pick:
        found = node.fields(("from", "into"), ("of",))
        return Pick(
            source=_known(found["from"], LISTS, "list") if "from" in found else "",
            of=_known(found["of"], (*PARTS, *VALUES), "value") if "of" in found else None,
            into=_known(found["into"], VALUES, "value") if "into" in found else "",
        )

    def option(self, node: Node) -> Option:
        found = node.fields(("key", "text"), ("when", "unless", "beside", "then", *_OUTCOME))
        outcome_keys = [name for name in found if name in _OUTCOME]
        if "then" in found and outcome_keys:
            node.wrong("give either `then` or its parts here, not both")
        outcomes = self.outcomes(found["then"]) if "then" in found else (self._outcome(found, node),)
        key = found["key"].string() if "key" in found else ""
        if "key" in found and key != NEXT_KEY and not (key.isascii() and key.isdigit()):
            node.wrong(f"key `{key}` must be digits, or `{NEXT_KEY}` for the next free number")
        return Option(
            key=key,
            text=self.wording(found["text"]) if "text" in found else Wording(()),
            outcomes=outcomes,
            when=self.fact(found["when"]) if "when" in found else None,
            unless=self.fact(found["unless"]) if "unless" in found else None,
            beside=found["beside"].boolean() if "beside" in found else False,
        )

    def outcomes(self, node: Node) -> tuple[Outcome, ...]:
        """A single outcome, a list of them, or just the name of a screen."""
        if node.is_scalar:
            return (Outcome((Step(None, self._target(node)),)),)
        parts = node.items() if node.is_list else [node]
        read_parts = tuple(self._outcome(part.fields((), ("when", *_OUTCOME)), part) for part in parts)
        _check_last(node, "outcome", [part.when for part in read_parts], "so that the walk can always go on")
        return read_parts

    def _outcome(self, found: Mapping[str, Node], node: Node) -> Outcome:
        if "go" not in found:
            node.wrong("`go` is missing: where does this lead?")
        sets = dict(found["set"].pairs()) if "set" in found else {}
        for name, value in sets.items():
            if name not in VALUES:
                value.wrong(f"value `{name}` does not exist{did_you_mean(name, VALUES)}")
        marks = found["mark"].items() if "mark" in found else []
        return Outcome(
            steps=self._steps(found["go"]) if "go" in found else (),
            when=self.fact(found["when"]) if "when" in found else None,
            do=_known(found["do"], EFFECTS, "effect") if "do" in found else None,
            sets={name: value.string() for name, value in sets.items()},
            marks=tuple(self.fact(mark) for mark in marks),
            switch_language=found["switch_language"].boolean() if "switch_language" in found else False,
        )

    def _steps(self, node: Node) -> tuple[Step, ...]:
        if node.is_scalar:
            return (Step(None, self._target(node)),)
        steps = []
        for part in node.items():
            found = part.fields(("go",), ("when",))
            when = self.fact(found["when"]) if "when" in found else None
            steps.append(Step(when, self._target(found["go"]) if "go" in found else ""))
        _check_last(node, "step", [step.when for step in steps], "so that the walk can always go on")
        return tuple(steps)

    def _target(self, node: Node) -> str:
        return BACK if node.string() == BACK else self.screen_name(node)


_OUTCOME = ("go", "do", "set", "mark", "switch_language")
_FIELDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "choose": (("text", "options"), ("need",)),
    "pick": (("text", "pick", "then"), ("options", "search", "need")),
    "words": (("text", "into", "then"), ("options",)),
    "number": (("text", "into", "digits", "then"), ("options",)),
    "end": (("text",), ()),
}


def _check_last(node: Node, noun: str, conditions: Sequence[str | None], why: str) -> None:
    """The first whose condition holds counts, so the last one, and no other, has none."""
    if not conditions or conditions[-1] is not None:
        node.wrong(f"the last {noun} must have no `when`, {why}")
    elif None in conditions[:-1]:
        node.wrong(f"only the last {noun} may be without `when`: nothing after it ever counts")


def _known(node: Node, known: Iterable[str], noun: str) -> str:
    name = node.string()
    names = tuple(known)
    if name not in names:
        node.wrong(f"{noun} `{name}` does not exist{did_you_mean(name, names)}")
    return name
