"""What the ward must not see, and what nobody should be able to read who was not told: secret matters on the phone."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from gateway.cases.residents_own import SECRET_TRIES
from gateway.installation import Installation
from tests.callbacks.handset import ADA, BINTI, REPORT, SESSION, Handset
from tests.callbacks.traces import counts, everything, history, letter, one, opened, rows, spoken

WORDS = "mhandisi wa kaunti aliomba elfu tano * sokoni"
NOT_FOUND = "CON Hatukuipata kwa simu hii. Ulificha nambari?\n1 Nina siri ya ripoti\n0 Rudi"


def secret_in(screen: str) -> str:
    found = re.search(r"siri (\d{4})", screen)
    assert found
    return found[1]


# Bribes and staff


@pytest.mark.parametrize(("key", "category"), [("3", "CORRUPT"), ("4", "STAFF")])
def test_without_her_number_nothing_leads_back_to_her(
    gateway: Flask, db: Engine, installation: Installation, key: str, category: str
) -> None:
    phone = Handset(gateway)
    filed = phone.go(f"4*{key}*1")
    case, secret = one(db, "cases"), secret_in(filed)
    reference = spoken(case["reference"])
    assert filed == (
        f"CON Imepokelewa. Nakili: ripoti {reference}, siri {secret}. Kisha eleza kwa ufupi.\n1 Endelea\n0 Maliza"
    )
    assert counts(db) == {"case_event": 1, "cases": 1, "intake": 1, "ussd_session": 1}
    assert phone.type("1") == "CON Eleza kwa ufupi.\n0 Maliza"
    assert phone.type(WORDS) == "CON Maneno yameongezwa.\n1 Maliza\n2 Ongeza zaidi"
    assert phone.type("1") == (
        f"END Nambari yako haikuhifadhiwa. Hutapata SMS. Andika: ripoti {reference}, siri {secret}. Kufuatilia piga "
        "*384*123# chagua 3."
    )
    case = one(db, "cases")
    expected = {
        "category": category, "sensitive": True, "desk": "confidential", "department": "ombudsman", "status": "new",
        "resident_id": None, "landmark": None, "ward_code": None,
    }  # fmt: skip
    assert case == {**case, **expected}
    assert opened(installation, case) == WORDS
    assert bytes(case["secret_hash"]) == installation.office.vault.secret_hash(case["reference"], secret)
    data = {"channel": "ussd", "suspected": False, "promise": category}
    assert history(db) == [("filed", data), ("words_added", {"channel": "ussd"})]
    assert counts(db) == {"case_event": 2, "cases": 1, "intake": 2, "ussd_session": 1}
    kept = everything(db)
    assert WORDS not in kept
    assert ADA not in kept


@pytest.mark.parametrize(("key", "category"), [("3", "CORRUPT"), ("4", "STAFF")])
def test_with_her_number_a_confidential_officer_calls_and_no_text_names_the_subject(
    gateway: Flask, db: Engine, installation: Installation, key: str, category: str
) -> None:
    phone = Handset(gateway)
    filed = phone.go(f"4*{key}*2")
    case, message = one(db, "cases"), one(db, "message")
    reference = spoken(case["reference"])
    assert filed == f"CON Imepokelewa: {reference}. Eleza kwa ufupi.\n0 Maliza"
    assert (case["category"], case["sensitive"], case["desk"]) == (category, True, "confidential")
    assert case["resident_id"] == one(db, "resident")["id"]
    call = one(db, "call_back")
    assert (call["case_id"], call["hour"], call["resident_id"]) == (case["id"], "any", case["resident_id"])
    assert message["wording"] == "received_confidential"
    assert letter(installation, message) == (
        f"Kaunti ya Kakamega: nambari {reference} imepokelewa. Kufuatilia piga *384*123# chagua 3."
    )
    assert phone.type("0") == (
        f"END Asante. Nambari {reference}. Afisa anayeshughulikia siri atakupigia. Kufuatilia piga *384*123# chagua 3."
    )


def test_a_secret_matter_of_a_resident_whom_we_know_does_not_join_her(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(f"{REPORT}*1")
    Handset(gateway, session=f"{SESSION}1").go("4*3*1")
    plain, secret = rows(db, "cases")
    assert (plain["resident_id"], secret["resident_id"]) == (one(db, "resident")["id"], None)


def test_secret_matters_stand_on_no_list_but_open_by_their_reference(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go("4*3*2")
    reference = one(db, "cases")["reference"]
    phone = Handset(gateway, session=f"{SESSION}1")
    assert phone.go("3") == "CON Ripoti zako:\n1 Nambari nyingine\n0 Rudi"
    assert phone.type("1", reference) == (
        f"CON {spoken(reference)}: imepokelewa.\n2 Ongeza maneno\n3 Nipigie simu\n0 Rudi"
    )
    assert phone.type("2", "zaidi").startswith(f"CON Maneno yameongezwa kwa {spoken(reference)}.")
    assert one(db, "cases")["words"] is None


def test_the_number_of_the_anti_corruption_commission_is_free_of_any_trace(gateway: Flask, db: Engine) -> None:
    assert Handset(gateway).go("4*3*3") == (
        "END EACC, tume ya maadili na kupambana na ufisadi: piga 1551, bure. Hatujahifadhi chochote."
    )
    assert counts(db) == {"ussd_session": 1}


# Violence


@pytest.mark.parametrize(
    "typed", ["4*1", "4*2", "4*2*0", "4*2*1", "4*2*1*3", "4*2*1*0*0", "9*4*2*0", "9*4*2*1*3", "9*9*4*2*0"]
)
def test_of_violence_and_danger_nothing_is_kept_unless_she_asks(gateway: Flask, db: Engine, typed: str) -> None:
    phone = Handset(gateway)
    phone.go(typed)
    phone.end()
    assert counts(db) == {"ussd_session": 1}
    answers = one(db, "ussd_session")["answers"]
    assert all(key.endswith(":language") and answer == {} for key, answer in answers.items())


@pytest.mark.parametrize(("key", "hour"), [("1", "morning"), ("2", "evening")])
def test_when_she_asks_a_specialist_calls_and_nothing_is_ever_texted(
    gateway: Flask, db: Engine, installation: Installation, key: str, hour: str
) -> None:
    phone = Handset(gateway)
    end = phone.go(f"4*2*1*{key}")
    case, call, resident = one(db, "cases"), one(db, "call_back"), one(db, "resident")
    assert end == f"END Mtaalamu atakupigia. Hakuna SMS. Nambari {spoken(case['reference'])}. Hatari sasa: 999."
    expected = {"category": "GBV", "sensitive": True, "desk": "confidential", "words_sealed": None, "words": None}
    assert case == {**case, **expected}
    assert (call["case_id"], call["hour"], call["resident_id"]) == (case["id"], hour, resident["id"])
    assert installation.office.vault.open(bytes(resident["phone_sealed"])) == ADA
    assert counts(db) == {
        "call_back": 1, "case_event": 1, "cases": 1, "intake": 1, "resident": 1, "ussd_session": 1,
    }  # fmt: skip


# Hiding the number


def test_hiding_the_number_erases_it_and_cancels_the_letter(
    gateway: Flask, db: Engine, installation: Installation
) -> None:
    phone = Handset(gateway)
    end = phone.go(f"{REPORT}*4")
    case, message = one(db, "cases"), one(db, "message")
    secret = secret_in(end)
    assert end == (
        f"END Nambari yako imefutwa. Hutapata SMS. Andika: ripoti {spoken(case['reference'])}, siri {secret}. "
        "Kufuatilia piga *384*123# chagua 3."
    )
    assert counts(db) == {"case_event": 2, "cases": 1, "intake": 2, "message": 1, "ussd_session": 1}
    assert (message["status"], message["resident_id"], case["resident_id"]) == ("cancelled", None, None)
    assert (case["status"], case["ward_code"], case["landmark"]) == ("new", 1014, "Soko Shirere")
    assert history(db)[-1] == ("number_hidden", {})
    kept = everything(db)
    vault = installation.office.vault
    assert (ADA in kept, kept.count(repr(vault.phone_hash(ADA)))) == (False, 1)
    phone.end()
    assert one(db, "message")["status"] == "cancelled"
    assert phone.again() == end


def test_hiding_one_number_leaves_her_other_reports_hers(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(f"{REPORT}*1")
    Handset(gateway, session=f"{SESSION}1").go("1*1*1*5*4")
    first, second = rows(db, "cases")
    assert (first["resident_id"], second["resident_id"]) == (one(db, "resident")["id"], None)
    assert [message["status"] for message in rows(db, "message")] == ["queued", "cancelled"]
    assert Handset(gateway, session=f"{SESSION}2").go("3") == (
        f"CON Ripoti zako:\n1 {spoken(first['reference'])} imepokelewa\n2 Nambari nyingine\n0 Rudi"
    )


def test_reference_and_secret_open_a_hidden_case_from_any_phone(gateway: Flask, db: Engine) -> None:
    secret = secret_in(Handset(gateway).go(f"{REPORT}*4"))
    reference = one(db, "cases")["reference"]
    phone = Handset(gateway, BINTI, f"{SESSION}1")
    assert phone.go(f"3*1*{reference}") == NOT_FOUND
    shown = phone.type("1", secret)
    assert shown.startswith(f"CON {spoken(reference)}: imepokelewa\nKwa: Msimamizi wa wadi tangu ")
    assert phone.type("2", "nyongeza", "1").startswith(f"END Asante. Nambari {spoken(reference)}.")
    assert one(db, "cases")["words"] == "nyongeza"
    assert counts(db)["ussd_session"] == 2
    assert "resident" not in counts(db)


def test_of_whoever_hid_her_number_not_even_her_own_phone_knows_the_case(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(f"{REPORT}*4")
    reference = one(db, "cases")["reference"]
    phone = Handset(gateway, session=f"{SESSION}1")
    assert phone.go("3") == "CON Ripoti zako:\n1 Nambari nyingine\n0 Rudi"
    assert phone.type("1", reference) == NOT_FOUND


def test_somebody_elses_case_a_withdrawn_one_and_none_at_all_read_the_same(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(REPORT)
    Handset(gateway, BINTI, f"{SESSION}1").go(f"{REPORT}*5*1")
    others, withdrawn = (row["reference"] for row in rows(db, "cases"))
    for number, reference in enumerate([others, withdrawn, "12345678"]):
        phone = Handset(gateway, BINTI, f"{SESSION}a{number}")
        assert phone.go(reference) == NOT_FOUND
        assert phone.type("1", "5093") == NOT_FOUND
        assert Handset(gateway, BINTI, f"{SESSION}b{number}").go(f"3*1*{reference}") == NOT_FOUND


def test_a_case_that_was_never_hidden_opens_to_no_secret(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(REPORT)
    assert Handset(gateway, BINTI, f"{SESSION}1").go(f"{one(db, 'cases')['reference']}*1*0000") == NOT_FOUND
    assert one(db, "cases")["secret_failures"] == 0


def test_after_many_wrong_secrets_the_right_one_opens_nothing_any_more(gateway: Flask, db: Engine) -> None:
    secret = secret_in(Handset(gateway).go(f"{REPORT}*4"))
    reference = one(db, "cases")["reference"]
    wrong = [number for number in map("{:04d}".format, range(SECRET_TRIES + 1)) if number != secret][:SECRET_TRIES]
    phone = Handset(gateway, BINTI, f"{SESSION}1")
    phone.go(reference)
    for guess in wrong[:-1]:
        assert phone.type("1", guess) == NOT_FOUND
        phone.again()
    assert one(db, "cases")["secret_failures"] == SECRET_TRIES - 1
    assert phone.type("1", wrong[-1]) == NOT_FOUND
    other = Handset(gateway, ADA, f"{SESSION}2")
    assert other.go(f"{reference}*1*{secret}") == NOT_FOUND
    assert one(db, "cases")["secret_failures"] == SECRET_TRIES


def test_the_right_secret_forgives_the_wrong_ones_before_it(gateway: Flask, db: Engine) -> None:
    secret = secret_in(Handset(gateway).go(f"{REPORT}*4"))
    reference = one(db, "cases")["reference"]
    phone = Handset(gateway, BINTI, f"{SESSION}1")
    phone.go(f"{reference}*1*{(int(secret) + 1) % 10_000:04d}")
    assert one(db, "cases")["secret_failures"] == 1
    assert phone.type("1", secret).startswith(f"CON {spoken(reference)}: imepokelewa")
    assert one(db, "cases")["secret_failures"] == 0


# Deleting


def test_deleting_erases_words_and_number_and_cancels_the_letter(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2*bomba limepasuka")
    case = one(db, "cases")
    assert case["words"] == "bomba limepasuka"
    phone = Handset(gateway, session=f"{SESSION}1")
    phone.go("1*1*1*4*karibu na duka")
    asked = phone.type("5")
    second = rows(db, "cases")[1]
    assert asked == f"CON Futa {spoken(second['reference'])}?\n1 Ndiyo, futa\n2 La, rudi"
    end = phone.type("1")
    assert end == (f"END {spoken(second['reference'])} imefutwa. Hutapata SMS. Ukihitaji, piga *384*123# tena.")
    first, second = rows(db, "cases")
    assert (first["status"], first["words"], first["resident_id"]) == (
        "new",
        "bomba limepasuka",
        one(db, "resident")["id"],
    )
    expected = {"status": "withdrawn", "words": None, "words_sealed": None, "landmark": None, "resident_id": None}
    assert second == {**second, **expected}
    assert second["closed_at"] is not None
    assert [message["status"] for message in rows(db, "message")] == ["queued", "cancelled"]
    assert history(db, second["reference"])[-1] == ("withdrawn", {})
    assert "karibu na duka" not in everything(db)
    assert phone.again() == end
    assert len(history(db, second["reference"])) == 2


def test_the_only_report_deleted_leaves_nothing_of_her(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(f"{REPORT}*5*1")
    assert "resident" not in counts(db)
    assert ADA not in everything(db)


# Following up


def test_her_cases_are_listed_with_their_state_and_open_by_their_key(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(REPORT)
    Handset(gateway, session=f"{SESSION}1").go("1*2*1*5")
    with db.begin() as connection:
        connection.execute(
            text(
                "UPDATE cases SET status = 'taken', desk = 'department', department = 'roads',"
                " desk_since = '2026-11-12 21:30+00', due_at = '2026-11-20 14:00+00' WHERE category = 'ROADS'"
            )
        )
    water, roads = (row["reference"] for row in rows(db, "cases"))
    phone = Handset(gateway, session=f"{SESSION}2")
    assert phone.go("3") == (
        f"CON Ripoti zako:\n1 {spoken(roads)} imechelewa\n2 {spoken(water)} imepokelewa\n3 Nambari nyingine\n0 Rudi"
    )
    assert phone.type("1") == (
        f"CON {spoken(roads)}\nKwa: Idara Barabara tangu 13 Nov\nAhadi: 20 Nov. Imechelewa.\n1 Ipeleke juu\n"
        "2 Ongeza maneno\n3 Nipigie simu\n0 Rudi"
    )
    assert phone.type("3", "2") == "END Asante. Mhudumu atakupigia. Ukitaka kupiga mwenyewe: 0800 724 388."
    call = one(db, "call_back")
    assert (call["case_id"], call["hour"]) == (rows(db, "cases")[1]["id"], "tomorrow_morning")
    assert history(db, roads)[-1] == ("call_back_asked", {"hour": "tomorrow_morning"})


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("status = 'taken'", "kazini"),
        ("status = 'waiting'", "inakungoja"),
        ("status = 'referred', desk = 'outside', referred_to = 'KeNHA'", "imeelekezwa"),
        ("status = 'new', confirmation = 'disputed'", "imefunguliwa tena"),
        ("status = 'resolved', ending = 'fixed', confirmation = 'asked'", "imetatuliwa?"),
        ("status = 'resolved', ending = 'planned', planned_for = '2027-03-31'", "imepangwa Mac 2027"),
        ("status = 'closed', ending = 'not_ours'", "imefungwa"),
        ("due_at = now() - interval '1 day'", "imechelewa"),
    ],
)
def test_every_state_has_its_word(gateway: Flask, db: Engine, change: str, word: str) -> None:
    Handset(gateway).go(REPORT)
    with db.begin() as connection:
        connection.execute(text(f"UPDATE cases SET {change}"))
    reference = spoken(one(db, "cases")["reference"])
    phone = Handset(gateway, session=f"{SESSION}1")
    assert phone.go("3").split("\n")[1] == f"1 {reference} {word}"
    assert phone.type("1").startswith(f"CON {reference}")


def test_a_body_outside_is_named_in_letters_that_her_phone_has(gateway: Flask, db: Engine) -> None:
    Handset(gateway).go(REPORT)
    with db.begin() as connection:
        change = "UPDATE cases SET status = 'referred', desk = 'outside', referred_to = :body"
        connection.execute(text(change), {"body": "Wizara ya Elimu – “TSC” na KNEC, Jogoo House"})
    shown = Handset(gateway, session=f"{SESSION}1").go("3*1")
    assert shown.split("\n")[1].startswith('Kwa: Wizara ya Elimu - ". tangu ')


def test_a_list_keeps_the_five_latest(gateway: Flask, db: Engine) -> None:
    for number in range(7):
        Handset(gateway, session=f"{SESSION}{number}").go(REPORT if not number else "1*1*1*5")
    latest = [spoken(row["reference"]) for row in reversed(rows(db, "cases"))][:5]
    phone = Handset(gateway, session=f"{SESSION}x")
    listed = re.findall(r"\d{4} \d{4}", phone.go("3") + phone.type("99"))
    assert list(dict.fromkeys(listed)) == latest
