"""A resident says that hers is what an officer has published: it happens once, whatever befalls the session."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from gateway.cases import incidents, landmarks
from gateway.cases.desk_models import Incident
from gateway.cases.filing import Report, file_case
from gateway.cases.models import Case, Channel
from gateway.installation import Installation
from gateway.people.models import Officer
from tests.callbacks.dropped import Later
from tests.callbacks.handset import ADA, BINTI, SESSION, Handset
from tests.callbacks.test_ussd_again import TRY_AGAIN
from tests.callbacks.traces import history, one, rows, spoken
from tests.cases.seats import take_every_seat

SHIRERE = 1014
BURST = "1*4*6*1*2"
"""Lurambi, Shirere, water, a burst pipe."""
ASKED = "CON Imeripotiwa: bomba la soko la Shirere. Inashughulikiwa.\n1 Ni hiyo, nijulishe\n2 Ni nyingine\n0 Rudi"
TITLES = {"sw": "bomba la soko la Shirere", "en": "pipe at Shirere market"}

Publish = Callable[..., int]


@pytest.fixture
def publish(gateway: Flask, installation: Installation) -> Publish:
    """Publish a burst pipe in Shirere, reported by nobody's phone; the id of the case that stands there."""
    office = installation.office
    with Session(installation.engine) as session, session.begin():
        take_every_seat(session, office.county)

    def published(category: str = "WATER", problem: str = "BURST_PIPE") -> int:
        now = datetime.now(UTC)
        report = Report(Channel.HOTLINE, f"{category}-{problem}", category, "sw", problem=problem, ward_code=SHIRERE)
        with Session(installation.engine) as session, session.begin():
            filed = file_case(session.connection(), office, report, now)
            case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
            incidents.publish(session, office, case, session.scalars(select(Officer)).one(), TITLES, None, now)
            return case.id

    return published


def end_it(installation: Installation) -> None:
    with Session(installation.engine) as session, session.begin():
        incidents.end(session, session.scalars(select(Incident)).one(), datetime.now(UTC))


def hers(db: Engine, lead_id: int) -> list[dict[str, Any]]:
    """The reports that stand under `lead_id`."""
    return [case for case in rows(db, "cases") if case["lead_id"] == lead_id]


def test_her_own_report_is_filed_under_the_one_that_stands_there(gateway: Flask, db: Engine, publish: Publish) -> None:
    lead = publish()
    phone = Handset(gateway)
    assert phone.go(BURST) == ASKED
    shown = phone.type("1")
    (case,) = hers(db, lead)
    assert shown.startswith(f"CON Imepokelewa: {spoken(case['reference'])}\nUtajulishwa na kujibiwa kufikia ")
    assert (case["channel"], case["ward_code"], case["problem"], case["landmark"]) == (
        "ussd", SHIRERE, "BURST_PIPE", None,
    )  # fmt: skip
    assert ("supported", case["reference"]) in [(name, data.get("other")) for name, data in history(db)]
    intake = [row for row in rows(db, "intake") if row["channel"] == "ussd"]
    assert [row["source_id"] for row in intake] == [f"{phone.session}:11:support"]
    assert [row["wording"] for row in rows(db, "message")] == ["received_same"]


def test_however_often_the_answer_is_delivered_it_joins_once(
    gateway: Flask, db: Engine, publish: Publish, cache: Any
) -> None:
    lead = publish()
    phone = Handset(gateway)
    phone.go(BURST)
    shown = phone.type("1")
    assert {phone.again() for _ in range(3)} == {shown}
    cache.flushdb()
    assert phone.again() == shown
    assert len(hers(db, lead)) == 1


def test_the_answer_delivered_eight_times_at_once_joins_once(gateway: Flask, db: Engine, publish: Publish) -> None:
    lead = publish()
    phone = Handset(gateway)
    phone.go(BURST)
    phone.inputs.append("1")
    together = Barrier(8)

    def press(_: int) -> str:
        together.wait(10)
        return Handset(gateway, inputs=list(phone.inputs)).again()

    with ThreadPoolExecutor(8) as threads:
        shown = set(threads.map(press, range(8)))
    assert len(shown) == 1
    assert len(hers(db, lead)) == 1
    assert shown.pop().startswith(f"CON Imepokelewa: {spoken(hers(db, lead)[0]['reference'])}\n")


def test_who_presses_same_in_another_session_is_shown_the_report_that_she_has(
    gateway: Flask, db: Engine, publish: Publish, later: Later
) -> None:
    lead = publish()
    shown = Handset(gateway).go(f"{BURST}*1")
    phone = Handset(gateway, session=f"{SESSION}1")
    assert phone.go("1*1*2") == ASKED
    phone.end()
    later.sessions_end()
    assert len(rows(db, "draft")) == 1
    phone = Handset(gateway, session=f"{SESSION}2")
    phone.go("7")
    assert phone.type("1") == phone.again() == shown
    assert len(hers(db, lead)) == 1
    assert rows(db, "draft") == []
    assert [name for name, _ in history(db)].count("said_again") == 1
    phone.end()
    later.sessions_end()
    assert rows(db, "draft") == []


def test_two_people_join_each_with_a_report_of_her_own(gateway: Flask, db: Engine, publish: Publish) -> None:
    lead = publish()
    shown = [
        Handset(gateway, phone=phone, session=f"{SESSION}{number}").go(f"{BURST}*1")
        for number, phone in enumerate((ADA, BINTI))
    ]
    cases = hers(db, lead)
    assert len({case["resident_id"] for case in cases}) == 2
    assert [screen.split("\n")[0] for screen in shown] == [
        f"CON Imepokelewa: {spoken(case['reference'])}" for case in cases
    ]


def test_where_it_ends_while_she_reads_she_goes_on_to_the_place_and_files_as_ever(
    gateway: Flask, db: Engine, publish: Publish, installation: Installation
) -> None:
    publish()
    phone = Handset(gateway)
    assert phone.go(BURST) == ASKED
    end_it(installation)
    assert phone.type("1").startswith("CON Mahali?\n1 Soko Shirere\n")
    assert phone.again().startswith("CON Mahali?\n")
    assert [case["channel"] for case in rows(db, "cases")] == ["hotline"]
    assert phone.type("1").startswith("CON Imepokelewa: ")
    case = rows(db, "cases")[-1]
    assert (case["lead_id"], case["landmark"]) == (None, "Soko Shirere")


def test_what_has_joined_stays_joined_on_a_repetition_after_it_ended(
    gateway: Flask, db: Engine, publish: Publish, installation: Installation
) -> None:
    lead = publish()
    phone = Handset(gateway)
    phone.go(BURST)
    shown = phone.type("1")
    end_it(installation)
    assert phone.again() == shown
    assert len(hers(db, lead)) == 1


def test_different_files_a_report_of_its_own(gateway: Flask, db: Engine, publish: Publish) -> None:
    lead = publish()
    phone = Handset(gateway)
    assert phone.go(f"{BURST}*2").startswith("CON Mahali?\n1 Soko Shirere\n")
    assert phone.type("0") == ASKED
    assert "\nUtajibiwa kufikia " in phone.type("2", "3")
    assert hers(db, lead) == []
    assert rows(db, "cases")[-1]["landmark"] == "Shule msingi"


def test_who_hides_her_number_is_told_nothing_and_keeps_her_report(
    gateway: Flask, db: Engine, publish: Publish
) -> None:
    lead = publish()
    phone = Handset(gateway)
    phone.go(f"{BURST}*1")
    assert phone.type("4").startswith("END Nambari yako imefutwa. ")
    (case,) = hers(db, lead)
    assert (case["resident_id"], bool(case["secret_hash"])) == (None, True)
    assert [row["status"] for row in rows(db, "message")] == ["cancelled"]


def test_another_kind_of_problem_parts_her_report_and_she_is_promised_an_answer(
    gateway: Flask, db: Engine, publish: Publish
) -> None:
    lead = publish()
    phone = Handset(gateway)
    assert "\nUtajulishwa na " in phone.go(f"{BURST}*1")
    assert "\nUtajibiwa kufikia " in phone.type("3", "2", "2", "1")
    assert hers(db, lead) == []
    assert rows(db, "cases")[-1]["category"] == "ROADS"


def test_a_session_that_stops_there_leaves_its_problem_and_is_asked_again(
    gateway: Flask, db: Engine, publish: Publish, later: Later
) -> None:
    lead = publish()
    phone = Handset(gateway)
    phone.go(BURST)
    phone.end()
    later.sessions_end()
    assert one(db, "draft")["chosen"]["problem"] == "BURST_PIPE"
    phone = Handset(gateway, session=f"{SESSION}1")
    assert phone.go("7") == ASKED
    phone.type("1")
    assert len(hers(db, lead)) == 1
    assert rows(db, "draft") == []


def test_who_joined_leaves_no_draft(gateway: Flask, db: Engine, publish: Publish, later: Later) -> None:
    publish()
    phone = Handset(gateway)
    phone.go(f"{BURST}*1")
    phone.end()
    later.sessions_end()
    assert rows(db, "draft") == []


def test_without_postgresql_at_the_problem_nothing_is_lost(
    app_without_postgres: Flask, gateway: Flask, db: Engine, publish: Publish, later: Later
) -> None:
    publish()
    phone = Handset(gateway)
    phone.go("1*4*6*1")
    phone.app = app_without_postgres
    assert phone.type("2") == TRY_AGAIN
    phone.app = gateway
    phone.end()
    later.sessions_end()
    assert one(db, "draft")["chosen"]["problem"] == "BURST_PIPE"


def test_without_postgresql_at_her_answer_nobody_is_thanked_and_the_repetition_joins(
    app_without_postgres: Flask, gateway: Flask, db: Engine, publish: Publish
) -> None:
    lead = publish()
    phone = Handset(gateway)
    phone.go(BURST)
    phone.app = app_without_postgres
    assert phone.type("1") == TRY_AGAIN
    assert hers(db, lead) == []
    phone.app = gateway
    assert phone.again().startswith("CON Imepokelewa: ")
    assert len(hers(db, lead)) == 1


def test_a_session_keeps_its_places_whatever_is_put_on_the_phone_meanwhile(
    gateway: Flask, db: Engine, installation: Installation
) -> None:
    with Session(installation.engine) as session, session.begin():
        take_every_seat(session, installation.office.county)
    phone = Handset(gateway)
    assert phone.go("1*4*6*1*1").startswith("CON Mahali?\n1 Soko Shirere\n")
    with Session(installation.engine) as session, session.begin():
        officer = session.scalars(select(Officer)).one()
        assert landmarks.add(session, SHIRERE, ["Kona mbaya", "Mbele Sacco"], officer) == 2
    assert phone.again().startswith("CON Mahali?\n1 Soko Shirere\n")
    phone.type("1")
    assert one(db, "cases")["landmark"] == "Soko Shirere"
    phone = Handset(gateway, session=f"{SESSION}1")
    assert phone.go("1*1*2").startswith("CON Mahali?\n1 Kona mbaya\n2 Mbele Sacco\n3 Kwingine (andika)\n")
    phone.type("2")
    assert rows(db, "cases")[-1]["landmark"] == "Mbele Sacco"
    # What is taken off the phone while she reads is still what she chose.
    phone.type("3", "1", "4", "6")
    with Session(installation.engine) as session, session.begin():
        for one_of in landmarks.of_ward(session, SHIRERE):
            assert landmarks.remove(session, SHIRERE, one_of.id)
    phone.type("1")
    assert rows(db, "cases")[-1]["landmark"] == "Kona mbaya"
    phone.type("3", "1", "4", "5", "3")
    assert rows(db, "cases")[-1]["landmark"] == "Shule msingi"


def test_a_day_of_repair_that_is_past_is_not_shown(gateway: Flask, db: Engine, publish: Publish) -> None:
    publish()
    with db.begin() as connection:
        connection.execute(update(Incident).values(expected_on=datetime(2026, 1, 5, tzinfo=UTC).date()))
    assert Handset(gateway).go(BURST) == ASKED
