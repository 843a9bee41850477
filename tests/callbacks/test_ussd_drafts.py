"""A report that breaks off: kept from place and category on, offered at the next dial, asked about, filed as it is."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from tests.callbacks.dropped import BEGUN, Later, again, offered
from tests.callbacks.handset import BINTI, HOME, REPORT, SESSION, Handset
from tests.callbacks.traces import counts, one, rows

# What is kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (BEGUN, {"category": "WATER", "ward_code": 1014, "problem": "", "typed": ""}),
        ("1*4*6*1*1", {"category": "WATER", "ward_code": 1014, "problem": "NO_WATER", "typed": ""}),
        ("1*4*6*8*3", {"category": "REVENUE", "ward_code": 1014, "problem": ""}),
        # At the place in words, at the privacy notice, and after a step back.
        ("1*4*6*1*1*4", {"category": "WATER", "problem": "NO_WATER"}),
        ("1*4*6*1*1*6*1", {"category": "WATER", "problem": "NO_WATER"}),
        ("1*4*6*1*1*0", {"category": "WATER", "problem": ""}),
        ("1*4*6*1*1*0*0*2", {"category": "ROADS", "problem": ""}),
        ("9*1*4*6*1", {"category": "WATER", "language": "en"}),
        ("1014*1", {"category": "WATER", "ward_code": 1014}),
        # A place that was typed counts where it did not lead to a ward.
        ("1*sherere*1*1", {"category": "WATER", "ward_code": 1014, "typed": ""}),
        ("1*qqqqqq*1*1", {"category": "WATER", "ward_code": None, "typed": "qqqqqq"}),
        ("1*0*sokoni kwao qqqqqq*1*1*1", {"ward_code": None, "problem": "NO_WATER", "typed": "sokoni kwao qqqqqq"}),
        # After what is kept nowhere she began a report all the same.
        ("4*3*0*0*1*4*6*1", {"category": "WATER", "ward_code": 1014}),
        ("5*0*1*4*6*1", {"category": "WATER", "ward_code": 1014}),
        # Three wrong answers end it, and what she had begun stands.
        (f"{BEGUN}*77*77*77", {"category": "WATER", "ward_code": 1014}),
        (f"{BEGUN}*77**88", {"category": "WATER", "ward_code": 1014}),
    ],
)
@pytest.mark.parametrize("with_redis", [True, False])
def test_from_place_and_category_on_a_report_that_breaks_off_is_kept(
    gateway: Flask, app_without_redis: Flask, db: Engine, later: Later, typed: str, kept: dict[str, Any],
    with_redis: bool,
) -> None:  # fmt: skip
    phone = Handset(gateway if with_redis else app_without_redis)
    phone.go(typed)
    assert counts(db) == {"ussd_session": 1}
    later.sessions_end()
    draft = one(db, "draft")
    assert {**draft, **draft["chosen"]} == {**draft, **draft["chosen"], **kept}
    assert set(draft["chosen"]) == {"ward", "sub_county", "category", "problem", "typed"}
    assert counts(db) == {"draft": 1, "ussd_session": 1}


@pytest.mark.parametrize(
    "typed",
    [
        "", "1", "1*4", "1*4*6", "1*4*6*8", "1*4*6*1*0", "1*0*sokoni", "1*qqqqqq*1", "77*77*77", "3", "5", "6*1",
        "6*2*4*6",
        # Feedback, national matters.
        "2*1*4*6", "2*1*4*6*1*5", "2*3*1", "1*4*6*8*9", "1*4*6*8*9*1", "1*4*6*8*9*1*2",
        # Of what is sensitive nothing is kept before it is filed.
        "4", "4*1", "4*2", "4*2*1", "4*3", "4*4", "4*3*0*0", "1*ofisi ya hongo qqq*1*1", "1*0*mume wangu ananipiga*1*1",
        # Filed, hidden, deleted, done.
        REPORT, f"{REPORT}*1", f"{REPORT}*2", f"{REPORT}*3*1*4", f"{REPORT}*3*2*2", f"{REPORT}*4", f"{REPORT}*5*1",
        "4*3*1", "4*2*1*1",
    ],
)  # fmt: skip
def test_nothing_else_is_kept(gateway: Flask, db: Engine, later: Later, typed: str) -> None:
    Handset(gateway).go(typed) if typed else Handset(gateway).dial()
    later.sessions_end()
    assert rows(db, "draft") == []
    session = one(db, "ussd_session")
    assert (session["phone_sealed"], session["transcript_sealed"]) == (None, None)
    assert session["closed_at"] is not None


# The next dial


@pytest.mark.parametrize("with_redis", [True, False])
@pytest.mark.parametrize("event", [True, False])
def test_the_next_dial_offers_it_at_once_with_or_without_an_end_event(
    gateway: Flask, app_without_redis: Flask, db: Engine, with_redis: bool, event: bool
) -> None:
    app = gateway if with_redis else app_without_redis
    phone = Handset(app)
    phone.go(BEGUN)
    if event:
        phone.end()
    assert again(app).screen == offered()
    assert again(app, 2).screen == offered()
    assert counts(db) == {"draft": 1, "ussd_session": 3}
    assert Handset(app, BINTI, f"{SESSION}3").dial() == HOME


def test_the_offer_shows_the_ward_and_never_her_words(gateway: Flask) -> None:
    Handset(gateway).go("1*sokoni kwao qqqqqq*1*1")
    assert again(gateway).screen == offered("Kakamega")


def test_it_is_offered_in_the_language_she_chose(gateway: Flask) -> None:
    Handset(gateway).go(f"9*{BEGUN}")
    assert ", Shirere.\n7 Go on  8 Drop it\n1 Report\n" in again(gateway).screen


def test_it_is_offered_to_those_we_know_as_well(gateway: Flask, later: Later) -> None:
    Handset(gateway).go(f"{REPORT}*1")
    later.deliver()
    again(gateway).type("1", "2")
    assert again(gateway, 2).screen == offered()


@pytest.mark.parametrize(
    ("typed", "screen", "rest", "case"),
    [
        (BEGUN, "CON Maji, Shirere:\n", "1*1", {"problem": "NO_WATER", "landmark": "Soko Shirere"}),
        ("1*4*6*1*1", "CON Mahali?\n", "1", {"problem": "NO_WATER", "landmark": "Soko Shirere"}),
        ("1*4*6*1*1*4", "CON Mahali?\n", "4*mbele ya kanisa", {"landmark": "mbele ya kanisa"}),
        ("1*qqqqqq*1*1", "CON Maji:\n", "1*2", {"ward_code": None, "landmark": "qqqqqq", "desk": "county"}),
        ("1*qqqqqq*1*1*1", "CON Mahali?\n1 Kwingine (andika)\n", "2", {"landmark": "qqqqqq", "ward_code": None}),
    ],
)  # fmt: skip
def test_seven_goes_on_where_she_was_and_files_it_once(
    gateway: Flask, db: Engine, later: Later, typed: str, screen: str, rest: str, case: dict[str, Any]
) -> None:
    Handset(gateway).go(typed)
    phone = again(gateway)
    assert phone.type("7").startswith(screen)
    assert phone.again().startswith(screen)
    assert phone.type(*rest.split("*")).startswith("CON Imepokelewa: ")
    filed = one(db, "cases")
    expected = {"category": "WATER", "ward_code": 1014, "incomplete": False, "words": None} | case
    assert filed == {**filed, **expected}
    assert counts(db) == {"case_event": 1, "cases": 1, "intake": 2, "message": 1, "resident": 1, "ussd_session": 2}
    later.sessions_end()
    later.sweep(days=3)
    assert (len(rows(db, "cases")), rows(db, "draft")) == (1, [])


def test_a_place_without_a_ward_is_not_taken_for_the_ward_that_we_know_of_her(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(f"{REPORT}*1")
    again(gateway).type("1", "0", "qqqqqq", "1", "2")
    again(gateway, 2).type("7", "1", "2")
    case = rows(db, "cases")[1]
    assert (case["category"], case["ward_code"], case["landmark"]) == ("ROADS", None, "qqqqqq")


def test_eight_drops_it_and_home_is_plain_again(gateway: Flask, db: Engine, later: Later) -> None:
    Handset(gateway).go(BEGUN)
    phone = again(gateway)
    assert phone.type("8") == HOME
    assert phone.again() == HOME
    assert rows(db, "draft") == []
    assert phone.type("8").startswith("CON Rudia. Kaunti ya Kakamega")
    later.sessions_end()
    later.sweep(days=3)
    assert again(gateway, 2).screen == HOME
    assert counts(db) == {"intake": 1, "ussd_session": 3}


def test_who_goes_on_and_then_reports_something_else_has_sent_it(gateway: Flask, db: Engine, later: Later) -> None:
    """Another ward and another kind of problem: it is the same report, which she changed."""
    Handset(gateway).go(BEGUN)
    again(gateway).type("7", "0", "1", "1", "1", "2", "1", "5")
    assert (one(db, "cases")["category"], one(db, "cases")["ward_code"]) == ("ROADS", 991)
    later.sessions_end()
    assert (rows(db, "draft"), again(gateway, 2).screen.startswith("CON Kaunti ya Kakamega")) == ([], True)


@pytest.mark.parametrize("typed", ["2*1*4*6*1", "2*3*1*5", "4*3*1", "4*3*2", "4*2*1*1"])
def test_praise_or_a_secret_that_she_sends_instead_is_another_matter(gateway: Flask, db: Engine, typed: str) -> None:
    Handset(gateway).go("1*4*6*1*1")
    again(gateway).type("7", "0", *typed.split("*"))
    assert len(rows(db, "cases")) == 1
    assert (one(db, "draft")["category"], one(db, "draft")["chosen"]["problem"]) == ("WATER", "NO_WATER")


def test_who_dials_anew_and_files_the_same_thing_has_no_draft_left(gateway: Flask, db: Engine, later: Later) -> None:
    Handset(gateway).go(BEGUN)
    again(gateway).type(*REPORT.split("*"))
    assert rows(db, "draft") == []
    later.sessions_end()
    later.sweep(days=3)
    assert (len(rows(db, "cases")), rows(db, "question")) == (1, [])


def test_another_ward_is_another_matter(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(BEGUN)
    again(gateway).type("1", "1", "1", "1", "1", "1")
    assert (one(db, "cases")["ward_code"], one(db, "draft")["ward_code"]) == (991, 1014)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("7", {"category": "WATER", "problem": "", "ward_code": 1014}),
        ("7*1", {"category": "WATER", "problem": "NO_WATER", "ward_code": 1014}),
        ("7*0", {"category": "WATER", "problem": "", "ward_code": 1014}),
        ("7*0*1*1*1*2", {"category": "ROADS", "problem": "", "ward_code": 991}),
        ("7*0*1*qqqqqq*1*1*1", {"category": "WATER", "problem": "NO_WATER", "ward_code": None, "typed": "qqqqqq"}),
        ("1*4*6*1*2", {"category": "WATER", "problem": "BURST_PIPE", "ward_code": 1014}),
    ],
)
def test_who_is_cut_off_again_has_one_draft_as_she_left_it(
    gateway: Flask, db: Engine, typed: str, kept: dict[str, Any]
) -> None:
    Handset(gateway).go(BEGUN)
    first = one_draft(gateway, db)
    again(gateway, 2).type(*typed.split("*"))
    draft = one_draft(gateway, db, 3)
    assert {**draft, **draft["chosen"]} == {**draft, **draft["chosen"], **kept, "id": first["id"]}


def one_draft(app: Flask, db: Engine, number: int = 1) -> dict[str, Any]:
    """What the phone has left behind, as the next dial finds it."""
    again(app, number)
    return one(db, "draft")


def test_of_two_that_were_begun_the_one_she_left_last_is_offered_and_then_the_other(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(BEGUN)
    again(gateway).type("1", "1", "1", "1")
    assert again(gateway, 2).screen == offered("Mautuma")
    again(gateway, 3).type("1", "4", "6", "1", "1")
    assert again(gateway, 4).screen == offered("Shirere")
    assert again(gateway, 5).type("8") == HOME
    assert again(gateway, 6).screen == offered("Mautuma")
    assert one(db, "draft")["ward_code"] == 991


def test_a_draft_changed_into_another_one_takes_its_place(gateway: Flask, db: Engine) -> None:
    """Two drafts of one matter would become two cases."""
    Handset(gateway).go("1*1*1*2")
    again(gateway).type("1", "4", "6", "1")
    again(gateway, 2).type("7", "0", "1", "1", "1", "2", "2")
    again(gateway, 3)
    draft = one(db, "draft")
    assert (draft["category"], draft["ward_code"], draft["chosen"]["problem"]) == ("ROADS", 991, "BRIDGE")


def test_two_problems_of_one_kind_are_two_and_a_third_cut_off_before_the_problem_goes_on_with_the_last(
    gateway: Flask, db: Engine
) -> None:
    Handset(gateway).go("1*4*6*1*1")
    again(gateway).type("1", "4", "6", "1", "2")
    again(gateway, 2).type("1", "4", "6", "1")
    again(gateway, 3)
    assert [row["chosen"]["problem"] for row in rows(db, "draft")] == ["NO_WATER", "BURST_PIPE"]


def test_what_she_said_before_stands_where_she_comes_less_far_the_next_time(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go("1*4*6*1*1")
    again(gateway).type("1", "4", "6", "1")
    assert again(gateway, 2).type("7").startswith("CON Mahali?\n")
    assert one(db, "draft")["chosen"]["problem"] == "NO_WATER"


def test_the_problem_of_a_category_that_she_changed_is_asked_for_anew(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go("1*4*6*1*1")
    again(gateway).type("7", "0", "1", "1", "1", "2")
    assert again(gateway, 2).type("7").startswith("CON Barabara, Mautuma:\n")
    assert (one(db, "draft")["category"], one(db, "draft")["chosen"]["problem"]) == ("ROADS", "")
