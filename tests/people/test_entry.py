"""Getting in by password, code or PIN: one answer for whoever may not, the same time, and a line in the audit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pyotp
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config.settings import Settings
from gateway.people import devices, entry, passwords, sign_ins, totp
from gateway.people.entry import Entered
from gateway.people.vault import Vault
from tests.people.doorway import (
    EMAIL,
    PASSWORD,
    add,
    audited,
    brought,
    change,
    count,
    enter,
    entered,
    vault_of,
)

PIN = "402917"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told to wait because the machine that tests is busy."""
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 20)


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return vault_of(settings)


@pytest.fixture
def rose(db: Engine) -> int:
    return add(db).id


@pytest.fixture
def secret(db: Engine, vault: Vault, rose: int) -> str:
    """Of Rose's authenticator."""
    secret = totp.new_secret()
    with Session(db) as session, session.begin():
        totp.turn_on(session, vault, rose, secret, 1)
    return secret


@pytest.fixture
def device(db: Engine, vault: Vault, rose: int) -> str:
    """The token of Rose's registered phone."""
    opened = sign_ins.find(db, entered(db, vault).token)
    assert opened
    with Session(db) as session, session.begin():
        token = devices.keep(session, rose, opened.id, passwords.slow_hash(PIN), "Chrome on Android")
    assert token
    return token


def by_code(db: Engine, vault: Vault, token: str, typed: str, device: str = "") -> Entered | None:
    return entry.by_code(db, vault, typed, brought(token=token, device=device), datetime.now(UTC))


def now_code(secret: str) -> str:
    return pyotp.TOTP(secret).now()


def wake(db: Engine, device: str, pin: str = PIN) -> Entered | None:
    return entry.by_pin(db, pin, brought(device=device))


# Passwords


def test_the_right_password_opens_and_is_told_in_the_audit(db: Engine, vault: Vault, rose: int) -> None:
    found = entered(db, vault, email=f" {EMAIL.upper()}\0")
    opened = sign_ins.find(db, found.token)
    assert opened
    assert (opened.officer.id, found.code_due) == (rose, False)
    assert audited(db) == [("signed_in", {"by": "password"})]


def test_wrong_unknown_inactive_and_locked_are_the_same_and_leave_a_line_that_says_whose(
    db: Engine, vault: Vault, rose: int
) -> None:
    assert enter(db, vault, "x" * 12) is None
    assert enter(db, vault, email="nobody@kakamega.example") is None
    change(db, "UPDATE officer SET active = false")
    assert enter(db, vault) is None
    change(db, "UPDATE officer SET active = true")
    assert [enter(db, vault, "x" * 12) for _ in range(4)] == [None] * 4
    assert enter(db, vault) is None, "locked"
    with db.connect() as connection:
        lines = connection.exec_driver_sql("SELECT about_id, address, data->>'locked' FROM audit ORDER BY id").all()
    assert [tuple(line) for line in lines] == [
        (rose, "41.90.0.1", "false"), (None, "41.90.0.1", "false"), *[(rose, "41.90.0.1", "false")] * 3,
        (rose, "41.90.0.1", "true"),
    ]  # fmt: skip
    assert count(db, "sign_in") == 0


@pytest.mark.usefixtures("slow_hashes")
def test_what_is_not_let_in_takes_the_same_time_whatever_the_reason(db: Engine, vault: Vault, rose: int) -> None:
    def seconds(email: str, password: str) -> float:
        """Of all this process's threads: what else the machine does meanwhile is no difference between two reasons."""
        best = 9.0
        for _ in range(3):
            change(db, "UPDATE throttle SET failures = 0 WHERE until IS NULL")
            begun = time.process_time()
            assert enter(db, vault, password, email) is None
            best = min(best, time.process_time() - begun)
        return best

    enter(db, vault, "warm", "up@kakamega.example")
    wrong, unknown = seconds(EMAIL, "x" * 12), seconds("nobody@kakamega.example", "x" * 12)
    for _ in range(6):
        enter(db, vault, "x" * 12)
    locked = seconds(EMAIL, PASSWORD)
    assert 0.4 < wrong / unknown < 2.5
    assert 0.4 < wrong / locked < 2.5


@pytest.mark.usefixtures("slow_hashes")
def test_of_twenty_passwords_tried_at_once_no_more_than_five_are_heard(db: Engine, vault: Vault, rose: int) -> None:
    def guess(number: int) -> Entered | None:
        return enter(db, vault, PASSWORD if number == 19 else f"guess-number-{number}", address=f"41.90.1.{number}")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(guess, range(20))) == [None] * 20
    assert audited(db).count(("sign_in_failed", {"by": "password", "locked": True})) == 1
    assert len(audited(db)) == 5


def test_an_address_is_locked_after_thirty_failures_whatever_accounts_they_were_for(
    db: Engine, vault: Vault, rose: int
) -> None:
    change(db, "INSERT INTO throttle (key, failures) VALUES (:key, 29)", key=vault.keyed("address", "41.90.0.1"))
    assert enter(db, vault, email="nobody@kakamega.example") is None
    assert enter(db, vault) is None
    assert enter(db, vault, address="41.90.0.2")


def test_success_clears_the_failures_of_the_account_and_not_those_of_the_address(
    db: Engine, vault: Vault, rose: int
) -> None:
    for _ in range(4):
        enter(db, vault, "x" * 12)
    assert enter(db, vault)
    assert [enter(db, vault, "x" * 12) for _ in range(4)] == [None] * 4
    assert enter(db, vault)
    with db.connect() as connection:
        assert connection.exec_driver_sql("SELECT failures FROM throttle").scalars().all() == [8]


def test_what_strangers_try_does_not_lock_her_own_phone_and_hers_locks_itself_alone(
    db: Engine, vault: Vault, rose: int, device: str
) -> None:
    for _ in range(6):
        enter(db, vault, "x" * 12)
    assert enter(db, vault) is None
    found = entered(db, vault, device=device)
    assert found.device_id
    for _ in range(5):
        assert enter(db, vault, "x" * 12, device=device) is None
    assert enter(db, vault, device=device) is None
    change(db, "DELETE FROM throttle WHERE key = :key", key=vault.keyed("account", EMAIL))
    assert enter(db, vault)


def test_a_device_of_somebody_else_is_no_help(db: Engine, vault: Vault, rose: int, device: str) -> None:
    add(db, "amos@kakamega.example")
    for _ in range(6):
        enter(db, vault, "x" * 12, "amos@kakamega.example", device=device)
    assert enter(db, vault, PASSWORD, "amos@kakamega.example", device=device) is None
    other = enter(db, vault, device=device)
    assert other
    assert other.device_id


def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(db: Engine, vault: Vault, rose: int) -> None:
    """The hash of the old one is being compared while the new one is set."""
    with passwords.turn(), passwords.turn():
        trying = threading.Thread(target=lambda: answers.append(enter(db, vault)))
        answers: list[Entered | None] = []
        trying.start()
        deadline = time.monotonic() + 10
        while count(db, "throttle") < 2:
            assert time.monotonic() < deadline
        change(db, "UPDATE officer SET password_hash = 'another'")
    trying.join(10)
    assert answers == [None]
    assert count(db, "sign_in") == 0


def test_no_more_than_two_hashes_are_made_at_once(vault: Vault) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def watch() -> None:
        nonlocal running, most
        with passwords.turn():
            with lock:
                running += 1
                most = max(most, running)
            barrier.wait(5)
            with lock:
                running -= 1

    barrier = threading.Barrier(passwords.AT_ONCE)
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(watch) for _ in range(6)]:
            done.result(10)
    assert most == passwords.AT_ONCE


def test_who_was_told_to_wait_has_not_used_up_a_try(
    db: Engine, vault: Vault, rose: int, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[Callable[[], object]] = [
        lambda: enter(db, vault), lambda: enter(db, vault, device=device), lambda: wake(db, device),
        lambda: entry.proves_herself(db, vault, rose, PASSWORD, brought().visitor),
    ]  # fmt: skip
    with passwords.turn(), passwords.turn(), monkeypatch.context() as patch:
        patch.setattr(passwords, "WAIT_SECONDS", 0.01)
        for way in ways:
            for _ in range(6):
                with pytest.raises(passwords.TooBusy):
                    way()
    assert all(way() for way in ways)


def test_a_locked_account_stays_locked_whoever_is_told_to_wait(
    db: Engine, vault: Vault, rose: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        enter(db, vault, "x" * 12)
    with passwords.turn(), passwords.turn(), monkeypatch.context() as patch:
        patch.setattr(passwords, "WAIT_SECONDS", 0.01)
        with pytest.raises(passwords.TooBusy):
            enter(db, vault)
    assert enter(db, vault) is None


@pytest.mark.usefixtures("slow_hashes")
def test_who_signs_in_twice_at_once_is_let_in_twice(db: Engine, vault: Vault, rose: int) -> None:
    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            assert all(pool.map(lambda _: enter(db, vault), range(2)))


# Codes


def test_who_has_an_authenticator_is_in_after_its_code_under_another_token(
    db: Engine, vault: Vault, rose: int, secret: str
) -> None:
    half = entered(db, vault)
    assert half.code_due
    assert sign_ins.find(db, half.token) is None
    assert by_code(db, vault, half.token, "000000") is None
    whole = by_code(db, vault, half.token, now_code(secret))
    assert whole
    assert whole.token != half.token
    assert sign_ins.find(db, whole.token)
    assert by_code(db, vault, half.token, now_code(secret)) is None
    assert audited(db) == [
        ("sign_in_failed", {"by": "code", "locked": False}), ("signed_in", {"by": "code"}),
    ]  # fmt: skip


def test_codes_are_throttled_and_the_right_password_gives_no_new_tries(
    db: Engine, vault: Vault, rose: int, secret: str
) -> None:
    tried = 0
    for address in ("41.90.0.1", "41.90.0.2", "41.90.0.3"):
        half = entered(db, vault, address=address)
        for _ in range(3):
            assert by_code(db, vault, half.token, "000000") is None
            tried += 1
    half = entered(db, vault)
    assert by_code(db, vault, half.token, now_code(secret)) is None
    assert audited(db).count(("sign_in_failed", {"by": "code", "locked": False})) == 4
    assert audited(db).count(("sign_in_failed", {"by": "code", "locked": True})) == 1


def test_a_recovery_code_opens_and_is_told(db: Engine, vault: Vault, rose: int, secret: str) -> None:
    with Session(db) as session, session.begin():
        codes = totp.new_recovery_codes(session, rose)
    found = by_code(db, vault, entered(db, vault).token, codes[3])
    assert found
    assert found.recovery
    assert [name for name, _ in audited(db)] == ["recovery_used", "signed_in"]
    assert by_code(db, vault, entered(db, vault).token, codes[3]) is None


# PINs


def test_the_pin_alone_wakes_a_device_even_of_who_has_an_authenticator(
    db: Engine, vault: Vault, rose: int, device: str
) -> None:
    with Session(db) as session, session.begin():
        totp.turn_on(session, vault, rose, totp.new_secret(), 1)
    change(db, "UPDATE sign_in SET seen_at = now() - interval '20 hours'")
    found = wake(db, device)
    assert found
    opened = sign_ins.find(db, found.token)
    assert opened
    assert (opened.officer.id, opened.device_id) == (rose, found.device_id)
    assert count(db, "sign_in") == 1, "what fell asleep is gone"
    assert audited(db)[-1] == ("signed_in", {"by": "pin"})


def test_five_wrong_pins_in_a_row_forget_the_device_and_what_is_open_on_it(
    db: Engine, vault: Vault, rose: int, device: str
) -> None:
    assert [wake(db, device, "111222") for _ in range(4)] == [None] * 4
    assert wake(db, device)
    assert [wake(db, device, "111222") for _ in range(4)] == [None] * 4
    found = wake(db, device)
    assert found
    for _ in range(5):
        assert wake(db, device, "111222") is None
    assert sign_ins.find(db, found.token) is None
    assert wake(db, device) is None
    assert count(db, "device") == 0
    assert audited(db)[-1] == ("device_forgotten", {"device": 1, "why": "pin"})
    assert enter(db, vault, device=device), "the password opens"


def test_of_ten_pins_tried_at_once_no_more_than_five_are_heard(
    db: Engine, vault: Vault, rose: int, device: str
) -> None:
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda number: wake(db, device, f"40291{number}"), (0, 1, 2, 3, 4, 5, 6, 8, 9, 0)))
    assert answers == [None] * 10
    assert count(db, "device") == 0
    assert len([name for name, _ in audited(db) if name == "sign_in_failed"]) == 5


@pytest.mark.parametrize(
    "over",
    ["UPDATE device SET expires_at = now()", "DELETE FROM device", "UPDATE officer SET active = false"],
)
def test_a_device_whose_time_is_over_is_not_woken(db: Engine, vault: Vault, rose: int, device: str, over: str) -> None:
    change(db, over)
    assert wake(db, device) is None
    with Session(db) as session:
        assert devices.holder(session, device) is None


@pytest.mark.parametrize("device", ["", "x", "\0"])
def test_what_is_no_device_is_not_woken(db: Engine, rose: int, device: str) -> None:
    assert wake(db, device, "") is None


# Who is signed in already


def test_her_own_password_is_asked_for_and_throttled(db: Engine, vault: Vault, rose: int) -> None:
    def proves(password: str) -> bool:
        return entry.proves_herself(db, vault, rose, password, brought().visitor)

    assert proves(PASSWORD)
    assert [proves("x" * 12) for _ in range(5)] == [False] * 5
    assert not proves(PASSWORD)
    assert enter(db, vault), "who tries it in her open browser does not keep her out"
