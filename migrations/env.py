"""Runs the migrations against the database given by `gateway.db.migrate`, or by DATABASE_URL on the command line."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import gateway.cases.desk_models
import gateway.cases.models
import gateway.dialogue.models
import gateway.messages.models
import gateway.people.models  # noqa: F401  (the tables register themselves)
from gateway.db import Base

url = context.config.attributes.get("url") or os.environ["DATABASE_URL"].replace(
    "postgresql://", "postgresql+psycopg://", 1
)

with create_engine(url, poolclass=NullPool).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        # Two hosts may start at once: the second waits here and then finds nothing to do.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7391)")
        context.run_migrations()
