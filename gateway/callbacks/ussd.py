"""The USSD callback: everything typed so far comes in, one screen goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from config.logging import log_event, log_failure
from gateway.callbacks import sessions
from gateway.callbacks.answers import Asked, answer
from gateway.callbacks.sessions import Session, SessionCache, inputs_of, lengths
from gateway.cases.models import Case
from gateway.cases.references import spoken
from gateway.catalogue import ward_item
from gateway.installation import Installation
from gateway.messages import outbox
from gateway.messages.models import Question, QuestionKind, QuestionStatus
from gateway.metrics import USSD_CON, USSD_END, USSD_FAILED
from gateway.people.models import Resident
from gateway.people.phone import normalise
from menus.engine import Facts, Finish, Need, Show, walk
from workers.queues import wake

MAX_NEEDS = 20
"""Needs answered in one hop. An honest hop has one or two; a forged first hop may bring a whole path."""
MAX_TEXT = 4000
"""Letters of `text` that are followed; 180 seconds of typing are far fewer."""
MAX_SESSION_ID = 80


class Ussd:
    """Answers USSD callbacks for one installation. `reply` never raises and never answers with an error."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.office = installation.office
        self.cache = SessionCache(installation.redis)

    def reply(self, form: Mapping[str, str] | None) -> str:
        """The whole answer to one callback: `CON …` or `END …`."""
        try:
            text = self._reply(form or {})
        except SQLAlchemyError as error:
            # Nothing was stored, so nobody is thanked: she is asked to dial again.
            log_failure("ussd_database_away", error)
            USSD_FAILED.inc()
            return self.kind_end("try_again")
        except Exception as error:
            log_failure("ussd_failed", error)
            USSD_FAILED.inc()
            return self.kind_end("not_understood")
        (USSD_CON if text.startswith("CON ") else USSD_END).inc()
        return text

    def _reply(self, form: Mapping[str, str]) -> str:
        session_id, text = form.get("sessionId", ""), form.get("text")
        phone = normalise(form.get("phoneNumber", ""))
        if phone is None or text is None or not 1 <= len(session_id) <= MAX_SESSION_ID or len(text) > MAX_TEXT:
            log_event("ussd_not_understood", phone=phone is not None, text=text is not None)
            return self.kind_end("not_understood")
        return self._hop(session_id, phone, text, datetime.now(UTC))

    def _hop(self, session_id: str, phone: str, text: str, now: datetime) -> str:
        phone_hash = self.office.vault.phone_hash(phone)
        session = self.cache.touch(session_id, phone_hash.hex(), len(text))
        inputs = inputs_of(text, session.cuts) if session else []
        if session is None or (inputs and ("*" in inputs[-1] or not inputs[-1])):
            session, inputs = self._from_database(session_id, phone_hash, text, session)
        if session.phone != phone_hash.hex():
            log_event("ussd_other_phone")
            return self.kind_end("ended")
        shown = self._walk(session, phone, inputs, now)
        if isinstance(shown, Finish):
            self._release_letter(session, now)
        return shown.text

    def _from_database(
        self, session_id: str, phone_hash: bytes, text: str, cached: Session | None
    ) -> tuple[Session, list[str]]:
        """The session and its inputs from its row, or a new one that gets a row; the row keeps this hop's length.

        Where the last input holds a `*` it may be two, of which Redis missed one: the row knows what Redis missed.
        """
        noted = cached.cuts if cached else []
        with self.installation.statements.connect() as connection:
            session = sessions.load(connection, session_id)
            if session is None:
                profile = self._profile(connection, phone_hash)
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

    def _profile(self, connection: Connection, phone_hash: bytes) -> dict[str, object]:
        """What the session may know of the resident, as it is now; the session keeps it to its end."""
        asked = (Question.resident_id == Resident.id) & (Question.status == QuestionStatus.OPEN)
        fixed = (Question.kind == QuestionKind.FIXED) & (Question.expires_at > datetime.now(UTC))
        query = (
            select(Resident.language, Resident.ward_code, Question.id, Case.reference)
            .outerjoin(Question, asked & fixed)
            .outerjoin(Case, (Case.id == Question.case_id) & ~Case.sensitive)
            .where(Resident.phone_hash == phone_hash)
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            return {"language": self.office.menu.languages[0]}
        profile: dict[str, object] = {"language": row.language}
        facts: list[str] = []
        slots: dict[str, object] = {}
        ward = self.office.county.ward(row.ward_code) if row.ward_code else None
        if ward:
            facts.append("resident.has_ward")
            item = ward_item(self.office.county, ward)
            slots = {"ward": item.short, **item.slots}
            profile["values"] = {"ward": item.value, **item.sets}
        if row.reference:
            facts.append("question.fixed")
            slots["question_reference"] = spoken(row.reference)
            profile["question"] = row.id
        return {**profile, "facts": facts, "slots": slots}

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
        return Finish(self.kind_end("not_understood"), "")

    def _answer(self, session: Session, phone: str, need: Need, now: datetime) -> None:
        """Answer one need, committed; what was filed is shown only after the commit."""
        asked = Asked(self.office, session, phone, need, session.cuts, now)
        session.answers[need.key] = dict(answer(self.installation, asked))
        self.cache.store(session)

    def _release_letter(self, session: Session, now: datetime) -> None:
        """She has finished: the *received* text of what she filed in this session may leave."""
        filed = [given["values"]["reference"] for key, given in session.answers.items() if key.endswith(":file")]
        if filed:
            with self.installation.statements.connect() as connection:
                released = [outbox.release(connection, reference, now) for reference in filed]
            if any(released):
                wake(self.installation.redis)

    def end_session(self, session_id: str, now: datetime) -> None:
        """The provider says that a session is over, however it ended."""
        with self.installation.statements.connect() as connection:
            session = sessions.load(connection, session_id)
        if session:
            self._release_letter(session, now)

    def kind_end(self, name: str) -> str:
        """A closing sentence that needs nothing but the tree, in the county's first language."""
        return end_sentence(self.installation, name)


def end_sentence(installation: Installation, name: str) -> str:
    menu, slots = installation.menu, installation.catalogue.slots
    language = menu.languages[0]
    text = menu.replies[name].variants[-1][1][language]
    for slot in ("service_code", "hotline", "county"):
        text = text.replace(f"{{{slot}}}", slots[slot][language])
    return f"END {text}"
