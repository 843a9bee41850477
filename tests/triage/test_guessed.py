"""What was read from the words, on the officers' pages: shown as a guess, confirmed, sorted otherwise, hidden."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from gateway.cases.models import Case
from gateway.people.models import Role
from tests.cases.stage import SHEYWE, Stage
from tests.cases.test_guesses import READ, guessed
from tests.triage.conftest import Browser

MARK = "WATER:NO_WATER:sherere"
BOX = (
    "Read from the words: <b>Shirere ward</b> (“sherere”), <b>Water: No water</b> (“hakuna maji”). Right?"
)  # fmt: skip


def test_the_page_asks_about_what_was_read_and_shows_the_words_that_say_so(ward: Browser, stage: Stage) -> None:
    reference = guessed(stage)
    page = ward.case(reference)
    assert BOX in page
    assert "<h1>Other " in page
    assert page.index(BOX) < page.index("<blockquote")
    assert ">That is right</button>" in page
    for action, summary in (("sort", "Say what it is about"), ("route", "Send to another ward")):
        assert f'href="?open={action}#{action}"' in page
        assert re.search(rf'<details class="act"[^>]*>\n    <summary[^>]*>{summary}', page)
        opened = ward.case(f"{reference}?open={action}")
        assert re.search(rf'<details class="act"[^>]* open>\n    <summary[^>]*>{summary}', opened)
        assert opened.count(f'id="{action}"') == 1
        assert len(re.findall(r'<details class="act"[^>]* open>', opened)) == 1


def test_one_press_confirms_it(ward: Browser, stage: Stage) -> None:
    reference = guessed(stage)
    answer = ward.act(reference, "confirm", read=MARK)
    assert (answer.status_code, answer.location) == (303, f"/triage/cases/{reference}")
    case = stage.case(reference)
    assert (case.category, case.problem, case.guess) == ("WATER", "NO_WATER", None)
    assert "is confirmed: Water: No water, Shirere." in ward.said()
    page = ward.case(reference)
    assert "Read from the words" not in page
    assert "<h1>Water: No water " in page
    assert "Rose confirmed what was read from the words: Water: No water, Shirere ward" in page


def test_what_was_read_anew_since_the_page_was_opened_is_not_confirmed_unseen(ward: Browser, stage: Stage) -> None:
    reference = guessed(stage)
    with stage.transaction() as session:
        session.get_one(Case, stage.case(reference).id).guess = READ | {"category": "ROADS", "problem": "BRIDGE"}
    for read in (MARK, "", "x"):
        answer = ward.act(reference, "confirm", read=read)
        assert answer.status_code == 409
        assert answer.text.count("The case has changed since you opened it.") == 1
    assert stage.history(reference) == ["filed"]


def test_the_queue_shows_a_guess_as_a_guess(ward: Browser, stage: Stage) -> None:
    reference = guessed(stage)
    page = ward.read("/triage/")
    assert ">Other</a></h2>" in page
    assert '<span class="chip waiting">Water?</span>' in page
    ward.act(reference, "confirm", read=MARK)
    page = ward.read("/triage/")
    assert ">Water: No water</a></h2>" in page
    assert "Water?" not in page


def test_another_subject_is_one_choice_from_the_list_of_the_hotline(ward: Browser, stage: Stage) -> None:
    reference = guessed(stage)
    page = ward.case(reference)
    assert '<option value="ROADS:POTHOLES">Potholes</option>' in page
    for secret in ("GBV:", "CORRUPT:", "STAFF:"):
        assert f'value="{secret}' not in page
        assert ward.act(reference, "sort", about=secret).status_code == 422
    answer = ward.act(reference, "sort", about="ROADS:POTHOLES")
    assert answer.status_code == 303
    assert "stands under Road, bridge: Potholes. The promised day stays." in ward.said()
    case = stage.case(reference)
    assert (case.category, case.problem, case.guess) == ("ROADS", "POTHOLES", {"ward": "sherere"})
    page = ward.case(reference)
    assert "Read from the words: <b>Shirere ward</b> (“sherere”). Right?" in page
    assert "Sorted by Rose: Road, bridge: Potholes" in page


@pytest.mark.parametrize(
    ("action", "fields", "event"),
    [
        ("confirm", {"read": MARK}, "guess_confirmed"),
        ("sort", {"about": "ROADS:BRIDGE"}, "sorted"),
        ("sort", {"about": "OTHER:"}, "sorted"),
    ],
)
def test_a_button_pressed_twice_acts_once(
    ward: Browser, stage: Stage, action: str, fields: dict[str, str], event: str
) -> None:
    reference = guessed(stage)
    assert ward.act(reference, action, **fields).status_code == 303
    assert ward.act(reference, action, **fields).status_code == 303
    assert "That was saved already." in ward.said()
    assert stage.history(reference) == ["filed", event]


def test_another_ward_takes_the_guess_of_the_subject_along(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference = guessed(stage)
    ward.act(reference, "route", ward=str(SHEYWE))
    assert "Read from the words: <b>Water: No water</b> (“hakuna maji”). Right?" in browser(ward_code=SHEYWE).case(
        reference
    )


def test_words_that_were_read_are_never_run(ward: Browser, stage: Stage) -> None:
    reference = guessed(stage, {"ward": "<b>sherere", "category": "WATER", "words": "<script>alert(1)</script>"})
    page = ward.case(reference)
    assert "“&lt;b&gt;sherere”" in page
    assert "<script>alert" not in page
    assert ward.act(reference, "confirm", read="WATER::<b>sherere").status_code == 303


def test_this_is_confidential_sends_it_out_of_the_wards_sight(
    ward: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference = guessed(stage)
    for wrong in ({"words": "Siri"}, {"category": "CORRUPT"}, {"category": "WATER", "words": "Siri"}):
        assert ward.act(reference, "hide", **wrong).status_code == 422
    answer = ward.act(reference, "hide", category="CORRUPT", words="Ni karani wetu.")
    assert (answer.status_code, answer.location) == (303, "/triage/")
    assert "It went to the confidential desk, with your reason." in ward.said()
    assert ward.get(f"/triage/cases/{reference}").status_code == 404
    assert set(ward.counts().values()) == {0}
    page = browser(Role.OMBUDSMAN).case(reference)
    assert "Rose sent it to the confidential desk" in page
    assert "Ni karani wetu." in page
    assert "sherere hakuna maji" in page


@pytest.mark.parametrize("fields", [{"about": "MAGIC:"}, {"about": ""}, {}, {"about": "WATER:MAGIC"}])
def test_a_subject_that_is_no_choice_changes_nothing(ward: Browser, stage: Stage, fields: dict[str, Any]) -> None:
    reference = guessed(stage)
    answer = ward.act(reference, "sort", **fields)
    assert answer.status_code == 422
    assert "This was not saved" in answer.text
    assert stage.history(reference) == ["filed"]


def test_nothing_without_a_day_is_a_choice_for_what_was_promised_one(ward: Browser, stage: Stage) -> None:
    reference, praise = guessed(stage), stage.file(category="PRAISE", quiet=True)
    sentence = "it stays a report: praise, an idea or a national matter is answered and ended."
    promised, free = ward.case(reference), ward.case(praise)
    for choice in ("PRAISE:", "IDEA:", "NATIONAL:KPLC"):
        assert f'value="{choice}"' not in promised
        assert f'value="{choice}"' in free
        answer = ward.act(reference, "sort", about=choice)
        assert "She was promised a day" in answer.text
    assert (sentence in promised, sentence in free) == (True, False)
    assert stage.history(reference) == ["filed"]


def test_the_ombudsman_is_offered_none_of_it(browser: Callable[..., Browser], stage: Stage) -> None:
    reference, ombudsman = stage.file(category="STAFF"), browser(Role.OMBUDSMAN)
    page = ombudsman.case(reference)
    for text in ("This is confidential", "Say what it is about", "Read from the words"):
        assert text not in page
    for action, fields in (("sort", {"about": "WATER:"}), ("confirm", {}), ("hide", {"category": "GBV", "words": "x"})):
        assert ombudsman.act(reference, action, **fields).status_code in (409, 422)
    assert stage.history(reference) == ["filed"]
