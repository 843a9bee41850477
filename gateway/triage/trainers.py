"""Trainers' phones: the county administrator adds and removes them."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config.logging import log_event
from gateway.installation import Installation
from gateway.people import trainers
from gateway.triage.county import administering
from gateway.triage.forms import problems_of
from gateway.triage.officer_forms import TrainerForm
from gateway.triage.sign_in import officer

KNOWN = "This phone is a trainer's already."


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/trainers`."""

    def page(form: TrainerForm) -> str:
        with administering(installation) as session:
            every = trainers.every(session)
        return render_template("triage/trainers.html", form=form, problems=problems_of(form), trainers=every)

    @routes.get("/triage/trainers", endpoint="trainers")
    def list_trainers() -> ResponseReturnValue:
        return page(TrainerForm())

    @routes.post("/triage/trainers")
    def add_trainer() -> ResponseReturnValue:
        form = TrainerForm(request.form)
        with administering(installation) as session:
            fine = form.validate()
            if fine and not trainers.add(session, installation.office.vault, form.name.data, form.number, officer()):
                form.phone.errors, fine = [KNOWN], False
        if not fine:
            return page(form), 422
        log_event("trainer_added", officer=officer().id)
        flash("What this phone reports from now on is practice.")
        return redirect(url_for("triage.trainers"), 303)

    @routes.post("/triage/trainers/<int:trainer_id>/remove")
    def remove_trainer(trainer_id: int) -> ResponseReturnValue:
        with administering(installation) as session:
            if trainer_id >= 2**31 or not trainers.remove(session, trainer_id, officer()):
                abort(404)
        log_event("trainer_removed", officer=officer().id)
        flash("What this phone reports from now on counts.")
        return redirect(url_for("triage.trainers"), 303)
