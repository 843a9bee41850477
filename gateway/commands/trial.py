"""`flask menus try`: a phone in the terminal, and written dialogues played on it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cases.clock import local_day
from gateway.commands.menus import menus_group
from gateway.commands.plainly import fail, plainly, settings_for_checks
from gateway.proof import subject_of
from gateway.trial.scene import Scene
from menus import script
from menus.engine import Finish
from menus.marked import Mistakes, Problem
from menus.networks import NETWORKS, SAFARICOM, SESSION_SECONDS
from menus.proof.timing import PRACTISED, USERS, answering
from menus.script import Played, Refused

PROMPT = "> "
COMMAND = ":"
WIDTH = 42
"""Letters in a line of the frame: two of a basic phone's."""
HELP = """\
What you type is the answer to the screen. Lines that begin with a colon are for the phone:
:again          the last hop is delivered once more
:drop           the network loses the session
:dial [TAIL]    dial (again), with a ward code or a reference behind the service code
:network NAME   Safaricom, Airtel, Telkom or Equitel
:user NAME      practised or slow: who reads and types
:quit           so does the end of the input"""


@menus_group.command("try")
@click.option("--language", help="The language of a phone that we know, such as en.")
@click.option("--network", default=SAFARICOM.name, show_default=True, help="The mobile network.")
@click.option("--ward", help="Dial as a resident whose ward we know, such as 1014.")
@click.option("--script", "scripted", is_flag=True, help="Play the written dialogues in FILES, and compare screens.")
@click.option("--rewrite", is_flag=True, help="With --script: write the screens that show into the files.")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
def menus_try(
    language: str | None, network: str, ward: str | None, scripted: bool, rewrite: bool, files: Sequence[Path]
) -> None:
    """A phone in the terminal, on the menu tree as it stands, with an office that forgets everything at the end.

    FILES are written dialogues or folders of them (`*.txt`).
    """
    if scripted != bool(files) or (rewrite and not scripted):
        raise click.UsageError("give --script together with FILES, and --rewrite only with both")
    begin = _scenes()
    if scripted:
        _play(begin, files, rewrite)
        return
    trial = Trial(begin())
    try:
        trial.given(language, network, ward)
    except Refused as error:
        raise click.ClickException(str(error)) from None
    trial.run()


def _scenes() -> Callable[[], Scene]:
    """Scenes on this installation's county and tree, today."""
    with plainly():
        subject = subject_of(settings_for_checks())
    return lambda: Scene(subject.county, subject.menu, subject.catalogue, local_day(datetime.now(UTC)))


# Written dialogues


def _play(begin: Callable[[], Scene], files: Sequence[Path], rewrite: bool) -> None:
    """Play them all; the first difference of each file is shown, and every command that could not be carried out."""
    with plainly():
        scripts = list(_scripts(files))
    played = [script.replay(one, begin) for _, one in scripts]
    problems = [problem for one in played for problem in one.problems]
    if rewrite and not problems:
        _rewrite([path for path, _ in scripts], played)
        return
    differences = [one.differences[0] for one in played if one.differences]
    for difference in differences:
        click.echo(str(difference), err=True)
    if problems:
        fail([str(problem) for problem in problems])
    if differences:
        raise click.ClickException(f"{len(differences)} of {len(played)} files are not as written.")
    dialogues, screens = sum(one.dialogues for one in played), sum(one.screens for one in played)
    click.echo(f"{dialogues} dialogues, {screens} screens: all as written")


def _scripts(files: Sequence[Path]) -> Iterator[tuple[Path, script.Script]]:
    """Every script, read. Raises Mistakes with those of all of them."""
    read: list[tuple[Path, script.Script]] = []
    problems: list[Problem] = []
    for path in [found for one in files for found in (sorted(one.rglob("*.txt")) if one.is_dir() else [one])]:
        try:
            read.append((path, script.load(path, str(path))))
        except Mistakes as error:
            problems.extend(error.problems)
    if problems:
        raise Mistakes(problems)
    return iter(read)


def _rewrite(paths: Sequence[Path], played: Sequence[Played]) -> None:
    for path, one in zip(paths, played, strict=True):
        if one.differences:
            path.write_text(one.source, encoding="utf-8")
            click.echo(f"{path}: {len(one.differences)} screens rewritten")
    click.echo(f"{sum(bool(one.differences) for one in played)} of {len(played)} files rewritten")


# A phone in the terminal


class Trial:
    """One phone that somebody tries, line by line."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.handset = scene.handset
        self.user = PRACTISED

    def given(self, language: str | None, network: str, ward: str | None) -> None:
        """Whose phone it is. Raises Refused."""
        self._network(network)
        if ward:
            self.scene.given(f"returning {ward}")
        if language:
            self.scene.given(f"language {language}")

    def run(self) -> None:
        """Dial, then take lines to the end of the input, or to `:quit`."""
        click.echo(f"{COMMAND}help tells what there is beside answers.")
        self._dial("")
        while True:
            try:
                line = input(PROMPT)
            except EOFError:
                click.echo()
                return
            if not sys.stdin.isatty():
                click.echo(line)  # what a terminal does by itself
            if line.strip() == f"{COMMAND}quit":
                return
            try:
                self._take(line)
            except Refused as error:
                said = str(error)
                click.echo(f"{said[:1].upper()}{said[1:]}.")

    def _take(self, line: str) -> None:
        if not line.startswith(COMMAND):
            self._type(line)
            return
        name, _, rest = line.removeprefix(COMMAND).strip().partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            "again": self._again, "drop": self._drop, "dial": self._dial, "network": self._network,
            "user": self._user, "help": self._help,
        }  # fmt: skip
        if name not in commands:
            raise Refused(f"There is no :{name}; :help tells what there is")
        commands[name](rest.strip())

    def _type(self, typed: str) -> None:
        before = self.handset.shown
        self.scene.type(typed)
        assert before
        self._warn(before.text, typed)
        self._show()

    def _warn(self, screen: str, typed: str) -> None:
        """Say what a network would have done to this answer."""
        network = self.handset.network
        too_long = len(typed) - network.answer
        if too_long > 0:
            click.echo(f"Warning: {network.name} takes {network.answer} letters; the last {too_long} are lost.")
        needed = answering(self.user, screen, typed[: network.answer])
        if needed > network.idle:
            click.echo(
                f"Warning: a {self.user.name} user needs {needed:.0f} s for this answer; "
                f"{network.name} cuts her off after {network.idle} s."
            )
        if self.handset.seconds_left(self.user) < 0:
            click.echo(f"Warning: the network has ended this session after {SESSION_SECONDS} s.")

    def _dial(self, tail: str) -> None:
        self.scene.dial(tail)
        self._show()

    def _again(self, _: str) -> None:
        before = self.handset.shown
        same = self.scene.again() == (before.text if before else None)
        click.echo("Delivered once more: the same screen." if same else "Delivered once more: ANOTHER screen.")
        self._show()

    def _drop(self, _: str) -> None:
        if not self.handset.is_open:
            raise Refused("There is no session to lose")
        self.scene.drop()
        click.echo("The network has lost the session. :dial dials again.")

    def _network(self, name: str) -> None:
        found = next((one for one in NETWORKS if one.name.casefold() == name.casefold()), None)
        if found is None:
            raise Refused(f"The networks are {', '.join(one.name for one in NETWORKS)}")
        self.scene.network(found)

    def _user(self, name: str) -> None:
        found = next((one for one in USERS if one.name == name), None)
        if found is None:
            raise Refused(f"The users are {', '.join(one.name for one in USERS)}")
        self.user = found

    def _help(self, _: str) -> None:
        click.echo(HELP)

    def _show(self) -> None:
        shown = self.handset.shown
        assert shown is not None
        for line in framed(shown.text[4:]):
            click.echo(line)
        left = max(0, self.handset.seconds_left(self.user))
        status = [
            self.handset.language,
            self.handset.network.name,
            f"{self.handset.used} septets, {self.handset.left} left",
            f"hop {self.handset.hops}",
            f"{left:.0f} of {SESSION_SECONDS} s left ({self.user.name})",
            shown.screen,
        ]
        click.echo(" | ".join(status))
        if isinstance(shown, Finish):
            click.echo(f"The end. {COMMAND}dial dials again.")


def framed(text: str) -> list[str]:
    """`text` as a small screen."""
    lines = [part for line in text.split("\n") for part in textwrap.wrap(line, WIDTH) or [""]]
    width = max(len(line) for line in lines)
    edge = f"+{'-' * (width + 2)}+"
    return [edge, *(f"| {line:<{width}} |" for line in lines), edge]
