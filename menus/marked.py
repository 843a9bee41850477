"""YAML values that remember their file and line, so that every mistake can be reported at once, where it stands."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a configuration file; `str()` is the line an officer reads."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class Mistakes(Exception):
    """The files have mistakes; `problems` lists every one of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class Node:
    """A YAML value with its place. Readers report a mistake into `problems` and go on with a neutral value."""

    raw: yaml.Node
    file: str
    problems: list[Problem] = field(repr=False)

    @property
    def line(self) -> int:
        """The line in the file, counted from 1."""
        return int(self.raw.start_mark.line) + 1

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.raw, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.raw, yaml.SequenceNode)

    @property
    def is_scalar(self) -> bool:
        return isinstance(self.raw, yaml.ScalarNode)

    def wrong(self, message: str) -> None:
        self.problems.append(Problem(self.file, self.line, message))

    def pairs(self) -> list[tuple[str, Node]]:
        """The mapping's entries in the order of the file; a key given twice is a mistake."""
        if not isinstance(self.raw, yaml.MappingNode):
            self.wrong("expected a mapping (`name: value` lines)")
            return []
        seen: dict[str, Node] = {}
        for key, value in self.raw.value:
            name, node = str(key.value), Node(value, self.file, self.problems)
            if name in seen:
                Node(key, self.file, self.problems).wrong(f"`{name}` is given twice")
            seen[name] = node
        return list(seen.items())

    def fields(self, required: Collection[str] = (), optional: Collection[str] = ()) -> dict[str, Node]:
        """The mapping as a dictionary; reports fields that are missing or that nobody knows."""
        found = dict(self.pairs())
        known = [*required, *optional]
        for name in [name for name in found if name not in known]:
            found.pop(name).wrong(f"unknown field `{name}`{did_you_mean(name, known)}")
        if self.is_mapping:
            for name in required:
                if name not in found:
                    self.wrong(f"`{name}` is missing")
        return found

    def items(self) -> list[Node]:
        if not isinstance(self.raw, yaml.SequenceNode):
            self.wrong("expected a list (lines that begin with `-`)")
            return []
        return [Node(value, self.file, self.problems) for value in self.raw.value]

    def string(self) -> str:
        if not isinstance(self.raw, yaml.ScalarNode):
            self.wrong("expected a text")
            return ""
        return str(self.raw.value)

    def integer(self, low: int = 0, high: int = 2**31) -> int:
        text = self.string()
        if not (text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high):
            self.wrong(f"expected a whole number from {low} to {high}, found `{text}`")
            return low
        return int(text)

    def boolean(self) -> bool:
        text = self.string()
        if text not in ("true", "false"):
            self.wrong(f"expected true or false, found `{text}`")
        return text == "true"

    def choice(self, allowed: Collection[str]) -> str:
        text = self.string()
        if text not in allowed:
            self.wrong(f"`{text}` is not one of {', '.join(allowed)}{did_you_mean(text, allowed)}")
        return text

    def strings(self) -> tuple[str, ...]:
        return tuple(item.string() for item in self.items())


def nothing(root: Node) -> Node:
    """An empty mapping in the place of a field that is missing; what is wrong with it is told nobody."""
    return Node(yaml.MappingNode("tag:yaml.org,2002:map", [], root.raw.start_mark, root.raw.end_mark), root.file, [])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean `x`?`, or nothing where no known name is close."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


def read(path: Path, problems: list[Problem], shown: str | None = None) -> Node | None:
    """Read one YAML file, or report why it cannot be read and return None.

    `shown` is the name used in messages (default: the file's name).
    """
    name = shown or path.name
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(name, 1, f"cannot be read: {error.__class__.__name__}"))
        return None
    return read_source(source, name, problems)


def read_source(source: str, name: str, problems: list[Problem]) -> Node | None:
    """The YAML in `source`, or None with the reason reported under `name`."""
    try:
        raw = yaml.compose(source, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(Problem(name, line, f"not valid YAML: {error.problem}"))
        return None
    except yaml.YAMLError as error:
        problems.append(Problem(name, 1, f"not valid YAML: {error}"))
        return None
    if raw is None:
        problems.append(Problem(name, 1, "the file is empty"))
        return None
    return Node(raw, name, problems)
