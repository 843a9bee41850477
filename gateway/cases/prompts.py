"""Prompts: one case at a time that an officer is asked about by SMS, and her answer with a digit.

She does by SMS what she may do on the web, under the same sight: the case is locked as one that she sees and may take
now, and the history tells that it came by SMS. A prompt is answered once; at most one of each officer is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from gateway.cases import actions, briefing, desks, events, lists, timing
from gateway.cases.clock import deadline
from gateway.cases.desk_models import Digest, Prompt
from gateway.cases.filing import OTHER
from gateway.cases.models import CallBack, Case, Channel, Desk, Kind, Status
from gateway.cases.office import Office
from gateway.cases.unasked import OVER
from gateway.cases.visibility import visible
from gateway.messages import outbox, questions
from gateway.messages.models import IncomingSms, Message, MessageStatus, Question
from gateway.people import audit
from gateway.people.models import Officer, Resident

GOING, NOT_MINE, CALL_ME = "going", "not_mine", "call_me"
SAYINGS: Mapping[str, tuple[str, frozenset[str]]] = {
    GOING: ("1", frozenset({"naenda", "naenda huko", "nakuja", "going", "i am going", "im going", "yangu", "mine"})),
    NOT_MINE: ("2", frozenset({"si yangu", "siyangu", "sio yangu", "not mine", "notmine"})),
    CALL_ME: ("3", frozenset({"piga", "nipigie", "nipigieni", "nipigie simu", "call", "call me", "callme"})),
}
"""What she may write: the digit, the words, or both."""
ANSWERED, TOO_EARLY = "officer answered", "officer answered before she was asked"
ASKED_NOTHING = "officer answered where nothing is asked"
"""Why a text of hers is in no resident's thread."""
AGAIN = timedelta(hours=1)
"""So long after her answer the same one is taken for a repetition, as networks make them."""
WEB = "web"
"""What she is told of a case that this cannot be done with by SMS."""
DECLINES = (Desk.WARD, Desk.SUB_COUNTY, Desk.DEPARTMENT)
"""Desks that may say *not mine*: above them, and at the county desk, it would go nowhere."""
LATELY = timedelta(days=1)
"""So long after an SMS to her as an officer a digit that answers nothing is taken for an answer to it."""
NOTHING = "officer_nothing"
MOST_TOLD = 3
"""Times a day that she is told that nothing is asked."""
MOST_ASKED = 40
"""Cases of one round that she is asked about: two machines that answer each other must come to an end."""

_WORD = re.compile(r"[^\W_]+")


def answer_in(text: str) -> str | None:
    """What a text answers to a prompt: GOING, NOT_MINE or CALL_ME; None for every other text."""
    said = " ".join(word.lower() for word in _WORD.findall(text.replace("'", "").replace("’", "")))
    for answer, (digit, words) in SAYINGS.items():
        if said == digit or said in words or said.removeprefix(f"{digit} ") in words:
            return answer
    return None


# Asking


def askable(officer: Officer) -> ColumnElement[bool]:
    """What a digit can answer: a grievance that is new at a desk of hers, not confidential, and that she may see."""
    untaken = lists.one_of(Case.status, Status.NEW, Status.REFERRED)
    usual = and_(~Case.sensitive, Case.kind == Kind.GRIEVANCE, Case.proposed_by_id.is_(None))
    return and_(lists.here(officer), untaken, usual, visible(officer))


def first(session: Session, officer: Officer, now: datetime, digest: Digest | None = None) -> Case | None:
    """The case that she is asked about next: disputed, late, oldest; none twice in one round."""
    query = select(Case).where(askable(officer))
    if digest:
        query = query.where(~_was_asked(digest))
    return session.scalars(query.order_by(*lists.order(now)).limit(1)).first()


def put(
    session: Session, officer: Officer, case: Case, message_id: int, now: datetime, until: datetime,
    digest: Digest | None = None,
) -> None:  # fmt: skip
    """Ask her about this case, in the place of what she was asked before. She was shown it: the audit has a line.

    The caller has her row locked.
    """
    close(session, officer.id, now)
    session.add(
        Prompt(
            officer_id=officer.id, case_id=case.id, digest_id=digest and digest.id, message_id=message_id, asked_at=now,
            expires_at=until,
        )
    )  # fmt: skip
    session.flush()
    audit.append_shown(session, "listed", officer.id, {case.id: case.sensitive}, channel=Channel.SMS.value)


def close(session: Session, officer_id: int, now: datetime) -> None:
    """She is not asked any more what she was asked; where its SMS has not left, it does not leave."""
    gone = session.scalars(
        update(Prompt)
        .where(Prompt.officer_id == officer_id, Prompt.answered_at.is_(None))
        .values(answer=OVER, answered_at=now)
        .returning(Prompt.message_id)
        .execution_options(synchronize_session=False)
    ).all()
    outbox.cancel_some(session, [message_id for message_id in gone if message_id])


def expire(session: Session, now: datetime) -> int:
    """Prompts whose time is over; how many. The caller commits."""
    gone = session.execute(
        update(Prompt)
        .where(Prompt.answered_at.is_(None), Prompt.expires_at <= now)
        .values(answer=OVER, answered_at=now)
        .returning(Prompt.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def lock(session: Session, officer_ids: Iterable[int]) -> list[Officer]:
    """Whoever asks or hears an officer has her row first, and a case after that."""
    query = select(Officer).where(Officer.id.in_(list(officer_ids)), Officer.active).order_by(Officer.id)
    return list(session.scalars(query.with_for_update(key_share=True)))


# Her answer


def take_up(session: Session, office: Office, incoming: IncomingSms, text: str, now: datetime) -> str | None:
    """Do what an officer answers by SMS; why the text was handled, or None where it is a resident's like any other.

    It answers only what she was asked before it came. Where she was asked something as a resident since, or what she is
    asked as an officer cannot have reached her, it is a resident's.
    """
    said = answer_in(text)
    if said is None or incoming.phone_hash is None:
        return None
    query = select(Officer.id).where(Officer.phone_hash == incoming.phone_hash, Officer.active)
    officers = {officer.id: officer for officer in lock(session, session.scalars(query))}
    asked = (
        select(Prompt, Message)
        .outerjoin(Message, Message.id == Prompt.message_id)
        .where(Prompt.officer_id.in_(officers), Prompt.answered_at.is_(None), Prompt.expires_at > now)
        .order_by(Prompt.asked_at.desc(), Prompt.id.desc())
        .limit(1)
    )
    found = session.execute(asked).first() if officers else None
    question = _question(session, incoming.phone_hash, now) if officers else None
    if found is None:
        return None if question else _tell_nothing(session, office, incoming.phone_hash, officers, now)
    if not _may_have_left(found.Message, incoming.received_at):
        # Her last answer once more, before she can have read what she is asked now; or a resident's.
        return TOO_EARLY if question is None and _has_said(session, officers, said, now) else None
    if question and question.asked_at > found.Prompt.asked_at:
        return None
    answer(session, office, officers[found.Prompt.officer_id], found.Prompt, said, now)
    return ANSWERED


def _question(session: Session, phone_hash: bytes, now: datetime) -> Question | None:
    """What this phone is asked as a resident's."""
    resident_id = session.scalar(select(Resident.id).where(Resident.phone_hash == phone_hash))
    return questions.open_question(session, resident_id, now) if resident_id else None


def _tell_nothing(
    session: Session, office: Office, phone_hash: bytes, officers: Mapping[int, Officer], now: datetime
) -> str | None:
    """Tell her that no case is asked about, if she had an officer's SMS lately, and nobody asked her as a resident."""
    lately = (Message.officer_id.in_(officers), Message.created_at > now - LATELY)
    sent = select(Message.officer_id).where(*lately, Message.wording != NOTHING, Message.sent_at.is_not(None))
    officer_id = session.scalar(sent.order_by(Message.id.desc()).limit(1)) if officers else None
    awaited = select(Case.id).join(Resident, Resident.id == Case.resident_id)
    awaited = awaited.where(Resident.phone_hash == phone_hash, Case.status == Status.WAITING)
    if officer_id is None or session.scalar(awaited.limit(1)):
        return None
    told = session.scalar(select(func.count()).select_from(Message).where(*lately, Message.wording == NOTHING)) or 0
    if told < MOST_TOLD:
        text = briefing.compose(office, officers[officer_id], NOTHING)
        outbox.queue_officer(session, office.vault, officer_id, NOTHING, text, now, wanted=True)
    return ASKED_NOTHING


def _may_have_left(message: Message | None, by: datetime) -> bool:
    """Whether this SMS may have reached her `by` then. A send in doubt is made again, and that hides when it was."""
    if message is None:
        return False
    if message.sent_at is not None and message.sent_at <= by:
        return True
    waits = message.sent_at is None and message.status is MessageStatus.QUEUED
    return message.attempts > (0 if waits else 1)


def _has_said(session: Session, officer_ids: Iterable[int], said: str, now: datetime) -> bool:
    """Whether she gave this answer to a prompt a moment ago."""
    lately = (Prompt.officer_id.in_(list(officer_ids)), Prompt.answer == said, Prompt.answered_at > now - AGAIN)
    return session.scalar(select(Prompt.id).where(*lately).limit(1)) is not None


def answer(session: Session, office: Office, officer: Officer, prompt: Prompt, said: str, now: datetime) -> None:
    """Carry out her answer to an open prompt, and send what comes next. The caller has her row locked, and commits."""
    query = select(Case).where(Case.id == prompt.case_id, askable(officer))
    case = session.scalars(query.with_for_update(of=Case)).one_or_none()
    prompt.answer, prompt.answered_at = said if case else OVER, now
    # Who works by SMS alone is there: her ward is not covered as a silent one.
    officer.seen_at = max(officer.seen_at or now, now)
    session.flush()
    outcome = _carry_out(session, office, case, officer, said, now) if case else OVER
    told = briefing.said(office, officer, outcome, case or session.get_one(Case, prompt.case_id))
    # What could not wait has broken into a round: the case that was waiting there is asked again.
    of_round = prompt if prompt.digest_id else _broken_off(session, officer, now)
    digest = session.get(Digest, of_round.digest_id) if of_round else None
    if of_round and digest:
        _go_on(session, office, officer, digest, of_round.expires_at, told, now)
    else:
        text = briefing.compose(office, officer, "officer_noted", said=told)
        outbox.queue_officer(session, office.vault, officer.id, "officer_noted", text, now, wanted=True)


def _broken_off(session: Session, officer: Officer, now: datetime) -> Prompt | None:
    """The last prompt of her round, if it was not answered and the round still goes."""
    of_rounds = select(Prompt).where(Prompt.officer_id == officer.id, Prompt.digest_id.is_not(None))
    last = session.scalars(of_rounds.order_by(Prompt.id.desc()).limit(1)).first()
    return last if last and last.answer == OVER and last.expires_at > now else None


def _carry_out(session: Session, office: Office, case: Case, officer: Officer, said: str, now: datetime) -> str:
    try:
        with session.begin_nested():
            _DEEDS[said](session, office, case, officer, now)
    except actions.Refused:
        return WEB
    return said


def _take(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> None:
    actions.take(session, office, case, officer, now, channel=Channel.SMS.value)


def _decline(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> None:
    """To the county desk, as new; the promise and the clocks run on."""
    if case.desk not in DECLINES or case.raised_to is not None:
        raise actions.Refused("From this desk it goes elsewhere on the web alone.")
    actions.change(
        session, case, officer, "decline", status=Status.NEW, desk=Desk.COUNTY, desk_since=now, assignee_id=None,
        **desks.NOT_OUTSIDE,
    )  # fmt: skip
    events.append(
        session, case, "declined", now, vault=office.vault, officer_id=officer.id, channel=Channel.SMS.value
    )  # fmt: skip
    timing.keep_time(session, office, case)


def _call_me(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> None:
    """On the list of the hotline, once; the case stays where it is."""
    hers = (CallBack.case_id == case.id, CallBack.officer_id == officer.id, CallBack.done_at.is_(None))
    if session.scalar(select(CallBack.id).where(*hers).limit(1)):
        return
    due = deadline(now, office.county.charter.term("call_back", OTHER), office.calendar)
    session.add(CallBack(case_id=case.id, officer_id=officer.id, hour="today", asked_at=now, due_at=due))
    events.append(session, case, "call_me", now, vault=office.vault, officer_id=officer.id, channel=Channel.SMS.value)


_DEEDS = {GOING: _take, NOT_MINE: _decline, CALL_ME: _call_me}


def _go_on(
    session: Session, office: Office, officer: Officer, digest: Digest, until: datetime, told: str, now: datetime
) -> None:
    """The next case of the round, or that there is none for SMS any more."""
    asked = session.scalar(select(func.count()).select_from(Prompt).where(Prompt.digest_id == digest.id)) or 0
    case = first(session, officer, now, digest) if asked < MOST_ASKED else None
    if case is None:
        left = briefing.number(waiting(session, officer, now))
        text = briefing.compose(office, officer, "officer_done", said=told, round_left=left)
        outbox.queue_officer(session, office.vault, officer.id, "officer_done", text, now, wanted=True)
        return
    left = briefing.number(count(session, and_(askable(officer), Case.id != case.id, ~_was_asked(digest))))
    slots = {**briefing.case_slots(office, officer, case), "said": told, "round_left": left}
    text = briefing.compose(office, officer, "officer_next", **slots)
    message_id = outbox.queue_officer(session, office.vault, officer.id, "officer_next", text, now, wanted=True)
    put(session, officer, case, message_id, now, until, digest)


def _was_asked(digest: Digest) -> ColumnElement[bool]:
    """Whether she has answered about it since this round began: in the round, or because it could not wait."""
    since = (Prompt.officer_id == digest.officer_id, Prompt.asked_at >= digest.made_at)
    answered = Prompt.answer.is_distinct_from(OVER)
    return select(Prompt.id).where(*since, answered, Prompt.case_id == Case.id).exists()


def waiting(session: Session, officer: Officer, now: datetime) -> int:
    """How many of what she may see are new, late or disputed at her desks."""
    hers = lists.new(officer, now) | lists.late(officer, now) | not_fixed(officer)
    return count(session, and_(hers, visible(officer)))


def not_fixed(officer: Officer) -> ColumnElement[bool]:
    """Disputed, and hers to see to."""
    return and_(lists.disputed(), lists.here(officer) | lists.mine(officer))


def count(session: Session, which: ColumnElement[bool]) -> int:
    """How many cases; what is more than `briefing.MANY` is not counted on."""
    some = select(Case.id).where(which).limit(briefing.MANY + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def after_a_day(office: Office, now: datetime) -> datetime:
    """When what could not wait is asked no more: a working day later."""
    return max(office.calendar.add_working_time(now, timedelta(hours=9)), now + timedelta(hours=12))
