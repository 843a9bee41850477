"""A provider fake, a sender that talks to it, and a watch over the logs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from gateway.messages.africastalking import Sender
from gateway.phone.provider import Provider
from tests.messages.canned import KEY, Canned, is_clean


@pytest.fixture
def sender(provider: Provider) -> Sender:
    return Sender("sikiza", KEY, provider.url, deadline=5)


@pytest.fixture(autouse=True)
def nothing_leaks_into_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert is_clean(caplog.text)


@pytest.fixture
def canned() -> Iterator[Canned]:
    with Canned() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=5)
