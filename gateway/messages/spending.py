"""What SMS and USSD sessions cost in a month, as the provider reported it, and the limit that the county sets itself.

Spent is what was reported in KES. Other currencies, and amounts that named none, stand apart and are never added.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.logging import log_event
from config.zone import NAIROBI
from gateway.messages.models import Message, MessageStatus, SpendingLimit, UssdCharge
from gateway.messages.money import HOME, Money
from gateway.people import audit
from gateway.people.models import Officer

NEARLY = 0.8
"""The share of the limit from which on the county administrator is warned."""
LOOK_SECONDS = 10.0
"""How long what is spent is taken to be what it was: adding it up costs more than a claim."""
NEAR, REACHED = "sms_limit_near", "sms_limit_reached"
"""What is logged once by each process that sends."""
LATEST = 100
"""Messages that are looked at for the price of one part: the last ones, so that the look is short."""
GONE = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNKNOWN)
"""Messages that cost something, or may have: one without a price is still to be told."""
NOTHING = Decimal(0)

_NEWEST = select(SpendingLimit.amount).order_by(SpendingLimit.id.desc()).limit(1)
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, order=True)
class Month:
    """A month of Nairobi's calendar, by its first day."""

    first: date

    @classmethod
    def of(cls, moment: datetime) -> Month:
        return cls(moment.astimezone(NAIROBI).date().replace(day=1))

    @classmethod
    def parse(cls, code: str) -> Month | None:
        """`2026-11`; None for anything else."""
        found = _MONTH.fullmatch(code)
        return cls(date(int(found[1]), int(found[2]), 1)) if found else None

    @property
    def code(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def after(self) -> Month:
        return Month((self.first + timedelta(days=31)).replace(day=1))

    @property
    def before(self) -> Month:
        return Month((self.first - timedelta(days=1)).replace(day=1))

    def has(self, moment: ColumnElement[datetime] | InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
        """Whether `moment` lies in it."""
        return and_(moment >= _begins(self.first), moment < _begins(self.after.first))


def _begins(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=NAIROBI).astimezone(UTC)


@dataclass(frozen=True)
class Standing:
    """What was spent this month and what may be, both in KES. `limit` None: no limit; `share` is then 0."""

    spent: Decimal
    limit: Decimal | None
    share: float

    @property
    def nearly(self) -> bool:
        """Time for a warning."""
        return self.share >= NEARLY

    @property
    def reached(self) -> bool:
        """What can wait is held."""
        return self.share >= 1


@dataclass(frozen=True)
class Figures:
    """What was reported in one currency for a month; `currency` "": none was named."""

    currency: str
    texts: int = 0
    parts: int = 0
    texts_price: Decimal = NOTHING
    sessions: int = 0
    sessions_price: Decimal = NOTHING

    @property
    def price(self) -> Decimal:
        return self.texts_price + self.sessions_price


@dataclass(frozen=True)
class Spent:
    """A month. `home` is what counts as spent; `totals` are those of whole requests, and belong to no other figure."""

    home: Figures
    others: Sequence[Figures]
    totals: Sequence[Money]
    unpriced: int
    """Texts that were sent, and whose price nobody has told."""


def is_spent(session: Session, now: datetime) -> bool:
    """Whether what can wait has to: this month's limit is reached."""
    stands = _standing_if_limited(session, now)
    return stands is not None and stands.reached


def _standing_if_limited(session: Session, now: datetime) -> Standing | None:
    # Without a limit, as most counties are, nothing is added up.
    return None if session.scalar(_NEWEST) is None else standing(session, now)


class Purse:
    """What a process knows of this month's limit: asked at every claim of every shift, looked up anew after a while."""

    def __init__(self) -> None:
        self._looked_at, self._told = -math.inf, ""

    def is_spent(self, session: Session, now: datetime) -> bool:
        """Whether what can wait has to, as of the last look."""
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            self._look(session, now)
            self._looked_at = time.monotonic()
        return self._told == REACHED

    def _look(self, session: Session, now: datetime) -> None:
        """Log it when the limit comes near and when it is reached; again after it was far off: a new month or limit."""
        stands = _standing_if_limited(session, now)
        event = "" if stands is None or not stands.nearly else REACHED if stands.reached else NEAR
        if stands and event and self._told != REACHED and event != self._told:
            log_event(event, month=Month.of(now).code, percent=int(stands.share * 100))
        self._told = event


def standing(session: Session, now: datetime) -> Standing:
    """How much of this month's limit is spent. One statement, on the indexes of the two times."""
    month = Month.of(now)
    texts = select(func.sum(Message.price)).where(month.has(Message.sent_at), Message.currency == HOME)
    sessions = select(func.sum(UssdCharge.amount)).where(month.has(UssdCharge.at), UssdCharge.currency == HOME)
    row = session.execute(
        select(
            func.coalesce(texts.scalar_subquery(), 0) + func.coalesce(sessions.scalar_subquery(), 0),
            _NEWEST.scalar_subquery(),
        )
    ).one()
    spent, limit = row[0] or NOTHING, row[1]
    return Standing(spent, limit, _share(spent, limit))


def _share(spent: Decimal, limit: Decimal | None) -> float:
    if limit is None:
        return 0.0
    return float(spent / limit) if limit else 1.0


def price_per_part(session: Session) -> Decimal | None:
    """What one part of an SMS cost in KES when a price was told last; None where none was lately."""
    lately = (
        select(Message.sent_at, Message.price, Message.currency, Message.parts)
        .where(Message.sent_at.is_not(None))
        .order_by(Message.sent_at.desc())
        .limit(LATEST)
        .subquery()
    )
    priced = (
        select(lately.c.price / lately.c.parts)
        .where(lately.c.price > 0, lately.c.parts > 0, lately.c.currency == HOME)
        .order_by(lately.c.sent_at.desc())
        .limit(1)
    )
    found = session.scalar(priced)
    return None if found is None else round(Decimal(found), 4)


def read(session: Session, month: Month) -> Spent:
    """All of a month, with what is sensitive: the sum over a county tells of no case."""
    priced = Message.price > 0
    texts = select(
        Message.currency,
        func.count().filter(priced).label("number"),
        func.sum(Message.parts).filter(priced).label("parts"),
        func.sum(Message.price).label("price"),
        func.count().filter(Message.price.is_(None), Message.status.in_(GONE)).label("unpriced"),
    )
    sessions = select(UssdCharge.currency, func.count().label("number"), func.sum(UssdCharge.amount).label("price"))
    totals = select(Message.total_currency.label("currency"), func.sum(Message.total).label("price"))
    return _spent(
        session.execute(texts.where(month.has(Message.sent_at)).group_by(Message.currency)).all(),
        session.execute(sessions.where(month.has(UssdCharge.at)).group_by(UssdCharge.currency)).all(),
        session.execute(
            totals.where(month.has(Message.sent_at), Message.total > 0).group_by(Message.total_currency)
        ).all(),
    )


def _spent(texts: Sequence[Any], sessions: Sequence[Any], totals: Sequence[Any]) -> Spent:
    figures: dict[str, Figures] = {}
    for row in texts:
        code = row.currency or ""
        figures[code] = Figures(code, row.number, row.parts or 0, row.price or NOTHING)
    for row in sessions:
        code = row.currency or ""
        known = figures.get(code, Figures(code))
        figures[code] = replace(known, sessions=row.number, sessions_price=row.price)
    home = figures.pop(HOME, Figures(HOME))
    # Refusals come with a bare 0.
    others = [figures[code] for code in sorted(figures) if figures[code].price]
    kept = sorted((Money(row.price, row.currency) for row in totals), key=lambda total: total.currency or "")
    return Spent(home, others, kept, sum(row.unpriced for row in texts))


def set_limit(session: Session, officer: Officer, amount: Decimal | None, now: datetime) -> bool:
    """Let `amount` of KES a month hold from now on; None: no limit. False where that held already."""
    held = session.scalars(select(SpendingLimit).order_by(SpendingLimit.id.desc()).limit(1)).first()
    if (held.amount if held else None) == amount:
        return False
    session.add(SpendingLimit(amount=amount, officer_id=officer.id, set_at=now))
    session.flush()
    audit.append(
        session, "spending_limit_set", officer_id=officer.id, amount=None if amount is None else str(amount)
    )  # fmt: skip
    return True


def limits(session: Session, number: int) -> Sequence[tuple[SpendingLimit, str]]:
    """The last `number` limits, newest first, each with the name of the officer who set it."""
    rows = session.execute(
        select(SpendingLimit, Officer.name)
        .join(Officer, Officer.id == SpendingLimit.officer_id)
        .order_by(SpendingLimit.id.desc())
        .limit(number)
    )
    return [(row[0], row[1]) for row in rows]
