"""Editions of the menu: a session finishes on the tree and the lists that it began on, whichever process serves it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import menus.reader
from config.logging import log_event
from gateway.catalogue import from_json, to_json
from gateway.dialogue.models import MenuEdition, UssdSession
from menus.engine import Catalogue
from menus.marked import Mistakes
from menus.tree import Menu

KEPT_FOR = timedelta(days=1)
"""After the last session that began on an edition. A session lasts three minutes; its row an hour."""
KEEP_AGAIN = timedelta(hours=1)
"""How often a process says that its edition is in use: far more often than KEPT_FOR."""
OTHERS = 8
"""Editions besides its own that a process remembers. Two or three are alive while a change goes round the hosts."""


@dataclass(frozen=True)
class Edition:
    """What the screens of a session depend on: the tree, and the county's lists that stand in it.

    `hash` is of both, in 16 hexadecimal digits; `source` is the tree as its file had it.
    """

    hash: str
    menu: Menu
    catalogue: Catalogue
    source: str = field(repr=False)


def edition_of(source: str, menu: Menu, catalogue: Catalogue) -> Edition:
    """The edition of `menu`, which was read from `source`, with these lists."""
    lists = json.dumps(to_json(catalogue), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(f"{source}\0{lists}".encode()).hexdigest()[:16]
    return Edition(digest, menu, catalogue, source)


class Editions:
    """The editions that one process knows: its own, `current`, on which sessions begin, and those of others."""

    def __init__(self, current: Edition) -> None:
        self.current = current
        self._known = {current.hash: current}
        self._kept_at: datetime | None = None

    def of(self, engine: Engine, edition_hash: str) -> Edition:
        """The edition that a session began on: a dictionary look-up, but for the first session of another's edition.

        Where nobody kept it, the current one. Raises SQLAlchemyError where PostgreSQL is asked and does not answer.
        """
        return self._known.get(edition_hash) or self._find(engine, edition_hash)

    def keep(self, connection: Connection, now: datetime) -> None:
        """See to it that other processes find the current edition, before a session begins on it."""
        if self._kept_at is not None and abs(now - self._kept_at) < KEEP_AGAIN:
            return
        current = self.current
        row = {
            "hash": current.hash, "tree": current.source, "catalogue": to_json(current.catalogue), "used_at": now,
        }  # fmt: skip
        connection.execute(
            insert(MenuEdition).values(row).on_conflict_do_update(index_elements=["hash"], set_={"used_at": now})
        )
        self._kept_at = now

    def _find(self, engine: Engine, edition_hash: str) -> Edition:
        with engine.connect() as connection:
            found = _read(connection, edition_hash)
        if found is None:
            log_event("edition_unknown", edition=edition_hash)
            found = self.current
        others = [known for known in self._known.items() if known[0] != self.current.hash]
        # A new dictionary instead of a change: other threads look up in the old one meanwhile.
        self._known = dict([(self.current.hash, self.current), *others[1 - OTHERS :], (edition_hash, found)])
        return found


def newest_tree(engine: Engine) -> str | None:
    """The source of the tree on which a session began last, on any host; None where there was none yet."""
    with engine.connect() as connection:
        query = select(MenuEdition.tree).order_by(MenuEdition.used_at.desc()).limit(1)
        return connection.execute(query).scalar()


def forget_editions(session: Session) -> int:
    """Delete the editions that nobody needs any more; how many.

    The newest stays for whoever has to start while the tree is being edited.
    """
    newest = select(func.max(MenuEdition.used_at)).scalar_subquery()
    needed = select(UssdSession.id).where(UssdSession.menu_hash == MenuEdition.hash).exists()
    unused = (MenuEdition.used_at < func.now() - KEPT_FOR) & (MenuEdition.used_at < newest) & ~needed
    return len(session.scalars(delete(MenuEdition).where(unused).returning(MenuEdition.hash)).all())


def _read(connection: Connection, edition_hash: str) -> Edition | None:
    """An edition from its row; None where there is none, or another version of this program made it, unlike ours."""
    query = select(MenuEdition.tree, MenuEdition.catalogue).where(MenuEdition.hash == edition_hash)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    try:
        menu, catalogue = menus.reader.parse(row.tree, edition_hash), from_json(row.catalogue)
    except (Mistakes, KeyError, TypeError, ValueError) as error:
        log_event("edition_not_read", edition=edition_hash, why=type(error).__name__.lower())
        return None
    return Edition(edition_hash, menu, catalogue, row.tree)
