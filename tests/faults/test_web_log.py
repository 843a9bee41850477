"""What the web server itself writes: JSON lines and nothing else, however the database fails while somebody dials."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, text

from config.settings import PROJECT, Settings
from gateway.installation import Installation
from tests.callbacks.conftest import dead_port
from tests.conftest import TOKEN, private_parts
from tests.faults.processes import environment, until

__all__ = ["dead_port"]

WORDS = "Hakuna maji kisimani"
NUMBER = "+254712345601"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@contextmanager
def served(environ: dict[str, str], output: Path) -> Iterator[int]:
    """The callbacks as the runbook starts them, writing both of their outputs to a file; gives the port."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    where = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    how = ["--workers", "1", "--blocking-threads", "1", "--no-ws", "--log-level", "warning"]
    with output.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "granian", *where, *how, "wsgi:app"],
            cwd=PROJECT, env=environ, stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        until(lambda: is_up(port))
        yield port
    finally:
        process.terminate()
        process.wait(20)


def is_up(port: int) -> bool:
    try:
        return ask(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def ask(port: int, method: str, path: str, body: Any = None, *, chunked: bool = False) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, FORM if body is not None else {}, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def hop(port: int, typed: str) -> bytes:
    fields = {"phoneNumber": NUMBER, "serviceCode": "*384*123#", "text": typed, "sessionId": "ATUid_1"}
    status, answer = ask(port, "POST", f"/callbacks/{TOKEN}/ussd", urlencode(fields))
    assert status == 200
    return answer


def events(output: Path) -> list[str]:
    """The names of the events in what was written, when every line is one and nothing private stands in any."""
    lines = output.read_text().splitlines()
    said = "\n".join(lines)
    assert [private for line in lines for private in private_parts(line)] == []
    assert [word for word in (*WORDS.split(), NUMBER.lstrip("+"), TOKEN) if word in said] == []
    assert not re.search(r"parameters|INSERT|DETAIL", said)
    return [json.loads(line)["event"] for line in lines]


def test_with_the_database_away_the_web_server_writes_json_lines_and_nothing_private(
    settings: Settings, dead_port: int, redis_url: str, tmp_path: Path
) -> None:
    environ = environment(settings, "http://127.0.0.1:9") | {
        "DATABASE_URL": f"postgresql://nobody@127.0.0.1:{dead_port}/none"
    }
    with served(environ, tmp_path / "said") as port:
        assert hop(port, f"1*4*6*{WORDS}").startswith(b"END ")
    assert events(tmp_path / "said") == ["ussd_database_away"]


def test_the_link_of_a_crew_is_in_no_line_also_with_the_database_away(
    settings: Settings, dead_port: int, redis_url: str, tmp_path: Path
) -> None:
    environ = environment(settings, "http://127.0.0.1:9") | {
        "DATABASE_URL": f"postgresql://nobody@127.0.0.1:{dead_port}/none"
    }
    with served(environ, tmp_path / "said") as port:
        assert ask(port, "GET", f"/crew/{TOKEN}")[0] == 500
        assert ask(port, "POST", f"/crew/{TOKEN}", "answer=done")[0] == 500
    assert events(tmp_path / "said") == ["request_failed"] * 2


def test_a_statement_that_fails_is_logged_without_its_words(
    settings: Settings, db: Engine, redis_url: str, tmp_path: Path
) -> None:
    with db.begin() as connection:
        connection.execute(text("ALTER TABLE ussd_session ADD CONSTRAINT spoilt CHECK (cuts = '{}')"))
    try:
        with served(environment(settings, "http://127.0.0.1:9"), tmp_path / "said") as port:
            assert hop(port, f"1*4*6*{WORDS}").startswith(b"END ")
    finally:
        with db.begin() as connection:
            connection.execute(text("ALTER TABLE ussd_session DROP CONSTRAINT spoilt"))
    assert events(tmp_path / "said") == ["ussd_database_away"]


def test_a_text_sent_in_chunks_is_read_and_a_long_one_is_kept_up_to_its_bound(
    settings: Settings, db: Engine, redis_url: str, app: Any, tmp_path: Path
) -> None:
    vault = installation_of(app).office.vault
    path = f"/callbacks/{TOKEN}/sms"
    right = urlencode({"id": "sms-1", "from": NUMBER, "to": "22123", "text": WORDS}).encode()
    with served(environment(settings, "http://127.0.0.1:9"), tmp_path / "said") as port:
        for body in (right, b"text=" + b"maji" * 50_000):
            parts = [body[:30], body[30:]]
            assert ask(port, "POST", path, iter(parts), chunked=True) == (200, b"")
        assert ask(port, "POST", path, None) == (200, b"")
    with db.connect() as connection:
        kept = connection.execute(text("SELECT status, why, text_sealed FROM incoming_sms ORDER BY id")).all()
    assert [(row.status, row.why, vault.open(bytes(row.text_sealed))) for row in kept] == [
        ("stored", None, WORDS), ("quarantined", "cannot be read", ("text=" + "maji" * 1000)[:4000]),
    ]  # fmt: skip
    assert events(tmp_path / "said") == ["sms_not_understood", "sms_not_understood"]


def installation_of(app: Any) -> Installation:
    found: Installation = app.extensions["sikiza"]
    return found


@pytest.fixture(autouse=True)
def _nothing_in_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
