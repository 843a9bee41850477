"""Options that stand on posters and in radio sheets: the keys that lead to them are on record, and stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from menus.marked import Mistakes, Problem, read
from menus.tree import NEXT_KEY, Menu, Option, Screen

HEAD = """\
# What stands on posters and is said on the radio: the keys from the first screen on, by the name that `printed` gives
# an option. Written by `flask menus check --reprint`; whoever changes a key here has new posters printed.
"""
FILE = "printed.yml"
"""Beside the tree."""


@dataclass(frozen=True)
class Printed:
    """The screen on which an option stands, and the keys that lead to it, such as `3`, or `4 2` from another screen."""

    screen: str
    keys: str


def load(path: Path) -> Mapping[str, Printed]:
    """The record in `path`; without the file nothing is on record. Raises `Mistakes` with every mistake in it."""
    if not path.exists():
        return {}
    problems: list[Problem] = []
    root = read(path, problems)
    record = {}
    for name, node in root.pairs() if root else ():
        found = node.fields(("screen", "keys"))
        record[name] = Printed(*(found[part].string() if part in found else "" for part in ("screen", "keys")))
    if problems:
        raise Mistakes(problems)
    return record


def write(path: Path, menu: Menu) -> None:
    """Put on record what the tree has now."""
    record = {name: {"screen": one.screen, "keys": one.keys} for name, one in standing(menu).items()}
    path.write_text(HEAD + yaml.safe_dump(record, sort_keys=False, default_flow_style=None), encoding="utf-8")


def standing(menu: Menu) -> Mapping[str, Printed]:
    """Every option of `menu` that is printed, by its name."""
    keys = _keys_from_start(menu)
    return {
        name: Printed(screen.id, " ".join((*keys.get(screen.id, ()), option.key)))
        for name, screen, option in _printed(menu)
    }


def changed(record: Mapping[str, Printed], menu: Menu) -> list[str]:
    """What the posters say and the tree does not, and what is not on record, each as a sentence."""
    problems, now = [], standing(menu)
    for name, old in record.items():
        if name not in now:
            told = f"the tree has no such option any more: put it back, {_ACCEPT}"
            problems.append(f"`{name}` stands on posters with {old.keys}; {told}")
        elif now[name].keys != old.keys:
            told = f"the tree now has {now[name].keys}: put it back, {_ACCEPT}"
            problems.append(f"`{name}` stands on posters with {old.keys}; {told}")
        elif now[name].screen != old.screen:
            told = f"it is now on `{now[name].screen}`: put it back, {_ACCEPT}"
            problems.append(f"`{name}` stands on posters as an option of `{old.screen}`; {told}")
    missing = "but its key is not on record: put it there with --reprint"
    problems += [f"`{name}` is printed, {missing}" for name in now if name not in record]
    for name, screen, option in _printed(menu):
        if option.key == NEXT_KEY:
            told = f"it needs a digit of its own instead of `{NEXT_KEY}`"
            problems.append(f"screen `{screen.id}` (line {screen.line}): `{name}` is printed, so {told}")
    return problems


def differences(record: Mapping[str, Printed], menu: Menu) -> list[str]:
    """What a new record changes, one line for each option."""
    now = standing(menu)
    gone = [f"{name}: was {old.keys}, is no longer there" for name, old in record.items() if name not in now]
    new = [f"{name}: {one.keys}, new" for name, one in now.items() if name not in record]
    moved = [
        f"{name}: was {record[name].keys} on {record[name].screen}, is {one.keys} on {one.screen}"
        for name, one in now.items()
        if name in record and record[name] != one
    ]
    return [*gone, *new, *moved]


_ACCEPT = "or accept it with --reprint"


def _printed(menu: Menu) -> Iterator[tuple[str, Screen, Option]]:
    for screen in menu.screens.values():
        for option in screen.options:
            if option.printed:
                yield option.printed, screen, option


def _keys_from_start(menu: Menu) -> Mapping[str, tuple[str, ...]]:
    """The fewest fixed keys that lead to each screen; screens behind a list or a typed answer have none."""
    found: dict[str, tuple[str, ...]] = {menu.start: ()}
    edge = [menu.start]
    while edge:
        beyond = []
        for screen in (menu.screens[name] for name in edge):
            for option in screen.options:
                for step in (step for outcome in option.outcomes for step in outcome.steps):
                    if option.key != NEXT_KEY and step.go in menu.screens and step.go not in found:
                        found[step.go] = (*found[screen.id], option.key)
                        beyond.append(step.go)
        edge = beyond
    return found
