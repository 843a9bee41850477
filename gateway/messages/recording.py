"""What became of a send, written down: what moves its row, what rests after it, and what is kept of its price."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, delete, func, select, update
from sqlalchemy.orm import Session

from gateway.messages import money, outage, outbox, pace
from gateway.messages.codes import OPTED_OUT, UNTOLD, Outcome
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRetryable, SmsUnknown
from gateway.messages.models import Message, MessageStatus, OutboxHalt
from gateway.messages.outbox import NOT_AGAIN, SENDS_WHEN_UNCLEAR
from gateway.messages.receipts import Receipt
from gateway.messages.sending import QUEUED_AGAIN
from gateway.people.models import Resident

SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
"""Between two tries of a message that is refused for now."""
KEEP_TRYING = timedelta(days=1)
"""How old a message may be to be tried again: a night of do-not-disturb, or of a cut line, costs none."""
UNKNOWN_WAIT = timedelta(minutes=5)
"""How long an unclear send waits for a delivery report before it is sent once more."""
TOO_FAST = "http-429"


def record_request(session: Session, receipts: Sequence[tuple[int, Receipt]]) -> bool:
    """Write down the answer to one request: the receipt of each message in it. True where everything rests now.

    What it cost altogether is kept with the first of them that was accepted.
    """
    paid = next((number for number, receipt in receipts if receipt.outcome is Outcome.ACCEPTED), None)
    # Whose answer takes hold of a resident comes first, in the order of messages: no two workers wait for each other.
    for number, receipt in sorted(receipts, key=lambda pair: (pair[1].outcome is Outcome.ACCEPTED, pair[0])):
        record(session, number, receipt, paid=number == paid)
    if any(receipt.outcome is Outcome.HALTED for _, receipt in receipts):
        return True
    if all(receipt.outcome is Outcome.UNKNOWN and receipt.code in UNTOLD for _, receipt in receipts):
        return _doubt(session, [number for number, _ in receipts], receipts[0][1].code)
    outage.clear(session)
    clear_halt(session)
    return False


def record(session: Session, message_id: int, receipt: Receipt, *, paid: bool = True) -> None:
    """Write down the provider's answer about one claimed message. `paid`: the total of its request stays with it."""
    match receipt.outcome:
        case Outcome.ACCEPTED:
            _record_sent(session, message_id, receipt, paid)
        case Outcome.REJECTED:
            _record_rejected(session, message_id, receipt.code)
        case Outcome.UNKNOWN:
            _record_unknown(session, message_id, receipt.code, receipt)
        case Outcome.RETRY:
            _record_retry(session, [message_id], receipt.code)
        case Outcome.HALTED:
            _record_halt(session, [message_id], receipt.code)


def record_failure(session: Session, message_ids: Sequence[int], failure: SmsFailure) -> bool:
    """Write down that a whole request failed, for each message in it, by the name of the failure. True where
    everything rests now."""
    match failure:
        case SmsHalted():
            _record_halt(session, message_ids, failure.code)
            return True
        case SmsRetryable():
            _record_retry(session, message_ids, failure.code)
            if failure.code == TOO_FAST:
                pace.slow_down(session)
                return True
        case SmsUnknown():
            for message_id in sorted(message_ids):
                _record_unknown(session, message_id, failure.code)
            return _doubt(session, message_ids, failure.code)
        case _:
            _change(session, message_ids, {"status": MessageStatus.FAILED, "code": failure.code})
    return False


def _doubt(session: Session, message_ids: Sequence[int], code: str) -> bool:
    """Count the doubt, unless a report has settled it already. True where everything rests now."""
    unsettled = select(Message.id).where(Message.id.in_(message_ids), Message.status == MessageStatus.UNKNOWN)
    return session.scalar(unsettled.limit(1)) is not None and outage.doubt(session, code)


def cost_of(receipt: Receipt, *, paid: bool) -> dict[str, Any]:
    """The columns that keep what an SMS cost; those of the whole request only where it is `paid` with this one."""
    price, total = money.parse(receipt.cost), money.parse(receipt.total) if paid else None
    return {
        "parts": receipt.parts,
        "price": price and price.amount,
        "currency": price and price.currency,
        "total": total and total.amount,
        "total_currency": total and total.currency,
    }


def _in_all(cost: Mapping[str, Any]) -> dict[str, Any]:
    """`cost` and what was paid for an earlier send of the same message; where the currency is another, `cost` alone."""
    values: dict[str, Any] = {"parts": func.coalesce(Message.parts, cost["parts"])}
    if cost["price"] is not None:
        same = Message.currency.is_not_distinct_from(cost["currency"])
        values |= {"price": _sum(same, Message.price, cost["price"]), "currency": cost["currency"]}
        if cost["parts"]:
            values["parts"] = _sum(same, Message.parts, cost["parts"])
    if cost["total"] is not None:
        same = Message.total_currency.is_not_distinct_from(cost["total_currency"])
        values |= {"total": _sum(same, Message.total, cost["total"]), "total_currency": cost["total_currency"]}
    return values


def _sum(same: ColumnElement[bool], before: SQLColumnExpression[Any], now: Decimal | int) -> ColumnElement[Any]:
    return case((same, func.coalesce(before, 0) + now), else_=now)


def _record_sent(session: Session, message_id: int, receipt: Receipt, paid: bool) -> None:
    values = {
        "status": MessageStatus.SENT, "code": receipt.code, "provider_id": receipt.provider_id, "sent_at": func.now(),
    } | _in_all(cost_of(receipt, paid=paid))  # fmt: skip
    # Accepted is certain, also where the claim has run out in the meantime and counts as unclear.
    _change(session, [message_id], values, MessageStatus.UNKNOWN)
    if receipt.provider_id:
        outbox.apply_reports(session, receipt.provider_id)


def _record_rejected(session: Session, message_id: int, code: str) -> None:
    phone_hash = _held_phone(session, message_id) if code in OPTED_OUT else None
    _change(session, [message_id], {"status": MessageStatus.FAILED, "code": code})
    if phone_hash:
        # She has blocked us at the provider: what waits would be refused too, but for the answer to what she does next.
        outbox.stop(session, phone_hash, session.scalars(select(func.now())).one())


def _held_phone(session: Session, message_id: int) -> bytes | None:
    """The keyed hash of the phone that the message goes to, its resident held as by `outbox.hold`."""
    hers = select(Message.resident_id).where(Message.id == message_id).scalar_subquery()
    return session.scalar(select(Resident.phone_hash).where(Resident.id == hers).with_for_update(key_share=True))


def _record_unknown(session: Session, message_id: int, code: str, receipt: Receipt | None = None) -> None:
    """The bytes left and no clear answer came: wait for a report, then send once more at most, if at all.

    The report may be there already.
    """
    resident_id = session.scalar(select(Message.resident_id).where(Message.id == message_id))
    if resident_id:
        outbox.hold(session, Resident.id == resident_id)
    values: dict[str, Any] = {
        "status": MessageStatus.UNKNOWN, "code": code, "lease_until": func.now() + UNKNOWN_WAIT, "provider_id": None,
    }  # fmt: skip
    if receipt:
        values |= {"provider_id": receipt.provider_id} | _in_all(cost_of(receipt, paid=False))
        if not receipt.resend_once:
            values["attempts"] = func.greatest(Message.attempts, SENDS_WHEN_UNCLEAR)
    _change(session, [message_id], values)
    if values["provider_id"]:
        outbox.apply_reports(session, values["provider_id"])
    elif resident_id:
        outbox.settle_doubt(session, resident_id)


def _record_retry(session: Session, message_ids: Sequence[int], code: str) -> None:
    """Refused for now: again after as long as it has waited already, about; failed when it is too old."""
    jitter = random.uniform(0.8, 1.2)  # noqa: S311  (not a secret)
    age = func.now() - Message.created_at
    wait = func.greatest(SHORTEST_WAIT, func.least(age, LONGEST_WAIT)) * jitter
    unwanted = Message.attempts >= NOT_AGAIN
    status = case((and_(age > KEEP_TRYING, ~unwanted), MessageStatus.FAILED.value), else_=QUEUED_AGAIN["status"])
    _change(session, message_ids, QUEUED_AGAIN | {"status": status, "due_at": func.now() + wait, "code": code})


def _record_halt(session: Session, message_ids: Sequence[int], code: str) -> None:
    """The account itself is refused: nothing is lost, everything rests until the next try, and a human is told."""
    _change(session, message_ids, QUEUED_AGAIN | {"code": code})
    outage.rest(session, code)


def clear_halt(session: Session) -> None:
    """Sending works again."""
    session.execute(delete(OutboxHalt))


def _change(session: Session, message_ids: Sequence[int], values: Mapping[str, Any], *also_from: MessageStatus) -> None:
    session.execute(
        update(Message)
        .where(Message.id.in_(message_ids), Message.status.in_((MessageStatus.CLAIMED, *also_from)))
        .values({"lease_until": None, **values})
    )
