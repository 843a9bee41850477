"""The officers' web: its blueprint, its front page, and what every page is given."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from gateway.cases.office import Office
from gateway.cases.references import is_reference, spoken
from gateway.db import officer_session
from gateway.installation import Installation
from gateway.people.models import Role
from gateway.triage import (
    announcements,
    call_backs,
    calls,
    case_pages,
    costs,
    county,
    english,
    giving_up,
    leaving,
    queue,
    sign_in,
    texts,
)
from gateway.triage.preview import ALPHABET
from gateway.triage.queue import Tab
from gateway.triage.sign_in import officer

STATIC = Path(__file__).parent / "static"
PREVIEW = 80
"""Letters of a resident's words in a row of the queue."""


def blueprint(installation: Installation) -> Blueprint:
    """Every page under `/triage/`, `/sign-in`, `/sign-out` and `/`. Whoever is not signed in gets the sign-in page."""
    routes = Blueprint(
        "triage", __name__, static_folder="static", static_url_path="/triage/static", template_folder="templates"
    )
    routes.record_once(lambda state: sign_in.attach(state.app, installation.engine))
    routes.before_request(sign_in.refuse_strangers)
    routes.context_processor(partial(_given, installation))
    routes.add_app_template_global(_static_url, "static_url")
    _add_queue(routes, installation)
    for part in (sign_in, case_pages, call_backs, calls, giving_up, texts, announcements, costs, county):
        part.add_routes(routes, installation)
    return routes


def _add_queue(routes: Blueprint, installation: Installation) -> None:
    engine = installation.engine

    @routes.get("/triage/", endpoint="queue")
    def front_page() -> ResponseReturnValue:
        now = datetime.now(UTC)
        with officer_session(engine) as session:
            if officer().role is Role.COUNTY:
                return _county_page(session, installation.office, now)
            page = queue.read(session, officer(), _tab(), request.args.get("page", 1, int), now)
            return render_template("triage/queue.html", page=page, now=now)

    @routes.get("/triage/find")
    def find() -> ResponseReturnValue:
        """To the case with this reference, if it may be seen."""
        digits = "".join(filter(str.isdigit, request.args.get("reference", "")[:20]))
        if not is_reference(digits):
            flash("A reference has eight digits, such as 4821 7739. Please check it.")
            return redirect(url_for("triage.queue"), 303)
        return redirect(url_for("triage.case", reference=digits), 303)


def _county_page(session: Session, office: Office, now: datetime) -> str:
    shown, left = county.overview(session), leaving.read(session, office, now)
    return render_template("triage/county.html", overview=shown, leaving=left, now=now)


def _tab() -> Tab:
    shown = request.args.get("show", "")
    return Tab(shown) if shown in list(Tab) else Tab.TODO


def _given(installation: Installation) -> dict[str, Any]:
    """What every template of this blueprint may use."""
    who = current_user.officer if current_user.is_authenticated else None
    return {
        "officer": who,
        "county": installation.office.county,
        "demo": installation.settings.demo,
        "english": english,
        "queue": queue,
        "spoken": spoken,
        "sms_letters": ALPHABET,
        "texts_waiting": partial(texts.waiting, installation),
        "spending_warning": partial(costs.warning, installation),
        "preview": _preview,
    }


def _static_url(name: str) -> str:
    """A static file's address, which changes with its content, so that browsers keep it for a year."""
    return url_for("triage.static", filename=name, v=VERSIONS[name])


def _preview(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= PREVIEW else line[: PREVIEW - 1].rstrip() + "…"


VERSIONS = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10] for path in STATIC.iterdir()}
