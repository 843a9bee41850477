"""A ward whose administrator is on leave, silent or missing is the sub-county's, until somebody is back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.cases import coverage
from gateway.cases.models import WardCover, WardState
from gateway.people.models import Officer, Role
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.faults.processes import PATIENCE, until


@pytest.fixture
def rose(stage: Stage) -> Officer:
    """The administrator of Shirere, who was here just now; every other ward has nobody."""
    rose = stage.officer(Role.WARD)
    begin(stage, rose, days=30)
    seen(stage, rose, stage.now)
    return rose


def begin(stage: Stage, officer: Officer, days: float) -> None:
    """Let her have held her post for so long."""
    since = stage.now - timedelta(days=days)
    stage.set("UPDATE post SET starts_at = :since WHERE officer_id = :id", since=since, id=officer.id)


def seen(stage: Stage, officer: Officer, at: datetime | None) -> None:
    stage.set("UPDATE officer SET seen_at = :at WHERE id = :id", at=at, id=officer.id)


def away(stage: Stage, officer: Officer, days: int) -> None:
    """On leave from today, for so many days in all."""
    first = stage.now.date()
    stage.set(
        "INSERT INTO absence (officer_id, first_day, last_day, made_by) VALUES (:id, :first, :last, :id)",
        id=officer.id, first=first, last=first + timedelta(days=days - 1),
    )  # fmt: skip


def settle(stage: Stage) -> int:
    with stage.transaction() as session:
        return coverage.settle_covers(session, stage.office, stage.now)


def cover(stage: Stage, ward: int = SHIRERE) -> tuple[str, str] | None:
    """State and reason; None: live."""
    with stage.transaction() as session:
        found = session.get(WardCover, ward)
        return (found.state.value, found.why) if found else None


def told(stage: Stage, ward: int = SHIRERE) -> list[tuple[str, Any]]:
    """What the audit says of this ward."""
    query = text("SELECT name, data ->> 'why' AS why FROM audit WHERE data ->> 'ward' = :ward ORDER BY id")
    with stage.engine.connect() as connection:
        return [(row.name, row.why) for row in connection.execute(query, {"ward": str(ward)})]


def test_a_ward_with_its_administrator_is_live_and_one_without_is_covered(stage: Stage, rose: Officer) -> None:
    assert settle(stage) == len(stage.office.county.wards) - 1
    assert (cover(stage), cover(stage, SHEYWE)) == (None, ("covered", "vacant"))
    assert settle(stage) == 0
    assert (told(stage), told(stage, SHEYWE)) == ([], [("ward_covered", "vacant")])
    assert rose.active


def test_leave_covers_the_ward_and_its_end_makes_it_live(stage: Stage, rose: Officer) -> None:
    away(stage, rose, days=2)
    settle(stage)
    assert cover(stage) == ("covered", "leave")
    stage.later(days=2)
    settle(stage)
    assert cover(stage) is None
    assert told(stage) == [("ward_covered", "leave"), ("ward_live", None)]


def test_a_deputy_keeps_the_ward_live(stage: Stage, rose: Officer) -> None:
    away(stage, rose, days=5)
    deputy = stage.officer(Role.WARD)
    seen(stage, deputy, stage.now)
    settle(stage)
    assert cover(stage) is None


def test_who_has_left_leaves_the_ward_vacant(stage: Stage, rose: Officer) -> None:
    stage.set("UPDATE officer SET active = false WHERE id = :id", id=rose.id)
    settle(stage)
    assert cover(stage) == ("covered", "vacant")


def test_three_working_days_of_silence_while_something_waits_cover_the_ward(stage: Stage, rose: Officer) -> None:
    stage.file()
    stage.later(days=2, hours=23)  # Thursday at eight; three working days end that day at five
    settle(stage)
    assert cover(stage) is None
    stage.later(hours=10)
    settle(stage)
    assert cover(stage) == ("covered", "silent")

    seen(stage, rose, stage.later(minutes=5))
    settle(stage)
    assert cover(stage) is None
    assert told(stage) == [("ward_covered", "silent"), ("ward_live", None)]


def test_silence_where_nothing_waits_is_none(stage: Stage, rose: Officer) -> None:
    confidential = stage.file(category="CORRUPT")
    practice = stage.file(phone="+254711000009")
    stage.set("UPDATE cases SET practice = true WHERE reference = :one", one=practice)
    idea = stage.file(category="IDEA", problem="WATER", phone="+254711000008")
    stage.later(days=20)
    settle(stage)
    assert cover(stage) is None
    assert {confidential, practice, idea}


def test_what_came_yesterday_does_not_make_her_silent_today(stage: Stage, rose: Officer) -> None:
    stage.later(days=20)
    stage.file()
    stage.later(days=1)
    settle(stage)
    assert cover(stage) is None


def test_who_is_new_or_just_back_from_leave_has_her_three_days(stage: Stage, rose: Officer) -> None:
    stage.file()
    away(stage, rose, days=10)
    stage.later(days=11)
    settle(stage)
    assert cover(stage) is None
    stage.later(days=5)
    settle(stage)
    assert cover(stage) == ("covered", "silent")


def test_the_ward_stays_covered_when_the_sub_county_has_done_the_work(stage: Stage, rose: Officer) -> None:
    stage.file()
    stage.later(days=7)
    settle(stage)
    stage.set("UPDATE cases SET status = 'taken', desk = 'sub_county'")
    assert settle(stage) == 0
    assert cover(stage) == ("covered", "silent")


def test_silence_becomes_leave_when_that_is_set(stage: Stage, rose: Officer) -> None:
    stage.file()
    stage.later(days=7)
    settle(stage)
    away(stage, rose, days=3)
    settle(stage)
    assert cover(stage) == ("covered", "leave")
    assert told(stage) == [("ward_covered", "silent"), ("ward_covered", "leave")]


def test_a_ward_at_the_county_desk_is_left_alone(stage: Stage) -> None:
    stage.set("INSERT INTO ward_cover (ward_code, state, why) VALUES (:ward, 'desk', 'set')", ward=SHIRERE)
    settle(stage)
    assert cover(stage) == (WardState.DESK.value, "set")
    assert told(stage) == []


def test_two_sweepers_tell_of_a_change_once(stage: Stage, rose: Officer) -> None:
    with Session(stage.engine) as first, ThreadPoolExecutor(1) as beside:
        assert coverage.settle_covers(first, stage.office, stage.now) > 0
        second = beside.submit(settle, stage)
        # It has read that nothing is covered, and waits for what the first one has written.
        until(lambda: waiting(stage) == 1)
        first.commit()
        assert second.result(PATIENCE) == 0
    assert told(stage, SHEYWE) == [("ward_covered", "vacant")]


def waiting(stage: Stage) -> int:
    """Connections to this database that wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with stage.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())
