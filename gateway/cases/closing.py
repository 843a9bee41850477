"""What time alone does to cases: unanswered questions, ends of windows and waits, plans whose date has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from gateway.cases import asking, carrying, desks, events, residents_own, timing
from gateway.cases.clock import local_day, outlived
from gateway.cases.models import Case, Confirmation, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.messages import questions
from gateway.messages.models import Message, MessageStatus, Question, QuestionKind, QuestionStatus

BATCH = 200
WORDINGS = ("from_officer", "call_us")
"""Those by which an officer asks a resident something."""


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
            Case.status == Status.RESOLVED, _reopen_window_is_over(office, now), Case.ending != Ending.PLANNED,
            ~_asked(),
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
    timing.keep_time(session, office, case)


def _reopen_window_is_over(office: Office, now: datetime) -> ColumnElement[bool]:
    """By the charter's term for its category."""
    charter, name = office.county.charter, "reopen_window"
    own = {code: terms[name] for code, terms in charter.by_category.items() if name in terms}
    usual = Case.resolved_at <= outlived(now, charter.terms[name], office.calendar)
    theirs = (
        and_(Case.category == code, Case.resolved_at <= outlived(now, term, office.calendar))
        for code, term in own.items()
    )
    return or_(and_(Case.category.not_in(own), usual), *theirs)


def end_waits(session: Session, office: Office, now: datetime) -> int:
    """Cases that wait for their resident longer than the charter lets them, or for the answer to a question that never
    left us: they go on without her answer."""
    waiting = session.scalars(waits_over(now)).all()
    for case in waiting:
        residents_own.resume(session, office, case, now)
    unsent = session.scalars(waits_in_vain()).all()
    for case in unsent:
        residents_own.resume(session, office, case, now, unsent=True)
    return len(waiting) + len(unsent)


def waits_over(now: datetime) -> Select[Case]:
    """The next batch of those that have waited for too long."""
    return (
        select(Case)
        # As the index has it, word for word; so below.
        .where(text("cases.status = 'waiting'"), Case.waits_until <= now)
        .order_by(Case.waits_until)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


def waits_in_vain() -> Select[Case]:
    """The next batch of those of which the latest question never left, and never will."""
    asked = (
        select(Message.status)
        .where(Message.case_id == Case.id, Message.wording.in_(WORDINGS))
        .order_by(Message.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(Case)
        .where(text("cases.status = 'waiting'"), asked.in_((MessageStatus.FAILED, MessageStatus.CANCELLED)))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


def reopen_planned(session: Session, office: Office, now: datetime) -> int:
    """Plans whose date has come return to the queue as new."""
    query = (
        select(Case)
        .where(
            Case.status == Status.RESOLVED, Case.ending == Ending.PLANNED, Case.planned_for <= local_day(now)
        )
        .order_by(Case.planned_for, Case.lead_id.is_not(None), Case.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    planned = session.scalars(query).all()
    leads = _leads(session, planned)
    planned = [case for case in planned if case.lead_id is None or case.lead_id in leads]
    for case in planned:
        day = case.planned_for
        desks.hand_back(session, case, now)
        events.append(session, case, "plan_due", now, vault=office.vault, planned_for=day.isoformat() if day else None)
    session.flush()
    for lead in leads.values():
        if not (carrying.may_lead(lead) or _comes(lead, now)):
            carrying.lead_anew(session, office, lead, now)
    timing.keep_times(session, office, planned)
    return len(planned)


def _leads(session: Session, planned: Sequence[Case]) -> Mapping[int, Case]:
    """What stood for these when they ended, by its id, locked; not what somebody has in hand: then they come back with
    the next sweep."""
    wanted = {case.lead_id for case in planned if case.lead_id}
    query = select(Case).where(Case.id.in_(wanted)).order_by(Case.id)
    locked = query.with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)
    return {lead.id: lead for lead in session.scalars(locked)} if wanted else {}


def _comes(lead: Case, now: datetime) -> bool:
    """Whether it comes back today, too, with the next batch."""
    planned = lead.status is Status.RESOLVED and lead.ending is Ending.PLANNED and not lead.sensitive
    return planned and lead.planned_for is not None and lead.planned_for <= local_day(now)
