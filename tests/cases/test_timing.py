"""The stored clocks: kept after every real action, by the history alone, and as the slow implementation counts them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound

from config.charter import Term, TermUnit
from gateway.cases import (
    actions,
    closing,
    desks,
    erasing,
    guesses,
    ladder,
    linking,
    referring,
    requests,
    residents_own,
    timing,
)
from gateway.cases.actions import Refused
from gateway.cases.clock import local_day
from gateway.cases.models import Case, Channel, Confirmation, Desk, Ending, Status
from gateway.messages import questions
from gateway.people.models import Officer, Role
from tests.cases.slow_clock import SlowClock
from tests.cases.stage import LURAMBI, MONDAY, PROMISE, SHEYWE, SHIRERE, Stage

PHONES = iter(range(254_711_000_100, 254_711_999_999))


def nairobi(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+03:00")


def wrong(stage: Stage, reference: str) -> list[str]:
    """Where the columns of a case are not what its history says, nor its last line whose turn it is."""
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id)
        turn = stage.events(reference)[-1].turn
        found = [] if turn == desks.turn(case) else [f"turn is {turn}, not {desks.turn(case)}"]
        return found + timing.check(session, stage.office, case)


def waits(stage: Stage, reference: str, officer: Officer, **length: float) -> None:
    """An officer asks her, and takes it up again herself."""
    stage.do(actions.write, reference, officer, "Ni nyumba gani?", wait=True)
    stage.later(**length)
    stage.do(actions.take, reference, officer)


def dispute(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id, with_for_update=True)
        question = questions.open_question(session, case.resident_id or 0, stage.now)
        if question is not None:
            residents_own.answer_fixed(
                session, stage.office, case, question.id, fixed=False, now=stage.now, channel=Channel.USSD
            )


# The resident's clock


def test_waits_in_a_row_put_the_promise_off_by_no_more_than_one_wait_of_the_limit(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    for _ in range(4):
        waits(stage, reference, officer, days=4)
    # Two weeks have ten days of work, however they are cut.
    assert stage.case(reference).due_at == PROMISE + timedelta(days=14)
    with pytest.raises(Refused, match="as long as it may"):
        stage.do(actions.write, reference, officer, "Ni nyumba gani?", wait=True)
    assert stage.case(reference).status is Status.TAKEN


def test_waits_by_day_alone_put_it_off_by_no_more_either(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    for _ in range(11):
        waits(stage, reference, officer, hours=8)
        stage.later(hours=16)
    for _ in range(5):
        with suppress(Refused):
            waits(stage, reference, officer, hours=8)
        stage.later(hours=16)
    assert stage.case(reference).due_at == PROMISE + timedelta(days=14)
    assert wrong(stage, reference) == []


def test_a_wait_that_nobody_ended_in_time_ends_where_it_should_have(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.do(actions.write, reference, officer, "Ni nyumba gani?", wait=True)
    assert stage.case(reference).waits_until == MONDAY + timedelta(days=14)
    stage.later(days=40)
    stage.sweep()
    assert "resumed" in stage.history(reference)
    assert stage.case(reference).due_at == PROMISE + timedelta(days=14)


def test_a_promise_that_is_broken_is_put_off_no_more(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.now = PROMISE + timedelta(hours=1)
    waits(stage, reference, officer, days=5)
    assert stage.case(reference).due_at == PROMISE


def test_what_she_changes_it_to_is_promised_from_the_receipt(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.later(minutes=2)
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id)
        values = {"category": "ROADS", "problem": "BRIDGE", "ward": str(SHIRERE)}
        residents_own.amend(session, stage.office, case, values, stage.now)
    assert stage.case(reference).due_at == nairobi("2026-12-11T17:00:00")
    assert stage.events(reference)[-1].data == {"promise": "ROADS"}
    assert wrong(stage, reference) == []


def test_what_an_officer_sorts_it_under_moves_neither_clock(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.do(actions.take, reference, officer)
    before = stage.case(reference)
    stage.do(guesses.sort, reference, officer, "ROADS", None)
    after = stage.case(reference)
    assert (after.due_at, after.desk_due_at) == (before.due_at, before.desk_due_at) == (PROMISE, PROMISE)


@pytest.mark.parametrize("category", ["IDEA", "NATIONAL"])
def test_what_has_no_promise_has_no_clock_at_all(stage: Stage, category: str) -> None:
    reference = stage.file(category=category, quiet=True)
    stage.do(actions.take, reference, stage.officer())
    case = stage.case(reference)
    assert (case.due_at, case.desk_due_at, case.next_step_at) == (None, None, None)


# The day of a step


def test_the_new_day_of_a_step_is_put_off_by_a_wait_as_the_promise_is(stage: Stage) -> None:
    reference, above = stage.file(quiet=True), stage.officer(Role.SUB_COUNTY)
    stage.now = nairobi("2026-12-03T17:01:00")
    stage.sweep()
    assert stage.case(reference).answer_by == nairobi("2026-12-10T17:00:00")
    waits(stage, reference, above, days=12)
    case = stage.case(reference)
    # Eight days of work were waited for.
    assert case.answer_by == nairobi("2026-12-22T17:00:00")
    stage.sweep()
    assert stage.history(reference).count("raised") == 1
    assert wrong(stage, reference) == []


def test_what_was_sent_up_nobody_below_lets_wait_for_its_resident(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.officer(Role.SUB_COUNTY)
    stage.now = PROMISE + timedelta(minutes=1)
    stage.sweep()
    with pytest.raises(Refused, match="past your desk"):
        stage.do(actions.write, reference, rose, "Ni nyumba gani?", wait=True)
    stage.do(actions.write, reference, rose, "Tunashughulikia.")
    assert stage.case(reference).status is Status.NEW


def test_officers_sorting_moves_neither_the_hard_stop_nor_the_time_of_a_step(stage: Stage) -> None:
    charter = stage.office.county.charter
    own = {"ROADS": {"step": Term(90, TermUnit.DAYS), "hard_stop": Term(300, TermUnit.DAYS)}}
    county = replace(stage.office.county, charter=replace(charter, by_category={**charter.by_category, **own}))
    stage.office = replace(stage.office, county=county)
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.officer(Role.SUB_COUNTY)
    stage.do(guesses.sort, reference, rose, "ROADS", None)
    stage.now = PROMISE + timedelta(minutes=1)
    stage.sweep()
    assert stage.case(reference).answer_by == nairobi("2026-12-10T17:00:00")
    assert wrong(stage, reference) == []


# A question that never left us


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_question_that_never_left_stops_no_clock(stage: Stage, status: str) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.do(actions.write, reference, rose, "Ni nyumba gani?", wait=True)
    stage.sweep()
    assert stage.case(reference).status is Status.WAITING
    stage.later(days=3)
    stage.set("UPDATE message SET status = :status WHERE wording = 'from_officer'", status=status)
    stage.sweep()
    case = stage.case(reference)
    assert (case.status, case.due_at, case.desk_due_at) == (Status.TAKEN, PROMISE, PROMISE)
    assert stage.events(reference)[-1].data == {"unsent": True}
    assert wrong(stage, reference) == []


def test_a_question_that_is_asked_once_more_is_waited_for(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.do(actions.write, reference, rose, "Ni nyumba gani?")
    stage.set("UPDATE message SET status = 'failed'")
    stage.do(actions.write, reference, rose, "Ni nyumba gani?", wait=True)
    stage.sweep()
    assert stage.case(reference).status is Status.WAITING


def test_what_waits_in_vain_is_found_by_its_indexes(stage: Stage) -> None:
    stage.set(
        "INSERT INTO cases (reference, kind, channel, category, sensitive, desk, status, language, ward_code)"
        " SELECT lpad(n::text, 8, '0'), 'grievance', 'ussd', 'WATER', false, 'ward',"
        " CASE WHEN n % 50 = 0 THEN 'waiting' ELSE 'closed' END, 'sw', 1014 FROM generate_series(1, 20000) AS n"
    )
    stage.set(
        "INSERT INTO message (case_id, wording, text_sealed, status)"
        " SELECT id, 'from_officer', '', 'delivered' FROM cases, generate_series(1, 2)"
    )
    with stage.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE cases, message"))
        asked = closing.waits_in_vain().compile(stage.engine, compile_kwargs={"literal_binds": True})
        plan = "\n".join(connection.scalars(text(f"EXPLAIN {asked}")))
    assert "ix_cases_waits" in plan
    assert "ix_message_case_id" in plan
    assert "Seq Scan" not in plan


# Plans


def test_what_came_back_from_a_long_plan_still_has_every_step_before_it(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    for role in (Role.SUB_COUNTY, Role.CHIEF_OFFICER, Role.COUNTY_SECRETARY):
        stage.officer(role)
    plan(stage, reference, rose, date(2027, 1, 18))
    stage.now = nairobi("2027-01-18T08:00:00")
    stage.sweep()
    case = stage.case(reference)
    assert case.due_at == case.next_step_at == nairobi("2027-01-25T17:00:00")
    stage.now = nairobi("2027-01-25T17:01:00")
    stage.sweep()
    assert stage.case(reference).desk is Desk.SUB_COUNTY
    assert stage.events(reference)[-1].data["why"] == "overdue"
    assert wrong(stage, reference) == []


def test_a_plan_that_was_told_too_late_moves_no_hard_stop(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.now = PROMISE + timedelta(minutes=1)
    plan(stage, reference, rose, date(2027, 1, 18))
    stage.now = nairobi("2027-01-18T08:00:00")
    stage.sweep()
    assert stage.case(reference).desk is Desk.COUNTY_SECRETARY
    assert stage.events(reference)[-1].data["why"] == "hard_stop"


def plan(stage: Stage, reference: str, officer: Officer, day: date) -> None:
    stage.do(actions.end, reference, officer, Ending.PLANNED, "Bajeti ipo.", planned_for=day)


def test_a_plan_made_after_the_promise_was_broken_heals_nothing(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.now = PROMISE + timedelta(minutes=1)
    plan(stage, reference, officer, date(2026, 12, 10))
    stage.later(days=8)
    stage.sweep()
    assert "plan_due" in stage.history(reference)
    assert stage.case(reference).due_at == PROMISE


def test_a_plan_counts_from_its_day_however_late_it_was_noticed(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    stage.do(actions.take, reference, officer)
    plan(stage, reference, officer, date(2026, 11, 30))
    stage.now = nairobi("2026-12-09T10:00:00")
    stage.sweep()
    case = stage.case(reference)
    assert case.due_at == nairobi("2026-12-07T17:00:00")
    assert wrong(stage, reference) == []


def test_what_came_back_from_a_plan_is_planned_again_by_somebody_above_only(stage: Stage) -> None:
    reference, rose, peter = stage.file(quiet=True), stage.officer(), stage.officer()
    plan(stage, reference, rose, date(2026, 11, 30))
    stage.now = nairobi("2026-11-30T10:00:00")
    stage.sweep()
    for officer in (rose, peter):
        with pytest.raises(Refused, match="planned before"):
            plan(stage, reference, officer, date(2026, 12, 30))
    above = stage.officer(Role.SUB_COUNTY)
    plan(stage, reference, above, date(2026, 12, 14))
    stage.now = nairobi("2026-12-14T10:00:00")
    stage.sweep()
    with pytest.raises(Refused, match="planned before"):
        plan(stage, reference, above, date(2026, 12, 30))


def test_the_ombudsman_above_whom_nobody_is_may_plan_again(stage: Stage) -> None:
    reference, ombudsman = stage.file(category="STAFF", quiet=True), stage.officer(Role.OMBUDSMAN)
    for month in (12, 1):
        plan(stage, reference, ombudsman, date(2026 if month == 12 else 2027, month, 30))
        stage.now = nairobi(f"{2026 if month == 12 else 2027}-{month:02}-30T10:00:00")
        stage.sweep()
    assert stage.history(reference).count("plan_due") == 2


# The desk's own clock


def test_a_desk_has_two_days_until_it_does_something_and_then_the_time_of_the_category(stage: Stage) -> None:
    reference, officer = stage.file(quiet=True), stage.officer()
    assert stage.case(reference).desk_due_at == MONDAY + timedelta(hours=48)
    stage.do(actions.note, reference, officer, "Nitaenda kesho.")
    assert stage.case(reference).desk_due_at == MONDAY + timedelta(hours=48)
    stage.do(actions.take, reference, officer)
    assert stage.case(reference).desk_due_at == PROMISE


def test_the_time_of_a_department_is_not_that_of_the_ward(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.later(hours=30)
    stage.do(actions.refer, reference, rose, "Tafadhali.", department="roads")
    assert stage.case(reference).desk_due_at == stage.now + timedelta(hours=48)
    roads = stage.officer(Role.DEPARTMENT, department="roads")
    stage.do(actions.take, reference, roads)
    assert stage.case(reference).desk_due_at == nairobi("2026-12-04T17:00:00")
    assert stage.case(reference).due_at == PROMISE


def test_going_to_and_fro_gives_a_desk_no_new_time(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.do(actions.take, reference, rose)
    stage.later(days=7)  # five days of work
    stage.do(actions.refer, reference, rose, "Tafadhali.", department="roads")
    stage.later(days=7)
    stage.do(actions.take, reference, rose)
    # Three days of work and a morning are left of the ward's eight: those of the department are not its own.
    assert stage.case(reference).desk_due_at == nairobi("2026-12-10T17:00:00")


def test_nobody_in_the_county_is_judged_while_another_body_has_it(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.do(actions.refer, reference, rose, "Barabara kuu.", body="KeNHA")
    hear(stage, reference, rose, accepted=True)
    case = stage.case(reference)
    assert (case.due_at, case.desk_due_at) == (PROMISE, None)
    assert wrong(stage, reference) == []


def test_a_case_parked_with_a_body_that_has_not_taken_it_counts_for_who_referred_it(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.do(actions.refer, reference, rose, "Barabara kuu.", body="KeNHA")
    assert stage.case(reference).desk_due_at == PROMISE
    stage.later(days=10)
    hear(stage, reference, rose, accepted=False)
    stage.do(actions.take, reference, rose)
    assert stage.case(reference).desk_due_at == PROMISE
    assert wrong(stage, reference) == []


def test_the_time_after_the_other_body_took_it_is_nobodys_here(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.do(actions.refer, reference, rose, "Barabara kuu.", body="KeNHA")
    hear(stage, reference, rose, accepted=True)
    stage.later(days=7)
    stage.do(actions.take, reference, rose)
    assert stage.case(reference).desk_due_at == nairobi("2026-12-10T17:00:00")


def hear(stage: Stage, reference: str, officer: Officer, *, accepted: bool) -> None:
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id)
        referring.hear(session, stage.office, case, officer, "Wamejibu.", stage.now, accepted=accepted)


def test_the_time_of_a_claim_that_she_disputes_counts_for_whoever_made_it(stage: Stage) -> None:
    reference, rose = stage.file(quiet=True), stage.officer()
    stage.do(actions.end, reference, rose, Ending.FIXED, "Imefanywa.")
    assert stage.case(reference).desk_due_at is None
    stage.later(days=3)
    dispute(stage, reference)
    case = stage.case(reference)
    assert (case.confirmation, case.due_at, case.desk_due_at) == (Confirmation.DISPUTED, PROMISE, PROMISE)


def test_whom_it_is_sent_up_to_has_the_charters_step(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.officer(Role.SUB_COUNTY)
    stage.now = PROMISE + timedelta(minutes=1)
    stage.sweep()
    case = stage.case(reference)
    assert (case.desk, case.desk_due_at) == (Desk.SUB_COUNTY, stage.now + timedelta(hours=48))
    stage.do(actions.take, reference, stage.officer(Role.SUB_COUNTY))
    assert stage.case(reference).desk_due_at == nairobi("2026-12-10T17:00:00")
    assert wrong(stage, reference) == []


def test_a_practice_case_judges_nobody(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.set("UPDATE cases SET practice = true")
    stage.do(actions.take, reference, stage.officer())
    case = stage.case(reference)
    assert (case.due_at, case.desk_due_at, case.next_step_at) == (PROMISE, None, None)


def test_the_charter_may_say_another_limit_and_window_for_a_category(stage: Stage) -> None:
    charter = stage.office.county.charter
    own = {"WATER": {"pause_limit": Term(1, TermUnit.WORKING_DAYS), "reopen_window": Term(2, TermUnit.WORKING_DAYS)}}
    county = replace(stage.office.county, charter=replace(charter, by_category={**charter.by_category, **own}))
    stage.office = replace(stage.office, county=county)
    reference, other = stage.file(quiet=True), stage.file(quiet=True, category="ROADS")
    for one in (reference, other):
        stage.do(actions.end, one, stage.officer(), Ending.CANNOT_NOW, "Hakuna bajeti.")
    stage.now = nairobi("2026-11-25T16:59:59")
    stage.sweep()
    assert stage.case(reference).status is Status.RESOLVED
    stage.later(seconds=1)
    stage.sweep()
    assert [stage.case(one).status for one in (reference, other)] == [Status.CLOSED, Status.RESOLVED]


# Any history


@dataclass
class Play:
    """One case, and everybody who may do something with it."""

    stage: Stage
    officers: dict[str, Officer]
    reference: str = ""
    newer: str = ""

    def begin(self, category: str) -> None:
        self.stage.set("TRUNCATE cases, intake, resident, question, message CASCADE")
        self.stage.now = MONDAY
        phone = f"+{next(PHONES)}"
        older = self.stage.file(quiet=True, phone=phone, category="HEALTH")
        self.reference = self.stage.file(quiet=True, phone=phone, category=category)
        # A newer one may be joined to the one at hand; that one, to the older one.
        self.newer = self.stage.file(quiet=True, phone=phone, follows=self.stage.case(self.reference).id)
        self.stage.set("UPDATE cases SET follows_id = :id WHERE reference = :one", id=self.stage.case(older).id,
                       one=self.reference)  # fmt: skip

    def try_to(self, what: str, minutes: int, which: int) -> None:
        self.stage.later(minutes=minutes)
        with suppress(Refused, NoResultFound):  # it is not hers to do, or not now
            getattr(self, what)(which)

    def by(self, which: int, action: Callable[..., object], *details: object, **named: object) -> None:
        who = list(self.officers.values())[which % len(self.officers)]
        self.stage.do(action, self.reference, who, *details, **named)

    def note(self, which: int) -> None:
        self.by(which, actions.note, "Nitaenda.")

    def take(self, which: int) -> None:
        self.by(which, actions.take)

    def write(self, which: int) -> None:
        self.by(which, actions.write, "Ni nyumba gani?", wait=which % 3 > 0)

    def says(self, which: int) -> None:
        with self.stage.transaction() as session:
            case = session.get_one(Case, self.stage.case(self.reference).id, with_for_update=True)
            residents_own.add_words(session, self.stage.office, case, "Ya kijani.", self.stage.now, Channel.USSD)

    def refer(self, which: int) -> None:
        self.by(which, actions.refer, "Tafadhali.", **({"body": "KeNHA"} if which == 4 else {"department": "roads"}))

    def route(self, which: int) -> None:
        self.by(which, actions.route, SHEYWE if which % 2 else SHIRERE)

    def fix(self, which: int) -> None:
        self.by(which, actions.end, Ending.FIXED, "Imefanywa.")

    def plan(self, which: int) -> None:
        day = local_day(self.stage.now) + timedelta(days=1 + which)
        self.by(which, actions.end, Ending.PLANNED, "Bajeti.", planned_for=day)

    def dispute(self, which: int) -> None:
        dispute(self.stage, self.reference)

    def higher(self, which: int) -> None:
        with self.stage.transaction() as session:
            case = session.get_one(Case, self.stage.case(self.reference).id, with_for_update=True)
            ladder.send_higher(session, self.stage.office, case, self.stage.now, Channel.USSD)

    def sort(self, which: int) -> None:
        self.by(which, guesses.sort, ("ROADS", "WASTE", "HEALTH")[which % 3], None)

    def join(self, which: int) -> None:
        reference = self.reference if which % 2 else self.newer
        self.stage.do(linking.join, reference, self.officers["ward"])

    def part(self, which: int) -> None:
        reference = self.reference if which % 2 else self.newer
        self.stage.do(linking.part, reference, self.officers["ward"])

    def extend(self, which: int) -> None:
        self.stage.do(requests.extend, self.reference, self.officers["agent"], "Ni mengi.")

    def hear(self, which: int) -> None:
        hear(self.stage, self.reference, self.officers["ward"], accepted=which % 2 > 0)

    def lose(self, which: int) -> None:
        """What was to be sent never leaves."""
        self.stage.set("UPDATE message SET status = 'failed' WHERE status = 'queued'")

    def hide(self, which: int) -> None:
        self.by(which, guesses.hide, "CORRUPT", "Hongo.")

    def release(self, which: int) -> None:
        self.by(6, actions.release, "Si siri.")

    def sweep(self, which: int) -> None:
        self.stage.sweep()

    def withdraw(self, which: int) -> None:
        if which == 8:
            with self.stage.transaction() as session:
                case = session.get_one(Case, self.stage.case(self.reference).id, with_for_update=True)
                erasing.withdraw(session, self.stage.office, case, self.stage.now)


DEEDS = (
    "note", "take", "take", "write", "write", "says", "says", "refer", "refer", "route", "fix", "fix", "dispute",
    "dispute", "plan", "higher", "sweep", "sweep", "hide", "release", "withdraw", "sort",
    "join", "part", "extend", "hear", "lose",
)  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(1, 8 * 24 * 60), st.integers(0, 8)), max_size=8)


def test_after_any_real_history_the_stored_clocks_are_those_of_the_slow_one(stage: Stage) -> None:
    everybody = {
        "ward": stage.officer(), "sheywe": stage.officer(ward_code=SHEYWE),
        "roads": stage.officer(Role.DEPARTMENT, department="roads"),
        "sub_county": stage.officer(Role.SUB_COUNTY, sub_county_code=LURAMBI),
        "chief": stage.officer(Role.CHIEF_OFFICER, department="roads"),
        "secretary": stage.officer(Role.COUNTY_SECRETARY), "ombudsman": stage.officer(Role.OMBUDSMAN),
        "agent": stage.officer(Role.HOTLINE),
    }  # fmt: skip
    play = Play(stage, everybody)

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=STEPS, category=st.sampled_from(("WATER", "WATER", "ROADS", "information")))
    def any_history(steps: list[tuple[str, int, int]], category: str) -> None:
        play.begin(category)
        for step in steps:
            play.try_to(*step)
            assert wrong(stage, play.reference) + wrong(stage, play.newer) == []
        case, told = stage.case(play.reference), stage.events(play.reference)
        if case.due_at is not None:
            slow = SlowClock(told, case.received_at, stage.office.county.charter)
            slow.watch()
            assert (case.due_at, case.answer_by, case.desk_due_at) == (slow.due_at, slow.answer_by, slow.desk_due_at)
            assert case.next_step_at in (None, min(day for day in (slow.answer_by or slow.due_at, slow.stop) if day))

    any_history()
