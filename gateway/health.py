"""Whether this process is up, whether it can do its job, and its figures (for loopback only)."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway.installation import Installation
from gateway.metrics import exposition

LOOPBACK = ("127.0.0.1", "::1")


def blueprint(installation: Installation) -> Blueprint:
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @routes.get("/readyz")
    def readyz() -> Response:
        """The database answers and has the tables. Redis is not needed to serve a resident."""
        try:
            with installation.engine.begin() as connection:
                connection.execute(text("SELECT 1 FROM cases LIMIT 1"))
        except SQLAlchemyError:
            return Response("the database does not answer\n", status=503, mimetype="text/plain")
        return Response("ready\n", mimetype="text/plain")

    @routes.get("/metrics")
    def metrics() -> Response:
        if request.remote_addr not in LOOPBACK or "X-Forwarded-For" in request.headers:
            abort(404)
        return Response(exposition(), content_type=CONTENT_TYPE_LATEST)

    return routes
