"""Accounts as the county administrator keeps them: nobody changes her own, and one administrator always stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from gateway.people import audit, leave, links, officers, passwords, sign_ins
from gateway.people.models import Absence, LinkKind, Officer, Post, Role
from gateway.people.officers import OfficerRefused
from gateway.people.phone import mask
from gateway.people.presence import Seat, jurisdiction_of, seat_of
from gateway.people.vault import Vault

NO_PHONE: Mapping[str, None] = {"phone_hash": None, "phone_sealed": None, "phone_mask": None}
OWN = "Nobody changes her own account: another county administrator does it."
SHARED = "Another officer has this number, and an answer by SMS would count as hers: each needs a number of her own."
LAST = "The county would be without an administrator: give somebody else that post first."


def add(session: Session, name: str, email: str, seat: Seat, by: Officer) -> Officer:
    """Add an officer with a first post and without a password. The caller commits. Raises OfficerRefused."""
    role, code = seat
    added = officers.add_officer(session, email, name, role, None, given_by=by.id, **jurisdiction_of(seat))
    audit.append(session, "officer_added", officer_id=by.id, about_id=added.id)
    _note_post(session, "post_given", added.id, role, code, by)
    return added


def invite(session: Session, officer: Officer, by: Officer, now: datetime) -> str:
    """The token of a one-time link: an invitation until she was here, then a reset. Raises OfficerRefused."""
    _refuse_own(officer, by)
    _refuse_left(officer)
    kind = LinkKind.RESET if officer.seen_at else LinkKind.INVITATION
    return links.make(session, officer, kind, by, now)


def give(session: Session, officer: Officer, seat: Seat, by: Officer) -> None:
    """Give a post from now on, which ends her sign-ins. The caller commits. Raises OfficerRefused."""
    _refuse_own(officer, by)
    officer = lock(session, officer.id)
    _refuse_left(officer)
    if seat in {seat_of(post) for post in officer.posts if post.ends_at is None}:
        raise OfficerRefused("She holds this post already.")
    role, code = seat
    officers.give_post(session, officer, role, given_by=by.id, **jurisdiction_of(seat))
    _note_post(session, "post_given", officer.id, role, code, by)


def end(session: Session, officer: Officer, post_id: int, by: Officer) -> Collection[int]:
    """End a post, and that of whoever holds it in her place. Returns the ids of the officers who lost one.

    Nothing happens where it has ended already. The caller commits. Raises OfficerRefused.
    """
    _refuse_own(officer, by)
    post = session.scalars(select(Post).where(Post.id == post_id, Post.officer_id == officer.id)).one_or_none()
    if post is None:
        return ()
    if post.role is Role.COUNTY and post.for_id is None:
        _keep_an_administrator(session, officer)
    lent = and_(
        Post.for_id == officer.id, Post.role == post.role, Post.ward_code.is_not_distinct_from(post.ward_code),
        Post.sub_county_code.is_not_distinct_from(post.sub_county_code),
        Post.department.is_not_distinct_from(post.department),
    )  # fmt: skip
    gone = or_(Post.id == post.id, lent) if post.for_id is None else Post.id == post.id
    return _end_all(session, gone, by)


def leave_service(session: Session, officer: Officer, by: Officer, now: datetime) -> Collection[int]:
    """She has left: no post, no sign-in, no leave; her name stays. Returns the ids of the officers who lost a post.

    The caller commits. Raises OfficerRefused.
    """
    _refuse_own(officer, by)
    if officer.holds(Role.COUNTY):
        _keep_an_administrator(session, officer)
    officer = lock(session, officer.id)
    if not officer.active:
        return ()
    for absence in leave.of_officer(session, officer.id, now):
        leave.end(session, absence, by, now)
    stands_in = update(Absence).where(Absence.deputy_id == officer.id, Absence.ended_at.is_(None))
    session.execute(stands_in.values(deputy_id=None))
    lost = _end_all(session, or_(Post.officer_id == officer.id, Post.for_id == officer.id), by)
    gone = update(Officer).where(Officer.id == officer.id).values(active=False, left_at=now)
    session.execute(gone.execution_options(synchronize_session=False))
    sign_ins.end_all(session, officer.id)
    links.end_all(session, officer.id)
    audit.append(session, "officer_left", officer_id=by.id, about_id=officer.id)
    return {*lost, officer.id}


def come_back(session: Session, officer: Officer, by: Officer) -> None:
    """She works here again: without a post, with no password until a link gives her one, and without her number where
    a colleague has it now. The caller commits.

    Raises OfficerRefused.
    """
    _refuse_own(officer, by)
    unknown = passwords.hash_of_nobody()
    officer = lock(session, officer.id)
    if officer.active:
        return
    officers.set_password(session, officer.id, unknown)
    number = session.scalar(select(Officer.phone_hash).where(Officer.id == officer.id))
    shared = number is not None and _is_shared(session, officer, number)
    values: dict[str, Any] = {"active": True, "left_at": None, **(NO_PHONE if shared else {})}
    back = update(Officer).where(Officer.id == officer.id).values(values)
    session.execute(back.execution_options(synchronize_session=False))
    sign_ins.end_all(session, officer.id)
    links.end_all(session, officer.id)
    audit.append(session, "officer_back", officer_id=by.id, about_id=officer.id)
    if shared:
        audit.append(session, "phone_removed", officer_id=by.id, about_id=officer.id)


def set_phone(session: Session, vault: Vault, officer: Officer, number: str | None, by: Officer) -> None:
    """Keep her own phone, an E.164 number; None: she has none. The caller commits. Raises OfficerRefused."""
    _refuse_own(officer, by)
    values: dict[str, Any] = dict(NO_PHONE)
    if number:
        if _is_shared(session, officer, vault.phone_hash(number)):
            raise OfficerRefused(SHARED)
        values = {
            "phone_hash": vault.phone_hash(number), "phone_sealed": vault.seal(number), "phone_mask": mask(number),
        }  # fmt: skip
    session.execute(update(Officer).where(Officer.id == officer.id).values(values))
    audit.append(session, "phone_set" if number else "phone_removed", officer_id=by.id, about_id=officer.id)


def set_language(session: Session, officer: Officer, language: str) -> None:
    """In which her SMS are written from now on. Her own wish, and nobody else's. The caller commits."""
    session.execute(update(Officer).where(Officer.id == officer.id).values(language=language))


def lock(session: Session, officer_id: int) -> Officer:
    """The officer as she is now; nobody else changes her until the transaction ends."""
    query = select(Officer).where(Officer.id == officer_id).with_for_update(of=Officer)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _is_shared(session: Session, officer: Officer, phone_hash: bytes) -> bool:
    """Whether another officer who works here has this number. Those who look at it wait for each other."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("officers' numbers", 0))))
    other = select(Officer.id).where(Officer.phone_hash == phone_hash, Officer.active, Officer.id != officer.id)
    return session.scalar(other.limit(1)) is not None


def _refuse_own(officer: Officer, by: Officer) -> None:
    if officer.id == by.id:
        raise OfficerRefused(OWN)


def _refuse_left(officer: Officer) -> None:
    if not officer.active:
        raise OfficerRefused("She has left. Bring her back first.")


def _keep_an_administrator(session: Session, officer: Officer) -> None:
    """Locks the posts of all county administrators: two who end each other's must not both succeed."""
    lasting = (Post.role == Role.COUNTY, Post.ends_at.is_(None), Post.for_id.is_(None), Post.starts_at <= func.now())
    query = select(Post).join(Officer, Officer.id == Post.officer_id).where(Officer.active, *lasting)
    holders = session.scalars(query.order_by(Post.id).with_for_update(of=Post)).all()
    if not {post.officer_id for post in holders} - {officer.id}:
        raise OfficerRefused(LAST)


def _end_all(session: Session, which: Any, by: Officer) -> Collection[int]:
    open_ones = select(Post).where(which, or_(Post.ends_at.is_(None), Post.ends_at > func.now())).order_by(Post.id)
    lost: set[int] = set()
    for post in session.scalars(open_ones).all():
        if officers.end_post(session, post.officer_id, post.id):
            _note_post(session, "post_ended", post.officer_id, *seat_of(post), by)
            lost.add(post.officer_id)
    return lost


def _note_post(session: Session, name: str, about_id: int, role: Role, code: int | str | None, by: Officer) -> None:
    audit.append(session, name, officer_id=by.id, about_id=about_id, role=role.value, code=code)
