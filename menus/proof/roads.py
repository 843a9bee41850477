"""Where the roads of a tree lead: which screens nothing leads to, and from which no path ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from menus.tree import BACK, Kind, Menu, Outcome, Screen

Roads = Mapping[str, set[str]]


def unreachable(menu: Menu) -> list[str]:
    """The screens that neither the start nor a code leads to, in the order of the tree."""
    jumps = {menu.reference_screen, *_steps(menu.screens[menu.ward_screen].outcomes)}
    reached = _spread({menu.start, *jumps}, _ahead(menu))
    return [name for name in menu.screens if name not in reached]


def endless(menu: Menu) -> list[str]:
    """The screens from which no path ends, in the order of the tree."""
    ends = {name for name, screen in menu.screens.items() if screen.kind is Kind.END}
    reached = _spread(ends, _turned(_with_ways_back(menu, _ahead(menu))))
    return [name for name in menu.screens if name not in reached]


def _ahead(menu: Menu) -> Roads:
    return {name: _targets(screen) for name, screen in menu.screens.items()}


def _with_ways_back(menu: Menu, ahead: Roads) -> Roads:
    """*back* leads to where one came from; after something was done, to the start."""
    roads = {name: targets - {BACK} for name, targets in ahead.items()}
    for name, targets in ahead.items():
        if BACK in targets:
            roads[name] |= {menu.start, *(before for before, found in ahead.items() if name in found)}
    return roads


def _targets(screen: Screen) -> set[str]:
    outcomes = [*screen.outcomes, *screen.search, *(one for option in screen.options for one in option.outcomes)]
    return _steps(outcomes) | ({screen.skip.go} if screen.skip else set())


def _steps(outcomes: Iterable[Outcome]) -> set[str]:
    return {step.go for outcome in outcomes for step in outcome.steps}


def _spread(begin: set[str], roads: Roads) -> set[str]:
    """Everything that can be reached from `begin`."""
    reached, edge = set[str](), set(begin)
    while edge:
        reached |= edge
        edge = {target for name in edge for target in roads.get(name, ())} - reached
    return reached


def _turned(roads: Roads) -> Roads:
    turned: dict[str, set[str]] = defaultdict(set)
    for name, targets in roads.items():
        for target in targets:
            turned[target].add(name)
    return turned
