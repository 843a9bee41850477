"""Doubts about what was sent, and the delivery reports that settle them: one SMS in the end, and never a guess."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages.africastalking import Outcome, Sender
from gateway.messages.failures import SmsUnknown
from gateway.messages.models import DeliveryReport
from gateway.phone.provider import Provider
from tests.cases.stage import AMINA, WANJIKU, Stage
from tests.conftest import TOKEN
from tests.messages.sms import begin, begun, claim, one, receipt, record, state, sweep
from workers.deliver import drain


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


def report(client: FlaskClient, provider_id: str, phone: str = WANJIKU, status: str = "Success") -> None:
    """Let a delivery report come as Africa's Talking sends it."""
    form = {"id": provider_id, "status": status, "phoneNumber": phone, "networkCode": "63902"}
    assert client.post(f"/callbacks/{TOKEN}/delivery", data=form).status_code == 200


def doubtful(stage: Stage) -> None:
    """One more message of Wanjiku's of which nobody knows whether it was sent."""
    record(stage, begun(stage), SmsUnknown("dropped"))


def let_wait(stage: Stage) -> None:
    """Let the five minutes pass that a doubt waits for its report."""
    stage.set("UPDATE message SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL")


def settled(stage: Stage) -> list[tuple[str, str | None]]:
    return [(message.status.value, message.provider_id) for message in stage.messages()]


def phones_kept(stage: Stage) -> list[int | None]:
    with stage.transaction() as session:
        return [row.resident_id for row in session.query(DeliveryReport).order_by(DeliveryReport.id)]


@pytest.mark.parametrize(
    ("status", "after"),
    [("Success", "delivered"), ("Failed", "failed"), ("Submitted", "sent"), ("AbsentSubscriber", "sent")],
)
def test_after_a_lost_answer_a_report_settles_the_doubt_and_one_sms_is_sent(
    stage: Stage, client: FlaskClient, provider: Provider, sender: Sender, status: str, after: str
) -> None:
    stage.file()
    provider.mode = "drop"
    drain(stage.installation, sender)
    assert settled(stage) == [("unknown", None)]
    [taken] = provider.messages
    report(client, taken["id"], taken["to"].removeprefix("+"), status)
    assert settled(stage) == [(after, taken["id"])]
    let_wait(stage)
    sweep(stage)
    drain(stage.installation, sender)
    assert (settled(stage), len(provider.messages)) == ([(after, taken["id"])], 1)


def test_a_report_that_comes_before_the_doubt_is_recorded_settles_it(stage: Stage, client: FlaskClient) -> None:
    due = begun(stage)
    report(client, "ATXid_7")
    assert settled(stage) == [("claimed", None)]
    record(stage, due, SmsUnknown("deadline"))
    assert settled(stage) == [("delivered", "ATXid_7")]


def test_a_report_that_comes_while_the_doubt_is_recorded_is_not_lost(stage: Stage, client: FlaskClient) -> None:
    for number in range(8):
        due = begun(stage)
        with ThreadPoolExecutor(2) as pool:
            recorded = pool.submit(record, stage, due, SmsUnknown("deadline"))
            reported = pool.submit(report, client, f"ATXid_{number}")
            recorded.result(10)
            reported.result(10)
    assert settled(stage) == [("delivered", f"ATXid_{number}") for number in range(8)]


def test_a_report_settles_what_a_worker_that_stopped_had_begun(stage: Stage, client: FlaskClient) -> None:
    begun(stage)
    report(client, "ATXid_7")
    for _ in range(2):
        let_wait(stage)
        sweep(stage)
    assert settled(stage) == [("delivered", "ATXid_7")]


@pytest.mark.parametrize("code", ["401", "502"])
@pytest.mark.parametrize("early", [True, False])
def test_the_id_on_a_doubtful_receipt_is_kept_and_its_report_settles_it_without_a_phone(
    stage: Stage, client: FlaskClient, code: str, early: bool
) -> None:
    due = begun(stage)
    if early:
        report(client, "ATXid_1", "")
    record(stage, due, receipt(Outcome.UNKNOWN, code))
    assert one(stage).provider_id == "ATXid_1"
    if not early:
        assert state(stage)[0] == "unknown"
        report(client, "ATXid_1", "")
    assert settled(stage) == [("delivered", "ATXid_1")]


def test_between_two_doubts_nobody_guesses(stage: Stage, client: FlaskClient) -> None:
    doubtful(stage)
    doubtful(stage)
    report(client, "ATXid_7")
    assert settled(stage) == [("unknown", None)] * 2


def test_a_doubt_beside_a_send_whose_answer_is_still_out_waits_for_that_answer(
    stage: Stage, client: FlaskClient
) -> None:
    doubtful(stage)
    due = begun(stage)
    report(client, "ATXid_7")
    assert settled(stage) == [("unknown", None), ("claimed", None)]
    record(stage, due, receipt(Outcome.ACCEPTED, provider_id="ATXid_8"))
    let_wait(stage)
    sweep(stage)
    assert settled(stage) == [("delivered", "ATXid_7"), ("sent", "ATXid_8")]


def test_between_two_unknown_reports_nobody_guesses(stage: Stage, client: FlaskClient) -> None:
    due = begun(stage)
    report(client, "ATXid_7")
    report(client, "ATXid_8")
    record(stage, due, SmsUnknown("deadline"))
    assert settled(stage) == [("unknown", None)]


@pytest.mark.parametrize("phone", [AMINA, "", "SAFARICOM", "+254799999999"])
def test_a_report_on_another_phone_or_on_none_settles_nothing(stage: Stage, client: FlaskClient, phone: str) -> None:
    stage.file(phone=AMINA, quiet=True)
    doubtful(stage)
    report(client, "ATXid_7", phone)
    assert settled(stage) == [("unknown", None)]


def test_a_report_after_more_than_ten_minutes_settles_nothing(stage: Stage, client: FlaskClient) -> None:
    doubtful(stage)
    stage.set("UPDATE message SET sent_at = now() - interval '11 minutes'")
    report(client, "ATXid_7")
    assert settled(stage) == [("unknown", None)]


def test_a_report_from_before_the_send_settles_nothing(stage: Stage, client: FlaskClient) -> None:
    stage.file()
    report(client, "ATXid_7")
    [due] = claim(stage)
    begin(stage, due)
    record(stage, due, SmsUnknown("deadline"))
    assert settled(stage) == [("unknown", None)]


def test_whose_phone_a_report_was_about_is_forgotten_once_it_can_settle_nothing(
    stage: Stage, client: FlaskClient
) -> None:
    doubtful(stage)
    for provider_id in ("ATXid_1", "ATXid_2", "ATXid_3"):
        report(client, provider_id)
    stage.set("UPDATE delivery_report SET received_at = now() - interval '11 minutes' WHERE provider_id = 'ATXid_2'")
    resident = stage.resident()
    assert resident is not None
    sweep(stage)
    assert phones_kept(stage) == [None, None, resident.id]
