"""One running installation: its settings, its county, its menu and its connections, opened once per process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine

import menus.reader
import menus.sms
import menus.tree
from config import county as counties
from config.settings import Settings
from gateway import catalogue
from gateway.cases.clock import calendar_of
from gateway.cases.office import Office
from gateway.db import make_engine
from gateway.messages.letters import Letters
from gateway.people.vault import Vault
from menus.engine import Catalogue
from menus.tree import Menu

MENUS = Path(menus.tree.__file__).parent
TREE = MENUS / "trees" / "feedback.yml"
TEXTS = MENUS / "texts" / "sms.yml"

REDIS_WAIT = 0.25
"""Seconds. Redis stands beside us; what takes longer is served from PostgreSQL."""


@dataclass(frozen=True)
class Installation:
    settings: Settings
    office: Office
    catalogue: Catalogue
    engine: Engine
    statements: Engine
    """For what is a single statement: each is a transaction of its own."""
    redis: Redis

    @property
    def menu(self) -> Menu:
        return self.office.menu


def open_installation(settings: Settings, pool_size: int = 4) -> Installation:
    """Load the county, the tree and the texts, and make the connections (which open when first used).

    Raises `menus.marked.Mistakes` with every mistake in those files.
    """
    county = counties.load(counties.resolve(settings.county))
    menu = menus.reader.load(TREE)
    letters = Letters(
        wordings=menus.sms.load(TEXTS),
        menu=menu,
        constants=catalogue.constants(county, settings),
        can_reply=settings.can_reply,
        free=not settings.resident_pays,
    )
    vault = Vault(settings.phone_hash_key, settings.phone_keys)
    return Installation(
        settings=settings,
        office=Office(county, calendar_of(county.charter), menu, letters, vault),
        catalogue=catalogue.build(county, settings),
        engine=make_engine(settings.database_url, pool_size),
        statements=make_engine(settings.database_url, pool_size, autocommit=True),
        redis=open_redis(settings.redis_url),
    )


def open_redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=REDIS_WAIT, socket_connect_timeout=REDIS_WAIT, retry=None)
