"""Printed slips reserve their references: filing draws around them, and each is registered once."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from config.rights import DATA
from gateway.cases import retention, slips
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Slip
from gateway.cases.models import Case
from gateway.cases.references import checked
from gateway.cases.slips import Outcome, Printed, Registered, Row
from gateway.people.models import Officer, Role
from tests.cases.stage import AMINA, SHIRERE, Stage

FREE = checked(4_821_773)
"""A reference that nobody has."""


@pytest.fixture
def agent(stage: Stage) -> Officer:
    return stage.officer(Role.HOTLINE)


def print_slips(stage: Stage, agent: Officer, count: int, nonce: str = "nonce") -> list[Printed]:
    with stage.transaction() as session:
        batch = slips.print_batch(session, stage.office, agent, nonce, count, stage.now)
        return slips.printed(session, stage.office, agent, batch) or []


def row(reference: str | None = None, number: int = 1, **given: Any) -> Row:
    usual: dict[str, Any] = {
        "category": "WATER", "problem": "NO_WATER", "ward_code": SHIRERE, "place": "", "words": "Hakuna maji",
        "phone": None, "language": "sw",
    }  # fmt: skip
    return Row(number, reference, **(usual | given))


def register(stage: Stage, agent: Officer, *rows: Row, nonce: str = "page") -> list[Registered]:
    with stage.transaction() as session:
        return slips.register(session, stage.office, agent, rows, local_day(stage.now), nonce, stage.now)


def fix_chance(monkeypatch: pytest.MonkeyPatch, *references: str) -> None:
    """Let these references be drawn, one after the other."""
    drawn = iter([int(reference[:7]) - 1_000_000 for reference in references])
    monkeypatch.setattr(secrets, "randbelow", lambda limit: next(drawn) if limit > 10_000 else 0)


def test_filing_never_draws_the_reference_of_a_printed_slip(
    stage: Stage, agent: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    [slip] = print_slips(stage, agent, 1)
    fix_chance(monkeypatch, slip.reference, slip.reference, FREE)
    assert stage.file() == FREE
    assert register(stage, agent, row(slip.reference)) == [Registered(1, Outcome.NEW, slip.reference)]


def test_a_batch_draws_around_cases_and_other_slips(
    stage: Stage, agent: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = [stage.file(), print_slips(stage, agent, 1)[0].reference]
    fix_chance(monkeypatch, *taken, FREE)
    assert [one.reference for one in print_slips(stage, agent, 1, "again")] == [FREE]


def test_a_slip_is_registered_once_and_a_wrong_row_leaves_the_others_alone(stage: Stage, agent: Officer) -> None:
    first, second = print_slips(stage, agent, 2)
    data = next(iter(DATA))
    done = register(
        stage, agent, row(first.reference), row(first.reference, 2), row(FREE, 3), row("12345678", 4),
        row(second.reference, 5, category=data, problem=None),
    )  # fmt: skip
    assert [(one.number, one.outcome) for one in done] == [
        (1, Outcome.NEW), (2, Outcome.BEFORE), (3, Outcome.REFUSED), (4, Outcome.REFUSED), (5, Outcome.REFUSED),
    ]  # fmt: skip
    assert done[2].why.startswith("No slip was printed")
    assert stage.only_case().reference == first.reference
    assert [one.outcome for one in register(stage, agent, row(second.reference), nonce="later")] == [Outcome.NEW]


def test_two_who_register_one_slip_at_the_same_time_file_one_case(stage: Stage, agent: Officer) -> None:
    [slip] = print_slips(stage, agent, 1)
    together, found = threading.Barrier(2), []

    def at_once(words: str) -> None:
        together.wait()
        found.extend(register(stage, agent, row(slip.reference, words=words), nonce=words))

    threads = [threading.Thread(target=at_once, args=(words,)) for words in ("La kwanza", "La pili")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.outcome for one in found) == [Outcome.NEW, Outcome.REFUSED], "the words of one stand nowhere yet"
    assert stage.count(Case) == 1


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({}, Outcome.BEFORE),
        ({"words": "Barabara ya Stendi mbaya"}, Outcome.REFUSED),
        ({"place": "Stendi"}, Outcome.REFUSED),
        ({"phone": AMINA}, Outcome.REFUSED),
    ],
)
@pytest.mark.parametrize("days", [0, 1, 100])
def test_a_slip_that_is_typed_again_is_settled_only_with_the_same_on_it(
    stage: Stage, agent: Officer, given: dict[str, Any], outcome: Outcome, days: int
) -> None:
    [slip] = print_slips(stage, agent, 1)
    register(stage, agent, row(slip.reference))
    stage.later(days=days)
    [again] = register(stage, agent, row(slip.reference, 2, **given), nonce=f"page{days}")
    assert (again.outcome, again.why) == (outcome, "" if outcome is Outcome.BEFORE else slips.OTHER_WORDS)
    assert stage.only_case().words == "Hakuna maji"


def test_where_nobody_knows_any_more_what_a_slip_said_it_is_not_taken_for_the_same(
    stage: Stage, agent: Officer
) -> None:
    [slip] = print_slips(stage, agent, 1)
    register(stage, agent, row(slip.reference))
    stage.set("UPDATE intake SET answer = '{}'")
    assert [one.outcome for one in register(stage, agent, row(slip.reference))] == [Outcome.REFUSED]


def test_its_secret_is_erased_when_it_is_registered_and_its_hash_is_the_cases(stage: Stage, agent: Officer) -> None:
    [slip] = print_slips(stage, agent, 1)
    register(stage, agent, row(slip.reference))
    with Session(stage.engine) as session:
        kept = session.scalars(select(Slip).options(undefer(Slip.secret_sealed))).one()
        case = session.scalars(select(Case)).one()
        assert (kept.secret_sealed, kept.case_id, kept.used_at) == (None, case.id, stage.now)
        assert case.secret_hash == stage.office.vault.secret_hash(slip.reference, slip.secret)


def test_what_was_printed_and_not_registered_keeps_no_secret_for_longer_than_a_month(
    stage: Stage, agent: Officer
) -> None:
    [slip] = print_slips(stage, agent, 1)
    for days, gone in ((29, 0), (2, 1), (1, 0)):
        stage.later(days=days)
        with stage.transaction() as session:
            assert retention.TASKS["kept_secrets"](session, stage.office, stage.now) == gone
    with stage.transaction() as session:
        batch = session.scalars(select(Slip.batch_id)).one()
        assert slips.printed(session, stage.office, agent, batch) == []
    assert register(stage, agent, row(slip.reference))[0].outcome is Outcome.NEW


def test_what_was_taken_out_on_another_day_was_received_at_noon_of_it(stage: Stage) -> None:
    assert slips.received(local_day(stage.now), stage.now) == stage.now
    before = slips.received(local_day(stage.now) - timedelta(days=3), stage.now)
    assert stage.now - before == timedelta(days=2, hours=21)
