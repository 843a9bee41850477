"""The night's work on a county with many rows: some batches a round, done when all is done, and always on an index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bench import many
from gateway.cases import retention
from gateway.cases.models import Case
from gateway.people.models import Audit, Resident
from tests.cases.stage import MONDAY, Stage
from workers.sweep import keep_no_longer

CLOSED = (
    "INSERT INTO cases (reference, kind, channel, category, sensitive, desk, status, language, words, closed_at)"
    " SELECT lpad(n::text, 8, '0'), 'grievance', 'ussd', 'WATER', false, 'ward', 'closed', 'sw', 'Juma',"
    " timestamptz '2020-01-01' + n * interval '1 hour' FROM generate_series(1, :number) AS n"
)


@pytest.fixture
def tonight() -> datetime:
    """02:30 in Nairobi, of the day that the database has, too."""
    return datetime.now(UTC).replace(hour=23, minute=30) - timedelta(days=1)


def with_words(stage: Stage) -> int:
    with stage.transaction() as session:
        return session.scalar(select(func.count()).where(Case.words.is_not(None))) or 0


def is_done(stage: Stage) -> bool:
    with stage.transaction() as session:
        return session.scalar(select(Audit.id).where(Audit.name == retention.DONE)) is not None


def test_a_round_does_some_batches_and_the_night_is_done_when_nothing_is_left(stage: Stage, tonight: datetime) -> None:
    a_round = retention.BATCH * retention.BATCHES
    stage.set(CLOSED, number=a_round + 50)
    walk = retention.Walk()
    keep_no_longer(stage.installation, tonight, walk)
    assert (with_words(stage), is_done(stage)) == (50, False)
    keep_no_longer(stage.installation, tonight, walk)
    assert (with_words(stage), is_done(stage)) == (0, True)


def test_the_night_is_not_done_while_a_part_of_it_fails(stage: Stage, tonight: datetime) -> None:
    stage.set(CLOSED, number=3)
    stage.set("ALTER TABLE incoming_sms RENAME TO mislaid")
    try:
        keep_no_longer(stage.installation, tonight, retention.Walk())
    finally:
        stage.set("ALTER TABLE mislaid RENAME TO incoming_sms")
    assert not is_done(stage)
    keep_no_longer(stage.installation, tonight, retention.Walk())
    assert (with_words(stage), is_done(stage)) == (0, True)


def test_the_walk_through_all_numbers_goes_on_where_the_last_round_stopped(stage: Stage, tonight: datetime) -> None:
    seen_in_a_round = retention.WINDOW * retention.BATCHES
    stage.set(
        "INSERT INTO resident (phone_hash, phone_sealed, phone_mask, language, created_at)"
        " SELECT CAST(n AS text)::bytea, 'x', 'x', 'sw',"
        " CASE WHEN n > :kept THEN timestamptz '2010-01-01' ELSE now() END FROM generate_series(1, :kept + 7) AS n",
        kept=seen_in_a_round,
    )
    walk = retention.Walk()
    keep_no_longer(stage.installation, tonight, walk)
    assert (stage.count(Resident), is_done(stage)) == (seen_in_a_round + 7, False)
    keep_no_longer(stage.installation, tonight, walk)
    assert (stage.count(Resident), is_done(stage)) == (seen_in_a_round, True)
    keep_no_longer(stage.installation, tonight + timedelta(hours=9), walk)
    assert walk.after == 0


# Query plans

NUMBER = 30_000
ROWS = (
    CLOSED,
    "UPDATE cases SET anonymised_at = now(), words = NULL WHERE id % 10 > 0",
    "UPDATE cases SET closed_at = timestamptz '2026-11-01' WHERE anonymised_at IS NULL AND id % 1000 > 0",
    "INSERT INTO message (wording, text_sealed, status, due_at, created_at)"
    " SELECT 'help', CASE WHEN n % 10 = 0 THEN 'x'::bytea ELSE ''::bytea END, 'sent', now(),"
    " timestamptz '2026-11-01' - n % 1000 * interval '1 day' FROM generate_series(1, :number) AS n",
    "INSERT INTO incoming_sms (provider_id, sender_sealed, text_sealed, status, received_at)"
    " SELECT n::text, 'x', CASE WHEN n % 10 = 0 THEN 'x'::bytea ELSE ''::bytea END, 'handled',"
    " timestamptz '2026-11-01' - n % 1000 * interval '1 day' FROM generate_series(1, :number) AS n",
    "INSERT INTO audit (name, address, at)"
    " SELECT 'signed_in', CASE WHEN n % 10 = 0 THEN inet '10.0.0.7' END,"
    " timestamptz '2026-11-01' - n % 1000 * interval '1 day' FROM generate_series(1, :number) AS n",
)
INDEXES = {
    "kept_cases": "ix_cases_keep",
    "kept_sent": "ix_message_keep",
    "kept_set_aside": "ix_incoming_sms_keep",
    "kept_addresses": "ix_audit_address",
}


def test_each_part_of_the_night_finds_what_is_over_by_its_index(stage: Stage) -> None:
    for fill in ROWS:
        stage.set(fill, **({"number": NUMBER} if ":number" in fill else {}))
    stage.set("ANALYZE cases, message, incoming_sms, audit")
    for name, index in INDEXES.items():
        with stage.transaction() as session, many.statements(stage.engine) as seen:
            assert retention.TASKS[name](session, stage.office, MONDAY) > 0
        statement, parameters = next(one for one in seen if one[0].startswith("SELECT"))
        with stage.engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar()
        used = list(nodes((plan if isinstance(plan, list) else json.loads(str(plan)))[0]["Plan"]))
        assert index in {node.get("Index Name") for node in used}, (name, used)
        assert "Seq Scan" not in {node["Node Type"] for node in used}, (name, used)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)
