"""What was typed into the queue stays until it is done, and no row comes back newer than what she has read of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gateway.cases.models import Case, Status
from tests.cases.stage import SHEYWE, Stage
from tests.triage.conftest import Browser
from tests.triage.test_together import ADDRESS, four, refusal, shown

__all__ = ["four"]


def versions(page: str) -> dict[str, str]:
    """The version that each row goes by."""
    return dict(re.findall(r'name="(seen-\d+)" value="(\d+)"', page))


def press(browser: Browser, do: str, fields: Mapping[str, str | list[str]]) -> TestResponse:
    return browser.post(ADDRESS, do=do, **fields)


# What she has read


@pytest.mark.parametrize("why", ["no words", "does not fit", "nothing selected"])
def test_a_refused_form_makes_no_row_newer_than_what_she_has_read(
    ward: Browser, browser: Callable[..., Browser], stage: Stage, four: list[str], why: str
) -> None:
    one, form = four[0], shown(ward)
    browser().act(one, "note", words="Kuna moto, watatu wameumia.")
    refused = {
        "no words": {"do": f"row {one}", f"what-{one}": "end:not_found"},
        "does not fit": {"do": f"row {four[1]}", f"what-{four[1]}": "end:cannot_now+none"},
        "nothing selected": {"do": "selected", "what": "note"},
    }[why]
    first = ward.post(ADDRESS, **(form | refused))
    assert first.status_code in (409, 422)
    again = {"do": f"row {one}", f"what-{one}": "end:not_found", f"words-{one}": "Hakuna kitu hapo."}
    answer = ward.post(ADDRESS, **(versions(first.text) | again))
    assert (answer.status_code, "Kuna moto, watatu wameumia." in refusal(answer)) == (409, True)
    assert stage.history(one) == ["filed", "note"]
    last = ward.post(ADDRESS, **(versions(answer.text) | again))
    assert last.status_code == 303, "told once, she may decide"


@pytest.mark.usefixtures("impatient")
def test_while_somebody_else_holds_a_case_no_row_gets_newer_either(
    ward: Browser, browser: Callable[..., Browser], stage: Stage, four: list[str]
) -> None:
    form = shown(ward)
    browser().act(four[0], "note", words="Kuna moto.")
    form |= {"do": f"take {four[0]}", "csrf_token": ward.token()}
    with stage.transaction() as session:
        session.scalars(select(Case).where(Case.reference == four[0]).with_for_update(key_share=True)).one()
        answer = ward.client.post(ADDRESS, data=form)
    assert answer.status_code == 409
    assert versions(answer.text)[f"seen-{four[0]}"] == form[f"seen-{four[0]}"]


@pytest.mark.parametrize("typed", ["", "x", "9" * 18])
def test_no_row_gets_a_version_that_its_case_does_not_have(
    ward: Browser, stage: Stage, four: list[str], typed: str
) -> None:
    newest = shown(ward)
    answer = ward.post(ADDRESS, **(newest | {f"seen-{four[0]}": typed, "do": "selected", "what": "note"}))
    assert versions(answer.text) == newest


# What she has typed


def test_what_was_typed_in_other_rows_and_selected_stays_when_one_is_done(
    ward: Browser, browser: Callable[..., Browser], stage: Stage, four: list[str]
) -> None:
    form = shown(ward)
    browser().act(four[1], "note", words="Kuna moto.")
    form |= {f"what-{four[1]}": "note", f"words-{four[1]}": "Nimeenda huko.", "words": "Kwa wote", "what": "write"}
    form |= {f"what-{four[0]}": "end:cannot_now", f"words-{four[0]}": "Hakuna pesa."}
    answer = press(ward, f"row {four[0]}", form | {"case": four[2:]})
    assert answer.status_code == 200
    assert stage.history(four[0]) == ["filed", "ended"]
    assert 'role="status"><p>' in answer.text
    assert "Nothing was changed" not in answer.text
    assert ">Nimeenda huko.</textarea>" in answer.text
    assert ">Kwa wote</textarea>" in answer.text
    assert '<option value="write" selected>' in answer.text
    assert re.findall(r'name="case" value="(\d+)"[^>]* checked', answer.text) == four[2:]
    assert "Hakuna pesa." not in answer.text
    assert versions(answer.text)[f"seen-{four[1]}"] == form[f"seen-{four[1]}"], "of the note she has not read"


def test_what_was_typed_in_a_row_stays_when_its_case_is_taken(ward: Browser, stage: Stage, four: list[str]) -> None:
    form = shown(ward) | {f"words-{four[0]}": "Fundi anakuja."}
    answer = press(ward, f"take {four[0]}", form)
    assert (answer.status_code, ">Fundi anakuja.</textarea>" in answer.text) == (200, True)
    assert stage.case(four[0]).status is Status.TAKEN
    form |= versions(answer.text) | {f"what-{four[0]}": "write"}
    assert press(ward, f"row {four[0]}", form).status_code == 303


def test_what_was_typed_about_a_case_that_is_on_the_page_no_more_is_shown(
    ward: Browser, stage: Stage, four: list[str]
) -> None:
    form = shown(ward) | {f"words-{four[1]}": "Nimeenda huko.", "what": "end:cannot_now", "words": "Hakuna pesa."}
    answer = press(ward, "selected", form | {"case": four[:2]})
    assert answer.status_code == 200
    said = f"Not done yet About {four[1][:4]} {four[1][4:]} you had written: Nimeenda huko."
    assert refusal(answer) == said


def test_the_words_for_all_are_not_lost_with_the_last_row(ward: Browser, stage: Stage) -> None:
    elsewhere = stage.file(ward_code=SHEYWE)
    answer = press(ward, "selected", {"what": "note", "case": [elsewhere], "words": "Maneno marefu niliyoandika"})
    assert answer.status_code == 409
    assert refusal(answer).endswith("About all that were selected you had written: Maneno marefu niliyoandika")


def test_planning_from_a_row_takes_its_words_along_to_the_months(
    ward: Browser, browser: Callable[..., Browser], stage: Stage, four: list[str]
) -> None:
    form = shown(ward) | {f"words-{four[0]}": "Bajeti ya Machi.", "words": "Kwa wote", "month": "2027-01-31"}
    browser().act(four[0], "note", words="Kuna moto.")
    answer = ward.post(f"/triage/cases/{four[0]}/end", **(form | {"plan": ""}))
    assert answer.status_code == 200
    assert re.search(r'value="planned"[^>]* checked', answer.text)
    assert re.search(r'<textarea id="end-words"[^>]*>Bajeti ya Machi.</textarea>', answer.text)
    assert "Kwa wote" not in answer.text
    assert '<option value="2027-01-31" selected>' not in answer.text
    assert "Kuna moto." in answer.text.partition("While you had this open")[2]
    assert stage.history(four[0]) == ["filed", "note"]


# Where she goes on


def test_after_a_row_she_goes_on_at_it_or_at_the_next_one(ward: Browser, stage: Stage, four: list[str]) -> None:
    form = shown(ward)
    assert list(form) == [f"seen-{one}" for one in four]
    ended = {f"what-{four[1]}": "end:cannot_now", f"words-{four[1]}": "Hakuna pesa."}
    noted = {f"what-{four[2]}": "note", f"words-{four[2]}": "Nilipita."}
    for do, fields, address in (
        (f"take {four[0]}", {}, f"/triage/#r{four[0]}"),
        (f"row {four[1]}", ended, f"/triage/#r{four[2]}"),
        (f"row {four[2]}", noted, f"/triage/#r{four[2]}"),
        (f"take {four[3]}", {"back": "show=new"}, "/triage/?show=new"),
        ("selected", {"what": "note", "case": four[0], "words": "Nilipita tena."}, "/triage/"),
    ):
        answer = press(ward, do, form | fields)
        assert (answer.status_code, answer.location) == (303, address)
    assert re.findall(r'id="r(\d+)"', ward.read("/triage/")) == [four[0], four[2], four[3]]
