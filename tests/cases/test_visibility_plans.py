"""With a hundred thousand cases: whatever an officer asks under the policies stays on an index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, text
from sqlalchemy.orm import Session

from bench import many
from gateway.cases import examining, searching, trail
from gateway.cases.models import Case
from gateway.cases.visibility import visible_to
from gateway.db import officer_session
from gateway.people.models import Officer, Role

NUMBER = 100_000
ROLES = [role for role in Role if role not in (Role.COUNTY, Role.AUDITOR)]
BIG = ("cases", "case_event")


@pytest.fixture(scope="module")
def county(engine: Engine) -> Iterator[Engine]:
    many.fill(engine, NUMBER)
    yield engine
    many.empty(engine)


@pytest.fixture(scope="module")
def officers(county: Engine) -> dict[Role, Officer]:
    return {role: many.officer(county, role) for role in ROLES}


@pytest.mark.parametrize("asked", list(many.READS))
@pytest.mark.parametrize("role", ROLES)
def test_no_page_of_an_officer_reads_all_cases(
    county: Engine, officers: dict[Role, Officer], role: Role, asked: str
) -> None:
    who = officers[role]
    with officer_session(county, who) as session:
        case = many.a_case(session, who)
        session.expunge_all()
        with many.statements(county) as seen:
            many.READS[asked](session, who, case)
    explained = list(many.plans(county, who, seen))
    for statement, nodes in explained:
        read = [node for node in nodes if node.get("Relation Name") in BIG]
        scans = {(node["Node Type"], node["Relation Name"]) for node in read}
        assert not [scan for scan in scans if scan[0] == "Seq Scan"], (statement, scans)
    assert explained


@pytest.mark.parametrize("words", ["maji", many.RARE, "maji bomba", "nyun"])
@pytest.mark.parametrize("role", ROLES)
def test_a_search_asks_the_index_and_never_goes_through_all_cases(
    county: Engine, officers: dict[Role, Officer], role: Role, words: str
) -> None:
    """What the function does inside no EXPLAIN shows: the database counts how often it read the whole table."""
    who = officers[role]
    should = visible_to(who).where(~Case.sensitive)
    for word in words.split():
        should = should.where(func.concat(Case.words, " ", Case.landmark).contains(word))
    with Session(county) as session:
        slowly = session.scalars(should.with_only_columns(Case.id).order_by(Case.id.desc()).limit(25)).all()
    before = reads(county)
    with officer_session(county, who) as session:
        found = searching.ids(session, words, before=None, most=25)
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    assert found == slowly
    assert reads(county) == before


def test_the_auditors_pages_stay_on_an_index_and_her_figures_are_one_pass(county: Engine) -> None:
    auditor, now, everything = many.officer(county, Role.AUDITOR), datetime.now(UTC), examining.Chosen()
    for page in (
        lambda session: examining.cases(session, everything),
        lambda session: examining.case_called(session, "00000007"),
        lambda session: examining.history(session, 1),
    ):
        with officer_session(county, auditor) as session, many.statements(county) as seen:
            page(session)
        for statement, nodes in many.plans(county, auditor, seen):
            scans = {node["Node Type"] for node in nodes if node.get("Relation Name") in BIG}
            assert "Seq Scan" not in scans, statement
    before = reads(county)
    with officer_session(county, auditor) as session:
        found = trail.search(session, auditor, trail.Wanted(since=now - timedelta(days=31)), 51)
    assert (len(found), reads(county)) == (51, before)
    with officer_session(county, auditor) as session, many.statements(county) as seen:
        examining.overview(session, everything, now)
    ((_, nodes),) = many.plans(county, auditor, seen)
    assert len([node for node in nodes if node.get("Relation Name") == "cases"]) == 1


@pytest.mark.parametrize("role", [Role.OMBUDSMAN, Role.COUNTY_SECRETARY])
def test_who_reads_of_confidential_cases_does_not_go_through_all_lines_about_others(
    county: Engine, officers: dict[Role, Officer], role: Role
) -> None:
    """Each line's policy asks after its cases: of a month of lists, none may be asked."""
    reader = officers[role]
    with county.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit (name, officer_id, case_ids) SELECT 'listed', :who,"
                " ARRAY(SELECT g FROM generate_series(n * 50 + 1, n * 50 + 25) AS g WHERE g % 50 <> 0)"
                " FROM generate_series(0, 1900) AS n, generate_series(1, 10)"
            ),
            {"who": reader.id},
        )
    before = looked_up(county)
    with officer_session(county, reader) as session:
        hers = session.scalars(visible_to(reader).where(Case.sensitive).with_only_columns(Case.id)).all()
    seen = looked_up(county) - before
    with officer_session(county, reader) as session:
        assert [line.name for line in trail.search(session, reader, trail.Wanted(), 51) if line.name == "listed"] == []
    assert hers
    assert looked_up(county) - before - seen < 5 * (seen + len(hers))


def looked_up(engine: Engine) -> int:
    """How many rows of `cases` were ever read by an index."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        number = connection.scalar(text("SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'cases'"))
    return int(number or 0)


def reads(engine: Engine) -> int:
    """How often `cases` was read as a whole."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        number = connection.scalar(text("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'cases'"))
    return int(number or 0)
