"""What officers do with cases that belong together, or do not: join two, part them again, split a text off."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from gateway.cases import actions, asking, carrying, desks, events, links, timing
from gateway.cases.actions import Faster, Refused
from gateway.cases.categories import OTHER
from gateway.cases.filing import Report, file_case
from gateway.cases.models import OPEN, Case, CaseEvent, Channel, Status
from gateway.cases.office import Office
from gateway.cases.reading import read
from gateway.cases.references import spoken
from gateway.cases.replying import guess_of
from gateway.cases.residents_own import resume
from gateway.cases.visibility import visible, visible_to
from gateway.db import as_owner
from gateway.messages import outbox, questions
from gateway.messages.conversation import Decision, decide
from gateway.messages.models import IncomingSms, Message, MessageStatus
from gateway.people.models import Officer, Resident

JOINED, SPLIT = ("joined", "joined_late"), ("split", "split_late")
"""The wordings that tell the resident: with the promise, and where it is broken."""


@dataclass(frozen=True)
class Related:
    """The cases that hang together with one, as far as an officer may see them.

    follows       the older one that this one may belong to: what `join` would join it to, open or not
    followed_by   newer ones that may belong to this one, and that nobody joined
    joined        those that were joined to this one
    into          the one that this one was joined to, and in which it goes on
    """

    follows: Case | None = None
    followed_by: list[Case] = field(default_factory=list)
    joined: list[Case] = field(default_factory=list)
    into: Case | None = None


def related(session: Session, officer: Officer, case: Case) -> Related:
    """Everything that `case` hangs together with and `officer` may see."""

    def seen(*which: ColumnElement[bool]) -> list[Case]:
        query = visible_to(officer).where(Case.id != case.id, Case.status != Status.WITHDRAWN, *which)
        return list(session.scalars(query.order_by(Case.id)))

    if case.joined_id is not None:
        into = seen(Case.id == _end_of(session, case.id))
        return Related(into=next(iter(into), None), joined=seen(Case.joined_id == case.id))
    follows = seen(Case.id == _end_of(session, case.follows_id)) if case.follows_id is not None else []
    return Related(
        follows=next(iter(follows), None),
        followed_by=seen(Case.follows_id == case.id, Case.joined_id.is_(None), Case.status.in_(OPEN)),
        joined=seen(Case.joined_id == case.id),
    )


def _end_of(session: Session, case_id: int) -> int | None:
    """The id of the case in which this one goes on. The way may lead through cases that she cannot see."""
    with as_owner(session):
        reference = session.scalars(select(Case.reference).where(Case.id == case_id)).one()
        return session.scalar(select(links.end_of(reference)))


def join(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> Case:
    """Join a case to the older one that it follows, which goes on with the words of both; returns that one.

    It is closed without an ending, and the promise is the earlier of the two. She is told once.
    """
    _hold(session, case, officer)
    older = _older(session, case, officer)
    resume(session, office, older, now)
    older.words = "\n".join(words for words in (older.words, case.words) if words) or None
    carrying.let_go(session, office, case, now)
    actions.change(session, case, officer, "join", status=Status.CLOSED, closed_at=now, joined_id=older.id)
    _record(session, office, officer, now, "joined", case, older)
    questions.withdraw(session, case.id)
    # What she was about to read is not so any more; where she still waits for her reference, this brings it.
    wanted = _waits(session, case)
    outbox.cancel(session, case.id)
    promise = office.letters.promise(older.due_at, case.language)
    slots = {"other": spoken(older.reference), "promise": promise}
    asking.send(session, office, case, JOINED[_is_late(older, now)], now, wanted=wanted, slots=slots)
    return older


def _is_late(case: Case, now: datetime) -> bool:
    """Whether the promise is broken, so that no day can be named any more."""
    return case.due_at is not None and case.due_at < now


def _hold(session: Session, case: Case, officer: Officer) -> None:
    """Lock the case and read it anew.

    Whoever needs two cases waits for this one only, and takes the other where it is free (`_take`): an officer who
    holds a case never waits, so no two officers, and no officer and resident, ever wait for each other.
    """
    query = select(Case).where(Case.id == case.id, visible(officer)).with_for_update(key_share=True)
    if session.scalars(query.execution_options(populate_existing=True)).one_or_none() is None:
        raise Faster


def _take(session: Session, which: ColumnElement[bool]) -> Case:
    """The other case, locked. Somebody who has it at this moment is faster."""
    query = select(Case).where(which).with_for_update(key_share=True, skip_locked=True)
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise Faster
    return found


def _older(session: Session, case: Case, officer: Officer) -> Case:
    """The case to join this one to, locked, if the two may be joined."""
    if case.status not in OPEN:
        raise Faster
    older = related(session, officer, case).follows
    if case.sensitive or older is None or older.resident_id is None or older.resident_id != case.resident_id:
        raise Refused("There is no other report of this resident here that it could be joined to.")
    older = _take(session, (Case.id == older.id) & visible(officer))
    if older.joined_id is not None or older.status is Status.WITHDRAWN:
        raise Faster
    if older.status not in OPEN:
        raise Refused(f"{spoken(older.reference)} has ended already. Work on this report by itself.")
    return older


def part(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> None:
    """Undo a join: the case is new again at its own desk, with its own promise, and takes its words along."""
    _hold(session, case, officer)
    if case.joined_id is None:
        raise Refused("It is not joined to another report.")
    if case.sensitive:
        raise Refused("A confidential case stays whole. Release it first, with a reason.")
    into = _take(session, Case.id == case.joined_id)
    onward = into
    while True:  # where its words went, and went on to
        onward.words = _without(onward.words, case.words)
        if onward.joined_id is None:
            break
        onward = _take(session, Case.id == onward.joined_id)
    desk = desks.desk_again(session, case)
    actions.change(
        session, case, officer, "part", status=Status.NEW, closed_at=None, joined_id=None, assignee_id=None,
        desk=desk, desk_since=case.desk_since if case.desk is desk else now,
        **desks.NOT_OUTSIDE,
    )  # fmt: skip
    _record(session, office, officer, now, "parted", case, into)
    _unjoin(session, office, case, now)


def _unjoin(session: Session, office: Office, case: Case, now: datetime) -> None:
    """Tell her, unless she has not been told of the join either: then she knows all that there is to know."""
    outbox.cancel(session, case.id, JOINED)
    last = select(Message.status).where(Message.case_id == case.id, Message.wording.in_(JOINED))
    told = session.scalar(last.order_by(Message.id.desc()).limit(1)) is not MessageStatus.CANCELLED
    left = select(Message.id).where(Message.case_id == case.id, Message.sent_at.is_not(None))
    knows = session.scalar(left.limit(1)) is not None
    if told or not knows:
        asking.send(session, office, case, SPLIT[_is_late(case, now)], now, wanted=not knows)


def split(session: Session, office: Office, case: Case, officer: Officer, incoming_id: int, now: datetime) -> str:
    """Make a text that was added to this case a case of its own; returns its reference.

    Its clock starts when the text came. Where the words turn out to be confidential it is nobody's here to know of:
    the reference is then that of the case at hand.
    """
    _hold(session, case, officer)
    if case.sensitive:
        raise Refused("A confidential case stays whole. Release it first, with a reason.")
    if case.status not in actions.ALLOWED["split"]:
        raise Faster
    if case.resident_id is None:
        raise Refused("The resident hid her number: she could not be told of a second report.")
    said = _added(session, office, case, incoming_id)
    made = _file(session, office, case, said, now)
    case.words = _without(case.words, said.words)
    session.execute(update(IncomingSms).where(IncomingSms.id == said.id).values(case_id=made.id))
    wording = "received_confidential" if made.sensitive else SPLIT[_is_late(made, now)]
    asking.send(session, office, made, wording, now)
    if made.sensitive:
        events.append(session, case, "split", now, vault=office.vault, officer_id=officer.id)
        return case.reference
    _record(session, office, officer, now, "split", made, case)
    return made.reference


@dataclass(frozen=True)
class _Text:
    """A text of hers: its words, and when it came."""

    id: int
    words: str
    received_at: datetime


def _added(session: Session, office: Office, case: Case, incoming_id: int) -> _Text:
    """The text, the words of which must have been added to this case after it was filed."""
    # Column by column: who sent it is out of reach of the officers' role.
    query = select(IncomingSms.text_sealed, IncomingSms.received_at)
    row = session.execute(query.where(IncomingSms.id == incoming_id, IncomingSms.case_id == case.id)).one_or_none()
    if row is None:
        raise Faster
    came = CaseEvent.data["incoming"].as_integer() == incoming_id
    if session.scalar(select(CaseEvent.id).where(CaseEvent.case_id == case.id, came).limit(1)) is None:
        raise Refused("This text is the report itself, or added nothing to it.")
    said = _Text(incoming_id, office.vault.open(row.text_sealed).strip(), row.received_at)
    if decide(said.words, None).decision is not Decision.NEW:
        raise Refused("There is nothing in this text that could be a report.")
    return said


def _file(session: Session, office: Office, case: Case, said: _Text, now: datetime) -> Case:
    """File the text as a case of the same resident and ward, which may belong to the one that it comes from."""
    # The ward is that of the case, and no guess.
    guess = guess_of(read(office.county, said.words)) or {}
    guess.pop("ward", None)
    language = session.scalar(select(Resident.language).where(Resident.id == case.resident_id))
    report = Report(
        channel=Channel.SMS,
        source_id=f"split:{said.id}",
        category=OTHER,
        language=language or case.language,
        ward_code=case.ward_code,
        words=said.words,
        quiet=True,
        follows=case.id,
        guess=guess or None,
        resident_id=case.resident_id,
        received_at=min(said.received_at, now),
        practice=case.practice,
    )
    with as_owner(session):
        filed = file_case(session.connection(), office, report, now)
    return session.scalars(select(Case).where(Case.reference == filed.reference)).one()


def _without(words: str | None, taken: str | None) -> str | None:
    """`words` without the lines of `taken`, where they stand together in them; the last time that they do."""
    lines, gone = (words or "").split("\n"), (taken or "").split("\n")
    for start in range(len(lines) - len(gone), -1, -1):
        if taken and lines[start : start + len(gone)] == gone:
            return "\n".join(lines[:start] + lines[start + len(gone) :]) or None
    return words


def _waits(session: Session, case: Case) -> bool:
    """Whether something that she waits for is still to be sent about this case."""
    query = select(Message.id).where(
        Message.case_id == case.id, Message.wanted, Message.status.in_(outbox.UNSENT), Message.sent_at.is_(None)
    )
    return session.scalar(query.limit(1)) is not None


def _record(
    session: Session, office: Office, officer: Officer, now: datetime, name: str, newer: Case, older: Case
) -> None:
    """One line in either history. `newer`: whether it is that of the newer one; `other`: the other's reference.

    `other` is missing where nobody may know any more which one it was. `due`: what the joined one had been promised.
    """
    for case, other in ((newer, older), (older, newer)):
        promise = newer.due_at.isoformat() if name == "joined" and case is older and newer.due_at else None
        events.append(
            session, case, name, now, vault=office.vault, officer_id=officer.id, other=other.reference,
            newer=case is newer, **({"due": promise} if promise else {}),
        )  # fmt: skip
        timing.keep_time(session, office, case)
