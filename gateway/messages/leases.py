"""What time alone does to the outbox: claims that ran out, doubts that waited long enough, keys that may be back."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, case, func, select, text, update
from sqlalchemy.orm import Session

from gateway.messages import outbox
from gateway.messages.models import Message, MessageStatus
from gateway.messages.outbox import SENDS_WHEN_UNCLEAR
from gateway.messages.recording import UNKNOWN_WAIT
from gateway.messages.sending import QUEUED_AGAIN, TOO_OPEN

HELD_WAIT = timedelta(hours=1)
"""How long a message that no key opened waits for its key to come back, before it is tried again."""


def sweep_claims(session: Session) -> int:
    """Claims whose worker died: what it had begun to send is unclear, the rest is queued as before.

    Unclear ones without a report are sent once more, then given up; where nobody wants that any more, at once.
    """
    _settle_waited(session)
    outbox.forget_phones(session)
    held = and_(Message.status == MessageStatus.HELD, Message.due_at < func.now() - HELD_WAIT)
    session.execute(update(Message).where(held).values(QUEUED_AGAIN | {"due_at": func.now()}))
    expired = and_(Message.status == MessageStatus.CLAIMED, Message.lease_until < func.now())
    session.execute(update(Message).where(expired, Message.sent_at.is_(None)).values(QUEUED_AGAIN))
    session.execute(
        update(Message)
        .where(expired)
        .values(status=MessageStatus.UNKNOWN, code="worker stopped", lease_until=func.now() + UNKNOWN_WAIT)
    )
    once_more = and_(Message.attempts < SENDS_WHEN_UNCLEAR, text(f"NOT {TOO_OPEN}"))
    again = session.execute(
        update(Message)
        .where(_waited())
        .values(
            status=case((once_more, MessageStatus.QUEUED.value), else_=MessageStatus.FAILED.value),
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
