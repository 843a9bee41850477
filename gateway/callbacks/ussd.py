"""The USSD callback: a form comes in, `CON …` or `END …` goes out, whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config.logging import log_event, log_failure
from gateway.cases import charges
from gateway.dialogue.hops import Dialogue, Hop, NotFollowed, NotHers
from gateway.installation import Installation
from gateway.metrics import USSD_CON, USSD_END, USSD_FAILED
from gateway.people.phone import normalise
from workers.queues import wake

MAX_TEXT = 4000
"""Letters of `text` that are followed; 180 seconds of typing are far fewer."""
MAX_SESSION_ID = 80


class Ussd:
    """Answers USSD callbacks for one installation. `reply` never raises and never answers with an error."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.dialogue = Dialogue(installation)

    def reply(self, form: Mapping[str, str] | None) -> str:
        """The whole answer to one callback: `CON …` or `END …`."""
        try:
            text = self._reply(form or {})
        except NotHers:
            text = self.kind_end("ended")
        except NotFollowed:
            text = self.kind_end("not_understood")
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
        network = form.get("networkCode", "")[:8]
        hop = Hop(
            session_id,
            phone,
            text,
            form.get("serviceCode", ""),
            network if network.isdigit() else "",
            datetime.now(UTC),
        )
        shown, letters_due = self.dialogue.hop(hop)
        if letters_due:
            wake(self.installation.redis)
        return shown.text

    def end_session(self, form: Mapping[str, str], now: datetime) -> None:
        """The provider says that a session is over, however it ended. Raises SQLAlchemyError."""
        phone = normalise(form.get("phoneNumber", ""))
        if phone is None:
            return
        typed = form.get("input", "")[:MAX_TEXT]
        if self.dialogue.end(form.get("sessionId", "")[:MAX_SESSION_ID], phone, typed, now):
            wake(self.installation.redis)

    def keep_charge(self, form: Mapping[str, str], now: datetime) -> None:
        """What the provider says that a session cost. Raises SQLAlchemyError."""
        with Session(self.installation.engine) as session, session.begin():
            charges.charge(session, self.installation.office, form.get("sessionId", ""), form.get("cost", ""), now)

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
