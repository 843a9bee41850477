"""How often somebody may try to get in: counted in the database, for each account, address and device."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from gateway.people.models import Throttle
from gateway.people.vault import Vault

ACCOUNT_TRIES = 5
ADDRESS_TRIES = 30
"""A county office has one address, and so have thousands of phones of one network."""

# `since` is when the first of these failures happened. A quarter of an hour after it they are forgotten, unless a lock
# came of them: locks are remembered for a day, so that the next one is longer.
_OVER = """CASE WHEN t.until IS NULL THEN t.since < now() - interval '15 minutes'
                ELSE t.until < now() - interval '1 day' END"""
# A locked door is not touched at all, so that no row comes back; this and the counting are one statement, so that of
# many tries at once each is counted and no more than the limit are heard.
_KNOCK = text(f"""
    INSERT INTO throttle AS t (key, failures) VALUES (:key, 1)
    ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN {_OVER} THEN 1 ELSE t.failures + 1 END,
        since = CASE WHEN {_OVER} THEN now() ELSE t.since END,
        until = CASE WHEN {_OVER} THEN NULL
                     WHEN (t.failures + 1) % :limit = 0 THEN now() + LEAST(
                         interval '15 minutes' * (2 ^ LEAST((t.failures + 1) / :limit - 1, 2)), interval '1 hour')
                     ELSE t.until END
    WHERE t.until IS NULL OR t.until <= now()
    RETURNING COALESCE(t.until > now(), false) AS closed
""")  # noqa: S608
_GIVE_BACK = text("""
    UPDATE throttle SET failures = failures - 1, until = CASE WHEN failures % :limit = 0 THEN NULL ELSE until END
    WHERE key = :key AND failures > 0
""")
# What somebody is knocking at just now counts again: it is passed over, and waits for nobody.
_FORGET = text(f"""
    DELETE FROM throttle WHERE key IN (SELECT key FROM throttle AS t WHERE {_OVER} FOR UPDATE SKIP LOCKED) RETURNING 1
""")  # noqa: S608


@dataclass(frozen=True)
class Door:
    """What is tried: `key` is a keyed hash. At a `shared` one a success clears nobody else's failures."""

    key: bytes
    tries: int
    shared: bool = False


@dataclass(frozen=True)
class Knock:
    """Whether a try is heard at all, and whether it is the last one for a while."""

    heard: bool
    last: bool


def account(vault: Vault, email: str) -> Door:
    """Of whatever was typed as an address, so that accounts that do not exist are throttled alike."""
    return Door(vault.keyed("account", email), ACCOUNT_TRIES)


def code(vault: Vault, officer_id: int) -> Door:
    """Of an account whose password was right: the codes of its authenticator."""
    return Door(vault.keyed("code", str(officer_id)), ACCOUNT_TRIES)


def own_password(vault: Vault, officer_id: int) -> Door:
    """Of an officer who is signed in and is asked for her password once more."""
    return Door(vault.keyed("own-password", str(officer_id)), ACCOUNT_TRIES)


def device(vault: Vault, device_id: int, kind: str) -> Door:
    """Of a registered device, for its officer: what strangers try elsewhere does not keep her out."""
    return Door(vault.keyed(f"device-{kind}", str(device_id)), ACCOUNT_TRIES)


def address(vault: Vault, where: str) -> Door:
    """Of a network address; with IPv6, of the network that one customer gets."""
    return Door(vault.keyed("address", _network(where)), ADDRESS_TRIES, shared=True)


def crew(vault: Vault, where: str) -> Door:
    """Of a network address, for the links of crews: who guesses at them keeps nobody out of the sign-in."""
    return Door(vault.keyed("crew", _network(where)), ADDRESS_TRIES, shared=True)


def knock(session: Session, doors: Sequence[Door]) -> Knock:
    """Count one try at each door, before it is known whether it is right. Commit before you look at what was typed.

    Doors are tried in their order, up to the first that is locked: give the shared ones first, so that who is not
    heard there locks nobody's account.
    """
    last = False
    for door in doors:
        closed = session.scalar(_KNOCK, {"key": door.key, "limit": door.tries})
        if closed is None:
            return Knock(heard=False, last=False)
        last = last or closed
    return Knock(heard=True, last=last)


def forgive(session: Session, doors: Sequence[Door]) -> None:
    """It was right: this try does not count, nor do the failures before it at doors that are one officer's own."""
    for door in doors:
        if door.shared:
            session.execute(_GIVE_BACK, {"key": door.key, "limit": door.tries})
        else:
            session.execute(delete(Throttle).where(Throttle.key == door.key))


def take_back(session: Session, doors: Sequence[Door]) -> None:
    """What was typed and heard was not looked at: this try does not count. The caller commits."""
    for door in doors:
        session.execute(_GIVE_BACK, {"key": door.key, "limit": door.tries})


def forget_old(session: Session) -> int:
    """Delete what no longer counts."""
    return len(session.scalars(_FORGET).all())


def _network(where: str) -> str:
    try:
        parsed = ipaddress.ip_address(where)
    except ValueError:
        return where
    if parsed.version == 4:
        return str(parsed)
    mapped = ipaddress.IPv6Address(parsed).ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(parsed), 64), strict=False))
