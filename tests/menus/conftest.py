"""The county's own tree and lists, as an installation that pays for everything puts them together."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import county as counties
from config.county import County
from config.settings import Settings, load_settings, random_secrets
from gateway import catalogue as catalogues
from gateway import longest
from menus import reader, tree
from menus.engine import Catalogue
from menus.proof.situations import Longest
from menus.tree import Menu

TREE = Path(tree.__file__).parent / "trees" / "feedback.yml"


def settings_without_servers(**others: str) -> Settings:
    return load_settings(
        random_secrets()
        | {
            "DEMO": "1",
            "DATA_DIR": "no-such-folder",
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "CALLBACK_TOKENS": "token",
            "PUBLIC_URL": "http://127.0.0.1:8000",
            "AFRICASTALKING_USERNAME": "sandbox",
            "AFRICASTALKING_API_KEY": "key",
            "SERVICE_CODE": "*384*123#",
            "SHORT_CODE": "22123",
        }
        | others
    )


@pytest.fixture(scope="session")
def menu() -> Menu:
    return reader.load(TREE)


@pytest.fixture(scope="session")
def kakamega() -> County:
    return counties.load(counties.resolve("kakamega"))


@pytest.fixture(scope="session")
def catalogue(kakamega: County, menu: Menu) -> Catalogue:
    return catalogues.build(kakamega, settings_without_servers(), menu)


@pytest.fixture(scope="session")
def most(kakamega: County, menu: Menu) -> Longest:
    """The longest that the county's look-ups and effects may answer."""
    return longest.answers(kakamega, menu)
