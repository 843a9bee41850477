"""What is published of a case: the incident that others on the phone are asked about, while it is on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.cases import events
from gateway.cases.desk_models import Incident
from gateway.cases.models import Case

IS_ON = Incident.ended_at.is_(None)


def of(session: Session, case: Case) -> Incident | None:
    """What is published about this case now."""
    return next(iter(of_any(session, [case.id])), None)


def of_any(session: Session, case_ids: Collection[int]) -> Sequence[Incident]:
    """What is published about these cases now, each at most once."""
    return session.scalars(select(Incident).where(Incident.case_id.in_(case_ids), IS_ON)).all()


def is_about(incident: Incident | None, case: Case) -> bool:
    subject = (case.ward_code, case.category, case.problem)
    return incident is not None and subject == (incident.ward_code, incident.category, incident.problem)


def pass_on(session: Session, case: Case, lead: Case | None, now: datetime) -> None:
    """What was published about a case is published about the one that leads from now on: where that is about the same,
    and nothing is published about it. With no lead it ends."""
    found = of(session, case)
    if found is not None and lead is not None and is_about(found, lead) and of(session, lead) is None:
        found.case_id = lead.id
        session.flush()
    else:
        end(session, case, now)


def check(session: Session, case: Case, now: datetime) -> None:
    """Its subject or its ward was changed: nobody is asked about it any more as what it is not."""
    found = of(session, case)
    if found is not None and not is_about(found, case):
        end(session, case, now)


def end(session: Session, case: Case, now: datetime, officer_id: int | None = None) -> bool:
    """Nobody is asked any more whether she means this case; whether anybody was."""
    ended = session.execute(
        update(Incident).where(Incident.case_id == case.id, IS_ON).values(ended_at=now).returning(Incident.id)
    ).first()
    if ended is not None:
        events.append_wordless(session, case, "incident_ended", now, officer_id=officer_id)
    return ended is not None
