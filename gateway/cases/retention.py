"""What is kept no longer than the county's schedule says (retention.yml): erased at night, and every count stays."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from config.county import Kept
from config.zone import NAIROBI
from gateway.cases import crew_links, landmarks, unasked
from gateway.cases.clock import start_of_day
from gateway.cases.desk_models import Slip, SlipBatch
from gateway.cases.erasing import NOTHING, forget_residents
from gateway.cases.models import CallBack, Case, CaseEvent, Draft, Kind
from gateway.cases.office import Office
from gateway.messages.models import IncomingSms, IncomingStatus, Message, MessageStatus, Question
from gateway.people import audit
from gateway.people.models import Audit, Resident

BATCH = 200
BATCHES = 5
"""Of each part of a night's work in one round of the sweeper: texts and steps have their turn in between."""
WINDOW = 2000
"""Residents that are looked at in one statement."""
NIGHT = range(2, 4)
"""Hours in Nairobi in which hardly anybody dials."""
REPRINTED = timedelta(days=30)
"""So long a batch of slips can be printed again."""
DONE = "kept_no_longer"
"""The line of the audit that says that a night's work was done."""

# A literal: once the statement is prepared, PostgreSQL cannot match a parameter with the indexes' own condition.
_UNERASED = "{table}.case_id IS NULL AND {table}.text_sealed <> ''::bytea"


class Task(Protocol):
    """One part of a night's work: one batch of it; how many rows were dealt with, 0 when none is left."""

    def __call__(self, session: Session, office: Office, now: datetime) -> int: ...


def months_before(now: datetime, months: int) -> datetime:
    """Midnight in Nairobi so many months ago; on the last day of a shorter month."""
    today = now.astimezone(NAIROBI).date()
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    last = monthrange(year, month + 1)[1]
    return start_of_day(today.replace(year=year, month=month + 1, day=min(today.day, last)))


def _before(office: Office, kept: Kept, now: datetime) -> datetime:
    """What is older than this is kept no longer."""
    return months_before(now, office.county.retention[kept].months)


# Cases


def anonymise(session: Session, case_ids: Sequence[int], now: datetime, *, over: bool) -> None:
    """Erase from cases, which the caller has locked, who reported them and what anybody said about them.

    What they were about, where, when, how they ended and what was done stays: no count changes. Unless their time is
    `over` they are erased once more when it is: of what officers say about them from now on.
    """
    unsynchronised = {"synchronize_session": False}
    landmarks.forget(session, case_ids)
    session.execute(
        update(Case)
        .where(Case.id.in_(case_ids))
        .values(
            words=None, words_sealed=None, landmark=None, reason=None, reason_sealed=None, guess=None, secret_hash=None,
            resident_id=None, their_contact=None, their_reference=None, centre_reference=None,
            centre_before=None, follows_id=None, anonymised_at=now if over else None,
        ),
        execution_options=unsynchronised,
    )  # fmt: skip
    follows = update(Case).where(Case.follows_id.in_(case_ids)).values(follows_id=None)
    session.execute(follows, execution_options=unsynchronised)
    said = or_(CaseEvent.words.is_not(None), CaseEvent.words_sealed.is_not(None))
    silent = update(CaseEvent).where(CaseEvent.case_id.in_(case_ids), said).values(words=None, words_sealed=None)
    session.execute(silent, execution_options=unsynchronised)
    unasked.of_cases(session, case_ids, now, blank=True)
    erase_texts(session, IncomingSms.case_id.in_(case_ids), Message.case_id.in_(case_ids))
    crew_links.forget(session, case_ids)
    _detach_calls(session, CallBack.case_id.in_(case_ids), now)
    session.execute(delete(Question).where(Question.case_id.in_(case_ids)), execution_options=unsynchronised)


def erase_texts(session: Session, received: ColumnElement[bool], sent: ColumnElement[bool]) -> None:
    """Erase words and phones of texts that came and of texts that left; when they did, and at what price, stays.

    By their hashes those that came are known again for a while: `erasing.forget_hashes`.
    """
    session.execute(
        update(IncomingSms)
        .where(received)
        .values(resident_id=None, sender_sealed=NOTHING, text_sealed=NOTHING, erased_at=func.now()),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Message).where(sent).values(resident_id=None, text_sealed=NOTHING),
        execution_options={"synchronize_session": False},
    )


def _detach_calls(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    """Nobody can be called any more; that a call was asked for, and what came of it, stays."""
    session.execute(
        update(CallBack).where(which).values(resident_id=None, done_at=func.coalesce(CallBack.done_at, now)),
        execution_options={"synchronize_session": False},
    )


def _class_of(kept: Kept) -> ColumnElement[bool]:
    """The condition on `cases` that one is of this class."""
    if kept is Kept.PRACTICE:
        return Case.practice.is_(True)
    if kept is Kept.CONFIDENTIAL:
        return ~Case.practice & Case.sensitive
    return and_(~Case.practice, ~Case.sensitive, Case.kind == Kind(kept.value))


OF_CASES = (Kept.GRIEVANCE, Kept.FEEDBACK, Kept.CONFIDENTIAL, Kept.REQUEST, Kept.PRACTICE)


def anonymise_closed(session: Session, office: Office, now: datetime) -> int:
    """One batch of closed cases whose time is over, the oldest first; how many."""
    before = {kept: _before(office, kept, now) for kept in OF_CASES}
    over = or_(*(and_(_class_of(kept), Case.closed_at < when) for kept, when in before.items()))
    query = (
        select(Case.id)
        .where(text("cases.closed_at IS NOT NULL AND cases.anonymised_at IS NULL"))
        .where(Case.closed_at < max(before.values()), over)
        .order_by(Case.closed_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).all()
    if found:
        anonymise(session, found, now, over=True)
    return len(found)


# What belongs to no case


def erase_set_aside(session: Session, office: Office, now: datetime) -> int:
    """Incoming texts that became no case. One that nobody has dealt with is set aside no longer."""
    query = (
        select(IncomingSms.id)
        .where(text(_UNERASED.format(table="incoming_sms")))
        .where(IncomingSms.received_at < _before(office, Kept.SET_ASIDE, now))
        .where(IncomingSms.status != IncomingStatus.STORED)
        .order_by(IncomingSms.received_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).all()
    erase_texts(session, IncomingSms.id.in_(found), Message.id.in_(()))
    aside = (IncomingSms.id.in_(found), IncomingSms.status == IncomingStatus.QUARANTINED)
    session.execute(update(IncomingSms).where(*aside).values(status=IncomingStatus.HANDLED, why="erased by time"))
    return len(found)


def erase_sent(session: Session, office: Office, now: datetime) -> int:
    """Outgoing texts about no case: answers to keywords, announcements."""
    waiting = (MessageStatus.QUEUED, MessageStatus.CLAIMED, MessageStatus.HELD)
    query = (
        select(Message.id)
        .where(text(_UNERASED.format(table="message")))
        .where(Message.created_at < _before(office, Kept.TEXT, now), Message.status.not_in(waiting))
        .order_by(Message.created_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).all()
    erase_texts(session, IncomingSms.id.in_(()), Message.id.in_(found))
    return len(found)


def detach_calls(session: Session, office: Office, now: datetime) -> int:
    """Whose the call-backs were that are done and about no case."""
    over = (CallBack.resident_id.is_not(None), CallBack.case_id.is_(None))
    query = (
        select(CallBack.id)
        .where(*over, CallBack.done_at < _before(office, Kept.CALL_BACK, now))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).all()
    _detach_calls(session, CallBack.id.in_(found), now)
    return len(found)


def erase_addresses(session: Session, office: Office, now: datetime) -> int:
    """From where officers did what the audit tells of."""
    query = (
        select(Audit.id)
        .where(text("audit.address IS NOT NULL"))
        .where(Audit.at < _before(office, Kept.ADDRESS, now))
        .order_by(Audit.at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).all()
    session.execute(update(Audit).where(Audit.id.in_(found)).values(address=None))
    return len(found)


def forget_rounds(session: Session, office: Office, now: datetime) -> int:
    """What officers were told and asked by SMS, as long as the texts themselves are kept."""
    return unasked.forget(session, _before(office, Kept.TEXT, now), BATCH)


def forget_secrets(session: Session, office: Office, now: datetime) -> int:
    """The secrets of slips that nobody registered: they are printed no more. What was printed goes on opening."""
    old = select(SlipBatch.id).where(SlipBatch.printed_at < now - REPRINTED)
    left = select(Slip.reference).where(Slip.batch_id.in_(old), Slip.secret_sealed.is_not(None)).limit(BATCH)
    gone = update(Slip).where(Slip.reference.in_(left)).values(secret_sealed=None).returning(Slip.reference)
    return len(session.scalars(gone, execution_options={"synchronize_session": False}).all())


# People


def erase_person(session: Session, resident: Resident, now: datetime, *, confidential: bool) -> None:
    """What is kept of her beside her cases: drafts, texts and calls about none, her ward, that she wants no texts.

    With `confidential` only the texts that were set aside for the ombudsman.
    """
    received = and_(
        IncomingSms.resident_id == resident.id, IncomingSms.case_id.is_(None), IncomingSms.sensitive == confidential
    )
    if confidential:
        erase_texts(session, received, Message.id.in_(()))
        return
    hers = and_(Message.resident_id == resident.id, Message.case_id.is_(None))
    unsent = (MessageStatus.QUEUED, MessageStatus.HELD)
    session.execute(update(Message).where(hers, Message.status.in_(unsent)).values(status=MessageStatus.CANCELLED))
    erase_texts(session, received, hers)
    _detach_calls(session, and_(CallBack.resident_id == resident.id, CallBack.case_id.is_(None)), now)
    session.execute(delete(Draft).where(Draft.phone_hash == resident.phone_hash))
    resident.ward_code = None
    if session.scalar(select(Case.id).where(Case.resident_id == resident.id).limit(1)) is None:
        resident.stopped_at = None  # nobody is left who could write to her
    session.flush()


@dataclass
class Walk:
    """A walk through all residents, so many at a time: the id of the last one that was looked at this night."""

    after: int = 0


def forget_unknown(session: Session, office: Office, now: datetime, walk: Walk) -> int:
    """Delete those among the next residents of whom nothing has been kept for so long; how many were looked at."""
    ahead = select(Resident.id).where(Resident.id > walk.after).order_by(Resident.id).limit(WINDOW)
    ids = session.scalars(ahead).all()
    if ids:
        before = _before(office, Kept.NUMBER, now)
        quiet = or_(Resident.stopped_at.is_(None), Resident.stopped_at < before)
        texts = select(Message.id).where(Message.resident_id == Resident.id).exists()
        received = select(IncomingSms.id).where(IncomingSms.resident_id == Resident.id).exists()
        which = and_(Resident.id.in_(ids), Resident.created_at < before, quiet, ~texts, ~received)
        forget_residents(session, which, skip_locked=True, stopped=True)
        walk.after = ids[-1]
    return len(ids)


# The night

TASKS: Mapping[str, Task] = {
    "kept_cases": anonymise_closed,
    "kept_set_aside": erase_set_aside,
    "kept_sent": erase_sent,
    "kept_calls": detach_calls,
    "kept_addresses": erase_addresses,
    "kept_rounds": forget_rounds,
    "kept_secrets": forget_secrets,
    "landmarks": landmarks.recount,
}
"""What a night's work is made of, but for the residents, whose turn is when nothing else of theirs is left."""


def is_due(session: Session, now: datetime) -> bool:
    """Whether it is night and nobody has done this night's work yet. Two that begin at once do each half of it."""
    if now.astimezone(NAIROBI).hour not in NIGHT:
        return False
    done = select(Audit.id).where(Audit.at >= start_of_day(now), Audit.name == DONE)
    return session.scalar(done.limit(1)) is None


def record(session: Session, now: datetime) -> None:
    """Say in the audit that this night's work was done."""
    audit.append(session, DONE)
