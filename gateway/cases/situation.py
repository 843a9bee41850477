"""What is known when a text arrives: who wrote, what she was asked, which of her cases it may be about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from config.rights import CORRECT
from gateway.cases import carrying, drafts, links, reading, residents_own
from gateway.cases.categories import DANGER, OTHER
from gateway.cases.models import OPEN, Case, CaseEvent, Channel, Confirmation, Draft, Kind, Status
from gateway.cases.office import Office
from gateway.cases.reading import Reading
from gateway.cases.requests import ASKS_WORDS
from gateway.cases.residents_own import Caller
from gateway.cases.sensitivity import sensitive_category
from gateway.cases.spelling import plain
from gateway.messages import questions
from gateway.messages.conversation import Decided, decide, reference_in
from gateway.messages.models import IncomingSms, Message, MessageStatus, Question
from gateway.people.models import Resident

INVITATION_HOURS = 48
"""How long the first answer to a *received* text is added to its case."""
A_MOMENT = timedelta(minutes=5)
"""Between two texts of one story."""
LOOKED_AT = 5
"""Open cases of hers that a text is compared with, the latest ones."""


@dataclass(frozen=True)
class Situation:
    """One text and all that the decision on it went by.

    resident   who wrote (None: her first contact), under her number `phone`
    question   the one open question of this phone
    named      the case of hers whose reference stands in the text; `reference` is what stands there, hers or not
    awaited    the case in which an officer waits for her answer
    invited    the case for which we asked her for words, and none have come yet
    older      the open case that a text without any sign may belong to
    """

    text: str
    phone: str
    caller: Caller
    resident: Resident | None
    question: Question | None
    read: Reading
    reference: str | None
    named: Case | None
    awaited: Case | None
    invited: Case | None
    older: Case | None
    decided: Decided

    @property
    def about(self) -> Case | None:
        """The case that words are added to."""
        return self.named or self.awaited or self.invited or self.older


def look(session: Session, office: Office, incoming: IncomingSms, phone: str, now: datetime) -> Situation:
    """Read all that there is to know about a text, and decide what it is. The caller has her phone locked."""
    text, caller = office.vault.open(incoming.text_sealed), Caller(office.vault.phone_hash(phone))
    resident = session.scalars(select(Resident).where(Resident.phone_hash == caller.phone_hash)).one_or_none()
    read = reading.read(office.county, text)
    question = _question(session, resident, read, now)
    reference = reference_in(text)
    hold(session, resident, reference)
    hers = open_cases(session, resident) if resident else []
    named = _named(session, office, reference, caller)
    # What is confidential is a matter of its own: a guess must not take an everyday report out of its ward's sight.
    guessing = resident is not None and sensitive_category(office.county, text) is None
    awaited = _awaited(session, resident, read) if resident and guessing else None
    invited = _invited(session, resident, read, now) if resident and guessing and not awaited else None
    older = _older(hers, read, text) if guessing else None
    asked = session.get(Case, question.case_id) if question and question.case_id else None
    decided = decide(
        text,
        question.kind if question else None,
        options=len(question.options or ()) if question else 0,
        ward_named=read.ward is not None,
        matter_named=read.category is not None,
        foreign=asked is not None and (is_alarm(read, asked) or not may_be_about(asked, read)),
        danger=is_alarm(read, asked) or is_alarm(read, named or awaited or invited or older),
        own_reference=named is not None,
        reference_asked=bool(question and named and named.id == question.case_id),
        invited=invited is not None,
        awaited=awaited is not None,
        open_cases=len(hers),
        elsewhere=older is None,
        repeated=older is not None and _says(older, text),
        going_on=older is not None and _goes_on(text, read) and _is_at_it(session, older, incoming),
    )
    return Situation(
        text, phone, caller, resident, question, read, reference, named, awaited, invited, older, decided
    )  # fmt: skip


def hold(session: Session, resident: Resident | None, reference: str | None) -> None:
    """Lock what everybody locks first of the cases that a text may be about: see `carrying.hold_lead`."""
    named = Case.id == links.end_of(reference) if reference else false()
    carrying.hold_lead(session, named | (_at_work(resident) if resident else false()))


def _question(session: Session, resident: Resident | None, read: Reading, now: datetime) -> Question | None:
    """The open question, unless it is about a draft that this text cannot be about."""
    question = questions.open_question(session, resident.id, now) if resident else None
    if question is None or question.draft_id is None:
        return question
    if not _is_about_draft(session, question):
        return None
    draft = session.get_one(Draft, question.draft_id)
    elsewhere = read.ward is not None and draft.ward_code not in (None, read.ward.code)
    burns = read.category == DANGER != draft.category
    return None if elsewhere or burns else question


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


def _named(session: Session, office: Office, reference: str | None, caller: Caller) -> Case | None:
    """The case of hers whose reference stands in the text."""
    return residents_own.own_case(session, office, reference, caller) if reference else None


def _awaited(session: Session, resident: Resident, read: Reading) -> Case | None:
    """Her latest case that waits for her answer to an officer, unless the text names both another ward and matter."""
    query = (
        select(Case)
        .where(Case.resident_id == resident.id, Case.status == Status.WAITING)
        .order_by(Case.desk_since.desc(), Case.id.desc())
        .limit(1)
        .with_for_update()
    )
    case = session.scalars(query).first()
    return case if case and (_same_place(case, read) or _same_matter(case, read)) else None


def _invited(session: Session, resident: Resident, read: Reading, now: datetime) -> Case | None:
    """Her latest USSD case, or request to correct her data, if our answer asked for words and none have come yet.

    A text that names another ward is a report of its own, and one that names a matter never is a correction.
    """
    asks_words = Case.channel == Channel.USSD
    if read.category is None:
        by_sms = (Case.category == CORRECT) & (Case.channel == Channel.SMS)
        asks_words |= by_sms & ~Case.sensitive & Case.words.is_(None)
    query = (
        select(Case)
        .where(Case.resident_id == resident.id, asks_words, Case.status.in_(OPEN))
        .order_by(Case.received_at.desc())
        .limit(1)
        .with_for_update()
    )
    case = session.scalars(query).first()
    if case is None or (now - case.received_at).total_seconds() > INVITATION_HOURS * 3600:
        return None
    if case.category != CORRECT and read.ward is not None and read.ward.code != case.ward_code:
        return None
    asked = select(Message.id).where(
        Message.case_id == case.id,
        Message.wording.in_(("received", ASKS_WORDS)),
        Message.status != MessageStatus.CANCELLED,
    )
    if session.scalar(asked.limit(1)) is None:
        return None
    added = select(CaseEvent.id).where(
        CaseEvent.case_id == case.id, CaseEvent.name == "words_added", CaseEvent.data["channel"].astext == "sms"
    )
    return None if session.scalar(added.limit(1)) else case


def open_cases(session: Session, resident: Resident) -> list[Case]:
    """Her latest cases that somebody works on, or says to have solved. Confidential ones are in no such list."""
    # No text goes on from a request about data or information: that is another matter.
    which = (_at_work(resident), ~Case.sensitive, Case.kind != Kind.REQUEST)
    latest = select(Case.id).where(*which).order_by(Case.received_at.desc(), Case.id.desc()).limit(LOOKED_AT)
    # Locked in the order in which everybody locks cases that hang together, or two would wait for each other.
    locking = select(Case).where(Case.id.in_(latest), *which).order_by(Case.id).with_for_update()
    return sorted(session.scalars(locking), key=lambda case: (case.received_at, case.id), reverse=True)


def _at_work(resident: Resident) -> ColumnElement[bool]:
    asked = (Case.status == Status.RESOLVED) & (Case.confirmation == Confirmation.ASKED)
    return (Case.resident_id == resident.id) & (Case.status.in_(OPEN) | asked)


def _older(cases: list[Case], read: Reading, text: str) -> Case | None:
    """The one of her cases that a text may be about: the one with these words, else the latest that it does not
    contradict, by another ward or by another matter."""
    same = [case for case in cases if _says(case, text)]
    fitting = [case for case in cases if may_be_about(case, read)]
    return next(iter(same or fitting), None)


def _goes_on(text: str, read: Reading) -> bool:
    """`na daktari hayuko` after `hakuna dawa`: it names no matter, or begins with an *and*."""
    return read.category is None or plain(text).partition(" ")[0] in ("na", "and")


def _is_at_it(session: Session, case: Case, incoming: IncomingSms) -> bool:
    """Whether she wrote about this case a moment ago: long stories come in several texts."""
    before = select(IncomingSms.id).where(
        IncomingSms.case_id == case.id, IncomingSms.id < incoming.id,
        IncomingSms.received_at > incoming.received_at - A_MOMENT,
    )  # fmt: skip
    return session.scalar(before.limit(1)) is not None


def _says(case: Case, text: str) -> bool:
    words = plain(text)
    return bool(words) and words in {plain(case.words or ""), *map(plain, (case.words or "").split("\n"))}


def may_be_about(case: Case, read: Reading) -> bool:
    """Whether a text names no other ward and no other matter than this case has."""
    return _same_place(case, read) and _same_matter(case, read)


def is_alarm(read: Reading, case: Case | None) -> bool:
    """Whether a text tells of a fire, a flood or an accident, and this case, to which it would be added, does not.

    Not where the case is confidential: what she adds to it stays in sight of nobody else.
    """
    return read.category == DANGER and case is not None and not case.sensitive and _known(case) != DANGER


def _same_place(case: Case, read: Reading) -> bool:
    if read.among:
        return case.ward_code is None or case.ward_code in {ward.code for ward in read.among}
    return read.ward is None or case.ward_code in (None, read.ward.code)


def _same_matter(case: Case, read: Reading) -> bool:
    return read.category is None or _known(case) in (None, read.category)


def _known(case: Case) -> str | None:
    """What a case is about, as far as anybody or the reading of its words has said."""
    return (case.guess or {}).get("category") if case.category == OTHER else case.category
