"""Naming whom a confidential case is about, on its page; and sending it past the ombudsman."""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.cases.models import CaseConflict, Desk
from gateway.people.models import Role
from tests.cases.stage import Stage
from tests.triage.conftest import Browser
from tests.triage.test_calls import look_up, send

SECRET = "Karani alitaka pesa"


def test_the_ombudsman_names_an_officer_and_takes_it_back(browser: Callable[..., Browser], stage: Stage) -> None:
    rose, ombudsman = browser(), browser(Role.OMBUDSMAN)
    reference = stage.file(category="STAFF", words=SECRET)
    assert f'<option value="{rose.who.id}">Rose, Shirere ward</option>' in ombudsman.case(reference)
    assert f'<option value="{ombudsman.who.id}">' not in ombudsman.case(reference)
    assert ombudsman.act(reference, "name", officer=rose.who.id).status_code == 303
    assert "out of this officer" in ombudsman.said()
    page = ombudsman.case(reference)
    assert "Whom it is about (1)" in page
    assert "Rose kept it from whom it is about" in page
    assert stage.count(CaseConflict) == 1
    ombudsman.act(reference, "lift", officer=rose.who.id)
    assert "Whom it is about (1)" not in ombudsman.case(reference)
    assert stage.count(CaseConflict) == 0


def test_a_second_name_right_after_the_first_is_no_second_press(browser: Callable[..., Browser], stage: Stage) -> None:
    one, other, ombudsman = browser(), browser(), browser(Role.OMBUDSMAN)
    reference = stage.file(category="STAFF", words=SECRET)
    for who in (one, other, other):
        assert ombudsman.act(reference, "name", officer=who.who.id).status_code == 303
    assert stage.history(reference) == ["filed", "conflict_named", "conflict_named"]


def test_what_cannot_be_used_is_said_at_the_form(browser: Callable[..., Browser], stage: Stage) -> None:
    ombudsman, reference = browser(Role.OMBUDSMAN), stage.file(category="STAFF", words=SECRET)
    for officer, status, said in (
        ("", 422, "Choose the officer."),
        ("1; DROP", 422, "Choose the officer."),
        ("999999", 409, "Choose the officers whom it is about."),
        (ombudsman.who.id, 409, "You cannot name yourself."),
    ):
        answer = ombudsman.act(reference, "name", officer=officer)
        assert (answer.status_code, said in answer.text) == (status, True), officer
    answer = ombudsman.act(reference, "to_secretary", words=" ")
    assert (answer.status_code, "Give the reason" in answer.text) == (422, True)
    assert stage.history(reference) == ["filed"]


def test_it_goes_to_the_secretary_and_back_and_each_sees_it_in_turn(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    ombudsman, secretary = browser(Role.OMBUDSMAN), browser(Role.COUNTY_SECRETARY)
    reference = stage.file(category="STAFF", words=SECRET)
    address = f"/triage/cases/{reference}"
    answer = ombudsman.act(reference, "to_secretary", words="Ni mfanyakazi wangu.")
    assert (answer.status_code, answer.location) == (303, "/triage/")
    assert ombudsman.get(address).status_code == 404
    assert secretary.references() == [reference]
    page = secretary.case(reference)
    assert "Ni mfanyakazi wangu." in page
    assert 'action="/triage/cases/' + reference + '/release"' not in page
    secretary.act(reference, "to_ombudsman", words="Si ofisi yake.")
    assert (secretary.get(address).status_code, stage.case(reference).desk) == (404, Desk.CONFIDENTIAL)
    assert "Si ofisi yake." in ombudsman.case(reference)


def test_nobody_is_named_on_the_page_of_an_open_case(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    assert "Whom it is about" not in ward.case(reference)
    assert ward.act(reference, "name", officer=ward.who.id).status_code == 409
    assert stage.count(CaseConflict) == 0


def test_a_call_about_the_ombudsmans_office_is_logged_past_her(browser: Callable[..., Browser], stage: Stage) -> None:
    hotline = browser(Role.HOTLINE)
    page = look_up(hotline)
    assert re.search(r"<b>s4</b>\s*Ombudsman(&#39;|’)s office", page)
    send(hotline, page, code="s4", words="Karani wake alinifukuza")
    case = stage.only_case()
    assert (case.category, case.problem, case.sensitive, case.about_ombudsman) == ("STAFF", "OMBUDSMAN", True, True)
    assert browser(Role.OMBUDSMAN).get(f"/triage/cases/{case.reference}").status_code == 404


def test_what_was_written_while_it_was_confidential_is_not_read_by_who_gets_it_released(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    ward, ombudsman = browser(), browser(Role.OMBUDSMAN)
    reference = stage.file(category="STAFF", words=SECRET)
    ombudsman.act(reference, "note", words="Nimeuliza mkuu wa idara")
    ombudsman.act(reference, "number", words="Kumuuliza zaidi")
    assert all(said in ombudsman.case(reference) for said in ("Nimeuliza mkuu wa idara", "Kumuuliza zaidi"))
    assert ombudsman.act(reference, "release", words="Si siri kwa wadi").status_code == 303
    page = ward.case(reference)
    assert ("Note by Rose" in page, SECRET in page, "Si siri kwa wadi" in page) == (True, True, True)
    assert ("Nimeuliza" in page, "Kumuuliza" in page) == (False, False)
    ward.act(reference, "note", words="Nilipita hapo")
    assert "Nilipita hapo" in ward.case(reference)


def test_the_form_says_who_really_reads_it_when_it_is_released(browser: Callable[..., Browser], stage: Stage) -> None:
    rose, ombudsman = browser(), browser(Role.OMBUDSMAN)
    above = browser(Role.SUB_COUNTY)
    reference = stage.file(category="STAFF", words=SECRET)
    told = []
    for named in (None, rose, above):
        if named:
            ombudsman.act(reference, "name", officer=named.who.id)
        page = ombudsman.case(reference)
        told.append(page[page.index('/release"') :].partition('class="hint">')[2].partition("will read")[0].strip())
    assert told == ["The ward administrator of Shirere", "The sub-county administrator", "The county desk"]
