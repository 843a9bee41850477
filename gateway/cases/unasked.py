"""What officers are asked no more by SMS: of a case that was hidden, taken back or erased, and when it is long ago."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from gateway.cases.desk_models import Digest, Prompt
from gateway.messages import outbox
from gateway.messages.models import Message, MessageStatus

OVER = "over"
"""What stands as the answer to a prompt that nobody answers any more."""
BLANK = b""


def of_cases(session: Session, case_ids: Sequence[int], now: datetime, *, blank: bool = False) -> None:
    """Ask no officer any more about these cases, which the caller has locked; with the owner's rights.

    What has not left does not leave. Where it has, the prompt stays open: her digit does nothing to a case that she
    may not take, and gets the next one. `blank`: the texts, which name the place, are erased as well.
    """
    unsynchronised = {"synchronize_session": False}
    asked = select(Prompt.message_id).where(Prompt.case_id.in_(case_ids), Prompt.message_id.is_not(None))
    message_ids = [number for number in session.scalars(asked) if number]
    if message_ids:
        outbox.cancel_some(session, message_ids)
    unread = select(Message.id).where(Message.id == Prompt.message_id, Message.status == MessageStatus.CANCELLED)
    session.execute(
        update(Prompt)
        .where(Prompt.case_id.in_(case_ids), Prompt.answered_at.is_(None))
        .where(or_(Prompt.message_id.is_(None), unread.exists()))
        .values(answer=OVER, answered_at=now),
        execution_options=unsynchronised,
    )
    if blank and message_ids:
        silent = update(Message).where(Message.id.in_(message_ids)).values(text_sealed=BLANK)
        session.execute(silent, execution_options=unsynchronised)


def forget(session: Session, before: datetime, most: int) -> int:
    """Delete prompts and digests that are older, at most so many of each; how many."""
    old = select(Prompt.id).where(Prompt.asked_at < before, Prompt.answered_at.is_not(None)).order_by(Prompt.id)
    rounds = select(Digest.id).where(Digest.hour_at < before).order_by(Digest.id)
    asked = delete(Prompt).where(Prompt.id.in_(old.limit(most).with_for_update(skip_locked=True)))
    told = delete(Digest).where(Digest.id.in_(rounds.limit(most).with_for_update(skip_locked=True)))
    unsynchronised = {"synchronize_session": False}
    gone = session.scalars(asked.returning(Prompt.id), execution_options=unsynchronised).all()
    return len(gone) + len(session.scalars(told.returning(Digest.id), execution_options=unsynchronised).all())
