"""What dialogues leave behind: rows of the database, read whole, and what is sealed in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text

from gateway.cases.clock import deadline
from gateway.installation import Installation

TABLES = (
    "call_back", "case_event", "cases", "delivery_report", "draft", "incoming_sms", "intake", "message", "officer",
    "number_look", "outbox_halt", "question", "resident", "ussd_session",
)  # fmt: skip


DERIVED = ("document",)
"""Columns that the database makes from the others."""


def rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    """Every row, oldest first, with what was written into it."""
    return [{name: value for name, value in row.items() if name not in DERIVED} for row in _whole(engine, table)]


def _whole(engine: Engine, table: str) -> list[dict[str, Any]]:
    key = "started_at" if table == "ussd_session" else "id"
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY {key}")).mappings()]


def one(engine: Engine, table: str) -> dict[str, Any]:
    """The only row."""
    (row,) = rows(engine, table)
    return row


def counts(engine: Engine) -> dict[str, int]:
    """How many rows each table has that has any."""
    query = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in TABLES)
    with engine.connect() as connection:
        return {name: count for name, count in connection.execute(text(query)) if count}


def history(engine: Engine, reference: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """Names and data of all events, or of one case's."""
    cases = {row["id"]: row["reference"] for row in rows(engine, "cases")}
    return [
        (row["name"], row["data"])
        for row in rows(engine, "case_event")
        if reference is None or cases[row["case_id"]] == reference
    ]


def everything(engine: Engine) -> str:
    """All rows of all tables as one text, also what is derived, to look for what must not stand there."""
    return "\n".join(
        repr([bytes(v) if isinstance(v, memoryview) else v for v in row.values()])
        for table in TABLES
        for row in _whole(engine, table)
    )


def letters(engine: Engine, status: str) -> list[dict[str, Any]]:
    return [message for message in rows(engine, "message") if message["status"] == status]


def letter(installation: Installation, message: dict[str, Any]) -> str:
    """The text of an SMS."""
    return installation.office.vault.open(bytes(message["text_sealed"]))


def opened(installation: Installation, case: dict[str, Any]) -> str:
    """The words of a confidential case, which stand nowhere in the clear."""
    assert case["words"] is None
    return installation.office.vault.open(bytes(case["words_sealed"]))


def seconds_until_due(message: dict[str, Any], since: datetime) -> float:
    waits: timedelta = message["due_at"] - since
    return waits.total_seconds()


def promise(installation: Installation, case: dict[str, Any], language: str = "sw") -> tuple[str, str]:
    """The promised day, long and short, from the charter alone."""
    office = installation.office
    due = deadline(case["received_at"], office.county.charter.term("resolve", case["category"]), office.calendar)
    assert case["due_at"] == due
    day = (due + timedelta(hours=3)).date()
    return office.menu.long_day(day, language), office.menu.short_day(day, language)


def spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"
