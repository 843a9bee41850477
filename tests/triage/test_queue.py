"""The queue: what is in which list, in which order, page by page, with few questions to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from gateway.cases import actions, residents_own
from gateway.cases.models import Case, Channel, Ending
from gateway.messages import questions
from gateway.people.models import Officer, Role
from tests.cases.stage import SHEYWE, Stage
from tests.triage.conftest import Browser

MOST = 17
"""Statements: who asks; the counts and the page; its versions, readers, supporters and colleagues; the audit."""
WORDS = "Bomba limepasuka karibu na stage ya matatu na maji yanamwagika barabarani tangu jana usiku"


def ago(stage: Stage, days: float, **given: Any) -> str:
    """File a report some days ago."""
    now, stage.now = stage.now, stage.now - timedelta(days=days)
    try:
        return stage.file(**({"phone": stage.phone()} | given))
    finally:
        stage.now = now


def dispute(stage: Stage, reference: str, who: Officer) -> None:
    """End it as fixed, and let the resident say that it is not."""
    stage.do(actions.end, reference, who, Ending.FIXED, "Imefanywa.")
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id)
        asked = questions.open_question(session, case.resident_id or 0, stage.now)
        assert asked is not None
        residents_own.answer_fixed(
            session, stage.office, case, asked.id, fixed=False, now=stage.now, channel=Channel.SMS
        )


def test_disputed_cases_come_first_then_late_ones_then_the_oldest(ward: Browser, stage: Stage) -> None:
    newest = ago(stage, 1)
    late = ago(stage, 30)
    older = ago(stage, 3)
    later_still = ago(stage, 40)
    disputed = ago(stage, 2)
    dispute(stage, disputed, ward.who)
    assert ward.references() == [disputed, later_still, late, older, newest]


def test_every_open_case_is_in_exactly_one_of_new_mine_and_waiting(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    colleague = browser().who
    new, mine, theirs, waits, referred, outside, done = (stage.file() for _ in range(7))
    stage.do(actions.take, mine, ward.who)
    stage.do(actions.take, theirs, colleague)
    stage.do(actions.write, waits, ward.who, "Ni nyumba gani?", wait=True)
    stage.do(actions.refer, referred, ward.who, "Tafadhali", department="roads")
    stage.do(actions.refer, outside, ward.who, "Tafadhali", body="KeNHA")
    stage.do(actions.end, done, ward.who, Ending.NOT_OURS, "Ni ya KeNHA.")
    assert ward.references("/triage/?show=new") == [new]
    assert ward.references("/triage/?show=mine") == [mine]
    assert ward.references("/triage/?show=waiting") == [theirs, waits, referred, outside]
    assert ward.references("/triage/?show=done") == [done]
    assert ward.references("/triage/?show=todo") == [new, mine]
    assert ward.counts() == {"todo": 2, "new": 1, "late": 0, "mine": 1, "waiting": 4, "done": 1}


def test_delays_of_others_are_late_for_the_sub_county_but_not_for_the_ward(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    referred, waits = ago(stage, 40), ago(stage, 40)
    stage.do(actions.refer, referred, ward.who, "Tafadhali", department="roads")
    stage.do(actions.write, waits, ward.who, "Ni nyumba gani?", wait=True)
    assert ward.references("/triage/?show=late") == []
    page = ward.read("/triage/?show=waiting")
    assert "With Roads dept" in page
    assert 'class="row late"' in page
    assert browser(Role.SUB_COUNTY).references("/triage/?show=late") == [referred]


def test_what_is_referred_is_new_for_its_department_until_somebody_takes_it(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    department = browser(Role.DEPARTMENT, department="roads")
    reference, other = stage.file(), stage.file(category="ROADS")
    stage.do(actions.refer, reference, ward.who, "Tafadhali", department="roads")
    assert department.references("/triage/?show=new") == [reference]
    assert department.references("/triage/?show=waiting") == [other]
    department.act(reference, "take")
    assert department.references("/triage/?show=mine") == [reference]
    assert ward.references("/triage/?show=waiting") == [reference]


def test_a_row_tells_what_where_since_when_until_when_and_how_it_stands(ward: Browser, stage: Stage) -> None:
    ago(stage, 3, problem="BURST_PIPE", landmark="Soko la <b>Shirere</b>", words=WORDS)
    page = ward.read("/triage/")
    assert ">Water: Burst pipe</a>" in page
    assert "Soko la &lt;b&gt;Shirere&lt;/b&gt;" in page
    assert "3 days ago" in page
    assert f'lang="sw">{WORDS[:79].rstrip()}…</p>' in page
    assert '<span class="chip new">New</span>' in page
    assert '<span class="chip">Due ' in page


def test_a_late_row_says_by_how_much(ward: Browser, stage: Stage) -> None:
    reference = ago(stage, 5)
    stage.set("UPDATE cases SET due_at = :due", due=stage.now - timedelta(days=3))
    assert '<span class="chip late">Late 3 days</span>' in ward.read("/triage/")
    assert ward.references("/triage/?show=late") == [reference]


def test_feedback_is_listed_with_its_rating_and_without_a_promise(ward: Browser, stage: Stage) -> None:
    stage.file(category="RATING", problem="HOSPITAL", rating=2)
    page = ward.read("/triage/")
    assert "Rating of a service: Hospital, clinic" in page
    assert "2 of 5" in page
    assert "Due " not in page


def test_the_ombudsmans_queue_has_no_words(browser: Callable[..., Browser], stage: Stage) -> None:
    reference = stage.file(category="STAFF", words="Karani alinitukana ofisini")
    ombudsman = browser(Role.OMBUDSMAN)
    assert ombudsman.references() == [reference]
    assert "alinitukana" not in ombudsman.read("/triage/")
    assert "alinitukana" in ombudsman.case(reference)


def test_long_lists_come_in_pages_of_twenty_five_that_an_address_keeps(ward: Browser, stage: Stage) -> None:
    references = [ago(stage, 3 - number / 100) for number in range(55)]
    assert ward.references("/triage/?show=new") == references[:25]
    assert ward.references("/triage/?show=new&page=2") == references[25:50]
    assert ward.references("/triage/?show=new&page=3") == references[50:]
    assert 'rel="next" href="/triage/?show=new&amp;page=2"' in ward.read("/triage/?show=new")
    assert ward.references("/triage/?show=new&page=99") == references[50:]
    assert ward.references("/triage/?show=new&page=-1") == references[:25]
    assert ward.references("/triage/?show=new&page=x") == references[:25]
    assert ward.references("/triage/?show=nonsense") == references[:25]


def test_what_ended_last_stands_on_top_of_done(ward: Browser, stage: Stage) -> None:
    first, second = stage.file(), stage.file()
    stage.do(actions.end, second, ward.who, Ending.NOT_FOUND, "Hatukuiona.")
    stage.later(minutes=1)
    stage.do(actions.end, first, ward.who, Ending.NOT_OURS, "Ni ya KeNHA.")
    assert ward.references("/triage/?show=done") == [first, second]
    assert "Not the county&#39;s" in ward.read("/triage/?show=done")


def test_a_queue_page_takes_no_more_statements_for_twenty_five_cases_than_for_two(
    app: Flask, ward: Browser, stage: Stage
) -> None:
    engine, counted = app.extensions["sikiza"].engine, []
    for listed in (2, 25):
        for number in range(listed):
            reference = stage.file(words=WORDS, phone=stage.phone())
            if number % 2:
                stage.do(actions.take, reference, ward.who)
        with statements(engine) as seen:
            assert len(ward.references()) == listed
        counted.append(len(seen))
        kinds = [statement.split(None, 1)[0] for statement in seen]
        # At the end one line of the audit, as the owner: her role may not write it.
        assert kinds[-6:] == ["SAVEPOINT", "SELECT", "SELECT", "INSERT", "SELECT", "RELEASE"], seen
        assert "sikiza_enter" in seen[0] or "sikiza_enter" in seen[2]
    assert counted[1] <= counted[0] <= MOST, seen


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What was sent to the database."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_full_queue_page_stays_under_fourteen_kilobytes_with_its_style(ward: Browser, stage: Stage) -> None:
    for _ in range(26):
        stage.file(words=WORDS, landmark="Shule ya msingi ya Shirere", problem="BURST_PIPE")
    weight = 0
    for address in ("/triage/", "/triage/static/triage.css", "/triage/static/triage.js", "/triage/static/icon.svg"):
        weight += len(ward.get(address, Accept_Encoding="gzip").data)
    assert weight <= 14_000


def test_a_reference_is_found_however_it_is_typed_and_only_in_ones_own_ward(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference = stage.file()
    elsewhere = browser(ward_code=SHEYWE)
    for typed in (reference, f"{reference[:4]} {reference[4:]}", f" {reference[:4]}-{reference[4:]} "):
        assert ward.client.get("/triage/find", query_string={"words": typed}).location == f"/triage/cases/{reference}"
    assert elsewhere.client.get(f"/triage/find?words={reference}", follow_redirects=True).status_code == 404
    assert ward.get("/triage/find?words=123").location == "/triage/"
    assert "eight digits" in ward.said()


def test_an_empty_list_says_so(ward: Browser) -> None:
    assert "Nothing to do." in ward.read("/triage/")
    assert "Nothing is late." in ward.read("/triage/?show=late")


def test_an_officer_without_a_post_is_told_whom_to_ask(ward: Browser, stage: Stage) -> None:
    told = "You hold no post now. Ask the county administrator."
    assert told not in ward.read("/triage/")
    stage.set("UPDATE post SET ends_at = now() WHERE officer_id = :id", id=ward.who.id)
    page = ward.read("/triage/")
    assert told in page
    assert "Nothing to do." not in page
