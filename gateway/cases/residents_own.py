"""What a resident may do with a case of her own: look, add, change, hide, withdraw, answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from gateway.cases import asking, desks, events
from gateway.cases.clock import deadline
from gateway.cases.filing import NATIONAL, OTHER, VIOLENCE, department_of
from gateway.cases.models import (
    OPEN,
    CallBack,
    Case,
    CaseEvent,
    Channel,
    Confirmation,
    Desk,
    Intake,
    Kind,
    Status,
)
from gateway.cases.office import Office
from gateway.cases.references import new_secret
from gateway.cases.sensitivity import sensitive_category
from gateway.messages import outbox, questions
from gateway.messages.models import Message, MessageStatus, Question
from gateway.people.models import Resident

SECRET_TRIES = 20
"""Wrong secrets after which a case opens to no secret any more: four digits must not be guessed by dialling."""
PLACE_LETTERS = 200
"""Letters of a place that are kept; where it is more than a place, she can add words."""
LISTED = 5
"""Cases of her own that a phone lists."""


@dataclass(frozen=True)
class Caller:
    """Who is asking: the keyed hash of her phone, the USSD session (if any), and the secret she typed (if any)."""

    phone_hash: bytes
    session_id: str = ""
    secret: str = ""


def own_case(session: Session, office: Office, reference: str, caller: Caller) -> Case | None:
    """The case, if this caller may see it: she filed it, from this phone or in this session, or knows its secret.

    None reads the same for *not found* and *not yours*.
    """
    query = (
        select(Case, Resident.phone_hash, Intake.source_id)
        .outerjoin(Resident, Resident.id == Case.resident_id)
        .outerjoin(Intake, Intake.id == Case.intake_id)
        .where(Case.reference == reference, Case.status != Status.WITHDRAWN)
        .with_for_update(of=Case)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    case, phone_hash, source_id = row
    in_session = bool(caller.session_id) and str(source_id).startswith(f"{caller.session_id}:")
    if phone_hash == caller.phone_hash or in_session:
        return case
    return case if caller.secret and _opens(session, office, case, caller.secret) else None


def _opens(session: Session, office: Office, case: Case, secret: str) -> bool:
    if case.secret_hash is None or case.secret_failures >= SECRET_TRIES:
        return False
    if office.vault.same(case.secret_hash, office.vault.secret_hash(case.reference, secret)):
        case.secret_failures = 0
        return True
    case.secret_failures += 1
    session.flush()
    return False


def listed_cases(session: Session, phone_hash: bytes) -> list[Case]:
    """Her latest cases. Sensitive ones are on no list: phones are shared."""
    query = (
        select(Case)
        .join(Resident, Resident.id == Case.resident_id)
        .where(Resident.phone_hash == phone_hash, ~Case.sensitive, Case.status != Status.WITHDRAWN)
        .order_by(Case.received_at.desc(), Case.id.desc())
        .limit(LISTED)
    )
    return list(session.scalars(query))


def add_words(session: Session, office: Office, case: Case, words: str, now: datetime, channel: Channel) -> None:
    """Add `words` to a case. Words that look confidential hide the case from its ward; they never reveal one."""
    said, landmark = events.words_of(office.vault, case), None
    suspected = sensitive_category(office.county, words)
    if suspected and not case.sensitive:
        landmark = case.landmark
        _make_confidential(session, office, case, suspected, now, channel)
    elif suspected == VIOLENCE:
        case.category = VIOLENCE
        outbox.cancel(session, case.id)
    case.incomplete = False
    text = "\n".join(part for part in (landmark, said, words.strip()) if part)
    if case.sensitive:
        case.words, case.words_sealed = None, office.vault.seal(text)
    else:
        case.words = text
    events.append(session, case, "words_added", now, vault=office.vault, channel=channel.value)
    resume(session, office, case, now)


def resume(session: Session, office: Office, case: Case, now: datetime) -> None:
    """She answered: a case that waited for her goes on, its promise moved by as long as it waited."""
    if case.status is not Status.WAITING:
        return
    case.due_at = desks.due_after_wait(session, office, case, now)
    case.status = Status.TAKEN if case.assignee_id else Status.NEW
    events.append(session, case, "resumed", now, vault=office.vault)


def _make_confidential(
    session: Session, office: Office, case: Case, suspected: str, now: datetime, channel: Channel
) -> None:
    """Hide a case from its ward. Even one that had ended is new to the confidential desk: somebody must read it.

    What was typed as a place may name somebody, so it goes into the sealed words (`add_words`).
    """
    resume(session, office, case, now)
    was, case.category, case.sensitive, case.landmark = case.category, suspected, True, None
    desks.hand_to(case, Desk.CONFIDENTIAL, now)
    case.ending = case.resolved_at = case.closed_at = case.planned_for = None
    if case.confirmation is not Confirmation.DISPUTED:
        case.confirmation = None
    if case.reason:
        case.reason_sealed = office.vault.seal(case.reason)
        case.reason = None
    questions.withdraw(session, case.id)
    if channel is Channel.SMS:
        outbox.cancel(session, case.id)  # her text is answered by itself, neutrally
    else:
        _replace_letter(session, office, case, "received_confidential", now)
    for event in session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.words.is_not(None))):
        event.words, event.words_sealed = None, office.vault.seal(event.words or "")
    events.append(session, case, "made_confidential", now, vault=office.vault, was=was)


def _replace_letter(session: Session, office: Office, case: Case, wording: str, now: datetime) -> None:
    """Instead of what waits to be sent about the case `wording` is, at the time that it would have been."""
    waiting = (Message.case_id == case.id) & (Message.status == MessageStatus.QUEUED)
    due = session.scalar(select(func.min(Message.due_at)).where(waiting))
    if due is not None:
        outbox.cancel(session, case.id)
        asking.send(session, office, case, wording, max(now, due), wanted=True)


def amend(session: Session, office: Office, case: Case, values: Mapping[str, str], now: datetime) -> None:
    """Change ward, place or problem of a case that was just filed; the promise follows the new category.

    A confidential case stays what it is: its place goes into its sealed words.
    """
    county = office.county
    ward = county.ward(int(values["ward"])) if values.get("ward") else None
    category = county.category(values.get("category", ""))
    if category and not category.sensitive and not case.sensitive and case.kind is Kind.GRIEVANCE:
        case.category, case.problem = category.code, values.get("problem") or values.get("referral") or OTHER
        case.department = department_of(office, category.code, None)
        if category.code != NATIONAL:
            case.due_at = deadline(case.received_at, county.charter.term("resolve", category.code), office.calendar)
    landmark = landmark_of(office, values)
    hidden = case.sensitive or bool(landmark and sensitive_category(county, landmark))
    case.landmark = None if hidden else landmark
    set_ward(session, office, case, ward.code if ward else None, now)
    events.append(session, case, "amended", now, vault=office.vault)
    if not hidden:
        _replace_letter(session, office, case, "received", now)
        _remember_ward(session, case)
    elif landmark and landmark not in events.words_of(office.vault, case):
        add_words(session, office, case, landmark, now, case.channel)


def _remember_ward(session: Session, case: Case) -> None:
    """Where she corrected the ward, her next dial offers the right one."""
    if case.resident_id and case.ward_code:
        hers = Resident.id == case.resident_id
        session.execute(update(Resident).where(hers).values(ward_code=case.ward_code))


def set_ward(session: Session, office: Office, case: Case, ward_code: int | None, now: datetime) -> None:
    """Give the case its ward, and with it the desk that has it, as new to that desk; the clock runs on."""
    ward = office.county.ward(ward_code) if ward_code else None
    before = case.ward_code
    case.ward_code, case.sub_county_code = (ward.code, ward.sub_county) if ward else (None, None)
    if case.ward_code != before and case.desk in (Desk.WARD, Desk.COUNTY) and case.status in OPEN:
        resume(session, office, case, now)
        desks.hand_to(case, desks.home_desk(case), now)


def landmark_of(office: Office, values: Mapping[str, str]) -> str | None:
    """The place within the ward in words: what she typed, or the landmark's name in the county's first language."""
    if values.get("place_words"):
        return values["place_words"][:PLACE_LETTERS]
    ward = office.county.ward(int(values["ward"])) if values.get("ward") else None
    for landmark in ward.landmarks if ward else ():
        if landmark.code == values.get("landmark"):
            return landmark.label[office.county.languages[0]]
    return None if ward else values.get("typed", "")[:PLACE_LETTERS] or None


def hide_number(session: Session, office: Office, case: Case, now: datetime) -> str:
    """Erase the number from the case; returns the secret that opens it from any phone.

    The resident herself is forgotten where nothing else is kept of her.
    """
    secret = new_secret()
    case.secret_hash = office.vault.secret_hash(case.reference, secret)
    _forget(session, case)
    events.append(session, case, "number_hidden", now, vault=office.vault)
    return secret


def withdraw(session: Session, office: Office, case: Case, now: datetime) -> None:
    """Take a case back: its words are erased, its texts cancelled; that there was one remains."""
    case.status, case.closed_at = Status.WITHDRAWN, now
    case.words = case.words_sealed = case.landmark = None
    _forget(session, case)
    events.append(session, case, "withdrawn", now, vault=office.vault)


def _forget(session: Session, case: Case) -> None:
    resident_id, case.resident_id = case.resident_id, None
    outbox.cancel(session, case.id)
    questions.withdraw(session, case.id)
    session.flush()
    session.execute(update(Message).where(Message.case_id == case.id).values(resident_id=None))
    session.execute(delete(CallBack).where(CallBack.case_id == case.id))
    session.execute(delete(Question).where(Question.case_id == case.id))
    if resident_id is not None:
        kept = or_(
            select(Case.id).where(Case.resident_id == resident_id).exists(),
            select(CallBack.id).where(CallBack.resident_id == resident_id).exists(),
            select(Question.id).where(Question.resident_id == resident_id, Question.draft_id.is_not(None)).exists(),
        )
        session.execute(delete(Resident).where(Resident.id == resident_id, ~kept, Resident.stopped_at.is_(None)))


def call_back(
    session: Session, office: Office, resident_id: int, case: Case | None, hour: str, intake_id: int, now: datetime
) -> None:
    """Put her on the desk's list; about a sensitive case, on that of the confidential desk."""
    due = deadline(now, office.county.charter.term("call_back", OTHER), office.calendar)
    case_id = case.id if case else None
    session.add(
        CallBack(resident_id=resident_id, case_id=case_id, intake_id=intake_id, hour=hour, asked_at=now, due_at=due)
    )
    if case:
        events.append(session, case, "call_back_asked", now, vault=office.vault, hour=hour)


def answer_fixed(
    session: Session, office: Office, case: Case, question_id: int, *, fixed: bool, now: datetime, channel: Channel
) -> bool:
    """Her answer to *fixed?*: yes closes, not yet reopens at the top of the queue. False if it had been answered.

    The promise was never stopped by the claim, so a dispute gives nobody more time.
    """
    if not questions.answer(session, question_id, "yes" if fixed else "no"):
        return False
    changed = session.execute(
        update(Case)
        .where(Case.id == case.id, Case.status == Status.RESOLVED, Case.confirmation == Confirmation.ASKED)
        .values(
            {"status": Status.CLOSED, "confirmation": Confirmation.CONFIRMED, "closed_at": now}
            if fixed
            else {"status": Status.NEW, "confirmation": Confirmation.DISPUTED}
        )
        .returning(Case.id)
    ).first()
    if changed:
        session.refresh(case)
        if not fixed:
            desks.hand_back(case, now)
        name = "confirmed" if fixed else "disputed"
        events.append(session, case, name, now, vault=office.vault, channel=channel.value)
    if case.resident_id:
        asking.open_next(session, office, case.resident_id, now)
    return changed is not None


def say_why(session: Session, office: Office, case: Case, reason: str, now: datetime) -> None:
    """Why she says that it is not fixed: a code, kept with the dispute."""
    events.append(session, case, "dispute_reason", now, vault=office.vault, reason=reason)
