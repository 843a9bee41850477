"""What `bench/hop.py` serves: the real application, and beside it bare Flask views to measure it against."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import Flask, Response
from sqlalchemy import text

from gateway import create_app
from gateway.dialogue.cache import SessionCache
from gateway.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

bare = Flask("bare", static_folder=None)
real = create_app()
installation: Installation = real.extensions["sikiza"]
cache = SessionCache(installation.redis, installation.office.vault)
ROW = text("INSERT INTO intake (channel, source_id) VALUES ('paper', :source_id)")


@bare.post("/empty")
def empty() -> Response:
    return Response("", mimetype="text/plain")


@bare.post("/touch")
def touch() -> Response:
    """An empty view with the one round trip to Redis that a menu hop has: what no menu hop can be faster than."""
    cache.touch("bench", "", "")
    return empty()


@bare.post("/row")
def row() -> Response:
    """An empty view that stores one row: what no filing hop can be faster than."""
    with installation.statements.connect() as connection:
        connection.execute(ROW, {"source_id": uuid.uuid4().hex})
    return empty()


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Both in one process, so that one run measures them on the same workers and threads."""
    hop = environ["PATH_INFO"].startswith("/callbacks/") or environ["PATH_INFO"] == "/readyz"
    return (real if hop else bare)(environ, start_response)
