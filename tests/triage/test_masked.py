"""Numbers that residents type into their words: masked on every page, shown with the number, on record."""

from __future__ import annotations

from collections.abc import Callable

from gateway.cases import actions
from gateway.cases.models import Ending
from gateway.people.models import Role
from tests.cases.aside import put_aside
from tests.cases.stage import WANJIKU, Stage
from tests.triage.conftest import Browser

TYPED = ("0712 345 678", "0733999888", "+254 722 111 222")
WORDS = f"Piga simu {TYPED[0]} au {TYPED[1]}, nambari 4821 7739, KES 1,200,000"


def test_numbers_inside_words_are_masked_in_the_queue_and_on_the_case_page(ward: Browser, stage: Stage) -> None:
    reference = stage.file(words=WORDS, landmark=f"Kwa {TYPED[2]}")
    for page in (ward.read("/triage/"), ward.case(reference)):
        assert not any(number in page for number in TYPED)
        assert "07xx xxx x78" in page
    assert "KES 1,200,000" in ward.case(reference)


def test_added_words_texts_notes_and_reasons_are_masked_too(ward: Browser, stage: Stage) -> None:
    stage.receive(f"Maji hayatoki Shirere, piga {TYPED[1]}")
    reference = stage.only_case().reference
    stage.receive(f"{reference} nipigie {TYPED[0]}")
    stage.do(actions.note, reference, ward.who, f"Jirani: {TYPED[2]}")
    stage.do(actions.end, reference, ward.who, Ending.NOT_FOUND, f"Nilipiga {TYPED[1]}")
    page = ward.case(reference)
    assert not any(number in page for number in TYPED)
    assert page.count("07xxxxxx88") >= 3


def test_a_text_set_aside_is_masked(browser: Callable[..., Browser], stage: Stage) -> None:
    put_aside(stage, words=f"{'Maji ' * 60}{TYPED[0]} na {TYPED[1]}")
    page = browser(Role.HOTLINE).read("/triage/texts")
    assert not any(number in page for number in TYPED)


def test_show_number_shows_those_in_the_words_on_that_answer_and_the_case_lists_who_looked(
    ward: Browser, stage: Stage
) -> None:
    reference = stage.file(words=WORDS)
    answer = ward.act(reference, "number", words="To find the pipe")
    assert TYPED[0] in answer.text
    assert f'href="tel:{WANJIKU}"' in answer.text
    page = ward.case(reference)
    assert TYPED[0] not in page
    assert "Who looked at the number" in page
    assert ">Rose, <time" in page or "Rose, <time" in page
    assert ": To find the pipe</li>" in page
    assert [name for name in stage.history(reference) if name == "number_shown"] == ["number_shown"]


def test_the_numbers_in_the_words_of_who_hid_hers_are_shown_on_record(ward: Browser, stage: Stage) -> None:
    reference = stage.file(words=WORDS, anonymous=True)
    assert "Show the numbers in the words" in ward.case(reference)
    answer = ward.act(reference, "number", words="To ask the chief")
    assert TYPED[0] in answer.text
    assert "hidden by the resident" in answer.text
    assert "number_shown" in stage.history(reference)


def test_the_reason_of_a_look_at_a_confidential_case_is_read_by_those_who_see_the_case(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, ombudsman = stage.file(category="CORRUPT", words=WORDS), browser(Role.OMBUDSMAN)
    ombudsman.act(reference, "number", words="To hear more")
    assert ": To hear more</li>" in ombudsman.case(reference)
