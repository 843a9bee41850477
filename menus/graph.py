"""The tree as a drawing: a Mermaid flowchart of its screens, and of the answers that lead from one to another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from menus.lettering import shorten
from menus.tree import BACK, Kind, Menu, Option, Outcome, Screen

LABEL = 24
"""Letters of an option's text that an arrow shows."""

_SHAPES = {Kind.END: ("([", "])"), Kind.PICK: ("[/", "/]"), Kind.WORDS: ("[\\", "\\]"), Kind.NUMBER: ("[\\", "\\]")}
_UNSAFE = re.compile(r"[^A-Za-z0-9 .,:?!'()*+=/_-]")


def mermaid(menu: Menu) -> str:
    """A Mermaid flowchart of `menu`, the same for the same tree. Arrows back to where one came from are left out."""
    lines = ["flowchart TD"]
    for screen in menu.screens.values():
        opened, closed = _SHAPES.get(screen.kind, ("[", "]"))
        lines.append(f'    {_node(screen.id)}{opened}"{_safe(screen.id)}<br/>{screen.kind.value}"{closed}')
    lines.append(f"    dial((dial)) --> {_node(menu.start)}")
    for screen in menu.screens.values():
        lines += _arrows(menu, screen)
    return "\n".join(lines) + "\n"


def _arrows(menu: Menu, screen: Screen) -> Iterator[str]:
    for option in screen.options:
        unless = f"unless {option.unless}" if option.unless else ""
        yield from _to(screen, option.outcomes, f"{option.key} {_label(menu, option)}", option.when, unless)
    answer = "any answer" if screen.kind in (Kind.WORDS, Kind.NUMBER) else "from the list"
    yield from _to(screen, screen.outcomes, answer)
    yield from _to(screen, screen.search, "a name typed")
    if screen.skip:
        yield f'    {_node(screen.id)} -->|"{_safe(f"by itself unless {screen.skip.unless}")}"| {_node(screen.skip.go)}'


def _to(
    screen: Screen, outcomes: Sequence[Outcome], label: str, when: str | None = None, unless: str = ""
) -> Iterator[str]:
    for outcome in outcomes:
        for step in outcome.steps:
            if step.go != BACK:
                conditions = dict.fromkeys(fact for fact in (when, outcome.when, step.when) if fact)
                does = f"does {outcome.do}" if outcome.do else ""
                said = [part for part in (label, *(f"if {fact}" for fact in conditions), unless, does) if part]
                arrow = "<br/>".join(map(_safe, said))
                yield f'    {_node(screen.id)} -->|"{arrow}"| {_node(step.go)}'


def _label(menu: Menu, option: Option) -> str:
    """The wording where no condition holds, in the first language."""
    return shorten(option.text.variants[-1][1][menu.languages[0]], LABEL)


def _node(name: str) -> str:
    """A name that is no word of Mermaid's, whatever the screen is called."""
    return "s_" + re.sub(r"[^A-Za-z0-9_]", lambda found: f"_{ord(found.group())}_", name)


def _safe(text: str) -> str:
    """`text` with every letter that may mean something to Mermaid written as its number."""
    return _UNSAFE.sub(lambda found: f"#{ord(found.group())};", text)
