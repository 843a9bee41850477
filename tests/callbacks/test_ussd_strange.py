"""Hops that come late, or say something else than was typed: answered from what is known, and without a trace."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine, text

from tests.callbacks.handset import HOME, REPORT, SESSION, Handset
from tests.callbacks.traces import TABLES, counts, one, rows

PLACE = "1*4*6*1*1"
"""Where the place is asked for: the next answer files the report."""
STRANGE = [
    "2", "*", " ", "11", "1*5", "1*4*7", "1*4*6*1*2", "1*4*6*1*11", "1*4*6*2*1*1", "1*5*6*1*1*1*2*maneno", "2*1*4*6*1",
    f" {PLACE}", f"{PLACE}1*1", "1*4*6*1*", "1**4*6*1*1*1", "7", "4*3*1",
]  # fmt: skip


def traces(db: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    return {table: rows(db, table) for table in TABLES}


@pytest.fixture(params=["with Redis", "without Redis", "Redis comes back"])
def host(request: pytest.FixtureRequest, gateway: Flask, app_without_redis: Flask) -> tuple[Flask, Flask]:
    """Where the session is served, and where the strange hop arrives."""
    hosts: dict[str, tuple[Flask, Flask]] = {
        "with Redis": (gateway, gateway),
        "without Redis": (app_without_redis, app_without_redis),
        "Redis comes back": (app_without_redis, gateway),
    }
    return hosts[str(request.param)]


@pytest.mark.parametrize("strange", STRANGE)
def test_another_story_shows_the_screen_that_is_known_and_changes_nothing(
    host: tuple[Flask, Flask], db: Engine, strange: str
) -> None:
    phone = Handset(host[0])
    screen, before = phone.go(PLACE), traces(db)
    stranger = Handset(host[1], phone.phone, phone.session)
    assert [stranger.hop(strange) for _ in range(2)] == [screen] * 2
    assert traces(db) == before
    phone.app = host[1]
    assert phone.again() == screen
    assert phone.type("4", "mbele ya kanisa", "2").startswith("CON Ongeza kwa ufupi")
    assert one(db, "cases")["landmark"] == "mbele ya kanisa"


def test_another_story_does_not_cut_the_next_honest_words_in_two(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    words = "bomba * la sokoni"
    typed = f"{REPORT}*2*{words}"
    for length in range(len(REPORT) + 3, len(typed)):
        # Its length is that of a part of her words.
        assert phone.hop("9" * length).startswith("CON Ongeza kwa ufupi")
    assert phone.type(words).startswith("CON Maneno yameongezwa")
    for length in range(len(REPORT) + 3, len(typed)):
        assert Handset(gateway, phone.phone, phone.session).hop(typed[:length]) == phone.screen
    assert phone.type("2", "tatu * nne").startswith("CON Maneno yameongezwa")
    assert one(db, "cases")["words"] == f"{words}\ntatu * nne"


def test_a_part_of_an_answer_that_holds_a_star_is_no_earlier_hop(gateway: Flask, db: Engine, cache: Redis) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    added = phone.type("bomba*hongo")
    before = counts(db)
    for lost in (False, True):
        if lost:
            cache.flushdb()
        assert Handset(gateway, phone.phone, phone.session).hop(f"{REPORT}*2*bomba") == added
        assert counts(db) == before
    assert phone.type("2", "tatu").startswith("CON Maneno yameongezwa")


@pytest.mark.parametrize(
    ("typed", "strange"),
    [
        (REPORT, "1*4*6*1*1*2"),
        (REPORT, "1*4*6*1*2*1*1"),
        (REPORT, "2*1*4*6*1"),
        (f"{REPORT}*2*bomba", f"{REPORT}*2*bomb"),
        (f"{REPORT}*2*bomba", f"{REPORT}*4"),
        (f"{REPORT}*2*bomba", f"{REPORT}*5*1"),
        ("4*3*2*maneno", "4*3*1*1*maneno"),
        ("5*1", "5*2"),
    ],
)
@pytest.mark.parametrize("lost", [False, True])
def test_what_was_done_is_not_done_otherwise_even_after_redis_lost_everything(
    gateway: Flask, app_without_redis: Flask, db: Engine, cache: Redis, typed: str, strange: str, lost: bool
) -> None:
    phone = Handset(gateway)
    screen, before = phone.go(typed), counts(db)
    for app in (gateway, app_without_redis, gateway):
        if lost:
            cache.flushdb()
        assert Handset(app, phone.phone, phone.session).hop(strange) == screen
        assert counts(db) == before
    assert phone.again() == screen


def test_an_earlier_hop_reads_as_it_did_and_leaves_no_trace(host: tuple[Flask, Flask], db: Engine) -> None:
    phone = Handset(host[0])
    shown = [phone.dial(), *map(phone.type, f"{REPORT}*2*bomba*1".split("*"))]
    before = traces(db)
    late = Handset(host[1], phone.phone, phone.session)
    texts = ["*".join(phone.inputs[:hop]) for hop in range(len(shown))]
    for _ in range(2):
        assert [late.hop(earlier) for earlier in reversed(texts)] == shown[::-1]
    assert traces(db) == before


def test_an_earlier_hop_does_not_hold_up_the_next_one(gateway: Flask, app_without_redis: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    home = phone.dial()
    for number, typed in enumerate([*PLACE.split("*"), "1", "2", "bomba la", "2", "a*b"]):
        phone.app = app_without_redis if number % 3 == 2 else gateway
        assert Handset(phone.app, phone.phone, phone.session).dial() == home == HOME
        phone.type(typed)
    assert one(db, "cases")["words"] == "bomba la\na*b"


def test_another_story_where_not_even_the_first_hop_was_answered_leads_nowhere(
    gateway: Flask, db: Engine, cache: Redis, logged: io.StringIO
) -> None:
    Handset(gateway).go(f"{REPORT}*1")
    phone = Handset(gateway, session=f"{SESSION}1", inputs=[one(db, "cases")["reference"]])
    phone.again()
    phone.type("2")
    with db.begin() as connection:
        connection.execute(text("UPDATE ussd_session SET answers = '{}' WHERE id = :id"), {"id": phone.session})
    cache.flushdb()
    assert phone.hop("9").startswith("END Samahani, hatukuelewa.")
    assert "ussd_failed" not in logged.getvalue()


# What Redis knows of it


def test_keys_stand_in_redis_as_they_were_pressed_and_words_are_sealed(gateway: Flask, cache: Redis) -> None:
    phone = Handset(gateway)
    key = f"ussd:{phone.session}:{phone.app.extensions['sikiza'].office.vault.phone_hash(phone.phone).hex()}:text"
    phone.go(f"{REPORT}*2")
    assert cache.get(key) == f"c{REPORT}*2".encode()
    phone.type("siri kubwa 77")
    sealed = cache.get(key)
    assert isinstance(sealed, bytes)
    assert sealed.startswith(b"s")
    kept = [cache.dump(name) for name in cache.scan_iter()]
    assert all(b"kubwa" not in (one_value or b"") for one_value in kept)
    assert 0 < cache.ttl(key) <= 3600


@pytest.mark.parametrize("garbage", [b"", b"s", b"snot a token", b"x1*4"])
def test_what_nobody_can_read_in_redis_is_as_good_as_nothing(
    gateway: Flask, db: Engine, cache: Redis, garbage: bytes
) -> None:
    phone = Handset(gateway)
    phone.go(PLACE)
    (key,) = cache.keys("ussd:*:text")
    cache.set(key, garbage)
    assert phone.again().startswith("CON Mahali?\n")
    assert phone.type("1").startswith("CON Imepokelewa: ")
    assert one(db, "cases")["landmark"] == "Soko Shirere"
