"""`flask menus reload`: the running Sikiza takes up the county, the tree and the texts as the files are now."""

from __future__ import annotations

import io
import os
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime

import click
from sqlalchemy import select

from config.running import RELOAD, running_on
from gateway.commands.menus import menus_check, menus_group
from gateway.commands.plainly import open_for_commands, plainly
from gateway.dialogue.models import MenuEdition
from gateway.installation import Installation

RELOAD_LIMIT = 60.0  # seconds; it takes about three, most of them for the second proof
_POLL = 0.1


@menus_group.command("reload")
@click.pass_context
def menus_reload(context: click.Context) -> None:
    """Prove the menu, then have the running Sikiza take it up. Sessions under way finish on the menu they began on."""
    with redirect_stdout(io.StringIO()):
        context.invoke(menus_check)
    with plainly():
        installation = open_for_commands()
        asked_at = datetime.now(UTC)
        _ask(installation)
        _wait(installation, asked_at)
    click.echo("Reloaded: who dials now sees the new menu; sessions under way finish on theirs.")


def _ask(installation: Installation) -> None:
    data_dir = installation.settings.data_dir
    try:
        supervisor = running_on(data_dir)
        if supervisor is None:
            raise click.ClickException(
                f"No script/server runs on {data_dir}. Start it; where each part is a unit, reload the units."
            )
        os.kill(supervisor, RELOAD)
    except PermissionError:
        raise click.ClickException("script/server runs as another user: use this command as that user.") from None


def _wait(installation: Installation, asked_at: datetime) -> None:
    """Until a web process says in the table that it serves this edition."""
    edition = installation.editions.current.hash
    served = select(MenuEdition.hash).where(MenuEdition.hash == edition, MenuEdition.used_at >= asked_at)
    deadline = time.monotonic() + RELOAD_LIMIT
    while time.monotonic() < deadline:
        with installation.statements.connect() as connection:
            if connection.execute(served).first():
                return
        time.sleep(_POLL)
    raise click.ClickException(
        f"Sikiza was asked, and did not take the menu up within {RELOAD_LIMIT:.0f} seconds: its log says why."
    )
