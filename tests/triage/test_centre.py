"""The county's own call centre: from it by its own number, to it and back, and what it has now."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config import county as counties
from gateway.cases import centre, conflicts, erasing, retention, timing
from gateway.cases.models import Case, Channel, Desk
from gateway.cases.references import spoken
from gateway.db import officer_session
from gateway.people.models import Audit, Role
from tests.cases.stage import SHIRERE, Stage
from tests.triage.conftest import TOKEN, Browser

NONCE = re.compile(r'name="nonce" value="([^"]+)"')
WORDS = "Tafadhali wapigie KPLC"


@pytest.fixture
def hotline(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.HOTLINE)


@pytest.fixture
def reference(stage: Stage) -> str:
    """A report at the county desk."""
    return stage.file(ward_code=None, channel=Channel.SMS, words="Hakuna maji Ingotse")


def log(hotline: Browser, nonce: str = "", **fields: str) -> str:
    page = hotline.post("/triage/log-call/caller", phone="").text
    found = NONCE.search(page)
    assert found
    usual = {"nonce": nonce or found[1], "language": "sw", "code": "11", "ward": str(SHIRERE), "phone": "0711000001"}
    return hotline.post("/triage/log-call", **(usual | fields)).text


def hand_over(hotline: Browser, reference: str, **fields: str) -> Any:
    return hotline.act(reference, "to_centre", **({"number": "kcc 12", "words": WORDS} | fields))


def test_what_comes_from_the_call_centre_is_filed_once_by_its_number(hotline: Browser, stage: Stage) -> None:
    assert "Filed. Read this aloud" in log(hotline, centre="KCC 77")
    case = stage.only_case()
    assert (case.centre_reference, stage.history(case.reference)) == ("KCC 77", ["filed", "centre_came"])
    page = log(hotline, centre=" kcc  77", code="23")
    assert "Nothing was filed: the call centre’s number stands with a report already." in page
    assert f"{case.reference[:4]} {case.reference[4:]}" in page
    assert "Water: No water, Shirere" in page
    assert stage.count(Case) == 1
    assert log(hotline, centre="KCC 78")
    assert stage.count(Case) == 2


def test_the_same_form_sent_again_reads_the_same_also_with_the_call_centres_number(
    hotline: Browser, stage: Stage
) -> None:
    pages = (log(hotline, nonce="n" * 20, centre="KCC 77").partition("<main")[2] for _ in range(2))
    first, again = (TOKEN.sub("", page) for page in pages)
    assert "Filed. Read this aloud" in first
    assert again == first
    assert (stage.count(Case), len(stage.history(stage.only_case().reference))) == (1, 2)


@pytest.mark.parametrize("about_her", [False, True])
def test_the_number_of_a_confidential_report_and_of_one_about_the_agent_is_as_if_unknown(
    hotline: Browser, stage: Stage, about_her: bool
) -> None:
    log(hotline, centre="KCC 77", code="s2")
    first = stage.only_case().reference
    if about_her:
        stage.do(conflicts.name, first, stage.officer(Role.OMBUDSMAN), [hotline.who.id])
        stage.set("UPDATE cases SET sensitive = false WHERE reference = :one", one=first)
    page = log(hotline, centre="KCC 77")
    assert "Filed. Read this aloud" in page
    assert spoken(first) not in page
    assert stage.count(Case) == 2


def test_of_another_callers_report_that_she_does_not_see_she_learns_the_reference_alone(
    hotline: Browser, stage: Stage
) -> None:
    log(hotline, centre="KCC 77")
    case = stage.only_case()
    page = log(hotline, centre="KCC 77", phone="0733000002").split('id="stands-title"')[1].split("</section>")[0]
    assert spoken(case.reference) in page
    for hidden in ("Water", "Shirere", "promised", "Add the words"):
        assert hidden not in page
    with stage.transaction() as session:
        lines = session.scalars(select(Audit).where(Audit.name == "caller_looked_up").order_by(Audit.id))
        assert [case.id] in [line.case_ids for line in lines]


def test_what_was_typed_beside_a_known_number_is_kept_to_be_added_or_filed_without_it(
    hotline: Browser, stage: Stage
) -> None:
    log(hotline, centre="KCC 77")
    case = stage.only_case()
    page = log(hotline, centre="KCC 77", words="Maneno marefu ya mpigaji", code="23", place="Stendi")
    for kept in ("Maneno marefu ya mpigaji", 'value="23"', 'value="Stendi"', 'value="KCC 77"', 'value="0711000001"'):
        assert kept in page
    assert '<button class="quiet" name="letter" value="a">' in page
    typed = {"centre": "KCC 77", "words": "Maneno marefu", "code": "23", "earlier": case.reference}
    assert "The words were added to" in log(hotline, letter="a", **typed)
    assert stage.only_case().words == "Maneno marefu"
    assert "Filed. Read this aloud" in log(hotline, unnumbered="y", **typed)
    with stage.transaction() as session:
        numbers = session.scalars(select(Case.centre_reference).order_by(Case.id))
        assert list(numbers) == ["KCC 77", None]


def test_a_case_is_found_by_the_call_centres_number_in_the_box_above_the_queue(
    hotline: Browser, ward: Browser, reference: str
) -> None:
    hand_over(hotline, reference, number="20 25")
    for typed in ("20+25", "%2020%20%2025"):
        answer = hotline.get(f"/triage/find?words={typed}")
        assert (answer.status_code, answer.location) == (303, f"/triage/cases/{reference}")
    assert reference not in (ward.get("/triage/find?words=20+25").location or "")
    assert hotline.get("/triage/find?words=%00KCC").status_code in (200, 303)


def test_it_is_handed_over_and_comes_back_while_desk_and_clocks_stay(
    hotline: Browser, reference: str, stage: Stage
) -> None:
    before = stage.case(reference)
    assert "Hand over to Kakamega call centre" in hotline.case(reference)
    assert hand_over(hotline, reference).status_code == 303
    page = hotline.case(reference)
    assert "With the call centre: KCC 12" in page
    assert "Rose handed it over to the county’s call centre" in page
    assert "Hand over to" not in page
    case = stage.case(reference)
    assert (case.desk, case.status, case.due_at, case.desk_due_at) == (
        Desk.COUNTY, before.status, before.due_at, before.desk_due_at,
    )  # fmt: skip
    assert hotline.act(reference, "from_centre", words="KPLC wanakuja kesho").status_code == 303
    page = hotline.case(reference)
    assert ("With the call centre" in page, "Call centre: KCC 12" in page, "KPLC wanakuja kesho" in page) == (
        False, True, True,
    )  # fmt: skip
    assert stage.history(reference) == ["filed", "centre_handed", "centre_returned"]
    with stage.transaction() as session:
        assert timing.check(session, stage.office, session.get_one(Case, case.id)) == []


def test_a_second_press_hands_over_once_and_what_is_there_is_not_handed_over_again(
    hotline: Browser, reference: str, stage: Stage
) -> None:
    for _ in range(2):
        assert hand_over(hotline, reference).status_code == 303
    answer = hand_over(hotline, reference, words="Jambo lingine")
    assert (answer.status_code, "The call centre has it already." in answer.text) == (409, True)
    assert stage.history(reference) == ["filed", "centre_handed"]
    hotline.act(reference, "from_centre", words="Sawa")
    assert hotline.act(reference, "from_centre", words="Tena").status_code == 409


def test_a_report_keeps_the_number_under_which_it_came_when_it_is_handed_over_under_another(
    hotline: Browser, stage: Stage
) -> None:
    log(hotline, centre="KCC 77", ward="")
    reference = stage.only_case().reference
    assert 'value="KCC 77"' in hotline.case(reference), "the number that it has there already"
    for number in ("KCC 900", "KCC 77", "KCC 900"):
        hand_over(hotline, reference, number=number)
        hotline.act(reference, "from_centre", words=f"Sawa {number}")
    case = stage.only_case()
    assert (case.centre_reference, case.centre_before) == ("KCC 900", ["KCC 77"])
    assert "Call centre: KCC 900, before that KCC 77" in hotline.case(reference)
    for known in ("KCC 77", "KCC 900"):
        assert "Nothing was filed" in log(hotline, centre=known)
        assert hotline.get(f"/triage/find?words={known}").location == f"/triage/cases/{reference}"
    assert stage.count(Case) == 1
    typed = {"centre": "KCC 77", "words": "Bado", "earlier": reference, "letter": "a"}
    assert "The words were added to" in log(hotline, **typed)


def test_two_reports_never_have_one_number_of_the_call_centre(hotline: Browser, reference: str, stage: Stage) -> None:
    other = stage.file(ward_code=None, phone=stage.phone())
    hand_over(hotline, reference, number="KCC 5")
    answer = hand_over(hotline, other, number="kcc 5")
    assert (answer.status_code, "Another report has this number of the call centre." in answer.text) == (409, True)
    assert WORDS in answer.text
    hotline.act(reference, "from_centre", words="Sawa")
    hand_over(hotline, reference, number="KCC 6")
    assert hand_over(hotline, other, number="KCC 5").status_code == 409, "it was the other one's before"
    assert (stage.case(other).centre_reference, stage.history(other)) == (None, ["filed"])


def test_another_number_with_the_same_words_is_no_second_press(hotline: Browser, reference: str) -> None:
    hand_over(hotline, reference, number="KCC 5")
    assert hand_over(hotline, reference, number="KCC 6").status_code == 409


def test_what_is_taken_back_or_kept_no_longer_has_no_number_of_the_call_centre(hotline: Browser, stage: Stage) -> None:
    for over in (False, True):
        reference = stage.file(ward_code=None, phone=stage.phone())
        hand_over(hotline, reference, number=f"KCC 1{over:d}")
        hotline.act(reference, "from_centre", words="Sawa")
        hand_over(hotline, reference, number=f"KCC 2{over:d}")
        with stage.transaction() as session:
            case = session.scalars(select(Case).where(Case.reference == reference)).one()
            assert case.centre_before == [f"KCC 1{over:d}"]
            if over:
                retention.anonymise(session, [case.id], stage.now, over=True)
            else:
                erasing.withdraw(session, stage.office, case, stage.now)
        case = stage.case(reference)
        assert (case.centre_reference, case.centre_before) == (None, None)


@pytest.mark.parametrize("fields", [{"number": ""}, {"words": ""}, {"number": "x" * 41}])
def test_their_number_and_what_they_should_do_are_needed(
    hotline: Browser, reference: str, stage: Stage, fields: dict[str, str]
) -> None:
    assert hand_over(hotline, reference, **fields).status_code == 422
    assert stage.history(reference) == ["filed"]


def test_only_the_hotline_hands_over_and_nobody_what_the_law_keeps_with_one_desk(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    own = stage.file()
    assert hand_over(ward, own).status_code == 409
    request = stage.file(category="information", words="Bajeti", channel=Channel.SMS)
    assert hand_over(hotline, request).status_code == 409
    assert {*stage.history(own), *stage.history(request)} == {"filed"}


def test_the_list_and_its_file_have_no_words_and_no_numbers_of_residents(
    hotline: Browser, ward: Browser, reference: str, stage: Stage
) -> None:
    hand_over(hotline, reference, number="=1+1")
    log(hotline, centre="KCC 99", ward="")
    page = hotline.read("/triage/centre")
    assert re.findall(r"/triage/cases/(\d+)", page) == [reference]
    answer = hotline.get("/triage/centre.csv")
    assert answer.mimetype == "text/csv"
    [head, row] = list(csv.reader(answer.text.splitlines()))
    assert head == ["Reference", "Their number", "About", "Ward", "Handed over", "Days"]
    assert row[:4] == [f"{reference[:4]} {reference[4:]}", "'=1+1", "Water", "Ward not known"]
    for private in ("Hakuna", "KPLC", "+254"):
        assert private not in page + answer.text
    assert ward.get("/triage/centre").status_code == ward.get("/triage/centre.csv").status_code == 404
    with stage.transaction() as session:
        names = list(session.scalars(select(Audit.name).where(Audit.officer_id == hotline.who.id).order_by(Audit.id)))
        assert (names[-2:], names.count("exported")) == (["listed", "exported"], 1)
    hotline.act(reference, "from_centre", words="Sawa")
    assert "The call centre has none of them." in hotline.read("/triage/centre")


def test_a_case_is_found_by_the_call_centres_number_where_it_is_seen(
    hotline: Browser, ward: Browser, reference: str, stage: Stage
) -> None:
    hand_over(hotline, reference)
    for who, typed, found in ((hotline, "KCC 12", reference), (hotline, " kcc  12 ", reference), (ward, "KCC 12", None),
                              (hotline, "KCC 1", None), (hotline, "", None)):  # fmt: skip
        with officer_session(stage.engine, who.who) as session:
            assert centre.find(session, who.who, typed) == found


def test_a_ward_that_gets_it_writes_down_what_the_call_centre_says(
    hotline: Browser, ward: Browser, reference: str, stage: Stage
) -> None:
    hand_over(hotline, reference)
    hotline.act(reference, "route", ward=str(SHIRERE))
    assert "Kakamega call centre says" in ward.case(reference)
    assert ward.act(reference, "from_centre", words="Wamemaliza").status_code == 303
    assert stage.history(reference)[-1] == "centre_returned"


def test_a_county_may_have_no_call_centre(stage: Stage) -> None:
    folder = Path(__file__).parents[1] / "counties" / "nairobi"
    assert counties.load(folder).call_centre is None
    assert stage.office.county.call_centre == counties.CallCentre("Kakamega call centre", "0800 724 388")
