"""When a promise breaks, its resident hears it by day: who has it now, the new day, and how to go higher."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.cases import confidential
from gateway.cases.categories import VIOLENCE
from gateway.cases.models import Step
from gateway.messages import sending
from gateway.messages.keywords import keyword_in
from gateway.messages.quiet import after_night
from gateway.people.models import Role
from tests.cases.stage import PROMISE, Stage

AT_NIGHT = datetime(2026, 12, 3, 20, 30, tzinfo=UTC)
"""23:30 in Nairobi."""
IN_THE_MORNING = datetime(2026, 12, 4, 4, 0, tzinfo=UTC)
"""7:00 in Nairobi."""


@pytest.fixture
def manned(stage: Stage) -> Stage:
    for role in (Role.SUB_COUNTY, Role.CHIEF_OFFICER, Role.COUNTY_SECRETARY):
        stage.officer(role)
    return stage


def broken(stage: Stage, **given: object) -> str:
    """A case whose promise has just broken."""
    reference = stage.file(**given)
    stage.now = PROMISE + timedelta(minutes=2)
    stage.sweep()
    return reference


def apologies(stage: Stage, reference: str) -> list[str]:
    return [wording for wording, status in stage.letters(reference) if status == "queued" and "received" not in wording]


def test_the_letter_apologises_and_names_the_new_holder_the_new_day_and_the_way_up(manned: Stage) -> None:
    reference = broken(manned)
    spoken = f"{reference[:4]} {reference[4:]}"
    assert manned.last_text(reference) == (
        f"{spoken}: pole, hatukutimiza ahadi ya Alh 3 Des. Iko kwa msimamizi wa kaunti ndogo ya Lurambi."
        " Jibu jipya: Alh 10 Des. Ipeleke juu: jibu JUU, bure."
    )


def test_in_english_it_reads_alike(manned: Stage) -> None:
    reference = broken(manned, language="en")
    assert manned.last_text(reference).endswith(
        ": sorry, we did not answer by Thu 3 Dec. Now with the Lurambi sub-county administrator."
        " New date: Thu 10 Dec. Not enough? Reply HIGHER, free."
    )


def test_each_step_is_told_once_with_the_day_that_was_promised_last(manned: Stage) -> None:
    reference = broken(manned)
    for _ in range(3):
        manned.sweep()
    assert apologies(manned, reference) == ["promise_broken"]
    manned.later(days=8)
    manned.sweep()
    assert "hatukutimiza ahadi ya Alh 10 Des. Iko kwa afisa mkuu wa Idara ya Maji." in manned.last_text(reference)


def test_the_last_step_names_the_national_ombudsman(stage: Stage) -> None:
    stage.officer(Role.COUNTY_SECRETARY)
    reference = broken(stage)
    assert apologies(stage, reference) == ["promise_broken_top"]
    assert "Iko kwa katibu wa kaunti. Jibu jipya: Alh 10 Des." in stage.last_text(reference)
    assert stage.last_text(reference).endswith("Bado? Ombudsman wa taifa (CAJ) husaidia bure.")


def test_it_leaves_at_once_by_day_whatever_it_costs(manned: Stage) -> None:
    letter = manned.messages(broken(manned))[-1]
    assert (letter.due_at, letter.created_at, letter.wanted, letter.automatic) == (manned.now, manned.now, True, False)


def test_at_night_it_waits_for_the_morning(manned: Stage) -> None:
    reference = manned.file()
    manned.now = AT_NIGHT
    manned.sweep()
    assert manned.case(reference).raised_to is Step.SUB_COUNTY
    assert manned.messages(reference)[-1].due_at == IN_THE_MORNING


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (AT_NIGHT, IN_THE_MORNING),
        (IN_THE_MORNING - timedelta(minutes=1), IN_THE_MORNING),
        (IN_THE_MORNING, IN_THE_MORNING),
        (PROMISE, PROMISE),
    ],
)
def test_the_night_ends_at_seven(now: datetime, opens: datetime) -> None:
    assert after_night(now, (21, 7)) == opens


def test_a_letter_that_waits_for_the_morning_is_dropped_when_the_next_step_overtakes_it(manned: Stage) -> None:
    reference = manned.file()
    manned.now = AT_NIGHT
    manned.sweep()
    manned.set("UPDATE cases SET answer_by = :now, next_step_at = :now", now=AT_NIGHT)
    manned.later(hours=2)
    manned.sweep()
    assert manned.letters(reference)[1:] == [("promise_broken", "cancelled"), ("promise_broken", "queued")]
    assert "afisa mkuu" in manned.last_text(reference)


@pytest.mark.parametrize("given", [{"phone": None}, {"anonymous": True}])
def test_whose_number_is_hidden_is_told_nothing(manned: Stage, given: dict[str, object]) -> None:
    reference = broken(manned, **given)
    assert manned.case(reference).raised_to is Step.SUB_COUNTY
    assert apologies(manned, reference) == []


def test_who_wants_no_texts_gets_none(manned: Stage) -> None:
    reference = manned.file()
    manned.set("UPDATE resident SET stopped_at = now()")
    manned.now = PROMISE + timedelta(minutes=2)
    manned.sweep()
    assert manned.case(reference).raised_to is Step.SUB_COUNTY
    assert apologies(manned, reference) == []


def test_nothing_is_texted_about_violence(manned: Stage) -> None:
    reference = manned.file()
    manned.set("UPDATE cases SET category = :violence", violence=VIOLENCE)
    manned.now = PROMISE + timedelta(minutes=2)
    manned.sweep()
    assert apologies(manned, reference) == []


def test_a_letter_on_its_way_is_cancelled_when_its_case_becomes_confidential(manned: Stage) -> None:
    reference = manned.file()
    manned.now = AT_NIGHT
    manned.sweep()
    with manned.transaction() as session:
        case = session.merge(manned.case(reference))
        confidential.conceal(session, manned.office, case, "CORRUPT", manned.now)
    manned.set("UPDATE message SET due_at = now() - interval '1 hour' WHERE status = 'queued'")
    with manned.transaction() as session:
        assert [due.text for due in sending.claim(session, manned.office.vault) if "pole" in due.text] == []
    assert manned.letters(reference)[-1] == ("promise_broken", "cancelled")


def test_the_word_that_the_letter_asks_for_is_one_that_we_read() -> None:
    assert keyword_in("JUU") is not None
    assert keyword_in("HIGHER") is not None
