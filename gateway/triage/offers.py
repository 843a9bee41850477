"""What may be done with a case now, and what the resident will be told: the right half of the case page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from gateway.cases import actions, assigning, doubting
from gateway.cases.actions import ALLOWED
from gateway.cases.asking import confirmation_wait, is_unwritten
from gateway.cases.categories import VIOLENCE
from gateway.cases.endings import letter
from gateway.cases.models import OPEN, Case, Desk, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.people.models import Officer, Resident, Role
from gateway.triage import centre, conflicts, english, incidents, requests
from gateway.triage.preview import MONTH, YOUR_WORDS, Preview, preview
from menus.lettering import SMS_SEGMENT, septets

WITHOUT_WORDS = ("call_us", "fixed")
"""Wordings in which an officer's words are not sent."""
LOOKED_AT = ("write", "end")
"""Actions whose SMS may be looked at before it is sent."""


@dataclass(frozen=True)
class Choice:
    """One ending as it is offered: its name, when it is right, what the resident gets (None: no SMS)."""

    code: str
    name: str
    when: str
    sms: str | None
    note: str


def offered(case: Case, officer: Officer) -> frozenset[str]:
    """The actions that this officer may begin with the case as it stands."""
    names = {name for name, states in ALLOWED.items() if case.status in states}
    names -= {"wait"} if "write" in names else set()
    if case.sensitive:
        names -= {"refer", "route", "sort", "hide"}
    if not officer.holds(Role.OMBUDSMAN) or not case.sensitive or case.about_ombudsman or case.category == VIOLENCE:
        names -= {"release"}
    names -= {"name", "lift", "to_secretary", "to_ombudsman"} - conflicts.offered(case, officer)
    if case.status is Status.TAKEN and case.assignee_id == officer.id:
        names -= {"take"}
    names -= {"refer", "route", "sort", "confirm", "place"} if actions.is_below(officer, case) else set()
    names -= set() if assigning.may_assign(officer, case) else {"assign"}
    names -= requests.not_offered(case, officer) | centre.not_offered(case, officer)
    names -= incidents.not_offered(case, officer)
    if case.resident_id is None or is_unwritten(case) or case.joined_id is not None:
        names -= {"write"}
    if case.resident_id is not None:
        names |= {"number"}
    doubted = case.proposed_by_id is not None and case.proposed_by_id != officer.id and case.status in OPEN
    names |= {"agree"} if doubted else set()
    names -= set() if doubted else {"reject"}
    names -= {"propose"}  # it is one of the endings
    names -= set() if case.desk is Desk.OUTSIDE else {"news"}
    return frozenset(names - _not_linked(case))


def _not_linked(case: Case) -> set[str]:
    """What is offered only where something was read from the words, another case belongs to it, or it has a ward."""
    wanting = {
        "confirm": not case.guess,
        "join": case.follows_id is None or case.joined_id is not None,
        "unlink": case.follows_id is None,
        "part": case.joined_id is None,
        "split": case.resident_id is None,
        "place": case.ward_code is None,
    }
    return {name for name, missing in wanting.items() if missing or case.sensitive}


@dataclass(frozen=True)
class Doubt:
    """Who proposes that a case is no report, and why."""

    who: str
    reason: str


def doubt(session: Session, office: Office, case: Case) -> Doubt | None:
    if case.proposed_by_id is None:
        return None
    name = session.scalar(select(Officer.name).where(Officer.id == case.proposed_by_id))
    return Doubt(name or "", doubting.reason(session, office, case))


@dataclass(frozen=True)
class Outside:
    """The body outside the county that has a case, and whether it is time to ask it for news."""

    body: str
    news_due: bool


def outside(case: Case, now: datetime) -> Outside | None:
    if case.desk is not Desk.OUTSIDE:
        return None
    return Outside(case.referred_to or "the other body", case.news_due_at is not None and case.news_due_at <= now)


def read_from_words(case: Case) -> str:
    """What there is to confirm, by which a form knows whether it is still what the officer saw."""
    guess = case.guess or {}
    return ":".join(str(part or "") for part in (guess.get("category"), guess.get("problem"), guess.get("ward")))


def may_wait(case: Case) -> bool:
    """Whether the case may be put to waiting for the resident's answer."""
    return case.status in ALLOWED["wait"] and case.kind is not Kind.REQUEST  # the law's time knows no waiting


def take_label(case: Case, officer: Officer) -> str:
    match case.status:
        case Status.WAITING:
            return "Stop waiting, go on"
        case Status.REFERRED if case.desk is not Desk.DEPARTMENT or not officer.holds(Role.DEPARTMENT):
            return "Take it back"
        case _:
            return "Take it"


def told_of_end(session: Session, case: Case) -> list[Case]:
    """The cases of which a resident is told by SMS when this one ends: its own first, then those for which it stands,
    as far as this officer sees them."""
    query = (
        select(Case)
        .join(Resident, Resident.id == Case.resident_id)
        .where(Case.lead_id == case.id, Case.status.in_(OPEN), Resident.stopped_at.is_(None))
        .order_by(Case.received_at, Case.id)
        .options(contains_eager(Case.resident))
    )
    return [*([case] if is_told(case) else []), *(session.scalars(query) if case.status in OPEN else [])]


def people(cases: Iterable[Case]) -> int:
    """How many residents these cases come from."""
    return len({case.resident_id for case in cases})


def endings(office: Office, case: Case, told: Sequence[Case], now: datetime) -> list[Choice]:
    """The endings that fit, in the order in which they are offered, each with the SMS that it sends: where its own
    resident gets none, that of the first of those who are `told`."""
    fitting = OF_REQUESTS if case.kind is Kind.REQUEST else Ending
    return [_choice(office, case, ending, now, told[0] if told else case) for ending in fitting]


def _choice(office: Office, case: Case, ending: Ending, now: datetime, hears: Case) -> Choice:
    name = english.ending(case.kind, ending)
    when = {Kind.REQUEST: OF_REQUESTS, Kind.FEEDBACK: OF_FEEDBACK}.get(case.kind, WHEN)[ending]
    if hears.resident_id is None:
        return Choice(ending.value, name, when, None, "Nothing is sent: there is no number.")
    if is_unwritten(hears):
        return Choice(ending.value, name, when, None, "Nothing is sent: others may read her phone.")
    if has_stopped(hears):
        return Choice(ending.value, name, when, None, without_sms(hears, ending))
    wording, slots = letter(office, hears, ending, YOUR_WORDS, None, case)
    known = {**slots, "month": MONTH} if "month" in slots else slots
    note = "Your words stay here." if case.sensitive else ""
    if wording == "fixed":
        wait = max(1, round(confirmation_wait(office, hears, now).total_seconds() / 86400))
        note = f"A no puts it back at the top. No answer in {wait} days: not confirmed. Your words stay here."
    return Choice(ending.value, name, when, told(office, hears, wording, **known), note)


def has_stopped(case: Case) -> bool:
    """Whether the resident asked for no more SMS: what an officer sets off is not sent."""
    return case.resident is not None and case.resident.stopped_at is not None


def without_sms(case: Case, ending: Ending) -> str:
    """What a resident who asked for no more SMS still hears of an ending."""
    if ending is Ending.FIXED and case.kind is Kind.GRIEVANCE and not case.sensitive:
        return "She asked for no more SMS: she is asked when she dials; without an answer it counts as not confirmed."
    return "She asked for no more SMS: none is sent. When she dials, she sees how it stands."


WHEN = {
    Ending.FIXED: "The work is done.",
    Ending.PLANNED: "It will be done in a certain month; then the case comes back to you.",
    Ending.CANNOT_NOW: "No money, no parts, no access: say which.",
    Ending.NOT_OURS: "Say whose it is and where to go.",
    Ending.NOT_FOUND: "You looked, and it was not at the place given.",
    Ending.NOT_A_REPORT: "A test, a wrong number, an insult. Another officer must agree; until then nothing is sent.",
}
OF_FEEDBACK = WHEN | {Ending.FIXED: "You have read it, and whom it is about knows of it."}
"""When each is right for praise and for what residents think: nothing there was broken."""
OF_REQUESTS = {
    Ending.FIXED: "She has her answer.",
    Ending.CANNOT_NOW: "It cannot be given or done: say why.",
    Ending.NOT_OURS: "Say whose it is and where to go.",
}
"""The endings of what was asked for by law, and when each is right: nothing there is repaired or looked for."""


def told(office: Office, case: Case, wording: str, **slots: str) -> str:
    """The SMS that the resident would get, with what is not known yet in brackets."""
    known = {"reference": spoken(case.reference), "officer_words": YOUR_WORDS}
    return office.letters.compose(wording, case.language, {**known, **slots})


def is_told(case: Case) -> bool:
    """Whether any SMS that an officer sets off goes to the resident."""
    return case.resident_id is not None and not is_unwritten(case) and not has_stopped(case)


def writes(case: Case) -> bool:
    """Whether an officer's own words are ever sent about this case."""
    return case.resident_id is not None and not case.sensitive


def written(office: Office, case: Case) -> str:
    """The SMS that an officer's letter to the resident travels in."""
    return told(office, case, "call_us" if case.sensitive else "from_officer")


def room(office: Office, case: Case) -> int:
    """Letters of an officer's message that fit into one SMS."""
    return SMS_SEGMENT - septets(told(office, case, "from_officer", officer_words=""))


def seen(
    office: Office, case: Case, ending_told: Sequence[Case], action: str, form: Any, per_part: Decimal | None
) -> Preview | None:
    """The SMS exactly as the form, as it is filled in, would send it; None where none goes."""
    hear = ending_told if action == "end" else [case] if is_told(case) else []
    if not hear:
        return None
    words, hears = form.words.data, hear[0]
    wording, slots = (
        letter(office, hears, Ending(form.ending.data), words, form.planned_for, case)
        if action == "end"
        else ("call_us" if case.sensitive else "from_officer", {"officer_words": words})
    )
    sent = told(office, hears, wording, **slots)
    return preview(sent, "" if wording in WITHOUT_WORDS else words, per_part, len(hear))


def months(office: Office, case: Case, ends: Iterable[date]) -> dict[str, str]:
    """The months for which work may be planned, as the resident reads them."""
    return {end.isoformat(): office.menu.month(end, case.language) for end in ends}
