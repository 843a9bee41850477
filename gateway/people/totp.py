"""The second proof: codes of an authenticator, each taken once, and recovery codes for when it is lost."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import pyotp
from cryptography.fernet import InvalidToken
from pyotp.utils import strings_equal
from sqlalchemy import delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.people.models import Officer, RecoveryCode, Role
from gateway.people.tokens import hash_of
from gateway.people.vault import Vault

BELOW = frozenset({Role.WARD, Role.HOTLINE})
"""Whoever has only these may do without; everybody above may not."""
STEP_SECONDS = 30
DRIFT = (0, -1, 1)
"""Steps by which a phone's clock may be off."""
RECOVERY_CODES = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that are taken for one another."""
_GROUPS, _IN_GROUP = 4, 4
"""79 bits: nobody finds one from its hash."""


class Proof(StrEnum):
    """By what an officer has proven that she is herself."""

    CODE = "code"
    RECOVERY = "recovery"


def is_needed(officer: Officer, *, demo: bool) -> bool:
    """Whether she may not go on without an authenticator."""
    return not demo and bool(officer.roles - BELOW)


def new_secret() -> str:
    """160 random bits in base 32, as authenticators want them."""
    return pyotp.random_base32()


def address_of(secret: str, email: str, issuer: str) -> str:
    """`otpauth://…`, which an authenticator reads as a QR code or opens as a link."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step of which `code` is the code, at most one away from now; else None."""
    digits, current = "".join(code.split()), int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    return next((current + off for off in DRIFT if strings_equal(totp.generate_otp(current + off), digits)), None)


def turn_on(
    session: Session, vault: Vault, officer_id: int, secret: str, step: int, *, instead: bool = False
) -> Sequence[str] | None:
    """From now on this authenticator counts; return its recovery codes. The caller commits.

    `step`: that of the code by which she showed that it works, which is used up by it. `instead`: it may take the place
    of another one; else None where she has one already.
    """
    values = {"totp_sealed": vault.seal(secret), "totp_step": step}
    query = update(Officer).where(Officer.id == officer_id, or_(literal(instead), Officer.totp_sealed.is_(None)))
    if session.scalar(query.values(values).returning(Officer.id)) is None:
        return None
    return new_recovery_codes(session, officer_id)


def turn_off(session: Session, officer_id: int) -> None:
    """No authenticator and no recovery code counts any more. The caller commits."""
    session.execute(update(Officer).where(Officer.id == officer_id).values(totp_sealed=None, totp_step=None))
    session.execute(delete(RecoveryCode).where(RecoveryCode.officer_id == officer_id))


def prove(session: Session, vault: Vault, officer_id: int, typed: str, now: datetime) -> Proof | None:
    """Use up what was typed, a code of her authenticator or a recovery code; None where it is neither.

    Each counts once, however many try it at the same time. The caller commits.
    """
    if _use_code(session, vault, officer_id, typed, now):
        return Proof.CODE
    return Proof.RECOVERY if _use_recovery_code(session, officer_id, typed) else None


def new_recovery_codes(session: Session, officer_id: int) -> Sequence[str]:
    """Ten codes in place of those before, to be shown now and never again. The caller commits."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.officer_id == officer_id))
    session.execute(
        insert(RecoveryCode), [{"officer_id": officer_id, "code_hash": _hash(officer_id, code)} for code in codes]
    )
    return codes


def codes_left(session: Session, officer_id: int) -> int:
    """How many recovery codes she has that are not used."""
    unused = select(func.count()).where(RecoveryCode.officer_id == officer_id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def _use_code(session: Session, vault: Vault, officer_id: int, typed: str, now: datetime) -> bool:
    sealed = session.scalar(select(Officer.totp_sealed).where(Officer.id == officer_id))
    try:
        step = step_of(vault.open(sealed), typed, now) if sealed else None
    except InvalidToken:
        log_event("totp_unreadable", officer=officer_id)  # with a key that is not in the settings any more
        return False
    if step is None:
        return False
    unused = or_(Officer.totp_step.is_(None), Officer.totp_step < step)
    query = update(Officer).where(Officer.id == officer_id, Officer.totp_sealed == sealed, unused)
    return session.scalar(query.values(totp_step=step).returning(Officer.id)) is not None


def _use_recovery_code(session: Session, officer_id: int, typed: str) -> bool:
    unused = (RecoveryCode.code_hash == _hash(officer_id, typed), RecoveryCode.used_at.is_(None))
    query = update(RecoveryCode).where(RecoveryCode.officer_id == officer_id, *unused).values(used_at=func.now())
    return session.scalar(query.returning(RecoveryCode.id)) is not None


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_IN_GROUP)) for _ in range(_GROUPS))


def _hash(officer_id: int, code: str) -> bytes:
    """However it is typed: with capitals, spaces or without hyphens."""
    return hash_of(f"{officer_id}:{''.join(filter(str.isalnum, code.lower()))}")
