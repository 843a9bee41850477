"""Cases that are with a body outside the county: what it said, when it is asked for news, whether it has taken them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.cases import events, timing
from gateway.cases.actions import Refused, change, news_due
from gateway.cases.models import Case, Desk
from gateway.cases.office import Office
from gateway.people.models import Officer


def hear(
    session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime, *,
    number: str = "", contact: str = "", accepted: bool = False,
) -> None:  # fmt: skip
    """Write down what the other body says. `accepted`: it has taken the case, and answers for it from now on."""
    if case.desk is not Desk.OUTSIDE:
        raise Refused("It is not with another body: refer it first.")
    if not words.strip():
        raise Refused("Write what they said.")
    change(
        session, case, officer, "news", news_due_at=news_due(office, case, now),
        their_reference=number or case.their_reference, their_contact=contact or case.their_contact,
        accepted_at=case.accepted_at or (now if accepted else None),
    )  # fmt: skip
    events.append(
        session, case, "accepted" if accepted else "news", now, vault=office.vault, officer_id=officer.id, words=words
    )
    timing.keep_time(session, office, case)
