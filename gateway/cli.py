"""The command line, through `flask`: the county's folder, officers, the demo; `gateway.commands` holds the rest."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.orm import Session
from tqdm import tqdm

import gateway.commands.reload  # adds `reload` to the group of the menus
import gateway.commands.trial  # noqa: F401  (adds `try` to the group of the menus)
from config import county as counties
from config.county import County
from config.logging import configure_logging
from gateway.commands.cases import cases_group
from gateway.commands.menus import menus_group
from gateway.commands.plainly import open_for_commands, plainly, settings_for_checks
from gateway.demo import morning
from gateway.demo.accounts import PASSWORD, ensure_accounts
from gateway.demo.filling import fill
from gateway.people import audit, links, sign_ins, totp
from gateway.people.models import LinkKind, Officer, Role
from gateway.people.officers import OfficerRefused, add_officer, change_password, find_officer

MOST_CASES = 50_000

county_group = AppGroup("county", help="The folder of a county.")
officers_group = AppGroup("officers", help="Accounts of officers.")
demo_group = AppGroup("demo", help="Accounts and cases of the demo.")


def register(app: Flask) -> None:
    """Add every command to `app`."""
    for group in (menus_group, county_group, officers_group, cases_group, demo_group):
        app.cli.add_command(group)


def command_app() -> Flask:
    """An application with nothing but the commands; what needs settings loads them when it runs.

    `.flaskenv` names it, so that `flask menus check` works on a bare checkout.
    """
    configure_logging()
    app = Flask("sikiza", static_folder=None, template_folder=None)
    register(app)
    return app


# The county


@county_group.command("check")
@click.argument("folder", required=False)
def county_check(folder: str | None) -> None:
    """Read a county FOLDER (a name or a path; default: this installation's) and list every mistake in it."""
    with plainly():
        county = counties.load(counties.resolve(folder or settings_for_checks().county))
    click.echo(
        f"{county.name}: {len(county.sub_counties)} sub-counties, {len(county.wards)} wards, "
        f"{len(county.categories)} categories, {len(county.departments)} departments: all is well."
    )


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
    with plainly():
        installation = open_for_commands()
        _known_places(installation.office.county, ward, sub_county, department)
        password = _password(password_stdin)
        with Session(installation.engine) as session, session.begin():
            officer = add_officer(
                session, email, name, Role(role.replace("-", "_")), password, ward_code=ward,
                sub_county_code=sub_county, department=department,
            )  # fmt: skip
            audit.append(session, "officer_added", about_id=officer.id)
            click.echo(f"Added {officer.email}.")


@officers_group.command("password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def officers_password(email: str, password_stdin: bool) -> None:
    """Give the officer with the e-mail address EMAIL a new password, and sign her out everywhere."""
    with plainly():
        installation = open_for_commands()
        password = _password(password_stdin)
        with Session(installation.engine) as session, session.begin():
            officer = _officer(session, email)
            change_password(session, installation.office.vault, officer, password)
            audit.append(session, "password_changed", about_id=officer.id)
            click.echo(f"New password for {officer.email}; every sign-in has ended.")


@officers_group.command("link")
@click.argument("email")
def officers_link(email: str) -> None:
    """Print a link with which the officer with the e-mail address EMAIL gives herself a password, once, in 48 hours."""
    with plainly():
        installation = open_for_commands()
        with Session(installation.engine) as session, session.begin():
            token = links.make(session, _officer(session, email), LinkKind.RESET, None, datetime.now(UTC))
        click.echo(f"{installation.settings.public_url}/sign-in/link/{token}")


@officers_group.command("reset-totp")
@click.argument("email")
def officers_reset_totp(email: str) -> None:
    """Let the officer with the e-mail address EMAIL set up an authenticator anew, and sign her out everywhere.

    Be sure that it is she who asks: until then her password alone opens her account.
    """
    with plainly():
        installation = open_for_commands()
        with Session(installation.engine) as session, session.begin():
            officer = _officer(session, email)
            totp.turn_off(session, officer.id)
            sign_ins.end_all(session, officer.id)
            audit.append(session, "totp_removed", about_id=officer.id)
            click.echo(f"{officer.email} has no authenticator any more; every sign-in has ended.")


def _officer(session: Session, email: str) -> Officer:
    found = find_officer(session, email)
    if found is None:
        raise OfficerRefused("There is no officer with this e-mail address.")
    return found


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
    with plainly():
        installation = open_for_commands()
        with Session(installation.engine) as session, session.begin():
            made = ensure_accounts(session, installation.settings, installation.office.county)
    for account in made:
        click.echo(f"{account.email:<32}{PASSWORD:<20}{account.title}")


@demo_group.command("morning")
def demo_morning() -> None:
    """Bring the round of 08:00 now, to every officer who has a phone and something to do; on Sundays too.

    Read it on /phone, as the officer of Shirere, and answer 1, 2 or 3.
    """
    with plainly():
        installation = open_for_commands()
        count = morning.bring(installation.engine, installation.settings, installation.office, datetime.now(UTC))
    click.echo(f"{count} officers with a phone were looked at: what they got is on /phone.")


@demo_group.command("fill")
@click.option("--cases", default=2000, show_default=True, type=click.IntRange(1, MOST_CASES))
@click.option("--seed", type=int, help="The same seed tells the same stories (default: others each time).")
def demo_fill(cases: int, seed: int | None) -> None:
    """Add believable cases, with their histories, from the last 90 days."""
    seed = int.from_bytes(os.urandom(4)) if seed is None else seed
    with plainly():
        installation = open_for_commands()
        with tqdm(total=cases, bar_format="{l_bar}{bar}| {elapsed}", disable=None) as bar:
            fill(installation, cases, seed, datetime.now(UTC), bar.update)
    click.echo(f"{cases} cases added (seed {seed}).")
