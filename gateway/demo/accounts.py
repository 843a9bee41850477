"""The accounts of the demo: one per role, and behind them the officers whose work fills the demo's histories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from config.county import County
from config.settings import Settings
from gateway.people.models import Officer, Post, Role
from gateway.people.officers import add_officer, find_officer
from gateway.people.phone import mask
from gateway.people.vault import Vault

PASSWORD = "sikiza-demo-2026"  # noqa: S105  (public: it works in a demo only)
DOMAIN = "demo.example"
SHOWN_WARD = 1014
SHOWN_DEPARTMENT = "water"
SHOWN_PHONE = "+254722000150"
"""The phone of the officer of the shown ward, in the demo's page of phones: her rounds come there."""

FIRST_NAMES = (
    "Beatrice", "Wycliffe", "Rose", "Josephat", "Mercy", "Alice", "Caleb", "Lydia", "Edwin", "Phanice", "Nathan",
    "Judith", "Kevin", "Eunice", "Protus", "Gladys", "Dennis", "Violet", "Isaac", "Metrine", "Hudson", "Sharon",
    "Amos", "Everlyne", "Brian", "Truphena", "Silas",
)  # fmt: skip
LAST_NAMES = (
    "Shikanga", "Amukoya", "Nekesa", "Mukabane", "Ayuma", "Wekulo", "Lumumba", "Khasandi", "Shitandi", "Anyona",
    "Musundi", "Nafula", "Wangila", "Ambani", "Imbuga", "Kweyu", "Makokha", "Liboko", "Onzere", "Sifuna",
)  # fmt: skip


class NotTheDemo(Exception):
    """These accounts have a public password: they exist in the demo only (DEMO=1)."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class Account:
    """`email` up to the @; at most one of the jurisdictions is set, as the role has it."""

    login: str
    role: Role
    title: str
    ward_code: int | None = None
    sub_county_code: int | None = None
    department: str | None = None

    @property
    def email(self) -> str:
        return f"{self.login}@{DOMAIN}"


def accounts(county: County) -> tuple[Account, ...]:
    """One account per role; in a county without Shirere, for its first ward."""
    ward = county.ward(SHOWN_WARD) or county.wards[0]
    department = SHOWN_DEPARTMENT if county.department(SHOWN_DEPARTMENT) else county.departments[0].code
    shown = {f"ward-{ward.code:04d}", f"sub-county-{ward.sub_county}", f"department-{department}"}
    local = [account for account in _local(county) if account.login in shown]
    return (
        *local,
        Account("ombudsman", Role.OMBUDSMAN, "ombudsman"),
        Account("hotline", Role.HOTLINE, "hotline agent"),
        Account(f"chief-{department}", Role.CHIEF_OFFICER, f"chief officer, {department}", department=department),
        Account("secretary", Role.COUNTY_SECRETARY, "county secretary"),
        Account("auditor", Role.AUDITOR, "auditor"),
        Account("county", Role.COUNTY, "county administrator"),
    )


def _local(county: County) -> Iterator[Account]:
    """An account for every ward, sub-county and department (the ombudsman is none)."""
    for ward in county.wards:
        yield Account(f"ward-{ward.code:04d}", Role.WARD, f"ward administrator, {ward.name}", ward_code=ward.code)
    for one in county.sub_counties:
        title = f"sub-county administrator, {one.name}"
        yield Account(f"sub-county-{one.code}", Role.SUB_COUNTY, title, sub_county_code=one.code)
    open_to_wards = {category.department for category in county.categories if not category.sensitive}
    for department in (one for one in county.departments if one.code in open_to_wards):
        title = f"department officer, {department.short.get('en', department.code)}"
        yield Account(f"department-{department.code}", Role.DEPARTMENT, title, department=department.code)


def _chiefs(county: County) -> Iterator[Account]:
    """A chief officer for every department but the last, so that the page of faults has something to show."""
    codes = [account.department for account in _local(county) if account.role is Role.DEPARTMENT]
    for code in codes[:-1]:
        yield Account(f"chief-{code}", Role.CHIEF_OFFICER, f"chief officer, {code}", department=code)


def ensure_accounts(session: Session, settings: Settings, county: County) -> tuple[Account, ...]:
    """Make the accounts of `accounts` that do not exist yet. The caller commits. Raises NotTheDemo."""
    if not settings.demo:
        raise NotTheDemo
    made = accounts(county)
    for account in made:
        if find_officer(session, account.email) is None:
            officer = add_officer(
                session, account.email, _name(account), account.role, PASSWORD, ward_code=account.ward_code,
                sub_county_code=account.sub_county_code, department=account.department,
            )  # fmt: skip
            if account.role is Role.WARD:
                _give_phone(officer, Vault(settings.phone_hash_key, settings.phone_keys))
    return made


def _give_phone(officer: Officer, vault: Vault) -> None:
    officer.phone_hash, officer.phone_sealed = vault.phone_hash(SHOWN_PHONE), vault.seal(SHOWN_PHONE)
    officer.phone_mask = mask(SHOWN_PHONE)


def officer_of_phone(county: County) -> str:
    """Whose the phone is, as the demo's page names her."""
    return _name(next(account for account in accounts(county) if account.role is Role.WARD))


def ensure_everybody(session: Session, settings: Settings, county: County) -> Mapping[str, int]:
    """Make every officer that the demo's histories name; ids by login. All have the demo's password."""
    shown = ensure_accounts(session, settings, county)
    # One hash for all of them: making one is slow on purpose, and these protect nothing.
    password_hash = session.scalar(select(Officer.password_hash).where(Officer.email == shown[0].email))
    known = set(session.scalars(select(func.lower(Officer.email))))
    missing = [account for account in (*_local(county), *_chiefs(county)) if account.email not in known]
    if missing:
        session.execute(insert(Officer), [_row(account, password_hash) for account in missing])
        posts = {account.email: account for account in missing}
        made = session.execute(select(Officer.email, Officer.id).where(Officer.email.in_(posts)))
        session.execute(insert(Post), [_post(posts[email], officer_id) for email, officer_id in made])
    found = session.execute(select(Officer.email, Officer.id).where(Officer.email.endswith(f"@{DOMAIN}")))
    return {email.partition("@")[0]: officer_id for email, officer_id in found}


def _row(account: Account, password_hash: str | None) -> dict[str, object]:
    return {"email": account.email, "name": _name(account), "password_hash": password_hash}


def _post(account: Account, officer_id: int) -> dict[str, object]:
    return {
        "officer_id": officer_id, "role": account.role, "ward_code": account.ward_code,
        "sub_county_code": account.sub_county_code, "department": account.department,
    }  # fmt: skip


def _name(account: Account) -> str:
    """A name that stays with the login."""
    number = crc32(account.login.encode())
    return f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number // 100 % len(LAST_NAMES)]}"
