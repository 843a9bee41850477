"""The supervisor: what ends is started again, ever more slowly, and nothing stays behind."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.running import RELOAD
from config.settings import Settings
from workers import supervisor as module
from workers.processes import end, spawn
from workers.services import ServiceError
from workers.supervisor import Part, Refused, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); time.sleep(60)",
]
SERVER = [
    sys.executable,
    "-c",
    """
import os, signal, sys, time
from pathlib import Path
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
if os.fork():
    time.sleep(60)
Path(sys.argv[1]).touch()
signal.sigwait([signal.SIGUSR1])
Path(sys.argv[2]).touch()
""",
]
"""As granian: its child is what serves."""


def started(command: list[str]) -> Callable[[], Any]:
    return lambda: spawn(command)


def until(true: Callable[[], bool], limit: float = 10.0) -> bool:
    deadline = time.monotonic() + limit
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


def test_a_part_that_was_killed_is_started_again_and_the_log_says_so(logged: io.StringIO) -> None:
    watched = Supervisor(dict(os.environ))
    start = started(SLEEP)
    part = Part("sleeper", start, start())
    watched.services.append(part)
    assert part.process
    first = part.process.pid
    part.process.kill()
    part.process.wait(10)

    watched.restart_ended()

    assert part.process.pid != first
    assert not part.ended
    watched.stop()
    assert part.ended
    [line] = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert (line["event"], line["part"], line["status"]) == ("part_ended", "sleeper", -signal.SIGKILL)


def test_a_part_that_keeps_dying_is_started_ever_more_slowly() -> None:
    pauses = []
    watched = Supervisor(dict(os.environ))
    start = started([sys.executable, "-c", ""])
    part = Part("mayfly", start, start())
    watched.services.append(part)
    for _ in range(8):
        assert until(lambda: part.ended)
        part.started -= part.pause  # as if the pause were over
        watched.restart_ended()
        pauses.append(part.pause)
    watched.stop()

    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_within_its_pause_a_part_is_left_alone() -> None:
    part = Part("mayfly", started([sys.executable, "-c", ""]), pause=30.0)
    part.run()
    assert part.process
    first = part.process.pid
    part.process.wait(10)

    Supervisor({}, services=[part]).restart_ended()

    assert part.process.pid == first


def test_a_service_that_does_not_start_is_tried_again_later(logged: io.StringIO) -> None:
    def fails() -> Any:
        raise ServiceError("PostgreSQL did not start")

    part = Part("postgres", fails)
    Supervisor({}, services=[part]).restart_ended()

    assert (part.process, part.pause) == (None, 1.0)
    assert '"part_not_started"' in logged.getvalue()


def test_a_reload_in_place_reaches_what_serves_and_ends_nothing(tmp_path: Path) -> None:
    up, reloaded = tmp_path / "up", tmp_path / "reloaded"
    part = Part("web", started([*SERVER, str(up), str(reloaded)]), on_reload=RELOAD)
    part.run()
    assert until(up.exists)

    part.reload()

    assert until(reloaded.exists)
    assert not part.ended
    Supervisor({}, parts=[part]).stop()


def test_a_part_that_ends_for_a_reload_is_started_again_without_a_pause() -> None:
    part = Part("sweeper", started(SLEEP), pause=30.0, on_reload=signal.SIGTERM)
    part.run()
    assert part.process
    first = part.process.pid
    watched = Supervisor({}, parts=[part])

    part.reload()

    assert until(lambda: part.ended)
    watched.restart_ended()
    assert (part.process.pid != first, part.ended) == (True, False)
    watched.stop()


def test_a_mistake_refuses_a_reload_tells_it_and_touches_nothing(
    tmp_path: Path, logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    ours = {name.upper() for name in Settings.model_fields}
    environ = {name: value for name, value in os.environ.items() if name not in ours}
    part = Part("sweeper", started(SLEEP), on_reload=signal.SIGTERM)
    part.run()
    watched = Supervisor(environ | {"COUNTY": str(tmp_path / "nowhere"), "DATA_DIR": str(tmp_path)}, parts=[part])

    watched.reload()

    assert [json.loads(line)["event"] for line in logged.getvalue().splitlines()] == ["reload_refused"]
    assert "nowhere:1: there is no such county folder" in capfd.readouterr().err
    assert not part.ended
    watched.stop()


def test_a_process_that_ignores_term_is_killed_with_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.processes.STOP_LIMIT", 0.5)
    process = spawn(STUBBORN)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    assert until(lambda: bool(children.read_text()))
    child = int(children.read_text())

    end(process)

    assert process.returncode == -signal.SIGKILL
    assert until(lambda: not is_running(child))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_command_gives_what_it_printed_and_a_failing_one_refuses() -> None:
    watched = Supervisor(dict(os.environ))
    assert watched.command("-c", "print('ward-1014')") == "ward-1014\n"
    with pytest.raises(Refused, match="the reason stands above"):
        watched.command("-c", "raise SystemExit(3)")


def test_a_command_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMAND_LIMIT", 0.3)
    with pytest.raises(Refused, match="took longer"):
        Supervisor(dict(os.environ)).command("-c", "import time; time.sleep(60)")
