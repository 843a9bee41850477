"""Which version of a case an officer looks at: the newest line of its history that her page shows.

Whoever decides on a page that is older than what others have done since reads of it first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from gateway.cases.models import Case, CaseEvent
from gateway.people.models import Officer

LOOKS = ("number_shown", "supported", "called_out")
"""Lines that change nothing that an officer decides by: who looked at the number, one more who reports the same, that
somebody was told. What one of them writes is another line."""


def newest(session: Session, case_ids: Iterable[int]) -> Mapping[int, int]:
    """The id of the newest line of history of each of these cases, by the case's id. One query.

    Ask it before anything of a case but its id is read: what comes between the two is then told once too often, not
    never.
    """
    ids = list(case_ids)
    if not ids:
        return {}
    query = select(CaseEvent.case_id, func.max(CaseEvent.id)).where(CaseEvent.case_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query.group_by(CaseEvent.case_id))}


def since(session: Session, case: Case, seen: int, officer: Officer) -> list[CaseEvent]:
    """What others, the resident and the clock have done after the line `seen`, oldest first, each with its officer.

    What this officer did herself is not among it, nor what is in `LOOKS`.
    """
    query = select(CaseEvent).where(
        CaseEvent.case_id == case.id, CaseEvent.id > seen, CaseEvent.name.not_in(LOOKS),
        or_(CaseEvent.officer_id.is_(None), CaseEvent.officer_id != officer.id),
    )  # fmt: skip
    return list(session.scalars(query.order_by(CaseEvent.id).options(joinedload(CaseEvent.officer))))
