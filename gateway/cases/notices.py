"""The privacy notice: which words of it residents are shown now, and those that they were shown before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.cases.models import Notice
from gateway.messages.letters import Letters
from menus.tree import Menu

if TYPE_CHECKING:
    from gateway.cases.office import Office

SCREENS = ("notice",)
"""Screens that say it, and the SMS that answers DATA."""
WORDINGS = ("my_data",)

Texts = Mapping[str, Sequence[str]]
"""By language: what the notice says, part by part."""


def texts_of(menu: Menu, letters: Letters) -> Texts:
    """What residents are shown now, in every language, with what is constant in this installation filled in."""
    return {language: _parts(menu, letters, language) for language in menu.languages}


def _parts(menu: Menu, letters: Letters, language: str) -> list[str]:
    shown = [text for name in SCREENS if name in menu.screens for _, text in menu.screens[name].text.variants]
    shown += [text for name in WORDINGS for text in letters.wordings.texts.get(name, {}).values()]
    return [_filled(menu.spoken(text, language), letters.constants) for text in shown]


def _filled(text: str, constants: Mapping[str, str]) -> str:
    for name, value in constants.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def version_of(texts: Texts) -> str:
    """Twelve hexadecimal digits that change with every letter of it."""
    written = json.dumps(texts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def keep(session: Session, office: Office, now: datetime) -> int:
    """See to it that the words of this version are kept, from now on if they are new; 0."""
    if session.scalar(select(Notice.version).where(Notice.version == office.notice)) is None:
        row = {"version": office.notice, "texts": texts_of(office.menu, office.letters), "since": now}
        session.execute(insert(Notice).values(row).on_conflict_do_nothing(index_elements=["version"]))
    return 0


def read(session: Session, version: str) -> Notice | None:
    """A version with its words; None for one that nobody kept."""
    return session.get(Notice, version)
