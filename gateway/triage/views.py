"""The officers' web: its blueprint, and what every page is given."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, url_for
from flask_login import current_user
from werkzeug.routing import IntegerConverter, Map

from gateway.cases.references import spoken
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
    centre,
    costs,
    county,
    crew_links,
    english,
    examine,
    faults,
    giving_up,
    home,
    incidents,
    keys,
    landmarks,
    my_leave,
    navigation,
    officers,
    one_time_links,
    paper,
    queue,
    read_back,
    ready_texts,
    requests,
    search,
    share,
    sign_in,
    slips,
    texts,
    together,
    trainers,
    unplaced,
    wards,
)
from gateway.triage.preview import ALPHABET

STATIC = Path(__file__).parent / "static"
PREVIEW = 80
"""Letters of a resident's words in a row of the queue."""


class Number(IntegerConverter):
    """`<int:…>` in an address, the number of a row: a larger one than its column holds is not found."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


def blueprint(installation: Installation) -> Blueprint:
    """Every page under `/triage/`, `/sign-in`, `/sign-out` and `/`. Whoever is not signed in gets the sign-in page."""
    routes = Blueprint(
        "triage", __name__, static_folder="static", static_url_path="/triage/static", template_folder="templates"
    )
    routes.record_once(lambda state: state.app.url_map.converters.update(int=Number))
    routes.record_once(lambda state: sign_in.attach(state.app, installation))
    routes.before_request(partial(sign_in.refuse_strangers, installation))
    routes.before_request(examine.keep_apart)
    routes.context_processor(partial(_given, installation))
    routes.add_app_template_global(_static_url, "static_url")
    routes.add_app_template_filter(masked, "masked")
    parts = (
        home, together, ready_texts, keys, sign_in, account, authenticator, one_time_links, case_pages, call_backs,
        calls, giving_up, texts, announcements, costs, county, audit, breach, examine,
        requests, search, officers, my_leave, wards, trainers, faults,
        centre, slips, unplaced, share, crew_links, paper, landmarks, incidents, read_back,
    )  # fmt: skip
    for part in parts:
        part.add_routes(routes, installation)
    return routes


def _given(installation: Installation) -> dict[str, Any]:
    """What every template of this blueprint may use."""
    who = current_user.officer if current_user.is_authenticated else None
    return {
        "officer": who,
        "county": installation.office.county,
        "crew_chip": crew_links.chip,
        "demo": installation.settings.demo,
        "english": english,
        "queue": queue,
        "spoken": spoken,
        "sms_letters": ALPHABET,
        "pages_of": partial(navigation.pages_of, installation),
        "Role": Role,
        "spending_warning": partial(costs.warning, installation),
        "preview": _preview,
        "key": keys.carried,
    }


def _static_url(name: str) -> str:
    """A static file's address, which changes with its content, so that browsers keep it for a year."""
    return url_for("triage.static", filename=name, v=VERSIONS[name])


def _preview(words: str) -> str:
    line = " ".join(masked(words).split())
    return line if len(line) <= PREVIEW else line[: PREVIEW - 1].rstrip() + "…"


VERSIONS = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10] for path in STATIC.iterdir()}
