"""A resident who asked for no more SMS: an officer is told before and after that none goes, and why one did not."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from gateway.cases.models import Case, Confirmation
from tests.cases.stage import Stage
from tests.triage.conftest import Browser

ASKED_WHEN_SHE_DIALS = (
    "She asked for no more SMS: she is asked when she dials; without an answer it counts as not confirmed."
)
STOPPED = "Not sent: the resident asked for no more SMS."


def stop(stage: Stage) -> None:
    stage.set("UPDATE resident SET stopped_at = :now", now=stage.now)


def test_it_stands_on_the_case_page_and_no_form_writes_to_her(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    assert "stopped by the resident" not in ward.case(reference)
    stop(stage)
    page = ward.case(reference)
    assert "<dt>SMS</dt><dd>stopped by the resident</dd>" in page
    assert "nothing can be sent. Call her, or wait until she dials." in page
    assert f'action="/triage/cases/{reference}/write"' not in page
    assert ASKED_WHEN_SHE_DIALS in page
    assert "The resident gets:" not in page


def test_fixed_says_how_she_is_asked_and_the_thread_why_no_sms_went(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stop(stage)
    ward.act(reference, "end", ending="fixed", words="Bomba limerekebishwa.")
    assert f"ended: fixed. {ASKED_WHEN_SHE_DIALS}" in ward.said()
    assert stage.letters(reference) == [("fixed", "cancelled")]
    assert stage.case(reference).confirmation is Confirmation.ASKED
    assert STOPPED in ward.case(reference)


def test_another_ending_says_that_none_is_sent(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stop(stage)
    ward.act(reference, "end", ending="cannot_now", words="Hakuna pesa.")
    assert "She asked for no more SMS: none is sent." in ward.said()
    assert "by SMS." not in ward.said()


def test_words_that_were_typed_before_she_stopped_are_not_lost(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    stop(stage)
    answer = ward.act(reference, "write", words="Ni nyumba gani?")
    assert answer.status_code == 409
    assert "Ni nyumba gani?" in answer.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("UPDATE resident SET stopped_at = now() + interval '1 hour'", STOPPED),
        ("UPDATE cases SET status = 'withdrawn'", "Not sent: the resident took the report back."),
        ("UPDATE cases SET resident_id = NULL, secret_hash = 'x'", "Not sent: the resident hid her number."),
        ("UPDATE cases SET resident_id = NULL", "Not sent: the number was erased."),
        ("UPDATE cases SET joined_id = id, status = 'closed'", "Not sent: the report was joined to another one."),
        ("UPDATE message SET code = 'number erased'", "Cancelled before it was sent."),
    ],
)
def test_what_was_cancelled_says_why_where_that_is_known(
    ward: Browser, stage: Stage, change: str, sentence: str
) -> None:
    reference = stage.file()
    ward.act(reference, "write", words="Tunakuja kesho.")
    stage.set("UPDATE message SET status = 'cancelled'")
    stage.set(change)
    found = re.findall(r'class="standing failed">([^<]*)<', ward.case(reference))
    assert found[-1].strip() == sentence


def test_where_nothing_leaves_at_once_the_officer_is_told_before_and_after(ward: Browser, stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.set("INSERT INTO spending_limit (amount, officer_id) VALUES (0, :who)", who=ward.who.id)
    waits = "It waits for the month’s money: this month’s is spent."
    assert ward.case(reference).count(f"The SMS does not leave at once. {waits}") == 2
    look = ward.act(reference, "write", words="Tunakuja kesho.", look="y").text
    assert f"1 SMS. {waits}</p>" in look
    ward.act(reference, "write", words="Tunakuja kesho.")
    assert ward.said().endswith(f": your message goes to the resident by SMS. {waits}")
    ward.act(reference, "end", ending="fixed", words="Tayari.")
    assert f"An SMS asks the resident whether that is true. {waits}" in ward.said()


@pytest.mark.parametrize(("action", "more"), [("write", {}), ("end", {"ending": "cannot_now"})])
def test_words_that_would_arrive_as_question_marks_are_refused_with_a_sentence(
    ward: Browser, stage: Stage, action: str, more: dict[str, str]
) -> None:
    reference = stage.file()
    answer = ward.act(reference, action, words="Завтра 😀", **more)
    assert answer.status_code == 422
    assert "Phones would show only question marks" in answer.text
    assert "Завтра 😀" in answer.text
    assert stage.history(reference) == ["filed"]


def test_a_ward_that_was_taken_from_the_older_case_is_not_said_to_be_read(ward: Browser, stage: Stage) -> None:
    older, reference = stage.file(), stage.file()
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        case.guess, case.follows_id = {"ward": ""}, stage.case(older).id
    page = ward.case(reference)
    assert "Read from the words" not in page
    assert f"Ward of {older[:4]} {older[4:]}, which it may belong to: <b>Shirere ward</b>. Right?" in page
    with stage.transaction() as session:
        session.get_one(Case, stage.case(reference).id).guess = {"ward": "", "category": "WATER", "words": "maji"}
    page = ward.case(reference)
    assert "Read from the words: <b>Water</b> (“maji”)." in page
    assert f"Ward of {older[:4]} {older[4:]}, which" in page
