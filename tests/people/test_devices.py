"""Registered devices: which PINs are taken, whose they are, and when they are forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gateway.people import devices, sign_ins
from gateway.people.sign_ins import Visitor
from tests.people.doorway import add, change, count, until_somebody_waits


@pytest.mark.parametrize(
    "pin",
    ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "000000", "123456", "654321", "890123", "121212", "123123", "112233",
     "100000", "159753"],
)  # fmt: skip
def test_a_pin_that_is_tried_first_is_refused(pin: str) -> None:
    assert devices.weakness(pin).endswith(".")


@pytest.mark.parametrize("pin", ["402917", "135790", "998172", "121234"])
def test_another_pin_is_taken(pin: str) -> None:
    assert devices.weakness(pin) == ""


def test_a_device_is_forgotten_by_its_officer_alone_or_when_its_time_is_over(db: Engine) -> None:
    rose, amos = add(db), add(db, "amos@kakamega.example")
    with Session(db) as session, session.begin():
        token = sign_ins.begin(session, rose.id, Visitor("Chrome on Android"))
    opened = sign_ins.find(db, token)
    assert opened
    with Session(db) as session, session.begin():
        kept = devices.keep(session, rose.id, opened.id, "x", "Chrome on Android")
        [device] = devices.of_officer(session, rose.id)
        assert devices.of_officer(session, amos.id) == []
        assert not devices.forget(session, amos.id, device.id)
        assert devices.forget_over(session) == 0
        assert kept
        assert devices.holder(session, kept) == devices.Kept(device.id, rose.id, "Rose", rose.email)
    change(db, "UPDATE device SET expires_at = now()")
    with Session(db) as session, session.begin():
        assert devices.of_officer(session, rose.id) == []
        assert devices.forget_over(session) == 1
    assert count(db, "sign_in") == 0, "what was open on it is over as well"


def test_a_device_that_is_registered_while_everything_ends_does_not_outlive_it(db: Engine) -> None:
    rose = add(db)
    with Session(db) as session, session.begin():
        token = sign_ins.begin(session, rose.id, Visitor("Chrome on Android"))
    opened = sign_ins.find(db, token)
    assert opened

    def keep() -> str | None:
        with Session(db) as session, session.begin():
            return devices.keep(session, rose.id, opened.id, "x", "Chrome on Android")

    with ThreadPoolExecutor(1) as pool:
        with Session(db) as session, session.begin():
            sign_ins.end_all(session, rose.id)
            keeping = pool.submit(keep)
            until_somebody_waits(db)
        assert keeping.result(10) is None
    assert count(db, "device") == 0
    assert keep() is None, "nor afterwards"


def test_a_device_that_was_just_registered_ends_with_everything_else(db: Engine) -> None:
    rose = add(db)
    with Session(db) as session, session.begin():
        token = sign_ins.begin(session, rose.id, Visitor("Chrome on Android"))
    opened = sign_ins.find(db, token)
    assert opened

    def end_all() -> None:
        with Session(db) as session, session.begin():
            sign_ins.end_all(session, rose.id)

    with ThreadPoolExecutor(1) as pool:
        with Session(db) as session, session.begin():
            kept = devices.keep(session, rose.id, opened.id, "x", "Chrome on Android")
            ending = pool.submit(end_all)
            until_somebody_waits(db)
        ending.result(10)
    assert kept
    assert (count(db, "device"), count(db, "sign_in")) == (0, 0)
