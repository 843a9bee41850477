"""What menus/README.md says: its example runs, its tables are the vocabulary, its commands and error lines exist."""

from __future__ import annotations

import ast
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import click
import pytest

import gateway.cli  # noqa: F401  (adds every command to the group of the menus)
import menus
from gateway.commands.menus import menus_group
from menus import engine, reader, vocabulary
from menus.engine import Catalogue, Facts
from menus.tree import Kind
from tests.menus.conftest import TREE
from tests.menus.small import dial

ROOM = Path(menus.__file__).parent
README = (ROOM / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def blocks(language: str, holding: str = "") -> list[str]:
    return [block for name, block in BLOCKS if name == language and holding in block]


def tables_below(heading: str) -> list[list[str]]:
    """The rows of the tables below a heading, each as its cells, without their heads."""
    text = README.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line[1:-1].split("|") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def names_in(cells: list[str]) -> list[str]:
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_example_runs_and_prints_what_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree,), (program,), (printed,) = blocks("yaml", "tanker"), blocks("python"), blocks("text", "CON Water tanker.")
    (tmp_path / "tanker.yml").write_text(tree, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown = io.StringIO()
    with redirect_stdout(shown):
        exec(compile(program, "README.md", "exec"), {"__name__": "__main__"})
    assert shown.getvalue() == printed


def test_the_modules_that_are_called_enough_are_all_that_a_walk_needs() -> None:
    told = README.split("Take the folder as it", 1)[1].split("are enough", 1)[0]
    needed: set[str] = set()
    edge = {"reader", "engine"}
    while edge:
        needed |= edge
        edge = {found for name in edge for found in _imported(ROOM / f"{name}.py")} - needed
    assert set(re.findall(r"`(\w+)\.py`", told)) == needed


def _imported(path: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {node.module.removeprefix("menus.") for node in nodes if node.module and node.module.startswith("menus.")}


def test_the_worked_change_is_one_of_the_countys_own_tree_and_shows_what_it_says(catalogue: Catalogue) -> None:
    source = TREE.read_text(encoding="utf-8")
    before, after = blocks("yaml", "fixed_no:")
    assert before in source
    for tree, printed in zip((source, source.replace(before, after)), blocks("text", "Pole. 4821 7739"), strict=True):
        facts = Facts(catalogue, "sw", facts=frozenset({"question.fixed", "matter.pending"}))
        answers = {"dispute": {"slots": {"reference": "4821 7739"}}}
        assert dial(reader.parse(tree, "feedback.yml"), ["8"], answers, facts).text == f"CON {printed.rstrip()}"


def test_the_two_lines_that_add_a_language_do_so() -> None:
    (lines,) = blocks("yaml", "fallback: {luy: sw}\n")
    source = TREE.read_text(encoding="utf-8").replace("languages: [sw, en]\n", lines)
    assert reader.parse(source, "feedback.yml").fallback == {"luy": "sw"}


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("#### Conditions", vocabulary.FACTS),
        ("#### Slots", vocabulary.SLOTS),
        ("#### Values", vocabulary.VALUES),
        ("#### Effects", vocabulary.EFFECTS),
        ("#### Look-ups", vocabulary.NEEDS),
        ("#### Lists", vocabulary.LISTS),
        ("#### Words and replies", (*vocabulary.WORDS, *vocabulary.REPLIES)),
    ],
)
def test_a_table_has_every_name_of_the_vocabulary_once(heading: str, names: tuple[str, ...]) -> None:
    rows = tables_below(heading)
    assert sorted(names_in([row[0] for row in rows])) == sorted(names)
    assert all(row[1] for row in rows)


def test_the_table_of_kinds_says_what_each_must_and_may_have() -> None:
    rows = [row for row in tables_below("### What a screen looks like") if len(row) == 4]
    assert [names_in(row[:1]) for row in rows] == [[kind.value] for kind in Kind]
    for kind, row in zip(Kind, rows, strict=True):
        must, may = reader._FIELDS[kind]
        assert names_in(row[2:3]) == [name for name in must if name != "text"]
        assert names_in(row[3:]) == list(may)


def test_every_field_of_a_tree_is_explained() -> None:
    rows = [row for row in tables_below("### What a screen looks like") if len(row) == 2]
    explained = {name.split(":")[0] for name in names_in([row[0] for row in rows])}
    fields = {*reader._ANY_FIELD, *reader._OUTCOME, "key", "text", "when", "unless", "beside", "printed", "uncounted"}
    in_the_table_of_kinds = {"yes", "no", "into", "digits"}
    assert explained == fields - in_the_table_of_kinds


def test_every_error_line_that_is_explained_can_be_said() -> None:
    sources = " ".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
    said = sources + re.sub(r"\{\{?[^{}]*\}?\}", "…", sources).replace("`", "")
    rows = tables_below("### What the error lines mean")
    assert len(rows) > 15
    assert [line for line in names_in([row[0] for row in rows]) if line not in said] == []


def test_every_command_and_option_that_is_named_exists() -> None:
    told = re.findall(r"flask menus (\w+)((?: (?:--[a-z]+|FILE|[0-9]+|luy))*)", README)
    assert {name for name, _ in told} >= {"check", "try", "graph", "reload"}
    for name, options in told:
        assert set(re.findall(r"--[a-z]+", options)) <= _options_of(name), name
    everywhere = {option for name in menus_group.commands for option in _options_of(name)}
    assert set(re.findall(r"`(--[a-z]+)", README)) <= everywhere


def _options_of(command: str) -> set[str]:
    params = menus_group.commands[command].params
    return {name for param in params if isinstance(param, click.Option) for name in param.opts}


def test_files_that_are_named_exist() -> None:
    for name in set(re.findall(r"`((?:menus|config|tests|gateway)/[\w/.]+)`", README)) - {
        "menus/sms.yml",
        "menus/feedback.yml",
    }:
        assert (ROOM.parent / name).exists(), name
    for name in set(re.findall(r"`((?:proof/)?\w+\.py|(?:trees|texts)/\w+\.yml)`", README)):
        assert (ROOM / name).exists(), name


def test_the_numbers_of_the_engine_are_those_of_the_program() -> None:
    assert f"follows {engine.MAX_INPUTS} inputs at most" in " ".join(README.split())
    assert f"cut to {engine.TYPED_SHOWN} septets" in README
