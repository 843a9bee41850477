"""The migrations on a database of their own: up, down and up again with rows in it, and equal to the models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, make_url, text

import gateway.cases.models
import gateway.messages.models
import gateway.people.models  # noqa: F401  (the tables register themselves)
from gateway.db import Base, make_engine, migrate
from gateway.dialogue.models import ScreenCount

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def empty(servers: tuple[str, str], worker_number: int) -> Iterator[Engine]:
    """A database without a table."""
    server, name = make_url(servers[0]), f"migrations_{worker_number}"
    admin = server.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    engine = make_engine(server.set(database=name).render_as_string(hide_password=False))
    with psycopg.connect(admin, autocommit=True) as connection:
        # The schema makes a role, which all databases share: one worker at a time.
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(f"CREATE DATABASE {name}")
        yield engine
        engine.dispose()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def go_down_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    config.attributes["url"] = url_of(engine)
    command.downgrade(config, revision)


def differences(engine: Engine) -> list[object]:
    """What `alembic check` would find between the models and the schema."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[object] = compare_metadata(context, Base.metadata)
    return found


def constraints_and_indexes(engine: Engine) -> set[tuple[str, str]]:
    """All of them as PostgreSQL writes them, checks and conditions too, which `alembic check` does not look at."""
    query = (
        "SELECT conname, pg_get_constraintdef(pg_constraint.oid) FROM pg_constraint"
        " JOIN pg_class ON pg_class.oid = conrelid AND relname <> 'alembic_version'"
        " WHERE connamespace = 'public'::regnamespace"
        " UNION SELECT indexname, indexdef FROM pg_indexes"
        " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    with engine.connect() as connection:
        return {(name, definition) for name, definition in connection.execute(text(query))}


def fill(engine: Engine) -> None:
    """Rows that the second migration has to bring along: a case, its question and its SMS."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO resident (phone_hash, phone_sealed, phone_mask, language) VALUES"
                " ('a', 'a', 'a', 'sw'), ('b', 'b', 'b', 'sw');"
                "INSERT INTO cases (reference, kind, channel, category, sensitive, desk, language, resident_id)"
                " VALUES ('48217739', 'grievance', 'ussd', 'WATER', false, 'ward', 'sw', 1);"
                "INSERT INTO question (resident_id, case_id, kind, status, expires_at)"
                " VALUES (1, 1, 'fixed', 'open', now());"
                "INSERT INTO message (resident_id, case_id, wording, text_sealed) VALUES (1, 1, 'received', 'x')"
            )
        )


def fill_what_is_new(engine: Engine) -> None:
    """Rows in every table and column that the second migration brings."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO draft (session_id, phone_hash, phone_sealed, language, category, chosen, began_at,"
                " expires_at) VALUES ('ATUid_1', 'b', 'b', 'sw', 'WATER', '{}', now(), now());"
                "INSERT INTO question (resident_id, draft_id, kind, status, expires_at)"
                " VALUES (2, 1, 'draft', 'open', now());"
                "INSERT INTO ussd_session (id, phone_hash, phone_sealed, profile, menu_hash, cuts, answers,"
                " transcript_sealed) VALUES ('ATUid_1', 'b', 'b', '{}', 'm', '{0}', '{}', 'x');"
                "INSERT INTO menu_edition (hash, tree, catalogue) VALUES ('m', '', '{}');"
                "UPDATE message SET read_at = now()"
            )
        )
        row = {"day": MONDAY.date(), "screen": "home", "language": "sw", "network": "", "seen": 1, "stopped": 1}
        connection.execute(insert(ScreenCount), row)


def test_the_models_are_what_the_migrations_make(empty: Engine) -> None:
    Base.metadata.create_all(empty)
    made = constraints_and_indexes(empty)
    Base.metadata.drop_all(empty)
    migrate(url_of(empty))
    assert differences(empty) == []
    assert constraints_and_indexes(empty) == made


def test_the_second_migration_goes_down_and_up_again_with_rows_in_every_table(empty: Engine) -> None:
    migrate(url_of(empty))
    fill(empty)
    fill_what_is_new(empty)
    go_down_to(empty, "0001")
    with empty.connect() as connection:
        assert connection.execute(text("SELECT kind, case_id FROM question")).all() == [("fixed", 1)]
        assert connection.scalar(text("SELECT id FROM ussd_session")) == "ATUid_1"
        assert connection.scalar(text("SELECT wording FROM message")) == "received"
        assert connection.scalar(text("SELECT to_regclass('draft')")) is None
    migrate(url_of(empty))
    assert differences(empty) == []
    with empty.connect() as connection:
        assert connection.execute(text("SELECT kind, case_id, draft_id FROM question")).all() == [("fixed", 1, None)]
        session = connection.execute(
            text("SELECT network, phone_sealed, transcript_sealed, closed_at FROM ussd_session")
        ).one()
        assert tuple(session) == ("", None, None, None)
        assert connection.scalar(text("SELECT read_at FROM message")) is None


def test_the_third_migration_keeps_what_a_text_cost_and_what_waits(empty: Engine) -> None:
    migrate(url_of(empty))
    fill(empty)
    go_down_to(empty, "0002")
    with empty.begin() as connection:
        connection.execute(text("UPDATE message SET cost = 'KES 0.8000', status = 'queued', wording = 'received'"))
    migrate(url_of(empty))
    assert differences(empty) == []
    with empty.begin() as connection:
        row = connection.execute(text("SELECT price, currency, wanted, bulk FROM message")).one()
        assert (str(row.price), row.currency, row.wanted, row.bulk) == ("0.8000", "KES", True, None)
        connection.execute(
            text(
                "UPDATE question SET kind = 'delete', options = '[\"1014\"]';"
                "INSERT INTO ussd_charge (source, case_id, amount) VALUES ('a', 1, 0.1);"
                "UPDATE cases SET guess = '{}', follows_id = 1"
            )
        )
    go_down_to(empty, "0002")
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT cost FROM message")) == "KES 0.8000"
        assert connection.execute(text("SELECT id FROM question")).all() == []
    migrate(url_of(empty))
    assert differences(empty) == []


def test_after_the_third_migration_what_came_before_it_is_no_news_from_the_inbox(empty: Engine) -> None:
    migrate(url_of(empty))
    with empty.connect() as connection:
        assert connection.execute(text("SELECT since FROM inbox_mark")).all() == []
    go_down_to(empty, "0002")
    with empty.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO incoming_sms (provider_id, sender_sealed, text_sealed, status)"
                " VALUES ('1', 'x', 'x', 'handled'), ('2', 'x', 'x', 'stored'), ('3', 'x', 'x', 'quarantined')"
            )
        )
    migrate(url_of(empty))
    with empty.connect() as connection:
        mark = "SELECT last_id, since > now() - interval '1 minute', read_at < now() - interval '10 minutes'"
        assert connection.execute(text(f"{mark} FROM inbox_mark")).all() == [(0, True, True)]
        # Of what nobody has handled no one knows whether it is confidential.
        kept = text("SELECT sensitive FROM incoming_sms ORDER BY id")
        assert connection.scalars(kept).all() == [False, True, True]


def test_going_up_twice_changes_nothing_and_down_to_the_start_leaves_nothing(empty: Engine) -> None:
    migrate(url_of(empty))
    migrate(url_of(empty))
    fill(empty)
    fill_what_is_new(empty)
    go_down_to(empty, "base")
    with empty.connect() as connection:
        left = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        assert connection.execute(text(left)).all() == []
    migrate(url_of(empty))
    assert differences(empty) == []
