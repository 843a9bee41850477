"""What tests share: a real PostgreSQL and Redis, the application, and two guards: no network, no private log line."""

from __future__ import annotations

import io
import ipaddress
import json
import logging
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis
from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, make_url, text

from config.logging import REFUSED, configure_logging, event_handler
from config.settings import Settings, load_settings, random_secrets
from gateway.people import passwords
from gateway.phone.provider import Provider
from workers.services import Postgres, Redis, start_postgres, start_redis

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

TOKEN = "token-of-the-tests-0123456789"
API_KEY = "key-of-the-tests-0123456789"
SECRETS = random_secrets()
SIZES = (
    "SELECT quote_ident(relname), pg_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname != 'alembic_version'"
)
RESTART = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"
    " WHERE last_value IS NOT NULL"
)
BLOATED = 4_000_000
"""Bytes of all tables together."""
PHONE = re.compile(r"\+?254[17]\d{8}|(?<![0-9a-f])0[17]\d{8}(?![0-9a-f])")


@dataclass(frozen=True)
class Servers:
    """Started once per run, by the process that the developer started; shared by every xdist worker."""

    folder: Path
    postgres: Postgres
    redis: Redis

    def stop(self) -> None:
        self.redis.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder)


SERVERS = pytest.StashKey[Servers]()


def running_servers(config: pytest.Config) -> Servers:
    if SERVERS not in config.stash:
        folder = Path(tempfile.mkdtemp(prefix="sikiza-tests-"))
        postgres = start_postgres(folder / "postgres", durable=False)
        config.stash[SERVERS] = Servers(folder, postgres, start_redis(folder / "redis"))
    return config.stash[SERVERS]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    servers = running_servers(node.config)
    node.workerinput["servers"] = (servers.postgres.url, servers.redis.url)


def pytest_unconfigure(config: pytest.Config) -> None:
    servers = config.stash.get(SERVERS, None)
    if servers:
        servers.stop()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The URLs of PostgreSQL and Redis."""
    given = getattr(request.config, "workerinput", None)
    if given is not None:
        postgres, redis_server = given["servers"]
        return postgres, redis_server
    started = running_servers(request.config)
    return started.postgres.url, started.redis.url


@pytest.fixture(scope="session")
def worker_number(request: pytest.FixtureRequest) -> int:
    """0 without xdist, else 1 and up."""
    name = getattr(request.config, "workerinput", {}).get("workerid", "gw-1")
    return int(name.removeprefix("gw")) + 1


@pytest.fixture(scope="session")
def database_url(servers: tuple[str, str], worker_number: int) -> str:
    """An own database per worker, with the newest schema."""
    server, name = make_url(servers[0]), f"test_{worker_number}"
    admin = server.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        # The schema makes a role, which all databases share: one worker at a time.
        connection.execute("SELECT pg_advisory_lock(1)")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'migrated'").fetchone():
            _make_template(connection, server.set(database="migrating").render_as_string(hide_password=False))
        connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
    return server.set(database=name).render_as_string(hide_password=False)


def _make_template(connection: psycopg.Connection[Any], url: str) -> None:
    from gateway.db import migrate

    connection.execute("DROP DATABASE IF EXISTS migrating WITH (FORCE)")
    connection.execute("CREATE DATABASE migrating")
    migrate(url)
    connection.execute("ALTER DATABASE migrating RENAME TO migrated")


@pytest.fixture(scope="session")
def settings(servers: tuple[str, str], database_url: str, worker_number: int, tmp_path_factory: Any) -> Settings:
    """Demo settings with random secrets. Nothing listens at its provider address; tests that send give another."""
    return load_settings(
        SECRETS
        | {
            "DEMO": "1",
            "DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "DATABASE_URL": database_url,
            "REDIS_URL": f"{servers[1]}?db={worker_number}",
            "CALLBACK_TOKENS": TOKEN,
            "PUBLIC_URL": "http://127.0.0.1:8000",
            "AFRICASTALKING_USERNAME": "sandbox",
            "AFRICASTALKING_API_KEY": API_KEY,
            "AFRICASTALKING_BASE_URL": "http://127.0.0.1:9",
            "SERVICE_CODE": "*384*123#",
            "SHORT_CODE": "22123",
            "SMS_PER_SECOND": "1000",
        }
    )


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """An engine of the tests' own on this worker's database; use `db` where the test writes."""
    from gateway.db import make_engine

    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def db(engine: Engine) -> Iterator[Engine]:
    """The engine; every table is empty again after the test, and every number begins anew."""
    yield engine
    with engine.begin() as connection:
        empty(connection)


def empty(connection: Connection) -> None:
    """Forget every row. To delete the few of a test takes a fiftieth of the time in which PostgreSQL makes the files of
    all tables and indexes anew; what is deleted leaves its place behind, though, so now and then it does."""
    sizes: dict[str, int] = dict(connection.execute(text(SIZES)).all())
    if sum(sizes.values()) > BLOATED:
        connection.execute(text(f"TRUNCATE {', '.join(sizes)} RESTART IDENTITY CASCADE"))
        return
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for name in (name for name, size in sizes.items() if size):
        connection.execute(text(f"DELETE FROM {name}"))
    connection.execute(text(RESTART))


@pytest.fixture
def redis_url(settings: Settings) -> Iterator[str]:
    """This worker's own Redis database; empty again after the test."""
    yield settings.redis_url
    with redis.Redis.from_url(settings.redis_url) as connection:
        connection.flushdb()


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The whole web side, as in production."""
    from gateway import create_app

    app = create_app(settings)
    yield app
    app.extensions["sikiza"].close()


@pytest.fixture
def client(app: Flask, db: Engine, redis_url: str) -> FlaskClient:
    """A browser, or Africa's Talking, on an empty database."""
    return app.test_client()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Africa's Talking as a small server on loopback."""
    with Provider() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """What hashes passwords where people sign in; in the tests one does that takes no time: see `slow_hashes`."""
    with pytest.MonkeyPatch.context() as patch:
        real = passwords._HASHER
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield real


@pytest.fixture
def slow_hashes(real_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords are hashed as where people sign in."""
    monkeypatch.setattr(passwords, "_HASHER", real_hasher)
    passwords.hash_of_nobody.cache_clear()
    yield
    passwords.hash_of_nobody.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Python's sockets reach this machine only."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _only_here(getattr(socket.socket, name)))
        yield


def _only_here(connect: Any) -> Any:
    def checked(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not _is_here(str(address[0])):
            self.close()
            raise AssertionError("a test tried to reach another machine")
        return connect(self, address)

    return checked


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True)
def logged() -> Iterator[io.StringIO]:
    """What this process logged, one JSON object a line; a test fails that lets something private out.

    A test that provokes a refused value on purpose reads the lines and empties them with `truncate(0)`.
    """
    stream = io.StringIO()
    configure_logging()
    handler = event_handler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)
    problems = [problem for line in stream.getvalue().splitlines() for problem in private_parts(line)]
    assert not problems, f"logged: {problems}"


def private_parts(line: str) -> list[str]:
    """What must not stand in a log line: numbers, secrets, words, and values that were refused."""
    found = list(PHONE.findall(line))
    found += [secret for secret in (TOKEN, API_KEY, *SECRETS.values()) if secret in line]
    for name, value in json.loads(line.strip("\0")).items():
        parts = value if isinstance(value, list) else [value]
        found += [f"{name}={part}" for part in parts if part == REFUSED or (isinstance(part, str) and " " in part)]
    return found
