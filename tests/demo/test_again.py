"""Filling more than once: the same stories from the same seed, and never a collision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, Row, func, select, text
from sqlalchemy.orm import Session

from gateway.cases.models import Case
from gateway.demo.filling import fill
from gateway.installation import Installation
from gateway.people.models import Officer
from tests.conftest import empty
from tests.demo.conftest import NOW, SEED

STORY = text(
    """
    SELECT reference, category, problem, channel, status, ending, confirmation, words, landmark, ward_code, received_at,
           due_at, resolved_at, closed_at,
           (SELECT string_agg(name || at, ' ' ORDER BY id) FROM case_event WHERE case_id = cases.id),
           (SELECT string_agg(wording || status, ' ' ORDER BY id) FROM message WHERE case_id = cases.id)
    FROM cases ORDER BY reference
    """
)


def stories(engine: Engine) -> Sequence[Row[Any]]:
    with engine.connect() as connection:
        return connection.execute(STORY).all()


def test_the_same_seed_tells_the_same_stories_and_another_one_others(installation: Installation) -> None:
    told = []
    for seed in (SEED, SEED, SEED + 1):
        with installation.engine.begin() as connection:
            empty(connection)
        fill(installation, 60, seed, NOW, lambda _: None)
        told.append(stories(installation.engine))

    assert told[0] == told[1]
    assert told[0] != told[2]


def test_a_second_filling_adds_to_the_first_even_with_the_same_seed(installation: Installation) -> None:
    for _ in range(2):
        fill(installation, 40, SEED, NOW, lambda _: None)

    with Session(installation.engine) as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 80
        hotline = select(Officer).where(Officer.email == "hotline@demo.example")
        assert len(session.scalars(hotline).all()) == 1
