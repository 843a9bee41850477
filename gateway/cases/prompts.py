"""Prompts: one case at a time that an officer is asked about by SMS. What she answers: `cases.answering`.

At most one prompt of each officer is open. One that another took the place of is `over`, and is gone back to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from gateway.cases import briefing, lists
from gateway.cases.categories import OTHER
from gateway.cases.desk_models import Digest, Prompt
from gateway.cases.models import Case, Channel, Desk, Kind, Status
from gateway.cases.office import Office
from gateway.cases.unasked import OVER
from gateway.cases.visibility import visible
from gateway.messages import outbox
from gateway.messages.models import Message
from gateway.people import audit
from gateway.people.models import Officer

DIGEST, DONE = "officer_digest", "officer_done"
DECLINES = (Desk.WARD, Desk.SUB_COUNTY, Desk.DEPARTMENT)
"""Desks that may say *not mine*: above them, and at the county desk, it would go nowhere."""
MOST_ASKED = 40
"""Cases of one round that she is asked about: two machines that answer each other must come to an end."""


@dataclass(frozen=True)
class Next:
    """What she is asked next, until when, in which round if it is of one, and how many wait after it."""

    case: Case
    until: datetime
    digest: Digest | None
    left: int


def askable(officer: Officer) -> ColumnElement[bool]:
    """What a digit can answer: a grievance that is new at a desk of hers, not confidential, and that she may see."""
    return and_(lists.here(officer), untaken(officer))


def untaken(officer: Officer) -> ColumnElement[bool]:
    """The same at any desk."""
    new = lists.one_of(Case.status, Status.NEW, Status.REFERRED)
    usual = and_(~Case.sensitive, Case.kind == Kind.GRIEVANCE, Case.proposed_by_id.is_(None))
    return and_(lists.opened(), new, usual, visible(officer))


def answerable(officer: Officer) -> ColumnElement[bool]:
    """What she may answer of what she was asked: at a desk of hers, or where it was when she was called out for it.

    For single cases: no index helps it.
    """
    call = aliased(Prompt)
    called = select(call.id).where(
        call.officer_id == officer.id, call.case_id == Case.id, call.digest_id.is_(None),
        call.asked_at >= Case.desk_since,
    )  # fmt: skip
    return and_(or_(lists.here(officer), called.exists()), untaken(officer))


def urgent(office: Office) -> ColumnElement[bool]:
    """What cannot wait, by its category or by what was read from the words."""
    codes = [category.code for category in office.county.categories if category.urgent]
    read = and_(Case.category == OTHER, Case.guess["category"].astext.in_(codes))
    return or_(Case.category.in_(codes), func.coalesce(read, False))


def first(
    session: Session, office: Office, officer: Officer, now: datetime, digest: Digest | None = None
) -> Case | None:
    """The case that she is asked about next: what cannot wait, and of it what she is asked about already; then what is
    disputed, late, oldest. None twice in one round."""
    asked = select(Prompt.case_id).where(Prompt.officer_id == officer.id, Prompt.answered_at.is_(None))
    at_once = urgent(office)
    query = select(Case).where(askable(officer))
    if digest:
        query = query.where(~_was_answered(digest))
    order = (and_(at_once, Case.id.in_(asked)).desc(), at_once.desc(), *lists.order(now))
    return session.scalars(query.order_by(*order).limit(1)).first()


def following(session: Session, office: Office, officer: Officer, now: datetime) -> Next | None:
    """What comes after her answer: what she was called out for and has not answered, then the rest of her round."""
    last = round_of(session, officer, now)
    digest = session.get(Digest, last.digest_id) if last else None
    called = _called(session, officer, now)
    if called:
        case = session.get_one(Case, called[0].case_id)
    elif digest and (found := _rest(session, office, officer, digest, now)):
        case = found
    else:
        return None
    until = last.expires_at if last else called[0].expires_at
    if digest is None:
        return Next(case, until, None, len({prompt.case_id for prompt in called}) - 1)
    return Next(case, until, digest, count(session, and_(askable(officer), Case.id != case.id, ~_was_answered(digest))))


def round_of(session: Session, officer: Officer, now: datetime) -> Prompt | None:
    """The last prompt of her round, while that goes on: until its time is over, or she was told that those were all."""
    of_rounds = select(Prompt).where(Prompt.officer_id == officer.id, Prompt.digest_id.is_not(None))
    last = session.scalars(of_rounds.order_by(Prompt.id.desc()).limit(1)).first()
    if last is None or last.expires_at <= now:
        return None
    done = (Message.officer_id == officer.id, Message.created_at >= last.asked_at, Message.wording == DONE)
    return None if session.scalar(select(Message.id).where(*done).limit(1)) else last


def _called(session: Session, officer: Officer, now: datetime) -> list[Prompt]:
    """Prompts about what could not wait that another took the place of, the oldest first, if she may answer them still
    and has not done so since."""
    since = aliased(Prompt)
    answered = select(since.id).where(
        since.officer_id == Prompt.officer_id, since.case_id == Prompt.case_id, since.answer != OVER,
        since.answered_at >= Prompt.asked_at,
    )  # fmt: skip
    query = (
        select(Prompt)
        .join(Case, Case.id == Prompt.case_id)
        .where(
            Prompt.officer_id == officer.id, Prompt.digest_id.is_(None), Prompt.answer == OVER,
            Prompt.expires_at > now, ~answered.exists(), answerable(officer),
        )
        .order_by(Prompt.id)
    )  # fmt: skip
    return list(session.scalars(query))


def _rest(session: Session, office: Office, officer: Officer, digest: Digest, now: datetime) -> Case | None:
    asked = session.scalar(select(func.count()).select_from(Prompt).where(Prompt.digest_id == digest.id)) or 0
    return first(session, office, officer, now, digest) if asked < MOST_ASKED else None


def _was_answered(digest: Digest) -> ColumnElement[bool]:
    """Whether she has answered about it since this round began: in the round, or because it could not wait."""
    since = (Prompt.officer_id == digest.officer_id, Prompt.answered_at >= digest.made_at, Prompt.answer != OVER)
    return select(Prompt.id).where(*since, Prompt.case_id == Case.id).exists()


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
    """She is not asked any more what she was asked. A digest that has not left does not leave; what could not wait,
    and what tells her what her answer did, does."""
    gone = session.scalars(
        update(Prompt)
        .where(Prompt.officer_id == officer_id, Prompt.answered_at.is_(None))
        .values(answer=OVER, answered_at=now)
        .returning(Prompt.message_id)
        .execution_options(synchronize_session=False)
    ).all()
    digests = select(Message.id).where(Message.id.in_([one for one in gone if one]), Message.wording == DIGEST)
    outbox.cancel_some(session, session.scalars(digests).all())


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


def slots(session: Session, office: Office, officer: Officer, case: Case) -> Mapping[str, str]:
    """Which case it is, what it is about, and what she may answer."""
    choices = briefing.choices(office, officer, all_three=may_decline(session, officer, case))
    return {**briefing.case_slots(office, officer, case), "choices": choices}


def may_decline(session: Session, officer: Officer, case: Case) -> bool:
    """Whether *not mine* can be said of it by SMS: it is at a desk of hers, and was not sent up to there."""
    if case.desk not in DECLINES or case.raised_to is not None:
        return False
    return session.scalar(select(Case.id).where(Case.id == case.id, lists.here(officer))) is not None


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
