"""Failed tries: counted in the database whoever tries at once, locked for longer each time, forgotten in the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from config.settings import Settings
from gateway.people import throttle
from gateway.people.models import Throttle
from gateway.people.throttle import Door, Knock
from tests.people.doorway import change, count, vault_of

ALONE = Door(b"alone", 5)
SHARED = Door(b"shared", 30, shared=True)


def knock(db: Engine, *doors: Door) -> Knock:
    with Session(db) as session, session.begin():
        return throttle.knock(session, doors)


def forgive(db: Engine, *doors: Door) -> None:
    with Session(db) as session, session.begin():
        throttle.forgive(session, doors)


def heard(db: Engine, door: Door, times: int) -> int:
    return sum(knock(db, door).heard for _ in range(times))


def row(db: Engine, door: Door) -> Throttle:
    with Session(db) as session:
        return session.scalars(select(Throttle).where(Throttle.key == door.key)).one()


def minutes(db: Engine, door: Door) -> int:
    """For how long the door is locked."""
    until = row(db, door).until
    assert until
    return round((until - datetime.now(until.tzinfo)).total_seconds() / 60)


def test_five_tries_are_heard_and_then_none_for_a_quarter_of_an_hour(db: Engine) -> None:
    assert [knock(db, ALONE) for _ in range(6)] == [Knock(True, False)] * 4 + [Knock(True, True), Knock(False, False)]
    assert minutes(db, ALONE) == 15
    assert row(db, ALONE).failures == 5


def test_each_lock_is_longer_up_to_an_hour_and_a_day_later_it_begins_anew(db: Engine) -> None:
    lengths = []
    for _ in range(4):
        assert heard(db, ALONE, 7) == 5
        lengths.append(minutes(db, ALONE))
        change(db, "UPDATE throttle SET until = now() - interval '1 second'")
    assert lengths == [15, 30, 60, 60]
    change(db, "UPDATE throttle SET until = now() - interval '25 hours'")
    assert heard(db, ALONE, 7) == 5
    assert minutes(db, ALONE) == 15


def test_tries_that_are_a_quarter_of_an_hour_apart_do_not_add_up(db: Engine) -> None:
    for _ in range(3):
        assert heard(db, ALONE, 4) == 4
        change(db, "UPDATE throttle SET since = since - interval '16 minutes'")
    assert heard(db, ALONE, 1) == 1
    assert row(db, ALONE).failures == 1


def test_of_many_at_once_each_is_counted_and_no_more_than_five_are_heard(db: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: knock(db, ALONE), range(40)))
    assert sum(answer.heard for answer in answers) == 5
    assert sum(answer.last for answer in answers) == 1
    assert row(db, ALONE).failures == 5


def test_success_clears_a_door_of_ones_own_and_at_a_shared_one_only_itself(db: Engine) -> None:
    assert heard(db, ALONE, 3) == heard(db, SHARED, 3) == 3
    forgive(db, ALONE, SHARED)
    assert count(db, "throttle") == 1
    assert row(db, SHARED).failures == 2


def test_an_office_full_of_officers_who_sign_in_at_once_is_not_locked_out(db: Engine) -> None:
    assert heard(db, SHARED, 31) == 30
    for _ in range(30):
        forgive(db, SHARED)
    assert row(db, SHARED).failures == 0
    assert heard(db, SHARED, 30) == 30


def test_who_is_not_heard_at_the_address_locks_nobodys_account(db: Engine) -> None:
    heard(db, SHARED, 30)
    assert [knock(db, SHARED, ALONE).heard for _ in range(9)] == [False] * 9
    assert heard(db, ALONE, 9) == 5


def test_what_no_longer_counts_is_deleted_and_the_rest_is_kept(db: Engine) -> None:
    heard(db, ALONE, 5)
    heard(db, SHARED, 2)
    with Session(db) as session, session.begin():
        assert throttle.forget_old(session) == 0
    change(db, "UPDATE throttle SET since = since - interval '16 minutes', until = until - interval '1 hour'")
    with Session(db) as session, session.begin():
        assert throttle.forget_old(session) == 1
    change(db, "UPDATE throttle SET until = until - interval '1 day'")
    with Session(db) as session, session.begin():
        assert throttle.forget_old(session) == 1
    assert count(db, "throttle") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("41.90.0.1", "41.90.0.2", False),
        ("2c0f:fe38:1:2::1", "2c0f:fe38:1:2:ffff::9", True),
        ("2c0f:fe38:1:2::1", "2c0f:fe38:1:3::1", False),
        ("::ffff:41.90.0.1", "41.90.0.1", True),
        ("", "unix", False),
    ],
)
def test_an_address_is_what_one_customer_of_a_network_has(settings: Settings, one: str, other: str, same: bool) -> None:
    vault = vault_of(settings)
    assert (throttle.address(vault, one) == throttle.address(vault, other)) is same


def test_no_address_or_account_stands_in_the_table(settings: Settings, db: Engine) -> None:
    vault = vault_of(settings)
    knock(db, throttle.address(vault, "41.90.0.1"), throttle.account(vault, "rose@kakamega.example"))
    with Session(db) as session:
        keys = list(session.scalars(select(Throttle.key)))
    assert [len(key) for key in keys] == [32, 32]
    assert throttle.account(vault, "1").key != throttle.code(vault, 1).key
