"""Moving one outgoing SMS by hand, as a worker and the provider would: the steps that tests of its row share."""

from __future__ import annotations

from gateway.messages import leases, outbox, recording, sending
from gateway.messages.africastalking import Outcome, Receipt
from gateway.messages.failures import SmsFailure
from gateway.messages.models import Message
from gateway.messages.sending import Due
from tests.cases.stage import Stage


def receipt(outcome: Outcome, code: str = "102", provider_id: str | None = "ATXid_1") -> Receipt:
    return Receipt(outcome, code, provider_id, "KES 0.8000", 1, "USD 0.0158")


def claim(stage: Stage) -> list[Due]:
    with stage.transaction() as session:
        return sending.claim(session, stage.office.vault)


def begin(stage: Stage, due: Due) -> bool:
    with stage.transaction() as session:
        return sending.begin(session, due) == [due]


def record(stage: Stage, due: Due, what: Receipt | SmsFailure) -> None:
    with stage.transaction() as session:
        if isinstance(what, Receipt):
            recording.record(session, due.id, what)
        else:
            recording.record_failure(session, [due.id], what)


def report(stage: Stage, status: str, reason: str | None = None, provider_id: str = "ATXid_1") -> None:
    with stage.transaction() as session:
        outbox.receive_report(session, provider_id, status, reason)


def sweep(stage: Stage) -> int:
    with stage.transaction() as session:
        return leases.sweep_claims(session)


def one(stage: Stage) -> Message:
    [message] = stage.messages()
    return message


def state(stage: Stage) -> tuple[str, str | None, int]:
    message = one(stage)
    return message.status.value, message.code, message.attempts


def sent(stage: Stage) -> Due:
    """One message that the provider has taken."""
    stage.file()
    [due] = claim(stage)
    assert begin(stage, due)
    record(stage, due, receipt(Outcome.ACCEPTED))
    return due


def begun(stage: Stage) -> Due:
    """One message that a worker is sending."""
    stage.file()
    [due] = claim(stage)
    assert begin(stage, due)
    return due
