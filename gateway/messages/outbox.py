"""Outgoing SMS: queueing them, cancelling what waits, and the reports on what was sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    SQLColumnExpression,
    and_,
    case,
    func,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.messages import outage
from gateway.messages.codes import OPTED_OUT, delivery_effect
from gateway.messages.models import DeliveryReport, Message, MessageStatus
from gateway.people.models import Officer, Resident
from gateway.people.vault import Vault

USSD_SESSION = timedelta(seconds=180)
"""A USSD session lasts no longer; until then she may still change, hide or delete what the text is about."""
REPLIES_PER_HOUR = 5
SENDS_WHEN_UNCLEAR = 2
"""How often a message is sent of which nobody knows whether it left."""
NOT_AGAIN = SENDS_WHEN_UNCLEAR + 1
"""The `attempts` of a message that was cancelled while it was being sent, or in doubt: it may have left, and does not
leave again, whatever comes of that send."""
UNSENT = (MessageStatus.QUEUED, MessageStatus.CLAIMED, MessageStatus.HELD)
"""Not known to have left. A claimed one may be on its way at this moment."""
NETWORK_TRIES = timedelta(days=2)
"""How long a network goes on trying a phone that is switched off. Networks keep a text for a day or two, and the
provider says nothing when they give up."""
REPORT_WINDOW = timedelta(minutes=10)
"""How long after a send a report that names an unknown id and the right phone may be the one on that send."""


def queue(
    session: Session, vault: Vault, resident_id: int, case_id: int | None, wording: str, text: str, due: datetime,
    *, automatic: bool = False, wanted: bool = False,
) -> None:  # fmt: skip
    """Queue one SMS. `wanted`: she did something just now and waits for it; others are dropped after STOP, and wait
    for the morning and for money."""
    wanted = wanted or automatic
    stopped = session.scalar(select(Resident.stopped_at).where(Resident.id == resident_id))
    status = MessageStatus.CANCELLED if stopped and not wanted else MessageStatus.QUEUED
    session.execute(
        insert(Message).values(
            resident_id=resident_id, case_id=case_id, wording=wording, text_sealed=vault.seal(text), due_at=due,
            automatic=automatic, wanted=wanted, status=status, created_at=due,
        )
    )  # fmt: skip


def queue_officer(
    session: Session, vault: Vault, officer_id: int, wording: str, text: str, due: datetime, *, wanted: bool = False
) -> int:
    """Queue one SMS to an officer's own phone; its id. It stands in no thread, and STOP, which is a resident's word
    about her own reports, does not hold it back. Where she has left or has no phone, it is cancelled when it is due.

    `wanted`: it answers her, or cannot wait for the morning or for money.
    """
    values = {
        "officer_id": officer_id, "wording": wording, "text_sealed": vault.seal(text), "due_at": due, "wanted": wanted,
        "created_at": due,
    }  # fmt: skip
    return session.scalars(insert(Message).values(values).returning(Message.id)).one()


def cancel_some(session: Session, message_ids: Collection[int]) -> None:
    """These SMS are not sent any more, if they have not left."""
    _cancel(session, Message.id.in_(message_ids))


@dataclass(frozen=True)
class Letter:
    """An SMS about a case that goes to its resident of itself. `text` is not sealed yet."""

    resident_id: int
    case_id: int
    wording: str
    text: str


def queue_all(
    session: Session, vault: Vault, letters: Collection[Letter], due: datetime, now: datetime, *, wanted: bool = True
) -> None:
    """Queue many at once; none to those who asked for no more texts. What is `wanted` no want of money holds back, and
    what is not stands as cancelled where she asked for no more, as with `queue`."""
    asked = select(Resident.id).where(Resident.id.in_({one.resident_id for one in letters}))
    stopped = set(session.scalars(asked.where(Resident.stopped_at.is_not(None)))) if letters else set()
    rows = [
        {
            "resident_id": one.resident_id, "case_id": one.case_id, "wording": one.wording,
            "text_sealed": vault.seal(one.text), "wanted": wanted, "due_at": due, "created_at": now,
            "status": MessageStatus.CANCELLED if one.resident_id in stopped else MessageStatus.QUEUED,
        }
        for one in letters
        if not wanted or one.resident_id not in stopped
    ]  # fmt: skip
    if rows:
        session.execute(insert(Message), rows)


def may_reply(session: Session, resident_id: int, now: datetime) -> bool:
    """Whether another automatic reply may go to this phone: at most five an hour, so that two machines never chat."""
    return reply_time(session, resident_id, now) == now


def reply_time(session: Session, resident_id: int, now: datetime) -> datetime | None:
    """When the next automatic reply may go to this phone: now, or within the hour; None where five wait already."""
    replies = (
        select(Message.created_at)
        .where(Message.resident_id == resident_id, Message.automatic, Message.created_at > now - timedelta(hours=1))
        .order_by(Message.created_at.desc())
        .limit(REPLIES_PER_HOUR)
    )
    latest = session.scalars(replies).all()
    if len(latest) < REPLIES_PER_HOUR:
        return now
    at = latest[-1] + timedelta(hours=1)
    return at if at <= now + timedelta(hours=1) else None


def cancel(session: Session, case_id: int, wordings: Collection[str] = ()) -> None:
    """What waits to be sent about this case, or what of it has one of these wordings, is not sent any more."""
    cancel_all(session, [case_id], wordings)


def cancel_all(session: Session, case_ids: Collection[int], wordings: Collection[str] = ()) -> None:
    """`cancel` for several cases."""
    worded = Message.wording.in_(wordings) if wordings else true()
    _cancel(session, and_(Message.case_id.in_(case_ids), worded))


def cancel_question(session: Session, phone_hash: bytes, wording: str) -> None:
    """What waits to be sent to this phone in these words is not sent any more: there is nothing to ask."""
    hers = select(Resident.id).where(Resident.phone_hash == phone_hash).scalar_subquery()
    _cancel(session, (Message.resident_id == hers) & (Message.wording == wording))


def _cancel(session: Session, which: ColumnElement[bool]) -> None:
    """A claimed message waits too, until a worker has begun to send it. From then on it is not sent again.

    One statement: a row that a worker moves meanwhile is seen as it is then.
    """
    waits = or_(
        Message.status.in_((MessageStatus.QUEUED, MessageStatus.HELD)),
        and_(Message.status == MessageStatus.CLAIMED, Message.sent_at.is_(None)),
    )
    session.execute(
        update(Message)
        .where(which, Message.status.in_((*UNSENT, MessageStatus.UNKNOWN)))
        .values(
            status=case((waits, MessageStatus.CANCELLED.value), else_=Message.status),
            lease_until=case((waits, None), else_=Message.lease_until),
            attempts=case((waits, Message.attempts), else_=NOT_AGAIN),
        )
    )


def waits_for(resident_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition that an answer to something that this resident did has not left yet."""
    return (
        select(Message.id)
        .where(Message.resident_id == resident_id, Message.wanted, Message.status.in_(UNSENT))
        .exists()
    )


def stop(session: Session, phone_hash: bytes, now: datetime) -> None:
    """She asked for no more texts. What waits is cancelled; what is being sent or unclear is not sent again."""
    resident_id = session.scalar(
        update(Resident).where(Resident.phone_hash == phone_hash).values(stopped_at=now).returning(Resident.id)
    )
    _cancel(session, Message.resident_id == resident_id)


def mark_read(session: Session, case_id: int, message_id: int, now: datetime) -> None:
    """She has seen this message about a case on a screen, and with it those before it."""
    seen = (Message.case_id == case_id) & (Message.id <= message_id) & Message.read_at.is_(None)
    session.execute(update(Message).where(seen).values(read_at=now))


def release(connection: Connection, reference: str, now: datetime) -> bool:
    """The USSD session that filed `reference` is over: its *received* text may leave now. True where one was held."""
    released: CursorResult[object] = connection.execute(
        text(
            "UPDATE message SET due_at = :now FROM cases WHERE cases.id = message.case_id"
            " AND cases.reference = :reference AND message.status = 'queued' AND message.due_at > :now"
            " AND message.wording LIKE 'received%'"
        ),
        {"now": now, "reference": reference},
    )
    return released.rowcount > 0


# Delivery reports


def receive_report(
    session: Session, provider_id: str, status: str, reason: str | None, phone_hash: bytes | None = None
) -> None:
    """Keep a delivery report, and move its message forward if it is known already.

    Where the answer to the send was lost, only `phone_hash` can tell which message the report is about.
    """
    resident_id = hold(session, Resident.phone_hash == phone_hash) if phone_hash else None
    if resident_id and phone_hash and (reason or "").lower() in OPTED_OUT:
        stop(session, phone_hash, session.scalars(select(func.now())).one())
    session.execute(
        insert(DeliveryReport).values(provider_id=provider_id, status=status, reason=reason, resident_id=resident_id)
    )
    apply_reports(session, provider_id)
    if resident_id and settle_doubt(session, resident_id):
        outage.settle(session)


def hold(session: Session, resident: ColumnElement[bool]) -> int | None:
    """Until the commit, nobody else settles or records a doubt about this resident's SMS; her id, if she is known.

    Before any of her messages is touched: she first, then the provider's id and the messages.
    """
    return session.scalar(select(Resident.id).where(resident).with_for_update(key_share=True))


def settle_doubt(session: Session, resident_id: int) -> bool:
    """Give her one message in doubt the one report on her phone that names no message; never guess between two.

    Whether there was one.
    """
    if hold(session, Resident.id == resident_id) is None:
        return False
    nameless = session.execute(
        select(Message.id, Message.status, Message.sent_at)
        .where(
            Message.resident_id == resident_id,
            Message.provider_id.is_(None),
            Message.sent_at > func.now() - REPORT_WINDOW,
        )
        .limit(2)
    ).all()
    if (
        len(nameless) != 1
        or nameless[0].status is not MessageStatus.UNKNOWN
        or _texted_as_officer(session, resident_id)
    ):
        return False
    [doubt] = nameless
    named = select(Message.id).where(Message.provider_id == DeliveryReport.provider_id).exists()
    reports = (
        select(DeliveryReport.provider_id)
        .distinct()
        .where(DeliveryReport.resident_id == resident_id, DeliveryReport.received_at >= doubt.sent_at, ~named)
    )
    found = session.scalars(reports.limit(2)).all()
    if len(found) == 1:
        session.execute(
            update(Message)
            .where(Message.id == doubt.id, Message.status == MessageStatus.UNKNOWN, Message.provider_id.is_(None))
            .values(provider_id=found[0])
        )
        apply_reports(session, found[0])
    return len(found) == 1


def _texted_as_officer(session: Session, resident_id: int) -> bool:
    """Whether an SMS to this phone as an officer's is as nameless: the report may be on that one."""
    hers = (
        select(Officer.id).join(Resident, Resident.phone_hash == Officer.phone_hash).where(Resident.id == resident_id)
    )
    lately = and_(Message.provider_id.is_(None), Message.sent_at > func.now() - REPORT_WINDOW)
    theirs = Message.officer_id == func.any(func.array(hers.scalar_subquery()))
    return session.scalar(select(Message.id).where(theirs, lately).limit(1)) is not None


def forget_phones(session: Session) -> None:
    """Erase whose phone a report was about where that can settle nothing more: a hidden number must not be found so."""
    named = select(Message.id).where(Message.provider_id == DeliveryReport.provider_id).exists()
    session.execute(
        update(DeliveryReport)
        .where(
            DeliveryReport.resident_id.is_not(None),
            or_(named, DeliveryReport.received_at < func.now() - REPORT_WINDOW),
        )
        .values(resident_id=None)
        .execution_options(synchronize_session=False)
    )


def apply_reports(session: Session, provider_id: str) -> None:
    """Move a message forward by what was reported on it, which may be more than nothing before its send is recorded."""
    # Until the commit, or a report that comes while its send is being recorded would be seen by neither side.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(provider_id, 0))))
    query = select(DeliveryReport.status, DeliveryReport.reason).where(DeliveryReport.provider_id == provider_id)
    for report in session.execute(query.order_by(DeliveryReport.id)):
        _apply_report(session, provider_id, report.status, report.reason)


def _apply_report(session: Session, provider_id: str, status: str, reason: str | None) -> None:
    effect = delivery_effect(status)
    if effect == "pending":
        # Not the end, but the end of a doubt: the provider has it, so it is not sent again.
        session.execute(
            update(Message)
            .where(Message.provider_id == provider_id, Message.status.in_((MessageStatus.SENT, MessageStatus.UNKNOWN)))
            .values(status=MessageStatus.SENT, code=reason or status, lease_until=None)
        )
        return
    delivered = effect == "delivered"
    # Forward only: a final state is never left, but for a failure that a later report of success corrects.
    movable = [MessageStatus.SENT, MessageStatus.UNKNOWN, *([MessageStatus.FAILED] if delivered else [])]
    session.execute(
        update(Message)
        .where(Message.provider_id == provider_id, Message.status.in_(movable))
        .values(
            status=MessageStatus.DELIVERED if delivered else MessageStatus.FAILED,
            code=reason or status,
            delivered_at=func.now() if delivered else None,
            lease_until=None,
        )
    )


def give_up_switched_off(session: Session) -> int:
    """What no network hands over any more, because the phone stayed off, is not delivered. A report may still come."""
    given_up = session.execute(
        update(Message)
        .where(text("message.status = 'sent' AND lower(message.code) = 'absentsubscriber'"))
        .where(Message.sent_at < func.now() - NETWORK_TRIES)
        .values(status=MessageStatus.FAILED, code="switched off")
        .returning(Message.id)
    ).all()
    return len(given_up)
