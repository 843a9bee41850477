"""The box above the queue: a reference opens its case, words a list; neither leaves a trace of what was typed."""

from __future__ import annotations

import io
from collections.abc import Callable

from gateway.cases import searching
from gateway.people.models import Audit, Role
from tests.cases.stage import SHEYWE, Stage
from tests.triage.conftest import Browser


def test_words_lead_to_the_reports_in_which_they_stand_page_by_page(ward: Browser, stage: Stage) -> None:
    filed = [stage.file(words="Bomba limepasuka", phone=None) for _ in range(searching.PAGE + 1)]
    page = ward.read("/triage/find?words=bomba+limep")
    assert 'value="bomba limep"' in page
    assert ward.references("/triage/find?words=bomba+limep") == filed[:0:-1]
    assert ward.references(f"/triage/find?words=bomba+limep&after={filed[1]}") == filed[:1]
    assert f"words=bomba+limep&amp;after={filed[1]}" in page
    assert "No report has all of these words" in ward.read("/triage/find?words=daraja")


def test_what_is_searched_for_is_kept_by_no_browser_no_log_and_no_line_of_the_audit(
    ward: Browser, stage: Stage, logged: io.StringIO
) -> None:
    stage.file(words="Bomba limepasuka")
    answer = ward.get("/triage/find?words=limepasuka")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "limepasuka" not in logged.getvalue()
    with stage.transaction() as session:
        lines = session.query(Audit).where(Audit.name == "found").all()
    assert [(line.officer_id, line.confidential) for line in lines] == [(ward.who.id, False)]
    assert not any("limepasuka" in str(line.data) for line in lines)


def test_nothing_that_is_typed_breaks_the_page(ward: Browser, stage: Stage) -> None:
    reference = stage.file(words="<b>Bomba</b>")
    for typed in ("%00bomba", "%27", "a%26b", "%3Cscript%3E", "bomba" * 400, "%F0%9F%98%80", "1 OR 1=1", "!:*"):
        page = ward.read(f"/triage/find?words={typed}")
        assert "<script>" not in page
        assert "<b>Bomba" not in page
    for after in ("x", "%00", "99999999", reference[:-1]):
        assert ward.get(f"/triage/find?words=bomba&after={after}").status_code == 404


def test_who_sees_no_case_searches_for_none(browser: Callable[..., Browser], stage: Stage) -> None:
    stage.file(words="Bomba limepasuka")
    for role in (Role.COUNTY, Role.AUDITOR):
        assert browser(role).get("/triage/find?words=bomba").status_code == 404
    assert browser(ward_code=SHEYWE).references("/triage/find?words=bomba") == []


def test_the_number_of_a_phone_is_said_not_to_be_searched(ward: Browser) -> None:
    for typed in ("0722000141", "%2B254722000141", "0722+000+141"):
        ward.get(f"/triage/find?words={typed}")
        assert "Numbers of phones are not searched. Use the reference or words." in ward.said(), typed
    ward.get("/triage/find?words=4821+773")
    assert "A reference has eight digits" in ward.said()
