"""The words that suggest a category: the lexicon as it is shipped, and every way in which one may be wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.county import County, Lexicon, load, resolve
from menus.marked import Mistakes

MINIMAL = Path(__file__).parent / "counties" / "minimal"
RIGHT = """\
WATER:
  sw: [maji, "*isima"]
  luy: [amatsi]
  problems:
    NO_WATER: {sw: [hakuna maji], en: [no water*], then: [hakuna]}
aside:
  sw: [karibu na soko]
no_ward:
  names: [mto Nzoia]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MINIMAL, tmp_path / "minimal"))


@pytest.fixture(scope="module")
def kakamega() -> County:
    return load(resolve("kakamega"))


def mistakes_in(folder: Path, lexicon: str) -> list[str]:
    (folder / "lexicon.yml").write_text(lexicon, encoding="utf-8")
    with pytest.raises(Mistakes) as caught:
        load(folder)
    return [str(problem) for problem in caught.value.problems]


def test_a_county_needs_no_lexicon(folder: Path) -> None:
    assert load(folder).lexicon == Lexicon()


def test_the_groups_of_a_list_are_read_one_after_the_other(folder: Path) -> None:
    (folder / "lexicon.yml").write_text(RIGHT, encoding="utf-8")
    lexicon = load(folder).lexicon
    water = lexicon.categories["WATER"]
    assert set(lexicon.categories) == {"WATER"}
    assert water.phrases == ("maji", "*isima", "amatsi")
    assert water.problems["NO_WATER"].phrases == ("hakuna maji", "no water*")
    assert water.problems["NO_WATER"].then == ("hakuna",)
    assert lexicon.aside == ("karibu na soko",)
    assert lexicon.no_ward == ("mto Nzoia",)


def test_weak_and_strong_phrases_are_kept_apart_from_the_others(folder: Path) -> None:
    extra = "  luy: [amatsi]\n  weak: [ndoo]\n  strong: [mfereji]\n"
    (folder / "lexicon.yml").write_text(RIGHT.replace("  luy: [amatsi]\n", extra), encoding="utf-8")
    water = load(folder).lexicon.categories["WATER"]
    assert (water.weak, water.strong) == (("ndoo",), ("mfereji",))
    assert water.phrases == ("maji", "*isima", "amatsi")


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("WATER:", "WATR:", "2: there is no category `WATR`; did you mean `WATER`?"),
        ("WATER:", "OTHER:", "2: `OTHER` is never suggested"),
        ("WATER:", "RATING:", "2: `RATING` is never suggested"),
        (
            "NO_WATER:",
            "NO_WATR:",
            "5: `WATER` has no problem `NO_WATR` that a text could suggest; did you mean `NO_WATER`?",
        ),
        ("NO_WATER:", "OTHER:", "5: `WATER` has no problem `OTHER` that a text could suggest"),
        ("luy:", "Luhya:", "3: `Luhya` is not a group of 2 to 20 small letters, such as `sw` or `sheng`"),
        ("luy:", "sw:", "3: `sw` is given twice"),
        ("[amatsi]", "amatsi", "3: expected a list (lines that begin with `-`)"),
        ("[amatsi]", "[maji]", "3: `maji` is given twice"),
        ("[hakuna maji]", "[maji]", "5: `maji` is given twice"),
        (
            "[amatsi]",
            "[ma*ji]",
            "3: `ma*ji` is not a phrase of words with at least three letters, `*` only at the ends of a word",
        ),
        (
            "[hakuna]",
            '["no"]',
            "5: `no` is not a phrase of words with at least three letters, `*` only at the ends of a word",
        ),
        ("{sw: [hakuna maji], en: [no water*], then: [hakuna]}", "[no]", "5: expected a mapping (`name: value` lines)"),
        ("  sw: [karibu na soko]", "  - karibu na soko", "7: expected a mapping (`name: value` lines)"),
        ("[karibu na soko]", '["ng\'ombe"]', "7: `ng'ombe` is not a phrase"),
    ],
)
def test_a_mistake_is_told_with_its_line(folder: Path, old: str, new: str, mistake: str) -> None:
    assert old in RIGHT
    found = mistakes_in(folder, RIGHT.replace(old, new, 1))
    assert any(line.startswith(f"minimal/lexicon.yml:{mistake}") for line in found), found


@pytest.mark.parametrize("category", ["GBV", "CORRUPT", "STAFF"])
def test_no_words_may_suggest_a_sensitive_category(folder: Path, category: str) -> None:
    assert mistakes_in(folder, f"{category}:\n  sw: [malalamiko]\n") == [
        f"minimal/lexicon.yml:2: `{category}` is sensitive: words may hide a text in sensitive.yml, none may suggest it"
        " here"
    ]


@pytest.mark.parametrize(
    "content",
    [b"", b"# no\n", b"plain", b"- a\n", b"WATER: {sw: {a: b}}\n", b"\xff\xfe", b"&a [*a]\n", b"? [a]\n: b\n"],
)
def test_any_content_is_refused_and_never_a_traceback(folder: Path, content: bytes) -> None:
    (folder / "lexicon.yml").write_bytes(content)
    with pytest.raises(Mistakes) as caught:
        load(folder)
    assert all(problem.file == "minimal/lexicon.yml" for problem in caught.value.problems)


def test_kakamega_has_words_for_each_category_that_a_list_shows_and_for_each_of_its_problems(kakamega: County) -> None:
    for category in kakamega.categories:
        if category.sensitive or not category.problems:
            continue
        speaking = kakamega.lexicon.categories[category.code]
        problems = {problem.code for problem in category.problems} - {"OTHER"}
        assert speaking.phrases
        assert set(speaking.problems) == problems
        assert all(problem.phrases for problem in speaking.problems.values())
