"""What the fence costs: an officer's queue and search with and without the database's policies, among many cases.

    .venv/bin/python -m bench.seeing

Starts PostgreSQL, writes ten and then a hundred thousand cases, and asks what the officers' pages ask: under the
restricted role, and once more as the owner, with the same filters. Prints milliseconds, each the median of the rounds,
and the ratio. The search is measured a third time as it would be without the function that asks the index itself
(migration 0007): under the policies, with the full-text operator in the query.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bench import many
from gateway.cases.models import Case
from gateway.cases.visibility import visible_to
from gateway.db import make_engine, migrate, officer_session
from gateway.people.models import Officer, Role
from workers.services import start_postgres

SIZES = (10_000, 100_000)
ROLES = (Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.OMBUDSMAN, Role.HOTLINE)
ROUNDS = 21
AIM = 2.0
"""The fence may take as long again as the question itself."""
SEARCHES = {"search, a common word": "maji", "search, a rare word": many.RARE}
PAGE = 26

Read = Callable[[Session], object]


@dataclass(frozen=True)
class Measured:
    """One question of one officer: milliseconds under the policies, and as the owner."""

    role: Role
    name: str
    fenced: float
    free: float
    naive: float | None = None
    """The search without its function."""

    @property
    def ratio(self) -> float:
        return self.fenced / self.free

    def __str__(self) -> str:
        naive = "" if self.naive is None else f"   without the function {self.naive:8.1f}"
        row = f"  {self.role.value:<14}{self.name:<26}{self.free:8.1f}{self.fenced:8.1f}{self.ratio:8.2f}"
        return f"{row}  {self.met:<7}{naive}"

    @property
    def met(self) -> str:
        return "met" if self.ratio <= AIM else "MISSED"


def main() -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {ROUNDS} rounds")
    for size in SIZES:
        with serve() as engine:
            many.fill(engine, size)
            officers = [many.officer(engine, role) for role in ROLES]
            print(f"\n{size:,} cases\n  {'':40}{'free ms':>8}{'fenced':>8}{'ratio':>8}  aim {AIM}")
            for officer in officers:
                for measured in measure(engine, officer, ROUNDS):
                    print(measured)


@contextmanager
def serve() -> Iterator[Engine]:
    """An empty database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        postgres = start_postgres(Path(folder) / "postgres")
        try:
            migrate(postgres.url)
            engine = make_engine(postgres.url)
            yield engine
            engine.dispose()
        finally:
            postgres.stop()


def measure(engine: Engine, officer: Officer, rounds: int) -> Iterator[Measured]:
    """Each question of this officer."""
    (role,) = officer.roles
    with officer_session(engine, officer) as session:
        case = many.a_case(session, officer)
        session.expunge_all()
    for name, read in many.READS.items():
        ask = partial(_ask, read, officer, case)
        words = SEARCHES.get(name)
        free = ask if words is None else partial(_by_operator, officer, words)
        yield Measured(
            role, name, fenced=_fenced(engine, officer, ask, rounds), free=_free(engine, free, rounds),
            naive=_fenced(engine, officer, free, rounds) if words else None,
        )  # fmt: skip


def _ask(read: Callable[[Session, Officer, Case], object], officer: Officer, case: Case, session: Session) -> object:
    return read(session, officer, case)


def _by_operator(officer: Officer, words: str, session: Session) -> object:
    """The search as anybody would write it first."""
    found = Case.__table__.c.document.bool_op("@@")(func.websearch_to_tsquery("simple", words))
    query = select(Case).where(
        Case.id.in_(visible_to(officer).with_only_columns(Case.id).where(~Case.sensitive, found))
    )
    return session.scalars(query.order_by(Case.id.desc()).limit(PAGE)).all()


def _fenced(engine: Engine, officer: Officer, read: Read, rounds: int) -> float:
    with officer_session(engine, officer) as session:
        return _milliseconds(session, read, rounds)


def _free(engine: Engine, read: Read, rounds: int) -> float:
    with Session(engine) as session:
        return _milliseconds(session, read, rounds)


def _milliseconds(session: Session, read: Read, rounds: int) -> float:
    took = []
    for _ in range(rounds + 1):
        session.expunge_all()
        started = time.perf_counter()
        read(session)
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took[1:])


if __name__ == "__main__":
    main()
