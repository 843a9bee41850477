"""One-time links: a password is given with one, once, before it expires; nothing of what was open before stays open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config.settings import Settings
from gateway.people import links, officers, sign_ins, totp
from gateway.people.models import LinkKind, Officer
from gateway.people.vault import Vault
from tests.people.doorway import EMAIL, add, audited, brought, change, count, enter, entered, vault_of


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return vault_of(settings)


@pytest.fixture
def rose(db: Engine) -> int:
    return add(db).id


def test_a_link_is_used_once_and_ends_what_was_open(db: Engine, vault: Vault, rose: int) -> None:
    with Session(db) as session, session.begin():
        totp.turn_on(session, vault, rose, totp.new_secret(), 1)
        officer = session.get_one(Officer, rose)
        first = links.make(session, officer, LinkKind.INVITATION, officer, datetime.now(UTC))
        token = links.make(session, officer, LinkKind.RESET, None, datetime.now(UTC))
        open_token = sign_ins.begin(session, rose, brought().visitor)
        assert links.whose(session, first) is None
        invited = links.whose(session, token)
    assert invited
    assert (invited.officer_id, invited.email) == (rose, EMAIL)
    hashed = officers.hash_password("nyekundu-nyeupe-nyeusi")

    def use(_: int) -> bool:
        with Session(db) as session, session.begin():
            return links.use(session, vault, token, hashed, "41.90.0.1") is not None

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(use, range(6))) == 1
    assert sign_ins.find(db, open_token) is None
    assert enter(db, vault) is None
    found = entered(db, vault, password="nyekundu-nyeupe-nyeusi")
    assert found.code_due, "the authenticator stays"
    names = [name for name, _ in audited(db)]
    assert (names.count("link_made"), names.count("link_used")) == (2, 1)


@pytest.mark.parametrize("way", ["link", "command"])
def test_a_new_password_is_right_at_once_whatever_strangers_tried_before(
    db: Engine, vault: Vault, rose: int, way: str
) -> None:
    for _ in range(5):
        assert enter(db, vault, "x" * 12) is None
    new = "nyekundu-nyeupe-nyeusi"
    with Session(db) as session, session.begin():
        officer = session.get_one(Officer, rose)
        if way == "link":
            token = links.make(session, officer, LinkKind.RESET, None, datetime.now(UTC))
            assert links.use(session, vault, token, officers.hash_password(new), "41.90.0.1")
        else:
            officers.change_password(session, vault, officer, new)
    assert enter(db, vault, new)


@pytest.mark.parametrize(
    "over",
    ["UPDATE one_time_link SET expires_at = now()", "UPDATE one_time_link SET used_at = now()",
     "UPDATE officer SET active = false", "DELETE FROM one_time_link"],
)  # fmt: skip
def test_a_link_that_is_over_opens_nothing(db: Engine, vault: Vault, rose: int, over: str) -> None:
    with Session(db) as session, session.begin():
        token = links.make(session, session.get_one(Officer, rose), LinkKind.RESET, None, datetime.now(UTC))
    change(db, over)
    with Session(db) as session, session.begin():
        assert links.whose(session, token) is None
        assert links.use(session, vault, token, "x", "") is None


def test_links_that_are_over_are_deleted(db: Engine, rose: int) -> None:
    with Session(db) as session, session.begin():
        links.make(session, session.get_one(Officer, rose), LinkKind.RESET, None, datetime.now(UTC))
        assert links.forget_over(session) == 0
    change(db, "UPDATE one_time_link SET expires_at = now()")
    with Session(db) as session, session.begin():
        assert links.forget_over(session) == 1
    assert count(db, "one_time_link") == 0
