"""The one supervisor that may run on a DATA_DIR: the lock that it holds, and how to ask it for a reload."""

from __future__ import annotations

import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import IO

RELOAD = signal.SIGUSR1
"""Asks the supervisor, and by it every web process, to take up the county and the menu as the files are now.

Not HUP, which means a closed terminal.
"""


def take_lock(data_dir: Path) -> IO[str] | None:
    """The lock, with this process's id in it, held until it is closed; None where another process holds it."""
    lock = _file(data_dir).open("a+")
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        return lock
    lock.close()
    return None


def running_on(data_dir: Path) -> int | None:
    """The id of the process that holds the lock; None where nobody does, whatever was left in the file."""
    with suppress(FileNotFoundError), _file(data_dir).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            written = lock.readline()
            return int(written) if written.endswith("\n") else None
    return None


def _file(data_dir: Path) -> Path:
    return data_dir / "lock"
