"""The call-back list: what is due today and what is late, page by page, and officers who asked to be called."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from config.zone import NAIROBI
from gateway.cases.categories import OTHER
from gateway.cases.clock import A_DAY, deadline
from gateway.cases.models import CallBack, NumberLook
from gateway.people.models import Audit, Role
from gateway.people.phone import mask
from gateway.triage import call_backs, hours
from tests.cases.stage import AMINA, Stage
from tests.triage.conftest import Browser

PAGE = "/triage/call-backs"


@pytest.fixture
def hotline(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.HOTLINE)


def ask(stage: Stage, due: datetime, **given: int | None) -> int:
    """Somebody asks to be called; the id of her call-back."""
    with stage.transaction() as session:
        call = CallBack(**({"hour": "any", "due_at": due} | given))
        session.add(call)
        session.flush()
        return call.id


def asked_by_officer(stage: Stage, ward: Browser, phone: str | None = AMINA) -> tuple[str, int]:
    """The ward administrator answers *call me* about a case of hers: its reference, and the id of the call-back."""
    reference = stage.file(words="Maji hayatoki")
    vault = stage.office.vault
    if phone:
        stage.set(
            "UPDATE officer SET name = 'Nafula', phone_sealed = :sealed, phone_mask = :mask WHERE id = :id",
            sealed=vault.seal(phone), mask=mask(phone), id=ward.who.id,
        )  # fmt: skip
    case_id = stage.case(reference).id
    return reference, ask(stage, stage.now + timedelta(hours=8), case_id=case_id, officer_id=ward.who.id)


def test_each_is_owed_within_one_working_day(stage: Stage) -> None:
    term = stage.office.county.charter.term("call_back", OTHER)
    friday = datetime(2026, 11, 27, 13, 0, tzinfo=UTC)
    assert deadline(friday, term, stage.office.calendar) == datetime(2026, 11, 30, 14, 0, tzinfo=UTC)


def test_what_is_late_stands_first_and_what_is_due_today_is_marked(hotline: Browser, stage: Stage) -> None:
    now = datetime.now(UTC)
    later = ask(stage, now + timedelta(days=3))
    late = ask(stage, now - timedelta(days=2))
    page = hotline.read(PAGE)
    assert [int(found) for found in re.findall(r'id="call-(\d+)"', page)] == [late, later]
    assert '<span class="chip late">1 late</span>' in page
    assert "Late 2 days" in page


def test_what_is_due_later_today_is_counted_apart_from_what_is_late(hotline: Browser, stage: Stage) -> None:
    noon = datetime(2026, 11, 30, 12, 0, tzinfo=NAIROBI)
    tomorrow, today, late = (ask(stage, noon + timedelta(hours=after)) for after in (12, 5, -1))
    with stage.transaction() as session:
        page = call_backs.listed(session, stage.office, hotline.who, 1, noon)
    assert [line.id for line in page.lines] == [late, today, tomorrow]
    assert (page.late, page.today) == (1, 1)


def test_a_hundred_stand_on_a_page_and_a_number_is_shown_where_its_line_stands(hotline: Browser, stage: Stage) -> None:
    stage.file()
    resident = stage.resident()
    assert resident
    calls = [ask(stage, stage.now + timedelta(minutes=one), resident_id=resident.id) for one in range(101)]
    first, last = hotline.read(PAGE), hotline.read(f"{PAGE}?page=2")
    assert (first.count('id="call-'), last.count('id="call-')) == (100, 1)
    assert "Page 1 of 2" in first
    assert f'action="{PAGE}/{calls[100]}/number?page=2#call-{calls[100]}"' in last
    assert 'href="tel:' in hotline.post(f"{PAGE}/{calls[100]}/number?page=2").text


def test_an_officer_who_asked_to_be_called_stands_there_with_her_name_her_ward_and_the_case(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    reference, _ = asked_by_officer(stage, ward)
    page = hotline.read(PAGE)
    assert '<span class="chip up">Officer</span> Nafula, Shirere ward.' in page
    assert f"/triage/cases/{reference}" in page
    assert "+254 7** *** 002" in page
    assert AMINA not in page
    assert hotline.get(f"/triage/cases/{reference}").status_code == 200


def test_her_own_number_is_shown_on_record_and_not_as_a_look_at_the_residents(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    reference, call = asked_by_officer(stage, ward)
    page = hotline.post(f"{PAGE}/{call}/number").text
    assert f'href="tel:{AMINA}"' in page
    with stage.transaction() as session:
        [look] = session.scalars(select(NumberLook))
        assert (look.call_back_id, look.officer_id) == (call, hotline.who.id)
        assert look.reason == "The officer asked to be called."
        [line] = session.scalars(select(Audit).where(Audit.name == "number_shown"))
        assert (line.officer_id, line.data) == (hotline.who.id, {"call_back": call})
    assert stage.history(reference) == ["filed"]
    assert "looked at by Rose" in hotline.read(PAGE)


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        ("reached", "Rose called the officer who asked for it"),
        ("unreachable", "Rose called the officer who asked for it, who was not reached"),
    ],
)
def test_what_came_of_it_stands_in_the_history_of_the_case(
    hotline: Browser, ward: Browser, stage: Stage, outcome: str, sentence: str
) -> None:
    reference, call = asked_by_officer(stage, ward)
    stage.set("UPDATE call_back SET tried_at = now() - interval '7 days'")
    hotline.post(f"{PAGE}/{call}/number")
    hotline.post(f"{PAGE}/{call}/done", outcome=outcome)
    assert "Nobody waits for a call." in hotline.read(PAGE)
    assert f"<p>{sentence}</p>" in ward.case(reference)
    assert stage.letters(reference)[1:] == [], "her call is no resident's"
    assert hotline.get(f"/triage/cases/{reference}").status_code == 404


def test_an_officer_without_a_phone_is_listed_without_one(hotline: Browser, ward: Browser, stage: Stage) -> None:
    _, call = asked_by_officer(stage, ward, phone=None)
    page = hotline.read(PAGE)
    assert "erased" not in page
    assert f"{PAGE}/{call}/number" not in page


def call_back(stage: Stage, call: int) -> CallBack:
    with stage.transaction() as session:
        return session.get_one(CallBack, call)


def asked_by_resident(stage: Stage, **given: Any) -> tuple[str, int]:
    """Amina asks to be called about a report of hers: its reference, and the id of the call-back."""
    reference = stage.file(phone=AMINA, **given)
    case = stage.case(reference)
    return reference, ask(stage, stage.now + timedelta(days=1), case_id=case.id, resident_id=case.resident_id)


def close(hotline: Browser, call: int, outcome: str = "unreachable", words: str = "", *, look: bool = True) -> Any:
    """Look at the number, call, and write down what came of it."""
    if look:
        hotline.post(f"{PAGE}/{call}/number")
    return hotline.post(f"{PAGE}/{call}/done", outcome=outcome, words=words)


def notes(stage: Stage, reference: str) -> list[str | None]:
    return [event.words for event in stage.events(reference) if event.name == "note"]


def let_days_pass(stage: Stage) -> None:
    """Since the first call: the hours between the two are working hours."""
    stage.set("UPDATE call_back SET tried_at = tried_at - interval '7 days'")


def test_who_is_not_reached_stays_on_the_list_for_a_second_call(hotline: Browser, stage: Stage) -> None:
    reference, call = asked_by_resident(stage, quiet=True)
    close(hotline, call)
    assert "not reached. It stays on the list: call once more by " in hotline.said()
    first = call_back(stage, call)
    assert first.tried_at is not None
    assert (first.done_at, first.outcome) == (None, None)
    calendar = stage.office.calendar
    assert calendar.working_time(first.tried_at, first.due_at) == A_DAY / 2
    assert f"tried once at {first.tried_at.astimezone(NAIROBI):%H:%M}" in hotline.read(PAGE)

    close(hotline, call)
    assert hotline.said() == "That was saved already.", "the button was pressed twice"
    assert call_back(stage, call).done_at is None
    assert stage.letters(reference) == []

    let_days_pass(stage)
    close(hotline, call)
    assert "not reached. An SMS tells her that we called twice." in hotline.said()
    last = call_back(stage, call)
    assert (last.outcome, last.done_by) == ("unreachable", hotline.who.id)
    assert "Nobody waits for a call." in hotline.read(PAGE)
    assert [name for name in stage.history(reference) if name != "number_shown"] == [
        "filed", "call_back_done", "call_back_done",
    ]  # fmt: skip
    assert stage.letters(reference) == [("called_twice", "queued")]
    assert "tulikupigia simu mara mbili" in stage.last_text(reference)


def test_nobody_is_not_reached_whom_nobody_called(hotline: Browser, stage: Stage) -> None:
    reference, call = asked_by_resident(stage)
    answer = close(hotline, call, words="Simu imezimwa", look=False)
    assert (answer.status_code, "Show the number first" in answer.text) == (409, True)
    assert 'value="Simu imezimwa"' in answer.text
    close(hotline, call)
    let_days_pass(stage)
    stage.rewrite_history("UPDATE number_look SET at = at - interval '8 days'")
    assert close(hotline, call, look=False).status_code == 409, "the number was shown for the first call"
    assert close(hotline, call).status_code == 303
    assert call_back(stage, call).outcome == "unreachable"
    assert notes(stage, reference) == []


def test_the_second_call_comes_two_working_hours_later_and_what_is_written_before_is_kept(
    hotline: Browser, stage: Stage
) -> None:
    reference, call = asked_by_resident(stage)
    close(hotline, call)
    stage.set("UPDATE call_back SET tried_at = tried_at - interval '6 minutes'")
    answer = close(hotline, call)
    assert (answer.status_code, "Call again from " in answer.text) == (409, True)
    for _ in range(2):
        close(hotline, call, words="Mume alipokea, hayuko")
    assert hotline.said() == "That was saved already."
    close(hotline, call, words="Arudi saa kumi")
    assert "The note is kept. Tried once" in hotline.said()
    assert notes(stage, reference) == ["Mume alipokea, hayuko", "Arudi saa kumi"]
    assert call_back(stage, call).done_at is None
    assert close(hotline, call, "reached").status_code == 303, "who is reached is reached at any time"


@pytest.mark.parametrize("given", [{"category": "GBV"}, {"phone": "+254202222222"}])
def test_about_violence_and_to_a_landline_nobody_writes_that_we_called(
    browser: Callable[..., Browser], stage: Stage, given: dict[str, str]
) -> None:
    reference = stage.file(**({"phone": AMINA} | given), quiet=True)
    case = stage.case(reference)
    call = ask(stage, stage.now, case_id=case.id, resident_id=case.resident_id)
    caller = browser(Role.OMBUDSMAN if case.sensitive else Role.HOTLINE)
    close(caller, call)
    let_days_pass(stage)
    close(caller, call)
    assert (call_back(stage, call).outcome, stage.letters()) == ("unreachable", [])


def test_who_asked_about_nothing_reads_in_her_language_that_we_called(hotline: Browser, stage: Stage) -> None:
    stage.file(phone=AMINA, language="en", quiet=True)
    her = stage.resident(AMINA)
    assert her
    call = ask(stage, stage.now, resident_id=her.id)
    close(hotline, call)
    let_days_pass(stage)
    close(hotline, call)
    assert stage.letters() == [("called_twice", "queued")]
    assert "we called you twice" in stage.last_text()


def test_who_did_not_see_the_number_has_not_spoken_and_keeps_what_she_wrote(
    hotline: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    reference, call = asked_by_resident(stage)
    browser(Role.HOTLINE).post(f"{PAGE}/{call}/number")
    answer = close(hotline, call, "reached", "Anasema maji yamerudi", look=False)
    assert answer.status_code == 409
    assert "Show the number first" in answer.text
    assert 'value="Anasema maji yamerudi"' in answer.text
    assert call_back(stage, call).done_at is None
    close(hotline, call, "reached", "Anasema maji yamerudi")
    assert call_back(stage, call).outcome == "reached"
    [note] = [event for event in stage.events(reference) if event.name == "note"]
    assert (note.officer_id, note.words) == (hotline.who.id, "Anasema maji yamerudi")


def test_enter_in_the_note_shows_the_number_and_keeps_the_note(hotline: Browser, stage: Stage) -> None:
    _, call = asked_by_resident(stage)
    form = re.search(rf'<form method="post" action="{PAGE}/{call}/done">.*?</form>', hotline.read(PAGE), re.S)
    assert form
    first = re.search(r"<button[^>]*>", form[0])
    assert first
    assert f'formaction="{PAGE}/{call}/number#call-{call}"' in first[0]
    answer = hotline.post(f"{PAGE}/{call}/number", words="Anataka jibu leo")
    assert 'href="tel:' in answer.text
    assert 'value="Anataka jibu leo"' in answer.text
    again = re.search(rf'action="{PAGE}/{call}/done">.*?(<button[^>]*>)', answer.text, re.S)
    assert again
    assert "formaction" in again[1]
    assert call_back(stage, call).done_at is None


def test_words_about_a_call_that_a_colleague_dealt_with_come_back_with_her_name(
    hotline: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    _, call = asked_by_resident(stage)
    hotline.post(f"{PAGE}/{call}/number")
    close(browser(Role.HOTLINE), call, "reached")
    for way in (f"{PAGE}/{call}/done", f"{PAGE}/{call}/number"):
        answer = hotline.post(way, outcome="reached", words="Alisema Stendi")
        assert (answer.status_code, "readonly>Alisema Stendi</textarea>" in answer.text) == (409, True)
        assert "Rose has dealt with this call" in answer.text
        assert "they spoke." in answer.text


def test_who_never_saw_its_number_learns_nothing_of_a_call_and_keeps_her_words(
    hotline: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    _, call = asked_by_resident(stage, category="CORRUPT")
    close(browser(Role.OMBUDSMAN), call, "reached")
    for one in (call, call + 1, 2**31 - 1):
        answer = close(hotline, one, "reached", "Alisema Stendi")
        assert (answer.status_code, "readonly>Alisema Stendi</textarea>" in answer.text) == (404, True)
        assert "Rose" not in answer.text.partition('<div class="summary"')[2].partition("</div>")[0]
    assert hotline.post(f"{PAGE}/{2**63}/done", outcome="reached").status_code == 404
    assert hotline.post(f"{PAGE}/{2**63}/number").status_code == 404


@pytest.mark.parametrize("words", ["", "Maji yamerudi"])
def test_her_own_second_press_says_that_it_was_saved(hotline: Browser, stage: Stage, words: str) -> None:
    reference, call = asked_by_resident(stage)
    close(hotline, call, "reached", words)
    assert close(hotline, call, "reached", words, look=False).status_code == 303
    assert hotline.said() == "That was saved already."
    assert len(notes(stage, reference)) == bool(words)
    assert close(hotline, call, "reached", "Kitu kingine", look=False).status_code == 409


def test_what_was_said_is_never_longer_than_a_note(hotline: Browser, stage: Stage) -> None:
    reference, call = asked_by_resident(stage)
    assert close(hotline, call, "reached", "a" * 301).status_code == 409
    assert stage.history(reference) == ["filed", "number_shown"]


def test_where_there_is_no_number_to_show_she_may_still_have_spoken(
    hotline: Browser, ward: Browser, stage: Stage
) -> None:
    _, call = asked_by_officer(stage, ward, phone=None)
    hotline.post(f"{PAGE}/{call}/done", outcome="reached")
    assert call_back(stage, call).outcome == "reached"


def test_a_call_about_no_case_has_no_line_for_a_note(hotline: Browser, stage: Stage) -> None:
    ask(stage, stage.now + timedelta(days=1))
    assert 'name="words"' not in hotline.read(PAGE)


MONDAY = datetime(2026, 11, 23, 7, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "later", "said"),
    [
        ("today", 0, "today"),
        ("today", 1, "on Mon 23 Nov"),
        ("tomorrow_morning", 0, "tomorrow morning"),
        ("tomorrow_morning", 1, "today, in the morning"),
        ("tomorrow_evening", 2, "on Tue 24 Nov, in the evening"),
        ("evening", 2, "in the evening"),
    ],
)
def test_the_day_on_which_she_wants_to_be_called_is_that_of_her_asking(hour: str, later: int, said: str) -> None:
    assert hours.wanted(hour, MONDAY, MONDAY + timedelta(days=later)) == said


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(hours=5), "At the latest today, 15:41"),
        (timedelta(days=1), "At the latest tomorrow, 10:41"),
        (timedelta(days=3), "At the latest Thu 26 Nov, 10:41"),
        (-timedelta(days=2), "Late 2 days"),
    ],
)
def test_until_when_it_is_owed_is_told_apart_from_when_she_wants_it(after: timedelta, said: str) -> None:
    assert hours.by(MONDAY + after, MONDAY) == said
