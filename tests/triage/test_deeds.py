"""What officers do, through the forms: the rows, the history and the SMS of each action."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from gateway.cases import actions
from gateway.cases.clock import deadline, local_day
from gateway.cases.models import Confirmation, Desk, Ending, Status
from gateway.people.models import Role
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser


def next_month_end(today: date) -> date:
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return (following + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def test_taking_a_case_makes_it_ones_own_and_sends_nothing(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    answer = ward.act(reference, "take")
    assert (answer.status_code, answer.location) == (303, f"/triage/cases/{reference}")
    case = stage.case(reference)
    assert (case.status, case.assignee_id, case.desk) == (Status.TAKEN, ward.who.id, Desk.WARD)
    assert stage.history(reference) == ["filed", "taken"]
    assert stage.letters(reference) == []
    assert "is yours. The resident sees" in ward.said()


def test_taking_back_what_was_referred_brings_it_home(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    ward.act(reference, "refer", words="Tafadhali", to="elsewhere", body="KeNHA")
    assert ">Take it back</button>" in ward.case(reference)
    ward.act(reference, "take")
    case = stage.case(reference)
    assert (case.status, case.desk, case.referred_to) == (Status.TAKEN, Desk.WARD, None)


def test_time_that_a_case_waited_for_the_resident_is_given_back_when_it_is_taken_up(
    ward: Browser, stage: Stage
) -> None:
    reference = stage.file()
    stage.do(actions.write, reference, ward.who, "Ni nyumba gani?", wait=True)
    stage.rewrite_history("UPDATE case_event SET at = at - interval '7 days'")
    stage.set("UPDATE cases SET received_at = received_at - interval '7 days'")
    ward.act(reference, "take")
    case = stage.case(reference)
    without = deadline(case.received_at, stage.office.county.charter.term("resolve", "WATER"), stage.office.calendar)
    assert case.due_at is not None
    assert case.due_at > without


def test_what_ends_where_nothing_was_broken_is_called_the_same_in_row_page_and_answer(
    ward: Browser, stage: Stage
) -> None:
    praise = stage.file(category="PRAISE", quiet=True)
    assert '<option value="end:fixed">End: noted</option>' in ward.get("/triage/").text
    assert "<b>Noted</b>" in ward.case(praise)
    ward.act(praise, "end", ending="fixed", words="Asante kwa maneno yako.")
    assert "ended: noted." in ward.said()
    page = ward.case(praise)
    assert ">Noted</span>" in page
    assert "Fixed" not in page


def test_a_note_is_for_officers_only(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    ward.act(reference, "note", words="Nilipita hapo.\r\nHakuna mtu.")
    [_, note] = stage.events(reference)
    assert (note.name, note.officer_id, note.words) == ("note", ward.who.id, "Nilipita hapo.\nHakuna mtu.")
    assert stage.letters(reference) == []
    assert stage.case(reference).status is Status.NEW


def test_a_message_to_the_resident_is_queued_as_it_was_shown(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    ward.act(reference, "write", words="Fundi anakuja kesho asubuhi.")
    assert stage.letters(reference) == [("from_officer", "queued")]
    shown = f"{reference[:4]} {reference[4:]}"
    assert stage.last_text(reference) == f"{shown}, Kaunti ya Kakamega: Fundi anakuja kesho asubuhi."
    assert stage.history(reference) == ["filed", "written"]
    assert stage.case(reference).status is Status.NEW


def test_a_question_to_the_resident_stops_the_clock(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    ward.act(reference, "write", words="Ni nyumba gani?", wait="y")
    case = stage.case(reference)
    assert (case.status, case.assignee_id) == (Status.WAITING, ward.who.id)
    assert stage.history(reference) == ["filed", "written", "waiting"]
    assert "its clock stands still" in ward.said()
    assert "the clock stands still" in ward.case(reference)


def test_referring_to_a_department_keeps_the_promise_and_is_seen_there(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    roads, reference = browser(Role.DEPARTMENT, department="roads"), stage.file()
    before = stage.case(reference)
    ward.act(reference, "refer", to="department:roads", words="Tafadhali angalieni daraja.")
    case = stage.case(reference)
    assert (case.status, case.desk, case.department) == (Status.REFERRED, Desk.DEPARTMENT, "roads")
    assert (case.due_at, case.assignee_id) == (before.due_at, None)
    assert case.desk_since > before.desk_since
    assert "is now with Roads dept. The promised day stays." in ward.said()
    assert "Tafadhali angalieni daraja." in roads.case(reference)


@pytest.mark.parametrize(
    ("fields", "body"),
    [({"to": "body:Kenya Power (KPLC)"}, "Kenya Power (KPLC)"), ({"to": "elsewhere", "body": " KeNHA "}, "KeNHA")],
)
def test_referring_outside_the_county_names_the_body(
    ward: Browser, stage: Stage, fields: dict[str, str], body: str
) -> None:
    reference = stage.file()
    ward.act(reference, "refer", words="Nguzo ya stima.", **fields)
    case = stage.case(reference)
    assert (case.status, case.desk, case.referred_to) == (Status.REFERRED, Desk.OUTSIDE, body)
    assert stage.events(reference)[-1].data == {"department": None, "body": body}


def test_a_case_from_over_the_border_goes_to_its_ward_with_its_clock(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    sheywe, reference = browser(ward_code=SHEYWE), stage.file()
    due = stage.case(reference).due_at
    answer = ward.act(reference, "route", ward=str(SHEYWE))
    assert (answer.status_code, answer.location) == (303, "/triage/")
    assert "went to Sheywe ward. Its clock runs on." in ward.said()
    case = stage.case(reference)
    assert (case.ward_code, case.sub_county_code, case.desk, case.status) == (SHEYWE, 202, Desk.WARD, Status.NEW)
    assert case.due_at == due
    assert stage.events(reference)[-1].data == {"ward": SHEYWE}
    assert sheywe.references() == [reference]
    assert ward.get(f"/triage/cases/{reference}").status_code == 404


def test_a_case_is_not_sent_to_the_ward_that_has_it(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    assert f'<option value="{SHIRERE}"' not in ward.case(reference)
    assert f'<option value="{SHEYWE}"' in ward.case(reference)
    answer = ward.act(reference, "route", ward=str(SHIRERE))
    assert answer.status_code == 409
    assert "It is in this ward already." in answer.text
    assert stage.history(reference) == ["filed"]


def test_fixed_asks_the_resident_and_keeps_the_words(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    ward.act(reference, "end", ending="fixed", words="Bomba jipya.")
    case = stage.case(reference)
    assert (case.status, case.ending, case.confirmation) == (Status.RESOLVED, Ending.FIXED, Confirmation.ASKED)
    assert (case.reason, case.assignee_id) == ("Bomba jipya.", ward.who.id)
    assert stage.letters(reference) == [("fixed", "queued")]
    assert "Ni kweli?" in stage.last_text(reference)
    assert "Bomba jipya" not in stage.last_text(reference)
    assert stage.questions() == [("fixed", "open", None)]
    assert "ended: fixed. An SMS asks the resident whether that is true." in ward.said()


@pytest.mark.parametrize("ending", ["cannot_now", "not_ours", "not_found"])
def test_the_other_endings_tell_the_reason_and_ask_nothing(ward: Browser, stage: Stage, ending: str) -> None:
    reference = stage.file(quiet=True)
    ward.act(reference, "end", ending=ending, words="Hakuna pesa hadi Julai.")
    case = stage.case(reference)
    assert (case.status, case.ending, case.confirmation) == (Status.RESOLVED, Ending(ending), None)
    assert stage.letters(reference) == [(ending, "queued")]
    assert "Hakuna pesa hadi Julai." in stage.last_text(reference)
    assert stage.questions() == []
    assert "Your reason goes to the resident by SMS." in ward.said()


def test_planned_needs_a_month_and_comes_back_at_its_end(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    end = next_month_end(local_day(stage.now))
    for fields in ({}, {"month": ""}, {"month": "2020-01-31"}, {"month": "soon"}):
        assert ward.act(reference, "end", ending="planned", words="Bajeti imepita.", **fields).status_code == 422
    assert stage.history(reference) == ["filed"]
    ward.act(reference, "end", ending="planned", words="Bajeti imepita.", month=end.isoformat())
    case = stage.case(reference)
    assert (case.ending, case.planned_for) == (Ending.PLANNED, end)
    assert "kazi hii imepangwa" in stage.last_text(reference)
    assert f"ended: planned for {end:%B %Y}" in ward.said()


def test_feedback_is_noted_and_its_sender_is_thanked_in_the_officers_words(ward: Browser, stage: Stage) -> None:
    reference = stage.file(category="IDEA", quiet=True)
    assert "<b>Noted</b>" in ward.case(reference)
    ward.act(reference, "end", ending="fixed", words="Tumeweka taa.")
    assert stage.letters(reference) == [("answered", "queued")]
    assert stage.questions() == []
    assert stage.case(reference).confirmation is None
    assert '<span class="chip resolved">Noted</span>' in ward.case(reference)


def test_a_confidential_ending_keeps_the_words_sealed_and_names_nothing(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    ombudsman, reference = browser(Role.OMBUDSMAN), stage.file(category="CORRUPT", quiet=True)
    ombudsman.act(reference, "write", words="Tumepata ushahidi.")
    ombudsman.act(reference, "end", ending="fixed", words="Karani amesimamishwa.")
    case = stage.case(reference)
    assert (case.status, case.reason, case.confirmation) == (Status.RESOLVED, None, None)
    assert [event.words for event in stage.events(reference)] == [None, None, None]
    assert stage.letters(reference) == [("call_us", "queued")] * 2
    assert "ushahidi" not in stage.last_text(reference)
    page = ombudsman.case(reference)
    assert "Karani amesimamishwa." in page
    assert "Tumepata ushahidi." in page


def test_about_violence_nothing_is_ever_texted(browser: Callable[..., Browser], stage: Stage) -> None:
    ombudsman, reference = browser(Role.OMBUDSMAN), stage.file(category="GBV", hour="morning")
    assert ombudsman.act(reference, "write", words="Piga simu").status_code == 409
    assert ombudsman.act(reference, "end", ending="fixed", words="Yuko salama.").status_code == 303
    assert "No SMS is sent." in ombudsman.said()
    assert ombudsman.act(reference, "release", words="x").status_code == 409
    assert stage.letters(reference) == []


def test_the_ombudsman_releases_a_case_to_its_ward(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    ombudsman = browser(Role.OMBUDSMAN)
    reference = stage.file(category="STAFF", words="Ofisi ilifungwa saa nne", quiet=True)
    assert ombudsman.act(reference, "release", words=" ").status_code == 422
    answer = ombudsman.act(reference, "release", words="Si kuhusu mtu.")
    assert (answer.status_code, answer.location) == (303, "/triage/")
    case = stage.case(reference)
    assert (case.sensitive, case.desk, case.words) == (False, Desk.WARD, "Ofisi ilifungwa saa nne")
    assert ombudsman.get(f"/triage/cases/{reference}").status_code == 404
    assert "Ofisi ilifungwa saa nne" in ward.case(reference)


def test_nobody_else_releases_refers_or_routes_what_is_confidential(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    ombudsman, reference = browser(Role.OMBUDSMAN), stage.file(category="STAFF")
    for action, fields in {"refer": {"to": "department:water"}, "route": {"ward": "1012"}}.items():
        assert ombudsman.act(reference, action, words="Tafadhali", **fields).status_code == 409
    assert stage.history(reference) == ["filed"]
    assert stage.case(reference).desk is Desk.CONFIDENTIAL


# What cannot be done


@pytest.mark.parametrize(
    ("action", "fields", "sentence"),
    [
        ("note", {"words": " \r\n "}, "Write the note first."),
        ("note", {}, "Write the note first."),
        ("note", {"words": "x" * 301}, "Too long: at most 300 letters."),
        ("write", {"words": ""}, "Write the message first."),
        ("refer", {"words": "Tafadhali"}, "Choose to whom."),
        ("refer", {"words": "Tafadhali", "to": "elsewhere"}, "Name the body."),
        ("refer", {"words": "Tafadhali", "to": "department:magic"}, "Not a valid choice."),
        ("refer", {"to": "department:roads"}, "Say what they should do."),
        ("route", {}, "Choose the ward."),
        ("route", {"ward": "9999"}, "Not a valid choice."),
        ("route", {"ward": "x' OR 1=1"}, "Not a valid choice."),
        ("end", {"words": "Imefanywa"}, "Choose how it ended."),
        ("end", {"words": "Imefanywa", "ending": "gone"}, "Not a valid choice."),
        ("end", {"ending": "fixed"}, "Say what was done: it stays in the history."),
        ("end", {"ending": "cannot_now"}, "Give the reason: the resident has a right to it."),
    ],
)
def test_a_form_that_is_not_right_says_what_is_missing_and_keeps_what_was_typed(
    ward: Browser, stage: Stage, action: str, fields: dict[str, Any], sentence: str
) -> None:
    reference = stage.file()
    answer = ward.act(reference, action, **fields)
    assert answer.status_code == 422
    assert "This was not saved" in answer.text
    assert answer.text.count(sentence) == 2
    if len(fields.get("words", "").strip()) > 1:
        assert f">{fields['words']}</textarea>" in answer.text
    assert stage.history(reference) == ["filed"]


def test_what_a_colleague_took_away_cannot_be_taken(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    colleague, reference = browser(), stage.file()
    colleague.act(reference, "take")
    answer = ward.act(reference, "take")
    assert answer.status_code == 409
    assert answer.text.count("The case has changed since you opened it.") == 1
    assert stage.case(reference).assignee_id == colleague.who.id


def test_a_case_that_changed_meanwhile_is_shown_again_with_the_typed_words(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    colleague, reference = browser(), stage.file()
    colleague.act(reference, "end", ending="not_found", words="Hatukuiona.")
    answer = ward.act(reference, "end", ending="fixed", words="Mimi nilimaliza.")
    assert answer.status_code == 409
    assert answer.text.count("The case has changed since you opened it. Look at it again, then decide.") == 1
    assert '<p class="quoted">Mimi nilimaliza.</p>' in answer.text
    assert stage.case(reference).ending is Ending.NOT_FOUND
    assert stage.history(reference) == ["filed", "ended"]
    answer = ward.act(reference, "write", words="Mimi nilimaliza.", wait="y")
    assert answer.status_code == 303
    assert stage.case(reference).status is Status.RESOLVED


@pytest.mark.parametrize(
    ("action", "fields", "events", "letters"),
    [
        ("take", {}, ["taken"], 0),
        ("note", {"words": "Nilipita."}, ["note"], 0),
        ("write", {"words": "Tunakuja."}, ["written"], 1),
        ("write", {"words": "Wapi?", "wait": "y"}, ["written", "waiting"], 1),
        ("refer", {"words": "Tafadhali", "to": "department:roads"}, ["referred"], 0),
        ("end", {"words": "Tayari.", "ending": "fixed"}, ["ended"], 1),
    ],
)
def test_a_button_pressed_twice_acts_once(
    ward: Browser, stage: Stage, action: str, fields: dict[str, str], events: list[str], letters: int
) -> None:
    reference = stage.file(quiet=True)
    assert ward.act(reference, action, **fields).status_code == 303
    answer = ward.act(reference, action, **fields)
    assert answer.status_code == 303
    assert "That was saved already." in ward.said()
    assert stage.history(reference) == ["filed", *events]
    assert len(stage.letters(reference)) == letters


def test_the_same_form_with_other_words_or_by_another_officer_is_no_repetition(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, colleague = stage.file(), browser()
    ward.act(reference, "note", words="Moja.")
    ward.act(reference, "note", words="Mbili.")
    colleague.act(reference, "note", words="Mbili.")
    stage.rewrite_history("UPDATE case_event SET at = at - interval '6 minutes'")
    colleague.act(reference, "note", words="Mbili.")
    assert stage.history(reference) == ["filed", "note", "note", "note", "note"]


def test_two_presses_at_the_very_same_time_act_once(app: Flask, ward: Browser, stage: Stage) -> None:
    reference, token = stage.file(quiet=True), ward.token()
    browsers = [Browser(app.test_client(), ward.who) for _ in range(4)]
    for browser in browsers:
        with ward.client.session_transaction() as mine, browser.client.session_transaction() as other:
            other["csrf_token"] = mine["csrf_token"]
    answers: list[int] = []

    def press(browser: Browser) -> None:
        fields = {"csrf_token": token, "words": "Tunakuja."}
        answers.append(browser.client.post(f"/triage/cases/{reference}/write", data=fields).status_code)

    threads = [threading.Thread(target=press, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert stage.history(reference) == ["filed", "written"]
    assert stage.letters(reference) == [("from_officer", "queued")]


def test_an_action_that_does_not_exist_is_a_404(ward: Browser, stage: Stage) -> None:
    assert ward.act(stage.file(), "explode").status_code == 404


def test_letters_that_no_phone_or_database_knows_do_no_harm(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    ward.act(reference, "write", words="Habari \0 “njema” 😀 ñ")
    assert stage.events(reference)[-1].words == "Habari  “njema” 😀 ñ"
    assert stage.last_text(reference).endswith('Habari  "njema" ? ñ')
