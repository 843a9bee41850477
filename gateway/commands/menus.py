"""`flask menus …`: what can be proven, tried and drawn of the menu tree before anybody dials."""

from __future__ import annotations

from collections.abc import Sequence

import click
from flask.cli import AppGroup

import menus.check
import menus.reader
import menus.sms
from config import county as counties
from gateway import catalogue, longest
from gateway.commands.plainly import fail, plainly, settings_for_checks
from gateway.installation import TEXTS, TREE
from menus.check import Report, Size
from menus.lettering import SCREEN_BUDGET

menus_group = AppGroup("menus", help="The menu tree and the SMS wordings.")


@menus_group.command("check")
def menus_check() -> None:
    """Prove that every screen and SMS fits, can be reached, and ends; with the lists of the county."""
    with plainly():
        settings = settings_for_checks()
        county = counties.load(counties.resolve(settings.county))
        menu, wordings = menus.reader.load(TREE), menus.sms.load(TEXTS)
    report = menus.check.check(menu, catalogue.build(county, settings), wordings, longest.answers(county, menu))
    _print_tables(report, menu.languages)
    for note in report.notes:
        click.echo(f"note: {note}")
    if report.problems:
        fail(report.problems)
    languages = ", ".join(menu.languages)
    click.echo(f"{county.name}: {len(menu.screens)} screens and {len(wordings.texts)} SMS in {languages}: all is well.")


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
