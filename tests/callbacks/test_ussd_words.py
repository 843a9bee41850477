"""Words longer than a network takes, kept as far as they came; and three wrong answers, which cost nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine

from gateway.installation import Installation
from menus.networks import AIRTEL, SAFARICOM
from tests.callbacks.handset import ADA, REPORT, SESSION, Handset
from tests.callbacks.traces import counts, history, one, opened, spoken
from tests.callbacks.twins import Dialler

# The eightieth letter is the space between two words.
LONG = "maji hayatoki tangu jana asubuhi na watoto hawana maji ya kunywa shuleni karibu na soko la Shirere na kanisa"


def dialled(app: Flask, network: str, session: str = f"{SESSION}0") -> Dialler:
    return Dialler(app, ADA, session, network=network)


def cut(reference: str) -> str:
    return (
        f"CON Yaliyofika yameongezwa kwa {spoken(reference)}. Jibu moja lina nafasi ya herufi chache: endelea na 2.\n"
        "1 Maliza\n2 Ongeza zaidi"
    )


def added(reference: str) -> str:
    return f"CON Maneno yameongezwa kwa {spoken(reference)}.\n1 Maliza\n2 Ongeza zaidi"


@pytest.mark.parametrize(
    ("network", "letters", "is_cut"),
    [
        (SAFARICOM.code, 79, False),
        (SAFARICOM.code, 80, True),
        (AIRTEL.code, 80, False),
        (AIRTEL.code, 89, False),
        (AIRTEL.code, 90, True),
        # Nobody knows its limit: the strictest counts.
        ("99999", 80, True),
        ("", 80, True),
    ],
)
def test_an_answer_as_long_as_the_network_takes_is_told_to_go_on(
    gateway: Flask, db: Engine, network: str, letters: int, is_cut: bool
) -> None:
    phone = dialled(gateway, network)
    phone.go(f"{REPORT}*2")
    reference = one(db, "cases")["reference"]
    shown = phone.type(LONG[:letters])
    assert shown == (cut(reference) if is_cut else added(reference))
    assert phone.again() == shown
    assert one(db, "cases")["words"] == LONG[:letters].strip()


@pytest.mark.parametrize("with_redis", [True, False])
def test_what_she_goes_on_with_is_joined_in_order_and_kept_hop_by_hop(
    gateway: Flask, app_without_redis: Flask, db: Engine, cache: Redis, with_redis: bool
) -> None:
    phone = dialled(gateway if with_redis else app_without_redis, SAFARICOM.code)
    phone.go(REPORT)
    reference, kept = one(db, "cases")["reference"], []
    for words in (LONG[:80], LONG[80:], "bomba ni la kaunti", "x" * 80, "mwisho"):
        assert phone.type("2").startswith("CON Ongeza kwa ufupi")
        # The next one ends in time: the hint is gone.
        assert phone.type(words) == (cut(reference) if len(words) == 80 else added(reference))
        kept.append(words.strip())
        assert one(db, "cases")["words"] == "\n".join(kept)
        cache.flushdb()
        assert phone.again() == phone.screen
    assert [name for name, _ in history(db)] == ["filed", *["words_added"] * 5]
    assert one(db, "cases")["words"] == "\n".join(kept)


def test_words_that_were_cut_off_with_the_session_stay_and_she_may_add_to_them_later(
    gateway: Flask, db: Engine
) -> None:
    phone = dialled(gateway, SAFARICOM.code)
    phone.go(f"{REPORT}*2")
    phone.type(LONG[:80])
    phone.end()
    reference = one(db, "cases")["reference"]
    later = Handset(gateway, session=f"{SESSION}1")
    later.go("3*1*2")
    assert later.type(LONG[80:]) == added(reference)
    assert one(db, "cases")["words"] == f"{LONG[:79]}\n{LONG[80:]}"


def test_words_in_the_middle_of_a_path_that_came_at_once_are_measured_alone(gateway: Flask, db: Engine) -> None:
    shown = Handset(gateway).hop(f"1014*1*1*1*2*{LONG[:80]}*2*{LONG[80:]}")
    assert shown == added(one(db, "cases")["reference"])
    other = Handset(gateway, session=f"{SESSION}1")
    assert other.hop(f"1014*1*1*1*2*{LONG[:30]}*2*{LONG[:80]}").startswith("CON Yaliyofika yameongezwa kwa ")


def test_secret_words_are_told_to_go_on_without_naming_the_report(
    gateway: Flask, db: Engine, installation: Installation
) -> None:
    phone = dialled(gateway, SAFARICOM.code)
    phone.go("4*3*2")
    assert phone.type(LONG[:80]) == (
        "CON Yaliyofika yameongezwa. Jibu moja lina nafasi ya herufi chache: endelea na 2.\n1 Maliza\n2 Ongeza zaidi"
    )
    assert phone.type("2").startswith("CON Imepokelewa: ")
    assert phone.type(LONG[80:]) == "CON Maneno yameongezwa.\n1 Maliza\n2 Ongeza zaidi"
    assert opened(installation, one(db, "cases")) == f"{LONG[:79]}\n{LONG[80:]}"


# Wrong answers

KIND_END = "END Samahani, hatukuelewana. Mhudumu atakusaidia: piga 0800 724 388, au piga tena *384*123#."


@pytest.mark.parametrize("before", ["", "1", "1*4", "1*4*6*1*1", REPORT, f"{REPORT}*3", "4*3", "5", "3", "9*6"])
def test_three_wrong_answers_in_a_row_end_kindly_with_a_number_that_helps(
    gateway: Flask, db: Engine, before: str
) -> None:
    phone = Handset(gateway)
    screen = phone.go(before) if before else phone.dial()
    rows = counts(db)
    for typed in ("77", "#"):
        assert phone.type(typed).startswith(("CON Rudia. ", "CON Retry. "))
        assert phone.again() == phone.screen
    end = phone.type("88")
    assert end == KIND_END or (before.startswith("9") and "0800 724 388" in end and end.startswith("END Sorry"))
    assert phone.again() == end
    assert counts(db) == rows
    assert Handset(gateway, phone.phone, phone.session).hop(before) == screen


def test_three_empty_words_end_as_kindly_and_the_report_stands(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    assert phone.type("", " ", "") == KIND_END
    assert (one(db, "cases")["status"], one(db, "cases")["words"]) == ("new", None)


def test_a_right_answer_in_between_forgives_the_wrong_ones(gateway: Flask) -> None:
    phone = Handset(gateway)
    phone.dial()
    assert phone.type("77", "77", "1").startswith("CON Wapi?\n")
    assert phone.type("77", "77", "4").startswith("CON Wadi ya Lurambi?")
    assert phone.type("77", "77", "77") == KIND_END


def test_the_same_wrong_answer_delivered_often_is_one(gateway: Flask) -> None:
    phone = Handset(gateway)
    phone.go("1*77")
    assert {phone.again() for _ in range(5)} == {phone.screen}
    assert phone.type("4").startswith("CON Wadi ya Lurambi?")
