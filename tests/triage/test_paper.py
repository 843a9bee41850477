"""What is printed and read out: nothing personal on it, only the wards of the officer, and the code that holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from config.settings import Channel
from gateway.cases import actions, reports
from gateway.cases.models import Ending
from gateway.people.models import Audit, Role
from gateway.triage import dialling
from gateway.triage.dialling import SPOKEN
from menus.engine import Facts, Show, walk
from tests.cases.stage import SHEYWE, SHIRERE, WANJIKU, Stage
from tests.triage.conftest import Browser

REGISTER, ALOUD, POSTER, RADIO = (
    f"/triage/paper/{name}" for name in ("register", "read-aloud", "poster", "radio")
)  # fmt: skip


def shown_reference(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


def test_the_register_names_reference_problem_day_and_state_in_both_languages(stage: Stage, ward: Browser) -> None:
    reference = stage.file(problem="BURST_PIPE")
    page = ward.read(REGISTER)
    assert shown_reference(reference) in page
    for told in (
        "Maji: Bomba limepasuka",
        "Water: Burst pipe",
        "imepokelewa",
        "received",
        "Rejista ya wadi ya Shirere",
    ):
        assert told in page, told


def test_no_word_no_number_and_no_place_that_she_typed_stands_on_it(stage: Stage, ward: Browser) -> None:
    stage.file(problem="BURST_PIPE", words="Nyumba ya Juma Otieno, piga 0722000141", landmark="Kwa Mama Atieno")
    county = stage.office.county.ward(SHIRERE)
    assert county
    name = county.landmarks[0].label["sw"]
    listed = stage.file(problem="BILL", landmark=name, phone=stage.phone())
    page = ward.read(REGISTER)
    for personal in ("Juma", "Otieno", "0722000141", "Kwa Mama", "Atieno", WANJIKU[-6:]):
        assert personal not in page, personal
    assert name in page, "a place that the county put on the phone is nobody's words"
    assert shown_reference(listed) in page


def test_only_what_is_open_or_ended_lately_and_never_what_is_confidential(stage: Stage, ward: Browser) -> None:
    ended, old = stage.file(), stage.file(phone=stage.phone())
    secret = stage.file(category="STAFF", words="Karani alitaka hongo", phone=stage.phone())
    praise = stage.file(category="PRAISE", phone=stage.phone())
    for reference in (ended, old):
        stage.do(actions.end, reference, ward.who, Ending.CANNOT_NOW, "Hakuna pesa")
    stage.set("UPDATE cases SET resolved_at = now() - interval '31 days' WHERE reference = :old", old=old)
    page = ward.read(REGISTER)
    assert shown_reference(ended) in page
    assert "Hakuna pesa" not in page, "an officer's reason may name somebody"
    for reference in (old, secret, praise):
        assert shown_reference(reference) not in page


def test_printing_a_register_is_on_record(stage: Stage, ward: Browser) -> None:
    case = stage.case(stage.file())
    ward.read(REGISTER)
    with stage.transaction() as session:
        line = session.scalars(select(Audit).where(Audit.name == "exported")).one()
        assert (line.officer_id, line.case_ids) == (ward.who.id, [case.id])


def test_each_ward_is_its_own_officers(stage: Stage, browser: Callable[..., Browser]) -> None:
    here, there = stage.file(), stage.file(ward_code=SHEYWE, phone=stage.phone())
    higher, other = browser(Role.SUB_COUNTY), browser(ward_code=SHEYWE)
    assert shown_reference(there) in higher.read(f"{REGISTER}?ward={SHEYWE}")
    assert shown_reference(here) in higher.read(f"{REGISTER}?ward={SHIRERE}")
    assert other.get(f"{REGISTER}?ward={SHIRERE}").status_code == 404
    assert shown_reference(here) not in other.read(REGISTER)


@pytest.mark.parametrize("role", [Role.HOTLINE, Role.COUNTY])
def test_who_prints_posters_for_every_ward_reads_no_register(browser: Callable[..., Browser], role: Role) -> None:
    who = browser(role)
    assert "*1014#" in who.read(f"{POSTER}?ward=1014")
    for page in (REGISTER, ALOUD):
        assert who.get(f"{page}?ward=1014").status_code == 404


def test_the_summary_says_the_same_in_both_languages(stage: Stage, ward: Browser) -> None:
    for _ in range(2):
        stage.file(problem="BURST_PIPE", phone=stage.phone())
    reference = stage.file(problem="BILL", phone=stage.phone())
    stage.do(actions.end, reference, ward.who, Ending.FIXED, "Imetengenezwa")
    page = ward.read(ALOUD)
    for told in (
        "Shida zilizoripotiwa: 3.", "Problems reported: 3.",
        "Maji: Bomba limepasuka: 2; Maji: Bili ya maji: 1.", "Water: Burst pipe: 2; Water: Water bill: 1.",
        "Maafisa wanasema zimetatuliwa: 1. Wakazi waliosema ndiyo: 0.",
        "Officers say that these are fixed: 1. Residents who said yes: 0.",
        "Bado ziko wazi: 2.", "Still open: 2.",
    ):  # fmt: skip
        assert told in page, told


def test_the_month_is_there_on_the_first_and_only_for_those_who_answer_for_the_ward(
    stage: Stage, ward: Browser, browser: Callable[..., Browser]
) -> None:
    stage.file(problem="BURST_PIPE")
    stage.set("UPDATE cases SET received_at = received_at - interval '31 days'")
    month = reports.month_before(stage.now)
    address = f"/triage/paper/months/{month:%Y-%m}/{SHIRERE}"
    assert ward.get(address).status_code == 404
    assert "written on the 1st of next month" in ward.read("/triage/paper")
    with stage.transaction() as session:
        assert reports.write_due(session, stage.office, stage.now) == 60
    assert address in ward.read("/triage/paper")
    page = ward.read(address)
    assert "<h1>Shirere ward: " in page
    assert "Problems reported</th>" in page
    assert browser(Role.SUB_COUNTY).get(address).status_code == 200
    assert browser(ward_code=SHEYWE).get(address).status_code == 404
    assert browser(Role.OMBUDSMAN).get(address).status_code == 404
    assert ward.get(f"/triage/paper/months/2026-13/{SHIRERE}").status_code == 404
    assert month < date(2026, 12, 1) or month.day == 1


def test_a_poster_has_the_code_the_ward_the_first_keys_and_who_pays(app: Flask, ward: Browser) -> None:
    settings = app.extensions["sikiza"].settings
    page = ward.read(POSTER)
    assert f'<p class="code">{settings.service_code.rstrip("#")}*{SHIRERE}#</p>' in page
    assert "Bure, kwa simu yoyote." in page
    assert "Free, on any phone." in page
    assert settings.short_code in page
    first, rest = page.split(f"<b>{settings.service_code}</b>")
    assert re.findall(r"<li><b>(\d)</b>", first) == [str(key) for key in range(1, 8)]
    for key, label in (("3", "Follow up"), ("5", "Call me back")):
        assert re.search(rf"<li><b>{key}</b> .*· {label}</li>", rest)


@pytest.mark.parametrize("language", ["sw", "en"])
def test_the_keys_of_a_poster_are_those_that_the_phone_shows(app: Flask, stage: Stage, language: str) -> None:
    installation = app.extensions["sikiza"]
    how = dialling.of(installation, stage.office.county.ward(SHIRERE))
    for start, ways in ((str(SHIRERE), how.subjects), ("", how.ways)):
        shown = walk(installation.menu, (), Facts(installation.catalogue, language, start=start))
        assert isinstance(shown, Show)
        for way in ways:
            assert f"{way.keys} {way.label[language]}" in re.split(r"\n|  ", shown.text), (start, way)


def test_where_residents_pay_the_paper_says_so(stage: Stage) -> None:
    free = dialling.of(stage.installation, None)
    settings = stage.installation.settings.model_copy(update={"resident_pays": frozenset({Channel.USSD})})
    paid = dialling.of(replace(stage.installation, settings=settings), None)
    assert (free.ussd_free, free.sms_free) == (True, True)
    assert (paid.ussd_free, paid.sms_free) == (False, True)
    assert paid.ward_code is None


def test_a_code_is_read_out_key_by_key(stage: Stage, ward: Browser) -> None:
    how = dialling.of(stage.installation, stage.office.county.ward(SHIRERE))
    assert how.said("*384*1#", "sw") == "nyota, tatu, nane, nne, nyota, moja, alama ya reli"
    assert how.said("*384*1#", "en") == "star, three, eight, four, star, one, hash"
    assert how.ward_code is not None
    page = ward.read(RADIO)
    for language in SPOKEN:
        assert how.said(how.ward_code, language) in page


@pytest.mark.parametrize("page", ["/triage/paper", REGISTER, ALOUD, POSTER, RADIO])
def test_each_sheet_is_light(stage: Stage, ward: Browser, page: str) -> None:
    for _ in range(30):
        stage.file(problem="BURST_PIPE", phone=stage.phone())
    assert int(ward.get(page, Accept_Encoding="gzip").headers["Content-Length"]) < 10_000
