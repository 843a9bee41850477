"""What cases cost: the charges of USSD sessions, and a month by wording, ward and case.

Nothing of a sensitive case is in a sum or a list of these. It is only in the sum over the county, where what is left
when they are taken off also holds every text about no case, every case without a ward and every session in which
nothing was filed, none of which is told by itself. So no remainder speaks of a single case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    cast,
    false,
    func,
    literal_column,
    null,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.messages import money
from gateway.messages.models import Message, UssdCharge
from gateway.messages.money import HOME
from gateway.messages.spending import NOTHING, Month

LONGEST_ID = 80
"""Letters of a session's id; Africa's Talking's have 36."""
DEAREST = 10

# The case is held still, so that it does not become confidential or lose its number while this links to it.
_CHARGE = text(
    """
    WITH filed AS (
        SELECT cases.id, cases.ward_code, cases.sensitive OR cases.resident_id IS NULL AS hidden
        FROM ussd_session
        CROSS JOIN jsonb_each(ussd_session.answers) AS given
        JOIN cases ON cases.reference = given.value #>> '{values,reference}'
        WHERE ussd_session.id = :session_id AND split_part(given.key, ':', 2) IN ('file', 'support')
        FOR SHARE OF cases
    ), open AS (
        SELECT id, ward_code FROM filed WHERE NOT hidden AND (SELECT count(*) FROM filed) = 1
    )
    INSERT INTO ussd_charge (source, case_id, ward_code, amount, currency, at)
    SELECT :source, (SELECT id FROM open), (SELECT ward_code FROM open), :amount, :currency, :now
    ON CONFLICT (source) DO NOTHING
    """
)


def charge(session: Session, office: Office, session_id: str, cost: str, now: datetime) -> None:
    """Keep what a USSD session cost (`KES 0.10`, or a bare number), once; anything else says nothing of its cost.

    With the case that was filed in it, if there was one alone, unless that is sensitive or its number is hidden.
    """
    paid = money.parse(cost)
    if paid is None or not 1 <= len(session_id) <= LONGEST_ID:
        return
    row = {
        "session_id": session_id, "source": office.vault.session_hash(session_id), "amount": paid.amount,
        "currency": paid.currency, "now": now,
    }  # fmt: skip
    session.execute(_CHARGE, row)


def detach(session: Session, case_id: int) -> None:
    """The case is hidden now: what its session cost is told of the county only."""
    session.execute(update(UssdCharge).where(UssdCharge.case_id == case_id).values(case_id=None, ward_code=None))


@dataclass(frozen=True)
class Part:
    """What one part of it cost in KES, and how many texts are in that."""

    texts: int
    price: Decimal


@dataclass(frozen=True)
class PerCase:
    """How many cases cost something, how much all of them in KES, and the dearest by reference, the dearest first."""

    number: int
    price: Decimal
    dearest: Sequence[tuple[str, Decimal]]

    @property
    def average(self) -> Decimal:
        return round(self.price / self.number, 2) if self.number else NOTHING


def by_wording(session: Session, month: Month, listed: Collection[str]) -> Mapping[str, Part]:
    """Texts of the wordings in `listed`, the dearest first."""
    price = func.sum(Message.price)
    rows = session.execute(
        select(Message.wording, func.count().label("texts"), price.label("price"))
        .outerjoin(Case, Case.id == Message.case_id)
        .where(*_priced(month), Message.wording.in_(listed), Case.sensitive.is_not(true()))
        .group_by(Message.wording)
        .order_by(price.desc(), Message.wording)
    )
    return {row.wording: Part(row.texts, row.price) for row in rows}


def by_ward(session: Session, month: Month) -> Mapping[int, Part]:
    """Texts about cases of each ward and the sessions in which those were filed, the dearest ward first."""
    costs = _costs(month)
    ward, price = func.coalesce(Case.ward_code, costs.c.ward_code), func.sum(costs.c.price)
    rows = session.execute(
        select(ward.label("ward_code"), func.sum(costs.c.texts).label("texts"), price.label("price"))
        .select_from(costs)
        .outerjoin(Case, Case.id == costs.c.case_id)
        .where(ward.is_not(None), Case.sensitive.is_not(true()))
        .group_by(ward)
        .order_by(price.desc(), ward)
    )
    return {row.ward_code: Part(row.texts, row.price) for row in rows}


def per_case(session: Session, month: Month) -> PerCase:
    """Texts about each case and the session in which it was filed."""
    costs = _costs(month)
    price = func.sum(costs.c.price)
    rows = session.execute(
        select(
            Case.reference,
            price.label("price"),
            func.count().over().label("number"),
            func.sum(price).over().label("whole"),
        )
        .join(costs, costs.c.case_id == Case.id)
        .where(Case.sensitive.is_(false()))
        .group_by(Case.id)
        .order_by(price.desc(), Case.id)
        .limit(DEAREST)
    ).all()
    if not rows:
        return PerCase(0, NOTHING, ())
    return PerCase(rows[0].number, rows[0].whole, [(row.reference, row.price) for row in rows])


def _costs(month: Month) -> Subquery:
    """Every text and every session of a month with its case, in KES."""
    no_ward, one, none = cast(null(), Integer), literal_column("1", Integer), literal_column("0", Integer)
    texts = select(Message.case_id, no_ward.label("ward_code"), one.label("texts"), Message.price.label("price")).where(
        *_priced(month)
    )
    sessions = select(
        UssdCharge.case_id, UssdCharge.ward_code, none.label("texts"), UssdCharge.amount.label("price")
    ).where(month.has(UssdCharge.at), UssdCharge.currency == HOME)
    return union_all(texts, sessions).subquery()


def _priced(month: Month) -> tuple[ColumnElement[bool], ...]:
    return month.has(Message.sent_at), Message.price > 0, Message.currency == HOME
