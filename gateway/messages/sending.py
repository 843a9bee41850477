"""Claiming what is due, in its order and at the pace, and beginning it. Guards stand inside the UPDATEs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import ColumnElement, case, text, update
from sqlalchemy import func as sql
from sqlalchemy.orm import Session

from gateway.messages import outage, pace
from gateway.messages.africastalking import unfit
from gateway.messages.models import Message, MessageStatus
from gateway.messages.outage import Outage
from gateway.messages.outbox import NOT_AGAIN, SENDS_WHEN_UNCLEAR
from gateway.messages.pace import Pace
from gateway.people.vault import Vault

LEASE = timedelta(seconds=90)
"""Longer than a worker goes on with what it claimed, and than the one send that it may have begun at the end."""
AS_FAST_AS_IT_GOES = Pace(1_000_000)
OFFICERS_WORDS = (
    "from_officer", "fixed", "answered", "planned", "cannot_now", "not_ours", "not_found", "not_a_report",
    "promise_broken", "promise_broken_top", "open_too_long", "sent_higher", "data_refused", "information_refused",
    "request_transferred", "request_extended",
)  # fmt: skip
"""Wordings that say something of a case: an officer's words, how it ended, or who has it."""
TOO_OPEN = (
    f"((message.wording IN {OFFICERS_WORDS}"  # noqa: S608  (a constant of ours)
    " AND coalesce((SELECT cases.sensitive FROM cases WHERE cases.id = message.case_id), false))"
    " OR (message.officer_id IS NOT NULL AND EXISTS (SELECT FROM prompt JOIN cases ON cases.id = prompt.case_id"
    " WHERE prompt.message_id = message.id AND (cases.sensitive OR cases.status = 'withdrawn'"
    " OR (message.wording = 'officer_digest' AND cases.status NOT IN ('new', 'referred'))))))"
)
"""The condition that a message says more of its case than it may, now that the case is confidential: to its resident,
or to the officer whom it asks about it; to her also where it was taken back, and by a digest where somebody has it."""
ADDRESSED = "(message.resident_id IS NOT NULL OR message.officer_id IS NOT NULL)"
"""The condition that there is still somebody whom a message is for."""


@dataclass(frozen=True)
class Due:
    """A claimed message, ready to send. `lease_until` tells this claim from a later one; those of one claim share it.

    Messages with the same `bulk` and text go to the provider together. `again`: it may have left before.
    """

    id: int
    number: str
    text: str
    lease_until: datetime
    bulk: str | None = None
    again: bool = False


@dataclass(frozen=True)
class Taken:
    """What one claim took, in the order in which it leaves, the first one `wait` seconds from now.

    Nothing taken and a `wait`: something is due, and the pace does not let it leave before that.
    """

    due: Sequence[Due] = ()
    wait: float = 0.0
    after_halt: bool = False
    """Everything has been resting, or the last answer was not clear; whoever sends one of these says that it works."""


# Of a message that did not leave: the attempt does not count. It may have been cancelled while it was tried.
QUEUED_AGAIN = {
    "status": case((Message.attempts >= NOT_AGAIN, MessageStatus.CANCELLED.value), else_=MessageStatus.QUEUED.value),
    "attempts": Message.attempts - 1,
    "lease_until": None,
    "sent_at": None,
}


def claim(session: Session, vault: Vault) -> list[Due]:
    """What `take` takes while nothing holds it up."""
    return list(take(session, vault, AS_FAST_AS_IT_GOES).due)


def take(session: Session, vault: Vault, at: Pace, *, waiting: bool = True) -> Taken:
    """Claim the next messages that are due, by the database's clock, and reserve their time. Commit before sending.

    Those go first that somebody waits for. `waiting` False: only those, for what can wait has to. While the provider
    gives no clear answer, one message tries, once in a while.
    """
    stands = outage.standing(session)
    chosen = _chosen_as_it_stands(session, stands, at, waiting)
    if not chosen:
        return Taken()
    wait = pace.wait(session)
    if wait > pace.AHEAD:
        return Taken(wait=wait)
    due = _claimed(session, vault, chosen)
    if due and stands.in_doubt and stands.rested and not outage.try_once(session):
        give_back(session, due)
        return Taken()
    pace.reserve(session, len(due), at)
    return Taken(due, max(0.0, wait), after_halt=stands.rested or stands.counted > 0)


# Plain SQL: everything that leaves waits for a claim.
_DUE = """
SELECT id, bulk FROM message
WHERE status = 'queued' AND wanted = :wanted AND due_at <= now() {}
ORDER BY due_at, id LIMIT :most FOR UPDATE SKIP LOCKED
"""
_NEXT, _TOGETHER = text(_DUE.format("")), text(_DUE.format("AND bulk = :bulk"))
_TRIAL = text(
    """
SELECT id FROM message
WHERE status = 'queued' AND due_at <= now() AND (wanted OR :waiting) AND (attempts < :last OR :last_tries)
ORDER BY attempts, wanted DESC, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
)
# Whoever cancelled what there was did not see what was queued meanwhile, or came back from a send.
_CLAIM = text(
    f"""
UPDATE message SET status = 'claimed', attempts = attempts + 1, lease_until = now() + :lease, sent_at = NULL
WHERE id = ANY(:chosen)
RETURNING id, text_sealed, lease_until, bulk, attempts > 1 AS again,
    officer_id IS NOT NULL AS of_officer,
    CASE WHEN officer_id IS NULL
        THEN (SELECT phone_sealed FROM resident WHERE resident.id = message.resident_id)
        ELSE (SELECT phone_sealed FROM officer WHERE officer.id = message.officer_id AND officer.active)
    END AS phone_sealed,
    NOT wanted AND (SELECT stopped_at IS NOT NULL FROM resident WHERE resident.id = message.resident_id) AS stopped,
    {TOO_OPEN} AS too_open
"""  # noqa: S608  (a constant of ours)
)


def _chosen_as_it_stands(session: Session, stands: Outage, at: Pace, waiting: bool) -> list[int]:
    if stands.resting:
        return []
    if stands.in_doubt:
        # Whose send ends in doubt once more is given up: the others first.
        values = {"waiting": waiting, "last": SENDS_WHEN_UNCLEAR - 1, "last_tries": stands.last_tries}
        return list(session.scalars(_TRIAL, values))
    return _chosen(session, at, waiting)


def _chosen(session: Session, at: Pace, waiting: bool) -> list[int]:
    """Ids in their order: single messages, or some that go together."""
    chosen: list[int] = []
    for wanted in (True, False) if waiting else (True,):
        rows = session.execute(_NEXT, {"wanted": wanted, "most": at.batch - len(chosen)}).all()
        if rows and rows[0].bulk is not None and not chosen:
            some = {"wanted": wanted, "bulk": rows[0].bulk, "most": at.recipients}
            return list(session.scalars(_TOGETHER, some))
        alone = list(takewhile(lambda row: row.bulk is None, rows))
        chosen += [row.id for row in alone]
        if len(alone) < len(rows) or len(chosen) == at.batch:
            break
    return chosen


def _claimed(session: Session, vault: Vault, chosen: Sequence[int]) -> list[Due]:
    rows = session.execute(_CLAIM, {"chosen": chosen, "lease": LEASE}).all()
    opened = {row.id: _opened(session, vault, row) for row in rows}
    return [due for number in chosen if (due := opened[number])]


def _opened(session: Session, vault: Vault, row: Any) -> Due | None:
    if row.phone_sealed is None:
        # An officer who has left, or whose phone is not kept any more, has erased nothing.
        _set_aside(session, row.id, MessageStatus.CANCELLED, None if row.of_officer else "number erased")
        return None
    if row.stopped or row.too_open:
        _set_aside(session, row.id, MessageStatus.CANCELLED, None)
        return None
    try:
        number, words = vault.open(bytes(row.phone_sealed)), vault.open(bytes(row.text_sealed))
    except InvalidToken:
        # One row that no key opens must not keep all others from leaving. Held: the key may come back.
        _set_aside(session, row.id, MessageStatus.HELD, "key missing")
        return None
    return Due(row.id, number, words, row.lease_until, row.bulk, row.again)


def _set_aside(session: Session, message_id: int, status: MessageStatus, code: str | None) -> None:
    values = {"status": status, "code": code, "lease_until": None}
    session.execute(update(Message).where(Message.id == message_id).values(values))


def requests_of(taken: Sequence[Due]) -> list[list[Due]]:
    """Which messages go to the provider together, in their order; two to one number never do.

    A number that is not written in full goes alone: it would spoil the request of the others.
    """
    requests: list[list[Due]] = []
    for due in taken:
        room = (request for request in requests if _goes_with(due, request))
        if request := next(room, None):
            request.append(due)
        else:
            requests.append([due])
    return requests


def _goes_with(due: Due, request: Sequence[Due]) -> bool:
    first = request[0]
    return (
        due.bulk is not None
        and (due.bulk, due.text) == (first.bulk, first.text)
        and not unfit(first.number)
        and not unfit(due.number)
        and all(due.number != other.number for other in request)
    )


def begin(session: Session, *together: Due) -> list[Due]:
    """Mark that these messages of one claim are being sent, by whoever claimed them. Commit before sending.

    Returns those that are ours to send: not where the claim ran out, or nobody wants it sent any more.
    """
    begun = session.scalars(
        update(Message)
        .where(_unbegun(together), Message.lease_until > sql.now())
        .where(text(f"{ADDRESSED} AND NOT {TOO_OPEN}"))
        # The provider names each send anew.
        .values(sent_at=sql.now(), lease_until=sql.now() + LEASE, provider_id=None)
        .returning(Message.id)
    ).all()
    return [due for due in together if due.id in begun]


def give_back(session: Session, claimed: Sequence[Due]) -> None:
    """Let others send what we claimed, together, and did not begin."""
    if claimed:
        session.execute(update(Message).where(_unbegun(claimed)).values(QUEUED_AGAIN))


def _unbegun(claimed: Sequence[Due]) -> ColumnElement[bool]:
    # Whoever begins a message renews its lease, and so does whoever claims it next.
    return (
        Message.id.in_([due.id for due in claimed])
        & (Message.status == MessageStatus.CLAIMED)
        & (Message.lease_until == claimed[0].lease_until)
    )
