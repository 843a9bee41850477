"""Officers' accounts: made whole or not at all, signed in by one password, signed out everywhere at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, undefer

from gateway.people import officers
from gateway.people.models import Officer, Role
from gateway.people.officers import OfficerRefused
from tests.people.doorway import VAULT

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
    assert (found.id, *found.roles, *found.wards) == (added.id, Role.WARD, 1014)
    for email, password in ((EMAIL, "bluu"), (EMAIL, ""), ("nobody@kakamega.example", PASSWORD), ("\0", "\0")):
        assert officers.check_password(db, email, password) is None


@pytest.mark.usefixtures("slow_hashes")
def test_a_password_is_kept_as_a_slow_hash(db: Engine) -> None:
    """The second choice of RFC 9106, section 4: 64 MiB, three passes, four lanes."""
    add(db)
    with Session(db) as session:
        kept = session.scalars(select(Officer).options(undefer(Officer.password_hash))).one().password_hash
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
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
        ({"role": Role.WARD, "ward_code": 1014, "sub_county_code": 202}, "has a ward and nothing else"),
        ({"role": Role.CHIEF_OFFICER}, "has a department and nothing else"),
        ({"role": Role.OMBUDSMAN, "ward_code": 1014}, "has no ward"),
        ({"role": Role.COUNTY, "department": "water"}, "has no ward"),
        ({"email": "@"}, "needs a name and an e-mail"),
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


def test_a_new_password_takes_the_place_of_the_old_one(db: Engine) -> None:
    added = add(db)
    with Session(db) as session, session.begin():
        officers.change_password(session, VAULT, session.get_one(Officer, added.id), "nyekundu-nyeupe-nyeusi")
    assert officers.check_password(db, EMAIL, PASSWORD) is None
    assert officers.check_password(db, EMAIL, "nyekundu-nyeupe-nyeusi") is not None


def test_an_account_without_a_password_is_opened_by_none(db: Engine) -> None:
    add(db, password=None)
    for password in ("", "None", PASSWORD):
        assert officers.check_password(db, EMAIL, password) is None


def test_a_post_ends_once_and_for_its_officer_alone(db: Engine) -> None:
    rose, amos = add(db), add(db, email="amos@kakamega.example")
    with Session(db) as session, session.begin():
        post_id = session.get_one(Officer, rose.id).posts[0].id
        assert not officers.end_post(session, amos.id, post_id)
        assert officers.end_post(session, rose.id, post_id)
        assert not officers.end_post(session, rose.id, post_id)
    with Session(db) as session:
        assert session.get_one(Officer, rose.id).roles == set()
        assert session.get_one(Officer, amos.id).wards == {1014}
