"""Up the ladder: what is overdue goes up by itself, and a resident may send her own case higher."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from gateway.cases import carrying, desks, standing, steps, timing
from gateway.cases.categories import VIOLENCE
from gateway.cases.clock import deadline, local_day
from gateway.cases.models import Case, CaseConflict, CaseEvent, Channel, Status, Step
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.steps import ASKED, HARD_STOP, OVERDUE, RUNNING
from gateway.cases.timing import Times
from gateway.messages import outbox
from gateway.messages.outbox import Letter
from gateway.messages.quiet import after_night
from gateway.people.models import Role
from gateway.people.presence import Seat, present_posts
from menus.tree import Text

BATCH = 200
WORDINGS = ("promise_broken", "promise_broken_top", "open_too_long")
NIGHT = timedelta(hours=12)
"""No night lasts longer: what was queued before that has left, or is not to be waited for."""


@dataclass(frozen=True)
class Raised:
    """Where a case was sent: the step, who has it there (as within a sentence), and the new day. `top`: there is no
    step above."""

    step: Step
    holder: Text
    answer_by: datetime
    top: bool


@dataclass(frozen=True)
class Move:
    """One step of one case, as it was found. `skipped`: steps on the way where nobody is; `nobody`: nor there;
    `again`: it had been sent up before."""

    case: Case
    step: Step
    why: str
    answer_by: datetime
    next_at: datetime | None
    skipped: tuple[Step, ...] = ()
    nobody: bool = False
    again: bool = False


@dataclass(frozen=True)
class Presence:
    """Who is there today, and whom among them each case is about: she is not there for that one."""

    posts: Mapping[Seat, frozenset[int]]
    about: Mapping[int, frozenset[int]]

    def is_there(self, step: Step, case: Case) -> bool:
        seats: Mapping[Step, Seat] = {
            Step.SUB_COUNTY: (Role.SUB_COUNTY, case.sub_county_code),
            Step.CHIEF_OFFICER: (Role.CHIEF_OFFICER, case.department),
            Step.COUNTY_SECRETARY: (Role.COUNTY_SECRETARY, None),
        }
        return bool(self.posts.get(seats[step], frozenset()) - self.about.get(case.id, frozenset()))


# By itself


def overdue(now: datetime) -> Select[Case]:
    """The next batch, for whoever raises it: the oldest first, and nothing that somebody else has in hand."""
    return (
        select(Case)
        # As the index has it, word for word.
        .where(Case.next_step_at <= now, text("cases.status IN ('new', 'taken', 'referred')"))
        .order_by(Case.next_step_at, Case.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


def raise_overdue(session: Session, office: Office, now: datetime) -> int:
    """One batch of what is overdue, oldest first: each case goes up one step, and its resident is told.

    Returns how many were dealt with; 0 when none is left. The caller commits. Several may do this at once.
    """
    cases = session.scalars(overdue(now)).all()
    clocks = timing.times_of(session, office, cases)
    late = [case for case in cases if not _put_off(case, clocks[case.id], now)]
    session.flush()
    present = _presence(session, late, now)
    moves = [next_move(office, case, clocks[case.id], OVERDUE, present, now) for case in late]
    before = {case.id: (steps.told(case), case.raised_at) for case in late}
    raised = _make(session, office, moves, now)
    # What waits for the morning about the step before is not true any more.
    recent = [case_id for case_id in raised if _is_recent(before[case_id][1], now)]
    others = carrying.carried_by(session, raised)
    outbox.cancel_all(session, [*recent, *(one.id for one in others if one.lead_id in recent)], WORDINGS)
    made = {move.case.id: move for move in moves if move.case.id in raised}
    letters = [_apology(office, move, move.case, before[case_id][0], now) for case_id, move in made.items()]
    for one in others:
        move = made[one.lead_id or 0]
        letters.append(_apology(office, move, one, _told(move, one, before[move.case.id][0]), now))
    _send(session, office, letters, now)
    return len(cases)


def _send(session: Session, office: Office, letters: Sequence[Letter | None], now: datetime) -> None:
    due = after_night(now, office.county.quiet_hours)
    outbox.queue_all(session, office.vault, [letter for letter in letters if letter], due, now)


def _put_off(case: Case, times: Times, now: datetime) -> bool:
    """Whether its day has moved meanwhile, or it has none any more: then it is found again when that comes."""
    at = steps.next_step_at(case, times.stop, times.not_before)
    if at is None or at > now:
        case.next_step_at = at
        return True
    return False


def _presence(session: Session, cases: Collection[Case], now: datetime) -> Presence:
    if not cases:
        return Presence({}, {})
    about: dict[int, frozenset[int]] = {}
    named = select(CaseConflict.case_id, CaseConflict.officer_id)
    for case_id, officer_id in session.execute(named.where(CaseConflict.case_id.in_([case.id for case in cases]))):
        about[case_id] = about.get(case_id, frozenset()) | {officer_id}
    return Presence(present_posts(session, local_day(now)), about)


def next_move(office: Office, case: Case, times: Times, why: str, present: Presence, now: datetime) -> Move:
    """The next step where somebody is; the last one, if nobody is anywhere. By the terms of what was promised, whatever
    officers sorted it under."""
    ways, stop = steps.ways(case, times.stop, now), times.stop
    if stop <= now and why == OVERDUE:
        why = HARD_STOP
    there = [step for step in ways if present.is_there(step, case)]
    step = there[0] if there else ways[-1]
    skipped = tuple(way for way in ways if steps.RANKS[way] < steps.RANKS[step])
    answer_by = deadline(now, office.county.charter.term("step", times.category), office.calendar)
    next_at = None if step is steps.TOP else min(answer_by, stop)
    again = case.raised_to is not None
    return Move(case, step, why, answer_by, next_at, skipped, nobody=not there, again=again)


# Guarded as every change is. Whoever locked these rows has seen them as they are; who has not, changes nothing.
_RAISE = text(
    """
    UPDATE cases SET status = 'new', desk = up.step, raised_to = up.step, raised_at = :now, raised_why = up.why,
        desk_since = :now, answer_by = up.answer_by, next_step_at = up.next_at, assignee_id = NULL,
        proposed_by_id = NULL, ending = NULL, resolved_at = NULL, planned_for = NULL, lead_id = NULL
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:steps AS text[]), CAST(:were AS text[]), CAST(:days AS timestamptz[]),
        CAST(:nexts AS timestamptz[]), CAST(:whys AS text[])
    ) AS up (id, step, was, answer_by, next_at, why)
    WHERE cases.id = up.id AND cases.raised_to IS NOT DISTINCT FROM up.was AND NOT cases.sensitive
        AND cases.status = ANY (:allowed) AND (:asked OR cases.next_step_at <= :now)
    RETURNING cases.id
    """
)


def _make(
    session: Session, office: Office, moves: Sequence[Move], now: datetime, *, asked: bool = False, **data: Any
) -> set[int]:
    """Make these steps, each once, and tell the history; the ids of the cases that were raised."""
    if not moves:
        return set()
    allowed = (*RUNNING, Status.RESOLVED) if asked else RUNNING
    values: dict[str, Any] = {
        "now": now,
        "asked": asked,
        "allowed": [state.value for state in allowed],
        "ids": [move.case.id for move in moves],
        "steps": [move.step.value for move in moves],
        "were": [move.case.raised_to.value if move.case.raised_to else None for move in moves],
        "days": [move.answer_by for move in moves],
        "nexts": [move.next_at for move in moves],
        "whys": [move.why for move in moves],
    }
    moved = set(session.scalars(_RAISE, values))
    made = [move for move in moves if move.case.id in moved]
    if not made:
        return set()
    lines = [_line(move, now, data) for move in made]
    # A line for a step that was made before would be a second one: the case has moved, and she is not told again.
    raised = set(session.scalars(insert(CaseEvent).on_conflict_do_nothing().returning(CaseEvent.case_id), lines))
    timing.keep_times(session, office, [move.case for move in made])
    return raised


def _line(move: Move, now: datetime, data: dict[str, Any]) -> dict[str, Any]:
    """The line of the history. From here on the case in hand is as the statement left it."""
    case, told = move.case, told_of(move)
    values = {
        "status": Status.NEW, "desk": steps.desk_of(move.step), "raised_to": move.step, "answer_by": move.answer_by,
        "next_step_at": move.next_at, "lead_id": None,
    }  # fmt: skip
    for name, value in values.items():
        set_committed_value(case, name, value)
    return {"case_id": case.id, "at": now, "name": "raised", "turn": desks.turn(case), "data": told | data}


def told_of(move: Move) -> dict[str, Any]:
    """What the history keeps of a step."""
    told: dict[str, Any] = {"step": move.step.value, "why": move.why, "from": move.case.desk.value}
    told |= {"skipped": [step.value for step in move.skipped], "answer_by": move.answer_by.isoformat()}
    return told | ({"nobody": True} if move.nobody else {})


def _is_recent(raised_at: datetime | None, now: datetime) -> bool:
    return raised_at is not None and raised_at > now - NIGHT


def _apology(office: Office, move: Move, case: Case, day: datetime | None, now: datetime) -> Letter | None:
    """What the resident of `case`, which moved or stands under what did, is told of a step that she did not ask for;
    `day` is the last one that she had been told.

    Nothing where her number is hidden, nor about violence.
    """
    if case.resident_id is None or case.category == VIOLENCE:
        return None
    name, slots = wording_of(move, day, now), letter_slots(office, move, day, case)
    return Letter(case.resident_id, case.id, name, office.letters.compose(name, case.language, slots))


def wording_of(move: Move, day: datetime | None, now: datetime) -> str:
    """The SMS that tells of a step; `day` is the last one that she had been told."""
    if day is None or day > now:
        return "open_too_long"
    return "promise_broken_top" if move.step is steps.TOP else "promise_broken"


def letter_slots(office: Office, move: Move, day: datetime | None, case: Case | None = None) -> dict[str, str]:
    """What it needs: the reference, the broken day, who has it now, the new day. `case`: hers, where another moved."""
    holder, case = standing.step_holder(office.county, office.menu, move.case, move.step), case or move.case
    return {
        "reference": spoken(case.reference),
        "promise": office.letters.promise(day, case.language),
        "sent_to": office.menu.spoken(holder, case.language),
        "answer_by": office.letters.promise(move.answer_by, case.language),
    }


# Because she asks


def may_send_higher(session: Session, office: Office, case: Case, now: datetime) -> bool:
    """Whether its resident may send this case to the next step, or the one that stands for it:
    `steps.may_be_sent_higher`."""
    return steps.may_be_sent_higher(carrying.lead_of(session, case), now)


def send_higher(session: Session, office: Office, case: Case, now: datetime, channel: Channel) -> Raised | None:
    """She asks for it: to the next step, open again if it had ended. Tells her nothing: whoever calls this does.

    `case` is locked by the caller, who has seen that it is hers. Where another stands for it, that one goes up, and all
    others for whom it stands are told. None where it goes no higher now.
    """
    lead = carrying.lead_of(session, case, lock=True)
    if not steps.may_be_sent_higher(lead, now):
        return None
    times, day = timing.times_of(session, office, [lead])[lead.id], steps.told(lead)
    move = next_move(office, lead, times, ASKED, _presence(session, [lead], now), now)
    if lead.id not in _make(session, office, [move], now, asked=True, channel=channel.value):
        return None
    others = [one for one in (lead, *carrying.carried(session, lead)) if one.id != case.id]
    outbox.cancel_all(session, [case.id, *(one.id for one in others)], WORDINGS)
    session.flush()
    session.refresh(lead)
    _send(session, office, [_apology(office, move, one, _told(move, one, day), now) for one in others], now)
    holder = standing.step_holder(office.county, office.menu, lead, move.step)
    return Raised(move.step, holder, move.answer_by, top=move.step is steps.TOP)


def _told(move: Move, case: Case, day: datetime | None) -> datetime | None:
    """The last day that the resident of `case` had been told, where what moved had told its own `day`: with a step
    before, all of them heard of the new day; what it was filed with is each one's own."""
    return day if case is move.case or move.again else case.due_at
