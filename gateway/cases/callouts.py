"""Calling out: what cannot wait is told by SMS, at once and by night too, to every officer at whose desk it is new;
where none of them can be told, to those above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, func, or_, select, update
from sqlalchemy.orm import Session

from gateway.cases import briefing, events, lists, prompts
from gateway.cases.clock import local_day
from gateway.cases.models import Case, Status
from gateway.cases.office import Office
from gateway.messages import outbox
from gateway.messages.models import Message
from gateway.people.models import ALONE, Officer, Post, Role
from gateway.people.presence import held_at, is_away_on

WORDING = "officer_urgent"
AN_HOUR = timedelta(hours=1)
PER_HOUR = 6
"""So many to one officer: a flood that a whole ward reports is in her digest."""
FRESH = timedelta(days=1)
"""Since when a case may have been at its desk: what was new there before that, the digests have told."""


def call_out(session: Session, office: Office, now: datetime) -> int:
    """The next case that cannot wait: one SMS to each officer of its desk. 0 where there is none. The caller commits.

    One case in each transaction: officers are locked first, as by whoever hears their answers, and the case after them.
    """
    case = session.scalars(select(Case).where(_waits(office, now)).order_by(Case.desk_since, Case.id).limit(1)).first()
    if case is None:
        return 0
    officers = prompts.lock(session, _candidates(session, case, now))
    if not _is_ours(session, office, case, now):
        return 1  # another sweeper was faster, or it has moved on
    session.refresh(case)
    called = 0
    for whose in (prompts.askable, _sees_as(Role.SUB_COUNTY), _sees_as(Role.HOTLINE)):
        called = sum(_call(session, office, officer, case, whose(officer), now) for officer in officers)
        if called:
            break
    events.append(session, case, "called_out", now, vault=office.vault, officers=called)
    return 1


def _waits(office: Office, now: datetime) -> ColumnElement[bool]:
    """New at a desk that was not called since it came there, by its category or by what was read from the words."""
    since = or_(Case.called_out_at.is_(None), Case.called_out_at < Case.desk_since)
    return and_(
        lists.one_of(Case.status, Status.NEW), prompts.urgent(office), Case.desk_since > now - FRESH,
        ~Case.sensitive, lists.opened(), since,
    )  # fmt: skip


def _is_ours(session: Session, office: Office, case: Case, now: datetime) -> bool:
    """Write down that its desk is called, once; also where nobody there has a phone."""
    changed = session.execute(
        update(Case)
        .where(Case.id == case.id, _waits(office, now))
        .values(called_out_at=now)
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    )
    return changed.first() is not None


def _candidates(session: Session, case: Case, now: datetime) -> Sequence[int]:
    """Officers with a phone and a post from which this case may be seen, who are not on leave."""
    posts = or_(
        and_(Post.role == Role.WARD, Post.ward_code == case.ward_code),
        and_(Post.role == Role.SUB_COUNTY, Post.sub_county_code == case.sub_county_code),
        and_(Post.role.in_((Role.DEPARTMENT, Role.CHIEF_OFFICER)), Post.department == case.department),
        Post.role.in_((Role.HOTLINE, Role.COUNTY_SECRETARY)),
    )
    held = and_(held_at(now), ~is_away_on(local_day(now)))
    query = (
        select(Officer.id)
        .join(Post, Post.officer_id == Officer.id)
        .where(Officer.active, Officer.phone_hash.is_not(None), Post.role.not_in(ALONE), posts, held)
        .distinct()
    )
    return session.scalars(query).all()


def _sees_as(role: Role) -> Callable[[Officer], ColumnElement[bool]]:
    """Whether an officer with such a post sees it, at whatever desk it is new."""
    return lambda officer: prompts.untaken(officer) if officer.holds(role) else false()


def _call(
    session: Session, office: Office, officer: Officer, case: Case, whose: ColumnElement[bool], now: datetime
) -> bool:
    """Tell her, if `whose` holds and she was not told of too many within the hour."""
    if session.scalar(select(Case.id).where(Case.id == case.id, whose)) is None:
        return False
    lately = select(func.count()).where(
        Message.officer_id == officer.id, Message.created_at > now - AN_HOUR, Message.wording == WORDING
    )
    if (session.scalar(lately) or 0) >= PER_HOUR:
        return False
    text = briefing.compose(office, officer, WORDING, **prompts.slots(session, office, officer, case))
    message_id = outbox.queue_officer(session, office.vault, officer.id, WORDING, text, now, wanted=True)
    prompts.put(session, officer, case, message_id, now, prompts.after_a_day(office, now))
    return True
