"""The lock of a DATA_DIR: one supervisor at a time, found by its id and never by what an earlier one left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config.running import running_on, take_lock
from config.settings import PROJECT

SECOND = """
import sys
from pathlib import Path
from config.running import take_lock
sys.exit(take_lock(Path(sys.argv[1])) is None)
"""


def refused_elsewhere(folder: Path) -> bool:
    """Whether another process is refused the lock."""
    command = [sys.executable, "-c", SECOND, str(folder)]
    return subprocess.run(command, cwd=PROJECT, timeout=30, check=False).returncode == 1


def test_nobody_runs_where_nothing_was_ever_started(tmp_path: Path) -> None:
    assert running_on(tmp_path) is None


def test_who_holds_the_lock_is_found_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    lock = take_lock(tmp_path)
    assert lock
    with lock:
        assert running_on(tmp_path) == os.getpid()
        assert refused_elsewhere(tmp_path)
        assert running_on(tmp_path) == os.getpid()


def test_an_id_that_was_left_behind_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1\n")

    assert running_on(tmp_path) is None
    assert not refused_elsewhere(tmp_path)
    assert (running_on(tmp_path), (tmp_path / "lock").read_text() != "1\n") == (None, True)


def test_a_supervisor_that_writes_no_id_cannot_be_asked(tmp_path: Path) -> None:
    lock = take_lock(tmp_path)
    assert lock
    with lock:
        lock.truncate(0)
        assert running_on(tmp_path) is None
