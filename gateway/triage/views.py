"""The officers' web: its blueprint, its front page, and what every page is given."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from gateway.cases.references import spoken
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people.masking import masked
from gateway.people.models import Role
from gateway.triage import (
    account,
    announcements,
    audit,
    authenticator,
    breach,
    call_backs,
    calls,
    case_pages,
    costs,
    county,
    english,
    examine,
    faults,
    giving_up,
    leaving,
    my_leave,
    navigation,
    officers,
    one_time_links,
    queue,
    requests,
    search,
    sign_in,
    texts,
    traces,
    trainers,
    wards,
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
    routes.record_once(lambda state: sign_in.attach(state.app, installation))
    routes.before_request(partial(sign_in.refuse_strangers, installation))
    routes.before_request(examine.keep_apart)
    routes.context_processor(partial(_given, installation))
    routes.add_app_template_global(_static_url, "static_url")
    routes.add_app_template_filter(masked, "masked")
    _add_queue(routes, installation)
    parts = (
        sign_in, account, authenticator, one_time_links, case_pages, call_backs, calls, giving_up, texts,
        announcements, costs, county, audit, breach, examine,
        requests, search, officers, my_leave, wards, trainers, faults,
    )  # fmt: skip
    for part in parts:
        part.add_routes(routes, installation)
    return routes


def _add_queue(routes: Blueprint, installation: Installation) -> None:
    engine = installation.engine

    @routes.get("/triage/", endpoint="queue")
    def front_page() -> ResponseReturnValue:
        now = datetime.now(UTC)
        with officer_session(engine, officer()) as session:
            if officer().holds(Role.COUNTY):
                return _county_page(session, installation, now)
            if officer().holds(Role.AUDITOR):
                return examine.front_page(session)
            page = queue.read(session, officer(), _tab(), request.args.get("page", 1, int), now)
            traces.leave(session, "listed", page.cases)
            return render_template("triage/queue.html", page=page, now=now)


def _county_page(session: Session, installation: Installation, now: datetime) -> str:
    office, demo = installation.office, installation.settings.demo
    with as_owner(session):  # figures over everything, of which no row is shown
        shown, left = county.overview(session), leaving.read(session, office, now, demo=demo)
        setup = county.setup(session, office, now, demo=demo)
    return render_template("triage/county.html", overview=shown, leaving=left, setup=setup, now=now)


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
        "pages_of": partial(navigation.pages_of, installation),
        "Role": Role,
        "spending_warning": partial(costs.warning, installation),
        "preview": _preview,
    }


def _static_url(name: str) -> str:
    """A static file's address, which changes with its content, so that browsers keep it for a year."""
    return url_for("triage.static", filename=name, v=VERSIONS[name])


def _preview(words: str) -> str:
    line = " ".join(masked(words).split())
    return line if len(line) <= PREVIEW else line[: PREVIEW - 1].rstrip() + "…"


VERSIONS = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10] for path in STATIC.iterdir()}
