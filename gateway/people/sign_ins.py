"""Sign-ins: which browser is open for whom, how long it stays awake, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Engine, and_, delete, func, insert, select, text, update
from sqlalchemy.orm import Session, joinedload

from gateway.people.models import Device, Officer, SignIn
from gateway.people.tokens import hash_of, new_token

AWAKE = timedelta(hours=12)
"""Since the last page. After a night somebody proves anew who she is: with a PIN where she keeps this device."""
CODE_WAITS = timedelta(minutes=10)
"""How long a right password waits for the code of the authenticator."""

_SEE = text("""
    WITH seen AS (
        UPDATE sign_in SET seen_at = now() WHERE id = :id AND seen_at < now() - interval '15 minutes'
        RETURNING officer_id
    )
    UPDATE officer SET seen_at = now() FROM seen WHERE officer.id = seen.officer_id
""")
# Not at every page: each would be a commit.
_UNSEEN = timedelta(minutes=15)


@dataclass(frozen=True)
class Visitor:
    """Where somebody comes from: what her browser is called, and her network address."""

    browser: str = ""
    address: str = ""


@dataclass(frozen=True)
class Opened:
    """A sign-in that is open and awake, of an active officer, with the posts that she holds now."""

    id: int
    officer: Officer
    has_totp: bool
    device_id: int | None


@dataclass(frozen=True)
class HalfOpen:
    """A sign-in whose password was right and whose code is still to come."""

    id: int
    officer_id: int
    device_id: int | None


def begin(
    session: Session, officer_id: int, visitor: Visitor, *, code_due: bool = False, device_id: int | None = None,
    instead_of: str = "",
) -> str:  # fmt: skip
    """Open a sign-in, or half of one while a code is due; return its token. The caller commits.

    `instead_of`: the token that this browser brought along, whose sign-in ends.
    """
    if instead_of:
        session.execute(delete(SignIn).where(SignIn.token_hash == hash_of(instead_of)))
    token = new_token()
    session.execute(
        insert(SignIn).values(
            officer_id=officer_id, token_hash=hash_of(token), code_due=code_due, device_id=device_id,
            browser=visitor.browser[:120], address=visitor.address[:45],
        )
    )  # fmt: skip
    if not code_due:
        _note_seen(session, officer_id)
    return token


def find(engine: Engine, token: str) -> Opened | None:
    """The open sign-in with this token, in one statement, unless it ended, fell asleep or the officer is not active."""
    query = (
        select(
            SignIn.id, SignIn.device_id, Officer, Officer.totp_sealed.is_not(None).label("has_totp"),
            (SignIn.seen_at < func.now() - _UNSEEN).label("unseen"),
        )
        .join(Officer, Officer.id == SignIn.officer_id)
        .options(joinedload(Officer.posts))
        .where(_has(token), ~SignIn.code_due, SignIn.seen_at > func.now() - AWAKE, Officer.active)
    )  # fmt: skip
    with Session(engine, expire_on_commit=False) as session, session.begin():
        found = session.execute(query).unique().one_or_none()
        if found is None:
            return None
        if found.unseen:
            session.execute(_SEE, {"id": found.id})
        return Opened(found.id, found.Officer, found.has_totp, found.device_id)


def half_open(session: Session, token: str) -> HalfOpen | None:
    """The sign-in with this token that waits for a code."""
    query = (
        select(SignIn.id, SignIn.officer_id, SignIn.device_id)
        .join(Officer, Officer.id == SignIn.officer_id)
        .where(_has(token), SignIn.code_due, SignIn.started_at > func.now() - CODE_WAITS, Officer.active)
    )
    found = session.execute(query).one_or_none()
    return HalfOpen(*found) if found else None


def complete(session: Session, half: HalfOpen) -> str | None:
    """The code was right: open the sign-in under a new token; None where it has ended meanwhile."""
    token = new_token()
    opened = session.execute(
        update(SignIn)
        .where(SignIn.id == half.id, SignIn.code_due)
        .values(code_due=False, token_hash=hash_of(token), seen_at=func.now())
        .returning(SignIn.id)
    ).one_or_none()
    if opened is None:
        return None
    _note_seen(session, half.officer_id)
    return token


def open_ones(session: Session, officer_id: int) -> Sequence[SignIn]:
    """An officer's own sign-ins that are open and awake, the last used first."""
    query = select(SignIn).where(SignIn.officer_id == officer_id, ~SignIn.code_due, SignIn.seen_at > func.now() - AWAKE)
    return session.scalars(query.order_by(SignIn.seen_at.desc(), SignIn.id.desc())).all()


def end(session: Session, officer_id: int, sign_in_id: int) -> bool:
    """End one of an officer's own sign-ins; False where there is none. The caller commits."""
    query = delete(SignIn).where(SignIn.id == sign_in_id, SignIn.officer_id == officer_id)
    return bool(session.execute(query.returning(SignIn.id)).all())


def end_others(session: Session, officer_id: int, kept: int) -> int:
    """End all sign-ins of an officer but the one with the id `kept`, and forget all devices but that one's.

    Returns how many sign-ins ended. The caller commits.
    """
    hold(session, officer_id, kept)
    here = select(SignIn.device_id).where(SignIn.id == kept, SignIn.device_id.is_not(None))
    elsewhere = delete(Device).where(Device.officer_id == officer_id, Device.id.not_in(here))
    query = delete(SignIn).where(SignIn.officer_id == officer_id, SignIn.id != kept)
    ended = len(session.execute(query.returning(SignIn.id)).all())
    session.execute(elsewhere)
    return ended


def end_all(session: Session, officer_id: int) -> None:
    """Sign an officer out everywhere, and forget the devices that a PIN would wake. The caller commits."""
    _hold_devices(session, officer_id)
    session.execute(delete(SignIn).where(SignIn.officer_id == officer_id))
    # After them: whoever was just registering a device held her sign-in, and was waited for.
    session.execute(delete(Device).where(Device.officer_id == officer_id))


def hold(session: Session, officer_id: int, sign_in_id: int) -> bool:
    """Whether this sign-in has not been ended; until the transaction is over nobody ends it."""
    _hold_devices(session, officer_id)
    query = select(SignIn.id).where(SignIn.id == sign_in_id, SignIn.officer_id == officer_id)
    return session.scalar(query.with_for_update()) is not None


def forget_over(session: Session) -> int:
    """Delete what nobody comes back to: sign-ins that fell asleep or never got their code. The caller commits."""
    waited = and_(SignIn.code_due, SignIn.started_at < func.now() - CODE_WAITS)
    query = delete(SignIn).where((SignIn.seen_at < func.now() - AWAKE) | waited)
    return len(session.execute(query.returning(SignIn.id)).all())


def _hold_devices(session: Session, officer_id: int) -> None:
    """Everybody locks in this order: the officer, her devices, her sign-ins."""
    session.execute(select(Officer.id).where(Officer.id == officer_id).with_for_update(key_share=True))
    devices = select(Device.id).where(Device.officer_id == officer_id).order_by(Device.id)
    session.execute(devices.with_for_update())


def _has(token: str) -> ColumnElement[bool]:
    return SignIn.token_hash == hash_of(token)


def _note_seen(session: Session, officer_id: int) -> None:
    session.execute(update(Officer).where(Officer.id == officer_id).values(seen_at=func.now()))
