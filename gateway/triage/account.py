"""An officer's own account: where she is signed in, which devices she keeps, and her password."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import Form, PasswordField, SelectField, ValidationError
from wtforms.validators import DataRequired, EqualTo, Length

from config.county import County
from config.logging import log_event
from gateway.installation import Installation
from gateway.people import accounts, audit, devices, entry, officers, passwords, sign_ins, totp
from gateway.security import keep_device
from gateway.triage.english import LANGUAGES
from gateway.triage.forms import problems_of
from gateway.triage.sign_in import needs_totp, officer, opened, visitor, way_on

NOT_YOURS = "This is not your password, or is locked. If you typed it wrong several times, wait a quarter of an hour."


class PinForm(Form):  # type: ignore[misc]
    pin = PasswordField("PIN", render_kw={"maxlength": 6, "inputmode": "numeric"})
    again = PasswordField(
        "The same PIN once more",
        validators=[EqualTo("pin", "These two are not the same.")],
        render_kw={"maxlength": 6, "inputmode": "numeric"},
    )

    def validate_pin(self, field: PasswordField) -> None:
        if sentence := devices.weakness(field.data or ""):
            raise ValidationError(sentence)


class LanguageForm(Form):  # type: ignore[misc]
    language = SelectField("Language of the SMS to you")


class NewPasswordForm(Form):  # type: ignore[misc]
    password = PasswordField(
        "New password",
        validators=[Length(passwords.MIN_PASSWORD, passwords.MAX_PASSWORD, passwords.WEAK)],
        render_kw={"maxlength": passwords.MAX_PASSWORD},
    )
    again = PasswordField(
        "The new password once more",
        validators=[EqualTo("password", "These two are not the same.")],
        render_kw={"maxlength": passwords.MAX_PASSWORD},
    )


class ChangePasswordForm(NewPasswordForm):
    old = PasswordField(
        "Your password now",
        validators=[DataRequired("Give your password: nobody else may change it.")],
        render_kw={"maxlength": passwords.MAX_PASSWORD},
    )


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/account` and below."""
    engine, vault = installation.engine, installation.office.vault

    @routes.get("/triage/account")
    def account() -> ResponseReturnValue:
        who = officer()
        with Session(engine, expire_on_commit=False) as session:
            return render_template(
                "triage/account.html",
                here=opened(),
                open_ones=sign_ins.open_ones(session, who.id),
                devices=devices.of_officer(session, who.id),
                codes_left=totp.codes_left(session, who.id),
                needs_totp=needs_totp(installation),
                form=_language_form(installation.office.county),
            )

    @routes.post("/triage/account/language")
    def set_own_language() -> ResponseReturnValue:
        form = _language_form(installation.office.county, request.form)
        if not form.validate():
            abort(400)  # no page of ours offers it
        with Session(engine) as session, session.begin():
            accounts.set_language(session, officer(), form.language.data)
        flash(f"SMS to you are written in {LANGUAGES.get(form.language.data, form.language.data)}.")
        return redirect(url_for("triage.account"), 303)

    @routes.post("/triage/account/sign-ins/<int:sign_in_id>/end")
    def end_sign_in(sign_in_id: int) -> ResponseReturnValue:
        if sign_in_id == opened().id:
            abort(404)  # that is what signing out is for
        with Session(engine) as session, session.begin():
            if not sign_ins.end(session, officer().id, sign_in_id):
                abort(404)
            audit.append(
                session, "session_ended", officer_id=officer().id, address=visitor().address, sign_in=sign_in_id
            )
        flash("That sign-in has ended.")
        return redirect(url_for("triage.account"), 303)

    @routes.post("/triage/account/sign-ins/end-others")
    def end_other_sign_ins() -> ResponseReturnValue:
        with Session(engine) as session, session.begin():
            count = sign_ins.end_others(session, officer().id, opened().id)
            audit.append(session, "session_ended", officer_id=officer().id, address=visitor().address, others=count)
        flash("You are signed out everywhere else, and no other device is kept signed in.")
        return redirect(url_for("triage.account"), 303)

    @routes.post("/triage/account/devices/<int:device_id>/forget")
    def forget_device(device_id: int) -> ResponseReturnValue:
        with Session(engine) as session, session.begin():
            if not devices.forget(session, officer().id, device_id):
                abort(404)
            audit.append(
                session, "device_forgotten", officer_id=officer().id, address=visitor().address, device=device_id
            )
        flash("That device is forgotten: it needs your password again.")
        # Where it is this one, the sign-in has ended with it, and the next page is the one to sign in.
        return redirect(url_for("triage.account"), 303)

    @routes.get("/triage/account/device")
    def keep_device_form() -> ResponseReturnValue:
        return _device_page(PinForm())

    @routes.post("/triage/account/device")
    def keep_this_device() -> ResponseReturnValue:
        form = PinForm(request.form)
        if not form.validate():
            return _device_page(form), 422
        pin_hash, here = passwords.slow_hash(form.pin.data), opened()
        with Session(engine) as session, session.begin():
            token = devices.keep(session, officer().id, here.id, pin_hash, visitor().browser)
            if token is None:  # ended meanwhile: the next page is the one to sign in
                return redirect(url_for("triage.account"), 303)
            audit.append(session, "device_added", officer_id=officer().id, address=visitor().address)
        log_event("device_added", officer=officer().id)
        flash("This device stays signed in for 30 days. After a night it asks for the PIN.")
        response: Response = make_response(way_on())
        keep_device(response, token, installation.settings)
        return response

    @routes.get("/triage/account/password")
    def own_password() -> ResponseReturnValue:
        return _password_page(ChangePasswordForm())

    @routes.post("/triage/account/password")
    def change_own_password() -> ResponseReturnValue:
        form = ChangePasswordForm(request.form)
        if not form.validate():
            return _password_page(form), 422
        if not entry.proves_herself(engine, vault, officer().id, form.old.data, visitor()):
            form.old.errors = [NOT_YOURS]
            return _password_page(form), 422
        hashed = officers.hash_password(form.password.data)
        with Session(engine) as session, session.begin():
            officers.set_password(session, officer().id, hashed)
            sign_ins.end_others(session, officer().id, opened().id)
            audit.append(session, "password_changed", officer_id=officer().id, address=visitor().address)
        log_event("password_changed", officer=officer().id)
        flash("Your password is changed. You are signed out everywhere else.")
        return redirect(url_for("triage.account"), 303)


def _language_form(county: County, given: MultiDict[str, str] | None = None) -> LanguageForm:
    form = LanguageForm(given, language=officer().language)
    form.language.choices = [(code, LANGUAGES.get(code, code)) for code in county.languages]
    return form


def _device_page(form: PinForm) -> str:
    return render_template("triage/account_device.html", form=form, problems=problems_of(form))


def _password_page(form: ChangePasswordForm) -> str:
    return render_template("triage/account_password.html", form=form, problems=problems_of(form))
