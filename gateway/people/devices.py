"""Registered devices: a phone or computer that wakes up by a PIN of six digits, for thirty days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.orm import Session

from gateway.people import sign_ins
from gateway.people.models import Device, Officer, SignIn
from gateway.people.tokens import hash_of, new_token

KEPT = timedelta(days=30)
TRIES = 5
"""Wrong PINs in a row; after them the device is forgotten, and only the password opens."""
OFTEN_CHOSEN = frozenset(
    {
        "010203", "102030", "112233", "123654", "142536", "147258", "159357", "159753", "223344", "258456", "445566",
        "456852", "654123", "789456",
    }
)  # fmt: skip
_PIN = re.compile(r"[0-9]{6}")


@dataclass(frozen=True)
class Kept:
    """A device that is registered, and whose it is."""

    id: int
    officer_id: int
    name: str
    email: str


@dataclass(frozen=True)
class Tried:
    """One of the tries of a PIN, counted already."""

    device_id: int
    officer_id: int
    pin_hash: str


def weakness(pin: str) -> str:
    """Why this is no PIN to choose, as a sentence; empty where it is one."""
    if not _PIN.fullmatch(pin):
        return "A PIN has six digits."
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    repeated = pin[:3] == pin[3:] or pin[:2] * 3 == pin
    if len(set(pin)) < 3 or steps in ({1}, {9}) or repeated or pin in OFTEN_CHOSEN:
        return "This PIN is among the first that anybody would try: choose another."
    return ""


def keep(session: Session, officer_id: int, sign_in_id: int, pin_hash: str, browser: str) -> str | None:
    """Register the device that an officer is signed in on; return its token. The caller commits.

    None where the sign-in has ended meanwhile. A registration that it has already is replaced.
    """
    if not sign_ins.hold(session, officer_id, sign_in_id):
        return None
    before = session.scalar(select(SignIn.device_id).where(SignIn.id == sign_in_id))
    token = new_token()
    device_id = session.scalar(
        insert(Device)
        .values(
            officer_id=officer_id, token_hash=hash_of(token), pin_hash=pin_hash, browser=browser[:120],
            expires_at=func.now() + KEPT,
        )
        .returning(Device.id)
    )  # fmt: skip
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(device_id=device_id))
    session.execute(delete(Device).where(Device.id == before))
    return token


def holder(session: Session, token: str) -> Kept | None:
    """The device with this token and its officer, unless it was forgotten, its time is over or she is not active."""
    query = (
        select(Device.id, Device.officer_id, Officer.name, Officer.email)
        .join(Officer, Officer.id == Device.officer_id)
        .where(_valid(token), Officer.active)
    )
    found = session.execute(query).one_or_none() if token else None
    return Kept(*found) if found else None


def count_try(session: Session, token: str) -> Tried | None:
    """Count one try of the PIN before it is looked at: of many at once no more than five are heard.

    None where no such device is registered, or its tries are used up. Commit before you look.
    """
    counted = session.execute(
        update(Device)
        .where(_valid(token), Device.pin_failures < TRIES, Officer.id == Device.officer_id, Officer.active)
        .values(pin_failures=Device.pin_failures + 1)
        .returning(Device.id, Device.officer_id, Device.pin_hash)
    ).one_or_none()
    return Tried(*counted) if counted else None


def wake(session: Session, tried: Tried) -> bool:
    """The PIN was right: its tries count from the beginning. False where the device was forgotten meanwhile."""
    # First of all, as whoever ends everything does.
    session.execute(select(Officer.id).where(Officer.id == tried.officer_id).with_for_update(key_share=True))
    query = update(Device).where(Device.id == tried.device_id).values(pin_failures=0).returning(Device.id)
    if session.scalar(query) is None:
        return False
    # What fell asleep on this device is over; the one that begins now takes its place.
    session.execute(delete(SignIn).where(SignIn.device_id == tried.device_id))
    return True


def take_back(session: Session, tried: Tried) -> None:
    """The PIN was not looked at: this try does not count. The caller commits."""
    query = update(Device).where(Device.id == tried.device_id, Device.pin_failures > 0)
    session.execute(query.values(pin_failures=Device.pin_failures - 1))


def forget_spent(session: Session, tried: Tried) -> bool:
    """The PIN was wrong: forget the device if that was its last try. Whether it was."""
    spent = and_(Device.id == tried.device_id, Device.pin_failures >= TRIES)
    return session.scalar(delete(Device).where(spent).returning(Device.id)) is not None


def forget(session: Session, officer_id: int, device_id: int) -> bool:
    """Forget one of an officer's own devices, which ends what is open on it; False where there is none."""
    query = delete(Device).where(Device.id == device_id, Device.officer_id == officer_id)
    return session.scalar(query.returning(Device.id)) is not None


def of_officer(session: Session, officer_id: int) -> Sequence[Device]:
    """An officer's own devices, the newest first."""
    query = select(Device).where(Device.officer_id == officer_id, Device.expires_at > func.now())
    return session.scalars(query.order_by(Device.id.desc())).all()


def forget_over(session: Session) -> int:
    """Delete those whose time is over. The caller commits."""
    query = delete(Device).where(Device.expires_at <= func.now()).returning(Device.id)
    return len(session.scalars(query).all())


def _valid(token: str) -> ColumnElement[bool]:
    return and_(Device.token_hash == hash_of(token), Device.expires_at > func.now())
