"""Sending what is due: claim a batch, begin each, record what became of it. Guards stand inside the UPDATEs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import ColumnElement, and_, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.messages import outbox
from gateway.messages.africastalking import Outcome, Receipt
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRetryable, SmsUnknown
from gateway.messages.models import Message, MessageStatus, OutboxHalt
from gateway.messages.outbox import SENDS_WHEN_UNCLEAR
from gateway.people.models import Resident
from gateway.people.vault import Vault

BATCH = 50
LEASE = timedelta(seconds=90)
"""Longer than a worker goes on with what it claimed, and than the one send that it may have begun at the end."""
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
"""Between two tries of a message that is refused for now."""
KEEP_TRYING = timedelta(days=1)
"""How old a message may be to be tried again: a night of do-not-disturb, or of a cut line, costs none."""
UNKNOWN_WAIT = timedelta(minutes=5)
"""How long an unclear send waits for a delivery report before it is sent once more."""
HELD_WAIT = timedelta(hours=1)
"""How long a message that no key opened waits for its key to come back, before it is tried again."""
HALT = timedelta(minutes=5)
"""How long the outbox rests after the provider refused the account itself, before it tries one message again."""


@dataclass(frozen=True)
class Due:
    """A claimed message, ready to send. `lease_until` tells this claim from a later one."""

    id: int
    number: str
    text: str
    lease_until: datetime


# Of a message that did not leave: the attempt does not count.
_QUEUED_AGAIN = {"status": MessageStatus.QUEUED, "attempts": Message.attempts - 1, "lease_until": None, "sent_at": None}


def claim(session: Session, vault: Vault) -> list[Due]:
    """Take the next messages that are due, by the database's clock. Commit before sending."""
    if session.scalar(select(OutboxHalt.id).where(OutboxHalt.until > func.now())):
        return []
    chosen = (
        select(Message.id)
        .where(Message.status == MessageStatus.QUEUED, Message.due_at <= func.now())
        .order_by(Message.due_at, Message.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(
        update(Message)
        .where(Message.id.in_(chosen))
        .values(
            status=MessageStatus.CLAIMED, attempts=Message.attempts + 1, lease_until=func.now() + LEASE, sent_at=None
        )
        .returning(Message.id, Message.resident_id, Message.text_sealed, Message.lease_until)
    ).all()  # fmt: skip
    numbers = _numbers(session, [row.resident_id for row in rows])
    due = []
    for row in rows:
        if row.resident_id not in numbers:
            _change(session, row.id, {"status": MessageStatus.CANCELLED, "code": "number erased"})
            continue
        try:
            number, words = vault.open(numbers[row.resident_id]), vault.open(row.text_sealed)
        except InvalidToken:
            # One row that no key opens must not keep all others from leaving. Held: the key may come back.
            _change(session, row.id, {"status": MessageStatus.HELD, "code": "key missing"})
        else:
            due.append(Due(row.id, number, words, row.lease_until))
    return due


def _numbers(session: Session, residents: Sequence[int | None]) -> Mapping[int | None, bytes]:
    rows = session.execute(select(Resident.id, Resident.phone_sealed).where(Resident.id.in_(set(residents)))).all()
    return {row.id: row.phone_sealed for row in rows}


def begin(session: Session, due: Due) -> bool:
    """Mark that this message is being sent, by whoever claimed it. Commit before sending.

    False where it is not ours to send any more: the claim ran out, or nobody wants it sent.
    """
    begun = session.execute(
        update(Message)
        .where(_unbegun(due), Message.lease_until > func.now(), Message.resident_id.is_not(None))
        # The provider names each send anew.
        .values(sent_at=func.now(), lease_until=func.now() + LEASE, provider_id=None)
        .returning(Message.id)
    ).first()
    return begun is not None


def give_back(session: Session, claimed: Sequence[Due]) -> None:
    """Let others send what we claimed and did not begin."""
    for due in claimed:
        session.execute(update(Message).where(_unbegun(due)).values(_QUEUED_AGAIN))


def _unbegun(due: Due) -> ColumnElement[bool]:
    # Whoever begins a message renews its lease, and so does whoever claims it next.
    return and_(Message.id == due.id, Message.status == MessageStatus.CLAIMED, Message.lease_until == due.lease_until)


def record(session: Session, message_id: int, receipt: Receipt) -> None:
    """Write down the provider's answer about one claimed message."""
    match receipt.outcome:
        case Outcome.ACCEPTED:
            _record_sent(session, message_id, receipt)
        case Outcome.REJECTED:
            _change(session, message_id, {"status": MessageStatus.FAILED, "code": receipt.code})
        case Outcome.UNKNOWN:
            _record_unknown(
                session, message_id, receipt.code, provider_id=receipt.provider_id, resend=receipt.resend_once
            )
        case Outcome.RETRY:
            _record_retry(session, message_id, receipt.code)
        case Outcome.HALTED:
            _record_halt(session, message_id, receipt.code)


def record_failure(session: Session, message_id: int, failure: SmsFailure) -> None:
    """Write down that the whole request failed, by the name of the failure."""
    match failure:
        case SmsHalted():
            _record_halt(session, message_id, failure.code)
        case SmsRetryable():
            _record_retry(session, message_id, failure.code)
        case SmsUnknown():
            _record_unknown(session, message_id, failure.code)
        case _:
            _change(session, message_id, {"status": MessageStatus.FAILED, "code": failure.code})


def _record_sent(session: Session, message_id: int, receipt: Receipt) -> None:
    values = {
        "status": MessageStatus.SENT, "code": receipt.code, "provider_id": receipt.provider_id,
        "parts": receipt.parts, "sent_at": func.now(),
    }  # fmt: skip
    # Accepted is certain, also where the claim has run out in the meantime and counts as unclear.
    _change(session, message_id, values, MessageStatus.UNKNOWN)
    if receipt.provider_id:
        outbox.apply_reports(session, receipt.provider_id)


def _record_unknown(
    session: Session, message_id: int, code: str, *, provider_id: str | None = None, resend: bool = True
) -> None:
    """The bytes left and no clear answer came: wait for a report, then send once more at most (never, if not `resend`).

    The report may be there already.
    """
    resident_id = session.scalar(select(Message.resident_id).where(Message.id == message_id))
    if resident_id:
        outbox.hold(session, Resident.id == resident_id)
    values = {
        "status": MessageStatus.UNKNOWN, "code": code, "provider_id": provider_id,
        "lease_until": func.now() + UNKNOWN_WAIT,
    }  # fmt: skip
    _change(session, message_id, values if resend else values | {"attempts": SENDS_WHEN_UNCLEAR})
    if provider_id:
        outbox.apply_reports(session, provider_id)
    elif resident_id:
        outbox.settle_doubt(session, resident_id)


def _record_retry(session: Session, message_id: int, code: str) -> None:
    """Refused for now: again after as long as it has waited already, about; failed when it is too old."""
    jitter = random.uniform(0.8, 1.2)  # noqa: S311  (not a secret)
    age = func.now() - Message.created_at
    wait = func.greatest(SHORTEST_WAIT, func.least(age, LONGEST_WAIT)) * jitter
    status = case((age > KEEP_TRYING, MessageStatus.FAILED.value), else_=MessageStatus.QUEUED.value)
    _change(session, message_id, _QUEUED_AGAIN | {"status": status, "due_at": func.now() + wait, "code": code})


def _record_halt(session: Session, message_id: int, code: str) -> None:
    """The account itself is refused: nothing is lost, everything rests until the next try, and a human is told."""
    _change(session, message_id, _QUEUED_AGAIN | {"code": code})
    until = func.now() + HALT
    session.execute(
        insert(OutboxHalt)
        .values(id=1, code=code, until=until)
        .on_conflict_do_update(index_elements=["id"], set_={"code": code, "until": until})
    )


def clear_halt(session: Session) -> None:
    """Sending works again."""
    session.execute(delete(OutboxHalt))


def _change(session: Session, message_id: int, values: Mapping[str, Any], *also_from: MessageStatus) -> None:
    session.execute(
        update(Message)
        .where(Message.id == message_id, Message.status.in_((MessageStatus.CLAIMED, *also_from)))
        .values({"lease_until": None, **values})
    )


def sweep_claims(session: Session) -> int:
    """Claims whose worker died: what it had begun to send is unclear, the rest is queued as before.

    Unclear ones without a report are sent once more, then given up.
    """
    _settle_waited(session)
    outbox.forget_phones(session)
    held = and_(Message.status == MessageStatus.HELD, Message.due_at < func.now() - HELD_WAIT)
    session.execute(update(Message).where(held).values(_QUEUED_AGAIN | {"due_at": func.now()}))
    expired = and_(Message.status == MessageStatus.CLAIMED, Message.lease_until < func.now())
    session.execute(update(Message).where(expired, Message.sent_at.is_(None)).values(_QUEUED_AGAIN))
    session.execute(
        update(Message)
        .where(expired)
        .values(status=MessageStatus.UNKNOWN, code="worker stopped", lease_until=func.now() + UNKNOWN_WAIT)
    )
    again = session.execute(
        update(Message)
        .where(_waited())
        .values(
            status=case(
                (Message.attempts < SENDS_WHEN_UNCLEAR, MessageStatus.QUEUED.value), else_=MessageStatus.FAILED.value
            ),
            due_at=func.now(),
            lease_until=None,
        )
        .returning(Message.id)
    ).all()
    return len(again)


def _settle_waited(session: Session) -> None:
    """Look once more for reports: one may have come while another of her messages was in doubt, or a worker died."""
    waiting = select(Message.resident_id).distinct().where(_waited(), Message.resident_id.is_not(None))
    for resident_id in session.scalars(waiting.order_by(Message.resident_id)).all():
        if resident_id:
            outbox.settle_doubt(session, resident_id)


def _waited() -> ColumnElement[bool]:
    return and_(Message.status == MessageStatus.UNKNOWN, Message.lease_until < func.now())
