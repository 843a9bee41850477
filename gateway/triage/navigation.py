"""Which pages an officer finds at the top of each page: those of any of her posts, in one order for everybody."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.installation import Installation
from gateway.people.models import ALONE, Officer, Role
from gateway.triage import texts

CALLERS = (Role.HOTLINE, Role.OMBUDSMAN, Role.COUNTY_SECRETARY)
AUDITED = (Role.COUNTY, Role.AUDITOR, Role.OMBUDSMAN, Role.COUNTY_SECRETARY)
"""Who reads the audit, each her own part of it."""

WAYS: Sequence[tuple[str, str, tuple[Role, ...]]] = (
    ("triage.queue", "Queue", tuple(role for role in Role if role not in ALONE)),
    ("triage.queue", "Overview", (Role.COUNTY,)),
    ("triage.queue", "Figures", (Role.AUDITOR,)),
    ("triage.histories", "Cases", (Role.AUDITOR,)),
    ("triage.announce", "Announce", (Role.WARD, Role.SUB_COUNTY)),
    ("triage.paper", "Paper", (Role.WARD, Role.SUB_COUNTY, Role.COUNTY)),
    ("triage.incidents", "Incidents", (Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT)),
    ("triage.landmarks", "Places", (Role.WARD, Role.SUB_COUNTY)),
    ("triage.call_backs", "Call-backs", CALLERS),
    ("triage.log_call", "Log a call", (Role.HOTLINE,)),
    ("triage.unplaced", "Without a ward", (Role.HOTLINE,)),
    ("triage.texts", "Texts", CALLERS),
    ("triage.register_slips", "Slips", (Role.HOTLINE, Role.WARD)),
    ("triage.officers", "Officers", (Role.COUNTY,)),
    ("triage.wards", "Wards", (Role.COUNTY,)),
    ("triage.audit", "Audit", AUDITED),
)
"""Endpoint, name, and whose page it is. The hotline has the fewest that it works on all day: its way to Paper leads
over Slips, to Incidents over a call, to Places over the reports without a ward."""


def pages_of(installation: Installation, officer: Officer) -> Sequence[tuple[str, str]]:
    """Endpoint and name of each page of hers."""
    pages = [(endpoint, name) for endpoint, name, roles in WAYS if officer.holds(*roles)]
    return [(endpoint, _counted(installation, name) if name == "Texts" else name) for endpoint, name in pages]


def _counted(installation: Installation, name: str) -> str:
    waiting = texts.waiting(installation)
    return f"{name} ({waiting})" if waiting else name
