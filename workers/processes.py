"""Child processes that never outlive us: each in a group of its own, ended politely first."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

STOP_LIMIT = 10.0  # seconds between asking a process to end and killing it
_PR_SET_PDEATHSIG = 1


def spawn(
    command: Sequence[str],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    output: Path | None = None,
    user: str | None = None,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that gets `death_signal` when we die, however we die (Linux only).

    `output`: a file for both its streams, appended to; default: ours. `user`: whom to run it as, when we are root.
    """
    stream = output.open("ab") if output else None
    try:
        return subprocess.Popen(  # noqa: S603 - the commands are ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT if stream else None,
            cwd=cwd,
            env=environ,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            process_group=0,
            preexec_fn=_die_with_parent(death_signal),
        )
    finally:
        if stream:
            stream.close()


def end(process: subprocess.Popen[bytes], polite: signal.Signals = signal.SIGTERM) -> None:
    """Ask the process to end, wait STOP_LIMIT seconds, then kill whatever is left of its group."""
    if process.poll() is None:
        process.send_signal(polite)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_LIMIT)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_LIMIT)


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel
