"""Whole dialogues on PostgreSQL and Redis: a report, feedback, a call-back, a national matter, an answer to *fixed?*"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine, text

from gateway.cases.clock import deadline
from gateway.installation import Installation
from tests.callbacks.handset import ADA, BINTI, HOME, REPORT, SESSION, Handset
from tests.callbacks.traces import counts, history, letter, one, promise, rows, seconds_until_due, spoken

# A report


def test_a_report_is_filed_in_seven_hops_with_all_its_rows(
    gateway: Flask, db: Engine, installation: Installation
) -> None:
    phone = Handset(gateway)
    assert phone.dial() == HOME
    phone.type("1", "4", "6", "1", "1")
    assert counts(db) == {"ussd_session": 1}
    filed = phone.type("1")
    case = one(db, "cases")
    long_day, short_day = promise(installation, case)
    assert filed == (
        f"CON Imepokelewa: {spoken(case['reference'])}\nUtajibiwa kufikia {long_day}.\n1 Maliza\n2 Ongeza maneno\n"
        "3 Rekebisha\n4 Ficha nambari yangu\n5 Futa"
    )
    assert counts(db) == {"case_event": 1, "cases": 1, "intake": 1, "message": 1, "resident": 1, "ussd_session": 1}

    resident, intake = one(db, "resident"), one(db, "intake")
    vault = installation.office.vault
    assert bytes(resident["phone_hash"]) == vault.phone_hash(ADA)
    assert vault.open(bytes(resident["phone_sealed"])) == ADA
    assert (resident["phone_mask"], resident["language"], resident["ward_code"]) == ("+254 7** *** 601", "sw", 1014)
    assert (intake["channel"], intake["source_id"]) == ("ussd", f"{phone.session}:11:file")
    expected = {
        "intake_id": intake["id"], "resident_id": resident["id"], "kind": "grievance", "channel": "ussd",
        "category": "WATER", "problem": "NO_WATER", "sensitive": False, "ward_code": 1014, "sub_county_code": 202,
        "department": "water", "desk": "ward", "landmark": "Soko Shirere", "words": None, "words_sealed": None,
        "rating": None, "status": "new", "ending": None, "confirmation": None, "secret_hash": None, "language": "sw",
        "assignee_id": None, "referred_to": None, "closed_at": None,
    }  # fmt: skip
    assert case == {**case, **expected}
    assert history(db) == [("filed", {"channel": "ussd", "suspected": False, "promise": "WATER"})]

    message = one(db, "message")
    assert (message["status"], message["wording"], message["resident_id"]) == ("queued", "received", resident["id"])
    assert message["due_at"] == case["received_at"] + timedelta(seconds=180)
    assert letter(installation, message) == (
        f"Kaunti ya Kakamega: ripoti {spoken(case['reference'])} imepokelewa. Utajibiwa kufikia {long_day}. Kuongeza "
        "maneno, jibu SMS hii. Kufuatilia piga *384*123# chagua 3. Bure."
    )
    assert phone.type("1") == (
        f"END Asante. Nambari {spoken(case['reference'])}. SMS inakuja. Usipojibiwa kufikia {short_day} piga *384*123# "
        "chagua 3. Dharura: 999."
    )


def test_the_session_row_keeps_whose_it_is_how_it_began_and_what_was_answered(
    gateway: Flask, db: Engine, installation: Installation
) -> None:
    phone = Handset(gateway)
    phone.go(REPORT)
    session, case = one(db, "ussd_session"), one(db, "cases")
    assert session["id"] == phone.session
    assert bytes(session["phone_hash"]) == installation.office.vault.phone_hash(ADA)
    assert session["profile"] == {"language": "sw", "facts": [], "slots": {}}
    assert session["menu_hash"] == installation.editions.current.hash
    assert (session["network"], session["phone_sealed"]) == ("63902", None)
    assert session["cuts"] == [0, 1, 3, 5, 7, 9, 11]
    assert session["answers"].keys() == {"9:nearby", "11:file"}
    assert [item["value"] for item in session["answers"]["9:nearby"]["items"]] == ["MARKET", "CLINIC", "SCHOOL"]
    assert session["answers"]["11:file"] == one(db, "intake")["answer"]
    assert session["answers"]["11:file"]["values"] == {"reference": case["reference"]}


def test_in_english_screen_and_letter_are_english(gateway: Flask, db: Engine, installation: Installation) -> None:
    filed = Handset(gateway).go(f"9*{REPORT}")
    case = one(db, "cases")
    long_day, _ = promise(installation, case, "en")
    assert filed.startswith(f"CON Received: {spoken(case['reference'])}\nWe answer by {long_day}.\n1 Finish\n")
    assert (case["language"], one(db, "resident")["language"]) == ("en", "en")
    assert letter(installation, one(db, "message")) == (
        f"Kakamega County: report {spoken(case['reference'])} received. You will be answered by {long_day}. Reply to "
        "add words. To follow up dial *384*123# choose 3. Free."
    )


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1*4*6*1*1*5", {"landmark": None, "ward_code": 1014}),
        ("1*4*6*8*3*2*2", {"category": "REVENUE", "problem": "NO_RECEIPT", "landmark": "Zahanati"}),
        ("1*1014*2*1*4*mbele ya kanisa", {"category": "ROADS", "problem": "POTHOLES", "landmark": "mbele ya kanisa"}),
        ("0991*1*1*1", {"ward_code": 991, "sub_county_code": 199, "desk": "ward", "landmark": "Soko"}),
        ("1*sherere*1*1*1*1", {"ward_code": 1014, "sub_county_code": 202, "landmark": "Soko Shirere"}),
        ("1*0*soko la mautuma*1*1*1*1", {"ward_code": 991, "sub_county_code": 199}),
        ("1*qqqqqq*1*1*1*2", {"ward_code": None, "sub_county_code": None, "desk": "county", "landmark": "qqqqqq"}),
        ("1*qqqqqq*1*1*1*1*sokoni", {"ward_code": None, "desk": "county", "landmark": "sokoni"}),
    ],
)  # fmt: skip
def test_what_she_chose_stands_in_the_case(gateway: Flask, db: Engine, typed: str, expected: dict[str, Any]) -> None:
    assert Handset(gateway).go(typed).startswith("CON Imepokelewa: ")
    case = one(db, "cases")
    assert case == {**case, **expected}


@pytest.mark.parametrize("typed", ["1*4*6*1*1*4*", "1*"])
def test_a_place_told_at_length_is_filed_all_the_same(gateway: Flask, db: Engine, typed: str) -> None:
    phone = Handset(gateway)
    phone.go(typed + "karibu na shule " * 20)
    assert phone.screen.startswith("CON Imepokelewa: ") or phone.type("1", "1", "1", "2").startswith(
        "CON Imepokelewa: "
    )
    assert one(db, "cases")["landmark"] == ("karibu na shule " * 20)[:200]


def test_the_place_search_knows_the_countys_wards(gateway: Flask) -> None:
    found = Handset(gateway).go("1*sherere")
    assert found.startswith('CON "sherere":\n1 Shirere (Lurambi)\n')
    assert found.endswith(" Si hizi\n0 Rudi")


# When the letter leaves


@pytest.mark.parametrize("how", ["END", "end event", "both"])
def test_the_end_of_the_session_releases_the_letter_and_rings_the_bell(
    gateway: Flask, db: Engine, cache: Redis, how: str
) -> None:
    phone = Handset(gateway)
    phone.go(REPORT)
    assert seconds_until_due(one(db, "message"), datetime.now(UTC)) > 100
    assert not cache.exists("sikiza:bell")
    if how != "end event":
        phone.type("1")
    if how != "END":
        phone.end()
    assert seconds_until_due(one(db, "message"), datetime.now(UTC)) <= 0
    assert one(db, "message")["status"] == "queued"
    assert cache.exists("sikiza:bell")
    assert cache.llen("rq:queue:drain") == 1


def test_an_end_event_of_a_session_that_filed_nothing_or_that_nobody_knows_changes_nothing(
    gateway: Flask, db: Engine, cache: Redis
) -> None:
    Handset(gateway).end()
    phone = Handset(gateway)
    phone.go("1*4")
    phone.end("Success")
    assert counts(db) == {"ussd_session": 1}
    assert not cache.exists("sikiza:bell")


# Feedback


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2*1*4*6*3", {"category": "IDEA", "problem": "HEALTH", "desk": "ward", "department": "health"}),
        ("2*2*1014*8", {"category": "PRAISE", "problem": "OTHER", "ward_code": 1014, "department": "public-service"}),
        ("2*3*1*5", {"category": "RATING", "problem": "HOTLINE", "rating": 5, "ward_code": None, "desk": "county"}),
        ("2*3*3*1", {"category": "RATING", "problem": "WATER", "rating": 1, "department": "water"}),
    ],
)  # fmt: skip
def test_feedback_lands_in_the_same_store_without_a_clock(
    gateway: Flask, db: Engine, installation: Installation, typed: str, expected: dict[str, Any]
) -> None:
    phone = Handset(gateway)
    filed = phone.go(typed)
    case, message = one(db, "cases"), one(db, "message")
    assert case == {**case, "kind": "feedback", "due_at": None, "status": "new", "sensitive": False, **expected}
    assert filed == (
        f"CON Imepokelewa: {spoken(case['reference'])}\nAsante kwa kutuambia.\n1 Maliza\n2 Ongeza maneno\n"
        "4 Ficha nambari yangu\n5 Futa"
    )
    assert message["wording"] == "received_feedback"
    assert letter(installation, message) == (
        f"Kaunti ya Kakamega: tumepokea {spoken(case['reference'])}. Asante kwa kutuambia. Kufuatilia piga *384*123# "
        "chagua 3."
    )
    assert phone.type("2", "asante sana").startswith("CON Maneno yameongezwa")
    assert one(db, "cases")["words"] == "asante sana"


# National matters


def test_a_national_matter_gets_an_answer_and_no_row(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    asked = phone.go("1*4*6*8*9*1")
    assert asked == "CON Stima ni KPLC, si kaunti: piga 97771. Tuandike ili tuwafuatilie?\n1 Ndiyo\n2 La\n0 Rudi"
    assert phone.type("2") == "END Sawa, hatujaandika. Kituo cha simu cha kaunti: 0800 724 388."
    assert counts(db) == {"ussd_session": 1}


def test_a_national_matter_can_be_recorded_as_a_referral(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    filed = phone.go("1*4*6*8*9*1*1")
    case = one(db, "cases")
    assert filed.startswith(f"CON Imeandikwa: {spoken(case['reference'])}\nTutafuatilia na shirika husika.\n1 Maliza\n")
    expected = {
        "kind": "grievance", "category": "NATIONAL", "problem": "KPLC", "status": "referred", "desk": "outside",
        "referred_to": "Kenya Power (KPLC)", "ward_code": 1014,
    }  # fmt: skip
    assert case == {**case, **expected}
    assert phone.type("1") == (
        f"END Asante. Nambari {spoken(case['reference'])}. SMS inakuja. Kufuatilia piga *384*123# chagua 3. "
        "Dharura 999."
    )


# Call me back


@pytest.mark.parametrize(("key", "hour"), [("1", "today"), ("2", "tomorrow_morning"), ("3", "tomorrow_evening")])
def test_call_me_back_records_phone_and_hour_in_the_desks_list(
    gateway: Flask, db: Engine, installation: Installation, key: str, hour: str
) -> None:
    phone = Handset(gateway)
    assert phone.go(f"5*{key}") == "END Asante. Mhudumu atakupigia. Ukitaka kupiga mwenyewe: 0800 724 388."
    assert counts(db) == {"call_back": 1, "intake": 1, "resident": 1, "ussd_session": 1}
    resident, call = one(db, "resident"), one(db, "call_back")
    assert installation.office.vault.open(bytes(resident["phone_sealed"])) == ADA
    term = installation.office.county.charter.term("call_back", "OTHER")
    expected = {
        "resident_id": resident["id"], "case_id": None, "intake_id": one(db, "intake")["id"], "hour": hour,
        "due_at": deadline(call["asked_at"], term, installation.office.calendar), "done_at": None,
    }  # fmt: skip
    assert call == {**call, **expected}
    phone.again()
    assert counts(db) == {"call_back": 1, "intake": 1, "resident": 1, "ussd_session": 1}


# Returning


def test_a_returning_resident_is_offered_her_ward(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(REPORT)
    again = Handset(gateway, session=f"{SESSION}1")
    assert again.dial() == HOME.replace("1 Ripoti shida", "1 Ripoti shida (Shirere)")
    assert again.type("1", "2", "1", "5").startswith("CON Imepokelewa: ")
    case = rows(db, "cases")[1]
    assert (case["ward_code"], case["category"], case["resident_id"]) == (1014, "ROADS", one(db, "resident")["id"])
    assert Handset(gateway, BINTI, f"{SESSION}2").dial() == HOME


def test_the_ward_she_names_last_is_the_one_that_is_remembered(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(REPORT)
    Handset(gateway, session=f"{SESSION}1").go("1*0*1*2*1*1*5")
    assert one(db, "resident")["ward_code"] == 992
    other = Handset(gateway, session=f"{SESSION}2")
    assert other.go("6*2*9*1") == "END Wadi yako sasa ni Marama West. Piga *384*123# kuripoti."
    assert one(db, "resident")["ward_code"] == 1032
    assert Handset(gateway, session=f"{SESSION}3").dial().split("\n")[1] == "1 Ripoti shida (Marama West)"


def test_a_stranger_may_leave_her_ward_alone(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go("6*2*4*6")
    assert counts(db) == {"intake": 1, "resident": 1, "ussd_session": 1}
    assert one(db, "resident")["ward_code"] == 1014


def test_the_language_is_remembered_of_those_we_know(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go("9")
    assert counts(db) == {"ussd_session": 1}
    Handset(gateway, session=f"{SESSION}1").go(REPORT)
    Handset(gateway, session=f"{SESSION}2").go("9")
    assert one(db, "resident")["language"] == "en"
    assert Handset(gateway, session=f"{SESSION}3").dial().startswith("CON Kakamega County, free.\n")


# *Fixed?* in the home screen


@pytest.fixture
def asked(gateway: Flask, db: Engine) -> dict[str, Any]:
    """A case that its officer says is fixed, with the question open."""
    Handset(gateway).go(f"{REPORT}*1")
    with db.begin() as connection:
        connection.execute(
            text(
                "UPDATE cases SET status = 'resolved', ending = 'fixed', confirmation = 'asked', resolved_at = now();"
                "INSERT INTO question (resident_id, case_id, kind, status, expires_at)"
                " SELECT resident_id, id, 'fixed', 'open', now() + interval '7 days' FROM cases"
            )
        )
    return one(db, "cases")


def test_an_open_question_stands_in_the_header_of_her_next_dial(gateway: Flask, asked: dict[str, Any]) -> None:
    assert Handset(gateway, session=f"{SESSION}1").dial() == (
        f"CON {spoken(asked['reference'])}: afisa asema imetatuliwa. Kweli?\n7 Ndiyo  8 Bado\n1 Ripoti shida\n2 Maoni\n"
        "3 Fuatilia\n4 Siri, hatari\n5 Nipigie simu\n6 Faragha, wadi\n9 English"
    )
    assert Handset(gateway, BINTI, f"{SESSION}2").dial() == HOME


def test_seven_confirms_and_closes(gateway: Flask, db: Engine, asked: dict[str, Any]) -> None:
    phone = Handset(gateway, session=f"{SESSION}1")
    thanks = f"END Asante kwa kuthibitisha. {spoken(asked['reference'])} imefungwa."
    assert phone.go("7") == thanks
    case, question = one(db, "cases"), one(db, "question")
    assert (case["status"], case["confirmation"], case["ending"]) == ("closed", "confirmed", "fixed")
    assert case["closed_at"] is not None
    assert (question["status"], question["answer"]) == ("answered", "yes")
    assert history(db)[-1] == ("confirmed", {"channel": "ussd"})
    assert phone.again() == thanks
    assert len(history(db)) == 2
    assert Handset(gateway, session=f"{SESSION}2").dial() == HOME.replace("1 Ripoti shida", "1 Ripoti shida (Shirere)")


@pytest.mark.parametrize(("key", "reason"), [("1", "not_done"), ("2", "half_done"), ("3", "broke_again")])
def test_eight_reopens_with_the_old_promise_and_asks_why(
    gateway: Flask, db: Engine, asked: dict[str, Any], key: str, reason: str
) -> None:
    phone = Handset(gateway, session=f"{SESSION}1")
    assert phone.go("8").startswith(f"CON Pole. {spoken(asked['reference'])} imefunguliwa tena, iko mwanzo wa foleni.")
    case = one(db, "cases")
    assert (case["status"], case["confirmation"], case["ending"]) == ("new", "disputed", None)
    assert (case["due_at"], case["resolved_at"]) == (asked["due_at"], None)
    assert phone.type(key) == (
        f"END Asante. Afisa ataona {spoken(asked['reference'])} kwanza. Kufuatilia piga *384*123# chagua 3."
    )
    assert history(db)[-2:] == [("disputed", {"channel": "ussd"}), ("dispute_reason", {"reason": reason})]


def test_one_who_gives_no_reason_has_disputed_all_the_same(gateway: Flask, db: Engine, asked: dict[str, Any]) -> None:
    Handset(gateway, session=f"{SESSION}1").go("8*0")
    assert one(db, "cases")["confirmation"] == "disputed"
    assert history(db)[-1] == ("disputed", {"channel": "ussd"})


@pytest.mark.parametrize("change", ["UPDATE cases SET sensitive = true", "UPDATE question SET expires_at = now()"])
def test_no_question_is_shown_about_what_is_confidential_or_too_late(
    gateway: Flask, db: Engine, asked: dict[str, Any], change: str
) -> None:
    with db.begin() as connection:
        connection.execute(text(change))
    phone = Handset(gateway, session=f"{SESSION}1")
    assert phone.dial().startswith("CON Kaunti ya Kakamega, bure.\n1 Ripoti shida (Shirere)\n")
    assert phone.type("7").startswith("CON Rudia. ")
    assert one(db, "question")["answer"] is None
