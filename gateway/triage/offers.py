"""What may be done with a case now, and what the resident will be told: the right half of the case page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from gateway.cases import actions
from gateway.cases.actions import ALLOWED
from gateway.cases.asking import confirmation_wait
from gateway.cases.filing import VIOLENCE
from gateway.cases.models import Case, Desk, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.people.models import Officer, Role
from gateway.triage.english import ENDINGS
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
    if officer.role is not Role.OMBUDSMAN or not case.sensitive or case.category == VIOLENCE:
        names -= {"release"}
    if case.status is Status.TAKEN and case.assignee_id == officer.id:
        names -= {"take"}
    if case.resident_id is None or case.category == VIOLENCE or case.joined_id is not None:
        names -= {"write"}
    if case.resident_id is not None:
        names |= {"number"}
    return frozenset(names - _not_linked(case))


def _not_linked(case: Case) -> set[str]:
    """What is offered only where something was read from the words, or another case belongs to it."""
    wanting = {
        "confirm": not case.guess,
        "join": case.follows_id is None or case.joined_id is not None,
        "unlink": case.follows_id is None,
        "part": case.joined_id is None,
        "split": case.resident_id is None,
    }
    return {name for name, missing in wanting.items() if missing or case.sensitive}


def read_from_words(case: Case) -> str:
    """What there is to confirm, by which a form knows whether it is still what the officer saw."""
    guess = case.guess or {}
    return ":".join(str(part or "") for part in (guess.get("category"), guess.get("problem"), guess.get("ward")))


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
    if has_stopped(case):
        return Choice(ending.value, name, WHEN[ending], None, without_sms(case, ending))
    wording, slots = actions.letter(office, case, ending, YOUR_WORDS, None)
    known = {**slots, "month": MONTH} if "month" in slots else slots
    note = "Your words stay here." if case.sensitive else ""
    if wording == "fixed":
        wait = max(1, round(confirmation_wait(office, case, now).total_seconds() / 86400))
        note = f"A no puts it back at the top. No answer in {wait} days: not confirmed. Your words stay here."
    return Choice(ending.value, name, WHEN[ending], told(office, case, wording, **known), note)


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
    Ending.NOT_A_REPORT: "A test, a wrong number, an insult.",
}


def told(office: Office, case: Case, wording: str, **slots: str) -> str:
    """The SMS that the resident would get, with what is not known yet in brackets."""
    known = {"reference": spoken(case.reference), "officer_words": YOUR_WORDS}
    return office.letters.compose(wording, case.language, {**known, **slots})


def is_told(case: Case) -> bool:
    """Whether any SMS that an officer sets off goes to the resident."""
    return case.resident_id is not None and case.category != VIOLENCE and not has_stopped(case)


def writes(case: Case) -> bool:
    """Whether an officer's own words are ever sent about this case."""
    return case.resident_id is not None and not case.sensitive


def written(office: Office, case: Case) -> str:
    """The SMS that an officer's letter to the resident travels in."""
    return told(office, case, "call_us" if case.sensitive else "from_officer")


def room(office: Office, case: Case) -> int:
    """Letters of an officer's message that fit into one SMS."""
    return SMS_SEGMENT - septets(told(office, case, "from_officer", officer_words=""))


def seen(office: Office, case: Case, action: str, form: Any, per_part: Decimal | None) -> Preview | None:
    """The SMS exactly as the form, as it is filled in, would send it; None where none goes."""
    if not is_told(case):
        return None
    words = form.words.data
    wording, slots = (
        actions.letter(office, case, Ending(form.ending.data), words, form.planned_for)
        if action == "end"
        else ("call_us" if case.sensitive else "from_officer", {"officer_words": words})
    )
    return preview(told(office, case, wording, **slots), "" if wording in WITHOUT_WORDS else words, per_part)


def months(office: Office, case: Case, ends: Iterable[date]) -> dict[str, str]:
    """The months for which work may be planned, as the resident reads them."""
    return {end.isoformat(): office.menu.month(end, case.language) for end in ends}
