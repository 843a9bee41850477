"""How long one hop of the pure walk takes, on the county's own tree and on one of 2,000 screens.

    .venv/bin/python -m bench.walk

A hop walks from the root through everything typed so far, so its cost may grow with the depth of the path; the aim is
that it does not grow with the size of the tree. Both trees are walked along the same answers, round by round, with
every look-up and effect answered beforehand. Beside them stands the least that any walk does: the transcript taken
apart, and one screen looked up by its name. Prints microseconds of this process per hop, the median of the rounds.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.commands.plainly import stand_in_settings
from gateway.proof import subject_of
from gateway.trial.scene import Scene
from menus.engine import Facts, Show, walk
from menus.tree import BACK, Menu, Outcome, Screen

PATH = ("1", "4", "6", "1", "1", "1", "3", "1", "4", "5", "3", "2")
"""Report, Lurambi, Shirere, water, no water, the market: filed; change, ward and place, Lurambi, Mahiakalo, the third
landmark: changed; add words."""
DEPTHS = (1, 5, 12)
SCREENS = 2000
ROUNDS = 41
HOPS = 400
"""Of one kind in one round."""
AIM = 1.1
"""Most that a hop on the big tree may take, measured by the same hop on the county's own: what is left is noise."""


@dataclass(frozen=True)
class Measured:
    """Microseconds per hop at one depth: each list has one figure per round."""

    depth: int
    least: list[float]
    county: list[float]
    big: list[float]


def main() -> None:
    menu, facts = county()
    big = grown(menu, SCREENS)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"trees of {len(menu.screens)} and {len(big.screens)} screens, {ROUNDS} rounds of {HOPS} hops\n")
    for line in table([measure(menu, big, facts, depth) for depth in DEPTHS]):
        print(line)


def county() -> tuple[Menu, Facts]:
    """The county's tree, and all that a walk along PATH must know."""
    subject = subject_of(stand_in_settings())
    scene = Scene(subject.county, subject.menu, subject.catalogue, date(2026, 11, 23))
    scene.dial("")
    for typed in PATH:
        scene.type(typed)
    known = scene.handset.facts
    assert known
    return subject.menu, known


def grown(menu: Menu, screens: int) -> Menu:
    """A tree of at least `screens` screens: copies of the county's, in which each answer leads into the next copy."""
    copies = -(-screens // len(menu.screens))
    return replace(
        menu,
        start=_copied(menu.start, 0),
        ward_screen=_copied(menu.ward_screen, 0),
        reference_screen=_copied(menu.reference_screen, 0),
        screens={
            _copied(name, copy): _leading_on(screen, copy, (copy + 1) % copies)
            for copy in range(copies)
            for name, screen in menu.screens.items()
        },
    )


def _copied(name: str, copy: int) -> str:
    return f"{name}_{copy}"


def _leading_on(screen: Screen, copy: int, following: int) -> Screen:
    def led(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
        return tuple(
            replace(
                outcome,
                steps=tuple(
                    step if step.go == BACK else replace(step, go=_copied(step.go, following)) for step in outcome.steps
                ),
            )
            for outcome in outcomes
        )

    return replace(
        screen,
        id=_copied(screen.id, copy),
        options=tuple(replace(option, outcomes=led(option.outcomes)) for option in screen.options),
        outcomes=led(screen.outcomes),
        search=led(screen.search),
        skip=replace(screen.skip, go=_copied(screen.skip.go, copy)) if screen.skip else None,
    )


def measure(menu: Menu, big: Menu, facts: Facts, depth: int, rounds: int = ROUNDS, hops: int = HOPS) -> Measured:
    """The same hop on both trees, which must show the same, in turn."""
    inputs = PATH[:depth]
    text = "*".join(inputs)
    shown, shown_big = walk(menu, inputs, facts), walk(big, inputs, facts)
    if not isinstance(shown, Show) or not isinstance(shown_big, Show) or shown.text != shown_big.text:
        raise SystemExit(f"the trees differ at depth {depth}")
    screens, name = menu.screens, shown.screen
    kinds: Sequence[Callable[[], object]] = (
        lambda: (text.split("*"), screens[name]),
        lambda: walk(menu, inputs, facts),
        lambda: walk(big, inputs, facts),
    )
    taken = [[_microseconds(kind, hops) for kind in kinds] for _ in range(rounds + 1)][1:]
    return Measured(depth, *([figures[kind] for figures in taken] for kind in range(len(kinds))))


def _microseconds(hop: Callable[[], object], hops: int) -> float:
    started = time.process_time()
    for _ in range(hops):
        hop()
    return (time.process_time() - started) / hops * 1e6


def table(measured: Sequence[Measured]) -> Iterator[str]:
    """The figures, one line for each depth."""
    yield f"{'depth':>5}{'least µs':>10}{'county µs':>11}{'big µs':>9}{'big : county':>14}   aim: at most {AIM}"
    for one in measured:
        ratios = [big / county for big, county in zip(one.big, one.county, strict=True)]
        ratio = statistics.median(ratios)
        yield (
            f"{one.depth:5}{statistics.median(one.least):10.2f}{statistics.median(one.county):11.1f}"
            f"{statistics.median(one.big):9.1f}{ratio:14.2f}   {'met' if ratio <= AIM else 'MISSED'}"
            f" ({min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
