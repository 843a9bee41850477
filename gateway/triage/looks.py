"""Who looked at a resident's number, and the numbers that stand inside her words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import actions, events
from gateway.cases.events import words_for_all, words_of
from gateway.cases.models import Case, CaseEvent, Channel, Status
from gateway.cases.office import Office
from gateway.people.masking import masked
from gateway.people.models import Officer


@dataclass(frozen=True)
class Look:
    """One look: who, when, and the reason that she gave."""

    name: str
    at: datetime
    why: str


def of(session: Session, office: Office, case: Case) -> Sequence[Look]:
    """Everybody who looked at the number of this case, the last one first."""
    query = (
        select(CaseEvent, Officer.name)
        .join(Officer, Officer.id == CaseEvent.officer_id)
        .where(CaseEvent.case_id == case.id, CaseEvent.name == "number_shown")
        .order_by(CaseEvent.id.desc())
    )
    return [Look(name, event.at, words_for_all(office.vault, case, event)) for event, name in session.execute(query)]


def why_none(session: Session, case: Case) -> str:
    """Why a case has no number: erased, hidden since, or never given to whoever wrote the report down."""
    since = select(CaseEvent.name).where(CaseEvent.case_id == case.id, CaseEvent.name.in_(("number_hidden", "erased")))
    told = set(session.scalars(since))
    if case.status is Status.WITHDRAWN or case.anonymised_at or "erased" in told:
        return "erased"
    if case.channel is Channel.PAPER and not told:
        return "none given"
    return "hidden by the resident" if case.secret_hash else "erased"


def may_look(office: Office, case: Case) -> bool:
    """Whether there is anything to show: her number, or one that somebody typed into the words."""
    return case.resident_id is not None or (case.status is not Status.WITHDRAWN and _in_words(office, case))


def look(session: Session, office: Office, case: Case, officer: Officer, why: str, now: datetime) -> None:
    """Record the look before anything is shown. Raises `actions.Refused` where there is no number."""
    if case.resident_id is None and why.strip() and may_look(office, case):
        events.append(session, case, "number_shown", now, vault=office.vault, officer_id=officer.id, words=why)
    else:
        actions.show_number(session, office, case, officer, why, now)


def _in_words(office: Office, case: Case) -> bool:
    text = "\n".join((case.landmark or "", words_of(office.vault, case)))
    return masked(text) != text
