"""Hops that nobody answered because PostgreSQL was away: what was said there is kept when the session is closed."""

from __future__ import annotations

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine

from gateway.installation import Installation
from tests.callbacks.dropped import Later, again
from tests.callbacks.handset import REPORT, SESSION, Handset
from tests.callbacks.test_ussd_again import TRY_AGAIN
from tests.callbacks.traces import counts, history, one, opened, rows

BEFORE_FILING = REPORT.removesuffix("*1")


def test_words_for_a_report_that_was_filed_are_kept(
    gateway: Flask, app_without_postgres: Flask, db: Engine, later: Later
) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    phone.app = app_without_postgres
    assert phone.type("bomba * tatu") == TRY_AGAIN
    assert one(db, "cases")["words"] is None
    later.sessions_end()
    assert (one(db, "cases")["words"], one(db, "ussd_session")["transcript_sealed"]) == ("bomba * tatu", None)


def test_words_that_only_the_end_event_brings_are_kept(gateway: Flask, db: Engine, later: Later) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    phone.inputs.append("bomba limepasuka")
    phone.end()
    later.sessions_end()
    assert one(db, "cases")["words"] == "bomba limepasuka"


@pytest.mark.parametrize(("typed", "place"), [("4*mbele ya kanisa", "mbele ya kanisa"), ("1", "Soko Shirere")])
def test_the_place_of_a_report_whose_filing_was_not_answered_stands_in_the_draft(
    gateway: Flask, app_without_postgres: Flask, db: Engine, later: Later, typed: str, place: str
) -> None:
    phone = Handset(gateway)
    phone.go(BEFORE_FILING)
    phone.app = app_without_postgres
    assert phone.type(*typed.split("*")) == TRY_AGAIN
    later.sessions_end()
    assert rows(db, "cases") == []
    assert len(rows(db, "draft")) == 1
    later.sweep(minutes=11)
    later.sweep(days=2)
    assert (one(db, "cases")["landmark"], one(db, "cases")["incomplete"]) == (place, True)


def test_a_place_with_confidential_words_is_not_kept(
    gateway: Flask, app_without_postgres: Flask, db: Engine, later: Later
) -> None:
    phone = Handset(gateway)
    phone.go(BEFORE_FILING)
    phone.app = app_without_postgres
    phone.type("4", "mwalimu aliomba hongo")
    later.sessions_end()
    assert rows(db, "draft") == []


def test_a_text_that_says_something_else_does_nothing_that_was_left_undone(
    gateway: Flask, app_without_postgres: Flask, db: Engine, cache: Redis
) -> None:
    phone = Handset(gateway)
    shown = phone.go(BEFORE_FILING)
    phone.app = app_without_postgres
    assert phone.type("1") == TRY_AGAIN
    phone.app = gateway
    assert phone.hop("2*1*6*1*1*1*1") == shown
    cache.flushdb()
    assert rows(db, "cases") == []
    assert phone.again().startswith("CON Imepokelewa: ")


def test_the_same_matter_has_the_same_problem(gateway: Flask, db: Engine, later: Later) -> None:
    """Potholes that were begun are not forgotten because a bridge is reported."""
    Handset(gateway).go("1*4*6*2*1")
    later.sessions_end()
    Handset(gateway, session=f"{SESSION}1").go("1*4*6*2*2*1*1")
    assert (one(db, "cases")["problem"], one(db, "draft")["chosen"]["problem"]) == ("BRIDGE", "POTHOLES")


# Whatever the last hop was


def unanswered(app: Flask, without_postgres: Flask, *typed: str, last: str) -> Handset:
    """All but the last hop are served."""
    phone = Handset(app)
    phone.dial()
    phone.type(*typed)
    phone.app = without_postgres
    assert phone.type(last) == TRY_AGAIN
    phone.app = app
    return phone


def test_it_is_offered_at_the_next_dial_and_the_place_is_asked_for_again(
    gateway: Flask, app_without_postgres: Flask, db: Engine
) -> None:
    unanswered(gateway, app_without_postgres, *BEFORE_FILING.split("*"), last="1")
    phone = again(gateway)
    assert phone.type("7").startswith("CON Mahali?\n")
    phone.type("2")
    assert (one(db, "cases")["landmark"], rows(db, "draft")) == ("Zahanati", [])


@pytest.mark.parametrize("secret", ["4*3*1", "4*3*2", "4*2*1*1", "2*1*4*6*1", "5*1"])
def test_of_what_is_no_draft_nothing_is_left(
    gateway: Flask, app_without_postgres: Flask, db: Engine, later: Later, secret: str
) -> None:
    *typed, last = secret.split("*")
    unanswered(gateway, app_without_postgres, *typed, last=last)
    later.sessions_end()
    assert counts(db) == {"ussd_session": 1}


@pytest.mark.parametrize("words", ["bomba limepasuka", "bomba * tatu", "x" * 80])
def test_words_whose_hop_was_not_answered_are_kept_once(
    gateway: Flask, app_without_postgres: Flask, db: Engine, later: Later, words: str
) -> None:
    phone = unanswered(gateway, app_without_postgres, *REPORT.split("*"), "2", "kwanza", "2", last=words)
    later.sessions_end()
    later.sessions_end()
    assert one(db, "cases")["words"] == f"kwanza\n{words}"
    assert [name for name, _ in history(db)] == ["filed", "words_added", "words_added"]
    # The same hop again reads what it would have read.
    assert phone.again().startswith(("CON Maneno yameongezwa", "CON Yaliyofika yameongezwa"))
    assert one(db, "cases")["words"] == f"kwanza\n{words}"
    assert rows(db, "draft") == []


def test_words_that_the_next_dial_finds_are_kept_at_once(
    gateway: Flask, app_without_postgres: Flask, db: Engine
) -> None:
    unanswered(gateway, app_without_postgres, *REPORT.split("*"), "2", last="bomba limepasuka")
    again(gateway)
    assert one(db, "cases")["words"] == "bomba limepasuka"


def test_secret_words_whose_hop_was_not_answered_go_to_their_report_and_nowhere_else(
    gateway: Flask, app_without_postgres: Flask, db: Engine, installation: Installation, cache: Redis, later: Later
) -> None:
    unanswered(gateway, app_without_postgres, "4", "3", "1", "1", last="mhandisi aliomba hongo")
    later.sessions_end()
    assert opened(installation, one(db, "cases")) == "mhandisi aliomba hongo"
    assert cache.keys("ussd:*:text") == []


@pytest.mark.parametrize("last", ["4", "5*1"])
def test_what_was_not_confirmed_is_not_done_behind_her_back(
    gateway: Flask, app_without_postgres: Flask, db: Engine, later: Later, last: str
) -> None:
    """Neither her number is hidden nor her report deleted where she was told that nothing was saved."""
    *typed, key = [*REPORT.split("*"), *last.split("*")]
    unanswered(gateway, app_without_postgres, *typed, last=key)
    later.sessions_end()
    case = one(db, "cases")
    assert (case["status"], case["resident_id"] is None) == ("new", False)
