"""The walk: everything typed in a session, folded from the root into the screen it leads to. Pure and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from menus.steps import Catalogue, Facts, Finish, Need, Show, Trace
from menus.tree import Kind, Menu
from menus.walker import MAX_INPUTS, TYPED_SHOWN, WRONG_ANSWERS, Walk

__all__ = [
    "MAX_INPUTS",
    "TYPED_SHOWN",
    "WRONG_ANSWERS",
    "Catalogue",
    "Facts",
    "Finish",
    "Need",
    "Show",
    "Trace",
    "face",
    "trace",
    "walk",
]


def walk(menu: Menu, inputs: Sequence[str], facts: Facts) -> Show | Need | Finish:
    """The screen that `inputs` lead to from the root of `menu`, or what must be known before that can be said.

    Never raises for any inputs; the same arguments give the same bytes. An END screen ends the walk, whatever is
    typed after it.
    """
    return Walk(menu, facts).along(inputs)


def trace(menu: Menu, inputs: Sequence[str], facts: Facts) -> Trace:
    """How far `inputs` lead with the answers that are there; where one is missing the walk stands before that input."""
    on = Walk(menu, facts)
    reached = _standing(on, ())
    if on.begin() is not None:
        return reached
    reached = _standing(on, ())
    for step in on.steps(inputs):
        if step is not None:
            break
        reached = _standing(on, reached.screens)
    return reached


def face(menu: Menu, screen: str, facts: Facts, answer: Mapping[str, Any]) -> str:
    """A screen as it stands on a phone when somebody comes to it for whom `facts` hold, without the way there.

    `answer` is what its look-up finds. What must be known besides is left out.
    """
    shown = menu.screens[screen]
    found = Need(shown.need or "", 0, False, {}, "").key
    return Walk(menu, replace(facts, answers={found: answer})).at(shown).text.removeprefix("CON ")


def _standing(on: Walk, before: tuple[str, ...]) -> Trace:
    stopped = None if on.screen.kind is Kind.END else on.screen.id
    return Trace((*before, on.screen.id), on.values, on.facts, on.language, stopped)
