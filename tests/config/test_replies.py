"""replies.yml: ready texts of a county, every mistake with its line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.county import COUNTIES, load
from config.replies import filled
from menus.marked import Mistakes

MINIMAL = Path(__file__).parent / "counties" / "minimal"
RIGHT = """\
- code: crew-tomorrow
  label: Crew comes
  ending: cannot_now
  categories: [OTHER]
  text: {sw: "Fundi atakuja {tomorrow}.", en: "The crew comes on {tomorrow}."}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = Path(shutil.copytree(MINIMAL, tmp_path / "minimal"))
    (copied / "replies.yml").write_text(RIGHT, encoding="utf-8")
    return copied


def test_a_county_may_bring_no_ready_texts() -> None:
    assert load(MINIMAL).replies == ()


def test_a_text_tells_what_it_is_for(folder: Path) -> None:
    (reply,) = load(folder).replies
    assert (reply.code, reply.label, reply.ending) == ("crew-tomorrow", "Crew comes", "cannot_now")
    assert (reply.fits("OTHER"), reply.fits("WATER")) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("{tomorrow}.", "{today}.", "5: `{today}` in `sw` is no slot"),
        ("[OTHER]", "[OTTER]", "4: there is no category `OTTER`; did you mean `OTHER`?"),
        ("cannot_now", "cannot", "3: `cannot` is not one of"),
        ("  label: Crew comes\n", "", "1: `label` is missing"),
        ('en: "The crew comes on {tomorrow}."', "", "5: `en` is missing"),
        ("Fundi atakuja", "Fundi" * 60, "5: `FundiFundi"),
        ("crew-tomorrow", "Crew", "1: `Crew` is not a code"),
        ("{tomorrow}.", "{problem}.", "5: `{problem}` in `sw` is no slot"),
        ("  ending: cannot_now\n", "  wait: maybe\n", "3: expected true or false"),
        ("  categories", "  wait: true\n  categories", "4: what has ended waits for no answer"),
        ("{tomorrow}.", "{tomorrow}. Jibu SMS hii.", "5: `sw` asks for an answer: say `wait: true`"),
        ("The crew", "Reply when", "5: `en` asks for an answer: say `wait: true`"),
    ],
)
def test_a_mistake_is_told_with_its_line(folder: Path, old: str, new: str, mistake: str) -> None:
    (folder / "replies.yml").write_text(RIGHT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Mistakes) as refused:
        load(folder)
    assert any(str(problem).startswith(f"minimal/replies.yml:{mistake}") for problem in refused.value.problems)


def test_what_is_not_known_leaves_no_hole() -> None:
    assert filled("Ratiba iko {ward} .", {}) == "Ratiba iko."
    assert filled("{tomorrow}: njoo {ward}.", {"tomorrow": "Jnn", "ward": "Shirere"}) == "Jnn: njoo Shirere."


def test_a_text_that_asks_something_says_that_the_case_waits(folder: Path) -> None:
    asking = RIGHT.replace("  ending: cannot_now\n", "  wait: true\n").replace("Fundi", "Jibu: fundi")
    (folder / "replies.yml").write_text(asking, encoding="utf-8")
    assert [reply.wait for reply in load(folder).replies] == [True]
    assert [reply.code for reply in load(COUNTIES / "kakamega").replies if reply.wait] == ["where-exactly"]


def test_no_ready_text_of_kakamega_names_an_officers_number() -> None:
    allowed = {"97771"}  # Kenya Power's own line, as in referrals.yml
    for reply in load(COUNTIES / "kakamega").replies:
        for wording in reply.text.values():
            digits = {word.strip(".,") for word in wording.split() if any(letter.isdigit() for letter in word)}
            assert digits <= allowed, reply.code
