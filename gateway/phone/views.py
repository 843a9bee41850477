"""The phone in the browser, for the demo: its page, its static files, and the texts that reached its number."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from config.settings import Settings
from menus.networks import NETWORKS

FAKE_SECONDS = 2.0
"""How long the page may wait for the provider fake, which runs on the same machine: longer means it is gone."""
INBOX_BYTES = 1_000_000
"""More than the 200 longest messages that the fake keeps for one number."""
E164 = re.compile(r"\+[1-9][0-9]{6,14}")

Texts = list[dict[str, str]]


@dataclass(frozen=True)
class Caller:
    """A resident whom a newcomer can be."""

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


def blueprint(settings: Settings) -> Blueprint:
    """The blueprint `phone` under `/phone`; to be registered in the demo only, as it shows the callbacks' token."""
    phone = Blueprint("phone", __name__, url_prefix="/phone", template_folder="templates", static_folder="static")

    @phone.get("")
    def page() -> ResponseReturnValue:
        return render_template(
            "phone.html",
            callers=CALLERS,
            networks=NETWORKS,
            service_code=settings.service_code,
            short_code=settings.short_code,
            callbacks=f"/callbacks/{settings.callback_tokens[0]}",
        )

    @phone.get("/inbox")
    def inbox() -> ResponseReturnValue:
        """JSON `{"running": bool, "messages": [{id, from, to, text, at}, …]}`, oldest first; 400 for no number."""
        number = request.args.get("number", "")
        if not E164.fullmatch(number):
            return jsonify(error="number must be written like +254722000141"), 400
        texts = texts_to(number, settings.africastalking_base_url or "")
        response = jsonify(running=texts is not None, messages=texts or [])
        response.headers["Cache-Control"] = "no-store"
        return response

    return phone


def texts_to(number: str, base_url: str) -> Texts | None:
    """The texts that the provider fake at `base_url` holds for a number, oldest first; None when no fake is there."""
    address = urlsplit(base_url)
    # The browser may not make this server call another machine, and the real provider has no inbox to ask.
    if address.scheme != "http" or not is_loopback(address.hostname or ""):
        return None
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=FAKE_SECONDS)
    try:
        connection.request("GET", f"{address.path.rstrip('/')}/inbox?{urlencode({'to': number})}")
        answer = connection.getresponse()
        held = json.loads(answer.read(INBOX_BYTES)) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    if not isinstance(held, list):
        return None
    return [{str(name): str(value) for name, value in text.items()} for text in held if isinstance(text, dict)]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, told without asking the DNS."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
