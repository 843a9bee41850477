"""What is dialled behind the service code, as it stands on posters: a ward to begin in, or a report to look at."""

from __future__ import annotations

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine

from gateway.dialogue.tail import Tail, tail_of
from gateway.installation import Installation
from menus.networks import SAFARICOM
from tests.callbacks.dropped import Later, again, offered
from tests.callbacks.handset import ADA, BINTI, HOME, REPORT, SESSION, Handset
from tests.callbacks.test_ussd_again import eight_at_once
from tests.callbacks.traces import counts, one, rows, spoken
from tests.callbacks.twins import Dialler

SHIRERE = "CON Shirere:\n1 Maji\n"
POSTER = "*384*123*1014#"
NOT_FOUND = "CON Hatukuipata kwa simu hii. Ulificha nambari?\n"


def poster(app: Flask, dialled: str = POSTER, phone: str = ADA, session: str = f"{SESSION}0") -> Dialler:
    return Dialler(app, phone, session, network=SAFARICOM.code, dialled=dialled)


# Reading it


@pytest.mark.parametrize(
    ("dialled", "text", "tail"),
    [
        ("*384*123#", "", Tail()),
        ("*384*123#", "1", Tail()),
        ("*384*123#", "1*4*6", Tail()),
        ("", "", Tail()),
        # In the code, in the text, in both, with and without the hash.
        ("*384*123*1014#", "", Tail("1014", 0)),
        ("*384*123*1014", "", Tail("1014", 0)),
        ("*384*123#", "1014", Tail("1014", 4)),
        ("*384*123*1014#", "1014", Tail("1014", 4)),
        ("*384*123*0991#", "", Tail("0991", 0)),
        ("*384*123*48217739#", "", Tail("48217739", 0)),
        ("*384*123#", "48217739", Tail("48217739", 8)),
        ("*384*123*48217739#", "48217739", Tail("48217739", 8)),
        # What else was dialled is typed, where it is in the text.
        ("*384*123#", "1014*1*2", Tail("1014", 4)),
        ("*384*123*1014#", "1014*1", Tail("1014", 4)),
        ("*384*123*1014*1#", "1014*1", Tail("1014", 4)),
        ("*384*123*1014*1#", "", Tail("1014", 0)),
        ("*384*123*1014#", "1", Tail("1014", 0)),
        ("*384*123*1014#", "10141", Tail("1014", 0)),
        # The code knows better than the text.
        ("*384*123*1014#", "0991", Tail("1014", 0)),
        # No ward, no reference, another code, a name, a reference that was mistyped.
        ("*384*123*7#", "", Tail()),
        ("*384*123*9999#", "", Tail()),
        ("*384*123*991#", "991", Tail()),
        ("*384*123*48217738#", "48217738", Tail()),
        ("*384*1231014#", "", Tail()),
        ("*384*124*1014#", "", Tail()),
        ("*384*123*#", "", Tail()),
        ("*384*123*sherere#", "sherere", Tail()),
        ("*384*123*١٠١٤#", "", Tail()),
        ("*384*123#", "*1014", Tail()),
        ("*384*123#", "1*1014", Tail()),
    ],
)
def test_a_tail_is_a_ward_or_a_reference_wherever_the_network_puts_it(
    installation: Installation, dialled: str, text: str, tail: Tail
) -> None:
    assert tail_of(installation.catalogue, "*384*123#", dialled, text) == tail


# Beginning there


@pytest.mark.parametrize(("dialled", "text"), [(POSTER, ""), ("*384*123#", "1014"), (POSTER, "1014")])
@pytest.mark.parametrize("with_redis", [True, False])
def test_a_ward_code_begins_in_that_ward(
    gateway: Flask, app_without_redis: Flask, db: Engine, cache: Redis, dialled: str, text: str, with_redis: bool
) -> None:
    phone = poster(gateway if with_redis else app_without_redis, dialled)
    phone.inputs = [text] if text else []
    # A star typed at the very hop at which Redis is away is the accepted loss.
    place, words = ("mbele * ya kanisa", "bomba * tatu") if with_redis else ("mbele ya kanisa", "bomba tatu")
    shown = [phone.again(), *(phone.type(typed) for typed in ("1", "1", "4", place, "2", words))]
    assert shown[0].startswith(SHIRERE)
    assert shown[4].startswith("CON Imepokelewa: ")
    case = one(db, "cases")
    expected = {"ward_code": 1014, "category": "WATER", "landmark": place, "words": words}
    assert case == {**case, **expected}
    texts = ["*".join(phone.inputs[:hop]) for hop in range(1 if text else 0, len(phone.inputs) + 1)]
    assert [phone.hop(one_text) for one_text in texts] == shown
    cache.flushdb()
    assert [phone.hop(one_text) for one_text in reversed(texts)] == shown[::-1]
    assert counts(db) == {"case_event": 2, "cases": 1, "intake": 2, "message": 1, "resident": 1, "ussd_session": 1}


@pytest.mark.parametrize("typed", ["1014*1*1*1", "1014**1*1*1"])
def test_a_whole_path_may_be_dialled_at_once(gateway: Flask, db: Engine, typed: str) -> None:
    phone = poster(gateway, "*384*123#")
    phone.inputs = typed.split("*")
    answers = eight_at_once(lambda: poster(gateway, "*384*123#").hop(typed))
    assert answers == [answers[0]] * 8
    assert answers[0].startswith("CON Imepokelewa: ")
    assert (one(db, "cases")["ward_code"], one(db, "cases")["landmark"]) == (1014, "Soko Shirere")
    assert phone.type("2", "a*b").startswith("CON Maneno yameongezwa")
    assert one(db, "cases")["words"] == "a*b"


def test_eight_first_hops_at_once_begin_in_the_same_ward(gateway: Flask, db: Engine) -> None:
    answers = eight_at_once(lambda: poster(gateway).dial())
    assert answers == [answers[0]] * 8
    assert answers[0].startswith(SHIRERE)
    assert counts(db) == {"ussd_session": 1}


def test_nothing_typed_at_the_ward_is_an_answer_like_any_other(gateway: Flask) -> None:
    phone = poster(gateway, "*384*123#")
    phone.inputs = ["1014"]
    assert phone.again().startswith(SHIRERE)
    assert phone.type("").startswith("CON Rudia. Shirere:\n")
    assert phone.again().startswith("CON Rudia. Shirere:\n")
    assert phone.type("1").startswith("CON Maji, Shirere:\n")


@pytest.mark.parametrize("dialled", ["*384*123*7#", "*384*123*9999#", "*384*123*48217738#", "*384*123*#", "*999#", ""])
def test_what_leads_nowhere_begins_at_home(gateway: Flask, dialled: str) -> None:
    phone = poster(gateway, dialled)
    assert phone.dial() == HOME
    assert phone.type("1").startswith("CON Wapi?\n")


def test_a_path_of_keys_behind_the_code_is_typed_for_her(gateway: Flask) -> None:
    phone = poster(gateway, "*384*123*1*4#")
    phone.inputs = ["1", "4"]
    assert phone.again().startswith("CON Wadi ya Lurambi?")


def test_the_way_back_from_the_ward_leads_on_like_from_any_other(gateway: Flask) -> None:
    phone = poster(gateway)
    phone.dial()
    assert phone.type("0").startswith("CON Wapi?\n")


@pytest.mark.parametrize(("dialled", "in_text"), [("*384*123*{}#", False), ("*384*123#", True), ("*384*123*{}#", True)])
def test_a_reference_begins_at_her_case_and_at_nobody_elses(
    gateway: Flask, db: Engine, cache: Redis, dialled: str, in_text: bool
) -> None:
    Handset(gateway).go(f"{REPORT}*1")
    reference = one(db, "cases")["reference"]
    for number, (owner, start) in enumerate([(ADA, f"CON {spoken(reference)}: imepokelewa\n"), (BINTI, NOT_FOUND)], 1):
        phone = poster(gateway, dialled.format(reference), owner, f"{SESSION}{number}")
        phone.inputs = [reference] if in_text else []
        first = phone.again()
        assert first.startswith(start)
        cache.flushdb()
        assert phone.again() == first
    phone = poster(gateway, dialled.format(reference), ADA, f"{SESSION}3")
    phone.inputs = [reference] if in_text else []
    phone.again()
    assert phone.type("2", "bomba * tatu", "2", "nne").startswith("CON Maneno yameongezwa kwa ")
    assert one(db, "cases")["words"] == "bomba * tatu\nnne"
    assert phone.type("1").startswith(f"END Asante. Nambari {spoken(reference)}.")


def test_who_was_cut_off_behind_a_poster_goes_on_from_there(gateway: Flask, db: Engine, later: Later) -> None:
    for number, inputs in enumerate([["1014", "1"], ["1"]]):
        dialled = "*384*123#" if len(inputs) == 2 else POSTER
        phone = poster(gateway, dialled, session=f"{SESSION}p{number}")
        phone.inputs = inputs
        assert phone.again().startswith("CON Maji, Shirere:\n")
    later.sessions_end()
    assert [row["ward_code"] for row in rows(db, "draft")] == [1014]
    assert again(gateway).screen == offered()
