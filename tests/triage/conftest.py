"""Officers' browsers, and the stage with real time: the web asks the clock itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config.settings import Settings
from gateway.people import sign_ins
from gateway.people.models import Officer, Role
from gateway.people.sign_ins import Visitor
from tests.cases.stage import Stage

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One officer's browser, signed in; `stranger` is nobody's. `engine`: where the application's is out of reach."""

    def __init__(self, client: FlaskClient, officer: Officer | None, engine: Engine | None = None) -> None:
        self.client, self.officer = client, officer
        if officer:
            open_for(client, officer.id, engine or client.application.extensions["sikiza"].engine)

    @property
    def who(self) -> Officer:
        assert self.officer
        return self.officer

    def get(self, path: str, **headers: str) -> TestResponse:
        # Buffered, so that files are closed at once.
        return self.client.get(
            path, headers={name.replace("_", "-"): value for name, value in headers.items()}, buffered=True
        )

    def read(self, path: str) -> str:
        """The page at `path`, which must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.status
        return answer.text

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send a form with the token of a page that was loaded before."""
        return self.client.post(path, data={"csrf_token": self.token(), **fields})

    def act(self, reference: str, action: str, **fields: Any) -> TestResponse:
        return self.post(f"/triage/cases/{reference}/{action}", **fields)

    def case(self, reference: str) -> str:
        return self.read(f"/triage/cases/{reference}")

    def references(self, address: str = "/triage/") -> list[str]:
        """The references of a list, from the top, without their spaces."""
        return [found.replace(" ", "") for found in re.findall(r'class="ref">.*?<b>([\d ]+)</b>', self.read(address))]

    def counts(self) -> dict[str, int]:
        """What stands on the figures, and beside the other lists."""
        page = self.read("/triage/")
        return {name: int(count) for name, count in re.findall(r'class="tab (\w+)[^>]*>[^<]*<b>(\d+)</b>', page)}

    def said(self) -> str:
        """The sentence that the next page begins with."""
        found = re.search(r'role="status"><p>(.*?)</p>', self.read("/triage/"))
        return found[1] if found else ""

    def token(self) -> str:
        """Of a page that says nothing about cases, or of the sign-in page: whichever this browser is shown."""
        pages = ["/triage/keys", "/sign-in"] if self.officer else ["/sign-in", "/triage/keys"]
        return next(found[1] for page in pages if (found := TOKEN.search(self.get(page).text)))


def open_for(client: FlaskClient, officer_id: int, engine: Engine) -> None:
    """Sign an officer in, as if she had proven who she is."""
    with Session(engine) as rows, rows.begin():
        token = sign_ins.begin(rows, officer_id, Visitor("Firefox on Linux", "127.0.0.1"))
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token


@pytest.fixture
def stage(settings: Settings, db: Engine, redis_url: str) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


@pytest.fixture
def browser(app: Flask, stage: Stage) -> Callable[..., Browser]:
    """Opens a browser for an officer of a role; without jurisdiction, the one who has Shirere or what it belongs to."""

    def open_browser(role: Role = Role.WARD, **jurisdiction: Any) -> Browser:
        return Browser(app.test_client(), stage.officer(role, **jurisdiction))

    return open_browser


@pytest.fixture
def ward(browser: Callable[..., Browser]) -> Browser:
    """The ward administrator of Shirere."""
    return browser()


@pytest.fixture
def stranger(app: Flask, stage: Stage) -> Browser:
    return Browser(app.test_client(), None)


@pytest.fixture
def impatient(app: Flask) -> Iterator[None]:
    """The application waits for whoever holds a row for a moment only, and not for five seconds."""
    engine: Engine = app.extensions["sikiza"].engine

    def shorten(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL lock_timeout = 100")

    event.listen(engine, "begin", shorten)
    yield
    event.remove(engine, "begin", shorten)
