"""How fast SMS leave: one row, by which all workers of all hosts together keep to one pace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.messages.africastalking import RECIPIENTS
from gateway.messages.models import OutboxPace

BATCH = 100
"""Most SMS of a claim that do not go together."""
AHEAD = 1.0
"""Seconds. How far ahead time is reserved: what is urgent and comes later waits no longer than that for each worker."""
REQUEST = 10.0
"""Seconds. How long the others wait, at most, for one request to many numbers that has left."""
SLOWER = timedelta(seconds=30)
"""How long everything rests after the provider asked us to slow down."""


@dataclass(frozen=True)
class Pace:
    """At most `per_second` numbers a second, 1 or more."""

    per_second: int

    @property
    def batch(self) -> int:
        """How many SMS one claim may take that do not go together."""
        return min(BATCH, max(1, int(self.per_second * AHEAD)))

    @property
    def recipients(self) -> int:
        """How many numbers one request may have."""
        return min(RECIPIENTS, int(self.per_second * REQUEST))


_FREE = text("SELECT extract(epoch FROM free_at - clock_timestamp()) FROM outbox_pace FOR UPDATE")
_RESERVE = text("UPDATE outbox_pace SET free_at = greatest(free_at, clock_timestamp()) + :length")


def wait(session: Session) -> float:
    """Seconds until the next SMS may leave; 0 or less: now. Nobody else reserves anything until the commit."""
    left = session.scalar(_FREE)
    if left is None:
        session.execute(insert(OutboxPace).values(id=1, free_at=func.clock_timestamp()).on_conflict_do_nothing())
        left = session.scalars(_FREE).one()
    return float(left)


def reserve(session: Session, count: int, pace: Pace) -> None:
    """The time that `count` numbers take, from when on it is free."""
    session.execute(_RESERVE, {"length": timedelta(seconds=count / pace.per_second)})


def slow_down(session: Session) -> None:
    """The provider asked us to: nothing leaves for a while, whoever sends."""
    rested = func.clock_timestamp() + SLOWER
    session.execute(
        insert(OutboxPace)
        .values(id=1, free_at=rested)
        .on_conflict_do_update(index_elements=["id"], set_={"free_at": func.greatest(OutboxPace.free_at, rested)})
    )
