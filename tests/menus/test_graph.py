"""The drawing of a tree: every screen and every arrow, in letters that mean nothing to Mermaid."""

from __future__ import annotations

import re

from menus.graph import mermaid
from menus.tree import BACK, Menu
from tests.menus.small import small

NODE = re.compile(r'    s_\w+(?:\[|\(\[|\[/|\[\\)"[^"]+"(?:\]|\]\)|/\]|\\\])')
ARROW = re.compile(r'    s_\w+ -->\|"[^"|]+"\| s_\w+')
ODD = small("""
  home:
    kind: choose
    text: {en: Welcome.}
    options:
      - {key: "1", text: {en: 'Say "hello" <b>|now|</b> #1; a&b [c] {ward}'}, do: language, go: "end"}
      - key: "2"
        when: case.known
        unless: case.late
        text: [{when: case.open, en: Not this}, {en: "100% sure, caf\\u00e9~"}]
        go: [{when: case.open, go: bye}, {go: words}]
      - {key: "0", text: {en: Back}, go: back}
  "end":
    kind: end
    text: {en: The end.}
  words:
    kind: words
    text: {en: Type.}
    into: words
    then: [{when: case.filed, do: add_words, go: bye}, {go: "odd name"}]
  "odd name":
    kind: number
    digits: 4
    text: {en: Number.}
    into: secret
    then: ward
""")


def test_the_countys_tree_is_drawn_whole_and_always_the_same(menu: Menu) -> None:
    head, *lines = mermaid(menu).splitlines()

    assert head == "flowchart TD"
    assert "    dial((dial)) --> s_home" in lines
    nodes = [line for line in lines if NODE.fullmatch(line)]
    arrows = [line for line in lines if ARROW.fullmatch(line)]
    assert len(nodes) == len(menu.screens)
    assert len(nodes) + len(arrows) + 1 == len(lines)
    assert {line.split("| ")[-1].strip() for line in arrows} >= {"s_filed", "s_done", "s_notice", "s_my_cases"}
    assert mermaid(menu) == mermaid(menu)


def test_the_number_of_arrows_is_the_number_of_steps_that_lead_on(menu: Menu) -> None:
    outcomes = [
        outcome
        for screen in menu.screens.values()
        for some in (screen.outcomes, screen.search, *(option.outcomes for option in screen.options))
        for outcome in some
    ]
    steps = [step for outcome in outcomes for step in outcome.steps if step.go != BACK]

    skips = [screen.skip for screen in menu.screens.values() if screen.skip]

    assert mermaid(menu).count("-->|") == len(steps) + len(skips)
    assert '    s_same -->|"by itself unless incident.open"| s_landmark' in mermaid(menu).splitlines()


def test_each_kind_of_screen_has_its_shape() -> None:
    drawn = mermaid(ODD).splitlines()

    assert '    s_home["home<br/>choose"]' in drawn
    assert '    s_end(["end<br/>end"])' in drawn
    assert '    s_words[\\"words<br/>words"\\]' in drawn
    assert '    s_odd_32_name[\\"odd name<br/>number"\\]' in drawn
    assert '    s_ward[/"ward<br/>pick"/]' in drawn


def test_arrows_say_the_key_the_wording_the_conditions_and_the_effect() -> None:
    drawn = mermaid(ODD).splitlines()

    sure = "2 100#37; sure, caf#233;#126;<br/>if case.known"
    assert f'    s_home -->|"{sure}<br/>if case.open<br/>unless case.late"| s_bye' in drawn
    assert f'    s_home -->|"{sure}<br/>unless case.late"| s_words' in drawn
    assert '    s_words -->|"any answer<br/>if case.filed<br/>does add_words"| s_bye' in drawn
    assert '    s_words -->|"any answer"| s_odd_32_name' in drawn
    assert '    s_ward -->|"from the list"| s_arrived' in drawn
    assert not any(BACK in line.lower() for line in drawn if line.startswith("    s_home -->"))


def test_a_long_wording_is_cut_and_nothing_in_it_is_taken_for_mermaid() -> None:
    (arrow,) = [line for line in mermaid(ODD).splitlines() if line.endswith("| s_end")]

    assert arrow == '    s_home -->|"1 Say #34;hello#34; #60;b#62;#124;now#124;#60;.<br/>does language"| s_end'
