"""What time alone does to cases: unanswered *fixed?*, the end of the reopen window, plans whose date has come."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.county import TermUnit
from gateway.cases import asking, events
from gateway.cases.clock import deadline, local_day
from gateway.cases.models import Case, Confirmation, Ending, Status
from gateway.cases.office import Office
from gateway.messages.models import Question, QuestionKind, QuestionStatus

BATCH = 200


def expire_questions(session: Session, office: Office, now: datetime) -> int:
    """Questions nobody answered: *fixed?* becomes *unconfirmed*, never *confirmed*. Oldest first, one batch."""
    query = (
        select(Question)
        .where(Question.status == QuestionStatus.OPEN, Question.expires_at <= now)
        .order_by(Question.expires_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    expired = session.scalars(query).all()
    for question in expired:
        question.status = QuestionStatus.EXPIRED
        session.flush()
        if question.kind is QuestionKind.FIXED:
            _close_unconfirmed(session, office, question.case_id, now)
        asking.open_next(session, office, question.resident_id, now)
    return len(expired)


def _close_unconfirmed(session: Session, office: Office, case_id: int, now: datetime) -> None:
    case = session.get_one(Case, case_id, with_for_update=True)
    if case.status is Status.RESOLVED and case.confirmation is Confirmation.ASKED:
        case.status, case.confirmation, case.closed_at = Status.CLOSED, Confirmation.UNCONFIRMED, now
        events.append(session, case, "unconfirmed", now, vault=office.vault)


def close_ended(session: Session, office: Office, now: datetime) -> int:
    """Cases that ended otherwise than *fixed?* with an answer due: closed when the reopen window is over."""
    term = office.county.charter.term("reopen_window", "OTHER")
    window = timedelta(hours=term.amount * (1 if term.unit is TermUnit.HOURS else 24))
    query = (
        select(Case)
        .where(
            Case.status == Status.RESOLVED, Case.resolved_at <= now - window, Case.ending != Ending.PLANNED,
            Case.confirmation.is_(None),
        )
        .order_by(Case.resolved_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    ended = session.scalars(query).all()
    for case in ended:
        case.status, case.closed_at = Status.CLOSED, now
        events.append(session, case, "closed", now, vault=office.vault)
    return len(ended)


def reopen_planned(session: Session, office: Office, now: datetime) -> int:
    """Plans whose date has come return to the queue as new, with a new promise: the plan was the old one."""
    query = (
        select(Case)
        .where(
            Case.status == Status.RESOLVED, Case.ending == Ending.PLANNED, Case.planned_for <= local_day(now)
        )
        .order_by(Case.planned_for)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    planned = session.scalars(query).all()
    for case in planned:
        term = office.county.charter.term("resolve", case.category)
        case.status, case.ending, case.resolved_at, case.assignee_id = Status.NEW, None, None, None
        case.due_at = deadline(now, term, office.calendar)
        events.append(session, case, "plan_due", now, vault=office.vault)
    return len(planned)
