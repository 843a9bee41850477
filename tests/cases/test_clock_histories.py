"""The two clocks against a second, slow implementation: no history of a case gives an officer more than the charter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.charter import Charter, Term, TermName, TermUnit
from config.zone import NAIROBI
from gateway.cases import timing
from gateway.cases.clock import Calendar, deadline, local_day
from gateway.cases.desks import NOBODY, RESIDENT
from tests.cases.slow_clock import SlowClock
from tests.cases.stage import MONDAY

DAYS, HOURS, WORKING = TermUnit.DAYS, TermUnit.HOURS, TermUnit.WORKING_DAYS
CALENDAR = Calendar(gazetted=frozenset({date(2026, 11, 27)}), cancelled=frozenset({date(2026, 12, 12)}))
"""A day off in the first week, and beside it the weekends; from mid-December the holidays."""
TERMS = dict.fromkeys(TermName, Term(5, DAYS)) | {
    TermName.RESOLVE: Term(3, WORKING), TermName.FIRST_ACTION: Term(10, HOURS), TermName.PAUSE_LIMIT: Term(2, DAYS),
    TermName.STEP: Term(2, WORKING),
}  # fmt: skip
OTHERS = {
    "WATER": {},
    "ROADS": {"resolve": Term(50, HOURS), "first_action": Term(1, WORKING)},
    "WASTE": {"resolve": Term(4, DAYS), "pause_limit": Term(1, WORKING)},
    "REQUEST": {"resolve": Term(7, DAYS), "pause_limit": Term(0, HOURS), "hard_stop": Term(30, DAYS)},
    "SECRET": {"resolve": Term(6, DAYS), "first_action": Term(5, HOURS)},
}
REPORTED = ("REQUEST", "ROADS", "WASTE", "WATER")
CHARTER = Charter({name.value: term for name, term in TERMS.items()}, OTHERS, CALENDAR.gazetted, CALENDAR.cancelled)
UP = ("sub_county:202", "chief_officer:water", "county_secretary")
DESKS = ("ward:1014", "ward:1012", "department:water", "department:roads", "county", "outside")


@dataclass(frozen=True)
class Line:
    """One line of a history."""

    name: str
    at: datetime
    turn: str | None
    officer_id: int | None = 1
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Tale:
    """A history as it may come about; what cannot happen in a state does not. Nobody sweeps but when it says so."""

    category: str = "WATER"
    at: datetime = MONDAY
    lines: list[Line] = field(default_factory=list)
    desk: str = "ward:1014"
    state: str = "running"
    planned: date | None = None

    def begin(self) -> None:
        self.add("filed", officer=None, promise=self.category)

    def add(self, name: str, officer: int | None = 1, **data: Any) -> None:
        turn = {"running": self.desk, "waiting": "resident"}.get(self.state, "")
        self.lines.append(Line(name, self.at, turn, officer, data))

    def happen(self, what: str, minutes: int, which: int) -> None:
        self.at += timedelta(minutes=minutes)
        getattr(self, what)(which)

    def note(self, which: int) -> None:
        self.add("note")

    def look(self, which: int) -> None:
        self.add("number_shown")

    def take(self, which: int) -> None:
        if self.state in ("running", "waiting"):
            self.state, self.desk = "running", self.desk
            if self.desk == "outside" or (which > 9 and self.desk != "confidential"):
                self.desk = DESKS[which % 5]
            self.add("taken")

    def wait(self, which: int) -> None:
        if self.state == "running":
            self.state = "waiting"
            self.add("written")
            self.add("waiting")

    def resume(self, which: int) -> None:
        if self.state == "waiting":
            self.state = "running"
            self.add("resumed", officer=None)

    def unsent(self, which: int) -> None:
        if self.state == "waiting":
            self.state = "running"
            self.add("resumed", officer=None, unsent=True)

    def hand_on(self, which: int) -> None:
        if self.state in ("running", "waiting") and self.desk != "confidential":
            self.state, self.desk = "running", DESKS[which % len(DESKS)]
            self.add("routed" if self.desk.startswith("ward") else "referred")

    def accept(self, which: int) -> None:
        if self.state == "running" and self.desk == "outside":
            self.add("accepted")

    def amend(self, which: int) -> None:
        """Within the session in which she filed it: nobody has done anything yet."""
        if len(self.lines) == 1 and self.category != "REQUEST":
            self.at = self.lines[0].at + timedelta(minutes=which)
            self.add("amended", officer=None, promise=("ROADS", "WASTE", "WATER")[which % 3])

    def join(self, which: int) -> None:
        """Another of hers, which had been promised for 17:00 on one of these days, goes on in this one."""
        if self.state == "running":
            day = CALENDAR.working_day_after(local_day(MONDAY), 1 + which % 4)
            self.add("joined", due=(midnight(day) + timedelta(hours=17)).isoformat())

    def carry(self, which: int) -> None:
        """Another's comes under it; `which` says what of her clocks is earlier than its own, and by how much. A request
        stands for no other."""
        if self.state == "running" and self.category != "REQUEST":
            day = midnight(CALENDAR.working_day_after(local_day(MONDAY), 1 + which % 4))
            earlier = (day + timedelta(hours=9 + which)).isoformat()
            names = ("desk_due", "first_due", "answer_by", "stop")
            days: dict[str, Any] = {name: earlier for bit, name in enumerate(names) if which >> bit & 1}
            self.add("merged", due=(day + timedelta(hours=17)).isoformat(), newer=False, **days)

    def be_carried(self, which: int) -> None:
        """It comes under another's, which nobody here need know of, and out again."""
        if self.state == "running":
            self.add("merged", newer=True)
            self.at += timedelta(minutes=1 + which * 200)
            self.add("unmerged", newer=True)

    def extend(self, which: int) -> None:
        """Once, and before the time is over."""
        before, due = any(line.name == "extended" for line in self.lines), times(self).due_at
        if self.state == "running" and self.category == "REQUEST" and not before and due and self.at <= due:
            self.add("extended", days=14)

    def hide(self, which: int) -> None:
        if self.state == "running" and self.desk != "confidential":
            self.desk = "confidential"
            self.add("hidden", category="SECRET")

    def release(self, which: int) -> None:
        if self.state == "running" and self.desk == "confidential":
            self.desk = "ward:1014"
            self.add("released")

    def fix(self, which: int) -> None:
        if self.state in ("running", "waiting"):
            self.state = "claimed"
            self.add("ended", ending="fixed", planned_for=None)

    def dispute(self, which: int) -> None:
        if self.state == "claimed":
            self.state, self.desk = "running", "ward:1014" if self.desk == "outside" else self.desk
            self.add("disputed", officer=None)

    def plan(self, which: int) -> None:
        if self.state in ("running", "waiting") and self.category != "REQUEST":
            self.planned = local_day(self.at) + timedelta(days=1 + which % 6)
            self.state = "planned"
            self.add("ended", ending="planned", planned_for=self.planned.isoformat())

    def sweep(self, which: int) -> None:
        if self.state == "planned" and self.planned and local_day(self.at) >= self.planned:
            self.state, self.desk = "running", "ward:1014" if self.desk == "outside" else self.desk
            self.add("plan_due", officer=None, planned_for=self.planned.isoformat())

    def send_up(self, which: int) -> None:
        been = sum(line.name == "raised" for line in self.lines)
        if self.state == "running" and been < len(UP) and self.desk != "confidential":
            self.desk = UP[been]
            self.add("raised", officer=None, step=self.desk.partition(":")[0])

    # What often comes in pairs

    def asks(self, which: int) -> None:
        self.wait(which)
        self.happen("resume", 1 + which * 400, which)

    def claims(self, which: int) -> None:
        self.fix(which)
        self.happen("dispute", 1 + which * 300, which)

    def plans(self, which: int) -> None:
        self.plan(which)
        self.happen("sweep", (1 + which) * 24 * 60, which)

    def away(self, which: int) -> None:
        before = DESKS.index(self.desk) if self.desk in DESKS else 0
        self.hand_on(3)
        self.happen("hand_on", 1 + which * 200, before)


DEEDS = (
    "note", "look", "take", "wait", "resume", "unsent", "hand_on", "accept", "fix", "dispute", "plan", "sweep",
    "send_up", "amend", "join", "carry", "be_carried", "extend", "hide", "release", "asks", "claims", "plans", "away",
)  # fmt: skip
STEPS = st.tuples(st.sampled_from(DEEDS), st.integers(1, 2 * 24 * 60), st.integers(0, 12))
TALES = st.lists(STEPS, max_size=8)


def told(steps: list[tuple[str, int, int]], category: str = "WATER") -> Tale:
    tale = Tale(category)
    tale.begin()
    for what, minutes, which in steps:
        tale.happen(what, minutes, which)
    return tale


def times(tale: Tale) -> timing.Times:
    return timing.of(tale.lines, MONDAY, CHARTER, CALENDAR)


def slowly(tale: Tale) -> SlowClock:
    slow = SlowClock(tale.lines, MONDAY, CHARTER)
    slow.watch()
    return slow


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=TALES, category=st.sampled_from(REPORTED))
@example(steps=[("join", 1, 0), ("extend", 1, 0)], category="REQUEST")
def test_both_clocks_agree_with_counting_minutes(steps: list[tuple[str, int, int]], category: str) -> None:
    tale = told(steps, category)
    found, slow = times(tale), slowly(tale)
    assert (found.due_at, found.answer_by, found.desk_due_at, found.stop) == (
        slow.due_at, slow.answer_by, slow.desk_due_at, slow.stop,
    )  # fmt: skip


def working(start: datetime, end: datetime) -> timedelta:
    return CALENDAR.working_time(start, end)


def answerable(tale: Tale) -> list[str | None]:
    """After each line, whose time it was: what is outside and not accepted there is that of the desk that sent it."""
    owners: list[str | None] = []
    sender, accepted = None, False
    for line in tale.lines:
        if line.turn == "outside":
            accepted = line.name == "accepted" or (accepted and line.name != "referred")
            owners.append(None if accepted else sender)
            continue
        accepted, sender = False, sender if line.turn in (RESIDENT, NOBODY) else line.turn
        owners.append(line.turn)
    return owners


@settings(max_examples=200, deadline=None)
@given(steps=TALES)
def test_no_history_gives_a_desk_more_working_time_than_the_charter_does(steps: list[tuple[str, int, int]]) -> None:
    """Counted from the states alone: whatever happened, what a desk had until its own day is no more than its term."""
    tale = told(steps)
    owners, due = answerable(tale), times(tale).desk_due_at
    desk = owners[-1]
    _, judged = SlowClock(tale.lines, MONDAY, CHARTER).categories()
    if due is None or CHARTER.term("resolve", judged).unit is not WORKING:
        return
    ends = [*(line.at for line in tale.lines[1:]), max(due, tale.at)]
    turns = list(zip(tale.lines, owners, ends, strict=True))
    held = [(line.at, min(end, due)) for line, owner, end in turns if owner == desk]
    begun = next(line.at for line, owner, _ in turns if owner == desk)
    had = sum((working(start, end) for start, end in held if start < end), timedelta())
    allowed = working(begun, deadline(begun, CHARTER.term("resolve", judged), CALENDAR))
    raised = [line.at for line in tale.lines if line.name == "raised" and line.turn == desk]
    for at in raised:
        allowed += working(at, deadline(at, CHARTER.term("step", "WATER"), CALENDAR))
    assert had <= allowed


@settings(max_examples=200, deadline=None)
@given(steps=TALES)
def test_no_history_puts_the_promise_off_but_by_waits_within_the_limit_and_one_plan(
    steps: list[tuple[str, int, int]],
) -> None:
    tale = told(steps)
    due = times(tale).due_at
    assert due is not None
    category, _ = SlowClock(tale.lines, MONDAY, CHARTER).categories()
    first = deadline(MONDAY, CHARTER.term("resolve", category), CALENDAR)
    waits = [line.at for line in tale.lines if line.name == "waiting"] or [MONDAY]
    within = max(timedelta(hours=9), *(working(at, at + timedelta(days=2)) for at in waits))
    plans = [date.fromisoformat(line.data["planned_for"]) for line in tale.lines if line.name == "plan_due"]
    latest = [first, *(deadline(midnight(day), CHARTER.term("step", "WATER"), CALENDAR) for day in plans)]
    assert due >= first or plans or any(line.name in ("joined", "merged") for line in tale.lines)
    assert due <= max(CALENDAR.add_working_time(day, within) for day in latest)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=NAIROBI)


@settings(max_examples=100, deadline=None)
@given(steps=TALES, at=st.integers(0, 9))
def test_notes_and_looks_move_no_clock(steps: list[tuple[str, int, int]], at: int) -> None:
    tale = told(steps)
    before = times(tale)
    beside = tale.lines[min(at, len(tale.lines) - 1)]
    more = [replace(beside, name=name, officer_id=2, data={}) for name in ("note", "number_shown")]
    index = tale.lines.index(beside) + 1
    tale.lines[index:index] = more
    assert times(tale) == before
