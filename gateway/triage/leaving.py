"""Whether SMS leave, as the rows tell it: what waits and since when, what holds it up, and what the last tries met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal_column, or_, select
from sqlalchemy.orm import Session

from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.db import as_owner
from gateway.messages import codes, spending
from gateway.messages.codes import Outcome
from gateway.messages.models import Message, MessageStatus, OutboxHalt
from gateway.messages.quiet import is_quiet

LATE = timedelta(minutes=2)
"""What somebody waits for leaves within seconds; later than this, something is wrong."""
DOUBTFUL = (MessageStatus.UNKNOWN, MessageStatus.FAILED)
OF_ONE_NUMBER = frozenset(
    ("403", "404", "406", "407", "409", "malformed", "landline", "text", "number erased", "key missing", "switched off")
)
"""What is said of one number or one text alone, and holds up no other SMS."""

_FIRST_DUE = func.least(Message.due_at, Message.created_at)  # every try that is refused puts `due_at` off
_CODE = func.lower(Message.code)
# Each has an index of its own, which IN would not find.
_UNSENT = or_(*(Message.status == literal_column(f"'{one}'") for one in (MessageStatus.QUEUED, MessageStatus.HELD)))
_OPEN_CASES = ~func.coalesce(Case.sensitive, False)


@dataclass(frozen=True)
class Leaving:
    """How it stands with the SMS that are due.

    waiting   how many have not left, and `since` when the first of them has been due
    trying    somebody said *try again*, and nobody knows yet how that ends
    late      SMS that somebody waits for have been due for more than two minutes
    why       what the last tries met, in sentences; confidential cases are not asked
    can_wait  how many of them wait for the morning or for money, and `until`: the sentence that says which
    held      how many no key opens
    """

    waiting: int
    since: datetime | None
    trying: bool
    late: bool
    why: Sequence[str]
    can_wait: int
    until: str
    held: int

    @property
    def normally(self) -> bool:
        return not (self.trying or self.late or self.why)


@dataclass(frozen=True)
class _Group:
    """SMS that are queued and due: alike in who waits for them, in what was said of them and in their secrecy."""

    wanted: bool
    code: str
    count: int
    first: datetime
    last: datetime


def delay(session: Session, office: Office, now: datetime, *, wanted: bool = False, demo: bool = False) -> str:
    """Why an SMS that is due now does not leave at once; nothing where it does.

    `wanted`: it waits neither for money nor for day.
    """
    halt = session.scalar(select(OutboxHalt.code).limit(1))
    if halt:
        return codes.halted(halt)
    return "" if wanted else waits_until(session, office, now, demo=demo)


def waits_until(session: Session, office: Office, now: datetime, *, demo: bool = False) -> str:
    """What all SMS wait for that can wait; nothing where they leave. A demo knows no night."""
    with as_owner(session):  # what is spent is spent on cases that she does not see, too
        spent = spending.is_spent(session, now)
    if spent:
        return "It waits for the month’s money: this month’s is spent."
    hours = office.county.quiet_hours
    return f"It leaves at {hours[1]}:00." if is_quiet(now, hours) and not demo else ""


def read(session: Session, office: Office, now: datetime, *, demo: bool = False) -> Leaving:
    """Two statements on the indexes of what is queued and of what was sent, over everything: run it as the owner."""
    groups, held = _queued(session)
    until = waits_until(session, office, now, demo=demo)
    free = [group for group in groups if group.wanted or not until]
    can_wait = sum(group.count for group in groups) - sum(group.count for group in free)
    halted = session.scalar(select(OutboxHalt.id).limit(1)) is not None
    code, tried_at, doubtful = _latest(session)
    halting = [group for group in free if _outcome(group.code) is Outcome.HALTED]
    put_off = [group for group in free if _outcome(group.code) is Outcome.RETRY and _is_general(group.code)]
    refused = [group.code for group in put_off if doubtful or _none_left_since(group.last, tried_at)]
    return Leaving(
        waiting=sum(group.count for group in groups),
        since=min((group.first for group in groups), default=None),
        trying=bool(halting) and not halted,
        late=any(group.first < now - LATE for group in free if group.wanted),
        why=_sentences([*refused, *([code] if doubtful else [])]),
        can_wait=can_wait,
        until=until,
        held=held,
    )


def _queued(session: Session) -> tuple[Sequence[_Group], int]:
    """What is due and has not left, and how many are held."""
    about = func.coalesce(Case.sensitive, False).label("secret")
    query = (
        select(
            Message.status, Message.wanted, _CODE.label("code"), about, func.count().label("number"),
            func.min(_FIRST_DUE).label("first"), func.max(_FIRST_DUE).label("last"),
        )
        .outerjoin(Case, Case.id == Message.case_id)
        .where(_UNSENT, func.now() >= _FIRST_DUE)
        .group_by(Message.status, Message.wanted, _CODE, about)
    )  # fmt: skip
    rows = session.execute(query).all()
    groups = [
        _Group(row.wanted, "" if row.secret else row.code or "", row.number, row.first, row.last)
        for row in rows if row.status is MessageStatus.QUEUED
    ]  # fmt: skip
    return groups, sum(row.number for row in rows if row.status is MessageStatus.HELD)


def _latest(session: Session) -> tuple[str, datetime | None, bool]:
    """What was said of the SMS that left last, when that was, and whether it may not have left at all."""
    query = (
        select(_CODE.label("code"), Message.sent_at, Message.status)
        .outerjoin(Case, Case.id == Message.case_id)
        .where(Message.sent_at.is_not(None), Message.status != MessageStatus.CLAIMED, _OPEN_CASES)
        .order_by(Message.sent_at.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    if row is None:
        return "", None, False
    code = row.code or ""
    doubtful = row.status in DOUBTFUL and _outcome(code) is not None and _is_general(code)
    return code, row.sent_at, doubtful


def _none_left_since(due: datetime, left_at: datetime | None) -> bool:
    return left_at is None or due > left_at


def _outcome(code: str) -> Outcome | None:
    """What a code of an answer to a send means; None for others, such as the reasons in delivery reports."""
    return _OUTCOMES.get(code)


def _is_general(code: str) -> bool:
    return code not in OF_ONE_NUMBER


def _sentences(found: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys(codes.label(code) for code in found))


_OUTCOMES: Mapping[str, Outcome] = {
    line.key.lower(): line.effect for line in codes.TABLE if isinstance(line.effect, Outcome)
}
