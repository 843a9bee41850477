"""What she may still do with a report that is filed: change it, add words; and words that hide it from the ward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine, text

from gateway.cases.clock import deadline
from gateway.installation import Installation
from tests.callbacks.handset import REPORT, SESSION, Handset
from tests.callbacks.traces import (
    counts,
    everything,
    history,
    letter,
    letters,
    one,
    opened,
    promise,
    rows,
    seconds_until_due,
    spoken,
)  # fmt: skip

# Changing it


def test_another_problem_changes_desk_promise_and_letter(
    gateway: Flask, db: Engine, installation: Installation
) -> None:
    phone = Handset(gateway)
    phone.go(REPORT)
    before = one(db, "cases")
    assert phone.type("3") == (
        f"CON Rekebisha {spoken(before['reference'])}:\n1 Wadi na mahali\n2 Aina ya shida\n0 Rudi"
    )
    assert phone.type("2", "2").startswith("CON Barabara, Shirere:\n")
    filed = phone.type("2")
    case = one(db, "cases")
    long_day, short_day = promise(installation, case)
    assert case == {
        **before, "category": "ROADS", "problem": "BRIDGE", "department": "roads", "due_at": case["due_at"],
        "next_step_at": case["due_at"],
    }  # fmt: skip
    assert case["due_at"] > before["due_at"]
    assert filed == (
        f"CON Imepokelewa: {spoken(case['reference'])}\nUtajibiwa kufikia {long_day}.\n1 Maliza\n2 Ongeza maneno\n"
        "3 Rekebisha\n4 Ficha nambari yangu\n5 Futa"
    )
    assert phone.type("1").startswith(
        f"END Asante. Nambari {spoken(case['reference'])}. SMS inakuja. Usipojibiwa kufikia {short_day} "
    )
    assert history(db)[-1] == ("amended", {"promise": "ROADS"})
    assert [message["status"] for message in rows(db, "message")] == ["cancelled", "queued"]
    assert f"Utajibiwa kufikia {long_day}." in letter(installation, rows(db, "message")[1])


def test_another_ward_and_place_changes_only_those(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(REPORT)
    before = one(db, "cases")
    assert phone.type("3", "1").startswith("CON Wapi?\n")
    assert phone.type("1", "3").startswith("CON Mahali?\n1 Soko\n")
    assert phone.type("3").startswith(f"CON Imepokelewa: {spoken(before['reference'])}\n")
    case = one(db, "cases")
    assert case == {
        **before, "ward_code": 993, "sub_county_code": 199, "landmark": "Shule msingi",
        "desk_due_at": case["desk_since"] + timedelta(hours=48), "desk_since": case["desk_since"],
    }  # fmt: skip
    assert one(db, "resident")["ward_code"] == 993


def test_a_report_without_a_ward_gets_one_and_with_it_its_desk(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go("1*qqqqqq*1*1*1*2")
    before = one(db, "cases")
    assert (before["desk"], before["ward_code"], before["landmark"]) == ("county", None, "qqqqqq")
    phone.type("3", "1", "sherere", "1", "5")
    case = one(db, "cases")
    assert (case["desk"], case["ward_code"], case["landmark"]) == ("ward", 1014, None)


@pytest.mark.parametrize(("typed", "landmark"), [("1", "Soko"), ("5", None), ("4*nyuma ya duka", "nyuma ya duka")])
def test_the_place_that_she_chose_last_counts(gateway: Flask, db: Engine, typed: str, landmark: str | None) -> None:
    phone = Handset(gateway)
    phone.go("1*4*6*1*1*4*mbele ya kanisa")
    assert one(db, "cases")["landmark"] == "mbele ya kanisa"
    phone.type("3", "1", "1", "1", *typed.split("*"))
    assert (one(db, "cases")["ward_code"], one(db, "cases")["landmark"]) == (991, landmark)


def test_another_problem_keeps_the_place(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go("1*4*6*1*1*4*mbele ya kanisa")
    phone.type("3", "2", "2", "1")
    assert (one(db, "cases")["problem"], one(db, "cases")["landmark"]) == ("POTHOLES", "mbele ya kanisa")


def test_a_national_matter_stays_one_when_its_place_changes(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go("1*4*6*8*9*1*1")
    before = one(db, "cases")
    assert phone.type("3") == f"CON Rekebisha {spoken(before['reference'])}:\n1 Wadi na mahali\n0 Rudi"
    phone.type("1", "1", "1", "2")
    assert one(db, "cases") == {**before, "ward_code": 991, "sub_county_code": 199, "landmark": "Zahanati"}


def test_the_changed_letter_waits_no_longer_than_the_first_would_have(gateway: Flask, db: Engine, cache: Redis) -> None:
    phone = Handset(gateway)
    phone.go(REPORT)
    first = one(db, "message")
    phone.type("3", "2", "2", "1")
    (second,) = letters(db, "queued")
    assert second["due_at"] == first["due_at"] == one(db, "cases")["received_at"] + timedelta(seconds=180)
    assert not cache.exists("sikiza:bell")
    phone.end()
    assert seconds_until_due(letters(db, "queued")[0], datetime.now(UTC)) <= 0
    assert cache.exists("sikiza:bell")


def test_whoever_gets_no_letter_gets_none_by_changing(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(REPORT)
    with db.begin() as connection:
        connection.execute(text("UPDATE message SET status = 'sent'"))
    phone.type("3", "2", "2", "1")
    assert [message["status"] for message in rows(db, "message")] == ["sent"]


def test_a_change_happens_once(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*3*2*2*1")
    screen, before = phone.screen, counts(db)
    assert phone.again() == screen
    assert counts(db) == before == {**before, "case_event": 2, "intake": 2, "message": 2}


# Words


def test_words_with_stars_are_added_as_typed_one_after_the_other(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    reference = spoken(one(db, "cases")["reference"])
    added = f"CON Maneno yameongezwa kwa {reference}.\n1 Maliza\n2 Ongeza zaidi"
    assert phone.type("bomba * la sokoni *") == added
    assert phone.again() == added
    assert phone.type("2").startswith("CON Ongeza kwa ufupi")
    assert phone.type("  tangu *1*2* jana\u00a1") == added
    assert one(db, "cases")["words"] == "bomba * la sokoni *\ntangu *1*2* jana@"
    assert phone.type("1").startswith(f"END Asante. Nambari {reference}.")
    assert history(db)[1:] == [("words_added", {"channel": "ussd"})] * 2
    assert counts(db) == {"case_event": 3, "cases": 1, "intake": 3, "message": 1, "resident": 1, "ussd_session": 1}


def test_words_may_be_nothing_but_a_star_or_a_digit(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    phone.type("*", "2", "7", "2", "")
    assert phone.screen.startswith("CON Rudia. Ongeza kwa ufupi")
    assert one(db, "cases")["words"] == "*\n7"


def test_words_in_any_letters_are_kept_as_they_came(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    phone.type("Maji 😀 “chafu” — ng'ombe; DROP TABLE cases; {reference} \\x00 100%")
    assert one(db, "cases")["words"] == "Maji 😀 “chafu” — ng'ombe; DROP TABLE cases; {reference} \\x00 100%"


def test_words_to_an_older_report_end_a_wait_for_her(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(f"{REPORT}*1")
    with db.begin() as connection:
        connection.execute(
            text(
                "SET LOCAL session_replication_role = replica;"
                "UPDATE cases SET status = 'waiting', received_at = now() - interval '7 days';"
                "UPDATE case_event SET at = now() - interval '7 days';"
                "INSERT INTO case_event (case_id, at, name, turn)"
                " SELECT id, now() - interval '7 days', 'waiting', 'resident' FROM cases"
            )
        )
    phone = Handset(gateway, session=f"{SESSION}1")
    assert phone.go("3").split("\n")[1].endswith(" inakungoja")
    phone.type("1", "2", "ni karibu na kanisa")
    case = one(db, "cases")
    assert (case["status"], case["words"]) == ("new", "ni karibu na kanisa")
    assert [name for name, _ in history(db)] == ["filed", "waiting", "words_added", "resumed"]
    office = gateway.extensions["sikiza"].office
    term = office.county.charter.term("resolve", "WATER")
    assert case["due_at"] > deadline(case["received_at"], term, office.calendar)


# Words that hide


@pytest.mark.parametrize("words", ["daktari alitaka HONGO", "wametoa rushwa * ofisini"])
def test_words_that_sound_confidential_take_the_case_from_its_ward(
    gateway: Flask, db: Engine, installation: Installation, words: str
) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2*hakuna maji")
    phone.type("2", words)
    case = one(db, "cases")
    assert case == {**case, "sensitive": True, "desk": "confidential", "status": "new", "ward_code": 1014}
    assert opened(installation, case) == f"Soko Shirere\nhakuna maji\n{words}"
    assert words not in everything(db)
    assert [name for name, _ in history(db)] == ["filed", "words_added", "made_confidential", "words_added"]
    (waiting,) = letters(db, "queued")
    assert (waiting["wording"], waiting["due_at"]) == ("received_confidential", letters(db, "cancelled")[0]["due_at"])
    assert letter(installation, waiting) == (
        f"Kaunti ya Kakamega: nambari {spoken(case['reference'])} imepokelewa. Kufuatilia piga *384*123# chagua 3."
    )
    assert Handset(gateway, session=f"{SESSION}1").go("3") == "CON Ripoti zako:\n1 Nambari nyingine\n0 Rudi"


@pytest.mark.parametrize("before", [f"{REPORT}*2*", f"{REPORT}*2*hongo*2*", "1*4*6*1*1*4*hongo*2*", "4*3*2*"])
def test_words_about_violence_stop_every_letter(gateway: Flask, db: Engine, before: str) -> None:
    phone = Handset(gateway)
    phone.go(f"{before}mume wangu ananipiga")
    assert one(db, "cases")["sensitive"] is True
    phone.end()
    assert letters(db, "cancelled") == rows(db, "message") != []


def test_a_place_that_sounds_confidential_hides_the_case_from_the_start(
    gateway: Flask, db: Engine, installation: Installation
) -> None:
    phone = Handset(gateway)
    filed = phone.go("1*4*6*1*1*4*ofisi ya hongo")
    case = one(db, "cases")
    assert filed.startswith(f"CON Imepokelewa: {spoken(case['reference'])}\n")
    assert case == {**case, "category": "CORRUPT", "sensitive": True, "desk": "confidential", "landmark": None}
    assert opened(installation, case) == "ofisi ya hongo"
    assert history(db) == [("filed", {"channel": "ussd", "suspected": True, "was": "WATER", "promise": "CORRUPT"})]
    assert one(db, "message")["wording"] == "received_confidential"


@pytest.mark.parametrize("change", ["1*1*1*1", "1*1*1*5", "1*1*1*4*sokoni kwao", "2*2*1"])
def test_changing_a_hidden_case_reveals_nothing(
    gateway: Flask, db: Engine, installation: Installation, change: str
) -> None:
    phone = Handset(gateway)
    phone.go("1*4*6*1*1*4*ofisi ya hongo")
    before = one(db, "cases")
    phone.type("3", *change.split("*"))
    case = one(db, "cases")
    same = ("category", "sensitive", "desk", "department", "due_at", "status", "words")
    assert {name: case[name] for name in same} == {name: before[name] for name in same}
    assert case["landmark"] is None
    assert "ofisi ya hongo" in opened(installation, case)
    assert "sokoni kwao" not in everything(db)
    assert {message["wording"] for message in rows(db, "message")} == {"received_confidential"}


def test_a_place_changed_to_one_that_sounds_confidential_hides_the_case(
    gateway: Flask, db: Engine, installation: Installation
) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*3*1*1*1*4*ofisi ya hongo")
    case = one(db, "cases")
    assert (case["sensitive"], case["desk"], case["landmark"], case["ward_code"]) == (True, "confidential", None, 991)
    assert opened(installation, case) == "ofisi ya hongo"
    assert "ofisi ya hongo" not in everything(db)
    (waiting,) = letters(db, "queued")
    assert waiting["wording"] == "received_confidential"
    assert waiting["due_at"] == case["received_at"] + timedelta(seconds=180)
