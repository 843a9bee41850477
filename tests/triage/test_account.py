"""An officer's own account: where she is signed in, the devices she keeps, her password; nobody else's, ever."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.people import links, officers
from gateway.people.models import Audit, Device, LinkKind, Officer, OneTimeLink, Role, SignIn
from gateway.triage.browsers import name_of
from tests.cases.stage import SHIRERE, Stage
from tests.triage.conftest import Browser
from tests.triage.test_sign_in import EMAIL, PASSWORD, PIN, enter, is_open, kept

OTHER = "taa-zote-zinawaka"


@pytest.fixture
def rose(app: Flask, stage: Stage) -> Browser:
    """Rose, who has a password."""
    with stage.transaction() as session:
        officer = officers.add_officer(session, EMAIL, "Rose Akinyi", Role.WARD, PASSWORD, ward_code=SHIRERE)
    return Browser(app.test_client(), officer)


@pytest.fixture
def elsewhere(app: Flask, rose: Browser) -> Browser:
    """Another browser of hers."""
    return Browser(app.test_client(), rose.who)


def audited(stage: Stage) -> list[str]:
    with stage.transaction() as session:
        return list(session.scalars(select(Audit.name).order_by(Audit.id)))


def ids(stage: Stage, table: type[SignIn] | type[Device]) -> list[int]:
    with stage.transaction() as session:
        return list(session.scalars(select(table.id).order_by(table.id)))


def test_the_page_says_where_she_is_signed_in_and_which_browser_this_one_is(rose: Browser, elsewhere: Browser) -> None:
    kept(elsewhere)
    page = rose.read("/triage/account")
    assert page.count("<h3>Firefox on Linux") == 2
    assert page.count("127.0.0.1") == 2
    assert page.count(">this one<") == 1
    assert page.count("<h3>A browser") == 1, "the device"
    assert EMAIL in page


def test_each_page_leads_to_it(rose: Browser) -> None:
    assert '<a href="/triage/account">Shirere ward, Rose Akinyi</a>' in rose.read("/triage/")


def test_one_sign_in_is_ended_and_its_browser_is_out_at_once(rose: Browser, elsewhere: Browser, stage: Stage) -> None:
    here, there = ids(stage, SignIn)
    assert rose.post(f"/triage/account/sign-ins/{there}/end").location == "/triage/account"
    assert is_open(rose)
    assert not is_open(elsewhere)
    assert rose.post(f"/triage/account/sign-ins/{here}/end").status_code == 404
    assert rose.post(f"/triage/account/sign-ins/{there}/end").status_code == 404
    assert audited(stage) == ["session_ended"]


def test_all_others_are_ended_and_no_other_device_is_woken(rose: Browser, elsewhere: Browser, stage: Stage) -> None:
    kept(rose)
    kept(elsewhere)
    assert rose.post("/triage/account/sign-ins/end-others").status_code == 303
    assert is_open(rose)
    assert not is_open(elsewhere)
    assert elsewhere.post("/sign-in/pin", pin=PIN).location == "/sign-in"
    assert len(ids(stage, Device)) == 1


def test_nobody_ends_or_forgets_what_is_anothers(rose: Browser, ward: Browser, stage: Stage) -> None:
    kept(rose)
    [device] = ids(stage, Device)
    for sign_in in ids(stage, SignIn):
        assert ward.post(f"/triage/account/sign-ins/{sign_in}/end").status_code == 404
    assert ward.post(f"/triage/account/devices/{device}/forget").status_code == 404
    assert ward.post("/triage/account/sign-ins/end-others").status_code == 303
    assert is_open(rose)
    assert EMAIL not in ward.read("/triage/account")


def test_a_device_is_forgotten_with_what_is_open_on_it(rose: Browser, elsewhere: Browser, stage: Stage) -> None:
    kept(elsewhere)
    [device] = ids(stage, Device)
    rose.post(f"/triage/account/devices/{device}/forget")
    assert not is_open(elsewhere)
    assert is_open(rose)
    assert audited(stage) == ["device_added", "device_forgotten"]


@pytest.mark.parametrize(
    ("pin", "again", "told"),
    [
        ("123456", "123456", "choose another"),
        ("40291", "40291", "six digits"),
        ("402917", "402918", "not the same"),
        ("", "", "six digits"),
    ],
)
def test_a_pin_that_is_refused_is_told_at_its_field(
    rose: Browser, stage: Stage, pin: str, again: str, told: str
) -> None:
    answer = rose.post("/triage/account/device", pin=pin, again=again)
    assert answer.status_code == 422
    assert re.search(f'class="wrong"[^>]*>[^<]*{told}', answer.text)
    assert "402917" not in answer.text
    assert stage.count(Device) == 0


def test_another_pin_takes_the_place_of_the_one_before(rose: Browser, stage: Stage) -> None:
    kept(rose)
    assert "Choose another PIN" in rose.read("/triage/account")
    kept(rose, "135790")
    assert stage.count(Device) == 1
    rose.post("/sign-out")
    assert rose.post("/sign-in/pin", pin=PIN).status_code == 422
    assert rose.post("/sign-in/pin", pin="135790").status_code == 303


# The password


def change(browser: Browser, old: str = PASSWORD, new: str = OTHER, again: str = OTHER) -> tuple[int, str]:
    answer = browser.post("/triage/account/password", old=old, password=new, again=again)
    return answer.status_code, answer.text


def test_a_new_password_ends_everything_but_this_sign_in(rose: Browser, elsewhere: Browser, stage: Stage) -> None:
    kept(elsewhere)
    assert change(rose)[0] == 303
    assert is_open(rose)
    assert not is_open(elsewhere)
    assert enter(elsewhere)[0] == 422
    assert enter(elsewhere, password=OTHER)[0] == 303
    assert "password_changed" in audited(stage)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("not-my-password", OTHER, OTHER), "not your password"),
        ((PASSWORD, "short", "short"), "12 to 200 letters"),
        ((PASSWORD, OTHER, OTHER + "!"), "not the same"),
        (("", OTHER, OTHER), "Give your password"),
    ],
)
def test_a_password_that_is_refused_is_told_at_its_field_and_shown_to_nobody(
    rose: Browser, elsewhere: Browser, given: tuple[str, str, str], told: str
) -> None:
    status, text = change(rose, *given)
    assert status == 422
    assert re.search(f'class="wrong"[^>]*>[^<]*{told}', text)
    assert OTHER not in text
    assert is_open(elsewhere)
    assert enter(elsewhere)[0] == 303


def test_who_sits_at_an_open_browser_guesses_the_password_five_times(rose: Browser) -> None:
    for _ in range(5):
        assert change(rose, old="not-my-password")[0] == 422
    assert change(rose)[0] == 422


# One-time links


@pytest.fixture
def make_link(stage: Stage, rose: Browser) -> Callable[[], str]:
    def make() -> str:
        with Session(stage.engine) as session, session.begin():
            officer = session.get_one(Officer, rose.who.id)
            return f"/sign-in/link/{links.make(session, officer, LinkKind.RESET, None, datetime.now(UTC))}"

    return make


def test_with_a_link_she_gives_herself_a_password_once(
    rose: Browser, stranger: Browser, make_link: Callable[[], str]
) -> None:
    link = make_link()
    page = stranger.read(link)
    assert "Rose Akinyi" in page
    assert EMAIL in page
    assert stranger.read(link) == page or stranger.get(link).status_code == 200, "looking does not use it up"
    assert stranger.post(link, password="short", again="short").status_code == 422
    answer = stranger.post(link, password=OTHER, again=OTHER)
    assert (answer.status_code, answer.location) == (303, "/sign-in?other=1")
    assert not is_open(rose)
    assert enter(stranger, password=OTHER)[0] == 303


def test_a_wrong_a_used_and_an_expired_link_show_the_same_page(
    stranger: Browser, stage: Stage, make_link: Callable[[], str]
) -> None:
    used, expired, newest = make_link(), make_link(), make_link()
    assert stranger.post(newest, password=OTHER, again=OTHER).status_code == 303
    shown = [stranger.get(link) for link in (used, expired, newest, "/sign-in/link/x")]
    shown += [stranger.post(newest, password=PASSWORD, again=PASSWORD)]
    assert [answer.status_code for answer in shown] == [404] * 5
    assert len({answer.text for answer in shown}) == 1
    assert stage.count(OneTimeLink) == 3


def test_a_link_needs_the_token_of_its_form(stranger: Browser, make_link: Callable[[], str]) -> None:
    link = make_link()
    assert stranger.client.post(link, data={"password": OTHER, "again": OTHER}).status_code == 400
    assert stranger.get(link).status_code == 200


# Browsers


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 13; TECNO KI5k) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile "
         "Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 Version/17.1 Mobile Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0",
         "Edge on Windows"),
        ("Opera/9.80 (Android; Opera Mini/36.2/191.2) Presto/2.12.423 Version/12.16", "Opera on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox on Linux"),
        ("<script>", "A browser"),
        ("", "A browser"),
    ],
)  # fmt: skip
def test_a_browser_is_known_again_by_two_words(sent: str, name: str) -> None:
    assert name_of(sent) == name


def test_she_chooses_the_language_of_the_sms_to_her(rose: Browser, stage: Stage) -> None:
    page = rose.read("/triage/account")
    assert "no phone of yours is kept" in page
    assert '<option value="sw" selected>Kiswahili</option>' in page
    assert rose.post("/triage/account/language", language="en").status_code == 303
    with stage.transaction() as session:
        assert session.scalar(select(Officer.language).where(Officer.id == rose.who.id)) == "en"
    assert rose.post("/triage/account/language", language="fr").status_code == 400
    assert '<option value="en" selected>English</option>' in rose.read("/triage/account")
