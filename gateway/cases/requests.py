"""What the law gives a right to, as cases: one's own data seen, corrected, erased; information, with its clocks."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from config.rights import DATA, EXTENSION_DAYS, INFORMATION, INFORMATION_LIFE, TRANSFER_DAYS
from gateway.cases import actions, asking, carrying, erasing, events, residents_own, retention, timing
from gateway.cases.actions import Refused
from gateway.cases.filing import Filed, Report, file_case
from gateway.cases.holdings import of_request
from gateway.cases.models import OPEN, Case, CaseEvent, Channel, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.messages import outbox
from gateway.people import audit
from gateway.people.models import Officer, Resident

CONFIRMED = "erasure_confirmed"
"""The event by which a resident has said once more that everything is to be erased."""
ASKS_WORDS = "correct_how"
"""The wording of the SMS that asks what is to be corrected."""
ABOUT_ERASING = "erased_all"
"""The wording of the last SMS to a number."""


def file(connection: Connection, office: Office, report: Report, now: datetime) -> Filed:
    """File a request, once, as `file_case` does; what is asked of one's data the confidential desk is asked, too."""
    filed = file_case(connection, office, report, now)
    if filed.new and report.category in DATA:
        _ask_confidential_desks(connection, office, report, now)
    return filed


def _ask_confidential_desks(connection: Connection, office: Office, report: Report, now: datetime) -> None:
    """A request of her own for whoever alone may know that there is something confidential of this number.

    Nobody else learns of it, nor is anything texted about it: the phone may be shared.
    """
    phone_hash = office.vault.phone_hash(report.phone) if report.phone else None
    hers = Resident.phone_hash == phone_hash if phone_hash else Case.resident_id == report.resident_id
    kept = (
        select(Case.about_ombudsman)
        .distinct()
        .join(Resident, Resident.id == Case.resident_id)
        .where(hers, Case.sensitive, Case.kind != Kind.REQUEST, Case.status != Status.WITHDRAWN)
    )
    for about_ombudsman in connection.scalars(kept).all():
        source = f"{report.source_id}:confidential{int(about_ombudsman)}"
        mirror = replace(report, source_id=source, confidential=True, about_ombudsman=about_ombudsman, quiet=True)
        file_case(connection, office, mirror, now)


# By SMS


def ask(
    session: Session, office: Office, resident: Resident, phone: str, category: str, now: datetime, words: str = ""
) -> Case:
    """Her open request of this kind about her data; filed now with these words, without a text, if there is none."""
    return open_request(session, resident.id, category) or _ask(session, office, resident, phone, category, now, words)


def open_request(session: Session, resident_id: int, category: str) -> Case | None:
    """Her oldest open request of this kind, locked; none of the confidential desks'."""
    hers = (Case.resident_id == resident_id, Case.category == category, ~Case.sensitive, Case.status.in_(OPEN))
    return session.scalars(select(Case).where(*hers).order_by(Case.id).limit(1).with_for_update()).first()


def _ask(
    session: Session, office: Office, resident: Resident, phone: str, category: str, now: datetime, words: str
) -> Case:
    report = Report(
        channel=Channel.SMS,
        source_id=f"request:{secrets.token_urlsafe(16)}",
        category=category,
        language=resident.language,
        phone=phone,
        words=words or None,
        quiet=True,
    )
    filed = file_case(session.connection(), office, report, now)
    return session.scalars(select(Case).where(Case.reference == filed.reference)).one()


def ask_confidential_desks(session: Session, office: Office, case: Case, now: datetime) -> None:
    """Have those asked, too, who may know more of her than the county's desk does; once for each request."""
    report = Report(
        channel=case.channel,
        source_id=f"request:{case.reference}",
        category=case.category,
        language=case.language,
        resident_id=case.resident_id,
    )
    _ask_confidential_desks(session.connection(), office, report, now)


def confirm(session: Session, office: Office, case: Case, now: datetime) -> None:
    """She says once more that everything is to be erased."""
    if not is_confirmed(session, case):
        events.append(session, case, CONFIRMED, now, vault=office.vault)
        ask_confidential_desks(session, office, case, now)


def is_confirmed(session: Session, case: Case) -> bool:
    said = select(CaseEvent.id).where(CaseEvent.case_id == case.id, CaseEvent.name == CONFIRMED)
    return session.scalar(said.limit(1)) is not None


# What officers do with them


def may_extend(case: Case, now: datetime) -> bool:
    """Whether the one extension may still be used: before the time is over, and never where a life is concerned."""
    in_time = case.due_at is not None and now <= case.due_at
    return case.category == INFORMATION and case.extended_at is None and in_time


def extend(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """Use the one extension that the law allows, and tell why."""
    if not may_extend(case, now):
        raise Refused("The law allows one extension, before the time is over, and none where a life is concerned.")
    actions.change(session, case, officer, "extend", extended_at=now)
    events.append(
        session, case, "extended", now, vault=office.vault, officer_id=officer.id, words=reason, days=EXTENSION_DAYS
    )
    timing.keep_time(session, office, case)
    asking.send(session, office, case, "request_extended", now, slots={"officer_words": reason})


def may_transfer(case: Case, now: datetime) -> bool:
    """Whether it may still be sent to the body that has the information."""
    in_time = now <= case.received_at + timedelta(days=TRANSFER_DAYS)
    return case.category in (INFORMATION, INFORMATION_LIFE) and in_time


def transfer(
    session: Session, office: Office, case: Case, officer: Officer, body: str, reason: str, now: datetime
) -> None:
    """Send a request for information to the body that has it, and tell: that body answers it now, by the law's time."""
    if not may_transfer(case, now):
        raise Refused(f"A request may be transferred within {TRANSFER_DAYS} days of its receipt. Answer it, or refuse.")
    sealed = office.vault.seal(reason) if case.sensitive else None
    actions.change(
        session, case, officer, "transfer", status=Status.RESOLVED, ending=Ending.NOT_OURS, resolved_at=now,
        referred_to=body, assignee_id=officer.id, reason=None if sealed else reason, reason_sealed=sealed,
    )  # fmt: skip
    events.append(session, case, "transferred", now, vault=office.vault, officer_id=officer.id, words=reason, body=body)
    timing.keep_time(session, office, case)
    asking.send(session, office, case, "request_transferred", now, slots={"officer_words": body})


def correct(
    session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime, *,
    language: str, ward_code: int | None, wrong: str = "",
) -> None:  # fmt: skip
    """Correct her language and her ward, and add a note to the case of hers that is wrong, if one is named."""
    resident = _resident(session, case)
    report = session.scalars(select(Case).where(of_request(case, officer), Case.reference == wrong)).first()
    if wrong and report is None:
        raise Refused("This report is not one of hers that this desk may change.")
    actions.change(session, case, officer, "correct", status=Status.TAKEN, assignee_id=officer.id)
    residents_own.speak(session, resident, language)
    resident.ward_code = ward_code
    other = {"other": wrong} if report else {}
    events.append(
        session, case, "corrected", now, vault=office.vault, officer_id=officer.id, words=words, language=language,
        ward=ward_code, **other,
    )  # fmt: skip
    if report:
        events.append(session, report, "corrected", now, vault=office.vault, officer_id=officer.id, words=words)
    timing.keep_times(session, office, [case, *([report] if report else [])])


def erase(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """Erase what this desk may know of her: words, places, reasons, texts and the number; the request is closed.

    That there were reports, of what and how they ended, stays. She is told by a last SMS, after which the number goes;
    unless there is something of hers that this desk does not know of, which keeps it.
    """
    resident = _resident(session, case)
    hers = list(session.scalars(select(Case).where(of_request(case, officer)).order_by(Case.id).with_for_update()))
    for one in hers:
        residents_own.resume(session, office, one, now)
        carrying.lead_anew(session, office, one, now)
        outbox.cancel(session, one.id)
    session.flush()
    actions.change(
        session, case, officer, "erase", status=Status.CLOSED, ending=Ending.FIXED, resolved_at=now, closed_at=now,
        assignee_id=officer.id,
    )  # fmt: skip
    others = [one.id for one in hers if one.id != case.id]
    for one in hers:
        if one.id != case.id:
            events.append(session, one, "erased", now, vault=office.vault, officer_id=officer.id)
    session.flush()
    confidential = case.sensitive
    retention.anonymise(session, [*others, case.id], now, over=False)
    retention.erase_person(session, resident, now, confidential=confidential)
    audit.append_shown(session, "erased", officer.id, {one.id: confidential for one in hers})
    _close_erased(session, office, case, officer, reason, now)
    if not confidential:
        tell_erased(session, office, resident, case, now)
    erasing.forget_residents(session, Resident.id == resident.id, stopped=True)


def _close_erased(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """Why it was erased stays with the request, as long as requests are kept."""
    session.refresh(case)
    events.append(session, case, "erased", now, vault=office.vault, officer_id=officer.id, words=reason)
    timing.keep_time(session, office, case)


def tell_erased(session: Session, office: Office, resident: Resident, case: Case, now: datetime) -> None:
    """The last SMS to this number; when it has left, `erasing.forget_deleted` finds her by its wording."""
    slots = {"reference": spoken(case.reference)}
    text = office.letters.compose(ABOUT_ERASING, resident.language, slots)
    outbox.queue(session, office.vault, resident.id, None, erasing.FAREWELL, text, now, wanted=True)


def _resident(session: Session, case: Case) -> Resident:
    if case.resident_id is None:
        raise Refused("There is no number with this request: nothing can be found by it.")
    return session.get_one(Resident, case.resident_id)
