"""An installation on real PostgreSQL, with a provider fake and the processes of ours that a test starts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.messages.africastalking import Sender
from gateway.phone.provider import Provider
from tests.cases.stage import Stage
from tests.conftest import API_KEY
from tests.faults.processes import environment


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


@pytest.fixture
def sender(provider: Provider) -> Sender:
    return Sender("sandbox", API_KEY, provider.url, deadline=5)


@pytest.fixture
def environ(settings: Settings, provider: Provider) -> dict[str, str]:
    """What a process of this installation is started with."""
    return environment(settings, provider.url)
