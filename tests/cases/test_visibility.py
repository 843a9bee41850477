"""Who may see what: the filter, the policies of the database and a slow second opinion agree on random counties."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from gateway.cases import searching
from gateway.cases.models import OPEN, Case, Desk, Status, Step
from gateway.cases.visibility import visible_to
from gateway.db import officer_session
from gateway.people.models import Officer, Role
from tests.cases import fence
from tests.cases.fence import World

EXAMPLES = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def county(engine: Engine) -> Iterator[Engine]:
    """Tables that are written anew for each example, and empty in the end."""
    yield engine
    fence.clear(engine)


@EXAMPLES
@given(world=fence.worlds())
def test_the_filter_the_policies_and_a_slow_second_opinion_show_the_same(county: Engine, world: World) -> None:
    fence.put(county, world)
    for person in world.people:
        should = {one.id for one in world.matters if fence.may_see(person, one)}
        with Session(county) as session:
            officer = session.get_one(Officer, person.id)
            filtered = set(session.scalars(visible_to(officer).with_only_columns(Case.id)))
        assert filtered == should, person
        shown = fence.expected(person, world)
        with officer_session(county, officer) as session:
            bare = {name: set(session.scalars(text(f"SELECT id FROM {name}"))) for name in shown}
            both = set(session.scalars(visible_to(officer).with_only_columns(Case.id)))
        assert bare == shown, person
        assert both == should, person


@EXAMPLES
@given(world=fence.worlds(), most=st.integers(1, 5))
def test_a_search_finds_what_is_seen_and_not_confidential_newest_first_and_nothing_twice(
    county: Engine, world: World, most: int
) -> None:
    fence.put(county, world)
    for person in world.people:
        should = [one.id for one in world.matters if fence.may_see(person, one) and not one.sensitive]
        with Session(county) as session:
            officer = session.get_one(Officer, person.id)
        if Role.AUDITOR in officer.roles:
            continue
        with officer_session(county, officer) as session:
            found: list[int] = []
            while page := searching.ids(session, "hakuna maj", before=found[-1] if found else None, most=most):
                found += page
        assert found == sorted(should, reverse=True), person


@EXAMPLES
@given(
    world=fence.worlds(), most=st.integers(1, 5), among=st.sets(st.sampled_from([*fence.SUB_COUNTY_OF]), min_size=1),
    rest=st.sampled_from(["", "maji", "taa"]), is_open=st.sampled_from([None, True, False]),
)  # fmt: skip
def test_a_place_is_what_is_seen_there_and_has_the_rest_of_the_words(
    county: Engine, world: World, most: int, among: set[int], rest: str, is_open: bool | None
) -> None:
    fence.put(county, world)
    above = [fence.SUB_COUNTY_OF[ward] for ward in among]
    for person in world.people:
        should = [
            one.id
            for one in world.matters
            if fence.may_see(person, one) and not one.sensitive and one.ward in among and rest != "taa"
            and is_open in (None, one.status in OPEN)
        ]  # fmt: skip
        with Session(county) as session:
            officer = session.get_one(Officer, person.id)
        if Role.AUDITOR in officer.roles:
            continue
        with officer_session(county, officer) as session:
            found: list[int] = []
            while page := session.scalars(
                select(
                    func.sikiza_search("shirere", found[-1] if found else None, most, is_open, rest, [*among], above)
                )
            ).all():
                found += page
        assert found == sorted(should, reverse=True), person


@settings(EXAMPLES, max_examples=300)
@given(words=st.text(st.sampled_from("ab12 -'\"\\():*&|!<>.,@/%+_é😀\t") | st.characters(exclude_categories=["Cs"])))
@example("maji -a-b").via("typed by hand")
@example("maji -ng'ombe").via("typed by hand")
@example("x -2026-11").via("typed by hand")
@example('x -"a b').via("typed by hand")
@example("maji -").via("typed by hand")
def test_no_search_fails_whatever_is_typed(county: Engine, words: str) -> None:
    with Session(county) as session, session.begin():
        session.execute(text("SET LOCAL ROLE sikiza_officer"))
        assert searching.ids(session, words, before=None, most=10) == []


def test_the_role_alone_shows_nothing_where_nobody_has_entered(county: Engine) -> None:
    world = World(
        (fence.Person(1, True, ()),),
        tuple(
            fence.Matter(
                number, 11, "water", Desk.COUNTY, Status.NEW, number == 1, number == 2,
                Step.COUNTY_SECRETARY, False, frozenset(), False,
            )
            for number in range(1, 4)
        ),
    )  # fmt: skip
    fence.put(county, world)
    for role, tables in (
        ("sikiza_officer", [table.__tablename__ for table in fence.TABLES]),
        ("sikiza_auditor", ["cases", "case_event", "audit"]),
    ):
        with Session(county) as session, session.begin():
            session.execute(text(f"SET LOCAL ROLE {role}"))
            for name in tables:
                assert session.scalars(text(f"SELECT id FROM {name}")).all() == [], name
    with Session(county) as session, session.begin():
        session.execute(text("SET LOCAL ROLE sikiza_officer"))
        assert searching.ids(session, "maji", before=None, most=10) == []
        # Nor does it come in through the door of the owner.
        with pytest.raises(ProgrammingError, match="permission denied for function sikiza_enter"):
            session.execute(text("SELECT sikiza_enter(1)"))


def test_what_an_officer_entered_as_ends_with_the_transaction(county: Engine) -> None:
    person = fence.Person(1, True, (fence.Held(Role.WARD, "now", ward=11),))
    matter = fence.Matter(
        1, 11, None, Desk.WARD, Status.NEW, False, False, None, False, frozenset(), None
    )  # fmt: skip
    fence.put(county, World((person,), (matter,)))
    with Session(county) as session:
        officer = session.get_one(Officer, 1)
    with officer_session(county, officer) as session:
        assert session.scalars(select(Case.id)).all() == [1]
        connection = session.connection()
        assert connection.scalar(text("SELECT current_user")) == "sikiza_officer"
    with county.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) != "sikiza_officer"
        assert not connection.scalar(text("SELECT current_setting('sikiza.wards', true)"))
