"""The one command: the demo comes up, says so, heals, and leaves nothing behind; real use has no defaults."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from config.running import running_on
from config.settings import PROJECT, Settings

COMMAND = [sys.executable, "-m", "workers.run"]
ROLES = (
    "ward-1014", "sub-county-202", "department-water", "chief-water", "secretary", "ombudsman", "hotline", "county",
    "auditor",
)  # fmt: skip


def environment(**given: str) -> dict[str, str]:
    ours = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name not in ours} | given


def spare_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def named(root: psutil.Process, part: str) -> list[psutil.Process]:
    """The direct children of the supervisor whose command line holds `part`; one that just ended has none."""
    found = []
    for child in root.children():
        with suppress(psutil.NoSuchProcess):  # a zombie is a kind of it
            found += [child] if part in " ".join(child.cmdline()) else []
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sikiza-"))
    yield path
    shutil.rmtree(path)


def refused(**given: str) -> str:
    done = subprocess.run(COMMAND, cwd=PROJECT, env=environment(**given), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_real_use_without_settings_refuses_and_lists_every_one(folder: Path) -> None:
    told = refused(DATA_DIR=str(folder))

    for name in ("DATABASE_URL", "SECRET_KEY", "PHONE_KEYS", "PHONE_HASH_KEY", "CALLBACK_TOKENS", "SHORT_CODE"):
        assert f"{name} is missing" in told
    assert "REDIS_URL" not in told
    assert list(folder.iterdir()) == []


def test_a_port_in_use_is_said_plainly(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused(DEMO="1", DATA_DIR=str(folder), PORT=str(port))

    assert told == f"port {port} is in use: stop what listens there, or choose another, as in PORT=8001\n"


def test_a_wrong_setting_of_the_demo_is_said_plainly(folder: Path) -> None:
    told = refused(DEMO="1", DATA_DIR=str(folder), PORT="eighty", RESIDENT_PAYS="calls")

    assert "PORT is not right" in told
    assert "RESIDENT_PAYS is not right" in told


def test_the_demo_comes_up_heals_and_stops_without_a_trace(folder: Path) -> None:
    port = spare_port()
    demo = subprocess.Popen(
        COMMAND, cwd=PROJECT, env=environment(DEMO="1", DATA_DIR=str(folder), PORT=str(port)),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert demo.stdout
    try:
        lines = iter(demo.stdout.readline, "")
        assert f"ready http://127.0.0.1:{port}\n" in lines
        accounts = [demo.stdout.readline() for _ in ROLES]
        assert [role for role in ROLES if f"{role}@demo.example" not in "".join(accounts)] == []
        assert status(port, "/healthz") == 200
        root = psutil.Process(demo.pid)
        assert second_start(folder) == f"Sikiza already runs on {folder}: stop it, or set DATA_DIR to another folder\n"
        assert running_on(folder) == demo.pid
        for part in ("workers.sweep", "redis-server", "granian"):
            assert heals(root, part)
        assert until_ready(port)
        family = root.children(recursive=True)
    finally:
        demo.terminate()
        demo.wait(30)
        demo.stdout.close()

    assert demo.returncode == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []


def second_start(folder: Path) -> str:
    return refused(DEMO="1", DATA_DIR=str(folder), PORT=str(spare_port()))


def heals(root: psutil.Process, part: str) -> bool:
    """Kill the part and wait for another."""
    [old] = named(root, part)
    old.kill()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if [new for new in named(root, part) if new.pid != old.pid]:
            return True
        time.sleep(0.1)
    return False


def until_ready(port: int) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if status(port, "/readyz") == 200:
            return True
        time.sleep(0.1)
    return False


def test_when_the_supervisor_is_killed_nothing_stays_behind(folder: Path) -> None:
    port = spare_port()
    demo = subprocess.Popen(
        COMMAND, cwd=PROJECT, env=environment(DEMO="1", DATA_DIR=str(folder), PORT=str(port)),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert demo.stdout
    assert f"ready http://127.0.0.1:{port}\n" in iter(demo.stdout.readline, "")
    family = psutil.Process(demo.pid).children(recursive=True)
    demo.send_signal(signal.SIGKILL)
    demo.wait(10)
    demo.stdout.close()

    assert psutil.wait_procs(family, timeout=20)[1] == []
