"""The foreman's link: one case for somebody without an account, who says once that it is done or cannot be done.

What he says is an event and a proposal to the officer. It ends nothing, and no clock counts it: whoever made the link
could open it herself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from gateway.cases import cards, carrying, events, photos
from gateway.cases.crew_links import WITHDRAWN
from gateway.cases.desk_models import CrewLink
from gateway.cases.models import OPEN, Case, CaseEvent, Kind
from gateway.cases.office import Office
from gateway.cases.photos import Picture
from gateway.cases.refusals import Refused
from gateway.cases.steps import is_carried
from gateway.people.models import Officer
from gateway.people.tokens import hash_of, new_token

LASTS = timedelta(days=7)
MOST_OPEN = 3
"""Links of one case that open something at the same time."""


class Said(StrEnum):
    GOING = "going"
    DONE = "done"
    CANNOT = "cannot"


EVENTS: Mapping[Said, str] = {Said.GOING: "crew_going", Said.DONE: "crew_done", Said.CANNOT: "crew_cannot"}
"""The line of history that each answer leaves."""


@dataclass(frozen=True)
class Task:
    """What an open link shows: the case, what the officer wrote to whom, and since when he is on his way."""

    link_id: int
    case: Case
    for_whom: str
    to_do: str
    going_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True)
class Answered:
    """`new`: False where he had said the same before. `kept`: how many of his photos there was room for."""

    case_id: int
    new: bool
    kept: int


@dataclass(frozen=True)
class Made:
    """The token of a new link, shown once. `instead`: another one of the same form was withdrawn for it."""

    token: str
    instead: bool


class Over(Exception):
    """This link opens nothing any more: it was answered or withdrawn, its time is over, or its case has moved on.

    `said`: what it was answered with.
    """

    def __init__(self, said: str | None = None) -> None:
        super().__init__()
        self.said = said


class Unknown(Exception):
    """There never was such a link, or what it was about was erased."""


def may_send(session: Session, case: Case) -> bool:
    """Whether somebody may be sent to this case: an open grievance that may go on a card, for that is what he sees."""
    return case.status in OPEN and case.kind is Kind.GRIEVANCE and cards.may_share(session, case)


def make(
    session: Session, office: Office, case: Case, officer: Officer, for_whom: str, now: datetime, *, words: str = "",
    nonce: str = "",
) -> Made:  # fmt: skip
    """A new link for this case, which the caller has locked. Its token is shown once; we keep the hash.

    `for_whom` is his name, `words` what he is to do, which he reads. The link that the same form (`nonce`) made for him
    before is withdrawn: its answer may not have reached the officer. Raises Refused.
    """
    if not may_send(session, case):
        raise Refused("Nobody can be sent to this case: it has ended, or it is none that is shown to others.")
    if is_carried(case):
        raise Refused("Another report is worked on for this one: send somebody from there.")
    before = _made_before(session, case, officer, for_whom, nonce) if nonce else None
    if before:
        if before.ended_at or before.going_at:
            raise Refused(f"{for_whom} has that link, and has used it. Go back to the case to make another.")
        withdraw(session, office, case, officer, before.id, now)
    still = select(func.count()).select_from(CrewLink).where(CrewLink.case_id == case.id, _open(now))
    if (session.scalar(still) or 0) >= MOST_OPEN:
        raise Refused(f"{MOST_OPEN} links of this case are open. Withdraw one first.")
    token = new_token()
    made = insert(CrewLink).values(
        case_id=case.id, token_hash=hash_of(token), for_whom=for_whom, made_by=officer.id, made_at=now,
        expires_at=now + LASTS,
    ).returning(CrewLink.id)  # fmt: skip
    link_id = session.execute(made).scalar_one()
    form = {"nonce": nonce} if nonce else {}
    _append(session, office, case, "crew_sent", now, for_whom, words, officer_id=officer.id, link=link_id, **form)
    return Made(token, instead=before is not None)


def _made_before(session: Session, case: Case, officer: Officer, for_whom: str, nonce: str) -> CrewLink | None:
    """The newest link for him that came of the same form, sent by the same officer."""
    this = (CaseEvent.case_id == case.id, CaseEvent.name == "crew_sent", CaseEvent.data["nonce"].as_string() == nonce)
    link_ids = select(CaseEvent.data["link"].as_integer()).where(*this, CaseEvent.officer_id == officer.id)
    query = select(CrewLink).where(CrewLink.id.in_(link_ids), CrewLink.for_whom == for_whom)
    return session.scalars(query.order_by(CrewLink.id.desc()).limit(1)).first()


def withdraw(session: Session, office: Office, case: Case, officer: Officer, link_id: int, now: datetime) -> None:
    """Let a link of this case, which the caller has locked, open nothing any more. Raises Refused."""
    ended = (
        update(CrewLink)
        .where(CrewLink.id == link_id, CrewLink.case_id == case.id, CrewLink.ended_at.is_(None))
        .values(ended_at=now, outcome=WITHDRAWN)
        .returning(CrewLink.id)
    )
    if session.scalar(ended) is None:
        raise Refused("This link was answered or withdrawn already.")
    events.append(session, case, "crew_withdrawn", now, vault=office.vault, officer_id=officer.id, link=link_id)


def of(session: Session, token: str, now: datetime) -> Task:
    """What this link shows. Looking changes nothing: chats fetch a preview. Raises Over, Unknown."""
    link, case = _found(session, token, lock=False)
    if not _is_open(session, link, case, now):
        raise Over(_answered(link))
    return Task(link.id, case, link.for_whom, _to_do(session, link), link.going_at, link.expires_at)


def answer(
    session: Session, office: Office, token: str, said: Said, words: str, pictures: Sequence[Picture], now: datetime
) -> Answered:
    """Write down what he says. *Done* and *cannot* end the link, once; *going* comes before, and takes the place of no
    answer that still waits for an officer. The same again is no new answer: he pressed twice on a slow network.

    Raises Over, Unknown. The caller commits.
    """
    link, case = _found(session, token, lock=True)
    if not _is_open(session, link, case, now):
        if link.outcome == said.value:
            return Answered(case.id, new=False, kept=0)
        raise Over(_answered(link))
    ends: dict[str, Any] = {"going_at": now} if said is Said.GOING else {"ended_at": now, "outcome": said.value}
    once = [CrewLink.going_at.is_(None)] if said is Said.GOING else []
    changed = update(CrewLink).where(CrewLink.id == link.id, _open(now), *once).values(**ends).returning(CrewLink.id)
    if session.scalar(changed) is None:
        return Answered(case.id, new=False, kept=0)
    kept = [] if said is Said.GOING else photos.keep(session, office.vault, case, link.id, pictures, now)
    lead = carrying.lead_of(session, case)
    for told in {case, lead}:
        if said is not Said.GOING or told.crew_said in (None, Said.GOING.value):
            told.crew_said, told.crew_said_at = said.value, now
    _append(session, office, case, EVENTS[said], now, link.for_whom, words, link=link.id, photos=len(kept))
    if lead is not case:  # that he said so; his words and photos stay with the case that he was sent to
        events.append(session, lead, EVENTS[said], now, vault=office.vault, other=case.reference, photos=len(kept))
    return Answered(case.id, new=True, kept=len(kept))


def sent(session: Session, case: Case) -> list[CrewLink]:
    """The links of a case, newest first."""
    query = select(CrewLink).where(CrewLink.case_id == case.id).order_by(CrewLink.id.desc())
    return list(session.scalars(query))


def is_open(link: CrewLink, now: datetime) -> bool:
    """Whether it was neither answered nor withdrawn, and its time is not over."""
    return link.ended_at is None and now < link.expires_at


def _found(session: Session, token: str, *, lock: bool) -> tuple[CrewLink, Case]:
    """The link and its case. Locked in this order, as everybody does: its lead, the case, then what belongs to it."""
    which = CrewLink.token_hash == hash_of(token)
    case_id = session.scalar(select(CrewLink.case_id).where(which))
    if lock:
        carrying.hold_lead(session, Case.id == case_id)
    query = select(Case).where(Case.id == case_id)
    case = session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()
    link = session.scalars(select(CrewLink).where(which)).one_or_none()
    if case is None or link is None:
        raise Unknown
    return link, case


def _is_open(session: Session, link: CrewLink, case: Case, now: datetime) -> bool:
    return is_open(link, now) and may_send(session, case)


def _answered(link: CrewLink) -> str | None:
    return None if link.outcome == WITHDRAWN else link.outcome


def _open(now: datetime) -> Any:
    return CrewLink.ended_at.is_(None) & (CrewLink.expires_at > now)


def _to_do(session: Session, link: CrewLink) -> str:
    """What the officer wrote to him, which stands in the history behind his name."""
    told = select(CaseEvent.words).where(
        CaseEvent.case_id == link.case_id, CaseEvent.name == "crew_sent", CaseEvent.data["link"].as_integer() == link.id
    )
    return (session.scalar(told) or "").removeprefix(link.for_whom).removeprefix(": ")


def _append(
    session: Session, office: Office, case: Case, name: str, now: datetime, for_whom: str, words: str, **data: Any
) -> None:
    """His name goes with the words, not with the data, which stay when what was said is erased."""
    told = f"{for_whom}: {words}" if words else for_whom
    events.append(session, case, name, now, vault=office.vault, words=told, **data)
