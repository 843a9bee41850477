"""What is to be put right in how the county is set up: each fault, what to do about it, and the page for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from config.county import County
from gateway.cases import faults
from gateway.cases.faults import Fault, FaultKind
from gateway.installation import Installation
from gateway.triage.county import administering
from gateway.triage.officer_forms import seat_name, written_seat

TITLES: Mapping[FaultKind, tuple[str, str]] = {
    FaultKind.VACANT: (
        "Nobody holds the post",
        "Its work goes past it, to the next one above. Add an officer, or give the post to one who is here.",
    ),
    FaultKind.AWAY: (
        "Everybody who holds the post is on leave, without a deputy",
        "Its work goes to the next one above meanwhile. Give the post to somebody for these days.",
    ),
    FaultKind.SILENT: (
        "The ward’s administrator was not seen for days, and work waits",
        "The sub-county works for the ward meanwhile. Call her; if she is away, set her leave.",
    ),
    FaultKind.NO_TOTP: (
        "Signs in without an authenticator",
        "Above the ward it is needed: ask her to set one up on her account page.",
    ),
    FaultKind.UNKNOWN_PLACE: (
        "The post is for a place that the county does not have",
        "Nothing reaches her by it. End the post, and give her the right one.",
    ),
}
"""What is wrong, and what to do."""


@dataclass(frozen=True)
class Line:
    """One fault: what it is about, and the page on which it is put right."""

    name: str
    address: str


@dataclass(frozen=True)
class Group:
    code: str
    title: str
    what_to_do: str
    lines: Sequence[Line]


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/faults`."""

    @routes.get("/triage/faults", endpoint="faults")
    def list_faults() -> ResponseReturnValue:
        office, demo = installation.office, installation.settings.demo
        with administering(installation) as session:
            found = faults.find(session, office, datetime.now(UTC), demo=demo)
        return render_template("triage/faults.html", groups=_groups(office.county, found), total=len(found))


def _groups(county: County, found: Sequence[Fault]) -> Sequence[Group]:
    """Those of a kind together, in the order of TITLES."""
    groups = []
    for kind, (title, what_to_do) in TITLES.items():
        lines = [Line(_name(county, one), _address(one)) for one in found if one.kind is kind]
        if lines:
            groups.append(Group(kind.value, title, what_to_do, lines))
    return groups


def _name(county: County, fault: Fault) -> str:
    where = seat_name(county, (fault.role, fault.code))
    return f"{fault.name}, {where}" if fault.name else where


def _address(fault: Fault) -> str:
    if fault.officer_id is not None:
        return url_for("triage.one_officer", officer_id=fault.officer_id)
    if fault.kind is FaultKind.VACANT:
        return url_for("triage.add_officer_form", seat=written_seat((fault.role, fault.code)))
    return url_for("triage.officers", seat=written_seat((fault.role, fault.code)))
