"""What the county administrator sees first: whether SMS leave, and what is to be put right. No case, no words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.cases import faults
from gateway.cases.clock import local_day
from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.messages import codes, recording
from gateway.messages.models import IncomingSms, IncomingStatus, Message, MessageStatus, OutboxHalt
from gateway.people.models import Officer, Post, Role
from gateway.people.presence import held_on
from gateway.triage.sign_in import officer, only
from workers.queues import wake

ALERTS = timedelta(days=7)
"""For how long what went wrong with an SMS is told to the county administrator."""
_OPEN_CASES = ~func.coalesce(Case.sensitive, False)


@dataclass(frozen=True)
class Overview:
    """What the front page tells.

    halted       a sentence that says what to do, or nothing; it stands until an SMS was taken, or somebody tries again
    halted_until when one SMS is tried again; None: that is over, and the next one that is due will tell
    alerts       what somebody at ICT has to look into: the sentence, and how many SMS of the last week it holds for
    quarantined  incoming texts set aside, those with confidential words not counted
    """

    halted: str
    halted_until: datetime | None
    messages: Mapping[MessageStatus, int]
    alerts: Mapping[str, int]
    quarantined: int


@dataclass(frozen=True)
class Setup:
    """How many officers are active, the names of those who deal with texts set aside, and how much in the county's
    set-up is to be put right."""

    officers: int
    desk: Sequence[str]
    faults: int


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """What can be done on the county administrator's front page."""

    @routes.post("/triage/outbox/again")
    def try_again() -> ResponseReturnValue:
        """The account is in order again: no need to wait for the next try."""
        only(Role.COUNTY)
        with officer_session(installation.engine, officer()) as session, as_owner(session):
            recording.clear_halt(session)
        log_event("outbox_tried_again", officer=officer().id)
        wake(installation.redis)
        flash("SMS are tried again now. If they are refused once more, it says so here.")
        return redirect(url_for("triage.queue"), 303)


@contextmanager
def administering(installation: Installation) -> Iterator[Session]:
    """A transaction with the owner's rights, for the county administrator alone; to all others there is no such page.

    Accounts, wards and trainers are hers to change, and what is kept of them the officers' role cannot read.
    """
    only(Role.COUNTY)
    with Session(installation.engine, expire_on_commit=False) as session, session.begin():
        yield session


def setup(session: Session, office: Office, now: datetime, *, demo: bool) -> Setup:
    """Read it as the owner: the officers' role sees too little of accounts."""
    active = select(func.count()).select_from(Officer).where(Officer.active)
    return Setup(session.scalar(active) or 0, _desk(session, now), len(faults.find(session, office, now, demo=demo)))


def overview(session: Session) -> Overview:
    """Read it as the owner. SMS about confidential cases are not counted: there may be just one."""
    halt = session.execute(select(OutboxHalt.code, OutboxHalt.until, OutboxHalt.until > func.now())).first()
    query = select(Message.status, func.count().label("number")).outerjoin(Case, Case.id == Message.case_id)
    rows = session.execute(query.where(_OPEN_CASES).group_by(Message.status))
    counts = {row.status: row.number for row in rows}
    # Confidential ones are counted for the ombudsman alone.
    aside = (IncomingSms.status == IncomingStatus.QUARANTINED) & ~IncomingSms.sensitive
    quarantined = select(func.count()).select_from(IncomingSms).where(aside)
    return Overview(
        halted=codes.halted(halt.code) if halt else "",
        halted_until=halt.until if halt and halt[2] else None,
        messages={status: counts.get(status, 0) for status in MessageStatus},
        alerts=_alerts(session),
        quarantined=session.scalar(quarantined) or 0,
    )


def _desk(session: Session, now: datetime) -> Sequence[str]:
    held = select(Post.officer_id).where(Post.role == Role.HOTLINE, held_on(local_day(now)))
    query = select(Officer.name).where(Officer.active, Officer.id.in_(held))
    return session.scalars(query.order_by(Officer.name, Officer.id)).all()


def _alerts(session: Session) -> Mapping[str, int]:
    """Of SMS about no confidential case."""
    code = func.lower(Message.code)
    query = (
        select(code.label("code"), func.count().label("number"))
        .outerjoin(Case, Case.id == Message.case_id)
        .where(
            Message.sent_at > func.now() - ALERTS, code.in_(codes.ALERTS), _OPEN_CASES,
        )
        .group_by(code)
        .order_by(func.count().desc(), code)
    )  # fmt: skip
    return {codes.label(row.code): row.number for row in session.execute(query)}
