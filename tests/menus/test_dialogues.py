"""The written dialogues of `dialogues/`: R1 to R16 screen by screen, P1 to P8 as whole paths, each file one test."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from gateway.trial.scene import Scene
from menus import script
from menus.engine import Catalogue
from menus.tree import Menu
from tests.menus.walking import MONDAY, kakamega

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: str(path.stem))
def test_a_dialogue_reads_as_written(menu: Menu, catalogue: Catalogue, path: Path) -> None:
    played = script.replay(script.load(path), lambda: Scene(kakamega(), menu, catalogue, MONDAY))

    assert [str(problem) for problem in played.problems] == []
    assert "\n".join(map(str, played.differences)) == ""


def test_the_dialogues_show_every_screen_of_the_tree_in_every_language(menu: Menu, catalogue: Catalogue) -> None:
    written: set[str] = set()
    shown: dict[str, set[tuple[str, str]]] = defaultdict(set)

    class Noting(Scene):
        """Notes which screens, in which languages, a text is."""

        def dial(self, dialled: str) -> str:
            return self.noted(super().dial(dialled))

        def type(self, typed: str) -> str:
            return self.noted(super().type(typed))

        def noted(self, text: str) -> str:
            assert self.handset.shown
            shown[text].add((self.handset.shown.screen, self.handset.language))
            return text

    for path in DIALOGUES:
        dialogues = script.load(path)
        script.replay(dialogues, lambda: Noting(kakamega(), menu, catalogue, MONDAY))
        written |= {step.screen for steps in dialogues.dialogues for step in steps if step.screen}

    every = {(screen, language) for screen in menu.screens for language in menu.languages}
    assert every - set().union(*(shown[text] for text in written)) == set()
