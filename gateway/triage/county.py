"""What the county administrator sees: who the officers are and whether SMS leave. No case, no words, no numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.cases.models import Case
from gateway.db import officer_session
from gateway.installation import Installation
from gateway.messages import codes, recording
from gateway.messages.models import IncomingSms, IncomingStatus, Message, MessageStatus, OutboxHalt
from gateway.people.models import Officer, Role
from gateway.triage.sign_in import officer
from workers.queues import wake

ALERTS = timedelta(days=7)
"""For how long what went wrong with an SMS is told to the county administrator."""


@dataclass(frozen=True)
class Overview:
    """What the front page tells.

    halted       a sentence that says what to do, or nothing; it stands until an SMS was taken, or somebody tries again
    halted_until when one SMS is tried again; None: that is over, and the next one that is due will tell
    alerts       what somebody at ICT has to look into: the sentence, and how many SMS of the last week it holds for
    quarantined  incoming texts set aside, those with confidential words not counted
    """

    officers: list[Officer]
    halted: str
    halted_until: datetime | None
    messages: Mapping[MessageStatus, int]
    alerts: Mapping[str, int]
    quarantined: int


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """What can be done on the county administrator's front page."""

    @routes.post("/triage/outbox/again")
    def try_again() -> ResponseReturnValue:
        """The account is in order again: no need to wait for the next try."""
        if officer().role is not Role.COUNTY:
            abort(404)
        with officer_session(installation.engine) as session:
            recording.clear_halt(session)
        log_event("outbox_tried_again", officer=officer().id)
        wake(installation.redis)
        flash("SMS are tried again now. If they are refused once more, it says so here.")
        return redirect(url_for("triage.queue"), 303)


def overview(session: Session) -> Overview:
    """Read it under the officers' role."""
    halt = session.execute(select(OutboxHalt.code, OutboxHalt.until, OutboxHalt.until > func.now())).first()
    rows = session.execute(select(Message.status, func.count().label("number")).group_by(Message.status))
    counts = {row.status: row.number for row in rows}
    # Confidential ones are counted for the ombudsman alone.
    aside = (IncomingSms.status == IncomingStatus.QUARANTINED) & ~IncomingSms.sensitive
    quarantined = select(func.count()).select_from(IncomingSms).where(aside)
    return Overview(
        officers=list(session.scalars(select(Officer).order_by(Officer.role, Officer.name))),
        halted=codes.halted(halt.code) if halt else "",
        halted_until=halt.until if halt and halt[2] else None,
        messages={status: counts.get(status, 0) for status in MessageStatus},
        alerts=_alerts(session),
        quarantined=session.scalar(quarantined) or 0,
    )


def _alerts(session: Session) -> Mapping[str, int]:
    """SMS about confidential cases are not among them: there may be just one."""
    code = func.lower(Message.code)
    query = (
        select(code.label("code"), func.count().label("number"))
        .outerjoin(Case, Case.id == Message.case_id)
        .where(
            Message.sent_at > func.now() - ALERTS, code.in_(codes.ALERTS),
            ~func.coalesce(Case.sensitive, False),
        )
        .group_by(code)
        .order_by(func.count().desc(), code)
    )  # fmt: skip
    return {codes.label(row.code): row.number for row in session.execute(query)}
