"""What is erased when a resident hides her number or takes a report back, and what is kept all the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from gateway.cases import charges, events, links
from gateway.cases.models import CallBack, Case, Status
from gateway.cases.office import Office
from gateway.cases.references import new_secret
from gateway.messages import outbox, questions
from gateway.messages.models import IncomingSms, Message, Question
from gateway.people.models import Resident

FAREWELL = "deleted"
"""The wording of the SMS that tells her that a report was deleted."""


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
    case.status, case.closed_at = Status.WITHDRAWN, now
    case.words = case.words_sealed = case.landmark = case.guess = None
    nothing = office.vault.seal("")
    session.execute(
        update(IncomingSms).where(IncomingSms.case_id == case.id).values(text_sealed=nothing, words_hash=None)
    )
    _forget(session, office, case)
    events.append(session, case, "withdrawn", now, vault=office.vault)


def _forget(session: Session, office: Office, case: Case) -> None:
    for joined in links.joined_to(session, case):
        _forget(session, office, joined)
    links.cut(session, case)
    charges.detach(session, case.id)
    resident_id, case.resident_id = case.resident_id, None
    nobody = {"resident_id": None, "sender_sealed": office.vault.seal(""), "phone_hash": None}
    session.execute(update(IncomingSms).where(IncomingSms.case_id == case.id).values(nobody))
    outbox.cancel(session, case.id)
    questions.withdraw(session, case.id)
    session.flush()
    session.execute(update(Message).where(Message.case_id == case.id).values(resident_id=None))
    session.execute(delete(CallBack).where(CallBack.case_id == case.id))
    session.execute(delete(Question).where(Question.case_id == case.id))
    if resident_id is not None:
        session.execute(delete(Resident).where(Resident.id == resident_id, ~_kept(), Resident.stopped_at.is_(None)))


def _kept() -> ColumnElement[bool]:
    """The condition on `resident` that something is kept for which we need her number."""
    return or_(
        select(Case.id).where(Case.resident_id == Resident.id).exists(),
        select(CallBack.id).where(CallBack.resident_id == Resident.id).exists(),
        select(Question.id).where(Question.resident_id == Resident.id, Question.draft_id.is_not(None)).exists(),
        outbox.waits_for(Resident.id),
    )


def forget_deleted(session: Session) -> int:
    """Residents who had their last report deleted, when the SMS that says so has left: their numbers go. How many."""
    told = select(Message.resident_id).where(Message.wording == FAREWELL, Message.resident_id.is_not(None))
    gone = session.execute(
        delete(Resident).where(Resident.id.in_(told), ~_kept(), Resident.stopped_at.is_(None)).returning(Resident.id)
    )
    return len(gone.all())
