"""Codes of an authenticator: each counts once, at most half a minute off, and recovery codes when it is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, undefer

from config.settings import Settings
from gateway.people import officers, totp
from gateway.people.models import Officer, RecoveryCode, Role
from gateway.people.totp import Proof
from gateway.people.vault import Vault
from tests.people.doorway import add, vault_of

NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HALF_A_MINUTE = timedelta(seconds=30)


def code(at: datetime = NOON) -> str:
    return pyotp.TOTP(SECRET).at(at)


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return vault_of(settings)


@pytest.fixture
def rose(db: Engine, vault: Vault) -> int:
    """She set it up an hour ago."""
    rose = add(db).id
    with Session(db) as session, session.begin():
        step = totp.step_of(SECRET, code(NOON - timedelta(hours=1)), NOON - timedelta(hours=1))
        assert step
        totp.turn_on(session, vault, rose, SECRET, step)
    return rose


def prove(db: Engine, vault: Vault, officer_id: int, typed: str, at: datetime = NOON) -> Proof | None:
    with Session(db) as session, session.begin():
        return totp.prove(session, vault, officer_id, typed, at)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_code_counts_when_the_phones_clock_is_half_a_minute_off(
    db: Engine, vault: Vault, rose: int, off: int
) -> None:
    assert prove(db, vault, rose, code(NOON + off * HALF_A_MINUTE)) is Proof.CODE


@pytest.mark.parametrize("off", [-2, 2])
def test_a_code_of_another_minute_does_not(db: Engine, vault: Vault, rose: int, off: int) -> None:
    assert prove(db, vault, rose, code(NOON + off * HALF_A_MINUTE)) is None


@pytest.mark.parametrize("typed", ["", "000000", "12345", "x" * 200, "１２３４５６", "\0"])
def test_what_is_no_code_proves_nothing(db: Engine, vault: Vault, rose: int, typed: str) -> None:
    assert prove(db, vault, rose, typed) is None


def test_a_code_counts_once_and_none_before_it_counts_after_it(db: Engine, vault: Vault, rose: int) -> None:
    assert prove(db, vault, rose, f" {code()[:3]} {code()[3:]} ") is Proof.CODE
    assert prove(db, vault, rose, code()) is None
    assert prove(db, vault, rose, code(NOON - HALF_A_MINUTE)) is None
    assert prove(db, vault, rose, code(NOON + HALF_A_MINUTE)) is Proof.CODE


def test_of_eight_who_try_the_same_code_at_once_one_is_let_in(db: Engine, vault: Vault, rose: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        proofs = list(pool.map(lambda _: prove(db, vault, rose, code()), range(8)))
    assert sorted(filter(None, proofs)) == [Proof.CODE]


def test_a_recovery_code_counts_once_however_it_is_typed_and_for_its_officer_alone(
    db: Engine, vault: Vault, rose: int
) -> None:
    other = add(db, "amos@kakamega.example").id
    with Session(db) as session, session.begin():
        codes = totp.new_recovery_codes(session, rose)
    assert len(set(codes)) == totp.RECOVERY_CODES
    assert prove(db, vault, other, codes[0]) is None
    assert prove(db, vault, rose, codes[0].upper().replace("-", " ")) is Proof.RECOVERY
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: prove(db, vault, rose, codes[1]), range(4))).count(Proof.RECOVERY) == 1
    assert prove(db, vault, rose, codes[0]) is None
    with Session(db) as session:
        assert totp.codes_left(session, rose) == totp.RECOVERY_CODES - 2
        kept = session.scalars(select(RecoveryCode.code_hash)).all()
    assert not any(one.encode() in row or one.replace("-", "").encode() in row for one in codes for row in kept)


def test_new_recovery_codes_take_the_place_of_those_before(db: Engine, vault: Vault, rose: int) -> None:
    with Session(db) as session, session.begin():
        before = totp.new_recovery_codes(session, rose)
        totp.new_recovery_codes(session, rose)
    assert prove(db, vault, rose, before[0]) is None


def test_turned_off_nothing_of_it_is_left(db: Engine, vault: Vault, rose: int) -> None:
    with Session(db) as session, session.begin():
        codes = totp.new_recovery_codes(session, rose)
        totp.turn_off(session, rose)
    assert prove(db, vault, rose, code()) is prove(db, vault, rose, codes[0]) is None
    with Session(db) as session:
        officer = session.get_one(Officer, rose, options=[undefer(Officer.totp_sealed)])
        assert (officer.totp_sealed, totp.codes_left(session, rose)) == (None, 0)


def test_the_secret_is_sealed_and_without_its_key_only_a_recovery_code_opens(
    db: Engine, vault: Vault, rose: int, settings: Settings
) -> None:
    with Session(db) as session, session.begin():
        sealed = session.get_one(Officer, rose, options=[undefer(Officer.totp_sealed)]).totp_sealed
        codes = totp.new_recovery_codes(session, rose)
    assert sealed
    assert SECRET.encode() not in sealed
    other = Vault(settings.phone_hash_key, [Fernet.generate_key().decode()])
    assert prove(db, other, rose, code()) is None
    assert prove(db, other, rose, codes[0]) is Proof.RECOVERY


def test_an_authenticator_reads_whose_code_it_is() -> None:
    address = totp.address_of(SECRET, "rose@kakamega.example", "Sikiza Kakamega")
    read = pyotp.parse_uri(address)
    assert (read.secret, read.name, read.issuer) == (SECRET, "rose@kakamega.example", "Sikiza Kakamega")
    assert len(totp.new_secret()) == 32


@pytest.mark.parametrize("role", list(Role))
def test_everybody_above_the_ward_needs_one_but_not_in_the_demo(db: Engine, role: Role) -> None:
    jurisdictions: dict[Role, dict[str, Any]] = {
        Role.SUB_COUNTY: {"sub_county_code": 202},
        Role.DEPARTMENT: {"department": "water"},
        Role.CHIEF_OFFICER: {"department": "water"},
    }
    officer = add(db, role=role, **jurisdictions.get(role, {}))
    assert totp.is_needed(officer, demo=False) is (role not in (Role.WARD, Role.HOTLINE))
    assert totp.is_needed(officer, demo=True) is False


def test_a_ward_administrator_who_stands_in_above_needs_one_too(db: Engine) -> None:
    officer = add(db)
    with Session(db, expire_on_commit=False) as session, session.begin():
        officer = session.get_one(Officer, officer.id)
        officers.give_post(session, officer, Role.SUB_COUNTY, sub_county_code=202)
        assert totp.is_needed(officer, demo=False)
