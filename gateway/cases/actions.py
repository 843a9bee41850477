"""What officers do with a case. Each action is one guarded UPDATE and one line of history in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from gateway.cases import (
    asking,
    carrying,
    confidential,
    desks,
    endings,
    events,
    plans,
    published,
    spans,
    steps,
    timing,
    unconcerned,
)
from gateway.cases.categories import VIOLENCE, department_of
from gateway.cases.clock import deadline, local_day
from gateway.cases.desks import NOT_OUTSIDE
from gateway.cases.models import OPEN, Case, Desk, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.cases.refusals import Faster as Faster
from gateway.cases.refusals import Refused as Refused
from gateway.cases.residents_own import set_ward
from gateway.cases.visibility import visible
from gateway.messages import questions
from gateway.people.models import Officer, Post, Resident, Role

ALLOWED: Mapping[str, tuple[Status, ...]] = {
    "take": (Status.NEW, Status.REFERRED, Status.WAITING),
    "decline": (Status.NEW, Status.REFERRED),
    "assign": OPEN,
    "note": tuple(Status),
    "write": (*OPEN, Status.RESOLVED, Status.CLOSED),
    "wait": (Status.NEW, Status.TAKEN, Status.REFERRED),
    "refer": (Status.NEW, Status.TAKEN, Status.WAITING, Status.REFERRED),
    "route": (Status.NEW, Status.TAKEN, Status.WAITING),
    "end": OPEN,
    "release": OPEN,
    "news": (Status.REFERRED,),
    "propose": OPEN,
    "reject": OPEN,
    "confirm": OPEN,
    "sort": OPEN,
    "unlink": OPEN,
    "hide": OPEN,
    "name": tuple(Status),
    "lift": tuple(Status),
    "to_secretary": OPEN,
    "to_ombudsman": OPEN,
    "join": OPEN,
    "part": (Status.CLOSED,),
    "split": (*OPEN, Status.RESOLVED),
    "correct": OPEN,
    "erase": OPEN,
    "extend": OPEN,
    "transfer": OPEN,
    "to_centre": OPEN,
    "from_centre": tuple(Status),
    "merge": OPEN,
    "unmerge": OPEN,
    "place": OPEN,
    "publish": OPEN,
    "unpublish": OPEN,
}
"""The states from which each action may start."""

WHILE_CARRIED = frozenset({
    "note", "write", "hide", "confirm", "sort", "unlink", "join", "split", "place", "from_centre", "merge", "unmerge",
})  # fmt: skip
"""What may be done with a case while another stands for it: everything else is done with that one."""

DESKS: Mapping[Role, Desk] = {
    Role.WARD: Desk.WARD,
    Role.SUB_COUNTY: Desk.SUB_COUNTY,
    Role.DEPARTMENT: Desk.DEPARTMENT,
    Role.CHIEF_OFFICER: Desk.CHIEF_OFFICER,
    Role.COUNTY_SECRETARY: Desk.COUNTY_SECRETARY,
    Role.OMBUDSMAN: Desk.CONFIDENTIAL,
    Role.HOTLINE: Desk.COUNTY,
}
"""Where a case is that an officer of this role works on."""


def take(session: Session, office: Office, case: Case, officer: Officer, now: datetime, **told: str) -> None:
    """Take it as one's own, back from wherever it was. The resident sees it in the status; no SMS.

    `told` goes into the history: `channel`, where it was not done on the web.
    """
    desk = desk_of(officer, case)
    moved: dict[str, Any] = {} if case.desk is desk else {"desk": desk, "desk_since": now, **NOT_OUTSIDE}
    change(session, case, officer, "take", status=Status.TAKEN, assignee_id=officer.id, **moved)
    events.append(session, case, "taken", now, vault=office.vault, officer_id=officer.id, **told)
    timing.keep_time(session, office, case)


def desk_of(officer: Officer, case: Case) -> Desk:
    """Where the case is when this officer works on it: where it is, if that desk is hers; else the desk of the post by
    which she sees it, the nearest to the ward. What was sent up does not come down by being taken."""
    roles = [post.role for post in officer.posts if _is_of(post, case)]
    hers = [desk for role, desk in DESKS.items() if role in roles]
    if case.desk in hers or not hers:
        return case.desk
    if case.raised_to is None:
        return hers[0]
    high = [desk for role, desk in DESKS.items() if role in roles and steps.is_up_to(role, case.raised_to)]
    return high[0] if high else steps.desk_of(case.raised_to)


def is_below(officer: Officer, case: Case) -> bool:
    """Whether it was sent up past every post by which this officer sees it: she may write, note and end it, but not
    send it away from there."""
    held = [post.role for post in officer.posts if _is_of(post, case)]
    if case.raised_to is None or case.desk in [DESKS.get(role) for role in held]:
        return False
    return not any(steps.is_up_to(role, case.raised_to) for role in held)


def refuse_from_below(officer: Officer, case: Case) -> None:
    if is_below(officer, case):
        raise Refused(
            "It was sent up past your desk. You may write, note and end it; who has it there waits, or sends it on."
        )


def refuse_request(case: Case) -> None:
    """No ward and no department learns who asks; another body gets it by `requests.transfer` alone."""
    if case.kind is Kind.REQUEST:
        raise Refused("A request stays with the desk that answers it: answer it here, or refuse it with the reason.")


def _is_of(post: Post, case: Case) -> bool:
    match post.role:
        case Role.WARD:
            return case.ward_code == post.ward_code
        case Role.SUB_COUNTY:
            return case.sub_county_code == post.sub_county_code
        case Role.DEPARTMENT | Role.CHIEF_OFFICER:
            return case.department == post.department
        case Role.OMBUDSMAN:
            return case.sensitive
        case _:
            return True


def note(session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime) -> None:
    """An internal note that no resident sees."""
    events.append(session, case, "note", now, vault=office.vault, officer_id=officer.id, words=words)


def write(
    session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime, *, wait: bool = False
) -> None:
    """Write to the resident. With `wait` the case waits for her answer, and its clock with it."""
    if case.resident_id is None:
        raise Refused("The resident hid her number: nothing can be sent. She sees the status by dialling.")
    if asking.is_unwritten(case):
        raise Refused("Nothing is ever texted about this: others may read her phone. Call her when she said.")
    if session.scalar(select(Resident.stopped_at).where(Resident.id == case.resident_id)):
        raise Refused("She asked for no more SMS: nothing can be sent. Call her, or wait until she dials.")
    if case.status not in ALLOWED["write"]:
        raise Faster
    if wait:
        refuse_from_below(officer, case)
        if steps.is_carried(case) or carrying.carried(session, case):
            raise Refused("Others told of the same: nobody's answer is waited for. Write to her without waiting.")
        _refuse_long_wait(session, office, case, now)
        change(session, case, officer, "wait", status=Status.WAITING, assignee_id=officer.id)
    wording = "call_us" if case.sensitive else "from_officer"
    asking.send(session, office, case, wording, now, slots={"officer_words": words})
    events.append(session, case, "written", now, vault=office.vault, officer_id=officer.id, words=words)
    if wait:
        events.append(session, case, "waiting", now, vault=office.vault, officer_id=officer.id)
    timing.keep_time(session, office, case)


def _refuse_long_wait(session: Session, office: Office, case: Case, now: datetime) -> None:
    """However often an officer asks her: all waits of a case together end with the charter's limit."""
    told = timing.history(session, case)
    limit = office.county.charter.term("pause_limit", timing.promised(told))
    turns = spans.of(told, limit, office.calendar)
    if spans.patience(turns, limit, office.calendar).ends(now) <= now:
        raise Refused("It has waited for the resident as long as it may. Write to her without waiting.")


def refer(
    session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime, *,
    department: str | None = None, body: str | None = None, number: str = "", contact: str = "",
) -> None:  # fmt: skip
    """Refer to a department of the county, or to a body outside it. The promise to the resident stands.

    `number` and `contact` are those of the other body, which is asked for news when the charter says so.
    """
    if case.sensitive:
        raise Refused("A confidential case stays with the confidential desk. Release it first, with a reason.")
    refuse_request(case)
    refuse_from_below(officer, case)
    if department and office.county.department(department):
        values: dict[str, Any] = {"department": department, "desk": Desk.DEPARTMENT, "referred_to": None}
    elif body:
        values = {
            "desk": Desk.OUTSIDE, "referred_to": body, "their_reference": number or None,
            "their_contact": contact or None, "news_due_at": news_due(office, case, now),
        }  # fmt: skip
    else:
        raise Refused("Choose a department, or name the body outside the county.")
    change(
        session, case, officer, "refer", status=Status.REFERRED, assignee_id=None, desk_since=now,
        **{**NOT_OUTSIDE, **values},
    )  # fmt: skip
    events.append(
        session, case, "referred", now, vault=office.vault, officer_id=officer.id, words=words,
        department=department if not body else None, body=body,
    )  # fmt: skip
    timing.keep_time(session, office, case)


def route(session: Session, office: Office, case: Case, officer: Officer, ward_code: int, now: datetime) -> None:
    """Give a case its ward (the county desk), or send it over the border to the right one. The clock runs on."""
    if case.sensitive:
        raise Refused("A confidential case stays with the confidential desk. Release it first, with a reason.")
    refuse_request(case)
    refuse_from_below(officer, case)
    if office.county.ward(ward_code) is None:
        raise Refused("Choose one of the county's wards.")
    desk = desks.of_ward(session, ward_code)
    if case.desk is desk and case.ward_code == ward_code:
        raise Refused("It is in this ward already." if desk is Desk.WARD else "The county desk works for this ward.")
    # Where it belongs is known now; what it is about is as open as before.
    guess = {name: value for name, value in (case.guess or {}).items() if name != "ward"} or None
    change(
        session, case, officer, "route", assignee_id=None, status=Status.NEW, desk=desk, desk_since=now,
        guess=guess, **NOT_OUTSIDE,
    )  # fmt: skip
    questions.withdraw(session, case.id)
    set_ward(session, office, case, ward_code, now)
    events.append(session, case, "routed", now, vault=office.vault, officer_id=officer.id, ward=ward_code)
    timing.keep_time(session, office, case)


def end(
    session: Session, office: Office, case: Case, officer: Officer, ending: Ending, reason: str, now: datetime, *,
    planned_for: date | None = None,
) -> None:  # fmt: skip
    """Say how it ended. *Fixed* asks the resident; every other ending tells her the reason.

    *Not a report* takes a second officer (`cases.doubting`), and what is with another body is *not the county's* only
    once that body has taken it.
    """
    if not reason.strip():
        raise Refused(endings.UNSAID if ending is Ending.FIXED else endings.UNREASONED)
    if ending is Ending.NOT_A_REPORT and case.proposed_by_id in (None, officer.id):
        raise Refused("That takes a second officer: propose it, and somebody else agrees.")
    if ending is Ending.PLANNED and (planned_for is None or planned_for <= local_day(now)):
        raise Refused("Choose the month for which the work is planned.")
    if ending is Ending.PLANNED and case.kind is Kind.REQUEST:
        raise Refused("The law's time for a request runs on: answer it, or refuse it with the reason.")
    roles = [post.role for post in officer.posts if _is_of(post, case)]
    if ending is Ending.PLANNED and not plans.may_plan(timing.history(session, case), roles, officer.id):
        raise Refused("It was planned before and came back. Only an officer above may plan it once more.")
    members = endings.hold_carried(session, case)
    if members is None:
        raise Faster
    if ending is Ending.NOT_A_REPORT and members:
        raise Refused(endings.OTHERS_SAY_SO)
    if ending is Ending.NOT_OURS and (why := endings.untaken(session, case, members)):
        raise Refused(why)
    if ending is Ending.PLANNED and (twice := endings.planned_before(session, members, roles, officer.id)):
        raise Refused(f"{twice[0]}, for which it stands, was planned before. Only an officer above may plan it again.")
    planned = planned_for if ending is Ending.PLANNED else None
    sealed = office.vault.seal(reason) if case.sensitive else None
    change(
        session, case, officer, "end", status=Status.RESOLVED, ending=ending, resolved_at=now, planned_for=planned,
        reason=None if sealed else reason, reason_sealed=sealed, confirmation=None, assignee_id=officer.id,
    )  # fmt: skip
    questions.withdraw(session, case.id)
    events.append(
        session, case, "ended", now, vault=office.vault, officer_id=officer.id, words=reason, ending=ending.value,
        planned_for=planned.isoformat() if planned else None,
    )  # fmt: skip
    timing.keep_time(session, office, case)
    endings.tell(session, office, case, ending, reason, planned, now)
    endings.end_carried(session, office, case, members, officer, ending, reason, planned, now)
    published.end(session, case, now)


def release(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """Let a confidential case go to its ward after all: the ombudsman alone, with a reason."""
    if not officer.holds(Role.OMBUDSMAN):
        raise Refused("Only the ombudsman may release a confidential case.")
    if not reason.strip():
        raise Refused("Give the reason for the release.")
    if case.category == VIOLENCE:
        raise Refused("A case of violence is never released.")
    if case.about_ombudsman:
        raise Refused("It is about the ombudsman's office: send it to the ombudsman first, with a reason.")
    words = events.words_of(office.vault, case)
    desk = unconcerned.desk_for(session, case, now)
    # Where words alone had made it confidential, it is again what it was filed as.
    code = events.category_before(session, case) or case.category
    change(
        session, case, officer, "release", sensitive=False, category=code,
        department=department_of(office, code, case.problem), desk=desk, desk_since=now, status=Status.NEW,
        assignee_id=None, words=words or None, words_sealed=None,
    )  # fmt: skip
    events.append(session, case, "released", now, vault=office.vault, officer_id=officer.id, words=reason)
    timing.keep_time(session, office, case)
    confidential.open_along(session, office, case, officer, reason, now)


def show_number(session: Session, office: Office, case: Case, officer: Officer, reason: str, now: datetime) -> None:
    """Record that the officer looks at the number, and why; whoever shows it calls this first."""
    if not reason.strip():
        raise Refused("Say why you need the number; the resident's case lists who looked.")
    if case.resident_id is None:
        raise Refused("The resident hid her number.")
    events.append(session, case, "number_shown", now, vault=office.vault, officer_id=officer.id, words=reason)


def news_due(office: Office, case: Case, now: datetime) -> datetime:
    """When a body outside the county is to be asked how it goes, the next time."""
    return deadline(now, office.county.charter.term("news", case.category), office.calendar)


def change(session: Session, case: Case, officer: Officer, action: str, **values: Any) -> None:
    """The guarded UPDATE: only from an allowed state, and only where the officer may see the case.

    Whatever is done with a case, nobody proposes any more that it is no report, and what its crew said is answered.
    """
    for proposal in ("proposed_by_id", "crew_said", "crew_said_at"):
        values.setdefault(proposal, None)
    changed = session.execute(
        update(Case)
        .where(Case.id == case.id, Case.status.in_(ALLOWED[action]), visible(officer), *_by_itself(action))
        .values(**values)
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        raise Faster
    # Not read again: after a referral or a release the officer may not see the row any more.
    for name, value in values.items():
        set_committed_value(case, name, value)


def _by_itself(action: str) -> Iterator[ColumnElement[bool]]:
    """The condition that no other case stands for it, where the action needs that."""
    if action not in WHILE_CARRIED:
        yield or_(Case.lead_id.is_(None), Case.status.not_in(OPEN))
