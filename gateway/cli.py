"""The command line, through `flask`: checks that need no settings, officers, and the demo's accounts and cases."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from tqdm import tqdm

import menus.check
import menus.reader
import menus.sms
from config import county as counties
from config.county import County
from config.logging import configure_logging
from config.settings import (
    DEMO_SERVICE_CODE,
    DEMO_SHORT_CODE,
    Settings,
    SettingsError,
    load_settings,
    random_secrets,
)
from gateway import catalogue, longest
from gateway.demo.accounts import PASSWORD, NotTheDemo, ensure_accounts
from gateway.demo.filling import fill
from gateway.installation import TEXTS, TREE, Installation, open_installation
from gateway.people.models import Role
from gateway.people.officers import OfficerRefused, add_officer, change_password, find_officer
from menus.check import Report, Size
from menus.lettering import SCREEN_BUDGET
from menus.marked import Mistakes

MOST_CASES = 50_000

menus_group = AppGroup("menus", help="The menu tree and the SMS wordings.")
county_group = AppGroup("county", help="The folder of a county.")
officers_group = AppGroup("officers", help="Accounts of officers.")
demo_group = AppGroup("demo", help="Accounts and cases of the demo.")


def register(app: Flask) -> None:
    """Add every command to `app`."""
    for group in (menus_group, county_group, officers_group, demo_group):
        app.cli.add_command(group)


def command_app() -> Flask:
    """An application with nothing but the commands; what needs settings loads them when it runs.

    `.flaskenv` names it, so that `flask menus check` works on a bare checkout.
    """
    configure_logging()
    app = Flask("sikiza", static_folder=None, template_folder=None)
    register(app)
    return app


# Checks


@menus_group.command("check")
def menus_check() -> None:
    """Prove that every screen and SMS fits, can be reached, and ends; with the lists of the county."""
    with _plainly():
        settings = _settings_for_checks()
        county = counties.load(counties.resolve(settings.county))
        menu, wordings = menus.reader.load(TREE), menus.sms.load(TEXTS)
    report = menus.check.check(menu, catalogue.build(county, settings), wordings, longest.answers(county, menu))
    _print_tables(report, menu.languages)
    for note in report.notes:
        click.echo(f"note: {note}")
    if report.problems:
        _fail(report.problems)
    languages = ", ".join(menu.languages)
    click.echo(f"{county.name}: {len(menu.screens)} screens and {len(wordings.texts)} SMS in {languages}: all is well.")


@county_group.command("check")
@click.argument("folder", required=False)
def county_check(folder: str | None) -> None:
    """Read a county FOLDER (a name or a path; default: this installation's) and list every mistake in it."""
    with _plainly():
        county = counties.load(counties.resolve(folder or _settings_for_checks().county))
    click.echo(
        f"{county.name}: {len(county.sub_counties)} sub-counties, {len(county.wards)} wards, "
        f"{len(county.categories)} categories, {len(county.departments)} departments: all is well."
    )


def _settings_for_checks() -> Settings:
    """This installation's settings, or on a bare checkout stand-ins with the codes of the demo."""
    if "sikiza" in current_app.extensions:
        return _installation().settings
    try:
        return load_settings()
    except SettingsError:
        click.echo(f"No complete settings here: checked with {DEMO_SERVICE_CODE} and {DEMO_SHORT_CODE}.", err=True)
    stand_ins = {
        "DATABASE_URL": "postgresql:///none", "REDIS_URL": "unix:///none", "PUBLIC_URL": "https://sikiza.example",
        "CALLBACK_TOKENS": "no-token-that-anybody-takes", "AFRICASTALKING_USERNAME": "none",
        "AFRICASTALKING_API_KEY": "none", "SERVICE_CODE": DEMO_SERVICE_CODE, "SHORT_CODE": DEMO_SHORT_CODE,
    }  # fmt: skip
    return load_settings(random_secrets() | stand_ins | {"COUNTY": os.environ.get("COUNTY", "")})


def _print_tables(report: Report, languages: Sequence[str]) -> None:
    head = "".join(f"{language:>6}" for language in languages)
    rooms = "".join(f"{language:>6}" for language in languages)
    click.echo(f"Septets at the worst case, of {SCREEN_BUDGET}\n\n{'screen':<30}{head}")
    for name, sizes in _by_name(report.screens).items():
        click.echo(f"{name:<30}" + "".join(f"{size.septets:>6}" for size in sizes))
    click.echo(f"\n{'SMS':<30}{head}   room for the officer's words{rooms}")
    for name, sizes in _by_name(report.texts).items():
        room = "".join(f"{size.room:>6}" for size in sizes if size.room is not None)
        line = f"{name:<30}" + "".join(f"{size.septets:>6}" for size in sizes)
        click.echo(f"{line}{'':<31}{room}".rstrip())
    click.echo()


def _by_name(sizes: Sequence[Size]) -> dict[str, list[Size]]:
    found: dict[str, list[Size]] = {}
    for size in sizes:
        found.setdefault(size.name, []).append(size)
    return found


# Officers


@officers_group.command("add")
@click.argument("email")
@click.option("--name", required=True, help="As residents and colleagues know the officer.")
@click.option("--role", required=True, type=click.Choice([role.value.replace("_", "-") for role in Role]))
@click.option("--ward", type=int, help="The ward's code, such as 1014.")
@click.option("--sub-county", type=int, help="The sub-county's code, such as 202.")
@click.option("--department", help="The department's code, such as water.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def officers_add(
    email: str, name: str, role: str, ward: int | None, sub_county: int | None, department: str | None,
    password_stdin: bool,
) -> None:  # fmt: skip
    """Add an officer with the e-mail address EMAIL; asks for the password."""
    with _plainly():
        installation = _installation()
        _known_places(installation.office.county, ward, sub_county, department)
        password = _password(password_stdin)
        with Session(installation.engine) as session, session.begin():
            officer = add_officer(
                session, email, name, Role(role.replace("-", "_")), password, ward_code=ward,
                sub_county_code=sub_county, department=department,
            )  # fmt: skip
            click.echo(f"Added {officer.email}.")


@officers_group.command("password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def officers_password(email: str, password_stdin: bool) -> None:
    """Give the officer with the e-mail address EMAIL a new password, and sign her out everywhere."""
    with _plainly():
        installation = _installation()
        password = _password(password_stdin)
        with Session(installation.engine) as session, session.begin():
            officer = find_officer(session, email)
            if officer is None:
                raise OfficerRefused("There is no officer with this e-mail address.")
            change_password(session, officer, password)
            click.echo(f"New password for {officer.email}; every sign-in has ended.")


def _known_places(county: County, ward: int | None, sub_county: int | None, department: str | None) -> None:
    if ward is not None and county.ward(ward) is None:
        raise click.BadParameter(f"{county.name} has no ward {ward}.", param_hint="--ward")
    if sub_county is not None and county.sub_county(sub_county) is None:
        raise click.BadParameter(f"{county.name} has no sub-county {sub_county}.", param_hint="--sub-county")
    if department is not None and county.department(department) is None:
        known = ", ".join(one.code for one in county.departments)
        raise click.BadParameter(f"{county.name} has the departments {known}.", param_hint="--department")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


# The demo


@demo_group.command("accounts")
def demo_accounts() -> None:
    """Make the account of every role that does not exist yet, and print them all."""
    with _plainly():
        installation = _installation()
        with Session(installation.engine) as session, session.begin():
            made = ensure_accounts(session, installation.settings, installation.office.county)
    for account in made:
        click.echo(f"{account.email:<32}{PASSWORD:<20}{account.title}")


@demo_group.command("fill")
@click.option("--cases", default=2000, show_default=True, type=click.IntRange(1, MOST_CASES))
@click.option("--seed", type=int, help="The same seed tells the same stories (default: others each time).")
def demo_fill(cases: int, seed: int | None) -> None:
    """Add believable cases, with their histories, from the last 90 days."""
    seed = int.from_bytes(os.urandom(4)) if seed is None else seed
    with _plainly():
        installation = _installation()
        with tqdm(total=cases, bar_format="{l_bar}{bar}| {elapsed}", disable=None) as bar:
            fill(installation, cases, seed, datetime.now(UTC), bar.update)
    click.echo(f"{cases} cases added (seed {seed}).")


def _installation() -> Installation:
    """The application's own, or one opened from the settings."""
    found = current_app.extensions.get("sikiza")
    return found if found is not None else open_installation(load_settings())


@contextmanager
def _plainly() -> Iterator[None]:
    """What may go wrong, said to whoever typed the command, without a trace."""
    try:
        yield
    except Mistakes as error:
        _fail([str(problem) for problem in error.problems])
    except (SettingsError, OfficerRefused, NotTheDemo) as error:
        raise click.ClickException(str(error)) from None
    except OperationalError:
        raise click.ClickException("The database does not answer. For the demo, start script/server first.") from None


def _fail(problems: Sequence[str]) -> None:
    for problem in problems:
        click.echo(problem, err=True)
    count = len(problems)
    raise click.ClickException(f"{count} mistakes" if count > 1 else "1 mistake")
