"""Setting up an authenticator: a code confirms it, recovery codes are shown once, only the password takes it off."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from flask import Flask
from sqlalchemy.orm import undefer

from gateway import create_app
from gateway.people import officers, sign_ins, totp
from gateway.people.models import Officer, Role
from tests.cases.stage import SHIRERE, Stage
from tests.people.doorway import until_somebody_waits
from tests.triage.conftest import Browser
from tests.triage.test_account import audited
from tests.triage.test_sign_in import EMAIL, PASSWORD, enter, is_open, kept

PAGE = "/triage/account/authenticator"


@pytest.fixture
def rose(app: Flask, stage: Stage) -> Browser:
    with stage.transaction() as session:
        officer = officers.add_officer(session, EMAIL, "Rose Akinyi", Role.WARD, PASSWORD, ward_code=SHIRERE)
    return Browser(app.test_client(), officer)


def shown_secret(browser: Browser) -> str:
    found = re.search(r'class="key">([A-Z2-7 ]+)<', browser.read(PAGE))
    assert found
    return found[1].replace(" ", "")


def set_up(browser: Browser, password: str = "") -> tuple[str, list[str]]:
    """The secret and the recovery codes."""
    secret = shown_secret(browser)
    answer = browser.post(PAGE, code=pyotp.TOTP(secret).now(), password=password)
    assert answer.status_code == 200, answer.text
    return secret, re.findall(r"<li><code>([a-z0-9-]+)</code>", answer.text)


def is_on(stage: Stage, officer: Officer) -> bool:
    with stage.transaction() as session:
        found = session.get_one(Officer, officer.id, options=[undefer(Officer.totp_sealed)])
        return found.totp_sealed is not None


def test_the_picture_and_the_link_say_what_the_key_says(rose: Browser) -> None:
    page = rose.read(PAGE)
    link = re.search(r'href="(otpauth://[^"]+)"', page)
    assert link
    read = pyotp.parse_uri(link[1].replace("&amp;", "&"))
    assert (read.secret, read.name) == (shown_secret(rose), EMAIL)
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page or "<svg " in page
    assert " style=" not in page


def test_nothing_counts_before_a_code_confirms_it(rose: Browser, stage: Stage) -> None:
    secret = shown_secret(rose)
    for wrong in ("", "000000", "abc", pyotp.TOTP(totp.new_secret()).now()):
        answer = rose.post(PAGE, code=wrong)
        assert answer.status_code == 422
        assert 'class="wrong"' in answer.text
    assert not is_on(stage, rose.who)
    assert shown_secret(rose) == secret, "the same as long as it waits"
    assert audited(stage) == []


def test_confirmed_it_shows_ten_recovery_codes_once_and_ends_what_was_open_without_it(
    app: Flask, rose: Browser, stage: Stage, stranger: Browser
) -> None:
    elsewhere = Browser(app.test_client(), rose.who)
    kept(elsewhere)
    secret, codes = set_up(rose)
    assert len(set(codes)) == totp.RECOVERY_CODES
    assert is_open(rose)
    assert not is_open(elsewhere)
    assert "Recovery codes left: <b>10</b>" in rose.read("/triage/account")
    assert not any(code in rose.read("/triage/account") for code in codes)
    assert shown_secret(rose) != secret, "whoever looks again is shown another one"
    assert audited(stage)[-1] == "totp_set"
    assert enter(stranger)[1] == "/sign-in/code"
    now = pyotp.TOTP(secret).now()
    assert stranger.post("/sign-in/code", code=now).status_code == 422, "the code that confirmed it is used up"
    assert stranger.post("/sign-in/code", code=codes[0]).status_code == 303
    assert "A recovery code was used up." in stranger.read("/triage/")


def test_no_secret_is_readable_in_the_cookie(rose: Browser) -> None:
    secret = shown_secret(rose)
    with rose.client.session_transaction() as cookie:
        assert secret not in str(dict(cookie))


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/off", "/triage/account/recovery-codes"])
def test_what_changes_an_authenticator_wants_the_password(rose: Browser, stage: Stage, path: str) -> None:
    set_up(rose)
    code = pyotp.TOTP(shown_secret(rose)).now()
    for wrong in ("", "not-my-password"):
        answer = rose.post(path, password=wrong, code=code)
        assert answer.status_code == 422
        assert "not your password" in answer.text
    assert rose.post(path, password=PASSWORD, code=code).status_code in (200, 303)
    assert is_on(stage, rose.who) is not path.endswith("off")
    told = {PAGE: "totp_set", f"{PAGE}/off": "totp_removed"}.get(path, "recovery_codes_made")
    assert audited(stage)[-1] == told


def test_another_authenticator_takes_the_place_of_the_first(rose: Browser, stranger: Browser, stage: Stage) -> None:
    first, _ = set_up(rose)
    second, _ = set_up(rose, PASSWORD)
    stage.set("UPDATE officer SET totp_step = 1")
    enter(stranger)
    assert stranger.post("/sign-in/code", code=pyotp.TOTP(first).now()).status_code == 422
    assert stranger.post("/sign-in/code", code=pyotp.TOTP(second).now()).status_code == 303


@pytest.mark.parametrize("meanwhile", ["set up", "ended"])
def test_a_request_in_flight_sets_up_nothing_once_she_has_or_the_sign_in_is_over(
    app: Flask, rose: Browser, stage: Stage, meanwhile: str
) -> None:
    stolen = Browser(app.test_client(), rose.who)
    code, hers = pyotp.TOTP(shown_secret(stolen)).now(), totp.new_secret()
    token = stolen.token()
    with ThreadPoolExecutor(1) as pool:
        with stage.transaction() as session:
            if meanwhile == "set up":
                totp.turn_on(session, stage.office.vault, rose.who.id, hers, 1)
            else:
                sign_ins.end_all(session, rose.who.id)
            trying = pool.submit(stolen.client.post, PAGE, data={"csrf_token": token, "code": code})
            until_somebody_waits(stage.engine)
        answer = trying.result(10)
    assert (answer.status_code, answer.location) == (303, "/triage/account")
    assert is_on(stage, rose.who) is (meanwhile == "set up")
    with stage.transaction() as session:
        kept = session.get_one(Officer, rose.who.id, options=[undefer(Officer.totp_sealed)]).totp_sealed
    assert (stage.office.vault.open(kept) if kept else hers) == hers
    assert audited(stage) == []


def test_without_one_there_is_nothing_to_turn_off(rose: Browser) -> None:
    for path in (f"{PAGE}/off", "/triage/account/recovery-codes"):
        assert rose.get(path).status_code == 404
        assert rose.post(path, password=PASSWORD).status_code == 404


def test_who_must_have_one_cannot_turn_it_off_and_is_let_on_once_it_is_set_up(app: Flask, stage: Stage) -> None:
    real = create_app(app.extensions["sikiza"].settings.model_copy(update={"demo": False}))
    real.config["SESSION_COOKIE_SECURE"] = False
    ombudsman = Browser(real.test_client(), stage.officer(Role.OMBUDSMAN), stage.engine)
    assert ombudsman.get("/triage/").location == PAGE
    token = re.search(r'name="csrf_token" value="([^"]+)"', ombudsman.read(PAGE))
    assert token
    code = pyotp.TOTP(shown_secret(ombudsman)).now()
    answer = ombudsman.client.post(PAGE, data={"csrf_token": token[1], "code": code})
    assert "Recovery codes: write them down now" in answer.text
    assert is_open(ombudsman)
    assert "Turn it off" not in ombudsman.read("/triage/account")
    assert ombudsman.post(f"{PAGE}/off", password=PASSWORD).status_code == 404
    assert is_on(stage, ombudsman.who)
    real.extensions["sikiza"].close()
