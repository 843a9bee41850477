"""Opening an installation: the county's own menu where it has one, and the last good one where it is being edited."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from config import county as counties
from config.settings import Settings
from gateway.dialogue.editions import Editions
from gateway.installation import OWN, TEXTS, TREE, Installation, menu_files, open_installation
from menus.marked import Mistakes
from tests.callbacks.conftest import dead_port
from tests.dialogue.own_menu import FREE, own_county, write_tree

__all__ = ["dead_port"]

NEW = (FREE, "Karibu {county}, bure.")
BROKEN = ("kind: choose", "kind: chose")


def opened(settings: Settings, county: Path, **others: str) -> Installation:
    installation = open_installation(settings.model_copy(update={"county": str(county), **others}))
    installation.close()
    return installation


def served(installation: Installation) -> None:
    """A web process that starts, or a first session, keeps the edition."""
    with installation.statements.connect() as connection:
        installation.editions.keep(connection, datetime.now(UTC))
    installation.statements.dispose()


def home(installation: Installation) -> str:
    """What the home screen says in Kiswahili where nothing is pending."""
    variants = installation.menu.screens["home"].text.variants
    return next(text["sw"] for when, text in variants if when == "ussd.free")


# The county's own menu


def test_a_county_without_a_menu_of_its_own_has_the_standard_one() -> None:
    assert menu_files(counties.resolve("kakamega")) == (TREE, TEXTS)


def test_a_county_may_bring_its_own_tree_its_own_texts_or_both(settings: Settings, tmp_path: Path) -> None:
    county = own_county(tmp_path, NEW)
    assert menu_files(county) == (county / OWN / "feedback.yml", TEXTS)
    texts = TEXTS.read_text(encoding="utf-8")
    (county / OWN / "sms.yml").write_text(texts.replace("Imepokelewa", "Asante"), encoding="utf-8")

    installation = opened(settings, county)

    assert home(installation) == "Karibu {county}, bure."
    said = [text["sw"] for wording in installation.office.letters.wordings.texts.values() for text in wording.values()]
    assert [text for text in said if "Asante" in text] != []
    assert [text for text in said if "Imepokelewa" in text] == []


def test_texts_of_its_own_without_one_that_is_sent_today_are_refused(settings: Settings, tmp_path: Path) -> None:
    county = own_county(tmp_path)
    texts = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    del texts["wordings"]["officer_digest"]
    (county / OWN / "sms.yml").write_text(yaml.safe_dump(texts, allow_unicode=True), encoding="utf-8")
    with pytest.raises(Mistakes, match=r"kakamega/menus/sms\.yml:1: wording `officer_digest` is missing"):
        opened(settings, county)


def test_a_file_that_nothing_reads_is_a_mistake(tmp_path: Path) -> None:
    county = own_county(tmp_path)
    (county / OWN / "feedbak.yml").write_text("start: home\n", encoding="utf-8")

    with pytest.raises(Mistakes) as refused:
        menu_files(county)
    assert str(refused.value) == ("kakamega/menus/feedbak.yml:1: nothing reads this file; did you mean `feedback.yml`?")


# Started while somebody edits the tree


def test_with_a_broken_tree_the_newest_that_was_served_does(
    settings: Settings, db: Engine, tmp_path: Path, logged: io.StringIO
) -> None:
    county = own_county(tmp_path)
    served(opened(settings, county))
    write_tree(county, NEW)
    good = opened(settings, county)
    served(good)
    write_tree(county, NEW, BROKEN)

    started = opened(settings, county)

    assert started.editions.current == good.editions.current
    assert home(started) == "Karibu {county}, bure."
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert {(line["event"], line["file"]) for line in lines} == {("tree_refused", "feedback.yml")}
    wrong = TREE.read_text(encoding="utf-8").splitlines().index("    kind: choose") + 1
    assert abs(lines[0]["line"] - wrong) <= 1


def test_what_cannot_be_read_at_all_is_a_broken_tree_too(settings: Settings, db: Engine, tmp_path: Path) -> None:
    county = own_county(tmp_path, NEW)
    served(opened(settings, county))
    (county / OWN / "feedback.yml").write_bytes(b"start: \xff\n")

    assert home(opened(settings, county)) == "Karibu {county}, bure."


def test_with_a_broken_tree_and_none_before_it_the_mistakes_are_told(
    settings: Settings, db: Engine, tmp_path: Path, dead_port: int
) -> None:
    county = own_county(tmp_path, BROKEN)
    nobody = f"postgresql+psycopg://nobody@127.0.0.1:{dead_port}/none"

    for others in ({}, {"database_url": nobody}):
        with pytest.raises(Mistakes, match="`chose` is not one of"):
            opened(settings, county, **others)


def test_a_broken_county_is_told_whatever_was_served_before(settings: Settings, db: Engine, tmp_path: Path) -> None:
    county = own_county(tmp_path)
    served(opened(settings, county))
    with (county / "county.yml").open("a", encoding="utf-8") as file:
        file.write("hotlin: 0800\n")

    with pytest.raises(Mistakes, match="hotlin"):
        opened(settings, county)


def test_an_old_tree_that_this_version_cannot_read_is_none(settings: Settings, db: Engine, tmp_path: Path) -> None:
    county = own_county(tmp_path)
    first = opened(settings, county)
    current = first.editions.current
    with first.statements.connect() as connection:
        unreadable = current.__class__(current.hash, current.menu, current.catalogue, "start: [")
        Editions(unreadable).keep(connection, datetime.now(UTC))
    first.statements.dispose()
    write_tree(county, BROKEN)

    with pytest.raises(Mistakes, match="`chose` is not one of"):
        opened(settings, county)
