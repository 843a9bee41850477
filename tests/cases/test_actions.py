"""What officers do: the table of allowed moves, and what each move writes, tells and leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from gateway.cases import actions, erasing
from gateway.cases.actions import Faster, Refused
from gateway.cases.models import Case, Desk, Ending, Status
from gateway.db import as_owner, officer_session
from gateway.people.models import Officer, Role
from tests.cases.stage import MONDAY, PROMISE, SHEYWE, SHIRERE, Stage

# Each action with what it needs beside the case and the officer.
DETAILS: dict[str, tuple[Callable[..., None], tuple[Any, ...], dict[str, Any]]] = {
    "take": (actions.take, (), {}),
    "note": (actions.note, ("Nilipita hapo.",), {}),
    "write": (actions.write, ("Tuko njiani.",), {}),
    "wait": (actions.write, ("Ni nyumba gani?",), {"wait": True}),
    "refer": (actions.refer, ("Tafadhali.",), {"department": "roads"}),
    "route": (actions.route, (SHEYWE,), {}),
    "end": (actions.end, (Ending.NOT_OURS, "Ni ya KeNHA."), {}),
    "release": (actions.release, ("Si siri.",), {}),
}
# The state after each action, by the state before; what is missing is refused because somebody was faster.
MOVES: dict[str, dict[str, str]] = {
    "take": {"new": "taken", "referred": "taken", "waiting": "taken"},
    "note": {state: state for state in Status},
    "write": {state: state for state in Status if state is not Status.WITHDRAWN},
    "wait": {"new": "waiting", "taken": "waiting", "referred": "waiting"},
    "refer": {"new": "referred", "taken": "referred", "waiting": "referred", "referred": "referred"},
    "route": {"new": "new", "taken": "new", "waiting": "new"},
    "end": {"new": "resolved", "taken": "resolved", "waiting": "resolved", "referred": "resolved"},
}
EVENTS = {
    "take": ["taken"], "note": ["note"], "write": ["written"], "wait": ["written", "waiting"], "refer": ["referred"],
    "route": ["routed"], "end": ["ended"], "release": ["released"],
}  # fmt: skip
RELEASES = {"new": "new", "taken": "new", "waiting": "new"}


def bring_to(stage: Stage, reference: str, state: Status, officer: Officer) -> None:
    """Lead a new case to a state by the ways there are."""
    if state is Status.TAKEN:
        stage.do(actions.take, reference, officer)
    elif state is Status.WAITING:
        stage.do(actions.write, reference, officer, "Wapi?", wait=True)
    elif state is Status.REFERRED:
        stage.do(actions.refer, reference, officer, "Tafadhali.", department="water")
    elif state in (Status.RESOLVED, Status.CLOSED):
        stage.do(actions.end, reference, officer, Ending.NOT_FOUND, "Hatukuiona.")
    elif state is Status.WITHDRAWN:
        with stage.transaction() as session:
            erasing.withdraw(session, stage.office, session.get_one(Case, stage.case(reference).id), stage.now)
    if state is Status.CLOSED:
        stage.later(days=14)
        stage.sweep()
    assert stage.case(reference).status is state


def row(stage: Stage, reference: str) -> dict[str, Any]:
    """What is written of the case; what the database derives from it is never read into one."""
    case = stage.case(reference)
    return {column.key: getattr(case, column.key) for column in Case.__mapper__.column_attrs}


@pytest.mark.parametrize("state", list(Status))
@pytest.mark.parametrize("action", list(MOVES))
def test_each_action_starts_from_the_states_of_the_table_and_no_other(stage: Stage, action: str, state: Status) -> None:
    officer, reference = stage.officer(), stage.file(quiet=True)
    bring_to(stage, reference, state, officer)
    attempt(stage, action, reference, officer, MOVES[action].get(state))


@pytest.mark.parametrize("state", [state for state in Status if state is not Status.REFERRED])
def test_a_confidential_case_is_released_while_it_is_open(stage: Stage, state: Status) -> None:
    officer, reference = stage.officer(Role.OMBUDSMAN), stage.file(category="STAFF", quiet=True)
    bring_to(stage, reference, state, officer)
    attempt(stage, "release", reference, officer, RELEASES.get(state))


def attempt(stage: Stage, action: str, reference: str, officer: Officer, after: str | None) -> None:
    """An allowed action moves the case and writes its events; a refused one leaves every row as it was."""
    function, details, named = DETAILS[action]
    before, history, letters = row(stage, reference), stage.history(reference), stage.letters(reference)
    stage.later(minutes=5)
    if after is not None:
        stage.do(function, reference, officer, *details, **named)
        assert stage.case(reference).status == after
        assert stage.history(reference) == history + EVENTS[action]
        assert {event.officer_id for event in stage.events(reference)[len(history) :]} == {officer.id}
        return
    with pytest.raises(Refused) as refused:
        stage.do(function, reference, officer, *details, **named)
    # A withdrawn case has no number any more, which is told before anything else.
    assert refused.type is (Refused if before["resident_id"] is None and "writ" in function.__name__ else Faster)
    assert (row(stage, reference), stage.history(reference), stage.letters(reference)) == (before, history, letters)


def test_whoever_takes_second_is_told_that_somebody_was_faster(stage: Stage) -> None:
    rose, atieno, reference = stage.officer(), stage.officer(), stage.file()
    with officer_session(stage.engine, atieno) as late:
        seen = late.get_one(Case, stage.case(reference).id)
        stage.do(actions.take, reference, rose)
        with pytest.raises(Faster, match="has changed since you opened it"), as_owner(late):
            actions.take(late, stage.office, seen, atieno, stage.now)
    assert stage.case(reference).assignee_id == rose.id
    assert stage.history(reference) == ["filed", "taken"]


@pytest.mark.parametrize("action", ["take", "wait", "refer", "route", "end"])
def test_a_case_of_another_ward_cannot_be_touched_even_by_its_number(stage: Stage, action: str) -> None:
    function, details, named = DETAILS[action]
    stranger, reference = stage.officer(ward_code=SHEYWE), stage.file()
    before = row(stage, reference)
    with officer_session(stage.engine, stranger) as session:
        assert session.get(Case, before["id"]) is None
        with as_owner(session):
            case = session.get_one(Case, before["id"])
            with pytest.raises(Refused):
                function(session, stage.office, case, stranger, *details, stage.now, **named)
    assert (row(stage, reference), stage.history(reference)) == (before, ["filed"])


# Taking, writing, waiting


def test_taking_is_one_officers_name_and_no_sms(stage: Stage) -> None:
    officer, reference = stage.officer(), stage.file(quiet=True)
    stage.do(actions.take, reference, officer)
    case = stage.case(reference)
    assert (case.assignee_id, case.desk, case.due_at) == (officer.id, Desk.WARD, PROMISE)
    assert stage.letters(reference) == []


def test_a_note_is_kept_in_the_history_and_told_to_nobody(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.do(actions.note, reference, stage.officer(), "Fundi hayuko.")
    assert stage.events(reference)[-1].words == "Fundi hayuko."
    assert stage.letters(reference) == []


def test_an_officers_words_are_texted_with_the_reference(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.do(actions.write, reference, stage.officer(), "Fundi atafika kesho.")
    assert stage.letters(reference) == [("from_officer", "queued")]
    spoken = f"{reference[:4]} {reference[4:]}"
    assert stage.last_text(reference) == f"{spoken}, Kaunti ya Kakamega: Fundi atafika kesho."
    assert stage.events(reference)[-1].words == "Fundi atafika kesho."


def test_who_hid_her_number_cannot_be_written_to(stage: Stage) -> None:
    reference = stage.file(anonymous=True)
    with pytest.raises(Refused, match="hid her number"):
        stage.do(actions.write, reference, stage.officer(), "Tuko njiani.")
    assert (stage.history(reference), stage.letters()) == (["filed"], [])


def test_waiting_stops_the_clock_until_her_words_come(stage: Stage) -> None:
    officer, reference = stage.officer(), stage.file(quiet=True)
    stage.do(actions.write, reference, officer, "Ni nyumba gani?", wait=True)
    stage.later(days=1)
    stage.receive(f"{reference} ni nyumba ya kijani")
    case = stage.case(reference)
    # From Monday 9:00 to Tuesday 9:00 nine working hours passed: one working day more.
    assert (case.status, case.assignee_id, case.due_at) == (Status.TAKEN, officer.id, PROMISE + timedelta(days=1))
    assert stage.history(reference) == ["filed", "written", "waiting", "words_added", "resumed"]


@pytest.mark.parametrize("action", ["take", "refer", "route", "end"])
def test_an_officer_who_ends_the_wait_gains_no_more_time_than_was_waited(stage: Stage, action: str) -> None:
    officer, reference = stage.officer(), stage.file(quiet=True)
    stage.do(actions.write, reference, officer, "Ni nyumba gani?", wait=True)
    stage.later(hours=2)
    function, details, named = DETAILS[action]
    stage.do(function, reference, officer, *details, **named)
    # PROMISE is 17:00, so two working hours more end at 10:00 on the next working day.
    assert stage.case(reference).due_at == PROMISE + timedelta(hours=17)


def test_a_wait_that_nobody_answers_ends_with_the_charters_limit(stage: Stage) -> None:
    officer, reference = stage.officer(), stage.file(quiet=True)
    stage.do(actions.write, reference, officer, "Ni nyumba gani?", wait=True)
    stage.later(days=14, minutes=-1)
    stage.sweep()
    assert stage.case(reference).status is Status.WAITING
    stage.later(minutes=1)
    stage.sweep()
    case = stage.case(reference)
    assert (case.status, case.assignee_id) == (Status.TAKEN, officer.id)
    assert stage.history(reference)[-1] == "resumed"
    # Ten working days later: neither these two weeks nor those after the promise have a holiday.
    assert case.due_at == PROMISE + timedelta(days=14)
    assert stage.letters(reference) == [("from_officer", "queued")]


# Referring, routing, releasing


def test_a_referred_case_changes_its_desk_and_keeps_its_promise(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    now = stage.later(days=2)
    stage.do(actions.refer, reference, stage.officer(), "Daraja.", department="roads")
    case = stage.case(reference)
    assert (case.desk, case.department, case.desk_since) == (Desk.DEPARTMENT, "roads", now)
    assert (case.referred_to, case.assignee_id, case.due_at) == (None, None, PROMISE)
    assert stage.events(reference)[-1].data == {"department": "roads", "body": None}
    assert stage.letters(reference) == []


def test_a_case_may_be_referred_to_a_body_outside_the_county(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.do(actions.refer, reference, stage.officer(), "Barabara kuu.", body="KeNHA")
    case = stage.case(reference)
    assert (case.desk, case.referred_to, case.department) == (Desk.OUTSIDE, "KeNHA", "water")


@pytest.mark.parametrize("named", [{}, {"department": "nowhere"}, {"body": ""}])
def test_a_referral_to_nobody_is_refused(stage: Stage, named: dict[str, str]) -> None:
    reference = stage.file(quiet=True)
    with pytest.raises(Refused, match="Choose a department"):
        stage.do(actions.refer, reference, stage.officer(), "Tafadhali.", **named)
    assert stage.case(reference).status is Status.NEW


def test_a_confidential_case_is_not_referred(stage: Stage) -> None:
    reference = stage.file(category="STAFF")
    with pytest.raises(Refused, match="Release it first"):
        stage.do(actions.refer, reference, stage.officer(Role.OMBUDSMAN), "Tafadhali.", department="roads")


def test_the_county_desk_gives_a_case_its_ward_and_the_question_is_dropped(stage: Stage) -> None:
    incoming = stage.receive("Maji yamekatika tangu juzi")
    reference = stage.only_case().reference
    assert incoming.why == "new case"
    now = stage.later(hours=1)
    stage.do(actions.route, reference, stage.officer(Role.HOTLINE), SHEYWE)
    case = stage.case(reference)
    assert (case.ward_code, case.sub_county_code, case.desk, case.desk_since) == (SHEYWE, 202, Desk.WARD, now)
    assert (case.status, case.due_at) == (Status.NEW, PROMISE)
    assert stage.questions() == [("which_ward", "expired", None)]
    assert stage.events(reference)[-1].data == {"ward": SHEYWE}


def test_a_ward_of_another_county_is_refused(stage: Stage) -> None:
    reference = stage.file()
    with pytest.raises(Refused, match="county's wards"):
        stage.do(actions.route, reference, stage.officer(), 1)
    assert stage.case(reference).ward_code == SHIRERE


def test_a_released_case_is_the_wards_with_its_words(stage: Stage) -> None:
    reference = stage.file(words="Karani aliomba hongo", quiet=True)
    stage.do(actions.release, reference, stage.officer(Role.OMBUDSMAN), "Ni bei ya kawaida.")
    case = stage.case(reference)
    assert (case.sensitive, case.desk, case.words, case.words_sealed) == (
        False, Desk.WARD, "Karani aliomba hongo", None,
    )  # fmt: skip
    # It is again what it was filed as, before its words alone had made it confidential.
    assert (case.category, case.department, stage.history(reference)) == ("WATER", "water", ["filed", "released"])


def test_nobody_else_releases_and_violence_never_is(stage: Stage) -> None:
    bribe, violence = stage.file(category="CORRUPT"), stage.file(category="GBV")
    ward, case_id = stage.officer(), stage.case(bribe).id
    with officer_session(stage.engine, ward) as session:
        assert session.get(Case, case_id) is None
        with as_owner(session):
            case = session.get_one(Case, case_id)
            with pytest.raises(Refused, match="Only the ombudsman"):
                actions.release(session, stage.office, case, ward, "Si siri.", stage.now)
    with pytest.raises(Refused, match="never released"):
        stage.do(actions.release, violence, stage.officer(Role.OMBUDSMAN), "Si siri.")
    with pytest.raises(Refused, match="Give the reason"):
        stage.do(actions.release, bribe, stage.officer(Role.OMBUDSMAN), "  ")
    assert (stage.case(bribe).sensitive, stage.case(violence).sensitive) == (True, True)


# Ending


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (Ending.CANNOT_NOW, "{}: haiwezekani kwa sasa. Pesa zimeisha. Hukubali? Piga *384*123#, 3."),
        (Ending.NOT_OURS, "{}: hili si la kaunti. Pesa zimeisha. Hukubali? Piga *384*123#, 3."),
        (
            Ending.NOT_FOUND,
            "{}: afisa hakupata shida hii mahali ulipotaja. Pesa zimeisha. Hukubali? Piga *384*123#, 3.",
        ),
    ],
)
def test_an_ending_tells_her_the_reason(stage: Stage, ending: Ending, text: str) -> None:
    officer, reference = stage.officer(), stage.file(quiet=True)
    now = stage.later(days=1)
    stage.do(actions.end, reference, officer, ending, "Pesa zimeisha.")
    case = stage.case(reference)
    assert (case.ending, case.reason, case.resolved_at, case.confirmation) == (ending, "Pesa zimeisha.", now, None)
    assert (case.assignee_id, case.closed_at, case.due_at) == (officer.id, None, PROMISE)
    assert stage.letters(reference) == [(ending.value, "queued")]
    assert stage.last_text() == text.format(f"{reference[:4]} {reference[4:]}")
    assert stage.events(reference)[-1].data == {"ending": ending.value, "planned_for": None}


def test_a_plan_names_the_month_and_the_department(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.do(
        actions.end, reference, stage.officer(), Ending.PLANNED, "Bajeti ipo.", planned_for=date(2027, 3, 1)
    )  # fmt: skip
    case = stage.case(reference)
    assert (case.status, case.ending, case.planned_for) == (Status.RESOLVED, Ending.PLANNED, date(2027, 3, 1))
    spoken = f"{reference[:4]} {reference[4:]}"
    planned = "kazi hii imepangwa Mac 2027 (Idara ya Maji). Bajeti ipo."
    assert stage.last_text() == f"{spoken}: {planned} Hukubali? Piga *384*123#, 3."


@pytest.mark.parametrize("planned_for", [None, date(2026, 11, 23), date(2025, 1, 1)])
def test_a_plan_without_a_coming_date_is_refused(stage: Stage, planned_for: date | None) -> None:
    reference = stage.file()
    with pytest.raises(Refused, match="Choose the month"):
        stage.do(actions.end, reference, stage.officer(), Ending.PLANNED, "Bajeti.", planned_for=planned_for)
    assert stage.case(reference).status is Status.NEW


def test_a_date_with_another_ending_is_not_kept(stage: Stage) -> None:
    reference = stage.file()
    stage.do(actions.end, reference, stage.officer(), Ending.NOT_OURS, "KeNHA.", planned_for=date(2027, 3, 1))
    assert stage.case(reference).planned_for is None


@pytest.mark.parametrize("ending", list(Ending))
def test_an_ending_without_a_reason_is_refused(stage: Stage, ending: Ending) -> None:
    reference = stage.file(quiet=True)
    asked = "Say what was done" if ending is Ending.FIXED else "Give the reason"
    with pytest.raises(Refused, match=asked):
        stage.do(actions.end, reference, stage.officer(), ending, " \n", planned_for=date(2027, 3, 1))
    assert (stage.case(reference).status, stage.letters()) == (Status.NEW, [])


def test_fixed_asks_her_whether_it_is_true(stage: Stage) -> None:
    reference = stage.file(quiet=True)
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Bomba limebadilishwa.")
    case = stage.case(reference)
    assert (case.status, case.ending, case.confirmation) == (Status.RESOLVED, "fixed", "asked")
    assert stage.questions() == [("fixed", "open", None)]
    assert stage.letters(reference) == [("fixed", "queued")]
    assert stage.last_text() == (
        f"{reference[:4]} {reference[4:]}: afisa anasema imetatuliwa. Ni kweli? Jibu NDIYO au BADO, bure, "
        "au piga *384*123#. Usipojibu, tutaandika 'haijathibitishwa'."
    )


def test_feedback_that_was_acted_on_is_answered_and_nothing_is_asked(stage: Stage) -> None:
    reference = stage.file(category="IDEA", quiet=True)
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Wazo zuri, tumelifanya.")
    assert (stage.case(reference).confirmation, stage.questions()) == (None, [])
    assert stage.last_text() == f"{reference[:4]} {reference[4:]}: Wazo zuri, tumelifanya."


def test_a_confidential_ending_is_sealed_and_she_is_only_told_to_call(stage: Stage) -> None:
    reference = stage.file(category="CORRUPT", quiet=True)
    stage.do(actions.end, reference, stage.officer(Role.OMBUDSMAN), Ending.FIXED, "Karani amesimamishwa kazi.")
    case = stage.case(reference)
    assert (case.reason, case.confirmation, stage.questions()) == (None, None, [])
    assert stage.office.vault.open(case.reason_sealed or b"") == "Karani amesimamishwa kazi."
    assert stage.events(reference)[-1].words is None
    assert stage.last_text() == (
        f"Kaunti ya Kakamega: kuna ujumbe kuhusu nambari {reference[:4]} {reference[4:]}. Piga 0800 724 388."
    )


# Looking at the number


def test_looking_at_the_number_needs_a_reason_and_is_kept_in_the_history(stage: Stage) -> None:
    officer, reference = stage.officer(), stage.file()
    with pytest.raises(Refused, match="why you need"):
        stage.do(actions.show_number, reference, officer, "")
    stage.do(actions.show_number, reference, officer, "Kupata nyumba.")
    shown = stage.events(reference)[-1]
    assert (shown.name, shown.officer_id, shown.words, shown.at) == (
        "number_shown", officer.id, "Kupata nyumba.", MONDAY,
    )  # fmt: skip


def test_a_hidden_number_cannot_be_looked_at(stage: Stage) -> None:
    reference = stage.file(anonymous=True)
    with pytest.raises(Refused, match="hid her number"):
        stage.do(actions.show_number, reference, stage.officer(), "Kupata nyumba.")
