"""*Not a report* is never one officer's word: the first proposes, a second agrees or does not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import actions, carrying, endings, events, timing
from gateway.cases.actions import Refused, change
from gateway.cases.models import Case, CaseEvent, Ending
from gateway.cases.office import Office
from gateway.people.models import Officer

PROPOSED = "not_a_report_proposed"


def propose(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """Say that it is no report. Nothing changes for the resident, and the clock runs, until somebody else agrees."""
    if case.proposed_by_id is not None:
        raise Refused("That has been proposed already: another officer decides.")
    if carrying.carried(session, case):
        raise Refused(endings.OTHERS_SAY_SO)
    change(session, case, officer, "propose", proposed_by_id=officer.id)
    events.append(session, case, PROPOSED, now, vault=office.vault, officer_id=officer.id, words=reason)
    timing.keep_time(session, office, case)


def agree(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> None:
    """It is no report: it ends so, with the reason of the first officer, and the resident is told."""
    refuse_first(case, officer)
    actions.end(session, office, case, officer, Ending.NOT_A_REPORT, reason(session, office, case), now)


def reject(session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime) -> None:
    """It is a report after all."""
    refuse_first(case, officer)
    change(session, case, officer, "reject", proposed_by_id=None)
    events.append(session, case, "not_a_report_rejected", now, vault=office.vault, officer_id=officer.id, words=words)


def refuse_first(case: Case, officer: Officer) -> None:
    """Whoever proposed it cannot be the second officer, whatever posts she holds."""
    if case.proposed_by_id is None:
        raise Refused("Nobody proposes that any more.")
    if case.proposed_by_id == officer.id:
        raise Refused("You proposed it yourself: another officer decides.")


def reason(session: Session, office: Office, case: Case) -> str:
    """What the first officer gave as the reason."""
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.name == PROPOSED)
    said = session.scalars(query.order_by(CaseEvent.id.desc()).limit(1)).one_or_none()
    return events.words_of(office.vault, said) if said else ""
