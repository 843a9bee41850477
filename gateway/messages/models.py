"""What we send and receive: outgoing and incoming SMS, delivery reports, open questions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base, states


class MessageStatus(StrEnum):
    """Where an outgoing SMS stands; the moves between these are drawn in docs/architecture.md."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HELD = "held"
    CANCELLED = "cancelled"


class Message(Base):
    """One outgoing SMS to one resident. The row is the queue item."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id", ondelete="SET NULL"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    wording: Mapped[str] = mapped_column(String(40))
    """Which wording of `sms.yml` it was made from."""
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    automatic: Mapped[bool] = mapped_column(server_default="false")
    """An automatic answer to an inbound SMS: those are limited per phone and hour."""
    status: Mapped[MessageStatus] = mapped_column(states(MessageStatus), server_default="queued")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    provider_id: Mapped[str | None] = mapped_column(String(80))
    code: Mapped[str | None] = mapped_column(String(60))
    """The provider's last word on it, such as `101` or `DeliveryFailure`."""
    parts: Mapped[int | None] = mapped_column(SmallInteger)
    cost: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    """When she read it on a screen, or put it away there, because nobody knew whether it had reached her."""

    __table_args__ = (
        Index("ix_message_provider_id", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
        Index("ix_message_due", "due_at", "id", postgresql_where=text("status = 'queued'")),
        Index("ix_message_open", "lease_until", postgresql_where=text("status IN ('claimed', 'unknown')")),
        Index("ix_message_held", "due_at", postgresql_where=text("status = 'held'")),
    )


class DeliveryReport(Base):
    """A delivery callback exactly as it came; it may come before the answer to the send was recorded."""

    __tablename__ = "delivery_report"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(80), index=True)
    status: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(String(60))
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id", ondelete="SET NULL"))
    """Whose phone it names, for the few minutes in which it may settle a doubt; erased after that."""
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index("ix_delivery_report_resident", "resident_id", postgresql_where=text("resident_id IS NOT NULL")),
    )


class IncomingStatus(StrEnum):
    """What became of an incoming SMS."""

    STORED = "stored"
    HANDLED = "handled"
    QUARANTINED = "quarantined"


class IncomingSms(Base):
    """A text as it arrived, stored before anybody thinks about it."""

    __tablename__ = "incoming_sms"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[str] = mapped_column(String(120), unique=True)
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id", ondelete="SET NULL"), index=True)
    sender_sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """Out of reach of the officers' role."""
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[IncomingStatus] = mapped_column(states(IncomingStatus), server_default="stored")
    why: Mapped[str | None] = mapped_column(String(80))
    """The decision that was taken, or the reason for the quarantine."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    next_try_at: Mapped[datetime | None]
    """After a failure: not before this. None: at once."""
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_incoming_sms_stored", "received_at", postgresql_where=text("status = 'stored'")),)


class QuestionKind(StrEnum):
    """What we may ask a resident."""

    FIXED = "fixed"
    WHICH_WARD = "which_ward"
    DRAFT = "draft"


class QuestionStatus(StrEnum):
    """A phone has at most one open question; others wait for it."""

    WAITING = "waiting"
    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"


class Question(Base):
    """Something we asked a resident about one of her cases, or about a report that she began and did not send."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id", ondelete="CASCADE"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), index=True)
    kind: Mapped[QuestionKind] = mapped_column(states(QuestionKind))
    status: Mapped[QuestionStatus] = mapped_column(states(QuestionStatus))
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (
        CheckConstraint("num_nonnulls(case_id, draft_id) = 1", name="one_subject"),
        Index("uq_question_open", "resident_id", unique=True, postgresql_where=text("status = 'open'")),
        Index("ix_question_waiting", "resident_id", "id", postgresql_where=text("status = 'waiting'")),
        Index("ix_question_expires", "expires_at", postgresql_where=text("status IN ('open', 'waiting')")),
    )


class OutboxHalt(Base):
    """At most one row: why no SMS leaves at present (a bad key, no balance), and when it is tried again."""

    __tablename__ = "outbox_halt"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60))
    halted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    until: Mapped[datetime]
