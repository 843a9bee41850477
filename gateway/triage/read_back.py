"""What the agent reads back of the call that she logged, and what she puts right while the caller listens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway.cases import callers
from gateway.cases.categories import OTHER, promise_slots
from gateway.cases.filing import Filed, Report
from gateway.cases.intake import answered_before
from gateway.cases.models import Case, Channel
from gateway.cases.office import Office
from gateway.cases.refusals import Refused
from gateway.installation import Installation
from gateway.people.models import Role
from gateway.triage import forms
from gateway.triage.call_forms import CallForm, PlacedForm, RightForm, is_promised, right_form
from gateway.triage.english import subject
from gateway.triage.sign_in import officer, only
from workers.queues import wake


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/log-call/right`."""
    engine, office = installation.engine, installation.office

    @routes.post("/triage/log-call/right")
    def put_call_right() -> ResponseReturnValue:
        """Change ward, place or subject of what she filed from this page. Sent again it changes nothing more."""
        only(Role.HOTLINE)
        form, why, now = right_form(office.county, request.form), "", datetime.now(UTC)
        is_valid, slots = form.validate(), {}
        if "nonce" not in form.errors:
            with Session(engine) as session:
                answer = answered_before(session.connection(), Channel.HOTLINE, source_id(form)) or {}
            slots = answer.get("slots", {})
        filed = {"reference": slots.get("reference", ""), "secret": slots.get("secret", ""), "right": form}
        if is_valid:
            try:
                with Session(engine, expire_on_commit=False) as session, session.begin():
                    case = callers.put_right(session, office, officer(), source_id(form), _values(form), now)
                wake(installation.redis)
                form.about.data, form.code.data = form.subject, ""
                return render_template("triage/call_logged.html", **filed, **_changed(office, case, form))
            except Refused as refusal:
                why = str(refusal)
        problems = forms.problems_of(form)
        return render_template("triage/call_logged.html", **filed, problems=problems, why=why), 409 if why else 422


def of(office: Office, filed: Filed, report: Report, form: CallForm) -> dict[str, Any]:
    """The page of what was filed, made of what was typed: what became of it by its words is not hers to know."""
    right, slots = right_form(office.county), filed.answer["slots"]
    right.nonce.data, right.about.data = form.nonce.data, form.subject
    right.ward.data, right.place.data = form.found.name if form.found else "", form.place.data
    return {
        "reference": slots["reference"],
        "secret": slots.get("secret", ""),
        "said": _said(office, right),
        "sms": "none" if report.phone is None else "landline" if report.untexted else "sent",
        "same": bool(form.incident.data),
        "right": right if is_promised(office.county, form.subject) else None,
        **_promise(slots.get("promise", {}), report.language),
    }


def _changed(office: Office, case: Case, form: RightForm) -> dict[str, Any]:
    slots = promise_slots(office.menu, case.due_at) if case.due_at else {}
    return {"said": _said(office, form), "changed": True, **_promise(slots.get("promise", {}), case.language)}


def _promise(promise: Mapping[str, str], language: str) -> dict[str, str]:
    said = promise.get("en") or next(iter(promise.values()), "")
    return {"promise": said, "promise_spoken": promise.get(language, ""), "language": language}


def _said(office: Office, form: RightForm) -> str:
    """`Water: Burst pipe, Shirere, Soko`."""
    about = subject(office.county, *forms.subject(form.about.data))
    ward = form.found.name if form.found else "ward not known"
    return ", ".join(part for part in (about, ward, form.place.data) if part)


def _values(form: RightForm) -> Mapping[str, str]:
    """As `residents_own.amend` takes them: the subject only where it is another one."""
    where = {"ward": str(form.found.code) if form.found else "", "place_words": form.place.data}
    category, problem = forms.subject(form.subject or "")
    return where if form.subject == form.about.data else where | {"category": category, "problem": problem or OTHER}


def source_id(form: PlacedForm, *, words: bool = False) -> str:
    """The officer's id keeps a nonce from opening what another agent filed, or from answering what she added."""
    return f"{officer().id}:{form.nonce.data}{':words' if words else ''}"
