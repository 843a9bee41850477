"""What the county administrator sees: who the officers are and whether SMS leave. No case, no words, no numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.db import officer_session
from gateway.installation import Installation
from gateway.messages import codes, recording
from gateway.messages.models import IncomingSms, IncomingStatus, Message, MessageStatus, OutboxHalt
from gateway.people.models import Officer, Role
from gateway.triage.sign_in import officer
from workers.queues import wake


@dataclass(frozen=True)
class Overview:
    """`halted` is a sentence that says what to do, or nothing; `waiting` counts texts that are not sent yet."""

    officers: list[Officer]
    halted: str
    halted_until: datetime | None
    messages: Mapping[MessageStatus, int]
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
    halt = session.scalars(select(OutboxHalt).where(OutboxHalt.until > func.now())).first()
    rows = session.execute(select(Message.status, func.count().label("number")).group_by(Message.status))
    counts = {row.status: row.number for row in rows}
    # Confidential ones are counted for the ombudsman alone.
    aside = (IncomingSms.status == IncomingStatus.QUARANTINED) & ~IncomingSms.sensitive
    quarantined = select(func.count()).select_from(IncomingSms).where(aside)
    return Overview(
        officers=list(session.scalars(select(Officer).order_by(Officer.role, Officer.name))),
        halted=codes.label(halt.code) if halt else "",
        halted_until=halt.until if halt else None,
        messages={status: counts.get(status, 0) for status in MessageStatus},
        quarantined=session.scalar(quarantined) or 0,
    )
