"""The database: engine, schema migration, and the restricted role that officers' reads run under."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import DateTime, Engine, Enum, MetaData, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session

OFFICER_ROLE = "sikiza_officer"
AUDITOR_ROLE = "sikiza_auditor"
"""The roles that officers' transactions run under: they read, each only what its policies show (migration 0005)."""

STATEMENT_TIMEOUT_MS = 8000
"""Africa's Talking gives an answer ten seconds; no statement of ours may take longer than that."""
CONNECT_TIMEOUT_S = 2
"""A resident waits on the phone while we connect: give up early and ask her to dial again."""
PREPARED = 200
"""Statements that a connection keeps prepared, from their second time on. PostgreSQL plans each five times more before
it keeps a plan, and some of what the officers' pages ask is planned in several times as long as it takes
(`bench.queue`): there must be room for all of it, and no time to lose."""


_ENTER = text("SELECT set_config('role', sikiza_enter(:officer), true)")
_SET_ROLE = text("SELECT set_config('role', :role, true)")


class Base(DeclarativeBase):
    """Tables. Names are singular, but for `cases`: `case` is a word of SQL itself."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012  (read by SQLAlchemy, never changed)


def states(kind: type[StrEnum]) -> Enum:
    """The column type of a state: its value as text, checked by the database."""
    return Enum(
        kind, native_enum=False, length=24, create_constraint=True, name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )  # fmt: skip


def make_engine(url: str, pool_size: int = 4, *, autocommit: bool = False) -> Engine:
    """An engine for `postgresql+psycopg://…`, in UTC, with every wait bounded.

    With `autocommit` each statement is a transaction of its own, without round trips for its begin and its end.
    """
    alone = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None} if autocommit else {}
    options = f"-c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout=5000"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=3,
        pool_pre_ping=False,
        pool_use_lifo=True,
        hide_parameters=True,  # residents' words and numbers stay out of the texts of errors
        **alone,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S, "options": options, "application_name": "sikiza",
            "prepare_threshold": 1,
        },
    )  # fmt: skip
    event.listen(engine, "connect", _keep_plans)
    return engine


def _keep_plans(connection: Any, _: object) -> None:
    connection.prepared_max = PREPARED


def migrate(url: str) -> None:
    """Bring the schema at `url` to the newest migration."""
    from alembic import command  # only here: no serving process needs it, and it is large
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def is_busy(error: DBAPIError) -> bool:
    """Whether it failed because somebody else holds at this moment what it wanted to lock."""
    return isinstance(error.orig, DeadlockDetected | LockNotAvailable)


class Reader(Protocol):
    """Whoever reads: an officer, by her row."""

    @property
    def id(self) -> int: ...


@contextmanager
def officer_session(engine: Engine, officer: Reader) -> Iterator[Session]:
    """A transaction under the restricted role that fits `officer`; commits unless an exception passes through.

    The database reads for itself what posts she holds now, and shows no row beyond them. The role may only read, and
    lock what it sees: whatever is written is written `as_owner`.
    """
    with Session(engine) as session, session.begin():
        session.execute(_ENTER, {"officer": officer.id})
        yield session


@contextmanager
def as_owner(session: Session) -> Iterator[None]:
    """What an officer sets off once she has been seen to see it, in the same transaction: every change is the owner's.

    Within, nothing but the query's own conditions keeps her from what is not hers.
    """
    with session.begin_nested():  # whatever goes wrong in it takes these rights away again
        role = session.scalar(text("SELECT current_setting('role')"))
        session.execute(_SET_ROLE, {"role": "none"})
        yield
        session.flush()
        session.execute(_SET_ROLE, {"role": role})
