"""Reports without a ward: what their words name is one press away, everything else is typed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway.cases import actions
from gateway.cases.models import Case, Channel, Desk
from gateway.people.models import Audit, Role
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser

PAGE = "/triage/unplaced"


@pytest.fixture
def hotline(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.HOTLINE)


def unplaced(stage: Stage, **given: str | None) -> str:
    return stage.file(ward_code=None, channel=Channel.SMS, phone=stage.phone(), **given)


def test_the_oldest_stands_first_each_with_the_wards_that_its_words_name(hotline: Browser, stage: Stage) -> None:
    named = unplaced(stage, words="Shirere hakuna maji tangu jana")
    loose = unplaced(stage, landmark="Shere", words="Hakuna maji")
    lost = unplaced(stage, words="Hakuna maji kabisa")
    stage.file(words="Ina wadi yake")
    page = hotline.read(PAGE)
    assert re.findall(r'id="case-(\d+)"', page) == [named, loose, lost]
    rows = page.split('<li class="row')[1:]
    pressed = [re.findall(r'name="ward" value="(\d+)"[^>]*>([^<]+)', row) for row in rows]
    assert pressed[0] == [(str(SHIRERE), "Shirere ")]
    assert "“Shirere”" in rows[0]
    quiet = [re.findall(r'name="ward" value="\d+" class="quiet"', row) for row in rows]
    assert (len(quiet[0]), len(quiet[1])) == (0, len(pressed[1])), "what only sounds alike is quieter"
    assert pressed[2] == []
    assert "Ina wadi yake" not in page
    assert "Hakuna maji kabisa" in page


def test_one_press_sends_it_to_its_ward_and_the_next_one_stands_first(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    first, second = unplaced(stage, words="Shirere hakuna maji"), unplaced(stage, words="Taa haziwaki")
    due = stage.case(first).due_at
    answer = hotline.post(PAGE, reference=first, ward=str(SHIRERE))
    assert (answer.status_code, answer.location.split("?")[0]) == (303, PAGE)
    assert "went to Shirere ward. Its clock runs on." in hotline.said()
    case = stage.case(first)
    assert (case.ward_code, case.desk, case.due_at) == (SHIRERE, Desk.WARD, due)
    assert first in ward.references()
    assert re.findall(r'id="case-(\d+)"', hotline.read(PAGE)) == [second]


@pytest.mark.parametrize("typed", ["Sheywe", "  sheywe ", str(SHEYWE)])
def test_another_ward_is_typed_by_its_name_or_its_code(hotline: Browser, stage: Stage, typed: str) -> None:
    reference = unplaced(stage, words="Hakuna maji")
    hotline.post(PAGE, reference=reference, other=typed)
    assert stage.case(reference).ward_code == SHEYWE


@pytest.mark.parametrize(
    ("typed", "why", "wards"),
    [
        ("", "No ward is called so.", []),
        ("Nyeri", "No ward is called so.", []),
        ("9999", "No ward is called so.", []),
        ("Kisa", "Which ward: Kisa Central, ", ["Kisa Central", "Kisa West", "Kisa East", "Kisa North"]),
        ("Sheywee", "Which ward: Sheywe? ", ["Sheywe"]),
    ],
)
def test_what_names_no_ward_or_more_than_one_changes_nothing_and_stays_in_its_row(
    hotline: Browser, stage: Stage, typed: str, why: str, wards: list[str]
) -> None:
    unplaced(stage, words="Barabara")
    reference = unplaced(stage, words="Hakuna maji")
    answer = hotline.post(PAGE, reference=reference, other=typed, seen="0")
    assert answer.status_code == 422
    assert stage.case(reference).ward_code is None
    row = answer.text.partition(f'id="case-{reference}"')[2].partition("</li>")[0]
    assert f'action="{PAGE}#case-{reference}"' in row
    assert why in row
    assert f'value="{typed}" aria-invalid="true"' in row
    assert re.findall(r'name="ward" value="\d+"[^>]*>([^<]+)<', row) == wards
    assert answer.text.count('aria-invalid="true"') == 1


def test_what_came_before_a_mistyped_ward_is_still_read_before_it_is_sent_anywhere(
    hotline: Browser, stage: Stage
) -> None:
    reference = unplaced(stage, words="Hakuna maji")
    seen = re.search(r'name="seen" value="(\d+)"', hotline.read(PAGE))
    assert seen
    stage.do(actions.note, reference, stage.officer(Role.HOTLINE), "Ni Sheywe, alipiga tena")
    back = hotline.post(PAGE, reference=reference, other="Kisa", seen=seen[1]).text
    kept = re.search(r'name="seen" value="(\d+)"', back)
    assert kept
    assert hotline.post(PAGE, reference=reference, ward=str(SHIRERE), seen=kept[1]).status_code == 409


def test_what_a_colleague_placed_meanwhile_is_not_placed_again(
    hotline: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference = unplaced(stage, words="Hakuna maji")
    hotline.post(PAGE, reference=reference, ward=str(SHIRERE))
    assert browser(Role.HOTLINE).post(PAGE, reference=reference, ward=str(SHEYWE)).status_code == 404
    assert stage.case(reference).ward_code == SHIRERE


def test_requests_confidential_cases_and_those_that_have_ended_are_not_among_them(
    hotline: Browser, stage: Stage
) -> None:
    unplaced(stage, category="information", words="Bajeti")
    unplaced(stage, category="CORRUPT", words="Hongo")
    unplaced(stage, category="NATIONAL", problem="KPLC", referral="KPLC")
    stage.set("UPDATE cases SET status = 'closed' WHERE reference = :one", one=unplaced(stage))
    assert "Every report has its ward." in hotline.read(PAGE)


def test_twenty_five_stand_on_a_page_and_whoever_reads_it_is_on_record(hotline: Browser, stage: Stage) -> None:
    for number in range(26):
        unplaced(stage, words=f"Habari {number:02}")
    first, last = hotline.read(PAGE), hotline.read(f"{PAGE}?page=2")
    assert (first.count('id="case-'), last.count('id="case-'), "Page 1 of 2" in first) == (25, 1, True)
    with stage.transaction() as session:
        lines = session.scalars(select(Audit).where(Audit.name == "listed").order_by(Audit.id)).all()
        ids = list(session.scalars(select(Case.id).order_by(Case.id)))
        assert [line.case_ids for line in lines] == [ids[:25], ids[25:]]


def test_numbers_inside_words_are_masked_and_markup_is_text(hotline: Browser, stage: Stage) -> None:
    unplaced(stage, words="Nipigie 0711000777 <b>sasa</b>")
    page = hotline.read(PAGE)
    assert "0711000777" not in page
    assert "&lt;b&gt;sasa&lt;/b&gt;" in page


def test_a_second_press_says_that_it_was_saved(hotline: Browser, stage: Stage) -> None:
    reference = unplaced(stage, words="Shirere hakuna maji")
    for _ in range(2):
        assert hotline.post(PAGE, reference=reference, ward=str(SHIRERE)).status_code == 303
    assert hotline.said() == "That was saved already."
    assert stage.history(reference).count("routed") == 1
    assert hotline.post(PAGE, reference=reference, ward=str(SHEYWE)).status_code == 404


def test_a_second_press_on_the_page_of_a_case_and_in_the_queue_says_so_too(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    here, away = unplaced(stage, words="Hakuna maji"), [stage.file(phone=stage.phone(), quiet=True) for _ in range(2)]
    for _ in range(2):
        assert hotline.act(here, "route", ward=str(SHIRERE)).status_code == 303
    assert hotline.said() == "That was saved already."
    form = {"do": "selected", "what": "route", "to": str(SHEYWE), "case": away}
    for _ in range(2):
        assert ward.post("/triage/queue", **form).status_code == 303
    assert ward.said() == "That was saved already."
    assert ward.post("/triage/queue", **form | {"to": "1013"}).status_code == 409
    assert [stage.history(one).count("routed") for one in (here, *away)] == [1, 1, 1]


def test_what_came_meanwhile_is_read_before_it_is_sent_anywhere(hotline: Browser, stage: Stage) -> None:
    reference = unplaced(stage, words="Hakuna maji")
    found = re.search(r'name="seen" value="(\d+)"', hotline.read(PAGE))
    assert found
    stage.do(actions.note, reference, stage.officer(Role.HOTLINE), "Ni Sheywe, alipiga tena")
    answer = hotline.post(PAGE, reference=reference, ward=str(SHIRERE), seen=found[1])
    assert answer.status_code == 409
    assert "It has changed while you had the list open" in answer.text
    assert "Ni Sheywe, alipiga tena" in answer.text
    assert stage.case(reference).ward_code is None
    found = re.search(r'name="seen" value="(\d+)"', answer.text)
    assert found
    assert hotline.post(PAGE, reference=reference, ward=str(SHEYWE), seen=found[1]).status_code == 303
    assert stage.case(reference).ward_code == SHEYWE
