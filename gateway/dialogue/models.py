"""USSD sessions, the editions of the menu that they began on, and how far residents came."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Integer, LargeBinary, String, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.db import Base


class UssdSession(Base):
    """What must not be lost of a USSD session: whose it is, how it began, and the answers that were given.

    Deleted soon after the session (`workers.sweep`).
    """

    __tablename__ = "ussd_session"

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    phone_hash: Mapped[bytes] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """To ask her about what she began and did not send. Erased as soon as something was filed."""
    network: Mapped[str] = mapped_column(String(8), server_default="")
    """Africa's Talking's code of the mobile network."""
    profile: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The resident's language, values, slots and facts as they were at the first hop."""
    menu_hash: Mapped[str] = mapped_column(String(16))
    """The edition of the menu that it began on (`gateway.dialogue.editions`)."""
    cuts: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    """Lengths of `text` at the hops that are known, which tell a typed `*` from one that joins two inputs."""
    transcript_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The longest `text` that this row knows of; Redis may know a longer one."""
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What look-ups and effects answered, by `Need.key`."""
    started_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    over_at: Mapped[datetime | None]
    """When the provider said that it had ended; often it never does."""
    closed_at: Mapped[datetime | None]
    """When what it left behind was taken care of: a draft, the count of screens."""

    __table_args__ = (
        Index("ix_ussd_session_unclosed", "phone_hash", postgresql_where=text("closed_at IS NULL")),
        Index("ix_ussd_session_started", "started_at", postgresql_where=text("closed_at IS NULL")),
    )


class MenuEdition(Base):
    """What the screens of a session depend on: the tree and the county's lists in it, kept as long as one needs it."""

    __tablename__ = "menu_edition"

    hash: Mapped[str] = mapped_column(String(16), primary_key=True)
    tree: Mapped[str] = mapped_column(Text)
    """The source of the tree, as its file had it."""
    catalogue: Mapped[dict[str, Any]] = mapped_column(JSONB)
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ScreenCount(Base):
    """How many sessions saw a screen on a day, and how many went no further: names of screens, nothing typed."""

    __tablename__ = "screen_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    screen: Mapped[str] = mapped_column(String(60), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    network: Mapped[str] = mapped_column(String(8), primary_key=True)
    seen: Mapped[int]
    stopped: Mapped[int]
