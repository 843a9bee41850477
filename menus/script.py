"""Written dialogues: what is dialled and typed on a phone, and the screens that must come, in files made to be read.

A line that begins with `#` is a remark. Commands stand at the margin; below one, indented by four spaces, stands the
screen that it must lead to. A screen that is not written is not compared.

    today 2026-11-23
    given returning 1014
    dial
        CON Kaunti ya Kakamega, bure.
        1 Ripoti shida (Shirere)
    press 1 1 2
    type karibu na kanisa
    again
    drop
    network Airtel
    ---

`press` types several answers without blanks in them, one a hop; `type` takes the rest of the line as one answer, also
an empty one; `again` lets the last hop arrive once more, `drop` ends the session as a lost network does. `dial` may
have a code behind it, as in `dial *384*123*1014#`. `today` holds to the end of the file or the next `today`; `---`
begins afresh, with a phone that nobody knows. What may be `given` is for the player to say.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Protocol

from menus import networks
from menus.marked import Mistakes, Problem, did_you_mean
from menus.networks import Network

INDENT = "    "
AFRESH = "---"
SHOWING = ("dial", "type", "press", "again")
"""Commands after which there is a screen."""
COMMANDS = (*SHOWING, "drop", "network", "today", "given")


class Refused(Exception):
    """A command that cannot be carried out; the text says why, in plain words."""


class Player(Protocol):
    """Whoever plays one dialogue. Each method may raise `Refused`; those that show a screen return it whole."""

    def today(self, day: date) -> None: ...

    def given(self, what: str) -> None: ...

    def network(self, network: Network) -> None: ...

    def dial(self, dialled: str) -> str:
        """`dialled` is the whole code, or empty for the plain service code."""
        ...

    def type(self, typed: str) -> str: ...

    def again(self) -> str: ...

    def drop(self) -> None: ...


@dataclass(frozen=True)
class Step:
    """One command. `screen` is what must stand on the phone then, where it is written: lines `begins` to `ends`."""

    line: int
    command: str
    rest: str
    screen: str | None = None
    begins: int = 0
    ends: int = 0


@dataclass(frozen=True)
class Script:
    """One file: its name, its text, and its dialogues, none of them empty."""

    name: str
    source: str
    dialogues: tuple[tuple[Step, ...], ...]


@dataclass(frozen=True)
class Difference:
    """A screen that is not as written."""

    file: str
    line: int
    written: str
    found: str

    def __str__(self) -> str:
        """`file:line:`, then a unified diff of the two screens."""
        lines = difflib.unified_diff(
            self.written.split("\n"), self.found.split("\n"), "as written", "as shown", lineterm=""
        )
        return "\n".join([f"{self.file}:{self.line}: another screen than written", *lines])


@dataclass
class Played:
    """What became of one script. `problems` are commands that could not be carried out, `source` has the screens that
    came in the place of those that were written."""

    source: str
    dialogues: int = 0
    screens: int = 0
    differences: list[Difference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load(path: Path, name: str | None = None) -> Script:
    """Read one file. Raises `Mistakes` with every line in it that is none of ours."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Mistakes([Problem(name or path.name, 1, f"cannot be read: {error.__class__.__name__}")]) from None
    return parse(source, name or path.name)


def parse(source: str, name: str) -> Script:
    """The dialogues in `source`. Raises `Mistakes` with every line in it that is none of ours."""
    problems: list[Problem] = []
    dialogues: list[list[Step]] = [[]]
    lines = source.split("\n")
    for number, line in enumerate(lines, 1):
        steps = dialogues[-1]
        if line.startswith(INDENT):
            wrong = _add_to_screen(steps, number, lines)
        elif line.strip() == AFRESH:
            dialogues.append([])
            continue
        elif not line.strip() or line.startswith("#"):
            continue
        elif line[0].isspace():
            wrong = "a screen is indented by four spaces, a command by none"
        else:
            step = _step(number, line)
            wrong = _wrong_with(step)
            steps.append(step)
        if wrong:
            problems.append(Problem(name, number, wrong))
    if not any(dialogues) and not problems:
        problems.append(Problem(name, 1, "there is no dialogue in this file"))
    if problems:
        raise Mistakes(problems)
    return Script(name, source, tuple(tuple(steps) for steps in dialogues if steps))


def _step(number: int, line: str) -> Step:
    command, _, rest = line.partition(" ")
    # The blanks of an answer count, those after a command do not.
    return Step(number, command.strip(), rest if command == "type" else rest.strip())


def _add_to_screen(steps: list[Step], number: int, lines: Sequence[str]) -> str:
    """Put the line with this number to the screen of the last command; says what is wrong where it cannot."""
    if not steps:
        return "a screen without a command before it"
    step, line = steps[-1], lines[number - 1].removeprefix(INDENT)
    if step.command not in SHOWING:
        return f"`{step.command}` shows no screen"
    if step.screen is None:
        steps[-1] = replace(step, screen=line, begins=number, ends=number)
        return ""
    between = lines[step.ends : number - 1]
    if any(between):
        return "a remark stands inside this screen"
    # Empty lines belong to the screen: editors strip the blanks before them.
    steps[-1] = replace(step, screen="\n".join([step.screen, *between, line]), ends=number)
    return ""


def _wrong_with(step: Step) -> str:
    """What is wrong with a command, or nothing."""
    command, rest = step.command, step.rest
    if command not in COMMANDS:
        return f"there is no command `{command}`{did_you_mean(command, COMMANDS)}"
    if command in ("again", "drop") and rest:
        return f"`{command}` stands alone"
    if command in ("press", "given") and not rest:
        return f"`{command}` what?"
    if command == "today" and _day(rest) is None:
        return f"expected a day such as 2026-11-23, found `{rest}`"
    if command == "network" and _network(rest) is None:
        names = ", ".join(network.name for network in networks.NETWORKS)
        return f"there is no network `{rest}`: it is one of {names}"
    return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _network(name: str) -> Network | None:
    return next((one for one in networks.NETWORKS if one.name.casefold() == name.casefold()), None)


def replay(script: Script, begin: Callable[[], Player]) -> Played:
    """Play every dialogue of `script`, each with a player of its own, and compare the screens that are written."""
    played = Played(script.source)
    shown: dict[Step, str] = {}
    day: date | None = None
    for steps in script.dialogues:
        player = begin()
        if day:
            player.today(day)
        day = next((_day(step.rest) for step in reversed(steps) if step.command == "today"), day)
        played.dialogues += 1
        for step, screen, written in _play(script, player, steps, played.problems):
            if written is not None:
                played.screens += 1
                shown[step] = screen
                if screen != written:
                    played.differences.append(Difference(script.name, step.begins or step.line, written, screen))
    played.source = _rewritten(script.source, shown)
    return played


def _play(
    script: Script, player: Player, steps: Sequence[Step], problems: list[Problem]
) -> Iterator[tuple[Step, str, str | None]]:
    """Each command that showed something, with the screen that it must have shown."""
    screen = ""
    for step in steps:
        before = screen
        try:
            screen = _carry_out(player, step, screen)
        except Refused as error:
            problems.append(Problem(script.name, step.line, str(error)))
            return
        if step.command == "again":
            yield step, screen, before if step.screen is None else step.screen
        elif step.command in SHOWING:
            yield step, screen, step.screen


def _carry_out(player: Player, step: Step, screen: str) -> str:
    """The screen that stands on the phone after this command."""
    match step.command:
        case "dial":
            return player.dial(step.rest)
        case "type":
            return player.type(step.rest)
        case "press":
            for typed in step.rest.split():
                screen = player.type(typed)
            return screen
        case "again":
            return player.again()
        case "drop":
            player.drop()
        case "today":
            player.today(_day(step.rest) or date.min)
        case "given":
            player.given(step.rest)
        case "network":
            player.network(_network(step.rest) or networks.of(""))
    return screen


def _rewritten(source: str, shown: dict[Step, str]) -> str:
    """`source` with the screens that were shown in the place of those that were written."""
    lines = source.split("\n")
    for step in sorted(shown, key=lambda step: step.line, reverse=True):
        if step.screen is not None:
            found = [f"{INDENT}{line}" if line else "" for line in shown[step].split("\n")]
            lines[step.begins - 1 : step.ends] = found
    return "\n".join(lines)
