"""What was only read from her words or supposed about a case, and what an officer says to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gateway.cases import confidential, events, links, published, timing
from gateway.cases.actions import Refused, change, refuse_from_below, refuse_request
from gateway.cases.categories import FEEDBACK, NATIONAL, department_of, kind_of
from gateway.cases.models import Case, Desk, Status
from gateway.cases.office import Office
from gateway.cases.residents_own import replace_letter
from gateway.people.models import Officer

_SUBJECT = ("category", "problem", "words")
"""The part of a guess that says what the case is about."""


def confirm(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> None:
    """What was read from the words is right: the subject becomes the case's, and the ward is no guess any more."""
    _refuse_confidential(case)
    refuse_from_below(officer, case)
    guess: Mapping[str, Any] = case.guess or {}
    if not guess:
        raise Refused("There is nothing to confirm any more.")
    _refuse_unpromised(case, guess.get("category"))
    values = _subject(office, case, guess["category"], guess.get("problem")) if guess.get("category") else {}
    change(session, case, officer, "confirm", guess=None, **values)
    published.check(session, case, now)
    events.append(
        session, case, "guess_confirmed", now, vault=office.vault, officer_id=officer.id,
        category=guess.get("category"), problem=guess.get("problem"), ward=case.ward_code if "ward" in guess else None,
    )  # fmt: skip
    timing.keep_time(session, office, case)


def sort(
    session: Session, office: Office, case: Case, officer: Officer, category: str, problem: str | None, now: datetime
) -> None:
    """Say what a case is about. The promise stands as it was given; a guess of the ward stays one."""
    _refuse_confidential(case)
    refuse_request(case)
    refuse_from_below(officer, case)
    chosen = office.county.category(category)
    if chosen is None or chosen.sensitive:
        raise Refused("Choose what it is about.")
    _refuse_unpromised(case, category)
    guess = case.guess or {}
    if (category, problem) == (case.category, case.problem) and not guess.get("category"):
        raise Refused("It stands under this already.")
    rest = {name: value for name, value in guess.items() if name not in _SUBJECT} or None
    change(session, case, officer, "sort", guess=rest, **_subject(office, case, category, problem))
    published.check(session, case, now)
    events.append(
        session, case, "sorted", now, vault=office.vault, officer_id=officer.id, category=category, problem=problem
    )
    timing.keep_time(session, office, case)


def unlink(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> None:
    """This case does not belong to the older one that it seemed to follow."""
    if case.follows_id is None:
        raise Refused("The two are apart already.")
    change(session, case, officer, "unlink", follows_id=None)
    events.append(session, case, "unlinked", now, vault=office.vault, officer_id=officer.id)


def hide(
    session: Session, office: Office, case: Case, officer: Officer, category: str, reason: str, now: datetime
) -> None:
    """Send to the confidential desk what no word gave away. It leaves the sight of whoever sends it, for good.

    With it goes what was joined to it, which stays closed.
    """
    _refuse_confidential(case)
    chosen = office.county.category(category)
    if chosen is None or not chosen.sensitive:
        raise Refused("Choose why it is confidential.")
    if not reason.strip():
        raise Refused("Give the reason: the confidential desk reads it.")
    change(session, case, officer, "hide", guess=None)
    joined = links.along(session, case)
    for one in (case, *joined):
        was = one.category
        confidential.seal(session, office, one, category, now)
        if one is not case:
            one.status, one.closed_at = Status.CLOSED, now
        replace_letter(session, office, one, "received_confidential", now)
        events.append(
            session, one, "hidden", now, vault=office.vault, officer_id=officer.id, words=reason, category=category,
            was=was,
        )  # fmt: skip
    timing.keep_times(session, office, [case, *joined])


def _subject(office: Office, case: Case, category: str, problem: str | None) -> dict[str, Any]:
    """The columns of a subject. Whom it was referred or sent up to keeps it; else it goes to who owns the subject."""
    kept = case.desk is Desk.DEPARTMENT or case.raised_to is not None
    department = case.department if kept else department_of(office, category, problem)
    return {"category": category, "problem": problem, "kind": kind_of(category), "department": department}


def is_promised(case: Case) -> bool:
    """Whether its resident was promised a day: it stays a report of which she is asked whether it is fixed."""
    return case.due_at is not None


def _refuse_unpromised(case: Case, category: str | None) -> None:
    """What is praise, an idea or a national matter is owed no answer by a day; nobody may make that of a promise."""
    if is_promised(case) and category in (*FEEDBACK, NATIONAL):
        raise Refused(
            "She was promised a day, so it stays a report. If it is praise, an idea or a national matter after all,"
            " answer it and end it."
        )


def _refuse_confidential(case: Case) -> None:
    if case.sensitive:
        raise Refused("A confidential case stays with the confidential desk. Release it first, with a reason.")
