"""Inbound SMS: stored first, then carried out as `messages.conversation` decided, one transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.county import Ward
from gateway.cases import asking, drafts, places, residents_own
from gateway.cases.filing import OTHER, Report, file_case
from gateway.cases.models import OPEN, Case, CaseEvent, Channel, Draft, Status
from gateway.cases.office import Office
from gateway.cases.residents_own import Caller
from gateway.messages import outbox, questions
from gateway.messages.conversation import Decided, Decision, decide, reference_in
from gateway.messages.models import IncomingSms, IncomingStatus, Message, MessageStatus, Question
from gateway.people.models import Resident
from gateway.people.phone import is_mobile, normalise

INVITATION_HOURS = 48
"""How long the first answer to a *received* text is added to its case."""
MAX_TRIES = 19
"""With the pauses between them they last thirteen hours: a lock, a deploy or a night without the key loses no text."""
LONGEST_PAUSE = 60
"""Minutes. The pause after a failure is one minute, then twice the last one."""


class NotHandled(Exception):
    """A stored text could not be handled; it is counted, tried again later, and after MAX_TRIES quarantined."""

    def __init__(self, incoming_id: int) -> None:
        super().__init__(incoming_id)
        self.incoming_id = incoming_id


@dataclass(frozen=True)
class _Sender:
    """Who wrote: her number, and what is known of her (None: her first contact)."""

    phone: str
    resident: Resident | None
    question: Question | None
    caller: Caller


def store(session: Session, office: Office, provider_id: str, sender: str, text: str, *, odd: str | None) -> None:
    """Keep a text as it came, once per provider id. `odd` says why nobody can answer it; it is kept all the same."""
    status = IncomingStatus.QUARANTINED if odd else IncomingStatus.STORED
    session.execute(
        insert(IncomingSms)
        .values(
            provider_id=provider_id, sender_sealed=office.vault.seal(sender), text_sealed=office.vault.seal(text),
            status=status, why=odd,
        )
        .on_conflict_do_nothing(index_elements=["provider_id"])
    )  # fmt: skip


def handle_next(engine: Engine, office: Office, now: datetime) -> bool:
    """Handle the oldest stored text whose time has come, in a transaction of its own.

    False where none is left. Raises NotHandled for one that failed, after counting it; its time comes again later.
    """
    with Session(engine) as session, session.begin():
        query = (
            select(IncomingSms)
            .where(
                IncomingSms.status == IncomingStatus.STORED,
                or_(IncomingSms.next_try_at.is_(None), IncomingSms.next_try_at <= now),
            )
            .order_by(IncomingSms.attempts, IncomingSms.received_at, IncomingSms.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        incoming = session.scalars(query).first()
        if incoming is None:
            return False
        incoming_id = incoming.id
        failed = _failure(session, office, incoming, now)
    if failed:
        raise NotHandled(incoming_id) from failed
    return True


def _failure(session: Session, office: Office, incoming: IncomingSms, now: datetime) -> Exception | None:
    """Handle one text; if that fails, undo it, count it and give the reason."""
    incoming_id, tries = incoming.id, incoming.attempts + 1
    try:
        with session.begin_nested():
            _handle(session, office, incoming, now)
    except Exception as error:
        _count_failure(session, incoming_id, tries, now)
        return error
    return None


def _count_failure(session: Session, incoming_id: int, tries: int, now: datetime) -> None:
    status = IncomingStatus.STORED if tries < MAX_TRIES else IncomingStatus.QUARANTINED
    next_try_at = now + timedelta(minutes=min(2 ** (tries - 1), LONGEST_PAUSE))
    session.execute(
        update(IncomingSms)
        .where(IncomingSms.id == incoming_id)
        .values(attempts=tries, status=status, next_try_at=next_try_at, why="could not be handled")
    )


def _handle(session: Session, office: Office, incoming: IncomingSms, now: datetime) -> None:
    raw = office.vault.open(incoming.sender_sealed)
    text = office.vault.open(incoming.text_sealed)
    phone = normalise(raw)
    if phone is None or not is_mobile(phone):
        incoming.status, incoming.why = IncomingStatus.QUARANTINED, "sender is no telephone"
        return
    sender = _sender(session, office, phone, now)
    question = sender.question
    ward = places.ward_in_text(office.county, text)
    if question and question.draft_id and ward and not _is_there(session, question.draft_id, ward):
        question = None  # about another place: a report of its own
    named = _own_named(session, office, sender, text)
    awaited = _awaited(session, sender) if sender.resident else None
    invited = _invited(session, sender, now) if sender.resident and not awaited else None
    if invited and ward and ward.code != invited.ward_code:
        invited = None  # about another place: a report of its own
    decided = decide(
        text, question.kind if question else None, ward_named=ward is not None, own_reference=named is not None,
        reference_asked=bool(question and named and named.id == question.case_id), invited=invited is not None,
        awaited=awaited is not None,
    )  # fmt: skip
    case = _carry_out(session, office, incoming, sender, text, decided, named or awaited or invited, ward, now)
    incoming.status, incoming.why = IncomingStatus.HANDLED, decided.why
    incoming.case_id = case.id if case else None
    incoming.resident_id = session.scalar(select(Resident.id).where(Resident.phone_hash == sender.caller.phone_hash))


def _sender(session: Session, office: Office, phone: str, now: datetime) -> _Sender:
    phone_hash = office.vault.phone_hash(phone)
    # Until the commit: two texts of one phone are handled one after the other, or the second would not know the first.
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(phone_hash[:8], signed=True))))
    resident = session.scalars(select(Resident).where(Resident.phone_hash == phone_hash)).one_or_none()
    question = questions.open_question(session, resident.id, now) if resident else None
    if question and question.draft_id and not _is_about_draft(session, question):
        question = None
    return _Sender(phone, resident, question, Caller(phone_hash))


def _is_there(session: Session, draft_id: int, ward: Ward) -> bool:
    """Whether what she began is in this ward, or in none that we know."""
    return session.get_one(Draft, draft_id).ward_code in (None, ward.code)


def _is_about_draft(session: Session, question: Question) -> bool:
    """Not where the draft is filed or dropped at this moment, nor where an officer has asked her something since."""
    assert question.draft_id is not None
    asked = select(CaseEvent.id).where(
        CaseEvent.case_id == Case.id, CaseEvent.name == "waiting", CaseEvent.at > question.asked_at
    )
    since = select(Case.id).where(
        Case.resident_id == question.resident_id, Case.status == Status.WAITING, asked.exists()
    )  # fmt: skip
    return session.scalar(since.limit(1)) is None and drafts.open_draft(session, question.draft_id) is not None


def _own_named(session: Session, office: Office, sender: _Sender, text: str) -> Case | None:
    """The case of hers whose reference stands in the text. Not a closed one: nobody reads what is added to that."""
    reference = reference_in(text)
    case = residents_own.own_case(session, office, reference, sender.caller) if reference else None
    return case if case and case.status is not Status.CLOSED else None


def _awaited(session: Session, sender: _Sender) -> Case | None:
    """Her latest case that waits for her answer to an officer."""
    assert sender.resident is not None
    query = (
        select(Case)
        .where(Case.resident_id == sender.resident.id, Case.status == Status.WAITING)
        .order_by(Case.desk_since.desc(), Case.id.desc())
        .limit(1)
        .with_for_update()
    )
    return session.scalars(query).first()


def _invited(session: Session, sender: _Sender, now: datetime) -> Case | None:
    """Her latest USSD case, if its *received* text asked for words and no text of hers has been added since."""
    assert sender.resident is not None
    query = (
        select(Case)
        .where(Case.resident_id == sender.resident.id, Case.channel == Channel.USSD, Case.status.in_(OPEN))
        .order_by(Case.received_at.desc())
        .limit(1)
        .with_for_update()
    )
    case = session.scalars(query).first()
    if case is None or (now - case.received_at).total_seconds() > INVITATION_HOURS * 3600:
        return None
    asked = select(Message.id).where(
        Message.case_id == case.id, Message.wording == "received", Message.status != MessageStatus.CANCELLED
    )
    if session.scalar(asked.limit(1)) is None:
        return None
    added = select(CaseEvent.id).where(
        CaseEvent.case_id == case.id, CaseEvent.name == "words_added", CaseEvent.data["channel"].astext == "sms"
    )
    return None if session.scalar(added.limit(1)) else case


def _carry_out(
    session: Session, office: Office, incoming: IncomingSms, sender: _Sender, text: str, decided: Decided,
    own: Case | None, ward: Ward | None, now: datetime,
) -> Case | None:  # fmt: skip
    """Do what was decided; returns the case that it concerns."""
    question = sender.question
    match decided.decision:
        case Decision.YES | Decision.NO:
            assert question is not None
            return _answer_fixed(session, office, question, decided.decision, text, now)
        case Decision.WARD:
            assert question is not None
            assert ward is not None
            return _complete_ward(session, office, question, ward, text, now)
        case Decision.PLACE:
            assert question is not None
            asked = session.get_one(Case, question.case_id, with_for_update=True)
            return _add_words(session, office, asked, text, now, "words_added")
        case Decision.DRAFT | Decision.DROP:
            assert question is not None
            return _answer_draft(session, office, question, decided.decision, text, ward, now)
        case Decision.WORDS:
            assert own is not None
            return _add_words(session, office, own, text, now, "words_added")
        case Decision.NOTHING:
            _not_understood(session, office, sender, now)
            return None
        case Decision.NEW:
            return _new_case(session, office, incoming, sender, text, ward, now)


def _add_words(
    session: Session, office: Office, case: Case, text: str, now: datetime, wording: str, **slots: str
) -> Case:
    """Add the text to the case and answer it; a case that her words made confidential is answered neutrally."""
    residents_own.add_words(session, office, case, text, now, Channel.SMS)
    asking.send(
        session, office, case, "received_confidential" if case.sensitive else wording, now, automatic=True, slots=slots
    )
    return case


def _answer_fixed(
    session: Session, office: Office, question: Question, decision: Decision, text: str, now: datetime
) -> Case:
    case = session.get_one(Case, question.case_id, with_for_update=True)
    fixed = decision is Decision.YES
    wording = "confirmed" if fixed else "reopened"
    residents_own.answer_fixed(session, office, case, question.id, fixed=fixed, now=now, channel=Channel.SMS)
    if len(text.split()) > 1:
        return _add_words(session, office, case, text, now, wording)
    asking.send(session, office, case, wording, now, automatic=True)
    return case


def _answer_draft(
    session: Session, office: Office, question: Question, decision: Decision, text: str, ward: Ward | None,
    now: datetime,
) -> Case | None:  # fmt: skip
    """Her answer about what she began and did not send."""
    draft, resident_id, case = session.get_one(Draft, question.draft_id), question.resident_id, None
    if decision is Decision.DROP:
        drafts.let_go(session, office, draft, resident_id, now)
    else:
        case = drafts.send(session, office, draft, text, ward, now)
    session.flush()
    asking.open_next(session, office, resident_id, now)
    return case


def _complete_ward(session: Session, office: Office, question: Question, ward: Ward, text: str, now: datetime) -> Case:
    case = session.get_one(Case, question.case_id, with_for_update=True)
    if questions.answer(session, question.id, str(ward.code)) and case.ward_code is None:
        residents_own.set_ward(session, office, case, ward.code, now)
        session.execute(update(Resident).where(Resident.id == question.resident_id).values(ward_code=ward.code))
        _add_words(session, office, case, text, now, "ward_known", ward=ward.short)
    asking.open_next(session, office, question.resident_id, now)
    return case


def _not_understood(session: Session, office: Office, sender: _Sender, now: datetime) -> None:
    """Somebody we know gets a hint; a stranger's stray digit is stored, and answered with nothing."""
    resident = sender.resident
    if resident and outbox.may_reply(session, resident.id, now):
        text = office.letters.compose("not_understood", resident.language, {})
        outbox.queue(session, office.vault, resident.id, None, "not_understood", text, now, automatic=True, wanted=True)


def _new_case(
    session: Session, office: Office, incoming: IncomingSms, sender: _Sender, text: str,
    ward: Ward | None, now: datetime,
) -> Case:  # fmt: skip
    resident = sender.resident
    known_ward = ward.code if ward else None
    # One question at a time: where another is open, this one is asked when its turn comes.
    ask_now = known_ward is None and sender.question is None
    report = Report(
        channel=Channel.SMS,
        source_id=incoming.provider_id,
        category=OTHER,
        language=resident.language if resident else office.county.languages[0],
        phone=sender.phone,
        ward_code=known_ward,
        words=text.strip(),
        wording="which_ward" if ask_now else "received_text",
        quiet=bool(resident and not outbox.may_reply(session, resident.id, now)),
    )
    filed = file_case(session.connection(), office, report, now)
    case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
    if known_ward is None and not case.sensitive and not report.quiet:
        asking.ask_ward(session, case, now)
    return case
