"""Small trees for tests: what every tree needs around the screens of one test, and a phone that walks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from menus import reader
from menus.engine import Catalogue, Facts, Finish, Need, Show, walk
from menus.tree import Item, Menu
from menus.vocabulary import WORDS

SAID = {"retry": "Retry.", "more": "More", "go_on": "Next"}
HEAD = f"""\
languages: [en]
start: home
jumps: {{ward: ward, reference: case}}
days: {{en: [Mon, Tue, Wed, Thu, Fri, Sat, Sun]}}
months: {{en: [Jan, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov, Dec]}}
words: {{{", ".join(f"{name}: {{en: {SAID.get(name, name)}}}" for name in WORDS)}}}
replies:
  not_understood: {{en: Too much.}}
  try_again: {{en: Try again.}}
  ended: {{en: Over.}}
  three_wrong: {{en: "Call {{hotline}}."}}
screens:
"""
TAIL = """
  ward:
    kind: pick
    text: {en: "Ward?"}
    pick: {from: wards, into: ward}
    then: arrived
    options: [{key: "0", text: {en: Back}, go: back}]
  arrived:
    kind: choose
    text: {en: "In {ward}."}
    options: [{key: "0", text: {en: Back}, go: back}]
  case:
    kind: choose
    need: case
    text: {en: "Case {reference}: {status}."}
    options: [{key: "0", text: {en: Back}, go: back}]
  bye:
    kind: end
    text: {en: Bye.}
"""

SHIRERE = Item("1014", {"en": "Shirere"}, {"en": "Shirere"})
CATALOGUE = Catalogue(
    lists={("wards", ""): (SHIRERE,)},
    wards={"1014": SHIRERE},
    slots={"hotline": {"en": "0800 724 388"}},
    facts=frozenset({"ussd.free"}),
)
FACTS = Facts(CATALOGUE, "en")


def small(screens: str) -> Menu:
    """A tree of these screens, of which `home` is the first; `ward`, `arrived`, `case` and `bye` are always there."""
    return reader.parse(f"{HEAD}{screens}{TAIL}", "small.yml")


def dial(
    menu: Menu, inputs: Sequence[str], answers: Mapping[str, Mapping[str, Any]] | None = None, facts: Facts = FACTS
) -> Show | Finish:
    """The screen that `inputs` lead to; `answers` are by the name of what is needed, others are empty."""
    for _ in range(2 * len(inputs) + 2):
        step = walk(menu, inputs, facts)
        if not isinstance(step, Need):
            return step
        facts = replace(facts, answers={**facts.answers, step.key: (answers or {}).get(step.name, {})})
    raise AssertionError("the walk asks without end")
