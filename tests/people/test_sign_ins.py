"""Sign-ins: opened by a token that is kept as a hash, asleep after twelve hours, ended at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from gateway.people import devices, officers, sign_ins
from gateway.people.models import Officer, Role, SignIn
from gateway.people.sign_ins import Visitor
from tests.people.doorway import VAULT, add, change, count

HERE = Visitor("Chrome on Android", "41.90.0.1")


def begin(db: Engine, officer_id: int, **how: str) -> str:
    with Session(db) as session, session.begin():
        return sign_ins.begin(session, officer_id, HERE, **how)  # type: ignore[arg-type]


def keep(db: Engine, officer_id: int, token: str) -> str:
    """The token of the device that the sign-in is on, from now on."""
    found = sign_ins.find(db, token)
    assert found
    with Session(db) as session, session.begin():
        token_of_device = devices.keep(session, officer_id, found.id, "x", HERE.browser)
    assert token_of_device
    return token_of_device


def is_open(db: Engine, token: str) -> bool:
    return sign_ins.find(db, token) is not None


@contextmanager
def statements(db: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def see(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement.split()[0])

    event.listen(db, "before_cursor_execute", see)
    yield seen
    event.remove(db, "before_cursor_execute", see)


def test_a_sign_in_is_found_with_its_officer_and_her_posts_in_one_statement(db: Engine) -> None:
    rose = add(db)
    with Session(db) as session, session.begin():
        officers.give_post(session, session.get_one(Officer, rose.id), Role.SUB_COUNTY, sub_county_code=202)
    token = begin(db, rose.id)
    with statements(db) as seen:
        found = sign_ins.find(db, token)
    assert found
    assert seen == ["SELECT"]
    assert (found.officer.id, found.has_totp, found.device_id) == (rose.id, False, None)
    assert found.officer.roles == {Role.WARD, Role.SUB_COUNTY}
    assert found.officer.wards == {1014}


def test_the_token_is_not_in_the_database(db: Engine) -> None:
    token = begin(db, add(db).id)
    with Session(db) as session:
        row = session.scalars(select(SignIn)).one()
    assert len(token) == 43
    assert token.encode() not in row.token_hash
    assert (len(row.token_hash), row.browser, row.address) == (32, "Chrome on Android", "41.90.0.1")


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "\0"])
def test_what_is_no_token_opens_nothing(db: Engine, token: str) -> None:
    begin(db, add(db).id)
    assert not is_open(db, token)


def test_it_sleeps_after_twelve_hours_without_a_page_and_never_while_she_works(db: Engine) -> None:
    token = begin(db, add(db).id)
    for _ in range(3):
        change(db, "UPDATE sign_in SET seen_at = seen_at - interval '11 hours 59 minutes'")
        assert is_open(db, token)
    change(db, "UPDATE sign_in SET seen_at = seen_at - interval '12 hours'")
    assert not is_open(db, token)


def test_when_she_was_seen_is_written_every_quarter_of_an_hour_and_not_at_every_page(db: Engine) -> None:
    token = begin(db, add(db).id)
    change(db, "UPDATE officer SET seen_at = now() - interval '14 minutes'")
    change(db, "UPDATE sign_in SET seen_at = now() - interval '14 minutes'")
    with statements(db) as seen:
        assert is_open(db, token)
    assert seen == ["SELECT"]
    change(db, "UPDATE sign_in SET seen_at = now() - interval '16 minutes'")
    with statements(db) as seen:
        assert is_open(db, token)
        assert is_open(db, token)
    assert seen == ["SELECT", "WITH", "SELECT"]
    with db.connect() as connection:
        recent = "SELECT bool_and(seen_at > now() - interval '1 minute') FROM"
        assert connection.exec_driver_sql(f"{recent} officer").scalar()
        assert connection.exec_driver_sql(f"{recent} sign_in").scalar()


def new_password(session: Session, officer: Officer) -> None:
    officers.change_password(session, VAULT, officer, "nyekundu-nyeupe-nyeusi")


def another_post(session: Session, officer: Officer) -> None:
    officers.give_post(session, officer, Role.HOTLINE)


def no_post(session: Session, officer: Officer) -> None:
    assert officers.end_post(session, officer.id, officer.posts[0].id)
    session.expire(officer)
    assert officer.posts == []
    assert not officers.end_post(session, officer.id, 1)


def not_active(session: Session, officer: Officer) -> None:
    officer.active = False


@pytest.mark.parametrize("ends", [new_password, another_post, no_post, not_active])
def test_it_ends_at_once_on_every_device_and_no_pin_wakes_it(
    db: Engine, ends: Callable[[Session, Officer], None]
) -> None:
    rose, amos = add(db), add(db, "amos@kakamega.example")
    tokens, his = [begin(db, rose.id) for _ in range(3)], begin(db, amos.id)
    device = keep(db, rose.id, tokens[0])
    with Session(db) as session, session.begin():
        ends(session, session.get_one(Officer, rose.id))
    assert [is_open(db, token) for token in (*tokens, his)] == [False, False, False, True]
    with Session(db) as session:
        assert devices.holder(session, device) is None


def test_one_or_all_others_are_ended_by_whose_they_are_alone(db: Engine) -> None:
    rose, amos = add(db), add(db, "amos@kakamega.example")
    here, there, his = begin(db, rose.id), begin(db, rose.id), begin(db, amos.id)
    kept, elsewhere = keep(db, rose.id, here), keep(db, rose.id, there)
    with Session(db) as session, session.begin():
        ids = [one.id for one in sign_ins.open_ones(session, rose.id)]
        assert len(ids) == 2
        assert not sign_ins.end(session, amos.id, ids[0])
        assert sign_ins.end_others(session, rose.id, min(ids)) == 1
    assert [is_open(db, token) for token in (here, there, his)] == [True, False, True]
    with Session(db) as session:
        assert devices.holder(session, kept)
        assert devices.holder(session, elsewhere) is None


def test_signing_in_ends_what_this_browser_had_before(db: Engine) -> None:
    rose, amos = add(db), add(db, "amos@kakamega.example")
    before = begin(db, rose.id)
    after = begin(db, amos.id, instead_of=before)
    assert not is_open(db, before)
    assert is_open(db, after)


def test_half_of_a_sign_in_opens_nothing_and_waits_ten_minutes_for_its_code(db: Engine) -> None:
    rose = add(db)
    with Session(db) as session, session.begin():
        token = sign_ins.begin(session, rose.id, HERE, code_due=True)
        assert sign_ins.open_ones(session, rose.id) == []
    assert not is_open(db, token)
    with Session(db) as session, session.begin():
        half = sign_ins.half_open(session, token)
        assert half
        whole = sign_ins.complete(session, half)
        assert sign_ins.complete(session, half) is None
    assert whole
    assert is_open(db, whole)
    assert not is_open(db, token)
    with Session(db) as session, session.begin():
        late = sign_ins.begin(session, rose.id, HERE, code_due=True)
    change(db, "UPDATE sign_in SET started_at = now() - interval '11 minutes' WHERE code_due")
    with Session(db) as session:
        assert sign_ins.half_open(session, late) is None


def test_what_nobody_comes_back_to_is_deleted(db: Engine) -> None:
    rose = add(db)
    begin(db, rose.id)
    with Session(db) as session, session.begin():
        sign_ins.begin(session, rose.id, HERE, code_due=True)
        assert sign_ins.forget_over(session) == 0
    change(db, "UPDATE sign_in SET started_at = now() - interval '11 minutes'")
    with Session(db) as session, session.begin():
        assert sign_ins.forget_over(session) == 1
    change(db, "UPDATE sign_in SET seen_at = now() - interval '13 hours'")
    with Session(db) as session, session.begin():
        assert sign_ins.forget_over(session) == 1
    assert count(db, "sign_in") == 0
