"""One running installation: its settings, its county, its menu and its connections, opened once per process."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

import menus.proof.printed
import menus.reader
import menus.sms
import menus.tree
from config import county as counties
from config.logging import log_event
from config.settings import Settings
from gateway import catalogue
from gateway.cases.clock import calendar_of
from gateway.cases.office import Office
from gateway.db import make_engine
from gateway.dialogue.editions import Editions, edition_of, newest_tree
from gateway.messages.letters import Letters
from gateway.messages.spending import Purse
from gateway.people.vault import Vault
from menus.engine import Catalogue
from menus.marked import Mistakes, Problem, did_you_mean
from menus.sms import Wordings
from menus.tree import Menu

MENUS = Path(menus.tree.__file__).parent
TREE = MENUS / "trees" / "feedback.yml"
TEXTS = MENUS / "texts" / "sms.yml"
OWN = "menus"
"""The folder inside a county's folder for files that replace these, and for the record of what is printed."""

REDIS_WAIT = 0.25
"""Seconds. Redis stands beside us; what takes longer is served from PostgreSQL."""


@dataclass(frozen=True)
class Installation:
    settings: Settings
    office: Office
    editions: Editions
    engine: Engine
    statements: Engine
    """For what is a single statement: each is a transaction of its own."""
    redis: Redis
    purse: Purse = field(default_factory=Purse, init=False, compare=False)

    @property
    def menu(self) -> Menu:
        return self.office.menu

    @property
    def catalogue(self) -> Catalogue:
        return self.editions.current.catalogue

    def close(self) -> None:
        """Close the connections that are at rest; one that is in use stays open to its end."""
        self.engine.dispose()
        self.statements.dispose()
        self.redis.close()


def open_installation(settings: Settings, pool_size: int = 4) -> Installation:
    """Load the county, the tree and the texts, and make the connections (which open when first used).

    Raises `menus.marked.Mistakes` with every mistake in those files. Where the tree alone has mistakes, somebody may be
    editing it: then the last one that was served does, as far as the database knows it.
    """
    folder = counties.resolve(settings.county)
    county = counties.load(folder)
    tree, texts = menu_files(folder)
    wordings = load_wordings(texts)
    statements = make_engine(settings.database_url, pool_size, autocommit=True)
    source, menu = _tree(tree, statements)
    letters = Letters(
        wordings=wordings,
        menu=menu,
        constants=catalogue.constants(county, settings, menu),
        can_reply=settings.can_reply,
        free=not settings.resident_pays,
    )
    vault = Vault(settings.phone_hash_key, settings.phone_keys)
    return Installation(
        settings=settings,
        office=Office(county, calendar_of(county.charter), menu, letters, vault),
        editions=Editions(edition_of(source, menu, catalogue.build(county, settings, menu))),
        engine=make_engine(settings.database_url, pool_size),
        statements=statements,
        redis=open_redis(settings.redis_url),
    )


def menu_files(folder: Path) -> tuple[Path, Path]:
    """The tree and the SMS wordings of the county in `folder`: its own, from `menus/` in there, else the standard ones.

    Raises `Mistakes` for a file in there that nothing reads.
    """
    names = [TREE.name, TEXTS.name, menus.proof.printed.FILE]
    strangers = sorted(path.name for path in (folder / OWN).glob("*.y*ml") if path.name not in names)
    if strangers:
        where = f"{folder.resolve().name}/{OWN}"
        raise Mistakes(
            Problem(f"{where}/{name}", 1, f"nothing reads this file{did_you_mean(name, names)}") for name in strangers
        )
    return _own(folder, TREE), _own(folder, TEXTS)


def load_wordings(path: Path) -> Wordings:
    """The SMS wordings in `path`. Raises `Mistakes` also where it lacks one that the standard file has: a county's own
    copy may be older than what is sent today."""
    wordings = menus.sms.load(path)
    missing = [name for name in menus.sms.load(TEXTS).texts if name not in wordings.texts] if path != TEXTS else []
    if missing:
        where = f"{path.parent.parent.name}/{OWN}/{path.name}"
        told = "is missing: copy it from the standard file"
        raise Mistakes(Problem(where, 1, f"wording `{name}` {told}") for name in missing)
    return wordings


def _own(folder: Path, standard: Path) -> Path:
    own = folder / OWN / standard.name
    return own if own.exists() else standard


def _tree(path: Path, statements: Engine) -> tuple[str, Menu]:
    """The tree with its source, from its file or, where that has mistakes, as a session began on it last."""
    try:
        source = _text(path)
        return source, menus.reader.parse(source, path.name)
    except Mistakes as refused:
        last_good = _last_good(statements)
        if last_good is None:
            statements.dispose()
            raise
        for problem in refused.problems:
            log_event("tree_refused", file=problem.file, line=problem.line)
        return last_good


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Mistakes([Problem(path.name, 1, f"cannot be read: {error.__class__.__name__}")]) from None


def _last_good(statements: Engine) -> tuple[str, Menu] | None:
    try:
        source = newest_tree(statements)
        return None if source is None else (source, menus.reader.parse(source, TREE.name))
    except (SQLAlchemyError, Mistakes):
        return None


def open_redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=REDIS_WAIT, socket_connect_timeout=REDIS_WAIT, retry=None)
