"""Several hosts of one county: two editions of the menu, each with Redis and with a Redis that is dead."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import Flask
from redis import Redis
from sqlalchemy import Engine

from config.settings import Settings
from gateway.dialogue.cache import SessionCache
from gateway.dialogue.editions import Edition
from gateway.dialogue.left_behind import Closer
from gateway.installation import Installation
from tests.callbacks.conftest import changed_app
from tests.dialogue.own_menu import FREE, own_county

_OTHER_TREE = (
    (FREE, "Karibu {county}, bure."),
    ('{key: "2", text: {sw: Ongeza maneno', '{key: "5", text: {sw: Ongeza maneno'),
    ('{key: "5", text: {sw: Futa', '{key: "2", text: {sw: Futa'),
)
"""Another home screen; where the standard tree has *add words* this one has *delete*."""


@dataclass(frozen=True)
class Host:
    """One application; all work on one database, and on one Redis where they have any."""

    app: Flask
    has_redis: bool

    @property
    def installation(self) -> Installation:
        found: Installation = self.app.extensions["sikiza"]
        return found

    @property
    def edition(self) -> Edition:
        return self.installation.editions.current

    @cached_property
    def closer(self) -> Closer:
        return Closer(self.installation, SessionCache(self.installation.redis, self.installation.office.vault))


@dataclass(frozen=True)
class World:
    """All hosts, what they share, and what they log."""

    hosts: tuple[Host, ...]
    engine: Engine
    redis: Redis
    log: io.StringIO

    @cached_property
    def editions(self) -> dict[str, Edition]:
        return {host.edition.hash: host.edition for host in self.hosts}


@contextmanager
def opened(
    settings: Settings, engine: Engine, redis: Redis, dead_port: int, folder: Path, log: io.StringIO
) -> Iterator[World]:
    """The standard tree and another one, with roads before water, below `folder`; of each a host without Redis."""
    county = own_county(folder, *_OTHER_TREE)
    file = county / "categories.yml"
    head, water, roads, *others = file.read_text(encoding="utf-8").split("\n- code: ")
    file.write_text("\n- code: ".join([head, roads, water, *others]), encoding="utf-8")
    # A busy machine is not a Redis that is away.
    patient = f"{settings.redis_url}&socket_timeout=20&socket_connect_timeout=20"
    dead = f"redis://127.0.0.1:{dead_port}/0"
    with ExitStack() as stack:
        hosts = [
            Host(stack.enter_context(changed_app(settings, county=folder_or_name, redis_url=url)), url == patient)
            for folder_or_name in (settings.county, str(county))
            for url in (patient, dead)
        ]
        yield World(tuple(hosts), engine, redis, log)
