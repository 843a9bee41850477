"""What `bench/hop.py` serves: the real application, and beside it a bare Flask view as the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response

from gateway import create_app

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

bare = Flask("bare", static_folder=None)


@bare.post("/empty")
def empty() -> Response:
    return Response("", mimetype="text/plain")


real = create_app()


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Both in one process, so that one run measures them on the same workers and threads."""
    return (bare if environ["PATH_INFO"] == "/empty" else real)(environ, start_response)
