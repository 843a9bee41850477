"""The rounds of 08:00 and 14:00: to whom, when, what they tell, and that each is sent once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.cases import actions, rounds
from gateway.cases.models import Ending, WardCover, WardState
from gateway.cases.references import spoken
from gateway.messages import sending
from gateway.people.models import Audit, Role
from tests.cases.officer_line import asked, digests, last, leave, rounds_come, says, to, with_phone
from tests.cases.stage import LURAMBI, MONDAY, SHEYWE, SHIRERE, Stage

# When


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        (datetime(2026, 11, 23, 4, 59, 59, tzinfo=UTC), None),
        (datetime(2026, 11, 23, 5, 0, tzinfo=UTC), 5),
        (datetime(2026, 11, 23, 6, 59, 59, tzinfo=UTC), 5),
        (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), None),
        (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), None),
        (datetime(2026, 11, 23, 11, 0, tzinfo=UTC), 11),
        (datetime(2026, 11, 23, 13, 0, tzinfo=UTC), None),
        (datetime(2026, 11, 22, 5, 0, tzinfo=UTC), None),  # a Sunday
        (datetime(2026, 12, 25, 5, 0, tzinfo=UTC), None),  # Christmas, a Friday
    ],
)
def test_a_round_is_sent_within_two_hours_of_its_hour_on_working_days(
    stage: Stage, moment: datetime, hour: int | None
) -> None:
    expected = moment.replace(hour=hour, minute=0, second=0) if hour is not None else None
    assert rounds.due_hour(stage.office.calendar, moment) == expected


def test_after_the_last_round_of_a_week_comes_the_first_of_the_next(stage: Stage) -> None:
    friday = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
    assert rounds.next_hour(stage.office.calendar, friday - timedelta(hours=6)) == friday
    assert rounds.next_hour(stage.office.calendar, friday) == datetime(2026, 11, 30, 5, 0, tzinfo=UTC)


def test_each_officer_gets_one_sms_of_each_hour_also_from_two_sweepers(stage: Stage) -> None:
    rose = with_phone(stage)
    stage.file()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: rounds_come(stage), range(4)))
    rounds_come(stage, stage.later(minutes=50))
    assert [wording for wording, _ in to(stage, rose)] == ["officer_digest"]
    rounds_come(stage, MONDAY + timedelta(hours=5))
    assert len(to(stage, rose)) == 2
    assert len(digests(stage)) == 2


def test_whoever_has_nothing_to_do_gets_nothing_and_is_not_looked_at_again(stage: Stage) -> None:
    rose = with_phone(stage)
    assert rounds_come(stage) == 1
    stage.file()
    assert rounds_come(stage) == 0
    assert to(stage, rose) == []
    assert digests(stage) == [{"new": 0, "late": 0, "disputed": 0}]


# What


def test_it_tells_the_counts_and_the_first_case_and_asks_for_a_digit(stage: Stage) -> None:
    rose = with_phone(stage)
    first = stage.file(problem="BURST_PIPE", landmark="Soko Shirere")
    stage.later(minutes=1)
    second = stage.file(phone=stage.phone())
    rounds_come(stage)
    assert to(stage, rose) == [
        (
            "officer_digest",
            f"Sikiza Shirere 8:00: new 2, late 0, NOT FIXED 0. First: {spoken(first)} Water: burst pipe, Soko Shirere."
            " Reply 1 going 2 not mine 3 call me",
        )
    ]
    assert asked(stage) == [(first, None)]
    assert second not in last(stage, rose).replace(" ", "")


def test_in_kiswahili_the_hours_are_counted_from_six(stage: Stage) -> None:
    rose = with_phone(stage, language="sw")
    reference = stage.file(problem="NO_WATER")
    rounds_come(stage)
    assert last(stage, rose) == (
        f"Sikiza Shirere saa 2: mpya 1, zilizochelewa 0, BADO 0. Kwanza: {spoken(reference)} Hakuna maji."
        " Jibu 1 naenda 2 si yangu 3 nipigie"
    )
    rounds_come(stage, MONDAY + timedelta(hours=5))
    assert last(stage, rose).startswith("Sikiza Shirere saa 8: ")


@pytest.mark.parametrize(
    ("filed", "told"),
    [
        ({"category": "WASTE", "problem": "NOT_COLLECTED", "landmark": "Soko."}, "Taka: hazizolewi, Soko. Jibu"),
        ({"category": "WATER", "problem": "NO_WATER"}, "Hakuna maji. Jibu"),
        ({"category": "OTHER", "words": "maji hakuna", "guess": {"category": "WATER"}}, "Maji (?). Jibu"),
        (
            {"category": "OTHER", "landmark": "Soko?", "guess": {"category": "LIGHT", "problem": "OUT"}},
            "Taa: haziwaki?, Soko. Jibu",
        ),
    ],
)
def test_a_case_is_told_with_what_it_is_about_and_no_mark_before_the_full_stop(
    stage: Stage, filed: dict[str, Any], told: str
) -> None:
    rose = with_phone(stage, language="sw")
    stage.file(**filed)
    rounds_come(stage)
    assert told in last(stage, rose)


def test_what_is_disputed_comes_first_then_what_is_late_then_the_oldest(stage: Stage) -> None:
    rose = with_phone(stage)
    old = stage.file(phone=stage.phone())
    stage.later(days=20)
    fresh = stage.file(phone=stage.phone())
    disputed = stage.file()
    stage.set("UPDATE cases SET confirmation = 'disputed' WHERE reference = :it", it=disputed)
    stage.set("UPDATE cases SET desk = 'ward', status = 'new'")
    stage.now = datetime(2026, 12, 14, 5, 0, tzinfo=UTC)
    rounds_come(stage)
    assert "new 3, late 1, NOT FIXED 1" in last(stage, rose)
    for reference in (disputed, old, fresh):
        assert spoken(reference) in last(stage, rose)
        says(stage, "3")


def test_the_audit_tells_that_she_was_shown_a_case(stage: Stage) -> None:
    rose = with_phone(stage)
    reference = stage.file()
    rounds_come(stage)
    with stage.transaction() as session:
        [line] = session.scalars(select(Audit).where(Audit.name == "listed"))
    assert (line.officer_id, line.case_ids) == (rose.id, [stage.case(reference).id])
    assert (line.confidential, line.data) == (False, {"channel": "sms"})


def test_of_what_she_has_taken_and_of_feedback_only_the_number_is_told(stage: Stage) -> None:
    rose = with_phone(stage)
    taken = stage.file()
    stage.do(actions.take, taken, rose)
    stage.file(category="PRAISE", phone=stage.phone())
    stage.now = datetime(2026, 12, 14, 5, 0, tzinfo=UTC)
    rounds_come(stage)
    assert to(stage, rose) == [
        ("officer_counts", "Sikiza Shirere 8:00: new 1, late 1, NOT FIXED 0. Sign in to see them.")
    ]
    assert asked(stage) == []


def test_of_a_confidential_case_only_the_number_is_told(stage: Stage) -> None:
    ombudsman = with_phone(stage, Role.OMBUDSMAN)
    reference = stage.file(category="STAFF", words="Karani aliomba pesa")
    rounds_come(stage)
    [(wording, text)] = to(stage, ombudsman)
    assert wording == "officer_counts"
    assert text.startswith("Sikiza Kakamega 8:00: new 1, ")
    assert reference not in text.replace(" ", "")
    with stage.transaction() as session:
        assert session.scalars(select(Audit).where(Audit.name == "listed")).all() == []


def test_practice_and_what_another_case_stands_for_are_not_told(stage: Stage) -> None:
    rose = with_phone(stage)
    lead, member = stage.file(), stage.file(phone=stage.phone())
    practice = stage.file(phone=stage.phone())
    stage.set("UPDATE cases SET practice = true WHERE reference = :it", it=practice)
    stage.set("UPDATE cases SET lead_id = :lead WHERE reference = :it", lead=stage.case(lead).id, it=member)
    rounds_come(stage)
    assert ": new 1, " in last(stage, rose)
    assert spoken(lead) in last(stage, rose)


# To whom


def test_only_who_has_a_phone_and_works_here_today_is_told(stage: Stage) -> None:
    stage.file()
    stage.officer()  # without a phone
    gone, away = with_phone(stage, phone="+254722000151"), with_phone(stage, phone="+254722000152")
    county, auditor = with_phone(stage, Role.COUNTY, "+254722000153"), with_phone(stage, Role.AUDITOR, "+254722000154")
    stage.set("UPDATE officer SET active = false WHERE id = :id", id=gone.id)
    stage.set(
        "INSERT INTO absence (officer_id, first_day, last_day, made_by) VALUES (:id, '2026-11-23', '2026-11-24', :id)",
        id=away.id,
    )
    rounds_come(stage)
    assert [to(stage, officer) for officer in (gone, away, county, auditor)] == [[], [], [], []]


def test_whoever_a_case_is_about_is_not_told_of_it(stage: Stage) -> None:
    rose, deputy = with_phone(stage), with_phone(stage, phone="+254722000151")
    reference = stage.file()
    stage.set(
        "INSERT INTO case_conflict (case_id, officer_id, named_by) VALUES (:case, :rose, :by)",
        case=stage.case(reference).id, rose=rose.id, by=deputy.id,
    )  # fmt: skip
    rounds_come(stage)
    assert to(stage, rose) == []
    assert spoken(reference) in last(stage, deputy)


def test_a_sub_county_is_told_of_what_is_new_in_the_wards_that_it_covers_with_the_name_of_the_ward(
    stage: Stage,
) -> None:
    above = with_phone(stage, Role.SUB_COUNTY, sub_county_code=LURAMBI)
    covered = stage.file(ward_code=SHEYWE)
    stage.file(ward_code=SHIRERE, phone=stage.phone())
    with stage.transaction() as session:
        session.add(WardCover(ward_code=SHEYWE, state=WardState.COVERED, why="vacant", since=stage.now))
    rounds_come(stage)
    assert last(stage, above).startswith(f"Sikiza Lurambi 8:00: new 1, late 0, NOT FIXED 0. First: {spoken(covered)} ")
    assert "Water, Sheywe." in last(stage, above)


# What waits and is not true any more


def test_a_digest_that_has_not_left_does_not_leave_after_the_next_one(stage: Stage) -> None:
    rose = with_phone(stage)
    stage.file()
    rounds_come(stage)
    rounds_come(stage, MONDAY + timedelta(hours=5))
    assert [message.status.value for message in stage.messages() if message.officer_id == rose.id] == [
        "cancelled", "queued",
    ]  # fmt: skip


def test_what_became_confidential_before_the_sms_left_is_not_sent(stage: Stage) -> None:
    rose = with_phone(stage)
    reference = stage.file()
    leave(stage)
    rounds_come(stage)
    stage.set("UPDATE message SET due_at = now() - interval '1 minute' WHERE status = 'queued'")
    stage.set("UPDATE cases SET sensitive = true WHERE reference = :it", it=reference)
    with stage.transaction() as session:
        assert sending.claim(session, stage.office.vault) == []
    assert [message.status.value for message in stage.messages() if message.officer_id == rose.id] == ["cancelled"]


def test_a_digest_about_what_a_colleague_has_taken_before_it_left_is_not_sent(stage: Stage) -> None:
    rose = with_phone(stage)
    reference = stage.file()
    leave(stage)
    rounds_come(stage)
    stage.do(actions.take, reference, stage.officer())
    stage.set("UPDATE message SET due_at = now() - interval '1 minute' WHERE officer_id IS NOT NULL")
    with stage.transaction() as session:
        assert sending.claim(session, stage.office.vault) == []
    assert [message.status.value for message in stage.messages() if message.officer_id == rose.id] == ["cancelled"]


def test_an_answer_by_sms_stands_in_the_history_like_one_on_the_web(stage: Stage) -> None:
    rose = with_phone(stage)
    reference = stage.file()
    rounds_come(stage)
    assert says(stage, "1") == "officer answered"
    event = stage.events(reference)[-1]
    assert (event.name, event.officer_id, event.data) == ("taken", rose.id, {"channel": "sms"})
    assert stage.case(reference).assignee_id == rose.id
    stage.do(actions.end, reference, rose, Ending.FIXED, "Bomba limerekebishwa.")
    assert stage.history(reference)[-1] == "ended"
