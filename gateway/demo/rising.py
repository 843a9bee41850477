"""What nobody ended in time has gone up: the steps of a case of the demo, as the sweeper would have made them."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.cases import ladder, steps
from gateway.cases.ladder import Presence
from gateway.cases.models import Status
from gateway.cases.steps import OVERDUE, RUNNING
from gateway.demo.life import Life
from gateway.messages.quiet import after_night


def rise(life: Life) -> None:
    """Send the case up for each of its days that has passed, and tell its resident."""
    while at := _goes_up_at(life):
        case, office = life.as_case(), life.office
        day = steps.told(case)
        move = ladder.next_move(office, case, life.times, OVERDUE, Presence(life.world.seats(case), {}), at)
        data = ladder.told_of(move)
        life.case |= {
            "status": Status.NEW, "desk": steps.desk_of(move.step), "desk_since": at, "assignee_id": None,
            "raised_to": move.step, "raised_at": at, "raised_why": move.why, "answer_by": move.answer_by,
        }  # fmt: skip
        life.event("raised", at, **data)
        slots = ladder.letter_slots(office, move, day)
        life.send(ladder.wording_of(move, day, at), at, due=_by_day(life, at), slots=slots)


def _goes_up_at(life: Life) -> datetime | None:
    """When it goes up next, if it has by now; after all that has happened to it, as if nobody had looked before."""
    at = life.case["next_step_at"]
    if at is None or life.case["status"] not in RUNNING:
        return None
    at = max(at, *(event["at"] + timedelta(minutes=1) for event in life.events))
    return at if life.world.past(_by_day(life, at)) else None


def _by_day(life: Life, at: datetime) -> datetime:
    return after_night(at, life.office.county.quiet_hours)
