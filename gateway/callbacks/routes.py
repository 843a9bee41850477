"""The callbacks of Africa's Talking: the token is checked before the body is read; anything authentic gets 200."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Request, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config.logging import log_event, log_failure
from gateway.callbacks import sms
from gateway.callbacks.forms import read_form
from gateway.callbacks.ussd import Ussd
from gateway.installation import Installation
from gateway.messages import outbox
from gateway.people.phone import normalise


def blueprint(installation: Installation) -> Blueprint:
    """Routes under `/callbacks/<token>/`. Tokens are compared in constant time; a wrong one is a plain 404."""
    routes = Blueprint("callbacks", __name__, url_prefix="/callbacks")
    tokens = [token.encode() for token in installation.settings.callback_tokens]
    ussd = Ussd(installation)

    def callback(name: str, receive: Callable[[Request], str]) -> None:
        """Register one callback; `receive` runs only behind the right token, and its text is answered with 200."""

        def view(token: str) -> Response:
            given = token.encode()
            # Every token is compared, so that the time tells nothing of which one was nearly right.
            if not any([hmac.compare_digest(given, known) for known in tokens]):  # noqa: C419
                abort(404)
            return plain(receive(request))

        routes.add_url_rule(f"/<token>/{name}", name, view, methods=["POST"])

    callback("ussd", lambda received: ussd.reply(read_form(received)))
    callback("ussd-end", lambda received: receive_ussd_end(ussd, received))
    callback("sms", lambda received: receive_sms(installation, received))
    callback("delivery", lambda received: receive_delivery(installation, received))
    callback("opt-out", lambda received: receive_opt_out(installation, received))
    return routes


def plain(text: str) -> Response:
    return Response(text, mimetype="text/plain")


def receive_ussd_end(ussd: Ussd, received: Request) -> str:
    """Nothing depends on this event: the text leaves by itself when the session can last no longer."""
    form, now = read_form(received) or {}, datetime.now(UTC)
    for name, use in (("ussd_end_not_used", ussd.end_session), ("ussd_charge_not_kept", ussd.keep_charge)):
        try:
            use(form, now)
        except SQLAlchemyError as error:
            log_failure(name, error)
    return ""


def receive_sms(installation: Installation, received: Request) -> str:
    try:
        sms.receive(installation, received)
    except SQLAlchemyError as error:
        # The one error that an authentic request gets: Africa's Talking repeats it until we can store the text.
        log_failure("sms_not_stored", error)
        abort(Response("", status=503, mimetype="text/plain"))
    return ""


def receive_delivery(installation: Installation, received: Request) -> str:
    form = read_form(received) or {}
    provider_id, status = form.get("id", "")[:80], form.get("status", "")[:60]
    if not provider_id or not status:
        log_event("delivery_not_understood")
        return ""
    phone, reason = normalise(form.get("phoneNumber", "")), form.get("failureReason", "")[:60] or None
    phone_hash = installation.office.vault.phone_hash(phone) if phone else None
    try:
        with Session(installation.engine) as session, session.begin():
            outbox.receive_report(session, provider_id, status, reason, phone_hash)
    except SQLAlchemyError as error:
        log_failure("delivery_not_stored", error)
    return ""


def receive_opt_out(installation: Installation, received: Request) -> str:
    phone = normalise((read_form(received) or {}).get("phoneNumber", ""))
    if phone is None:
        log_event("opt_out_not_understood")
        return ""
    try:
        with Session(installation.engine) as session, session.begin():
            outbox.stop(session, installation.office.vault.phone_hash(phone), datetime.now(UTC))
    except SQLAlchemyError as error:
        log_failure("opt_out_not_stored", error)
    return ""
