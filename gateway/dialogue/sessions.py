"""USSD sessions: the row of what must not be lost of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from gateway.messages.models import UssdSession


@dataclass
class Session:
    """One USSD session as it is known: whose it is, how it began, its cut points and the answers given so far."""

    id: str
    phone: str
    """The keyed hash of the phone, in hex."""
    menu: str
    profile: Mapping[str, Any]
    cuts: list[int] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def row(self) -> str:
        return json.dumps({"phone": self.phone, "menu": self.menu, "profile": self.profile, "answers": self.answers})


def begin(connection: Connection, session: Session) -> Session:
    """Keep a new session, unless its first hop came twice: then the session as it is kept."""
    row = {
        "id": session.id, "phone_hash": bytes.fromhex(session.phone), "profile": session.profile,
        "menu_hash": session.menu, "cuts": session.cuts, "answers": session.answers,
    }  # fmt: skip
    added = connection.execute(
        insert(UssdSession).values(row).on_conflict_do_nothing(index_elements=["id"]).returning(UssdSession.id)
    ).first()
    return session if added else load(connection, session.id) or session


def load(connection: Connection, session_id: str) -> Session | None:
    row = connection.execute(select(UssdSession.__table__).where(UssdSession.id == session_id)).one_or_none()
    if row is None:
        return None
    return Session(row.id, row.phone_hash.hex(), row.menu_hash, row.profile, list(row.cuts), row.answers)


def keep_cuts(connection: Connection, session: Session) -> None:
    """Keep the cut points in the row, beside those that another hop has kept there, so that they survive Redis."""
    connection.execute(_KEEP_CUTS, {"cuts": session.cuts, "session_id": session.id})


_KEEP_CUTS = text(
    "UPDATE ussd_session SET cuts = ARRAY(SELECT DISTINCT unnest(cuts || CAST(:cuts AS integer[])) ORDER BY 1)"
    " WHERE id = :session_id"
)
