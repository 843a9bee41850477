"""Likely duplicates: what is proposed to the officer, why, and what never is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.cases import actions, duplicates
from gateway.cases.duplicates import CANDIDATES, ENOUGH, compare
from gateway.cases.models import Channel, Ending
from gateway.db import officer_session
from gateway.people.models import Officer, Role
from tests.cases.merged import WORDS, merge, several, statements, unmerge
from tests.cases.pairs import DIFFERENT, NAMES, SAME
from tests.cases.stage import AMINA, SHEYWE, WANJIKU, Stage
from tests.cases.test_incidents import publish

MARKET = "Soko la Shirere"


def proposed(stage: Stage, reference: str, officer: Officer | None = None) -> dict[str, list[str]]:
    """The references that are proposed for this case, in their order, and why."""
    officer = officer or stage.officer()
    with officer_session(stage.engine, officer) as session:
        found = duplicates.likely(session, officer, stage.case(reference), stage.now, names=NAMES)
        return {one.case.reference: one.why for one in found}


def test_how_well_the_table_tells_the_made_up_pairs_apart() -> None:
    """It was tuned on these very pairs: what it says of a live county has yet to be counted."""
    hits = [pair for pair in SAME if compare(*pair, NAMES).points >= ENOUGH]
    wrong = [pair for pair in DIFFERENT if compare(*pair, NAMES).points >= ENOUGH]
    precision, recall = len(hits) / (len(hits) + len(wrong)), len(hits) / len(SAME)
    assert len(SAME) >= 20
    assert len(DIFFERENT) >= 20
    assert precision >= 0.95, wrong
    assert recall >= 0.9, [pair for pair in SAME if pair not in hits]


@pytest.mark.parametrize("pair", [*SAME, *DIFFERENT])
def test_it_is_the_same_which_of_the_two_is_looked_at(pair: tuple[duplicates.Told, duplicates.Told]) -> None:
    one, other = compare(pair[0], pair[1], NAMES), compare(pair[1], pair[0], NAMES)
    assert (one.points >= ENOUGH) == (other.points >= ENOUGH)


def test_the_same_place_and_problem_is_proposed_with_its_reasons(stage: Stage) -> None:
    first, second = several(stage, 2, landmark="soko shirere", words=None)
    stage.set("UPDATE cases SET landmark = :market, words = NULL WHERE reference = :first", market=MARKET, first=first)
    assert proposed(stage, second) == {first: ["same problem", "same place", "same day"]}
    assert proposed(stage, first) == {second: ["same problem", "same place", "same day"]}


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.PAPER, Channel.USSD, Channel.HOTLINE])
def test_what_is_published_of_the_same_comes_first_where_nobody_asked_her(stage: Stage, channel: Channel) -> None:
    officer = stage.officer()
    [published] = several(stage, 1, words=None, landmark="Lurambi")
    publish(stage, published, officer)
    [alike] = several(stage, 1, landmark=MARKET)
    guess = {"category": "WATER", "problem": "BURST_PIPE"}
    last = stage.file(category="OTHER", landmark=MARKET, words=WORDS, phone=AMINA, channel=channel, guess=guess)
    first = [published] if channel in (Channel.SMS, Channel.PAPER) else []
    found = proposed(stage, last, officer)
    assert list(found) == [*first, alike]
    assert found.get(published) == (["published as an incident"] if first else None)
    if first:
        merge(stage, [last], published, officer)
        unmerge(stage, last, officer)
        assert list(proposed(stage, last, officer)) == [alike]


def test_what_another_has_now_was_not_taken_out(stage: Stage) -> None:
    officer = stage.officer()
    first, second, third = several(stage, 3)
    merge(stage, [first], second, officer)
    merge(stage, [second], third, officer)
    for one in (first, second):
        unmerge(stage, one, officer)
    assert list(proposed(stage, second, officer)) == [first]


def test_the_most_alike_comes_first_and_only_a_few_are_shown(stage: Stage) -> None:
    made = several(stage, 9)
    stage.set("UPDATE cases SET landmark = :market", market=MARKET)
    stage.later(days=2)
    [last] = several(stage, 1, landmark=MARKET)
    found = proposed(stage, last)
    assert list(found) == made[: duplicates.PROPOSED]
    assert found[made[0]] == ["same problem", "same place", "similar words", "two days apart"]


@pytest.mark.parametrize(
    "given",
    [
        {"ward_code": SHEYWE}, {"category": "ROADS", "problem": "POTHOLES"}, {"category": "STAFF"},
        {"category": "IDEA", "problem": "WATER"}, {"ward_code": None},
    ],
    ids=["another ward", "another subject", "confidential", "feedback", "no ward"],
)  # fmt: skip
def test_what_is_never_proposed(stage: Stage, given: dict[str, object]) -> None:
    several(stage, 1, landmark=MARKET, **given)
    [case] = several(stage, 1, landmark=MARKET)
    assert proposed(stage, case, stage.officer(Role.SUB_COUNTY)) == {}


def test_what_has_ended_or_is_carried_or_too_old_or_practice_is_not_proposed(stage: Stage) -> None:
    officer = stage.officer()
    lead, ended, carried, practice = several(stage, 4)
    stage.set("UPDATE cases SET landmark = :market", market=MARKET)
    stage.do(actions.end, ended, officer, Ending.NOT_FOUND, "Hakuna.")
    stage.set("UPDATE cases SET practice = true WHERE reference = :practice", practice=practice)
    merge(stage, [carried], lead, officer)
    [case] = several(stage, 1, landmark=MARKET)
    assert list(proposed(stage, case)) == [lead]
    assert proposed(stage, carried) == {}
    stage.now += timedelta(days=25)
    [later] = several(stage, 1, landmark=MARKET)
    assert proposed(stage, later) == {}


def test_where_nobody_knows_the_ward_only_what_has_none_either_is_compared(stage: Stage) -> None:
    hotline = stage.officer(Role.HOTLINE)
    words = "Daraja la mto Isiukhu limebomoka tangu jana"
    here = stage.file(category="OTHER", ward_code=None, words=words, phone=WANJIKU)
    there = stage.file(category="OTHER", ward_code=None, words=words, phone=AMINA)
    stage.file(category="OTHER", words=words, phone=stage.phone())
    assert proposed(stage, there, hotline) == {here: ["same words", "same day"]}


def test_what_was_taken_out_again_is_not_proposed_once_more(stage: Stage) -> None:
    first, second = several(stage, 2)
    stage.set("UPDATE cases SET landmark = :market", market=MARKET)
    assert list(proposed(stage, second)) == [first]
    merge(stage, [second], first)
    unmerge(stage, second)
    assert proposed(stage, second) == proposed(stage, first) == {}


def test_what_may_be_joined_is_not_proposed_as_somebody_elses(stage: Stage) -> None:
    older = stage.file(problem="BURST_PIPE", landmark=MARKET)
    newer = stage.file(problem="BURST_PIPE", landmark=MARKET, follows=stage.case(older).id, channel=Channel.SMS)
    assert proposed(stage, newer) == proposed(stage, older) == {}


def test_however_many_there_are_so_many_are_compared_in_one_statement(stage: Stage) -> None:
    for _ in range(CANDIDATES + 5):
        stage.file(problem="BURST_PIPE", landmark=MARKET, phone=stage.phone())
    [case] = several(stage, 1, landmark=MARKET)
    officer = stage.officer()
    with officer_session(stage.engine, officer) as session, statements(stage.engine) as sent:
        duplicates.likely(session, officer, session.merge(stage.case(case)), stage.now)
    assert len([one for one in sent if "abs(" in one]) == 1
    assert "LIMIT" in sent[-1]
