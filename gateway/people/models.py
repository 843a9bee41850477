"""People: residents, known by their phone alone, and officers, who sign in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Identity, Index, LargeBinary, String, func
from sqlalchemy.orm import Mapped, mapped_column

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
    """What an officer is. What each may see stands in `cases.visibility`."""

    WARD = "ward"
    SUB_COUNTY = "sub_county"
    DEPARTMENT = "department"
    OMBUDSMAN = "ombudsman"
    HOTLINE = "hotline"
    COUNTY = "county"


class Officer(Base):
    """Anyone who signs in. The jurisdiction is a ward, a sub-county or a department, as the role has it."""

    __tablename__ = "officer"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(states(Role))
    ward_code: Mapped[int | None]
    sub_county_code: Mapped[int | None]
    department: Mapped[str | None] = mapped_column(String(40))
    password_hash: Mapped[str] = mapped_column(String(200), deferred=True)
    session_salt: Mapped[str] = mapped_column(String(32), deferred=True)
    """Part of every sign-in; a new one ends them all."""
    active: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (Index("uq_officer_email", func.lower(email), unique=True),)
