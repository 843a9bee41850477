"""Where residents give up in the menu, as the county administrator reads it: counts of screens, no case, no words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from textwrap import shorten

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from gateway.cases.clock import local_day
from gateway.db import officer_session
from gateway.dialogue import giving_up
from gateway.dialogue.giving_up import Count
from gateway.installation import Installation
from gateway.people.models import Role
from gateway.triage import english
from gateway.triage.sign_in import officer, only
from menus import networks
from menus.tree import Menu

DAYS = {7: "Last 7", 28: "Last 28", 90: "Last 90"}
USUAL_DAYS = 28
LISTED = 60
"""Rows of a table at most: about as many as a tree has screens."""
FIRST_WORDS = 44
OTHER = "other"
"""Stands in the address for all networks that we do not know by name."""
NETWORKS = {**{network.code: network.name for network in networks.NETWORKS}, OTHER: networks.of("").name}

_SLOT = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Chosen:
    """What the address asks for: one of DAYS, and a language and a network, or "" for all of them."""

    days: int
    language: str
    network: str


@dataclass(frozen=True)
class Line:
    """One row. `about` is what the screen begins with, or the language and the network that the row is about."""

    screen: str
    about: str
    seen: int
    stopped: int
    share: str


@dataclass(frozen=True)
class Page:
    """`before` and `after` filing, per screen; `parts` is `before` by language and network, as far as listed."""

    chosen: Chosen
    languages: Mapping[str, str]
    before: Sequence[Line]
    after: Sequence[Line]
    parts: Sequence[Line]
    left_out: int
    """Rows of `parts` that are not listed."""


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/giving-up`."""

    @routes.get("/triage/giving-up", endpoint="giving_up")
    def where_residents_give_up() -> ResponseReturnValue:
        only(Role.COUNTY)
        chosen = _chosen(installation.menu)
        since = local_day(datetime.now(UTC)) - timedelta(days=chosen.days - 1)
        with officer_session(installation.engine, officer()) as session:
            counts = giving_up.read(session, since)
        page = _page(installation.menu, chosen, counts)
        return render_template("triage/giving_up.html", page=page, all_days=DAYS, all_networks=NETWORKS)


def _chosen(menu: Menu) -> Chosen:
    """What cannot be chosen is taken for not chosen."""
    days = request.args.get("days", USUAL_DAYS, int)
    language, network = request.args.get("language", ""), request.args.get("network", "")
    return Chosen(
        days if days in DAYS else USUAL_DAYS,
        language if language in menu.languages else "",
        network if network in NETWORKS else "",
    )


def _page(menu: Menu, chosen: Chosen, counts: Iterable[Count]) -> Page:
    wanted = [
        count
        for count in counts
        if chosen.language in ("", count.language) and chosen.network in ("", _network(count.network))
    ]
    safe = giving_up.after_filing(menu)
    totals = [
        _line(total, first_words(menu, total.screen)) for total in _summed(wanted, lambda count: (count.screen, "", ""))
    ]
    parts = _summed(wanted, lambda count: (count.screen, count.language, _network(count.network)))
    parts = [part for part in parts if part.stopped and part.screen not in safe]
    return Page(
        chosen=chosen,
        languages={code: _language_name(code) for code in menu.languages},
        before=[total for total in totals if total.screen not in safe][:LISTED],
        after=[total for total in totals if total.screen in safe][:LISTED],
        parts=[_line(part, f"{_language_name(part.language)}, {NETWORKS[part.network]}") for part in parts[:LISTED]],
        left_out=max(0, len(parts) - LISTED),
    )


def _summed(counts: Iterable[Count], part_of: Callable[[Count], tuple[str, str, str]]) -> list[Count]:
    """The counts added up by part (screen, language, network); where most went no further comes first."""
    seen: Counter[tuple[str, str, str]] = Counter()
    stopped: Counter[tuple[str, str, str]] = Counter()
    for count in counts:
        part = part_of(count)
        seen[part] += count.seen
        stopped[part] += count.stopped
    order = sorted(seen, key=lambda part: (-stopped[part], -seen[part], part))
    return [Count(*part, seen[part], stopped[part]) for part in order]


def _line(count: Count, about: str) -> Line:
    return Line(count.screen, about, count.seen, count.stopped, english.share(count.share))


def first_words(menu: Menu, name: str) -> str:
    """What a screen begins with, by which an officer knows it again: `Ward in [sub county]?`."""
    screen = menu.screens.get(name)
    if screen is None:
        return "no longer in the menu"
    _, usual = screen.text.variants[-1]
    words = _SLOT.sub(lambda slot: f"[{slot[1].replace('_', ' ')}]", english.english(usual))
    return shorten(words, FIRST_WORDS, placeholder=" …")


def _network(code: str) -> str:
    return code if code in NETWORKS else OTHER


def _language_name(code: str) -> str:
    return english.LANGUAGES.get(code, code) or "language not known"
