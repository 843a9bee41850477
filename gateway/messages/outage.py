"""When all SMS rest: because the account itself is refused, or because the provider gives no clear answer any more.

A message whose sending ends in doubt is sent twice at most. If all of them were tried through an outage of hours, all
would be used up; so few are, and the others wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.messages.models import OutboxHalt, OutboxPace

HALT = timedelta(minutes=5)
"""How long the outbox rests before one message tries again."""
DOUBTS = 3
"""Requests in a row without a clear answer: one or two may be bad luck."""
LAST_TRIES = timedelta(hours=1)
"""How long a rest goes on where only messages are due that have one try left: they wait for another one to find out
whether sending works again. Where none comes, one of them has to, or nobody would ever know."""


@dataclass(frozen=True)
class Outage:
    """How sending stands.

    resting     nothing leaves at present
    rested      everything has been resting, and the next try is due
    in_doubt    as long as no request has a clear answer, one message at a time is tried
    last_tries  also a message may be tried that has one try left
    counted     requests in a row, up to now, without a clear answer
    """

    resting: bool
    rested: bool
    last_tries: bool
    counted: int

    @property
    def in_doubt(self) -> bool:
        return self.counted >= DOUBTS


# Plain SQL: everything that leaves waits for a claim. A halt that somebody ended by hand lets everything be tried.
_STANDING = text(
    """
SELECT coalesce(until > now(), false) AS resting, until <= now() AS rested,
    coalesce(until < now() - :last_tries, true) AS last_tries, coalesce(doubts, 0) AS counted
FROM (SELECT (SELECT until FROM outbox_halt) AS until, (SELECT doubts FROM outbox_pace) AS doubts) AS standing
"""
)


def standing(session: Session) -> Outage:
    """How it stands by the database's clock."""
    row = session.execute(_STANDING, {"last_tries": LAST_TRIES}).one()
    return Outage(row.resting, bool(row.rested), row.last_tries, row.counted)


def rest(session: Session, code: str) -> None:
    """Nothing leaves until the next try; `code` says why."""
    until = func.now() + HALT
    session.execute(
        insert(OutboxHalt)
        .values(id=1, code=code, until=until)
        .on_conflict_do_update(index_elements=["id"], set_={"code": code, "until": until})
    )


def try_once(session: Session) -> bool:
    """Whether the one try after a rest is ours; the next one is due when this could have been answered for long."""
    ours = update(OutboxHalt).where(OutboxHalt.until <= func.now()).values(until=func.now() + HALT)
    return bool(session.scalars(ours.returning(OutboxHalt.id)).all())


def doubt(session: Session, code: str) -> bool:
    """Count a request that ended in doubt. True where everything rests now."""
    # Last in its transaction: a claim holds this row after those of its messages.
    one_more = (
        insert(OutboxPace)
        .values(id=1, free_at=func.clock_timestamp(), doubts=1)
        .on_conflict_do_update(index_elements=["id"], set_={"doubts": func.least(OutboxPace.doubts + 1, 1000)})
        .returning(OutboxPace.doubts)
    )
    if session.scalars(one_more).one() < DOUBTS:
        return False
    rest(session, code)
    return True


def settle(session: Session) -> None:
    """A report told what became of a doubt: it does not count any more. Only a try ends a rest."""
    session.execute(
        update(OutboxPace).where(OutboxPace.doubts.between(1, DOUBTS - 1)).values(doubts=OutboxPace.doubts - 1)
    )


def clear(session: Session) -> None:
    """There was a clear answer: no doubt counts any more."""
    session.execute(update(OutboxPace).where(OutboxPace.doubts > 0).values(doubts=0))
