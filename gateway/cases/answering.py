"""Answering: what an officer texts about the case that she was asked about, and what it does.

She does by SMS what she may do on the web, under the same sight: the case is locked as one that she sees and may take
now, and the history tells that it came by SMS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.cases import actions, briefing, desks, events, prompts, reading, timing
from gateway.cases.categories import OTHER
from gateway.cases.clock import deadline
from gateway.cases.desk_models import Prompt
from gateway.cases.models import CallBack, Case, Channel, Desk, Status
from gateway.cases.office import Office
from gateway.cases.officers_words import CALL_ME, GOING, NOT_MINE, UNCLEAR, answer_in, disowns, is_nod, nearly
from gateway.cases.sensitivity import sensitive_category
from gateway.cases.unasked import OVER
from gateway.messages import outbox, questions
from gateway.messages.conversation import reference_in
from gateway.messages.models import IncomingSms, Message, MessageStatus, QuestionKind
from gateway.people.models import Officer, Resident

ANSWERED, REPEATED = "officer answered", "officer answered before she was asked"
ASKED_AGAIN, ASKED_NOTHING = "officer is asked again", "officer answered where nothing is asked"
"""Why a text of hers is in no resident's thread."""
AGAIN = timedelta(hours=1)
"""So long after her answer another one is taken for a repetition, as networks make them, until she can have read what
she is asked now; and so long after its time a prompt may still be answered, if nothing else has reached her."""
READING = timedelta(seconds=45)
"""So long after it left an SMS is not read yet, where no report says that it was delivered."""
WEB = "web"
"""What is kept, and what she is told, where an answer cannot be carried out by SMS."""
A_SECOND = timedelta(seconds=1)
LATELY = timedelta(days=1)
"""So long after an SMS to her as an officer a digit that answers nothing is taken for an answer to it."""
AT_MOST = 40
"""Prompts of hers, the latest ones, that a text may be about."""
NOTHING, STILL_WAITS = "officer_nothing", "officer_still_waits"
MOST_TOLD = 3
"""Times that she is told to answer with a digit, about one prompt; and times a day that nothing is asked."""
ASKING = (*(kind.value for kind in QuestionKind), "which_of")
"""Wordings of the SMS that ask a resident a question."""


@dataclass(frozen=True)
class Asked:
    """A prompt with the SMS that asked, and the reference of its case."""

    prompt: Prompt
    message: Message | None
    reference: str

    @property
    def is_answered(self) -> bool:
        return self.prompt.answer not in (None, OVER)

    def has_left(self, by: datetime) -> bool:
        """Whether its SMS may have left `by` then. A send in doubt is made again, and that hides when it was."""
        if self.message is None:
            return False
        if self.message.sent_at is not None and self.message.sent_at <= by:
            return True
        waits = self.message.sent_at is None and self.message.status is MessageStatus.QUEUED
        return self.message.attempts > (0 if waits else 1)

    def may_be_read(self, by: datetime) -> bool:
        message = self.message
        if message is None or message.sent_at is None or message.sent_at > by:
            return self.has_left(by)
        return message.sent_at + READING <= by or (message.delivered_at is not None and message.delivered_at <= by)


# Whether it is an answer, and to what


def take_up(session: Session, office: Office, incoming: IncomingSms, text: str, now: datetime) -> str | None:
    """Do what an officer answers by SMS; why the text was handled, or None where it is a resident's like any other.

    It answers what she had read when she sent it, also where another SMS has taken its place since. Where she was asked
    something as a resident after that, or can have read nothing, it is a resident's.
    """
    reference = reference_in(text)
    plain = re.sub(f"{reference[:4]}[ -]?{reference[4:]}", " ", text) if reference else text
    exact = answer_in(plain)
    said = exact or nearly(plain)
    if said is None or incoming.phone_hash is None:
        return None
    query = select(Officer.id).where(Officer.phone_hash == incoming.phone_hash, Officer.active)
    officers = {officer.id: officer for officer in prompts.lock(session, session.scalars(query))}
    if not officers:
        return None
    said_at = _said_by(incoming)
    asked = [one for one in _asked(session, officers, now) if reference in (None, one.reference)]
    meant = asked[0] if asked and reference else _meant(asked, said_at, now)
    if reference and meant is None:
        return None
    if not exact and not (meant and _is_about(session, office, incoming.phone_hash, meant, asked, plain, said, now)):
        return None
    question_at = None if reference else _question_left(session, incoming.phone_hash, said_at, now)
    if question_at and (meant is None or question_at > _left(meant) or (meant.is_answered and _open(asked) is None)):
        return None
    if meant and said != UNCLEAR and _can_be_answered(session, officers, meant, asked, said, now, reference):
        answer(session, office, officers[meant.prompt.officer_id], meant.prompt, said, now)
        return ANSWERED
    if reference and said != UNCLEAR:
        return REPEATED
    return _answers_nothing(session, office, incoming.phone_hash, officers, meant, asked, incoming.received_at, now)


def _said_by(incoming: IncomingSms) -> datetime:
    """When she had sent it: the provider writes whole seconds. Never later than it came."""
    return min(incoming.sent_at + A_SECOND, incoming.received_at) if incoming.sent_at else incoming.received_at


def _asked(session: Session, officers: Mapping[int, Officer], now: datetime) -> Sequence[Asked]:
    """What she was asked lately, the latest first."""
    query = (
        select(Prompt, Message, Case.reference)
        .join(Case, Case.id == Prompt.case_id)
        .outerjoin(Message, Message.id == Prompt.message_id)
        .where(Prompt.officer_id.in_(officers), Prompt.expires_at > now - AGAIN)
        .order_by(Prompt.asked_at.desc(), Prompt.id.desc())
        .limit(AT_MOST)
    )
    return [Asked(*row) for row in session.execute(query)]


def _meant(asked: Sequence[Asked], said_at: datetime, now: datetime) -> Asked | None:
    """The last prompt that she had read; where there is none, or that was answered long ago, the last that had left."""
    left = next((one for one in asked if one.has_left(said_at)), None)
    read = next((one for one in asked if one.may_be_read(said_at)), left)
    if read and read.is_answered and read.prompt.answered_at and read.prompt.answered_at <= now - AGAIN:
        return left if left is not read else None
    return read


def _left(asked: Asked) -> datetime:
    sent_at = asked.message.sent_at if asked.message else None
    return sent_at or asked.prompt.asked_at


def _open(asked: Sequence[Asked]) -> Asked | None:
    return next((one for one in asked if one.prompt.answered_at is None), None)


def _is_about(
    session: Session, office: Office, phone_hash: bytes, meant: Asked, asked: Sequence[Asked], text: str, said: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Whether a text that is no plain answer is meant as one: she is asked, and it tells of nothing else."""
    if meant.is_answered or _open(asked) is None or _is_awaited(session, phone_hash):
        return False
    if sensitive_category(office.county, text) or (is_nod(text) and _is_asked_as_resident(session, phone_hash, now)):
        return False
    read = reading.read(office.county, text)
    return disowns(text) or not (read.ward or read.among or read.category)


def _is_asked_as_resident(session: Session, phone_hash: bytes, now: datetime) -> bool:
    resident_id = session.scalar(select(Resident.id).where(Resident.phone_hash == phone_hash))
    return resident_id is not None and questions.open_question(session, resident_id, now) is not None


def _question_left(session: Session, phone_hash: bytes, said_at: datetime, now: datetime) -> datetime | None:
    """When the SMS left by which she was asked, as a resident, what a digit answers; None: she was not, by then."""
    resident_id = session.scalar(select(Resident.id).where(Resident.phone_hash == phone_hash))
    question = questions.open_question(session, resident_id, now) if resident_id else None
    if question is None or (not question.options and question.kind in (QuestionKind.WHICH_WARD, QuestionKind.DRAFT)):
        return None
    return session.scalar(
        select(func.max(Message.sent_at)).where(
            Message.resident_id == resident_id, Message.case_id.is_not_distinct_from(question.case_id),
            Message.wording.in_(ASKING), Message.sent_at <= said_at,
        )
    )  # fmt: skip


def _is_awaited(session: Session, phone_hash: bytes) -> bool:
    """Whether a colleague waits for her answer, as a resident."""
    hers = select(Case.id).join(Resident, Resident.id == Case.resident_id)
    waits = hers.where(Resident.phone_hash == phone_hash, Case.status == Status.WAITING)
    return session.scalar(waits.limit(1)) is not None


def _can_be_answered(
    session: Session, officers: Mapping[int, Officer], meant: Asked, asked: Sequence[Asked], said: str, now: datetime,
    reference: str | None,
) -> bool:  # fmt: skip
    prompt = meant.prompt
    if meant.is_answered:
        lately = prompt.answered_at is not None and prompt.answered_at > now - AGAIN
        return reference is not None and not (prompt.answer == said and lately)
    if prompt.answered_at is None or _open(asked):
        return True
    hers = prompts.answerable(officers[prompt.officer_id])
    return session.scalar(select(Case.id).where(Case.id == prompt.case_id, hers)) is not None


def _answers_nothing(
    session: Session, office: Office, phone_hash: bytes, officers: Mapping[int, Officer], meant: Asked | None,
    asked: Sequence[Asked], came_at: datetime, now: datetime,
) -> str | None:  # fmt: skip
    """Her last answer once more, or one that nobody can tell, or nothing is asked: she is asked again, or told so."""
    still = _open(asked)
    if still is None:
        return _tell_nothing(session, office, phone_hash, officers, now)
    if meant is None:
        return None
    if still.has_left(came_at):
        _ask_again(session, office, officers[still.prompt.officer_id], still.prompt, now)
        return ASKED_AGAIN
    return REPEATED  # what she is asked now is on its way


def _ask_again(session: Session, office: Office, officer: Officer, prompt: Prompt, now: datetime) -> None:
    since = (Message.officer_id == officer.id, Message.created_at >= prompt.asked_at, Message.wording == STILL_WAITS)
    if (session.scalar(select(func.count()).select_from(Message).where(*since)) or 0) < MOST_TOLD:
        case = session.get_one(Case, prompt.case_id)
        _tell(session, office, officer, STILL_WAITS, now, **prompts.slots(session, office, officer, case))


def _tell_nothing(
    session: Session, office: Office, phone_hash: bytes, officers: Mapping[int, Officer], now: datetime
) -> str | None:
    """Tell her that no case is asked about, if she had an officer's SMS lately, and nobody asked her as a resident.
    Where something waits that she was asked about, she is asked about it."""
    lately = (Message.officer_id.in_(officers), Message.created_at > now - LATELY)
    sent = select(Message.officer_id).where(*lately, Message.wording != NOTHING, Message.sent_at.is_not(None))
    officer_id = session.scalar(sent.order_by(Message.id.desc()).limit(1))
    if officer_id is None or _is_awaited(session, phone_hash):
        return None
    officer = officers[officer_id]
    if found := prompts.following(session, office, officer, now):
        _ask(session, office, officer, found, now)
        return ASKED_AGAIN
    told = session.scalar(select(func.count()).select_from(Message).where(*lately, Message.wording == NOTHING)) or 0
    if told < MOST_TOLD:
        _tell(session, office, officer, NOTHING, now)
    return ASKED_NOTHING


# What it does


def answer(session: Session, office: Office, officer: Officer, prompt: Prompt, said: str, now: datetime) -> None:
    """Carry out her answer to a prompt, and send what comes next. The caller has her row locked, and commits."""
    query = select(Case).where(Case.id == prompt.case_id, prompts.answerable(officer))
    case = session.scalars(query.with_for_update(of=Case)).one_or_none()
    outcome = _carry_out(session, office, case, officer, said, now) if case else OVER
    prompt.answer, prompt.answered_at = outcome, now
    session.flush()
    told = briefing.said(office, officer, outcome, case or session.get_one(Case, prompt.case_id))
    if _is_with_her(session, officer):
        _tell(session, office, officer, "officer_noted", now, said=told)
        return
    goes_on = prompts.round_of(session, officer, now) is not None
    found = prompts.following(session, office, officer, now)
    if found:
        _ask(session, office, officer, found, now, told)
    elif goes_on:
        left = briefing.number(prompts.waiting(session, officer, now))
        _tell(session, office, officer, prompts.DONE, now, said=told, round_left=left)
    else:
        _tell(session, office, officer, "officer_noted", now, said=told)


def _ask(
    session: Session, office: Office, officer: Officer, found: prompts.Next, now: datetime, told: str = ""
) -> None:
    slots = prompts.slots(session, office, officer, found.case)
    left = briefing.number(found.left)
    message_id = _tell(session, office, officer, "officer_next", now, said=told, round_left=left, **slots)
    prompts.put(session, officer, found.case, message_id, now, found.until, found.digest)


def _tell(session: Session, office: Office, officer: Officer, wording: str, now: datetime, **slots: str) -> int:
    text = briefing.compose(office, officer, wording, **slots)
    return outbox.queue_officer(session, office.vault, officer.id, wording, text, now, wanted=True)


def _is_with_her(session: Session, officer: Officer) -> bool:
    """Whether she is being asked something else: what could not wait, or what has left for her already."""
    query = (
        select(Prompt.digest_id, Message.sent_at)
        .join(Case, Case.id == Prompt.case_id)
        .join(Message, Message.id == Prompt.message_id)
        .where(Prompt.officer_id == officer.id, Prompt.answered_at.is_(None), prompts.answerable(officer))
    )
    still = session.execute(query).first()
    return still is not None and (still.digest_id is None or still.sent_at is not None)


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
    if not prompts.may_decline(session, officer, case):
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
