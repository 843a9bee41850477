"""One shift of a worker: claims what is due, sends it at the pace, and records what became of it, until it is over."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.installation import Installation
from gateway.messages import pace, recording, sending, spending
from gateway.messages.africastalking import Line, Outcome, Receipt
from gateway.messages.failures import SmsFailure, SmsHalted
from gateway.messages.handover import Accepted, Handover
from gateway.messages.pace import Pace
from gateway.messages.quiet import is_quiet
from gateway.messages.recording import TOO_FAST
from gateway.messages.sending import Due, Taken
from gateway.metrics import SMS_SENT

SPENDING_SECONDS = 10.0
"""How long what is spent is taken to be what it was: adding it up costs more than a claim."""
LOOK_SECONDS = 1.0
"""How long, at most, a stored text waits to be looked at while a backlog leaves."""


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
        self._spent, self._spent_at, self._looked_at = False, -math.inf, -math.inf
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
        if time.monotonic() - self._spent_at > SPENDING_SECONDS:
            self._spent, self._spent_at = spending.is_spent(session, now), time.monotonic()
        return not self._spent

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
            accepted, self._accepted = self._accepted, None
            return request if self._handover.hand_over(accepted, request[0]) else ()
        self._write_down()
        with Session(self._installation.engine) as session, session.begin():
            return sending.begin(session, *request)

    def _write_down(self) -> None:
        """Record what was accepted last, where nothing follows it at once."""
        if self._accepted:
            accepted, self._accepted = self._accepted, None
            self._handover.hand_over(accepted, None)

    def _record(self, receipts: Sequence[tuple[Due, Receipt]]) -> bool:
        for _, receipt in receipts:
            SMS_SENT.labels(receipt.outcome.value).inc()
        due, receipt = receipts[0]
        if self._works and len(receipts) == 1 and receipt.outcome is Outcome.ACCEPTED and receipt.provider_id:
            self._accepted = Accepted(due, receipt, receipt.provider_id)
            return True
        halted = any(receipt.outcome is Outcome.HALTED for _, receipt in receipts)
        with Session(self._installation.engine) as session, session.begin():
            recording.record_request(session, [(due.id, receipt) for due, receipt in receipts])
            if not halted:
                recording.clear_halt(session)
        self._works = not halted
        return not halted

    def _record_failure(self, begun: Sequence[Due], failure: SmsFailure) -> bool:
        for due in begun:
            log_event("sms_failed", message=due.id, code=failure.code)
            SMS_SENT.labels(type(failure).__name__).inc()
        with Session(self._installation.engine) as session, session.begin():
            recording.record_failure(session, [due.id for due in begun], failure)
        return not isinstance(failure, SmsHalted) and failure.code != TOO_FAST
