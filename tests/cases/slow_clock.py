"""The two clocks once more, as slowly and simply as they can be said: minute by minute over a calendar.

Nothing here is shared with `cases.timing`, `cases.spans` or `cases.clock`; the holidays stand below. It takes the lines
of a history (`name`, `at`, `turn`, `data`, whole minutes) and watches them happen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from config.county import Charter, Term, TermUnit
from config.zone import NAIROBI
from gateway.cases.spans import Event

MINUTE = timedelta(minutes=1)
LONGEST = 240 * 24 * 60
"""Minutes after which a clock that has not stopped is broken."""
DOES_SOMETHING = (
    "taken", "written", "referred", "routed", "ended", "sorted", "guess_confirmed", "not_a_report_proposed", "extended",
    "corrected", "transferred",
)  # fmt: skip
UNDER = ("merged", "supported", "led_by")
"""What puts another case under this one, with the days of that one."""
EXTENSION = timedelta(days=14)
HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in (
        "2026-10-20", "2026-12-12", "2026-12-25", "2026-12-26", "2027-01-01", "2027-03-09", "2027-03-26", "2027-03-29",
        "2027-05-01", "2027-05-16", "2027-06-01", "2027-10-10", "2027-10-11", "2027-10-20",
    )
)  # fmt: skip
"""Kenya's days off from October 2026 to November 2027: Mashujaa, Jamhuri, Christmas, Boxing Day, New Year, Eid al-Fitr,
Easter, Labour Day, Eid al-Adha, Madaraka, Mazingira. For other years it knows none."""


BOUND = ("due", "answer_by", "stop", "desk_due", "first_due")


class Unbound:
    """A line that binds no more."""

    def __init__(self, line: Event) -> None:
        self.at, self.officer_id, self.turn = line.at, line.officer_id, line.turn
        self.name, self.data = "note", {"once": line.name}


@dataclass
class Budget:
    """Minutes that somebody has, of those that its unit counts; `over` is when the last of them had passed."""

    left: int
    unit: TermUnit
    over: datetime | None = None
    by: datetime | None = None
    """A moment outside of working hours at which it ends, unless something puts it off before."""

    def spend(self, minute: datetime, open_now: bool) -> None:
        if self.by and minute + MINUTE >= self.by and self.over is None:
            self.over = self.by
        if self.over is None and (open_now or self.unit is not TermUnit.WORKING_DAYS):
            self.left -= 1
            if self.left <= 0:
                self.over = self.by or minute + MINUTE


@dataclass
class SlowClock:
    """Watches one history; `due_at`, `answer_by`, `desk_due_at` and `stop` are the answers."""

    events: Sequence[Event]
    received_at: datetime
    charter: Charter
    had: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Minutes of working hours for which each desk had it up to the end of its own time."""
    due_at: datetime | None = None
    answer_by: datetime | None = None
    desk_due_at: datetime | None = None
    stop: datetime | None = None

    def watch(self) -> None:
        filed = self.events[0]
        category, judged = self.categories()
        promise = self.budget(self.received_at, self.charter.term("resolve", filed.data["promise"]))
        step: Budget | None = None
        planned = self.received_at
        patience = self.charter.term("pause_limit", category)
        hours = {TermUnit.DAYS: 24, TermUnit.HOURS: 1, TermUnit.WORKING_DAYS: 9}[patience.unit]
        waiting, working = patience.amount * hours * 60, -1
        desks: dict[str, tuple[Budget, Budget]] = {}
        acted: set[str] = set()
        with_whom, desk_before, in_county, plan, theirs = "", "", "", "", False
        in_time: list[bool] = []
        stops: list[datetime] = []
        todo = self.binding()
        minute = min(self.received_at, filed.at)
        while todo or self.undecided(promise, step, desks, with_whom):
            while todo and todo[0].at == minute:
                event = todo.pop(0)
                if with_whom not in ("", "resident"):
                    desk_before = with_whom
                    in_county = in_county if with_whom == "outside" else with_whom
                if event.name in DOES_SOMETHING:
                    acted.add(str(event.turn) if event.name == "taken" else desk_before)
                if event.name == "amended" and event.data.get("promise"):
                    promise = self.replayed(
                        self.received_at, self.charter.term("resolve", event.data["promise"]), minute
                    )
                if event.name in ("joined", *UNDER) and event.data.get("due"):
                    self.cut(promise, minute, datetime.fromisoformat(event.data["due"]))
                if event.name in UNDER and event.data.get("answer_by") and step:
                    self.cut(step, minute, datetime.fromisoformat(event.data["answer_by"]))
                if event.name in UNDER and event.data.get("stop"):
                    stops.append(datetime.fromisoformat(event.data["stop"]))
                if event.name == "extended" and promise.over is None:
                    promise.left += EXTENSION // MINUTE
                    promise.by = promise.by and promise.by + EXTENSION
                elif event.name == "extended" and promise.over:
                    promise.over += EXTENSION
                if event.name == "ended":
                    plan = str(event.data.get("planned_for") or "")
                    in_time = [one is not None and one.over in (None, minute) for one in (promise, step)]
                if event.name == "plan_due" and plan:
                    begins = datetime.combine(date.fromisoformat(plan), time(), NAIROBI).astimezone(UTC)
                    planned = begins if in_time[step is not None] else planned
                    stops = [] if in_time[step is not None] else stops
                    promise = (
                        self.replayed(begins, self.charter.term("step", category), minute) if in_time[0] else promise
                    )
                    step = self.replayed(begins, self.charter.term("step", category), minute) if in_time[1] else step
                theirs = event.name == "accepted" or (theirs and event.name != "referred")
                if event.turn is not None:
                    with_whom = in_county if event.turn == "outside" and not theirs else event.turn
                if event.name == "raised":
                    step = self.budget(minute, self.charter.term("step", category))
                    acted.discard(with_whom)
                    desks.pop(with_whom, None)
                if with_whom not in ("", "resident") and with_whom not in desks:
                    desks[with_whom] = self.desk(minute, judged, "step" if event.name == "raised" else "resolve")
                for at, name in enumerate(("desk_due", "first_due")):
                    if event.name in UNDER and event.data.get(name) and with_whom in desks:
                        self.cut(desks[with_whom][at], minute, datetime.fromisoformat(event.data[name]))
            if with_whom == "" and (back := self.has_it_after_all(todo, minute)):
                whose = back if back != "the same" else desk_before
                if whose not in desks and whose != "":
                    desks[whose] = self.desk(minute, judged, "resolve")
            else:
                whose = with_whom
            open_now = self.is_open(minute)
            # A wait that is not over has put nothing off yet; one of which she never heard puts nothing off at all.
            goes_on = next((event for event in todo if event.turn not in (None, "resident")), None)
            asked = whose == "resident" and goes_on is not None and not goes_on.data.get("unsent")
            if asked and working < 0:  # the first question: so much work is in one wait for all of the limit
                working = max(9 * 60, self.work_within(minute, waiting, patience.unit))
            rests = asked and waiting > 0 and working > 0
            if rests:
                waiting -= open_now or patience.unit is not TermUnit.WORKING_DAYS
                working -= open_now
            elif whose == "resident":
                whose = desk_before
            if rests and open_now:
                for budget in (promise, *([step] if step else ())):
                    budget.by = None
            for budget in (one for desk, pair in desks.items() if rests or desk != whose for one in pair):
                budget.by = None
            if not rests and minute >= self.received_at:
                promise.spend(minute, open_now)
            if not rests and step:
                step.spend(minute, open_now)
            if whose in desks and not rests:
                for budget in desks[whose]:
                    budget.spend(minute, open_now)
                self.had[whose] += open_now and desks[whose][0].over is None
            minute += MINUTE
            assert minute < self.received_at + LONGEST * MINUTE
        self.due_at, self.answer_by = promise.over, step.over if step else None
        self.stop = min([self.end_of(planned, self.charter.term("hard_stop", category)), *stops])
        if with_whom in desks and with_whom != "outside":
            whole, first = desks[with_whom]
            if whole.over and any(event.name == "extended" for event in self.events):
                whole.over += EXTENSION
            ends = [whole.over] if with_whom in acted else [whole.over, first.over]
            self.desk_due_at = min(end for end in ends if end)

    def binding(self) -> list[Event]:
        """The lines in the order of their times, without the days of what was taken out again: unless it was sent up in
        between."""
        found = sorted(self.events, key=lambda event: event.at)
        for end, line in enumerate(found):
            if line.name != "unmerged" or not self.named(line):
                continue
            for start in range(end - 1, -1, -1):
                if found[start].name == "raised":
                    break
                if found[start].name in UNDER and self.named(found[start]) == self.named(line):
                    found[start] = Unbound(found[start])
                    break
        return found

    @staticmethod
    def named(line: Event) -> dict[str, str]:
        return {name: day for name, day in line.data.items() if name in BOUND}

    def categories(self) -> tuple[str, str]:
        """What she was told a day for, in the end; and what a desk is judged by: the same, or what is confidential."""
        told = next(str(event.data["promise"]) for event in reversed(self.events) if event.data.get("promise"))
        for event in reversed(self.events):
            if event.name in ("hidden", "made_confidential", "released"):
                return told, told if event.name == "released" else str(event.data.get("category", told))
        return told, told

    def undecided(
        self, promise: Budget, step: Budget | None, desks: dict[str, tuple[Budget, Budget]], with_whom: str
    ) -> bool:
        """Whether something that is asked for is still to come."""
        asked = [promise, step, *desks.get(with_whom, ())]
        return any(budget is not None and budget.over is None for budget in asked)

    def cut(self, promise: Budget, minute: datetime, day: datetime) -> None:
        """Of what is left of the promise at `minute`, leave what comes before `day`."""
        if day <= minute:
            promise.over = min(promise.over or day, day)
        elif promise.over is None:
            ahead = replace(promise)
            while minute < day:
                ahead.spend(minute, self.is_open(minute))
                minute += MINUTE
            if ahead.over is None:
                promise.left, promise.by = promise.left - ahead.left, day

    def has_it_after_all(self, todo: Sequence[Event], minute: datetime) -> str:
        """Who has a case that has ended: nobody, or, as will turn out, `the same` desk as before, or that of a plan."""
        following = next((event for event in todo if event.turn), None)
        if following is not None and following.name == "disputed":
            return "the same"
        if following is not None and following.name == "plan_due":
            begins = datetime.combine(date.fromisoformat(following.data["planned_for"]), time(), NAIROBI)
            return str(following.turn) if minute >= begins else ""
        return ""

    def work_within(self, start: datetime, minutes: int, unit: TermUnit) -> int:
        """The minutes of working hours in the first `minutes` from `start` on, as `unit` counts them."""
        work = 0
        for minute in self.minutes(start):
            if not minutes:
                break
            open_now = self.is_open(minute)
            work += open_now
            minutes -= open_now or unit is not TermUnit.WORKING_DAYS
        return work

    def replayed(self, begins: datetime, term: Term, minute: datetime) -> Budget:
        """What is left at `minute` of a term that began before, and that nothing put off."""
        budget = self.budget(begins, term)
        while begins < minute:
            budget.spend(begins, self.is_open(begins))
            begins += MINUTE
        return budget

    def end_of(self, begins: datetime, term: Term) -> datetime:
        """When a term that begins then is over."""
        budget = self.budget(begins, term)
        while budget.over is None:
            budget.spend(begins, self.is_open(begins))
            begins += MINUTE
        return budget.over

    def desk(self, minute: datetime, category: str, name: str) -> tuple[Budget, Budget]:
        """What a desk has in all, and what it has until it first does something."""
        whole, first = (self.charter.term(one, category) for one in (name, "first_action"))
        return self.budget(minute, whole), self.budget(minute, first)

    def budget(self, start: datetime, term: Term) -> Budget:
        """The minutes from `start` to the end of `term`: whole days of work end with the last one's last minute."""
        if term.unit is not TermUnit.WORKING_DAYS:
            return Budget(term.amount * (24 if term.unit is TermUnit.DAYS else 1) * 60, term.unit)
        days, minutes, first = 0, 0, start.astimezone(NAIROBI).date()
        for minute in self.minutes(start):
            local = minute.astimezone(NAIROBI)
            if local.time() == time(8) and local.date() > first and self.is_working(local.date()):
                days += 1
            if days == term.amount and local.time() == time(17):
                break
            minutes += self.is_open(minute)
        return Budget(minutes, term.unit)

    def is_open(self, minute: datetime) -> bool:
        local = minute.astimezone(NAIROBI)
        return 8 <= local.hour < 17 and self.is_working(local.date())

    def is_working(self, day: date) -> bool:
        off = day in HOLIDAYS and day not in self.charter.cancelled
        return day.weekday() < 5 and not off and day not in self.charter.gazetted

    @staticmethod
    def minutes(start: datetime) -> Iterator[datetime]:
        for count in range(LONGEST):
            yield start + count * MINUTE
