"""My leave: an officer says herself when she is away, and who stands in."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.cases import relief
from gateway.cases.clock import local_day
from gateway.installation import Installation
from gateway.people import accounts, leave
from gateway.people.models import Officer
from gateway.people.officers import OfficerRefused
from gateway.triage.forms import problems_of
from gateway.triage.officer_forms import LeaveForm, leave_form
from gateway.triage.roster import absences, own_absence
from gateway.triage.sign_in import officer


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/account/leave`."""
    engine, office = installation.engine, installation.office
    county = office.county

    @routes.get("/triage/account/leave")
    def my_leave() -> ResponseReturnValue:
        with Session(engine) as session:
            return _page(session, _form(session))

    @routes.post("/triage/account/leave")
    def set_my_leave() -> ResponseReturnValue:
        now, why = datetime.now(UTC), ""
        with Session(engine) as session:
            form = _form(session)
        if form.validate():
            try:
                with Session(engine) as session, session.begin():
                    relief.go_on_leave(session, office, officer(), form.plan, officer(), now)
            except OfficerRefused as refused:
                why = str(refused)
            else:
                log_event("leave_set", officer=officer().id)
                flash("Your leave is kept.")
                return redirect(url_for("triage.my_leave"), 303)
        with Session(engine) as session:
            return _page(session, form, why), 422

    @routes.post("/triage/account/leave/<int:absence_id>/end")
    def end_my_leave(absence_id: int) -> ResponseReturnValue:
        now = datetime.now(UTC)
        with Session(engine) as session, session.begin():
            who = accounts.lock(session, officer().id)
            relief.end_leave(session, office, own_absence(session, who, absence_id, now), who, now)
        log_event("leave_ended", officer=officer().id)
        flash("Your leave has ended: your work is yours again.")
        return redirect(url_for("triage.my_leave"), 303)

    def _form(session: Session) -> LeaveForm:
        return leave_form(county, leave.deputies(session, county, _herself(session), officer()), request.form)

    def _page(session: Session, form: LeaveForm, why: str = "") -> str:
        now = datetime.now(UTC)
        return render_template(
            "triage/my_leave.html", form=form, problems=problems_of(form), why=why, today=local_day(now),
            absences=absences(session, _herself(session), now),
        )  # fmt: skip


def _herself(session: Session) -> Officer:
    return session.get_one(Officer, officer().id)
