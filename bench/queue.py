"""How long an officer waits for her queue and for a search, among ten thousand cases and among a million.

    .venv/bin/python -m bench.queue [--cases 10000 1000000] [--open 500] [--keep FOLDER]

Starts a PostgreSQL for each number of cases, fills it (bench/backlog.py: the larger one takes minutes), and asks the
real application, without a server between, for the pages of officers: signed in, under the database's policies, with
the line that each page leaves in the audit. The numbers of cases take turns, page by page, so that what else the
machine does hits all alike. Prints p50 and p95 in milliseconds, how many rows a page had (a rare word has none among
few cases, and a page without rows is soon drawn), and how many times the smallest's p95 the largest's is.

`--open`: as many cases are open in all, whatever their number: a county that keeps up. Without it a twentieth is, so
that a hundred times the cases are a hundred times the backlog. `--keep`: filled databases stay there for the next time.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from bench import backlog
from config.settings import Settings, load_settings, random_secrets
from gateway import create_app
from gateway.cases.models import OPEN, Case
from gateway.db import migrate
from gateway.installation import Installation
from gateway.people import sign_ins
from gateway.people.models import Post, Role
from gateway.people.sign_ins import Visitor
from workers.services import start_postgres

SIZES = (10_000, 1_000_000)
SAMPLES = 240
"""Of each kind of page at each number of cases: the officers take turns."""
AIM = 1.5
"""So many times as long may the p95 be."""
QUEUE = {"the queue": "/triage/", "what has ended": "/triage/?show=done", "what waits": "/triage/?show=waiting"}
SEARCHES = {
    "a rare word": backlog.RARE,
    "a common word": backlog.COMMON,
    "two words": f"{backlog.COMMON} neno17",
    "a place": "Shirere",
    "a place and a rare word": "Shirere neno40",
    "a place and a common word": f"Shirere {backlog.COMMON}",
    "half a reference": "0037",
    "no such word": "haipo",
}
TOKEN = "bench-token-0123456789abcdef"


@dataclass(frozen=True)
class County:
    """One filled county: its application, and a browser of an officer for each of the roles."""

    cases: int
    opened: int
    browsers: Mapping[Role, FlaskClient]


@dataclass(frozen=True)
class Timed:
    """One kind of page among so many cases: milliseconds, and how many rows it had on average."""

    p50: float
    p95: float
    rows: float


Measured = Mapping[str, Mapping[int, Timed]]
"""By the name of the page and the number of cases."""


def main() -> None:
    wanted = _arguments().parse_args()
    with ExitStack() as stack:
        folder = wanted.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        counties = [stack.enter_context(serve(folder, size, wanted.open)) for size in wanted.cases]
        report(counties, measure(counties, wanted.samples), wanted.samples)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.queue")
    parser.add_argument("--cases", type=int, nargs="+", default=SIZES)
    parser.add_argument("--open", type=int)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    return parser


@contextmanager
def serve(folder: Path, cases: int, opened: int | None = None) -> Iterator[County]:
    """A county with so many cases, `opened` of them open."""
    # A cluster that was filled before is used again; nobody would miss it after a power cut.
    postgres = start_postgres(folder / f"{cases}-{opened or 'share'}", durable=False)
    try:
        migrate(postgres.url)
        app = create_app(_settings(postgres.url, folder))
        installation: Installation = app.extensions["sikiza"]
        filled = fill(installation.engine, installation, cases, opened)
        yield County(cases, filled, {role: _browser(app, installation.engine, role) for role in backlog.SAMPLED})
        installation.close()
    finally:
        postgres.stop()


def fill(engine: Engine, installation: Installation, cases: int, opened: int | None) -> int:
    """Fill the county unless it is filled; how many of its cases are open."""
    with Session(engine) as session:
        filled = session.scalar(select(Case.id).limit(1))
    if not filled:
        share = backlog.SHARE_OPEN if opened is None else opened / cases
        backlog.fill(engine, installation.office.county, cases, share)
    with Session(engine) as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        return session.scalar(select(func.count()).where(Case.status.in_(OPEN))) or 0


def measure(counties: Sequence[County], samples: int) -> Measured:
    """Every page as every officer, all counties in turn."""
    pages = QUEUE | {f"search: {name}": f"/triage/find?words={words}" for name, words in SEARCHES.items()}
    took: dict[str, dict[int, list[tuple[float, int]]]] = {
        name: {county.cases: [] for county in counties} for name in pages
    }
    rounds = max(1, samples // len(backlog.SAMPLED))
    for number in range(rounds + 1):
        for role in backlog.SAMPLED:
            for name, address in pages.items():
                for county in counties:
                    loaded = _load(county.browsers[role], address)
                    if number:  # the first round warms up
                        took[name][county.cases].append(loaded)
    return {name: {cases: _timed(loads) for cases, loads in by_size.items()} for name, by_size in took.items()}


def _timed(loads: Sequence[tuple[float, int]]) -> Timed:
    milliseconds, rows = zip(*loads, strict=True)
    return Timed(_percentile(milliseconds, 50), _percentile(milliseconds, 95), statistics.mean(rows))


def report(counties: Sequence[County], measured: Measured, samples: int) -> None:
    """Print what was measured, on what, and whether the aim was met."""
    with counties[0].browsers[Role.WARD].application.extensions["sikiza"].engine.connect() as connection:
        version = connection.scalar(text("SHOW server_version"))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL {version},"
        f" {samples} samples of each page at each size; milliseconds, {', '.join(backlog.SAMPLED)} in turn"
    )
    print("; ".join(f"{county.cases:,} cases, {county.opened:,} of them open" for county in counties))
    small, large = counties[0].cases, counties[-1].cases
    heads = "".join(f"{f'p50 {county.cases:,}':>16}{f'p95 {county.cases:,}':>16}{'rows':>6}" for county in counties)
    print(f"  {'':30}{heads}{'ratio':>8}  aim {AIM}")
    for name, timed in measured.items():
        ratio = timed[large].p95 / timed[small].p95
        each = (timed[county.cases] for county in counties)
        cells = "".join(f"{one.p50:16.1f}{one.p95:16.1f}{one.rows:6.0f}" for one in each)
        print(f"  {name:30}{cells}{ratio:8.2f}  {'met' if ratio <= AIM else 'MISSED'}")


def _load(browser: FlaskClient, address: str) -> tuple[float, int]:
    """Milliseconds, and how many rows there are."""
    started = time.perf_counter()
    answer = browser.get(address)
    took = (time.perf_counter() - started) * 1000
    if answer.status_code != 200:
        raise AssertionError(answer.status)
    return took, answer.text.count('class="ref"')


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def _browser(app: Flask, engine: Engine, role: Role) -> FlaskClient:
    """Of the first officer who holds this role, signed in."""
    client = app.test_client()
    with Session(engine) as session, session.begin():
        officer = session.scalars(select(Post.officer_id).where(Post.role == role).order_by(Post.id).limit(1)).one()
        token = sign_ins.begin(session, officer, Visitor("Bench", "127.0.0.1"))
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


def _settings(url: str, folder: Path) -> Settings:
    return load_settings(
        random_secrets()
        | {
            "DEMO": "1", "DATA_DIR": str(folder), "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:9/0",
            "CALLBACK_TOKENS": TOKEN, "PUBLIC_URL": "http://127.0.0.1:8000", "AFRICASTALKING_USERNAME": "sandbox",
            "AFRICASTALKING_API_KEY": TOKEN, "AFRICASTALKING_BASE_URL": "http://127.0.0.1:9",
            "SERVICE_CODE": "*384*123#", "SHORT_CODE": "22123", "SMS_PER_SECOND": "1000",
        }
    )  # fmt: skip


if __name__ == "__main__":
    main()
