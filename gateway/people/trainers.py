"""Trainers: phones that are used to teach. What they file is practice, and counts nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.people import audit
from gateway.people.models import Officer, Trainer
from gateway.people.phone import mask
from gateway.people.vault import Vault


def every(session: Session) -> Sequence[tuple[Trainer, str]]:
    """Every trainer's phone by name, with the name of the officer who added it."""
    query = select(Trainer, Officer.name).join(Officer, Officer.id == Trainer.added_by)
    return [(row[0], row[1]) for row in session.execute(query.order_by(Trainer.name, Trainer.id))]


def add(session: Session, vault: Vault, name: str, number: str, by: Officer) -> bool:
    """Add the phone with this E.164 number; False where it is there already. The caller commits."""
    row = insert(Trainer).values(
        phone_hash=vault.phone_hash(number), phone_mask=mask(number), name=name, added_by=by.id
    )
    added = session.scalar(row.on_conflict_do_nothing().returning(Trainer.id))
    if added is not None:
        audit.append(session, "trainer_added", officer_id=by.id, trainer=added)
    return added is not None


def remove(session: Session, trainer_id: int, by: Officer) -> bool:
    """What this phone files counts from now on; False where it is none of a trainer. The caller commits."""
    if session.scalar(delete(Trainer).where(Trainer.id == trainer_id).returning(Trainer.id)) is None:
        return False
    audit.append(session, "trainer_removed", officer_id=by.id, trainer=trainer_id)
    return True
