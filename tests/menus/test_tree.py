"""The loader of trees: golden files, right ones and wrong ones, and how a day reads in a tree's words."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest

from menus import reader
from menus.engine import Catalogue, Facts, Show, walk
from menus.marked import Mistakes
from menus.tree import Kind, Menu
from tests.menus.conftest import TREE

HERE = Path(__file__).parent
VALID = sorted((HERE / "valid").glob("*.yml"))
INVALID = sorted((HERE / "invalid").glob("*.yml"))


def mistakes_in(path: Path) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        reader.load(path)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_wrong_tree_is_refused_with_the_mistakes_that_its_first_lines_name(path: Path) -> None:
    first_lines = re.match(r"(# [0-9]+: .*\n)+", path.read_text(encoding="utf-8"))
    assert first_lines
    expected = [line.removeprefix("# ") for line in first_lines[0].splitlines()]
    assert mistakes_in(path) == [f"{path.name}:{mistake}" for mistake in expected]


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_right_tree_is_read_and_can_be_walked(path: Path) -> None:
    menu = reader.load(path)
    empty = Catalogue(lists={}, wards={}, slots={}, facts=frozenset())
    assert isinstance(walk(menu, [], Facts(empty, menu.languages[0])), Show)


def test_the_right_trees_have_screens_of_every_kind() -> None:
    assert {screen.kind for path in VALID for screen in reader.load(path).screens.values()} == set(Kind)


def test_the_name_under_which_an_option_is_printed_is_kept_with_it() -> None:
    options = reader.load(HERE / "valid" / "every_field.yml").screens["home"].options
    assert [(option.key, option.printed) for option in options if option.printed] == [("1", "late_2")]


def test_the_same_source_is_read_from_a_file_and_from_a_text_under_any_name() -> None:
    path = HERE / "valid" / "minimal.yml"
    assert reader.parse(path.read_text(encoding="utf-8"), "kept.yml") == reader.load(path)
    with pytest.raises(Mistakes) as caught:
        reader.parse("languages: []\n", "kept.yml")
    assert {problem.file for problem in caught.value.problems} == {"kept.yml"}


def test_a_file_that_is_not_there_or_not_text_is_one_mistake(tmp_path: Path) -> None:
    path = tmp_path / "tree.yml"
    assert mistakes_in(path) == ["tree.yml:1: cannot be read: FileNotFoundError"]
    path.write_bytes(b"languages: [sw]\nstart: \xff\xfe\n")
    assert mistakes_in(path) == ["tree.yml:1: cannot be read: UnicodeDecodeError"]


def test_every_byte_of_the_file_changes_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "tree.yml"
    path.write_bytes((HERE / "valid" / "minimal.yml").read_bytes())
    before = reader.load(path).hash
    path.write_bytes(path.read_bytes() + b"\n")
    after = reader.load(path).hash
    assert before != after
    assert after == hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def test_the_countys_own_tree_has_no_mistake() -> None:
    assert reader.load(TREE).languages == ("sw", "en")


def test_days_and_months_read_in_the_words_of_the_tree(menu: Menu) -> None:
    day = date(2026, 12, 3)
    assert [menu.long_day(day, language) for language in menu.languages] == ["Alh 3 Des", "Thu 3 Dec"]
    assert [menu.short_day(day, language) for language in menu.languages] == ["3 Des", "3 Dec"]
    assert [menu.month(day, language) for language in menu.languages] == ["Des 2026", "Dec 2026"]
    assert menu.all_languages(lambda language: language.upper()) == {"sw": "SW", "en": "EN"}
    assert [menu.long_day(date(2026, 11, day), "sw")[:3] for day in range(23, 30)] == [
        "Jtt", "Jnn", "Jtn", "Alh", "Ijm", "Jms", "Jpl",
    ]  # fmt: skip
