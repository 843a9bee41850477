"""The landmarks of a ward: which stand on the phone, in what order, and what officers' corrections teach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.cases import conflicts, erasing, guesses, landmarks, placing, retention
from gateway.cases.actions import Refused
from gateway.cases.desk_models import WardLandmark
from gateway.cases.landmarks import COUNTED
from gateway.cases.models import Case
from gateway.people.models import Officer, Role
from tests.cases.stage import SHEYWE, SHIRERE, Stage

COUNTYS = [("MARKET", "Soko Shirere"), ("CLINIC", "Zahanati"), ("SCHOOL", "Shule msingi")]


@pytest.fixture
def rose(stage: Stage) -> Officer:
    """The ward administrator of Shirere."""
    return stage.officer()


def shown(stage: Stage, ward: int = SHIRERE) -> list[tuple[str, str]]:
    with stage.transaction() as session:
        found = landmarks.shown(session, stage.office.county, ward)
    return [(value, label["sw"]) for value, label in found]


def add(stage: Stage, officer: Officer, *names: str, ward: int = SHIRERE) -> int:
    with stage.transaction() as session:
        return landmarks.add(session, ward, names, officer)


def kept(stage: Stage) -> Mapping[str, tuple[bool, int]]:
    """By name: whether it is on the list for the phone, and how often it was used."""
    with stage.transaction() as session:
        return {one.name: (one.shown, one.uses) for one in landmarks.of_ward(session, SHIRERE)}


def recount(stage: Stage) -> int:
    with stage.transaction() as session:
        return landmarks.recount(session, stage.office, stage.now)


def place(stage: Stage, reference: str, officer: Officer, name: str) -> None:
    stage.do(placing.place, reference, officer, name)


# The phone


def test_where_the_ward_has_none_of_its_own_the_countys_stand_there(stage: Stage) -> None:
    assert shown(stage) == COUNTYS
    assert shown(stage, SHEYWE)[0] == ("MARKET", "Soko")
    assert shown(stage, 1) == []


def test_its_own_stand_there_instead_at_most_three_and_the_most_used_first(stage: Stage, rose: Officer) -> None:
    assert add(stage, rose, "Kona mbaya", "Mbele Sacco", "Stendi", "Daraja mbili") == 4
    assert [name for _, name in shown(stage)] == ["Kona mbaya", "Mbele Sacco", "Stendi"]
    for name, times in (("Stendi", 1), ("Daraja mbili", 3)):
        for _ in range(times):
            stage.file(phone=stage.phone(), landmark=name)
    assert recount(stage) == 2
    assert [name for _, name in shown(stage)] == ["Daraja mbili", "Stendi", "Kona mbaya"]
    assert all(value.startswith("w") and value[1:].isdigit() for value, _ in shown(stage))
    assert shown(stage, SHEYWE)[0] == ("MARKET", "Soko")


def test_a_name_is_on_the_list_once_however_it_is_written(stage: Stage, rose: Officer) -> None:
    assert add(stage, rose, "Kona mbaya", "KONA MBAYA") == 1
    assert add(stage, rose, "kona Mbaya") == 0
    assert add(stage, rose, "Kona mbaya", ward=SHEYWE) == 1
    assert kept(stage) == {"Kona mbaya": (True, 0)}


def test_what_is_chosen_says_the_place_in_words_the_countys_by_its_code(stage: Stage, rose: Officer) -> None:
    add(stage, rose, "Kona mbaya")
    (value, label), *_ = [(value, {"sw": name}) for value, name in shown(stage)]
    assert landmarks.item(value, label)["sets"] == {"place_words": "Kona mbaya"}
    assert landmarks.item("MARKET", {"sw": "Soko"})["sets"] == {"place_words": ""}


def test_one_is_taken_off_put_on_again_and_deleted_for_good(stage: Stage, rose: Officer) -> None:
    add(stage, rose, "Kona mbaya", "Stendi")
    with stage.transaction() as session:
        one, other = landmarks.of_ward(session, SHIRERE)
        assert landmarks.take_off(session, SHIRERE, one.id)
    assert [name for _, name in shown(stage)] == ["Stendi"]
    with stage.transaction() as session:
        assert not landmarks.put_on(session, SHIRERE, one.id, "stendi")
        assert landmarks.put_on(session, SHIRERE, one.id, "Kona")
        assert not landmarks.remove(session, SHEYWE, one.id)
        assert landmarks.remove(session, SHIRERE, other.id)
        assert not landmarks.remove(session, SHIRERE, other.id)
        assert not landmarks.take_off(session, SHIRERE, other.id)
    assert kept(stage) == {"Kona": (True, 0)}
    assert stage.count(WardLandmark) == 1


# Uses


def test_uses_are_those_of_half_a_year_and_of_nothing_confidential(stage: Stage, rose: Officer) -> None:
    add(stage, rose, "Kona mbaya")
    old, secret, practice = (stage.file(phone=stage.phone(), landmark="kona MBAYA") for _ in range(3))
    stage.file(phone=stage.phone(), landmark="Kona mbaya", ward_code=SHEYWE)
    stage.file(phone=stage.phone(), landmark="Kona mbaya")
    assert recount(stage) == 1
    assert kept(stage) == {"Kona mbaya": (True, 4)}
    before = stage.now - COUNTED - timedelta(days=1)
    stage.set("UPDATE cases SET received_at = :at WHERE reference = :one", at=before, one=old)
    stage.set("UPDATE cases SET sensitive = true WHERE reference = :one", one=secret)
    stage.set("UPDATE cases SET practice = true WHERE reference = :one", one=practice)
    recount(stage)
    assert kept(stage) == {"Kona mbaya": (True, 1)}
    assert recount(stage) == 0


def test_what_was_only_learned_and_is_used_no_longer_is_forgotten(stage: Stage, rose: Officer) -> None:
    add(stage, rose, "Kona mbaya")
    with stage.transaction() as session:
        landmarks.learn(session, SHIRERE, "kwa Otieno", rose)
    recount(stage)
    assert kept(stage) == {"Kona mbaya": (True, 0), "kwa Otieno": (False, 0)}
    stage.set("UPDATE ward_landmark SET added_at = :at", at=stage.now - COUNTED - timedelta(days=1))
    assert recount(stage) == 1
    assert kept(stage) == {"Kona mbaya": (True, 0)}


def test_a_name_that_was_shortened_for_the_phone_keeps_the_uses_of_the_long_one(stage: Stage, rose: Officer) -> None:
    long = "Mbele ya kanisa la PEFA"
    for _ in range(4):
        stage.file(phone=stage.phone(), landmark=long)
    place(stage, stage.file(phone=stage.phone()), rose, long)
    add(stage, rose, "Stendi")
    recount(stage)
    with stage.transaction() as session:
        one = next(one for one in landmarks.of_ward(session, SHIRERE) if one.name == long)
        assert landmarks.put_on(session, SHIRERE, one.id, "Mbele PEFA")
    stage.file(phone=stage.phone(), landmark="mbele PEFA")
    recount(stage)
    assert kept(stage) == {"Mbele PEFA": (True, 6), "Stendi": (True, 0)}
    place(stage, stage.file(phone=stage.phone()), rose, "mbele ya kanisa la PEFA")
    assert kept(stage)["Mbele PEFA"] == (True, 7), "it is known, and learned no second time"
    assert stage.count(WardLandmark) == 2
    assert recount(stage) == 0


def test_what_is_kept_from_an_officer_is_in_no_count_that_she_reads(stage: Stage, rose: Officer) -> None:
    add(stage, rose, "Stendi")
    reference, ombudsman = stage.file(landmark="Stendi"), stage.officer(Role.OMBUDSMAN)
    stage.set("UPDATE cases SET sensitive = true, desk = 'confidential'")
    stage.do(conflicts.name, reference, ombudsman, [rose.id])
    stage.set("UPDATE cases SET sensitive = false, desk = 'ward'")
    recount(stage)
    assert kept(stage) == {"Stendi": (True, 0)}


# What is forgotten with a report


def take_back(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference).with_for_update()).one()
        erasing.withdraw(session, stage.office, case, stage.now)


def erase(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        retention.anonymise(session, [stage.case(reference).id], stage.now, over=False)


def hide(stage: Stage, reference: str) -> None:
    stage.do(guesses.hide, reference, stage.officer(), "STAFF", "Karani")


@pytest.mark.parametrize("what", [take_back, erase, hide])
def test_a_name_that_was_only_learned_goes_with_the_last_report_that_has_it(
    stage: Stage, rose: Officer, what: Callable[[Stage, str], None]
) -> None:
    add(stage, rose, "Stendi")
    hers, other, away = (stage.file(phone=stage.phone(), ward_code=ward) for ward in (SHIRERE, SHIRERE, SHEYWE))
    for name in ("Kwa Mama Akinyi", "Soko Kuu", "Stendi", "Kwa Otieno"):
        place(stage, hers, rose, name)
    place(stage, other, rose, "soko kuu")
    place(stage, away, stage.officer(ward_code=SHEYWE), "Kwa Otieno")
    what(stage, hers)
    assert kept(stage) == {"Stendi": (True, 1), "Soko Kuu": (False, 2)}
    assert stage.count(WardLandmark) == 3, "what is called so elsewhere is another place"
    what(stage, other)
    assert kept(stage) == {"Stendi": (True, 1)}


def test_of_a_name_that_was_shortened_the_long_one_is_forgotten_with_the_last_report_that_has_it(
    stage: Stage, rose: Officer
) -> None:
    reference = stage.file()
    place(stage, reference, rose, "Nyuma ya kwa Mama Akinyi")
    with stage.transaction() as session:
        [one] = landmarks.of_ward(session, SHIRERE)
        assert landmarks.put_on(session, SHIRERE, one.id, "Nyuma ya duka")
    take_back(stage, reference)
    with stage.transaction() as session:
        [one] = landmarks.of_ward(session, SHIRERE)
        assert (one.name, one.shown, one.learned_as) == ("Nyuma ya duka", True, None)


# What officers correct


def test_an_officer_corrects_the_place_and_the_history_keeps_the_old_one(stage: Stage, rose: Officer) -> None:
    reference = stage.file(landmark="mbele ya kanisa")
    before = stage.case(reference)
    place(stage, reference, rose, "Kona mbaya")
    case = stage.case(reference)
    assert (case.landmark, case.status, case.desk_due_at) == ("Kona mbaya", before.status, before.desk_due_at)
    event = stage.events(reference)[-1]
    assert (event.name, event.words, event.officer_id, event.data) == (
        "placed", "mbele ya kanisa", rose.id, {"again": True},
    )  # fmt: skip
    place(stage, reference, rose, "Kona mbaya")
    assert stage.history(reference) == ["filed", "placed"]


def test_a_name_that_nobody_had_is_learned_and_stands_on_no_phone(stage: Stage, rose: Officer) -> None:
    for _ in range(2):
        place(stage, stage.file(phone=stage.phone()), rose, "Kona mbaya")
    place(stage, stage.file(phone=stage.phone()), rose, "Zahanati")
    assert kept(stage) == {"Kona mbaya": (False, 2)}
    assert shown(stage) == COUNTYS
    assert recount(stage) == 0


def test_learned_names_and_the_countys_can_be_chosen_for_the_next_case(stage: Stage, rose: Officer) -> None:
    add(stage, rose, "Stendi", "zahanati")
    place(stage, stage.file(), rose, "Kona mbaya")
    with stage.transaction() as session:
        assert landmarks.names(session, stage.office.county, SHIRERE) == [
            "Stendi", "zahanati", "Kona mbaya", "Soko Shirere", "Shule msingi",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "why"), [("kwa 0712 345 678", "No telephone numbers"), ("mahali pa hongo", "make a report confidential")]
)
def test_numbers_and_words_of_a_secret_are_no_place(stage: Stage, rose: Officer, name: str, why: str) -> None:
    reference = stage.file()
    with pytest.raises(Refused, match=why):
        place(stage, reference, rose, name)
    assert stage.case(reference).landmark is None
    assert stage.count(WardLandmark) == 0


def test_the_place_of_a_confidential_report_is_nobodys_to_set(stage: Stage) -> None:
    reference, ombudsman = stage.file(category="STAFF"), stage.officer(Role.OMBUDSMAN)
    with pytest.raises(Refused, match="confidential"):
        place(stage, reference, ombudsman, "Kona mbaya")
    assert stage.count(WardLandmark) == 0


def test_what_has_no_ward_has_no_place_in_one(stage: Stage) -> None:
    reference, desk = stage.file(ward_code=None), stage.officer(Role.HOTLINE)
    with pytest.raises(Refused, match="ward first"):
        place(stage, reference, desk, "Kona mbaya")


def test_only_places_that_the_county_listed_stand_on_paper(stage: Stage) -> None:
    stage.set(
        "INSERT INTO ward_landmark (ward_code, name, shown) VALUES (1014, 'Soko Mjinga', true),"
        " (1014, 'Kwa Mama Otieno', false), (1012, 'Kona', true)"
    )
    with stage.transaction() as session:
        names = landmarks.listed(session, stage.office.county, SHIRERE)
    assert "Soko Mjinga" in names
    assert not names & {"Kwa Mama Otieno", "Kona"}
