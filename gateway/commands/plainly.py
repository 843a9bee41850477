"""What every command needs: the installation it works on, and what may go wrong said in plain words."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from flask import current_app
from sqlalchemy.exc import OperationalError

from config.settings import (
    DEMO_SERVICE_CODE,
    DEMO_SHORT_CODE,
    Settings,
    SettingsError,
    load_settings,
    random_secrets,
)
from gateway.demo.accounts import NotTheDemo
from gateway.installation import Installation, open_installation
from gateway.people.officers import OfficerRefused
from menus.marked import Mistakes


def open_for_commands() -> Installation:
    """The application's own, or one opened from the settings."""
    found = current_app.extensions.get("sikiza")
    return found if found is not None else open_installation(load_settings())


@contextmanager
def plainly() -> Iterator[None]:
    """What may go wrong, said to whoever typed the command, without a trace."""
    try:
        yield
    except Mistakes as error:
        fail([str(problem) for problem in error.problems])
    except (SettingsError, OfficerRefused, NotTheDemo) as error:
        raise click.ClickException(str(error)) from None
    except OperationalError:
        raise click.ClickException("The database does not answer. For the demo, start script/server first.") from None


def fail(problems: Sequence[str]) -> None:
    for problem in problems:
        click.echo(problem, err=True)
    count = len(problems)
    raise click.ClickException(f"{count} mistakes" if count > 1 else "1 mistake")


def settings_for_checks() -> Settings:
    """This installation's settings, or on a bare checkout stand-ins with the codes of the demo."""
    if "sikiza" in current_app.extensions:
        return open_for_commands().settings
    try:
        return load_settings()
    except SettingsError:
        click.echo(f"No complete settings here: checked with {DEMO_SERVICE_CODE} and {DEMO_SHORT_CODE}.", err=True)
    return stand_in_settings(os.environ.get("COUNTY", ""))


def stand_in_settings(county: str = "") -> Settings:
    """Settings with which nothing can be served: the codes of the demo, and COUNTY."""
    stand_ins = {
        "DATABASE_URL": "postgresql:///none", "REDIS_URL": "unix:///none", "PUBLIC_URL": "https://sikiza.example",
        "CALLBACK_TOKENS": "no-token-that-anybody-takes", "AFRICASTALKING_USERNAME": "none",
        "AFRICASTALKING_API_KEY": "none", "SERVICE_CODE": DEMO_SERVICE_CODE, "SHORT_CODE": DEMO_SHORT_CODE,
    }  # fmt: skip
    return load_settings(random_secrets() | stand_ins | {"COUNTY": county})
