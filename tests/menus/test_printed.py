"""What stands on posters keeps its keys: a tree that moves them is refused until the record is written anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from menus.engine import Catalogue
from menus.marked import Mistakes
from menus.proof.check import check
from menus.proof.printed import FILE, Printed, changed, differences, load, standing, write
from menus.proof.situations import Longest
from menus.sms import Wordings
from menus.tree import Menu
from tests.menus.conftest import TREE
from tests.menus.small import CATALOGUE, small

POSTERS = """
  home:
    kind: choose
    text: {en: Welcome.}
    options:
      - {key: "1", printed: report, text: {en: Report}, go: bye}
      - {key: "3", printed: follow_up, text: {en: Follow up}, go: bye}
      - {key: "4", text: {en: More}, go: more}
  more:
    kind: choose
    text: {en: More.}
    options:
      - {key: "2", printed: secret, text: {en: Secret}, go: bye}
      - {key: "0", text: {en: Back}, go: back}
"""
RECORD = {
    "report": Printed("home", "1"),
    "follow_up": Printed("home", "3"),
    "secret": Printed("more", "4 2"),
}


def problems(old: str = "", new: str = "") -> list[str]:
    """What is wrong where `old` in the tree is replaced by `new`, and the record stays as it was."""
    assert not old or POSTERS.count(old) == 1
    return changed(RECORD, small(POSTERS.replace(old, new) if old else POSTERS))


def test_the_keys_are_those_from_the_first_screen_on() -> None:
    assert standing(small(POSTERS)) == RECORD
    assert problems() == []


def test_another_digit_is_a_problem_that_says_both() -> None:
    assert problems('key: "3", printed', 'key: "5", printed') == [
        "`follow_up` stands on posters with 3; the tree now has 5: put it back, or accept it with --reprint"
    ]


def test_another_digit_on_the_way_there_is_a_problem_too() -> None:
    assert problems('key: "4", text', 'key: "5", text') == [
        "`secret` stands on posters with 4 2; the tree now has 5 2: put it back, or accept it with --reprint"
    ]


def test_an_option_that_is_gone_is_a_problem() -> None:
    assert problems("printed: follow_up, ", "") == [
        "`follow_up` stands on posters with 3; the tree has no such option any more: "
        "put it back, or accept it with --reprint"
    ]


def test_an_option_of_another_screen_is_a_problem_though_its_digits_are_the_same() -> None:
    record = {**RECORD, "secret": Printed("elsewhere", "4 2")}

    assert changed(record, small(POSTERS)) == [
        "`secret` stands on posters as an option of `elsewhere`; it is now on `more`: "
        "put it back, or accept it with --reprint"
    ]


def test_an_option_that_is_not_on_record_is_a_problem() -> None:
    record = {name: one for name, one in RECORD.items() if name != "report"}

    assert changed(record, small(POSTERS)) == [
        "`report` is printed, but its key is not on record: put it there with --reprint"
    ]


def test_an_option_without_a_digit_of_its_own_cannot_be_printed() -> None:
    (problem,) = changed({}, small(POSTERS.replace('key: "2", printed', 'key: "+", printed')))[3:]

    assert problem.startswith("screen `more` (line ")
    assert problem.endswith("`secret` is printed, so it needs a digit of its own instead of `+`")


def test_a_record_that_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / FILE
    assert load(path) == {}

    write(path, small(POSTERS))

    assert load(path) == RECORD
    assert path.read_text().splitlines()[2:] == [
        "report: {screen: home, keys: '1'}",
        "follow_up: {screen: home, keys: '3'}",
        "secret: {screen: more, keys: 4 2}",
    ]


def test_a_tree_that_prints_nothing_has_a_record_too(tmp_path: Path) -> None:
    path = tmp_path / FILE

    write(path, small(re.sub(r"printed: \w+, ", "", POSTERS)))

    assert load(path) == {}


def test_mistakes_in_a_record_are_listed_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("report: {screen: home, kyes: 1}\nfollow_up: 3\n")

    with pytest.raises(Mistakes) as raised:
        load(path)

    assert [str(problem) for problem in raised.value.problems] == [
        "printed.yml:1: `keys` is missing",
        "printed.yml:1: unknown field `kyes`; did you mean `keys`?",
        "printed.yml:2: expected a mapping (`name: value` lines)",
    ]


def test_what_a_new_record_changes_is_said() -> None:
    record = {"report": Printed("home", "2"), "gone": Printed("home", "8"), "follow_up": Printed("home", "3")}

    assert differences(record, small(POSTERS)) == [
        "gone: was 8, is no longer there",
        "secret: 4 2, new",
        "report: was 2 on home, is 1 on home",
    ]
    assert differences(RECORD, small(POSTERS)) == []


def test_check_reports_it_with_the_rest() -> None:
    menu = small(POSTERS.replace('key: "3", printed', 'key: "5", printed'))

    report = check(menu, CATALOGUE, Wordings(("en",), {}), Longest({}, {}), record=RECORD)

    assert any(problem.startswith("`follow_up` stands on posters with 3") for problem in report.problems)


def test_the_countys_own_tree_has_the_keys_of_the_posters(menu: Menu, catalogue: Catalogue) -> None:
    record = load(TREE.with_name(FILE))

    assert changed(record, menu) == []
    assert {name: one.keys for name, one in record.items()} == {
        "report": "1", "follow_up": "3", "secret": "4", "call_me": "5",
    }  # fmt: skip
