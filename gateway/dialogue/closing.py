"""Sessions that are over: a report that broke off becomes a draft, and how far she came is counted. Each once."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session as Transaction

from config.logging import log_failure
from gateway.cases import drafts
from gateway.cases.clock import local_day
from gateway.cases.drafts import Begun
from gateway.dialogue import giving_up, sessions
from gateway.dialogue.cache import SessionCache
from gateway.dialogue.sessions import Session
from gateway.installation import Installation
from gateway.messages.models import UssdSession
from menus.engine import Trace, trace

LONGEST_SESSION = timedelta(seconds=200)
"""A network ends every session after 180 seconds; a little more for clocks that disagree."""
REDIS_RETURNS = timedelta(minutes=10)
"""After its beginning a session waits no longer for a Redis that does not answer and may know what was typed in it."""
BATCH = 200


class Closer:
    """Closes sessions: the sweeper those whose time is over, a new dial those that the same phone left behind."""

    def __init__(self, installation: Installation, cache: SessionCache) -> None:
        self.installation = installation
        self.office = installation.office
        self.editions = installation.editions
        self.cache = cache

    def close_due(self, now: datetime) -> int:
        """Close what is over, oldest first, one batch, each session in a transaction of its own. Returns how many."""
        over = or_(UssdSession.over_at.is_not(None), UssdSession.started_at < now - LONGEST_SESSION)
        due = (
            select(UssdSession.id)
            .where(UssdSession.closed_at.is_(None), over)
            .order_by(UssdSession.started_at)
            .limit(BATCH)
        )
        with self.installation.statements.connect() as connection:
            found = connection.scalars(due).all()
        return sum(self.try_to_close(session_id, now) for session_id in found)

    def try_to_close(self, session_id: str, now: datetime, *, wait: bool = False) -> bool:
        """Close one session; one that cannot be closed, as no key opens it, keeps nobody from anything else."""
        try:
            return self.close(session_id, now, wait=wait)
        except Exception as error:
            log_failure("session_not_closed", error)
            return False

    def close(self, session_id: str, now: datetime, *, wait: bool = False) -> bool:
        """Close one session. False where another process has, or is about to; with `wait`, only when it has."""
        with Transaction(self.installation.engine) as transaction, transaction.begin():
            query = (
                select(UssdSession)
                .where(UssdSession.id == session_id, UssdSession.closed_at.is_(None))
                .with_for_update(skip_locked=not wait)
            )
            row = transaction.scalars(query).one_or_none()
            if row is None:
                return False
            session = sessions.of_row(row, self.office.vault)
            heard = self.cache.recall(session)
            begun = self._begun(row, session, reached := self._reached(session))
            if not heard and begun is None and now - row.started_at < REDIS_RETURNS:
                return False
            if begun:
                drafts.keep(transaction, self.office, begun, now)
            self._count(transaction, row, session, reached)
            # Nobody needs any more what was typed, nor a number that is not behind a draft or a case.
            transaction.execute(
                update(UssdSession)
                .where(UssdSession.id == session_id)
                .values(closed_at=now, phone_sealed=None, transcript_sealed=None)
            )
        self.cache.forget(session)
        return True

    def _reached(self, session: Session) -> Trace:
        """How far she came."""
        edition = self.editions.of(self.installation.engine, session.menu)
        return trace(edition.menu, session.inputs(session.text or ""), session.facts(edition.catalogue))

    def _begun(self, row: UssdSession, session: Session, reached: Trace) -> Begun | None:
        """The report that broke off, if there is one."""
        chosen = drafts.worth_keeping(self.office.county, reached.values, reached.facts)
        if chosen is None or reached.stopped is None or row.phone_sealed is None or session.filed:
            return None
        return Begun(
            session.id, row.phone_hash, row.phone_sealed, reached.language, chosen, row.started_at, session.resumed
        )

    def _count(self, transaction: Transaction, row: UssdSession, session: Session, reached: Trace) -> None:
        """What comes after *secret or danger* is counted nowhere: a county's few such reports must not show."""
        screens = self.editions.of(self.installation.engine, session.menu).menu.screens
        open_ones = tuple(takewhile(lambda name: not screens[name].uncounted, reached.screens))
        stopped = reached.stopped if len(open_ones) == len(reached.screens) else None
        day = local_day(row.started_at)
        giving_up.record(transaction.connection(), day, reached.language, session.network, open_ones, stopped)
