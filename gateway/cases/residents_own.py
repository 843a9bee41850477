"""What a resident may do with a case of her own: look, add, change, hide, withdraw, answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from config.county import Ward
from gateway.cases import asking, carrying, confidential, desks, events, links, published, staff, timing
from gateway.cases.categories import NATIONAL, OTHER, VIOLENCE, department_of
from gateway.cases.clock import deadline
from gateway.cases.models import (
    OPEN,
    CallBack,
    Case,
    Channel,
    Confirmation,
    Desk,
    Intake,
    Kind,
    Status,
)
from gateway.cases.office import Office
from gateway.cases.sensitivity import sensitive_category
from gateway.cases.steps import is_carried
from gateway.messages import outbox, questions
from gateway.messages.models import Message, MessageStatus
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

    One that was joined to another is asked for under its own reference, too. None reads the same for *not found* and
    *not yours*.
    """
    query = (
        select(Case, Resident.phone_hash, Intake.source_id)
        .outerjoin(Resident, Resident.id == Case.resident_id)
        .outerjoin(Intake, Intake.id == Case.intake_id)
        .where(Case.id == links.end_of(reference), Case.status != Status.WITHDRAWN)
        .with_for_update(of=Case)
    )
    carrying.hold_lead(session, Case.id == links.end_of(reference))
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    case, phone_hash, source_id = row
    if case.joined_id:  # while this waited for the lock
        return own_case(session, office, reference, caller)
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
        .where(
            Resident.phone_hash == phone_hash, ~Case.sensitive, Case.status != Status.WITHDRAWN,
            Case.joined_id.is_(None),
        )
        .order_by(Case.received_at.desc(), Case.id.desc())
        .limit(LISTED)
    )  # fmt: skip
    return list(session.scalars(query))


def add_words(
    session: Session, office: Office, case: Case, words: str, now: datetime, channel: Channel, *,
    incoming: int | None = None,
) -> None:  # fmt: skip
    """Add `words` to a case. Words that look confidential hide the case from its ward; they never reveal one.

    `incoming`: the text that they came by.
    """
    case = links.goes_on_in(session, case)
    said, landmark = events.words_of(office.vault, case), None
    suspected = sensitive_category(office.county, words)
    if suspected and not case.sensitive:
        landmark = case.landmark
        _make_confidential(session, office, case, suspected, now, channel)
    elif suspected == VIOLENCE:
        case.category = VIOLENCE if case.kind is not Kind.REQUEST else case.category
        outbox.cancel(session, case.id)
    case.incomplete = False
    if is_carried(case):
        lead = carrying.lead_of(session, case, lock=True)
        events.append(session, lead, "supporter_wrote", now, vault=office.vault, other=case.reference, newer=False)
    text = "\n".join(part for part in (landmark, said, words.strip()) if part)
    if case.sensitive:
        case.words, case.words_sealed = None, office.vault.seal(text)
        confidential.keep_from_ombudsman(session, office, case, text if landmark or suspected else words, now)
    else:
        case.words = text
    came: dict[str, Any] = {"incoming": incoming} if incoming else {}
    events.append(session, case, "words_added", now, vault=office.vault, channel=channel.value, **came)
    resume(session, office, case, now)


def ask_again(session: Session, office: Office, case: Case, now: datetime, channel: Channel = Channel.SMS) -> None:
    """She says what stands in the case already: that she did is on record, her words are not doubled."""
    events.append(session, case, "said_again", now, vault=office.vault, channel=channel.value)
    resume(session, office, case, now)


def speak(session: Session, resident: Resident, language: str) -> None:
    """From now on we write to her in this language, also about what she reported in another."""
    resident.language = language
    session.execute(
        update(Case).where(Case.resident_id == resident.id, Case.closed_at.is_(None)).values(language=language)
    )


def resume(session: Session, office: Office, case: Case, now: datetime, *, unsent: bool = False) -> None:
    """She answered: a case that waited for her goes on, its promise moved by as long as it waited.

    `unsent`: nobody had asked her, as the question never left us; then nothing is moved.
    """
    if case.status is not Status.WAITING:
        return
    case.status = Status.TAKEN if case.assignee_id else Status.NEW
    why: dict[str, Any] = {"unsent": True} if unsent else {}
    events.append(session, case, "resumed", now, vault=office.vault, **why)
    timing.keep_time(session, office, case)


def _make_confidential(
    session: Session, office: Office, case: Case, suspected: str, now: datetime, channel: Channel
) -> None:
    """Hide a case from its ward for what she said. A request stays one, by the law's clock: its desk alone changes."""
    resume(session, office, case, now)
    was = case.category
    category = was if case.kind is Kind.REQUEST else suspected
    confidential.conceal(session, office, case, category, now)
    for one in confidential.seal_along(session, office, case, suspected, now):
        replace_letter(session, office, one, "received_confidential", now)
    if channel is Channel.SMS:
        outbox.cancel(session, case.id)  # her text is answered by itself, neutrally
    else:
        replace_letter(session, office, case, "received_confidential", now)
    events.append(session, case, "made_confidential", now, vault=office.vault, was=was, category=category)
    timing.keep_time(session, office, case)


def replace_letter(session: Session, office: Office, case: Case, wording: str, now: datetime) -> None:
    """Instead of what waits to be sent about the case `wording` is, at the time that it would have been.

    It waits for the morning, too, where nobody waits for what it replaces.
    """
    waiting = (Message.case_id == case.id) & (Message.status == MessageStatus.QUEUED)
    query = select(func.min(Message.due_at), func.bool_or(Message.wanted)).where(waiting)
    due, wanted = session.execute(query).one()
    if due is not None:
        outbox.cancel(session, case.id)
        asking.send(session, office, case, wording, max(now, due), wanted=wanted)


def amend(
    session: Session, office: Office, case: Case, values: Mapping[str, str], now: datetime, *,
    officer_id: int | None = None,
) -> None:  # fmt: skip
    """Change ward, place or problem of a case that was just filed; the promise follows the new category.

    A confidential case stays what it is: its place goes into its sealed words. `officer_id`: who took her call.
    """
    county = office.county
    told: dict[str, Any] = {}
    ward = county.ward(int(values["ward"])) if values.get("ward") else None
    category = county.category(values.get("category", ""))
    before = (case.ward_code, case.category, case.problem)
    if category and not category.sensitive and not case.sensitive and case.kind is Kind.GRIEVANCE:
        case.category, case.problem = category.code, values.get("problem") or values.get("referral") or OTHER
        case.department = department_of(office, category.code, None)
        told = {"promise": category.code} if category.code != NATIONAL else {}
    landmark = landmark_of(office, values)
    hidden = case.sensitive or bool(landmark and sensitive_category(county, landmark))
    case.landmark = None if hidden else landmark
    set_ward(session, office, case, ward.code if ward else None, now)
    events.append(session, case, "amended", now, vault=office.vault, officer_id=officer_id, **told)
    if is_carried(case) and before != (case.ward_code, case.category, case.problem):
        carrying.part(session, office, case, carrying.lead_of(session, case, lock=True), now)
    timing.keep_time(session, office, case)
    if not hidden:
        if not is_carried(case):  # there nothing has changed of what its letter tells
            replace_letter(session, office, case, "received", now)
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
        desks.hand_to(case, desks.home_desk(session, case), now)
        case.desk_since = now
    published.check(session, case, now)


def name_ward(session: Session, office: Office, case: Case, ward: Ward, now: datetime) -> None:
    """She says in which ward it is: the case goes to its desk, and stands no more under one of another ward."""
    set_ward(session, office, case, ward.code, now)
    events.append(session, case, "ward_named", now, vault=office.vault, ward=ward.code)
    lead = carrying.lead_of(session, case, lock=True)
    if lead.ward_code != case.ward_code:
        carrying.part(session, office, case, lead, now)
    timing.keep_time(session, office, case)


def landmark_of(office: Office, values: Mapping[str, str]) -> str | None:
    """The place within the ward in words: what she typed, or the landmark's name in the county's first language."""
    if values.get("place_words"):
        return values["place_words"][:PLACE_LETTERS]
    ward = office.county.ward(int(values["ward"])) if values.get("ward") else None
    for landmark in ward.landmarks if ward else ():
        if landmark.code == values.get("landmark"):
            return landmark.label[office.county.languages[0]]
    return None if ward else values.get("typed", "")[:PLACE_LETTERS] or None


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

    The promise was never stopped by the claim, so a dispute gives nobody more time. The yes of an officer whose own
    work it is confirms nothing: it closes as if nobody had answered.
    """
    if not questions.answer(session, question_id, "yes" if fixed else "no"):
        return False
    own = fixed and staff.is_of_its_desk(session, case)
    confirmed = Confirmation.UNCONFIRMED if own else Confirmation.CONFIRMED
    changed = session.execute(
        update(Case)
        .where(Case.id == case.id, Case.status == Status.RESOLVED, Case.confirmation == Confirmation.ASKED)
        .values(
            {"status": Status.CLOSED, "confirmation": confirmed, "closed_at": now}
            if fixed
            else {"status": Status.NEW, "confirmation": Confirmation.DISPUTED}
        )
        .returning(Case.id)
    ).first()
    if changed:
        session.refresh(case)
        if not fixed:
            desks.hand_back(session, case, now)
            case.lead_id = None  # hers is not fixed, whatever became of the others
        name = "staff_answer" if own else "confirmed" if fixed else "disputed"
        events.append(session, case, name, now, vault=office.vault, channel=channel.value)
        timing.keep_time(session, office, case)
    if case.resident_id:
        asking.open_next(session, office, case.resident_id, now)
    return changed is not None


def say_why(session: Session, office: Office, case: Case, reason: str, now: datetime) -> None:
    """Why she says that it is not fixed: a code, kept with the dispute."""
    events.append(session, case, "dispute_reason", now, vault=office.vault, reason=reason)
