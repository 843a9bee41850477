"""Texts to many: what goes together, what never does, and that the answer is written down number by number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from config.settings import Settings
from gateway.messages import recording, sending
from gateway.messages.africastalking import Outcome, Receipt
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRejected, SmsRetryable, SmsUnknown
from gateway.messages.models import Message
from gateway.messages.pace import Pace
from gateway.messages.sending import Due, requests_of
from tests.cases.stage import WANJIKU, Stage
from tests.messages.sms import receipt


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


def announce(stage: Stage, count: int, bulk: str = "announcement-1", words: str = "Mkutano Jumamosi") -> None:
    """Queue one text to `count` residents, each with another number."""
    vault = stage.office.vault
    with stage.engine.begin() as connection:
        for place in range(count):
            number = f"+25471200{place:04}"
            known = connection.scalar(
                text(
                    "INSERT INTO resident (phone_hash, phone_sealed, phone_mask, language) VALUES (:hash, :sealed,"
                    " '07xx', 'sw') ON CONFLICT (phone_hash) DO UPDATE SET language = 'sw' RETURNING id"
                ),
                {"hash": vault.phone_hash(number), "sealed": vault.seal(number)},
            )
            connection.execute(
                text(
                    "INSERT INTO message (resident_id, wording, text_sealed, bulk, due_at)"
                    " VALUES (:known, 'announcement', :sealed, :bulk, :due)"
                ),
                {"known": known, "sealed": vault.seal(words), "bulk": bulk, "due": stage.now},
            )


def take(stage: Stage, per_second: int = 1000) -> list[Due]:
    with stage.transaction() as session:
        return list(sending.take(session, stage.office.vault, Pace(per_second)).due)


def begun(stage: Stage, count: int) -> list[Due]:
    announce(stage, count)
    taken = take(stage)
    with stage.transaction() as session:
        assert sending.begin(session, *taken) == taken
    return taken


def states(stage: Stage) -> list[tuple[str, str | None, int]]:
    return [(message.status.value, message.code, message.attempts) for message in stage.messages()]


# What goes together


def due(place: int, number: str, bulk: str | None = "a", words: str = "Habari") -> Due:
    return Due(place, number, words, datetime(2026, 11, 22, tzinfo=UTC), bulk)


@pytest.mark.parametrize(
    ("taken", "requests"),
    [
        ([], []),
        ([due(1, "+254711000001", None), due(2, "+254711000002", None)], [[1], [2]]),
        ([due(1, "+254711000001"), due(2, "+254711000002")], [[1, 2]]),
        ([due(1, "+254711000001"), due(2, "+254711000002", "b")], [[1], [2]]),
        ([due(1, "+254711000001"), due(2, "+254711000002", words="Hello")], [[1], [2]]),
        ([due(1, "+254711000001"), due(2, "+254711000001"), due(3, "+254711000002")], [[1, 3], [2]]),
        ([due(1, "0711000001"), due(2, "+254711000002"), due(3, "+254711000003")], [[1], [2, 3]]),
    ],
)
def test_together_goes_what_has_the_same_key_and_words_and_another_number(
    taken: Sequence[Due], requests: list[list[int]]
) -> None:
    assert [[one.id for one in request] for request in requests_of(taken)] == requests


def test_a_claim_takes_a_hundred_of_one_key_and_nothing_else(stage: Stage) -> None:
    announce(stage, 120)
    announce(stage, 3, "announcement-2")
    assert [[due.id for due in take(stage)] for _ in range(4)] == [
        list(range(1, 101)), list(range(101, 121)), [121, 122, 123], [],
    ]  # fmt: skip


def test_what_goes_alone_and_is_older_goes_before_what_goes_together(stage: Stage) -> None:
    announce(stage, 3)
    stage.file()
    stage.set("UPDATE message SET wanted = false, due_at = due_at - interval '1 minute' WHERE id = 4")
    assert [[due.id for due in take(stage)] for _ in range(2)] == [[4], [1, 2, 3]]


def test_what_somebody_waits_for_goes_before_any_announcement(stage: Stage) -> None:
    announce(stage, 3)
    stage.file()
    assert [[due.id for due in take(stage)] for _ in range(2)] == [[4], [1, 2, 3]]


def test_an_announcement_is_not_held_up_by_the_message_that_no_key_opens(stage: Stage) -> None:
    announce(stage, 3)
    stage.set("UPDATE message SET text_sealed = 'x' WHERE id = 2")
    assert [due.id for due in take(stage)] == [1, 3]
    assert states(stage)[1] == ("held", "key missing", 1)


def test_of_a_request_only_what_is_still_wanted_is_begun(stage: Stage) -> None:
    announce(stage, 3)
    taken = take(stage)
    stage.set("UPDATE message SET status = 'cancelled' WHERE id = 2")
    with stage.transaction() as session:
        assert [due.id for due in sending.begin(session, *taken)] == [1, 3]
    assert [message.sent_at is not None for message in stage.messages()] == [True, False, True]


# What is written down


def record(stage: Stage, taken: Sequence[Due], *receipts: Receipt) -> None:
    with stage.transaction() as session:
        recording.record_request(session, [(due.id, one) for due, one in zip(taken, receipts, strict=True)])


def costs(message: Message) -> tuple[object, ...]:
    return message.parts, message.price, message.currency, message.total, message.total_currency


def test_each_number_has_its_own_outcome_and_price(stage: Stage) -> None:
    taken = begun(stage, 6)
    record(
        stage, taken,
        Receipt(Outcome.REJECTED, "403", None, "0", None, "USD 0.0316"),
        Receipt(Outcome.ACCEPTED, "102", "ATXid_1", "KES 0.8000", 1, "USD 0.0316"),
        Receipt(Outcome.ACCEPTED, "101", "ATXid_2", "KES 1.6000", 2, "USD 0.0316"),
        Receipt(Outcome.RETRY, "500", None, "0", None, "USD 0.0316"),
        Receipt(Outcome.UNKNOWN, "missing", None, None, None, None),
        Receipt(Outcome.UNKNOWN, "401", "ATXid_3", "KES 0.8", 1, "USD 0.0316"),
    )  # fmt: skip
    assert states(stage) == [
        ("failed", "403", 1), ("sent", "102", 1), ("sent", "101", 1), ("queued", "500", 0), ("unknown", "missing", 1),
        ("unknown", "401", 2),
    ]  # fmt: skip
    rejected, first, second, again, missing, held = stage.messages()
    assert costs(first) == (1, Decimal("0.8"), "KES", Decimal("0.0316"), "USD")
    assert costs(second) == (2, Decimal("1.6"), "KES", None, None)
    assert costs(held) == (1, Decimal("0.8"), "KES", None, None)
    assert {costs(message) for message in (rejected, again, missing)} == {(None,) * 5}


@pytest.mark.parametrize(
    ("cost", "price", "currency"),
    [("KES 0.8000", Decimal("0.8"), "KES"), ("0", Decimal(0), None), (None, None, None), ("free", None, None)],
)
def test_a_price_is_kept_as_it_was_told(
    stage: Stage, cost: str | None, price: Decimal | None, currency: str | None
) -> None:
    record(stage, begun(stage, 1), Receipt(Outcome.ACCEPTED, "102", "ATXid_1", cost, None, None))
    assert costs(stage.messages()[0]) == (None, price, currency, None, None)


@pytest.mark.parametrize(
    ("failure", "after"),
    [
        (SmsRejected("http-400"), ("failed", "http-400", 1)),
        (SmsRetryable("http-500"), ("queued", "http-500", 0)),
        (SmsUnknown("deadline"), ("unknown", "deadline", 1)),
        (SmsHalted("http-401"), ("queued", "http-401", 0)),
    ],
)
def test_a_request_that_failed_fails_each_message_by_the_same_rule(
    stage: Stage, failure: SmsFailure, after: tuple[str, str, int]
) -> None:
    taken = begun(stage, 3)
    with stage.transaction() as session:
        recording.record_failure(session, [due.id for due in taken], failure)
    assert states(stage) == [after] * 3
    assert len({message.due_at for message in stage.messages()}) == 1, "what is tried again goes together again"


def test_she_who_has_blocked_us_is_stopped_and_what_she_does_next_is_still_answered(stage: Stage) -> None:
    for _ in range(2):
        stage.file()
    first, *_ = taken = take(stage)
    with stage.transaction() as session:
        sending.begin(session, first)
    record(stage, taken[:1], receipt(Outcome.REJECTED, "406", None))
    assert states(stage)[0] == ("failed", "406", 1)
    assert states(stage)[1][0] == "cancelled"
    resident = stage.resident(WANJIKU)
    assert resident is not None
    assert resident.stopped_at is not None
    stage.file()
    assert states(stage)[2] == ("queued", None, 0)
