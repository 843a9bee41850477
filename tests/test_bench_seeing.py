"""The benchmark of the fence runs; how much the fence costs, it tells whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from bench import many, seeing
from gateway.people.models import Role


@pytest.fixture
def county(engine: Engine) -> Iterator[Engine]:
    many.fill(engine, 2000)
    yield engine
    many.empty(engine)


def test_the_same_questions_are_asked_with_the_fence_and_without(county: Engine) -> None:
    measured = list(seeing.measure(county, many.officer(county, Role.SUB_COUNTY), rounds=1))

    assert [one.name for one in measured] == list(many.READS)
    assert [one.name for one in measured if one.naive is not None] == list(seeing.SEARCHES)
    assert all(one.fenced > 0 and one.free > 0 for one in measured)
