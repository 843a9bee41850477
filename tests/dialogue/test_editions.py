"""Editions: a session finishes on the tree and the lists that it began on, on whichever host its hops arrive."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import menus.reader
from config import county as counties
from config.settings import Settings
from gateway import catalogue
from gateway.cases.models import Case
from gateway.db import make_engine
from gateway.dialogue.editions import KEEP_AGAIN, KEPT_FOR, Edition, Editions, edition_of, forget_editions
from gateway.dialogue.models import MenuEdition, UssdSession
from gateway.installation import TREE
from menus.engine import Catalogue
from tests.callbacks.conftest import changed_app, dead_port
from tests.callbacks.handset import ADA, BINTI, SESSION, Handset
from tests.dialogue.own_menu import FREE, own_county

__all__ = ["dead_port"]

SOURCE = TREE.read_text(encoding="utf-8")
MENU = menus.reader.parse(SOURCE, TREE.name)
NAIROBI = Path(__file__).parent.parent / "counties" / "nairobi"
NEW = "Karibu {county}, bure."
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def lists(settings: Settings) -> Catalogue:
    return catalogue.build(counties.load(counties.resolve("kakamega")), settings, MENU)


@pytest.fixture(scope="module")
def unreachable(dead_port: int) -> Engine:
    """A database that whoever asks it anything does not reach."""
    return make_engine(f"postgresql+psycopg://nobody@127.0.0.1:{dead_port}/none")


def remark(lists: Catalogue, number: int) -> Edition:
    """An edition that differs from the others in a remark."""
    source = f"{SOURCE}# {number}\n"
    return edition_of(source, menus.reader.parse(source, TREE.name), lists)


def keep(engine: Engine, edition: Edition, now: datetime = NOW) -> None:
    with engine.begin() as connection:
        Editions(edition).keep(connection, now)


def kept(engine: Engine) -> dict[str, datetime]:
    with engine.connect() as connection:
        return {row.hash: row.used_at for row in connection.execute(select(MenuEdition.hash, MenuEdition.used_at))}


# What an edition is


@pytest.mark.parametrize("folder", ["kakamega", str(NAIROBI)])
def test_a_catalogue_comes_back_from_json_as_it_was(settings: Settings, folder: str) -> None:
    built = catalogue.build(counties.load(counties.resolve(folder)), settings, MENU)

    again = catalogue.from_json(json.loads(json.dumps(catalogue.to_json(built), sort_keys=True)))

    assert again == built
    [first, *_] = again.lists["categories", "main"]
    assert list(first.label) == ["sw", "en"]  # the first language stands in where one is missing


def test_an_edition_is_named_by_its_tree_and_its_lists(settings: Settings, lists: Catalogue) -> None:
    nairobi = catalogue.build(counties.load(NAIROBI), settings, MENU)
    first = edition_of(SOURCE, MENU, lists)

    assert edition_of(SOURCE, MENU, lists).hash == first.hash
    assert len({first.hash, edition_of(SOURCE, MENU, nairobi).hash, remark(lists, 1).hash}) == 3
    assert (len(first.hash), set(first.hash) <= set("0123456789abcdef")) == (16, True)


# One process


def test_its_own_edition_is_found_without_asking_anybody(lists: Catalogue, unreachable: Engine) -> None:
    editions = Editions(remark(lists, 1))

    assert editions.of(unreachable, editions.current.hash) is editions.current


def test_the_edition_of_another_process_is_read_once(db: Engine, lists: Catalogue, unreachable: Engine) -> None:
    other, editions = remark(lists, 2), Editions(remark(lists, 1))
    keep(db, other)

    found = editions.of(db, other.hash)

    assert found == other
    assert editions.of(unreachable, other.hash) is found


def test_of_many_editions_the_first_is_forgotten_and_its_own_never(
    db: Engine, lists: Catalogue, unreachable: Engine
) -> None:
    editions, others = Editions(remark(lists, 0)), [remark(lists, number) for number in range(1, 10)]
    for other in others:
        keep(db, other)
        editions.of(db, other.hash)

    for remembered in [editions.current, *others[1:]]:
        assert editions.of(unreachable, remembered.hash) == remembered
    with pytest.raises(OperationalError):
        editions.of(unreachable, others[0].hash)


def test_where_an_edition_is_nowhere_the_current_one_stands_in_and_the_log_says_so_once(
    db: Engine, lists: Catalogue, logged: io.StringIO
) -> None:
    editions = Editions(remark(lists, 1))

    assert editions.of(db, "0123456789abcdef") is editions.current
    assert editions.of(db, "0123456789abcdef") is editions.current
    assert [event(line) for line in logged.getvalue().splitlines()] == ["edition_unknown"]


def test_an_edition_of_another_version_of_the_program_is_as_good_as_none(
    db: Engine, lists: Catalogue, logged: io.StringIO
) -> None:
    editions = Editions(remark(lists, 1))
    with db.begin() as connection:
        for name, tree in (("a" * 16, SOURCE.replace("kind: choose", "kind: dance")), ("b" * 16, SOURCE)):
            connection.execute(insert(MenuEdition).values(hash=name, tree=tree, catalogue={"shelves": []}))

    assert editions.of(db, "a" * 16) is editions.current
    assert editions.of(db, "b" * 16) is editions.current
    events = [event(line) for line in logged.getvalue().splitlines()]
    assert events == ["edition_not_read", "edition_unknown"] * 2


def event(line: str) -> str:
    return str(json.loads(line)["event"])


def test_an_edition_is_kept_once_an_hour(db: Engine, lists: Catalogue) -> None:
    editions = Editions(remark(lists, 1))
    times = (NOW, NOW + timedelta(minutes=59), NOW + KEEP_AGAIN)
    found = []
    for now in times:
        with db.begin() as connection:
            editions.keep(connection, now)
        found.append(kept(db)[editions.current.hash])

    assert found == [NOW, NOW, NOW + KEEP_AGAIN]


# What the sweeper forgets


def test_what_no_session_needs_for_a_day_goes_and_the_newest_stays(db: Engine, lists: Catalogue) -> None:
    long_ago = datetime.now(UTC) - KEPT_FOR - timedelta(minutes=1)
    needed, unused, newest = (remark(lists, number) for number in range(3))
    keep(db, needed, long_ago)
    keep(db, unused, long_ago - timedelta(days=30))
    keep(db, newest, long_ago + timedelta(seconds=1))
    with db.begin() as connection:
        session = {
            "id": SESSION,
            "phone_hash": b"",
            "profile": {},
            "menu_hash": needed.hash,
            "cuts": [0],
            "answers": {},
        }
        connection.execute(insert(UssdSession).values(session))

    assert forget(db) == 1
    assert set(kept(db)) == {needed.hash, newest.hash}
    with db.begin() as connection:
        connection.execute(update(UssdSession).values(menu_hash=newest.hash))
    assert forget(db) == 1
    assert set(kept(db)) == {newest.hash}


def test_what_was_used_within_a_day_stays(db: Engine, lists: Catalogue) -> None:
    now = datetime.now(UTC)
    keep(db, remark(lists, 1), now - KEPT_FOR + timedelta(minutes=1))
    keep(db, remark(lists, 2), now)

    assert forget(db) == 0
    assert len(kept(db)) == 2


def forget(engine: Engine) -> int:
    with Session(engine) as session, session.begin():
        return forget_editions(session)


# Two hosts, while a change goes round


@pytest.fixture(params=["with Redis", "without Redis"])
def hosts(
    request: pytest.FixtureRequest, settings: Settings, db: Engine, redis_url: str, dead_port: int, tmp_path: Path
) -> Iterator[tuple[Flask, Flask]]:
    """One with the standard tree, one with another home screen and roads before water; one database for both."""
    county = own_county(
        tmp_path, (FREE, NEW), ("Jtt, Jnn, Jtn, Alh, Ijm, Jms, Jpl", "Si1, Si2, Si3, Si4, Si5, Si6, Si7")
    )
    file = county / "categories.yml"
    head, water, roads, *others = file.read_text(encoding="utf-8").split("\n- code: ")
    file.write_text("\n- code: ".join([head, roads, water, *others]), encoding="utf-8")
    redis = {} if request.param == "with Redis" else {"redis_url": f"redis://127.0.0.1:{dead_port}/0"}
    with changed_app(settings, **redis) as old, changed_app(settings, county=str(county), **redis) as new:
        yield old, new


def test_a_session_goes_on_where_it_began_on_whichever_host(hosts: tuple[Flask, Flask], db: Engine) -> None:
    old, new = hosts
    for begins, goes_on, phone, category, problem, days in (
        (old, new, ADA, "WATER", "NO_WATER", "Jtt|Jnn|Jtn|Alh|Ijm|Jms|Jpl"),
        (new, old, BINTI, "ROADS", "POTHOLES", "Si[1-7]"),
    ):
        handset = Handset(begins, phone, f"{SESSION}{category}")
        handset.go("1*4*6")
        listed = handset.screen
        handset.app = goes_on
        assert handset.again() == listed
        for typed in ("1", "1", "1"):
            shown = handset.type(typed)
            handset.app = begins
            assert handset.again() == shown
            handset.app = goes_on
        assert re.search(f"kufikia ({days}) ", shown)
        with Session(db) as session:
            case = session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()
            assert (case.category, case.problem) == (category, problem)
    with Session(db) as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 2


def test_who_dials_anew_sees_the_menu_of_the_host_that_answers(hosts: tuple[Flask, Flask], db: Engine) -> None:
    old, new = hosts

    assert Handset(old, session=f"{SESSION}1").dial().startswith("CON Kaunti ya Kakamega, bure.\n")
    assert Handset(new, session=f"{SESSION}2").dial().startswith("CON Karibu Kakamega, bure.\n")
    assert len(kept(db)) == 2
