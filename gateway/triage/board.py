"""The register as it hangs on a notice board: how each report stands, told to whoever stands before it.

With the names of subjects and days as every sheet has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from config.county import County, Ward
from config.wording import Text
from gateway.cases import carrying, landmarks, standing
from gateway.cases.clock import local_day
from gateway.cases.models import OPEN, Case, CaseConflict, Confirmation, Desk, Ending, Kind, Status
from gateway.cases.office import Office
from gateway.cases.visibility import visible_to
from gateway.db import as_owner
from gateway.people.models import Officer

LISTED = 200
"""Lines of a register: twenty pages of a notice board, in letters that are read from a step away."""
ENDED_LATELY = timedelta(days=30)

NAMES: Mapping[str, Sequence[str]] = {
    "sw": (
        "Januari", "Februari", "Machi", "Aprili", "Mei", "Juni", "Julai", "Agosti", "Septemba", "Oktoba", "Novemba",
        "Desemba",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
}  # fmt: skip
"""The months in full: the menu has them as short as its screens need them."""

STATES: Mapping[str, Text] = {
    Status.NEW: {"sw": "imepokelewa", "en": "received"},
    Status.TAKEN: {"sw": "kazini", "en": "in progress"},
    Status.WAITING: {"sw": "inasubiri jibu la aliyeripoti", "en": "waits for the reporter’s answer"},
    Status.REFERRED: {"sw": "imeelekezwa", "en": "referred"},
    Confirmation.DISPUTED: {
        "sw": "imefunguliwa tena: aliyeripoti amesema bado", "en": "open again: the reporter says not yet",
    },
    Confirmation.ASKED: {
        "sw": "ofisi inasema imetatuliwa, aliyeripoti anaulizwa", "en": "the office says fixed, the reporter is asked",
    },
    Confirmation.CONFIRMED: {"sw": "imetatuliwa, aliyeripoti amekubali", "en": "fixed, confirmed"},
    Confirmation.UNCONFIRMED: {"sw": "imetatuliwa, haijathibitishwa", "en": "fixed, not confirmed"},
    Ending.PLANNED: {"sw": "imepangiwa {month}", "en": "planned for {month}"},
    Ending.CANNOT_NOW: {"sw": "haiwezi kutatuliwa sasa", "en": "cannot be fixed now"},
    Ending.NOT_OURS: {"sw": "si ya kaunti", "en": "not the county’s"},
    Ending.NOT_FOUND: {"sw": "haikupatikana mahali palipotajwa", "en": "not found at the place given"},
    Ending.NOT_A_REPORT: {"sw": "haikuwa ripoti", "en": "not a report"},
}  # fmt: skip
"""Not those of the phone, which speak to the one who reported: here everybody reads them."""


@dataclass(frozen=True)
class Line:
    """One report, in the language of the sheet.

    people   how many reported it
    due      the day that was promised, while it is open
    holder   who has it, while it is open, where that is not the ward
    """

    reference: str
    subject: str
    place: str
    people: int
    received: str
    due: str
    state: str
    holder: str
    late: bool


def cases(session: Session, who: Officer, ward: Ward, now: datetime) -> list[Case]:
    """The ward's open grievances, and those that ended lately; the oldest first.

    Without what stands under another one that is listed, and what is kept from an officer, who may stand before it.
    """
    lead = aliased(Case)
    listed = select(lead.id).where(lead.id == Case.lead_id, lead.ward_code == ward.code).exists()
    kept = select(CaseConflict.case_id).where(CaseConflict.case_id == Case.id).exists()
    query = visible_to(who).where(
        Case.ward_code == ward.code, Case.kind == Kind.GRIEVANCE, ~Case.sensitive, ~Case.practice, ~kept,
        Case.status != Status.WITHDRAWN, Case.joined_id.is_(None),
        or_(Case.status.in_(OPEN) & ~listed, Case.status.not_in(OPEN) & (Case.resolved_at >= now - ENDED_LATELY)),
    )  # fmt: skip
    return list(session.scalars(query.order_by(Case.received_at, Case.id).limit(LISTED)))


def lines(
    session: Session, office: Office, ward: Ward, listed: Sequence[Case], language: str, now: datetime
) -> list[Line]:
    """What stands of these on the sheet in `language`."""
    known = landmarks.listed(session, office.county, ward.code)
    with as_owner(session):  # a lead may be another ward's: its state and a number of people alone leave this block
        stands, others = carrying.worked_on(session, listed), carrying.supporters(session, listed)
        return [_line(office, case, stands[case.id], known, others.get(case.id, 0), language, now) for case in listed]


def _line(
    office: Office, case: Case, stands: Case, known: frozenset[str], others: int, language: str, now: datetime
) -> Line:
    county, menu, opened = office.county, office.menu, case.status in OPEN
    holder = standing.holder(county, menu, stands) if opened and stands.desk is not Desk.WARD else {}
    return Line(
        case.reference, menu.spoken(subject(county, case.category, case.problem), language),
        case.landmark if case.landmark in known else "", others + 1,
        short_day(local_day(case.received_at), language),
        short_day(local_day(case.due_at), language) if opened and case.due_at else "",
        _state(stands, language), menu.spoken(holder, language), standing.is_late(case, now),
    )  # fmt: skip


def _state(case: Case, language: str) -> str:
    planned = month(case.planned_for, language) if case.planned_for else ""
    return STATES[_state_of(case)][language].replace("{month}", planned).rstrip()


def _state_of(case: Case) -> str:
    if case.status in OPEN:
        again = case.status is Status.NEW and case.confirmation is Confirmation.DISPUTED
        return Confirmation.DISPUTED if again else case.status
    if case.ending in (None, Ending.FIXED):
        return case.confirmation or Confirmation.UNCONFIRMED
    return case.ending


# Names


def month(day: date, language: str) -> str:
    """`Machi 2027`."""
    return f"{NAMES[language][day.month - 1]} {day.year}"


def short_day(day: date, language: str) -> str:
    """`1 Mac`: the table of a register is narrow."""
    return f"{day.day} {NAMES[language][day.month - 1][:3]}"


def subject(county: County, code: str, problem: str | None) -> Text:
    """`Maji: Bomba limepasuka`, in every language; without a problem, or with another one than is listed, `Maji`."""
    category = county.category(code)
    if category is None:
        return dict.fromkeys(county.languages, code)
    found = category.problem(problem)
    if found is None:
        return category.label
    said = found.label
    return {language: f"{short}: {said[language]}" for language, short in category.short.items() if language in said}
