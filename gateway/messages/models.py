"""What we send and receive: outgoing and incoming SMS, delivery reports, open questions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
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
    """One outgoing SMS to one resident, or to one officer. The row is the queue item."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id", ondelete="SET NULL"), index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """An SMS to an officer about her work: it names no resident and no case in `case_id`, so that it stands in no
    thread; which case it asks about is the prompt's to say (`cases.desk_models.Prompt`)."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    wording: Mapped[str] = mapped_column(String(40))
    """Which wording of `sms.yml` it was made from."""
    text_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Without a byte where it was erased; so that of an incoming one."""
    automatic: Mapped[bool] = mapped_column(server_default="false")
    """An automatic answer to an inbound SMS: those are limited per phone and hour."""
    wanted: Mapped[bool] = mapped_column(server_default="false")
    """She did something just now and waits for it: it goes first, at night too, after STOP, and whatever it costs."""
    bulk: Mapped[str | None] = mapped_column(String(60))
    """Messages with the same key have the same text; they go to the provider together."""
    status: Mapped[MessageStatus] = mapped_column(states(MessageStatus), server_default="queued")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    provider_id: Mapped[str | None] = mapped_column(String(80))
    code: Mapped[str | None] = mapped_column(String(60))
    """The provider's last word on it, such as `101` or `DeliveryFailure`."""
    parts: Mapped[int | None] = mapped_column(SmallInteger)
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    currency: Mapped[str | None] = mapped_column(String(3))
    """What the provider reported for this number: price and parts of the message in all, also where it was sent twice.
    No currency: it named none."""
    total: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    total_currency: Mapped[str | None] = mapped_column(String(3))
    """What it reported for the whole request, with the first message of it; perhaps in another currency. Never added
    to prices."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    """When she read it on a screen, or put it away there, because nobody knew whether it had reached her."""

    __table_args__ = (
        Index("ix_message_provider_id", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
        Index("ix_message_due", "wanted", "due_at", "id", postgresql_where=text("status = 'queued'")),
        Index("ix_message_open", "lease_until", postgresql_where=text("status IN ('claimed', 'unknown')")),
        Index("ix_message_held", "due_at", postgresql_where=text("status = 'held'")),
        Index(
            "ix_message_keep",
            "created_at",
            postgresql_where=text("case_id IS NULL AND text_sealed <> ''::bytea"),
        ),
        Index("ix_message_sent", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
        Index("ix_message_officer", "officer_id", "created_at", postgresql_where=text("officer_id IS NOT NULL")),
        Index(
            "ix_message_switched_off",
            "sent_at",
            postgresql_where=text("status = 'sent' AND lower(code) = 'absentsubscriber'"),
        ),
        Index("ix_message_bulk", "bulk", "status", postgresql_where=text("bulk IS NOT NULL")),
        Index(
            "ix_message_farewell",
            "resident_id",
            postgresql_where=text("wording = 'deleted' AND resident_id IS NOT NULL"),
        ),
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
    sent_at: Mapped[datetime | None]
    """When it was sent, as the provider says."""
    fetched: Mapped[bool] = mapped_column(server_default="false")
    """Found in the provider's inbox, where no callback had brought it."""
    link_id: Mapped[str | None] = mapped_column(String(120))
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    words_hash: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """Keyed hashes of sender and words, by which the same text is known again; out of reach of the officers' role."""
    erased_at: Mapped[datetime | None]
    """She had it erased. Its hashes stay until the provider's inbox cannot bring it back any more; None after that."""
    repeats_id: Mapped[int | None] = mapped_column(ForeignKey("incoming_sms.id", ondelete="SET NULL"))
    """The text that this one said once more."""
    sensitive: Mapped[bool] = mapped_column(server_default="false")
    """Words of `sensitive.yml` stand in it: only the ombudsman reads it."""
    about_ombudsman: Mapped[bool] = mapped_column(server_default="false")
    """It names her own office: then the county secretary reads it, and she does not."""
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """Who dealt with it in quarantine."""

    __table_args__ = (
        Index("ix_incoming_sms_stored", "received_at", postgresql_where=text("status = 'stored'")),
        Index("ix_incoming_sms_quarantined", "id", postgresql_where=text("status = 'quarantined'")),
        Index(
            "ix_incoming_sms_keep",
            "received_at",
            postgresql_where=text("case_id IS NULL AND text_sealed <> ''::bytea"),
        ),
        Index("ix_incoming_sms_phone", "phone_hash", "received_at"),
        Index("ix_incoming_sms_link", "link_id", postgresql_where=text("link_id IS NOT NULL")),
        Index("ix_incoming_sms_erased", "erased_at", postgresql_where=text("erased_at IS NOT NULL")),
    )


class QuestionKind(StrEnum):
    """What we may ask a resident."""

    FIXED = "fixed"
    WHICH_WARD = "which_ward"
    DRAFT = "draft"
    DELETE = "delete"


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
    options: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    """What the digits 1, 2, … of an answer stand for: codes of wards."""

    __table_args__ = (
        CheckConstraint("num_nonnulls(case_id, draft_id) = 1", name="one_subject"),
        Index("uq_question_open", "resident_id", unique=True, postgresql_where=text("status = 'open'")),
        Index("ix_question_waiting", "resident_id", "id", postgresql_where=text("status = 'waiting'")),
        Index("ix_question_expires", "expires_at", postgresql_where=text("status IN ('open', 'waiting')")),
    )


class OutboxHalt(Base):
    """At most one row: why no SMS leaves at present (a bad key, no balance, no clear answer), and when one is tried."""

    __tablename__ = "outbox_halt"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60))
    halted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    until: Mapped[datetime]


class OutboxPace(Base):
    """At most one row: from when on the next SMS may leave, so that all workers together keep to the pace."""

    __tablename__ = "outbox_pace"

    id: Mapped[int] = mapped_column(primary_key=True)
    free_at: Mapped[datetime]
    doubts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How many requests in a row, up to now, ended without a clear answer."""


class InboxMark(Base):
    """At most one row: up to where the provider's inbox has been read."""

    __tablename__ = "inbox_mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_id: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[datetime]
    since: Mapped[datetime]
    """What was sent before this was there before this installation, and is none of its business."""
    ended_at: Mapped[datetime | None]
    """When it was last read to its end."""


class Announcement(Base):
    """One text to everybody whom we know in a ward."""

    __tablename__ = "announcement"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(String(60), unique=True)
    """The form's nonce: the same form sent twice announces once."""
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    ward_code: Mapped[int]
    texts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """By language, as the officer wrote them."""
    people: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SpendingLimit(Base):
    """How much may be spent a month, in KES; the newest line holds, the others tell who changed it when."""

    __tablename__ = "spending_limit"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    """None: no limit."""
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UssdCharge(Base):
    """What one USSD session cost, where its end event said so. Nothing in it tells whose session it was."""

    __tablename__ = "ussd_charge"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """A keyed hash of the session, so that a repeated event counts once; forgotten with the session."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    ward_code: Mapped[int | None]
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    currency: Mapped[str | None] = mapped_column(String(3))
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
