"""Search: words of residents and their places, newest first, within what an officer may see and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from gateway.cases import conflicts, searching
from gateway.cases.models import Case
from gateway.cases.references import checked
from gateway.db import officer_session
from gateway.people.models import Officer, Role
from tests.cases.stage import AMINA, SHEYWE, Stage
from tests.cases.test_slips import fix_chance


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


def test_the_last_word_is_the_beginning_of_one_only_where_a_page_does_not_have_it_as_it_stands(
    stage: Stage, officer: Officer
) -> None:
    pipes = [stage.file(words="Bomba", phone=None) for _ in range(searching.PAGE)]
    pumps = stage.file(words="Bombani", phone=None)
    assert found(stage, officer, "bomba") == [pumps, *pipes[:0:-1]]
    pipes.append(stage.file(words="Bomba", phone=None))
    assert found(stage, officer, "bomba") == pipes[:1:-1] + pipes[1:2]
    assert pumps not in found(stage, officer, "bomba", after=pipes[1])
    assert found(stage, officer, "bo") == []


def test_either_half_of_a_reference_finds_it_and_of_no_other_ward(
    stage: Stage, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fix_chance(monkeypatch, *(checked(number) for number in (4_821_773, 5_932_884, 6_143_995)))
    hers, elsewhere = stage.file(), stage.file(ward_code=SHEYWE)
    secret = stage.file(category="STAFF", phone=AMINA)
    assert found(stage, officer, hers[:4]) == found(stage, officer, hers[4:]) == found(stage, officer, hers) == [hers]
    for other in (elsewhere, secret):
        assert (
            found(stage, officer, other[:4]) == found(stage, officer, other[4:]) == found(stage, officer, other) == []
        )
    assert found(stage, stage.officer(Role.OMBUDSMAN), secret[:4]) == []


def test_the_name_of_a_ward_or_a_sub_county_is_its_cases(stage: Stage, officer: Officer) -> None:
    above = stage.officer(Role.SUB_COUNTY)
    pipe, lamp = stage.file(words="Bomba limepasuka"), stage.file(words="Hakuna taa")
    there = stage.file(words="Bomba tena", ward_code=SHEYWE)
    told = stage.file(words="Barabara ya Shirere", ward_code=SHEYWE)

    def placed(who: Officer, words: str) -> list[str]:
        with officer_session(stage.engine, who) as session:
            return [case.reference for case in searching.find(session, who, words, None, stage.office.county).cases]

    assert placed(above, "Shirere") == [told, lamp, pipe]
    assert placed(above, "bomba shirere") == placed(above, "Shirere ward bomba") == [pipe]
    assert placed(above, "bomba Lurambi") == [there, pipe]
    assert placed(officer, "Sheywe") == placed(officer, "bomba sheywe") == []
    assert placed(above, '"bomba shirere"') == []
    assert found(stage, above, "shirere") == [told]


def test_what_is_open_or_over_is_told_apart(stage: Stage, officer: Officer) -> None:
    opened, over = (stage.file(words="Bomba limepasuka") for _ in range(2))
    stage.set("UPDATE cases SET status = 'closed' WHERE reference = :over", over=over)
    with officer_session(stage.engine, officer) as session:
        cases = dict(session.execute(select(Case.id, Case.reference)).all())
        for is_open, should in ((True, [opened]), (False, [over]), (None, [over, opened])):
            ids = searching.ids(session, "limepas", before=None, most=10, is_open=is_open)
            assert [cases[number] for number in ids] == should


@pytest.mark.parametrize("sign", ["#ward:", "#open", "#sub_county:", "#desk"])
def test_nobody_can_type_what_only_the_database_writes(stage: Stage, sign: str) -> None:
    stage.file(words="Bomba limepasuka")
    hotline = stage.officer(Role.HOTLINE)
    for typed in (sign, f"{sign}{SHEYWE}", f'"{sign}"', f"'{sign}' or x"):
        assert found(stage, hotline, typed) == found(stage, stage.officer(), typed) == []


def test_whom_somebody_waits_to_hear_from_by_telephone_is_found_by_the_hotline_alone(stage: Stage) -> None:
    hotline, other = stage.officer(Role.HOTLINE), stage.officer(Role.WARD, ward_code=SHEYWE)
    reference = stage.file(words="Bomba limepasuka")
    assert found(stage, hotline, "limepasuka") == []
    stage.set("INSERT INTO call_back (case_id, hour, due_at) SELECT id, 'any', now() FROM cases")
    assert found(stage, hotline, "limepasuka") == [reference]
    assert found(stage, other, "limepasuka") == []


def test_whom_the_hotline_is_to_call_is_found_though_a_page_is_full_without_her(stage: Stage) -> None:
    hotline = stage.officer(Role.HOTLINE)
    desk = [stage.file(words="Hakuna maji", ward_code=None, phone=None) for _ in range(searching.PAGE + 1)]
    called_back = stage.file(words="Hakuna maji")
    stage.set("INSERT INTO call_back (case_id, hour, due_at) SELECT id, 'any', now() FROM cases WHERE ward_code > 0")
    assert found(stage, hotline, "maji") == [called_back, *desk[2:][::-1]]
    assert found(stage, hotline, "maji", after=desk[2]) == desk[1::-1]


def test_erased_words_are_found_no_more(stage: Stage, officer: Officer) -> None:
    reference = stage.file(words="Bomba limepasuka")
    stage.set("UPDATE cases SET words = NULL, landmark = NULL")
    assert found(stage, officer, "limepasuka") == []
    assert found(stage, officer, reference) == [reference]


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
