"""The typed settings of one installation, from the environment; whatever is wrong is told at once, in plain words."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PROJECT = Path(__file__).resolve().parent.parent
DEMO_FILE = "demo.env"
DEMO_TOKEN = "demo"  # noqa: S105 - the public token of the demo, refused outside it
DEMO_SERVICE_CODE = "*384*123#"
DEMO_SHORT_CODE = "22123"

_POSTGRES = re.compile(r"^postgres(ql)?(\+psycopg)?://")
_SECRETS = ("SECRET_KEY", "PHONE_KEYS", "PHONE_HASH_KEY")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Channel(StrEnum):
    """What a resident may have to pay for."""

    USSD = "ussd"
    SMS = "sms"


class SettingsError(Exception):
    """The settings have mistakes; `problems` has one plain sentence for each. No value is ever quoted."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("Sikiza cannot start with these settings:\n" + "\n".join(f"  - {line}" for line in problems))


def _parts(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _postgres(url: str) -> str:
    if not _POSTGRES.match(url):
        raise ValueError("must begin with postgresql://")
    return _POSTGRES.sub("postgresql+psycopg://", url)


def _redis(url: str) -> str:
    if urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return url


def _fernet_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    for place, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            raise ValueError(f"key {place} is not a Fernet key (32 bytes, base64)") from None
    return keys


def _web_address(url: str) -> str:
    try:
        TypeAdapter(AnyHttpUrl).validate_python(url)
    except ValidationError:
        raise ValueError("must be an address that begins with https://") from None
    return url.rstrip("/")


def _hash_key(value: object) -> object:
    return value.encode() if isinstance(value, str) else value


Parts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class Settings(BaseSettings):
    """Every setting of DESIGN.md section 5. Fields without a default have to be given; `repr` shows no secret.

    A field's description ends the sentence that an officer reads when it is missing or wrong.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True)

    # First, because the validators of the others look at it.
    demo: bool = Field(False, description="1 for the demo, 0 for real use")
    port: int = Field(8000, ge=1, le=65535, description="a port number from 1 to 65535")
    data_dir: Path = Field(Path(".data"), description="a folder for what this installation keeps on disk")
    database_url: Annotated[str, AfterValidator(_postgres)] = Field(
        repr=False, description="the PostgreSQL database, as postgresql://user:password@host/database"
    )
    redis_url: Annotated[str, AfterValidator(_redis)] = Field(
        repr=False, description="the Redis server, as redis://host:6379/0 or unix:///path/redis.sock"
    )
    secret_key: str = Field(repr=False, min_length=32, description="at least 32 random characters")
    phone_keys: Annotated[Parts, AfterValidator(_fernet_keys)] = Field(
        repr=False, min_length=1, description="comma-separated Fernet keys; the first encrypts, the others only decrypt"
    )
    phone_hash_key: Annotated[bytes, BeforeValidator(_hash_key)] = Field(
        repr=False,
        min_length=32,
        description="at least 32 random bytes, never changed: with another key every resident is unknown",
    )
    callback_tokens: Parts = Field(
        repr=False, min_length=1, max_length=2, description="one token, or two during a rotation, comma-separated"
    )
    county: str = Field("kakamega", description="a folder name under config/counties, or a path")
    public_url: WebAddress = Field(description="the address that officers and residents see, https://…")
    trusted_proxies: int = Field(0, ge=0, le=5, description="how many proxies stand in front, 0 to 5")
    africastalking_username: str = Field(description="the user name of the Africa's Talking application")
    africastalking_api_key: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        repr=False, description="the API key of the Africa's Talking application"
    )
    africastalking_base_url: WebAddress | None = Field(None, description="left out, or https://… of a stand-in")
    service_code: str = Field(pattern=r"^\*[0-9*]+#$", description="the USSD code that residents dial, such as *384*1#")
    short_code: str = Field(pattern=r"^[0-9]{3,8}$", description="the two-way SMS number: 3 to 8 digits")
    sender_id: str = Field(
        default_factory=lambda given: str(given.get("short_code", "")),
        pattern=r"^(\+?[0-9]{3,15}|[A-Za-z0-9 _.-]{1,11})$",
        description="what residents see as the sender: digits, or at most 11 letters",
    )
    sms_per_second: int = Field(10, ge=1, le=1000, description="how many SMS leave per second at most, 1 to 1000")
    resident_pays: Annotated[frozenset[Channel], NoDecode, BeforeValidator(_parts)] = Field(
        frozenset(), description="comma-separated, of ussd and sms; left out when residents pay for nothing"
    )

    @property
    def can_reply(self) -> bool:
        """Whether a resident's answer to an SMS of ours reaches us."""
        return self.sender_id == self.short_code or self.sender_id.isdigit()

    @field_validator("data_dir")
    @classmethod
    def _anchor(cls, folder: Path) -> Path:
        return PROJECT / folder

    @field_validator("callback_tokens")
    @classmethod
    def _hard_to_guess(cls, tokens: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[A-Za-z0-9_-]+", token) for token in tokens):
            raise ValueError("a token is part of an address: only letters, digits, - and _")
        if not info.data.get("demo") and any(len(token) < 24 for token in tokens):
            raise ValueError("each token needs at least 24 characters")
        return tokens

    @field_validator("public_url", "africastalking_base_url")
    @classmethod
    def _not_in_the_clear(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is None or info.data.get("demo") or urlsplit(url).hostname in _LOOPBACK:
            return url
        if not url.startswith("https://"):
            raise ValueError("must begin with https:// outside the demo")
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The environment is handed in by load_settings: tests and the supervisor give their own.
        return init_settings, dotenv_settings


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environ` (default: the process's), in the demo completed from `DATA_DIR/demo.env`.

    Commands run as `flask …` read that file even when DEMO is not set at all, unless `environ` names a database.
    An empty value counts as not given.
    Raises SettingsError with every problem at once.
    """
    environ = os.environ if environ is None else environ
    given = {name: environ[name.upper()] for name in Settings.model_fields if environ.get(name.upper(), "").strip()}
    demo_file = demo_file_of(given.get("data_dir", ".data"))
    problems = _demo_values(given, demo_file) if not _reads_demo_file(environ) else []
    env_file = demo_file if _reads_demo_file(environ) else None
    try:
        settings = Settings(_env_file=env_file, **given)  # type: ignore[call-arg, arg-type]
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        # The default of SENDER_ID is not computed while others are wrong; that is no mistake of its own.
        told = [_sentence(detail) for detail in details if detail["type"] != "default_factory_not_called"]
        problems = list(dict.fromkeys(told)) + problems
    if problems:
        raise SettingsError(problems + _hint(environ, demo_file))
    return settings


def demo_file_of(data_dir: str | Path) -> Path:
    """Where the demo keeps its secrets and addresses, for a DATA_DIR that may be relative to the project."""
    return PROJECT / data_dir / DEMO_FILE


def write_demo_file(data_dir: Path, addresses: Mapping[str, str]) -> None:
    """Write `DATA_DIR/demo.env` (mode 0600): secrets random per installation, kept once made, and `addresses`.

    `addresses` are settings that change from start to start, such as DATABASE_URL and PUBLIC_URL.
    """
    path = demo_file_of(data_dir)
    kept = {name: value for name, value in dotenv_values(path).items() if name in _SECRETS and value}
    fixed = {
        "DEMO": "1",
        "CALLBACK_TOKENS": DEMO_TOKEN,
        "AFRICASTALKING_USERNAME": "sandbox",
        "AFRICASTALKING_API_KEY": "demo-key",
        "SERVICE_CODE": DEMO_SERVICE_CODE,
        "SHORT_CODE": DEMO_SHORT_CODE,
    }
    values = fixed | random_secrets() | kept | dict(addresses)
    lines = [f"{name}='{_escaped(value)}'\n" for name, value in values.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(lines)
    draft.replace(path)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def random_secrets() -> dict[str, str]:
    """Fresh values for SECRET_KEY, PHONE_KEYS and PHONE_HASH_KEY."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "PHONE_KEYS": Fernet.generate_key().decode(),
        "PHONE_HASH_KEY": secrets.token_urlsafe(48),
    }


def demo_wanted(environ: Mapping[str, str]) -> bool:
    """Whether `environ` asks for the demo; DEMO unset means no."""
    return environ.get("DEMO", "").strip().lower() in ("1", "true", "yes", "on")


def _reads_demo_file(environ: Mapping[str, str]) -> bool:
    """DEMO=1 reads it; `flask` also does when neither DEMO nor a database is given; a server without DEMO never."""
    from_flask = environ.get("FLASK_RUN_FROM_CLI") == "true"  # set by the `flask` command itself
    told = any(environ.get(name, "").strip() for name in ("DEMO", "DATABASE_URL"))
    return demo_wanted(environ) or (from_flask and not told)


def _demo_values(given: Mapping[str, str], demo_file: Path) -> list[str]:
    """A sentence for each secret or database that was copied from this installation's demo."""
    demo = dotenv_values(demo_file)
    copied = [name for name in (*_SECRETS, "DATABASE_URL") if name in demo and given.get(name.lower()) == demo[name]]
    return [f"{name} is the demo's own: real use needs another" for name in copied]


def _sentence(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0])
    wanted = Settings.model_fields[name].description
    if detail["type"] == "missing":
        return f"{name.upper()} is missing: {wanted}"
    if detail["type"] == "value_error":
        return f"{name.upper()} is not right: {detail['ctx']['error']}"
    return f"{name.upper()} is not right: {wanted}"


def _hint(environ: Mapping[str, str], demo_file: Path) -> list[str]:
    if _reads_demo_file(environ) and not demo_file.exists():
        return [f"this installation has no demo yet: run script/server once, it writes {DEMO_FILE} into DATA_DIR"]
    return []
