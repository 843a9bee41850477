"""What an officer was shown leaves a line in the audit, in the same transaction that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases.models import Case
from gateway.db import as_owner
from gateway.messages.models import IncomingSms
from gateway.people import audit
from gateway.triage.sign_in import officer


def leave(session: Session, name: str, cases: Iterable[Case], **data: Any) -> None:
    """Write down that the officer of this request is shown these cases: `case_opened`, `listed`, `exported` …"""
    leave_ids(session, name, {case.id: case.sensitive for case in cases}, **data)


def leave_ids(session: Session, name: str, shown: Mapping[int, bool], **data: Any) -> None:
    """The same for cases of which only the id is known, and whether each is confidential."""
    if shown:
        with as_owner(session):
            audit.append_shown(session, name, officer().id, shown, address=request.remote_addr, **data)


def leave_texts(session: Session, texts: Sequence[int]) -> None:
    """The same for texts that are in no case: those who read about cases read of it, not who makes accounts."""
    flags = (IncomingSms.sensitive, IncomingSms.about_ombudsman)
    found = session.execute(select(IncomingSms.id, *flags).where(IncomingSms.id.in_(texts)).order_by(IncomingSms.id))
    groups: dict[tuple[bool, bool], list[int]] = {}
    for row in found:
        groups.setdefault((row.sensitive, row.about_ombudsman), []).append(row.id)
    if groups:
        with as_owner(session):
            for (confidential, about_ombudsman), ids in groups.items():
                audit.append(
                    session, "texts_listed", officer_id=officer().id, case_ids=[], confidential=confidential,
                    address=request.remote_addr, texts=ids, about_ombudsman=about_ombudsman,
                )  # fmt: skip
