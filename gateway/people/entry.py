"""Letting an officer in, by password, code or PIN: each try is counted first, then looked at, and told in the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gateway.people import audit, devices, officers, passwords, sign_ins, throttle, totp
from gateway.people.models import Officer
from gateway.people.passwords import TooBusy
from gateway.people.sign_ins import HalfOpen, Visitor
from gateway.people.throttle import Door, Knock
from gateway.people.totp import Proof
from gateway.people.vault import Vault


@dataclass(frozen=True)
class Entered:
    """`token` goes into the browser's cookie. While a code is due, nothing but the page that asks for it is open.

    `recovery` says that she came in by a recovery code.
    """

    token: str
    officer_id: int
    code_due: bool = False
    device_id: int | None = None
    recovery: bool = False


@dataclass(frozen=True)
class Brought:
    """What a browser brings along: where it is, the token of its last sign-in and that of a registered device."""

    visitor: Visitor
    token: str = ""
    device_token: str = ""


def by_password(engine: Engine, vault: Vault, email: str, password: str, brought: Brought) -> Entered | None:
    """Open a sign-in; None, after the same time, where account, password or throttle say no.

    Raises passwords.TooBusy.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        officer = officers.with_password(session, email)
        kept = devices.holder(session, brought.device_token)
        # Of another officer, whose device it is says nothing.
        device_id = kept.id if kept and officer and kept.officer_id == officer.id else None
        doors = _doors_for_password(vault, email, brought.visitor, device_id)
        knock = throttle.knock(session, doors)
    # No connection is held while the password is hashed. A locked account costs as much time as an open one.
    try:
        right = passwords.is_right(officer.password_hash if officer else None, password)
    except TooBusy:
        _take_back(engine, doors, knock)
        raise
    with Session(engine) as session, session.begin():
        if not (knock.heard and right and officer and _is_still(session, officer)):
            if knock.heard:
                _note_failure(session, "password", officer.id if officer else None, brought.visitor, last=knock.last)
            return None
        throttle.forgive(session, doors)
        code_due = session.scalar(select(Officer.totp_sealed.is_not(None)).where(Officer.id == officer.id)) or False
        token = sign_ins.begin(
            session, officer.id, brought.visitor, code_due=code_due, device_id=device_id, instead_of=brought.token
        )
        if not code_due:
            _note_entry(session, officer.id, brought.visitor, "password")
    return Entered(token, officer.id, code_due, device_id)


def by_code(engine: Engine, vault: Vault, typed: str, brought: Brought, now: datetime) -> Entered | None:
    """Open the sign-in that waits for a code; None where the code, its throttle or the sign-in say no."""
    with Session(engine) as session, session.begin():
        half = sign_ins.half_open(session, brought.token)
        if half is None:
            return None
        doors = _doors_for_code(vault, half, brought.visitor)
        knock = throttle.knock(session, doors)
    if not knock.heard:
        return None
    with Session(engine) as session, session.begin():
        proof = totp.prove(session, vault, half.officer_id, typed, now)
        if proof is None:
            _note_failure(session, "code", half.officer_id, brought.visitor, last=knock.last)
            return None
        token = sign_ins.complete(session, half)
        if token is None:
            return None
        throttle.forgive(session, doors)
        if proof is Proof.RECOVERY:
            audit.append(session, "recovery_used", officer_id=half.officer_id, address=brought.visitor.address)
        _note_entry(session, half.officer_id, brought.visitor, proof.value)
    return Entered(token, half.officer_id, device_id=half.device_id, recovery=proof is Proof.RECOVERY)


def by_pin(engine: Engine, pin: str, brought: Brought) -> Entered | None:
    """Wake a registered device; None where it is none, or the PIN is wrong: the fifth in a row forgets the device.

    Raises passwords.TooBusy.
    """
    with Session(engine) as session, session.begin():
        tried = devices.count_try(session, brought.device_token)
    try:
        right = passwords.is_right(tried.pin_hash if tried else None, pin)
    except TooBusy:
        if tried:
            with Session(engine) as session, session.begin():
                devices.take_back(session, tried)
        raise
    if tried is None:
        return None
    with Session(engine) as session, session.begin():
        if not right:
            spent = devices.forget_spent(session, tried)
            _note_failure(session, "pin", tried.officer_id, brought.visitor, last=spent)
            if spent:
                audit.append(
                    session, "device_forgotten", about_id=tried.officer_id, address=brought.visitor.address,
                    device=tried.device_id, why="pin",
                )  # fmt: skip
            return None
        if not devices.wake(session, tried):
            return None
        token = sign_ins.begin(
            session, tried.officer_id, brought.visitor, device_id=tried.device_id, instead_of=brought.token
        )
        _note_entry(session, tried.officer_id, brought.visitor, "pin")
    return Entered(token, tried.officer_id, device_id=tried.device_id)


def proves_herself(engine: Engine, vault: Vault, officer_id: int, password: str, visitor: Visitor) -> bool:
    """Whether this is the password of an officer who is signed in already: she is asked before she changes her account.

    Throttled like a sign-in. Raises passwords.TooBusy.
    """
    door = [throttle.own_password(vault, officer_id)]
    with Session(engine) as session, session.begin():
        knock = throttle.knock(session, door)
        kept = session.scalar(select(Officer.password_hash).where(Officer.id == officer_id))
    try:
        right = passwords.is_right(kept, password)
    except TooBusy:
        _take_back(engine, door, knock)
        raise
    with Session(engine) as session, session.begin():
        if knock.heard and right:
            throttle.forgive(session, door)
        elif knock.heard:
            _note_failure(session, "own_password", officer_id, visitor, last=knock.last)
    return knock.heard and right


def _doors_for_password(vault: Vault, email: str, visitor: Visitor, device_id: int | None) -> Sequence[Door]:
    if device_id is not None:
        return [throttle.device(vault, device_id, "password")]
    return [throttle.address(vault, visitor.address), throttle.account(vault, officers.known_as(email))]


def _doors_for_code(vault: Vault, half: HalfOpen, visitor: Visitor) -> Sequence[Door]:
    if half.device_id is not None:
        return [throttle.device(vault, half.device_id, "code")]
    return [throttle.address(vault, visitor.address), throttle.code(vault, half.officer_id)]


def _take_back(engine: Engine, doors: Sequence[Door], knock: Knock) -> None:
    """Nothing was looked at: who was told to wait does not lock herself out by trying again."""
    if knock.heard:
        with Session(engine) as session, session.begin():
            throttle.take_back(session, doors)


def _is_still(session: Session, officer: Officer) -> bool:
    """Whether she is active and the password is still hers. Until this transaction ends nobody changes that."""
    query = select(Officer.password_hash).where(Officer.id == officer.id, Officer.active)
    return session.scalar(query.with_for_update(key_share=True)) == officer.password_hash


def _note_entry(session: Session, officer_id: int, visitor: Visitor, by: str) -> None:
    audit.append(session, "signed_in", officer_id=officer_id, address=visitor.address, by=by)


def _note_failure(session: Session, by: str, about_id: int | None, visitor: Visitor, *, last: bool) -> None:
    """`last`: after this one nobody is heard for a while; what is tried meanwhile opens nothing, and is not told."""
    audit.append(session, "sign_in_failed", about_id=about_id, address=visitor.address, by=by, locked=last)
