"""Signing in and out; deny by default: whatever is not listed as public needs an active officer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.sansio.app import App
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from config.logging import log_event
from gateway.demo.accounts import accounts
from gateway.installation import Installation
from gateway.people import audit, devices, entry, sign_ins, totp
from gateway.people.entry import Brought, Entered
from gateway.people.models import Officer, Role
from gateway.people.sign_ins import Opened, Visitor
from gateway.security import DEVICE_COOKIE
from gateway.triage.browsers import name_of

PUBLIC = frozenset(
    f"triage.{name}"
    for name in (
        "front_door", "sign_in", "enter", "pin", "code", "enter_code", "link", "use_link", "favicon", "static",
    )
)  # fmt: skip
SETTING_UP = frozenset({"triage.authenticator", "triage.turn_on_authenticator", "triage.sign_out"})
"""All that is open to an officer who may not go on without an authenticator and has none."""
MOST_TYPED = 254

_WAY_BACK = re.compile(r"/triage/[A-Za-z0-9/_-]*(\?[A-Za-z0-9=&_-]*)?")


@dataclass(frozen=True)
class SignedIn:
    """An officer as Flask-Login wants to see her. `token` is known at the moment of signing in only."""

    opened: Opened | None
    token: str = ""
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Goes into the session cookie, which is signed; of a token that is not in the database nothing opens."""
        return self.token

    @property
    def officer(self) -> Officer | None:
        """None in the very request that signs in, which shows no page."""
        return self.opened.officer if self.opened else None


def opened() -> Opened:
    """The sign-in of this request."""
    return current_user.opened  # type: ignore[no-any-return]


def officer() -> Officer:
    """The officer of this request."""
    return opened().officer


def only(*roles: Role) -> None:
    """To whoever holds none of these posts there is no such page."""
    if not officer().holds(*roles):
        abort(404)


def visitor() -> Visitor:
    """Where this request comes from."""
    return Visitor(name_of(request.headers.get("User-Agent", "")), request.remote_addr or "")


def attach(app: App, installation: Installation) -> None:
    """Let Flask-Login find the officer of a request in the database."""
    # Not `init_app`, which adds a hook for remember-me cookies to every request, callbacks too; we have none.
    login = app.login_manager = LoginManager()  # type: ignore[attr-defined]
    # Telephones change their network address all day.
    login.session_protection = None

    @login.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> SignedIn | None:
        found = sign_ins.find(installation.statements, token)
        return SignedIn(found) if found else None


def refuse_strangers(installation: Installation) -> ResponseReturnValue | None:
    """Before every request of this blueprint: to the sign-in page, unless an active officer asks."""
    if request.endpoint in PUBLIC:
        return None
    if current_user.is_authenticated:
        return redirect(url_for("triage.authenticator"), 303) if _must_set_up(installation) else None
    way_back = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("triage.sign_in", next=way_back or None), 303)


def needs_totp(installation: Installation) -> bool:
    """Whether the officer of this request may not go without an authenticator."""
    return totp.is_needed(officer(), demo=installation.settings.demo)


def _must_set_up(installation: Installation) -> bool:
    return not opened().has_totp and needs_totp(installation) and request.endpoint not in SETTING_UP


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/sign-in` and below, `/sign-out`, and where `/` leads."""
    settings, engine, vault = installation.settings, installation.engine, installation.office.vault

    @routes.get("/")
    def front_door() -> ResponseReturnValue:
        return redirect(url_for("phone.page" if settings.demo else "triage.queue"))

    @routes.get("/favicon.ico")
    def favicon() -> ResponseReturnValue:
        return "", 204

    @routes.get("/sign-in")
    def sign_in() -> ResponseReturnValue:
        """The form for a PIN where this browser is a registered device, else the one for a password."""
        if current_user.is_authenticated:
            return redirect(url_for("triage.queue"))
        session.permanent = True  # its token must outlive a browser that the phone puts to sleep
        kept = None if "other" in request.args else _kept()
        return _pin_page(kept.name) if kept else _password_page()

    @routes.post("/sign-in")
    def enter() -> ResponseReturnValue:
        email = request.form.get("email", "")
        entered = entry.by_password(engine, vault, email, request.form.get("password", ""), _brought())
        if entered is None:
            log_event("sign_in_refused", by="password")
            return _password_page(email[:MOST_TYPED], failed=True), 422
        return _let_in(entered)

    @routes.post("/sign-in/pin")
    def pin() -> ResponseReturnValue:
        entered = entry.by_pin(engine, request.form.get("pin", "").strip(), _brought())
        if entered:
            return _let_in(entered)
        log_event("sign_in_refused", by="pin")
        kept = _kept()
        if kept:
            return _pin_page(kept.name, failed=True), 422
        flash("This device is not kept signed in any more: sign in with your password.")
        return redirect(url_for("triage.sign_in", next=request.args.get("next")), 303)

    @routes.get("/sign-in/code")
    def code() -> ResponseReturnValue:
        with Session(engine) as rows:
            half = sign_ins.half_open(rows, _token())
        return render_template("triage/sign_in_code.html", failed=False) if half else _begin_anew()

    @routes.post("/sign-in/code")
    def enter_code() -> ResponseReturnValue:
        typed = request.form.get("code", "")[:MOST_TYPED]
        entered = entry.by_code(engine, vault, typed, _brought(), datetime.now(UTC))
        if entered:
            return _let_in(entered)
        with Session(engine) as rows:
            half = sign_ins.half_open(rows, _token())
        if half is None:
            return _begin_anew()
        log_event("sign_in_refused", by="code")
        return render_template("triage/sign_in_code.html", failed=True), 422

    @routes.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        with Session(engine) as rows, rows.begin():
            sign_ins.end(rows, officer().id, opened().id)
            audit.append(rows, "signed_out", officer_id=officer().id, address=visitor().address)
        log_event("signed_out", officer=officer().id)
        logout_user()
        session.clear()
        flash("You are signed out.")
        return redirect(url_for("triage.sign_in"), 303)

    def _kept() -> devices.Kept | None:
        with Session(engine) as rows:
            return devices.holder(rows, _brought().device_token)

    def _password_page(email: str = "", *, failed: bool = False) -> str:
        shown = accounts(installation.office.county) if settings.demo else ()
        return render_template("triage/sign_in.html", email=email, failed=failed, accounts=shown)


def _pin_page(name: str, *, failed: bool = False) -> str:
    return render_template("triage/sign_in_pin.html", name=name, failed=failed)


def _begin_anew() -> ResponseReturnValue:
    flash("That took too long, or this sign-in was ended. Please begin anew.")
    return redirect(url_for("triage.sign_in", next=request.args.get("next")), 303)


def _token() -> str:
    """What the browser brought along as its sign-in, open or not."""
    return str(session.get("_user_id", ""))


def _brought() -> Brought:
    return Brought(visitor(), _token(), request.cookies.get(DEVICE_COOKIE, "")[:MOST_TYPED])


def _let_in(entered: Entered) -> ResponseReturnValue:
    """On to where she wanted to go, by way of the code, or of the PIN that she wants to choose."""
    # Whatever this browser knew before belongs to nobody who is signed in: not the token of its forms either.
    session.clear()
    session.permanent = True
    login_user(SignedIn(None, entered.token))
    way: dict[str, Any] = {"next": request.args.get("next"), "keep": _wants_to_keep() or None}
    if entered.code_due:
        return redirect(url_for("triage.code", **way), 303)
    log_event("signed_in", officer=entered.officer_id)
    if entered.recovery:
        flash("A recovery code was used up. Where the authenticator is lost, set up another one on your account page.")
    if way["keep"] and entered.device_id is None:
        return redirect(url_for("triage.keep_device_form", next=way["next"]), 303)
    return way_on()


def way_on() -> Response:
    """To the page of ours that she wanted before she was asked something else."""
    way_back = request.args.get("next", "")
    return redirect(way_back if _WAY_BACK.fullmatch(way_back) else url_for("triage.queue"), 303)


def _wants_to_keep() -> str:
    return "1" if "keep" in request.form or "keep" in request.args else ""
