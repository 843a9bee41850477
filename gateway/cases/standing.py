"""How a case stands, in the few words that a resident reads on a screen and in an SMS."""

from __future__ import annotations

from datetime import datetime

from config.county import County
from gateway.cases.models import OPEN, Case, Confirmation, Desk, Status
from menus.lettering import shorten
from menus.tree import Menu, Text

BODY_SHOWN = 20
"""Septets of the name of a body outside the county, which an officer wrote in any letters."""


def state(menu: Menu, case: Case, now: datetime) -> Text:
    """`in progress`, `late`, `closed`."""
    words = menu.words
    if case.status in OPEN and case.due_at and case.due_at < now and not case.sensitive:
        return words["status_late"]
    if case.status is Status.NEW and case.confirmation is Confirmation.DISPUTED:
        return words["status_disputed"]
    if case.status is Status.RESOLVED and case.confirmation is not Confirmation.ASKED:
        return words["status_closed"]
    return words[f"status_{case.status.value}"]


def holder(county: County, menu: Menu, case: Case) -> Text:
    """Who has it: `With: Water dept since 12 Nov`."""
    department = county.department(case.department) if case.department else None
    if case.desk is Desk.DEPARTMENT and department:
        return dict(department.short)
    if case.desk is Desk.OUTSIDE and case.referred_to:
        return dict.fromkeys(county.languages, shorten(case.referred_to, BODY_SHOWN))
    return menu.words["desk_ward"] if case.desk is Desk.WARD else menu.words["desk_county"]
