"""How fast a hop is: an empty Flask view, a menu hop and the filing hop, from one run of the callback service.

    .venv/bin/python -m bench.hop

Starts PostgreSQL (with fsync), Redis and granian, one blocking thread per worker as in production; measures them in
turn, round by round, and prints requests per second, p99 and the ratio to the empty view, each as the median of the
rounds. Two more views show where the time goes: an empty one with the one round trip to Redis that every menu hop has,
and one that stores a single row.
"""

from __future__ import annotations

import os
import platform
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from config.settings import random_secrets
from gateway.db import migrate
from workers.services import start_postgres, start_redis

TOKEN = "bench-token-0123456789abcdef"
PATH = ("1", "4", "6", "1", "2", "1")
"""Report, Lurambi, Shirere, water, burst pipe, first landmark: the last answer files the case."""
LOOKED_UP = 5
"""The hop with the problem: what is nearby is looked up in PostgreSQL, and kept with the session."""
CONNECTIONS = 4
ROUNDS = 7
EMPTY_REQUESTS = 4000
SESSIONS = 500
AIMS = {"menu": 0.5, "file": 0.1}


@dataclass(frozen=True)
class Measured:
    """One kind of request in one round: requests per second, and the 99th percentile in milliseconds."""

    per_second: float
    p99: float


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as port:
        rounds = [measure(port, number) for number in range(ROUNDS + 1)][1:]
    report(rounds)


@contextmanager
def serve(folder: Path) -> Iterator[int]:
    """The callback service on a free port."""
    postgres, redis = start_postgres(folder / "postgres"), start_redis(folder / "redis")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    (folder / "metrics").mkdir()
    environ = os.environ | random_secrets() | {
        "DEMO": "1", "DATA_DIR": str(folder), "DATABASE_URL": postgres.url, "REDIS_URL": redis.url,
        "CALLBACK_TOKENS": TOKEN, "PUBLIC_URL": f"http://127.0.0.1:{port}", "AFRICASTALKING_USERNAME": "sandbox",
        "AFRICASTALKING_API_KEY": "bench", "SERVICE_CODE": "*384*123#", "SHORT_CODE": "22123",
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
    }  # fmt: skip
    migrate(postgres.url)
    granian = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(os.cpu_count() or 1), "--blocking-threads", "1", "--no-ws", "--log-level", "warning",
        "bench.hop_app:app",
    ]  # fmt: skip
    server = subprocess.Popen(granian, env=environ)
    try:
        wait_until_ready(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)
        redis.stop()
        postgres.stop()


def wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the service did not start")


def measure(port: int, number: int) -> dict[str, Measured]:
    """One round. Each session's hops come in order; every kind of hop is measured by itself."""
    sessions = [f"ATUid_{number:04d}{place:028d}" for place in range(SESSIONS)]
    body = hop(sessions[0], 0, "1*4")
    found = {
        "empty": load(port, [request("/empty", body)] * EMPTY_REQUESTS),
        "touch": load(port, [request("/touch", body)] * EMPTY_REQUESTS),
        "row": load(port, [request("/row", body)] * SESSIONS),
    }
    menu: list[Measured] = []
    for length in range(len(PATH) + 1):
        text = "*".join(PATH[:length])
        hops = [
            request(f"/callbacks/{TOKEN}/ussd", hop(session, number * SESSIONS + place, text))
            for place, session in enumerate(sessions)
        ]
        expected = b"CON Imepokelewa" if length == len(PATH) else b"CON "
        measured = load(port, hops, check=lambda answer, start=expected: start in answer)  # type: ignore[misc]
        if length == LOOKED_UP:
            found["look"] = measured
        elif 0 < length < len(PATH):
            menu.append(measured)
        elif length:
            found["file"] = measured
        else:
            found["first"] = measured
    found["menu"] = Measured(
        statistics.harmonic_mean([one.per_second for one in menu]), statistics.median(one.p99 for one in menu)
    )
    return found


def hop(session: str, caller: int, text: str) -> str:
    return urlencode(
        {
            "phoneNumber": f"+2547{caller:08d}", "serviceCode": "*384*123#", "text": text, "sessionId": session,
            "networkCode": "63902",
        }
    )  # fmt: skip


def request(path: str, body: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def load(port: int, requests: Sequence[bytes], check: Callable[[bytes], bool] = lambda _: True) -> Measured:
    """Send all requests over a few kept-alive connections, one at a time on each, and check every answer."""
    waiting = iter(requests)
    selector = selectors.DefaultSelector()
    sent: dict[socket.socket, float] = {}
    read: dict[socket.socket, bytes] = {}
    took: list[float] = []
    started = time.perf_counter()
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        sent[connection] = time.perf_counter()
        connection.sendall(next(waiting))
    while sent:
        for key, _ in selector.select():
            connection = key.fileobj  # type: ignore[assignment]
            answer = read.get(connection, b"") + connection.recv(65536)
            if not complete(answer):
                read[connection] = answer
                continue
            read[connection] = b""
            now = time.perf_counter()
            if not answer.startswith(b"HTTP/1.1 200") or not check(answer):
                raise SystemExit(f"unexpected answer: {answer[:300]!r}")
            took.append(now - sent[connection])
            following = next(waiting, None)
            if following is None:
                del sent[connection]
                selector.unregister(connection)
                connection.close()
            else:
                sent[connection] = time.perf_counter()
                connection.sendall(following)
    total = time.perf_counter() - started
    return Measured(len(took) / total, sorted(took)[int(len(took) * 0.99)] * 1000)


def complete(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
    return bool(found) and len(body) >= int(length or 0)


def report(rounds: Sequence[dict[str, Measured]]) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {ROUNDS} rounds of")
    print(
        f"{EMPTY_REQUESTS} empty requests and {SESSIONS} sessions of {len(PATH) + 1} hops; {CONNECTIONS} connections\n"
    )
    print(f"{'':28}{'requests/s':>12}{'p99 ms':>10}{'ratio':>10}{'aim':>7}   (ratio: min to max)")
    names = {
        "empty": "empty Flask view", "touch": "  with a Redis round trip", "menu": "menu hop",
        "row": "  with one row stored", "first": "first hop", "look": "hop with a look-up", "file": "filing hop",
    }  # fmt: skip
    for kind, name in names.items():
        speed = statistics.median(one[kind].per_second for one in rounds)
        p99 = statistics.median(one[kind].p99 for one in rounds)
        ratios = [one[kind].per_second / one["empty"].per_second for one in rounds]
        ratio, aim = statistics.median(ratios), AIMS.get(kind)
        met = "" if aim is None else ("met" if ratio >= aim else "MISSED")
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"{name:28}{speed:12.0f}{p99:10.1f}{ratio:10.2f}{aim or '':>7}   {spread:16}{met}")


if __name__ == "__main__":
    main()
