"""The sweeper: a plain loop that finds again what the bell lost, and does what time alone does."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import text
from sqlalchemy.orm import Session

from config.logging import configure_logging, log_event, log_failure
from config.settings import SettingsError, load_settings
from gateway.cases import (
    callouts,
    closing,
    coverage,
    drafts,
    erasing,
    ladder,
    lost_texts,
    notices,
    prompts,
    readers,
    relief,
    reports,
    retention,
    rounds,
)
from gateway.dialogue.cache import SessionCache
from gateway.dialogue.editions import forget_editions
from gateway.dialogue.left_behind import Closer
from gateway.installation import Installation, open_installation
from gateway.messages import leases, outbox
from gateway.messages.africastalking import Sender
from gateway.messages.failures import SmsFailure
from gateway.metrics import SMS_RECEIVED
from gateway.people import devices, links, sign_ins, throttle
from menus.marked import Mistakes
from workers.deliver import drain, open_sender

PAUSE_SECONDS = 3.0
STOP = (signal.SIGTERM, signal.SIGINT)
KEEP_SESSIONS = "1 hour"
"""A USSD session lasts three minutes; after an hour nothing of it is repeated, and its link to the phone goes."""
KEEP_UNCLOSED = "1 day"
"""One that could not be closed may hold what somebody said: its key, or Redis, may come back."""
KEEP_ANSWERS = "1 hour"
KEEP_OTHER_ANSWERS = "1 day"
"""On the other channels: a text may come again for hours, and a form may be loaded again in the morning."""


def sweep(installation: Installation, sender: Sender, now: datetime, walk: retention.Walk | None = None) -> None:
    """One round. Each task is a transaction of its own; one that fails does not keep the others from their turn.

    `walk`: how far the rounds before this one came with the night's residents.
    """
    office, walk = installation.office, walk or retention.Walk()
    closer = Closer(installation, SessionCache(installation.redis, office.vault))
    _round(installation, "claims", leases.sweep_claims)
    # Before what is due leaves, so that it leaves at once.
    _round(installation, "called_out", lambda session: callouts.call_out(session, office, now))
    _round(installation, "rounds", lambda session: rounds.send_due(session, office, now))
    _try("drain", lambda: drain(installation, sender))
    _round(installation, "prompts", lambda session: prompts.expire(session, now))
    _repeat("sessions", lambda: closer.close_due(now))
    _round(installation, "draft_questions", lambda session: drafts.ask_due(session, office, now))
    _round(installation, "drafts", lambda session: drafts.file_expired(session, office, now))
    _round(installation, "questions", lambda session: closing.expire_questions(session, office, now))
    _round(installation, "turns", lambda session: closing.open_waiting(session, office, now))
    _round(installation, "endings", lambda session: closing.close_ended(session, office, now))
    _round(installation, "waits", lambda session: closing.end_waits(session, office, now))
    _round(installation, "plans", lambda session: closing.reopen_planned(session, office, now))
    _round(installation, "leaves", lambda session: relief.settle_leaves(session, office, now))
    _round(installation, "covers", lambda session: coverage.settle_covers(session, office, now))
    _round(installation, "overdue", lambda session: ladder.raise_overdue(session, office, now))
    _round(installation, "reports", lambda session: reports.write_due(session, office, now))
    _round(installation, "retention", forget_sessions)
    _round(installation, "notice", lambda session: notices.keep(session, office, now))
    _try("kept", lambda: keep_no_longer(installation, now, walk))
    _round(installation, "deleted", erasing.forget_deleted)
    _round(installation, "erased", erasing.forget_hashes)
    _round(installation, "editions", forget_editions)
    _round(installation, "switched_off", outbox.give_up_switched_off)
    _round(installation, "readers", lambda session: readers.forget(session, now))
    _round(installation, "sign_ins", forget_sign_ins)
    _try("inbox", lambda: read_inbox(installation, sender, now))


def _round(installation: Installation, name: str, task: Callable[[Session], int]) -> None:
    """Run `task` batch after batch, each in a transaction of its own."""

    def batch() -> int:
        with Session(installation.engine) as session, session.begin():
            return task(session)

    _repeat(name, batch)


def _repeat(name: str, batch: Callable[[], int]) -> None:
    """Until a batch finds nothing more."""

    def batches() -> None:
        while done := batch():
            log_event("swept", task=name, count=done)

    _try(name, batches)


def _try(name: str, task: Callable[[], object]) -> None:
    try:
        task()
    except Exception as error:
        log_failure("sweep_failed", error, task=name)


def read_inbox(installation: Installation, sender: Sender, now: datetime) -> None:
    """Texts that no callback brought; the next drain handles them."""
    engine, office, settings = installation.engine, installation.office, installation.settings
    try:
        SMS_RECEIVED.inc(lost_texts.collect(engine, office, settings, sender, now))
    except SmsFailure as failure:
        log_event("inbox_not_read", code=failure.code)


def keep_no_longer(installation: Installation, now: datetime, walk: retention.Walk) -> None:
    """At night, some batches a round: what is over by the county's schedule is erased. Done when nothing more is found
    and nothing failed; what is left in the morning waits for the next night."""
    office = installation.office
    with Session(installation.engine) as session:
        if not retention.is_due(session, now):
            walk.after = 0
            return
    tasks = {name: partial(task, office=office, now=now) for name, task in retention.TASKS.items()}
    over = [_some(installation, name, task) for name, task in tasks.items()]
    numbers = partial(retention.forget_unknown, office=office, now=now, walk=walk)
    if all(over) and _some(installation, "kept_numbers", numbers):
        with Session(installation.engine) as session, session.begin():
            retention.record(session, now)


def _some(installation: Installation, name: str, task: Callable[[Session], int]) -> bool:
    """A few batches of `task`; whether it found nothing more. False where it failed."""
    over = False

    def batches() -> None:
        nonlocal over
        for _ in range(retention.BATCHES):
            with Session(installation.engine) as session, session.begin():
                done = task(session)
            if not done:
                over = True
                return
            log_event("swept", task=name, count=done)

    _try(name, batches)
    return over


def forget_sessions(session: Session) -> int:
    """Delete USSD sessions that are over; they alone join an anonymous case to a phone.

    What an intake answered is needed only as long as a repetition may come; it may hold a secret.
    """
    session.execute(
        text(
            "UPDATE intake SET answer = '{}', source_id = 'over:' || id WHERE channel = 'ussd'"
            " AND source_id NOT LIKE 'over:%' AND received_at < now() - CAST(:keep AS interval)"
        ),
        {"keep": KEEP_ANSWERS},
    )
    # The source stays: a form that is sent again even later must not file a second time.
    session.execute(
        text(
            "UPDATE intake SET answer = '{}' WHERE channel <> 'ussd' AND answer <> '{}'"
            " AND received_at < now() - CAST(:keep AS interval)"
        ),
        {"keep": KEEP_OTHER_ANSWERS},
    )
    session.execute(
        text("UPDATE ussd_charge SET source = NULL WHERE source IS NOT NULL AND at < now() - CAST(:keep AS interval)"),
        {"keep": KEEP_SESSIONS},
    )
    session.execute(
        text(
            "DELETE FROM ussd_session WHERE started_at < now() - CAST(:keep AS interval)"
            " AND (closed_at IS NOT NULL OR started_at < now() - CAST(:unclosed AS interval))"
        ),
        {"keep": KEEP_SESSIONS, "unclosed": KEEP_UNCLOSED},
    )
    return 0


def forget_sign_ins(session: Session) -> int:
    """Delete what opens nothing any more: sign-ins, devices, links, and failures that no longer count."""
    tasks = (sign_ins.forget_over, devices.forget_over, links.forget_over, throttle.forget_old)
    return sum(forget(session) for forget in tasks)


def main() -> None:
    # Blocked, so that a request to stop is taken between two rounds and never in the middle of one.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    configure_logging()
    try:
        settings = load_settings()
        installation, sender = open_installation(settings, pool_size=2), open_sender(settings)
    except (Mistakes, SettingsError) as error:
        sys.exit(str(error))
    walk = retention.Walk()
    while True:
        sweep(installation, sender, datetime.now(UTC), walk)
        if signal.sigtimedwait(STOP, PAUSE_SECONDS):
            return


if __name__ == "__main__":
    main()
