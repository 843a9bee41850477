"""Who is on the line: what the hotline may tell a caller of her own cases, and words that she adds to one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import asking, centre, residents_own
from gateway.cases.actions import Refused
from gateway.cases.clock import local_day
from gateway.cases.intake import FORM, answered_before, once, refuse_other_form
from gateway.cases.models import OPEN, Case, CaseConflict, Channel, Intake
from gateway.cases.office import Office
from gateway.messages.models import Message, MessageStatus
from gateway.people.models import Officer, Resident

CHANGEABLE = timedelta(minutes=10)
"""How long whoever logged a call may put right what the caller hears read back."""
TOO_LATE = (
    "Too late to change it here: somebody has taken it, or ten minutes are over. Log the call again: with the letter of"
    " the report, your words are added to it."
)
UNSENT = {MessageStatus.QUEUED, MessageStatus.CANCELLED}


@dataclass(frozen=True)
class Known:
    """What is remembered of a number: the language, the ward, and the cases that her own phone would list."""

    language: str | None = None
    ward_code: int | None = None
    cases: Sequence[Case] = ()


@dataclass(frozen=True)
class Said:
    """What is added to a case of hers: her words, the place, when she wants to be called, the call centre's number.

    `form`: all that was typed, by which the same form is known again.
    """

    words: str
    form: str
    place: str = ""
    hour: str = ""
    centre: str = ""


class OtherNumber(Refused):
    """The case has another number of the call centre, or this one stands with another case."""


def look_up(session: Session, office: Office, officer: Officer, phone: str) -> Known:
    """What this caller may be told, with the owner's rights: her latest cases, never a confidential one.

    Nor one that is about the officer who took the call.
    """
    phone_hash = office.vault.phone_hash(phone)
    resident = session.scalars(select(Resident).where(Resident.phone_hash == phone_hash)).one_or_none()
    if resident is None:
        return Known()
    about_her = set(session.scalars(select(CaseConflict.case_id).where(CaseConflict.officer_id == officer.id)))
    listed = [case for case in residents_own.listed_cases(session, phone_hash) if case.id not in about_her]
    return Known(resident.language, resident.ward_code, listed)


def add_words(
    session: Session, office: Office, officer: Officer, phone: str, reference: str, said: Said, source_id: str,
    now: datetime,
) -> str | None:  # fmt: skip
    """Add what she says to a case of hers, once for each `source_id`; its reference, or None where it takes nothing.

    Only an open case of this number that she could be told of takes words; the place is kept with them. Raises
    OtherNumber, and OtherForm where something else was added by this form. The caller commits.
    """
    before = answered_before(session.connection(), Channel.HOTLINE, source_id)
    if before is not None:  # by now it may be confidential, or ended
        refuse_other_form(before, said.form)
        return str(before.get("added", reference))
    listed = {case.reference: case.id for case in look_up(session, office, officer, phone).cases}
    if reference not in listed:
        return None
    case = session.get_one(Case, listed[reference], with_for_update=True, populate_existing=True)
    if case.status not in OPEN or case.sensitive:
        return None

    def add(intake_id: int) -> dict[str, str]:
        if said.centre and office.county.call_centre:
            _number(session, office, officer, case, said.centre, now)
        words = "\n".join(part for part in (said.words, said.place) if part)
        residents_own.add_words(session, office, case, words, now, Channel.HOTLINE)
        if said.hour and case.resident_id:
            residents_own.call_back(session, office, case.resident_id, case, said.hour, intake_id, now)
        return {"added": reference, FORM: said.form}

    answer = once(session, Channel.HOTLINE, source_id, add)
    refuse_other_form(answer, said.form)
    return str(answer.get("added", reference))


def put_right(
    session: Session, office: Office, officer: Officer, source_id: str, values: Mapping[str, str], now: datetime
) -> Case:
    """Change ward, place or problem of what this officer filed a moment ago; `values` as `amend` has them.

    The same once more changes nothing. Where the SMS with the old day has left, another one tells the new day. Raises
    Refused where it is too late. The caller commits.
    """
    query = select(Case).join(Intake, Intake.id == Case.intake_id)
    query = query.where(Intake.channel == Channel.HOTLINE, Intake.source_id == source_id)
    case = session.scalars(query.with_for_update(of=Case)).one_or_none()
    taken = case is None or case.status not in OPEN or case.assignee_id is not None or case.joined_id is not None
    if case is None or taken or now - case.received_at > CHANGEABLE:
        raise Refused(TOO_LATE)
    ward, place = str(case.ward_code or ""), case.landmark or ""
    is_about = {"category": case.category, "problem": case.problem} if "category" in values else {}
    if values == {"ward": ward, "place_words": place, **is_about}:
        return case
    told = local_day(case.due_at) if case.due_at else None
    letters = set(session.scalars(select(Message.status).where(Message.case_id == case.id)))
    residents_own.amend(session, office, case, values, now, officer_id=officer.id)
    if letters - UNSENT and not case.sensitive and case.due_at and local_day(case.due_at) != told:
        asking.send(session, office, case, "received_text", now, wanted=True)
    return case


def _number(session: Session, office: Office, officer: Officer, case: Case, typed: str, now: datetime) -> None:
    """Keep the call centre's number with an earlier case; it has one number there, and the number one case."""
    number = centre.plain(typed)
    if number in centre.numbers(case):
        return
    if case.centre_reference is not None or centre.known(session, office, officer, number):
        raise OtherNumber("That report has another number of the call centre. Empty this field, or file a new one.")
    centre.came(session, office, case.reference, number, officer, now)
