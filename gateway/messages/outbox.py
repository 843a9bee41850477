"""Outgoing SMS: queueing, claiming a batch, recording what became of each. Guards stand inside the UPDATEs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, and_, case, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.messages.africastalking import Outcome, Receipt, delivery_effect
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRetryable, SmsUnknown
from gateway.messages.models import DeliveryReport, Message, MessageStatus, OutboxHalt
from gateway.people.models import Resident
from gateway.people.vault import Vault

BATCH = 50
LEASE = timedelta(seconds=90)
"""Longer than sending a whole batch may take: BATCH requests of which only a few can reach the total deadline."""
MAX_ATTEMPTS = 6
BACK_OFF = timedelta(seconds=30)
UNKNOWN_WAIT = timedelta(minutes=5)
"""How long an unclear send waits for a delivery report before it is sent once more."""
SENDS_WHEN_UNCLEAR = 2
USSD_SESSION = timedelta(seconds=180)
"""A USSD session lasts no longer; until then she may still change, hide or delete what the text is about."""
HALT = timedelta(minutes=5)
"""How long the outbox rests after the provider refused the account itself, before it tries one message again."""
REPLIES_PER_HOUR = 5


@dataclass(frozen=True)
class Due:
    """A claimed message, ready to send."""

    id: int
    number: str
    text: str


def queue(
    session: Session, vault: Vault, resident_id: int, case_id: int | None, wording: str, text: str, due: datetime,
    *, automatic: bool = False, wanted: bool = False,
) -> None:  # fmt: skip
    """Queue one SMS. `wanted`: she did something just now and waits for it; others are dropped after STOP."""
    stopped = session.scalar(select(Resident.stopped_at).where(Resident.id == resident_id))
    status = MessageStatus.CANCELLED if stopped and not wanted else MessageStatus.QUEUED
    session.execute(
        insert(Message).values(
            resident_id=resident_id, case_id=case_id, wording=wording, text_sealed=vault.seal(text), due_at=due,
            automatic=automatic, status=status, created_at=due,
        )
    )  # fmt: skip


def may_reply(session: Session, resident_id: int, now: datetime) -> bool:
    """Whether another automatic reply may go to this phone: at most five an hour, so that two machines never chat."""
    count = select(func.count()).where(
        Message.resident_id == resident_id, Message.automatic, Message.created_at > now - timedelta(hours=1)
    )
    return (session.scalar(count) or 0) < REPLIES_PER_HOUR


def cancel(session: Session, case_id: int) -> None:
    """What waits to be sent about this case is not sent any more."""
    session.execute(
        update(Message)
        .where(Message.case_id == case_id, Message.status.in_((MessageStatus.QUEUED, MessageStatus.HELD)))
        .values(status=MessageStatus.CANCELLED)
    )


def stop(session: Session, phone_hash: bytes, now: datetime) -> None:
    """She asked for no more texts."""
    resident_id = session.scalar(
        update(Resident).where(Resident.phone_hash == phone_hash).values(stopped_at=now).returning(Resident.id)
    )
    session.execute(
        update(Message)
        .where(Message.resident_id == resident_id, Message.status.in_((MessageStatus.QUEUED, MessageStatus.HELD)))
        .values(status=MessageStatus.CANCELLED)
    )


def hold_back(session: Session, case_id: int, now: datetime) -> None:
    """Let what is queued about this case wait as long as its USSD session may last."""
    session.execute(
        update(Message)
        .where(Message.case_id == case_id, Message.status == MessageStatus.QUEUED)
        .values(due_at=now + USSD_SESSION)
    )


def release(session: Session, reference: str, now: datetime) -> bool:
    """The USSD session that filed `reference` is over: its *received* text may leave now. True where one was held."""
    released: CursorResult[object] = session.execute(  # type: ignore[assignment]
        text(
            "UPDATE message SET due_at = :now FROM cases WHERE cases.id = message.case_id"
            " AND cases.reference = :reference AND message.status = 'queued' AND message.due_at > :now"
            " AND message.wording LIKE 'received%'"
        ),
        {"now": now, "reference": reference},
    )
    return released.rowcount > 0


# Draining


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
        .values(status=MessageStatus.CLAIMED, attempts=Message.attempts + 1, lease_until=func.now() + LEASE)
        .returning(Message.id, Message.resident_id, Message.text_sealed)
    ).all()
    sealed = _numbers(session, [row.resident_id for row in rows])
    due = []
    for row in rows:
        if row.resident_id in sealed:
            due.append(Due(row.id, vault.open(sealed[row.resident_id]), vault.open(row.text_sealed)))
        else:
            _move(session, row.id, MessageStatus.CANCELLED, code="number erased")
    return due


def _numbers(session: Session, residents: Sequence[int | None]) -> Mapping[int | None, bytes]:
    rows = session.execute(select(Resident.id, Resident.phone_sealed).where(Resident.id.in_(set(residents)))).all()
    return {row.id: row.phone_sealed for row in rows}


def still_wanted(session: Session, message_id: int) -> bool:
    """Whether a claimed message is still ours to send: its lease has not run out and nobody hid the number."""
    query = select(Message.id).where(
        Message.id == message_id, Message.status == MessageStatus.CLAIMED, Message.lease_until > func.now(),
        Message.resident_id.is_not(None),
    )  # fmt: skip
    return session.scalar(query) is not None


def record(session: Session, message_id: int, receipt: Receipt) -> None:
    """Write down the provider's answer about one claimed message."""
    match receipt.outcome:
        case Outcome.ACCEPTED:
            _move(session, message_id, MessageStatus.SENT, code=receipt.code, provider_id=receipt.provider_id,
                  cost=receipt.cost, parts=receipt.parts, sent_at=func.now())  # fmt: skip
            _apply_early_report(session, message_id, receipt.provider_id)
        case Outcome.REJECTED:
            _move(session, message_id, MessageStatus.FAILED, code=receipt.code)
        case Outcome.UNKNOWN:
            record_unknown(session, message_id, receipt.code, resend=receipt.resend_once)
        case Outcome.RETRY:
            record_retry(session, message_id, receipt.code)
        case Outcome.HALTED:
            record_halt(session, message_id, receipt.code)


def record_failure(session: Session, message_id: int, failure: SmsFailure) -> None:
    """Write down that the whole request failed, by the name of the failure."""
    match failure:
        case SmsHalted():
            record_halt(session, message_id, failure.code)
        case SmsRetryable():
            record_retry(session, message_id, failure.code)
        case SmsUnknown():
            record_unknown(session, message_id, failure.code)
        case _:
            _move(session, message_id, MessageStatus.FAILED, code=failure.code)


def record_unknown(session: Session, message_id: int, code: str, *, resend: bool = True) -> None:
    """The bytes left and no answer came: wait for a report, then send once more at most (never, if not `resend`)."""
    tried = {} if resend else {"attempts": SENDS_WHEN_UNCLEAR}
    _move(session, message_id, MessageStatus.UNKNOWN, code=code, lease_until=func.now() + UNKNOWN_WAIT, **tried)


def record_retry(session: Session, message_id: int, code: str) -> None:
    """Refused for now: again after a while that doubles, with jitter; failed after the last attempt."""
    wait = BACK_OFF * random.uniform(0.8, 1.2)  # noqa: S311  (jitter, not a secret)
    last = Message.attempts >= MAX_ATTEMPTS
    session.execute(
        update(Message)
        .where(Message.id == message_id, Message.status == MessageStatus.CLAIMED)
        .values(
            status=case((last, MessageStatus.FAILED.value), else_=MessageStatus.QUEUED.value),
            due_at=func.now() + wait * func.power(2, Message.attempts - 1),
            code=code,
            lease_until=None,
        )
    )


def record_halt(session: Session, message_id: int, code: str) -> None:
    """The account itself is refused: nothing is lost, everything rests until the next try, and a human is told."""
    session.execute(
        update(Message)
        .where(Message.id == message_id, Message.status == MessageStatus.CLAIMED)
        .values(status=MessageStatus.QUEUED, attempts=Message.attempts - 1, code=code, lease_until=None)
    )
    until = func.now() + HALT
    session.execute(
        insert(OutboxHalt)
        .values(id=1, code=code, until=until)
        .on_conflict_do_update(index_elements=["id"], set_={"code": code, "until": until})
    )


def clear_halt(session: Session) -> None:
    """Sending works again."""
    session.execute(delete(OutboxHalt))


def _move(session: Session, message_id: int, status: MessageStatus, **values: object) -> None:
    session.execute(
        update(Message)
        .where(Message.id == message_id, Message.status == MessageStatus.CLAIMED)
        .values(status=status, **{"lease_until": None, **values})
    )


# Delivery reports


def receive_report(session: Session, provider_id: str, status: str, reason: str | None) -> None:
    """Keep a delivery report as it came, and move its message forward if it is known already."""
    session.execute(insert(DeliveryReport).values(provider_id=provider_id, status=status, reason=reason))
    _apply(session, Message.provider_id == provider_id, status, reason)


def _apply_early_report(session: Session, message_id: int, provider_id: str | None) -> None:
    """A report may overtake the answer to the send."""
    if provider_id is None:
        return
    query = select(DeliveryReport.status, DeliveryReport.reason).where(DeliveryReport.provider_id == provider_id)
    for report in session.execute(query.order_by(DeliveryReport.id)):
        _apply(session, Message.id == message_id, report.status, report.reason)


def _apply(session: Session, which: object, status: str, reason: str | None) -> None:
    effect = delivery_effect(status)
    if effect == "pending":
        return
    delivered = effect == "delivered"
    # Forward only: a final state is never left, but for a failure that a later report of success corrects.
    movable = [MessageStatus.SENT, MessageStatus.UNKNOWN, *([MessageStatus.FAILED] if delivered else [])]
    session.execute(
        update(Message)
        .where(which, Message.status.in_(movable))  # type: ignore[arg-type]
        .values(
            status=MessageStatus.DELIVERED if delivered else MessageStatus.FAILED,
            code=reason or status,
            delivered_at=func.now() if delivered else None,
            lease_until=None,
        )
    )


# The sweep


def sweep_claims(session: Session) -> int:
    """Claims whose worker died become unclear; unclear ones without a report are sent once more, then given up."""
    expired = and_(Message.status == MessageStatus.CLAIMED, Message.lease_until < func.now())
    session.execute(
        update(Message)
        .where(expired)
        .values(status=MessageStatus.UNKNOWN, code="worker stopped", lease_until=func.now() + UNKNOWN_WAIT)
    )
    waited = and_(Message.status == MessageStatus.UNKNOWN, Message.lease_until < func.now())
    again = session.execute(
        update(Message)
        .where(waited)
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
