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
from sqlalchemy.exc import DBAPIError

import gateway.cases.desk_models
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


def officers_of_before(engine: Engine) -> None:
    """An officer of each role, as the third migration had them, and what they did with the case."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO officer (email, name, password_hash, session_salt, role, ward_code, sub_county_code,"
                " department, active) VALUES ('a', 'A', 'x', 'y', 'ward', 1014, NULL, NULL, true),"
                " ('b', 'B', 'x', 'y', 'sub_county', NULL, 202, NULL, false),"
                " ('c', 'C', 'x', 'y', 'department', NULL, NULL, 'water', true),"
                " ('d', 'D', 'x', 'y', 'ombudsman', NULL, NULL, NULL, true),"
                " ('e', 'E', 'x', 'y', 'hotline', NULL, NULL, NULL, true),"
                " ('f', 'F', 'x', 'y', 'county', NULL, NULL, NULL, true);"
                "UPDATE cases SET status = 'taken', assignee_id = 1, due_at = '2026-12-01';"
                "INSERT INTO cases (reference, kind, channel, category, sensitive, desk, language, due_at) VALUES"
                " ('10000008', 'grievance', 'ussd', 'STAFF', true, 'confidential', 'sw', '2026-12-01'),"
                " ('10000016', 'feedback', 'ussd', 'THANKS', false, 'ward', 'sw', NULL);"
                "INSERT INTO case_event (case_id, name, officer_id, data) VALUES (1, 'filed', NULL, '{}'),"
                " (1, 'taken', 1, '{}')"
            )
        )


ROLES = "SELECT email, role, ward_code, sub_county_code, department, active FROM officer ORDER BY id"
POSTS = (
    "SELECT email, role, ward_code, sub_county_code, department, active FROM post"
    " JOIN officer ON officer.id = officer_id AND starts_at = created_at AND ends_at IS NULL ORDER BY officer.id"
)
OFFICERS = [
    ("a", "ward", 1014, None, None, True),
    ("b", "sub_county", None, 202, None, False),
    ("c", "department", None, None, "water", True),
    ("d", "ombudsman", None, None, None, True),
    ("e", "hotline", None, None, None, True),
    ("f", "county", None, None, None, True),
]


def test_the_fourth_migration_makes_a_post_of_each_role_and_goes_down_and_up_again(empty: Engine) -> None:
    migrate(url_of(empty))
    fill(empty)
    go_down_to(empty, "0003")
    officers_of_before(empty)
    migrate(url_of(empty))
    assert differences(empty) == []
    with empty.begin() as connection:
        assert connection.execute(text(POSTS)).all() == OFFICERS
        # Only what is open and goes up at all has a day for it.
        steps = connection.execute(text("SELECT next_step_at = due_at FROM cases ORDER BY id")).scalars().all()
        assert steps == [True, None, None]
        connection.execute(
            text(
                "INSERT INTO officer (email, name, password_hash) VALUES ('g', 'G', 'x'), ('h', 'H', 'x');"
                "INSERT INTO post (officer_id, role, ward_code) VALUES (1, 'ward', 1015);"
                "INSERT INTO post (officer_id, role) VALUES (8, 'county_secretary');"
                "INSERT INTO absence (officer_id, first_day, last_day, deputy_id, made_by)"
                " VALUES (1, '2026-12-01', '2026-12-02', 3, 6);"
                "INSERT INTO trainer (phone_hash, phone_mask, name, added_by) VALUES ('t', 't', 'T', 6);"
                "INSERT INTO case_conflict (case_id, officer_id, named_by) VALUES (2, 4, 8);"
                "INSERT INTO ward_cover (ward_code, state, why) VALUES (1014, 'covered', 'leave');"
                "INSERT INTO device (officer_id, token_hash, pin_hash, expires_at) VALUES (1, 't', 'p', now());"
                "INSERT INTO sign_in (officer_id, token_hash, device_id) VALUES (1, 't', 1);"
                "INSERT INTO recovery_code (officer_id, code_hash) VALUES (1, 'c');"
                "INSERT INTO one_time_link (officer_id, kind, token_hash, expires_at) VALUES (7, 'reset', 't', now());"
                "INSERT INTO throttle (key) VALUES ('k');"
                "INSERT INTO audit (name, officer_id, case_ids) VALUES ('case_opened', 1, '{1}');"
                "UPDATE cases SET desk = 'county_secretary', raised_to = 'county_secretary', proposed_by_id = 1"
                " WHERE id = 1;"
                "UPDATE cases SET kind = 'request' WHERE id = 3;"
                "INSERT INTO case_event (case_id, name, data) VALUES (1, 'raised', '{\"step\": \"sub_county\"}')"
            )
        )
    go_down_to(empty, "0003")
    with empty.connect() as connection:
        # Who never had a role of before has none to go back to, and does not sign in.
        gone = [(email, "county", None, None, None, False) for email in ("g", "h")]
        assert connection.execute(text(ROLES)).all() == OFFICERS + gone
        cases = connection.execute(text("SELECT kind, desk, status, assignee_id FROM cases ORDER BY id")).all()
        assert cases == [
            ("grievance", "county", "taken", 1), ("grievance", "confidential", "new", None),
            ("grievance", "ward", "new", None),
        ]  # fmt: skip
        history = connection.scalars(text("SELECT name FROM case_event ORDER BY id")).all()
        assert history == ["filed", "taken"]
        assert connection.scalar(text("SELECT to_regclass('post')")) is None
    migrate(url_of(empty))
    assert differences(empty) == []
    with empty.connect() as connection:
        assert connection.execute(text(POSTS)).all() == OFFICERS + gone


LOCKED = (
    "SELECT tablename FROM pg_policies WHERE schemaname = 'public' UNION SELECT relname FROM pg_class"
    " WHERE relrowsecurity UNION SELECT proname FROM pg_proc WHERE proname LIKE 'sikiza%'"
    " UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
)
RIGHTS = (
    "SELECT grantee, table_name, column_name, privilege_type FROM information_schema.column_privileges"
    " WHERE grantee LIKE 'sikiza%'"
)


def test_the_fifth_migration_takes_its_fence_down_and_puts_it_up_again(empty: Engine) -> None:
    migrate(url_of(empty))
    fill(empty)
    with empty.connect() as connection:
        up, rights = set(connection.scalars(text(LOCKED))), set(connection.execute(text(RIGHTS)))
    go_down_to(empty, "0004")
    with empty.begin() as connection:
        assert connection.scalars(text(LOCKED)).all() == []
        left = set(connection.execute(text(RIGHTS)))
        assert {role for role, *_ in left} == {"sikiza_officer"}
        assert ("sikiza_officer", "cases", "status", "UPDATE") in left
        connection.execute(text("INSERT INTO case_event (case_id, name, data) VALUES (1, 'filed', '{}')"))
        connection.execute(text("UPDATE case_event SET at = '2026-11-01'"))
    migrate(url_of(empty))
    with empty.connect() as connection:
        assert set(connection.scalars(text(LOCKED))) == up
        assert set(connection.execute(text(RIGHTS))) == rights
        assert connection.scalars(text("SELECT at FROM case_event")).all() == [datetime(2026, 11, 1, tzinfo=UTC)]
    for change in ("UPDATE case_event SET at = now()", "UPDATE case_event SET name = 'x'", "DELETE FROM case_event"):
        with pytest.raises(DBAPIError, match="only ever appended to"), empty.begin() as connection:
            connection.execute(text(change))


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
