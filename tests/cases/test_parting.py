"""Parting what was joined, and joining while others are at the same cases."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from gateway.cases import actions, erasing
from gateway.cases.actions import Faster, Refused
from gateway.cases.desks import NOT_OUTSIDE
from gateway.cases.models import Desk, Status
from gateway.people.models import Role
from tests.cases.linked import FIRST, SECOND, join, leave, own, part, resident_does, says, spoken, two
from tests.cases.stage import Stage

# Parting


def test_parting_opens_the_joined_case_again_with_its_own_words_and_promise(stage: Stage) -> None:
    older, newer = two(stage)
    leave(stage)
    officer, due = stage.officer(), stage.case(newer).due_at
    stage.do(actions.take, newer, officer)
    join(stage, newer, officer)
    leave(stage)
    says(stage, older, "Haraka")
    part(stage, newer, officer)
    parted, kept = stage.case(newer), stage.case(older)
    assert (parted.status, parted.desk, parted.joined_id, parted.closed_at) == (Status.NEW, Desk.WARD, None, None)
    assert (parted.assignee_id, parted.words, parted.due_at) == (None, SECOND, due)
    assert (kept.status, kept.words) == (Status.NEW, f"{FIRST}\nHaraka")
    assert [stage.history(one)[-1] for one in (older, newer)] == ["parted", "parted"]
    assert stage.events(newer)[-1].data == {"other": older, "newer": True}
    assert stage.letters(newer) == [("received_text", "delivered"), ("joined", "delivered"), ("split", "queued")]
    assert stage.last_text(newer) == (
        f"{spoken(newer)}: hii ni ripoti yake yenyewe, kutokana na SMS yako. Utajibiwa kufikia Alh 3 Des."
    )
    assert own(stage, newer) == newer


def test_what_was_sent_up_is_parted_to_where_it_was_sent_and_is_with_no_other_body(stage: Stage) -> None:
    above = stage.officer(Role.SUB_COUNTY)
    older, newer = two(stage)
    stage.later(days=20)
    stage.sweep()
    assert [stage.case(one).desk for one in (older, newer)] == [Desk.SUB_COUNTY] * 2
    stage.do(actions.refer, newer, above, "Barabara kuu.", body="KeNHA", number="KN-1", contact="Mhandisi")
    join(stage, newer, above)
    part(stage, newer, above)
    case = stage.case(newer)
    assert (case.desk, case.status, case.assignee_id) == (Desk.SUB_COUNTY, Status.NEW, None)
    assert {getattr(case, name) for name in NOT_OUTSIDE} == {None}


def test_parted_before_she_was_told_she_is_told_nothing(stage: Stage) -> None:
    _, newer = two(stage)
    leave(stage)
    join(stage, newer)
    part(stage, newer)
    assert stage.letters(newer) == [("received_text", "delivered"), ("joined", "cancelled")]
    join(stage, newer)
    assert stage.letters(newer)[2:] == [("joined", "queued")]


def test_parted_before_she_knew_her_reference_she_gets_it_after_all(stage: Stage) -> None:
    _, newer = two(stage)
    join(stage, newer)
    part(stage, newer)
    assert stage.letters(newer) == [("received_text", "cancelled"), ("joined", "cancelled"), ("split", "queued")]
    assert stage.messages(newer)[-1].wanted


def test_words_leave_every_case_that_they_went_on_to(stage: Stage) -> None:
    first, second = two(stage)
    third = stage.file(words="Bado hakuna", follows=stage.case(second).id, quiet=True)
    join(stage, third)
    join(stage, second)
    assert stage.case(first).words == f"{FIRST}\n{SECOND}\nBado hakuna"
    part(stage, third)
    assert (stage.case(first).words, stage.case(second).words) == (f"{FIRST}\n{SECOND}", SECOND)
    part(stage, second)
    assert (stage.case(first).words, stage.case(second).status) == (FIRST, Status.NEW)


def test_words_that_are_there_no_more_are_looked_for_in_vain(stage: Stage) -> None:
    older, newer = two(stage, older={"words": None})
    join(stage, newer)
    assert stage.case(older).words == SECOND
    stage.set("UPDATE cases SET words = 'Bomba' WHERE reference = :older", older=older)
    part(stage, newer)
    assert (stage.case(older).words, stage.case(newer).words) == ("Bomba", SECOND)


def test_what_is_not_joined_is_not_parted(stage: Stage) -> None:
    older, newer = two(stage)
    for reference in (older, newer):
        with pytest.raises(Refused, match="not joined to another"):
            part(stage, reference)


def test_a_joined_case_is_done_and_time_does_nothing_to_it(stage: Stage) -> None:
    _, newer = two(stage)
    join(stage, newer)
    stage.later(days=60)
    stage.sweep()
    case = stage.case(newer)
    assert (case.status, case.ending, case.confirmation) == (Status.CLOSED, None, None)
    assert stage.history(newer) == ["filed", "joined"]


# At the same moment


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    def outcome(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Refused as refusal:
            return type(refusal)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(outcome, acts))


@pytest.mark.parametrize("round_", range(5))
def test_of_many_officers_who_join_at_once_one_does_and_she_is_told_once(stage: Stage, round_: int) -> None:
    older, newer = two(stage)
    leave(stage)
    officers = [stage.officer() for _ in range(4)]
    outcomes = at_once(*(lambda who=who: join(stage, newer, who) for who in officers))
    assert sorted(outcomes, key=str) == [Faster, Faster, Faster, None]
    assert stage.letters(newer) == [("received_text", "delivered"), ("joined", "queued")]
    assert (stage.history(older), stage.case(older).words) == (["filed", "joined"], f"{FIRST}\n{SECOND}")


@pytest.mark.parametrize("round_", range(5))
def test_joining_while_she_adds_words_takes_back_or_hides_loses_nothing(stage: Stage, round_: int) -> None:
    older, newer = two(stage)
    officer = stage.officer()
    acts = [
        lambda: join(stage, newer, officer),
        lambda: says(stage, newer, "Haraka"),
        lambda: says(stage, older, "Tafadhali"),
    ]
    at_once(*acts)
    said = (stage.case(older).words or "") + (stage.case(newer).words or "")
    assert all(words in said for words in (FIRST, SECOND, "Haraka", "Tafadhali"))
    assert stage.letters(newer).count(("joined", "queued")) == stage.history(newer).count("joined")


def test_an_officer_never_waits_for_the_second_case_while_she_holds_the_first(stage: Stage) -> None:
    older, newer = two(stage)
    with stage.transaction() as resident:
        resident.execute(text("SELECT id FROM cases WHERE reference = :one FOR UPDATE"), {"one": older})
        began = time.monotonic()
        with pytest.raises(Faster):
            join(stage, newer)
        assert time.monotonic() - began < 1
    assert (stage.history(newer), stage.letters(newer)) == (["filed"], [("received_text", "queued")])
    join(stage, newer)
    with stage.transaction() as resident:
        resident.execute(text("SELECT id FROM cases WHERE reference = :one FOR UPDATE"), {"one": older})
        with pytest.raises(Faster):
            part(stage, newer)


@pytest.mark.parametrize("round_", range(5))
def test_of_a_join_and_a_withdrawal_at_once_nothing_of_hers_is_kept(stage: Stage, round_: int) -> None:
    older, newer = two(stage)
    officer = stage.officer()
    at_once(lambda: join(stage, newer, officer), lambda: resident_does(stage, newer, erasing.withdraw, stage.now))
    assert (stage.case(newer).status, stage.case(newer).words) == (Status.WITHDRAWN, None)
    assert SECOND not in (stage.case(older).words or "")
