"""What time alone does to cases: unanswered questions, ends of windows and waits, plans whose date has come."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from config.county import TermUnit
from gateway.cases import asking, desks, events, residents_own
from gateway.cases.clock import local_day
from gateway.cases.models import Case, CaseEvent, Confirmation, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.messages import questions
from gateway.messages.models import Question, QuestionKind, QuestionStatus

BATCH = 200


def expire_questions(session: Session, office: Office, now: datetime) -> int:
    """Questions nobody answered: *fixed?* becomes *unconfirmed*, never *confirmed*. Oldest first, one batch."""
    query = (
        select(Question, Case)
        .join(Case, Case.id == Question.case_id)
        .where(Question.status == QuestionStatus.OPEN, Question.expires_at <= now)
        .order_by(Question.expires_at)
        .limit(BATCH)
        # The case first, as everybody does who answers; the question is guarded by its UPDATE.
        .with_for_update(of=Case, skip_locked=True)
    )
    expired = session.execute(query).all()
    for question, case in expired:
        if not questions.expire(session, question.id):
            continue
        if case.status is Status.RESOLVED and case.confirmation is Confirmation.ASKED:
            _close(session, office, case, now)
        asking.open_next(session, office, question.resident_id, now)
    return len(expired)


def open_waiting(session: Session, office: Office, now: datetime) -> int:
    """Questions whose turn has come because the one before was withdrawn: open them and send their SMS."""
    before = aliased(Question)
    none_open = ~(
        select(before.id)
        .where(before.resident_id == Question.resident_id, before.status == QuestionStatus.OPEN)
        .exists()
    )
    query = (
        select(Question.resident_id)
        .where(Question.status == QuestionStatus.WAITING, none_open)
        .group_by(Question.resident_id)
        .order_by(func.min(Question.id))
        .limit(BATCH)
    )
    opened = [asking.open_next(session, office, resident_id, now) for resident_id in session.scalars(query).all()]
    return sum(question is not None for question in opened)


def close_ended(session: Session, office: Office, now: datetime) -> int:
    """Cases that ended and of which nobody is asked: closed when the reopen window is over.

    *Fixed* stands unconfirmed where the number is hidden, the case confidential, or the question was withdrawn.
    """
    query = (
        select(Case)
        .where(
            Case.status == Status.RESOLVED, Case.resolved_at <= now - _length(office, "reopen_window"),
            Case.ending != Ending.PLANNED, ~_asked(),
        )
        .order_by(Case.resolved_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    ended = session.scalars(query).all()
    for case in ended:
        _close(session, office, case, now)
    return len(ended)


def _asked() -> ColumnElement[bool]:
    """Somebody still waits for the resident's answer."""
    waits = Question.status.in_((QuestionStatus.OPEN, QuestionStatus.WAITING))
    return select(Question.id).where(Question.case_id == Case.id, Question.kind == QuestionKind.FIXED, waits).exists()


def _close(session: Session, office: Office, case: Case, now: datetime) -> None:
    claimed = case.ending is Ending.FIXED and case.kind is Kind.GRIEVANCE
    case.status, case.closed_at = Status.CLOSED, now
    case.confirmation = Confirmation.UNCONFIRMED if claimed else None
    events.append(session, case, "unconfirmed" if claimed else "closed", now, vault=office.vault)


def _length(office: Office, name: str) -> timedelta:
    term = office.county.charter.term(name)
    return timedelta(hours=term.amount * (1 if term.unit is TermUnit.HOURS else 24))


def end_waits(session: Session, office: Office, now: datetime) -> int:
    """Cases that wait for their resident longer than the charter lets them: they go on without her answer."""
    since = (
        select(func.max(CaseEvent.at))
        .where(CaseEvent.case_id == Case.id, CaseEvent.name == "waiting")
        .scalar_subquery()
    )
    query = (
        select(Case)
        .where(Case.status == Status.WAITING, since <= now - _length(office, "pause_limit"))
        .order_by(Case.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    waiting = session.scalars(query).all()
    for case in waiting:
        residents_own.resume(session, office, case, now)
    return len(waiting)


def reopen_planned(session: Session, office: Office, now: datetime) -> int:
    """Plans whose date has come return to the queue as new; no clock restarts."""
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
        desks.hand_back(case, now)
        events.append(session, case, "plan_due", now, vault=office.vault)
    return len(planned)
