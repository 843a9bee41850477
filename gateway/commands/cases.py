"""`flask cases keep-time`: the clocks of the cases, worked out anew from their histories and the charter."""

from __future__ import annotations

from collections.abc import Sequence

import click
from flask.cli import AppGroup
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import timing
from gateway.cases.models import Case, Status
from gateway.cases.office import Office
from gateway.commands.plainly import open_for_commands, plainly

BATCH = 200
OVER = (Status.CLOSED, Status.WITHDRAWN)

cases_group = AppGroup("cases", help="The cases, as they are stored.")


@cases_group.command("keep-time")
def cases_keep_time() -> None:
    """Store for every case that has not closed what its clocks say by its history.

    After an update that brings a clock, or a change of the charter. It may be broken off and run again at any time.
    """
    count = last = 0
    with plainly():
        installation = open_for_commands()
        while True:
            with Session(installation.engine) as session, session.begin():
                kept = _keep_times(session, installation.office, last)
            if not kept:
                break
            count, last = count + len(kept), kept[-1]
    click.echo(f"{count} cases: their clocks are as their histories say.")


def _keep_times(session: Session, office: Office, after: int) -> Sequence[int]:
    """One batch of cases with ids above `after`; their ids. The caller commits."""
    ahead = select(Case).where(Case.id > after, Case.status.not_in(OVER)).order_by(Case.id).limit(BATCH)
    cases = session.scalars(ahead.with_for_update(key_share=True)).all()
    timing.keep_times(session, office, cases)
    return [case.id for case in cases]
