"""What a desk works with beside its cases: digests by SMS, the foreman's link, incidents, landmarks, slips, reports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Identity, Index, LargeBinary, SmallInteger, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class Digest(Base):
    """One round of SMS to one officer, at 08:00 or 14:00: the counts that it told. Once for each officer and hour."""

    __tablename__ = "digest"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    hour_at: Mapped[datetime]
    """The hour that it is for: 08:00 or 14:00 in Nairobi."""
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """`new`, `late`, `disputed`."""
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("uq_digest_officer_hour", "officer_id", "hour_at", unique=True),)


class Prompt(Base):
    """One case that an officer was asked about by SMS, and what she answered. At most one is open for each officer."""

    __tablename__ = "prompt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digest.id", ondelete="SET NULL"), index=True)
    """The round that it belongs to; None: it could not wait for one."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"), index=True)
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(12))
    """`going`, `not_mine`, `call_me`; `web` where that cannot be done by SMS; `over` where its time ran out, another
    SMS came, or the case moved on."""
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_prompt_open", "officer_id", unique=True, postgresql_where=text("answered_at IS NULL")),
        Index("ix_prompt_expires", "expires_at", postgresql_where=text("answered_at IS NULL")),
        Index("ix_prompt_officer", "officer_id", "asked_at"),
    )


class CrewLink(Base):
    """A link for one case, for the plumber or foreman who has no account: it answers once, and may say *going* before.

    What it says is an event and a proposal to the officer, never an ending.
    """

    __tablename__ = "crew_link"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, deferred=True)
    for_whom: Mapped[str] = mapped_column(String(60))
    made_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    going_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    """`done` or `cannot`; `withdrawn` by an officer."""


class Photo(Base):
    """A picture of the work, re-encoded by us and sealed: nothing of what the phone wrote into it is left."""

    __tablename__ = "photo"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("crew_link.id", ondelete="SET NULL"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """JPEG."""
    width: Mapped[int] = mapped_column(SmallInteger)
    height: Mapped[int] = mapped_column(SmallInteger)
    taken_in_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CaseReader(Base):
    """Who has a case open now, or had a moment ago: the second officer sees it."""

    __tablename__ = "case_reader"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class Incident(Base):
    """One problem that many report, published by an officer: whoever reports the same there is asked to join it.

    Only what an officer wrote is shown of it. It is over when its case ends, or when an officer says so.
    """

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    ward_code: Mapped[int]
    category: Mapped[str] = mapped_column(String(20))
    problem: Mapped[str] = mapped_column(String(30))
    titles: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """By language, as it stands on the screen: `pipe at Shirere market`."""
    expected_on: Mapped[date | None] = mapped_column(Date)
    """The day on which the repair is expected; None: not known."""
    published_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    published_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_incident_case", "case_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index(
            "uq_incident_place",
            "ward_code",
            "category",
            "problem",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class WardLandmark(Base):
    """A place within a ward as its people call it. The most used of those that are shown stand on the phone."""

    __tablename__ = "ward_landmark"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    ward_code: Mapped[int]
    name: Mapped[str] = mapped_column(String(40))
    shown: Mapped[bool] = mapped_column(server_default="true")
    """False: learned from what officers wrote into cases, and put on no screen yet. At most 14 letters where shown."""
    learned_as: Mapped[str | None] = mapped_column(String(40))
    """The longer name that was shortened for the phone: the reports that have it count for this one."""
    uses: Mapped[int] = mapped_column(server_default="0")
    added_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("uq_ward_landmark_name", "ward_code", text("lower(name)"), unique=True),)


class SlipBatch(Base):
    """Suggestion-box slips that were printed together."""

    __tablename__ = "slip_batch"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(60), unique=True)
    """The form's: sent twice it prints once."""
    printed_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    printed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    count: Mapped[int] = mapped_column(SmallInteger)


class Slip(Base):
    """One printed slip: a reference and its secret, which its writer tears off, before there is a case."""

    __tablename__ = "slip"

    reference: Mapped[str] = mapped_column(String(8), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("slip_batch.id"), index=True)
    secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """For printing the batch again; erased when the slip is registered, or after a month."""
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    used_at: Mapped[datetime | None]


class MonthlyReport(Base):
    """What a ward's month came to, written on the 1st and never again."""

    __tablename__ = "monthly_report"

    ward_code: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    """Its first day."""
    sub_county_code: Mapped[int]
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Counts and codes, no words."""
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
