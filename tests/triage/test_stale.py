"""A change from a page that others have overtaken is refused, with what is new and what was typed side by side."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from gateway.cases import actions, timing
from gateway.cases.models import Case, Desk, Ending, Status
from gateway.people.models import Role
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser

NEW = "While you had this open"


class Forms(HTMLParser):
    """The forms of a page: where each goes, and its fields with their values."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._within = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._within = True
            self.found.append((given.get("action", ""), {}))
        elif self._within and given.get("name"):
            self.found[-1][1][given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag != "form"


def seen_on(page: str) -> str:
    """The version that the page says it shows."""
    [version] = {fields["seen"] for address, fields in Forms(page).found if "/triage/cases/" in address}
    return version


def news_of(page: str) -> list[str]:
    block = re.search(r'<div class="fresh">(.*?)</div>', page, re.S)
    lines = re.findall(r"<li>(.*?)</li>", block[1], re.S) if block else []
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in lines]


@pytest.mark.parametrize("role", [Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.HOTLINE, Role.OMBUDSMAN])
def test_every_form_of_a_case_page_says_which_version_it_shows(
    browser: Callable[..., Browser], stage: Stage, role: Role
) -> None:
    officer = browser(role)
    stage.officer(role)  # a colleague, so that everything is offered
    given = {Role.OMBUDSMAN: {"category": "STAFF"}, Role.HOTLINE: {"hour": "any"}}
    reference = stage.file(words="Bomba limepasuka", **given.get(role, {}))
    newest = stage.events(reference)[-1].id
    found = [fields for address, fields in Forms(officer.case(reference)).found if "/triage/cases/" in address]
    assert len(found) >= 4
    assert [fields.get("seen") for fields in found] == [str(newest)] * len(found)


def test_a_change_from_an_overtaken_page_is_refused_with_both_versions_shown(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, second = stage.file(quiet=True), browser()
    seen = seen_on(ward.case(reference))
    second.act(reference, "note", words="Nilipita, bomba la barabarani. Piga 0711000999.", seen=seen)
    before = stage.history(reference)
    answer = ward.act(reference, "end", ending="not_found", words="Sikuona bomba hapo.", seen=seen)
    assert answer.status_code == 409
    assert (stage.history(reference), stage.letters(reference)) == (before, [])
    [line] = news_of(answer.text)
    assert "Note by Rose" in line
    assert "bomba la barabarani" in line
    assert "0711000999" not in answer.text
    assert "Sikuona bomba hapo.</textarea>" in answer.text
    assert re.search(r'value="not_found"[^>]* checked', answer.text)
    assert "The case has changed while you had it open." in answer.text
    again = ward.act(reference, "end", ending="not_found", words="Sikuona bomba hapo.", seen=seen_on(answer.text))
    assert again.status_code == 303
    assert stage.case(reference).ending is Ending.NOT_FOUND


def test_what_the_resident_has_just_written_is_read_before_she_is_told_that_nothing_was_found(
    ward: Browser, stage: Stage
) -> None:
    reference = stage.file()
    seen = seen_on(ward.case(reference))
    stage.receive(f"{reference} Ni nyuma ya kanisa la Friends")
    answer = ward.act(reference, "end", ending="not_found", words="Hakuna.", seen=seen)
    assert answer.status_code == 409
    assert ["kanisa la Friends" in line for line in news_of(answer.text)] == [True]
    assert stage.case(reference).status is Status.NEW


def test_a_button_pressed_too_late_takes_nothing_from_a_colleague(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, second = stage.file(), browser()
    seen = seen_on(ward.case(reference))
    second.act(reference, "refer", to="department:roads", words="Ni barabara.", seen=seen)
    answer = ward.act(reference, "take", seen=seen)
    assert answer.status_code == 409
    assert ["Referred to" in line for line in news_of(answer.text)] == [True]
    assert stage.case(reference).desk is Desk.DEPARTMENT
    assert ward.act(reference, "take", seen=seen_on(answer.text)).status_code == 303


def test_her_own_lines_and_looks_at_the_number_do_not_make_her_page_old(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, second = stage.file(), browser()
    seen = seen_on(ward.case(reference))
    second.act(reference, "number", words="Nampigia.")
    assert ward.act(reference, "note", words="Kwanza.", seen=seen).status_code == 303
    assert ward.act(reference, "note", words="Pili.", seen=seen).status_code == 303
    assert stage.history(reference) == ["filed", "number_shown", "note", "note"]


def test_the_same_form_sent_twice_is_saved_once_and_not_called_old(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    seen = seen_on(ward.case(reference))
    for _ in range(2):
        assert ward.act(reference, "take", seen=seen).status_code == 303
    assert "That was saved already." in ward.said()
    assert stage.history(reference) == ["filed", "taken"]


def test_looking_at_the_sms_and_a_mistake_in_the_form_hide_nothing_new(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, second = stage.file(), browser()
    seen = seen_on(ward.case(reference))
    second.act(reference, "note", words="Fundi yuko njiani.", seen=seen)
    for fields in ({"words": "Tunakuja.", "look": "y"}, {"words": ""}):
        answer = ward.act(reference, "write", seen=seen, **fields)
        assert ["Fundi yuko njiani." in line for line in news_of(answer.text)] == [True]
    shown = ward.post(f"/triage/cases/{reference}/number", words="Nampigia.", seen=seen)
    assert ["Fundi yuko njiani." in line for line in news_of(shown.text)] == [True]
    assert NEW not in ward.case(reference)


@contextmanager
def between(engine: Engine, statement: str, act: Callable[[], object]) -> Iterator[None]:
    """Let `act` happen once, right before the first statement in which this stands."""
    waiting = [act]

    def before(connection: object, cursor: object, said: str, *_: object) -> None:
        if statement in said and waiting:
            waiting.pop()()

    event.listen(engine, "before_cursor_execute", before)
    yield
    event.remove(engine, "before_cursor_execute", before)
    assert not waiting


@pytest.mark.parametrize("statement", ["max(case_event.id)", "LEFT OUTER JOIN officer"])
def test_what_comes_while_a_page_is_read_is_on_it_or_told_once_too_often(
    app: Flask, ward: Browser, stage: Stage, statement: str
) -> None:
    """Between the version and the case, on whichever side of it the change falls."""
    other, reference = stage.officer(), stage.file(words="Bomba")
    ward.read("/triage/")
    engine = app.extensions["sikiza"].engine

    def write() -> None:
        stage.do(actions.note, reference, other, f"Kuna moto {len(stage.events(reference))}.")
        stage.set("UPDATE cases SET words = words || ' na moto'")

    fields = {"ending": "not_found", "words": "Hakuna kitu hapo."}
    with between(engine, statement, write):
        page = ward.case(reference)
    answer = ward.act(reference, "end", seen=seen_on(page), **fields)
    assert "na moto" in page or answer.status_code == 409
    stage.set("UPDATE cases SET words = 'Bomba', status = 'new', desk = 'ward'")
    with between(engine, statement, write):
        page = ward.read("/triage/")
    form = dict(re.findall(r'name="(seen-\d+)" value="(\d+)"', page))
    form |= {"do": f"row {reference}", f"what-{reference}": "end:not_found", f"words-{reference}": "Hakuna kitu."}
    assert "na moto" in page or ward.post("/triage/queue", **form).status_code == 409


@pytest.mark.parametrize("seen", ["", "x", "9" * 30])
def test_a_version_that_is_none_is_no_reason_to_lose_what_was_written(ward: Browser, stage: Stage, seen: str) -> None:
    reference = stage.file()
    assert ward.act(reference, "note", words="Nilipita.", seen=seen).status_code == 303
    assert stage.history(reference) == ["filed", "note"]


def press_together(pressed: Sequence[Callable[[], TestResponse]]) -> list[TestResponse]:
    """Let several officers press at the same moment; their answers, in no order."""
    answers: list[TestResponse] = []
    start = threading.Barrier(len(pressed))

    def press(send: Callable[[], TestResponse]) -> None:
        start.wait()
        answers.append(send())

    threads = [threading.Thread(target=press, args=(send,)) for send in pressed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_of_two_officers_who_press_at_the_same_moment_exactly_one_wins(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    for _ in range(3):
        reference = stage.file(phone=stage.phone())
        pressed = []
        for officer in (browser(), browser()):
            form = {"csrf_token": officer.token(), "seen": seen_on(officer.case(reference)), "ending": "cannot_now"}
            form["words"] = f"Hakuna pesa, asema {officer.who.id}."
            pressed.append(partial(officer.client.post, f"/triage/cases/{reference}/end", data=form))
        answers = press_together(pressed)
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        assert stage.history(reference) == ["filed", "ended"]
        lost = next(answer for answer in answers if answer.status_code == 409)
        assert ["Ended by Rose" in line for line in news_of(lost.text)] == [True]


def test_a_form_pressed_twice_at_the_same_moment_is_carried_out_once_and_both_answers_say_that_it_was(
    ward: Browser, stage: Stage
) -> None:
    reference = stage.file(quiet=True)
    form = {"csrf_token": ward.token(), "seen": seen_on(ward.case(reference)), "words": "Fundi anakuja."}
    client = ward.client.application.test_client()
    browsers = [ward, Browser(client, ward.who)]
    forms = [form, form | {"csrf_token": browsers[1].token()}]
    pressed = [
        partial(browser.client.post, f"/triage/cases/{reference}/write", data=sent)
        for browser, sent in zip(browsers, forms, strict=True)
    ]
    assert [answer.status_code for answer in press_together(pressed)] == [303, 303]
    assert stage.history(reference) == ["filed", "written"]
    assert stage.letters(reference) == [("from_officer", "queued")]


def test_over_the_border_it_goes_in_two_steps_and_no_clock_gains(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    there, reference = browser(ward_code=SHEYWE), stage.file(words="Bomba")
    page = ward.case(reference)
    groups = re.findall(r'<optgroup label="([^"]+)"', page[page.index('id="route-ward"') :])
    own = stage.office.county.sub_county(202)
    assert own is not None
    assert groups[0] == own.name
    options = page[page.index('id="route-ward"') :]
    assert re.search(r'<option value="" selected>Choose</option>|<option value="">Choose</option>', options[:400])
    assert ward.act(reference, "route", ward="", seen=seen_on(page)).status_code == 422
    stage.rewrite_history("UPDATE case_event SET at = at - interval '30 days'")
    stage.set("UPDATE cases SET received_at = received_at - interval '30 days'")
    with stage.transaction() as session:
        timing.keep_time(session, stage.office, session.get_one(Case, stage.case(reference).id))
    before, letters = stage.case(reference), stage.letters(reference)
    ward.act(reference, "route", ward=str(SHEYWE), seen=seen_on(ward.case(reference)))
    assert (stage.case(reference).due_at, stage.letters(reference)) == (before.due_at, letters)
    there.act(reference, "route", ward=str(SHIRERE), seen=seen_on(there.case(reference)))
    case = stage.case(reference)
    assert case.ward_code == SHIRERE
    assert case.due_at == before.due_at
    assert case.desk_due_at is not None
    assert case.desk_due_at < stage.now, "the month that the first ward let go by is not given back to it"


def test_a_proposal_leads_to_the_ending_that_it_means(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    page = ward.read(f"/triage/cases/{reference}?open=end&ending=fixed")
    assert re.search(r'value="fixed" required checked', page)
    assert "checked" not in ward.read(f"/triage/cases/{reference}?open=end&ending=never")


def test_a_case_is_given_to_a_colleague_from_its_page(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference = stage.file()
    assert "Give it to a colleague" not in ward.case(reference)
    jane = browser()
    stage.set("UPDATE officer SET name = 'Jane Wekesa' WHERE id = :id", id=jane.who.id)
    page = ward.case(reference)
    assert f'<option value="{jane.who.id}">Jane Wekesa</option>' in page
    assert ward.act(reference, "assign", to="", seen=seen_on(page)).status_code == 422
    assert ward.act(reference, "assign", to="999999", seen=seen_on(page)).status_code == 409
    assert ward.act(reference, "assign", to=str(jane.who.id), seen=seen_on(page)).status_code == 303
    assert "is with Jane Wekesa now." in ward.said()
    assert "Rose gave it to Jane Wekesa" in ward.case(reference)
    assert stage.case(reference).assignee_id == jane.who.id
    assert jane.references("/triage/?show=mine") == [reference]


def test_a_ready_text_is_put_into_its_form_and_nothing_is_sent(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    found = re.search(r'name="ready" formnovalidate value="([^"]+)"', ward.case(reference))
    assert found
    answer = ward.act(reference, "end", ready=found[1])
    assert answer.status_code == 200
    assert re.search(r'name="ending"[^>]* checked', answer.text)
    assert not re.search(r'<textarea id="end-words"[^>]*></textarea>', answer.text)
    assert (stage.history(reference), stage.letters(reference)) == (["filed"], [])
