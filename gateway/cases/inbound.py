"""Inbound SMS: stored first, then carried out as `messages.conversation` decided, one transaction each."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session, undefer

from gateway.cases import answering, erasing, replying, situation
from gateway.cases.intake import alone, answered_before
from gateway.cases.models import Case, Channel
from gateway.cases.office import Office
from gateway.cases.sensitivity import names_ombudsman, sensitive_category
from gateway.cases.spelling import plain
from gateway.messages.conversation import Decision, reference_in
from gateway.messages.models import IncomingSms, IncomingStatus, Message, Question, QuestionStatus
from gateway.people.models import Resident
from gateway.people.phone import is_mobile, normalise

AT_ONCE = timedelta(seconds=60)
"""The same words of one phone within this time are one text that came twice."""
SAME_TIME = timedelta(minutes=2)
"""By how much the provider's two sources may differ about when one text was sent."""
MAX_TRIES = 19
"""With the pauses between them they last thirteen hours: a lock, a deploy or a night without the key loses no text."""
LONGEST_PAUSE = 60
"""Minutes. The pause after a failure is one minute, then twice the last one."""
ANSWERED = (Decision.KEYWORD, Decision.CHASE)
"""Decisions on texts that ask for nothing but an answer."""
UNANSWERED = ", no answer"
"""What stands behind `why` where such a text got none: five an hour were sent, or none may be."""


class NotHandled(Exception):
    """A stored text could not be handled; it is counted, tried again later, and after MAX_TRIES quarantined."""

    def __init__(self, incoming_id: int) -> None:
        super().__init__(incoming_id)
        self.incoming_id = incoming_id


def store(
    session: Session, office: Office, provider_id: str, sender: str, text: str, *, odd: str | None = None,
    said_at: datetime | None = None, link_id: str | None = None, fetched: bool = False, decoded: str | None = None,
) -> bool:  # fmt: skip
    """Keep a text as it came, once. `odd` says why nobody can answer it; it is kept all the same.

    `decoded` is what it says, where that is not what came.

    False where it is there already: under the same id of the provider, or from its other source, callback or inbox
    (`fetched`), whose ids differ: then by the same `link_id`, or the same words of the same phone at about the time
    `said_at` which the provider gives for it.
    """
    number = normalise(sender)
    phone_hash = office.vault.phone_hash(number or sender)
    words_hash = _words_hash(office, text)
    alone(session, phone_hash)
    if _came_otherwise(session, phone_hash, words_hash, said_at, link_id, fetched):
        return False
    stored = session.execute(
        insert(IncomingSms)
        .values(
            provider_id=provider_id, sender_sealed=office.vault.seal(sender), text_sealed=office.vault.seal(text),
            status=IncomingStatus.QUARANTINED if odd else IncomingStatus.STORED, why=odd, sent_at=said_at,
            link_id=link_id or None, fetched=fetched, phone_hash=phone_hash, words_hash=words_hash,
            sensitive=_is_confidential(session, office, phone_hash, decoded or text, odd),
            about_ombudsman=_is_about_ombudsman(session, office, phone_hash, decoded or text),
        )
        .on_conflict_do_nothing(index_elements=["provider_id"])
        .returning(IncomingSms.id)
    )  # fmt: skip
    return stored.first() is not None


def _words_hash(office: Office, text: str) -> bytes:
    return office.vault.words_hash(plain(text) or text)


def _is_confidential(session: Session, office: Office, phone_hash: bytes, text: str, odd: str | None) -> bool:
    """Whether only the ombudsman may read this text where nobody can answer it: for its words, or for its case."""
    reference = reference_in(text)
    if sensitive_category(office.county, text):
        return True
    if reference and session.scalar(select(Case.sensitive).where(Case.reference == reference)):
        return True
    return odd is not None and bool(session.scalar(select(_has_confidential_case(phone_hash))))


def _is_about_ombudsman(session: Session, office: Office, phone_hash: bytes, text: str) -> bool:
    """Whether, if it is confidential, the county secretary reads it instead: for its words, or for a case of hers."""
    if names_ombudsman(office.county, text):
        return True
    return bool(session.scalar(select(_has_case_about_ombudsman(phone_hash))))


def _has_case_about_ombudsman(phone_hash: bytes | InstrumentedAttribute[bytes | None]) -> ColumnElement[bool]:
    hers = select(Case.id).join(Resident, Resident.id == Case.resident_id)
    return hers.where(Resident.phone_hash == phone_hash, Case.sensitive, Case.about_ombudsman).exists()


def _has_confidential_case(phone_hash: bytes | InstrumentedAttribute[bytes | None]) -> ColumnElement[bool]:
    hers = select(Case.id).join(Resident, Resident.id == Case.resident_id)
    return hers.where(Resident.phone_hash == phone_hash, Case.sensitive).exists()


def _came_otherwise(
    session: Session, phone_hash: bytes, words_hash: bytes, said_at: datetime | None, link_id: str | None, fetched: bool
) -> bool:
    at = said_at if said_at is not None else func.now()
    # Either time: a callback may give none, or the local one.
    about_then = or_(
        *(when.between(at - SAME_TIME, at + SAME_TIME) for when in (IncomingSms.sent_at, IncomingSms.received_at))
    )
    same = and_(IncomingSms.words_hash == words_hash, about_then)
    which = and_(
        IncomingSms.phone_hash == phone_hash, or_(same, IncomingSms.link_id == link_id) if link_id else same
    )  # fmt: skip
    return session.scalar(select(IncomingSms.id).where(IncomingSms.fetched != fetched, which).limit(1)) is not None


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
            .options(*map(undefer, (IncomingSms.sender_sealed, IncomingSms.phone_hash, IncomingSms.words_hash)))
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
    # It may go on from what the ward must not see. Without hashes nobody has looked at its words: a guess may hide.
    sensitive = or_(
        IncomingSms.sensitive, IncomingSms.phone_hash.is_(None), _has_confidential_case(IncomingSms.phone_hash)
    )
    about_ombudsman = or_(IncomingSms.about_ombudsman, _has_case_about_ombudsman(IncomingSms.phone_hash))
    session.execute(
        update(IncomingSms)
        .where(IncomingSms.id == incoming_id)
        .values(
            attempts=tries,
            status=status,
            next_try_at=next_try_at,
            why="could not be handled",
            sensitive=sensitive,
            about_ombudsman=about_ombudsman,
        )
        .execution_options(synchronize_session=False)
    )


def _handle(session: Session, office: Office, incoming: IncomingSms, now: datetime) -> None:
    phone = normalise(office.vault.open(incoming.sender_sealed))
    if phone is None or not is_mobile(phone):
        incoming.status, incoming.why = IncomingStatus.QUARANTINED, "sender is no telephone"
        return
    phone_hash = office.vault.phone_hash(phone)
    alone(session, phone_hash)
    if answered_before(session.connection(), Channel.SMS, incoming.provider_id) is not None:
        incoming.status, incoming.why = IncomingStatus.HANDLED, "filed before"
        return
    if incoming.phone_hash is None:  # stored by a version that kept no hashes
        text = office.vault.open(incoming.text_sealed)
        incoming.phone_hash, incoming.words_hash = phone_hash, _words_hash(office, text)
    # Before repetitions: *1* after *1* is an answer to the next case. Her row has no case and no resident: it is hers.
    if why := answering.take_up(session, office, incoming, office.vault.open(incoming.text_sealed), now):
        incoming.status, incoming.why = IncomingStatus.HANDLED, why
        return
    first = _said_before(session, incoming)
    if first:
        _join(session, office, incoming, first)
        return
    seen = situation.look(session, office, incoming, phone, now)
    before = _answers(session, phone_hash)
    case = replying.carry_out(session, office, incoming, seen, now)
    silent = seen.decided.decision in ANSWERED and _answers(session, phone_hash) == before
    incoming.status, incoming.why = IncomingStatus.HANDLED, seen.decided.why + (UNANSWERED if silent else "")
    incoming.case_id = case.id if case else None
    incoming.resident_id = session.scalar(select(Resident.id).where(Resident.phone_hash == phone_hash))


def _answers(session: Session, phone_hash: bytes) -> int:
    """How many automatic answers this phone was given."""
    given = select(func.count()).select_from(Message).join(Resident, Resident.id == Message.resident_id)
    return session.scalars(given.where(Resident.phone_hash == phone_hash, Message.automatic)).one()


def _said_before(session: Session, incoming: IncomingSms) -> IncomingSms | None:
    """The text that the provider brought a second time: the last one of the same phone, the same words seconds ago.

    None where she was asked something since: then they are her answer.
    """
    query = (
        select(IncomingSms)
        .where(
            IncomingSms.phone_hash == incoming.phone_hash,
            IncomingSms.id < incoming.id,
            IncomingSms.repeats_id.is_(None),
        )
        .order_by(IncomingSms.id.desc())
        .limit(1)
        .options(undefer(IncomingSms.words_hash))
    )
    last = session.scalars(query).first()
    if last is None or last.words_hash != incoming.words_hash or abs(_said_at(last) - _said_at(incoming)) >= AT_ONCE:
        return None
    return None if _asked_between(session, last, incoming) else last


def _said_at(incoming: IncomingSms) -> datetime:
    return incoming.sent_at or incoming.received_at


def _asked_between(session: Session, last: IncomingSms, incoming: IncomingSms) -> bool:
    """Whether the SMS with the open question left between the two, and is about another case than the first of them.

    What is asked about the same case, such as *which ward?*, is asked because of that text.
    """
    elsewhere = or_(Question.draft_id.is_not(None), Question.case_id.is_distinct_from(last.case_id))
    asked = (
        select(Question.id)
        .join(Resident, Resident.id == Question.resident_id)
        .join(
            Message,
            and_(
                Message.resident_id == Question.resident_id,
                Message.case_id.is_not_distinct_from(Question.case_id),
                Message.wording.in_(answering.ASKING),
                Message.sent_at.between(last.received_at, incoming.received_at),
            ),
        )
        .where(Resident.phone_hash == incoming.phone_hash, Question.status == QuestionStatus.OPEN, elsewhere)
    )
    return session.scalar(asked.limit(1)) is not None


def _join(session: Session, office: Office, incoming: IncomingSms, first: IncomingSms) -> None:
    """The second of two is where the first is. Where that was erased meanwhile, this is erased with it."""
    incoming.status, incoming.why, incoming.repeats_id = IncomingStatus.HANDLED, "same words again", first.id
    if first.erased_at is None:
        incoming.case_id, incoming.resident_id = first.case_id, first.resident_id
    else:
        erasing.erase_texts(session, office, IncomingSms.id == incoming.id)
