"""People: residents, known by their phone alone, and officers: their posts, their leave, and how they sign in."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    and_,
    func,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.db import Base, states


class Resident(Base):
    """Somebody who dialled or texted. No name, no address: a hash to find her, the sealed number to answer her."""

    __tablename__ = "resident"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    phone_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, deferred=True)
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """These two are out of reach of the officers' role."""
    phone_mask: Mapped[str] = mapped_column(String(24))
    language: Mapped[str] = mapped_column(String(8))
    ward_code: Mapped[int | None]
    stopped_at: Mapped[datetime | None]
    """When she asked for no more texts; what she does next is still answered."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Role(StrEnum):
    """What an officer is by one of her posts. What each may see stands in `cases.visibility`."""

    WARD = "ward"
    SUB_COUNTY = "sub_county"
    DEPARTMENT = "department"
    CHIEF_OFFICER = "chief_officer"
    COUNTY_SECRETARY = "county_secretary"
    OMBUDSMAN = "ombudsman"
    HOTLINE = "hotline"
    COUNTY = "county"
    AUDITOR = "auditor"


ALONE = (Role.COUNTY, Role.AUDITOR)
"""Who makes accounts, and who examines the others, may hold no other post."""


class Post(Base):
    """A role, its jurisdiction, and for how long an officer holds it. An officer may hold several.

    Exactly the jurisdiction that the role has is given: a ward, a sub-county, a department, or none. A post never
    changes; it ends, and another one begins.
    """

    __tablename__ = "post"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    role: Mapped[Role] = mapped_column(states(Role))
    ward_code: Mapped[int | None]
    sub_county_code: Mapped[int | None]
    department: Mapped[str | None] = mapped_column(String(40))
    starts_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[datetime | None]
    for_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """Whom she stands in for, while that officer is on leave."""
    given_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """Empty where the command line did it."""


class Officer(Base):
    """Anyone who signs in. Who has left is not active any more and keeps her name in the histories."""

    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200), deferred=True)
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The secret of her authenticator, once she has shown that it works."""
    totp_step: Mapped[int | None] = mapped_column(BigInteger, deferred=True)
    """The last time step of which a code was used: none is taken twice."""
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, index=True)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    phone_mask: Mapped[str | None] = mapped_column(String(24))
    """Her own phone: it gets her digests and answers them, and cannot confirm a case of her desk."""
    language: Mapped[str] = mapped_column(String(8), server_default="sw")
    """In which her SMS are written; the pages are English."""
    active: Mapped[bool] = mapped_column(server_default="true")
    left_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    """When she last did something here, to the quarter of an hour."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    posts: Mapped[list[Post]] = relationship(
        primaryjoin=lambda: and_(
            Officer.id == Post.officer_id,
            Post.starts_at <= func.now(),
            or_(Post.ends_at.is_(None), Post.ends_at > func.now()),
        ),
        order_by=lambda: Post.id, lazy="selectin", viewonly=True,
    )  # fmt: skip
    """Those that she holds now."""

    __table_args__ = (Index("uq_officer_email", func.lower(email), unique=True),)

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(post.role for post in self.posts)

    def holds(self, *roles: Role) -> bool:
        """Whether she holds a post with one of these roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def wards(self) -> frozenset[int]:
        """The codes of the wards that she administers."""
        return frozenset(post.ward_code for post in self.posts if post.role is Role.WARD and post.ward_code)

    @property
    def sub_counties(self) -> frozenset[int]:
        return frozenset(
            post.sub_county_code for post in self.posts if post.role is Role.SUB_COUNTY and post.sub_county_code
        )

    @property
    def departments(self) -> frozenset[str]:
        """The codes of the departments that she works in or heads."""
        return frozenset(
            post.department
            for post in self.posts
            if post.role in (Role.DEPARTMENT, Role.CHIEF_OFFICER) and post.department
        )


class Absence(Base):
    """Leave, from one day to another, both included. Meanwhile the deputy holds the posts, or those above do."""

    __tablename__ = "absence"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    made_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    begun_at: Mapped[datetime | None]
    """When her cases were handed over."""
    ended_at: Mapped[datetime | None]
    """When they were handed back, or it was called off."""


class SignIn(Base):
    """One browser in which an officer is signed in. Whoever ends it deletes the row."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), index=True)
    browser: Mapped[str] = mapped_column(String(120), server_default="")
    address: Mapped[str] = mapped_column(String(45), server_default="")
    code_due: Mapped[bool] = mapped_column(server_default="false")
    """The password was right; the code of the authenticator is still to come, and until then nothing is open."""
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Device(Base):
    """A phone or computer that stays signed in behind a PIN of six digits, for 30 days."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    pin_hash: Mapped[str] = mapped_column(String(200), deferred=True)
    pin_failures: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    browser: Mapped[str] = mapped_column(String(120), server_default="")
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]


class RecoveryCode(Base):
    """One of the codes that open an account once, instead of a code of the authenticator."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None]


class LinkKind(StrEnum):
    INVITATION = "invitation"
    RESET = "reset"


class OneTimeLink(Base):
    """A link with which an officer gives herself a password, once and before it expires."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    kind: Mapped[LinkKind] = mapped_column(states(LinkKind))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """How often a sign-in failed lately, for one account or from one address: `key` is a keyed hash of either."""

    __tablename__ = "throttle"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int] = mapped_column(server_default="0")
    since: Mapped[datetime] = mapped_column(server_default=func.now())
    until: Mapped[datetime | None]
    """Before this nobody is let in, whatever she types."""


class Trainer(Base):
    """A phone that is used to teach: what it files is practice, and counts nowhere."""

    __tablename__ = "trainer"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    phone_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, deferred=True)
    phone_mask: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    added_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Audit(Base):
    """One line of what officers did that no case's history tells. Only ever appended to: the database sees to it."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    name: Mapped[str] = mapped_column(String(40))
    """What happened: `signed_in`, `sign_in_failed`, `post_given`, `case_opened`, `exported` …"""
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """Who did it; empty where nobody was signed in."""
    about_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    """The officer that it was done to."""
    case_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    """The cases that she was shown or took along."""
    confidential: Mapped[bool] = mapped_column(server_default="false")
    """Whether one of these is confidential."""
    address: Mapped[str | None] = mapped_column(String(45))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Codes and numbers of rows, never words or telephone numbers."""

    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_address", "at", postgresql_where=text("address IS NOT NULL")),
        Index("ix_audit_officer", "officer_id", "at"),
        Index("ix_audit_cases", "case_ids", postgresql_using="gin"),
    )
