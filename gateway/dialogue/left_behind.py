"""Sessions that are over: a report that broke off becomes a draft, and how far she came is counted. Each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session as Transaction

from config.logging import log_failure
from gateway.cases import drafts
from gateway.cases.clock import local_day
from gateway.cases.drafts import Begun
from gateway.dialogue import giving_up, sessions
from gateway.dialogue.answers import Asked, answer
from gateway.dialogue.cache import SessionCache
from gateway.dialogue.models import UssdSession
from gateway.dialogue.sessions import Session
from gateway.installation import Installation
from menus.engine import Need, Trace, trace, walk

LONGEST_SESSION = timedelta(seconds=200)
"""A network ends every session after 180 seconds; a little more for clocks that disagree."""
REDIS_RETURNS = timedelta(minutes=10)
"""After its beginning a session waits no longer for a Redis that does not answer and may know what was typed in it."""
BATCH = 200
ADD_WORDS = "add_words"
"""An effect that a session may have asked for at its last hop."""
TELLING = ("file", "nearby")
"""What it may have asked for with an answer that told more of her report: the place in its ward, the problem."""


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
        after = datetime.min.replace(tzinfo=UTC)
        while True:
            # Past those that cannot be closed now: they keep nobody else from it.
            due = (
                select(UssdSession.id, UssdSession.started_at)
                .where(UssdSession.closed_at.is_(None), over, UssdSession.started_at > after)
                .order_by(UssdSession.started_at)
                .limit(BATCH)
            )
            with self.installation.statements.connect() as connection:
                found = connection.execute(due).all()
            done = sum(self.try_to_close(row.id, now) for row in found)
            if done or len(found) < BATCH:
                return done
            after = found[-1].started_at

    def try_to_close(self, session_id: str, now: datetime, *, wait: bool = False) -> bool:
        """Close one session; one that cannot be closed, as no key opens it, keeps nobody from anything else."""
        try:
            return self.close(session_id, now, wait=wait)
        except Exception as error:
            log_failure("session_not_closed", error)
            return False

    def close(self, session_id: str, now: datetime, *, wait: bool = False) -> bool:
        """Close one session. False where another process has, or is about to; with `wait`, only when it has."""
        with self.installation.statements.connect() as connection:
            known = sessions.load(connection, session_id, self.office.vault)
        if known is None:
            return False
        heard = self.cache.recall(known)
        self._keep_words(known, now)
        with Transaction(self.installation.engine) as transaction, transaction.begin():
            if wait:
                # She is on the phone: what another process holds longer than this, the sweeper closes.
                transaction.execute(text("SET LOCAL lock_timeout = '2s'"))
            query = (
                select(UssdSession)
                .where(UssdSession.id == session_id, UssdSession.closed_at.is_(None))
                .with_for_update(skip_locked=not wait)
            )
            row = transaction.scalars(query).one_or_none()
            if row is None:
                return False
            session = sessions.of_row(row, self.office.vault)
            session.complete(known.text, known.cuts)
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

    def _keep_words(self, session: Session, now: datetime) -> None:
        """Words for a report that was filed, whose hop was not answered: kept as far as they came."""
        while (need := self._unanswered(session)) is not None and need.name == ADD_WORDS:
            asked = Asked(self.office, session, "", need, session.text or "", now)
            session.answers[need.key] = dict(answer(self.installation, asked))

    def _unanswered(self, session: Session) -> Need | None:
        """What the walk asks for where it stands."""
        edition = self.editions.of(self.installation.engine, session.menu)
        facts = session.facts(edition.catalogue, self.office.vault)
        step = walk(edition.menu, session.inputs(session.text or ""), facts)
        return step if isinstance(step, Need) else None

    def _reached(self, session: Session) -> Trace:
        """How far she came. Where the last hop was not answered, with the place or the problem that it told."""
        edition = self.editions.of(self.installation.engine, session.menu)
        facts = session.facts(edition.catalogue, self.office.vault)
        reached = trace(edition.menu, session.inputs(session.text or ""), facts)
        need = self._unanswered(session)
        return replace(reached, values=need.values) if need and need.name in TELLING else reached

    def _begun(self, row: UssdSession, session: Session, reached: Trace) -> Begun | None:
        """The report that broke off, if there is one."""
        chosen = drafts.worth_keeping(self.office.county, reached.values, reached.facts)
        if chosen is None or reached.stopped is None or row.phone_sealed is None or session.filed:
            return None
        return Begun(
            session.id, row.phone_hash, row.phone_sealed, reached.language, chosen, row.started_at, session.resumed
        )

    def _count(self, transaction: Transaction, row: UssdSession, session: Session, reached: Trace) -> None:
        """A session that came to *secret or danger* is counted nowhere: a county's few such reports must not show."""
        screens = self.editions.of(self.installation.engine, session.menu).menu.screens
        if any(screens[name].uncounted for name in reached.screens):
            return
        day, network = local_day(row.started_at), session.network
        giving_up.record(transaction.connection(), day, reached.language, network, reached.screens, reached.stopped)
