"""Random tokens that a browser or a link carries; the database keeps only their hash."""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, in letters that may stand in a cookie or an address."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """32 bytes by which a token is known again. No key and no slowness: nobody guesses 256 bits."""
    return hashlib.sha256(token.encode()).digest()
