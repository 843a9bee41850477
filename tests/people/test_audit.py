"""The audit: what a line holds, and that nobody rewrites one."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from config.settings import Settings
from gateway.db import AUDITOR_ROLE, OFFICER_ROLE, as_owner, officer_session
from gateway.people import audit
from gateway.people.models import Audit, Officer, Role
from tests.cases.stage import Stage


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db)


def lines(stage: Stage) -> list[Audit]:
    with stage.transaction() as session:
        return list(session.scalars(select(Audit).order_by(Audit.id)))


def test_a_line_says_who_did_what_to_whom_and_from_where(stage: Stage) -> None:
    maker, made = stage.officer(Role.COUNTY), stage.officer()
    with stage.transaction() as session:
        audit.append(session, "post_given", officer_id=maker.id, about_id=made.id, address="10.0.0.1", role="ward")
    [line] = lines(stage)
    assert (line.name, line.officer_id, line.about_id, line.address) == ("post_given", maker.id, made.id, "10.0.0.1")
    assert (line.case_ids, line.confidential, line.data) == (None, False, {"role": "ward"})


def test_what_is_shown_together_is_one_line_but_each_confidential_case_has_its_own(stage: Stage) -> None:
    who = stage.officer()
    with stage.transaction() as session:
        audit.append_shown(session, "listed", who.id, {5: False, 6: True, 7: False, 8: True})
        audit.append_shown(session, "listed", who.id, {})
    assert sorted((line.case_ids or [], line.confidential) for line in lines(stage)) == [
        ([5, 7], False), ([6], True), ([8], True),
    ]  # fmt: skip


@pytest.mark.parametrize("table", ["audit", "case_event", "number_look"])
@pytest.mark.parametrize("change", ["UPDATE {} SET at = now()", "DELETE FROM {}"])
def test_not_even_the_owner_rewrites_a_history(stage: Stage, table: str, change: str) -> None:
    who, reference = stage.officer(Role.HOTLINE), stage.file(hour="any")
    with stage.transaction() as session:
        audit.append(session, "case_opened", officer_id=who.id, case_ids=[1])
    stage.set(
        "INSERT INTO number_look (call_back_id, officer_id, reason) SELECT id, :who, 'x' FROM call_back", who=who.id
    )
    assert stage.history(reference)
    before = rows(stage, table)
    assert before
    with pytest.raises(ProgrammingError, match="only ever appended"):
        stage.set(change.format(table))
    assert rows(stage, table) == before


def rows(stage: Stage, table: str) -> list[str]:
    with stage.engine.connect() as connection:
        return list(connection.scalars(text(f"SELECT {table}::text FROM {table} ORDER BY id")))


def test_of_a_line_the_address_alone_is_forgotten(stage: Stage) -> None:
    with stage.transaction() as session:
        audit.append(session, "signed_in", address="10.0.0.1")
    stage.set("UPDATE audit SET address = NULL")
    [line] = lines(stage)
    assert (line.name, line.address) == ("signed_in", None)


@pytest.mark.parametrize("role", [OFFICER_ROLE, AUDITOR_ROLE])
@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO audit (name) VALUES ('x')", "UPDATE audit SET name = 'x'", "DELETE FROM audit", "TRUNCATE audit",
        "INSERT INTO case_event (case_id, name) SELECT id, 'x' FROM cases", "DELETE FROM case_event",
    ],
)  # fmt: skip
def test_the_officers_roles_may_neither_append_nor_change(stage: Stage, role: str, change: str) -> None:
    stage.file()
    with Session(stage.engine) as session, session.begin():
        session.execute(text(f"SET LOCAL ROLE {role}"))
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text(change))
        session.rollback()


def test_a_line_is_written_by_the_owner_and_stands_only_if_what_it_tells_came_about(stage: Stage) -> None:
    who = stage.officer()
    with officer_session(stage.engine, who) as session:
        with as_owner(session):
            audit.append(session, "case_opened", officer_id=who.id, case_ids=[1])
        assert session.scalar(text("SELECT current_user")) == OFFICER_ROLE
    with pytest.raises(ZeroDivisionError):
        open_and_fail(stage, who)
    assert [line.case_ids for line in lines(stage)] == [[1]]


def open_and_fail(stage: Stage, who: Officer) -> None:
    with officer_session(stage.engine, who) as session:
        with as_owner(session):
            audit.append(session, "case_opened", officer_id=who.id, case_ids=[2])
        raise ZeroDivisionError
