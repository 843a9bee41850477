"""Officers' accounts: made whole or not at all, signed in by one password, signed out everywhere at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, undefer

from gateway.people import officers
from gateway.people.models import Officer, Role
from gateway.people.officers import OfficerRefused

PASSWORD = "bluu-kijani-manjano"
EMAIL = "rose@kakamega.example"


def add(db: Engine, **given: Any) -> Officer:
    usual: dict[str, Any] = {"email": EMAIL, "name": "Rose", "role": Role.WARD, "password": PASSWORD}
    if given.get("role", Role.WARD) is Role.WARD:
        usual["ward_code"] = 1014
    with Session(db, expire_on_commit=False) as session, session.begin():
        return officers.add_officer(session, **(usual | given))


def test_an_officer_signs_in_with_her_password_and_no_other(db: Engine) -> None:
    added = add(db, email=" Rose@Kakamega.example ")
    assert added.email == EMAIL
    found = officers.check_password(db, "ROSE@kakamega.example", PASSWORD)
    assert found is not None
    assert (found.id, found.role, found.ward_code) == (added.id, Role.WARD, 1014)
    for email, password in ((EMAIL, "bluu"), (EMAIL, ""), ("nobody@kakamega.example", PASSWORD), ("\0", "\0")):
        assert officers.check_password(db, email, password) is None


def test_a_password_is_kept_as_a_hash(db: Engine) -> None:
    add(db)
    with Session(db) as session:
        kept = session.scalars(select(Officer).options(undefer(Officer.password_hash))).one().password_hash
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_who_is_not_active_does_not_sign_in(db: Engine) -> None:
    add(db)
    with db.begin() as connection:
        connection.execute(text("UPDATE officer SET active = false"))
    assert officers.check_password(db, EMAIL, PASSWORD) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"role": Role.WARD, "ward_code": None}, "has a ward and nothing else"),
        ({"role": Role.SUB_COUNTY, "ward_code": 1014}, "has a sub-county and nothing else"),
        ({"role": Role.WARD, "sub_county_code": 202}, "has a ward and nothing else"),
        ({"role": Role.HOTLINE, "department": "water"}, "has no ward"),
        ({"password": "short"}, "12 to 200 letters"),
        ({"password": "x" * 201}, "12 to 200 letters"),
        ({"name": " "}, "needs a name"),
        ({"email": "rose"}, "needs a name and an e-mail"),
        ({"email": "rose @kakamega.example"}, "needs a name and an e-mail"),
    ],
)
def test_an_account_that_is_not_whole_is_refused(db: Engine, given: dict[str, Any], why: str) -> None:
    with pytest.raises(OfficerRefused, match=why):
        add(db, **given)
    with Session(db) as session:
        assert session.scalars(select(Officer)).all() == []


def test_an_address_belongs_to_one_officer(db: Engine) -> None:
    add(db)
    with pytest.raises(OfficerRefused, match="already"):
        add(db, email=EMAIL.upper())


def test_a_sign_in_ends_with_its_salt(db: Engine) -> None:
    add(db)
    signed_in = officers.check_password(db, EMAIL, PASSWORD)
    assert signed_in is not None
    salt = signed_in.session_salt
    assert officers.signed_in_officer(db, signed_in.id, salt) is not None
    with Session(db) as session, session.begin():
        officers.end_sign_ins(session.get_one(Officer, signed_in.id))
    assert officers.signed_in_officer(db, signed_in.id, salt) is None


def test_a_new_password_ends_every_sign_in_and_the_old_password(db: Engine) -> None:
    added = add(db)
    salt = added.session_salt
    with Session(db) as session, session.begin():
        officers.change_password(session, session.get_one(Officer, added.id), "nyekundu-nyeupe-nyeusi")
    assert officers.check_password(db, EMAIL, PASSWORD) is None
    assert officers.check_password(db, EMAIL, "nyekundu-nyeupe-nyeusi") is not None
    assert officers.signed_in_officer(db, added.id, salt) is None
