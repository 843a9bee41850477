"""One filled demo for all tests that only look at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.demo.filling import fill
from gateway.installation import Installation, open_installation
from tests.conftest import empty

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
"""A Monday at 14:00 in Nairobi."""
CASES = 700
SEED = 2026


@dataclass(frozen=True)
class Demo:
    installation: Installation
    told: float
    """How many cases the progress bar was told of."""


@pytest.fixture
def installation(settings: Settings, db: Engine) -> Iterator[Installation]:
    opened = open_installation(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def demo(settings: Settings) -> Iterator[Demo]:
    opened = open_installation(settings)
    told: list[float] = []
    fill(opened, CASES, SEED, NOW, told.append)
    yield Demo(opened, sum(told))
    with opened.engine.begin() as connection:
        empty(connection)
    opened.close()
