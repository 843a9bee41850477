"""USSD sessions: the row of what must not be lost of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.cases.intake import keep_typed
from gateway.dialogue.models import UssdSession
from gateway.dialogue.transcript import Standing, inputs_behind, standing
from gateway.people.vault import Vault
from menus.engine import Catalogue, Facts

_TABLE = UssdSession.__table__


@dataclass
class Session:
    """One USSD session as it is known: whose it is, how it began, what was typed and the answers given so far."""

    id: str
    phone: str
    """The keyed hash of the phone, in hex."""
    menu: str
    network: str
    profile: Mapping[str, Any]
    cuts: list[int] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    text: str | None = None
    """The longest text that is known; None where nothing is."""

    @classmethod
    def from_row(cls, session_id: str, row: str | bytes) -> Session:
        known = json.loads(row)
        return cls(
            session_id, known["phone"], known["menu"], known.get("network", ""), known["profile"], [], known["answers"]
        )

    def row(self) -> str:
        """What does not change from hop to hop, as JSON."""
        return json.dumps(
            {
                "phone": self.phone,
                "menu": self.menu,
                "network": self.network,
                "profile": self.profile,
                "answers": self.answers,
            }
        )

    def inputs(self, text: str) -> list[str]:
        """What was typed at each hop of `text`, but for what was dialled behind the service code."""
        return inputs_behind(self.profile.get("tail", 0), text, self.cuts)

    def standing(self, text: str) -> Standing:
        """How a `text` stands to what is known. One that ends within an answer is not an earlier one."""
        found, length = standing(self.text, text), len(text)
        between = length not in self.cuts and length < max(self.cuts, default=0)
        return Standing.DIVERGED if found is Standing.OLDER and between else found

    def complete(self, text: str | None, cuts: Iterable[int]) -> None:
        """Take in what is known elsewhere of the same session, unless it is another story."""
        known = standing(self.text, text) if text is not None else Standing.OLDER
        if known is Standing.DIVERGED:
            return
        if known is Standing.GOES_ON:
            self.text = text
        self.cuts = sorted({*self.cuts, *cuts})

    def facts(self, catalogue: Catalogue, vault: Vault) -> Facts:
        """What a walk of this session may know. What an answer holds sealed is opened for it."""
        profile = self.profile
        answers = {
            key: {**given, "slots": {name: vault.open(text.encode()) for name, text in given["sealed"].items()}}
            if "sealed" in given
            else given
            for key, given in self.answers.items()
        }
        return Facts(
            catalogue=catalogue,
            language=profile.get("language", ""),
            values=profile.get("values", {}),
            slots=profile.get("slots", {}),
            facts=frozenset(profile.get("facts", ())),
            answers=answers,
            start=profile.get("start", ""),
        )

    @property
    def resumed(self) -> int | None:
        """The draft that was taken up in this session."""
        return next((given["draft"] for given in self.answers.values() if "draft" in given), None)

    @property
    def filed(self) -> list[str]:
        """References of what was filed in this session."""
        answers = [given for key, given in self.answers.items() if key.partition(":")[2] in ("file", "support")]
        return [given["values"]["reference"] for given in answers if "values" in given]


def begin(connection: Connection, session: Session, vault: Vault, phone: str) -> Session | None:
    """Keep a new session of `phone` (E.164). None where its first hop came twice and the other was faster."""
    row = {
        "id": session.id, "phone_hash": bytes.fromhex(session.phone), "phone_sealed": vault.seal(phone),
        "network": session.network, "profile": session.profile, "menu_hash": session.menu, "cuts": session.cuts,
        "answers": session.answers, "transcript_sealed": vault.seal(session.text or ""),
    }  # fmt: skip
    added = connection.execute(
        insert(UssdSession).values(row).on_conflict_do_nothing(index_elements=["id"]).returning(UssdSession.id)
    ).first()
    return session if added else None


def load(connection: Connection, session_id: str, vault: Vault) -> Session | None:
    row = connection.execute(select(_TABLE).where(UssdSession.id == session_id)).one_or_none()
    return of_row(row, vault) if row else None


def load_with_others(
    connection: Connection, session_id: str, phone_hash: bytes, vault: Vault
) -> tuple[Session | None, list[str]]:
    """The session, and the ids of others of this phone that are not closed: she has dialled anew."""
    unclosed = (UssdSession.phone_hash == phone_hash) & UssdSession.closed_at.is_(None)
    rows = connection.execute(select(_TABLE).where(or_(UssdSession.id == session_id, unclosed))).all()
    own = next((row for row in rows if row.id == session_id), None)
    return (of_row(own, vault) if own else None), [row.id for row in rows if row.id != session_id]


def of_row(row: Row[Any] | UssdSession, vault: Vault) -> Session:
    typed = vault.open(row.transcript_sealed) if row.transcript_sealed else None
    return Session(
        row.id, row.phone_hash.hex(), row.menu_hash, row.network, row.profile, list(row.cuts), row.answers, typed
    )


def keep_text(connection: Connection, session: Session, vault: Vault) -> None:
    """Keep what was typed and its cut points in the row, so that they survive Redis."""
    keep_typed(connection, vault, session.id, session.text or "", session.cuts)


def mark_over(connection: Connection, session_id: str, phone_hash: bytes, now: datetime) -> None:
    """The provider says that it has ended."""
    own = (UssdSession.id == session_id) & (UssdSession.phone_hash == phone_hash)
    connection.execute(update(UssdSession).where(own, UssdSession.over_at.is_(None)).values(over_at=now))
