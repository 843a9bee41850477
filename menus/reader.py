"""Reads a menu tree from YAML and lists every mistake in it at once, each with its line and what would be right."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from menus.languages import Texts, read_clock, read_fallback, read_languages
from menus.marked import Mistakes, Node, Problem, did_you_mean, nothing, read_source
from menus.tree import (
    BACK,
    GO_ON,
    MORE_KEY,
    NETWORK_KEYS,
    NEXT_KEY,
    Kind,
    Menu,
    Option,
    Outcome,
    Pick,
    Screen,
    Skip,
    Step,
    Text,
    Wording,
)
from menus.vocabulary import EFFECTS, FACTS, LISTS, NEEDS, PARTS, REPLIES, SLOTS, VALUES, WORDS

NO = "2"
"""The key of *no*."""

_OWN_KEYS: Mapping[str, Mapping[str, str]] = {
    "confirm": {GO_ON: "means yes", NO: "means no"},
    "say": {GO_ON: "goes on"},
    "page": {GO_ON: "turns the page"},
}
"""Keys that mean something by the kind of the screen, in every situation."""
_PRINTED = re.compile(r"[a-z][a-z0-9_]*")


def load(path: Path) -> Menu:
    """Read a tree from `path`. Raises `Mistakes` with every mistake in it, each with its line."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Mistakes([Problem(path.name, 1, f"cannot be read: {error.__class__.__name__}")]) from None
    return parse(source, path.name)


def parse(source: str, name: str) -> Menu:
    """Read a tree from its source; `name` is the file that mistakes are reported in. Raises `Mistakes`."""
    problems: list[Problem] = []
    root = read_source(source, name, problems)
    menu = _menu(root, hashlib.sha256(source.encode()).hexdigest()[:16]) if root else None
    if problems or menu is None:
        raise Mistakes(problems)
    return menu


def _menu(root: Node, digest: str) -> Menu | None:
    top = root.fields(
        ("languages", "start", "jumps", "words", "replies", "days", "months", "screens"), ("fallback", "swahili_clock")
    )
    languages = read_languages(top["languages"]) if "languages" in top else ()
    if not languages or "screens" not in top:
        return None
    for name in ("jumps", "words", "replies", "days", "months"):
        top.setdefault(name, nothing(root))  # told already; the rest is read all the same
    fallback = read_fallback(top["fallback"], languages) if "fallback" in top else {}
    words = Texts(languages, fallback, SLOTS)
    reader = _Reader(
        texts=words,
        screens=tuple(name for name, _ in top["screens"].pairs()),
        words={name: words.text(node) for name, node in top["words"].fields(WORDS).items()},
    )
    jumps = top["jumps"].fields(("ward", "reference"))
    screens = {name: reader.screen(name, node) for name, node in top["screens"].pairs()}
    _check_skips(top["screens"], screens)
    start = reader.screen_name(top["start"]) if "start" in top else ""
    if start in screens and screens[start].need:
        top["start"].wrong(f"a walk begins on `{start}` without entering it, so its `need` would not be asked")
    replies = top["replies"].fields(REPLIES)
    return Menu(
        languages=languages,
        start=start,
        ward_screen=reader.ward_screen(jumps["ward"], screens) if "ward" in jumps else "",
        reference_screen=reader.screen_name(jumps["reference"]) if "reference" in jumps else "",
        screens=screens,
        words=reader.words,
        replies={name: reader.wording(node) for name, node in replies.items()},
        days=words.calendar(top["days"], 7),
        months=words.calendar(top["months"], 12),
        hash=digest,
        fallback=fallback,
        missing={language: words.missing(language) for language in fallback},
        swahili_clock=read_clock(top["swahili_clock"], languages, fallback) if "swahili_clock" in top else (),
    )


@dataclass(frozen=True)
class _Reader:
    """Reads the parts of a tree; knows the languages and the names of all screens, to check against."""

    texts: Texts
    screens: tuple[str, ...]
    words: Mapping[str, Text]
    printed: set[str] = field(default_factory=set)

    def wording(self, node: Node) -> Wording:
        if not node.is_list:
            return Wording(((None, self.texts.text(node)),))
        variants: list[tuple[str | None, Text]] = []
        for part in node.items():
            found = part.fields(self.texts.complete, ("when", *self.texts.fallback))
            when = self.fact(found.pop("when")) if "when" in found else None
            variants.append((when, self.texts.filled(found, part.line)))
        _check_last(node, "variant", [when for when, _ in variants], "so that there is always a text")
        return Wording(tuple(variants))

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
        needed, allowed = _FIELDS.get(kind, (("text",), _ANY_FIELD))
        found = node.fields(("kind", *needed), ("uncounted", *allowed))
        if name == BACK:
            node.wrong(f"a screen cannot be called `{BACK}`: `go: {BACK}` leads to the screen before")
        return Screen(
            id=name,
            kind=Kind(kind) if kind in list(Kind) else Kind.END,
            text=self.wording(found["text"]) if "text" in found else Wording(()),
            line=node.line,
            options=tuple(self._options(kind, found)),
            outcomes=self.outcomes(found["then"]) if "then" in found and kind != Kind.SAY else (),
            search=self.outcomes(found["search"]) if "search" in found else (),
            pick=self.pick(found["pick"], "need" in found) if "pick" in found else None,
            need=_known(found["need"], NEEDS, "look-up") if "need" in found else None,
            skip=self.skip(found["skip"], "need" in found) if "skip" in found else None,
            into=_known(found["into"], VALUES, "value") if "into" in found else None,
            digits=found["digits"].integer(1, 12) if "digits" in found else 0,
            uncounted=found["uncounted"].boolean() if "uncounted" in found else False,
        )

    def _options(self, kind: str, found: Mapping[str, Node]) -> Iterator[Option]:
        """Every option of a screen; *yes*, *no* and *go on* are options with a key of their own."""
        if kind == Kind.SAY and "then" in found:
            yield Option(GO_ON, Wording(((None, self.words.get("go_on", {})),)), self.outcomes(found["then"]))
        for name, key in (("yes", GO_ON), ("no", NO)):
            if name in found:
                yield self._option(found[name].fields(("text",), ("then", *_OUTCOME)), found[name], key)
        if "options" not in found:
            return
        nodes = found["options"].items()
        if found["options"].is_list and not nodes and kind in (Kind.CHOOSE, Kind.PAGE):
            found["options"].wrong("there is no option: nobody could leave this screen")
        taken: set[tuple[str, str | None]] = set()
        for node in nodes:
            option = self.option(node)
            _check_key(option.key, node, _OWN_KEYS.get(kind, {}))
            if option.key != NEXT_KEY and (option.key, option.when) in taken:
                node.wrong(f"key {option.key} is used twice on this screen")
            taken.add((option.key, option.when))
            yield option

    def pick(self, node: Node, asks: bool) -> Pick:
        found = node.fields(("from", "into"), ("of",))
        source = _known(found["from"], LISTS, "list") if "from" in found else ""
        if source == "need" and not asks:
            found["from"].wrong("the list `need` is what a look-up answers: give the screen a `need`")
        return Pick(
            source=source,
            of=_known(found["of"], (*PARTS, *VALUES), "value") if "of" in found else None,
            into=_known(found["into"], VALUES, "value") if "into" in found else "",
        )

    def skip(self, node: Node, asks: bool) -> Skip:
        found = node.fields(("unless", "go"))
        if not asks:
            node.wrong("whether it is skipped is for its look-up to say: give the screen a `need`")
        unless = self.fact(found["unless"]) if "unless" in found else ""
        return Skip(unless, self.screen_name(found["go"]) if "go" in found else "")

    def option(self, node: Node) -> Option:
        found = node.fields(("key", "text"), ("when", "unless", "beside", "printed", "then", *_OUTCOME))
        key = found["key"].string() if "key" in found else ""
        if "key" in found and key != NEXT_KEY and not (key.isascii() and key.isdigit()):
            node.wrong(f"key `{key}` must be digits, or `{NEXT_KEY}` for the next free number")
        return self._option(found, node, key)

    def _option(self, found: Mapping[str, Node], node: Node, key: str) -> Option:
        if "then" in found and any(name in _OUTCOME for name in found):
            node.wrong("give either `then` or its parts here, not both")
        return Option(
            key=key,
            text=self.wording(found["text"]) if "text" in found else Wording(()),
            outcomes=self.outcomes(found["then"]) if "then" in found else (self._outcome(found, node),),
            when=self.fact(found["when"]) if "when" in found else None,
            unless=self.fact(found["unless"]) if "unless" in found else None,
            beside=found["beside"].boolean() if "beside" in found else False,
            printed=self._printed_name(found["printed"]) if "printed" in found else None,
        )

    def _printed_name(self, node: Node) -> str:
        name = node.string()
        if node.is_scalar and not _PRINTED.fullmatch(name):
            node.wrong(f"`{name}` is not a name of small letters, digits and _, such as `follow_up`")
        if name in self.printed:
            node.wrong(f"`{name}` is printed twice: each name stands for one option")
        self.printed.add(name)
        return name

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
    "choose": (("text", "options"), ("need", "skip")),
    "pick": (("text", "pick", "then"), ("options", "search", "need")),
    "words": (("text", "into", "then"), ("options",)),
    "number": (("text", "into", "digits", "then"), ("options",)),
    "confirm": (("text", "yes", "no"), ("options", "need")),
    "say": (("text", "then"), ("options", "need")),
    "page": (("text", "options"), ("need",)),
    "end": (("text",), ()),
}
_ANY_FIELD = tuple(dict.fromkeys(name for needed, allowed in _FIELDS.values() for name in (*needed, *allowed)))
"""For a screen whose kind nobody knows: one mistake is enough."""


def _check_key(key: str, node: Node, own: Mapping[str, str]) -> None:
    """Report a key that means something else already, whatever its option depends on."""
    if key in (*NETWORK_KEYS, MORE_KEY):
        node.wrong(f"key {key} is used by networks or for paging; choose another")
    if key in own:
        node.wrong(f"key {key} {own[key]} here; choose another")
    if key == NEXT_KEY and own:
        node.wrong(f"key `{NEXT_KEY}` counts on after a list, and this screen has none; give it a number")


def _check_skips(node: Node, screens: Mapping[str, Screen]) -> None:
    """A screen that leads on by itself leads to one that stays: else two could lead to each other without end."""
    for name, screen_node in node.pairs():
        skip = screens[name].skip
        if skip and skip.go in screens and screens[skip.go].skip:
            screen_node.wrong(f"`skip` leads to `{skip.go}`, which may be skipped itself: name a screen that is not")


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
