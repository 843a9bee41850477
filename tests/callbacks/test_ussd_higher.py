"""A resident sends her report higher on the phone: what is offered, that it happens once, and what she reads then."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from gateway.cases.clock import local_day
from gateway.cases.filing import Filed, Report, file_case
from gateway.cases.models import Channel
from gateway.installation import Installation
from tests.callbacks.handset import ADA, BINTI, SESSION, Handset
from tests.callbacks.traces import history, one, rows, spoken
from tests.cases.seats import take_every_seat

SHIRERE = 1014
LATE = timedelta(days=20)
"""Five working days are over by then, whatever holidays there are, and the hard stop is not."""

File = Callable[..., Filed]


@pytest.fixture
def filed(gateway: Flask, installation: Installation) -> File:
    """A report of Ada's about garbage in Shirere, whose day is over, in a county where everybody is at her desk."""
    with Session(installation.engine) as session, session.begin():
        take_every_seat(session, installation.office.county)

    def file(ago: timedelta = LATE, **given: Any) -> Filed:
        usual: dict[str, Any] = {
            "channel": Channel.HOTLINE, "source_id": f"nonce-{ago}-{given}", "category": "WASTE", "language": "en",
            "phone": ADA, "ward_code": SHIRERE,
        }  # fmt: skip
        with installation.engine.begin() as connection:
            return file_case(connection, installation.office, Report(**(usual | given)), datetime.now(UTC) - ago)

    return file


def screens_of(phone: Handset, *inputs: str) -> str:
    phone.dial()
    return phone.type(*inputs)


def raised(db: Engine) -> list[dict[str, Any]]:
    return [data for name, data in history(db) if name == "raised"]


def set_case(db: Engine, changes: str) -> None:
    with db.begin() as connection:
        connection.execute(text(f"UPDATE cases SET {changes}"))


def test_after_the_promised_day_she_is_offered_a_step_and_told_where_it_went(
    gateway: Flask, db: Engine, installation: Installation, filed: File
) -> None:
    reference, phone = spoken(filed().reference), Handset(gateway)
    menu, due = installation.menu, local_day(one(db, "cases")["due_at"])
    since = menu.short_day(local_day(one(db, "cases")["desk_since"]), "en")
    assert screens_of(phone, "3", "1") == (
        f"CON {reference}\nWith: Ward administrator since {since}\nPromised: {menu.short_day(due, 'en')}. Late.\n"
        "1 Send it higher\n2 Add words\n3 Call me\n0 Back"
    )
    shown = phone.type("1")
    case = one(db, "cases")
    answer_by = menu.long_day(local_day(case["answer_by"]), "en")
    assert shown == (
        f"END {reference} is now with the Lurambi sub-county administrator. We answer by {answer_by}. Still nothing?"
        " The national Ombudsman (CAJ) helps free."
    )
    assert (case["desk"], case["status"], case["raised_to"]) == ("sub_county", "new", "sub_county")
    assert [(step["why"], step["channel"]) for step in raised(db)] == [("asked", "ussd")]
    # She has read it: no SMS says it again.
    assert [row["wording"] for row in rows(db, "message")] == ["received"]


def test_the_answer_delivered_again_takes_no_second_step(gateway: Flask, db: Engine, filed: File) -> None:
    filed()
    phone = Handset(gateway)
    shown = screens_of(phone, "3", "1", "1")
    assert {phone.again() for _ in range(3)} == {shown}
    assert [step["step"] for step in raised(db)] == ["sub_county"]


def test_two_sessions_at_once_take_one_step(gateway: Flask, db: Engine, filed: File) -> None:
    reference = spoken(filed().reference)
    phones = [Handset(gateway, session=f"{SESSION}{number}") for number in range(2)]
    for phone in phones:
        assert "1 Send it higher" in screens_of(phone, "3", "1")
    together = Barrier(2)

    def press(phone: Handset) -> str:
        together.wait(10)
        return phone.type("1")

    with ThreadPoolExecutor(2) as threads:
        shown = sorted(threads.map(press, phones))
    assert shown[0].startswith(f"END {reference} has moved on since you read it. ")
    assert shown[1].startswith(f"END {reference} is now with the Lurambi sub-county administrator. ")
    assert [step["step"] for step in raised(db)] == ["sub_county"]


def test_her_new_day_stands_on_the_screen_and_must_pass_before_the_next_step(
    gateway: Flask, db: Engine, installation: Installation, filed: File
) -> None:
    reference = spoken(filed().reference)
    screens_of(Handset(gateway), "3", "1", "1")
    day = installation.menu.short_day(local_day(one(db, "cases")["answer_by"]), "en")
    shown = screens_of(Handset(gateway, session=f"{SESSION}1"), "3", "1")
    assert shown.startswith(f"CON {reference}: late\nWith: Lurambi sub-county since ")
    assert shown.endswith(f"\nNew date: {day}.\n2 Add words\n3 Call me\n0 Back")
    set_case(db, "answer_by = now() - interval '1 minute', next_step_at = NULL")
    shown = screens_of(Handset(gateway, session=f"{SESSION}2"), "3", "1", "1")
    assert shown.startswith(f"END {reference} is now with the chief officer, ")


def test_at_the_top_the_screen_names_the_national_ombudsman(gateway: Flask, db: Engine, filed: File) -> None:
    reference, phone = spoken(filed().reference), Handset(gateway)
    set_case(db, "raised_to = 'county_secretary', desk = 'county_secretary', answer_by = now() + interval '3 days'")
    shown = screens_of(phone, "3", "1")
    assert "\nWith: County secretary since " in shown
    assert shown.endswith("\n1 National Ombudsman (CAJ)\n2 Add words\n3 Call me\n0 Back")
    before = one(db, "cases")
    assert phone.type("1") == (
        "END CAJ, the national Ombudsman, takes complaints free at its offices and at Huduma Centres."
        f" Name report {reference}. Questions? 0800 724 388."
    )
    assert (one(db, "cases"), raised(db)) == (before, [])


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        ("planned", "planned Mar 2099"), ("cannot_now", "not possible now"), ("not_ours", "not the county's"),
        ("not_found", "not found"), ("not_a_report", "closed"),
    ],
)  # fmt: skip
def test_whoever_disagrees_with_an_ending_opens_it_again_one_step_up(
    gateway: Flask, db: Engine, filed: File, ending: str, state: str
) -> None:
    reference, phone = spoken(filed(ago=timedelta(hours=1)).reference), Handset(gateway)
    set_case(db, f"status = 'resolved', ending = '{ending}', resolved_at = now(), planned_for = '2099-03-31'")
    assert screens_of(phone, "3") == f"CON Your reports:\n1 {reference} {state}\n2 Another number\n0 Back"
    assert phone.type("1") == f"CON {reference}: {state}. Disagree?\n1 Send it higher\n3 Call me\n0 Back"
    assert phone.type("1").startswith(f"END {reference} is now with the Lurambi sub-county administrator. ")
    case = one(db, "cases")
    assert (case["status"], case["ending"], case["planned_for"]) == ("new", None, None)


@pytest.mark.parametrize(
    "changes",
    [
        "due_at = now() + interval '1 day', next_step_at = now() + interval '1 day'",
        "status = 'waiting'",
        "status = 'resolved', ending = 'fixed', confirmation = 'asked', resolved_at = now()",
        "status = 'closed', ending = 'cannot_now', closed_at = now()",
        "practice = true",
        "kind = 'feedback', category = 'PRAISE', due_at = NULL",
        "category = 'NATIONAL', due_at = NULL",
        "status = 'resolved', ending = 'not_ours', category = 'NATIONAL', due_at = NULL",
    ],
)
def test_nothing_is_offered_where_no_step_may_be_taken(gateway: Flask, db: Engine, filed: File, changes: str) -> None:
    filed()
    set_case(db, changes)
    phone = Handset(gateway)
    shown = screens_of(phone, "3", "1")
    assert "higher" not in shown
    assert "Ombudsman" not in shown
    assert phone.type("1").startswith("CON Retry. ")
    assert raised(db) == []


def test_a_confidential_report_is_on_no_list_and_goes_up_no_ladder(gateway: Flask, db: Engine, filed: File) -> None:
    reference = filed(category="CORRUPT", ago=timedelta(days=60)).reference
    phone = Handset(gateway)
    assert reference[:4] not in screens_of(phone, "3")
    assert phone.type("1", reference) == f"CON {spoken(reference)}: received.\n2 Add words\n3 Call me\n0 Back"
    assert phone.type("1").startswith("CON Retry. ")
    assert raised(db) == []


def test_somebody_elses_report_is_not_found(gateway: Flask, db: Engine, filed: File) -> None:
    reference = filed().reference
    phone = Handset(gateway, BINTI)
    assert screens_of(phone, "9", "3", "1", reference) == (
        "CON Not found for this phone. Did you hide your number?\n1 I have its secret\n0 Back"
    )
    assert raised(db) == []


def test_with_its_secret_a_report_without_a_number_goes_higher_and_nothing_is_texted(
    gateway: Flask, db: Engine, installation: Installation, filed: File
) -> None:
    found = filed(anonymous=True)
    secret = str(found.answer["slots"]["secret"])
    phone = Handset(gateway, BINTI)
    shown = screens_of(phone, "9", "3", "1", found.reference, "1", secret)
    assert "\n1 Send it higher\n" in shown
    assert phone.type("1").startswith(f"END {spoken(found.reference)} is now with ")
    assert [step["step"] for step in raised(db)] == ["sub_county"]
    assert rows(db, "message") == []
