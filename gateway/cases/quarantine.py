"""Texts set aside: those that could not be handled, and those that nobody can answer, for the county desk to settle.

The sender stays out of the officers' reach. A confidential one is there for the ombudsman alone, and counted nowhere
else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken
from sqlalchemy import ColumnElement, and_, false, func, or_, select, update
from sqlalchemy.orm import Session, undefer

from gateway.cases import events
from gateway.cases.categories import OTHER
from gateway.cases.filing import Report, file_case
from gateway.cases.models import Case, Channel
from gateway.cases.office import Office
from gateway.cases.pages import page_of
from gateway.cases.sensitivity import sensitive_category
from gateway.db import as_owner
from gateway.messages import outbox
from gateway.messages.models import IncomingSms, IncomingStatus
from gateway.people import audit
from gateway.people.models import Officer, Resident, Role
from gateway.people.phone import is_mobile, line_country, normalise
from gateway.people.vault import Vault

PAGE = 25
MAX_PAGE = 400
FAILED = "could not be handled"
NO_TELEPHONE = "sender is no telephone"
UNREADABLE = "cannot be read"
MADE_A_CASE = "made a case by the desk"
SET_ASIDE = "set aside by the desk"

ANY_HOUR = "any"

_NUMBER = re.compile(r"(?:\+|%2B|00)?\d(?:[ -]?\d){6,}", re.IGNORECASE)


@dataclass(frozen=True)
class SetAside:
    """One text. `words` None: no key opens them. `why` is the code that it was quarantined with.

    `line`: of what was said to come from no telephone, the country of a telephone line that takes no SMS (`KE`).
    """

    id: int
    received_at: datetime
    why: str
    words: str | None
    line: str | None = None


@dataclass(frozen=True)
class Page:
    """One page of the list, newest first; `number` is from 1 to `last`."""

    number: int
    last: int
    count: int
    texts: Sequence[SetAside]


def visible(officer: Officer) -> ColumnElement[bool]:
    """The condition on `incoming_sms` that holds for what this officer may see of the texts set aside."""
    if not officer.active:
        return false()
    which = [~IncomingSms.sensitive] if officer.holds(Role.HOTLINE) else []
    if officer.holds(Role.OMBUDSMAN):
        which += [and_(IncomingSms.sensitive, ~IncomingSms.about_ombudsman)]
    elif officer.holds(Role.COUNTY_SECRETARY):
        which += [and_(IncomingSms.sensitive, IncomingSms.about_ombudsman)]
    return and_(IncomingSms.status == IncomingStatus.QUARANTINED, or_(false(), *which))


def count(session: Session, officer: Officer) -> int:
    """How many wait for this officer."""
    return session.scalar(select(func.count()).select_from(IncomingSms).where(visible(officer))) or 0


def read(session: Session, vault: Vault, officer: Officer, number: int) -> Page:
    """A page of what waits for this officer. Run it under the officers' role."""
    waiting = count(session, officer)
    number, last = page_of(number, waiting, PAGE, MAX_PAGE)
    # Column by column: who sent it is out of reach of the officers' role.
    query = (
        select(IncomingSms.id, IncomingSms.received_at, IncomingSms.why, IncomingSms.text_sealed)
        .where(visible(officer))
        .order_by(IncomingSms.id.desc())
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    rows = session.execute(query).all()
    lines = _lines(session, vault, [row.id for row in rows if row.why == NO_TELEPHONE])
    texts = [
        SetAside(row.id, row.received_at, row.why or "", _words(vault, row.text_sealed, row.why), lines.get(row.id))
        for row in rows
    ]
    return Page(number, last, waiting, texts)


def _lines(session: Session, vault: Vault, text_ids: Sequence[int]) -> Mapping[int, str]:
    """The country of those of these senders that can be called, though not texted. The number itself stays sealed."""
    if not text_ids:
        return {}
    with as_owner(session):
        query = select(IncomingSms.id, IncomingSms.sender_sealed).where(IncomingSms.id.in_(text_ids))
        numbers = {row.id: normalise(_opened(vault, row.sender_sealed) or "") for row in session.execute(query)}
    return {text_id: line for text_id, number in numbers.items() if number and (line := line_country(number))}


def make_case(session: Session, office: Office, officer: Officer, text_id: int, now: datetime) -> str | None:
    """File it at the county desk, with the sender's number where it is a telephone; returns the reference.

    A telephone that takes no SMS is to be called back, and is sent none.

    None where somebody else has settled it, or it holds no words. The clock starts now: that is when she hears of it.
    Runs on the owner's connection, as all filing does; what the officer may not see is not found all the same.
    """
    query = (
        select(IncomingSms)
        .where(IncomingSms.id == text_id, visible(officer))
        .options(undefer(IncomingSms.sender_sealed))
        .with_for_update()
    )
    incoming = session.scalars(query).one_or_none()
    words = _words(office.vault, incoming.text_sealed, incoming.why) if incoming else None
    if incoming is None or not words:
        return None
    filed = file_case(session.connection(), office, _report(session, office, incoming, words, now), now)
    case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
    events.append(session, case, "text_made_case", now, vault=office.vault, officer_id=officer.id)
    incoming.status, incoming.why, incoming.settled_by = IncomingStatus.HANDLED, MADE_A_CASE, officer.id
    incoming.case_id, incoming.resident_id = case.id, case.resident_id
    incoming.sensitive = incoming.sensitive or case.sensitive
    incoming.about_ombudsman = incoming.about_ombudsman or case.about_ombudsman
    _tell(session, "text_filed", officer, text_id, incoming.sensitive, incoming.about_ombudsman)
    return filed.reference


def try_again(session: Session, officer: Officer, text_id: int) -> bool:
    """Let the workers handle it once more, as if it had just come. False where that is not possible any more."""
    again = {"status": IncomingStatus.STORED, "why": None, "attempts": 0, "next_try_at": None}
    which = (IncomingSms.id == text_id) & (IncomingSms.why == FAILED)
    return _settle(session, officer, which, again, "text_tried_again")


def set_aside(session: Session, officer: Officer, text_id: int) -> bool:
    """Done with, as it is. False where somebody else has settled it."""
    done = {"status": IncomingStatus.HANDLED, "why": SET_ASIDE}
    return _settle(session, officer, IncomingSms.id == text_id, done, "text_set_aside")


def _settle(
    session: Session, officer: Officer, which: ColumnElement[bool], values: Mapping[str, object], told: str
) -> bool:
    settled = session.execute(
        update(IncomingSms)
        .where(which, visible(officer))
        .values(**values, settled_by=officer.id)
        .returning(IncomingSms.id, IncomingSms.sensitive, IncomingSms.about_ombudsman)
        .execution_options(synchronize_session=False)
    ).first()
    if settled is not None:
        _tell(session, told, officer, *settled)
    return settled is not None


def _tell(
    session: Session, name: str, officer: Officer, text_id: int, confidential: bool, about_ombudsman: bool
) -> None:
    """A line of the audit about a text, which is in no case's history; who reads about such texts reads it."""
    audit.append(
        session, name, officer_id=officer.id, case_ids=[], confidential=confidential, texts=[text_id],
        about_ombudsman=about_ombudsman,
    )  # fmt: skip


def _words(vault: Vault, sealed: bytes, why: str | None) -> str | None:
    words = _opened(vault, sealed)
    # A request that nobody could read may name its sender anywhere.
    return _NUMBER.sub("(number)", words) if words and why == UNREADABLE else words


def _opened(vault: Vault, sealed: bytes) -> str | None:
    try:
        return vault.open(sealed)
    except InvalidToken:
        return None


def _report(session: Session, office: Office, incoming: IncomingSms, words: str, now: datetime) -> Report:
    phone = normalise(_opened(office.vault, incoming.sender_sealed) or "")
    mute = phone is not None and line_country(phone) is not None
    phone = phone if phone and (mute or is_mobile(phone)) else None
    resident = _known(session, office, phone) if phone else None
    return Report(
        channel=Channel.SMS,
        # As if it had been handled: the same text is never two cases.
        source_id=incoming.provider_id,
        about_ombudsman=incoming.about_ombudsman,
        category=_category(office, incoming, words),
        language=resident.language if resident else office.county.languages[0],
        phone=phone,
        words=words.strip(),
        wording="received_text",
        hour=ANY_HOUR if mute else None,
        quiet=mute or bool(resident and not outbox.may_reply(session, resident.id, now)),
    )


def _known(session: Session, office: Office, phone: str) -> Resident | None:
    query = select(Resident).where(Resident.phone_hash == office.vault.phone_hash(phone))
    return session.scalars(query).one_or_none()


def _category(office: Office, incoming: IncomingSms, words: str) -> str:
    """What was confidential stays so, even where the county has taken the word for it off its list since."""
    if not incoming.sensitive or sensitive_category(office.county, words):
        return OTHER
    return next(category.code for category in office.county.categories if category.sensitive)
