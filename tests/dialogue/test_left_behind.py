"""Sessions that are over: each is closed once, by whatever is known of it, and of a secret one nothing is left."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine, text

from gateway.cases.clock import local_day
from gateway.dialogue.cache import SessionCache
from gateway.dialogue.left_behind import LONGEST_SESSION, REDIS_RETURNS, Closer
from gateway.installation import Installation
from menus.networks import AIRTEL
from tests.callbacks.dropped import BEGUN, Later, again, offered
from tests.callbacks.handset import ADA, HOME, REPORT, SERVICE_CODE, SESSION, Handset, post
from tests.callbacks.traces import counts, everything, one, rows
from tests.callbacks.twins import Dialler

Counts = list[tuple[str, int, int]]
SEEN = ["category", "filed", "home", "landmark", "place", "problem", "ward"]
"""On the way to a report."""
NATIONAL = ["category", "category_more", "home", "national", "not_recorded", "place", "referral", "ward"]


def closer_of(app: Flask) -> Closer:
    installation: Installation = app.extensions["sikiza"]
    return Closer(installation, SessionCache(installation.redis, installation.office.vault))


def counted(db: Engine) -> Counts:
    """Screen, how many saw it, how many went no further."""
    with db.connect() as connection:
        found = connection.execute(text("SELECT screen, seen, stopped FROM screen_count ORDER BY screen, language"))
        return [(row.screen, row.seen, row.stopped) for row in found]


def end_event(app: Flask, session: str, phone: str = ADA, **fields: str) -> None:
    """What Africa's Talking says at the end, with as many fields as a test wants."""
    known = {"sessionId": session, "serviceCode": SERVICE_CODE, "networkCode": "63902", "phoneNumber": phone}
    answer = post(app, "ussd-end", urlencode({**known, "status": "Incomplete", **fields}))
    assert (answer.status_code, answer.data) == (200, b"")


# When


def test_a_session_is_over_when_the_provider_says_so_or_no_network_holds_it_any_more(
    gateway: Flask, db: Engine, later: Later
) -> None:
    Handset(gateway).go(BEGUN)
    ended = Handset(gateway, "+254712345699", f"{SESSION}1")
    ended.go("1*4")
    ended.end()
    closer = closer_of(gateway)
    assert closer.close_due(later.now) == 1
    assert [row["closed_at"] is None for row in rows(db, "ussd_session")] == [True, False]
    almost = later.now + LONGEST_SESSION - timedelta(seconds=20)
    assert closer.close_due(almost) == 0
    over = later.now + LONGEST_SESSION + timedelta(seconds=20)
    assert (closer.close_due(over), closer.close_due(over)) == (1, 0)


def test_two_closers_close_each_session_once(app_without_redis: Flask, db: Engine, later: Later) -> None:
    for number in range(40):
        Handset(app_without_redis, f"+2547123456{number:02}", f"{SESSION}{number}").go(BEGUN)
    closers, together = [closer_of(app_without_redis) for _ in range(2)], Barrier(2)
    over = later.now + LONGEST_SESSION + timedelta(seconds=10)

    def close_all(closer: Closer) -> int:
        together.wait(10)
        return closer.close_due(over) + closer.close_due(over)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(close_all, closers)) == 40
    assert len(rows(db, "draft")) == 40
    assert counted(db) == [
        ("category", 40, 0), ("home", 40, 0), ("place", 40, 0), ("problem", 40, 40), ("ward", 40, 0),
    ]  # fmt: skip


def test_a_dial_and_a_sweeper_at_once_close_it_once(app_without_redis: Flask, db: Engine, later: Later) -> None:
    over = later.now + LONGEST_SESSION + timedelta(seconds=10)
    for turn in range(10):
        phone = f"+25471234560{turn}"
        Handset(app_without_redis, phone, f"{SESSION}a{turn}").go(BEGUN)
        together = Barrier(2)

        def at_once(do: Callable[[], object], together: Barrier = together) -> object:
            together.wait(10)
            return do()

        def dial(phone: str = phone, turn: int = turn) -> str:
            return Handset(app_without_redis, phone, f"{SESSION}b{turn}").dial()

        def sweep(turn: int = turn) -> bool:
            return closer_of(app_without_redis).close(f"{SESSION}a{turn}", over)

        with ThreadPoolExecutor(2) as pool:
            shown, _ = pool.map(at_once, (dial, sweep))
        assert shown == offered()
    assert len(rows(db, "draft")) == 10
    assert counted(db)[3] == ("problem", 10, 10)


def test_what_is_left_of_a_session_names_nobody_and_says_nothing(
    gateway: Flask, db: Engine, cache: Redis, later: Later
) -> None:
    phone = Handset(gateway)
    shown = phone.go("1*kwa mzee qqqqqq*1")
    assert cache.keys("ussd:*:text") != []
    later.sessions_end()
    session = one(db, "ussd_session")
    assert (session["phone_sealed"], session["transcript_sealed"]) == (None, None)
    assert cache.keys("ussd:*:text") == []
    # A hop that comes late reads the same all the same.
    assert phone.again() == shown
    later.sweep(minutes=1)
    assert "mzee" not in everything(db)


def test_a_session_that_goes_on_after_it_was_closed_files_and_its_draft_goes(
    gateway: Flask, db: Engine, later: Later
) -> None:
    phone = Handset(gateway)
    phone.go(BEGUN)
    later.sessions_end()
    assert len(rows(db, "draft")) == 1
    # Another kind of problem in another ward, so that nothing but the session tells that it is the same.
    assert phone.type("0", "0", "1", "1", "2", "1", "1").startswith("CON Imepokelewa: ")
    assert (one(db, "cases")["category"], rows(db, "draft")) == ("ROADS", [])


def test_a_session_of_before_the_update_is_closed_like_any_other(gateway: Flask, db: Engine, later: Later) -> None:
    with db.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO ussd_session (id, phone_hash, profile, menu_hash, cuts, answers)"
                " VALUES ('ATUid_old', 'x', '{\"language\": \"sw\"}', '0123456789abcdef', '{0,1,3}', '{}')"
            )
        )
    later.sessions_end()
    assert one(db, "ussd_session")["closed_at"] is not None
    assert (counted(db), rows(db, "draft")) == ([("home", 1, 1)], [])


# What was typed


@pytest.mark.parametrize("told", [{}, {"input": ""}, {"input": "null"}, {"input": BEGUN}, {"input": "2*1"}])
@pytest.mark.parametrize("with_redis", [True, False])
def test_whatever_the_end_event_says_what_was_typed_is_known(
    gateway: Flask, app_without_redis: Flask, db: Engine, later: Later, told: dict[str, str], with_redis: bool
) -> None:
    app = gateway if with_redis else app_without_redis
    phone = Handset(app)
    phone.go(BEGUN)
    end_event(app, phone.session, **told)
    assert closer_of(app).close_due(later.now) == 1
    assert (one(db, "draft")["category"], one(db, "draft")["ward_code"]) == ("WATER", 1014)


def test_what_redis_lost_the_end_event_tells(gateway: Flask, db: Engine, cache: Redis, later: Later) -> None:
    phone = Handset(gateway)
    phone.go("1*4*6*1*1")
    cache.flushdb()
    end_event(gateway, phone.session, input="1*4*6*1*1")
    later.sweep()
    assert one(db, "draft")["chosen"]["problem"] == "NO_WATER"


def test_after_an_end_event_that_told_what_redis_lost_every_hop_reads_as_it_did(
    gateway: Flask, app_without_redis: Flask, cache: Redis
) -> None:
    phone = Handset(gateway)
    shown = [phone.dial(), phone.type("1"), phone.type("  "), phone.type("4")]
    end_event(app_without_redis, phone.session, input="1*  *4")
    cache.flushdb()
    assert [phone.hop(text) for text in ("1", "1*  ", "", "1*  *4")] == [shown[1], shown[2], shown[0], shown[3]]


def test_what_redis_knew_at_the_end_is_kept_in_the_row(gateway: Flask, db: Engine, cache: Redis, later: Later) -> None:
    phone = Handset(gateway)
    phone.dial()
    phone.type("1", "0", "kwa * mzee qqqqqq", "1", "1")
    end_event(gateway, phone.session)
    cache.flushdb()
    later.sweep()
    assert one(db, "draft")["chosen"]["typed"] == "kwa * mzee qqqqqq"


def test_an_end_event_of_another_phone_or_of_no_session_tells_nothing(
    gateway: Flask, db: Engine, cache: Redis, later: Later
) -> None:
    phone = Handset(gateway)
    phone.go("1")
    cache.flushdb()
    end_event(gateway, phone.session, "+254712345699", input=BEGUN)
    end_event(gateway, "ATUid_nobody", input=BEGUN)
    later.sweep()
    assert (one(db, "ussd_session")["over_at"], one(db, "ussd_session")["closed_at"]) == (None, None)
    later.sessions_end()
    assert rows(db, "draft") == []


def test_an_end_event_may_come_twice_and_after_the_session_was_closed(gateway: Flask, db: Engine, later: Later) -> None:
    phone = Handset(gateway)
    phone.go(BEGUN)
    phone.end()
    later.sweep()
    before = rows(db, "draft"), counted(db), one(db, "ussd_session")
    phone.end()
    later.sweep()
    assert (rows(db, "draft"), counted(db), one(db, "ussd_session")) == before


def test_where_redis_lost_it_and_nobody_tells_only_what_the_row_knows_is_left(
    gateway: Flask, db: Engine, cache: Redis, later: Later
) -> None:
    Handset(gateway).go(BEGUN)
    cache.flushdb()
    later.sessions_end()
    assert (rows(db, "draft"), counted(db)) == ([], [("home", 1, 1)])


def test_a_redis_that_does_not_answer_for_a_while_costs_no_draft(
    gateway: Flask, app_without_redis: Flask, db: Engine, later: Later
) -> None:
    Handset(gateway).go(BEGUN)
    over = later.now + LONGEST_SESSION + timedelta(seconds=10)
    assert closer_of(app_without_redis).close_due(over) == 0
    assert again(app_without_redis).screen == HOME
    assert one_of(db, "0")["closed_at"] is None
    later.sessions_end()
    assert len(rows(db, "draft")) == 1
    assert again(gateway, 2).screen == offered()


def test_a_redis_that_stays_away_holds_up_nothing_for_ever(
    gateway: Flask, app_without_redis: Flask, db: Engine, later: Later
) -> None:
    Handset(gateway).go("1*4")
    closer = closer_of(app_without_redis)
    assert closer.close_due(later.now + REDIS_RETURNS - timedelta(seconds=10)) == 0
    assert closer.close_due(later.now + REDIS_RETURNS + timedelta(seconds=10)) == 1
    assert one(db, "ussd_session")["closed_at"] is not None


def one_of(db: Engine, number: str) -> dict[str, Any]:
    return next(row for row in rows(db, "ussd_session") if row["id"] == f"{SESSION}{number}")


# What is counted


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", [("home", 1, 1)]),
        (REPORT, [(name, 1, int(name == "filed")) for name in SEEN]),
        (f"{REPORT}*1", [(name, 1, 0) for name in sorted([*SEEN, "done"])]),
        # The same screen twice, a wrong answer and back and forth: seen once.
        ("1*4*0*77*4*0", [("home", 1, 0), ("place", 1, 1), ("ward", 1, 0)]),
        ("1*77*77*77", [("home", 1, 0), ("place", 1, 1)]),
        ("7*7*7", [("home", 1, 1)]),
        ("1*4*6*8*9*1*2", [(name, 1, 0) for name in NATIONAL]),
    ],
)
def test_each_screen_counts_once_and_the_last_one_as_stopped_unless_it_was_the_end(
    gateway: Flask, db: Engine, later: Later, typed: str, expected: Counts
) -> None:
    Handset(gateway).go(typed) if typed else Handset(gateway).dial()
    later.sessions_end()
    assert counted(db) == expected
    later.sweep(hours=1)
    assert counted(db) == expected


def test_day_language_and_network_are_counted_with_it(gateway: Flask, db: Engine, later: Later) -> None:
    Dialler(gateway, ADA, f"{SESSION}0", network=AIRTEL.code).go("9*1")
    Dialler(gateway, "+254712345699", f"{SESSION}1", network="nobody's").go("1")
    later.sessions_end()
    with db.connect() as connection:
        found = connection.execute(text("SELECT screen, day, language, network FROM screen_count ORDER BY 4, 1")).all()
    day = local_day(rows(db, "ussd_session")[0]["started_at"])
    assert [tuple(row) for row in found] == [
        ("home", day, "sw", ""), ("place", day, "sw", ""), ("home", day, "en", "63903"), ("place", day, "en", "63903"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "typed",
    ["4", "4*0", "4*0*1*4*6*8", "4*1", "4*2", "4*2*0", "4*2*1", "4*2*1*3", "4*3", "4*4*0", "4*3*3", "9*4*3"],
)
@pytest.mark.parametrize("with_redis", [True, False])
def test_of_a_secret_session_nothing_is_left_but_that_somebody_dialled(
    gateway: Flask, app_without_redis: Flask, db: Engine, cache: Redis, later: Later, typed: str, with_redis: bool
) -> None:
    Handset(gateway if with_redis else app_without_redis).go(typed)
    later.sweep(minutes=11)
    assert counted(db) == []
    session = one(db, "ussd_session")
    assert (session["phone_sealed"], session["transcript_sealed"]) == (None, None)
    assert cache.keys("ussd:*:text") == []
    assert counts(db) == {"ussd_session": 1}
    later.sweep(days=2)
    assert counts(db) == {"ussd_session": 1}


@pytest.mark.parametrize("typed", ["4*3*1*1*maneno*1", "4*4*2*maneno", "4*2*1*1"])
def test_a_secret_report_is_counted_nowhere(gateway: Flask, db: Engine, later: Later, typed: str) -> None:
    Handset(gateway).go(typed)
    later.sessions_end()
    assert (counted(db), rows(db, "draft")) == ([], [])
    assert (one(db, "ussd_session")["phone_sealed"], one(db, "ussd_session")["transcript_sealed"]) == (None, None)
    assert len(rows(db, "cases")) == 1


def test_one_that_no_key_opens_is_left_and_the_others_are_closed(
    gateway: Flask, db: Engine, later: Later, logged: io.StringIO
) -> None:
    for number in range(3):
        Handset(gateway, f"+25471234560{number}", f"{SESSION}{number}").go(BEGUN)
    with db.begin() as connection:
        connection.execute(text("UPDATE ussd_session SET transcript_sealed = 'x' WHERE id LIKE '%0'"))
    later.sessions_end()
    assert [row["closed_at"] is None for row in rows(db, "ussd_session")] == [True, False, False]
    assert len(rows(db, "draft")) == 2
    assert '"session_not_closed"' in logged.getvalue()
