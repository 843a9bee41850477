"""What is erased when a resident hides her number or takes a report back, and what is kept all the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from gateway.cases import carrying, charges, crew_links, events, landmarks, links, timing, unasked
from gateway.cases.models import CallBack, Case, CaseEvent, NumberLook, Status
from gateway.cases.office import Office
from gateway.cases.references import new_secret
from gateway.messages import outbox, questions
from gateway.messages.models import InboxMark, IncomingSms, Message, Question
from gateway.people.models import Resident

FAREWELL = "deleted"
"""The wording of the SMS that tells her that a report was deleted."""
AT_MOST = timedelta(days=30)
"""Where the inbox cannot be read at all."""
NOTHING = b""
"""What stands where sealed words or a number were erased."""
QUOTING = ("placed", "centre_handed", "centre_returned")
"""Lines of history that hold the place in a resident's words, or what the call centre was told of her report."""
KNOWN_AGAIN = timedelta(days=1)
"""How long after an erasure the inbox must have been read to its end, so that it brings nothing of it back."""


def hide_number(session: Session, office: Office, case: Case, now: datetime) -> str:
    """Erase the number from the case; returns the secret that opens it from any phone.

    What was joined to it loses the number, too. The resident herself is forgotten where nothing else is kept of her.
    """
    secret = new_secret()
    case.secret_hash = office.vault.secret_hash(case.reference, secret)
    _forget(session, office, case)
    events.append(session, case, "number_hidden", now, vault=office.vault)
    return secret


def withdraw(session: Session, office: Office, case: Case, now: datetime) -> None:
    """Take a case back, and what was joined to it: words are erased, texts cancelled; that there was one remains."""
    for joined in links.joined_to(session, case):
        withdraw(session, office, joined, now)
    carrying.let_go(session, office, case, now)
    carrying.cut(session, case)
    landmarks.forget(session, [case.id])
    case.status, case.closed_at = Status.WITHDRAWN, now
    case.words = case.words_sealed = case.landmark = case.guess = case.centre_reference = None
    case.centre_before = None
    erase_texts(session, office, IncomingSms.case_id == case.id)
    crew_links.forget(session, [case.id])
    unasked.of_cases(session, [case.id], now, blank=True)
    quoting = (CaseEvent.case_id == case.id, CaseEvent.name.in_(QUOTING))
    session.execute(update(CaseEvent).where(*quoting).values(words=None, words_sealed=None))
    _forget(session, office, case)
    events.append(session, case, "withdrawn", now, vault=office.vault)
    timing.keep_time(session, office, case)


def _forget(session: Session, office: Office, case: Case) -> None:
    for joined in links.joined_to(session, case):
        _forget(session, office, joined)
    links.cut(session, case)
    charges.detach(session, case.id)
    resident_id, case.resident_id = case.resident_id, None
    erase_texts(session, office, IncomingSms.case_id == case.id, words=False)
    outbox.cancel(session, case.id)
    questions.withdraw(session, case.id)
    session.flush()
    session.execute(update(Message).where(Message.case_id == case.id).values(resident_id=None))
    _forget_calls(session, case)
    session.execute(delete(Question).where(Question.case_id == case.id))
    if resident_id is not None:
        forget_residents(session, Resident.id == resident_id)


def _forget_calls(session: Session, case: Case) -> None:
    """Nobody can call her any more. Who looked at her number before stays on record, and the call-back with it."""
    looked = select(NumberLook.id).where(NumberLook.call_back_id == CallBack.id).exists()
    session.execute(delete(CallBack).where(CallBack.case_id == case.id, ~looked))
    over = func.coalesce(CallBack.done_at, func.now())
    session.execute(update(CallBack).where(CallBack.case_id == case.id).values(resident_id=None, done_at=over))


def erase_texts(session: Session, office: Office, which: ColumnElement[bool], *, words: bool = True) -> None:
    """Erase who sent these incoming texts, and what they say. Their keyed hashes stay a while: see `forget_hashes`."""
    values: dict[str, Any] = {"resident_id": None, "sender_sealed": NOTHING, "erased_at": func.now()}
    session.execute(update(IncomingSms).where(which).values(values | ({"text_sealed": NOTHING} if words else {})))


def _kept() -> ColumnElement[bool]:
    """The condition on `resident` that something is kept for which we need her number."""
    return or_(
        select(Case.id).where(Case.resident_id == Resident.id).exists(),
        select(CallBack.id).where(CallBack.resident_id == Resident.id).exists(),
        select(Question.id).where(Question.resident_id == Resident.id, Question.draft_id.is_not(None)).exists(),
        outbox.waits_for(Resident.id),
    )


def forget_residents(
    session: Session, which: ColumnElement[bool], *, skip_locked: bool = False, stopped: bool = False
) -> int:
    """Delete those of whom nothing is kept; how many. `stopped`: also those who asked for no more texts.

    Locked first: who files for one of them at this moment is waited for, or left alone, and the second statement sees
    what was filed.
    """
    nothing_kept = (~_kept(), *(() if stopped else (Resident.stopped_at.is_(None),)))
    locking = select(Resident.id).where(which, *nothing_kept).with_for_update(of=Resident, skip_locked=skip_locked)
    locked = session.scalars(locking).all()
    gone = session.execute(delete(Resident).where(Resident.id.in_(locked), *nothing_kept).returning(Resident.id))
    return len(gone.all())


def forget_deleted(session: Session) -> int:
    """Residents who had their last report deleted, when the SMS that says so has left: their numbers go. How many."""
    # A literal: once the statement is prepared, PostgreSQL cannot match a parameter with the index's own condition.
    farewell = Message.wording == literal_column(f"'{FAREWELL}'")
    told = select(Message.resident_id).where(farewell, Message.resident_id.is_not(None))
    return forget_residents(session, Resident.id.in_(told), skip_locked=True)


def forget_hashes(session: Session) -> int:
    """Texts that were erased, when the inbox cannot bring them back any more: their hashes go, too. How many."""
    ended = select(InboxMark.ended_at).where(InboxMark.id == 1).scalar_subquery()
    gone = session.execute(
        update(IncomingSms)
        .where(or_(IncomingSms.erased_at < ended - KNOWN_AGAIN, IncomingSms.erased_at < func.now() - AT_MOST))
        .values(phone_hash=None, words_hash=None, erased_at=None)
        .returning(IncomingSms.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
