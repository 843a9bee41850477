"""The callbacks of Africa's Talking: the token is checked before the body is read; anything authentic gets 200."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, request
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

    @routes.url_value_preprocessor
    def check_token(endpoint: str | None, values: dict[str, str] | None) -> None:
        given = (values or {}).pop("token", "").encode()
        if not any([hmac.compare_digest(given, token) for token in tokens]):
            abort(404)

    @routes.post("/<token>/ussd")
    def receive_ussd() -> Response:
        return plain(ussd.reply(read_form(request)))

    @routes.post("/<token>/ussd-end")
    def receive_ussd_end() -> Response:
        form = read_form(request) or {}
        try:
            ussd.end_session(form.get("sessionId", "")[:120], datetime.now(UTC))
        except SQLAlchemyError as error:
            # Nothing depends on this event: the text leaves by itself when the session can last no longer.
            log_failure("ussd_end_not_used", error)
        return plain("")

    @routes.post("/<token>/sms")
    def receive_sms() -> Response:
        try:
            sms.receive(installation, read_form(request))
        except SQLAlchemyError as error:
            # The one error that an authentic request gets: Africa's Talking repeats it until we can store the text.
            log_failure("sms_not_stored", error)
            return Response("", status=503, mimetype="text/plain")
        return plain("")

    @routes.post("/<token>/delivery")
    def receive_delivery() -> Response:
        form = read_form(request) or {}
        provider_id, status = form.get("id", "")[:80], form.get("status", "")[:60]
        if provider_id and status:
            try:
                with Session(installation.engine) as session, session.begin():
                    outbox.receive_report(session, provider_id, status, form.get("failureReason", "")[:60] or None)
            except SQLAlchemyError as error:
                log_failure("delivery_not_stored", error)
        else:
            log_event("delivery_not_understood")
        return plain("")

    @routes.post("/<token>/opt-out")
    def receive_opt_out() -> Response:
        phone = normalise((read_form(request) or {}).get("phoneNumber", ""))
        if phone:
            try:
                with Session(installation.engine) as session, session.begin():
                    outbox.stop(session, installation.office.vault.phone_hash(phone), datetime.now(UTC))
            except SQLAlchemyError as error:
                log_failure("opt_out_not_stored", error)
        return plain("")

    return routes


def plain(text: str) -> Response:
    return Response(text, mimetype="text/plain")
