"""The phone in the browser, for the demo: its page, the texts that reached its number, and the provider's moods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.demo import morning
from gateway.demo.accounts import SHOWN_PHONE, officer_of_phone
from gateway.installation import Installation
from gateway.phone import fake
from gateway.phone.modes import CHOICES
from menus.networks import NETWORKS
from workers.queues import wake

E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True)
class Caller:
    """A resident whom a newcomer can be, or the officer of the ward that the demo shows."""

    name: str
    number: str
    network: str


CALLERS = (
    Caller("Akinyi", "+254722000141", "63902"),
    Caller("Wafula", "+254711000142", "63902"),
    Caller("Nafula", "+254733000143", "63903"),
    Caller("Barasa", "+254771000144", "63907"),
    Caller("Makokha", "+254763000145", "63999"),
)


def blueprint(installation: Installation) -> Blueprint:
    """The blueprint `phone` under `/phone`; to be registered in the demo only, as it shows the callbacks' token."""
    settings, office = installation.settings, installation.office
    officer = Caller(f"{officer_of_phone(office.county)}, officer", SHOWN_PHONE, "63902")
    base_url = settings.africastalking_base_url or ""
    phone = Blueprint("phone", __name__, url_prefix="/phone", template_folder="templates", static_folder="static")

    @phone.get("")
    def page() -> ResponseReturnValue:
        return render_template(
            "phone.html",
            callers=(*CALLERS, officer),
            officer=officer,
            networks=NETWORKS,
            service_code=settings.service_code,
            short_code=settings.short_code,
            callbacks=f"/callbacks/{settings.callback_tokens[0]}",
            modes=CHOICES,
            mode=fake.mode_of(base_url),
        )

    @phone.get("/inbox")
    def inbox() -> ResponseReturnValue:
        """JSON `{"running": bool, "messages": [{id, from, to, text, at}, …]}`, oldest first; 400 for no number."""
        number = request.args.get("number", "")
        if not E164.fullmatch(number):
            return jsonify(error="number must be written like +254722000141"), 400
        texts = fake.texts_to(number, base_url)
        response = jsonify(running=texts is not None, messages=texts or [])
        response.headers["Cache-Control"] = "no-store"
        return response

    @phone.post("/provider")
    def provider() -> ResponseReturnValue:
        """Let the provider fake behave in another way, one of CHOICES; 400 for any other, 503 where no fake is."""
        mode = request.form.get("mode", "")
        if mode not in CHOICES:
            abort(400)
        if not fake.change_mode(base_url, mode):
            abort(503)
        return redirect(url_for("phone.page", _anchor="provider"), 303)

    @phone.post("/morning")
    def bring_morning() -> ResponseReturnValue:
        """Let the round of 08:00 come now to the officer's phone, whatever the time is."""
        morning.bring(installation.engine, settings, office, datetime.now(UTC))
        wake(installation.redis)
        return redirect(url_for("phone.page", _anchor="morning"), 303)

    return phone
