"""The wards: which take part, which the county desk or the sub-county works for, and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.county import County, Ward
from config.logging import log_event
from gateway.cases import coverage, wards
from gateway.cases.models import WardCover, WardState
from gateway.installation import Installation
from gateway.triage.county import administering
from gateway.triage.sign_in import officer

STATES: Mapping[WardState, str] = {
    WardState.LIVE: "Live", WardState.DESK: "County desk", WardState.COVERED: "Sub-county",
}  # fmt: skip
"""Who works for a ward."""
REASONS: Mapping[str, str] = {
    wards.SET: "it does not take part yet",
    coverage.LEAVE: "its administrator is on leave",
    coverage.SILENT: "its administrator was not seen for days",
    coverage.VACANT: "it has no administrator",
}


@dataclass(frozen=True)
class Standing:
    """A ward, who works for it, why that is not its administrator, and since when."""

    ward: Ward
    state: WardState
    why: str
    since: datetime | None


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/wards`."""
    office = installation.office

    @routes.get("/triage/wards", endpoint="wards")
    def list_wards() -> ResponseReturnValue:
        with administering(installation) as session:
            return render_template("triage/wards.html", groups=_groups(session, office.county), states=STATES)

    @routes.post("/triage/wards/<int:ward_code>/<any(desk, live):state>")
    def set_ward_state(ward_code: int, state: str) -> ResponseReturnValue:
        now = datetime.now(UTC)
        ward = office.county.ward(ward_code)
        with administering(installation) as session:
            if ward is None:
                abort(404)
            if state == WardState.DESK:
                changed = wards.give_to_desk(session, ward.code, officer(), now)
            else:
                changed = wards.make_live(session, office, ward.code, officer(), now)
        if changed:
            log_event("ward_set", officer=officer().id, ward=ward.code, state=state)
        flash(_told(ward, state) if changed else f"{ward.name} ward was changed already.")
        return redirect(url_for("triage.wards", _anchor=f"ward-{ward.code}"), 303)


def _told(ward: Ward, state: str) -> str:
    if state == WardState.DESK:
        return f"New reports from {ward.name} ward go to the county desk."
    return f"{ward.name} ward takes part. Its open reports at the county desk went to it, as new."


def _groups(session: Session, county: County) -> Sequence[tuple[str, Sequence[Standing]]]:
    """By sub-county, in the order of the county's folder."""
    covers = {cover.ward_code: cover for cover in session.scalars(select(WardCover))}
    return [(one.name, [_standing(ward, covers.get(ward.code)) for ward in one.wards]) for one in county.sub_counties]


def _standing(ward: Ward, cover: WardCover | None) -> Standing:
    if cover is None:
        return Standing(ward, WardState.LIVE, "", None)
    return Standing(ward, cover.state, REASONS.get(cover.why, cover.why), cover.since)
