"""The page that a one-time link opens, on which an officer gives herself a password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.installation import Installation
from gateway.people import links, officers
from gateway.people.links import Invited
from gateway.triage.account import NewPasswordForm
from gateway.triage.forms import problems_of
from gateway.triage.sign_in import visitor


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/sign-in/link/<token>`."""
    engine, vault = installation.engine, installation.office.vault

    @routes.get("/sign-in/link/<token>")
    def link(token: str) -> ResponseReturnValue:
        invited = _whose(token)
        return _page(invited, NewPasswordForm()) if invited else _useless()

    @routes.post("/sign-in/link/<token>")
    def use_link(token: str) -> ResponseReturnValue:
        invited, form = _whose(token), NewPasswordForm(request.form)
        if invited is None:
            return _useless()
        if not form.validate():
            return _page(invited, form), 422
        hashed = officers.hash_password(form.password.data)
        with Session(engine) as session, session.begin():
            used = links.use(session, vault, token, hashed, visitor().address)
        if used is None:
            return _useless()
        log_event("link_used", officer=used.officer_id)
        flash("Your password is set. Sign in with it.")
        return redirect(url_for("triage.sign_in", other=1), 303)

    def _whose(token: str) -> Invited | None:
        with Session(engine) as session:
            return links.whose(session, token)


def _page(invited: Invited, form: NewPasswordForm) -> str:
    return render_template("triage/sign_in_link.html", invited=invited, form=form, problems=problems_of(form))


def _useless() -> ResponseReturnValue:
    """The same page, whether the link was used, expired or never was one."""
    return render_template("triage/sign_in_link_over.html"), 404
