"""A demo of the tests' own: started with the one command, as a user does, and stopped without a trace."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import LiteralString, Self

import psutil
import psycopg
from dotenv import dotenv_values
from psycopg import sql
from psycopg.errors import LockNotAvailable

from config.settings import DEMO_FILE, PROJECT, Settings

COMMAND = (sys.executable, "-m", "workers.run")
READY_LIMIT = 120.0
"""Seconds. It takes about five; two of them may start at once on two cores, beside other tests."""
STOP_LIMIT = 60.0
COMMAND_LIMIT = 120.0
KEPT = {"alembic_version", "officer", "post"}
"""Tables that `empty` leaves alone: the schema's version and the demo accounts."""


def environment(**given: str) -> dict[str, str]:
    """This process's environment without Sikiza's settings, and `given`."""
    ours = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name not in ours} | given


def spare_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Demo:
    """`with Demo() as demo:` starts everything on a folder and a port of its own, and waits until it is ready.

    `url` is its address, `said` what it printed. Leaving fails when anything of it still runs.
    """

    def __init__(self, **settings: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sikiza-browser-"))
        port = str(spare_port())
        self.url = f"http://127.0.0.1:{port}"
        self._environ = environment(DEMO="1", DATA_DIR=str(self._folder / "data"), PORT=port, **settings)

    def __enter__(self) -> Self:
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                COMMAND, cwd=PROJECT, env=self._environ, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        family = psutil.Process(self._process.pid).children(recursive=True)
        status = self._stop()
        left = psutil.wait_procs(family, timeout=5)[1]
        assert (status, left) == (0, [])

    @property
    def said(self) -> str:
        """Everything that was printed so far: by the command, and the log lines of all processes."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def flask(self, *arguments: str) -> str:
        """Run a `flask` command as in a second terminal; what it printed."""
        environ = environment(DATA_DIR=self._environ["DATA_DIR"])
        done = subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=COMMAND_LIMIT,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def empty(self) -> None:
        """Forget every case, message and resident."""
        deadline = time.monotonic() + COMMAND_LIMIT
        while not self._truncate():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def change(self, statement: LiteralString) -> int:
        """Change rows behind everybody's back, such as a day that has passed; how many."""
        with psycopg.connect(self._database) as connection:
            return connection.execute(statement).rowcount

    def _truncate(self) -> bool:
        """False where something is being written: who waits for one table while holding another makes a deadlock."""
        with psycopg.connect(self._database) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            names = sorted({name for (name,) in found} - KEPT)
            tables = sql.SQL(", ").join(sql.Identifier(name) for name in names)
            try:
                connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE NOWAIT").format(tables))
            except LockNotAvailable:
                return False
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
        return True

    @property
    def _database(self) -> str:
        written = dotenv_values(Path(self._environ["DATA_DIR"]) / DEMO_FILE)
        return (written["DATABASE_URL"] or "").replace("+psycopg", "")

    @property
    def _output(self) -> Path:
        return self._folder / "output"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_LIMIT
        while f"ready {self.url}\n" not in self.said:
            assert self._process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)

    def _stop(self) -> int:
        self._process.terminate()
        status = self._process.wait(STOP_LIMIT)
        shutil.rmtree(self._folder)
        return status
