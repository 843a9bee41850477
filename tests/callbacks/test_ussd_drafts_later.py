"""What time does to a report that broke off: asked about once, filed as it is; and who comes at the same time."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from flask import Flask
from redis import Redis
from sqlalchemy import Engine, text

from gateway.installation import Installation
from tests.callbacks.dropped import BEGUN, Later, again, offered
from tests.callbacks.handset import ADA, BINTI, HOME, SESSION, Handset
from tests.callbacks.test_ussd_again import eight_at_once
from tests.callbacks.traces import counts, everything, history, letter, one, rows, spoken

# What time does


def test_ten_minutes_later_one_sms_asks_and_a_day_later_it_is_filed_as_it_is(
    gateway: Flask, db: Engine, installation: Installation, later: Later
) -> None:
    Handset(gateway).go("1*4*6*1*1")
    later.sessions_end()
    later.sweep(minutes=9)
    assert rows(db, "message") == []
    later.sweep(minutes=1)
    later.sweep(hours=1)
    message = one(db, "message")
    assert (message["wording"], message["case_id"], message["status"]) == ("draft", None, "queued")
    assert letter(installation, message) == (
        "Kaunti ya Kakamega: ulianza ripoti, Shirere. Jibu SMS hii (bure) kwa maneno na mahali. Usipojibu kufikia "
        "kesho tutaituma ilivyo. Kufuta jibu FUTA."
    )
    later.sweep(hours=22, minutes=59)
    assert rows(db, "cases") == []
    later.sweep(minutes=1)
    later.sweep(days=1)
    case = one(db, "cases")
    expected = {
        "kind": "grievance", "channel": "ussd", "category": "WATER", "problem": "NO_WATER", "ward_code": 1014,
        "desk": "ward", "status": "new", "incomplete": True, "words": None, "landmark": None, "language": "sw",
        "resident_id": one(db, "resident")["id"],
    }  # fmt: skip
    assert case == {**case, **expected}
    assert history(db) == [("filed", {"channel": "ussd", "suspected": False, "incomplete": True, "promise": "WATER"})]
    asked, received = rows(db, "message")
    assert (asked["wording"], received["wording"], received["case_id"]) == ("draft", "received", case["id"])
    assert received["status"] == "queued"
    assert f"ripoti {spoken(case['reference'])} imepokelewa" in letter(installation, received)
    assert counts(db) == {"case_event": 1, "cases": 1, "intake": 1, "message": 2, "resident": 1, "ussd_session": 1}


def test_asked_once_she_is_not_asked_again_however_often_she_is_cut_off(
    gateway: Flask, db: Engine, later: Later
) -> None:
    Handset(gateway).go(BEGUN)
    later.sessions_end()
    later.sweep(minutes=10)
    for number, typed in enumerate(["7", "7*1", "1*4*6*1", "7*0*1*1*1*2"], 1):
        again(gateway, number).type(*typed.split("*"))
        later.sessions_end()
        later.sweep(minutes=30)
    assert [message["wording"] for message in rows(db, "message")] == ["draft"]
    draft = one(db, "draft")
    assert (draft["category"], draft["ward_code"], draft["ask_at"]) == ("ROADS", 991, None)


def test_who_is_at_it_again_is_neither_texted_nor_filed_for_meanwhile(gateway: Flask, db: Engine, later: Later) -> None:
    Handset(gateway).go(BEGUN)
    later.sessions_end()
    with db.begin() as connection:
        connection.execute(text("UPDATE draft SET ask_at = now(), expires_at = now() + interval '1 minute'"))
    phone = again(gateway)
    phone.type("7")
    later.sweep(minutes=6)
    assert counts(db) == {"draft": 1, "intake": 1, "ussd_session": 2}
    assert phone.type("1", "5").startswith("CON Imepokelewa: ")
    assert (rows(db, "draft"), one(db, "cases")["incomplete"]) == ([], False)


def test_what_was_sent_meanwhile_is_not_sent_again(gateway: Flask, db: Engine, later: Later) -> None:
    Handset(gateway).go(BEGUN)
    later.sessions_end()
    phone = again(gateway)
    later.sweep(days=2)
    later.sweep(days=2)
    assert phone.type("7") == ("END Ripoti hiyo ilikuwa imeshatumwa. Kufuatilia piga *384*123# chagua 3.")
    assert phone.again() == phone.screen
    later.sessions_end()
    assert (len(rows(db, "cases")), rows(db, "draft")) == (1, [])


def test_a_strangers_number_stands_nowhere_in_the_clear_and_goes_with_her_draft(
    gateway: Flask, db: Engine, cache: Redis, later: Later
) -> None:
    Handset(gateway).go("1*kwa mzee qqqqqq*1*1*1")
    assert "mzee" not in str(cache.mget(cache.keys("ussd:*:text")))
    later.sessions_end()
    assert ADA not in everything(db)
    again(gateway).type("8")
    later.sessions_end()
    assert cache.keys("ussd:*:text") == []
    assert (rows(db, "draft"), rows(db, "resident")) == ([], [])
    with db.connect() as connection:
        sealed = "SELECT count(*) FROM ussd_session WHERE phone_sealed IS NOT NULL OR transcript_sealed IS NOT NULL"
        assert connection.scalar(text(sealed)) == 0


# At the same time


def test_eight_dials_at_once_all_offer_what_the_last_one_left(app_without_redis: Flask, db: Engine) -> None:
    """Also those that come while another closes the session that was left. (A busy Redis may be too slow for eight.)"""
    for turn in range(5):
        phone, dropped, next_dial = f"+25471234570{turn}", f"{SESSION}a{turn}", f"{SESSION}b{turn}"
        Handset(app_without_redis, phone, dropped).go(BEGUN)
        assert eight_at_once(partial(dial, app_without_redis, phone, next_dial)) == [offered()] * 8
    assert counts(db) == {"draft": 5, "ussd_session": 10}


def dial(app: Flask, phone: str, session: str) -> str:
    return Handset(app, phone, session).dial()


def test_a_dial_waits_for_a_sweeper_that_is_closing_the_session_she_left(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(BEGUN)
    with ThreadPoolExecutor(1) as pool:
        with db.begin() as sweeper:
            sweeper.execute(text("SELECT id FROM ussd_session FOR UPDATE"))
            dial = pool.submit(again, gateway)
            wait_for_a_lock(db)
        assert dial.result(10).screen == offered()


def wait_for_a_lock(db: Engine) -> None:
    """Return when somebody waits for a lock on this database."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 10
    with db.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        while not watch.scalar(text(query)):
            assert time.monotonic() < deadline, "nobody waits"
            threading.Event().wait(0.01)


def test_a_session_that_no_key_opens_does_not_keep_her_from_dialling(
    gateway: Flask, db: Engine, later: Later, logged: io.StringIO
) -> None:
    Handset(gateway).go(BEGUN)
    Handset(gateway, BINTI, f"{SESSION}b").go(BEGUN)
    with db.begin() as connection:
        connection.execute(
            text("UPDATE ussd_session SET transcript_sealed = 'x' WHERE id = :id"), {"id": f"{SESSION}0"}
        )
    assert again(gateway).screen == HOME
    later.sessions_end()
    assert "session_not_closed" in logged.getvalue()
    # The others are closed all the same.
    assert [row["closed_at"] is None for row in rows(db, "ussd_session")] == [True, False, False]
    assert bytes(one(db, "draft")["phone_hash"]) == later.installation.office.vault.phone_hash(BINTI)
