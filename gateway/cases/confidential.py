"""How a case goes past its ward: what is sealed and taken out of sight when it becomes confidential."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import charges, desks, events, links
from gateway.cases.filing import department_of
from gateway.cases.models import Case, CaseEvent, Confirmation, Desk, Status
from gateway.cases.office import Office
from gateway.db import as_owner
from gateway.messages import questions
from gateway.people.models import Officer


def conceal(session: Session, office: Office, case: Case, category: str, now: datetime) -> None:
    """Hide a case from its ward. Even one that had ended is new to the confidential desk: somebody must read it.

    What was typed as a place may name somebody: the caller puts it into the sealed words.
    """
    case.category, case.sensitive, case.landmark, case.guess = category, True, None, None
    desks.hand_to(case, Desk.CONFIDENTIAL, now)
    case.ending = case.resolved_at = case.closed_at = case.planned_for = None
    if case.confirmation is not Confirmation.DISPUTED:
        case.confirmation = None
    if case.reason:
        case.reason_sealed = office.vault.seal(case.reason)
        case.reason = None
    questions.withdraw(session, case.id)
    links.cut(session, case)
    charges.detach(session, case.id)
    said = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.words.is_not(None))
    with as_owner(session):  # histories are nobody's to change
        for event in session.scalars(said):
            event.words, event.words_sealed = None, office.vault.seal(event.words or "")


def seal(session: Session, office: Office, case: Case, category: str, now: datetime) -> None:
    """Hide a case with the words that stand in it, and with what was typed as its place, which may name somebody."""
    text = "\n".join(part for part in (case.landmark, case.words) if part)
    conceal(session, office, case, category, now)
    case.words, case.words_sealed = None, office.vault.seal(text) if text else None


def seal_along(session: Session, office: Office, case: Case, category: str, now: datetime) -> list[Case]:
    """Hide with a case that became confidential what was joined to it, and stays closed; returns that."""
    joined = links.along(session, case)
    for one in joined:
        was = one.category
        seal(session, office, one, category, now)
        one.status, one.closed_at = Status.CLOSED, now
        events.append(session, one, "made_confidential", now, vault=office.vault, was=was)
    return joined


def open_along(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """What was hidden with a case is released with it, as what it was before."""
    for one in links.along(session, case):
        words = events.words_of(office.vault, one)
        code = events.category_before(session, one) or one.category
        one.sensitive, one.category, one.department = False, code, department_of(office, code, one.problem)
        one.words, one.words_sealed, one.desk = words or None, None, desks.home_desk(one)
        events.append(session, one, "released", now, vault=office.vault, officer_id=officer.id, words=reason)
