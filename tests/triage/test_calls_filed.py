"""What becomes of a call: read back, put right, put under what is published; landlines and numbers from abroad."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.cases import actions
from gateway.cases.clock import local_day
from gateway.cases.models import Case, Desk
from gateway.cases.references import spoken
from gateway.people.models import Role
from gateway.triage.english import day
from tests.cases.stage import AMINA, SHEYWE, SHIRERE, Stage
from tests.cases.test_incidents import publish
from tests.triage.conftest import Browser
from tests.triage.test_calls import field, look_up, send

RIGHT = "/triage/log-call/right"


@pytest.fixture
def hotline(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.HOTLINE)


def said(page: str) -> str:
    """What the agent reads back."""
    found = re.search(r'data-testid="said"><b>([^<]*)</b>', page)
    assert found
    return found[1]


def put_right(hotline: Browser, page: str, **fields: str) -> Any:
    """Send the form of this page, as it stands there but for `fields`."""
    given = {name: field(page, name) for name in ("nonce", "about", "ward", "place")}
    return hotline.post(RIGHT, **(given | {"code": ""} | fields))


# The ward


@pytest.mark.parametrize("typed", ["Sheywe", " sheywe ", str(SHEYWE)])
def test_the_ward_is_typed_by_its_name_or_its_code(hotline: Browser, stage: Stage, typed: str) -> None:
    send(hotline, look_up(hotline), code="12", ward=typed)
    assert stage.only_case().ward_code == SHEYWE


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("Nyeri", "No ward is called so. Type its name or its code."),
        ("Kisa", "Which ward: Kisa Central, Kisa West, Kisa East or Kisa North? Type its whole name or its code."),
        ("Shirrere", "Which ward: Shirere? Type its whole name or its code."),
    ],
)
def test_what_is_no_ward_files_nothing_and_says_which_may_be_meant(
    hotline: Browser, stage: Stage, typed: str, sentence: str
) -> None:
    answer = send(hotline, look_up(hotline), code="12", ward=typed, words="Bomba")
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert (field(answer.text, "ward"), stage.count(Case)) == (typed, 0)


# Read back, and put right


def test_what_was_filed_is_read_back_with_its_ward_and_its_place(hotline: Browser, stage: Stage) -> None:
    page = look_up(hotline)
    for _ in range(2):
        assert said(send(hotline, page, code="12", place="Soko").text) == "Water: Burst pipe, Shirere, Soko"
    assert said(send(hotline, look_up(hotline), code="12", ward="").text) == "Water: Burst pipe, ward not known"


def test_what_became_of_it_by_its_words_is_not_read_back(hotline: Browser, stage: Stage) -> None:
    answer = send(hotline, look_up(hotline), code="12", words="Karani alitaka hongo")
    assert stage.only_case().sensitive
    assert said(answer.text) == "Water: Burst pipe, Shirere"
    changed = put_right(hotline, answer.text, code="21", place="Soko")
    assert said(changed.text) == "Road, bridge: Potholes, Shirere, Soko"
    assert (stage.only_case().category, stage.only_case().desk) == ("CORRUPT", Desk.CONFIDENTIAL)


def test_a_wrong_ward_and_a_wrong_subject_are_put_right_once(
    hotline: Browser, browser: Callable[..., Browser], ward: Browser, stage: Stage
) -> None:
    filed = send(hotline, look_up(hotline), code="12", place="Soko").text
    reference = stage.only_case().reference
    assert ward.references() == [reference]
    for _ in range(2):
        answer = put_right(hotline, filed, ward="Sheywe", code="21")
        assert (answer.status_code, said(answer.text)) == (200, "Road, bridge: Potholes, Sheywe, Soko")
        assert f"{reference[:4]} {reference[4:]}" in answer.text
    case = stage.only_case()
    assert (case.ward_code, case.category, case.problem, case.landmark) == (SHEYWE, "ROADS", "POTHOLES", "Soko")
    assert stage.history(reference) == ["filed", "amended"]
    assert stage.events(reference)[-1].officer_id == hotline.who.id
    assert ward.references() == []
    assert "Rose changed the ward, place or problem" in browser(ward_code=SHEYWE).case(reference)
    her = stage.resident()
    assert her
    assert her.ward_code == SHEYWE
    assert said(put_right(hotline, answer.text, ward=str(SHIRERE)).text) == "Road, bridge: Potholes, Shirere, Soko"
    assert stage.case(reference).category == "ROADS"


def test_the_secret_is_read_aloud_after_the_change_too(hotline: Browser, stage: Stage) -> None:
    filed = send(hotline, look_up(hotline, ""), code="12", phone="").text
    secret = re.search(r'<b class="number">(\d{4})</b>', filed)
    assert secret
    assert f'<b class="number">{secret[1]}</b>' in put_right(hotline, filed, ward="Sheywe").text


def test_an_sms_with_the_old_day_that_has_left_is_followed_by_one_with_the_new_day(
    hotline: Browser, stage: Stage
) -> None:
    filed = send(hotline, look_up(hotline), code="12").text
    put_right(hotline, filed, code="81 1")  # land takes longer
    reference = stage.only_case().reference
    assert [status for _, status in stage.letters(reference)] == ["cancelled", "queued"]
    stage.set("UPDATE message SET status = 'sent' WHERE status = 'queued'")
    put_right(hotline, filed, ward="Sheywe", code="12", about="LANDS:PUBLIC_LAND")
    assert [status for _, status in stage.letters(reference)] == ["cancelled", "sent", "queued"]


@pytest.mark.parametrize("late", ["taken", "old", "another"])
def test_it_is_too_late_once_somebody_has_it_or_ten_minutes_are_over_and_never_another_agents(
    hotline: Browser, browser: Callable[..., Browser], ward: Browser, stage: Stage, late: str
) -> None:
    filed = send(hotline, look_up(hotline), code="12").text
    reference = stage.only_case().reference
    if late == "taken":
        stage.do(actions.take, reference, ward.who)
    if late == "old":
        stage.set("UPDATE cases SET received_at = received_at - interval '11 minutes'")
    answer = put_right(browser(Role.HOTLINE) if late == "another" else hotline, filed, ward="Sheywe")
    assert (answer.status_code, "Too late to change it here" in answer.text) == (409, True)
    assert (spoken(reference) in answer.text) is (late != "another")
    assert stage.case(reference).ward_code == SHIRERE


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"ward": "Kisa"}, "Which ward: Kisa Central"),
        ({"code": "99"}, "No subject has this code."),
        ({"code": "s2"}, "That is another kind of report: file it as a new one."),
        ({"code": "r1"}, "That is another kind of report: file it as a new one."),
        ({"nonce": "\0"}, "Reload the page and try again."),
        ({"about": "IDEA:", "code": "12"}, "That is another kind of report: file it as a new one."),
    ],
)
def test_what_cannot_be_put_right_changes_nothing_and_says_why(
    hotline: Browser, stage: Stage, fields: dict[str, str], sentence: str
) -> None:
    answer = put_right(hotline, send(hotline, look_up(hotline), code="12").text, **fields)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert stage.history(stage.only_case().reference) == ["filed"]


@pytest.mark.parametrize("code", ["s2", "r4", "891"])
def test_what_is_no_report_for_a_ward_is_not_changed_here(hotline: Browser, code: str) -> None:
    assert "Not right: change" not in send(hotline, look_up(hotline), code=code).text


# The same as what is published


@pytest.fixture
def lead(stage: Stage) -> str:
    """A burst pipe of Amina's in Shirere, published."""
    reference = stage.file(phone=AMINA, problem="BURST_PIPE")
    publish(stage, reference, expected_on=local_day(stage.now) + timedelta(days=3))
    return reference


def hers(stage: Stage, lead: str) -> Case:
    with stage.transaction() as session:
        return session.scalars(select(Case).where(Case.reference != lead)).one()


def test_the_agent_is_asked_whether_hers_is_the_same_before_anything_is_filed(
    hotline: Browser, stage: Stage, lead: str
) -> None:
    answer = send(hotline, look_up(hotline), code="12", words="Bomba limepasuka sokoni")
    assert (answer.status_code, "Nothing was filed" in answer.text, stage.count(Case)) == (409, True, 1)
    assert f"Reported: pipe at Shirere market, expected {day(stage.now + timedelta(days=3))}<" in answer.text
    assert "bomba la soko la Shirere" in answer.text
    assert "Bomba limepasuka sokoni</textarea>" in answer.text
    assert spoken(lead) not in answer.text
    assert lead not in answer.text


def test_the_same_is_a_report_of_her_own_under_the_published_one(hotline: Browser, stage: Stage, lead: str) -> None:
    back = send(hotline, look_up(hotline), code="12").text
    incident = re.search(r'name="incident" value="(\d+)"', back)
    assert incident
    for _ in range(2):
        answer = send(hotline, back, code="12", incident=incident[1])
        assert answer.status_code == 200
        assert "she is told when that is fixed" in answer.text
    case = hers(stage, lead)
    assert (case.lead_id, stage.letters(case.reference)) == (stage.case(lead).id, [("received_same", "queued")])
    put_right(hotline, answer.text, ward="Sheywe")
    assert (hers(stage, lead).lead_id, hers(stage, lead).ward_code) == (None, SHEYWE)


def test_a_different_one_is_filed_by_itself_once(hotline: Browser, stage: Stage, lead: str) -> None:
    back = send(hotline, look_up(hotline), code="12").text
    for page in (back, back):
        assert send(hotline, page, code="12", different="y").status_code == 200
    assert send(hotline, back, code="12").status_code == 200, "the first page, sent again, asks nothing more"
    assert hers(stage, lead).lead_id is None
    assert stage.count(Case) == 2


@pytest.mark.parametrize("fields", [{"code": "11"}, {"ward": "Sheywe"}, {"ward": ""}, {"code": "1"}])
def test_another_problem_and_another_ward_are_not_asked_about(
    hotline: Browser, stage: Stage, lead: str, fields: dict[str, str]
) -> None:
    assert send(hotline, look_up(hotline), **({"code": "12"} | fields)).status_code == 200


@pytest.mark.parametrize("incident", ["0", "x", "9" * 30])
def test_an_incident_that_is_not_the_one_there_is_asked_about_and_one_that_is_over_is_not(
    hotline: Browser, stage: Stage, lead: str, incident: str
) -> None:
    page = look_up(hotline)
    assert send(hotline, page, code="12", incident=incident).status_code == 409
    stage.set("UPDATE incident SET ended_at = now()")
    assert send(hotline, page, code="12", incident=incident).status_code == 200
    assert hers(stage, lead).lead_id is None


def test_a_number_of_the_call_centre_and_an_incident_are_asked_about_one_after_the_other(
    hotline: Browser, stage: Stage, lead: str
) -> None:
    send(hotline, look_up(hotline), code="11", centre="KCC 77")
    fields = {"code": "12", "centre": "KCC 77"}
    assert "the call centre’s number stands" in send(hotline, look_up(hotline), **fields).text
    back = send(hotline, look_up(hotline), **fields, unnumbered="y").text
    assert "Reported: pipe at Shirere market" in back
    assert field(back, "unnumbered") == "y"


# Numbers


def test_a_landline_is_kept_for_calling_back_and_gets_a_secret_and_no_sms(hotline: Browser, stage: Stage) -> None:
    answer = send(hotline, look_up(hotline, "020 2222222"), code="12", hour="morning", words="Bomba")
    assert "No SMS: a landline." in answer.text
    secret = re.search(r'<b class="number">(\d{4})</b>', answer.text)
    case = stage.only_case()
    assert secret
    assert case.secret_hash == stage.office.vault.secret_hash(case.reference, secret[1])
    assert stage.resident("+254202222222") is not None
    assert stage.letters() == []
    stage.set("UPDATE cases SET received_at = received_at - :one", one=timedelta(minutes=1))
    put_right(hotline, answer.text, code="81 1")
    assert stage.letters() == []


@pytest.mark.parametrize("typed", ["+256772123456", "00256772123456", "000256772123456"])
def test_another_countrys_number_is_known_by_its_plus_or_its_zeros(hotline: Browser, stage: Stage, typed: str) -> None:
    send(hotline, look_up(hotline, typed), code="12")
    assert stage.resident("+256772123456") is not None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("256772123456", "This is not a telephone number. Another country’s begins with +, such as +256."),
        ("+1 900 234 5678", "Nobody is reached by this number: it only costs money."),
    ],
)
def test_what_is_no_number_to_call_says_why(hotline: Browser, typed: str, sentence: str) -> None:
    answer = hotline.post("/triage/log-call/caller", phone=typed)
    assert (answer.status_code, sentence in answer.text) == (422, True)
