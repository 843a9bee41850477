"""The whole application, as it is and with a Redis or a PostgreSQL that does not answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
from flask import Flask
from sqlalchemy import Engine

from config.settings import Settings
from gateway.installation import Installation
from tests.callbacks.dropped import Later


@pytest.fixture
def gateway(app: Flask, db: Engine, redis_url: str) -> Flask:
    """The application on an empty database and an empty Redis."""
    return app


@pytest.fixture
def installation(gateway: Flask) -> Installation:
    found: Installation = gateway.extensions["sikiza"]
    return found


@pytest.fixture
def later(installation: Installation) -> Later:
    return Later(installation)


@pytest.fixture
def cache(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as connection:
        yield connection


@pytest.fixture(scope="session")
def dead_port() -> Iterator[int]:
    """A port of this machine on which nobody listens, and nobody will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


@pytest.fixture(scope="session")
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield int(held.getsockname()[1])


@pytest.fixture(scope="session")
def app_without_redis(settings: Settings, dead_port: int) -> Iterator[Flask]:
    with changed_app(settings, redis_url=f"redis://127.0.0.1:{dead_port}/0") as app:
        yield app


@pytest.fixture(scope="session")
def app_with_silent_redis(settings: Settings, silent_port: int) -> Iterator[Flask]:
    with changed_app(settings, redis_url=f"redis://127.0.0.1:{silent_port}/0") as app:
        yield app


@pytest.fixture(scope="session")
def app_without_postgres(settings: Settings, dead_port: int) -> Iterator[Flask]:
    with changed_app(settings, database_url=f"postgresql+psycopg://nobody@127.0.0.1:{dead_port}/none") as app:
        yield app


@contextmanager
def changed_app(settings: Settings, **others: str) -> Iterator[Flask]:
    """An application of its own with these other settings."""
    from gateway import create_app

    app = create_app(settings.model_copy(update=others))
    yield app
    installation: Installation = app.extensions["sikiza"]
    installation.close()
