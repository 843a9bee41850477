"""Who was affected between two times, for a breach notice: a page, and the same as a file. No words and no numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import Form, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired

from config.zone import NAIROBI
from gateway.cases import affected
from gateway.cases.affected import Affected, What
from gateway.cases.references import spoken
from gateway.cases.trail import READERS
from gateway.db import officer_session
from gateway.installation import Installation
from gateway.people.models import Officer
from gateway.triage import moments, traces
from gateway.triage.audit import officers
from gateway.triage.forms import clean, problems_of
from gateway.triage.sign_in import officer, only
from gateway.triage.spreadsheet import cell

LISTED = 200
"""Rows on the page; the file has all of them."""
LONGEST = timedelta(days=31)

WHATS: Mapping[What, str] = {
    What.OPENED: "Opened",
    What.LISTED: "Listed",
    What.EXPORTED: "Exported",
    What.NUMBER: "Number shown",
    What.CHANGED: "Changed",
}


class BreachForm(Form):  # type: ignore[misc]
    """The two times, and whom it is about: an officer, or whoever was signed in from an address of the network."""

    since = StringField(
        "From", filters=[clean, moments.begin], validators=[DataRequired("Say from when.")], render_kw={"maxlength": 20}
    )
    until = StringField(
        "To", filters=[clean, moments.end], validators=[DataRequired("Say until when.")], render_kw={"maxlength": 20}
    )
    officer = SelectField("Officer", default="")
    address = StringField("Signed in from", filters=[clean], render_kw={"maxlength": 45})

    def validate_since(self, field: StringField) -> None:
        moments.check(field)

    def validate_until(self, field: StringField) -> None:
        moments.check(field)
        since, until = self.window
        if since and until and not timedelta() < until - since <= LONGEST:
            raise ValidationError(f"Later than the beginning, and at most {LONGEST.days} days after it.")

    @property
    def window(self) -> tuple[datetime | None, datetime | None]:
        return moments.parse(self.since.data), moments.parse(self.until.data, after=True)


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/audit/affected`, and the same with `.csv`."""
    engine = installation.engine

    @routes.get("/triage/audit/affected", endpoint="affected")
    def page() -> ResponseReturnValue:
        only(*READERS)
        with officer_session(engine, officer()) as session:
            form = _form(session)
            found = _found(session, officer(), form) if request.args and form.validate() else None
            shown = render_template(
                "triage/affected.html", form=form, problems=problems_of(form), found=found, whats=WHATS,
                rows=found.rows[:LISTED] if found else [], file=_file(form) if found else "", stamp=moments.stamp,
            )  # fmt: skip
        return shown, 422 if form.errors else 200

    @routes.get("/triage/audit/affected.csv", endpoint="affected_file")
    def file() -> ResponseReturnValue:
        """Whoever takes it along leaves a line about every case in it."""
        only(*READERS)
        with officer_session(engine, officer()) as session:
            form = _form(session)
            found = _found(session, officer(), form) if form.validate() else abort(404)
            shown = {row.case_id: row.confidential for row in found.rows}
            traces.leave_ids(session, "exported", shown, kind="affected", rows=len(found.rows))
        headers = {"Content-Disposition": "attachment; filename=affected.csv", "Cache-Control": "no-store"}
        return Response(_csv(found), mimetype="text/csv", headers=headers)


def _form(session: Session) -> BreachForm:
    form = BreachForm(request.args)
    form.officer.choices = officers(session)
    return form


def _found(session: Session, who: Officer, form: BreachForm) -> Affected:
    since, until = form.window
    if since is None or until is None:
        abort(404)
    whose = {int(form.officer.data)} if form.officer.data else None
    if form.address.data:
        there = affected.signed_in_from(session, form.address.data, since, until)
        whose = there if whose is None else whose & there
    return affected.find(session, who, since, until, whose)


def _file(form: BreachForm) -> str:
    asked: dict[str, Any] = {name: value for name, value in form.data.items() if value}
    return url_for("triage.affected_file", **asked)


def _csv(found: Affected) -> str:
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(("Reference", "What", "Who", "Times", "First", "Last"))
    for row in found.rows:
        times = (one.astimezone(NAIROBI).isoformat(timespec="seconds") for one in (row.first, row.last))
        lines.writerow((spoken(row.reference), WHATS[row.what], cell(row.officer), row.times, *times))
    return written.getvalue()
