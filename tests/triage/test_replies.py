"""Ready texts: those that fit the case, in the resident's language, with letters, SMS and price."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest

from gateway.cases.models import Case, Ending, Kind, Status
from gateway.people.models import Resident
from gateway.triage import forms, replies
from gateway.triage.preview import is_unreadable
from menus.lettering import is_gsm7, septets
from tests.cases.stage import AMINA, MONDAY, SHIRERE, Stage
from tests.triage.conftest import Browser

PRICE = Decimal("0.80")


def water(stage: Stage, **given: object) -> Case:
    fields: dict[str, object] = {
        "reference": "48217739", "kind": Kind.GRIEVANCE, "category": "WATER", "problem": "BURST_PIPE",
        "sensitive": False, "ward_code": SHIRERE, "department": "water", "language": "sw",
        "resident_id": 1, "resident": Resident(), "status": Status.NEW,
    }  # fmt: skip
    return Case(**(fields | given))


def test_texts_of_another_subject_are_not_offered(stage: Stage) -> None:
    codes = {one.code for one in replies.of(stage.office, water(stage), MONDAY)}
    assert {"rationing", "parts-ordered", "crew-tomorrow"} <= codes
    assert not codes & {"rains", "kplc", "medicine-ordered"}


def test_a_text_is_filled_in_the_residents_language(stage: Stage) -> None:
    assert replies.text(stage.office, water(stage), "crew-tomorrow", MONDAY) == (
        "Fundi atakuja Jnn 24 Nov. Asante kwa kuripoti."
    )
    english = water(stage, language="en")
    assert replies.text(stage.office, english, "rationing", MONDAY) == (
        "Water comes on certain days. The timetable is at the Shirere ward office."
    )
    assert replies.text(stage.office, english, "rains", MONDAY) is None


def test_what_asks_something_is_offered_only_where_it_can_be_answered(stage: Stage) -> None:
    office, codes = stage.office, {}
    for can_reply in (True, False):
        asking = replace(office, letters=replace(office.letters, can_reply=can_reply))
        codes[can_reply] = {one.code for one in replies.of(asking, water(stage), MONDAY)}
    assert codes[True] - codes[False] == {"where-exactly"}
    waiting = replies.of(office, water(stage, status=Status.WAITING), MONDAY)
    assert "where-exactly" not in {one.code for one in waiting}


def test_what_names_the_ward_is_offered_only_where_it_is_known(stage: Stage) -> None:
    known, unknown = ({one.code for one in replies.of(stage.office, case, MONDAY)} for case in (
        water(stage), water(stage, ward_code=None),
    ))  # fmt: skip
    assert known - unknown == {"rationing", "no-money", "looked-nothing"}


def test_the_question_of_a_ready_text_puts_the_case_to_waiting_from_its_page_and_from_the_queue(
    ward: Browser, stage: Stage
) -> None:
    here, there = stage.file(), stage.file(phone=AMINA)
    filled = ward.act(here, "write", ready="where-exactly").text
    assert 'id="write-wait" checked' in filled
    assert 'id="write-wait" checked' not in ward.act(here, "write", ready="crew-tomorrow", wait="y").text
    assert 'value="wait+where-exactly"' in ward.read("/triage/")
    chosen = {f"what-{there}": "wait+where-exactly", f"seen-{there}": str(stage.events(there)[-1].id)}
    assert ward.post("/triage/queue", do=f"row {there}", back="", **chosen).status_code == 303
    assert stage.case(there).status is Status.WAITING
    assert stage.last_text(there).endswith("Jibu kwa jina la soko, shule au kanisa lililo karibu.")


def test_the_sms_that_it_makes_is_counted_whole(stage: Stage) -> None:
    found = {one.code: one for one in replies.of(stage.office, water(stage), MONDAY, PRICE)}
    seen = found["crew-tomorrow"].seen
    assert seen is not None
    assert seen.sms.startswith("4821 7739, Kaunti ya Kakamega: ")
    assert "Fundi atakuja" in seen.sms
    assert (seen.parts, seen.price) == (1, PRICE)
    assert seen.septets == septets(seen.sms)
    assert found["fixed-repaired"].seen is None, "the words of *fixed* are not sent"
    assert found["no-money"].ending is Ending.CANNOT_NOW


def test_where_nothing_is_sent_only_reasons_are_offered(stage: Stage) -> None:
    hidden = replies.of(stage.office, water(stage, resident_id=None, resident=None), MONDAY)
    assert hidden
    assert all(one.ending and one.seen is None for one in hidden)
    assert replies.of(stage.office, water(stage, sensitive=True), MONDAY) == []
    assert replies.of(stage.office, water(stage, kind=Kind.REQUEST), MONDAY) == []
    assert replies.of(stage.office, water(stage, status=Status.CLOSED), MONDAY) == []


@pytest.mark.parametrize("language", ["sw", "en"])
def test_every_text_of_the_county_stays_a_message_at_its_longest(stage: Stage, language: str) -> None:
    county = stage.office.county
    longest = max(county.wards, key=lambda ward: len(ward.name)).code
    for category, department in product(county.categories, county.departments):
        if category.sensitive:
            continue
        for problem in (*(one.code for one in category.problems), None):
            case = water(
                stage, language=language, ward_code=longest, category=category.code, problem=problem,
                department=department.code,
            )  # fmt: skip
            for one in replies.of(stage.office, case, MONDAY):
                assert len(one.text) <= forms.REASON
                assert is_gsm7(one.text)
                assert "{" not in one.text
                assert not is_unreadable(one.text)
