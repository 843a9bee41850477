"""The callback for incoming SMS: store the raw text, answer, wake a worker. Nothing is refused for its content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import unquote_plus

from flask import Request
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.callbacks.forms import form_of, read_body
from gateway.cases import inbound
from gateway.installation import Installation
from gateway.messages.arriving import MAX_LINK_ID, MAX_SENDER, MAX_TEXT, why_unanswerable
from gateway.messages.dates import said_at
from gateway.metrics import SMS_RECEIVED
from workers.queues import wake


def receive(installation: Installation, received: Request) -> None:
    """Store one text. Raises SQLAlchemyError where it could not be stored, so that it is sent again."""
    body, whole = read_body(received)
    form = form_of(received, body) if whole else None
    if form is None or not form.get("from") or "text" not in form:
        log_event("sms_not_understood")
    if form is None or not ("from" in form or "text" in form):
        _keep_unread(installation, body)
        return
    sender, text = form.get("from", "")[:MAX_SENDER], form.get("text", "")[:MAX_TEXT]
    with Session(installation.engine) as session, session.begin():
        inbound.store(
            session, installation.office, _provider_id(form), sender, text, odd=_odd(installation, form, sender),
            said_at=said_at(form.get("date")), link_id=form.get("linkId", "").strip()[:MAX_LINK_ID] or None,
        )  # fmt: skip
    SMS_RECEIVED.inc()
    wake(installation.redis)


def _keep_unread(installation: Installation, body: bytes) -> None:
    """What came with the right token and is no text that we know may be somebody's words: it is kept for a human."""
    if not body:
        return
    provider_id = "hash:" + hashlib.sha256(body).hexdigest()
    words = body[:MAX_TEXT].decode("utf-8", "replace")
    with Session(installation.engine) as session, session.begin():
        inbound.store(
            session, installation.office, provider_id, "", words, odd="cannot be read", decoded=unquote_plus(words)
        )
    SMS_RECEIVED.inc()


def _provider_id(form: Mapping[str, str]) -> str:
    """The provider's id; without one, a hash of the request, so that a repetition is still known."""
    given = form.get("id", "").strip()
    if 1 <= len(given) <= 120:
        return given
    return "hash:" + hashlib.sha256(repr(sorted(form.items())).encode()).hexdigest()


def _odd(installation: Installation, form: Mapping[str, str], sender: str) -> str | None:
    return why_unanswerable(sender, installation.settings) or (None if "text" in form else "no text")
