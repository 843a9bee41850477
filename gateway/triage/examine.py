"""The auditor's pages: figures, and histories of cases without words. Every other page is none of hers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from gateway.cases import examining
from gateway.cases.examining import Chosen
from gateway.cases.models import Status, Step
from gateway.cases.references import is_reference
from gateway.db import officer_session
from gateway.installation import Installation
from gateway.messages.spending import Month
from gateway.people.models import Role
from gateway.triage import moments, traces
from gateway.triage.sentences import sentence
from gateway.triage.sign_in import PUBLIC, officer, only

HERS = PUBLIC | {
    "triage.queue", "triage.histories", "triage.find_history", "triage.case_history", "triage.audit",
    "triage.affected", "triage.affected_file", "triage.sign_out", "triage.keys",
}  # fmt: skip
"""The pages that open for an auditor, with those of her own account."""
ACCOUNT = ("/triage/account", "/sign-in")
FAR = 2**62


STEPS = {step: step.value.replace("sub_", "sub-").replace("_", " ").capitalize() for step in Step}


@dataclass(frozen=True)
class Line:
    """One line of a history: when, and what in a sentence."""

    at: datetime
    sentence: str


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/examine/cases` and, below it, the history of one case."""
    engine, county = installation.engine, installation.office.county

    @routes.get("/triage/examine/cases")
    def histories() -> ResponseReturnValue:
        only(Role.AUDITOR)
        with officer_session(engine, officer()) as session:
            chosen, before = _chosen(), request.args.get("before", 0, int)
            cases = examining.cases(session, chosen, before if 0 < before < FAR else None)
            last = cases[examining.LISTED - 1].id if len(cases) > examining.LISTED else None
            asked: dict[str, Any] = {name: value for name, value in request.args.items() if name in NAMES and value}
            return render_template(
                "triage/histories.html", cases=cases[: examining.LISTED], chosen=chosen, now=moments.now(),
                late=_is_late, older=url_for("triage.histories", **asked, before=last) if last else "", states=Status,
                reference=request.args.get("reference", "")[:12],
            )  # fmt: skip

    @routes.get("/triage/examine/case")
    def find_history() -> ResponseReturnValue:
        """To the history of the case with this reference."""
        only(Role.AUDITOR)
        reference = "".join(request.args.get("reference", "")[:20].split())
        if not is_reference(reference):
            flash("A reference has eight digits, such as 4821 7739. Please check it.")
            return redirect(url_for("triage.histories"), 303)
        return redirect(url_for("triage.case_history", reference=reference), 303)

    @routes.get("/triage/examine/cases/<reference>")
    def case_history(reference: str) -> ResponseReturnValue:
        only(Role.AUDITOR)
        if not is_reference(reference):
            abort(404)
        with officer_session(engine, officer()) as session:
            case = examining.case_called(session, reference) or abort(404)
            lines = [
                Line(event.at, sentence(county, case.kind, event, name))
                for event, name in examining.history(session, case.id)
            ]
            traces.leave_ids(session, "history_read", {case.id: False})
            return render_template(
                "triage/case_history.html", case=case, lines=lines, steps=STEPS, late=_is_late,
                now=moments.now(), stamp=moments.stamp,
            )  # fmt: skip


def keep_apart() -> None:
    """Before every request: an auditor examines the others, and does nothing here but read what is hers to read."""
    if not current_user.is_authenticated or not officer().holds(Role.AUDITOR):
        return
    if request.endpoint not in HERS and not request.path.startswith(ACCOUNT):
        abort(404)


def front_page(session: Session) -> str:
    """Her figures, read in her own transaction."""
    chosen, now = _chosen(), moments.now()
    found = examining.overview(session, chosen, now)
    return render_template("triage/examine.html", found=found, chosen=chosen, steps=STEPS)


NAMES = ("month", "ward", "category", "state")


def _chosen() -> Chosen:
    """What the address asks for; what cannot be chosen is taken for not chosen."""
    state, ward = request.args.get("state", ""), request.args.get("ward", 0, int)
    return Chosen(
        month=Month.parse(request.args.get("month", "")),
        ward=ward if 0 < ward < 2**31 else None,
        category=request.args.get("category", "").replace("\0", "")[:20] or None,
        status=Status(state) if state in list(Status) else None,
    )


def _is_late(case: Any, now: datetime) -> bool:
    running: Sequence[Status] = (Status.NEW, Status.TAKEN, Status.REFERRED)
    return case.status in running and case.due_at is not None and case.due_at < now
