"""`flask menus …`: what can be proven, tried and drawn of the menu tree before anybody dials."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import click
from flask.cli import AppGroup

import menus.graph
import menus.proof.printed
from gateway.commands.plainly import fail, plainly, settings_for_checks
from gateway.commands.tables import WIDTH, tables
from gateway.proof import Subject, prove, subject_of
from menus.tree import Text

menus_group = AppGroup("menus", help="The menu tree and the SMS wordings.")


@menus_group.command("check")
@click.option("--language", help="List what this language lacks, instead of proving anything.")
@click.option("--reprint", is_flag=True, help="Put on record what stands on posters now.")
def menus_check(language: str | None, reprint: bool) -> None:
    """Prove that every screen and SMS fits, can be reached, is answered in time, and ends; with the county's lists."""
    with plainly():
        subject = subject_of(settings_for_checks())
        if language is not None:
            _print_gaps(subject, language)
            return
        if reprint:
            _reprint(subject)
        report = prove(subject)
    languages = subject.menu.languages
    for line in tables(report, languages):
        click.echo(line)
    if report.told:
        click.echo(textwrap.fill(report.told, WIDTH))
    for note in report.notes:
        click.echo(textwrap.fill(f"note: {note}", WIDTH, subsequent_indent="      "))
    if report.problems:
        fail(report.problems)
    count = f"{len(subject.menu.screens)} screens and {len(subject.wordings.texts)} SMS"
    click.echo(f"{subject.county.name}: {count} in {', '.join(languages)}: all is well.")


@menus_group.command("graph")
def menus_graph() -> None:
    """Draw the tree as a Mermaid flowchart."""
    with plainly():
        menu = subject_of(settings_for_checks()).menu
    click.echo(menus.graph.mermaid(menu), nl=False)


def _reprint(subject: Subject) -> None:
    differences = menus.proof.printed.differences(menus.proof.printed.load(subject.record), subject.menu)
    menus.proof.printed.write(subject.record, subject.menu)
    for line in differences or ["nothing on posters has changed"]:
        click.echo(f"{subject.record.name}: {line}")
    click.echo()


def _print_gaps(subject: Subject, language: str) -> None:
    """What is not written in `language`, with the line of the file and the text that stands in."""
    menu = subject.menu
    if language not in menu.languages:
        known = ", ".join(menu.languages)
        raise click.BadParameter(
            f"the tree has {known}; put `{language}` into its `languages` and `fallback` first.",
            param_hint="--language",
        )
    lacking = [f"the tree, line {gap.line}: {_one_line(gap.text)}" for gap in menu.missing.get(language, ())]
    if language in subject.wordings.languages:
        gaps = subject.wordings.missing.get(language, ())
        lacking += [f"SMS, line {gap.line}: {_one_line(gap.text)}" for gap in gaps]
    else:
        lacking.append(f"SMS: none is written in {language}")
    lacking += _missing_labels(subject, language)
    for line in lacking:
        click.echo(line)
    stand_in = f"; {menu.fallback[language]} stands in" if language in menu.fallback else ""
    click.echo(
        f"{language}: {len(lacking)} texts are missing{stand_in}." if lacking else f"{language}: nothing is missing."
    )


def _one_line(text: str) -> str:
    return " / ".join(text.split("\n"))


def _missing_labels(subject: Subject, language: str) -> Iterator[str]:
    """The county's lists: what stands in them in another language only."""
    for (name, _), items in subject.catalogue.lists.items():
        for item in items:
            texts = dict.fromkeys(_any(text) for text in (item.label, *item.slots.values()) if language not in text)
            yield from (f"the county's {name}, {item.value}: {text}" for text in texts)


def _any(text: Text) -> str:
    return next(iter(text.values()), "")
