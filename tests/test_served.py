"""A reload inside a web process: the new files serve, a mistake changes nothing, and requests never notice."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine, select
from werkzeug.test import Client

from config.settings import Settings
from gateway.dialogue.models import MenuEdition
from gateway.served import Served
from tests.callbacks.conftest import dead_port
from tests.callbacks.handset import ADA, SERVICE_CODE, SESSION
from tests.conftest import TOKEN
from tests.dialogue.own_menu import FREE, own_county, write_tree

__all__ = ["dead_port"]

NEW = (FREE, "Karibu {county}, bure.")


@pytest.fixture
def county(tmp_path: Path) -> Path:
    return own_county(tmp_path)


@pytest.fixture
def served(settings: Settings, db: Engine, redis_url: str, county: Path) -> Iterator[Served]:
    served = Served(settings.model_copy(update={"county": str(county)}))
    yield served
    served.app.extensions["sikiza"].close()


def dial(served: Served, session: str, text: str = "") -> str:
    """The first line of the screen."""
    fields = {"phoneNumber": ADA, "serviceCode": SERVICE_CODE, "text": text, "sessionId": session, "networkCode": ""}
    answer = Client(served).post(
        f"/callbacks/{TOKEN}/ussd", data=urlencode(fields), content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    return answer.get_data(as_text=True).splitlines()[0]


def editions(db: Engine) -> set[str]:
    with db.connect() as connection:
        return set(connection.scalars(select(MenuEdition.hash)))


def test_after_a_reload_the_changed_tree_serves_and_sessions_under_way_keep_theirs(
    served: Served, county: Path, db: Engine, logged: io.StringIO
) -> None:
    assert dial(served, f"{SESSION}1") == "CON Kaunti ya Kakamega, bure."
    before = editions(db)
    write_tree(county, NEW)

    served.reload()

    assert dial(served, f"{SESSION}2") == "CON Karibu Kakamega, bure."
    assert dial(served, f"{SESSION}1") == "CON Kaunti ya Kakamega, bure."
    [line] = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert (line["event"], {line["edition"]}) == ("reloaded", editions(db) - before)


def test_with_a_mistake_in_the_county_everything_stays_as_it_was(
    served: Served, county: Path, db: Engine, logged: io.StringIO
) -> None:
    write_tree(county, NEW)
    with (county / "county.yml").open("a", encoding="utf-8") as file:
        file.write("hotlin: 0800\n")

    served.reload()

    assert dial(served, f"{SESSION}1") == "CON Kaunti ya Kakamega, bure."
    [line] = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert (line["event"], line["exceptions"]) == ("reload_failed", ["Mistakes"])
    assert len(editions(db)) == 1


def test_what_is_served_is_kept_from_the_start(served: Served, db: Engine) -> None:
    assert len(editions(db)) == 1


def test_it_starts_without_a_database(settings: Settings, dead_port: int, logged: io.StringIO) -> None:
    nobody = f"postgresql+psycopg://nobody@127.0.0.1:{dead_port}/none"
    served = Served(settings.model_copy(update={"database_url": nobody}))

    assert Client(served).get("/healthz").status_code == 200
    assert logged.getvalue() == ""
    served.app.extensions["sikiza"].close()
