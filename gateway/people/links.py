"""One-time links: an officer gives herself a password with one, once and before it expires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.orm import Session

from gateway.people import audit, officers
from gateway.people.models import LinkKind, Officer, OneTimeLink
from gateway.people.tokens import hash_of, new_token
from gateway.people.vault import Vault

LASTS = timedelta(hours=48)


@dataclass(frozen=True)
class Invited:
    """Whom a link is for."""

    officer_id: int
    name: str
    email: str


def make(session: Session, officer: Officer, kind: LinkKind, made_by: Officer | None, now: datetime) -> str:
    """The token of a new link, which is shown once; the links before it open nothing any more. The caller commits.

    `made_by` is empty where the command line does it.
    """
    token, maker = new_token(), made_by.id if made_by else None
    end_all(session, officer.id)
    session.execute(
        insert(OneTimeLink).values(
            officer_id=officer.id, kind=kind, token_hash=hash_of(token), made_by=maker, made_at=now,
            expires_at=now + LASTS,
        )
    )  # fmt: skip
    audit.append(session, "link_made", officer_id=maker, about_id=officer.id, kind=kind.value)
    return token


def whose(session: Session, token: str) -> Invited | None:
    """Whom this link is for; None where it is unknown, used, expired, or she is not active."""
    query = (
        select(Officer.id, Officer.name, Officer.email)
        .join(OneTimeLink, OneTimeLink.officer_id == Officer.id)
        .where(_open(token), Officer.active)
    )
    found = session.execute(query).one_or_none()
    return Invited(*found) if found else None


def use(session: Session, vault: Vault, token: str, password_hash: str, address: str) -> Invited | None:
    """Use the link up for a password; None where another one was faster, or it opens nothing. The caller commits.

    It ends every sign-in and all other links, and the wrong passwords before it count no more. An authenticator stays
    as it was.
    """
    invited = whose(session, token)
    used = update(OneTimeLink).where(_open(token)).values(used_at=func.now()).returning(OneTimeLink.id)
    if invited is None:
        return None
    _hold(session, invited.officer_id)
    if session.scalar(used) is None:
        return None
    end_all(session, invited.officer_id)
    officers.replace_password(session, vault, invited.officer_id, invited.email, password_hash)
    audit.append(session, "link_used", officer_id=invited.officer_id, address=address)
    return invited


def end_all(session: Session, officer_id: int) -> None:
    """The links that she was given open nothing any more. The caller commits."""
    _hold(session, officer_id)
    session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.officer_id == officer_id, OneTimeLink.used_at.is_(None))
        .values(used_at=func.now())
    )


def forget_over(session: Session) -> int:
    """Delete those that open nothing any more: what they were for stands in the audit. The caller commits."""
    query = delete(OneTimeLink).where(OneTimeLink.expires_at <= func.now()).returning(OneTimeLink.id)
    return len(session.scalars(query).all())


def _hold(session: Session, officer_id: int) -> None:
    """Everybody locks in this order: the officer, her links."""
    session.execute(select(Officer.id).where(Officer.id == officer_id).with_for_update(key_share=True))


def _open(token: str) -> ColumnElement[bool]:
    return and_(
        OneTimeLink.token_hash == hash_of(token), OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > func.now()
    )
