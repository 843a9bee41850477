"""The history of a case: what appends to it, and what reads its words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases.desks import turn
from gateway.cases.models import Case, CaseEvent
from gateway.people.vault import Vault


def append(
    session: Session, case: Case, name: str, now: datetime, *, vault: Vault, officer_id: int | None = None,
    words: str | None = None, **data: Any,
) -> None:  # fmt: skip
    """Append one line, after what it tells of was done: the line says whose turn it is now.

    `words` are sealed where the case is sensitive; `data` holds codes and dates only.
    """
    sealed = vault.seal(words) if words and case.sensitive else None
    line = append_wordless(session, case, name, now, officer_id=officer_id, **data)
    line.words, line.words_sealed = None if sealed else words, sealed


def append_wordless(
    session: Session, case: Case, name: str, now: datetime, *, officer_id: int | None = None, **data: Any
) -> CaseEvent:
    """`append` for a line that has no words, so that nothing is to be sealed."""
    line = CaseEvent(case_id=case.id, at=now, name=name, officer_id=officer_id, turn=turn(case), data=data)
    session.add(line)
    return line


def category_before(session: Session, case: Case) -> str | None:
    """What the case was before it became confidential, the last time; None where it was filed as confidential."""
    query = (
        select(CaseEvent.data["was"].astext)
        .where(CaseEvent.case_id == case.id, CaseEvent.data["was"].astext.is_not(None))
        .order_by(CaseEvent.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def words_for_all(vault: Vault, case: Case, event: CaseEvent) -> str:
    """The words of an event for whoever sees the case: once it is released, none of those that were sealed before.

    They were written for the confidential desk, or to it.
    """
    return "" if event.words_sealed is not None and not case.sensitive else words_of(vault, event)


def words_of(vault: Vault, row: Case | CaseEvent) -> str:
    """The words of a case or of an event, opened where they are sealed."""
    if row.words_sealed is not None:
        return vault.open(row.words_sealed)
    return row.words or ""
