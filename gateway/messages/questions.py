"""At most one open question per phone; others wait until it is answered or expires."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.messages.models import Question, QuestionKind, QuestionStatus

# A literal: once the statement is prepared, PostgreSQL cannot match a parameter with the index's own condition.
_IS_OPEN = text("status = 'open'")


def open_question(session: Session, resident_id: int, now: datetime) -> Question | None:
    """The question that this phone may answer now."""
    query = select(Question).where(
        Question.resident_id == resident_id, Question.status == QuestionStatus.OPEN, Question.expires_at > now
    )
    return session.scalars(query).one_or_none()


def ask(
    session: Session, resident_id: int, kind: QuestionKind, now: datetime, lasts: timedelta, *,
    case_id: int | None = None, draft_id: int | None = None, options: Sequence[str] = (), first: bool = False,
) -> bool:  # fmt: skip
    """Ask about a case or a draft, or let it wait behind the open question; `first`: that one waits behind this.

    `options` is what the digits of an answer stand for. True where it is open now, so that its SMS may leave.
    """
    row = {
        "resident_id": resident_id, "case_id": case_id, "draft_id": draft_id, "kind": kind, "asked_at": now,
        "expires_at": now + lasts, "options": list(options) or None,
    }  # fmt: skip
    if first:
        session.execute(
            update(Question)
            .where(Question.resident_id == resident_id, Question.status == QuestionStatus.OPEN)
            .values(status=QuestionStatus.WAITING)
        )
    opened = session.execute(
        insert(Question)
        .values(**row, status=QuestionStatus.OPEN)
        .on_conflict_do_nothing(index_elements=["resident_id"], index_where=_IS_OPEN)
        .returning(Question.id)
    ).first()
    if opened:
        return True
    session.execute(insert(Question).values(**row, status=QuestionStatus.WAITING))
    return False


def answer(session: Session, question_id: int, given: str) -> bool:
    """Record an answer. False where it was answered or had expired before: nothing changes then."""
    done = session.execute(
        update(Question)
        .where(Question.id == question_id, Question.status.in_((QuestionStatus.OPEN, QuestionStatus.WAITING)))
        .values(status=QuestionStatus.ANSWERED, answer=given)
        .returning(Question.id)
    ).first()
    return done is not None


def expire(session: Session, question_id: int) -> bool:
    """Her time is over. False where it was answered or withdrawn before."""
    done = session.execute(
        update(Question)
        .where(Question.id == question_id, Question.status == QuestionStatus.OPEN)
        .values(status=QuestionStatus.EXPIRED)
        .returning(Question.id)
    ).first()
    return done is not None


def withdraw(session: Session, case_id: int, kind: QuestionKind | None = None) -> None:
    """Nobody waits any more for an answer about this case, or for one of this kind."""
    unanswered = Question.status.in_((QuestionStatus.OPEN, QuestionStatus.WAITING))
    which = Question.case_id == case_id if kind is None else (Question.case_id == case_id) & (Question.kind == kind)
    session.execute(update(Question).where(which, unanswered).values(status=QuestionStatus.EXPIRED))


def withdraw_all(session: Session, case_ids: Collection[int]) -> None:
    """`withdraw` for several cases."""
    unanswered = Question.status.in_((QuestionStatus.OPEN, QuestionStatus.WAITING))
    which = Question.case_id.in_(case_ids)
    session.execute(update(Question).where(which, unanswered).values(status=QuestionStatus.EXPIRED))


def ask_fixed_all(session: Session, asked: Sequence[tuple[int, int, timedelta]], now: datetime) -> Collection[int]:
    """`ask` whether it is fixed, for many: of whom, about which case, and for how long.

    Returns the cases of which the question is open now, so that its SMS may leave.
    """
    rows = [
        {"resident_id": resident_id, "case_id": case_id, "kind": QuestionKind.FIXED, "asked_at": now,
         "expires_at": now + lasts}
        for resident_id, case_id, lasts in asked
    ]  # fmt: skip
    if not rows:
        return frozenset()
    opening = (
        insert(Question)
        .values([row | {"status": QuestionStatus.OPEN} for row in rows])
        .on_conflict_do_nothing(index_elements=["resident_id"], index_where=_IS_OPEN)
        .returning(Question.case_id)
    )
    opened = frozenset(case_id for case_id in session.scalars(opening) if case_id is not None)
    waiting = [row | {"status": QuestionStatus.WAITING} for row in rows if row["case_id"] not in opened]
    if waiting:
        session.execute(insert(Question), waiting)
    return opened


def open_next(session: Session, resident_id: int, now: datetime) -> Question | None:
    """Open the oldest waiting question, if none is open. It lasts from now on as long as it was meant to."""
    taken = select(Question.id).where(Question.resident_id == resident_id, Question.status == QuestionStatus.OPEN)
    if session.scalars(taken).first() is not None:
        return None
    query = (
        select(Question)
        .where(Question.resident_id == resident_id, Question.status == QuestionStatus.WAITING)
        .order_by(Question.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).first()
    if found:
        found.expires_at = now + (found.expires_at - found.asked_at)
        found.asked_at = now
        found.status = QuestionStatus.OPEN
        session.flush()
    return found
