"""The processes of one machine: started in order, restarted when they end, stopped in the opposite order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from config.logging import log_event, log_failure
from config.running import RELOAD
from config.settings import PROJECT
from workers.processes import end, spawn
from workers.services import ServiceError

COMMAND_LIMIT = 120.0  # seconds for the schema, the accounts or the proof
LONGEST_PAUSE = 30.0  # seconds between two restarts of a part that keeps dying
STEADY = 60.0  # seconds after which a part counts as healthy again
_POLL = 0.2


class Refused(Exception):
    """Sikiza cannot start here; the text tells why in plain words."""


@dataclass
class Part:
    """One long-running process and how to start it again.

    `on_reload`: what asks it to take up changed files. RELOAD does so in place; TERM ends it after what it is doing.
    """

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    on_reload: signal.Signals | None = None

    def run(self) -> None:
        self.process, self.started = self.start(), time.monotonic()

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def reload(self) -> None:
        """Pass the request on to the whole group: what serves is a child of granian."""
        if self.process and self.on_reload and not self.ended:
            os.killpg(self.process.pid, self.on_reload)
            self.pause = 0.0  # what ends for it is started again at once


@dataclass
class Supervisor:
    """What runs, in the order of its start: `services` (PostgreSQL, Redis) before the `parts` that need them."""

    environ: dict[str, str]
    services: list[Part] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def add_module(self, name: str, module: str, *arguments: str, on_reload: signal.Signals | None = None) -> None:
        command = [sys.executable, "-m", module, *arguments]
        part = Part(name, lambda: spawn(command, cwd=PROJECT, environ=self.environ), on_reload=on_reload)
        self.parts.append(part)
        part.run()

    def command(self, *arguments: str, purpose: str = "preparing the database") -> str:
        """Run a Python command to its end and return what it printed. Raises Refused, which names the `purpose`."""
        try:
            done = subprocess.run(  # noqa: S603 - the commands are ours
                [sys.executable, *arguments],
                cwd=PROJECT,
                env=self.environ,
                stdout=subprocess.PIPE,
                text=True,
                timeout=COMMAND_LIMIT,
            )
        except subprocess.TimeoutExpired:
            raise Refused(f"{purpose} took longer than {COMMAND_LIMIT:.0f} seconds") from None
        if done.returncode:
            raise Refused(f"{purpose} did not work; the reason stands above")
        return done.stdout

    def watch(self) -> None:
        """Restart what ends, for ever, at most every LONGEST_PAUSE seconds. RELOAD is awaited here, so block it."""
        while True:
            self.restart_ended()
            if signal.sigtimedwait([RELOAD], _POLL):
                self.reload()

    def reload(self) -> None:
        """Have the county, the menu and the texts taken up as they are now; with a mistake in them nothing happens."""
        try:
            self.command("-m", "flask", "menus", "check", purpose="proving the menu")
        except Refused:
            log_event("reload_refused")
            return
        log_event("reloading")
        for part in self.parts:
            part.reload()

    def restart_ended(self) -> None:
        """Start again what has ended and had its pause."""
        for part in [part for part in (*self.services, *self.parts) if part.ended]:
            self._restart(part)

    def first_ended(self) -> Part | None:
        return next((part for part in (*self.services, *self.parts) if part.ended), None)

    def stop(self) -> None:
        """Stop everything, services last; each is killed after ten seconds."""
        for part in self.parts:
            if part.process and not part.ended:
                part.process.terminate()
        for part in (*reversed(self.parts), *reversed(self.services)):
            if part.process:
                end(part.process, signal.SIGINT if part.name == "postgres" else signal.SIGTERM)

    @staticmethod
    def _restart(part: Part) -> None:
        now = time.monotonic()
        if now - part.started < part.pause:
            return
        if part.process:
            log_event("part_ended", part=part.name, status=part.process.returncode)
            end(part.process)  # what it left behind may hold its port
        part.pause = 1.0 if now - part.started > STEADY else min(max(1.0, part.pause * 2), LONGEST_PAUSE)
        try:
            part.run()
        except (ServiceError, OSError) as error:
            part.process, part.started = None, now
            log_failure("part_not_started", error, part=part.name)
