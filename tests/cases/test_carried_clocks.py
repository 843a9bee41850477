"""Standing under another case, or for others, gains nobody time: neither the desk, nor whoever was promised a day."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import NoResultFound

from config.charter import TermUnit
from gateway.cases import actions, carrying, timing
from gateway.cases.actions import Refused
from gateway.cases.models import Case, Desk, Ending, Status, Step
from gateway.cases.steps import is_carried
from gateway.people.models import Role
from tests.cases import test_timing
from tests.cases.merged import faults, merge, several, unmerge
from tests.cases.slow_clock import SlowClock
from tests.cases.stage import LURAMBI, PROMISE, SHEYWE, Stage
from tests.cases.test_clock_histories import REPORTED, TALES, Tale, slowly, times, told
from tests.cases.test_timing import Play, wrong

PROMISED = tuple(code for code in REPORTED if code != "REQUEST")


def as_case(tale: Tale, number: int) -> Case:
    """The case of a tale that nobody waits for: whose turn it is, and how high it was sent up."""
    desk, _, code = tale.desk.partition(":")
    ups = [str(line.data["step"]) for line in tale.lines if line.name == "raised"]
    case = Case(id=number, status=Status.NEW, desk=Desk(desk), raised_to=Step(ups[-1]) if ups else None)
    case.ward_code = case.sub_county_code = int(code) if code.isdigit() else None
    case.department = code or None
    return case


def may_stand(tale: Tale) -> bool:
    """Whether it is at a desk that may put it under another, or another under it."""
    return tale.state == "running" and tale.desk != "confidential"


OPEN = st.builds(told, TALES, st.sampled_from(PROMISED)).filter(may_stand)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lead=OPEN, member=OPEN)
def test_a_lead_is_bound_by_whatever_is_earlier_in_the_clocks_of_those_under_it(lead: Tale, member: Tale) -> None:
    lead.at = member.at = max(lead.at, member.at)
    before, hers = times(lead), times(member)
    cases = as_case(lead, 1), as_case(member, 2)
    bound: dict[str, Any] = dict(carrying.binding(*cases, {1: before, 2: hers}))
    lead.add("merged", **bound)
    after = times(lead)
    assert after.due_at
    assert before.due_at
    assert hers.due_at
    assert after.due_at == min(before.due_at, hers.due_at)
    assert after.stop == min(before.stop, hers.stop)
    if cases[0].raised_to == cases[1].raised_to and before.answer_by and hers.answer_by:
        assert after.answer_by == min(before.answer_by, hers.answer_by)
    if lead.desk == member.desk and before.desk_whole and hers.desk_whole:
        assert after.desk_whole == min(before.desk_whole, hers.desk_whole)
        if before.desk_first and hers.desk_first:
            assert after.desk_first == min(before.desk_first, hers.desk_first)
    slow = slowly(lead)
    assert (after.due_at, after.answer_by, after.desk_due_at, after.stop) == (
        slow.due_at, slow.answer_by, slow.desk_due_at, slow.stop,
    )  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=TALES, since=st.integers(0, 8), until=st.integers(0, 8))
def test_who_was_carried_for_a_while_has_the_clocks_of_who_was_not(
    steps: list[tuple[str, int, int]], since: int, until: int
) -> None:
    tale = told(steps)
    free = times(tale)
    for name, after in (("unmerged", max(since, until)), ("merged", min(since, until))):
        at = min(after, len(tale.lines) - 1)
        line = tale.lines[at]
        tale.lines.insert(at + 1, type(line)(name, line.at, line.turn, 1, {"newer": True, "other": "48217739"}))
    assert times(tale) == free


class Crowd(Play):
    """The same, with a neighbour's case that may come under the one at hand, or that one under hers."""

    merged = 0

    def begin(self, category: str) -> None:
        super().begin(category)
        self.newer = self.stage.file(quiet=True, phone=f"+{next(test_timing.PHONES)}", category="ROADS")

    def merge(self, which: int) -> None:
        pair = (self.newer, self.reference) if which % 2 else (self.reference, self.newer)
        if which > 2:  # what stands together already is put the other way round
            self.unmerge(which)
        for officer in self.officers.values():  # the first who has both, and is not below where one was sent up to
            with suppress(Refused, NoResultFound):
                merge(self.stage, pair[:1], pair[1], officer)
                self.merged += 1
                return

    def unmerge(self, which: int) -> None:
        for reference in (self.newer, self.reference):
            with suppress(Refused, NoResultFound):
                unmerge(self.stage, reference, self.officers["ward"])


DEEDS = (
    "merge", "unmerge", "take", "write", "says", "refer", "route", "fix", "dispute", "plan", "higher", "sweep", "sweep",
    "hide", "withdraw", "merge", "merge", "merge", "unmerge", "unmerge",
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(1, 3 * 24 * 60), st.integers(0, 8)), min_size=4, max_size=8
)


def test_after_any_real_history_with_a_neighbour_the_stored_clocks_are_those_of_the_slow_one(stage: Stage) -> None:
    everybody = {
        "ward": stage.officer(), "sheywe": stage.officer(ward_code=SHEYWE),
        "sub_county": stage.officer(Role.SUB_COUNTY, sub_county_code=LURAMBI),
        "department": stage.officer(Role.DEPARTMENT), "chief": stage.officer(Role.CHIEF_OFFICER),
        "secretary": stage.officer(Role.COUNTY_SECRETARY),
    }  # fmt: skip
    play = Crowd(stage, everybody)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=STEPS, together=st.booleans())
    def any_history(steps: list[tuple[str, int, int]], together: bool) -> None:
        play.begin("WATER")
        for step in [("merge", 1, len(steps))] * together + steps:
            play.try_to(*step)
            assert wrong(stage, play.reference) + wrong(stage, play.newer) + faults(stage) == []
        for reference in (play.reference, play.newer):
            case, lines = stage.case(reference), stage.events(reference)
            if not any(line.name == "merged" for line in lines):
                continue  # of those that stood alone test_timing counts the minutes
            slow = SlowClock(lines, case.received_at, stage.office.county.charter)
            slow.watch()
            assert (case.due_at, case.answer_by) == (slow.due_at, slow.answer_by)
            assert case.desk_due_at == (None if is_carried(case) else slow.desk_due_at)

    any_history()
    assert play.merged >= 12, "most of them stood alone"


def test_a_desk_has_no_more_time_for_an_old_report_by_putting_it_under_a_new_one(stage: Stage) -> None:
    [old] = several(stage, 1)
    stage.later(days=4)
    [new] = several(stage, 1)
    before = stage.case(old)
    merge(stage, [old], new)
    lead = stage.case(new)
    assert (lead.due_at, lead.desk_due_at, lead.next_step_at) == (PROMISE, before.desk_due_at, PROMISE)
    stage.do(actions.take, new, stage.officer())
    assert stage.case(new).desk_due_at == PROMISE
    assert faults(stage) == []


def test_merged_twice_over_each_that_is_taken_out_leaves_the_others_their_own_days(stage: Stage) -> None:
    officer = stage.officer()
    [first] = several(stage, 1)
    stage.later(days=4)
    second, third = several(stage, 2)
    names = ("due_at", "desk_due_at", "next_step_at")
    before = {one: [getattr(stage.case(one), name) for name in names] for one in (first, second, third)}
    merge(stage, [first], second, officer)
    merge(stage, [second], third, officer)
    assert stage.case(third).due_at == before[first][0]
    moved = stage.events(second)[-2]
    assert (moved.name, moved.data["other"], moved.data["moved"]) == ("unmerged", first, True)
    unmerge(stage, first, officer)
    assert stage.case(third).due_at == before[second][0]
    unmerge(stage, second, officer)
    assert {one: [getattr(stage.case(one), name) for name in names] for one in before} == before
    assert faults(stage) == []


def test_the_hard_stop_of_the_oldest_is_that_of_all(stage: Stage) -> None:
    charter = stage.office.county.charter
    assert charter.term("hard_stop", "WATER").unit in TermUnit
    [old] = several(stage, 1)
    stage.later(days=5)
    [new] = several(stage, 1)
    with stage.transaction() as session:
        stop = timing.times_of(session, stage.office, [stage.case(old)])[stage.case(old).id].stop
    merge(stage, [old], new)
    with stage.transaction() as session:
        case = session.merge(stage.case(new))
        assert timing.times_of(session, stage.office, [case])[case.id].stop == stop


def test_a_plan_moves_the_day_of_none_whose_day_had_passed(stage: Stage) -> None:
    officer = stage.officer()
    [old] = several(stage, 1)
    stage.later(days=4)
    [new] = several(stage, 1)
    merge(stage, [old], new, officer)
    stage.now = PROMISE + timedelta(hours=1)
    day = stage.now.date() + timedelta(days=20)
    stage.do(actions.end, new, officer, Ending.PLANNED, "Bomba jipya.", planned_for=day)
    stage.later(days=21)
    stage.sweep()
    assert [stage.case(one).due_at for one in (old, new)] == [PROMISE, PROMISE]
    with stage.transaction() as session:
        assert [one.reference for one in carrying.carried(session, stage.case(new))] == [old]
    assert faults(stage) == []
