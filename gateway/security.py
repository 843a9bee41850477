"""What protects every page: headers, cookies, forged and oversized requests, error pages without insides."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import timedelta

from flask import Flask, Request, Response, current_app, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from config.logging import log_failure
from config.settings import Settings
from gateway.people.devices import KEPT
from gateway.people.passwords import TooBusy

MAX_BODY = 1024 * 1024
"""Bytes of a form. Callbacks bound their own body (`gateway.callbacks.forms`), and refuse none."""
KEEPS_COOKIE = timedelta(days=30)
"""Counted from the last page. How long the sign-in in it counts is the database's to say (`people.sign_ins`)."""
DEVICE_COOKIE = "sikiza_device"
DEVICE_PATH = "/sign-in"
"""Where a registered device shows itself; no other page is sent its cookie."""
ONE_YEAR = 31_536_000
CALLBACKS = "callbacks"
CREW = "crew"
"""Pages of people who have no account: no cookie of an officer is read or set there."""

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
COMPRESSED = ("text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml")
WORTH_COMPRESSING = 1024
"""Bytes. What is smaller travels in one packet anyway."""

ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("This form could not be used", "It was too old, incomplete, or cookies are off. Go back, reload, try again."),
    403: ("Not allowed", "Your account may not do this."),
    404: ("Nothing here", "There is no such page or case, or it is not in your queue."),
    405: ("Not this way", "This page cannot be used like that. Go back and use its buttons."),
    413: ("Too much text", "What you sent is too long. Go back and shorten it."),
    503: ("Too many at once", "Too many people are signing in at this moment. Wait a minute, go back and try again."),
    500: ("Something went wrong on our side", "Wait a minute, go back, and see what was saved before you try again."),
}


class _OfficerSessions(SecureCookieSessionInterface):
    """Cookies for officers. A callback has none, and making the signer for one costs a tenth of a menu hop; whoever
    opens a crew's link is nobody, also where the browser is an officer's."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        without = request.path.startswith((f"/{CALLBACKS}/", f"/{CREW}/"))
        return None if without else super().open_session(app, request)


def protect(app: Flask, settings: Settings) -> CSRFProtect:
    """Protect every route of `app`, those registered later too. Forms need a token, but for what the result exempts."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_COOKIE_NAME="sikiza",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=not settings.demo,
        PERMANENT_SESSION_LIFETIME=KEEPS_COOKIE,
        # As long as the sign-in: a page that lay open over lunch must not lose what was typed into it.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.session_interface = _OfficerSessions()
    if settings.trusted_proxies:
        # Not the host: a proxy that passes this header on unread would let anybody choose it.
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(TooBusy, lambda _: _page(503))
    app.register_error_handler(Exception, _failed)
    _add_headers(app, strict_transport=settings.public_url.startswith("https://"))
    return CSRFProtect(app)


def keep_device(response: Response, token: str, settings: Settings) -> None:
    """Let this browser be known as a registered device, for as long as the device is."""
    response.set_cookie(
        DEVICE_COOKIE, token, max_age=KEPT, path=DEVICE_PATH, secure=not settings.demo, httponly=True, samesite="Lax"
    )


def _add_headers(app: Flask, *, strict_transport: bool) -> None:
    headers = {**HEADERS, "Strict-Transport-Security": f"max-age={ONE_YEAR}"} if strict_transport else HEADERS

    @app.after_request
    def add_headers(response: Response) -> Response:
        # A hop has no browser to protect, and no time to lose.
        if request.blueprint == CALLBACKS:
            return response
        for name, value in headers.items():
            response.headers.setdefault(name, value)  # a page may be stricter
        if "v" in request.args and request.endpoint and request.endpoint.endswith(".static"):
            response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable"
        elif response.mimetype == "text/html":
            response.headers["Cache-Control"] = "no-store"
        return _compressed(response)


def _compressed(response: Response) -> Response:
    # Part of a file would unpack to nothing. Pages that say no weigh as much as others: a form with what was typed.
    if response.status_code == 206 or response.mimetype not in COMPRESSED or response.content_encoding:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings.quality("gzip") or request.method == "HEAD":
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= WORTH_COMPRESSING:
        response.set_data(gzip.compress(body, compresslevel=6, mtime=0))
        response.content_encoding = "gzip"
    return response


def _refused(error: HTTPException) -> Response:
    response = _page(error.code or 500)
    if error.code == 405:
        response.headers.extend(error.get_headers())
        response.mimetype = "text/html"
    return response


def _failed(error: Exception) -> Response:
    return _page(500, log_failure("request_failed", error))


def _page(status: int, error_id: str = "") -> Response:
    """The error page, which asks neither the database nor the sign-in for anything."""
    title, sentence = ERRORS.get(status) or ERRORS[500 if status >= 500 else 400]
    if request.path.startswith(f"/{CALLBACKS}/"):
        return Response(f"{title}\n", status=status, mimetype="text/plain")
    # Without the context processors, which look for the officer in the database that may be what is wrong.
    template = current_app.jinja_env.get_template("triage/error.html")
    html = template.render(title=title, sentence=sentence, error_id=error_id)
    return Response(html, status=status, mimetype="text/html")
