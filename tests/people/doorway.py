"""What tests of signing in share: an officer with a password, a browser that comes from somewhere, rows as they are."""

from __future__ import annotations

import time
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from config.settings import Settings
from gateway.people import entry, officers
from gateway.people.entry import Brought, Entered
from gateway.people.models import Audit, Officer, Role
from gateway.people.sign_ins import Visitor
from gateway.people.vault import Vault

PASSWORD = "bluu-kijani-manjano"
EMAIL = "rose@kakamega.example"
VAULT = Vault(b"k" * 32, [Fernet.generate_key().decode()])


def vault_of(settings: Settings) -> Vault:
    return Vault(settings.phone_hash_key, settings.phone_keys)


def add(db: Engine, email: str = EMAIL, role: Role = Role.WARD, **given: Any) -> Officer:
    usual = {"ward_code": 1014} if role is Role.WARD else {}
    with Session(db, expire_on_commit=False) as session, session.begin():
        officer = officers.add_officer(session, email, "Rose", role, PASSWORD, **(usual | given))
        assert officer.roles == {role}  # loads her posts, for when the session is over
        return officer


def brought(address: str = "41.90.0.1", token: str = "", device: str = "") -> Brought:
    return Brought(Visitor("Chrome on Android", address), token, device)


def enter(db: Engine, vault: Vault, password: str = PASSWORD, email: str = EMAIL, **where: str) -> Entered | None:
    return entry.by_password(db, vault, email, password, brought(**where))


def entered(db: Engine, vault: Vault, **how: str) -> Entered:
    found = enter(db, vault, **how)
    assert found
    return found


def audited(db: Engine) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of each line, oldest first."""
    with Session(db) as session:
        return [(line.name, line.data) for line in session.scalars(select(Audit).order_by(Audit.id))]


def change(db: Engine, statement: str, **values: Any) -> None:
    """Change rows behind everybody's back, such as the hours that went by."""
    with db.begin() as connection:
        connection.execute(text(statement), values)


def until_somebody_waits(db: Engine) -> None:
    """Until a transaction waits for the rows that another one holds."""
    deadline = time.monotonic() + 10
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with db.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.exec_driver_sql(waiting).scalar():
            assert time.monotonic() < deadline


def count(db: Engine, table: str) -> int:
    with db.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0
