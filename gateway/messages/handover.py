"""From one SMS to the next in one commit: what became of the last one, and that this one is being sent.

The commit between two sends is what makes a killed worker double one SMS at most; it is also most of what a send costs.
So it is one statement in plain SQL, for the usual case: one number, sent for the first time, and accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gateway.messages import outbox
from gateway.messages.receipts import Receipt
from gateway.messages.recording import cost_of
from gateway.messages.sending import ADDRESSED, LEASE, TOO_OPEN, Due

# The guards are those of `sending.begin` and `recording.record`. A report may have come before this is recorded: the
# one that stands there already is seen; one whose callback is at work holds the lock; and one that came between our
# first look and the lock is seen by the next statement, which looks for the id before as well.
_HAND_OVER = f"""
WITH recorded AS (
    UPDATE message SET status = 'sent', code = %(code)s, provider_id = %(provider_id)s, parts = %(parts)s,
        price = %(price)s, currency = %(currency)s, total = %(total)s, total_currency = %(total_currency)s,
        sent_at = now(), lease_until = NULL
    WHERE id = %(sent)s AND status IN ('claimed', 'unknown')
), begun AS (
    UPDATE message SET sent_at = now(), lease_until = now() + interval '{LEASE.seconds} seconds', provider_id = NULL
    WHERE id = %(next)s AND status = 'claimed' AND lease_until = %(lease_until)s AND lease_until > now()
        AND {ADDRESSED} AND NOT {TOO_OPEN}
    RETURNING id
)
SELECT EXISTS (SELECT FROM begun),
    EXISTS (SELECT FROM delivery_report WHERE provider_id = %(provider_id)s)
        OR NOT pg_try_advisory_xact_lock(hashtextextended(%(provider_id)s, 0)),
    EXISTS (SELECT FROM delivery_report WHERE provider_id = %(before)s)
"""  # noqa: S608  (a constant of ours)


@dataclass(frozen=True)
class Accepted:
    """A message that the provider took, under the name `provider_id`, and that nobody has written down yet."""

    due: Due
    receipt: Receipt
    provider_id: str


class Handover:
    """Hands over from send to send, for one worker; `statements` makes each statement a transaction of its own."""

    def __init__(self, engine: Engine, statements: Engine) -> None:
        self._engine, self._statements = engine, statements
        self._before: str | None = None

    def hand_over(self, sent: Accepted, following: Due | None) -> bool:
        """Record `sent` and begin `following`, both or neither. Whether `following` is ours to send."""
        values = {
            "code": sent.receipt.code, "provider_id": sent.provider_id, "sent": sent.due.id, "before": self._before,
            "next": following and following.id, "lease_until": following and following.lease_until,
        } | cost_of(sent.receipt, paid=True)  # fmt: skip
        begun, reported, reported_before = self._execute(values)
        if reported_before:
            self._apply(self._before)
        if reported:
            self._apply(sent.provider_id)
        self._before = None if reported else sent.provider_id
        return bool(begun)

    def rest(self) -> None:
        """Nothing follows for the moment: look for reports on the last one."""
        self._apply(self._before)
        self._before = None

    def _execute(self, values: dict[str, Any]) -> tuple[bool, bool, bool]:
        # The driver itself: this is done for each SMS, and half of what it costs us would be on the way to the driver.
        connection = self._statements.raw_connection()
        try:
            found: tuple[bool, bool, bool] = connection.driver_connection.execute(_HAND_OVER, values).fetchone()  # type: ignore[union-attr]
        except BaseException:
            connection.invalidate()
            raise
        connection.close()
        return found

    def _apply(self, provider_id: str | None) -> None:
        if provider_id:
            with Session(self._engine) as session, session.begin():
                outbox.apply_reports(session, provider_id)
