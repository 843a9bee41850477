"""drain(): handle stored texts, and claim, send and record outgoing SMS, until none is due."""

from __future__ import annotations

import time
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
TEXT_SECONDS = 1.0
"""How long SMS wait, at most, while stored texts are handled. About a hundred texts take as long."""


def drain(
    installation: Installation, sender: Sender, *, seconds: float = SHIFT_SECONDS, clock: Callable[[], datetime] = now
) -> int:
    """For a shift, handle stored texts and send what is due, by turns. Returns how many were sent or tried."""
    ends, sent, more = time.monotonic() + seconds, 0, True

    def handle() -> None:
        nonlocal more
        more = _handle_some(installation)

    with sender.line() as line:
        while more and (left := ends - time.monotonic()) > 0:
            # Over when nothing is due; there may be texts all the same.
            sent += Shift(installation, line, left, clock).work(handle)
    return sent


def _handle_some(installation: Installation) -> bool:
    """Stored texts, for a second. False where none is left: one that failed waits for its next try."""
    ends = time.monotonic() + TEXT_SECONDS
    try:
        while time.monotonic() < ends:
            if not _handle_next(installation):
                return False
    except Exception as error:
        log_failure("texts_not_read", error)
        return False
    return True


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
