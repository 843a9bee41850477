"""What was read from the words, and what officers make of it: confirmed, sorted otherwise, hidden from the ward."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.cases import actions, guesses, linking
from gateway.cases.actions import Faster, Refused
from gateway.cases.models import Case, Desk, Ending, Kind, Status
from gateway.people.models import Officer, Role
from tests.cases.linked import two
from tests.cases.stage import LURAMBI, PROMISE, SHEYWE, SHIRERE, Stage

READ = {"ward": "sherere", "category": "WATER", "problem": "NO_WATER", "words": "hakuna maji"}


def guessed(stage: Stage, guess: dict[str, str] | None = None, **given: Any) -> str:
    """A case of Shirere that is sorted under nothing yet, with what was read from its words."""
    usual: dict[str, Any] = {"category": "OTHER", "words": "sherere hakuna maji", "quiet": True}
    reference = stage.file(**(usual | given))
    with stage.transaction() as session:
        session.get_one(Case, stage.case(reference).id).guess = dict(guess or READ)
    return reference


def subject(case: Case) -> tuple[str, str | None, str | None, dict[str, Any] | None]:
    return case.category, case.problem, case.department, case.guess


@pytest.fixture
def rose(stage: Stage) -> Officer:
    return stage.officer()


# Confirmed


def test_what_was_read_becomes_the_cases_own_when_it_is_confirmed(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage)
    stage.later(days=1)
    stage.do(guesses.confirm, reference, rose)
    case = stage.case(reference)
    assert subject(case) == ("WATER", "NO_WATER", "water", None)
    assert (case.ward_code, case.status, case.desk, case.due_at) == (SHIRERE, Status.NEW, Desk.WARD, PROMISE)
    event = stage.events(reference)[-1]
    assert (event.name, event.officer_id, event.words) == ("guess_confirmed", rose.id, None)
    assert event.data == {"category": "WATER", "problem": "NO_WATER", "ward": SHIRERE}
    assert stage.letters(reference) == []


def test_no_guess_is_no_row_of_the_table(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage)
    stage.do(guesses.confirm, reference, rose)
    with stage.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM cases WHERE guess IS NULL").scalar() == 1


def test_a_ward_alone_can_be_confirmed(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage, {"ward": "sherere"})
    stage.do(guesses.confirm, reference, rose)
    assert subject(stage.case(reference))[0] == "OTHER"
    assert stage.events(reference)[-1].data == {"category": None, "problem": None, "ward": SHIRERE}


def test_praise_that_was_read_from_the_words_stays_a_report_with_the_day_that_was_promised(
    stage: Stage, rose: Officer
) -> None:
    reference = guessed(stage, {"category": "PRAISE", "words": "asanteni"})
    with pytest.raises(Refused, match="She was promised a day"):
        stage.do(guesses.confirm, reference, rose)
    case = stage.case(reference)
    assert (case.kind, case.category, case.due_at) == (Kind.GRIEVANCE, "OTHER", PROMISE)


def test_what_is_confirmed_is_confirmed_once(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage)
    stage.do(guesses.confirm, reference, rose)
    with pytest.raises(Refused, match="nothing to confirm"):
        stage.do(guesses.confirm, reference, rose)
    assert stage.history(reference) == ["filed", "guess_confirmed"]


# Sorted


@pytest.mark.parametrize(
    ("category", "problem", "department"),
    [("ROADS", "POTHOLES", "roads"), ("OTHER", None, None), ("DISASTER", None, None)],
)
def test_an_officer_sorts_it_otherwise_and_the_ward_stays_a_guess(
    stage: Stage, rose: Officer, category: str, problem: str | None, department: str | None
) -> None:
    reference = guessed(stage)
    stage.do(guesses.sort, reference, rose, category, problem)
    case = stage.case(reference)
    known = department or stage.office.county.category(category).department  # type: ignore[union-attr]
    assert subject(case) == (category, problem, known, {"ward": "sherere"})
    assert case.due_at == PROMISE
    event = stage.events(reference)[-1]
    assert (event.name, event.officer_id, event.data) == ("sorted", rose.id, {"category": category, "problem": problem})


def test_a_case_of_which_nothing_was_guessed_can_be_sorted_too(stage: Stage, rose: Officer) -> None:
    reference = stage.file(problem="BURST_PIPE")
    stage.do(guesses.sort, reference, rose, "ROADS", "BRIDGE")
    assert subject(stage.case(reference)) == ("ROADS", "BRIDGE", "roads", None)
    with pytest.raises(Refused, match="under this already"):
        stage.do(guesses.sort, reference, rose, "ROADS", "BRIDGE")
    assert stage.history(reference) == ["filed", "sorted"]


@pytest.mark.parametrize(
    ("category", "problem"), [("PRAISE", None), ("IDEA", None), ("RATING", None), ("NATIONAL", "KPLC")]
)
def test_nothing_that_has_no_day_is_made_of_a_promise(
    stage: Stage, rose: Officer, category: str, problem: str | None
) -> None:
    reference = guessed(stage)
    with pytest.raises(Refused, match="She was promised a day"):
        stage.do(guesses.sort, reference, rose, category, problem)
    case = stage.case(reference)
    assert (case.kind, case.category, case.guess, case.due_at) == (Kind.GRIEVANCE, "OTHER", READ, PROMISE)
    assert stage.history(reference) == ["filed"]


def test_what_was_promised_no_day_is_sorted_as_it_should_be(stage: Stage, rose: Officer) -> None:
    reference = stage.file(category="PRAISE", quiet=True)
    for category, kind in (("IDEA", Kind.FEEDBACK), ("WATER", Kind.GRIEVANCE), ("PRAISE", Kind.FEEDBACK)):
        stage.do(guesses.sort, reference, rose, category, None)
        case = stage.case(reference)
        assert (case.category, case.kind, case.due_at) == (category, kind, None)


def test_a_request_is_no_report_of_any_subject(stage: Stage) -> None:
    reference = stage.file(category="information", words="Bajeti ya maji")
    with pytest.raises(Refused, match="stays with the desk that answers it"):
        stage.do(guesses.sort, reference, stage.officer(Role.HOTLINE), "WATER", None)
    assert stage.case(reference).kind is Kind.REQUEST


def test_what_was_sent_up_stays_with_its_chief_officer_whatever_it_is_about(stage: Stage, rose: Officer) -> None:
    chief, reference = stage.officer(Role.CHIEF_OFFICER), guessed(stage, category="WATER", problem="NO_WATER")
    stage.now = PROMISE + timedelta(minutes=2)
    stage.sweep()
    assert stage.case(reference).desk is Desk.CHIEF_OFFICER
    for action, details in ((guesses.sort, ("ROADS", None)), (guesses.confirm, ())):
        with pytest.raises(Refused, match="sent up past your desk"):
            stage.do(action, reference, rose, *details)
    stage.do(guesses.sort, reference, chief, "ROADS", "BRIDGE")
    case = stage.case(reference)
    assert (case.category, case.department, case.desk) == ("ROADS", "water", Desk.CHIEF_OFFICER)


def test_whom_a_case_was_referred_to_keeps_it_when_it_is_sorted(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage)
    stage.do(actions.refer, reference, rose, "Tafadhali angalieni.", department="roads")
    stage.do(guesses.confirm, reference, rose)
    case = stage.case(reference)
    assert (case.category, case.department, case.desk) == ("WATER", "roads", Desk.DEPARTMENT)


def test_sending_it_to_another_ward_settles_the_ward_and_not_the_subject(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage)
    stage.do(actions.route, reference, rose, SHEYWE)
    assert stage.case(reference).guess == {name: READ[name] for name in ("category", "problem", "words")}
    stage.do(actions.route, reference, stage.officer(Role.SUB_COUNTY, sub_county_code=LURAMBI), SHIRERE)
    assert stage.case(reference).guess is not None


def test_a_category_that_does_not_exist_or_is_confidential_is_no_choice(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage)
    for category in ("MAGIC", "GBV", "CORRUPT", ""):
        with pytest.raises(Refused, match="Choose what it is about"):
            stage.do(guesses.sort, reference, rose, category, None)
    assert stage.case(reference).guess == READ


@pytest.mark.parametrize("ended", [True, False])
def test_an_ended_case_is_neither_confirmed_nor_sorted_nor_hidden(stage: Stage, rose: Officer, ended: bool) -> None:
    reference = guessed(stage)
    if ended:
        stage.do(actions.end, reference, rose, Ending.NOT_FOUND, "Hatukuiona.")
    else:
        rose.active = False  # she is away since this morning, her page is still open
    for action, details in ((guesses.confirm, ()), (guesses.sort, ("ROADS", None)), (guesses.hide, ("STAFF", "Siri"))):
        with pytest.raises(Faster):
            attempt(stage, action, reference, rose, *details)
    assert stage.case(reference).guess == READ


def attempt(stage: Stage, action: Any, reference: str, officer: Officer, *details: Any) -> None:
    """As `Stage.do`, but from a page that was opened before."""
    with stage.transaction() as session:
        action(session, stage.office, session.get_one(Case, stage.case(reference).id), officer, *details, stage.now)


# Apart


def test_what_only_seemed_to_belong_to_an_older_case_is_taken_apart_from_it(stage: Stage, rose: Officer) -> None:
    older, newer = stage.file(quiet=True), stage.file(quiet=True)
    stage.set(
        "UPDATE cases SET follows_id = (SELECT id FROM cases WHERE reference = :older) WHERE reference = :newer",
        older=older, newer=newer,
    )  # fmt: skip
    stage.do(guesses.unlink, newer, rose)
    assert stage.case(newer).follows_id is None
    assert stage.history(newer) == ["filed", "unlinked"]
    assert stage.history(older) == ["filed"]
    with pytest.raises(Refused, match="apart already"):
        stage.do(guesses.unlink, newer, rose)


# Hidden


def test_an_officer_sends_to_the_confidential_desk_what_no_word_gave_away(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage, landmark="Kwa Mzee Juma", words="Anatudai kila mwezi")
    stage.do(actions.note, reference, rose, "Juma ni karani.")
    stage.do(guesses.hide, reference, rose, "CORRUPT", "Ni karani wetu.")
    case = stage.case(reference)
    assert (case.sensitive, case.category, case.desk, case.status) == (True, "CORRUPT", Desk.CONFIDENTIAL, Status.NEW)
    assert (case.words, case.landmark, case.guess, case.due_at) == (None, None, None, PROMISE)
    assert case.words_sealed is not None
    assert stage.office.vault.open(case.words_sealed) == "Kwa Mzee Juma\nAnatudai kila mwezi"
    assert [event.words for event in stage.events(reference)] == [None, None, None]
    hidden = stage.events(reference)[-1]
    assert (hidden.name, hidden.officer_id) == ("hidden", rose.id)
    assert hidden.data == {"category": "CORRUPT", "was": "OTHER"}
    assert stage.letters(reference) == []


def test_what_she_was_about_to_be_told_is_told_neutrally_once_it_is_hidden(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage, quiet=False)
    stage.do(guesses.hide, reference, rose, "STAFF", "Inahusu afisa.")
    assert stage.letters(reference) == [("received", "cancelled"), ("received_confidential", "queued")]


def test_about_violence_no_text_leaves_once_it_is_hidden(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage, quiet=False)
    stage.do(guesses.hide, reference, rose, "GBV", "Anapigwa.")
    assert stage.letters(reference) == [("received", "cancelled")]


def test_it_comes_back_as_what_it_was_when_the_ombudsman_releases_it(stage: Stage, rose: Officer) -> None:
    ombudsman, reference = stage.officer(Role.OMBUDSMAN), guessed(stage)
    stage.do(guesses.hide, reference, rose, "STAFF", "Inahusu afisa.")
    stage.do(actions.release, reference, ombudsman, "Si kuhusu mtu.")
    assert stage.case(reference).category == "OTHER"
    stage.do(guesses.sort, reference, rose, "WATER", "NO_WATER")
    stage.do(guesses.hide, reference, rose, "STAFF", "Kweli inahusu afisa.")
    stage.do(actions.release, reference, ombudsman, "Nimeuliza.")
    case = stage.case(reference)
    assert (case.sensitive, case.category, case.words) == (False, "WATER", "sherere hakuna maji")


def test_what_was_joined_to_it_is_hidden_with_it_and_stays_closed(stage: Stage, rose: Officer) -> None:
    older, newer = two(stage)
    newest = stage.file(words="Karani alisema tulipe", follows=stage.case(newer).id, quiet=True)
    for joined in (newest, newer):
        stage.do(linking.join, joined, rose)
    stage.do(guesses.hide, older, rose, "CORRUPT", "Karani anadai pesa.")
    for reference in (older, newer, newest):
        case = stage.case(reference)
        assert (case.sensitive, case.words, case.follows_id) == (True, None, None)
        assert case.words_sealed is not None
        assert stage.history(reference)[-1] == "hidden"
    assert [stage.case(one).status for one in (older, newer, newest)] == [Status.NEW, Status.CLOSED, Status.CLOSED]
    # Both are in the ombudsman's sight, and she who asks for either learns how the one that goes on stands.
    joined_to = [stage.case(one).joined_id for one in (newer, newest)]
    assert joined_to == [stage.case(one).id for one in (older, newer)]
    assert stage.letters(newest) == [("joined", "cancelled"), ("received_confidential", "queued")]


def test_hiding_needs_a_reason_and_a_confidential_subject(stage: Stage, rose: Officer) -> None:
    reference = guessed(stage)
    for category, reason in (("WATER", "Siri"), ("MAGIC", "Siri"), ("STAFF", " ")):
        with pytest.raises(Refused):
            stage.do(guesses.hide, reference, rose, category, reason)
    assert stage.history(reference) == ["filed"]


@pytest.mark.parametrize(
    ("action", "details"),
    [(guesses.confirm, ()), (guesses.sort, ("WATER", None)), (guesses.hide, ("GBV", "Siri"))],
)
def test_a_confidential_case_is_none_of_this(stage: Stage, action: Any, details: tuple[str, ...]) -> None:
    reference = stage.file(category="STAFF", words="Karani ana jeuri")
    with pytest.raises(Refused, match="confidential"):
        stage.do(action, reference, stage.officer(Role.OMBUDSMAN), *details)
    assert stage.history(reference) == ["filed"]


# What she is told when it becomes confidential


@pytest.mark.parametrize("wanted", [True, False])
def test_she_waits_for_what_replaces_a_letter_as_long_as_she_waited_for_that(
    stage: Stage, rose: Officer, wanted: bool
) -> None:
    """An officer's letter waits for the morning, and so does what goes instead of it."""
    reference = guessed(stage, quiet=not wanted)
    if not wanted:
        stage.do(actions.write, reference, rose, "Tutakuja kesho.")
    stage.do(guesses.hide, reference, rose, "CORRUPT", "Karani anaomba hongo.")
    assert [(one.wording, one.status.value, one.wanted) for one in stage.messages(reference)][-1] == (
        "received_confidential", "queued", wanted,
    )  # fmt: skip
