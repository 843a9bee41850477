"""No longer than the schedule says: what is over is erased at night, and every figure stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from gateway.cases import actions, charges, residents_own, retention
from gateway.cases.models import CallBack, Case, CaseEvent, Ending, Status
from gateway.messages.models import IncomingSms, Message
from gateway.messages.spending import Month
from gateway.people import audit
from gateway.people.models import Audit, Resident, Role
from gateway.triage import county
from tests.cases.stage import AMINA, MONDAY, WANJIKU, Stage
from workers.sweep import keep_no_longer


def anonymise(stage: Stage, now: datetime) -> int:
    with stage.transaction() as session:
        return retention.anonymise_closed(session, stage.office, now)


def closed(stage: Stage, **given: object) -> str:
    """A case with words everywhere, which ended and is closed; its reference."""
    reference = stage.file(**({"words": "Bomba la Juma", "landmark": "Kwa Juma"} | given))
    case = stage.case(reference)
    officer = stage.officer(Role.OMBUDSMAN if case.sensitive else Role.WARD if case.ward_code else Role.HOTLINE)
    stage.do(actions.note, reference, officer, "Juma apigiwe")
    stage.do(actions.end, reference, officer, Ending.CANNOT_NOW, "Juma ajaribu mwakani")
    stage.set(
        "UPDATE cases SET status = 'closed', closed_at = :now, guess = '{\"words\": \"Juma\"}', their_contact = 'Juma'"
        " WHERE reference = :it",
        now=stage.now, it=reference,
    )  # fmt: skip
    return reference


def words_left(stage: Stage, reference: str) -> list[object]:
    """Whatever anybody said, and whatever leads to her, in the case and all that belongs to it."""
    case = stage.case(reference)
    kept: list[object] = [
        case.words, case.words_sealed, case.landmark, case.reason, case.reason_sealed, case.guess, case.their_contact,
        case.resident_id, case.secret_hash,
    ]  # fmt: skip
    kept += [words for event in stage.events(reference) for words in (event.words, event.words_sealed)]
    with stage.transaction() as session:
        for table in (Message, IncomingSms):
            rows = session.execute(select(table.text_sealed, table.resident_id).where(table.case_id == case.id))
            kept += [part for row in rows for part in row]
    return [one for one in kept if one]


@pytest.mark.parametrize(
    ("given", "months"),
    [
        ({}, 24),
        ({"category": "IDEA", "problem": "WATER"}, 12),
        ({"category": "CORRUPT", "landmark": None}, 60),
        ({"category": "GBV", "landmark": None}, 60),
    ],
)
def test_a_closed_case_keeps_its_words_for_the_months_of_its_class_and_not_a_day_more(
    stage: Stage, given: dict[str, object], months: int
) -> None:
    reference = closed(stage, **given)
    over = date(2026 + months // 12, 11, 23)
    last_day = datetime(over.year, over.month, over.day, 20, tzinfo=UTC)
    assert anonymise(stage, last_day) == 0
    assert words_left(stage, reference)
    assert anonymise(stage, last_day + timedelta(days=1)) == 1
    assert words_left(stage, reference) == []
    assert stage.case(reference).anonymised_at == last_day + timedelta(days=1)
    assert anonymise(stage, last_day + timedelta(days=2)) == 0


def test_practice_goes_after_a_month_and_a_request_by_its_own_term(stage: Stage) -> None:
    request, practice = closed(stage, category="information"), closed(stage)
    stage.set("UPDATE cases SET practice = true WHERE reference = :it", it=practice)
    assert anonymise(stage, MONDAY + timedelta(days=40)) == 1
    assert (words_left(stage, practice), bool(words_left(stage, request))) == ([], True)


def test_what_is_open_or_was_reopened_keeps_its_words(stage: Stage) -> None:
    reference = stage.file(words="Bomba la Juma")
    assert anonymise(stage, MONDAY + timedelta(days=4000)) == 0
    assert stage.case(reference).words == "Bomba la Juma"


def figures(stage: Stage) -> list[object]:
    """Every figure that anybody is shown, of cases, texts and money."""
    month = Month(date(2026, 11, 1))
    by_state = "SELECT kind, category, ward_code, desk, status, ending, confirmation, count(*) FROM cases GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7"  # noqa: E501
    codes = "SELECT case_id, name, officer_id, data FROM case_event ORDER BY id"
    calls = "SELECT hour, outcome, count(*) FROM call_back GROUP BY 1, 2"
    with stage.transaction() as session:
        overview = county.overview(session)
        rows = [list(map(tuple, session.execute(text(query)))) for query in (by_state, codes, calls)]
        return [
            *rows, dict(overview.messages), overview.quarantined, charges.by_ward(session, month),
            charges.per_case(session, month), stage.count(Message), stage.count(IncomingSms),
        ]  # fmt: skip


def test_every_figure_is_the_same_before_and_after(stage: Stage) -> None:
    for given in ({}, {"category": "ROADS"}, {"category": "IDEA", "problem": "WATER"}, {"phone": AMINA}, {"rating": 4}):
        closed(stage, **given)
    stage.receive("DATA")
    stage.receive("1")
    stage.file(words="Bado wazi", hour="morning")
    stage.set("UPDATE message SET status = 'sent', sent_at = '2026-11-24', price = 0.8, currency = 'KES', parts = 1")
    stage.set("UPDATE cases SET confirmation = 'unconfirmed' WHERE id = 1")
    before = figures(stage)
    later = MONDAY + timedelta(days=4000)
    assert anonymise(stage, later) == 5
    with stage.transaction() as session:
        assert retention.erase_sent(session, stage.office, later) > 0
        assert retention.erase_set_aside(session, stage.office, later) == 1
    assert figures(stage) == before


def test_two_at_once_share_the_work_and_neither_waits(stage: Stage) -> None:
    for _ in range(3):
        closed(stage)
    with stage.transaction() as one, stage.transaction() as other:
        assert retention.anonymise_closed(one, stage.office, MONDAY + timedelta(days=4000)) == 3
        assert retention.anonymise_closed(other, stage.office, MONDAY + timedelta(days=4000)) == 0


def test_the_oldest_go_first_however_many_there_are(stage: Stage) -> None:
    stage.set(
        "INSERT INTO cases (reference, kind, channel, category, sensitive, desk, status, language, words, closed_at)"
        " SELECT lpad(n::text, 8, '0'), 'grievance', 'ussd', 'WATER', false, 'ward', 'closed', 'sw', 'Juma',"
        " timestamptz '2020-01-01' + n * interval '1 hour' FROM generate_series(1, 450) AS n"
    )
    assert [anonymise(stage, MONDAY) for _ in range(4)] == [200, 200, 50, 0]
    assert stage.count(Case) == 450


def test_its_number_goes_when_nothing_else_is_kept_of_her(stage: Stage) -> None:
    closed(stage)
    stage.file(phone=AMINA)
    stage.set("UPDATE message SET status = 'sent', sent_at = :now", now=stage.now)
    stage.set("UPDATE resident SET created_at = :now, stopped_at = :now", now=stage.now)
    later = MONDAY + timedelta(days=760)

    def forget(now: datetime) -> int:
        walk = retention.Walk()
        with stage.transaction() as session:
            looked = retention.forget_unknown(session, stage.office, now, walk)
            assert retention.forget_unknown(session, stage.office, now, walk) == 0
        return looked

    assert forget(later) == 2
    assert stage.count(Resident) == 2
    anonymise(stage, later)
    assert forget(MONDAY + timedelta(days=200)) == 2
    assert stage.count(Resident) == 2
    assert forget(later) == 2
    assert (stage.resident(WANJIKU), stage.resident(AMINA) is None) == (None, False)


@pytest.mark.parametrize("days", [180, 190])
def test_a_text_that_was_set_aside_is_kept_for_six_months(stage: Stage, days: int) -> None:
    incoming = stage.receive("Juma anauza shamba", sender="MPESA")
    stage.set("UPDATE incoming_sms SET received_at = :now, status = 'quarantined'", now=stage.now)
    with stage.transaction() as session:
        erased = retention.erase_set_aside(session, stage.office, MONDAY + timedelta(days=days))
        assert erased == (days > 181)
        row = session.get_one(IncomingSms, incoming.id)
        assert (row.status.value, row.why) == (
            ("handled", "erased by time") if erased else ("quarantined", incoming.why)
        )  # fmt: skip
        assert stage.office.vault.open(row.text_sealed) == ("" if erased else "Juma anauza shamba")


def test_texts_about_no_case_go_after_a_year_but_for_what_still_waits(stage: Stage) -> None:
    stage.receive("STATUS")
    stage.receive("HELP")
    stage.set("UPDATE message SET status = 'delivered', created_at = :now WHERE id = 1", now=MONDAY)
    stage.set("UPDATE message SET created_at = :now WHERE id = 2", now=MONDAY)
    with stage.transaction() as session:
        assert retention.erase_sent(session, stage.office, MONDAY + timedelta(days=360)) == 0
        assert retention.erase_sent(session, stage.office, MONDAY + timedelta(days=370)) == 1
        assert retention.erase_sent(session, stage.office, MONDAY + timedelta(days=370)) == 0
    first, second = stage.messages()
    assert (first.text_sealed, first.resident_id, first.wording) == (b"", None, "no_reports")
    assert second.text_sealed


def test_a_call_back_about_nothing_loses_its_number_and_stays_counted(stage: Stage) -> None:
    stage.file()
    resident = stage.resident()
    assert resident is not None
    with stage.transaction() as session:
        intake = session.scalars(text("SELECT id FROM intake")).first()
        assert intake
        residents_own.call_back(session, stage.office, resident.id, None, "morning", intake, stage.now)
        residents_own.call_back(session, stage.office, resident.id, None, "evening", intake, stage.now)
    stage.set("UPDATE call_back SET done_at = :now, outcome = 'reached' WHERE hour = 'morning'", now=stage.now)
    with stage.transaction() as session:
        assert retention.detach_calls(session, stage.office, MONDAY + timedelta(days=190)) == 1
    with stage.transaction() as session:
        rows = session.execute(select(CallBack.hour, CallBack.resident_id, CallBack.outcome).order_by(CallBack.id))
        assert [tuple(row) for row in rows] == [("morning", None, "reached"), ("evening", resident.id, None)]


def test_addresses_in_the_audit_go_and_nothing_else_of_it_does(stage: Stage) -> None:
    with stage.transaction() as session:
        audit.append(session, "signed_in", address="10.0.0.7", browser=3)
    with stage.transaction() as session:
        now = datetime.now(UTC)
        assert retention.erase_addresses(session, stage.office, now + timedelta(days=300)) == 0
        assert retention.erase_addresses(session, stage.office, now + timedelta(days=400)) == 1
        [line] = session.scalars(select(Audit)).all()
        session.refresh(line)
        assert (line.name, line.address, line.data) == ("signed_in", None, {"browser": 3})


@pytest.mark.parametrize(
    ("now", "months", "before"),
    [
        (datetime(2028, 3, 31, 12, tzinfo=UTC), 1, datetime(2028, 2, 28, 21, tzinfo=UTC)),
        (datetime(2026, 11, 22, 22, tzinfo=UTC), 24, datetime(2024, 11, 22, 21, tzinfo=UTC)),
        (datetime(2026, 1, 15, tzinfo=UTC), 1, datetime(2025, 12, 14, 21, tzinfo=UTC)),
    ],
)
def test_a_month_is_a_month_of_nairobis_calendar(now: datetime, months: int, before: datetime) -> None:
    assert retention.months_before(now, months) == before


# The night


@pytest.fixture
def tonight() -> datetime:
    """02:30 in Nairobi, of the day that the database has, too."""
    return datetime.now(UTC).replace(hour=23, minute=30) - timedelta(days=1)


def test_it_is_done_once_a_night_and_by_day_not_at_all(stage: Stage, tonight: datetime) -> None:
    stage.now = tonight - timedelta(days=800)
    first, second = closed(stage), closed(stage)
    stage.set("UPDATE cases SET closed_at = NULL WHERE reference = :it", it=second)
    keep_no_longer(stage.installation, tonight + timedelta(hours=9), retention.Walk())
    assert words_left(stage, first)
    keep_no_longer(stage.installation, tonight, retention.Walk())
    assert words_left(stage, first) == []
    with stage.transaction() as session:
        assert session.scalars(select(Audit.name)).all() == [retention.DONE]
    stage.set("UPDATE cases SET closed_at = :then WHERE reference = :it", then=stage.now, it=second)
    keep_no_longer(stage.installation, tonight + timedelta(minutes=20), retention.Walk())
    assert words_left(stage, second)
    stage.set("TRUNCATE audit")
    keep_no_longer(stage.installation, tonight + timedelta(minutes=40), retention.Walk())
    assert words_left(stage, second) == []


def test_the_history_still_tells_what_was_done_by_whom(stage: Stage) -> None:
    reference = closed(stage)
    before = [(event.at, event.name, event.officer_id, event.data) for event in stage.events(reference)]
    anonymise(stage, MONDAY + timedelta(days=4000))
    assert before == [(event.at, event.name, event.officer_id, event.data) for event in stage.events(reference)]
    assert [name for _, name, *_ in before] == ["filed", "note", "ended"]
    with stage.transaction() as session:
        assert session.scalars(select(CaseEvent.id).where(CaseEvent.words.is_not(None))).all() == []
    assert stage.case(reference).status is Status.CLOSED
