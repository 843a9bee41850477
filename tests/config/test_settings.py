"""Settings: everything wrong is told at once, nothing has a secret default, nothing shows a secret."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config.settings import (
    PROJECT,
    Channel,
    SettingsError,
    load_settings,
    random_secrets,
    write_demo_file,
)

TOKEN = "a-token-of-twenty-four-ch"
REAL = random_secrets() | {
    "DEMO": "0",
    "DATABASE_URL": "postgresql://sikiza:pass-word@db.example/sikiza",
    "REDIS_URL": "redis://redis.example:6379/0",
    "CALLBACK_TOKENS": TOKEN,
    "PUBLIC_URL": "https://sikiza.example/",
    "AFRICASTALKING_USERNAME": "kakamega",
    "AFRICASTALKING_API_KEY": " at-api-key\n",
    "SERVICE_CODE": "*384*7#",
    "SHORT_CODE": "22123",
}
REQUIRED = (
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PHONE_KEYS", "PHONE_HASH_KEY", "CALLBACK_TOKENS", "PUBLIC_URL",
    "AFRICASTALKING_USERNAME", "AFRICASTALKING_API_KEY", "SERVICE_CODE", "SHORT_CODE",
)  # fmt: skip


def problems_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    return caught.value.problems


def test_real_settings_are_typed_and_completed(tmp_path: Path) -> None:
    settings = load_settings(REAL | {"DATA_DIR": str(tmp_path)})

    assert settings.database_url == "postgresql+psycopg://sikiza:pass-word@db.example/sikiza"
    assert (settings.port, settings.county, settings.trusted_proxies, settings.demo) == (8000, "kakamega", 0, False)
    assert settings.callback_tokens == (TOKEN,)
    assert settings.phone_keys == (REAL["PHONE_KEYS"],)
    assert settings.phone_hash_key == REAL["PHONE_HASH_KEY"].encode()
    assert settings.public_url == "https://sikiza.example"
    assert settings.africastalking_api_key == "at-api-key"
    assert settings.africastalking_base_url is None
    assert (settings.sender_id, settings.can_reply) == ("22123", True)
    assert settings.resident_pays == frozenset()
    assert settings.sms_per_second == 10


def test_without_anything_every_missing_setting_is_told_at_once() -> None:
    problems = problems_of({})

    assert [problem.split(" is missing: ")[0] for problem in problems] == list(REQUIRED)


def test_an_empty_value_counts_as_not_given() -> None:
    assert problems_of(REAL | {"SECRET_KEY": "  "}) == ["SECRET_KEY is missing: at least 32 random characters"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORT", "eighty", "a port number from 1 to 65535"),
        ("PORT", "70000", "a port number from 1 to 65535"),
        ("SMS_PER_SECOND", "0", "how many SMS leave per second at most, 1 to 1000"),
        ("SMS_PER_SECOND", "1001", "how many SMS leave per second at most, 1 to 1000"),
        ("SMS_PER_SECOND", "ten", "how many SMS leave per second at most, 1 to 1000"),
        ("DEMO", "maybe", "1 for the demo, 0 for real use"),
        ("DATABASE_URL", "mysql://root@localhost/x", "must begin with postgresql://"),
        ("REDIS_URL", "http://redis.example", "must begin with redis://, rediss:// or unix://"),
        ("SECRET_KEY", "short", "at least 32 random characters"),
        ("PHONE_KEYS", f"{'A' * 43}=,nonsense", "key 2 is not a Fernet key (32 bytes, base64)"),
        (
            "PHONE_HASH_KEY",
            "short",
            "at least 32 random bytes, never changed: with another key every resident is unknown",
        ),
        ("CALLBACK_TOKENS", "demo", "each token needs at least 24 characters"),
        ("CALLBACK_TOKENS", f"{TOKEN},{TOKEN}/", "a token is part of an address: only letters, digits, - and _"),
        ("CALLBACK_TOKENS", ",".join([TOKEN] * 3), "one token, or two during a rotation, comma-separated"),
        ("PUBLIC_URL", "http://sikiza.example", "must begin with https:// outside the demo"),
        ("PUBLIC_URL", "sikiza.example", "must be an address that begins with https://"),
        ("AFRICASTALKING_BASE_URL", "http://at.example", "must begin with https:// outside the demo"),
        ("TRUSTED_PROXIES", "-1", "how many proxies stand in front, 0 to 5"),
        ("SERVICE_CODE", "384", "the USSD code that residents dial, such as *384*1#"),
        ("SHORT_CODE", "sikiza", "the two-way SMS number: 3 to 8 digits"),
        ("SENDER_ID", "KAKAMEGA COUNTY", "what residents see as the sender: digits, or at most 11 letters"),
        ("RESIDENT_PAYS", "ussd,calls", "comma-separated, of ussd and sms; left out when residents pay for nothing"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_be(name: str, value: str, reason: str) -> None:
    assert problems_of(REAL | {name: value}) == [f"{name} is not right: {reason}"]


def test_several_mistakes_are_told_together_and_quote_no_value() -> None:
    wrong = {"PORT": "eighty", "SECRET_KEY": "too-short-secret", "PHONE_KEYS": "not-a-key", "CALLBACK_TOKENS": "abc"}

    with pytest.raises(SettingsError) as caught:
        load_settings(REAL | wrong)

    assert len(caught.value.problems) == 4
    assert not [value for value in wrong.values() if value in str(caught.value)]


def test_two_tokens_are_valid_during_a_rotation() -> None:
    assert load_settings(REAL | {"CALLBACK_TOKENS": f"{TOKEN}1, {TOKEN}2"}).callback_tokens == (
        f"{TOKEN}1",
        f"{TOKEN}2",
    )


@pytest.mark.parametrize(("sender", "can_reply"), [("22123", True), ("40404", True), ("KAKAMEGA", False)])
def test_a_sender_of_letters_cannot_be_answered(sender: str, can_reply: bool) -> None:
    assert load_settings(REAL | {"SENDER_ID": sender}).can_reply is can_reply


def test_what_a_resident_pays_is_a_set_of_channels() -> None:
    assert load_settings(REAL | {"RESIDENT_PAYS": "sms, ussd"}).resident_pays == {Channel.SMS, Channel.USSD}


def test_a_stand_in_for_the_provider_on_this_machine_may_be_in_the_clear() -> None:
    settings = load_settings(REAL | {"AFRICASTALKING_BASE_URL": "http://127.0.0.1:9999/"})
    assert settings.africastalking_base_url == "http://127.0.0.1:9999"


def test_a_relative_data_dir_belongs_to_the_project_whatever_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(REAL | {"DATA_DIR": "here"}).data_dir == PROJECT / "here"


def test_settings_show_no_secret_and_cannot_be_changed() -> None:
    settings = load_settings(REAL)

    shown = repr(settings) + str(settings)
    secret = [*random_secrets(), "DATABASE_URL", "CALLBACK_TOKENS", "REDIS_URL"]
    assert not [name for name in secret if REAL[name] in shown]
    assert "pass-word" not in shown
    assert "at-api-key" not in shown
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_the_demo_takes_its_secrets_from_its_file_and_keeps_them(tmp_path: Path) -> None:
    addresses = {
        "DATABASE_URL": "postgresql:///sikiza",
        "REDIS_URL": "unix:///r",
        "PUBLIC_URL": "http://127.0.0.1:8001",
    }
    write_demo_file(tmp_path, addresses)
    first = load_settings({"DEMO": "1", "DATA_DIR": str(tmp_path)})
    write_demo_file(tmp_path, addresses | {"REDIS_URL": "unix:///it's"})
    second = load_settings({"DEMO": "1", "DATA_DIR": str(tmp_path), "SHORT_CODE": "40404"})

    assert stat.S_IMODE((tmp_path / "demo.env").stat().st_mode) == 0o600
    assert first.callback_tokens == ("demo",)
    assert (first.service_code, first.short_code, first.public_url) == ("*384*123#", "22123", "http://127.0.0.1:8001")
    assert (first.secret_key, first.phone_keys, first.phone_hash_key) == (
        second.secret_key,
        second.phone_keys,
        second.phone_hash_key,
    )
    assert (second.redis_url, second.short_code) == ("unix:///it's", "40404")


def test_two_installations_have_different_secrets(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_demo_file(tmp_path / name, {})
    one, two = ((tmp_path / name / "demo.env").read_text().splitlines() for name in ("one", "two"))
    assert {line.split("=")[0] for line in set(one) ^ set(two)} == {"SECRET_KEY", "PHONE_KEYS", "PHONE_HASH_KEY"}


def test_flask_commands_read_the_demo_file_but_a_server_without_demo_never_does(tmp_path: Path) -> None:
    write_demo_file(tmp_path, {"DATABASE_URL": "postgresql:///s", "REDIS_URL": "unix:///r", "PUBLIC_URL": "http://a"})
    from_flask = {"DATA_DIR": str(tmp_path), "FLASK_RUN_FROM_CLI": "true"}

    assert load_settings(from_flask).demo is True
    assert len(problems_of(from_flask | {"DEMO": "0"})) == len(REQUIRED)
    assert len(problems_of({"DATA_DIR": str(tmp_path)})) == len(REQUIRED)


def test_flask_with_a_database_given_is_never_the_demo_that_was_left_here(tmp_path: Path) -> None:
    write_demo_file(tmp_path, {"DATABASE_URL": "postgresql:///s", "REDIS_URL": "unix:///r", "PUBLIC_URL": "http://a"})
    from_flask = {"DATA_DIR": str(tmp_path), "FLASK_RUN_FROM_CLI": "true"}
    real = {name: value for name, value in REAL.items() if name != "DEMO"}

    settings = load_settings(real | from_flask)
    assert (settings.demo, settings.database_url) == (False, "postgresql+psycopg://sikiza:pass-word@db.example/sikiza")
    assert settings.secret_key == REAL["SECRET_KEY"]
    assert len(problems_of(from_flask | {"DATABASE_URL": REAL["DATABASE_URL"]})) == len(REQUIRED) - 1
    assert load_settings(from_flask | {"DEMO": "1", "DATABASE_URL": "postgresql:///t"}).demo is True


def test_real_use_refuses_what_was_copied_from_the_demo(tmp_path: Path) -> None:
    write_demo_file(tmp_path, {})
    demo = dict(line.split("=", 1) for line in (tmp_path / "demo.env").read_text().splitlines())
    copied = {"DATA_DIR": str(tmp_path), "SECRET_KEY": demo["SECRET_KEY"].strip("'"), "CALLBACK_TOKENS": "demo"}

    assert problems_of(REAL | copied) == [
        "CALLBACK_TOKENS is not right: each token needs at least 24 characters",
        "SECRET_KEY is the demo's own: real use needs another",
    ]


def test_a_demo_that_was_never_started_says_what_to_do(tmp_path: Path) -> None:
    assert "run script/server once" in problems_of({"DEMO": "1", "DATA_DIR": str(tmp_path / "none")})[-1]
