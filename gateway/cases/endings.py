"""What an ending sets off: the SMS that tells of it, the question whether it is so, and the cases that end with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from config.rights import DATA
from gateway.cases import asking, carrying, events, plans, timing
from gateway.cases.categories import NATIONAL
from gateway.cases.models import OPEN, Case, CaseEvent, Confirmation, Desk, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.refusals import Refused
from gateway.messages import outbox, questions
from gateway.messages.outbox import Letter
from gateway.people.models import Officer, Role

UNSAID = "Say what was done: it stays in the history."
UNREASONED = "Give the reason: the resident has a right to it."


def letter(
    office: Office, case: Case, ending: Ending, reason: str, planned: date | None, lead: Case | None = None
) -> tuple[str, Mapping[str, str]]:
    """Wording and slots of the SMS that tells of an ending, where one may be sent. `lead`: the case that ended, where
    this one ends with it."""
    if case.sensitive:
        return "call_us", {}
    if ending is Ending.FIXED and case.kind is Kind.GRIEVANCE:
        return "fixed", {}
    if ending is not Ending.FIXED and case.kind is Kind.REQUEST:
        return "data_refused" if case.category in DATA else "information_refused", {"officer_words": reason}
    if ending is Ending.FIXED or case.kind is Kind.FEEDBACK or case.category == NATIONAL:
        return "answered", {"officer_words": reason}  # the others offer to send it higher, where these never go
    slots = {"officer_words": reason}
    if ending is Ending.PLANNED:
        department = office.county.department((lead or case).department or "")
        slots["desk"] = office.menu.spoken(
            department.short if department else office.menu.words["desk_county"], case.language
        )
        slots["month"] = office.menu.month(planned, case.language) if planned else ""
    return ending.value, slots


def tell(
    session: Session, office: Office, case: Case, ending: Ending, reason: str, planned: date | None, now: datetime
) -> None:
    """Tell its resident of an ending, or ask her whether it is really fixed."""
    wording, slots = letter(office, case, ending, reason, planned)
    if wording == "fixed":
        if asking.ask_fixed(session, office, case, now):
            case.confirmation = Confirmation.ASKED
        return
    asking.send(session, office, case, wording, now, slots=slots)


# Those for which it stood


def hold_carried(session: Session, case: Case) -> list[Case] | None:
    """Those that end with this case, locked; None where somebody has one of them in hand at this moment."""
    # The lead first: whoever joins it meanwhile waits, and finds that it has ended.
    session.execute(select(Case.id).where(Case.id == case.id).with_for_update(key_share=True))
    members = carrying.hold(session, case)
    return members if len(members) == len(carrying.carried_by(session, [case.id])) else None


OTHERS_SAY_SO = "It stands for others, who report the same: take them out first."
"""Why it is not ended as no report: one proposal speaks of one case."""


def untaken(session: Session, case: Case, members: Sequence[Case]) -> str:
    """Why this case and those for which it stands are not ended as *not the county's* yet; empty where they may be."""
    told = timing.histories(session, [case, *members])
    for one in (case, *members):
        if (body := _not_taken_by(one, told.get(one.id, ()))) is None:
            continue
        if one is not case:
            return f"{body} has not taken {spoken(one.reference)} yet, for which it stands: take that one out first."
        how = "Ask for news" if case.desk is Desk.OUTSIDE else "Refer it there again"
        return f"{body} has not taken it yet. {how} and write down that they have."
    return ""


def _not_taken_by(case: Case, told: Sequence[CaseEvent]) -> str | None:
    """The body outside the county that it was sent to last, and that has not taken it since, whoever has it now."""
    body: str | None = None
    for event in told:
        if event.name == "filed" and event.turn == Desk.OUTSIDE:
            body = case.referred_to or "The other body"
        elif event.name == "referred" and event.data.get("body"):
            body = event.data["body"]
        elif event.name == "accepted":
            body = None
    return body


def planned_before(
    session: Session, members: Sequence[Case], roles: Collection[Role], officer_id: int
) -> Sequence[str]:
    """The references of those that an officer with these posts may not plan once more."""
    told = timing.histories(session, members) if members else {}
    return [spoken(one.reference) for one in members if not plans.may_plan(told[one.id], roles, officer_id)]


def end_carried(
    session: Session, office: Office, lead: Case, members: Sequence[Case], officer: Officer, ending: Ending,
    reason: str, planned: date | None, now: datetime,
) -> None:  # fmt: skip
    """End these, which are locked, as their lead ended: each with a line, an SMS and a question of its own.

    Whatever their number, in a handful of statements.
    """
    if not members:
        return
    if lead.sensitive:
        raise Refused("It is confidential and stands for nobody: what ends it is nobody else's to read.")
    carrying.inherit(session, lead, members)
    ids = [one.id for one in members]
    asks = ending is Ending.FIXED
    values = {
        "status": Status.RESOLVED, "ending": ending, "resolved_at": now, "planned_for": planned, "reason": reason,
        "assignee_id": officer.id, "proposed_by_id": None, "crew_said": None, "crew_said_at": None,
    }  # fmt: skip
    session.flush()
    session.execute(
        update(Case).where(Case.id.in_(ids), Case.status.in_(OPEN)).values(**values, confirmation=None),
        execution_options={"synchronize_session": False},
    )
    for one in members:
        for name, value in (values | {"confirmation": None}).items():
            set_committed_value(one, name, value)
        if asks and one.resident_id is not None:
            one.confirmation = Confirmation.ASKED
        events.append(
            session, one, "ended", now, vault=office.vault, officer_id=officer.id, words=reason, ending=ending.value,
            planned_for=planned.isoformat() if planned else None,
        )  # fmt: skip
    questions.withdraw_all(session, ids)
    timing.keep_times(session, office, members)
    _tell_all(session, office, lead, members, ending, reason, planned, now)


def _tell_all(
    session: Session, office: Office, lead: Case, members: Sequence[Case], ending: Ending, reason: str,
    planned: date | None, now: datetime,
) -> None:  # fmt: skip
    reached = [one for one in members if one.resident_id is not None and not asking.is_unwritten(one)]
    if ending is Ending.FIXED:
        asked = [
            (one.resident_id, one.id, asking.confirmation_wait(office, one, now)) for one in reached if one.resident_id
        ]
        opened = questions.ask_fixed_all(session, asked, now)
        reached = [one for one in reached if one.id in opened]
    letters = []
    for one in reached:
        wording, slots = letter(office, one, ending, reason, planned, lead)
        promise = office.letters.promise(one.due_at, one.language)
        known = {"reference": spoken(one.reference), "promise": promise, **slots}
        text = office.letters.compose(wording, one.language, known)
        letters.append(Letter(one.resident_id or 0, one.id, wording, text))
    outbox.queue_all(session, office.vault, letters, now, now, wanted=False)
