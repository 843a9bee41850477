"""Logging a call: what somebody tells the hotline becomes a case at once, with a reference to read aloud."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from gateway.cases import requests
from gateway.cases.filing import NATIONAL, Report
from gateway.cases.models import Channel
from gateway.installation import Installation
from gateway.people.models import Role
from gateway.people.phone import normalise
from gateway.triage import forms
from gateway.triage.sign_in import officer
from workers.queues import wake


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/log-call`."""
    office = installation.office

    def page(form: forms.CallForm) -> str:
        return render_template("triage/log_call.html", form=form, problems=forms.problems_of(form))

    @routes.get("/triage/log-call")
    def log_call() -> ResponseReturnValue:
        _only_agents()
        form = forms.call_form(office.county)
        form.nonce.data = secrets.token_urlsafe(16)
        return page(form)

    @routes.post("/triage/log-call")
    def file_call() -> ResponseReturnValue:
        """Files and answers with the page at once: loading it again files nothing more, as the nonce is the key."""
        _only_agents()
        form = forms.call_form(office.county, request.form)
        if not form.validate():
            return page(form), 422
        report = _report(form, officer().id)
        with installation.engine.begin() as connection:
            filed = requests.file(connection, office, report, datetime.now(UTC))
        wake(installation.redis)
        return render_template("triage/call_logged.html", **_read_aloud(filed.answer["slots"], report))


def _report(form: forms.CallForm, officer_id: int) -> Report:
    category, problem = forms.subject(form.about.data)
    phone = normalise(form.phone.data) if form.phone.data else None
    return Report(
        channel=Channel.HOTLINE,
        # The officer's id keeps a nonce from opening what another agent filed.
        source_id=f"{officer_id}:{form.nonce.data}",
        category=category,
        language=form.language.data,
        phone=phone,
        problem=problem,
        ward_code=int(form.ward.data) if form.ward.data else None,
        landmark=form.place.data or None,
        words=form.words.data or None,
        referral=problem if category == NATIONAL else None,
        anonymous=phone is None,
        hour=form.hour.data or None,
        wording="received_text",
    )


def _read_aloud(slots: Any, report: Report) -> dict[str, Any]:
    promise = slots.get("promise", {})
    return {
        "reference": slots["reference"],
        "secret": slots.get("secret", ""),
        "promise": promise.get("en") or next(iter(promise.values()), ""),
        "promise_spoken": promise.get(report.language, ""),
        "language": report.language,
        "texted": report.phone is not None,
    }


def _only_agents() -> None:
    if not officer().holds(Role.HOTLINE):
        abort(404)
