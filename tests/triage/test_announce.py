"""Announcing something to a ward: written, looked at, sent once; by whom and where."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from gateway.messages.models import Announcement
from gateway.people.models import Role
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser

PAGE, LOOK = "/triage/announce", "/triage/announce/look"
WORDS = {"words_sw": "Maji yatakatika Jumanne.", "words_en": "No water on Tuesday."}
ELSEWHERE = 1021
"""A ward of another sub-county."""


@pytest.fixture
def people(stage: Stage) -> None:
    """Three people known in Shirere, one of whom reads English, and one in Sheywe."""
    for number, (language, code) in enumerate((("sw", SHIRERE), ("sw", SHIRERE), ("en", SHIRERE), ("sw", SHEYWE))):
        stage.file(phone=f"+25471100000{number}", language=language, ward_code=code)


def nonce_of(page: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page)
    assert found
    return found[1]


def fields(browser: Browser, **given: str) -> dict[str, str]:
    return {"nonce": nonce_of(browser.read(PAGE)), "ward": str(SHIRERE), **WORDS, **given}


def look(browser: Browser, **given: str) -> str:
    return browser.post(LOOK, **fields(browser, **given)).text


def announced(stage: Stage) -> int:
    return len([wording for wording, _ in stage.letters() if wording == "announcement"])


def sending_form(page: str) -> dict[str, str]:
    """The hidden fields of the form that sends."""
    form = page.partition(f'action="{PAGE}"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


# Look, then send


@pytest.mark.usefixtures("people")
def test_the_look_shows_each_sms_how_many_get_it_and_the_price_and_sends_nothing(ward: Browser, stage: Stage) -> None:
    stage.set(
        "UPDATE message SET status = 'sent', sent_at = now(), price = 0.8, currency = 'KES', parts = 1 WHERE id = 1"
    )
    page = look(ward)
    assert "Kaunti ya Kakamega, Shirere: Maji yatakatika Jumanne." in page
    assert "Kakamega County, Shirere: No water on Tuesday." in page
    assert "Kiswahili, 2 people, 88 characters, 1 SMS each" in page
    assert "English, 1 person, 74 characters, 1 SMS each" in page
    assert "3 people, 3 SMS to pay for: about KES 2.40." in page
    assert "Send to 3 people" in page
    assert "+254" not in page
    assert (announced(stage), stage.count(Announcement)) == (0, 0)


@pytest.mark.usefixtures("people")
def test_without_a_price_it_says_so_and_letters_that_no_sms_has_are_named(ward: Browser) -> None:
    page = look(ward, words_en="No water on Tuesday 🙂")
    assert "nobody knows the price yet" in page
    assert "Not every phone has these letters: 🙂 becomes ?." in page


@pytest.mark.usefixtures("people")
def test_what_was_looked_at_is_sent_once_and_stands_in_the_list(ward: Browser, stage: Stage) -> None:
    form = sending_form(look(ward))
    assert {name: form[name] for name in ("ward", *WORDS)} == {"ward": str(SHIRERE), **WORDS}
    assert "nonce" in form
    for _ in range(2):
        answer = ward.post(PAGE, **form)
        assert (answer.status_code, answer.location) == (303, PAGE)
        assert ward.said() == "It goes to 3 people in Shirere."
    assert (announced(stage), stage.count(Announcement)) == (3, 1)
    page = ward.read(PAGE)
    assert "by Rose, to 3 people" in page
    assert "0 delivered, 0 not delivered, 3 waiting" in page
    assert "Maji yatakatika Jumanne." in page
    assert "+254" not in page


@pytest.mark.usefixtures("people")
def test_an_address_in_the_words_is_shown_as_letters(ward: Browser) -> None:
    page = look(ward, words_sw='<script>"x"</script>')
    assert "<script>&#34;" not in page
    assert page.count("<script") == page.count('<script src="/triage/static/')


def test_where_nobody_is_known_there_is_nothing_to_send(ward: Browser) -> None:
    page = look(ward)
    assert "There is nobody to send it to." in page
    assert f'action="{PAGE}"' not in page


@pytest.mark.usefixtures("people")
def test_where_the_money_of_the_month_is_spent_the_look_says_that_it_waits(ward: Browser, stage: Stage) -> None:
    assert "money for SMS is spent" not in look(ward)
    stage.set("INSERT INTO spending_limit (amount, officer_id) VALUES (0, :officer)", officer=ward.who.id)
    assert "money for SMS is spent: it waits until there is some again" in look(ward)


# What is refused


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("address", [LOOK, PAGE])
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"words_sw": ""}, "Write it in Kiswahili too"),
        ({"words_en": " "}, "Write it in English too"),
        ({"words_en": "x" * 301}, "Too long: at most 300 letters."),
        ({"words_en": "x" * 140}, "Too long for one SMS: shorten it, or tick “two SMS”."),
        ({"words_en": "€" * 150, "long": "y"}, "Too long: it would be 3 SMS for each person. Two at most."),
        ({"nonce": "<script>"}, "Reload the page and try again."),
        ({"ward": "9999"}, "Not a valid choice."),
        ({"ward": str(SHEYWE)}, "Not a valid choice."),
        ({"ward": "all"}, "Not a valid choice."),
    ],
)
def test_what_is_not_complete_is_not_sent_and_says_why(
    ward: Browser, stage: Stage, address: str, given: dict[str, str], sentence: str
) -> None:
    answer = ward.post(address, **fields(ward, **given))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert announced(stage) == 0


@pytest.mark.usefixtures("people")
def test_two_sms_each_are_sent_where_that_was_ticked(ward: Browser, stage: Stage) -> None:
    page = look(ward, words_en="x" * 140, long="y")
    assert "1 person, 195 characters, 2 SMS each" in page
    assert "3 people, 4 SMS to pay for" in page
    ward.post(PAGE, **sending_form(page))
    assert announced(stage) == 3


@pytest.mark.usefixtures("people")
def test_a_second_one_on_the_same_day_is_refused_with_a_sentence_and_keeps_the_words(
    ward: Browser, stage: Stage
) -> None:
    ward.post(PAGE, **fields(ward))
    for address in (LOOK, PAGE):
        answer = ward.post(address, **fields(ward, words_en="And no power."))
        assert answer.status_code == 409
        assert "This ward has had its announcement today." in answer.text
        assert "And no power." in answer.text
    assert stage.count(Announcement) == 1


@pytest.mark.usefixtures("people")
def test_that_todays_is_made_already_is_told_before_anything_is_typed(ward: Browser) -> None:
    said = "Today’s announcement is made already. Tomorrow there may be another one."
    assert said not in ward.read(PAGE)
    ward.post(PAGE, **fields(ward))
    assert said in ward.read(PAGE)


@pytest.mark.usefixtures("people")
def test_a_sub_county_administrator_has_one_a_day_in_each_ward_beside_the_wards_own(
    browser: Callable[..., Browser], ward: Browser, stage: Stage
) -> None:
    ward.post(PAGE, **fields(ward))
    reader = browser(Role.SUB_COUNTY)
    for code, status in ((SHIRERE, 303), (SHIRERE, 409), (SHEYWE, 303)):
        assert reader.post(PAGE, **fields(reader, ward=str(code))).status_code == status
    assert "Today’s announcement is made already in Sheywe, Shirere." in reader.read(PAGE)
    assert stage.count(Announcement) == 3
    county = browser(Role.COUNTY)
    for _ in range(2):
        assert county.post(PAGE, **fields(county)).status_code == 303
    assert "is made already" not in county.read(PAGE)


@pytest.mark.usefixtures("people")
def test_the_counter_has_the_price_for_one_person_where_one_is_known(ward: Browser, stage: Stage) -> None:
    assert "data-price" not in ward.read(PAGE)
    stage.set(
        "UPDATE message SET status = 'sent', sent_at = now(), price = 0.8, currency = 'KES', parts = 1 WHERE id = 1"
    )
    page = ward.read(PAGE)
    assert page.count('data-price="0.8000"') == 2
    assert "The price is that for one person." in page


@pytest.mark.usefixtures("people")
def test_words_that_would_arrive_as_question_marks_are_announced_to_nobody(ward: Browser, stage: Stage) -> None:
    answer = ward.post(PAGE, **fields(ward, words_en="Нет воды"))
    assert answer.status_code == 422
    assert "Phones would show only question marks" in answer.text
    assert announced(stage) == 0


# Who, and where


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("role", "wards"),
    [
        (Role.SUB_COUNTY, {SHIRERE: True, SHEYWE: True, ELSEWHERE: False}),
        (Role.COUNTY, {SHIRERE: True, ELSEWHERE: True}),
    ],
)
def test_who_has_more_than_one_ward_chooses_one_of_her_own(
    browser: Callable[..., Browser], stage: Stage, role: Role, wards: dict[int, bool]
) -> None:
    reader = browser(role)
    page = reader.read(PAGE)
    for code, offered in wards.items():
        assert (f'<option value="{code}"' in page) is offered
        answer = reader.post(PAGE, **fields(reader, ward=str(code)))
        assert answer.status_code == (303 if offered else 422)
    assert reader.post(PAGE, **fields(reader, ward="")).status_code == 422
    with stage.transaction() as session:
        made = {one.ward_code for one in session.query(Announcement)}
    assert made == {code for code, offered in wards.items() if offered}


@pytest.mark.usefixtures("people")
def test_each_sees_the_announcements_of_her_own_wards(browser: Callable[..., Browser], ward: Browser) -> None:
    county = browser(Role.COUNTY)
    county.post(PAGE, **fields(county, ward=str(ELSEWHERE), words_sw="Baraza Alhamisi"))
    county.post(PAGE, **fields(county, words_sw="Kliniki Ijumaa"))
    assert "Kliniki Ijumaa" in ward.read(PAGE)
    assert "Baraza Alhamisi" not in ward.read(PAGE)
    assert "Baraza Alhamisi" not in browser(Role.SUB_COUNTY).read(PAGE)
    assert "Baraza Alhamisi" in county.read(PAGE)


@pytest.mark.parametrize("role", [Role.DEPARTMENT, Role.OMBUDSMAN, Role.HOTLINE])
def test_nobody_else_announces_anything(browser: Callable[..., Browser], stage: Stage, role: Role) -> None:
    reader = browser(role)
    assert reader.get(PAGE).status_code == 404
    for address in (LOOK, PAGE):
        assert reader.post(address, ward=str(SHIRERE), **WORDS).status_code == 404
    assert "Announce" not in reader.read("/triage/")
    assert announced(stage) == 0


def test_the_way_there_stands_in_the_navigation(ward: Browser, browser: Callable[..., Browser]) -> None:
    for reader in (ward, browser(Role.SUB_COUNTY), browser(Role.COUNTY)):
        assert f'href="{PAGE}"' in reader.read("/triage/")


def test_the_page_says_what_it_is_for(ward: Browser) -> None:
    page = ward.read(PAGE)
    assert "Nothing political" in page
    assert "Between 21:00 and 07:00 nothing leaves" in page
