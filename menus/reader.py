"""Reads a menu tree from YAML and lists every mistake in it at once, each with its line and what would be right."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from menus.lettering import BASIC, EXTENDED
from menus.marked import Mistakes, Node, Problem, did_you_mean, read
from menus.tree import (
    BACK,
    EFFECTS,
    FACTS,
    LISTS,
    MORE_KEY,
    NEEDS,
    NETWORK_KEYS,
    NEXT_KEY,
    PARTS,
    REPLIES,
    SLOTS,
    VALUES,
    WORDS,
    Kind,
    Menu,
    Option,
    Outcome,
    Pick,
    Screen,
    Step,
    Text,
    Wording,
)  # fmt: skip

_SLOT = re.compile(r"\{([^{}]*)\}")


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
