"""Where in its ward a report is: an officer corrects the place, in the words that people use there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from config.county import County
from gateway.cases import events, landmarks
from gateway.cases.actions import Refused, change, refuse_from_below
from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.cases.sensitivity import sensitive_category
from gateway.people.masking import masked
from gateway.people.models import Officer

PLACED = "placed"
"""The event; its words are the place that stood there before."""


def place(session: Session, office: Office, case: Case, officer: Officer, name: str, now: datetime) -> bool:
    """Say where it is. A name that the ward's list has not is learned. False where this stands there already.

    It does nothing for the resident, so it is no first action of the desk.
    """
    if case.sensitive:
        raise Refused("The place of a confidential report stands in its words, and nowhere else.")
    if case.ward_code is None:
        raise Refused("Give it a ward first.")
    refuse_from_below(officer, case)
    if why := fault(office.county, name):
        raise Refused(why)
    before = case.landmark
    if before == name:
        return False
    change(session, case, officer, "place", landmark=name)
    events.append(
        session, case, PLACED, now, vault=office.vault, officer_id=officer.id, words=before, again=before is not None
    )
    if not landmarks.is_countys(office.county, case.ward_code, name):
        landmarks.learn(session, case.ward_code, name, officer)
    return True


def fault(county: County, name: str) -> str:
    """What is wrong with the name of a place, in a sentence; empty where nothing is."""
    if masked(name) != name:
        return "No telephone numbers: a place is read by everybody who works on the report."
    if sensitive_category(county, name):
        return "These words make a report confidential. Write the place without them."
    return ""
