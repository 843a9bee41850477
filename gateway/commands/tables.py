"""The tables that `flask menus check` prints, within a hundred columns for three languages."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from menus.lettering import SCREEN_BUDGET, SMS_SEGMENT
from menus.networks import NETWORKS, SESSION_SECONDS, SHORTEST_IDLE
from menus.proof.check import Report, Size
from menus.proof.pace import Pace
from menus.proof.timing import AIM, PRACTISED, SLOW
from menus.proof.ways import Way

WIDTH = 100
NAME = 28
"""Letters of a line and of its first column."""


def tables(report: Report, languages: Sequence[str]) -> Iterator[str]:
    """Every line."""
    yield from _screens(report.screens, languages)
    yield from _texts(report.texts, languages)
    yield from _paces(report.paces, languages)
    yield from _letters(report.paces, languages)
    yield from _ways(report.ways)


def _screens(sizes: Sequence[Size], languages: Sequence[str]) -> Iterator[str]:
    fits = ", ".join(f"{network.name} {network.screen}" for network in NETWORKS)
    told = f"Septets of a screen at its worst case, below its error line, and what is left of {SCREEN_BUDGET} ({fits})"
    yield from textwrap.wrap(told, WIDTH)
    yield ""
    yield f"{'screen':<{NAME}}" + "".join(f"{language:>8}{'left':>6}" for language in languages)
    for name, ones in groupby(sizes, lambda size: size.name):
        yield f"{name:<{NAME}}" + "".join(f"{one.septets:>8}{one.left:>6}" for one in ones)
    yield ""


def _texts(sizes: Sequence[Size], languages: Sequence[str]) -> Iterator[str]:
    head = "".join(f"{language:>6}" for language in languages)
    yield f"Septets of an SMS at its worst case, of {SMS_SEGMENT}"
    yield ""
    yield f"{'SMS':<{NAME}}{head}   room for the officer's words{head}"
    for name, group in groupby(sizes, lambda size: size.name):
        ones = list(group)
        room = "".join(f"{one.room:>6}" for one in ones if one.room is not None)
        yield f"{name:<{NAME}}{''.join(f'{one.septets:>6}' for one in ones)}{'':<31}{room}".rstrip()
    yield ""


def _paces(paces: Sequence[Pace], languages: Sequence[str]) -> Iterator[str]:
    waits = ", ".join(f"{network.name} {network.idle}" for network in NETWORKS)
    yield from textwrap.wrap(
        "Seconds in which a practised and a slow user of a keypad phone read a screen to its last line and answer it. "
        f"Networks wait {waits}. + is over the aim of {AIM}; ! is over {SHORTEST_IDLE}: cut off from the answer beside "
        "it on.",
        WIDTH,
    )
    yield ""
    yield f"{'screen':<{NAME}}" + "".join(f"{language:>8}{'slow':>6}{'':<6}" for language in languages).rstrip()
    for name, ones in groupby(paces, lambda pace: pace.screen):
        yield (f"{name:<{NAME}}" + "".join(map(_pace, ones))).rstrip()
    yield ""


def _pace(pace: Pace) -> str:
    return f"{pace.practised:>7.0f}{_mark(pace.practised)}{pace.slow:>5.0f}{_mark(pace.slow)} {pace.cut_off or '':<5}"


def _mark(seconds: float) -> str:
    return "!" if seconds > SHORTEST_IDLE else "+" if seconds > AIM else " "


def _letters(paces: Sequence[Pace], languages: Sequence[str]) -> Iterator[str]:
    asked = [pace for pace in paces if pace.letters]
    yield f"Letters that a practised and a slow user can type within {SHORTEST_IDLE} s"
    yield ""
    yield f"{'screen':<{NAME}}" + "".join(f"{language:>8}{'slow':>6}" for language in languages)
    for name, ones in groupby(asked, lambda pace: pace.screen):
        yield f"{name:<{NAME}}" + "".join(f"{one.letters[0]:>8}{one.letters[1]:>6}" for one in ones if one.letters)
    yield ""


def _ways(ways: Sequence[Way]) -> Iterator[str]:
    """Per caller and language: every screen that files, then every one that ends a session without a report."""
    if not ways:
        return
    yield from textwrap.wrap(
        f"Seconds from the dial to the reference, or to the end, of {SESSION_SECONDS} (! is over), where every list is "
        "answered with its first line and with its last; longest is the answer that takes longest. Who survives is not "
        f"cut off by a network that waits {SHORTEST_IDLE} s.",
        WIDTH,
    )
    for name, language in dict.fromkeys((way.caller.name, way.path.language) for way in ways):
        group = [way for way in ways if (way.caller.name, way.path.language) == (name, language)]
        head = f"{name[0].upper()}{name[1:]}, {language}"
        yield ""
        yield f"{head:<40}hops practised longest      slow longest  survives"
        yield "files at"
        yield from _rows([way for way in group if way.path.end is None])
        yield "ends at, without a report"
        yield from _rows([way for way in group if way.path.end is not None])
    yield ""


def _rows(ways: Sequence[Way]) -> Iterator[str]:
    """One line for each screen: the slowest of its ways, the usual one first."""
    slowest: dict[str, Way] = {}
    for way in ways:
        before = slowest.get(way.path.screen)
        if before is None or way.last[SLOW.name].seconds > before.last[SLOW.name].seconds:
            slowest[way.path.screen] = way
    for way in sorted(slowest.values(), key=lambda way: (not way.is_usual, way.path.hops)):
        keys = " ".join(typed if typed.isdigit() else "(words)" for typed in way.path.typed)
        times = " ".join(_times(way, user.name) for user in (PRACTISED, SLOW))
        yield f"  {way.path.screen:<16}{keys:<22}{way.path.hops:>4} {times}  {_survives(way)}"


def _times(way: Way, user: str) -> str:
    first, last = way.first[user], way.last[user]
    mark = "!" if last.seconds > SESSION_SECONDS else " "
    return f"{_range(first.seconds, last.seconds):>8}{mark}{_range(first.longest, last.longest):>8}"


def _range(first: float, last: float) -> str:
    return f"{first:.0f}" if round(first) == round(last) else f"{first:.0f}-{last:.0f}"


def _survives(way: Way) -> str:
    """Who is not cut off by a network that waits no longer than the least patient."""
    if way.last[PRACTISED.name].longest > SHORTEST_IDLE:
        return "nobody"
    if way.last[SLOW.name].longest <= SHORTEST_IDLE:
        return "both"
    return "both, first lines" if way.first[SLOW.name].longest <= SHORTEST_IDLE else "practised only"
