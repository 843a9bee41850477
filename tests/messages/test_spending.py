"""What a month cost: in KES as it was reported, by Nairobi's calendar, against the county's own limit."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, event

from config.settings import Settings
from gateway.messages import spending
from gateway.messages.models import SpendingLimit
from gateway.messages.money import Money
from gateway.messages.spending import Figures, Month, Spent, Standing
from gateway.people.models import Role
from tests.cases.stage import MONDAY, Stage

NOVEMBER = Month.of(MONDAY)


@pytest.fixture
def stage(settings: Settings, db: Engine, redis_url: str) -> Stage:
    return Stage(settings, db)


def sent(stage: Stage, price: str | None = "0.8", currency: str | None = "KES", **others: Any) -> None:
    """A message that left now and cost this."""
    row = {
        "status": "sent", "parts": 1, "price": price, "currency": currency, "total": None, "total_currency": None,
        "sent_at": stage.now, **others,
    }  # fmt: skip
    stage.set(
        "INSERT INTO message (wording, text_sealed, status, parts, price, currency, total, total_currency, sent_at)"
        " VALUES ('received', 'x', :status, :parts, :price, :currency, :total, :total_currency, :sent_at)",
        **row,
    )


def dialled(stage: Stage, amount: str = "1.6", currency: str | None = "KES", at: datetime | None = None) -> None:
    """A session that ended now and cost this."""
    stage.set(
        "INSERT INTO ussd_charge (amount, currency, at) VALUES (:amount, :currency, :at)",
        amount=amount, currency=currency, at=at or stage.now,
    )  # fmt: skip


def limit(stage: Stage, amount: str | None) -> bool:
    who = stage.officer(Role.COUNTY)
    with stage.transaction() as session:
        return spending.set_limit(session, who, None if amount is None else Decimal(amount), stage.now)


def standing(stage: Stage) -> Standing:
    with stage.transaction() as session:
        return spending.standing(session, stage.now)


def is_spent(stage: Stage) -> bool:
    with stage.transaction() as session:
        return spending.is_spent(session, stage.now)


def month(stage: Stage, which: Month = NOVEMBER) -> Spent:
    with stage.transaction() as session:
        return spending.read(session, which)


def price_per_part(stage: Stage) -> Decimal | None:
    with stage.transaction() as session:
        return spending.price_per_part(session)


# The month


def test_a_month_is_that_of_nairobi() -> None:
    """It ends three hours before midnight in UTC."""
    assert Month.of(datetime(2026, 11, 30, 20, 59, tzinfo=UTC)).code == "2026-11"
    assert Month.of(datetime(2026, 11, 30, 21, 0, tzinfo=UTC)).code == "2026-12"
    assert (NOVEMBER.before.code, NOVEMBER.after.code) == ("2026-10", "2026-12")
    december = Month.of(datetime(2026, 12, 31, tzinfo=UTC))
    assert (december.before, december.after.code) == (NOVEMBER, "2027-01")


@pytest.mark.parametrize(
    "code", ["", "2026", "2026-13", "2026-00", "26-11", "2026-1", "1926-11", "2026-11-01", "２０２６-11"]
)
def test_what_is_no_month_is_none(code: str) -> None:
    assert Month.parse(code) is None
    assert Month.parse("2026-11") == NOVEMBER


def test_texts_and_sessions_of_the_month_are_added_up_and_nothing_of_another(stage: Stage) -> None:
    sent(stage)
    sent(stage, "1.6", parts=2)
    sent(stage, sent_at=datetime(2026, 10, 31, 21, 0, tzinfo=UTC))
    sent(stage, "90", sent_at=datetime(2026, 10, 31, 20, 59, 59, tzinfo=UTC))
    sent(stage, "90", sent_at=datetime(2026, 11, 30, 21, 0, tzinfo=UTC))
    dialled(stage, "0.1")
    dialled(stage, "90", at=datetime(2026, 11, 30, 21, 0, tzinfo=UTC))
    assert month(stage).home == Figures("KES", 3, 4, Decimal("3.2"), 1, Decimal("0.1"))
    assert month(stage).home.price == standing(stage).spent == Decimal("3.3")
    assert month(stage, NOVEMBER.after).home == Figures("KES", 1, 1, Decimal(90), 1, Decimal(90))


def test_other_currencies_stand_apart_and_are_never_added(stage: Stage) -> None:
    sent(stage)
    sent(stage, "0.0079", "USD")
    dialled(stage, "0.02", "USD")
    dialled(stage, "1.5", None)
    found = month(stage)
    assert found.home.price == standing(stage).spent == Decimal("0.8")
    assert found.others == [
        Figures("", 0, 0, Decimal(0), 1, Decimal("1.5")),
        Figures("USD", 1, 1, Decimal("0.0079"), 1, Decimal("0.02")),
    ]


def test_the_total_of_a_request_is_added_to_no_price(stage: Stage) -> None:
    sent(stage, total="0.0158", total_currency="USD")
    sent(stage)
    sent(stage, total="0.8", total_currency="KES")
    found = month(stage)
    assert found.home.price == standing(stage).spent == Decimal("2.4")
    assert found.totals == [Money(Decimal("0.8"), "KES"), Money(Decimal("0.0158"), "USD")]
    assert found.others == []


def test_a_text_without_a_price_is_told_apart_from_one_that_was_refused(stage: Stage) -> None:
    sent(stage)
    sent(stage, None, None)
    sent(stage, None, None, status="unknown")
    sent(stage, None, None, status="failed")
    sent(stage, "0", None, status="failed", parts=None)
    found = month(stage)
    assert (found.unpriced, found.others, found.home.texts) == (2, [], 1)


def test_in_an_empty_month_nothing_is_spent(stage: Stage) -> None:
    assert month(stage) == Spent(Figures("KES"), [], [], 0)


# The limit


def test_without_a_limit_nothing_is_ever_spent_up(stage: Stage) -> None:
    sent(stage, "90000")
    assert not is_spent(stage)
    assert standing(stage) == Standing(Decimal(90000), None, 0.0)
    assert (standing(stage).nearly, standing(stage).reached) == (False, False)


@pytest.mark.parametrize(
    ("amount", "nearly", "reached"),
    [
        ("100", True, True),
        ("99.99", True, True),
        ("100.01", True, False),
        ("125", True, False),
        ("125.01", False, False),
    ],
)
def test_the_limit_warns_at_80_percent_and_holds_at_100(stage: Stage, amount: str, nearly: bool, reached: bool) -> None:
    sent(stage, "60")
    dialled(stage, "40")
    limit(stage, amount)
    assert (standing(stage).nearly, standing(stage).reached) == (nearly, reached)
    assert is_spent(stage) is reached


def test_a_limit_of_nothing_is_reached_at_once(stage: Stage) -> None:
    limit(stage, "0")
    assert is_spent(stage)


def test_a_new_month_begins_with_nothing_spent(stage: Stage) -> None:
    sent(stage, "500")
    limit(stage, "400")
    assert is_spent(stage)
    stage.later(days=8)
    assert standing(stage) == Standing(Decimal(0), Decimal(400), 0.0)


def test_only_kes_counts_towards_the_limit(stage: Stage) -> None:
    limit(stage, "1")
    sent(stage, "500", "USD", total="500", total_currency="KES")
    dialled(stage, "500", None)
    assert not is_spent(stage)


def test_the_newest_limit_holds_and_the_others_tell_who_changed_it_when(stage: Stage) -> None:
    sent(stage, "50")
    assert limit(stage, "10")
    stage.later(hours=1)
    assert limit(stage, "200.50")
    assert not limit(stage, "200.5")
    assert not is_spent(stage)
    stage.later(hours=1)
    assert limit(stage, None)
    assert not limit(stage, None)
    with stage.transaction() as session:
        told = [(row.amount, name, row.set_at) for row, name in spending.limits(session, 2)]
    assert told == [
        (None, "Rose", MONDAY + timedelta(hours=2)), (Decimal("200.50"), "Rose", MONDAY + timedelta(hours=1)),
    ]  # fmt: skip
    assert stage.count(SpendingLimit) == 3


def test_no_limit_at_first_is_nothing_new(stage: Stage) -> None:
    assert not limit(stage, None)
    assert stage.count(SpendingLimit) == 0


# The price of one part


def test_one_part_costs_what_was_reported_last_in_kes(stage: Stage) -> None:
    assert price_per_part(stage) is None
    sent(stage, "0.8")
    assert price_per_part(stage) == Decimal("0.8")
    stage.later(minutes=1)
    sent(stage, "2.1", parts=3)
    stage.later(minutes=1)
    sent(stage, "0.0079", "USD")
    sent(stage, "0.9", parts=None)
    sent(stage, "0", None, status="failed")
    sent(stage, None, None)
    assert price_per_part(stage) == Decimal("0.7")


# With much to count


def test_only_the_month_is_read_by_its_index_however_many_texts_there_were_before(stage: Stage, db: Engine) -> None:
    """A month of 150,000 is added up in 40 ms so; here are fewer, in the same proportion to the months before."""
    stage.set(
        "INSERT INTO message (wording, text_sealed, status, parts, price, currency, sent_at)"
        " SELECT 'received', decode(repeat('00', 120), 'hex'), 'delivered', 1, 0.8, 'KES',"
        " CAST(:now AS timestamptz) - n * interval '4 minutes' FROM generate_series(1, 100000) AS n",
        now=stage.now,
    )
    stage.set(
        "INSERT INTO ussd_charge (amount, currency, at) SELECT 1.6, 'KES',"
        " CAST(:now AS timestamptz) - n * interval '4 minutes' FROM generate_series(1, 100000) AS n",
        now=stage.now,
    )
    stage.set("ANALYZE message, ussd_charge")
    for read, indexes in (
        (standing, ["ix_message_sent", "ix_ussd_charge_at"]),
        (month, ["ix_message_sent", "ix_ussd_charge_at", "ix_message_sent"]),
        (price_per_part, ["ix_message_sent"]),
    ):
        assert sorted(plans(stage, read)) == sorted(indexes)


def plans(stage: Stage, read: Callable[[Stage], object]) -> list[str]:
    """The indexes by which the statements of `read` are carried out; `Seq Scan` where a large table is read through."""
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *rest: Any) -> None:
        asked.append((statement, values))

    event.listen(stage.engine, "before_cursor_execute", note)
    read(stage)
    event.remove(stage.engine, "before_cursor_execute", note)
    with stage.engine.connect() as connection:
        lines = [
            line
            for statement, values in asked
            for line in connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars()
        ]
    return [name for line in lines for name in re.findall(r"ix_\w+|Seq Scan on (?:message|ussd_charge)", line)]


# The log


def test_a_process_logs_once_that_the_limit_is_near_and_that_it_is_reached(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    monkeypatch.setattr(spending, "LOOK_SECONDS", -1.0)
    purse = spending.Purse()

    def looks(at: datetime) -> tuple[bool, list[tuple[str, str, int]]]:
        """Whether what can wait has to, and what two looks logged."""
        logged.seek(0)
        logged.truncate()
        with stage.transaction() as session:
            held = [purse.is_spent(session, at) for _ in range(2)][-1]
        lines = [json.loads(line) for line in logged.getvalue().splitlines()]
        return held, [(line["event"], line["month"], line["percent"]) for line in lines]

    dialled(stage, "79")
    assert looks(stage.now) == (False, [])
    limit(stage, "100")
    assert looks(stage.now) == (False, [])
    dialled(stage, "1")
    assert looks(stage.now) == (False, [("sms_limit_near", NOVEMBER.code, 80)])
    dialled(stage, "20")
    assert looks(stage.now) == (True, [("sms_limit_reached", NOVEMBER.code, 100)])
    limit(stage, "110")
    assert looks(stage.now) == (False, [])
    limit(stage, "1000")
    assert looks(stage.now) == (False, [])
    limit(stage, "100")
    assert looks(stage.now) == (True, [("sms_limit_reached", NOVEMBER.code, 100)])
    assert looks(stage.now + timedelta(days=31)) == (False, [])
