"""The stage that the tests of cases play on."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from tests.cases.stage import Stage


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db)
