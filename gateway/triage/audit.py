"""The page on which the audit is searched, by case, officer, time and kind of line; each reader sees her own part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import Form, SelectField, StringField, ValidationError

from config.county import County
from gateway.cases import trail
from gateway.cases.references import is_reference
from gateway.cases.trail import Line, Place, Sort, Wanted
from gateway.db import officer_session
from gateway.installation import Installation
from gateway.people.models import Officer, Role
from gateway.triage import audit_words, moments
from gateway.triage.forms import clean, problems_of
from gateway.triage.navigation import AUDITED
from gateway.triage.sign_in import officer, only

PAGE = 50
LATELY = timedelta(days=31)
"""How far back is looked where neither a time nor a case nor an officer is given."""

SORTS: Mapping[Sort, str] = {
    Sort.OPENED: "Case opened",
    Sort.LISTED: "Cases listed",
    Sort.NUMBER: "Number shown",
    Sort.EXPORTED: "Exported",
    Sort.CHANGED: "Case changed",
    Sort.SIGN_IN: "Sign-in, also failed",
    Sort.ACCOUNT: "Accounts, roles and settings",
}


class AuditForm(Form):  # type: ignore[misc]
    """What to look for; everything may be left empty."""

    case = StringField("Case", filters=[clean], render_kw={"maxlength": 12})
    officer = SelectField("Officer", default="")
    since = StringField("From", filters=[clean, moments.begin], render_kw={"maxlength": 20})
    until = StringField("To", filters=[clean, moments.end], render_kw={"maxlength": 20})
    sort = SelectField("Kind of line", default="")

    def validate_case(self, field: StringField) -> None:
        if field.data and not is_reference(self.reference):
            raise ValidationError("A reference has eight digits, such as 4821 7739. Please check it.")

    def validate_since(self, field: StringField) -> None:
        moments.check(field)

    def validate_until(self, field: StringField) -> None:
        moments.check(field)

    @property
    def reference(self) -> str:
        return "".join((self.case.data or "").split())

    def wanted(self, case_id: int | None, now: datetime) -> Wanted:
        """Of a form that is in order."""
        officer_id = int(self.officer.data) if self.officer.data else None
        since, until = moments.parse(self.since.data), moments.parse(self.until.data, after=True)
        if not (since or until or officer_id or case_id):
            since = now - LATELY
        return Wanted(since, until, officer_id, case_id, Sort(self.sort.data) if self.sort.data else None)


@dataclass(frozen=True)
class Shown:
    """One line as it is read."""

    at: datetime
    sentence: str
    officer: str
    about: str
    address: str
    details: Sequence[str]
    references: Sequence[str]


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/audit`."""

    @routes.get("/triage/audit")
    def audit() -> ResponseReturnValue:
        only(*AUDITED)
        who, now = officer(), moments.now()
        with officer_session(installation.engine, who) as session:
            form = _form(session, who)
            fine = form.validate()
            lines = _found(session, who, form, now) if fine else []
            more = lines[PAGE - 1].place if len(lines) > PAGE else None
            asked: dict[str, Any] = {name: value for name, value in request.args.items() if name in form and value}
            names, county = form.officer.choices, installation.office.county
            shown = [_shown(county, one, names) for one in lines[:PAGE]]
            page = render_template(
                "triage/audit.html", form=form, problems=problems_of(form), lines=shown,
                older=url_for("triage.audit", **asked, before=_written(more)) if more else "",
                reads_cases=who.holds(*trail.READERS), begun=bool(request.args), stamp=moments.stamp,
            )  # fmt: skip
        return page, 200 if fine else 422


def officers(session: Session) -> dict[str, str]:
    """Everybody who has or had an account, as choices: id → name, and the number of the account where two share it."""
    rows = session.execute(select(Officer.id, Officer.name).order_by(Officer.name, Officer.id)).all()
    names = Counter(row.name for row in rows)
    return {"": "Anybody"} | {
        str(row.id): row.name if names[row.name] == 1 else f"{row.name} (no. {row.id})" for row in rows
    }


def _form(session: Session, who: Officer) -> AuditForm:
    form = AuditForm(request.args)
    form.officer.choices = officers(session)
    hers = SORTS if who.holds(*trail.READERS) else {one: SORTS[one] for one in (Sort.SIGN_IN, Sort.ACCOUNT)}
    if not who.holds(Role.AUDITOR, Role.COUNTY):
        hers = {one: name for one, name in SORTS.items() if one not in (Sort.SIGN_IN, Sort.ACCOUNT)}
    form.sort.choices = {"": "Any"} | {one.value: name for one, name in hers.items()}
    return form


def _found(session: Session, who: Officer, form: AuditForm, now: datetime) -> list[Line]:
    """One line more than a page, if there are as many. A case that she may not know of has none, as one that is not."""
    case_id = trail.case_called(session, who, form.reference) if form.reference else None
    if form.reference and case_id is None:
        return []
    return trail.search(session, who, form.wanted(case_id, now), PAGE + 1, _read(request.args.get("before", "")))


def _shown(county: County, line: Line, names: Mapping[str, str]) -> Shown:
    return Shown(
        at=line.place.at,
        sentence=audit_words.sentence(line),
        officer=audit_words.by_whom(line),
        about=line.about,
        address=line.address,
        details=audit_words.details(county, line, names),
        references=line.references,
    )


def _written(place: Place) -> str:
    return f"{place.at.isoformat()}_{place.source}_{place.id}"


def _read(written: str) -> Place | None:
    """The place that stands in the address; whatever else stands there is none."""
    try:
        at, source, row_id = written.split("_")
        place = Place(datetime.fromisoformat(at), int(source), int(row_id))
    except ValueError:
        return None
    fine = place.at.tzinfo is not None and 2000 <= place.at.year < 2100 and 0 <= place.id < 2**62
    return place if fine and place.source in (trail.AUDIT, trail.HISTORY) else None
