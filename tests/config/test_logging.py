"""Log lines: our events with ids, libraries without their words, nothing private on any way out."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from enum import StrEnum
from typing import Any

import pytest

from config.logging import configure_logging, event_handler, log_event, log_failure
from config.settings import PROJECT

NUMBER = "+254712345678"


class Colour(StrEnum):
    RED = "red"


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in stream.getvalue().strip("\0").splitlines()]
    stream.truncate(0)
    return found


def test_an_event_is_one_json_line_with_its_ids(logged: io.StringIO) -> None:
    log_event("case_filed", case=12, reference="48210937", channel=Colour.RED, seconds=0.25, late=False, officer=None)

    [line] = lines(logged)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info", "event": "case_filed", "case": 12, "reference": "48210937", "channel": "red",
        "seconds": 0.25, "late": False, "officer": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        NUMBER, "254712345678", "0712345678", "phone:0712345678", 254712345678, 7.12345678e11, float("nan"),
        "Maji hayatoki", "maji hayatoki", "x" * 65, "nüll", "", "two\nlines", b"bytes", ["list"], object(),
    ],
)  # fmt: skip
def test_a_value_that_could_be_private_is_written_as_a_question_mark(logged: io.StringIO, value: object) -> None:
    log_event("case_filed", case=value)

    assert lines(logged)[0]["case"] == "?"


def test_ids_never_replace_what_the_line_itself_says(logged: io.StringIO) -> None:
    log_event("case_filed", level="x", at="x")

    [line] = lines(logged)
    assert (line["level"], line["event"]) == ("info", "case_filed")
    assert line["at"] != "x"


def test_a_failure_tells_classes_and_places_but_no_message(logged: io.StringIO) -> None:
    try:
        try:
            int(NUMBER + "x")
        except ValueError as error:
            raise RuntimeError(f"for {NUMBER}") from error
    except RuntimeError as error:
        error_id = log_failure("hop_failed", error, case=3)

    [line] = lines(logged)
    assert (line["level"], line["event"], line["case"], line["error"]) == ("error", "hop_failed", 3, error_id)
    assert line["exceptions"] == ["RuntimeError", "ValueError"]
    assert line["frames"][-1].startswith("tests/config/test_logging.py:")
    assert "12345678" not in json.dumps(line)


def test_a_library_tells_its_name_and_place_only(logged: io.StringIO) -> None:
    log = logging.getLogger("urllib3.connectionpool")
    log.info("GET /inbox?to=%s", NUMBER)
    log.warning("Retrying %s", NUMBER)
    log.error("bad arguments %d %d", NUMBER)
    logging.getLogger("rq.worker").setLevel(logging.INFO)
    logging.getLogger("rq.worker").info("job %s", NUMBER)

    first, second = lines(logged)
    assert first["logger"] == second["logger"] == "urllib3.connectionpool"
    assert (first["event"], first["level"], second["level"]) == ("library", "warning", "error")
    assert first["where"].startswith("test_logging.py:")
    assert set(first) == {"at", "level", "event", "logger", "where"}


def test_configuring_twice_writes_each_line_once() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    configure_logging(stream)
    log_event("once")
    configure_logging()

    assert len(stream.getvalue().splitlines()) == 1


def test_a_handler_of_its_own_gets_the_same_lines() -> None:
    stream = io.StringIO()
    handler = event_handler(stream)
    handler.handle(logging.LogRecord("psycopg", logging.ERROR, __file__, 1, "lost %s", (NUMBER,), None))

    assert "12345678" not in stream.getvalue()


@pytest.mark.parametrize(
    "death",
    [
        f"raise ValueError('{NUMBER}')",
        f"import threading; t = threading.Thread(target=lambda: int('{NUMBER}x')); t.start(); t.join()",
        f"import warnings; warnings.warn('{NUMBER}')",
    ],
)
def test_a_process_that_dies_shows_no_number(death: str) -> None:
    program = f"from config.logging import configure_logging; configure_logging(); {death}"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=30)

    assert "12345678" not in done.stdout + done.stderr
    assert json.loads(done.stderr)["event"] in ("uncaught", "uncaught_in_thread", "library")
