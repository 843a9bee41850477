"""One hop of a USSD session: everything typed so far comes in, one screen goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from config.logging import log_event
from gateway.dialogue import sessions
from gateway.dialogue.answers import Asked, answer
from gateway.dialogue.cache import SessionCache
from gateway.dialogue.profile import read_profile
from gateway.dialogue.sessions import Session
from gateway.dialogue.transcript import inputs_of, lengths
from gateway.installation import Installation
from gateway.messages import outbox
from menus.engine import Facts, Finish, Need, Show, walk

MAX_NEEDS = 20
"""Needs answered in one hop. An honest hop has one or two; a forged first hop may bring a whole path."""


class NotHers(Exception):
    """This session was begun by another phone."""


class NotFollowed(Exception):
    """No screen could be found for what was typed: only a forged request asks for so much."""


class Dialogue:
    """The USSD sessions of one installation. Its methods raise SQLAlchemyError where PostgreSQL does not answer."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.office = installation.office
        self.cache = SessionCache(installation.redis)

    def hop(self, session_id: str, phone: str, text: str, now: datetime) -> tuple[Show | Finish, bool]:
        """The screen for `text` in this session of `phone` (E.164), and whether an SMS may leave now.

        Raises NotHers and NotFollowed.
        """
        phone_hash = self.office.vault.phone_hash(phone)
        session = self.cache.touch(session_id, phone_hash.hex(), len(text))
        inputs = inputs_of(text, session.cuts) if session else []
        if session is None or (inputs and ("*" in inputs[-1] or not inputs[-1])):
            session, inputs = self._from_database(session_id, phone_hash, text, session, now)
        if session.phone != phone_hash.hex():
            log_event("ussd_other_phone")
            raise NotHers
        shown = self._walk(session, phone, inputs, now)
        return shown, isinstance(shown, Finish) and self._release_letters(session, now)

    def end(self, session_id: str, now: datetime) -> bool:
        """The provider says that a session is over, however it ended. True where an SMS may leave now."""
        with self.installation.statements.connect() as connection:
            session = sessions.load(connection, session_id)
        return session is not None and self._release_letters(session, now)

    def _from_database(
        self, session_id: str, phone_hash: bytes, text: str, cached: Session | None, now: datetime
    ) -> tuple[Session, list[str]]:
        """The session and its inputs from its row, or a new one that gets a row; the row keeps this hop's length.

        Where the last input holds a `*` it may be two, of which Redis missed one: the row knows what Redis missed.
        """
        noted = cached.cuts if cached else []
        with self.installation.statements.connect() as connection:
            session = sessions.load(connection, session_id)
            if session is None:
                profile = read_profile(connection, self.office, phone_hash, now)
                cuts = lengths(inputs_of(text, ()))
                new = Session(session_id, phone_hash.hex(), self.office.menu.hash, profile, cuts)
                session = sessions.begin(connection, new)
            if session.phone != phone_hash.hex():
                return session, []
            inputs = inputs_of(text, [*session.cuts, *noted])
            cuts = sorted({*session.cuts, *noted, *lengths(inputs)})
            if cuts != session.cuts:
                session.cuts = cuts
                sessions.keep_cuts(connection, session)
        self.cache.store(session, with_cuts=True)
        return session, inputs

    def _walk(self, session: Session, phone: str, inputs: list[str], now: datetime) -> Show | Finish:
        profile = session.profile
        facts = Facts(
            catalogue=self.installation.catalogue,
            language=profile.get("language", ""),
            values=profile.get("values", {}),
            slots=profile.get("slots", {}),
            facts=frozenset(profile.get("facts", ())),
            answers=session.answers,
        )
        for _ in range(MAX_NEEDS):
            step = walk(self.office.menu, inputs, facts)
            if not isinstance(step, Need):
                return step
            self._answer(session, phone, step, now)
            facts = replace(facts, answers=session.answers)
        raise NotFollowed

    def _answer(self, session: Session, phone: str, need: Need, now: datetime) -> None:
        """Answer one need, committed; what was filed is shown only after the commit."""
        asked = Asked(self.office, session, phone, need, session.cuts, now)
        session.answers[need.key] = dict(answer(self.installation, asked))
        self.cache.store(session)

    def _release_letters(self, session: Session, now: datetime) -> bool:
        """She has finished: the *received* texts of what she filed in this session may leave."""
        filed = [given["values"]["reference"] for key, given in session.answers.items() if key.endswith(":file")]
        if not filed:
            return False
        with self.installation.statements.connect() as connection:
            return any([outbox.release(connection, reference, now) for reference in filed])  # noqa: C419  (each of them)
