"""One shift of a worker: claims what is due, sends it at the pace, and records what became of it, until it is over."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import psycopg
from sqlalchemy import exc
from sqlalchemy.orm import Session

from config.logging import log_event, log_failure
from gateway.installation import Installation
from gateway.messages import pace, recording, sending
from gateway.messages.africastalking import Line, Outcome, Receipt
from gateway.messages.failures import SmsFailure
from gateway.messages.handover import Accepted, Handover
from gateway.messages.pace import Pace
from gateway.messages.quiet import is_quiet
from gateway.messages.sending import Due, Taken
from gateway.metrics import SMS_SENT

LOOK_SECONDS = 1.0
"""How long, at most, a stored text waits to be looked at while a backlog leaves."""
RECORD_TRIES, RECORD_PAUSE = 6, 1.0
"""How often what became of a send is written down where the database does not take it, and the seconds in between: a
PostgreSQL that is restarted is back by then."""
AWAY = (psycopg.OperationalError, exc.OperationalError, exc.TimeoutError)
"""What the database being away looks like; and locks that took too long."""

T = TypeVar("T")


class Shift:
    """Sends over `line` until nothing is due, the outbox has to rest, or `seconds` are over.

    No transaction is open, and no connection to the database is held, while it waits: for the provider, or for the
    pace. `clock` gives the time that night and month go by.
    """

    def __init__(self, installation: Installation, line: Line, seconds: float, clock: Callable[[], datetime]) -> None:
        self._installation, self._line, self._clock = installation, line, clock
        self._ends = time.monotonic() + seconds
        self._pace = Pace(installation.settings.sms_per_second)
        self._handover = Handover(installation.engine, installation.statements)
        self._accepted: Accepted | None = None
        self._leave_at = 0.0
        self._works = False
        self._looked_at = -math.inf
        self._sent = 0

    def work(self, look_up: Callable[[], None]) -> int:
        """How many SMS were sent or tried. `look_up` is called at the beginning and then every second: what somebody
        waits for may come while others leave."""
        try:
            while time.monotonic() < self._ends:
                if time.monotonic() - self._looked_at > LOOK_SECONDS:
                    self._write_down()
                    look_up()
                    self._looked_at = time.monotonic()
                if not self._go_on():
                    break
        finally:  # also when a signal or a job's time limit breaks in
            self._write_down()
            self._handover.rest()
        return self._sent

    def _go_on(self) -> bool:
        """One claim. False where nothing is due, or everything has to rest."""
        taken = self._take()
        if taken.due:
            return self._send_all(taken.due)
        if not 0 < taken.wait <= pace.REQUEST:
            return False
        self._write_down()
        time.sleep(min(taken.wait, pace.AHEAD))
        return True

    def _take(self) -> Taken:
        installation = self._installation
        with Session(installation.engine) as session, session.begin():
            waiting = self._may_send_what_can_wait(session)
            taken = sending.take(session, installation.office.vault, self._pace, waiting=waiting)
        self._leave_at, self._works = time.monotonic() + taken.wait, not taken.after_halt
        return taken

    def _may_send_what_can_wait(self, session: Session) -> bool:
        """Asked before every claim, so that a backlog never drifts into the night."""
        now = self._clock()
        # Whoever tries the demo at night is awake.
        night = not self._installation.settings.demo
        if night and is_quiet(now, self._installation.office.county.quiet_hours):
            return False
        return not self._installation.purse.is_spent(session, now)

    def _send_all(self, due: Sequence[Due]) -> bool:
        """Send one claim. False where the shift is over or everything has to rest; the rest of it is given back."""
        left, goes_on = sending.requests_of(due), True
        try:
            while left and goes_on:
                goes_on = time.monotonic() < self._ends and self._send(left.pop(0))
            return goes_on
        finally:  # also when a signal or a job's time limit breaks in
            if left:
                with Session(self._installation.engine) as session, session.begin():
                    sending.give_back(session, [due for request in left for due in request])

    def _send(self, request: Sequence[Due]) -> bool:
        """Send one request and see that it is recorded. False where everything has to rest."""
        self._wait_for(len(request))
        begun = self._begin(request)
        if not begun:
            return True
        self._sent += len(begun)
        try:
            receipts = self._line.send(
                begun[0].text, [due.number for due in begun], self._installation.settings.sender_id
            )
        except SmsFailure as failure:
            return self._record_failure(begun, failure)
        return self._record([(due, receipts[due.number]) for due in begun])

    def _wait_for(self, count: int) -> None:
        """Until the pace lets `count` numbers leave."""
        pause = self._leave_at - time.monotonic()
        if pause > 0:
            self._write_down()
            time.sleep(pause)
        self._leave_at = max(self._leave_at, time.monotonic()) + count / self._pace.per_second

    def _begin(self, request: Sequence[Due]) -> Sequence[Due]:
        if self._accepted and len(request) == 1:
            return request if self._hand_over(self._accepted, request[0]) else ()
        self._write_down()
        with Session(self._installation.engine) as session, session.begin():
            return sending.begin(session, *request)

    def _write_down(self) -> None:
        """Record what was accepted last, where nothing follows it at once."""
        if self._accepted:
            self._hand_over(self._accepted, None)

    def _hand_over(self, accepted: Accepted, following: Due | None) -> bool:
        """What was accepted stays ours to write down until that is done, whatever breaks in, or cannot be done."""
        try:
            begun = _insist([accepted.due], lambda: self._handover.hand_over(accepted, following))
        except AWAY:
            self._accepted = None
            raise
        self._accepted = None
        return begun

    def _record(self, receipts: Sequence[tuple[Due, Receipt]]) -> bool:
        for _, receipt in receipts:
            SMS_SENT.labels(receipt.outcome.value).inc()
        due, receipt = receipts[0]
        usual = self._works and len(receipts) == 1 and not due.again
        if usual and receipt.outcome is Outcome.ACCEPTED and receipt.provider_id:
            self._accepted = Accepted(due, receipt, receipt.provider_id)
            return True
        answers = [(due.id, receipt) for due, receipt in receipts]
        rests = self._write([due for due, _ in receipts], lambda session: recording.record_request(session, answers))
        self._works = any(receipt.outcome is Outcome.ACCEPTED for _, receipt in receipts) and not rests
        return not rests

    def _record_failure(self, begun: Sequence[Due], failure: SmsFailure) -> bool:
        for due in begun:
            log_event("sms_failed", message=due.id, code=failure.code)
            SMS_SENT.labels(type(failure).__name__).inc()
        ids = [due.id for due in begun]
        self._works = False
        return not self._write(begun, lambda session: recording.record_failure(session, ids, failure))

    def _write(self, begun: Sequence[Due], record: Callable[[Session], bool]) -> bool:
        """True where everything rests now."""

        def write() -> bool:
            with Session(self._installation.engine) as session, session.begin():
                return record(session)

        return _insist(begun, write)


def _insist(begun: Sequence[Due], write: Callable[[], T]) -> T:
    """Write down what became of these, several times if need be: written twice is written once.

    Where the database stays away, the rows become unclear when their lease runs out.
    """
    for tries in range(1, RECORD_TRIES + 1):
        try:
            return write()
        except AWAY as error:
            if tries == RECORD_TRIES:
                for due in begun:
                    log_event("sms_not_recorded", message=due.id)
                raise
            log_failure("sms_not_recorded_yet", error, message=begun[0].id)
            time.sleep(RECORD_PAUSE)
    raise AssertionError  # the last try returns or raises
