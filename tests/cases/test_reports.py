"""A ward's month: counted once, on the 1st, apart what is claimed, confirmed, disputed and unconfirmed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway.cases import actions, conflicts, erasing, guesses, linking, reports, residents_own
from gateway.cases.desk_models import MonthlyReport
from gateway.cases.models import Case, Channel, Ending
from gateway.cases.reports import Figures
from gateway.messages.models import Question, QuestionStatus
from gateway.people.models import Officer, Role
from tests.cases.stage import SHEYWE, SHIRERE, Stage

NOVEMBER = date(2026, 11, 1)
FIRST = datetime(2026, 11, 30, 21, 0, 1, tzinfo=UTC)
"""A second after midnight of 1 December in Nairobi."""


@pytest.fixture
def officer(stage: Stage) -> Officer:
    return stage.officer()


def counted(stage: Stage, ward: int = SHIRERE) -> Figures:
    """The figures of November."""
    with stage.transaction() as session:
        return reports.figures(session, [SHIRERE, SHEYWE], *reports.of_month(NOVEMBER))[ward]


def file(stage: Stage, **given: object) -> str:
    return stage.file(**({"problem": "BURST_PIPE", "phone": stage.phone()} | given))


def answer(stage: Stage, reference: str, *, fixed: bool) -> None:
    with stage.transaction() as session:
        case = session.merge(stage.case(reference))
        asked = session.scalars(
            select(Question).where(Question.case_id == case.id, Question.status == QuestionStatus.OPEN)
        ).one()
        residents_own.answer_fixed(
            session, stage.office, case, asked.id, fixed=fixed, now=stage.now, channel=Channel.USSD
        )  # fmt: skip


def test_an_empty_month_is_all_zero(stage: Stage) -> None:
    assert counted(stage) == Figures()


def test_what_came_is_counted_by_subject_the_most_frequent_first(stage: Stage) -> None:
    for problem in ("BILL", "BURST_PIPE", "BURST_PIPE"):
        file(stage, problem=problem)
    file(stage, category="ROADS", problem="POTHOLES")
    file(stage, category="PRAISE", problem=None)
    found = counted(stage)
    assert (found.received, found.feedback, found.open, found.late) == (4, 1, 4, 0)
    assert list(found.problems.items()) == [("WATER:BURST_PIPE", 2), ("ROADS:POTHOLES", 1), ("WATER:BILL", 1)]
    assert list(found.categories.items()) == [("WATER", 3), ("ROADS", 1)]
    assert counted(stage, SHEYWE) == Figures()


def test_claimed_confirmed_disputed_and_silent_are_counted_apart(stage: Stage, officer: Officer) -> None:
    yes, no, silent = (file(stage) for _ in range(3))
    stage.later(days=2)
    for reference in (yes, no, silent):
        stage.do(actions.end, reference, officer, Ending.FIXED, "Imetengenezwa")
    answer(stage, yes, fixed=True)
    answer(stage, no, fixed=False)
    found = counted(stage)
    assert dict(found.ended) == {"fixed": 3}
    assert (found.confirmed, found.disputed, found.unconfirmed) == (1, 1, 0)
    assert (found.kept, found.broken, found.days, found.open) == (3, 0, 2, 1)


def test_an_ending_counts_once_however_often_it_was_opened_again(stage: Stage, officer: Officer) -> None:
    reference = file(stage)
    stage.do(actions.end, reference, officer, Ending.FIXED, "Imetengenezwa")
    answer(stage, reference, fixed=False)
    stage.do(actions.end, reference, officer, Ending.CANNOT_NOW, "Hakuna vifaa")
    assert dict(counted(stage).ended) == {"cannot_now": 1}


def test_half_took_no_longer_than_the_days_that_are_told(stage: Stage, officer: Officer) -> None:
    reference = file(stage)
    stage.later(days=4, hours=20)
    stage.do(actions.end, reference, officer, Ending.FIXED, "Imetengenezwa")
    assert counted(stage).days == 5


def test_what_was_joined_to_an_older_report_came_and_ended_there(stage: Stage, officer: Officer) -> None:
    older = stage.file(problem="BURST_PIPE", words="Bomba limepasuka sokoni")
    stage.later(hours=1)
    stage.receive("Maji bado yanamwagika karibu na posho mill na watoto wanacheza ndani")
    with stage.transaction() as session:
        newer = session.scalars(select(Case.reference).where(Case.reference != older)).one()
    stage.set("UPDATE cases SET ward_code = :ward", ward=SHIRERE)
    stage.do(linking.join, newer, officer)
    stage.do(actions.end, older, officer, Ending.FIXED, "Imetengenezwa")
    found = counted(stage)
    assert (found.received, dict(found.ended), found.open) == (1, {"fixed": 1}, 0)


def test_who_is_still_asked_is_counted_until_she_answers(stage: Stage, officer: Officer) -> None:
    yes, silent = file(stage), file(stage)
    for reference in (yes, silent):
        stage.do(actions.end, reference, officer, Ending.FIXED, "Imetengenezwa")
    assert counted(stage).asked == 2
    answer(stage, yes, fixed=True)
    found = counted(stage)
    assert (found.asked, found.confirmed, found.open, found.late) == (1, 1, 0, 0)


def test_what_is_kept_from_an_officer_is_in_no_figure_after_its_release(stage: Stage, officer: Officer) -> None:
    """She would learn of it from her own ward's figures."""
    ombudsman, reference = stage.officer(Role.OMBUDSMAN), file(stage)
    stage.do(guesses.hide, reference, stage.officer(), "STAFF", "Ni ya siri")
    stage.do(conflicts.name, reference, ombudsman, [officer.id])
    stage.do(actions.release, reference, ombudsman, "Si siri")
    assert counted(stage) == Figures()
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Imetengenezwa")
    assert counted(stage) == Figures()


def test_what_nobody_may_count_is_in_no_figure(stage: Stage) -> None:
    file(stage, category="STAFF", problem=None, words="Karani alitaka hongo")
    file(stage, practice=True)
    gone = file(stage)
    with stage.transaction() as session:
        erasing.withdraw(session, stage.office, session.merge(stage.case(gone)), stage.now)
    assert counted(stage) == Figures()


def test_a_broken_promise_is_late_while_open_and_broken_when_it_ends(stage: Stage, officer: Officer) -> None:
    reference, _ = file(stage), file(stage)
    stage.later(days=20)
    stage.do(actions.end, reference, officer, Ending.NOT_FOUND, "Tulifika, hatukuona")
    with stage.transaction() as session:
        since = stage.now - timedelta(days=30)
        found = reports.figures(session, [SHIRERE], since, stage.now + timedelta(seconds=1))[SHIRERE]
    assert (found.kept, found.broken, found.open, found.late) == (0, 1, 1, 1)


def test_the_report_is_written_on_the_first_and_never_again(stage: Stage) -> None:
    file(stage)
    with stage.transaction() as session:
        assert reports.write_due(session, stage.office, stage.now) == 0, "October was before there was anything"
        assert reports.write_due(session, stage.office, FIRST - timedelta(seconds=2)) == 0
        assert reports.write_due(session, stage.office, FIRST) == len(stage.office.county.wards)
        assert reports.write_due(session, stage.office, FIRST + timedelta(hours=1)) == 0
    with stage.transaction() as session:
        report = session.get_one(MonthlyReport, (SHIRERE, NOVEMBER))
        before = reports.written(report)
        assert (before.received, before.open) == (1, 1)
        assert report.sub_county_code == stage.office.county.ward(SHIRERE).sub_county  # type: ignore[union-attr]
    stage.do(actions.take, stage.only_case().reference, stage.officer(Role.WARD))
    file(stage)
    with stage.transaction() as session:
        reports.write_due(session, stage.office, FIRST + timedelta(days=1))
        assert reports.written(session.get_one(MonthlyReport, (SHIRERE, NOVEMBER))) == before


def test_two_sweepers_write_it_once(stage: Stage) -> None:
    file(stage)
    with stage.transaction() as one:
        assert reports.write_due(one, stage.office, FIRST) == 60
    with stage.transaction() as session:
        assert len(session.scalars(select(MonthlyReport)).all()) == 60
