"""Beside a case stand the ended ones that come closest to it, of those that its officer sees, and how they ended."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.cases import actions, experience, merging
from gateway.cases.models import Ending
from gateway.db import officer_session
from gateway.people.models import Officer, Role
from tests.cases.stage import AMINA, SHEYWE, SHIRERE, Stage


@pytest.fixture
def officer(stage: Stage) -> Officer:
    return stage.officer()


def ended(stage: Stage, ending: Ending = Ending.FIXED, reason: str = "Imetengenezwa", **given: Any) -> str:
    """A case that an officer of its ward, or the ombudsman, ended."""
    given = {"category": "WATER", "problem": "BURST_PIPE", "ward_code": SHIRERE, "phone": AMINA} | given
    reference = stage.file(**given)
    who = stage.officer(Role.OMBUDSMAN) if given["category"] == "STAFF" else stage.officer(ward_code=given["ward_code"])
    stage.do(actions.end, reference, who, ending, reason)
    return reference


def beside(stage: Stage, officer: Officer, reference: str) -> list[tuple[str, str]]:
    """Reference and reason of what stands beside a case."""
    with officer_session(stage.engine, officer) as session:
        found = experience.closest(session, officer, stage.case(reference))
        return [(one.case.reference, one.reason) for one in found]


def test_the_same_problem_teaches_and_another_one_does_not(stage: Stage, officer: Officer) -> None:
    first = ended(stage, reason="Bomba jipya limewekwa")
    ended(stage, problem="BILL")
    ended(stage, category="ROADS", problem="POTHOLES")
    new = stage.file(category="WATER", problem="BURST_PIPE")
    assert beside(stage, officer, new) == [(first, "Bomba jipya limewekwa")]


def test_words_and_place_come_before_the_date(stage: Stage, officer: Officer) -> None:
    alike = ended(stage, words="Bomba kubwa karibu na kanisa la Amalemba limepasuka")
    stage.later(days=3)
    ended(stage, words="Maji yanamwagika")
    latest = ended(stage, landmark="Kwa chifu")
    new = stage.file(category="WATER", problem="BURST_PIPE", words="bomba la kanisa, Amalemba, limepasuka tena")
    found = [reference for reference, _ in beside(stage, officer, new)]
    assert found[0] == alike
    assert found[1] == latest, "without a word in common, the latest comes first"
    assert len(found) == 3


def test_the_same_ward_comes_before_any_other(stage: Stage) -> None:
    here = ended(stage)
    stage.later(days=1)
    there = ended(stage, ward_code=SHEYWE, words="Bomba limepasuka sokoni")
    new = stage.file(category="WATER", problem="BURST_PIPE", words="Bomba limepasuka sokoni")
    higher = stage.officer(Role.SUB_COUNTY)
    assert [reference for reference, _ in beside(stage, higher, new)] == [here, there]


def test_nobody_learns_from_what_she_may_not_see(stage: Stage, officer: Officer) -> None:
    ended(stage, ward_code=SHEYWE)
    new = stage.file(category="WATER", problem="BURST_PIPE")
    assert beside(stage, officer, new) == []


def test_of_what_is_only_called_other_the_words_must_be_alike(stage: Stage, officer: Officer) -> None:
    ended(stage, category="OTHER", problem="OTHER", words="Bomba limetengenezwa")
    alike = ended(stage, category="OTHER", problem="OTHER", words="Mbwa koko wengi karibu na shule")
    new = stage.file(category="OTHER", problem="OTHER", words="Mbwa koko wanauma watoto")
    assert [reference for reference, _ in beside(stage, officer, new)] == [alike]
    silent = stage.file(category="OTHER", problem="OTHER", phone=stage.phone())
    assert beside(stage, officer, silent) == []


def test_what_ended_with_another_case_is_named_once(stage: Stage, officer: Officer) -> None:
    lead = stage.file(category="WATER", problem="BURST_PIPE", phone=AMINA)
    member = stage.file(category="WATER", problem="BURST_PIPE", phone=stage.phone())
    with stage.transaction() as session:
        cases = [session.merge(stage.case(one)) for one in (member, lead)]
        merging.merge(session, stage.office, cases[:1], cases[1], officer, stage.now)
    stage.do(actions.end, lead, officer, Ending.FIXED, "Imetengenezwa")
    new = stage.file(category="WATER", problem="BURST_PIPE", phone=stage.phone())
    assert [reference for reference, _ in beside(stage, officer, new)] == [lead]


def test_nothing_stands_beside_a_confidential_case(stage: Stage) -> None:
    ended(stage, category="STAFF", problem=None)
    new = stage.file(category="STAFF", problem=None)
    assert beside(stage, stage.officer(Role.OMBUDSMAN), new) == []


def test_words_with_quotes_and_operators_are_only_words(stage: Stage, officer: Officer) -> None:
    first = ended(stage, words="Ng'ombe | 'maji' & !bomba")
    new = stage.file(category="WATER", problem="BURST_PIPE", words="Ng'ombe' | ( & ! <-> \\ :* maji''")
    assert beside(stage, officer, new) == [(first, "Imetengenezwa")]


def test_at_most_three_and_each_tells_how_long_it_took(stage: Stage, officer: Officer) -> None:
    for _ in range(4):
        ended(stage, phone=None, anonymous=True)
    slow = stage.file(category="WATER", problem="BURST_PIPE", phone=AMINA)
    stage.later(days=9)
    stage.do(actions.end, slow, officer, Ending.CANNOT_NOW, "Hakuna vifaa")
    new = stage.file(category="WATER", problem="BURST_PIPE")
    with officer_session(stage.engine, officer) as session:
        found = experience.closest(session, officer, stage.case(new))
        assert len(found) == experience.MOST
        assert (found[0].case.reference, found[0].days, found[0].reason) == (slow, 9, "Hakuna vifaa")
