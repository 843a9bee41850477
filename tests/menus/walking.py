"""Walking the county's own tree without a database: a rehearsed office answers what a walk asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

from config import county as counties
from config.county import County
from gateway.trial.rehearsal import Rehearsal
from gateway.trial.scene import Scene
from menus.engine import Catalogue, Facts, Finish, Need, Show, walk
from menus.handset import NUMBER
from menus.tree import Menu

Answer = Mapping[str, Any]
Given = tuple[str, ...]
"""What an office knows of a phone before it dials, as `gateway.trial.scene` reads it; after `dial`, what follows."""

MONDAY = date(2026, 11, 23)
"""Eight working days before Thursday, 3 December."""

STRANGER: Given = ()
RETURNING: Given = ("returning 1014",)
REPORTER: Given = (
    "case WATER 2026-11-19 taken 2026-11-20",
    "case ROADS 2026-11-02 taken 2026-11-12",
    "case MARKET 2026-10-30 closed",
)
"""Her reports: 4821 7739 in progress, 7310 0043 late, 9798 2354 closed."""
ASKED: Given = ("case WATER 2026-11-12 resolved",)
PROFILES: Mapping[str, Given] = {
    "stranger": STRANGER,
    "returning": RETURNING,
    "returning_to_the_longest_ward": ("returning 1016",),
    "reporter": REPORTER,
    # *fixed?* is open.
    "asked": ASKED,
    "settled": (*ASKED, "dial", "answered"),
    "letter": ("returning 1016", "case WATER 2026-11-12 taken", f"letter 4821 7739: {'fundi amefika ' * 20}"),
    "draft": ("draft 1016 WATER BURST_PIPE",),
}

NAIROBI = (
    "Westlands", "Dagoretti North", "Dagoretti South", "Langata", "Kibra", "Roysambu", "Kasarani", "Ruaraka",
    "Embakasi South", "Embakasi North", "Embakasi Central", "Embakasi East", "Embakasi West", "Makadara", "Kamukunji",
    "Starehe", "Mathare",
)  # fmt: skip


@cache
def kakamega() -> County:
    return counties.load(counties.resolve("kakamega"))


def with_sub_counties(catalogue: Catalogue, *names: str) -> Catalogue:
    """The catalogue with other sub-counties, by their names."""
    some = catalogue.lists["sub_counties", ""][3]
    texts = [dict.fromkeys(("sw", "en"), name) for name in names]
    items = tuple(replace(some, label=text, short=text) for text in texts)
    return replace(catalogue, lists={**catalogue.lists, ("sub_counties", ""): items})


@dataclass
class Phone:
    """A resident with a phone: `dial` gives the screen that a list of inputs ends on, each time in a new office.

    `needs` are all that were asked for, in their order; none is asked for twice. `changed` may alter an answer.
    """

    menu: Menu
    catalogue: Catalogue
    language: str = ""
    given: Given = STRANGER
    changed: Callable[[Need, Answer], Answer] = lambda _, answer: answer
    needs: list[Need] = field(default_factory=list)

    def screen(self, typed: str) -> str:
        """The screen after inputs without a `*` in them, written as Africa's Talking joins them."""
        return self.dial(typed.split("*") if typed else []).text

    def dial(self, inputs: Sequence[str]) -> Show | Finish:
        """Unlike a network, this takes answers of any length."""
        office, profile = self._office()
        facts = Facts(
            catalogue=self.catalogue,
            language=self.language or profile["language"],
            values=profile["values"],
            slots=profile["slots"],
            facts=frozenset(profile["facts"]),
        )
        for _ in range(2 * len(inputs) + 1):
            step = walk(self.menu, inputs, facts)
            if not isinstance(step, Need):
                return step
            assert step.key not in facts.answers
            self.needs.append(step)
            answer = self.changed(step, office.answer(step, NUMBER))
            facts = replace(facts, answers={**facts.answers, step.key: answer})
        raise AssertionError("the walk asks without end")

    def _office(self) -> tuple[Rehearsal, Answer]:
        """An office that knows what is given, and the profile with which a session there begins."""
        scene = Scene(kakamega(), self.menu, self.catalogue, MONDAY)
        at = self.given.index("dial") if "dial" in self.given else len(self.given)
        for what in self.given[:at]:
            scene.given(what)
        profile = scene.office.profile(NUMBER)
        for what in self.given[at + 1 :]:
            scene.given(what)
        return scene.office, profile
