"""How fast SMS leave: out of a backlog of 50,000, against a provider that answers at once, with one and two workers.

    .venv/bin/python -m bench.outbox

Starts PostgreSQL (with fsync), Redis and an instant provider, each a process of its own, and measures in turn, round by
round: a bare loop that posts the very same requests over one kept-alive connection, and workers that each do one drain
of a few seconds, as in production but for the pace. The bare loop is measured twice: with `requests`, which the
provider's own SDK posts with, and with `http.client`, which does next to nothing. Beside them stands what one commit
costs: between two sends there has to be one, or a killed worker would double more than one SMS. Prints messages per
second and ratios, each as the median of the rounds.
"""

from __future__ import annotations

import http.client
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import requests

from config.settings import Settings, load_settings, random_secrets
from gateway.db import migrate
from gateway.installation import open_installation
from gateway.messages.connection import Request
from gateway.people.vault import Vault
from workers.deliver import drain, open_sender
from workers.services import start_postgres, start_redis

BACKLOG = 50_000
ROUNDS = 5
SECONDS = 6.0
"""How long each drain of a round goes on."""
POSTS, COMMITS = 3000, 1000
"""Requests that a bare loop posts, and commits, in one round."""
AIM = 0.5
PACE = 1_000_000
"""Messages per second: none that we could come to."""
WORDS = "Asante. Ripoti {} imepokelewa. Tutajibu kabla ya Alh 3 Des. Jibu SMS hii au piga *384*123# kuona hali."


@dataclass(frozen=True)
class Bench:
    """What runs: an own process each."""

    environ: Mapping[str, str]
    provider: int
    database: psycopg.Connection[tuple[object, ...]]
    requests: Sequence[Request]
    """As a worker sends them: one to each number of the backlog's beginning."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as bench:
        rounds = [measure(bench) for _ in range(ROUNDS + 1)][1:]
    for line in table(rounds):
        print(line)


@contextmanager
def serve(folder: Path, backlog: int = BACKLOG) -> Iterator[Bench]:
    """Everything that runs, with a full backlog."""
    with ExitStack() as stack:
        postgres = start_postgres(folder / "postgres")
        stack.callback(postgres.stop)
        redis = start_redis(folder / "redis")
        stack.callback(redis.stop)
        provider = stack.enter_context(started("provider", os.environ))
        port = int(said(provider))
        environ = os.environ | random_secrets() | {
            "DEMO": "1", "DATA_DIR": str(folder), "DATABASE_URL": postgres.url, "REDIS_URL": redis.url,
            "CALLBACK_TOKENS": "bench-token-0123456789abcdef", "PUBLIC_URL": "http://127.0.0.1:8000",
            "AFRICASTALKING_USERNAME": "sandbox", "AFRICASTALKING_API_KEY": "bench",
            "AFRICASTALKING_BASE_URL": f"http://127.0.0.1:{port}", "SERVICE_CODE": "*384*123#", "SHORT_CODE": "22123",
        }  # fmt: skip
        migrate(postgres.url)
        settings = load_settings(environ)
        database = stack.enter_context(psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True))
        fill(database, Vault(settings.phone_hash_key, settings.phone_keys), backlog)
        yield Bench(environ, port, database, formed(settings, min(POSTS, backlog)))


@contextmanager
def started(part: str, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """One part of this bench as a process, ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.outbox", part], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def number(place: int) -> str:
    return f"+2547{place:08d}"


def words(place: int) -> str:
    return WORDS.format(f"{place // 10_000:04d} {place % 10_000:04d}")


def fill(database: psycopg.Connection[tuple[object, ...]], vault: Vault, backlog: int) -> None:
    """A backlog of messages, each to another phone, that residents wait for: so that the hour makes no difference."""
    with database.cursor() as cursor:
        residents = "COPY resident (phone_hash, phone_sealed, phone_mask, language) FROM STDIN"
        with cursor.copy(residents) as rows:
            for place in range(backlog):
                rows.write_row((vault.phone_hash(number(place)), vault.seal(number(place)), "07xx", "sw"))
        with cursor.copy("COPY message (resident_id, wording, text_sealed, wanted) FROM STDIN") as rows:
            for place in range(backlog):
                rows.write_row((place + 1, "received", vault.seal(words(place)), True))
    database.execute("VACUUM ANALYZE")


def formed(settings: Settings, count: int) -> list[Request]:
    sender = open_sender(settings)
    return [sender.form(words(place), [number(place)], settings.sender_id) for place in range(count)]


def measure(bench: Bench) -> dict[str, float]:
    """One round, in messages per second."""
    return {
        "http.client": post_plainly(bench), "requests": post_with_requests(bench), "commit": commit(bench),
        "one": drained(bench, 1), "two": drained(bench, 2), "off": without_the_disk(bench),
    }  # fmt: skip


def post_plainly(bench: Bench) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", bench.provider)
    began = time.perf_counter()
    for request in bench.requests:
        connection.request(request.method, request.path, request.body, dict(request.headers))
        connection.getresponse().read()
    taken = time.perf_counter() - began
    connection.close()
    return len(bench.requests) / taken


def post_with_requests(bench: Bench) -> float:
    with requests.Session() as session:
        session.trust_env = False
        began = time.perf_counter()
        for request in bench.requests:
            url = f"http://127.0.0.1:{bench.provider}{request.path}"
            session.post(url, data=request.body, headers=request.headers, timeout=15).raise_for_status()
        return len(bench.requests) / (time.perf_counter() - began)


def commit(bench: Bench) -> float:
    """One row changed and on disk, again and again: what PostgreSQL and its driver need for that and nothing else."""
    bench.database.execute("CREATE TABLE IF NOT EXISTS one AS SELECT 1 AS id, 0 AS count")
    began = time.perf_counter()
    for _ in range(COMMITS):
        bench.database.execute("UPDATE one SET count = count + 1 WHERE id = %s", [1])
    return COMMITS / (time.perf_counter() - began)


def without_the_disk(bench: Bench) -> float:
    """One worker whose commits are not waited for: what is left is ours. Never so in production."""
    bench.database.execute("ALTER DATABASE sikiza SET synchronous_commit = off")
    try:
        return drained(bench, 1)
    finally:
        bench.database.execute("ALTER DATABASE sikiza RESET synchronous_commit")


def drained(bench: Bench, workers: int) -> float:
    """Let so many workers begin at once on the full backlog; the rows say how many SMS left."""
    with ExitStack() as stack:
        processes = [stack.enter_context(started("worker", bench.environ)) for _ in range(workers)]
        for process in processes:
            said(process)
        for process in processes:
            assert process.stdin
            process.stdin.write("\n")
            process.stdin.flush()
        told = [said(process).split() for process in processes]
    count, seconds = sum(int(one) for one, _ in told), max(float(one) for _, one in told)
    sent = bench.database.execute("SELECT count(*) FROM message WHERE status = 'sent' AND provider_id <> ''").fetchone()
    if sent != (count,):
        raise SystemExit(f"{count} messages were sent, and {sent} stand there so")
    bench.database.execute(
        "UPDATE message SET status = 'queued', attempts = 0, sent_at = NULL, lease_until = NULL, provider_id = NULL"
        " WHERE status <> 'queued'"
    )
    bench.database.execute("VACUUM ANALYZE message")
    return count / seconds


def table(rounds: Sequence[Mapping[str, float]]) -> Iterator[str]:
    """The figures, one line for each kind."""
    yield f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; PostgreSQL with fsync"
    yield f"backlog of {BACKLOG}, {len(rounds)} rounds; each drain {SECONDS:.0f} s, each bare loop {POSTS} requests\n"
    yield f"{'':34}{'per second':>11}{'ms each':>9}{': requests':>12}{': http.client':>15}   aim: {AIM} of requests"
    names = {
        "requests": "bare loop with requests", "http.client": "bare loop with http.client",
        "commit": "one commit and nothing else", "one": "one worker", "two": "two workers",
        "off": "  one, not waiting for the disk",
    }  # fmt: skip
    for kind, name in names.items():
        speed = statistics.median(one[kind] for one in rounds)
        ratios = [one[kind] / one["requests"] for one in rounds]
        plainly = statistics.median(one[kind] / one["http.client"] for one in rounds)
        met = ("   met" if statistics.median(ratios) >= AIM else "   MISSED") if kind in ("one", "two") else ""
        spread = f" ({min(ratios):.2f} to {max(ratios):.2f})" if met else ""
        yield f"{name:34}{speed:11.0f}{1000 / speed:9.2f}{statistics.median(ratios):12.2f}{plainly:15.2f}{met}{spread}"


# The parts that are processes of their own


def work() -> None:
    """One worker: says that it is ready, waits for a line, drains, and says how many SMS that were in how long."""
    settings = load_settings().model_copy(update={"sms_per_second": PACE})
    installation, sender = open_installation(settings, pool_size=2), open_sender(settings)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    print(drain(installation, sender, seconds=SECONDS), time.perf_counter() - began, flush=True)


def provide() -> None:
    """The instant provider: says its port, and takes everything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=take_orders, args=(server.accept()[0],), daemon=True).start()


def take_orders(caller: socket.socket) -> None:
    caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    read, taken = b"", 0
    while some := caller.recv(65536):
        read += some
        head, found, body = read.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *([0-9]+)", head)
        if found and length and len(body) >= int(length[1]):
            taken += 1
            caller.sendall(answer(body, f"{threading.get_native_id():016x}{taken:016x}"))
            read = b""


def answer(body: bytes, name: str) -> bytes:
    to = re.search(rb"to=%2B([0-9]+)", body)
    said = (
        '{"SMSMessageData":{"Message":"Sent to 1/1 Total Cost: USD 0.0079 Message parts: 1","Recipients":[{"cost":'
        f'"KES 0.8000","messageId":"ATXid_{name}","number":"+{to[1].decode() if to else ""}","status":"Success",'
        '"statusCode":102}]}}'
    )
    return (
        f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n{said}".encode()
    )


if __name__ == "__main__":
    {"worker": work, "provider": provide}.get(sys.argv[1] if len(sys.argv) > 1 else "", main)()
