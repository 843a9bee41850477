"""The PostgreSQL and the Redis of the demo: they start anywhere, keep what they should, and never outlive us."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config.settings import PROJECT
from workers.services import Postgres, ServiceError, start_postgres, start_redis

SUPERVISED = """
import sys, time
from pathlib import Path
from workers.services import start_postgres, start_redis
folder = Path(sys.argv[1])
postgres = start_postgres(folder / "postgres", durable=False)
print(postgres.process.pid, start_redis(folder / "redis").process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Outside pytest's own folder, whose permissions PostgreSQL's user could not pass as root."""
    path = Path(tempfile.mkdtemp(prefix="sikiza-"))
    yield path
    shutil.rmtree(path)


def connect(postgres: Postgres) -> psycopg.Connection[tuple[str, ...]]:
    return psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True)


def gone(pid: int, limit: float = 15.0) -> bool:
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_postgres_speaks_utf8_and_keeps_its_rows_when_killed(folder: Path) -> None:
    first = start_postgres(folder / "postgres")
    with connect(first) as connection:
        shown = connection.execute("SELECT current_setting('server_encoding'), lower('ÄÉ'), current_setting('jit')")
        assert shown.fetchone() == ("UTF8", "äé", "off")
        connection.execute("CREATE TABLE kept AS SELECT 'maji' AS word")
    os.killpg(first.process.pid, signal.SIGKILL)
    first.process.wait(10)

    second = start_postgres(folder / "postgres")
    with connect(second) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("maji",)
    second.stop()
    assert (first.url, second.process.poll()) == (second.url, 0)


def test_a_path_too_long_for_a_socket_still_works(folder: Path) -> None:
    deep = folder / ("deep" * 30)
    postgres, store = start_postgres(deep / "postgres", durable=False), start_redis(deep / "redis")
    try:
        with connect(postgres) as connection, redis.Redis.from_url(store.url) as client:
            assert connection.execute("SELECT 'here'").fetchone() == ("here",)
            assert client.ping()
    finally:
        for service in (postgres, store):
            service.stop()
            socket_folder = Path(service.url.split("host=")[-1].removeprefix("unix://").removesuffix("/redis.sock"))
            shutil.rmtree(socket_folder)


def test_redis_keeps_nothing_and_evicts_only_what_expires(folder: Path) -> None:
    first = start_redis(folder / "redis")
    with redis.Redis.from_url(first.url) as client:
        client.set("bell", 1)
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-lru"}
        assert client.config_get("port") == {"port": "0"}
    first.stop()
    second = start_redis(folder / "redis")
    with redis.Redis.from_url(second.url) as client:
        assert client.get("bell") is None
    second.stop()
    assert {path.name for path in (folder / "redis").iterdir()} == {"log"}


def test_the_redis_of_the_python_package_serves_where_the_machine_has_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    if sys.version_info >= (3, 13):
        with pytest.raises(ServiceError, match="apt-get install redis-server"):
            start_redis(folder / "redis")
        return
    store = start_redis(folder / "redis")
    with redis.Redis.from_url(f"{store.url}?db=3") as client:
        assert client.ping()
    store.stop()


def test_both_end_when_the_process_that_started_them_is_killed(folder: Path) -> None:
    command = [sys.executable, "-c", SUPERVISED, str(folder)]
    parent = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait(10)
    parent.stdout.close()

    assert [gone(pid) for pid in pids] == [True, True]


def test_a_server_that_was_left_behind_is_ended_first(folder: Path) -> None:
    left = start_postgres(folder / "postgres")
    again = start_postgres(folder / "postgres")
    try:
        assert (left.process.wait(10), again.process.poll()) == (0, None)
    finally:
        again.stop()


def test_a_number_that_another_program_has_by_now_is_no_server(folder: Path) -> None:
    first = start_postgres(folder / "postgres")
    pid_file = folder / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.killpg(first.process.pid, signal.SIGKILL)
    first.process.wait(10)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    start_postgres(folder / "postgres").stop()


def test_a_start_that_was_cut_off_half_way_is_repeated(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")

    postgres = start_postgres(folder / "postgres", durable=False)
    postgres.stop()

    assert [path.name for path in folder.iterdir()] == ["postgres"]


def test_a_folder_that_holds_something_else_is_left_alone(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "letter.txt").write_text("keep me")

    with pytest.raises(ServiceError, match="not PostgreSQL's"):
        start_postgres(folder / "postgres")
    assert (folder / "postgres" / "letter.txt").read_text() == "keep me"


def test_a_service_that_cannot_start_says_where_to_look(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServiceError, match="the reason stands at the end of"):
        start_postgres(folder / "postgres")
