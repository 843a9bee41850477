"""Cases from before posts and clocks, brought along by migrations 0004 and 0005: what they are promised, who has had
them, and that deployment sends nobody an apology."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Engine, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from config.settings import Settings
from gateway.cases import actions, coverage, ladder, timing
from gateway.cases.models import Case, CaseEvent
from gateway.cases.visibility import visible_to
from gateway.cli import command_app
from gateway.db import as_owner, make_engine, migrate, officer_session
from gateway.installation import Installation
from gateway.people.models import Officer
from tests.cases.stage import installed
from tests.test_migrations import empty, go_down_to, url_of

__all__ = ["empty"]  # a fixture

# Days are counted from now, in PostgreSQL. Of each case: its id is the order of the rows.
TAKEN, LATE, WAITING, REFERRED, OUTSIDE, PLANNED, JOINED, FEEDBACK, CONFIDENTIAL, GONE, CAME_BACK = range(1, 12)
OLD_CASES = """
INSERT INTO resident (phone_hash, phone_sealed, phone_mask, language) VALUES ('a', 'a', 'a', 'sw');
INSERT INTO officer (email, name, password_hash, session_salt, role, ward_code, sub_county_code, department, active)
    VALUES ('ward', 'A', 'x', 'y', 'ward', 1014, NULL, NULL, true),
           ('sub', 'B', 'x', 'y', 'sub_county', NULL, 202, NULL, true),
           ('gone', 'C', 'x', 'y', 'ward', 1015, NULL, NULL, false),
           ('water', 'D', 'x', 'y', 'department', NULL, NULL, 'water', true);
INSERT INTO cases (reference, kind, channel, category, sensitive, ward_code, sub_county_code, department, desk, status,
                   language, resident_id, received_at, desk_since, due_at, ending, planned_for, resolved_at, closed_at,
                   joined_id, assignee_id, referred_to)
SELECT '1000' || row_number() OVER (), kind, 'ussd', category, desk = 'confidential', 1014, 202, 'water', desk, status,
       'sw', 1, now() - filed * interval '1 day', now() - since * interval '1 day', now() + due * interval '1 day',
       ending, current_date + planned, CASE WHEN ending IS NOT NULL THEN now() END,
       CASE WHEN status = 'closed' THEN now() END, joined, assignee, body
FROM (VALUES
    ('grievance', 'WATER', 'ward', 'taken', 20, 20, 4, NULL, NULL::integer, NULL::integer, 1, NULL),
    ('grievance', 'WATER', 'ward', 'new', 50, 50, -30, NULL, NULL, NULL, NULL, NULL),
    ('grievance', 'WATER', 'ward', 'waiting', 20, 20, 2, NULL, NULL, NULL, 1, NULL),
    ('grievance', 'WATER', 'department', 'referred', 30, 2, 3, NULL, NULL, NULL, NULL, NULL),
    ('grievance', 'WATER', 'outside', 'referred', 30, 2, 3, NULL, NULL, NULL, NULL, 'KeNHA'),
    ('grievance', 'WATER', 'ward', 'resolved', 9, 9, 3, 'planned', 30, NULL, 1, NULL),
    ('grievance', 'WATER', 'ward', 'closed', 20, 20, 4, NULL, NULL, 1, NULL, NULL),
    ('feedback', 'THANKS', 'ward', 'new', 9, 9, NULL, NULL, NULL, NULL, NULL, NULL),
    ('grievance', 'STAFF', 'confidential', 'new', 9, 9, 5, NULL, NULL, NULL, NULL, NULL),
    ('grievance', 'WATER', 'ward', 'withdrawn', 9, 9, 5, NULL, NULL, NULL, NULL, NULL),
    ('grievance', 'WATER', 'ward', 'new', 25, 25, 1, NULL, NULL, NULL, NULL, NULL)
) AS old (kind, category, desk, status, filed, since, due, ending, planned, joined, assignee, body);
INSERT INTO case_event (case_id, name, at) SELECT id, 'filed', received_at FROM cases;
INSERT INTO case_event (case_id, name, officer_id, at, data)
SELECT case_id, name, officer, now() - ago * interval '1 day', CAST(data AS jsonb) FROM (VALUES
    (1, 'taken', 1, 18, '{}'), (1, 'waiting', 1, 15, '{}'), (1, 'resumed', NULL, 9, '{}'),
    (1, 'joined', 1, 5, '{"newer": false, "other": "10007"}'), (7, 'joined', 1, 5, '{"newer": true, "other": "10001"}'),
    (3, 'waiting', 1, 6, '{}'), (4, 'taken', 1, 10, '{}'), (4, 'referred', 1, 2, '{"department": "water"}'),
    (5, 'referred', 1, 2, '{"body": "KeNHA"}'),
    (6, 'ended', 1, 1, '{"ending": "planned", "planned_for": "2027-01-01"}'),
    (10, 'withdrawn', NULL, 1, '{}'), (11, 'ended', 1, 22, '{"ending": "planned", "planned_for": "2026-11-01"}'),
    (11, 'plan_due', NULL, 2, '{}')
) AS told (case_id, name, officer, ago, data);
"""


@pytest.fixture
def old(empty: Engine) -> Engine:
    """A database of before, with cases of every state in it, brought up to now."""
    migrate(url_of(empty))
    go_down_to(empty, "0003")
    with empty.begin() as connection:
        connection.execute(text(OLD_CASES))
    migrate(url_of(empty))
    return empty


@pytest.fixture
def installation(settings: Settings, old: Engine) -> Installation:
    return replace(installed(settings), engine=old)


def keep_time(installation: Installation) -> str:
    app = command_app()
    app.extensions["sikiza"] = installation
    return str(app.test_cli_runner().invoke(args=["cases", "keep-time"]).output)


def days_promised(engine: Engine) -> list[datetime | None]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT due_at FROM cases ORDER BY id")))


def test_what_was_promised_before_stays_promised_and_every_clock_is_as_its_history_says(
    installation: Installation,
) -> None:
    engine, office = installation.engine, installation.office
    before = days_promised(engine)
    assert keep_time(installation) == "9 cases: their clocks are as their histories say.\n"
    assert days_promised(engine) == before
    with Session(engine) as session:
        cases = session.scalars(select(Case).order_by(Case.id)).all()
        assert [timing.check(session, office, case) for case in cases] == [[]] * len(cases)
        officer = session.scalars(select(Officer).where(Officer.email == "ward")).one()
    with officer_session(engine, officer) as session:
        case = session.scalars(visible_to(officer).where(Case.id == LATE)).one()
        with as_owner(session):
            actions.take(session, office, case, officer, datetime.now(UTC))
    assert days_promised(engine) == before
    # Once more, and nothing is left to do.
    keep_time(installation)
    assert days_promised(engine) == before


def test_a_wait_that_was_not_over_still_moves_the_promise_and_one_that_was_does_not(installation: Installation) -> None:
    office = installation.office
    with Session(installation.engine) as session, session.begin():
        now = datetime.now(UTC)
        for case_id, moved in ((TAKEN, False), (WAITING, True)):
            case = session.get_one(Case, case_id)
            before = case.due_at
            session.add(CaseEvent(case_id=case.id, at=now, name="resumed", turn="ward:1014"))
            timing.keep_time(session, office, case)
            assert before
            assert case.due_at
            assert (case.due_at > before) is moved


def test_deployment_sends_nobody_an_apology_and_a_step_later_late_cases_go_up_by_one_step(
    installation: Installation,
) -> None:
    engine, office, now = installation.engine, installation.office, datetime.now(UTC)

    def raised(when: datetime) -> list[tuple[int, str]]:
        with Session(engine) as session, session.begin():
            while ladder.raise_overdue(session, office, when):
                pass
        with engine.connect() as connection:
            query = "SELECT id, raised_to FROM cases WHERE raised_to IS NOT NULL ORDER BY id"
            return [(case_id, step) for case_id, step in connection.execute(text(query))]

    assert raised(now) == []
    keep_time(installation)
    assert raised(now) == []
    assert (LATE, "sub_county") not in raised(now + timedelta(days=4))
    # Its hard stop was over long ago: it goes to the next step all the same, where somebody is.
    assert (LATE, "sub_county") in raised(now + timedelta(days=14))


def test_before_a_department_got_it_the_ward_had_it_and_bodies_outside_are_asked_in_two_weeks(
    installation: Installation,
) -> None:
    with installation.engine.connect() as connection:
        turns = text("SELECT name, turn FROM case_event WHERE case_id = :id ORDER BY id")
        assert connection.execute(turns, {"id": REFERRED}).all() == [
            ("filed", "ward:1014"), ("taken", "ward:1014"), ("referred", "department:water"),
        ]  # fmt: skip
        assert connection.execute(turns, {"id": OUTSIDE}).all() == [("filed", "ward:1014"), ("referred", "outside")]
        news = text("SELECT id FROM cases WHERE news_due_at BETWEEN now() + interval '13 days' AND now() + '14 days'")
        assert connection.scalars(news).all() == [OUTSIDE]


def test_on_the_first_day_no_ward_is_silent_that_has_an_administrator(installation: Installation) -> None:
    with Session(installation.engine) as session, session.begin():
        # She had her account for a year, and something has waited for weeks.
        session.execute(text("UPDATE post SET starts_at = now() - interval '1 year'"))
        coverage.settle_covers(session, installation.office, datetime.now(UTC))
        covers = text("SELECT ward_code, why FROM ward_cover WHERE ward_code IN (1014, 1015) ORDER BY ward_code")
        assert session.execute(covers).all() == [(1015, "vacant")]
        seen = session.scalars(text("SELECT email FROM officer WHERE seen_at IS NOT NULL ORDER BY email"))
        assert seen.all() == ["sub", "ward", "water"]


def test_old_cases_go_down_and_up_again(old: Engine) -> None:
    before = days_promised(old)
    go_down_to(old, "0003")
    assert days_promised(old) == before
    migrate(url_of(old))
    assert days_promised(old) == before


# A user who may make no roles


@pytest.fixture
def plain(empty: Engine, servers: tuple[str, str], worker_number: int) -> Iterator[Engine]:
    """The database of a user who may only sign in. The administrator made and gave the two roles."""
    name, database = f"plain_{worker_number}", empty.url.database
    admin = make_url(servers[0]).set(drivername="postgresql", database="postgres")
    engine = make_engine(empty.url.set(username=name).render_as_string(hide_password=False))
    with psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as connection:
        for role in ("sikiza_officer", "sikiza_auditor"):
            with suppress(psycopg.errors.DuplicateObject):
                connection.execute(f"CREATE ROLE {role} NOLOGIN")
        connection.execute(f"CREATE ROLE {name} LOGIN")
        connection.execute(f"GRANT sikiza_officer, sikiza_auditor TO {name}")
        connection.execute(f"ALTER DATABASE {database} OWNER TO {name}")
        yield engine
        engine.dispose()
        connection.execute(f"ALTER DATABASE {database} OWNER TO postgres")
        empty.dispose()
        with psycopg.connect(admin.set(database=database).render_as_string(hide_password=False)) as inside:
            inside.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")


def test_a_user_who_may_make_no_role_migrates_and_works_where_the_roles_are_there(plain: Engine) -> None:
    migrate(url_of(plain))
    with plain.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO officer (email, name, password_hash) VALUES ('a', 'A', 'x'), ('b', 'B', 'x');"
                "INSERT INTO post (officer_id, role, ward_code) VALUES (1, 'ward', 1014), (2, 'auditor', NULL);"
                "INSERT INTO cases (reference, kind, channel, category, sensitive, desk, language, ward_code) VALUES"
                " ('48217739', 'grievance', 'ussd', 'WATER', false, 'ward', 'sw', 1014),"
                " ('10000008', 'grievance', 'ussd', 'WATER', false, 'ward', 'sw', 1015)"
            )
        )
    with Session(plain) as session:
        ward, auditor = session.scalars(select(Officer).order_by(Officer.id)).all()
    for officer, role, seen in ((ward, "sikiza_officer", 1), (auditor, "sikiza_auditor", 2)):
        with officer_session(plain, officer) as session:
            assert session.scalar(text("SELECT current_user")) == role
            assert session.scalar(text("SELECT count(*) FROM cases")) == seen
            with as_owner(session):
                assert session.scalar(text("SELECT count(*) FROM cases")) == 2
    with pytest.raises(DBAPIError, match="denied"), officer_session(plain, ward) as session:
        session.execute(text("UPDATE cases SET status = 'taken'"))
