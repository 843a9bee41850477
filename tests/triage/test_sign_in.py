"""Signing in and out, and accounts: the same answer for everybody who may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, undefer

from gateway.people.models import Officer, Role
from gateway.people.officers import (
    OfficerRefused,
    add_officer,
    change_password,
    check_password,
    end_sign_ins,
    find_officer,
)
from tests.cases.stage import SHIRERE, Stage
from tests.triage.conftest import TOKEN, Browser

EMAIL, PASSWORD = "rose@kakamega.example", "maji-safi-kila-siku"


@pytest.fixture
def rose(stage: Stage) -> int:
    with stage.transaction() as session:
        return add_officer(session, EMAIL, "Rose Akinyi", Role.WARD, PASSWORD, ward_code=SHIRERE).id


def enter(browser: Browser, email: str = EMAIL, password: str = PASSWORD, way_back: str = "") -> tuple[int, str, str]:
    """Status, place and text of the answer to the sign-in form."""
    address = f"/sign-in?next={way_back}" if way_back else "/sign-in"
    answer = browser.post(address, email=email, password=password)
    # The token is another one each time; all the rest must be the same.
    text = TOKEN.sub("", answer.text).replace(email, "")
    return answer.status_code, answer.location or "", text


def test_an_officer_signs_in_with_any_spelling_of_her_address_and_sees_her_queue(stranger: Browser, rose: int) -> None:
    assert enter(stranger, " Rose@Kakamega.example ")[:2] == (303, "/triage/")
    page = stranger.read("/triage/")
    assert "Shirere ward, Rose Akinyi" in page


def test_unknown_inactive_and_wrong_get_the_same_answer(stranger: Browser, stage: Stage, rose: int) -> None:
    wrong = enter(stranger, password="maji-safi-kila-mwezi")
    unknown = enter(stranger, "nobody@kakamega.example")
    odd = enter(stranger, "a\0b@kakamega.example", "\0")
    stage.set("UPDATE officer SET active = false")
    inactive = enter(stranger)
    assert wrong[0] == 422
    assert wrong == unknown == inactive
    assert odd[0] == 422
    assert stranger.get("/triage/").status_code == 303


def test_an_unknown_address_costs_a_hash_as_a_known_one_does(stage: Stage, rose: int) -> None:
    def seconds(email: str) -> float:
        best = 9.0
        for _ in range(3):
            begun = datetime.now(UTC)
            assert check_password(stage.engine, email, "not-the-password") is None
            best = min(best, (datetime.now(UTC) - begun).total_seconds())
        return best

    check_password(stage.engine, "warm@kakamega.example", "up")
    known, unknown = seconds(EMAIL), seconds("nobody@kakamega.example")
    assert 0.4 < known / unknown < 2.5


def test_a_sign_in_ends_at_once_with_a_new_salt_a_new_password_or_when_the_officer_leaves(
    app: Flask, stage: Stage, rose: int
) -> None:
    def signed_in() -> Browser:
        browser = Browser(app.test_client(), None)
        with stage.transaction() as session:
            salt = session.get_one(Officer, rose, options=[undefer(Officer.session_salt)]).session_salt
        with browser.client.session_transaction() as cookie:
            cookie["_user_id"] = f"{rose}:{salt}"
        assert browser.get("/triage/").status_code == 200
        return browser

    first = signed_in()
    with stage.transaction() as session:
        end_sign_ins(session.get_one(Officer, rose))
    assert first.get("/triage/").status_code == 303
    second = signed_in()
    with stage.transaction() as session:
        change_password(session, session.get_one(Officer, rose), "taa-zote-zinawaka")
    assert second.get("/triage/").status_code == 303
    assert check_password(stage.engine, EMAIL, PASSWORD) is None
    assert check_password(stage.engine, EMAIL, "taa-zote-zinawaka") is not None
    third = signed_in()
    stage.set("UPDATE officer SET active = false")
    assert third.get("/triage/").status_code == 303


@pytest.mark.parametrize("forged", ["1:", "1", ":y", "x:y", "1:z", "99:y", "-1:y", "١:y", "1" * 30 + ":y"])
def test_a_sign_in_that_is_not_ours_opens_nothing(app: Flask, stage: Stage, forged: str) -> None:
    stage.officer()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = forged
    assert client.get("/triage/").status_code == 303


def test_signing_out_needs_the_form_and_ends_the_sign_in(ward: Browser) -> None:
    assert ward.get("/sign-out").status_code == 405
    assert ward.get("/triage/").status_code == 200
    assert ward.post("/sign-out").location == "/sign-in"
    assert ward.get("/triage/").status_code == 303
    assert "You are signed out." in ward.get("/sign-in").text


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


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_stays_for_a_fortnight(
    stranger: Browser, rose: int
) -> None:
    answer = stranger.post("/sign-in", email=EMAIL, password=PASSWORD)
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("sikiza=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Expires" in cookie


def test_the_front_door_leads_on_and_the_icon_is_no_error(client: FlaskClient) -> None:
    assert client.get("/").location == "/phone"
    assert client.get("/favicon.ico").status_code == 204


# Accounts


@pytest.mark.parametrize(
    ("role", "jurisdiction"),
    [
        (Role.WARD, {}),
        (Role.WARD, {"ward_code": 1014, "sub_county_code": 202}),
        (Role.SUB_COUNTY, {"ward_code": 1014}),
        (Role.DEPARTMENT, {}),
        (Role.OMBUDSMAN, {"ward_code": 1014}),
        (Role.COUNTY, {"department": "water"}),
    ],
)
def test_an_officer_has_exactly_the_jurisdiction_of_the_role(
    stage: Stage, role: Role, jurisdiction: dict[str, int]
) -> None:
    with Session(stage.engine) as session, pytest.raises(OfficerRefused, match=r"has (a|no) "):
        add_officer(session, EMAIL, "Rose", role, PASSWORD, **jurisdiction)  # type: ignore[arg-type]
    assert stage.count(Officer) == 0


@pytest.mark.parametrize(
    ("email", "name", "password"),
    [
        (EMAIL, "Rose", "short"),
        (EMAIL, "Rose", "x" * 201),
        (EMAIL, "  ", PASSWORD),
        ("rose", "Rose", PASSWORD),
        ("@", "Rose", PASSWORD),
        ("ro se@kakamega.example", "Rose", PASSWORD),
    ],
)
def test_a_weak_password_or_no_address_is_refused(stage: Stage, email: str, name: str, password: str) -> None:
    with Session(stage.engine) as session, pytest.raises(OfficerRefused):
        add_officer(session, email, name, Role.HOTLINE, password)
    assert stage.count(Officer) == 0


def test_an_address_is_given_once_in_any_spelling(stage: Stage, rose: int) -> None:
    with stage.transaction() as session:
        with pytest.raises(OfficerRefused, match="already"):
            add_officer(session, "ROSE@kakamega.example", "Rosa", Role.HOTLINE, PASSWORD)
        found = find_officer(session, "Rose@Kakamega.Example")
    assert found is not None
    assert found.id == rose


def test_no_password_is_kept_as_it_was_typed(stage: Stage, rose: int) -> None:
    with stage.transaction() as session:
        officer = session.get_one(Officer, rose, options=[undefer(Officer.password_hash)])
    assert officer.password_hash.startswith("$argon2id$")
    assert PASSWORD not in officer.password_hash
