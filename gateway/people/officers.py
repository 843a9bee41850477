"""Officers' accounts: adding one, checking a password, ending sign-ins."""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, undefer

from gateway.people.models import Officer, Role

MIN_PASSWORD = 12
MAX_PASSWORD = 200
"""Letters. Nobody types more, and hashing is dear."""
EMAIL = 254

_HASHER = PasswordHasher()


class OfficerRefused(Exception):
    """This account cannot be made as it stands. `str()` says why."""


def add_officer(
    session: Session, email: str, name: str, role: Role, password: str, *,
    ward_code: int | None = None, sub_county_code: int | None = None, department: str | None = None,
) -> Officer:  # fmt: skip
    """Add an active officer; exactly the jurisdiction that the role has must be given. The caller commits.

    Raises OfficerRefused for a missing name, a weak password, a wrong jurisdiction, an address that is taken or none.
    """
    given = {Role.WARD: ward_code, Role.SUB_COUNTY: sub_county_code, Role.DEPARTMENT: department}
    if {kind for kind, value in given.items() if value is not None} != {role} & given.keys():
        raise OfficerRefused(f"An officer with the role {role.value} has {_jurisdiction(role)}.")
    address = email.strip().lower()
    if not name.strip() or "@" not in address.strip("@") or len(address) > EMAIL or any(map(str.isspace, address)):
        raise OfficerRefused("An officer needs a name and an e-mail address.")
    if find_officer(session, address) is not None:
        raise OfficerRefused("There is an officer with this e-mail address already.")
    officer = Officer(
        email=address, name=name.strip(), role=role, ward_code=ward_code, sub_county_code=sub_county_code,
        department=department, password_hash=_hash(password), session_salt=_new_salt(), active=True,
    )  # fmt: skip
    session.add(officer)
    session.flush()
    return officer


def find_officer(session: Session, email: str) -> Officer | None:
    """The officer with this e-mail address in any case, active or not."""
    if "\0" in email:
        return None
    return session.scalars(select(Officer).where(func.lower(Officer.email) == email.strip().lower())).one_or_none()


def change_password(session: Session, officer: Officer, password: str) -> None:
    """Give a new password, which ends every sign-in. Raises OfficerRefused for a weak one. The caller commits."""
    officer.password_hash = _hash(password)
    end_sign_ins(officer)


def end_sign_ins(officer: Officer) -> None:
    """Sign the officer out everywhere. The caller commits."""
    officer.session_salt = _new_salt()


def check_password(engine: Engine, email: str, password: str) -> Officer | None:
    """The active officer whose password this is, with `session_salt` loaded; else None, after about the same time."""
    with Session(engine) as session:
        query = select(Officer).options(undefer(Officer.password_hash), undefer(Officer.session_salt))
        address = email.strip().lower().replace("\0", "")[:EMAIL]
        officer = session.scalars(query.where(func.lower(Officer.email) == address)).one_or_none()
    # No connection is held while the password is hashed, which is slow on purpose.
    right = _verify(officer.password_hash if officer else _hash_of_nobody(), password[:MAX_PASSWORD])
    return officer if officer and officer.active and right else None


def signed_in_officer(engine: Engine, officer_id: int, salt: str) -> Officer | None:
    """The officer of a sign-in, unless it was ended or the officer is not active any more."""
    query = select(Officer).where(Officer.id == officer_id, Officer.session_salt == salt, Officer.active)
    with Session(engine) as session:
        return session.scalars(query).one_or_none()


def _jurisdiction(role: Role) -> str:
    if role in (Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT):
        return f"a {role.value.replace('_', '-')} and nothing else"
    return "no ward, sub-county or department"


def _hash(password: str) -> str:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise OfficerRefused(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} letters.")
    return _HASHER.hash(password)


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_hex())


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _new_salt() -> str:
    return secrets.token_hex(16)
