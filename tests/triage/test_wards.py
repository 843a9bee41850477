"""The county administrator's page of wards, that of trainers' phones, and that of what is to be put right."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway.cases import coverage
from gateway.cases.models import Desk, WardCover, WardState
from gateway.people.models import Audit, Role
from tests.cases.stage import AMINA, SHIRERE, WANJIKU, Stage
from tests.triage.conftest import Browser


@pytest.fixture
def county(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.COUNTY)


def row(page: str, ward: int) -> str:
    found = re.search(rf'id="ward-{ward}">(.*?)</li>', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_a_ward_is_given_to_the_county_desk_and_takes_part_again(county: Browser, ward: Browser, stage: Stage) -> None:
    page = county.read("/triage/wards")
    assert page.count('id="ward-') == len(stage.office.county.wards)
    assert row(page, SHIRERE) == "Shirere Live To the county desk : Shirere"
    assert county.post(f"/triage/wards/{SHIRERE}/desk").status_code == 303
    assert county.said() == "New reports from Shirere ward go to the county desk."
    assert re.search(
        r"County desk it does not take part yet, since \w+ \d+ \w+ It takes part",
        row(county.read("/triage/wards"), SHIRERE),
    )
    reference = stage.file()
    assert stage.case(reference).desk is Desk.COUNTY
    assert county.post(f"/triage/wards/{SHIRERE}/live").status_code == 303
    assert stage.case(reference).desk is Desk.WARD
    page = ward.case(reference)
    assert "Shirere ward takes part now: it went there from the county desk" in page
    county.read("/triage/")
    assert county.post(f"/triage/wards/{SHIRERE}/live").status_code == 303
    assert county.said() == "Shirere ward was changed already."
    assert stage.count(WardCover) == 0


def test_a_covered_ward_says_why(county: Browser, stage: Stage) -> None:
    with stage.transaction() as session:
        coverage.settle_covers(session, stage.office, stage.now)
        assert session.get_one(WardCover, SHIRERE).state is WardState.COVERED
    assert "Sub-county it has no administrator, since" in row(county.read("/triage/wards"), SHIRERE)


def test_a_ward_or_state_that_there_is_not_is_not_found(county: Browser, stage: Stage) -> None:
    for path in ("1/desk", f"{SHIRERE}/covered", "0/live", f"{2**70}/desk"):
        assert county.post(f"/triage/wards/{path}").status_code == 404, path
    assert stage.count(WardCover) == 0


# Trainers


def test_what_a_trainers_phone_reports_is_practice_until_it_is_removed(county: Browser, stage: Stage) -> None:
    added = county.post("/triage/trainers", name="Caleb, training", phone="0711 000 001")
    assert added.status_code == 303
    page = county.read("/triage/trainers")
    assert "Caleb, training" in page
    assert "+254 7** *** 001" in page
    assert "000001" not in page
    assert [stage.case(stage.file(phone=phone)).practice for phone in (WANJIKU, AMINA)] == [True, False]
    again = county.post("/triage/trainers", name="Somebody", phone=WANJIKU)
    assert again.status_code == 422
    assert "This phone is a trainer&#39;s already." in again.text
    assert county.post("/triage/trainers/1/remove").status_code == 303
    assert county.post("/triage/trainers/1/remove").status_code == 404
    assert not stage.case(stage.file()).practice
    with stage.transaction() as session:
        lines = [(one.name, one.data) for one in session.scalars(select(Audit).order_by(Audit.id))]
    assert lines == [("trainer_added", {"trainer": 1}), ("trainer_removed", {"trainer": 1})]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": ""}, "Say whose phone it is."),
        ({"phone": ""}, "Give the number."),
        ({"phone": "22123"}, "not a telephone"),
    ],
)
def test_a_trainer_needs_a_name_and_a_number(county: Browser, fields: dict[str, str], why: str) -> None:
    answer = county.post("/triage/trainers", **({"name": "Caleb", "phone": WANJIKU} | fields))
    assert answer.status_code == 422
    assert why in answer.text


# What is to be put right


def test_faults_say_what_to_do_and_lead_to_where_it_is_done(
    county: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    rose = browser().who
    stage.set("INSERT INTO post (officer_id, role, ward_code) VALUES (:id, 'ward', 9999)", id=rose.id)
    stage.file(category="STAFF", words="Karani alitaka pesa")
    front, page = county.read("/triage/"), county.read("/triage/faults")
    counted = re.search(r"To put right \((\d+)\)", page)
    assert counted
    assert f'<span class="chip late">{counted[1]}</span>' in front
    assert '<a href="/triage/officers/add?seat=ombudsman">Ombudsman</a>' in page
    assert '<a href="/triage/officers/add?seat=ward:1012">Sheywe ward</a>' in page
    assert "Shirere ward</a>" not in page
    assert re.search(
        rf'place that the county does not have.*<a href="/triage/officers/{rose.id}">Rose, ', page, re.DOTALL
    )
    assert "Staff" not in page
    for address in re.findall(r'<li><a href="([^"]+)"', page):
        assert county.get(address).status_code == 200, address


def test_a_post_whose_holder_is_on_leave_leads_to_its_officers(
    county: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    rose = browser().who
    stage.set("INSERT INTO absence (officer_id, first_day, last_day, made_by)"
              " VALUES (:id, now()::date - 1, now()::date + 1, :id)", id=rose.id)  # fmt: skip
    page = county.read("/triage/faults")
    assert '<a href="/triage/officers?seat=ward:1014">Shirere ward</a>' in page
    assert f'href="/triage/officers/{rose.id}"' in county.read("/triage/officers?seat=ward:1014")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COUNTY])
def test_they_are_the_county_administrators_alone(browser: Callable[..., Browser], stage: Stage, role: Role) -> None:
    who = browser(role)
    for address in ("/triage/wards", "/triage/trainers", "/triage/faults"):
        assert who.get(address).status_code == 404
    for address in (f"/triage/wards/{SHIRERE}/desk", "/triage/trainers", "/triage/trainers/1/remove"):
        assert who.post(address, name="Caleb", phone=AMINA).status_code == 404
    assert stage.count(WardCover) == 0
