"""A foreman's telephone: it has the link and nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from config.settings import Settings
from tests.cases.stage import Stage
from tests.triage.conftest import Browser

ADDRESS = re.compile(r"/crew/([\w-]{43})")


@dataclass
class Phone:
    """`client` has no cookie of anybody's."""

    client: FlaskClient
    token: str

    @property
    def path(self) -> str:
        return f"/crew/{self.token}"

    def look(self) -> TestResponse:
        return self.client.get(self.path, buffered=True)

    def say(self, answer: str, words: str = "", shots: Sequence[bytes] = (), name: str = "x.jpg") -> TestResponse:
        photos = [FileStorage(io.BytesIO(shot), name) for shot in shots] or [FileStorage(io.BytesIO(), "")]
        data = {"answer": answer, "words": words, "photo": photos}
        boundary, body = encode_multipart(data)
        kind = f"multipart/form-data; boundary={boundary}"
        return self.client.post(self.path, data=body, content_type=kind, buffered=True)


@pytest.fixture
def stage(settings: Settings, db: Engine, redis_url: str) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


@pytest.fixture
def ward(app: Flask, stage: Stage) -> Browser:
    """The ward administrator of Shirere."""
    return Browser(app.test_client(), stage.officer())


@pytest.fixture
def send(app: Flask, ward: Browser) -> Callable[..., Phone]:
    """Lets the ward administrator make a link on the page of a case; the telephone that it was sent to."""

    def make(reference: str, for_whom: str = "Musa", words: str = "Badilisha bomba") -> Phone:
        page = ward.act(reference, "crew", for_whom=for_whom, words=words)
        assert page.status_code == 200, page.text
        found = ADDRESS.search(page.text)
        assert found
        return Phone(app.test_client(), found[1])

    return make
