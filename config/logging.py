"""Log lines as JSON on standard error: an event name and ids, never a number, a text or a token.

Messages of libraries may hold anything (an SQL parameter, an address with a token), so of them only the logger, the
level, the place and the classes of exceptions are written. What happened is told by our own events.
"""

from __future__ import annotations

import json
import logging
import math
import re
import secrets
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

REFUSED = "?"

_PROJECT = Path(__file__).resolve().parent.parent
_FRAMES = 12
_OURS = logging.getLogger("sikiza")
_LOUD = ("_granian", "granian.access", "rq.worker", "rq.job", "werkzeug", "alembic", "sqlalchemy")
_SIMPLE = re.compile(r"[a-z0-9_:.-]{1,64}")
# Ids and references are shorter than this; what is longer may be a phone number.
_LONG_NUMBER = re.compile(r"(?<![a-z0-9])[0-9]{9,}(?![a-z0-9])")

Value = str | int | float | bool | None


def configure_logging(stream: TextIO | None = None) -> None:
    """Send every log record of this process to `stream` (default: standard error), one JSON object a line.

    Events of ours from INFO, libraries from WARNING. Uncaught exceptions become events too. May be called again.
    """
    # The logging module would print a failing record's arguments to standard error.
    logging.raiseExceptions = False
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if handler.get_name() == _OURS.name]:
        root.removeHandler(handler)
    chosen = event_handler(stream or sys.stderr)
    chosen.set_name(_OURS.name)
    root.addHandler(chosen)
    root.setLevel(logging.WARNING)
    _OURS.setLevel(logging.INFO)
    # Some libraries bring a handler of their own that writes the whole message.
    for name in _LOUD:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.captureWarnings(True)
    _hook_uncaught()


def event_handler(stream: TextIO) -> logging.Handler:
    """A handler that writes what configure_logging promises to `stream`, and nothing else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_EventFormatter())
    handler.addFilter(lambda record: record.name == _OURS.name or record.levelno >= logging.WARNING)
    return handler


def log_event(event: str, **ids: object) -> None:
    """Write one event. Only ids, numbers and words of a fixed list belong here; anything else is written as `?`."""
    _OURS.info(event, extra={"ids": {name: _allowed(value) for name, value in ids.items()}})


def log_failure(event: str, error: BaseException, **ids: object) -> str:
    """Write one failure with the classes and frames of `error`, not its message; return the random id to show."""
    error_id = f"e{secrets.token_hex(6)}"
    shown = {name: _allowed(value) for name, value in ids.items()} | {"error": error_id}
    _OURS.error(event, extra={"ids": shown}, exc_info=error)
    return error_id


def _allowed(value: object) -> Value:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**8 else REFUSED
    if isinstance(value, float):
        return value if math.isfinite(value) and abs(value) < 10**8 else REFUSED
    if isinstance(value, str) and _SIMPLE.fullmatch(value) and not _LONG_NUMBER.search(value):
        return str(value)
    return REFUSED


class _EventFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {"at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")}
        line["level"] = record.levelname.lower()
        if record.name == _OURS.name:
            line["event"] = _allowed(record.msg)
            line |= {name: value for name, value in getattr(record, "ids", {}).items() if name not in line}
        else:
            line |= {"event": "library", "logger": record.name, "where": f"{record.filename}:{record.lineno}"}
        if record.exc_info and record.exc_info[1]:
            line["exceptions"] = [type(error).__qualname__ for error in _chain(record.exc_info[1])]
            line["frames"] = _frames(record.exc_info[1])
        return json.dumps(line)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from, as a traceback would show them; at most five."""
    current: BaseException | None = error
    for _ in range(5):
        if current is None:
            return
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _frames(error: BaseException) -> list[str]:
    """`file:line:function` of the last frames, the innermost last; files of ours relative to the project."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{_shown(Path(frame.filename))}:{frame.lineno}:{frame.name}" for frame in frames]


def _shown(file: Path) -> str:
    if "site-packages" in file.parts:
        return "/".join(file.parts[file.parts.index("site-packages") + 1 :])
    return str(file.relative_to(_PROJECT)) if file.is_relative_to(_PROJECT) else file.name


def _hook_uncaught() -> None:
    """Uncaught exceptions become events, where nobody else watches for them (a test runner does)."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _log_uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_uncaught_in_thread


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log_failure("uncaught", error)


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        log_failure("uncaught_in_thread", args.exc_value)
