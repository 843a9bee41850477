"""What every connection to the database has in common."""

from __future__ import annotations

from sqlalchemy import Engine

from gateway.db import PREPARED


def test_a_connection_keeps_prepared_what_it_is_asked_twice(engine: Engine) -> None:
    asked = [f"SELECT {number} AS asked" for number in range(PREPARED - 1)]
    with engine.connect() as connection:
        for statement in (*asked, "SELECT 'once' AS asked", *asked):
            connection.exec_driver_sql(statement)
        kept = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements").scalars()
        assert set(asked) == {statement for statement in kept if statement.endswith("AS asked")}
