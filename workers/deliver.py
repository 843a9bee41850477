"""drain(): handle stored texts, then claim, send and record outgoing SMS, until none is due."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache

from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from config.logging import configure_logging, log_event, log_failure
from config.settings import Settings, load_settings
from gateway.cases import inbound
from gateway.installation import Installation, open_installation
from gateway.messages import sending
from gateway.messages.africastalking import Outcome, Sender
from gateway.messages.failures import SmsFailure, SmsHalted
from gateway.messages.sending import Due
from gateway.metrics import SMS_SENT
from workers.queues import BELL

SHIFT_SECONDS = 45.0
"""How long one drain goes on sending; the next begins seconds later. Shorter than a claim's lease, and the sweeper
comes to its other tasks also when the provider answers slowly."""


def drain(installation: Installation, sender: Sender) -> int:
    """Handle every stored text, then send what is due for a shift. Returns how many were sent or tried."""
    _handle_texts(installation)
    sent, end = 0, time.monotonic() + SHIFT_SECONDS
    while batch := _claim(installation):
        for place, due in enumerate(batch):
            if time.monotonic() > end or not _deliver(installation, sender, due):
                with Session(installation.engine) as session, session.begin():
                    sending.give_back(session, batch[place:])
                return sent
            sent += 1
    return sent


def _handle_texts(installation: Installation) -> None:
    """Every stored text once; one that fails waits for its next try and keeps no other from its turn."""
    try:
        while _handle_next(installation):
            pass
    except Exception as error:
        log_failure("texts_not_read", error)


def _handle_next(installation: Installation) -> bool:
    try:
        return inbound.handle_next(installation.engine, installation.office, datetime.now(UTC))
    except inbound.NotHandled as failure:
        log_failure("sms_not_handled", failure.__cause__ or failure, incoming=failure.incoming_id)
        return True


def _claim(installation: Installation) -> list[Due]:
    with Session(installation.engine) as session, session.begin():
        return sending.claim(session, installation.office.vault)


def _deliver(installation: Installation, sender: Sender, due: Due) -> bool:
    """Send one claimed message and record what became of it. False where the whole outbox has to rest.

    No transaction is open while we wait for the provider.
    """
    with Session(installation.engine) as session, session.begin():
        if not sending.begin(session, due):
            return True
    send_from = installation.settings.sender_id
    halted = False
    try:
        receipt = sender.send(due.text, [due.number], send_from)[due.number]
    except SmsFailure as failure:
        halted = isinstance(failure, SmsHalted)
        log_event("sms_failed", message=due.id, code=failure.code)
        SMS_SENT.labels(type(failure).__name__).inc()
        with Session(installation.engine) as session, session.begin():
            sending.record_failure(session, due.id, failure)
    else:
        halted = receipt.outcome is Outcome.HALTED
        SMS_SENT.labels(receipt.outcome.value).inc()
        with Session(installation.engine) as session, session.begin():
            sending.record(session, due.id, receipt)
            if not halted:
                sending.clear_halt(session)
    return not halted


@cache
def opened() -> tuple[Installation, Sender]:
    """What this worker process drains with, opened once.

    Raises SettingsError, and `menus.marked.Mistakes` for what is wrong with the county or the menu.
    """
    configure_logging()
    settings = load_settings()
    return open_installation(settings, pool_size=2), open_sender(settings)


def open_sender(settings: Settings) -> Sender:
    return Sender(settings.africastalking_username, settings.africastalking_api_key, settings.africastalking_base_url)


def drain_once() -> None:
    """The job that the bell enqueues."""
    installation, sender = opened()
    try:
        installation.redis.delete(BELL)
    except RedisError:
        log_event("bell_not_heard")
    drain(installation, sender)
