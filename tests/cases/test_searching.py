"""Search: words of residents and their places, newest first, within what an officer may see and nothing else."""

from __future__ import annotations

import pytest

from gateway.cases import conflicts, searching
from gateway.db import officer_session
from gateway.people.models import Officer, Role
from tests.cases.stage import AMINA, SHEYWE, Stage


@pytest.fixture
def officer(stage: Stage) -> Officer:
    """The ward administrator of Shirere."""
    return stage.officer()


def found(stage: Stage, officer: Officer, words: str, after: str | None = None) -> list[str]:
    with officer_session(stage.engine, officer) as session:
        return [case.reference for case in searching.find(session, officer, words, after).cases]


def test_words_are_found_in_what_was_written_and_in_the_place_newest_first(stage: Stage, officer: Officer) -> None:
    told = stage.file(words="Bomba limepasuka tangu jana")
    placed = stage.file(landmark="Bomba la mzee")
    stage.file(words="Hakuna taa")
    assert found(stage, officer, "bomba") == [placed, told]
    assert found(stage, officer, "BOMBA jana") == [told]
    assert found(stage, officer, "bomba taa") == []


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("limepas", 1),
        ("limepas tangu", 0),
        ('"limepasuka tangu"', 1),
        ('"tangu limepasuka"', 0),
        ("limepasuka or imekatika", 1),
        ("bomba -limepasuka", 0),
        ("ng'ombe", 1),
        ("", 0),
        ("   ", 0),
        ("!!!", 0),
        ("-", 0),
        ("\0bomba\0", 1),
        ("x" * 5000, 0),
        ("bomba " * 500, 1),
        ("'; DROP TABLE cases; --", 0),
        ("bomba':* & !(", 1),
        ("bomba | taa", 0),
        ("<-> (", 0),
        ("😀", 0),
    ],
)
def test_what_is_typed_is_words_and_nothing_else(stage: Stage, officer: Officer, words: str, number: int) -> None:
    stage.file(words="Bomba limepasuka tangu jana, ng'ombe wanakunywa")
    assert len(found(stage, officer, words)) == number


def test_a_long_list_goes_on_page_by_page_without_a_gap(stage: Stage, officer: Officer) -> None:
    filed = [stage.file(words="Hakuna maji", phone=None) for _ in range(searching.PAGE * 2 + 3)]
    pages, after = [], None
    with officer_session(stage.engine, officer) as session:
        while True:
            page = searching.find(session, officer, "maji", after)
            pages.append([case.reference for case in page.cases])
            after = page.older
            if after is None:
                break
    assert [len(page) for page in pages] == [25, 25, 3]
    assert [one for page in pages for one in page] == filed[::-1]


def test_another_ward_a_confidential_report_and_what_is_about_her_are_not_found(stage: Stage, officer: Officer) -> None:
    ombudsman = stage.officer(Role.OMBUDSMAN)
    elsewhere = stage.file(words="Bomba limepasuka", ward_code=SHEYWE)
    secret = stage.file(category="STAFF", words="Bomba la rushwa", phone=AMINA)
    about = stage.file(category="STAFF", words="Bomba la afisa", phone=AMINA)
    stage.do(conflicts.name, about, ombudsman, [officer.id])
    stage.set("UPDATE cases SET sensitive = false, words = 'Bomba la afisa' WHERE reference = :about", about=about)
    assert found(stage, officer, "bomba") == []
    assert found(stage, ombudsman, "bomba") == []
    assert found(stage, stage.officer(), "bomba") == [about]
    assert found(stage, stage.officer(Role.SUB_COUNTY), "bomba") == [about, elsewhere]
    assert found(stage, officer, "bomba", after=elsewhere) == found(stage, officer, "bomba", after=secret) == []
