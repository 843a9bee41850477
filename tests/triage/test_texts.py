"""The page of the texts set aside: what it shows, what it hides, and its three buttons."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from gateway.cases.models import Case
from gateway.messages.models import IncomingStatus
from gateway.people.models import Role
from tests.cases.aside import FAILED, NO_TELEPHONE, incoming, put_aside
from tests.cases.stage import WANJIKU, Stage
from tests.triage.conftest import Browser

PAGE = "/triage/texts"


@pytest.fixture
def hotline(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.HOTLINE)


@pytest.fixture
def ombudsman(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.OMBUDSMAN)


def test_each_text_stands_there_with_its_time_its_kind_of_sender_the_reason_and_no_number(
    hotline: Browser, stage: Stage
) -> None:
    at = datetime(2026, 12, 3, 11, 5, tzinfo=UTC)
    put_aside(stage, "Hakuna maji <b>kabisa</b>", received_at=at)
    put_aside(stage, "Umeshinda!", "PROMO", NO_TELEPHONE)
    put_aside(stage, "", why="no text")
    put_aside(stage, "Something new", why="a reason of tomorrow")
    page = hotline.read(PAGE)
    assert re.findall(r"<h2>(.*?), <time", page) == [
        "Not known", "A telephone", "A name, a short code or a service number", "A telephone",
    ]  # fmt: skip
    assert "Thu 3 Dec, 14:05" in page
    assert "It could not be handled, though it was tried for hours." in page
    assert "Nobody can be answered there." in page
    assert "Hakuna maji &lt;b&gt;kabisa&lt;/b&gt;" in page
    for private in (WANJIKU, WANJIKU[4:], "PROMO"):
        assert private not in page


@pytest.mark.parametrize(
    ("sender", "where"), [("+254202222222", "a landline, or"), ("+442079460018", "a landline, outside Kenya (GB), or")]
)
def test_a_landline_is_told_from_no_telephone_and_is_called_back_without_its_number_being_shown(
    hotline: Browser, stage: Stage, sender: str, where: str
) -> None:
    text_id = put_aside(stage, "Hakuna maji hapa", sender, NO_TELEPHONE)
    page = hotline.read(PAGE)
    assert "<h2>A telephone that takes no SMS from here, <time" in page
    assert f"It is {where} another line that cannot be texted. Call back:" in page
    assert "<button>Make it a case, to call back</button>" in page
    assert sender[4:] not in page
    hotline.post(f"{PAGE}/{text_id}/case")
    reference = stage.only_case().reference
    assert stage.letters() == []
    assert f"{reference[:4]} {reference[4:]}" in hotline.read("/triage/call-backs")


def test_a_long_text_shows_300_letters_and_keeps_the_rest_behind_a_disclosure(hotline: Browser, stage: Stage) -> None:
    put_aside(stage, "m" * 300 + "zzz")
    page = hotline.read(PAGE)
    assert f"{'m' * 300} …</p>" in page
    assert re.search(r'<details class="act"><summary>Show the rest</summary><p class="quoted">zzz</p></details>', page)
    put_aside(stage, "n" * 300)
    assert hotline.read(PAGE).count("<details") == 1


@pytest.mark.parametrize(
    ("words", "why", "buttons"),
    [
        ("Hakuna maji", FAILED, ["Make it a case", "Try again", "Set aside"]),
        ("Umeshinda", "from our own code", ["Make it a case", "Set aside"]),
        ("", "no text", ["Set aside"]),
    ],
)
def test_only_what_helps_is_offered(hotline: Browser, stage: Stage, words: str, why: str, buttons: list[str]) -> None:
    put_aside(stage, words, why=why)
    offered = re.findall(r"<button[^>]*>(.*?)</button>", hotline.read(PAGE))
    assert [name for name in offered if name != "Sign out"] == buttons


def test_pages_of_twenty_five_and_a_count_in_the_navigation(hotline: Browser, ombudsman: Browser, stage: Stage) -> None:
    assert ">Texts</a>" in hotline.read("/triage/")
    assert "No text is set aside." in hotline.read(PAGE)
    for number in range(26):
        put_aside(stage, f"Habari {number:02}")
    put_aside(stage, "Karani alitaka hongo", sensitive=True)
    assert ">Texts (26)</a>" in hotline.read("/triage/")
    assert ">Texts (1)</a>" in ombudsman.read("/triage/")
    first, last = hotline.read(PAGE), hotline.read(f"{PAGE}?page=2")
    assert first.count('class="row call"') == 25
    assert "Page 1 of 2" in first
    assert ("Habari 00" in first, "Habari 00" in last) == (False, True)


def test_confidential_texts_are_on_the_ombudsmans_page_and_counted_on_no_other(
    hotline: Browser, ombudsman: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    put_aside(stage, "Karani alitaka hongo", sensitive=True)
    assert "Karani alitaka hongo" in ombudsman.read(PAGE)
    assert "No text is set aside." in hotline.read(PAGE)
    assert "Incoming texts set aside: <b>0</b>" in browser(Role.COUNTY).read("/triage/")


def test_make_it_a_case_says_the_reference_and_the_case_has_the_text_in_its_thread(
    hotline: Browser, stage: Stage
) -> None:
    text_id = put_aside(stage, "Hakuna maji Ingotse")
    answer = hotline.post(f"{PAGE}/{text_id}/case")
    assert (answer.status_code, answer.location) == (303, PAGE)
    reference = stage.only_case().reference
    assert hotline.said() == f"It is a case now: {reference[:4]} {reference[4:]}."
    assert hotline.references() == [reference]
    page = hotline.case(reference)
    assert page.count("Hakuna maji Ingotse") >= 2
    assert "Rose made a case of the text, which had been set aside" in page
    hotline.post(f"{PAGE}/{text_id}/case")
    assert "somebody else has dealt with this text" in hotline.said()
    assert stage.count(Case) == 1


def test_try_again_and_set_aside_take_it_off_the_page_and_say_so(hotline: Browser, stage: Stage) -> None:
    again, aside = put_aside(stage, "Hakuna maji"), put_aside(stage, "Umeshinda", "PROMO", NO_TELEPHONE)
    hotline.post(f"{PAGE}/{again}/again")
    assert "It is tried again now." in hotline.said()
    hotline.post(f"{PAGE}/{aside}/aside")
    assert "Set aside." in hotline.said()
    rows = [incoming(stage, text_id) for text_id in (again, aside)]
    assert [(row.status, row.settled_by) for row in rows] == [
        (IncomingStatus.STORED, hotline.who.id), (IncomingStatus.HANDLED, hotline.who.id),
    ]  # fmt: skip
    assert "No text is set aside." in hotline.read(PAGE)
    hotline.post(f"{PAGE}/{aside}/again")
    assert "Nothing was changed" in hotline.said()


@pytest.mark.parametrize("action", ["case", "again", "aside"])
def test_no_desk_settles_what_is_the_other_ones(
    hotline: Browser, ombudsman: Browser, stage: Stage, action: str
) -> None:
    plain, confidential = put_aside(stage, "Hakuna maji"), put_aside(stage, "Karani alitaka hongo", sensitive=True)
    hotline.post(f"{PAGE}/{confidential}/{action}")
    ombudsman.post(f"{PAGE}/{plain}/{action}")
    for text_id in (plain, confidential):
        assert incoming(stage, text_id).status is IncomingStatus.QUARANTINED
    assert stage.count(Case) == 0


@pytest.mark.parametrize("role", [Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.COUNTY])
def test_nobody_else_has_such_a_page(browser: Callable[..., Browser], stage: Stage, role: Role) -> None:
    reader, text_id = browser(role), put_aside(stage, "Hakuna maji")
    assert reader.get(PAGE).status_code == 404
    for action in ("case", "again", "aside"):
        assert reader.post(f"{PAGE}/{text_id}/{action}").status_code == 404
    assert PAGE not in reader.read("/triage/")
    assert (incoming(stage, text_id).status, stage.count(Case)) == (IncomingStatus.QUARANTINED, 0)
