"""Signing in and out; deny by default: whatever is not listed as public needs an active officer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.sansio.app import App
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user
from sqlalchemy import Engine

from config.logging import log_event
from gateway.installation import Installation
from gateway.people.models import Officer
from gateway.people.officers import check_password, signed_in_officer

PUBLIC = frozenset({"triage.front_door", "triage.sign_in", "triage.enter", "triage.favicon", "triage.static"})

_SIGN_IN = re.compile(r"([0-9]{1,9}):([0-9a-z]+)")
_WAY_BACK = re.compile(r"/triage/[A-Za-z0-9/_-]*(\?[A-Za-z0-9=&_-]*)?")


@dataclass(frozen=True)
class SignedIn:
    """An officer as Flask-Login wants to see her. `salt` is known at the moment of signing in only."""

    officer: Officer
    salt: str = ""
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Goes into the session cookie, which is signed; a new salt makes it worthless."""
        return f"{self.officer.id}:{self.salt}"


def officer() -> Officer:
    """The officer of this request."""
    return current_user.officer  # type: ignore[no-any-return]


def attach(app: App, engine: Engine) -> None:
    """Let Flask-Login find the officer of a request in the database."""
    # Not `init_app`, which adds a hook for remember-me cookies to every request, callbacks too; we have none.
    login = app.login_manager = LoginManager()  # type: ignore[attr-defined]
    # Telephones change their network address all day.
    login.session_protection = None

    @login.user_loader  # type: ignore[untyped-decorator]
    def load(sign_in_id: str) -> SignedIn | None:
        parts = _SIGN_IN.fullmatch(sign_in_id)
        found = signed_in_officer(engine, int(parts[1]), parts[2]) if parts else None
        return SignedIn(found) if found else None


def refuse_strangers() -> ResponseReturnValue | None:
    """Before every request of this blueprint: to the sign-in page, unless an active officer asks."""
    if request.endpoint in PUBLIC or current_user.is_authenticated:
        return None
    way_back = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("triage.sign_in", next=way_back or None), 303)


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/sign-in`, `/sign-out`, and where `/` leads."""
    demo = installation.settings.demo

    @routes.get("/")
    def front_door() -> ResponseReturnValue:
        return redirect(url_for("phone.page" if demo else "triage.queue"))

    @routes.get("/favicon.ico")
    def favicon() -> ResponseReturnValue:
        return "", 204

    @routes.get("/sign-in")
    def sign_in() -> ResponseReturnValue:
        if current_user.is_authenticated:
            return redirect(url_for("triage.queue"))
        return render_template("triage/sign_in.html", email="", failed=False)

    @routes.post("/sign-in")
    def enter() -> ResponseReturnValue:
        email = request.form.get("email", "")
        found = check_password(installation.engine, email, request.form.get("password", ""))
        if found is None:
            log_event("sign_in_refused")
            return render_template("triage/sign_in.html", email=email[:254], failed=True), 422
        session.clear()
        session.permanent = True
        login_user(SignedIn(found, found.session_salt))
        log_event("signed_in", officer=found.id)
        way_back = request.args.get("next", "")
        return redirect(way_back if _WAY_BACK.fullmatch(way_back) else url_for("triage.queue"), 303)

    @routes.post("/sign-out")
    def sign_out() -> ResponseReturnValue:
        log_event("signed_out", officer=officer().id)
        logout_user()
        session.clear()
        flash("You are signed out.")
        return redirect(url_for("triage.sign_in"), 303)
