"""Suggestion-box slips: printed on A4 in batches, and registered with notes from a baraza, fifty rows at a time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from wtforms import Form, HiddenField, IntegerField
from wtforms.validators import NumberRange, Regexp

from config.categories import Menu
from gateway import catalogue
from gateway.cases import slips
from gateway.cases.clock import local_day
from gateway.cases.slips import LATEST, MOST, Outcome, Registered
from gateway.db import is_busy
from gateway.installation import Installation
from gateway.people.models import Role
from gateway.triage import forms, keypad, slip_rows
from gateway.triage.call_forms import NONCE, RELOAD
from gateway.triage.english import LANGUAGES
from gateway.triage.sign_in import officer, only
from gateway.triage.slip_rows import Sheet
from menus.proof.printed import standing
from workers.queues import wake

USUAL = 50
NOTHING = "Nothing was typed."
BUSY = "Somebody else is registering some of these slips at this moment. Nothing was registered: send the page again."


class PrintForm(Form):  # type: ignore[misc]
    nonce = HiddenField(validators=[Regexp(NONCE, message=RELOAD)])
    count = IntegerField(
        "How many?", default=USUAL, validators=[NumberRange(1, MOST, message=f"From 1 to {MOST} at once.")]
    )


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/slips`, a batch below it, and `/triage/slips/register`."""
    _add_printing(routes, installation)
    _add_registering(routes, installation)


def _add_printing(routes: Blueprint, installation: Installation) -> None:
    engine, office = installation.engine, installation.office

    def page(form: PrintForm) -> str:
        form.nonce.data = secrets.token_urlsafe(16)
        with Session(engine) as session:
            batches = slips.batches(session, officer())
        return render_template("triage/slips.html", form=form, problems=forms.problems_of(form), batches=batches)

    @routes.get("/triage/slips", endpoint="slips")
    def show() -> ResponseReturnValue:
        only(Role.HOTLINE)
        return page(PrintForm())

    @routes.post("/triage/slips")
    def print_slips() -> ResponseReturnValue:
        only(Role.HOTLINE)
        form = PrintForm(request.form)
        if not form.validate():
            return page(form), 422
        with Session(engine) as session, session.begin():
            batch = slips.print_batch(
                session, office, officer(), form.nonce.data, form.count.data, datetime.now(UTC)
            )  # fmt: skip
        return redirect(url_for("triage.slip_batch", batch_id=batch), 303)

    @routes.get("/triage/slips/<int:batch_id>")
    def slip_batch(batch_id: int) -> ResponseReturnValue:
        """Its secrets are for whoever printed it, until its slips are registered."""
        only(Role.HOTLINE)
        with Session(engine) as session, session.begin():
            printed = slips.printed(session, office, officer(), batch_id)
        if printed is None:
            abort(404)
        secret = standing(office.menu).get("secret")
        return render_template(
            "triage/slip_batch.html", slips=printed, categories=office.county.menu(Menu.MAIN),
            said=catalogue.constants(office.county, installation.settings, office.menu),
            secret=secret.keys if secret else "",
        )  # fmt: skip


def _add_registering(routes: Blueprint, installation: Installation) -> None:
    engine, office = installation.engine, installation.office
    county = office.county

    def page(sheet: Sheet, done: list[Registered]) -> str:
        today = local_day(datetime.now(UTC))
        wards = forms.wards(county, None)
        return render_template(
            "triage/register_slips.html", sheet=sheet, done=done, wards=wards, languages=LANGUAGES,
            subjects=keypad.names(county), legend=keypad.legend(county), earliest=today - LATEST, latest=today,
            Outcome=Outcome, most=slip_rows.FIELDS, every_ward=officer().holds(Role.HOTLINE),
        )  # fmt: skip

    @routes.get("/triage/slips/register")
    def register_slips() -> ResponseReturnValue:
        only(Role.HOTLINE, Role.WARD)
        return page(slip_rows.blank(county, officer(), secrets.token_urlsafe(16), datetime.now(UTC)), [])

    @routes.post("/triage/slips/register")
    def file_slips() -> ResponseReturnValue:
        """What is right is filed, what is wrong comes back as it was typed. The same page sent again files nothing."""
        only(Role.HOTLINE, Role.WARD)
        now = datetime.now(UTC)
        sheet = slip_rows.typed(county, request.form, now)
        if sheet.wrong:
            return page(sheet, []), 422
        rows = slip_rows.read_all(county, officer(), sheet)
        try:
            with Session(engine) as session, session.begin():
                done = slips.register(session, office, officer(), rows, sheet.date or local_day(now), sheet.nonce, now)
        except OperationalError as error:
            if not is_busy(error):
                raise
            sheet.wrong["nonce"] = BUSY
            return page(sheet, []), 409
        if any(one.outcome is Outcome.NEW for one in done):
            wake(installation.redis)
        _clear(sheet, done)
        # What is typed into these rows next is another note: an old nonce would take it for the one before.
        sheet.nonce = secrets.token_urlsafe(16)
        if not done and not sheet.problems:
            flash(NOTHING)
            return redirect(url_for("triage.register_slips"), 303)
        return page(sheet, [one for one in done if one.outcome is not Outcome.REFUSED]), 422 if sheet.problems else 200

    def _clear(sheet: Sheet, done: list[Registered]) -> None:
        """Empty the rows that are settled; say in the others why they are not."""
        for one in done:
            at = one.number - 1
            if one.outcome is Outcome.REFUSED:
                sheet.rows[at].wrong["reference"] = one.why
            else:
                sheet.rows[at] = slip_rows.emptied(county, one.number)
