"""What protects people: the keyed hash that finds a phone, and the encryption of numbers and confidential words."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, MultiFernet


class Vault:
    """Holds `PHONE_HASH_KEY` and `PHONE_KEYS`. The first key encrypts; the others only decrypt (rotation)."""

    def __init__(self, hash_key: bytes, keys: Sequence[str]) -> None:
        self._hash_key = hash_key
        self._cipher = MultiFernet([Fernet(key) for key in keys])

    def phone_hash(self, number: str) -> bytes:
        """32 bytes that find a resident by her E.164 number; useless without the key."""
        return hmac.digest(self._hash_key, number.encode(), "sha256")

    def secret_hash(self, reference: str, secret: str) -> bytes:
        """32 bytes that prove the secret of one case."""
        return hmac.digest(self._hash_key, f"secret:{reference}:{secret}".encode(), "sha256")

    def words_hash(self, words: str) -> bytes:
        """32 bytes by which the same words are known again."""
        return hmac.digest(self._hash_key, f"words:{words}".encode(), "sha256")

    def session_hash(self, session_id: str) -> bytes:
        """32 bytes by which a USSD session is known again."""
        return hmac.digest(self._hash_key, f"session:{session_id}".encode(), "sha256")

    def keyed(self, kind: str, value: str) -> bytes:
        """32 bytes by which `value` is known again as one of this kind, and as nothing else."""
        return hmac.digest(self._hash_key, f"{kind}:{value}".encode(), "sha256")

    @staticmethod
    def same(one: bytes, other: bytes) -> bool:
        """Whether two hashes are equal, compared in constant time."""
        return hmac.compare_digest(one, other)

    def seal(self, text: str) -> bytes:
        """Authenticated encryption of a number or of words."""
        return self._cipher.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """The text that was sealed; nothing where it was erased.

        Raises `cryptography.fernet.InvalidToken` if no key fits.
        """
        return self._cipher.decrypt(sealed).decode() if sealed else ""

    def seal_bytes(self, data: bytes) -> bytes:
        """Authenticated encryption of a picture: a third longer than it."""
        return self._cipher.encrypt(data)

    def open_bytes(self, sealed: bytes) -> bytes:
        """The bytes that were sealed. Raises `cryptography.fernet.InvalidToken` if no key fits."""
        return self._cipher.decrypt(sealed)

    def __repr__(self) -> str:
        return "Vault(…)"
