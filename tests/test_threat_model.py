"""The threat model under test: every test that it names exists, so that the page cannot outlive what it promises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
COLUMNS = ["attack", "countermeasure", "test"]


def rows() -> Iterator[list[str]]:
    """The cells of every line of a table that is no head."""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells != COLUMNS and not set("".join(cells)) <= {"-"}:
            yield cells


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of what stands in a file, which is read and not run."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_the_page_has_a_table_for_each_attacker() -> None:
    attackers = re.findall(r"^## \d+\. ", PAGE, re.MULTILINE)
    assert len(attackers) == PAGE.count("| attack | countermeasure | test |") == 10


def test_each_attacker_is_told_what_is_not_countered() -> None:
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        if re.match(r"\d+\. ", section):
            assert "**Not countered:**" in section, section.splitlines()[0]


def test_every_countermeasure_names_a_test() -> None:
    without = [cells[0] for cells in rows() if len(cells) != len(COLUMNS) or not NAMED.search(cells[2])]
    assert without == []


def test_nothing_that_looks_like_a_test_is_written_so_that_it_is_passed_over() -> None:
    for cells in rows():
        assert len(NAMED.findall(cells[2])) == len(cells[2].split("<br>")), cells[0]


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED.findall(PAGE))))
def test_a_test_that_is_named_exists(path: str, name: str) -> None:
    assert (ROOT / path).is_file(), f"docs/threat-model.md names {path}, which is not there."
    assert name in names_in(path), f"docs/threat-model.md names {name}, which is not in {path}."
