"""Logging a call: the caller's number and her earlier cases, codes as on the phone, words to a case that goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from config.categories import Menu
from gateway.cases import actions, conflicts, merging
from gateway.cases.models import CallBack, Case, Status
from gateway.cases.references import spoken
from gateway.cases.visibility import visible_to
from gateway.db import as_owner, officer_session
from gateway.people.models import Audit, Role
from gateway.triage import forms, keypad
from menus.engine import Facts, Need, trace, walk
from tests.cases.stage import AMINA, SHIRERE, WANJIKU, Stage
from tests.triage.conftest import Browser

NUMBER = "0711 000 001"


@pytest.fixture
def hotline(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.HOTLINE)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return found[1]


def look_up(hotline: Browser, phone: str = NUMBER) -> str:
    answer = hotline.post("/triage/log-call/caller", phone=phone)
    assert answer.status_code == 200
    return answer.text


def send(hotline: Browser, page: str, **fields: str) -> Any:
    """Send the form as this page gave it, filled in."""
    given = {name: field(page, name) for name in ("nonce", "earlier", "phone")}
    return hotline.post("/triage/log-call", **(given | {"language": "sw", "ward": str(SHIRERE)} | fields))


def looked_up(stage: Stage) -> list[list[int] | None]:
    with stage.transaction() as session:
        lines = session.scalars(select(Audit).where(Audit.name == "caller_looked_up").order_by(Audit.id))
        return [line.case_ids for line in lines]


def listed(page: str) -> list[tuple[str, str]]:
    """Letter and reference of each earlier case."""
    aside = page.partition('class="earlier"')[2].partition("</ol>")[0]
    shown = re.findall(r'<li class="card">(?:<kbd>(\w)</kbd> )?<b class="number">(?:<a[^>]*>)?([\d ]+)<', aside)
    return [(letter, reference.replace(" ", "")) for letter, reference in shown]


# Her earlier cases


def test_the_callers_earlier_cases_stand_beside_the_form_as_her_phone_would_tell_them(
    hotline: Browser, stage: Stage
) -> None:
    older, newer = stage.file(words="Maji hayatoki", problem="NO_WATER"), stage.file(category="ROADS", words="Mashimo")
    other = stage.file(phone=AMINA)
    page = look_up(hotline)
    assert listed(page) == [("A", newer), ("B", older)]
    assert "Water: No water, Shirere" in page
    assert "promised by" in page
    for hidden in ("Maji hayatoki", "Mashimo</", other, spoken(other), WANJIKU, "711000001"):
        assert hidden not in page
    assert f"/triage/cases/{newer}" not in page, "The hotline does not see a case of a ward."
    with stage.transaction() as session:
        ids = {row.reference: row.id for row in session.scalars(select(Case))}
    assert looked_up(stage) == [[ids[newer], ids[older]]]


def test_what_the_hotline_sees_anyway_is_linked(hotline: Browser, stage: Stage) -> None:
    reference = stage.file(ward_code=None)
    assert f'<a href="/triage/cases/{reference}">' in look_up(hotline)


def test_confidential_withdrawn_and_joined_cases_and_those_about_the_agent_are_not_told(
    hotline: Browser, stage: Stage
) -> None:
    stage.file(category="GBV")
    stage.set("UPDATE cases SET status = 'withdrawn' WHERE reference = :one", one=stage.file())
    named = stage.file(category="STAFF")
    stage.do(conflicts.name, named, stage.officer(Role.OMBUDSMAN), [hotline.who.id])
    stage.set("UPDATE cases SET sensitive = false WHERE reference = :one", one=named)
    page = look_up(hotline)
    assert listed(page) == []
    assert "None that may be told on the phone." in page
    assert looked_up(stage) == [[]]


def test_the_ward_and_the_language_that_are_remembered_are_filled_in(hotline: Browser, stage: Stage) -> None:
    stage.file(language="en")
    page = look_up(hotline)
    assert 'name="ward" value="Shirere"' in page
    assert 'value="en" checked' in page


def test_without_a_number_the_form_comes_at_once_and_nothing_is_looked_up(hotline: Browser, stage: Stage) -> None:
    page = look_up(hotline, "")
    assert 'id="call-code"' in page
    assert looked_up(stage) == []


def test_what_is_no_number_is_refused_and_stands_in_no_address(hotline: Browser) -> None:
    answer = hotline.post("/triage/log-call/caller", phone="12")
    assert (answer.status_code, "This is not a telephone number." in answer.text) == (422, True)
    page = look_up(hotline)
    assert not [address for address in re.findall(r'(?:href|action)="([^"]+)"', page) if "711" in address]


# Codes


def test_a_code_files_what_the_phone_menu_would(hotline: Browser, stage: Stage) -> None:
    send(hotline, look_up(hotline), code="1 2")
    assert (stage.only_case().category, stage.only_case().problem) == ("WATER", "BURST_PIPE")


def test_every_code_is_the_keys_of_the_phone_menu(stage: Stage) -> None:
    """Walked in the menu itself, from a report in Shirere on."""
    county = stage.office.county
    facts = Facts(stage.installation.catalogue, "sw")
    menu = stage.office.menu
    codes = [keys for category in keypad.legend(county) for keys, _ in category.problems]
    for keys in codes:
        typed = ["1", "4", "6", *keys]
        while isinstance(asked := walk(menu, typed, facts), Need):  # nothing more is known of the place
            facts = replace(facts, answers={**facts.answers, asked.key: {}})
        values = trace(menu, typed, facts).values
        assert f"{values['category']}:{values['problem']}" == keypad.about(county, keys), keys
    assert len(codes) == sum(len(one.problems) for half in (Menu.MAIN, Menu.MORE) for one in county.menu(half))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("12", "WATER:BURST_PIPE"), ("1*2", "WATER:BURST_PIPE"), ("1", "WATER:OTHER"), ("811", "LANDS:PUBLIC_LAND"),
        ("81", "LANDS:OTHER"), ("water: burst  pipe", "WATER:BURST_PIPE"), ("19", None), ("9", None), ("", None),
        ("Bribe", None), ("s2", "CORRUPT:"), ("S 4", "STAFF:OMBUDSMAN"), ("r1", "data_see:"), ("891", "NATIONAL:KPLC"),
        ("s9", None), ("s", None),
    ],
)  # fmt: skip
def test_a_subject_is_typed_by_its_keys_or_its_whole_name(stage: Stage, typed: str, found: str | None) -> None:
    assert keypad.about(stage.office.county, typed) == found


def test_the_code_of_a_national_matter_is_the_keys_of_the_phone_menu(stage: Stage) -> None:
    county, menu = stage.office.county, stage.office.menu
    national = keypad.apart(county)[0]
    assert len(national.problems) == len(county.referrals)
    for keys, _ in national.problems:
        values = trace(menu, ["1", "4", "6", *keys], Facts(stage.installation.catalogue, "sw")).values
        assert f"NATIONAL:{values['referral']}" == keypad.about(county, keys)


def test_everything_that_can_be_filed_has_a_code_that_stands_beside_the_form_or_is_on_the_list(
    hotline: Browser, stage: Stage
) -> None:
    page, county = look_up(hotline), stage.office.county
    legend = page.partition('class="act legend" open')[2]
    groups = (*keypad.legend(county), *keypad.apart(county))
    keyed = [keys for one in groups for keys, _ in one.problems]
    coded = {keypad.about(county, keys) for keys in keyed if f"<b>{keys}</b>" in legend}
    listed = set(re.findall(r'<option value="([^"]+)"', page.partition('id="call-about"')[2].partition("</select>")[0]))
    choices = forms.subjects(county, confidential=True).values()
    everything = {value for group in choices if isinstance(group, dict) for value in group}
    assert coded | listed == everything
    assert coded & listed == set()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"code": "99"}, "No subject has this code."),
        ({"code": "12", "about": "IDEA:"}, "The code and the list say two things"),
        ({"code": "", "about": ""}, "Choose what it is about."),
        ({"code": "b"}, "No subject has this code."),
    ],
)
def test_what_the_code_does_not_say_is_asked_for(
    hotline: Browser, stage: Stage, fields: dict[str, str], sentence: str
) -> None:
    answer = send(hotline, look_up(hotline), **fields)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert stage.count(Case) == 0


# Words to a case that goes on


def test_the_letter_of_an_earlier_case_adds_her_words_to_it_once(hotline: Browser, stage: Stage) -> None:
    reference = stage.file(words="Maji hayatoki")
    page = look_up(hotline)
    for _ in range(2):
        answer = send(hotline, page, code="a", words="Sasa ni wiki mbili")
        assert f"{reference[:4]} {reference[4:]}" in answer.text
    assert stage.only_case().words == "Maji hayatoki\nSasa ni wiki mbili"
    assert stage.history(reference) == ["filed", "words_added"]
    assert stage.events(reference)[-1].data == {"channel": "hotline"}


def test_a_letter_without_words_and_a_case_that_has_ended_add_nothing(hotline: Browser, stage: Stage) -> None:
    reference = stage.file()
    page = look_up(hotline)
    assert "Write what is to be added" in send(hotline, page, code="a").text
    stage.set("UPDATE cases SET status = 'closed' WHERE reference = :one", one=reference)
    answer = send(hotline, page, code="a", words="Bado")
    assert (answer.status_code, "That report takes no more words" in answer.text) == (409, True)
    assert listed(look_up(hotline)) == [("", reference)]
    assert stage.history(reference) == ["filed"]


def test_a_letter_means_what_it_stood_for_on_the_page_whatever_came_meanwhile(hotline: Browser, stage: Stage) -> None:
    first = stage.file()
    page = look_up(hotline)
    second = stage.file(category="ROADS")
    send(hotline, page, code="A", words="Bado hakuna maji")
    assert (stage.case(first).words, stage.case(second).words) == ("Bado hakuna maji", None)


def test_after_a_refusal_a_letter_means_the_same_case_as_before(hotline: Browser, stage: Stage) -> None:
    water = stage.file(words="Maji")
    page = look_up(hotline)
    roads = stage.file(category="ROADS", words="Mashimo")
    back = send(hotline, page, code="a")
    assert (back.status_code, listed(back.text), field(back.text, "code")) == (422, [("B", roads), ("A", water)], "a")
    send(hotline, back.text, code="a", words="Bado hakuna maji")
    assert (stage.case(water).words, stage.case(roads).words) == ("Maji\nBado hakuna maji", "Mashimo")


def test_a_letter_that_is_not_on_the_page_any_more_is_emptied_and_becomes_nobody_elses(
    hotline: Browser, stage: Stage
) -> None:
    mine, hers = stage.file(words="Maji"), stage.file(phone=AMINA, category="ROADS", words="Mashimo")
    back = send(hotline, look_up(hotline), code="a", words="Bado", phone=AMINA)
    assert (back.status_code, listed(back.text), field(back.text, "code")) == (409, [("B", hers)], "")
    assert "That report takes no more words" in back.text
    assert send(hotline, back.text, code="a", words="Bado").status_code == 409
    assert (stage.case(mine).words, stage.case(hers).words) == ("Maji", "Mashimo")


def test_a_number_that_is_mistyped_on_the_form_costs_no_letter(hotline: Browser, stage: Stage) -> None:
    reference = stage.file(words="Maji")
    back = send(hotline, look_up(hotline), code="a", words="Bado", phone="0711").text
    assert "Earlier reports of this number" in back
    assert "They come once the number is right." in back
    assert (field(back, "earlier"), field(back, "code")) == (reference, "a")
    assert send(hotline, back, code="a", words="Bado", phone=NUMBER).status_code == 200
    assert stage.case(reference).words == "Maji\nBado"


def test_words_go_to_no_case_of_another_number(hotline: Browser, stage: Stage) -> None:
    reference = stage.file(phone=AMINA)
    answer = send(hotline, look_up(hotline), code="a", words="Bado", earlier=reference)
    assert answer.status_code == 409
    assert stage.history(reference) == ["filed"]


def test_confidential_words_hide_the_case_and_the_page_says_its_number_alone(hotline: Browser, stage: Stage) -> None:
    reference = stage.file(words="Hakuna maji")
    page = look_up(hotline)
    for _ in range(2):
        answer = send(hotline, page, code="a", words="Karani alitaka hongo")
        assert answer.status_code == 200
        assert "hongo" not in answer.text
    case = stage.case(reference)
    assert (case.sensitive, case.status) == (True, Status.NEW)
    assert stage.history(reference).count("words_added") == 1


def test_what_else_was_typed_goes_along_with_the_words(hotline: Browser, stage: Stage) -> None:
    reference = stage.file()
    page = look_up(hotline)
    fields = {"code": "a", "words": "Bado", "hour": "morning", "place": "Karibu na kanisa", "centre": "kcc 9"}
    for _ in range(2):
        assert "Somebody calls back." in send(hotline, page, **fields).text
    case = stage.case(reference)
    assert (case.words, case.centre_reference) == ("Bado\nKaribu na kanisa", "KCC 9")
    with stage.transaction() as session:
        [asked] = session.scalars(select(CallBack))
        assert (asked.case_id, asked.hour, asked.resident_id) == (case.id, "morning", case.resident_id)
    assert stage.history(reference) == ["filed", "centre_came", "words_added", "call_back_asked"]
    answer = send(hotline, look_up(hotline), code="a", words="Tena", centre="KCC 10")
    assert (answer.status_code, "has another number of the call centre" in answer.text) == (409, True)
    assert stage.case(reference).words == "Bado\nKaribu na kanisa"


@pytest.mark.parametrize("code", ["12", "a"])
def test_the_same_page_with_another_callers_words_comes_back_and_files_them_when_it_is_sent_again(
    hotline: Browser, stage: Stage, code: str
) -> None:
    stage.file(words="Maji")
    page = look_up(hotline)
    send(hotline, page, code=code, words="Moja")
    before = stage.count(Case)
    answer = send(hotline, page, code=code, words="Mbili kabisa")
    assert (answer.status_code, "Mbili kabisa" in answer.text) == (409, True)
    assert "This page was sent before with something else in it" in answer.text
    assert "Read this aloud" not in answer.text
    assert stage.count(Case) == before
    assert send(hotline, answer.text, code=code, words="Mbili kabisa").status_code == 200
    with stage.transaction() as session:
        assert "Mbili kabisa" in "\n".join(filter(None, session.scalars(select(Case.words))))


def test_an_earlier_case_for_which_another_stands_is_told_as_that_one_stands(hotline: Browser, stage: Stage) -> None:
    lead, hers = stage.file(phone=AMINA), stage.file()
    ward = stage.officer()
    with officer_session(stage.engine, ward) as session:
        cases = {one.reference: one for one in session.scalars(visible_to(ward))}
        with as_owner(session):
            merging.merge(session, stage.office, [cases[hers]], cases[lead], ward, stage.now)
    stage.do(actions.take, lead, ward)
    page = look_up(hotline)
    assert listed(page) == [("A", hers)]
    assert '<span class="chip">In progress</span>' in page or '<span class="chip">in progress</span>' in page
