"""The same hop again, eight times at once, without Redis, without PostgreSQL: the same bytes and one effect."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import Engine, text

from config.settings import Settings
from tests.callbacks.conftest import changed_app
from tests.callbacks.handset import BINTI, HOME, REPORT, SESSION, Handset
from tests.callbacks.traces import counts, one

TRY_AGAIN = "END Samahani, haikuhifadhiwa. Tafadhali piga tena *384*123# baada ya muda, au kituo cha simu 0800 724 388."
ENDED = "END Kikao hiki kimeisha. Piga tena *384*123#."
FILED = {"case_event": 1, "cases": 1, "intake": 1, "message": 1, "resident": 1, "ussd_session": 1}
BOUND = 5.0
"""Seconds that no hop may take, whatever is away: Africa's Talking gives up after ten."""


def eight_at_once(hop: Callable[[], str]) -> list[str]:
    together = Barrier(8)

    def one_of_them(_: int) -> str:
        together.wait(10)
        return hop()

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(one_of_them, range(8)))


def repeated(phone: Handset) -> list[str]:
    """The last hop, delivered eight times at once."""
    return eight_at_once(lambda: Handset(phone.app, phone.phone, phone.session, phone.inputs).again())


# Again


def test_every_hop_may_come_again_late_and_reads_the_same(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    shown = [phone.dial(), *(phone.type(typed) for typed in [*REPORT.split("*"), "2", "bomba * tatu", "1"])]
    texts = ["*".join(phone.inputs[:hop]) for hop in range(len(shown))]
    before = counts(db)
    for hop in [*range(len(shown)), *reversed(range(len(shown)))]:
        assert phone.hop(texts[hop]) == shown[hop]
    assert counts(db) == before == {**FILED, "case_event": 2, "intake": 2}


@pytest.mark.parametrize("with_redis", [True, False])
def test_eight_identical_filing_hops_at_once_file_one_case(
    gateway: Flask, app_without_redis: Flask, db: Engine, with_redis: bool
) -> None:
    phone = Handset(gateway if with_redis else app_without_redis)
    phone.go(REPORT.removesuffix("*1"))
    phone.inputs.append("1")
    answers = repeated(phone)
    reference = one(db, "cases")["reference"]
    assert answers[0].startswith(f"CON Imepokelewa: {reference[:4]} {reference[4:]}\n")
    assert answers == [answers[0]] * 8
    assert counts(db) == FILED


def test_eight_first_hops_at_once_begin_one_session(gateway: Flask, db: Engine) -> None:
    assert repeated(Handset(gateway)) == [HOME] * 8
    assert counts(db) == {"ussd_session": 1}
    assert one(db, "ussd_session")["cuts"] == [0]


def test_eight_direct_dials_at_once_file_one_case(gateway: Flask, db: Engine) -> None:
    answers = repeated(Handset(gateway, inputs=REPORT.split("*")))
    assert answers == [answers[0]] * 8
    assert counts(db) == FILED


@pytest.mark.parametrize(
    ("before", "last", "more"),
    [
        (f"{REPORT}*2", "bomba", {"case_event": 2, "intake": 2}),
        (f"{REPORT}*2", "bomba * tatu", {"case_event": 2, "intake": 2}),
        (f"{REPORT}*3*2*2", "1", {"case_event": 2, "intake": 2, "message": 2}),
        (f"{REPORT}*4", "", {"case_event": 2, "intake": 2, "resident": 0}),
        (f"{REPORT}*5", "1", {"case_event": 2, "intake": 2, "resident": 0}),
    ],
)
def test_eight_identical_changes_at_once_happen_once(
    gateway: Flask, db: Engine, before: str, last: str, more: dict[str, int]
) -> None:
    phone = Handset(gateway)
    if last:
        phone.go(before)
        phone.inputs.append(last)
    else:
        phone.go(before.rpartition("*")[0])
        phone.inputs.append(before.rpartition("*")[2])
    answers = repeated(phone)
    assert answers == [answers[0]] * 8
    assert counts(db) == {table: rows for table, rows in {**FILED, **more}.items() if rows}
    if "bomba" in last:
        assert one(db, "cases")["words"] == last


def test_eight_calls_asked_for_at_once_are_one_call(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go("5")
    phone.inputs.append("1")
    assert set(repeated(phone)) == {"END Asante. Mhudumu atakupigia. Ukitaka kupiga mwenyewe: 0800 724 388."}
    assert counts(db) == {"call_back": 1, "intake": 1, "resident": 1, "ussd_session": 1}


def test_a_wrong_secret_sent_eight_times_at_once_is_one_try(gateway: Flask, db: Engine) -> None:
    end = Handset(gateway).go(f"{REPORT}*4")
    secret = re.findall(r"siri (\d{4})", end)[0]
    phone = Handset(gateway, BINTI, f"{SESSION}1")
    phone.go(f"{one(db, 'cases')['reference']}*1")
    phone.inputs.append(f"{(int(secret) + 1) % 10_000:04d}")
    assert len(set(repeated(phone))) == 1
    assert one(db, "cases")["secret_failures"] == 1


def test_what_was_looked_up_stays_as_it_was_when_the_hop_comes_again(
    gateway: Flask, app_without_redis: Flask, db: Engine, cache: Redis
) -> None:
    Handset(gateway).go(f"{REPORT}*1")
    phone = Handset(gateway, session=f"{SESSION}1")
    listed = phone.go("3")
    with db.begin() as connection:
        connection.execute(text("UPDATE cases SET status = 'taken'"))
    assert phone.again() == listed
    cache.flushdb()
    assert phone.again() == listed
    phone.app = app_without_redis
    assert phone.again() == listed
    assert phone.type("1").split("\n")[0].endswith(": kazini")


# Whose session


def test_a_session_of_another_phone_is_refused_and_left_as_it_was(
    gateway: Flask, app_without_redis: Flask, db: Engine
) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    before = one(db, "ussd_session"), counts(db)
    for app in (gateway, app_without_redis):
        other = Handset(app, BINTI, phone.session)
        for typed in ("", "1", f"{REPORT}*2*maneno ya mwingine", f"{REPORT}*2*a*b", "*", f"{REPORT}*5*1"):
            assert other.hop(typed) == ENDED
    assert (one(db, "ussd_session"), counts(db)) == before
    assert phone.type("bomba").startswith("CON Maneno yameongezwa")
    assert one(db, "cases")["words"] == "bomba"


# Without Redis


@pytest.mark.parametrize("typed", [f"{REPORT}*2*bomba*1", "3*1", "4*3*1*maneno*1", f"9*{REPORT}*4", "6*2*4*6"])
def test_without_redis_a_whole_dialogue_reads_the_same(
    gateway: Flask, app_without_redis: Flask, app_with_silent_redis: Flask, db: Engine, typed: str
) -> None:
    dialogues = []
    for number, app in enumerate((gateway, app_without_redis, app_with_silent_redis)):
        phone, began = Handset(app, f"+25471234561{number}", f"{SESSION}{number}"), time.monotonic()
        shown = [phone.dial(), *map(phone.type, typed.split("*"))]
        dialogues.append([without_numbers(screen) for screen in shown])
        assert time.monotonic() - began < BOUND
    assert dialogues[1] == dialogues[0]
    assert dialogues[2] == dialogues[0]
    assert {table: rows % 3 for table, rows in counts(db).items()} == dict.fromkeys(counts(db), 0)


def test_redis_that_comes_back_knows_a_star_from_two_hops(gateway: Flask, app_without_redis: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go("1")
    phone.app = app_without_redis
    assert phone.type("4").startswith("CON Wadi ya Lurambi?")
    phone.app = gateway
    assert phone.type("6").startswith("CON Shirere:\n")
    phone.type("1", "1", "1", "2")
    phone.app = app_without_redis
    phone.type("bomba")
    phone.app = gateway
    phone.type("2", "tatu * nne", "2", "tano *")
    assert one(db, "cases")["words"] == "bomba\ntatu * nne\ntano *"


def test_late_hops_read_the_same_where_redis_lost_them_and_the_end_event_told_them(
    gateway: Flask, cache: Redis
) -> None:
    phone = Handset(gateway)
    shown = [phone.go("1"), phone.type("4"), phone.type("6")]
    cache.flushdb()
    phone.end()
    assert [phone.hop(text) for text in ("1*4", "1*4*6", "1")] == [shown[1], shown[2], shown[0]]


def test_threads_that_come_and_go_do_not_use_up_the_connections_to_redis(
    gateway: Flask, db: Engine, logged: io.StringIO
) -> None:
    phone = Handset(gateway)
    shown = phone.go("1*4")
    for _ in range(120):
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(phone.again).result() == shown
    assert "redis_away" not in logged.getvalue()


def test_redis_that_forgot_only_the_lengths_is_not_believed(gateway: Flask, cache: Redis) -> None:
    phone = Handset(gateway)
    phone.go("1*4*6*1")
    assert cache.delete(*cache.keys("ussd:*:cuts")) == 1
    assert phone.type("1").startswith("CON Mahali?\n")
    assert cache.delete(*cache.keys("ussd:*:cuts")) == 1
    assert phone.again().startswith("CON Mahali?\n")
    assert phone.type("1").startswith("CON Imepokelewa: ")


def without_numbers(screen: str) -> str:
    return re.sub(r"siri \d{4}|secret \d{4}", "siri", re.sub(r"\d{4} \d{4}", "reference", screen))


PHONES = count(1)
KEYS = st.sampled_from([*"0123456789", "10", "12", "99", "1014", "sherere", "", "maji machafu", "*", "a*1*b", "😀"])
BEGUN = st.sampled_from(
    [["1", "4", "6", "1", "1"], [*REPORT.split("*")], [*REPORT.split("*"), "2"], ["3"], ["4", "3", "1"], []]
)
DISTURBANCES = st.sampled_from(["nothing", "flush", "no redis", "profile"])


@examples(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(begun=BEGUN, typed=st.lists(st.tuples(KEYS, DISTURBANCES), min_size=1, max_size=8))
def test_whatever_happens_meanwhile_the_same_inputs_give_the_same_bytes(
    gateway: Flask, app_without_redis: Flask, db: Engine, cache: Redis, begun: list[str], typed: list[tuple[str, str]]
) -> None:
    """A quiet session shows what the disturbed one must show too, but for the numbers of its case."""
    turn = next(PHONES)
    quiet = Handset(gateway, f"+2547{turn:08d}", f"{SESSION}q{turn}")
    phone = Handset(gateway, f"+2541{turn:08d}", f"{SESSION}d{turn}")
    shown = []
    for key, disturbance in [("", "dial"), *((key, "nothing") for key in begun), *typed]:
        if disturbance == "flush" and "*" not in key:
            cache.flushdb()
        if disturbance == "profile":
            make_known(gateway, db, phone.phone)
        # A star typed at the very hop at which Redis is away is the accepted loss.
        phone.app = app_without_redis if disturbance == "no redis" and "*" not in key else gateway
        expected, screen = (one.dial() if disturbance == "dial" else one.type(key) for one in (quiet, phone))
        assert without_numbers(screen) == without_numbers(expected)
        shown.append(screen)
        phone.app = gateway
        assert phone.again() == screen
        phone.app = app_without_redis
        assert phone.again() == screen
    texts = ["*".join(phone.inputs[:hop]) for hop in range(len(shown))]
    cache.flushdb()
    for app in (gateway, app_without_redis, gateway):
        phone.app = app
        assert [phone.hop(text) for text in texts] == shown


def make_known(app: Flask, db: Engine, number: str) -> None:
    """Somebody at the desk enters her meanwhile: another language, a ward."""
    vault = app.extensions["sikiza"].office.vault
    with db.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO resident (phone_hash, phone_sealed, phone_mask, language, ward_code)"
                " VALUES (:hash, :sealed, '', 'en', 1001)"
                " ON CONFLICT (phone_hash) DO UPDATE SET language = 'en', ward_code = 1001"
            ),
            {"hash": vault.phone_hash(number), "sealed": vault.seal(number)},
        )


# Without PostgreSQL


def test_with_postgresql_away_she_is_asked_to_dial_again(
    app_without_postgres: Flask, gateway: Flask, db: Engine
) -> None:
    began = time.monotonic()
    assert Handset(app_without_postgres).dial() == TRY_AGAIN
    assert Handset(app_without_postgres, session=f"{SESSION}1").hop(REPORT) == TRY_AGAIN
    Handset(app_without_postgres).end()
    assert time.monotonic() - began < BOUND
    assert counts(db) == {}


def test_with_postgresql_gone_in_mid_session_menus_go_on_and_nobody_is_thanked(
    app_without_postgres: Flask, gateway: Flask, db: Engine
) -> None:
    phone = Handset(gateway)
    phone.go("1*4")
    phone.app = app_without_postgres
    assert phone.type("6", "1").startswith("CON Maji, Shirere:\n")
    assert phone.type("1") == TRY_AGAIN
    phone.app = gateway
    assert phone.again().startswith("CON Mahali?\n")
    phone.app = app_without_postgres
    assert phone.type("1") == TRY_AGAIN
    assert counts(db) == {"ussd_session": 1}
    phone.app = gateway
    assert phone.again().startswith("CON Imepokelewa: ")
    assert counts(db) == FILED
    phone.app = app_without_postgres
    assert phone.type("2").startswith("CON Ongeza kwa ufupi")
    assert phone.type("bomba * tatu") == TRY_AGAIN
    assert one(db, "cases")["words"] is None
    phone.app = gateway
    assert phone.again().startswith("CON Maneno yameongezwa")
    assert one(db, "cases")["words"] == "bomba * tatu"


def test_after_postgresql_was_restarted_one_hop_is_asked_for_again_and_the_next_is_served(
    settings: Settings, gateway: Flask, db: Engine
) -> None:
    others = backends(db)
    with changed_app(settings) as app:
        phone = Handset(app)
        phone.go(f"{REPORT}*2*bomba*2")
        lost = {"lost": list(backends(db) - others)}
        with db.begin() as connection:
            assert all(connection.scalars(text("SELECT pg_terminate_backend(pid) FROM unnest(:lost) pid"), lost))
        first = phone.type("tatu")
        assert first == TRY_AGAIN or first.startswith("CON Maneno yameongezwa")
        assert phone.again().startswith("CON Maneno yameongezwa")
    assert one(db, "cases")["words"] == "bomba\ntatu"
    assert counts(db) == {**FILED, "case_event": 3, "intake": 3}


def backends(db: Engine) -> set[int]:
    """Who is connected to this worker's database."""
    with db.connect() as connection:
        return set(connection.scalars(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")))
