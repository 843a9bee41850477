"""What may be done with a case now, and what the resident will be told: the right half of the case page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.cases.actions import ALLOWED
from gateway.cases.asking import confirmation_wait
from gateway.cases.filing import VIOLENCE
from gateway.cases.models import Case, Desk, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.people.models import Officer, Role
from gateway.triage.english import ENDINGS
from menus.lettering import SMS_SEGMENT, septets

YOUR_WORDS = "(your words)"


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
        names -= {"refer", "route"}
    if officer.role is not Role.OMBUDSMAN or not case.sensitive or case.category == VIOLENCE:
        names -= {"release"}
    if case.status is Status.TAKEN and case.assignee_id == officer.id:
        names -= {"take"}
    if case.resident_id is None or case.category == VIOLENCE:
        names -= {"write"}
    if case.resident_id is not None:
        names |= {"number"}
    return frozenset(names)


def may_wait(case: Case) -> bool:
    """Whether the case may be put to waiting for the resident's answer."""
    return case.status in ALLOWED["wait"]


def take_label(case: Case, officer: Officer) -> str:
    match case.status:
        case Status.WAITING:
            return "Stop waiting, go on"
        case Status.REFERRED if case.desk is not Desk.DEPARTMENT or officer.role is not Role.DEPARTMENT:
            return "Take it back"
        case _:
            return "Take it"


def endings(office: Office, case: Case, now: datetime) -> list[Choice]:
    """The six endings in the order in which they are offered, each with the SMS that it sends."""
    return [_choice(office, case, ending, now) for ending in Ending]


def _choice(office: Office, case: Case, ending: Ending, now: datetime) -> Choice:
    feedback = case.kind is Kind.FEEDBACK
    name = "Noted, acted on" if feedback and ending is Ending.FIXED else ENDINGS[ending]
    if case.resident_id is None:
        return Choice(ending.value, name, WHEN[ending], None, "Nothing is sent: the number is hidden.")
    if case.category == VIOLENCE:
        return Choice(ending.value, name, WHEN[ending], None, "Nothing is sent: others may read her phone.")
    if case.sensitive:
        return Choice(ending.value, name, WHEN[ending], told(office, case, "call_us"), "Your words stay here.")
    if ending is Ending.FIXED and not feedback:
        wait = max(1, round(confirmation_wait(office, case, now).total_seconds() / 86400))
        note = f"A no puts it back at the top. No answer in {wait} days: not confirmed. Your words stay here."
        return Choice(ending.value, name, WHEN[ending], told(office, case, "fixed"), note)
    wording = "answered" if ending is Ending.FIXED else ending.value
    return Choice(ending.value, name, WHEN[ending], told(office, case, wording, **_slots(office, case, ending)), "")


WHEN = {
    Ending.FIXED: "The work is done.",
    Ending.PLANNED: "It will be done in a certain month; then the case comes back to you.",
    Ending.CANNOT_NOW: "No money, no parts, no access: say which.",
    Ending.NOT_OURS: "Say whose it is and where to go.",
    Ending.NOT_FOUND: "You looked, and it was not at the place given.",
    Ending.NOT_A_REPORT: "A test, a wrong number, an insult.",
}


def _slots(office: Office, case: Case, ending: Ending) -> dict[str, str]:
    if ending is not Ending.PLANNED:
        return {}
    department = office.county.department(case.department) if case.department else None
    desk = department.short if department else office.menu.words["desk_county"]
    return {"month": "(month)", "desk": office.menu.spoken(desk, case.language)}


def told(office: Office, case: Case, wording: str, **slots: str) -> str:
    """The SMS that the resident would get, with what is not known yet in brackets."""
    known = {"reference": spoken(case.reference), "officer_words": YOUR_WORDS}
    return office.letters.compose(wording, case.language, {**known, **slots})


def room(office: Office, case: Case) -> int:
    """Letters of an officer's message that fit into one SMS."""
    return SMS_SEGMENT - septets(told(office, case, "from_officer", officer_words=""))
