"""The sweeper: one round does all that time alone does, each task for itself, and forgets what must be forgotten."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from config.settings import PROJECT, Settings
from gateway.cases import actions, inbound
from gateway.cases.models import Channel, Ending, Intake
from gateway.db import make_engine
from gateway.dialogue.models import UssdSession
from gateway.messages.africastalking import Sender
from gateway.phone.provider import Provider
from tests.cases.stage import WANJIKU, Stage
from tests.faults.processes import environment
from workers.sweep import sweep

KEY = "key-of-a-fake-0123456789"


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=5))


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


def by_day(now: datetime) -> datetime:
    """Noon in Nairobi: at night a round has more tasks."""
    return now.replace(hour=9)


def sweep_once(stage: Stage, provider: Provider) -> None:
    sweep(stage.installation, Sender("sandbox", KEY, provider.url), stage.now)


def test_without_a_bell_texts_are_handled_and_sms_leave(stage: Stage, provider: Provider) -> None:
    stage.file()
    with stage.transaction() as session:
        inbound.store(session, stage.office, "sms-1", WANJIKU, "Hakuna maji Shirere", odd=None)
    sweep_once(stage, provider)
    assert [status for _, status in stage.letters()] == ["sent", "sent"]
    assert len(provider.messages) == 2


def test_what_a_dead_worker_left_is_sent_by_the_sweeper(stage: Stage, provider: Provider) -> None:
    stage.file()
    stage.set(
        "UPDATE message SET status = 'claimed', attempts = 1, lease_until = now() - interval '1 second', sent_at = NULL"
    )
    sweep_once(stage, provider)
    assert (stage.letters(), len(provider.messages)) == ([("received", "sent")], 1)


def test_unanswered_questions_endings_and_plans_take_their_course(stage: Stage, provider: Provider) -> None:
    officer = stage.officer()
    asked, ended, planned, waits = (stage.file(quiet=True) for _ in range(4))
    stage.do(actions.end, asked, officer, Ending.FIXED, "Imetengenezwa.")
    stage.do(actions.end, ended, officer, Ending.NOT_OURS, "Ni ya KeNHA.")
    soon = (stage.now + timedelta(days=11)).date()  # Less than a step before the sweep, on whatever weekday.
    stage.do(actions.end, planned, officer, Ending.PLANNED, "Bajeti ipo.", planned_for=soon)
    stage.do(actions.write, waits, officer, "Wapi?", wait=True)
    stage.later(days=15)
    sweep_once(stage, provider)
    states = [(stage.case(one).status.value, stage.history(one)[-1]) for one in (asked, ended, planned, waits)]
    assert states == [("closed", "unconfirmed"), ("closed", "closed"), ("new", "plan_due"), ("taken", "resumed")]


def test_a_question_whose_turn_comes_leaves_as_an_sms(stage: Stage, provider: Provider) -> None:
    officer = stage.officer()
    for _ in range(2):
        stage.do(actions.end, stage.file(quiet=True), officer, Ending.FIXED, "Imetengenezwa.")
    stage.set("UPDATE question SET status = 'expired' WHERE status = 'open'")
    sweep_once(stage, provider)
    stage.set("UPDATE message SET due_at = now() WHERE status = 'queued'")
    sweep_once(stage, provider)
    assert stage.letters() == [("fixed", "sent"), ("fixed", "sent")]
    assert len(provider.messages) == 2


def test_a_task_that_fails_keeps_no_other_from_its_turn(stage: Stage, provider: Provider, logged: io.StringIO) -> None:
    reference = stage.file(anonymous=True)
    stage.do(actions.end, reference, stage.officer(), Ending.NOT_OURS, "Ni ya KeNHA.")
    stage.file()
    stage.later(days=15)
    stage.now = by_day(stage.now)
    stage.set("ALTER TABLE question RENAME TO mislaid")
    try:
        sweep_once(stage, provider)
    finally:
        stage.set("ALTER TABLE mislaid RENAME TO question")
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    failed = {line["task"] for line in lines if line["event"] == "sweep_failed"}
    assert failed == {"questions", "turns", "endings", "deleted"}
    assert len(provider.messages) == 1


def test_with_the_database_away_a_round_ends_and_the_next_one_works(
    stage: Stage, provider: Provider, logged: io.StringIO
) -> None:
    stage.file()
    away = make_engine("postgresql+psycopg://postgres@/none?host=/nowhere")
    sweep(replace(stage.installation, engine=away), Sender("sandbox", KEY, provider.url), by_day(stage.now))
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["task"] for line in lines if line["event"] == "sweep_failed"] == [
        "claims", "called_out", "drain", "prompts", "draft_questions", "drafts", "questions", "turns",
        "endings", "waits", "plans", "leaves", "covers", "overdue", "reports", "retention", "notice", "deleted",
        "erased", "editions", "switched_off", "readers", "sign_ins", "inbox",
    ]  # fmt: skip
    assert provider.requests == 0
    sweep_once(stage, provider)
    assert stage.letters() == [("received", "sent")]


# Forgetting


def session_row(stage: Stage, name: str, age: str) -> None:
    stage.set(
        "INSERT INTO ussd_session (id, phone_hash, profile, menu_hash, cuts, answers, started_at)"
        " VALUES (:name, 'x', '{}', 'm', '{}', '{}', now() - CAST(:age AS interval))",
        name=name,
        age=age,
    )


def test_ussd_sessions_are_forgotten_after_an_hour(stage: Stage, provider: Provider) -> None:
    session_row(stage, "old", "61 minutes")
    session_row(stage, "young", "59 minutes")
    sweep_once(stage, provider)
    with stage.transaction() as session:
        assert session.scalars(select(UssdSession.id)).all() == ["young"]


def test_an_hour_later_no_answer_and_no_session_is_kept_with_an_intake(stage: Stage, provider: Provider) -> None:
    anonymous = stage.filed(channel=Channel.USSD, source_id="ATUid_1:9", anonymous=True)
    stage.filed(channel=Channel.USSD, source_id="ATUid_2:9", anonymous=True)
    stage.filed(channel=Channel.SMS, source_id="sms-1")
    stage.set("UPDATE intake SET received_at = now() - interval '61 minutes' WHERE id <> 2")
    stage.set("UPDATE intake SET received_at = now() - interval '59 minutes' WHERE id = 2")
    sweep_once(stage, provider)
    sweep_once(stage, provider)
    with stage.transaction() as session:
        rows = session.execute(select(Intake.source_id, Intake.answer).order_by(Intake.id)).all()
    assert [source for source, _ in rows] == ["over:1", "ATUid_2:9", "sms-1"]
    assert rows[0][1] == {}
    assert rows[1][1]["slots"]["secret"]
    assert rows[2][1]["values"]["reference"]
    assert stage.case(anonymous.reference).intake_id == 1


def test_a_day_later_a_secret_that_was_read_aloud_is_not_kept_either(stage: Stage, provider: Provider) -> None:
    call = {"channel": Channel.HOTLINE, "anonymous": True, "phone": None}
    first = stage.filed(source_id="7:nonce-old", **call)
    assert first.answer["slots"]["secret"]
    stage.filed(source_id="7:nonce-new", **call)
    stage.set("UPDATE intake SET received_at = now() - interval '25 hours' WHERE id = 1")
    stage.set("UPDATE intake SET received_at = now() - interval '23 hours' WHERE id = 2")
    sweep_once(stage, provider)
    with stage.transaction() as session:
        old, new = session.execute(select(Intake.source_id, Intake.answer).order_by(Intake.id)).all()
    assert (old.source_id, old.answer) == ("7:nonce-old", {})
    assert new.answer["slots"]["secret"]

    again = stage.filed(source_id="7:nonce-old", **call)
    assert (again.new, again.reference) == (False, first.reference)
    assert again.answer["slots"] == {"reference": first.answer["slots"]["reference"]}


# Starting


@pytest.mark.parametrize("module", ["workers.sweep", "workers.rq_worker"])
def test_what_is_wrong_with_the_settings_or_the_county_is_said_plainly(
    module: str, settings: Settings, tmp_path: Path
) -> None:
    right = environment(settings, "http://127.0.0.1:9")
    for wrong, told in (
        ({"PORT": "eighty", "SHORT_CODE": "x"}, ["Sikiza cannot start with these settings:", "  - PORT", "  - SHORT"]),
        ({"COUNTY": str(tmp_path)}, [tmp_path.name]),
    ):
        done = subprocess.run(
            [sys.executable, "-m", module], cwd=PROJECT, env=right | wrong, capture_output=True, text=True, timeout=60
        )
        lines = done.stderr.splitlines()
        assert (done.returncode, done.stdout) == (1, "")
        assert [start for start, line in zip(told, lines, strict=False) if not line.startswith(start)] == []
        assert "Traceback" not in done.stderr
        assert not done.stderr.startswith("{")
