"""Officers' accounts: adding one, giving and ending posts, passwords."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from gateway.people import passwords, sign_ins, throttle
from gateway.people.models import ALONE, Officer, Post, Role
from gateway.people.vault import Vault

EMAIL = 254
TAKEN = "There is an officer with this e-mail address already."


class OfficerRefused(Exception):
    """This account cannot be made as it stands. `str()` says why."""


def add_officer(
    session: Session, email: str, name: str, role: Role, password: str | None, *,
    ward_code: int | None = None, sub_county_code: int | None = None, department: str | None = None,
    given_by: int | None = None,
) -> Officer:  # fmt: skip
    """Add an active officer with a first post. The caller commits.

    Without a password nobody signs in, until she has given herself one by a link (`people.links`).
    Raises OfficerRefused for a missing name, a weak password, a wrong jurisdiction, an address that is taken or none.
    """
    address = email.strip().lower()
    if not name.strip() or "@" not in address.strip("@") or len(address) > EMAIL or any(map(str.isspace, address)):
        raise OfficerRefused("An officer needs a name and an e-mail address.")
    if find_officer(session, address) is not None:
        raise OfficerRefused(TAKEN)
    hashed = passwords.hash_of_nobody() if password is None else hash_password(password)
    officer = Officer(email=address, name=name.strip(), password_hash=hashed, active=True)
    try:
        with session.begin_nested():
            session.add(officer)
    except IntegrityError as error:  # added by somebody else in this very moment
        raise OfficerRefused(TAKEN) from error
    give_post(
        session, officer, role, ward_code=ward_code, sub_county_code=sub_county_code, department=department,
        given_by=given_by,
    )  # fmt: skip
    return officer


def give_post(
    session: Session, officer: Officer, role: Role, *, ward_code: int | None = None,
    sub_county_code: int | None = None, department: str | None = None, starts_at: datetime | None = None,
    ends_at: datetime | None = None, for_id: int | None = None, given_by: int | None = None,
) -> Post:  # fmt: skip
    """Give an officer a post, from now on unless a time is given, which ends every sign-in. The caller commits.

    Raises OfficerRefused where not exactly the jurisdiction is given that the role has, or the role stands alone.
    """
    given = {
        Role.WARD: ward_code, Role.SUB_COUNTY: sub_county_code, Role.DEPARTMENT: department,
        Role.CHIEF_OFFICER: department,
    }  # fmt: skip
    wanted = given.get(role)
    if [value for value in (ward_code, sub_county_code, department) if value is not None] != (
        [wanted] if role in given and wanted is not None else []
    ) or (role in given and wanted is None):
        raise OfficerRefused(f"An officer with the role {role.value} has {_jurisdiction(role)}.")
    # Those that she is to hold as well: when one begins, nobody asks again.
    held = lasting_roles(session, [officer.id])[officer.id] - {role}
    if held and (role in ALONE or not held.isdisjoint(ALONE)):
        raise OfficerRefused("County administrators and auditors hold no other post: end the one before.")
    post = Post(
        officer_id=officer.id, role=role, ward_code=ward_code, sub_county_code=sub_county_code, department=department,
        ends_at=ends_at, for_id=for_id, given_by=given_by, **({"starts_at": starts_at} if starts_at else {}),
    )  # fmt: skip
    session.add(post)
    session.flush()
    session.expire(officer, ["posts"])
    sign_ins.end_all(session, officer.id)
    return post


def lasting_roles(session: Session, officer_ids: Collection[int]) -> Mapping[int, set[Role]]:
    """The roles of each officer's posts that are not over, those that are to begin too; one query."""
    query = select(Post.officer_id, Post.role).where(Post.officer_id.in_(officer_ids), _is_not_over())
    found: defaultdict[int, set[Role]] = defaultdict(set)
    for officer_id, role in session.execute(query):
        found[officer_id].add(role)
    return found


def end_post(session: Session, officer_id: int, post_id: int) -> bool:
    """End a post that an officer holds, or one that is to begin, and every sign-in of hers. The caller commits.

    False where there is none of hers, or it has ended already.
    """
    ended = session.execute(
        update(Post)
        .where(Post.id == post_id, Post.officer_id == officer_id, _is_not_over())
        .values(ends_at=func.now())
        .returning(Post.id)
    ).all()
    if ended:
        sign_ins.end_all(session, officer_id)
    return bool(ended)


def find_officer(session: Session, email: str) -> Officer | None:
    """The officer with this e-mail address in any case, active or not."""
    if "\0" in email:
        return None
    return session.scalars(select(Officer).where(func.lower(Officer.email) == email.strip().lower())).one_or_none()


def hash_password(password: str) -> str:
    """What to keep of a password. Raises OfficerRefused for a weak one. Hold no connection meanwhile, if you can."""
    if not passwords.is_strong(password):
        raise OfficerRefused(passwords.WEAK)
    return passwords.slow_hash(password)


def change_password(session: Session, vault: Vault, officer: Officer, password: str) -> None:
    """Give a new password, as `replace_password` does. Raises OfficerRefused for a weak one. The caller commits."""
    replace_password(session, vault, officer.id, officer.email, hash_password(password))


def replace_password(session: Session, vault: Vault, officer_id: int, email: str, hashed: str) -> None:
    """Keep the hash of a new password, end every sign-in, and let her in at once whoever tried hers before.

    The caller commits.
    """
    set_password(session, officer_id, hashed)
    sign_ins.end_all(session, officer_id)
    throttle.forgive(session, [throttle.account(vault, known_as(email))])


def set_password(session: Session, officer_id: int, hashed: str) -> None:
    """Keep the hash of a new password; whoever calls ends the sign-ins that must end, and commits."""
    session.execute(update(Officer).where(Officer.id == officer_id).values(password_hash=hashed))


def known_as(email: str) -> str:
    """An address as it is compared: however it was typed, without what the database cannot hold."""
    return email.strip().lower().replace("\0", "")[:EMAIL]


def with_password(session: Session, email: str) -> Officer | None:
    """The officer with this address, active or not, with `password_hash` loaded."""
    query = select(Officer).options(undefer(Officer.password_hash))
    return session.scalars(query.where(func.lower(Officer.email) == known_as(email))).one_or_none()


def check_password(engine: Engine, email: str, password: str) -> Officer | None:
    """The active officer whose password this is; else None, after about the same time. Nothing is counted."""
    with Session(engine) as session:
        officer = with_password(session, email)
    # No connection is held while the password is hashed, which is slow on purpose.
    right = passwords.is_right(officer.password_hash if officer else None, password)
    return officer if officer and officer.active and right else None


def _is_not_over() -> ColumnElement[bool]:
    return or_(Post.ends_at.is_(None), Post.ends_at > func.now())


def _jurisdiction(role: Role) -> str:
    if role in (Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT):
        return f"a {role.value.replace('_', '-')} and nothing else"
    if role is Role.CHIEF_OFFICER:
        return "a department and nothing else"
    return "no ward, sub-county or department"
