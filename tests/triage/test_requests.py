"""Requests on the officers' pages: logged by the hotline, answered on the case page, handed out as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway.cases import notices, retention
from gateway.cases.models import Case, Kind, Status
from gateway.people.models import Audit, Role
from tests.cases.stage import SHIRERE, WANJIKU, Stage
from tests.triage.conftest import Browser


@pytest.fixture
def hotline(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.HOTLINE)


@pytest.fixture
def ombudsman(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.OMBUDSMAN)


def audited(stage: Stage, name: str) -> list[tuple[int | None, list[int] | None, bool]]:
    with stage.transaction() as session:
        lines = session.scalars(select(Audit).where(Audit.name == name).order_by(Audit.id))
        return [(line.officer_id, line.case_ids, line.confidential) for line in lines]


def log_call(hotline: Browser, **fields: str) -> str:
    """Log a call; the page that answers."""
    nonce = re.search(r'name="nonce" value="([^"]+)"', hotline.post("/triage/log-call/caller", phone="").text)
    assert nonce
    usual = {
        "nonce": nonce[1],
        "language": "sw",
        "ward": "",
        "phone": "0711000001",
        "place": "",
        "words": "",
        "hour": "",
    }
    return hotline.post("/triage/log-call", **(usual | fields)).text


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("r1", "data_see"), ("R 2", "data_correct"), ("r3", "data_erase"), ("r4", "information"),
        ("r5", "information_life"),
    ],
)  # fmt: skip
def test_the_hotline_files_a_request_for_a_caller(hotline: Browser, stage: Stage, code: str, category: str) -> None:
    page = log_call(hotline, code=code, words="Anataka kujua", ward=str(SHIRERE))
    assert "Filed. Read this aloud" in page
    case = stage.only_case()
    assert (case.kind, case.category, case.words, case.ward_code) == (Kind.REQUEST, category, "Anataka kujua", None)
    assert case.reference in hotline.references()


def test_data_is_not_looked_for_without_a_number_and_information_needs_none(hotline: Browser, stage: Stage) -> None:
    assert "Data is found by the number that it belongs to" in log_call(hotline, code="r1", phone="")
    assert stage.count(Case) == 0
    assert "Secret number" in log_call(hotline, code="r4", phone="", words="Bajeti")


def test_the_page_of_a_request_shows_what_is_held_and_nothing_confidential(
    hotline: Browser, ombudsman: Browser, stage: Stage
) -> None:
    water, secret = stage.file(words="Bomba"), stage.file(category="CORRUPT", words="Hongo")
    log_call(hotline, code="r1")
    with stage.transaction() as session:
        request, mirror = session.scalars(select(Case).where(Case.category == "data_see").order_by(Case.id)).all()
    page = hotline.case(request.reference)
    assert "What we hold of +254 7** *** 001" in page
    assert f"{water[:4]} {water[4:]}: Water" in page
    assert f"{secret[:4]} {secret[4:]}" not in page
    assert secret not in page
    assert "orruption" not in page
    assert hotline.get(f"/triage/cases/{mirror.reference}").status_code == 404
    hers = ombudsman.case(mirror.reference)
    assert f"{secret[:4]} {secret[4:]}" in hers
    assert f"{water[:4]} {water[4:]}" not in hers
    assert water not in hers
    assert audited(stage, "holdings_shown")[0] == (hotline.who.id, [request.id, stage.case(water).id], False)


def test_neither_ward_nor_department_sees_a_request(browser: Callable[..., Browser], stage: Stage) -> None:
    reference = stage.file(category="data_see")
    for role in (Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.CHIEF_OFFICER, Role.COUNTY, Role.OMBUDSMAN):
        other = browser(role)
        assert other.get(f"/triage/cases/{reference}").status_code == 404
        assert other.act(reference, "export", **{"as": "text"}).status_code == 404
        assert other.act(reference, "erase", sure="y", words="Sawa").status_code == 404


@pytest.mark.parametrize(
    ("kind", "content_type"), [("json", "application/json"), ("text", "text/plain; charset=utf-8")]
)
def test_a_file_is_handed_out_and_that_is_on_record(
    hotline: Browser, stage: Stage, kind: str, content_type: str
) -> None:
    water, reference = stage.file(words="Bomba la Mama Atieno"), stage.file(category="data_see")
    answer = hotline.act(reference, "export", **{"as": kind})
    assert (answer.status_code, answer.content_type) == (200, content_type)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "Bomba la Mama Atieno" in answer.text
    if kind == "json":
        assert [one["reference"] for one in json.loads(answer.text)["reports"]] == [reference, water]
    ids = [stage.case(reference).id, stage.case(water).id]
    assert audited(stage, "exported") == [(hotline.who.id, ids, False)]


def test_there_is_no_file_of_what_is_no_request_about_data(hotline: Browser, stage: Stage) -> None:
    for category in ("information", "OTHER"):
        reference = stage.file(category=category, ward_code=None)
        assert hotline.act(reference, "export", **{"as": "text"}).status_code == 404


def test_erasing_needs_the_tick_and_a_reason_and_is_on_record(hotline: Browser, stage: Stage) -> None:
    water, reference = stage.file(words="Bomba"), stage.file(category="data_erase")
    assert "She has not confirmed it by SMS" in hotline.case(reference)
    answer = hotline.act(reference, "erase", words="Alipigiwa")
    assert (answer.status_code, "Make sure, then tick." in answer.text) == (422, True)
    assert hotline.act(reference, "erase", sure="y", words=" ").status_code == 422
    assert stage.case(water).words == "Bomba"
    assert hotline.act(reference, "erase", sure="y", words="Alipigiwa").status_code == 303
    assert "A last SMS tells her" in hotline.said()
    assert (stage.case(water).words, stage.case(reference).status) == (None, Status.CLOSED)
    [line] = audited(stage, "erased")
    assert (line[0], sorted(line[1] or [])) == (hotline.who.id, [stage.case(water).id, stage.case(reference).id])
    assert "erased" in hotline.case(reference)
    assert hotline.act(reference, "erase", sure="y", words="Alipigiwa").status_code == 303  # the button pressed twice
    assert len(audited(stage, "erased")) == 1


def test_an_extension_and_a_transfer_by_form(hotline: Browser, stage: Stage) -> None:
    reference = stage.file(category="information", words="Bajeti")
    page = hotline.case(reference)
    assert "Access to Information Act" in page
    assert "Extend by 14 days" in page
    due = stage.case(reference).due_at
    assert due is not None
    assert hotline.act(reference, "extend", words="Faili ni nyingi").status_code == 303
    assert ((stage.case(reference).due_at or due) - due).days == 14
    assert "Extend by 14 days" not in hotline.case(reference)
    assert hotline.act(reference, "transfer", body="", words="Ni barabara kuu").status_code == 422
    assert hotline.act(reference, "transfer", body="KeNHA", words="Ni barabara kuu").status_code == 303
    assert stage.case(reference).referred_to == "KeNHA"
    assert "sent it to KeNHA, which has the information" in hotline.case(reference)


def test_a_correction_by_form(hotline: Browser, stage: Stage) -> None:
    water, reference = stage.file(), stage.file(category="data_correct")
    shown = {"language": "en", "ward": "1012", "reference": f"{water[:4]} {water[4:]}", "words": "Ni kisima"}
    address = f"/triage/cases/{reference}/correct"
    assert hotline.post(address, **(shown | {"reference": "12"})).status_code == 422
    assert hotline.post(address, **shown).status_code == 303
    resident = stage.resident(WANJIKU)
    assert resident is not None
    assert (resident.language, resident.ward_code) == ("en", 1012)


def test_only_what_the_law_knows_is_offered(hotline: Browser, stage: Stage) -> None:
    page = hotline.case(stage.file(category="information"))
    for gone in ("/refer", "/route", "/sort", "/hide", "/erase", "Wait for the answer"):
        assert gone not in page
    assert re.findall(r'name="ending" id="[^"]+" value="(\w+)"', page) == ["fixed", "cannot_now", "not_ours"]
    ordinary = hotline.case(stage.file(ward_code=None))
    for own in ("/extend", "/transfer", "/correct", "/erase", "A right by law"):
        assert own not in ordinary


def test_the_case_page_leads_to_the_words_of_the_notice_that_was_shown(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    assert "Privacy notice" not in ward.case(reference)
    with stage.transaction() as session:
        notices.keep(session, stage.office, stage.now)
    address = f"/triage/notices/{stage.office.notice}"
    assert address in ward.case(reference)
    page = ward.read(address)
    assert "Faragha: Kaunti ya Kakamega" in page
    assert '<section class="card" lang="en"' in page
    assert ward.get("/triage/notices/000000000000").status_code == 404


def test_an_erased_case_says_so_instead_of_its_words(ward: Browser, stage: Stage) -> None:
    reference = stage.file(words="Bomba", wording="received_text")
    stage.set("UPDATE message SET status = 'sent', sent_at = now()")
    stage.set("UPDATE cases SET status = 'closed', closed_at = '2020-01-01' WHERE reference = :it", it=reference)
    with stage.transaction() as session:
        retention.anonymise_closed(session, stage.office, stage.now)
    page = ward.case(reference)
    assert "Erased on " in page
    assert "<dd>erased</dd>" in re.sub(r">\s+", ">", page)
    assert "Bomba" not in page
