"""One hop of a USSD session: everything typed so far comes in, one screen goes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from config.logging import log_event
from gateway.dialogue import sessions
from gateway.dialogue.answers import Asked, answer
from gateway.dialogue.cache import SessionCache
from gateway.dialogue.left_behind import Closer
from gateway.dialogue.profile import read_profile
from gateway.dialogue.sessions import Session
from gateway.dialogue.tail import tail_of
from gateway.dialogue.transcript import Standing, inputs_of, lengths
from gateway.installation import Installation
from gateway.messages import outbox
from menus.engine import Finish, Need, Show, walk

MAX_NEEDS = 20
"""Needs answered in one hop. An honest hop has one or two; a forged first hop may bring a whole path."""


class NotHers(Exception):
    """This session was begun by another phone."""


class NotFollowed(Exception):
    """No screen could be found for what was typed: only a forged request asks for so much."""


@dataclass(frozen=True)
class Hop:
    """One request of a network. `phone` is E.164, `text` all that was typed, `dialled` the code with its tail."""

    session_id: str
    phone: str
    text: str
    dialled: str
    network: str
    at: datetime


class Dialogue:
    """The USSD sessions of one installation. Its methods raise SQLAlchemyError where PostgreSQL does not answer."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.office = installation.office
        self.vault = installation.office.vault
        self.cache = SessionCache(installation.redis, self.vault)
        self.editions = installation.editions
        self.closer = Closer(installation, self.cache)

    def hop(self, hop: Hop) -> tuple[Show | Finish, bool]:
        """The screen of a hop, and whether an SMS may leave now. Raises NotHers and NotFollowed."""
        phone_hash = self.vault.phone_hash(hop.phone)
        session = self.cache.touch(hop.session_id, phone_hash.hex(), hop.text)
        if session and session.standing(hop.text) is Standing.GOES_ON:
            session.cuts.append(len(hop.text))
        if session is None or _may_be_two(session.inputs(hop.text)):
            session = self._from_database(hop, phone_hash, session)
        if session.phone != phone_hash.hex():
            log_event("ussd_other_phone")
            raise NotHers
        if session.standing(hop.text) is Standing.DIVERGED:
            return self._as_known(session, hop), False
        shown = self._walk(session, hop, session.inputs(hop.text))
        return shown, isinstance(shown, Finish) and self._release_letters(session, hop.at)

    def _as_known(self, session: Session, hop: Hop) -> Show | Finish:
        """The last screen that is known: a hop that says something else leads nowhere, and leaves no trace."""
        log_event("ussd_diverged")
        self.cache.take_back(session, hop.text)
        edition = self.editions.of(self.installation.engine, session.menu)
        facts, inputs = session.facts(edition.catalogue, self.vault), session.inputs(session.text or "")
        while isinstance(step := walk(edition.menu, inputs, facts), Need):
            if not inputs:
                raise NotFollowed
            inputs.pop()  # what was asked for there was not answered, and is not now
        return step

    def end(self, session_id: str, phone: str, typed: str, now: datetime) -> bool:
        """The provider says that a session is over, however it ended. True where an SMS may leave now.

        `typed` is what it says was typed, where it says so: Redis may have lost it.
        """
        phone_hash = self.vault.phone_hash(phone)
        with self.installation.statements.connect() as connection:
            session = sessions.load(connection, session_id, self.vault)
            if session is None or session.phone != phone_hash.hex():
                return False
            self.cache.recall(session)
            session.complete(typed or None, ())
            # Also where its hops ended: a late one may come yet.
            session.cuts = sorted({*session.cuts, *lengths(inputs_of(session.text or "", session.cuts))})
            sessions.keep_text(connection, session, self.vault)
            sessions.mark_over(connection, session_id, phone_hash, now)
        return self._release_letters(session, now)

    def _from_database(self, hop: Hop, phone_hash: bytes, cached: Session | None) -> Session:
        """The session from its row, or a new one that gets a row; the row keeps what was typed.

        Where the last input holds a `*` it may be two, of which Redis missed one: the row knows what Redis missed.
        """
        with self.installation.statements.connect() as connection:
            session, others = sessions.load_with_others(connection, hop.session_id, phone_hash, self.vault)
        if session is None:
            for other in others:
                self.closer.try_to_close(other, hop.at, wait=True)
            return self._begin(hop, phone_hash)
        if session.phone != phone_hash.hex():
            return session
        if cached:
            session.complete(cached.text, cached.cuts)
        if session.standing(hop.text) is Standing.GOES_ON:
            session.cuts = sorted({*session.cuts, *lengths(inputs_of(hop.text, session.cuts))})
            if hop.text != session.text:
                session.text = hop.text
                with self.installation.statements.connect() as connection:
                    sessions.keep_text(connection, session, self.vault)
        self.cache.store(session, with_text=True)
        return session

    def _begin(self, hop: Hop, phone_hash: bytes) -> Session:
        """A new session on the current edition, with what is known of the resident now."""
        edition, settings = self.editions.current, self.installation.settings
        tail = tail_of(edition.catalogue, settings.service_code, hop.dialled, hop.text)
        with self.installation.statements.connect() as connection:
            profile = read_profile(connection, self.office, phone_hash, hop.at)
            profile |= {"start": tail.start, "tail": tail.letters} if tail.start else {}
            cuts = lengths(inputs_of(hop.text, ()))
            new = Session(hop.session_id, phone_hash.hex(), edition.hash, hop.network, profile, cuts, text=hop.text)
            self.editions.keep(connection, hop.at)
            session = sessions.begin(connection, new, self.vault, hop.phone)
            if session is None:
                session = sessions.load(connection, hop.session_id, self.vault) or new
        if session.phone == new.phone:
            self.cache.store(session, with_text=True)
        return session

    def _walk(self, session: Session, hop: Hop, inputs: list[str]) -> Show | Finish:
        edition = self.editions.of(self.installation.engine, session.menu)
        facts = session.facts(edition.catalogue, self.vault)
        for _ in range(MAX_NEEDS):
            step = walk(edition.menu, inputs, facts)
            if not isinstance(step, Need):
                return step
            # In the words of the tree that the session began on.
            office = replace(self.office, menu=edition.menu)
            asked = Asked(office, session, hop.phone, step, hop.text, hop.at)
            # Committed; what was filed is shown only after the commit.
            session.answers[step.key] = dict(answer(self.installation, asked))
            self.cache.store(session)
            facts = session.facts(edition.catalogue, self.vault)
        raise NotFollowed

    def _release_letters(self, session: Session, now: datetime) -> bool:
        """She has finished: the *received* texts of what she filed in this session may leave."""
        if not session.filed:
            return False
        with self.installation.statements.connect() as connection:
            return any([outbox.release(connection, reference, now) for reference in session.filed])  # noqa: C419  (each)


def _may_be_two(inputs: list[str]) -> bool:
    return bool(inputs) and ("*" in inputs[-1] or not inputs[-1])
