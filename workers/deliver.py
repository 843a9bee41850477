"""drain(): handle stored texts, then claim, send and record outgoing SMS, until none is due."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from config.logging import configure_logging, log_event, log_failure
from config.settings import Settings, load_settings
from gateway.cases import inbound
from gateway.installation import Installation, open_installation
from gateway.messages import outbox
from gateway.messages.africastalking import Sender
from gateway.messages.failures import SmsHalted, SmsRejected, SmsRetryable, SmsUnknown
from gateway.messages.outbox import Due
from workers.queues import BELL


def drain(installation: Installation, sender: Sender) -> int:
    """Handle every stored text and send every SMS that is due. Returns how many were sent or tried."""
    while _handle_next(installation):
        pass
    sent = 0
    while batch := _claim(installation):
        for due in batch:
            if not _deliver(installation, sender, due):
                return sent
            sent += 1
    return sent


def _handle_next(installation: Installation) -> bool:
    try:
        return inbound.handle_next(installation.engine, installation.office, datetime.now(UTC))
    except Exception as error:
        log_failure("sms_not_handled", error)
        return False


def _claim(installation: Installation) -> list[Due]:
    with Session(installation.engine) as session, session.begin():
        return outbox.claim(session, installation.office.vault)


def _deliver(installation: Installation, sender: Sender, due: Due) -> bool:
    """Send one claimed message and record what became of it. False where the whole outbox has to rest.

    No transaction is open while we wait for the provider.
    """
    with Session(installation.engine) as session, session.begin():
        if not outbox.still_wanted(session, due.id):
            return True
    send_from = installation.settings.sender_id
    halted = False
    try:
        receipt = sender.send(due.text, [due.number], send_from)[due.number]
    except (SmsRetryable, SmsUnknown, SmsHalted, SmsRejected) as failure:
        halted = isinstance(failure, SmsHalted)
        log_event("sms_failed", message=due.id, code=failure.code)
        with Session(installation.engine) as session, session.begin():
            outbox.record_failure(session, due.id, failure)
    else:
        halted = receipt.outcome == "halted"
        with Session(installation.engine) as session, session.begin():
            outbox.record(session, due.id, receipt)
            if not halted:
                outbox.clear_halt(session)
    return not halted


@cache
def _open() -> tuple[Installation, Sender]:
    configure_logging()
    settings = load_settings()
    return open_installation(settings, pool_size=2), open_sender(settings)


def open_sender(settings: Settings) -> Sender:
    return Sender(settings.africastalking_username, settings.africastalking_api_key, settings.africastalking_base_url)


def drain_once() -> None:
    """The job that the bell enqueues."""
    installation, sender = _open()
    try:
        installation.redis.delete(BELL)
    except RedisError:
        log_event("bell_not_heard")
    drain(installation, sender)
