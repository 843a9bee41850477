"""Redis is only a doorbell: without it, before and during, texts are handled, SMS leave, and nothing waits for it."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import pytest
from flask import Flask
from redis.exceptions import RedisError

from config.settings import Settings
from gateway import create_app
from gateway.cases.models import Case
from gateway.installation import open_redis
from gateway.messages.africastalking import Sender
from gateway.phone.provider import Provider
from tests.cases.stage import AMINA, WANJIKU, Stage
from tests.conftest import TOKEN
from tests.faults import invariants
from tests.faults.processes import environment, running, until
from workers.deliver import drain
from workers.queues import queue, wake
from workers.services import start_redis

WORDS = "Hakuna maji Shirere tangu juzi"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the test's own Redis lives, which it may stop and start."""
    with TemporaryDirectory(prefix="sikiza-") as path:
        yield Path(path)


def text_in(web: Flask, provider_id: str, sender: str = WANJIKU, words: str = WORDS) -> int:
    form = {"id": provider_id, "from": sender, "to": "22123", "text": words, "date": "2026-11-23 06:00:00"}
    return web.test_client().post(
        f"/callbacks/{TOKEN}/sms", data=urlencode(form), content_type="application/x-www-form-urlencoded"
    ).status_code  # fmt: skip


def test_the_bell_wakes_the_worker_and_its_loss_only_costs_a_sweep(
    stage: Stage, settings: Settings, provider: Provider, folder: Path, logged: io.StringIO
) -> None:
    redis = start_redis(folder)
    web = create_app(settings.model_copy(update={"redis_url": redis.url}))
    environ = environment(settings, provider.url, redis.url)
    try:
        with running("workers.rq_worker", environ):
            assert text_in(web, "sms-1") == 200
            until(lambda: len(provider.messages) == 1)
            redis.stop()
            assert text_in(web, "sms-2", AMINA) == 200
    finally:
        redis.stop()
    assert "bell_not_rung" in logged.getvalue()
    assert (stage.count(Case), len(provider.messages)) == (1, 1)
    with running("workers.sweep", environ):
        until(lambda: len(provider.messages) == 2)
        assert text_in(web, "sms-3", words="Taa za barabarani Shirere haziwaki") == 200
        until(lambda: len(provider.messages) == 3)
    until(lambda: stage.count(Case) == 3)
    assert invariants.repeated(provider) == 0
    invariants.check(stage.engine, provider)
    web.extensions["sikiza"].close()


def test_a_worker_whose_redis_comes_back_hears_the_bell_again(
    stage: Stage, settings: Settings, provider: Provider, folder: Path
) -> None:
    redis = start_redis(folder)
    bell = open_redis(redis.url)
    try:
        with running("workers.rq_worker", environment(settings, provider.url, redis.url)):
            stage.file()
            wake(bell)
            # A worker that loses Redis in the middle of a job ends, and its supervisor starts another: let it rest.
            until(lambda: len(provider.messages) == 1 and not bell.keys("rq:job:*"))
            redis.stop()
            redis = start_redis(folder)
            stage.file(phone=AMINA)
            wake(bell)
            until(lambda: len(provider.messages) == 2)
    finally:
        redis.stop()
    invariants.check(stage.engine, provider)


def test_ringing_without_redis_costs_a_moment_and_raises_nothing(folder: Path, logged: io.StringIO) -> None:
    before = time.monotonic()
    for url in (f"unix://{folder}/nobody.sock", "redis://127.0.0.1:9/0"):
        wake(open_redis(url))
    assert time.monotonic() - before < 1
    assert logged.getvalue().count("bell_not_rung") == 2


def test_a_bell_that_was_rung_adds_no_second_job(stage: Stage, redis_url: str) -> None:
    bell = open_redis(redis_url)
    for _ in range(20):
        wake(bell)
    assert bell.llen("rq:queue:drain") == 1


def test_what_is_queued_in_redis_is_the_name_of_a_job_and_nothing_else(stage: Stage, redis_url: str) -> None:
    bell = open_redis(redis_url)
    stage.file(words="Hakuna maji")
    wake(bell)
    [job] = queue(bell).jobs
    assert (job.func_name, list(job.args), job.kwargs, job.meta) == ("workers.deliver.drain_once", [], {}, {})


def test_a_drain_needs_no_redis(stage: Stage, provider: Provider, sender: Sender) -> None:
    stage.file()
    alone = replace(stage.installation, redis=open_redis("redis://127.0.0.1:9/0"))
    with pytest.raises(RedisError):
        alone.redis.ping()
    assert drain(alone, sender) == 1
    invariants.check(stage.engine, provider)
