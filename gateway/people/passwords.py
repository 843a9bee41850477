"""Hashes of passwords and PINs: slow on purpose, and never more at once than the machine's memory bears."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD = 12
MAX_PASSWORD = 200
"""Letters. Nobody types more, and hashing is dear."""
WEAK = f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} letters."
AT_ONCE = 2
"""Each takes 64 MiB (the second choice of RFC 9106); whoever comes third in this process waits for her turn."""
WAIT_SECONDS = 0.5
"""About four turns on a slow machine. Of the four threads of the officers' site (`workers.run`) two hash and two may
wait: at worst nobody else is served for so long, and then two threads are free again."""

_HASHER = PasswordHasher()
_ROOM = BoundedSemaphore(AT_ONCE)


class TooBusy(Exception):
    """Too many people are signing in at this moment."""


def is_strong(password: str) -> bool:
    """Whether it may be somebody's password."""
    return MIN_PASSWORD <= len(password) <= MAX_PASSWORD and "\0" not in password


def slow_hash(secret: str) -> str:
    """The hash of a password or a PIN, whose strength the caller has seen to. Raises TooBusy.

    Hold no connection to the database meanwhile.
    """
    with turn():
        return _HASHER.hash(secret)


def is_right(kept: str | None, typed: str) -> bool:
    """Whether `typed` is what was hashed. Without a hash it takes the same time and is false. Raises TooBusy."""
    nobody = hash_of_nobody()  # needed or not: the first of a process is made here, which takes time
    with turn():
        try:
            return _HASHER.verify(kept or nobody, typed[:MAX_PASSWORD]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@lru_cache(maxsize=1)
def hash_of_nobody() -> str:
    """The hash of what nobody knows: for an account that has no password yet, or does not exist."""
    return slow_hash(secrets.token_hex())


@contextmanager
def turn() -> Iterator[None]:
    """Wait for one of the places in which a hash is made. Raises TooBusy."""
    if not _ROOM.acquire(timeout=WAIT_SECONDS):
        raise TooBusy
    try:
        yield
    finally:
        _ROOM.release()
