"""The vault: numbers are found by a keyed hash and kept encrypted; keys rotate; nothing of it prints."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet, InvalidToken

from gateway.people.vault import Vault

NUMBER = "+254711000001"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def vault(*keys: str, hash_key: bytes = b"k" * 32) -> Vault:
    return Vault(hash_key, keys or (OLD,))


def test_the_same_number_has_the_same_hash_under_the_same_key_only() -> None:
    one = vault().phone_hash(NUMBER)
    assert (len(one), one) == (32, vault(NEW).phone_hash(NUMBER))
    assert one != vault().phone_hash("+254711000002")
    assert one != vault(hash_key=b"o" * 32).phone_hash(NUMBER)


def test_a_secret_opens_one_case_and_is_no_phone() -> None:
    one = vault().secret_hash("48217739", "5093")
    assert one == vault().secret_hash("48217739", "5093")
    others = [vault().secret_hash("48217739", "5094"), vault().secret_hash("48217747", "5093")]
    assert one not in [*others, vault().phone_hash("5093")]
    assert Vault.same(one, one)
    assert not Vault.same(one, others[0])


@pytest.mark.parametrize("text", [NUMBER, "Hakuna maji 😀", ""])
def test_what_is_sealed_opens_again_and_shows_nothing(text: str) -> None:
    sealed = vault().seal(text)
    assert vault().open(sealed) == text
    assert not text or text.encode() not in sealed
    assert sealed != vault().seal(text)


def test_after_a_rotation_the_new_key_seals_and_the_old_one_still_opens() -> None:
    before = vault(OLD).seal(NUMBER)
    rotated = vault(NEW, OLD)
    assert rotated.open(before) == NUMBER
    assert vault(NEW).open(rotated.seal(NUMBER)) == NUMBER
    with pytest.raises(InvalidToken):
        vault(NEW).open(before)


def test_a_changed_byte_is_noticed() -> None:
    sealed = bytearray(vault().seal(NUMBER))
    sealed[20] ^= 1
    with pytest.raises(InvalidToken):
        vault().open(bytes(sealed))


def test_a_vault_prints_no_key() -> None:
    shown = f"{vault(NEW, OLD)!r} {vault()!s}"
    assert [key for key in (OLD, NEW, "kkk") if key in shown] == []


def test_a_picture_is_sealed_like_words_and_opens_with_an_older_key() -> None:
    picture = bytes(range(256)) * 4
    sealed = vault().seal_bytes(picture)
    assert picture[:16] not in sealed
    assert vault(NEW, OLD).open_bytes(sealed) == picture
    with pytest.raises(InvalidToken):
        vault(NEW).open_bytes(sealed)
