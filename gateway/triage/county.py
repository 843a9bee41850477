"""What the county administrator sees: who the officers are and whether SMS leave. No case, no words, no numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.messages import codes
from gateway.messages.models import IncomingSms, IncomingStatus, Message, MessageStatus, OutboxHalt
from gateway.people.models import Officer


@dataclass(frozen=True)
class Overview:
    """`halted` is a sentence that says what to do, or nothing; `waiting` counts texts that are not sent yet."""

    officers: list[Officer]
    halted: str
    halted_until: datetime | None
    messages: Mapping[MessageStatus, int]
    quarantined: int


def overview(session: Session) -> Overview:
    """Read it under the officers' role."""
    halt = session.scalars(select(OutboxHalt).where(OutboxHalt.until > func.now())).first()
    rows = session.execute(select(Message.status, func.count().label("number")).group_by(Message.status))
    counts = {row.status: row.number for row in rows}
    quarantined = select(func.count()).select_from(IncomingSms).where(IncomingSms.status == IncomingStatus.QUARANTINED)
    return Overview(
        officers=list(session.scalars(select(Officer).order_by(Officer.role, Officer.name))),
        halted=codes.label(halt.code) if halt else "",
        halted_until=halt.until if halt else None,
        messages={status: counts.get(status, 0) for status in MessageStatus},
        quarantined=session.scalar(quarantined) or 0,
    )
