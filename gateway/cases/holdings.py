"""What we hold of one number, as far as one desk may know of it: to be shown, handed out, corrected and erased."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, joinedload

from config.zone import NAIROBI
from gateway.cases.events import words_of
from gateway.cases.models import CallBack, Case, CaseConflict, CaseEvent, Notice
from gateway.cases.office import Office
from gateway.messages.models import IncomingSms, Message
from gateway.people.models import Officer, Resident


@dataclass(frozen=True)
class Holdings:
    """What stands on the page of a request, all of it read with the owner's rights.

    cases     her cases of this desk's sight, the latest first, the request itself included
    sent      SMS to her, about these or about none; `received`: from her; `calls`: call-backs that she asked for
    notices   the versions of the privacy notice that she was shown, each with the time since when it was in force
    """

    phone: str
    language: str
    ward_code: int | None
    stopped_at: datetime | None
    cases: Sequence[Case]
    sent: int
    received: int
    calls: int
    notices: Mapping[str, datetime]


def of_request(case: Case, officer: Officer) -> ColumnElement[bool]:
    """The condition on `cases` that one is of the same number as this request, and of the same desk's sight.

    What is about the officer herself is out of her sight here, too.
    """
    about_her = select(CaseConflict.case_id).where(CaseConflict.officer_id == officer.id)
    return and_(
        Case.resident_id == case.resident_id,
        Case.sensitive == case.sensitive,
        Case.about_ombudsman == case.about_ombudsman,
        Case.id.not_in(about_her),
    )


def read(session: Session, case: Case, officer: Officer) -> Holdings | None:
    """What is held of whoever filed this request; None where there is no number (any more)."""
    resident = session.get(Resident, case.resident_id) if case.resident_id is not None else None
    if resident is None:
        return None
    query = select(Case).where(of_request(case, officer)).order_by(Case.received_at.desc(), Case.id.desc())
    cases = session.scalars(query).all()
    sent, received, called = _beside(case, [one.id for one in cases])
    versions = {one.notice for one in cases if one.notice}
    kept = session.execute(select(Notice.version, Notice.since).where(Notice.version.in_(versions)))
    return Holdings(
        phone=resident.phone_mask,
        language=resident.language,
        ward_code=resident.ward_code,
        stopped_at=resident.stopped_at,
        cases=cases,
        sent=_count(session, Message, sent),
        received=_count(session, IncomingSms, received),
        calls=_count(session, CallBack, called),
        notices={row.version: row.since for row in kept},
    )


def _count(session: Session, table: type[Message | IncomingSms | CallBack], which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(which)) or 0


def _beside(case: Case, ids: Sequence[int]) -> tuple[ColumnElement[bool], ColumnElement[bool], ColumnElement[bool]]:
    """The conditions on SMS to her, SMS from her and call-backs: about these cases, or about none and not confidential.

    Texts that were set aside as confidential are the ombudsman's, or the county secretary's where they are about her
    office; what is about no case at all is the county desk's.
    """
    hers = IncomingSms.resident_id == case.resident_id
    sent, called = Message.case_id.in_(ids), CallBack.case_id.in_(ids)
    received = IncomingSms.case_id.in_(ids) | and_(
        hers, IncomingSms.case_id.is_(None), IncomingSms.sensitive == case.sensitive,
        IncomingSms.about_ombudsman == case.about_ombudsman,
    )  # fmt: skip
    if case.sensitive:
        return sent, received, called
    return (
        sent | and_(Message.resident_id == case.resident_id, Message.case_id.is_(None)),
        received,
        called | and_(CallBack.resident_id == case.resident_id, CallBack.case_id.is_(None)),
    )


# To be handed out


def export(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> dict[str, Any] | None:
    """All of it with its words, in what JSON has: times in Nairobi, codes as they are stored; None without a number.

    Who looked at the number is named: she has a right to know it.
    """
    held = read(session, case, officer)
    if held is None:
        return None
    ids = [one.id for one in held.cases]
    sent, received, called = _beside(case, ids)
    texts = _texts(session, office, sent, received)
    events = _events(session, ids)
    return {
        "county": office.county.name,
        "made_at": _time(now),
        "request": case.reference,
        "number": held.phone,
        "language": held.language,
        "ward": _ward(office, held.ward_code),
        "no_more_sms_since": _time(held.stopped_at),
        "reports": [
            _report(office, one, events.get(one.id, ())) | {"texts": texts.get(one.id, [])} for one in held.cases
        ],
        "texts_about_no_report": texts.get(None, []),
        "call_backs": [
            {"asked_at": _time(call.asked_at), "when": call.hour, "done_at": _time(call.done_at)}
            for call in session.scalars(select(CallBack).where(called).order_by(CallBack.id))
        ],
        "privacy_notices": [
            {"version": one.version, "since": _time(one.since), "texts": one.texts}
            for one in session.scalars(select(Notice).where(Notice.version.in_(held.notices)).order_by(Notice.since))
        ],
    }


def _report(office: Office, case: Case, events: Sequence[CaseEvent]) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "kind": case.kind.value,
        "category": case.category,
        "problem": case.problem,
        "ward": _ward(office, case.ward_code),
        "place": case.landmark,
        "words": words_of(office.vault, case) or None,
        "rating": case.rating,
        "filed_by": case.channel.value,
        "received_at": _time(case.received_at),
        "promised_by": _time(case.due_at),
        "status": case.status.value,
        "ending": case.ending.value if case.ending else None,
        "reason": office.vault.open(case.reason_sealed) if case.reason_sealed else case.reason,
        "confirmation": case.confirmation.value if case.confirmation else None,
        "closed_at": _time(case.closed_at),
        "privacy_notice": case.notice,
        "history": [{"at": _time(event.at), "what": event.name} for event in events],
        "who_looked_at_the_number": [
            {
                "at": _time(event.at),
                "who": event.officer.name if event.officer else None,
                "why": words_of(office.vault, event) or None,
            }
            for event in events
            if event.name == "number_shown"
        ],
    }


def _events(session: Session, ids: Sequence[int]) -> Mapping[int, Sequence[CaseEvent]]:
    query = select(CaseEvent).where(CaseEvent.case_id.in_(ids)).options(joinedload(CaseEvent.officer))
    found: dict[int, list[CaseEvent]] = defaultdict(list)
    for event in session.scalars(query.order_by(CaseEvent.id)):
        found[event.case_id].append(event)
    return found


def _texts(
    session: Session, office: Office, sent: ColumnElement[bool], received: ColumnElement[bool]
) -> Mapping[int | None, list[dict[str, Any]]]:
    """By the case that they are about: every SMS, in the order of time. Those that never left are not among them."""
    outgoing = select(Message.case_id, Message.sent_at.label("at"), Message.text_sealed).where(sent)
    incoming = select(IncomingSms.case_id, IncomingSms.received_at.label("at"), IncomingSms.text_sealed).where(received)
    rows = [(row, "to her") for row in session.execute(outgoing.where(Message.sent_at.is_not(None)))]
    rows += [(row, "from her") for row in session.execute(incoming)]
    found: dict[int | None, list[dict[str, Any]]] = defaultdict(list)
    for row, direction in sorted(rows, key=lambda pair: pair[0].at):
        text = office.vault.open(row.text_sealed)
        found[row.case_id].append({"at": _time(row.at), "sent": direction, "text": text})
    return found


def _ward(office: Office, code: int | None) -> str | None:
    ward = office.county.ward(code) if code else None
    return ward.name if ward else None


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(NAIROBI).isoformat(timespec="minutes") if moment else None
