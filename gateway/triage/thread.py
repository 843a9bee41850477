"""The texts that went back and forth about a case: in order, with what became of each and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases.inbound import UNANSWERED
from gateway.cases.models import Case, CaseEvent, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.visibility import visible
from gateway.messages.conversation import Decision, decide
from gateway.messages.models import IncomingSms, Message, MessageStatus
from gateway.people.models import Officer, Resident
from gateway.triage import leaving
from gateway.triage.english import READ, day, delivery, money
from menus.lettering import sms_parts

TAKEN: Mapping[str, str] = {
    "new case": "Became this case.",
    "new case, perhaps of an older one": "Became a case of its own, which may belong to an older one.",
    "answers received": "Answers our first SMS; added to the words.",
    "names its reference": "Names the reference; added to the words.",
    "answers an officer": "Answers your message; added to the words.",
    "answers which ward": "Answers which ward it is.",
    "answers which ward, unknown place": "Answers which ward it is, with a place that we do not know.",
    "tells of danger": "Tells of a fire, a flood or an accident: a case of its own.",
    "goes on from a moment ago": "Goes on from the text before; added to the words.",
    "answers fixed": "Answers whether it is fixed.",
    "completes the draft": "Completes the report that was begun in the phone menu.",
    "asks after its report": "Asks how it stands; answered by itself.",
    "asks after her reports": "Asks how her reports stand; answered by itself.",
    "says the same again": "Says the same again; told how it stands.",
    "keyword status": "Asks how it stands; answered by itself.",
    "reference alone": "Asks how it stands; answered by itself.",
    "keyword correct": "Asks to correct what is kept of her; answered by itself.",
    "keyword higher": "Asks to send it higher; answered by itself.",
    "keyword delete": "Asks to delete the report; we asked back.",
    "keyword data": "Asks what is kept of her; answered by itself, and the desk was asked.",
    "keyword delete_all": "Asks to erase everything; we asked back.",
    "deletes its report": "Says: delete the report.",
    "keeps its report": "Says: keep the report.",
    "same words again": "The same words again within a minute; counted once.",
    "thanks": "Thanks; nothing to answer.",
    "no words": "Has no words; nothing to answer.",
    "made a case by the desk": "Was set aside; the county desk made this case of it.",
}
"""What an incoming SMS was taken as, by the code of the decision."""

STOPPED = "Not sent: the resident asked for no more SMS."


@dataclass(frozen=True)
class Sms:
    """One SMS of the thread.

    standing   what became of an outgoing one; `failed`: it will not arrive
    paid       its parts and price: `2 SMS, KES 1.60`
    taken      what an incoming one was taken as
    added      the id of an incoming one that was added to this very case and could be a report: it may be split off
    reference  of the case that it was about before that one was joined to this one
    """

    at: datetime
    outgoing: bool
    text: str
    standing: str = ""
    failed: bool = False
    paid: str = ""
    taken: str = ""
    added: int | None = None
    reference: str = ""


_ADDED = select(CaseEvent.data["incoming"].as_integer()).where(
    CaseEvent.name == "words_added", CaseEvent.data.has_key("incoming")
)


def thread(
    session: Session, office: Office, case: Case, officer: Officer, now: datetime, *, demo: bool = False
) -> list[Sms]:
    """Every SMS about this case and about those that were joined to it, oldest first."""
    references = {case.id: ""} | _joined(session, case, officer)
    sent = session.scalars(select(Message).where(Message.case_id.in_(references)))
    # Column by column: who sent it is out of reach of the officers' role.
    received = session.execute(
        select(
            IncomingSms.id, IncomingSms.case_id, IncomingSms.received_at, IncomingSms.text_sealed, IncomingSms.why
        ).where(IncomingSms.case_id.in_(references))
    )
    delay = cache(lambda wanted: leaving.delay(session, office, now, wanted=wanted, demo=demo))
    stopped_at = session.scalar(select(Resident.stopped_at).where(Resident.id == case.resident_id))
    both = []
    for one in sent:
        sms = _outgoing(office, case, one, references.get(one.case_id or 0, ""), now, delay)
        cancelled = one.status is MessageStatus.CANCELLED and not one.read_at
        because = why_cancelled(case, one, stopped_at) if cancelled else ""
        both.append(replace(sms, standing=because) if because else sms)
    added = set(session.scalars(_ADDED.where(CaseEvent.case_id == case.id)))
    for incoming, about, at, sealed, why in received:
        text = _said(office, sealed, case)
        reports = incoming in added and about == case.id and decide(text, None).decision is Decision.NEW
        both.append(
            Sms(
                at, False, text, taken=_taken(why or ""), added=incoming if reports else None,
                reference=references.get(about or 0, ""),
            )
        )  # fmt: skip
    return sorted(both, key=lambda sms: (sms.at, sms.outgoing))


def _taken(why: str) -> str:
    """What an incoming SMS was taken as. Where no answer to it was queued, it does not say that one was."""
    text = TAKEN.get(why.removesuffix(UNANSWERED), "")
    return f"{text.partition(';')[0]}; no answer was sent." if text and why.endswith(UNANSWERED) else text


def _joined(session: Session, case: Case, officer: Officer) -> dict[int, str]:
    """Id and reference of every case that goes on in this one, however many joins ago, and may be seen."""
    found: dict[int, str] = {}
    ends = [case.id]
    while ends:
        query = select(Case.id, Case.reference).where(Case.joined_id.in_(ends), visible(officer))
        rows = session.execute(query).all()
        ends = [row.id for row in rows if row.id not in found]
        found |= {row.id: spoken(row.reference) for row in rows}
    return found


def _said(office: Office, sealed: bytes, case: Case) -> str:
    """What a text says; where that was erased, since when."""
    erased = f"Erased on {day(case.anonymised_at)} {case.anonymised_at.year}." if case.anonymised_at else "Erased."
    return office.vault.open(sealed) or erased


def _outgoing(
    office: Office, case: Case, message: Message, reference: str, now: datetime, delay: Callable[[bool], str]
) -> Sms:
    text = _said(office, message.text_sealed, case)
    # Held back until the phone session is over: it was made when the case was filed, and leaves when it is due.
    at = message.sent_at or message.created_at
    failed = message.status in (MessageStatus.FAILED, MessageStatus.CANCELLED) and not message.read_at
    standing = READ if message.read_at else delivery(message.status, message.code)
    if message.status is MessageStatus.QUEUED and message.due_at <= now and not message.read_at:
        standing = delay(message.wanted) or standing
    return Sms(at, True, text, standing, failed, _paid(message, text), reference=reference)


def why_cancelled(case: Case, message: Message, stopped_at: datetime | None) -> str:
    """Why this SMS, which stands in the thread of `case`, was never sent; nothing where that is not known."""
    stopped = stopped_at is not None and not message.wanted
    if case.status is Status.WITHDRAWN:
        return "Not sent: the resident took the report back."
    if case.resident_id is None and case.secret_hash is None:
        return "Not sent: the number was erased."
    if case.resident_id is None or message.resident_id is None:
        return "Not sent: the resident hid her number."
    if stopped_at and stopped and message.created_at >= stopped_at:
        return STOPPED
    if case.joined_id or message.case_id != case.id:
        return "Not sent: the report was joined to another one."
    if case.sensitive:
        return "Not sent: the report became confidential."
    return STOPPED if stopped else ""


def _paid(message: Message, text: str) -> str:
    if message.status is MessageStatus.CANCELLED:
        return ""
    parts = f"{message.parts or sms_parts(text)} SMS"
    return parts if message.price is None else f"{parts}, {money(message.price, message.currency or '')}"
