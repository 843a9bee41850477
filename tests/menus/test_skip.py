"""A screen that shows only where its look-up has found something: for everybody else it is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from menus.engine import Need, face, trace, walk
from menus.graph import mermaid
from menus.proof.roads import unreachable
from tests.menus.small import FACTS, dial, small

KNOWN = small("""
  home:
    kind: choose
    text: {en: Home.}
    options: [{key: "1", text: {en: Go on}, set: {problem: leak}, go: same}]
  same:
    kind: choose
    need: nearby
    skip: {unless: incident.open, go: where}
    text: {en: "Reported: {incident}."}
    options:
      - {key: "1", text: {en: Same}, do: support, go: bye}
      - {key: "2", text: {en: Different}, go: where}
      - {key: "0", text: {en: Back}, go: back}
  where:
    kind: pick
    need: nearby
    text: {en: "Where?"}
    pick: {from: need, into: landmark}
    then: {do: file, go: bye}
    options: [{key: "0", text: {en: Back}, go: back}]
""")
OFTEN = small("""
  home:
    kind: choose
    text: {en: Home.}
    options: [{key: "1", text: {en: Go on}, go: same}]
  same:
    kind: choose
    need: nearby
    text:
      - {when: incident.dated, en: "{incident}, {expected}."}
      - {when: incident.open, en: "{incident}."}
      - {en: Nothing.}
    options:
      - {key: "1", text: {en: Same}, when: incident.open, go: bye}
      - {key: "1", text: {en: New}, unless: incident.open, go: bye}
      - {key: "2", text: {en: Different}, go: bye}
""")
PLACES = [{"value": "a", "label": {"en": "Market"}}]
NOTHING: Mapping[str, Any] = {"nearby": {"items": PLACES}}
PIPE: Mapping[str, Any] = {"nearby": {"items": PLACES, "slots": {"incident": "pipe"}, "facts": ["incident.open"]}}


def test_where_nothing_was_found_the_next_screen_shows_and_its_look_up_is_not_asked_again() -> None:
    need = walk(KNOWN, ["1"], FACTS)
    assert isinstance(need, Need)
    assert (need.key, need.effect, need.values) == ("1:nearby", False, {"problem": "leak"})
    facts = replace(FACTS, answers={"1:nearby": NOTHING["nearby"]})
    assert dial(KNOWN, ["1"], {}, facts).text == "CON Where?\n1 Market\n0 Back"
    assert trace(KNOWN, ["1"], facts).screens == ("home", "where")


def test_back_leads_past_it_to_where_she_came_from() -> None:
    shown = dial(KNOWN, ["1", "0"], NOTHING)
    assert (shown.text, shown.screen) == ("CON Home.\n1 Go on", "home")


def test_where_something_was_found_it_shows_and_back_leads_to_it() -> None:
    assert dial(KNOWN, ["1"], PIPE).text == "CON Reported: pipe.\n1 Same\n2 Different\n0 Back"
    assert dial(KNOWN, ["1", "2"], PIPE).text == "CON Where?\n1 Market\n0 Back"
    assert dial(KNOWN, ["1", "2", "0"], PIPE).screen == "same"
    assert dial(KNOWN, ["1", "2", "0", "0"], PIPE).screen == "home"


def test_a_screen_is_shown_as_on_the_phone_without_the_way_there() -> None:
    many = {"nearby": {"items": [{"value": str(n), "label": {"en": f"Market number {n}"}} for n in range(12)]}}
    for found, screen in ((PIPE, "same"), (NOTHING, "where"), (many, "where")):
        assert dial(KNOWN, ["1"], found).text == f"CON {face(KNOWN, screen, FACTS, found['nearby'])}"
    assert face(KNOWN, "home", FACTS, {}) == "Home.\n1 Go on"
    assert face(KNOWN, "bye", FACTS, {}).startswith("END ")


def test_on_a_screen_that_is_shown_stands_what_holds_for_whom_it_is_shown() -> None:
    assert face(OFTEN, "same", FACTS, NOTHING["nearby"]) == "Nothing.\n1 New\n2 Different"
    assert face(OFTEN, "same", FACTS, PIPE["nearby"]) == "pipe.\n1 Same\n2 Different"


def test_what_it_leads_to_is_reached_and_drawn() -> None:
    assert "where" not in unreachable(KNOWN)
    assert '    s_same -->|"by itself unless incident.open"| s_where' in mermaid(KNOWN).splitlines()
