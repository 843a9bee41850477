"""Texts that were set aside, as rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import undefer

from gateway.messages.models import IncomingSms, IncomingStatus
from tests.cases.stage import WANJIKU, Stage

FAILED = "could not be handled"
NO_TELEPHONE = "sender is no telephone"


def put_aside(stage: Stage, words: str, sender: str = WANJIKU, why: str = FAILED, **given: Any) -> int:
    """A text in quarantine; its id."""
    vault = stage.office.vault
    usual: dict[str, Any] = {
        "provider_id": f"aside-{stage.count(IncomingSms)}", "sender_sealed": vault.seal(sender),
        "text_sealed": vault.seal(words), "status": IncomingStatus.QUARANTINED, "why": why, "attempts": 19,
        "next_try_at": stage.now, "received_at": stage.now,
    }  # fmt: skip
    row = IncomingSms(**(usual | given))
    with stage.transaction() as session:
        session.add(row)
        session.flush()
        return row.id


def incoming(stage: Stage, text_id: int) -> IncomingSms:
    with stage.transaction() as session:
        query = select(IncomingSms).where(IncomingSms.id == text_id)
        return session.scalars(query.options(undefer(IncomingSms.sender_sealed))).one()
