"""A county after years: as many cases as wanted, spread over its wards, desks and states, with words as people write
them. The database makes them itself; ten thousand and a million come out alike but for their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from config.county import County
from gateway.people.models import Officer, Post, Role

YEARS = 5
SHARE_OPEN = 0.05
WORDS = 4000
"""Different words. The first stands in three reports of ten, each later one in fewer."""
COMMON, SECOND, RARE = "maji", "barabara", "nyundo"
EVENTS = 3
"""Lines of history of each case."""
SAMPLED = (Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.OMBUDSMAN, Role.HOTLINE)

_PLACES = """
    CREATE TEMPORARY TABLE place AS
    SELECT (row_number() OVER (ORDER BY code))::integer - 1 AS slot, code, sub_county FROM unnest(
        CAST(:wards AS integer[]), CAST(:sub_counties AS integer[])
    ) AS ward (code, sub_county)
"""
_CASES = """
    INSERT INTO cases (
        reference, kind, channel, category, problem, sensitive, ward_code, sub_county_code, department, desk, status,
        ending, confirmation, raised_to, language, words, landmark, received_at, due_at, desk_since, desk_due_at,
        assignee_id, resolved_at, closed_at
    )
    SELECT lpad((n * 37 % 100000000)::text, 8, '0'), 'grievance',
           (ARRAY['ussd', 'ussd', 'sms', 'hotline', 'paper'])[n % 5 + 1],
           CASE WHEN secret THEN 'STAFF' ELSE 'WATER' END, CASE WHEN NOT secret AND n % 3 > 0 THEN 'BURST_PIPE' END,
           secret, code, sub_county, department, desk, status,
           CASE WHEN status IN ('resolved', 'closed') THEN (ARRAY['fixed', 'planned', 'not_ours'])[n % 3 + 1] END,
           CASE WHEN is_open AND draw < 0.03 THEN 'disputed' WHEN NOT is_open AND n % 4 = 0 THEN 'confirmed' END,
           CASE WHEN desk IN ('sub_county', 'chief_officer', 'county_secretary') THEN desk END, 'sw',
           CASE WHEN NOT secret THEN concat(CASE WHEN luck < 0.3 THEN 'maji ' END, said,
                                            CASE WHEN n % 499 = 5 THEN ' nyundo' END) END,
           CASE WHEN NOT secret THEN 'karibu na soko la neno' || n % 300 END,
           at, at + (5 + luck * 200) * interval '1 day', at,
           CASE WHEN is_open AND status <> 'waiting' THEN at + (2 + luck * 250) * interval '1 day' END,
           CASE WHEN status = 'taken' THEN (
               SELECT min(officer_id) FROM post
               WHERE CASE desk WHEN 'ward' THEN post.ward_code = code
                               WHEN 'sub_county' THEN post.sub_county_code = sub_county
                               WHEN 'department' THEN post.department = made.department
                               WHEN 'county' THEN role = 'hotline' WHEN 'confidential' THEN role = 'ombudsman' END
           ) END,
           CASE WHEN NOT is_open THEN at + luck * interval '20 days' END,
           CASE WHEN status IN ('closed', 'withdrawn') THEN at + luck * interval '30 days' END
    FROM (
        SELECT drawn.*, CASE WHEN NOT is_open AND draw < 0.9 THEN 'closed'
                             WHEN NOT is_open AND draw < 0.95 THEN 'resolved'
                             WHEN NOT is_open THEN 'withdrawn' WHEN desk = 'outside' THEN 'referred'
                             WHEN draw < 0.5 THEN 'new' WHEN draw < 0.85 THEN 'taken' ELSE 'waiting' END AS status
        FROM (
            SELECT rolled.*, place.code, place.sub_county,
                   (CAST(:departments AS text[]))[n % cardinality(CAST(:departments AS text[])) + 1] AS department,
                   CASE WHEN secret THEN 'confidential' WHEN code IS NULL THEN 'county' WHEN roll < 0.6 THEN 'ward'
                        WHEN roll < 0.85 THEN 'department' WHEN roll < 0.9 THEN 'sub_county'
                        WHEN roll < 0.91 THEN 'chief_officer' WHEN roll < 0.915 THEN 'county_secretary'
                        WHEN roll < 0.945 THEN 'county' ELSE 'outside' END AS desk,
                   (SELECT string_agg('neno' || floor(:words * power(random(), 3))::integer, ' ')
                    FROM generate_series(1, 9 + n * 0)) AS said
            FROM (
                SELECT n, n % 50 = 0 AS secret, random() AS roll, random() AS draw, random() AS luck,
                       random() < :open * CASE WHEN n * 10 < :number THEN 8 ELSE 2.0 / 9 END AS is_open,
                       now() - n * interval '1 year' * :years / :number AS at
                FROM generate_series(1, :number) AS n
            ) AS rolled LEFT JOIN place ON slot = n % ((SELECT count(*) FROM place) + 1)
        ) AS drawn
    ) AS made
    ORDER BY n DESC
"""
"""Of the newest tenth four of ten are open where `open` is a twentieth; the others are what nobody has come to."""
_EVENTS = """
    INSERT INTO case_event (case_id, name, at)
    SELECT id, name, received_at FROM cases, unnest(ARRAY['filed', 'taken', 'note']) AS name ORDER BY id
"""


def fill(engine: Engine, county: County, number: int, share_open: float = SHARE_OPEN) -> None:
    """Write so many cases, of which `share_open` are open, and the officers who have taken some. Indexes are made
    when the cases are there, which takes a fraction of the time."""
    _staff(engine, county)
    wards = county.wards
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT setseed(0.5)"))
        connection.execute(
            text(_PLACES),
            {"wards": [one.code for one in wards], "sub_counties": [one.sub_county for one in wards]},
        )
        with _without_indexes(connection):
            connection.execute(
                text(_CASES),
                {
                    "number": number, "open": share_open, "years": YEARS, "words": WORDS,
                    "departments": [one.code for one in county.departments],
                },
            )  # fmt: skip
        connection.execute(text(_EVENTS))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE cases, case_event"))


def _staff(engine: Engine, county: County) -> None:
    posts = [Post(role=Role.WARD, ward_code=one.code) for one in county.wards]
    posts += [Post(role=Role.SUB_COUNTY, sub_county_code=one.code) for one in county.sub_counties]
    posts += [Post(role=Role.DEPARTMENT, department=one.code) for one in county.departments]
    posts += [Post(role=Role.OMBUDSMAN), Post(role=Role.HOTLINE)]
    with Session(engine) as session, session.begin():
        for number, post in enumerate(posts):
            made = Officer(email=f"{number}@bench.example", name=f"Officer {number}", password_hash="x")
            session.add(made)
            session.flush()
            post.officer_id = made.id
            session.add(post)


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Drop those of `cases` that no constraint needs, and make them again."""
    made = connection.execute(
        text(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = 'cases'::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
        )
    ).all()
    for name, _ in made:
        connection.execute(text(f"DROP INDEX {name}"))
    yield
    connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    for _, definition in made:
        connection.exec_driver_sql(definition)
