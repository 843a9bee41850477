"""What the county page says of SMS that do not leave, and that it says so from the rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.cases import actions
from gateway.people.models import Officer, Role
from gateway.triage import leaving
from gateway.triage.leaving import Leaving
from tests.cases.stage import Stage
from tests.triage.conftest import Browser

AGO = "now() - interval '{}'"
DAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
"""Noon, and 23:30, in Nairobi."""


@pytest.fixture
def county(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.COUNTY)


@pytest.fixture
def rose(settings: Settings, stage: Stage, db: Engine) -> Officer:
    return stage.officer()


def told(county: Browser) -> str:
    """What stands in the part about SMS, without its tags."""
    part = re.search(r'<h2 id="sms-title">SMS</h2>(.*?)<dl class="figures">', county.read("/triage/"), re.DOTALL)
    assert part
    return " ".join(re.sub(r"<[^>]+>", " ", part[1]).split())


def read(stage: Stage, now: datetime) -> Leaving:
    with stage.transaction() as session:
        return leaving.read(session, stage.office, now)


def tried(stage: Stage, ago: str, row: str) -> None:
    """All SMS were due so long ago, and this became of them; what was put off is due in an hour."""
    due = "now() + interval '1 hour'" if "queued" in row and "code" in row else AGO.format(ago)
    stage.set(f"UPDATE message SET wanted = true, created_at = {AGO.format(ago)}, due_at = {due}, {row}")


@pytest.mark.parametrize(("ago", "normally"), [("1 minute", True), ("3 minutes", False)])
def test_what_somebody_waits_for_is_late_after_two_minutes_whatever_the_reason(
    county: Browser, stage: Stage, ago: str, normally: bool
) -> None:
    stage.file()
    tried(stage, ago, "status = 'queued'")
    said = told(county)
    assert ("SMS leave normally." in said) is normally
    if not normally:
        assert "SMS do not leave as they should" in said
        assert "is the worker running? Tell ICT." in said
        assert re.search(r"1 SMS waits to be sent, due since \w{3} \d+ \w{3}, \d\d:\d\d\.", said)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("status = 'queued', code = '500'", "Africa's Talking had a fault; sent again later."),
        ("status = 'queued', code = 'http-429'", "Africa's Talking asked us to slow down; sent again later."),
        ("status = 'queued', code = 'connect'", "Africa's Talking could not be reached; sent again later."),
        ("status = 'unknown', code = 'deadline', sent_at = now()", "No answer in time; waiting for a report"),
        ("status = 'unknown', code = 'unreadable', sent_at = now()", "gave an answer that we cannot read"),
        ("status = 'failed', code = 'http-400', sent_at = now()", "Africa's Talking refused the request. Tell ICT."),
    ],
)
def test_what_the_last_tries_met_is_told_at_once(county: Browser, stage: Stage, row: str, sentence: str) -> None:
    stage.file()
    tried(stage, "20 seconds", row)
    said = told(county).replace("&#39;", "'")
    assert "SMS do not leave as they should" in said
    assert sentence in said
    stage.file()
    stage.set("UPDATE message SET status = 'sent', code = '101', sent_at = now() WHERE id = 2")
    assert told(county) == "SMS leave normally."


@pytest.mark.parametrize("code", ["403", "404", "406", "409"])
def test_what_is_wrong_with_one_number_is_no_trouble_of_all(county: Browser, stage: Stage, code: str) -> None:
    stage.file()
    tried(stage, "20 seconds", f"status = 'failed', code = '{code}', sent_at = now()")
    assert told(county) == "SMS leave normally."


def test_confidential_cases_are_not_asked_why(county: Browser, stage: Stage) -> None:
    stage.file(category="CORRUPT")
    tried(stage, "20 seconds", "status = 'queued', code = '500'")
    assert "fault" not in told(county)


def test_trying_again_says_so_until_the_next_try_is_told(county: Browser, stage: Stage) -> None:
    stage.file()
    tried(stage, "1 hour", "status = 'queued'")
    stage.set("UPDATE message SET code = '405'")
    stage.set("INSERT INTO outbox_halt (id, code, until) VALUES (1, '405', now() + interval '5 minutes')")
    assert "No SMS leaves at present" in told(county)
    assert "1 SMS waits to be sent, due since" in told(county)
    county.post("/triage/outbox/again")
    assert "Trying again" in told(county)
    assert "normally" not in told(county)
    stage.set("UPDATE message SET status = 'sent', code = '101', sent_at = now()")
    assert told(county) == "SMS leave normally."


def test_what_can_wait_for_the_morning_or_for_money_is_no_trouble(stage: Stage, rose: Officer) -> None:
    reference = stage.file(quiet=True)
    stage.do(actions.write, reference, rose, "Tunakuja kesho.")
    stage.set(f"UPDATE message SET created_at = {AGO.format('1 hour')}, due_at = {AGO.format('1 hour')}")
    assert read(stage, DAY).can_wait == 0
    night = read(stage, NIGHT)
    assert (night.normally, night.can_wait, night.until) == (True, 1, "It leaves at 7:00.")
    with stage.transaction() as session:
        assert leaving.delay(session, stage.office, NIGHT, demo=True) == ""
    stage.set("INSERT INTO spending_limit (amount, officer_id) VALUES (0, :who)", who=rose.id)
    spent = read(stage, DAY)
    assert (spent.normally, spent.can_wait) == (True, 1)
    assert spent.until == "It waits for the month’s money: this month’s is spent."


def test_what_no_key_opens_is_counted_as_held_back(county: Browser, stage: Stage) -> None:
    stage.file()
    tried(stage, "1 hour", "status = 'held', code = 'key missing'")
    assert "1 SMS held back: encrypted with a key that is not in the settings. Tell ICT." in told(county)


def test_who_deals_with_texts_set_aside_is_named(county: Browser, stage: Stage) -> None:
    assert "nobody has that role yet" in county.read("/triage/")
    hotline = stage.officer(Role.HOTLINE)
    assert f"<i>Texts</i>: {hotline.name}." in county.read("/triage/")
