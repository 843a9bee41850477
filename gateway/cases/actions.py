"""What officers do with a case. Each action is one guarded UPDATE and one line of history in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from gateway.cases import asking, confidential, events
from gateway.cases.clock import local_day
from gateway.cases.desks import due_after_wait
from gateway.cases.filing import VIOLENCE, department_of
from gateway.cases.models import OPEN, Case, Confirmation, Desk, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.cases.residents_own import set_ward
from gateway.cases.visibility import visible
from gateway.messages import questions
from gateway.people.models import Officer, Resident, Role

ALLOWED: Mapping[str, tuple[Status, ...]] = {
    "take": (Status.NEW, Status.REFERRED, Status.WAITING),
    "note": tuple(Status),
    "write": (*OPEN, Status.RESOLVED, Status.CLOSED),
    "wait": (Status.NEW, Status.TAKEN, Status.REFERRED),
    "refer": (Status.NEW, Status.TAKEN, Status.WAITING, Status.REFERRED),
    "route": (Status.NEW, Status.TAKEN, Status.WAITING),
    "end": OPEN,
    "release": OPEN,
    "confirm": OPEN,
    "sort": OPEN,
    "unlink": OPEN,
    "hide": OPEN,
    "join": OPEN,
    "part": (Status.CLOSED,),
    "split": (*OPEN, Status.RESOLVED),
}
"""The states from which each action may start."""

DESKS: Mapping[Role, Desk] = {
    Role.WARD: Desk.WARD,
    Role.SUB_COUNTY: Desk.WARD,
    Role.DEPARTMENT: Desk.DEPARTMENT,
    Role.OMBUDSMAN: Desk.CONFIDENTIAL,
    Role.HOTLINE: Desk.COUNTY,
}
"""Where a case is that an officer of this role works on."""


class Refused(Exception):
    """This cannot be done with the case as it stands. `str()` tells the officer why and what to do."""


class Faster(Refused):
    """Somebody else was faster, or the case has moved on: look at it again before you decide."""

    def __init__(self) -> None:
        super().__init__("The case has changed since you opened it. Look at it again, then decide.")


def take(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> None:
    """Take it as one's own, back from wherever it was. The resident sees it in the status; no SMS."""
    desk = DESKS.get(officer.role, case.desk)
    moved: dict[str, Any] = {} if case.desk is desk else {"desk": desk, "desk_since": now, "referred_to": None}
    moved["due_at"] = due_after_wait(session, office, case, now)
    change(session, case, officer, "take", status=Status.TAKEN, assignee_id=officer.id, **moved)
    events.append(session, case, "taken", now, vault=office.vault, officer_id=officer.id)


def note(session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime) -> None:
    """An internal note that no resident sees."""
    events.append(session, case, "note", now, vault=office.vault, officer_id=officer.id, words=words)


def write(
    session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime, *, wait: bool = False
) -> None:
    """Write to the resident. With `wait` the case waits for her answer, and its clock with it."""
    if case.resident_id is None:
        raise Refused("The resident hid her number: nothing can be sent. She sees the status by dialling.")
    if case.category == VIOLENCE:
        raise Refused("Nothing is ever texted about violence: others may read her phone. Call her when she said.")
    if session.scalar(select(Resident.stopped_at).where(Resident.id == case.resident_id)):
        raise Refused("She asked for no more SMS: nothing can be sent. Call her, or wait until she dials.")
    if case.status not in ALLOWED["write"]:
        raise Faster
    if wait:
        change(session, case, officer, "wait", status=Status.WAITING, assignee_id=officer.id)
    wording = "call_us" if case.sensitive else "from_officer"
    asking.send(session, office, case, wording, now, slots={"officer_words": words})
    events.append(session, case, "written", now, vault=office.vault, officer_id=officer.id, words=words)
    if wait:
        events.append(session, case, "waiting", now, vault=office.vault, officer_id=officer.id)


def refer(
    session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime, *,
    department: str | None = None, body: str | None = None,
) -> None:  # fmt: skip
    """Refer to a department of the county, or to a body outside it. The promise to the resident stands."""
    if case.sensitive:
        raise Refused("A confidential case stays with the confidential desk. Release it first, with a reason.")
    if department and office.county.department(department):
        values: dict[str, Any] = {"department": department, "desk": Desk.DEPARTMENT, "referred_to": None}
    elif body:
        values = {"desk": Desk.OUTSIDE, "referred_to": body}
    else:
        raise Refused("Choose a department, or name the body outside the county.")
    values["due_at"] = due_after_wait(session, office, case, now)
    change(session, case, officer, "refer", status=Status.REFERRED, assignee_id=None, desk_since=now, **values)
    events.append(
        session, case, "referred", now, vault=office.vault, officer_id=officer.id, words=words,
        department=department if not body else None, body=body,
    )  # fmt: skip


def route(session: Session, office: Office, case: Case, officer: Officer, ward_code: int, now: datetime) -> None:
    """Give a case its ward (the county desk), or send it over the border to the right one. The clock runs on."""
    if case.sensitive:
        raise Refused("A confidential case stays with the confidential desk. Release it first, with a reason.")
    if office.county.ward(ward_code) is None:
        raise Refused("Choose one of the county's wards.")
    if case.desk is Desk.WARD and case.ward_code == ward_code:
        raise Refused("It is in this ward already.")
    due = due_after_wait(session, office, case, now)
    # Where it belongs is known now; what it is about is as open as before.
    guess = {name: value for name, value in (case.guess or {}).items() if name != "ward"} or None
    change(
        session, case, officer, "route", assignee_id=None, status=Status.NEW, desk=Desk.WARD, desk_since=now,
        due_at=due, guess=guess,
    )  # fmt: skip
    questions.withdraw(session, case.id)
    set_ward(session, office, case, ward_code, now)
    events.append(session, case, "routed", now, vault=office.vault, officer_id=officer.id, ward=ward_code)


def end(
    session: Session, office: Office, case: Case, officer: Officer, ending: Ending, reason: str, now: datetime, *,
    planned_for: date | None = None,
) -> None:  # fmt: skip
    """Say how it ended. *Fixed* asks the resident; every other ending tells her the reason."""
    if not reason.strip():
        raise Refused("Give the reason: the resident has a right to it.")
    if ending is Ending.PLANNED and (planned_for is None or planned_for <= local_day(now)):
        raise Refused("Choose the month for which the work is planned.")
    planned = planned_for if ending is Ending.PLANNED else None
    sealed = office.vault.seal(reason) if case.sensitive else None
    change(
        session, case, officer, "end", status=Status.RESOLVED, ending=ending, resolved_at=now, planned_for=planned,
        reason=None if sealed else reason, reason_sealed=sealed, confirmation=None, assignee_id=officer.id,
        due_at=due_after_wait(session, office, case, now),
    )  # fmt: skip
    questions.withdraw(session, case.id)
    events.append(
        session, case, "ended", now, vault=office.vault, officer_id=officer.id, words=reason, ending=ending.value,
        planned_for=planned.isoformat() if planned else None,
    )  # fmt: skip
    _tell(session, office, case, ending, reason, planned, now)


def _tell(
    session: Session, office: Office, case: Case, ending: Ending, reason: str, planned: date | None, now: datetime
) -> None:
    wording, slots = letter(office, case, ending, reason, planned)
    if wording == "fixed":
        if asking.ask_fixed(session, office, case, now):
            case.confirmation = Confirmation.ASKED
        return
    asking.send(session, office, case, wording, now, slots=slots)


def letter(
    office: Office, case: Case, ending: Ending, reason: str, planned: date | None
) -> tuple[str, Mapping[str, str]]:
    """Wording and slots of the SMS that tells of an ending, where one may be sent."""
    if case.sensitive:
        return "call_us", {}
    if ending is Ending.FIXED:
        return ("fixed", {}) if case.kind is Kind.GRIEVANCE else ("answered", {"officer_words": reason})
    slots = {"officer_words": reason}
    if ending is Ending.PLANNED:
        department = office.county.department(case.department) if case.department else None
        slots["desk"] = office.menu.spoken(
            department.short if department else office.menu.words["desk_county"], case.language
        )
        slots["month"] = office.menu.month(planned, case.language) if planned else ""
    return ending.value, slots


def release(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """Let a confidential case go to its ward after all: the ombudsman alone, with a reason."""
    if officer.role is not Role.OMBUDSMAN:
        raise Refused("Only the ombudsman may release a confidential case.")
    if not reason.strip():
        raise Refused("Give the reason for the release.")
    if case.category == VIOLENCE:
        raise Refused("A case of violence is never released.")
    words = events.words_of(office.vault, case)
    desk = Desk.WARD if case.ward_code else Desk.COUNTY
    # Where words alone had made it confidential, it is again what it was filed as.
    code = events.category_before(session, case) or case.category
    change(
        session, case, officer, "release", sensitive=False, category=code,
        department=department_of(office, code, case.problem), desk=desk, desk_since=now, status=Status.NEW,
        assignee_id=None, words=words or None, words_sealed=None, due_at=due_after_wait(session, office, case, now),
    )  # fmt: skip
    events.append(session, case, "released", now, vault=office.vault, officer_id=officer.id, words=reason)
    confidential.open_along(session, office, case, officer, reason, now)


def show_number(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """Record that the officer looks at the number, and why; whoever shows it calls this first."""
    if not reason.strip():
        raise Refused("Say why you need the number; the resident's case lists who looked.")
    if case.resident_id is None:
        raise Refused("The resident hid her number.")
    events.append(session, case, "number_shown", now, vault=office.vault, officer_id=officer.id, words=reason)


def change(session: Session, case: Case, officer: Officer, action: str, **values: Any) -> None:
    """The guarded UPDATE: only from an allowed state, and only where the officer may see the case."""
    changed = session.execute(
        update(Case)
        .where(Case.id == case.id, Case.status.in_(ALLOWED[action]), visible(officer))
        .values(**values)
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        raise Faster
    # Not read again: after a referral or a release the officer may not see the row any more.
    for name, value in values.items():
        set_committed_value(case, name, value)
