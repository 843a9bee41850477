"""What an SMS cost that was sent twice: both sends, each as the provider reported it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages import spending
from gateway.messages.africastalking import Outcome, Receipt
from gateway.phone.provider import Provider
from tests.cases.stage import Stage
from tests.messages.sms import begin, begun, claim, one, record, sweep
from tests.workers.choosy import choosy
from workers.deliver import drain, open_sender


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


def told(outcome: Outcome, cost: str | None, total: str | None = None, parts: int | None = 1) -> Receipt:
    return Receipt(outcome, "102" if outcome is Outcome.ACCEPTED else "502", None, cost, parts, total)


def let_wait(stage: Stage) -> None:
    stage.set("UPDATE message SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL")
    sweep(stage)


def paid(stage: Stage) -> tuple[Decimal | None, str | None, int | None, Decimal | None, str | None]:
    message = one(stage)
    return message.price, message.currency, message.parts, message.total, message.total_currency


def send_twice(stage: Stage, first: Receipt, second: Receipt) -> None:
    record(stage, begun(stage), first)
    let_wait(stage)
    [due] = claim(stage)
    assert due.again
    begin(stage, due)
    record(stage, due, second)


@pytest.mark.parametrize(
    ("first", "second", "after"),
    [
        (("KES 0.8000", None, 1), ("KES 0.8000", "USD 0.0079", 1), ("1.6", "KES", 2, "0.0079", "USD")),
        (("KES 0.8000", None, 2), (None, None, None), ("0.8", "KES", 2, None, None)),
        ((None, None, None), ("KES 0.8000", "KES 0.8000", 1), ("0.8", "KES", 1, "0.8", "KES")),
        (("USD 0.0079", None, 1), ("KES 0.8000", None, 1), ("0.8", "KES", 1, None, None)),
        (("0.8000", None, 1), ("0.8000", None, 1), ("1.6", None, 2, None, None)),
        ((None, None, 1), (None, None, 1), (None, None, 1, None, None)),
        (("KES 0", None, None), ("KES 0.8000", None, 1), ("0.8", "KES", 1, None, None)),
    ],
)
def test_both_sends_are_paid_for(
    stage: Stage,
    first: tuple[str | None, str | None, int | None],
    second: tuple[str | None, str | None, int | None],
    after: tuple[str | None, str | None, int | None, str | None, str | None],
) -> None:
    send_twice(stage, told(Outcome.UNKNOWN, *first), told(Outcome.ACCEPTED, *second))
    price, currency, parts, total, total_currency = after
    wanted = (price and Decimal(price), currency, parts, total and Decimal(total), total_currency)
    assert paid(stage) == wanted


def test_a_part_costs_no_more_for_being_sent_twice(stage: Stage) -> None:
    send_twice(stage, told(Outcome.UNKNOWN, "KES 0.8000"), told(Outcome.ACCEPTED, "KES 0.8000"))
    with stage.transaction() as session:
        assert spending.price_per_part(session) == Decimal("0.8")
        assert spending.standing(session, datetime.now(UTC)).spent == Decimal("1.6")


def test_a_receipt_that_is_written_down_twice_counts_once(stage: Stage) -> None:
    due = begun(stage)
    for _ in range(2):
        record(stage, due, told(Outcome.ACCEPTED, "KES 0.8000", "KES 0.8000"))
    assert paid(stage) == (Decimal("0.8"), "KES", 1, Decimal("0.8"), "KES")


def test_a_worker_adds_up_what_both_sends_cost(stage: Stage, provider: Provider) -> None:
    for _ in range(2):
        stage.file()
    codes = iter([502, 102, 102])
    with choosy(lambda _: next(codes)) as careful:
        settings = stage.installation.settings.model_copy(update={"africastalking_base_url": careful.url})
        sender = open_sender(settings)
        assert drain(stage.installation, sender) == 2
        let_wait(stage)
        assert drain(stage.installation, sender) == 1
    assert [(message.price, message.status.value) for message in stage.messages()] == [
        (Decimal("1.6"), "sent"), (Decimal("0.8"), "sent"),
    ]  # fmt: skip
