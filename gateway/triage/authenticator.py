"""An officer's authenticator: setting it up, its recovery codes, and doing without it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import segno
from cryptography.fernet import InvalidToken
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import Form, PasswordField, StringField
from wtforms.validators import DataRequired

from config.logging import log_event
from gateway.installation import Installation
from gateway.people import audit, entry, passwords, sign_ins, totp
from gateway.triage.account import NOT_YOURS
from gateway.triage.forms import clean, problems_of
from gateway.triage.sign_in import needs_totp, officer, opened, visitor

SECRET = "authenticator"  # noqa: S105  (the name under which the cookie keeps one, sealed, until a code confirms it)
WRONG = "This is not the code of now. Look at the clock of your phone: it must be right to the half minute."
MEANWHILE = "This was not set up: your account was changed at the same moment. See what it says now."
PASSWORD = PasswordField("Your password", render_kw={"maxlength": passwords.MAX_PASSWORD})


class CodeForm(Form):  # type: ignore[misc]
    code = StringField(
        "Code that it shows now", filters=[clean], validators=[DataRequired("Type the six digits that it shows.")]
    )
    password = PASSWORD


class PasswordForm(Form):  # type: ignore[misc]
    password = PASSWORD


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/account/authenticator` and below."""
    engine, vault = installation.engine, installation.office.vault

    @routes.get("/triage/account/authenticator")
    def authenticator() -> ResponseReturnValue:
        return _page(CodeForm())

    @routes.post("/triage/account/authenticator")
    def turn_on_authenticator() -> ResponseReturnValue:
        """Each try needs the code of a secret that this browser was shown; there is nothing to guess."""
        form, who = CodeForm(request.form), officer()
        if not form.validate():
            return _page(form), 422
        if opened().has_totp and not _is_herself(form):
            return _page(form), 422
        secret = _secret()
        step = totp.step_of(secret, form.code.data, datetime.now(UTC))
        if step is None:
            form.code.errors = [WRONG]
            return _page(form), 422
        with Session(engine) as session, session.begin():
            there = sign_ins.hold(session, who.id, opened().id)
            codes = totp.turn_on(session, vault, who.id, secret, step, instead=opened().has_totp) if there else None
            if codes is None:
                flash(MEANWHILE)
                # Where the sign-in has ended, the next page is the one to sign in.
                return redirect(url_for("triage.account"), 303)
            # What was opened without it, or with the one before, proves less than it asks for from now on.
            sign_ins.end_others(session, who.id, opened().id)
            audit.append(session, "totp_set", officer_id=who.id, address=visitor().address)
        cookie.pop(SECRET, None)
        log_event("totp_set", officer=who.id)
        return _codes_page(codes, "Your authenticator is set up")

    @routes.get("/triage/account/recovery-codes")
    def recovery_codes() -> ResponseReturnValue:
        return _sure_page("codes") if opened().has_totp else abort(404)

    @routes.post("/triage/account/recovery-codes")
    def new_recovery_codes() -> ResponseReturnValue:
        if not opened().has_totp:
            abort(404)
        form = PasswordForm(request.form)
        if not _is_herself(form):
            return _sure_page("codes", form), 422
        with Session(engine) as session, session.begin():
            codes = totp.new_recovery_codes(session, officer().id)
            audit.append(session, "recovery_codes_made", officer_id=officer().id, address=visitor().address)
        return _codes_page(codes, "Your new recovery codes")

    @routes.get("/triage/account/authenticator/off")
    def without_authenticator() -> ResponseReturnValue:
        return _sure_page("off") if _may_turn_off() else abort(404)

    @routes.post("/triage/account/authenticator/off")
    def turn_off_authenticator() -> ResponseReturnValue:
        if not _may_turn_off():
            abort(404)
        form = PasswordForm(request.form)
        if not _is_herself(form):
            return _sure_page("off", form), 422
        with Session(engine) as session, session.begin():
            totp.turn_off(session, officer().id)
            audit.append(session, "totp_removed", officer_id=officer().id, address=visitor().address)
        log_event("totp_removed", officer=officer().id)
        flash("Your password alone opens your account again.")
        return redirect(url_for("triage.account"), 303)

    def _may_turn_off() -> bool:
        return opened().has_totp and not needs_totp(installation)

    def _is_herself(form: CodeForm | PasswordForm) -> bool:
        if entry.proves_herself(engine, vault, officer().id, form.password.data or "", visitor()):
            return True
        form.password.errors = [NOT_YOURS]
        return False

    def _secret() -> str:
        """The one that this browser was shown, until a code confirms it; a new one where there is none."""
        try:
            shown = vault.open(cookie.get(SECRET, "").encode())
        except InvalidToken:
            shown = ""
        secret = shown or totp.new_secret()
        if not shown:
            cookie[SECRET] = vault.seal(secret).decode()
        return secret

    def _page(form: CodeForm) -> str:
        secret = _secret()
        address = totp.address_of(secret, officer().email, f"Sikiza {installation.office.county.name}")
        return render_template(
            "triage/account_authenticator.html", form=form, problems=problems_of(form), picture=_picture(address),
            address=address, secret=_in_fours(secret), has_totp=opened().has_totp,
            forced=needs_totp(installation) and not opened().has_totp,
        )  # fmt: skip


def _codes_page(codes: Sequence[str], title: str) -> str:
    return render_template("triage/account_codes.html", codes=codes, title=title)


def _sure_page(what: str, form: PasswordForm | None = None) -> str:
    form = form or PasswordForm()
    return render_template("triage/account_sure.html", what=what, form=form, problems=problems_of(form))


def _picture(address: str) -> Markup:
    """The QR code, as an image that stands in the page itself: no other server or address ever sees the secret."""
    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(scale=4, border=4, light="#fff", svgclass="qr", lineclass=None))  # noqa: S704


def _in_fours(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
