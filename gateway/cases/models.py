"""Cases: one grievance or one piece of feedback each, their history, their intake, and call-backs."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, Unmapped, mapped_column, relationship, unmapped_column

from gateway.cases import list_indexes
from gateway.db import Base, states
from gateway.people.models import Officer, Resident


class Kind(StrEnum):
    GRIEVANCE = "grievance"
    FEEDBACK = "feedback"
    REQUEST = "request"
    """Something that the law gives a right to, with the law's own clock: `cases.requests`."""


class Channel(StrEnum):
    USSD = "ussd"
    SMS = "sms"
    HOTLINE = "hotline"
    PAPER = "paper"


class Status(StrEnum):
    """The states of a case; the allowed moves stand in `cases.actions` and in docs/architecture.md."""

    NEW = "new"
    TAKEN = "taken"
    WAITING = "waiting"
    REFERRED = "referred"
    RESOLVED = "resolved"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


CALL_HOURS = ("today", "tomorrow_morning", "tomorrow_evening", "morning", "evening", "any")
"""When somebody may want to be called."""
DISPUTE_REASONS = ("not_done", "half_done", "broke_again")

OPEN = (Status.NEW, Status.TAKEN, Status.WAITING, Status.REFERRED)
"""States in which somebody still owes the resident something."""


class Ending(StrEnum):
    """How an officer says that a case ended. Only `fixed` is a claim that the resident is asked about."""

    FIXED = "fixed"
    PLANNED = "planned"
    CANNOT_NOW = "cannot_now"
    NOT_OURS = "not_ours"
    NOT_FOUND = "not_found"
    NOT_A_REPORT = "not_a_report"


class Desk(StrEnum):
    """Who has the case now. Moving it never restarts the clock."""

    WARD = "ward"
    COUNTY = "county"
    DEPARTMENT = "department"
    SUB_COUNTY = "sub_county"
    CHIEF_OFFICER = "chief_officer"
    COUNTY_SECRETARY = "county_secretary"
    OUTSIDE = "outside"
    CONFIDENTIAL = "confidential"


class Step(StrEnum):
    """How far up a case has been sent, because its day had passed or its resident asked for it. Lowest first."""

    SUB_COUNTY = "sub_county"
    CHIEF_OFFICER = "chief_officer"
    COUNTY_SECRETARY = "county_secretary"


class WardState(StrEnum):
    """Who works for a ward now."""

    LIVE = "live"
    """Its administrator."""
    DESK = "desk"
    """The county desk, until the ward takes part."""
    COVERED = "covered"
    """The sub-county: the administrator is on leave, is silent, or there is none."""


class Confirmation(StrEnum):
    """What the resident said to *fixed?*."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    UNCONFIRMED = "unconfirmed"


class Intake(Base):
    """One thing that reached us, once: its key is the idempotency of every effect, with the answer that was given."""

    __tablename__ = "intake"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    channel: Mapped[Channel] = mapped_column(states(Channel))
    source_id: Mapped[str] = mapped_column(String(180))
    """USSD: session and position; SMS: the provider's message id; forms: a nonce."""
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index("uq_intake_source", "channel", "source_id", unique=True),
        Index(
            "ix_intake_ussd", "received_at",
            postgresql_where=text("channel = 'ussd' AND source_id NOT LIKE 'over:%'"),
        ),
        Index(
            "ix_intake_answered", "received_at",
            postgresql_where=text("channel <> 'ussd' AND answer <> '{}'"),
        ),
    )  # fmt: skip


class Case(Base):
    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    intake_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"))
    kind: Mapped[Kind] = mapped_column(states(Kind))
    channel: Mapped[Channel] = mapped_column(states(Channel))
    category: Mapped[str] = mapped_column(String(20))
    problem: Mapped[str | None] = mapped_column(String(30))
    """The common problem chosen; for feedback, what it is about."""
    sensitive: Mapped[bool]
    ward_code: Mapped[int | None]
    sub_county_code: Mapped[int | None]
    department: Mapped[str | None] = mapped_column(String(40))
    """The department that owns the category, or the one it was referred to."""
    desk: Mapped[Desk] = mapped_column(states(Desk))
    landmark: Mapped[str | None] = mapped_column(String(200))
    words: Mapped[str | None] = mapped_column(Text)
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The words of a sensitive case, which are encrypted and not searchable; `words` is then empty."""
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    status: Mapped[Status] = mapped_column(states(Status), server_default="new")
    ending: Mapped[Ending | None] = mapped_column(states(Ending))
    reason: Mapped[str | None] = mapped_column(Text)
    reason_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    confirmation: Mapped[Confirmation | None] = mapped_column(states(Confirmation))
    incomplete: Mapped[bool] = mapped_column(server_default="false")
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id", ondelete="SET NULL"), index=True)
    """Empty where the number was hidden."""
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_failures: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    language: Mapped[str] = mapped_column(String(8))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    referred_to: Mapped[str | None] = mapped_column(String(120))
    """The body outside the county that has it, in words."""
    planned_for: Mapped[date | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime | None]
    """The resident's clock: the day that she was promised. A broken promise keeps it."""
    desk_due_at: Mapped[datetime | None]
    """The desk's own clock: when whoever has it now should have done with it."""
    waits_until: Mapped[datetime | None]
    """While it waits for its resident: when it goes on without her answer, the charter's `pause_limit` being over."""
    about_ombudsman: Mapped[bool] = mapped_column(server_default="false")
    """A confidential case about the ombudsman's own office: the county secretary alone has it."""
    practice: Mapped[bool] = mapped_column(server_default="false")
    """Filed from a trainer's phone: it counts nowhere, is never late and never goes up."""
    raised_to: Mapped[Step | None] = mapped_column(states(Step))
    raised_at: Mapped[datetime | None]
    raised_why: Mapped[str | None] = mapped_column(String(12))
    """Why it was last sent up: `overdue`, `hard_stop`, or `asked` by its resident."""
    answer_by: Mapped[datetime | None]
    """The new day that she was told when it was last sent up."""
    next_step_at: Mapped[datetime | None]
    """When it goes up by itself; empty where it does not: feedback, confidential, practice, or at the top already."""
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """Who says that it is *not a report*, and waits for a second officer to agree."""
    their_reference: Mapped[str | None] = mapped_column(String(60))
    their_contact: Mapped[str | None] = mapped_column(String(120))
    """The number that the body outside the county gave it, and whom to ask there."""
    accepted_at: Mapped[datetime | None]
    """When that body said that it has taken it: only then may it end as not the county's."""
    news_due_at: Mapped[datetime | None]
    """When that body is to be asked for news."""
    notice: Mapped[str | None] = mapped_column(String(20))
    """The version of the privacy notice in force when she filed; None for a note that was taken without one."""
    extended_at: Mapped[datetime | None]
    """When the one extension that the law allows to a request for information was used."""
    anonymised_at: Mapped[datetime | None]
    """When its words and its number were erased because their time was over."""
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    """An older case of the same resident that this one may belong to; an officer joins them or not."""
    joined_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    """The case that this one was joined to: it is closed without an ending, and goes on there."""
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))
    """The case that stands for this one: the same problem, told by somebody else. While it is open, this one is in no
    queue, on no desk's clock and goes up no ladder; it ends with it, and its own resident is asked. Never two deep."""
    called_out_at: Mapped[datetime | None]
    """When its desk was called by SMS at once, because the category cannot wait; for the desk that has it now."""
    crew_said: Mapped[str | None] = mapped_column(String(12))
    """What the foreman who was sent a link said last, and no officer has answered: `going`, `done`, `cannot`."""
    crew_said_at: Mapped[datetime | None]
    centre_reference: Mapped[str | None] = mapped_column(String(40))
    """The number that the county's own call centre gave it."""
    centre_before: Mapped[list[str] | None] = mapped_column(ARRAY(String(40)))
    """Numbers that it had there before: by them it is still known."""
    guess: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What was read from the words of a text and no officer has confirmed yet: `ward` (the words that name the ward
    which the case has; empty: the ward of the case that it follows), `category`, `problem`, `words` (those that speak
    for the category). Never of a sensitive case."""
    desk_since: Mapped[datetime] = mapped_column(server_default=func.now())
    """Since when the desk that has it now has had it."""
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    document: Unmapped[str | None] = unmapped_column(TSVECTOR, Computed(text(list_indexes.DOCUMENT), persisted=True))
    """What a search finds it by, made by the database of its words and who may see it; `sikiza_search` alone asks it,
    and no case is loaded with it."""

    resident: Mapped[Resident | None] = relationship(lazy="raise")
    assignee: Mapped[Officer | None] = relationship(lazy="raise", foreign_keys=[assignee_id])

    __table_args__ = (
        *list_indexes.made(),
        Index(
            "ix_cases_next_step",
            "next_step_at",
            "id",
            postgresql_where=text("next_step_at IS NOT NULL AND status IN ('new', 'taken', 'referred')"),
        ),
        Index("ix_cases_news", "news_due_at", postgresql_where=text("news_due_at IS NOT NULL")),
        Index("ix_cases_keep", "closed_at", postgresql_where=text("closed_at IS NOT NULL AND anonymised_at IS NULL")),
        Index("ix_cases_resolved", "resolved_at", postgresql_where=text("status = 'resolved'")),
        Index("ix_cases_lead", "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
        Index("ix_cases_call_out", "category", "desk_since", postgresql_where=text("status = 'new'")),
        Index("ix_cases_centre", "centre_reference", postgresql_where=text("centre_reference IS NOT NULL")),
        Index(
            "ix_cases_centre_before",
            "centre_before",
            postgresql_using="gin",
            postgresql_where=text("centre_before IS NOT NULL"),
        ),
        Index("ix_cases_waits", "waits_until", postgresql_where=text("status = 'waiting'")),
    )


class CaseEvent(Base):
    """One line of a case's history. Every change appends one; nothing changes or removes one."""

    __tablename__ = "case_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    name: Mapped[str] = mapped_column(String(40))
    """What happened: `filed`, `taken`, `note`, `ended`, …"""
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """Empty where the resident or the clock did it."""
    turn: Mapped[str | None] = mapped_column(String(60))
    """Whose turn it was from then on, as `cases.desks.turn` writes it; the clocks count by it."""
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Codes and dates, never words."""
    words: Mapped[str | None] = mapped_column(Text)
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Words of a sensitive case."""

    officer: Mapped[Officer | None] = relationship(lazy="raise")

    __table_args__ = (
        Index("ix_case_event_officer", "officer_id", "at", postgresql_where=text("officer_id IS NOT NULL")),
        Index("ix_case_event_at", "at"),
        Index(
            "uq_case_event_raised",
            "case_id",
            text("(data ->> 'step')"),
            unique=True,
            postgresql_where=text("name = 'raised'"),
        ),
    )


class CaseConflict(Base):
    """An officer whom a case is about: it is out of her sight, whatever posts she holds."""

    __tablename__ = "case_conflict"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True, index=True)
    named_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class WardCover(Base):
    """Who works for a ward, where that is not its administrator; a ward without a row is live."""

    __tablename__ = "ward_cover"

    ward_code: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[WardState] = mapped_column(states(WardState))
    why: Mapped[str] = mapped_column(String(20))
    """`set` by the county administrator, or `leave`, `silent`, `vacant`."""
    since: Mapped[datetime] = mapped_column(server_default=func.now())


class Notice(Base):
    """One version of the privacy notice, as it was shown: `Case.notice` names it."""

    __tablename__ = "notice"

    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    texts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """By language: what it said, part by part."""
    since: Mapped[datetime] = mapped_column(server_default=func.now())


class CallBack(Base):
    """Somebody asked to be called. On the desk's list, unless it belongs to a sensitive case."""

    __tablename__ = "call_back"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("resident.id", ondelete="SET NULL"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    intake_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"))
    hour: Mapped[str] = mapped_column(String(20))
    """When she wants to be called: today, tomorrow_morning, tomorrow_evening, morning, evening, any."""
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    """When nobody was reached for the first time: it is tried once more, by `due_at`."""
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    outcome: Mapped[str | None] = mapped_column(String(20))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """The officer who wants to be called about a case, having answered *call me*; then there is no resident."""

    __table_args__ = (Index("ix_call_back_open", "due_at", postgresql_where=text("done_at IS NULL")),)


class NumberLook(Base):
    """An officer looked at the number of a call-back. One line for each look; nothing changes or removes one."""

    __tablename__ = "number_look"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    call_back_id: Mapped[int] = mapped_column(ForeignKey("call_back.id", ondelete="CASCADE"), index=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    reason: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Draft(Base):
    """A report that was begun on the phone and not sent: it is offered at the next dial, asked about by one SMS, and
    filed as *incomplete* when its time is over. Taken up, filed or dropped, the row goes.

    Never about anything sensitive: of that nothing is kept before it is filed.
    """

    __tablename__ = "draft"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(120), unique=True)
    phone_hash: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(String(8))
    category: Mapped[str] = mapped_column(String(20))
    ward_code: Mapped[int | None]
    chosen: Mapped[dict[str, str]] = mapped_column(JSONB)
    """The values of the walk where it broke off: ward, sub-county, category, problem, or the place as she typed it."""
    began_at: Mapped[datetime]
    """When the session began in which she was at it last."""
    ask_at: Mapped[datetime | None]
    """When the SMS is due that asks about it; empty where she was asked."""
    expires_at: Mapped[datetime]
    """When it is filed as it is."""

    __table_args__ = (
        Index("ix_draft_ask", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        Index("ix_draft_expires", "expires_at"),
    )
