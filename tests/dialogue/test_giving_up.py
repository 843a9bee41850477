"""Where residents give up: what is counted of a session, what never gets in, and which stops lose nothing."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from gateway.db import officer_session
from gateway.dialogue.giving_up import Count, after_filing, read, record
from gateway.installation import TREE
from gateway.people.models import Role
from gateway.people.officers import add_officer
from menus import reader
from menus.networks import AIRTEL, SAFARICOM
from menus.tree import Menu

MONDAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def menu() -> Menu:
    return reader.load(TREE)


def note(
    engine: Engine, *screens: str, stopped: str | None = None, day: date = MONDAY, language: str = "sw",
    network: str = SAFARICOM.code,
) -> None:  # fmt: skip
    with engine.begin() as connection:
        record(connection, day, language, network, screens, stopped)


def rows(engine: Engine) -> list[tuple[object, ...]]:
    query = "SELECT day, screen, language, network, seen, stopped FROM screen_count ORDER BY 1, 2, 3, 4"
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def counts(engine: Engine, since: date = MONDAY) -> list[Count]:
    with Session(engine) as session:
        return read(session, since)


# Recording


def test_a_session_counts_once_for_each_screen_and_stops_at_one(db: Engine) -> None:
    note(db, "home", "place", "ward", "place", "ward", stopped="ward")
    assert rows(db) == [
        (MONDAY, "home", "sw", "63902", 1, 0),
        (MONDAY, "place", "sw", "63902", 1, 0),
        (MONDAY, "ward", "sw", "63902", 1, 1),
    ]


def test_a_session_that_came_to_an_end_stopped_nowhere(db: Engine) -> None:
    note(db, "home", "danger")
    assert [row[1:2] + row[4:] for row in rows(db)] == [("danger", 1, 0), ("home", 1, 0)]


def test_sessions_add_up_per_day_screen_language_and_network(db: Engine) -> None:
    note(db, "home", stopped="home")
    note(db, "home", "place", stopped="place")
    note(db, "home", stopped="home", language="en")
    note(db, "home", stopped="home", network=AIRTEL.code)
    note(db, "home", day=MONDAY + timedelta(days=1))
    assert rows(db) == [
        (MONDAY, "home", "en", "63902", 1, 1),
        (MONDAY, "home", "sw", "63902", 2, 1),
        (MONDAY, "home", "sw", "63903", 1, 1),
        (MONDAY, "place", "sw", "63902", 1, 1),
        (MONDAY + timedelta(days=1), "home", "sw", "63902", 1, 0),
    ]


def test_the_screen_that_a_session_stopped_at_was_seen_too(db: Engine) -> None:
    note(db, "home", stopped="place")
    assert [row[1:2] + row[4:] for row in rows(db)] == [("home", 1, 0), ("place", 1, 1)]


@pytest.mark.parametrize(
    "typed",
    ["", "0711000001", "+254711000001", "Maji hayatoki", "4821 7739", "home\n", "home\0", "café", "HOME", "h" * 61],
)
def test_what_cannot_be_the_name_of_a_screen_gets_in_nowhere(db: Engine, typed: str) -> None:
    note(db, "home", typed, stopped=typed)
    assert rows(db) == [(MONDAY, "home", "sw", "63902", 1, 0)]
    note(db, typed, stopped=typed)
    assert len(rows(db)) == 1


def test_a_session_that_saw_nothing_is_not_counted(db: Engine) -> None:
    note(db)
    assert rows(db) == []


def test_the_longest_name_fits(db: Engine) -> None:
    note(db, "s" * 60, stopped="s" * 60)
    assert rows(db) == [(MONDAY, "s" * 60, "sw", "63902", 1, 1)]


@pytest.mark.parametrize("strange", ["Safaricom", "63902 ", "+254711000001", "254711000001", "٦٣٩٠٢", "6390\0"])
def test_a_network_that_is_no_code_is_not_known(db: Engine, strange: str) -> None:
    note(db, "home", network=strange)
    assert rows(db) == [(MONDAY, "home", "sw", "", 1, 0)]


@pytest.mark.parametrize("strange", ["", "sw\n", "SW", "0711000001", "kiswahili"])
def test_a_language_that_is_no_code_is_not_known(db: Engine, strange: str) -> None:
    note(db, "home", language=strange)
    assert rows(db) == [(MONDAY, "home", "", "63902", 1, 0)]


def test_recorders_at_the_same_time_lose_nothing_and_do_not_block_each_other(db: Engine) -> None:
    screens = [f"screen_{letter}" for letter in "abcdefghijkl"]
    at_once = Barrier(4)

    def sweep(order: Sequence[str]) -> None:
        at_once.wait(10)
        for _ in range(40):
            note(db, *order, stopped=order[-1])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sweep, [screens, screens[::-1], screens, screens[::-1]]))
    stops = dict.fromkeys(screens, 0) | {screens[0]: 80, screens[-1]: 80}
    assert [(row[1], row[4], row[5]) for row in rows(db)] == [(name, 160, stops[name]) for name in screens]


# Reading


def test_reading_adds_up_the_days_and_puts_where_most_stopped_first(db: Engine) -> None:
    for day in (MONDAY - timedelta(days=1), MONDAY, MONDAY + timedelta(days=1)):
        note(db, "home", "place", stopped="place", day=day)
    note(db, "home", stopped="home", language="en", network="")
    note(db, "home", "ward", network=AIRTEL.code)
    assert counts(db) == [
        Count("place", "sw", "63902", 2, 2),
        Count("home", "en", "", 1, 1),
        Count("home", "sw", "63902", 2, 0),
        Count("home", "sw", "63903", 1, 0),
        Count("ward", "sw", "63903", 1, 0),
    ]
    assert counts(db, MONDAY + timedelta(days=2)) == []


def test_the_share_is_of_those_who_saw_it() -> None:
    assert Count("home", "sw", "", 8, 2).share == 0.25
    assert Count("home", "sw", "", 0, 0).share == 0.0


def test_officers_may_read_the_counts_and_change_none(db: Engine) -> None:
    note(db, "home", stopped="home")
    with Session(db, expire_on_commit=False) as session, session.begin():
        county = add_officer(session, "county@kakamega.example", "Rose", Role.COUNTY, "bluu-kijani-manjano")
    with officer_session(db, county) as session:
        assert read(session, MONDAY) == [Count("home", "sw", "63902", 1, 1)]
    with pytest.raises(ProgrammingError, match="permission denied"), officer_session(db, county) as session:
        session.execute(text("UPDATE screen_count SET stopped = 0"))
    with pytest.raises(ProgrammingError, match="permission denied"), officer_session(db, county) as session:
        record(session.connection(), MONDAY, "sw", "", ["home"], None)


# After filing


def test_after_filing_are_the_screens_that_nobody_sees_without_a_filed_report(menu: Menu) -> None:
    safe = after_filing(menu)
    assert safe >= {"filed", "done", "words", "words_added", "change", "deleted", "hidden", "secret_words", "case"}
    assert not safe & {
        "home", "place", "ward", "category", "problem", "landmark", "landmark_typed", "feedback", "rating", "secret",
        "violence", "safe", "bribe", "staff", "national", "referral", "my_cases", "call_me", "notice",
    }  # fmt: skip


def test_every_name_in_the_countys_tree_can_be_counted(db: Engine, menu: Menu) -> None:
    note(db, *menu.screens)
    assert {str(row[1]) for row in rows(db)} == set(menu.screens)
