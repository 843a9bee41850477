"""What is printed and read out: nothing personal on it, only the wards of the officer, and the code that holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from config.settings import Channel, Settings
from gateway import create_app
from gateway.cases import actions, doubting, reports
from gateway.cases.desk_models import MonthlyReport
from gateway.cases.models import Ending
from gateway.people.models import Audit, Officer, Role
from gateway.triage import dialling, english
from gateway.triage.dialling import SPOKEN
from menus.engine import Facts, Show, walk
from tests.cases.stage import LURAMBI, SHEYWE, SHIRERE, WANJIKU, Stage
from tests.triage.conftest import Browser

REGISTER, ALOUD, POSTER, RADIO = (
    f"/triage/paper/{name}" for name in ("register", "read-aloud", "poster", "radio")
)  # fmt: skip


def shown_reference(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


def words_of(page: str) -> str:
    """What stands on a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def ended_at(stage: Stage, officer: Officer, ending: Ending, **columns: str) -> str:
    """A report that ended so; `columns` as time and its resident left them."""
    reference = stage.file(problem="BILL", phone=stage.phone())
    stage.do(
        actions.end, reference, officer, ending if ending is not Ending.NOT_A_REPORT else Ending.NOT_FOUND, "Sababu",
        planned_for=date(2027, 3, 1) if ending is Ending.PLANNED else None,
    )  # fmt: skip
    for column, value in (columns | {"ending": ending.value}).items():
        stage.set(f"UPDATE cases SET {column} = :value WHERE reference = :one", value=value, one=reference)
    return reference


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("sw", ("Rejista ya wadi ya Shirere", "Maji: Bomba limepasuka", "imepokelewa", '<html lang="sw">')),
        ("en", ("Register of Shirere ward", "Water: Burst pipe", "received", '<html lang="en">')),
    ],
)
def test_the_register_names_reference_problem_day_and_state_in_one_language(
    stage: Stage, ward: Browser, language: str, told: tuple[str, ...]
) -> None:
    reference = stage.file(problem="BURST_PIPE")
    page = ward.read(f"{REGISTER}?language={language}")
    assert shown_reference(reference) in page
    for said in told:
        assert said in page, said
    other = "en" if language == "sw" else "sw"
    address = f"{REGISTER}?ward={SHIRERE}&amp;language={other}"
    assert f'<a href="{address}" hreflang="{other}"' in page, "the other language is one press away"


def test_a_register_is_in_kiswahili_until_another_language_is_asked_for(stage: Stage, ward: Browser) -> None:
    assert ward.read(REGISTER) == ward.read(f"{REGISTER}?language=sw") == ward.read(f"{REGISTER}?language=luy")


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
        "Maji, Bomba limepasuka, mara 2; Bili ya maji, mara 1.", "Water, Burst pipe, 2 times; Water bill, 1 time.",
        "Maafisa wanasema zimetatuliwa: 1. Wakazi waliosema ndiyo: 0.",
        "Officers say that these are fixed: 1. Residents who said yes: 0.",
        "Haijathibitishwa: 0. Bado wanaulizwa: 1.", "Not confirmed: 0. Still being asked: 1.",
        "Bado ziko wazi: 2.", "Still open: 2.",
    ):  # fmt: skip
        assert told in page, told


def test_the_summary_tells_every_ending_and_asks_nobody_whom_nobody_asks(stage: Stage, ward: Browser) -> None:
    for ending in (Ending.PLANNED, Ending.CANNOT_NOW, Ending.NOT_OURS, Ending.NOT_FOUND):
        ended_at(stage, ward.who, ending)
    reference = stage.file(phone=stage.phone())
    stage.do(doubting.propose, reference, ward.who, "Mzaha")
    stage.do(doubting.agree, reference, stage.officer())
    page = words_of(ward.read(ALOUD))
    for told in (
        "Zimepangiwa kutatuliwa baadaye: 1.", "Haziwezi kutatuliwa sasa: 1.", "Si za kaunti: 1.",
        "Hazikupatikana mahali palipotajwa: 1.", "Hazikuwa ripoti: 1.",
        "Planned for later: 1.", "Cannot be fixed now: 1.", "Not the county’s: 1.", "Not found at the place given: 1.",
        "Not a report: 1.",
    ):  # fmt: skip
        assert told in page, told
    for asked in ("wanaulizwa", "being asked"):
        assert asked not in page


def test_the_month_is_there_on_the_first_and_only_for_those_who_answer_for_the_ward(
    stage: Stage, ward: Browser, browser: Callable[..., Browser]
) -> None:
    stage.file(problem="BURST_PIPE")
    month = reports.month_before(stage.now)
    stage.set("UPDATE cases SET received_at = :day", day=datetime(month.year, month.month, 15, tzinfo=UTC))
    address = f"/triage/paper/months/{month:%Y-%m}/{SHIRERE}"
    assert ward.get(address).status_code == 404
    assert "written on the 1st of next month" in ward.read("/triage/paper")
    with stage.transaction() as session:
        assert reports.write_due(session, stage.office, stage.now) == 60
    assert address in ward.read("/triage/paper")
    page = ward.read(f"{address}?language=en")
    assert f"<h1>Shirere ward: {english.month(month)}</h1>" in page
    assert re.search(r"<th[^>]*>Problems reported</th>\s*<td[^>]*>1</td>", page)
    assert browser(Role.SUB_COUNTY).get(address).status_code == 200
    assert browser(ward_code=SHEYWE).get(address).status_code == 404
    assert browser(Role.OMBUDSMAN).get(address).status_code == 404
    assert ward.get(f"/triage/paper/months/2026-13/{SHIRERE}").status_code == 404


def test_a_month_is_written_in_the_language_of_who_reads_it_with_the_other_one_press_away(
    stage: Stage, ward: Browser
) -> None:
    reference = stage.file(problem="BURST_PIPE")
    stage.later(hours=3)
    stage.do(actions.end, reference, ward.who, Ending.FIXED, "Imetengenezwa")
    with stage.transaction() as session:
        counted = reports.figures(session, [SHIRERE], stage.now - timedelta(days=1), stage.now + timedelta(days=1))
        session.add(
            MonthlyReport(
                ward_code=SHIRERE,
                month=date(2026, 3, 1),
                sub_county_code=LURAMBI,
                figures=asdict(counted[SHIRERE]),
                made_at=datetime(2026, 3, 31, 21, 0, tzinfo=UTC),
            )
        )
    address = f"/triage/paper/months/2026-03/{SHIRERE}"
    kiswahili = ward.read(address)
    for told in (
        '<html lang="sw">', "<h1>Wadi ya Shirere: Machi 2026</h1>", "1 Aprili 2026", "Maji: Bomba limepasuka</th>",
        "siku 1</td>", "Bado wanaulizwa",
    ):  # fmt: skip
        assert told in kiswahili, told
    stage.set("UPDATE officer SET language = 'en'")
    written = ward.read(address)
    for told in (
        '<html lang="en">', "<h1>Shirere ward: March 2026</h1>", "Written automatically on 1 April 2026",
        "Water: Burst pipe</th>", "1 day</td>", "Still being asked", f'{address}?language=sw" hreflang="sw"',
    ):  # fmt: skip
        assert told in written, told
    assert "by itself" not in written
    assert ward.read(f"{address}?language=sw") == kiswahili
    for word in ("Problems", "Fixed", "Open", "Water", "day<"):
        assert word not in kiswahili, word


def test_a_poster_has_the_code_the_ward_the_first_keys_and_who_pays(app: Flask, ward: Browser) -> None:
    settings = app.extensions["sikiza"].settings
    page = ward.read(POSTER)
    assert f'<p class="code">{settings.service_code.rstrip("#")}*{SHIRERE}#</p>' in page
    assert "Bure, kwa simu yoyote." in page
    assert "Free, on any phone." in page
    assert settings.short_code in page
    first, rest = page.split(f"<b>{settings.service_code}</b>")
    assert re.findall(r"<li><b>(\d)</b>", first) == [str(key) for key in range(1, 9)]
    assert '<li><b>8</b> <span lang="sw">Mengine</span> · Other</li>' in first, "land and noise are taken, too"
    for verb in ("Piga", "Dial", "Kisha bonyeza", "Then press"):
        assert verb in first, verb
    assert "Au piga · Or dial" in words_of(first), "the second code says what to do with it"
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


@contextmanager
def paid_by_residents(settings: Settings, stage: Stage, *channels: Channel) -> Iterator[Browser]:
    """The browser of a ward administrator where residents pay for these."""
    app = create_app(settings.model_copy(update={"resident_pays": frozenset(channels)}))
    yield Browser(app.test_client(), stage.officer())
    app.extensions["sikiza"].close()


@pytest.mark.parametrize("channels", [(), (Channel.USSD,), (Channel.SMS,), (Channel.USSD, Channel.SMS)])
def test_who_pays_for_a_dial_and_for_an_sms_stands_on_each_sheet(
    settings: Settings, stage: Stage, channels: tuple[Channel, ...]
) -> None:
    said = {
        Channel.USSD: ("gharama ni ya mpigaji", "the caller pays"),
        Channel.SMS: ("gharama ya sms ni yako", "at the price of an sms"),
    }
    with paid_by_residents(settings, stage, *channels) as ward:
        for address, told in ((POSTER, (Channel.USSD, Channel.SMS)), (RADIO, tuple(said)), (ALOUD, (Channel.USSD,))):
            page = words_of(ward.read(address)).casefold()
            for channel in told:
                for sentence in said[channel]:
                    assert (sentence in page) is (channel in channels), (address, sentence)
            free = sum(channel not in channels for channel in told)
            for word in ("bure", "free"):
                assert len(re.findall(rf"\b{word}\b", page)) == free, (address, word)


@pytest.mark.parametrize("role", [Role.HOTLINE, Role.COUNTY, Role.SUB_COUNTY])
def test_who_has_several_wards_prints_a_poster_of_the_whole_county(
    stage: Stage, browser: Callable[..., Browser], role: Role
) -> None:
    who = browser(role)
    page = who.read("/triage/paper")
    for address in (POSTER, RADIO):
        form = next(one for one in re.findall(r"<form.*?</form>", page, re.S) if f'action="{address}"' in one)
        first = re.search(r'<option value="([^"]*)">([^<]*)', form)
        assert first, "what the button sends where nothing is chosen"
        assert first.groups() == ("", "The whole county")
        sheet = who.read(f"{address}?ward={first[1]}")
        assert "Kakamega" in sheet
        assert str(SHIRERE) not in sheet
        assert "Mautuma" not in sheet
    assert page.count("The whole county") == 2, "a register is of one ward"


def test_who_has_one_ward_chooses_none(ward: Browser) -> None:
    assert "<select" not in ward.read("/triage/paper")
    assert f"*{SHIRERE}#" in ward.read(POSTER)


def test_the_radio_names_what_the_county_takes_and_how_to_reach_a_person(stage: Stage, ward: Browser) -> None:
    county = stage.office.county
    page = words_of(ward.read(RADIO))
    for told in (
        "Je, una shida ya maji, barabara, afya, taa, soko, taka, elimu au nyingine katika wadi ya Shirere?",
        "Do you have a problem with water, roads, health, lights, market, garbage, education or anything else in",
        "Bonyeza nane : Mengine.", "Press eight : Other.",
        "Kufuatilia, siri au kupigiwa simu: piga nyota,", "To follow up, in secret or to be called: dial star,",
        f"Simu ya kaunti: {county.hotline}.", f"County line: {county.hotline}.",
    ):  # fmt: skip
        assert told in page, told


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
