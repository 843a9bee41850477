"""drain(): handle stored texts, and claim, send and record outgoing SMS, until none is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from redis.exceptions import RedisError

from config.logging import configure_logging, log_event, log_failure
from config.settings import Settings, load_settings
from gateway.cases import inbound
from gateway.installation import Installation, open_installation
from gateway.messages.africastalking import Sender
from workers.queues import BELL
from workers.shift import Shift


def now() -> datetime:
    return datetime.now(UTC)


SHIFT_SECONDS = 45.0
"""How long one drain goes on sending; the next begins seconds later. Shorter than a claim's lease, and the sweeper
comes to its other tasks also when the provider answers slowly."""


def drain(
    installation: Installation, sender: Sender, *, seconds: float = SHIFT_SECONDS, clock: Callable[[], datetime] = now
) -> int:
    """Handle every stored text and send what is due for a shift. Returns how many were sent or tried."""
    with sender.line() as line:
        return Shift(installation, line, seconds, clock).work(lambda: _handle_texts(installation))


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
