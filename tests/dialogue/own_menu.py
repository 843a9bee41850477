"""A county with a menu of its own, for the tests of editions and reloads: the demo's county with words replaced."""

from __future__ import annotations

import shutil
from pathlib import Path

from config.county import COUNTIES
from gateway.installation import OWN, TREE
from menus.proof import printed

FREE = "Kaunti ya {county}, bure."
"""What the home screen of the standard tree says in Kiswahili."""


def own_county(folder: Path, *changes: tuple[str, str]) -> Path:
    """A copy of Kakamega's folder below `folder`, whose tree differs from the standard one by `changes`."""
    county = Path(shutil.copytree(COUNTIES / "kakamega", folder / "kakamega"))
    (county / OWN).mkdir()
    shutil.copy(TREE.with_name(printed.FILE), county / OWN)
    write_tree(county, *changes)
    return county


def write_tree(county: Path, *changes: tuple[str, str]) -> None:
    """The county's own tree: the standard one, with each of `changes` (old text, new text) made once."""
    (county / OWN / TREE.name).write_text(_changed(TREE.read_text(encoding="utf-8"), changes), encoding="utf-8")


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text
