"""Signing in and out: the same answer for everybody who may not, a PIN in the morning, and no way around the code."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from config.settings import Settings
from gateway import create_app
from gateway.people import passwords, totp
from gateway.people.models import Device, Role, SignIn
from gateway.people.officers import add_officer
from tests.cases.stage import SHIRERE, Stage
from tests.triage.conftest import TOKEN, Browser, open_for

EMAIL, PASSWORD = "rose@kakamega.example", "maji-safi-kila-siku"
PIN = "402917"
DEVICE = "sikiza_device"


@pytest.fixture
def rose(stage: Stage) -> int:
    with stage.transaction() as session:
        return add_officer(session, EMAIL, "Rose Akinyi", Role.WARD, PASSWORD, ward_code=SHIRERE).id


@pytest.fixture
def secret(stage: Stage, rose: int) -> str:
    """Of Rose's authenticator."""
    secret = totp.new_secret()
    with stage.transaction() as session:
        totp.turn_on(session, stage.office.vault, rose, secret, 1)
    return secret


def enter(browser: Browser, email: str = EMAIL, password: str = PASSWORD, way_back: str = "") -> tuple[int, str, str]:
    """Status, place and text of the answer to the sign-in form."""
    address = f"/sign-in?next={way_back}" if way_back else "/sign-in"
    answer = browser.post(address, email=email, password=password)
    # The token is another one each time; all the rest must be the same.
    text = TOKEN.sub("", answer.text).replace(email, "")
    return answer.status_code, answer.location or "", text


def is_open(browser: Browser) -> bool:
    return browser.get("/triage/").status_code == 200


def kept(browser: Browser, pin: str = PIN) -> TestResponse:
    """The browser is registered, by an officer who is signed in on it."""
    return browser.post("/triage/account/device", pin=pin, again=pin)


def asleep(stage: Stage) -> None:
    stage.set("UPDATE sign_in SET seen_at = now() - interval '13 hours'")


def test_an_officer_signs_in_with_any_spelling_of_her_address_and_sees_her_queue(stranger: Browser, rose: int) -> None:
    assert enter(stranger, " Rose@Kakamega.example ")[:2] == (303, "/triage/")
    page = stranger.read("/triage/")
    assert "Shirere ward, Rose Akinyi" in page


def test_unknown_inactive_wrong_and_locked_get_the_same_answer(stranger: Browser, stage: Stage, rose: int) -> None:
    wrong = enter(stranger, password="maji-safi-kila-mwezi")
    unknown = enter(stranger, "nobody@kakamega.example")
    odd = enter(stranger, "a\0b@kakamega.example", "\0")
    stage.set("UPDATE officer SET active = false")
    inactive = enter(stranger)
    stage.set("UPDATE officer SET active = true")
    for _ in range(3):
        enter(stranger, password="maji-safi-kila-mwezi")
    locked = enter(stranger)
    assert wrong[0] == 422
    assert wrong == unknown == inactive == locked
    assert odd[0] == 422
    assert not is_open(stranger)


@pytest.mark.parametrize("forged", ["1:", "1", ":y", "x:y", "1" * 30 + ":y", "", "x" * 43])
def test_a_sign_in_that_is_not_ours_opens_nothing(app: Flask, stage: Stage, forged: str) -> None:
    stage.officer()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = forged
    assert client.get("/triage/").status_code == 303


def test_signing_out_needs_the_form_and_ends_the_sign_in(ward: Browser, stage: Stage, app: Flask) -> None:
    with ward.client.session_transaction() as cookie:
        token = cookie["_user_id"]
    assert ward.get("/sign-out").status_code == 405
    assert is_open(ward)
    assert ward.post("/sign-out").location == "/sign-in"
    assert not is_open(ward)
    assert "You are signed out." in ward.get("/sign-in").text
    assert stage.count(SignIn) == 0
    # Whoever copied the cookie has nothing.
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert thief.get("/triage/").status_code == 303


@pytest.mark.parametrize(
    ("way_back", "leads"),
    [
        ("/triage/cases/48217739", "/triage/cases/48217739"),
        ("/triage/?show=late", "/triage/?show=late"),
        ("https://elsewhere.example/triage/", "/triage/"),
        ("//elsewhere.example", "/triage/"),
        ("/triage/../phone", "/triage/"),
        ("/triage/\\elsewhere", "/triage/"),
    ],
)
def test_after_signing_in_the_officer_goes_on_where_she_wanted_but_never_elsewhere(
    stranger: Browser, rose: int, way_back: str, leads: str
) -> None:
    assert enter(stranger, way_back=way_back)[:2] == (303, leads)


def test_who_is_not_signed_in_is_led_to_the_page_she_asked_for(stranger: Browser) -> None:
    assert stranger.get("/triage/cases/48217739?x=1").location == "/sign-in?next=/triage/cases/48217739?x%3D1"


def test_what_a_browser_knew_before_is_worth_nothing_after_signing_in(stranger: Browser, rose: int) -> None:
    """Neither the sign-in nor the forms' token that somebody may have planted in it."""
    with stranger.client.session_transaction() as cookie:
        cookie["_user_id"] = "planted"
    before = stranger.token()
    assert enter(stranger)[0] == 303
    with stranger.client.session_transaction() as cookie:
        assert len(cookie["_user_id"]) == 43
        assert "csrf_token" not in cookie
    assert stranger.client.post("/sign-out", data={"csrf_token": before}).status_code == 400


def test_the_cookie_is_kept_from_scripts_and_other_sites(stranger: Browser, rose: int) -> None:
    answer = stranger.post("/sign-in", email=EMAIL, password=PASSWORD)
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("sikiza=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Expires" in cookie


def test_after_a_night_the_password_is_wanted_again(ward: Browser, stage: Stage) -> None:
    asleep(stage)
    assert ward.get("/triage/?show=late").location == "/sign-in?next=/triage/?show%3Dlate"
    assert 'id="password"' in ward.get("/sign-in").text


def test_the_front_door_leads_on_and_the_icon_is_no_error(client: FlaskClient) -> None:
    assert client.get("/").location == "/phone"
    assert client.get("/favicon.ico").status_code == 204


def test_too_many_at_once_are_told_to_wait_and_nothing_else_stops(stranger: Browser, rose: int) -> None:
    token = stranger.token()
    with passwords.turn(), passwords.turn():
        begun = time.monotonic()
        answer = stranger.client.post("/sign-in", data={"csrf_token": token, "email": EMAIL, "password": PASSWORD})
        assert time.monotonic() - begun < 3, "the thread is wanted for others"
    assert answer.status_code == 503
    assert "Too many people are signing in" in answer.text
    assert enter(stranger)[0] == 303


def test_the_demo_lists_an_account_of_every_role(stranger: Browser) -> None:
    shown = re.findall(r"<dd><code>([\w-]+)@demo\.example</code></dd>", stranger.read("/sign-in"))
    assert shown == [
        "ward-1014", "sub-county-202", "department-water", "ombudsman", "hotline", "chief-water", "secretary",
        "auditor", "county",
    ]  # fmt: skip
    assert len(shown) == len(Role)


# PINs


def test_a_registered_phone_asks_for_the_pin_alone_and_goes_on_where_she_wanted(ward: Browser, stage: Stage) -> None:
    assert kept(ward).location == "/triage/"
    asleep(stage)
    assert ward.get("/triage/?show=late").location == "/sign-in?next=/triage/?show%3Dlate"
    page = ward.get("/sign-in?next=/triage/?show=late").text
    assert "<b>Rose</b>" in page
    assert 'id="password"' not in page
    answer = ward.post("/sign-in/pin?next=/triage/?show=late", pin=PIN)
    assert (answer.status_code, answer.location) == (303, "/triage/?show=late")
    assert is_open(ward)


def test_the_cookie_of_a_device_is_kept_to_the_sign_in_for_thirty_days(ward: Browser, stage: Stage) -> None:
    cookies = kept(ward).headers.getlist("Set-Cookie")
    [cookie] = [cookie for cookie in cookies if cookie.startswith(f"{DEVICE}=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/sign-in", f"Max-Age={30 * 86400}"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    with stage.transaction() as session:
        device = session.scalars(select(Device)).one()
    assert cookie.partition("=")[2].partition(";")[0].encode() not in device.token_hash
    assert timedelta(days=29) < device.expires_at - datetime.now(UTC) < timedelta(days=30)


def test_a_wrong_pin_is_told_and_after_five_the_password_is_wanted(ward: Browser, stage: Stage) -> None:
    kept(ward)
    asleep(stage)
    for _ in range(4):
        answer = ward.post("/sign-in/pin", pin="111222")
        assert answer.status_code == 422
        assert "This is not the PIN" in answer.text
        assert "111222" not in answer.text
    assert ward.post("/sign-in/pin", pin="111222").location == "/sign-in"
    page = ward.get("/sign-in").text
    assert "not kept signed in any more" in page
    assert 'id="password"' in page
    assert ward.post("/sign-in/pin", pin=PIN).location == "/sign-in"
    assert not is_open(ward)


def test_another_officer_signs_in_on_a_shared_phone_after_one_click(ward: Browser, stage: Stage, rose: int) -> None:
    kept(ward)
    ward.post("/sign-out")
    page = ward.get("/sign-in").text
    assert 'href="/sign-in?other=1"' in page
    other = ward.get("/sign-in?other=1").text
    assert 'id="password"' in other
    assert enter(ward)[:2] == (303, "/triage/")
    assert "Rose Akinyi</a>" in ward.read("/triage/")
    ward.post("/sign-out")
    # The phone is still the first one's.
    assert ward.post("/sign-in/pin", pin=PIN).status_code == 303
    assert "Rose Akinyi</a>" not in ward.read("/triage/")


def test_who_wants_to_stay_signed_in_chooses_a_pin_right_after_the_password(stranger: Browser, rose: int) -> None:
    answer = stranger.post("/sign-in?next=/triage/?show=late", email=EMAIL, password=PASSWORD, keep="1")
    assert answer.location == "/triage/account/device?next=/triage/?show%3Dlate"
    assert stranger.post(answer.location, pin=PIN, again=PIN).location == "/triage/?show=late"
    stranger.post("/sign-out")
    answer = stranger.post("/sign-in", email=EMAIL, password=PASSWORD, keep="1")
    assert answer.location == "/triage/", "this phone is kept already"


# The code of an authenticator


def test_after_the_password_the_code_is_wanted_and_until_then_nothing_opens(
    stranger: Browser, rose: int, secret: str
) -> None:
    assert enter(stranger, way_back="/triage/?show=late")[:2] == (303, "/sign-in/code?next=/triage/?show%3Dlate")
    for path in ("/triage/", "/triage/account", "/triage/account/authenticator"):
        assert stranger.get(path).status_code == 303, path
    answer = stranger.post("/sign-in/code?next=/triage/?show=late", code="000000")
    assert answer.status_code == 422
    assert "does not open your account now" in answer.text
    answer = stranger.post("/sign-in/code?next=/triage/?show=late", code=pyotp.TOTP(secret).now())
    assert answer.location == "/triage/?show=late"
    assert is_open(stranger)


def test_staying_signed_in_is_remembered_across_the_code(stranger: Browser, rose: int, secret: str) -> None:
    answer = stranger.post("/sign-in", email=EMAIL, password=PASSWORD, keep="1")
    assert answer.location == "/sign-in/code?keep=1"
    assert "keep=1" in stranger.get(answer.location).text
    answer = stranger.post("/sign-in/code?keep=1", code=pyotp.TOTP(secret).now())
    assert answer.location == "/triage/account/device"


def test_who_waits_too_long_begins_anew(stranger: Browser, stage: Stage, rose: int, secret: str) -> None:
    enter(stranger)
    stage.set("UPDATE sign_in SET started_at = now() - interval '11 minutes'")
    assert stranger.get("/sign-in/code").location == "/sign-in"
    assert stranger.post("/sign-in/code", code=pyotp.TOTP(secret).now()).location == "/sign-in"
    assert "Please begin anew" in stranger.get("/sign-in").text


@pytest.fixture
def real(settings: Settings, stage: Stage) -> Iterator[Flask]:
    """Not the demo, but for its cookies, which would want TLS."""
    app = create_app(settings.model_copy(update={"demo": False}))
    app.config["SESSION_COOKIE_SECURE"] = False
    yield app
    app.extensions["sikiza"].close()


@pytest.mark.parametrize("role", list(Role))
def test_who_is_above_the_ward_and_has_no_authenticator_gets_no_further_than_to_set_one_up(
    real: Flask, stage: Stage, role: Role
) -> None:
    client, officer = real.test_client(), stage.officer(role)
    open_for(client, officer.id, stage.engine)
    answers = [client.get(path) for path in ("/triage/", "/triage/account", "/triage/find?reference=1")]
    free = role in (Role.WARD, Role.HOTLINE)
    assert [answer.location == "/triage/account/authenticator" for answer in answers] == [not free] * 3
    page = client.get("/triage/account/authenticator").text
    assert ("a password alone does not open it" in page) is not free
    assert ('href="/triage/"' in page) is free


def test_outside_the_demo_the_cookie_of_a_device_needs_tls(real: Flask, stage: Stage) -> None:
    browser = Browser(real.test_client(), stage.officer(), stage.engine)
    assert any("Secure" in cookie for cookie in kept(browser).headers.getlist("Set-Cookie") if DEVICE in cookie)
