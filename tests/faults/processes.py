"""Real processes of ours for the tests of faults: started with the settings of the test, and killed without mercy."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from config.settings import PROJECT, Settings
from tests.conftest import API_KEY, SECRETS, TOKEN

PATIENCE = 30.0
"""Seconds. A process of ours takes one or two to start, on a busy machine more."""


def environment(settings: Settings, provider_url: str, redis_url: str | None = None) -> dict[str, str]:
    """The environment of a process of this installation, sending to the given provider."""
    ours = {name.upper() for name in Settings.model_fields}
    return (
        {name: value for name, value in os.environ.items() if name not in ours}
        | SECRETS
        | {
            "DEMO": "1",
            "DATA_DIR": str(settings.data_dir),
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": redis_url or settings.redis_url,
            "CALLBACK_TOKENS": TOKEN,
            "PUBLIC_URL": settings.public_url,
            "AFRICASTALKING_USERNAME": "sandbox",
            "AFRICASTALKING_API_KEY": API_KEY,
            "AFRICASTALKING_BASE_URL": provider_url,
            "SERVICE_CODE": settings.service_code,
            "SHORT_CODE": settings.short_code,
            "SMS_PER_SECOND": str(settings.sms_per_second),
        }
    )


@contextmanager
def running(module: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module` until the end of the block, then killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=PROJECT, env=environ, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Poll until it is true; fail when that takes too long."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.03)
