"""Who has a case open now, so that two officers do not do the same work at the same time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.cases.desk_models import CaseReader
from gateway.cases.models import Case
from gateway.db import as_owner
from gateway.people.models import Officer

OPEN_FOR = timedelta(minutes=10)
"""A page that was loaded longer ago than this counts as left."""
BATCH = 500


@dataclass(frozen=True)
class Reader:
    """Another officer who has a case open, and when she loaded its page."""

    case_id: int
    name: str
    since: datetime


def reads(session: Session, case: Case, officer: Officer, now: datetime) -> None:
    """She opens its page now. The caller has seen that she sees the case."""
    row = insert(CaseReader).values(case_id=case.id, officer_id=officer.id, at=now)
    with as_owner(session):
        session.execute(row.on_conflict_do_update(index_elements=["case_id", "officer_id"], set_={"at": now}))


def leaves(session: Session, case_id: int, officer: Officer) -> None:
    """She has it open no more, since she does not see it any more. Run it as the owner."""
    session.execute(delete(CaseReader).where(CaseReader.case_id == case_id, CaseReader.officer_id == officer.id))


def others(session: Session, case_ids: Collection[int], officer: Officer, now: datetime) -> Mapping[int, list[str]]:
    """The names of the other officers who have each of these cases open now, by its id. One query."""
    found: dict[int, list[str]] = {}
    for reader in readers(session, case_ids, officer, now):
        found.setdefault(reader.case_id, []).append(reader.name)
    return found


def readers(session: Session, case_ids: Collection[int], officer: Officer, now: datetime) -> Sequence[Reader]:
    """The same with the moment since when; who opened it first stands first."""
    if not case_ids:
        return []
    query = (
        select(CaseReader.case_id, Officer.name, CaseReader.at)
        .join(Officer, Officer.id == CaseReader.officer_id)
        .where(
            CaseReader.case_id.in_(case_ids), CaseReader.officer_id != officer.id, CaseReader.at > now - OPEN_FOR,
            Officer.active,
        )
        .order_by(CaseReader.at, Officer.id)
    )  # fmt: skip
    return [Reader(*row) for row in session.execute(query)]


def forget(session: Session, now: datetime) -> int:
    """Delete one batch of those who have left. Returns how many. The caller commits."""
    over = (
        select(CaseReader.case_id, CaseReader.officer_id)
        .where(CaseReader.at <= now - OPEN_FOR)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("over")
    )
    gone = delete(CaseReader).where(CaseReader.case_id == over.c.case_id, CaseReader.officer_id == over.c.officer_id)
    return len(session.execute(gone.returning(CaseReader.case_id)).all())
