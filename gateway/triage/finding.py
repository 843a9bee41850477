"""A case by its reference, as far as the officer who is signed in may see it; else 404, whether it exists or not."""

from __future__ import annotations

from flask import abort
from sqlalchemy import Select
from sqlalchemy.orm import Session, joinedload, selectinload

from gateway.cases.models import Case
from gateway.cases.references import is_reference
from gateway.cases.visibility import visible_to
from gateway.people.models import Role
from gateway.triage.sign_in import officer


def seen(session: Session, reference: str, *, lock: bool = False) -> Case:
    """The case with its resident, and unless it is locked with its assignee. Run it under the officers' role."""
    query = asked(reference)
    # Not against who only points to it: another officer's page says that she has it open.
    query = query.with_for_update(key_share=True) if lock else query.options(joinedload(Case.assignee))
    # The resident in a statement of her own: officers may lock no row of hers.
    return session.scalars(query.options(selectinload(Case.resident))).one_or_none() or abort(404)


def asked(reference: str) -> Select[Case]:
    """The query for it, where a page reads something else of it first."""
    if not is_reference(reference) or officer().holds(Role.AUDITOR):  # her role reads no case as a whole
        abort(404)
    return visible_to(officer()).where(Case.reference == reference)
