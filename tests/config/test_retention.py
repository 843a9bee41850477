"""retention.yml: every class with its months and its reason, every mistake with its line; and what the law fixes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.charter import Term, TermUnit
from config.county import COUNTIES, County, Kept, load
from config.rights import RIGHTS
from menus.marked import Mistakes

MINIMAL = Path(__file__).parent / "counties" / "minimal"
LAW = {
    "data_see": Term(7, TermUnit.DAYS),
    "data_correct": Term(14, TermUnit.DAYS),
    "data_erase": Term(14, TermUnit.DAYS),
    "information": Term(21, TermUnit.DAYS),
    "information_life": Term(48, TermUnit.HOURS),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MINIMAL, tmp_path / "minimal"))


@pytest.mark.parametrize("county", [load(COUNTIES / "kakamega"), load(MINIMAL)])
def test_a_county_says_of_every_class_how_long_and_why(county: County) -> None:
    assert set(county.retention) == set(Kept)
    assert all(1 <= one.months <= 240 and one.why for one in county.retention.values())


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("months: 24", "months: 0", "1: expected a whole number from 1 to 240, found `0`"),
        ("months: 24", "months: 2 years", "1: expected a whole number from 1 to 240, found `2 years`"),
        ("months: 24", "months: 999", "1: expected a whole number from 1 to 240, found `999`"),
        ("months: 24, ", "", "1: `months` is missing"),
        (", why: A defect comes back.", "", "1: `why` is missing"),
        ("why: A defect comes back.", 'why: " "', "1: the reason is empty: why is it kept so long?"),
        ("why: A defect comes back.", f"why: {'x' * 201}", "1: the reason has 201 letters, at most 200 are read"),
        ("grievance:", "grievances:", "1: unknown field `grievances`; did you mean `grievance`?"),
        ("address: {months: 12, why: A break-in may be found late.}\n", "", "1: `address` is missing"),
        ("{months: 24, why: A defect comes back.}", "24", "1: expected a mapping (`name: value` lines)"),
    ],
)
def test_a_mistake_is_told_with_its_line(folder: Path, old: str, new: str, mistake: str) -> None:
    path = folder / "retention.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Mistakes) as refused:
        load(folder)
    assert f"minimal/retention.yml:{mistake}" in [str(problem) for problem in refused.value.problems]


def test_without_the_file_a_county_is_refused(folder: Path) -> None:
    (folder / "retention.yml").unlink()
    with pytest.raises(Mistakes, match=r"minimal/retention\.yml:1: cannot be read: FileNotFoundError"):
        load(folder)


@pytest.mark.parametrize("code", LAW)
def test_the_laws_times_stand_in_every_charter_and_know_no_waiting(code: str) -> None:
    charter = load(MINIMAL).charter
    assert RIGHTS[code].answer == charter.term("resolve", code) == LAW[code]
    assert charter.term("pause_limit", code).amount == 0


def test_no_county_may_change_the_laws_times(folder: Path) -> None:
    path = folder / "charter.yml"
    text = path.read_text(encoding="utf-8").replace("by_category:\n", "by_category:\n  data_see: {resolve: 90 days}\n")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Mistakes, match="there is no category `data_see`"):
        load(folder)
