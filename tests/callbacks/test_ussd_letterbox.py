"""The letterbox: an SMS of which nobody knows that it arrived is read on the phone, once, and only by its reference."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from gateway.installation import Installation
from menus.lettering import SCREEN_BUDGET, is_gsm7, septets
from tests.callbacks.dropped import Later, again, offered
from tests.callbacks.handset import BINTI, HOME, REPORT, SESSION, Handset
from tests.callbacks.traces import counts, letter, one, rows, spoken

PLAIN = HOME.replace("1 Ripoti shida", "1 Ripoti shida (Shirere)")


def waiting(reference: str) -> str:
    return (
        f"CON {spoken(reference)}: una SMS, huenda haikufika.\n7 Isome  8 Nimeipata\n1 Ripoti shida\n2 Maoni\n"
        "3 Fuatilia\n4 Siri, hatari\n5 Nipigie simu\n6 Faragha, wadi\n9 English"
    )


def change(db: Engine, statement: str, **values: Any) -> None:
    with db.begin() as connection:
        connection.execute(text(statement), values)


@pytest.fixture
def case(gateway: Flask, db: Engine) -> dict[str, Any]:
    """Her report, whose *received* text failed."""
    Handset(gateway).go(f"{REPORT}*1")
    change(db, "UPDATE message SET status = 'failed'")
    return one(db, "cases")


# When it shows


@pytest.mark.parametrize(
    ("status", "age", "shows"),
    [
        ("failed", "0 seconds", True),
        ("unknown", "0 seconds", True),
        ("failed", "13 days 23 hours", True),
        ("failed", "14 days 1 minute", False),
        *((status, "61 minutes", True) for status in ("queued", "claimed", "held", "sent")),
        *((status, "59 minutes", False) for status in ("queued", "claimed", "held", "sent")),
        ("delivered", "2 hours", False),
        ("cancelled", "2 hours", False),
    ],
)
def test_it_shows_where_nobody_knows_that_it_arrived(
    gateway: Flask, db: Engine, case: dict[str, Any], status: str, age: str, shows: bool
) -> None:
    change(db, f"UPDATE message SET status = '{status}', created_at = now() - interval '{age}'")
    assert again(gateway).screen == (waiting(case["reference"]) if shows else PLAIN)
    assert Handset(gateway, BINTI, f"{SESSION}2").dial() == HOME


@pytest.mark.parametrize(
    "fact",
    [
        "UPDATE cases SET sensitive = true",
        "UPDATE cases SET status = 'withdrawn'",
        "UPDATE message SET resident_id = NULL",
        "UPDATE message SET case_id = NULL, wording = 'draft'",
        "UPDATE message SET wording = 'fixed'",
        "UPDATE message SET read_at = now()",
        "INSERT INTO message (resident_id, case_id, wording, text_sealed, status)"
        " SELECT resident_id, case_id, 'ward_known', 'x', 'delivered' FROM message",
    ],
)
def test_nothing_shows_of_what_is_secret_taken_back_or_known_to_have_arrived(
    gateway: Flask, db: Engine, case: dict[str, Any], fact: str
) -> None:
    change(db, fact)
    phone = again(gateway)
    assert phone.screen == PLAIN
    assert phone.type("7").startswith("CON Rudia. ")


def test_a_later_sms_about_another_case_does_not_hide_it(gateway: Flask, db: Engine, case: dict[str, Any]) -> None:
    again(gateway).type("1", "2", "1", "5", "1")
    change(db, "UPDATE message SET status = 'delivered' WHERE case_id <> :case", case=case["id"])
    assert again(gateway, 2).screen == waiting(case["reference"])


@pytest.mark.parametrize("typed", [f"{REPORT}*4", f"{REPORT}*5*1", "4*3*2", "4*3*1"])
def test_of_a_hidden_a_deleted_and_a_secret_report_there_is_no_letter(gateway: Flask, db: Engine, typed: str) -> None:
    Handset(gateway).go(typed)
    change(db, "UPDATE message SET status = 'failed'")
    assert again(gateway).screen == HOME


# Reading it


@pytest.mark.parametrize("with_redis", [True, False])
def test_seven_reads_it_page_by_page_and_home_is_plain_again(
    gateway: Flask, app_without_redis: Flask, db: Engine, installation: Installation, case: dict[str, Any],
    with_redis: bool,
) -> None:  # fmt: skip
    phone = again(gateway if with_redis else app_without_redis)
    pages = [phone.type("7")]
    while "\n1 Endelea" in pages[-1]:
        pages.append(phone.type("1"))
    assert all(page.endswith("\n0 Mwanzo") for page in pages)
    bodies = [page.removeprefix("CON ").partition("\n")[0] for page in pages]
    assert " ".join(bodies) == letter(installation, one(db, "message"))
    assert phone.type("0") == PLAIN
    assert phone.again() == PLAIN
    message = one(db, "message")
    assert (message["status"], message["read_at"] is None) == ("failed", False)
    assert again(gateway, 2).screen == PLAIN
    assert counts(db)["intake"] == 2


def test_eight_puts_it_away_once(gateway: Flask, db: Engine, case: dict[str, Any]) -> None:
    phone = again(gateway)
    assert phone.type("8") == PLAIN
    read_at = one(db, "message")["read_at"]
    assert read_at is not None
    assert phone.again() == PLAIN
    assert phone.type("8").startswith("CON Rudia. ")
    assert (one(db, "message")["read_at"], again(gateway, 2).screen) == (read_at, PLAIN)


def test_the_newest_is_read_and_with_it_the_older_ones_about_the_case(
    gateway: Flask, db: Engine, installation: Installation, case: dict[str, Any]
) -> None:
    add_letter(db, installation, "Afisa: bomba litatengenezwa kesho.")
    assert again(gateway).type("7").startswith("CON Afisa: bomba litatengenezwa kesho.\n0 Mwanzo")
    assert [message["read_at"] is None for message in rows(db, "message")] == [False, False]


def test_one_that_is_written_after_she_dialled_waits_for_the_next_dial(
    gateway: Flask, db: Engine, installation: Installation, case: dict[str, Any]
) -> None:
    phone = again(gateway)
    add_letter(db, installation, "Afisa: njoo ofisini.")
    assert phone.type("7").startswith("CON Kaunti ya Kakamega: ripoti ")
    assert again(gateway, 2).screen == waiting(case["reference"])
    assert again(gateway, 3).type("7") == "CON Afisa: njoo ofisini.\n0 Mwanzo"


def add_letter(db: Engine, installation: Installation, words: str) -> None:
    change(
        db,
        "INSERT INTO message (resident_id, case_id, wording, text_sealed, status)"
        " SELECT resident_id, id, 'from_officer', :sealed, 'failed' FROM cases",
        sealed=installation.office.vault.seal(words),
    )


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Bajeti – “kesho” 😀\n\nNjoo.\n\n\n\nRose", ['Bajeti - "kesho" ?', "Njoo.", "Rose"]),
        ("x" * 200, ["x" * 130, "x" * 70]),
        ("maji " * 40, [("maji " * 26).strip(), ("maji " * 14).strip()]),
        ("{county} {reference} [€]", ["{county} {reference} [€]"]),
        ("\n\n", [""]),
    ],
)
def test_whatever_an_officer_wrote_is_shown_in_screens_that_fit(
    gateway: Flask, db: Engine, installation: Installation, case: dict[str, Any], words: str, shown: list[str]
) -> None:
    add_letter(db, installation, words)
    phone = again(gateway)
    screens = [phone.type("7"), *(phone.type("1") for _ in shown[1:])]
    assert screens == [f"CON {body}\n1 Endelea\n0 Mwanzo" for body in shown[:-1]] + [f"CON {shown[-1]}\n0 Mwanzo"]
    assert all(is_gsm7(screen) and septets(screen) <= SCREEN_BUDGET for screen in screens)
    assert phone.type("77").startswith("CON Rudia. ")
    assert phone.type("0") == PLAIN


def test_a_case_that_became_confidential_meanwhile_shows_nothing(
    gateway: Flask, db: Engine, case: dict[str, Any]
) -> None:
    phone = again(gateway)
    change(db, "UPDATE cases SET sensitive = true, category = 'CORRUPT'")
    shown = phone.type("7")
    assert case["reference"][:4] not in shown
    assert shown == "CON Kakamega\n0 Mwanzo"
    assert phone.type("0") == PLAIN


# One matter at a time


def test_fixed_comes_first_then_the_letter_then_the_draft_and_never_two(
    gateway: Flask, db: Engine, later: Later, case: dict[str, Any]
) -> None:
    again(gateway).type("1", "2")
    change(
        db,
        "UPDATE cases SET status = 'resolved', ending = 'fixed', confirmation = 'asked', resolved_at = now();"
        "INSERT INTO question (resident_id, case_id, kind, status, expires_at)"
        " SELECT resident_id, id, 'fixed', 'open', now() + interval '7 days' FROM cases",
    )
    fixed = again(gateway, 2)
    assert fixed.screen.startswith(
        f"CON {spoken(case['reference'])}: afisa asema imetatuliwa. Kweli?\n7 Ndiyo  8 Bado\n1"
    )
    assert len(re.findall(r"^7 ", fixed.screen, re.MULTILINE)) == 1
    fixed.type("7")
    second = again(gateway, 3)
    assert second.screen == waiting(case["reference"])
    assert second.type("8") == PLAIN
    assert again(gateway, 4).screen == offered()
    assert again(gateway, 5).type("8") == PLAIN


def test_in_english_the_letterbox_is_english(gateway: Flask, db: Engine, case: dict[str, Any]) -> None:
    change(db, "UPDATE resident SET language = 'en'")
    screen = again(gateway).screen
    assert screen.startswith(f"CON {spoken(case['reference'])}: ")
    assert "\n7 Read it  8 I have it\n" in screen


def test_a_letter_that_stands_on_home_does_not_stand_in_the_way(
    gateway: Flask, db: Engine, case: dict[str, Any]
) -> None:
    phone = again(gateway)
    assert phone.type("3").startswith(f"CON Ripoti zako:\n1 {spoken(case['reference'])} imepokelewa\n")
    assert phone.type("0") == waiting(case["reference"])
    assert phone.type("1", "2", "1", "5").startswith("CON Imepokelewa: ")
    assert len(rows(db, "cases")) == 2
