"""The rights of the officers' roles: they read and lock, nothing else; and nobody rewrites a history, owner or not."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import ProgrammingError

from gateway.cases import actions
from gateway.cases.models import Case
from gateway.db import Base, as_owner, officer_session
from gateway.people import audit
from gateway.people.models import Officer, Role
from tests.cases.stage import Stage

ROLES = ("sikiza_officer", "sikiza_auditor")
LOCKED = {"cases", "call_back", "incoming_sms"}
"""Tables of which a row is locked while it is looked at: that takes a right to write, and no policy lets it through."""
OPEN_TO_OFFICERS = {
    "absence", "announcement", "notice", "officer", "outbox_halt", "post", "screen_count", "spending_limit", "trainer",
    "ward_cover", "ward_landmark",
}  # fmt: skip
"""Tables without policies that the officers' role reads: of them no row is about a resident."""


@pytest.fixture
def officer(stage: Stage) -> Officer:
    return stage.officer()


def tables(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        names = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'")
        return sorted(connection.scalars(names))


def granted(engine: Engine, role: str, right: str) -> set[str]:
    """The tables of which a role has this right, if only on one column."""
    query = text(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND CASE"
        " WHEN :right IN ('DELETE', 'TRUNCATE') THEN has_table_privilege(:role, oid, :right)"
        " ELSE has_any_column_privilege(:role, oid, :right) END"
    )
    with engine.connect() as connection:
        return set(connection.scalars(query, {"role": role, "right": right}))


@pytest.mark.parametrize("role", ROLES)
def test_no_role_of_officers_writes_anything(db: Engine, role: str) -> None:
    assert {name: granted(db, role, name) for name in ("INSERT", "DELETE", "TRUNCATE")} == {
        "INSERT": set(), "DELETE": set(), "TRUNCATE": set(),
    }  # fmt: skip
    assert granted(db, role, "UPDATE") == (LOCKED if role == "sikiza_officer" else set())


def test_every_table_that_officers_read_has_policies_or_is_about_no_resident(db: Engine) -> None:
    with db.connect() as connection:
        fenced = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity")))
    unfenced = granted(db, "sikiza_officer", "SELECT") - fenced
    assert unfenced == OPEN_TO_OFFICERS, (
        "A table that officers read needs a policy in migrations/versions/0005_the_fence.py;"
        " if no row of it is about a resident, name it in OPEN_TO_OFFICERS."
    )
    assert granted(db, "sikiza_auditor", "SELECT") <= fenced | OPEN_TO_OFFICERS
    assert set(tables(db)) >= {*(table.name for table in Base.metadata.sorted_tables)}


def test_auditors_read_no_words_no_numbers_and_nothing_of_residents(db: Engine) -> None:
    secret = ("words", "words_sealed", "landmark", "reason", "reason_sealed", "guess", "resident_id", "secret_hash")
    query = text("SELECT has_column_privilege('sikiza_auditor', 'cases', :column, 'SELECT')")
    with db.connect() as connection:
        assert not [column for column in secret if connection.scalar(query, {"column": column})]
    assert not granted(db, "sikiza_auditor", "SELECT") & {
        "resident", "message", "incoming_sms", "question", "call_back", "number_look", "trainer", "draft", "intake",
    }  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases SET status = 'closed'",
        "UPDATE cases SET sensitive = false",
        "UPDATE cases SET id = id",
        "UPDATE call_back SET id = id",
        "UPDATE incoming_sms SET id = id",
        "DELETE FROM cases",
        "INSERT INTO case_event (case_id, name) SELECT id, 'released' FROM cases",
        "INSERT INTO case_conflict (case_id, officer_id, named_by) SELECT 1, 1, 1",
        "DELETE FROM case_conflict",
        "INSERT INTO post (officer_id, role) VALUES (1, 'ombudsman')",
        "UPDATE officer SET active = true",
        "INSERT INTO audit (name) VALUES ('signed_in')",
        "SELECT phone_sealed FROM resident",
        "SELECT sender_sealed FROM incoming_sms",
        "SELECT password_hash FROM officer",
        "SELECT phone_hash FROM trainer",
        "SELECT * FROM sign_in",
        "SELECT * FROM intake",
        "SELECT sikiza_enter(1)",
    ],
)
def test_what_the_officers_role_may_not_do_the_database_refuses(stage: Stage, officer: Officer, statement: str) -> None:
    stage.file(hour="any")
    stage.receive("Hakuna maji Shirere")
    with pytest.raises(ProgrammingError, match=r"permission denied|row-level security"):
        run(stage.engine, officer, statement)
    if statement.endswith("id = id"):
        stage.set("UPDATE cases SET desk = 'county'")
        with pytest.raises(ProgrammingError, match="row-level security"):
            run(stage.engine, stage.officer(Role.HOTLINE), statement)


def run(engine: Engine, officer: Officer, statement: str) -> None:
    with officer_session(engine, officer) as session:
        session.execute(text(statement))


def test_a_case_is_locked_by_who_sees_it_and_by_nobody_else(stage: Stage, officer: Officer) -> None:
    stage.file()
    for who, number in ((officer, 1), (stage.officer(ward_code=9999), 0)):
        with officer_session(stage.engine, who) as session:
            assert len(session.scalars(select(Case).with_for_update()).all()) == number


def test_what_is_done_as_owner_ends_with_the_block_and_with_any_failure(stage: Stage, officer: Officer) -> None:
    stage.file(ward_code=9999)
    with officer_session(stage.engine, officer) as session:
        who = text("SELECT current_user")
        assert session.scalar(who) == "sikiza_officer"
        with as_owner(session):
            assert session.scalar(who) != "sikiza_officer"
            assert len(session.scalars(select(Case.id)).all()) == 1
        assert session.scalar(who) == "sikiza_officer"
        with pytest.raises(ZeroDivisionError), as_owner(session):
            raise ZeroDivisionError
        assert session.scalar(who) == "sikiza_officer"
        assert session.scalars(select(Case.id)).all() == []


# Histories


@pytest.fixture
def told(stage: Stage, officer: Officer) -> Stage:
    """A case with a note, and a line of the audit."""
    stage.do(actions.note, stage.file(hour="any"), officer, "Nimeenda kuona.")
    with stage.transaction() as session:
        audit.append(session, "signed_in", officer_id=officer.id, address="127.0.0.1", way="password")
    stage.set(
        "INSERT INTO number_look (call_back_id, officer_id, reason) SELECT id, :officer, 'x' FROM call_back",
        officer=officer.id,
    )
    return stage


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM case_event",
        "UPDATE case_event SET at = now()",
        "UPDATE case_event SET name = 'x'",
        "UPDATE case_event SET officer_id = NULL",
        "UPDATE case_event SET data = '{\"a\": 1}'",
        "UPDATE case_event SET words = 'Sikuenda.'",
        "UPDATE case_event SET words = 'x', words_sealed = 'x'",
        "DELETE FROM audit",
        "UPDATE audit SET at = now()",
        "UPDATE audit SET name = 'x'",
        "UPDATE audit SET officer_id = NULL",
        "UPDATE audit SET address = '10.0.0.1'",
        "UPDATE audit SET address = NULL, data = '{}'",
        "DELETE FROM number_look",
        "UPDATE number_look SET reason = 'y'",
        "DELETE FROM cases",
        "DELETE FROM call_back",
    ],
)
def test_no_history_is_rewritten_even_by_the_owner(told: Stage, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="histories are only ever appended to"):
        told.set(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE case_event SET words = NULL, words_sealed = 'sealed' WHERE name = 'note'",
        "UPDATE case_event SET words = NULL WHERE name = 'note'",
        "UPDATE case_event SET data = data - 'other'",
        "UPDATE audit SET address = NULL",
    ],
)
def test_words_are_sealed_or_erased_and_addresses_forgotten(told: Stage, statement: str) -> None:
    told.set(statement)
