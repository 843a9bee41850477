"""Reports of one problem on the officers' pages: proposed, merged, taken out, published, and shown as on the phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway.cases.models import Ending, Status
from gateway.people.models import Role
from tests.cases.linked import spoken
from tests.cases.merged import WORDS, faults, merge, under
from tests.cases.stage import SHEYWE, Stage
from tests.cases.test_incidents import TITLES, asked, support
from tests.triage.conftest import Browser
from tests.triage.test_together import together

MARKET = "Soko la Shirere"
FIELDS = {"title_sw": TITLES["sw"], "title_en": TITLES["en"]}


@pytest.fixture
def pair(stage: Stage) -> tuple[str, str]:
    """Two reports of a burst pipe at the market, by two people, the older one first."""
    given = {"problem": "BURST_PIPE", "landmark": MARKET, "words": WORDS}
    stage.later(minutes=-5)
    first = stage.file(phone=stage.phone(), **given)
    stage.later(minutes=5)
    return first, stage.file(phone=stage.phone(), **given)


def with_lead(stage: Stage, count: int = 2) -> tuple[str, list[str]]:
    lead, *others = [
        stage.file(problem="BURST_PIPE", phone=stage.phone(), words=f"{WORDS}, piga 0712 345 {number:03}")
        for number in range(count + 1)
    ]
    merge(stage, others, lead)
    return lead, others


def test_a_likely_duplicate_is_named_with_its_reasons_and_merged_with_one_press(
    ward: Browser, stage: Stage, pair: tuple[str, str]
) -> None:
    older, newer = pair
    page = ward.case(newer)
    assert "Perhaps the same problem" in page
    assert "same problem, same place, similar words, same day." in page
    assert f"with {spoken(older)}</span></button>" in page
    answer = ward.act(newer, "merge", other=older)
    assert (answer.status_code, answer.location) == (303, f"/triage/cases/{older}"), "where it can be published"
    assert f"{spoken(newer)} is merged: {spoken(older)} is worked on for both." in ward.said()
    assert under(stage, older) == [newer]
    assert ward.act(newer, "merge", other=older).status_code == 303
    assert "That was saved already." in ward.said()
    page = ward.case(newer)
    assert "which is worked on for both. The resident reads how that one stands" in page
    assert f"Rose merged it with {spoken(older)}, which is worked on for both" in page
    for absent in ("Take it", "End it", "Refer it", "Send to another ward", "Perhaps the same problem", "incident"):
        assert f">{absent}<" not in page
    page = ward.case(older)
    assert "1 more person told of the same" in page
    assert f"Rose merged {spoken(newer)} with it: the same problem" in page
    assert "1 more person has the same problem and will be told, too." in page
    assert faults(stage) == []


def test_under_what_has_others_already_the_older_one_comes_too(
    ward: Browser, stage: Stage, pair: tuple[str, str]
) -> None:
    older, newer = pair
    third = stage.file(problem="BURST_PIPE", landmark=MARKET, phone=stage.phone())
    merge(stage, [third], newer)
    assert ward.act(older, "merge", other=newer).status_code == 303
    assert sorted(under(stage, newer)) == sorted([older, third])


def test_what_came_with_its_lead_under_a_third_is_told_where_it_stood_before(ward: Browser, stage: Stage) -> None:
    first, second, third = [stage.file(problem="BURST_PIPE", phone=stage.phone()) for _ in range(3)]
    merge(stage, [first], second)
    merge(stage, [second], third)
    assert f"{spoken(first)} stands under another report now" in ward.case(second)
    assert f"Rose merged {spoken(first)} with it: the same problem" in ward.case(third)


def test_what_is_carried_stands_in_no_list_and_its_page_still_opens(
    ward: Browser, stage: Stage, pair: tuple[str, str]
) -> None:
    older, newer = pair
    ward.act(newer, "merge", other=older)
    assert ward.references() == [older]
    assert ward.get(f"/triage/cases/{newer}").status_code == 200


def test_the_page_of_the_lead_names_those_under_it_with_their_words_and_without_numbers(
    ward: Browser, stage: Stage
) -> None:
    lead, others = with_lead(stage)
    page = ward.case(lead)
    assert "2 more people told of the same" in page
    for one in others:
        assert spoken(one) in page
        assert f'action="/triage/cases/{one}/unmerge"' in page
    assert page.count("07xx xxx") >= 2
    assert "0712 345 001" not in page


def test_taken_out_from_the_page_of_the_lead_it_is_worked_on_again(ward: Browser, stage: Stage) -> None:
    lead, [other] = with_lead(stage, 1)
    with stage.transaction() as session:  # the resident writes: the lead tells of it before her own case does
        stage_case = stage.case(other)
        session.execute(text("UPDATE cases SET words = :words WHERE id = :id"), {"words": "Bado", "id": stage_case.id})
    page = ward.case(lead)
    form = re.search(rf'action="/triage/cases/{other}/unmerge">(.*?)</form>', page, re.DOTALL)
    assert form
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
    answer = ward.client.post(f"/triage/cases/{other}/unmerge", data=fields)
    assert (answer.status_code, answer.location) == (303, f"/triage/cases/{other}")
    assert f"{spoken(other)} is worked on by itself again." in ward.said()
    assert sorted(ward.references()) == sorted([lead, other])
    assert "Perhaps the same problem" not in ward.case(other)
    assert faults(stage) == []


def test_a_lead_that_she_does_not_see_is_not_named(browser: Callable[..., Browser], stage: Stage) -> None:
    lead = stage.file(problem="BURST_PIPE", phone=stage.phone())
    there = stage.file(problem="BURST_PIPE", phone=stage.phone(), ward_code=SHEYWE)
    merge(stage, [there], lead, stage.officer(Role.SUB_COUNTY))
    page = browser(ward_code=SHEYWE).case(there)
    assert "Merged with a report of another ward" in page
    assert spoken(lead) not in page
    assert "merged it with another report of the same" in page
    page = browser().case(lead)
    assert spoken(there) not in page
    assert browser(ward_code=SHEYWE).act(there, "unmerge").status_code == 303
    assert under(stage, lead) == []


def test_nothing_is_merged_with_what_she_does_not_see_or_what_is_gone(ward: Browser, stage: Stage) -> None:
    here = stage.file(problem="BURST_PIPE")
    there = stage.file(problem="BURST_PIPE", phone=stage.phone(), ward_code=SHEYWE)
    secret = stage.file(category="STAFF", phone=stage.phone())
    for other in (there, secret, here):
        assert ward.act(here, "merge", other=other).status_code == 409
    assert ward.act(here, "merge", other="kumi").status_code == 422
    assert stage.history(here) == ["filed"]


def test_it_is_published_with_a_title_in_each_language_and_shown_as_on_the_phone(ward: Browser, stage: Stage) -> None:
    case = stage.file(problem="BURST_PIPE")
    page = ward.case(case)
    assert "Reported: [title]. It is being worked on." in page
    day = stage.now.date() + timedelta(days=5)
    looked = ward.act(case, "publish", expected=day.isoformat(), look="y", **FIELDS)
    assert looked.status_code == 200
    expected = f"{day:%a} {day.day} {day:%b}"
    assert f"Reported: pipe at Shirere market. Expected to be over {expected}.<br>1 Same, tell me" in looked.text
    assert asked(stage) is None
    assert ward.act(case, "publish", expected=day.isoformat(), **FIELDS).status_code == 303
    assert "is asked whether it is the same" in ward.said()
    assert asked(stage) == TITLES["en"]
    page = ward.case(case)
    assert "Published as an incident" in page
    assert (
        f"Reported: pipe at Shirere market. Expected to be over {expected}.<br>1 Same, tell me<br>2 Different" in page
    )
    assert "Imeripotiwa: bomba la soko la Shirere. Inatarajiwa kuisha" in page
    assert f'value="{TITLES["sw"]}"' in page
    assert "Rose published it as an incident" in page


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    [
        ({"title_sw": "bomba"}, 409, "Give it a title in each language."),
        ({**FIELDS, "title_en": "p" * 27}, 422, "At most 26 letters."),
        ({**FIELDS, "title_en": "call 0712345678"}, 409, "No telephone numbers"),
        ({**FIELDS, "title_en": "hongo ya maji"}, 409, "confidential"),
        ({**FIELDS, "expected": "2020-01-01"}, 409, "That day is past"),
        ({**FIELDS, "expected": "soon"}, 422, "Not a valid date"),
    ],
)
def test_what_cannot_be_published_is_said_and_what_was_typed_is_kept(
    ward: Browser, stage: Stage, fields: dict[str, Any], status: int, why: str
) -> None:
    case = stage.file(problem="BURST_PIPE")
    answer = ward.act(case, "publish", **fields)
    assert (answer.status_code, why in answer.text) == (status, True)
    assert f'value="{fields["title_sw"]}"' in answer.text
    assert asked(stage) is None


def test_the_list_tells_what_is_published_how_many_joined_and_which_day_is_past(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    assert "Nothing is published." in ward.read("/triage/incidents")
    case = stage.file(problem="BURST_PIPE")
    ward.act(case, "publish", expected=(stage.now.date() + timedelta(days=2)).isoformat(), **FIELDS)
    with stage.transaction() as session:
        incident = session.scalar(text("SELECT id FROM incident"))
    assert incident
    for _ in range(3):
        support(stage, incident, stage.phone())
    page = ward.read("/triage/incidents")
    assert "pipe at Shirere market" in page
    assert "Water: Burst pipe, Shirere." in page
    assert "3 more people." in page
    assert ">Incidents</a>" in page
    stage.set("UPDATE incident SET expected_on = '2026-01-05'")
    assert "Expected Mon 5 Jan: past, not shown any more" in ward.read("/triage/incidents")
    page = ward.case(case)
    assert "The day of the repair is past:" in page
    assert "Reported: pipe at Shirere market. It is being worked on." in page
    assert "Nothing is published." in browser(ward_code=SHEYWE).read("/triage/incidents")
    assert browser(Role.OMBUDSMAN).get("/triage/incidents").status_code == 404


def test_nobody_is_asked_any_more_when_an_officer_says_so_or_the_case_ends(ward: Browser, stage: Stage) -> None:
    case = stage.file(problem="BURST_PIPE")
    ward.act(case, "publish", **FIELDS)
    assert ward.act(case, "unpublish").status_code == 303
    assert (asked(stage), ": nobody is asked any more." in ward.said()) == (None, True)
    ward.act(case, "publish", **FIELDS)
    ward.act(case, "end", ending=Ending.CANNOT_NOW.value, words="Hakuna vipuri.")
    assert asked(stage) is None
    page = ward.case(case)
    assert "Nobody is asked about it any more" in page
    assert "Publish it as an incident" not in page


def test_what_is_published_stands_for_what_is_older_and_not_sorted_yet(ward: Browser, stage: Stage) -> None:
    old = stage.file(category="OTHER", phone=stage.phone(), words=WORDS)
    stage.later(minutes=5)
    case = stage.file(problem="BURST_PIPE", phone=stage.phone())
    ward.act(case, "publish", **FIELDS)
    assert together(ward, "merge", [old, case]).status_code == 303
    assert (under(stage, case), asked(stage)) == ([old], TITLES["en"])
    assert ward.act(case, "unpublish").status_code == 303
    assert asked(stage) is None


def test_under_one_that_is_not_sorted_it_is_over_and_says_so(ward: Browser, stage: Stage) -> None:
    old = stage.file(category="OTHER", phone=stage.phone(), words=WORDS)
    case = stage.file(problem="BURST_PIPE", phone=stage.phone())
    ward.act(case, "publish", **FIELDS)
    assert together(ward, "merge", [old, case], to=old).status_code == 303
    assert (under(stage, old), asked(stage)) == ([case], None)
    assert "Nobody is asked about it any more" in ward.case(case)


def test_wherever_something_is_published_it_can_be_stopped(ward: Browser, stage: Stage) -> None:
    case = stage.file(problem="BURST_PIPE", phone=stage.phone())
    ward.act(case, "publish", **FIELDS)
    stage.set("UPDATE cases SET problem = NULL WHERE reference = :one", one=case)
    page = ward.case(case)
    assert "Published as an incident: pipe at Shirere market." in page
    assert ">Publish it<" not in page
    assert ward.act(case, "unpublish").status_code == 303
    assert asked(stage) is None
    assert "Ask nobody any more" not in ward.case(case)


def test_where_the_lead_has_no_number_the_officer_reads_who_is_asked_all_the_same(ward: Browser, stage: Stage) -> None:
    lead = stage.file(problem="BURST_PIPE", anonymous=True)
    others = [stage.file(problem="BURST_PIPE", phone=stage.phone(), quiet=True) for _ in range(2)]
    merge(stage, others, lead)
    page = ward.case(lead)
    assert "Nothing is sent" not in page
    assert f"{spoken(others[0])} imekamilika" in page or spoken(others[0]) in page
    assert "2 more people have the same problem and will be told, too. That is 2 SMS" in page
    looked = ward.act(lead, "end", ending="fixed", words="Imekwisha.", look="y")
    assert "1 SMS to each of 2" in looked.text
    assert ward.act(lead, "end", ending="fixed", words="Imekwisha.").status_code == 303
    assert "2 people are asked by SMS whether that is true." in ward.said()
    assert [stage.letters(one) for one in others] == [[("fixed", "queued")]] * 2


def test_an_officer_reads_to_how_many_her_reason_goes(ward: Browser, stage: Stage) -> None:
    lead, others = with_lead(stage, 3)
    stage.set("UPDATE resident SET stopped_at = now() WHERE id = :id", id=stage.case(others[0]).resident_id)
    assert "3 more people have the same problem, of whom 2 are told, too. That is 3 SMS" in ward.case(lead)
    ward.act(lead, "end", ending="cannot_now", words="Hakuna vipuri.")
    assert "Your reason goes to 3 people by SMS." in ward.said()


def test_ending_the_lead_ends_all_and_the_next_page_shows_it(ward: Browser, stage: Stage) -> None:
    lead, others = with_lead(stage)
    assert ward.act(lead, "end", ending="fixed", words="Bomba limefungwa.").status_code == 303
    assert {stage.case(one).status for one in others} == {Status.RESOLVED}
    page = ward.case(others[0])
    assert "Ended by Rose: Fixed" in page
    assert "Take out again" not in page


def test_feedback_and_confidential_cases_offer_nothing_of_it(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    idea = stage.file(category="IDEA", problem="WATER")
    secret = stage.file(category="STAFF")
    pages = [ward.case(idea), browser(Role.OMBUDSMAN).case(secret)]
    for page in pages:
        assert "Publish it as an incident" not in page
        assert "Perhaps the same problem" not in page
    assert ward.act(idea, "publish", **FIELDS).status_code == 409
