"""How a case goes past its ward: what is sealed and taken out of sight when it becomes confidential."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import carrying, charges, crew_links, desks, events, landmarks, links, timing, unasked
from gateway.cases.categories import department_of
from gateway.cases.models import Case, CaseEvent, Confirmation, Desk, Status
from gateway.cases.office import Office
from gateway.cases.sensitivity import names_ombudsman
from gateway.db import as_owner
from gateway.messages import questions
from gateway.people.models import Officer


def conceal(session: Session, office: Office, case: Case, category: str, now: datetime) -> None:
    """Hide a case from its ward. Even one that had ended is new to the confidential desk: somebody must read it.

    What was typed as a place may name somebody: the caller puts it into the sealed words.
    """
    carrying.let_go(session, office, case, now)
    carrying.cut(session, case)
    landmarks.forget(session, [case.id])
    case.category, case.sensitive, case.landmark, case.guess = category, True, None, None
    desks.hand_to(case, desks.home_desk(session, case), now)
    case.ending = case.resolved_at = case.closed_at = case.planned_for = None
    if case.confirmation is not Confirmation.DISPUTED:
        case.confirmation = None
    if case.reason:
        case.reason_sealed = office.vault.seal(case.reason)
        case.reason = None
    questions.withdraw(session, case.id)
    links.cut(session, case)
    charges.detach(session, case.id)
    crew_links.end_all(session, case, now)
    said = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.words.is_not(None))
    with as_owner(session):  # histories are nobody's to change, and what officers are asked is theirs alone
        unasked.of_cases(session, [case.id], now)
        for event in session.scalars(said):
            event.words, event.words_sealed = None, office.vault.seal(event.words or "")


def seal(session: Session, office: Office, case: Case, category: str, now: datetime) -> None:
    """Hide a case with the words that stand in it, and with what was typed as its place, which may name somebody."""
    text = "\n".join(part for part in (case.landmark, case.words) if part)
    conceal(session, office, case, category, now)
    keep_from_ombudsman(session, office, case, text, now)
    case.words, case.words_sealed = None, office.vault.seal(text) if text else None


def keep_from_ombudsman(session: Session, office: Office, case: Case, words: str, now: datetime) -> None:
    """A confidential case goes to the county secretary instead, with what was joined to it, where these words seem to
    be about the ombudsman's own office. They may hide it from her, and never bring it back."""
    if case.about_ombudsman or not names_ombudsman(office.county, words):
        return
    desks.hand_to(case, Desk.COUNTY_SECRETARY, now)
    case.ending = case.resolved_at = case.closed_at = case.planned_for = None
    along = links.along(session, case)
    for one in along:
        one.desk, one.assignee_id = Desk.COUNTY_SECRETARY, None
    for one in (case, *along):
        one.about_ombudsman = True
        events.append(session, one, "about_ombudsman", now, vault=office.vault)
        timing.keep_time(session, office, one)


def seal_along(session: Session, office: Office, case: Case, category: str, now: datetime) -> list[Case]:
    """Hide with a case that became confidential what was joined to it, and stays closed; returns that."""
    joined = links.along(session, case)
    for one in joined:
        was = one.category
        seal(session, office, one, category, now)
        one.status, one.closed_at = Status.CLOSED, now
        events.append(session, one, "made_confidential", now, vault=office.vault, was=was, category=category)
        timing.keep_time(session, office, one)
    return joined


def open_along(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """What was hidden with a case is released with it, as what it was before."""
    for one in links.along(session, case):
        words = events.words_of(office.vault, one)
        code = events.category_before(session, one) or one.category
        one.sensitive, one.category, one.department = False, code, department_of(office, code, one.problem)
        one.words, one.words_sealed, one.desk = words or None, None, desks.home_desk(session, one)
        events.append(session, one, "released", now, vault=office.vault, officer_id=officer.id, words=reason)
        timing.keep_time(session, office, one)
