"""An SMS looked at before it is sent: the very text, its parts and price, without JavaScript and without a trace."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from gateway.cases.clock import local_day
from gateway.people.models import Role
from gateway.triage.forms import month_ends
from tests.cases.stage import Stage
from tests.triage.conftest import Browser

LOOK = re.compile(r'<div class="seen".*?</div>', re.DOTALL)
PRICED = "UPDATE message SET status = 'sent', sent_at = now(), parts = 1, price = 0.8, currency = 'KES'"


def looked(browser: Browser, reference: str, action: str, **fields: str) -> str:
    """The box with the SMS, as text; the page is no error and keeps what was typed."""
    answer = browser.act(reference, action, look="y", **fields)
    assert answer.status_code == 200
    assert f">{html.escape(fields['words'], quote=False)}</textarea>" in answer.text.replace("&#34;", '"')
    assert f'/triage/cases/{reference}/{action}"' in answer.text
    found = LOOK.search(answer.text)
    assert found
    return html.unescape(found[0])


def test_a_letter_is_shown_as_it_will_arrive_and_nothing_is_sent(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    stage.set(PRICED)
    before = stage.messages(reference)
    box = looked(ward, reference, "write", words="Fundi wa ŋombe 😀 “kesho”")
    shown = f"{reference[:4]} {reference[4:]}"
    assert f'>{shown}, Kaunti ya Kakamega: Fundi wa ng\'ombe ? "kesho"</p>' in box
    assert "Nothing is sent yet" in box
    assert re.search(r"\d+ characters, 1 SMS, about KES 0\.80\.", box)
    assert "ŋ becomes ng', 😀 becomes ?" in box
    assert stage.history(reference) == ["filed"]
    assert len(stage.messages(reference)) == len(before)


def test_what_was_looked_at_is_what_is_sent(ward: Browser, stage: Stage) -> None:
    reference, words = stage.file(quiet=True), "Fundi wa ŋombe “kesho” " + "na kesho kutwa " * 12
    box = looked(ward, reference, "write", words=words.strip())
    ward.act(reference, "write", words=words)
    assert f">{stage.last_text(reference)}</p>" in box
    assert f"{len(stage.last_text(reference))} characters, 2 SMS." in box


def test_without_a_known_price_none_is_told(ward: Browser, stage: Stage) -> None:
    box = looked(ward, stage.file(quiet=True), "write", words="Tunakuja.")
    assert "1 SMS." in box
    assert "KES" not in box


@pytest.mark.parametrize("ending", ["fixed", "planned", "cannot_now", "not_ours", "not_found"])
def test_each_ending_is_shown_as_it_will_be_sent(ward: Browser, stage: Stage, ending: str) -> None:
    reference, words = stage.file(quiet=True), "Tumeangalia mahali hapo."
    month = {"month": month_ends(local_day(stage.now))[0].isoformat()} if ending == "planned" else {}
    box = looked(ward, reference, "end", ending=ending, words=words, **month)
    assert stage.history(reference) == ["filed"]
    ward.act(reference, "end", ending=ending, words=words, **month)
    assert f">{stage.last_text(reference)}</p>" in box
    assert (words in box) is (ending != "fixed")


def test_a_form_that_is_not_right_is_not_looked_at(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    answer = ward.act(reference, "end", look="y", words="Tayari.")
    assert answer.status_code == 422
    assert "Choose how it ended." in answer.text
    assert LOOK.search(answer.text) is None


def test_where_she_asked_for_no_more_sms_it_says_that_none_goes(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    stage.set("UPDATE resident SET stopped_at = now()")
    assert "The resident will get no SMS." in looked(ward, reference, "end", ending="not_ours", words="Si yetu.")


def test_other_actions_have_nothing_to_look_at(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    assert ward.act(reference, "note", look="y", words="Nilipita.").status_code == 303
    assert stage.history(reference) == ["filed", "note"]


def test_only_where_her_words_are_sent_they_are_counted(browser: Callable[..., Browser], stage: Stage) -> None:
    open_case, hidden, secret = stage.file(), stage.file(anonymous=True), stage.file(category="STAFF")
    ward, ombudsman = browser(), browser(Role.OMBUDSMAN)
    assert ward.case(open_case).count(">Look at the SMS first</button>") == 2
    for page in (ward.case(hidden), ombudsman.case(secret)):
        assert "Look at the SMS first" not in page
        assert 'class="count paid"' not in page


def test_the_page_carries_what_the_browser_counts_with(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    stage.set(PRICED)
    page = html.unescape(ward.case(reference))
    assert '<meta name="sms-letters" content="{"basic": ' in page
    assert f'data-sms="{reference[:4]} {reference[4:]}, Kaunti ya Kakamega: (your words)" data-price="0.8000"' in page
    end = month_ends(local_day(stage.now))[0]
    assert f'"{end.isoformat()}": "{stage.office.menu.month(end, "sw")}"' in page
