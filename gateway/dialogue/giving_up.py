"""Where residents give up: how many sessions saw a screen and how many went no further. Names of screens, no words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from gateway.dialogue.models import ScreenCount
from menus.tree import BACK, Menu, Screen

# What was typed must not come into a table that is kept for ever, whatever a caller mistakes for the name of a screen.
_SCREEN = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LANGUAGE = re.compile(r"[a-z]{2,8}")
_NETWORK = re.compile(r"[0-9]{1,8}")

_FILES, _FILED = ("file", "support"), "case.filed"

# In a fixed order, so that two recorders never wait for each other's rows.
_COUNT = text(
    "INSERT INTO screen_count (day, screen, language, network, seen, stopped)"
    " SELECT :day, screen, :language, :network, 1, CAST(screen = :stopped AS integer)"
    " FROM unnest(CAST(:screens AS text[])) AS screen ORDER BY screen"
    " ON CONFLICT (day, screen, language, network) DO UPDATE"
    " SET seen = screen_count.seen + excluded.seen, stopped = screen_count.stopped + excluded.stopped"
)


@dataclass(frozen=True)
class Count:
    """Sessions that saw a screen, and those of them that went no further; a language or network of "" is not known."""

    screen: str
    language: str
    network: str
    seen: int
    stopped: int

    @property
    def share(self) -> float:
        """0 to 1: how many of those who saw it went no further."""
        return self.stopped / self.seen if self.seen else 0.0


def record(
    connection: Connection, day: date, language: str, network: str, screens: Sequence[str], stopped: str | None
) -> None:
    """Count one session that is over: each screen it saw once, and the one at which it went no further.

    `day` is the day in Nairobi. `stopped` is None where the session came to an END. One statement, which does not
    know that it counted a session before: record in the transaction that closes it. Two of these in one transaction
    may wait for another transaction that waits for them; so commit after each.
    """
    seen = {name for name in (*screens, stopped or "") if _SCREEN.fullmatch(name)}
    if not seen:
        return
    connection.execute(
        _COUNT,
        {
            "day": day,
            "language": language if _LANGUAGE.fullmatch(language) else "",
            "network": network if _NETWORK.fullmatch(network) else "",
            "screens": list(seen),
            "stopped": stopped if stopped in seen else "",
        },
    )


def read(session: Session, since: date) -> list[Count]:
    """What was counted from `since` on, per screen, language and network; where most went no further comes first."""
    seen, stopped = func.sum(ScreenCount.seen), func.sum(ScreenCount.stopped)
    part = (ScreenCount.screen, ScreenCount.language, ScreenCount.network)
    query = (
        select(*part, seen, stopped)
        .where(ScreenCount.day >= since)
        .group_by(*part)
        .order_by(stopped.desc(), seen.desc(), *part)
    )
    return [Count(*row) for row in session.execute(query)]


def after_filing(menu: Menu) -> frozenset[str]:
    """The screens that come only once a report is filed: those after its filing, and those on a report of hers.

    Who stops there loses no report.
    """
    before: set[str] = set()
    ahead = [menu.start, menu.ward_screen]
    while ahead:
        name = ahead.pop()
        if name in before or name not in menu.screens or name == menu.reference_screen:
            continue
        before.add(name)
        ahead.extend(_before_filing(menu.screens[name]))
    return frozenset(menu.screens) - before


def _before_filing(screen: Screen) -> Iterator[str]:
    """Where this screen leads while nothing is filed and without filing."""
    of_options = (outcome for option in screen.options if option.when != _FILED for outcome in option.outcomes)
    if screen.skip:
        yield screen.skip.go
    for outcome in (*screen.outcomes, *screen.search, *of_options):
        if outcome.do not in _FILES and outcome.when != _FILED:
            yield from (step.go for step in outcome.steps if step.when != _FILED and step.go != BACK)
