"""Requests about data and information on the case page: what is held of a number, and what may be done about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import yaml
from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import BooleanField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from config.rights import CORRECT, DATA, ERASE, INFORMATION, INFORMATION_LIFE, SEE, TRANSFER_DAYS
from gateway.cases import holdings, notices, requests
from gateway.cases.holdings import Holdings
from gateway.cases.models import Case, Kind
from gateway.cases.office import Office
from gateway.cases.references import is_reference
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people.models import Officer, Role
from gateway.triage import finding, forms, traces
from gateway.triage.english import LANGUAGES
from gateway.triage.sign_in import officer, only

if TYPE_CHECKING:
    from gateway.triage.deeds import Doing

DESKS = (Role.HOTLINE, Role.COUNTY_SECRETARY, Role.OMBUDSMAN)
"""Whose turn requests may be."""
DEEDS = {
    "correct": (CORRECT, SEE),
    "erase": (ERASE,),
    "extend": (INFORMATION,),
    "transfer": (INFORMATION, INFORMATION_LIFE),
}
"""What may be done about which requests only."""
NEVER = frozenset({"refer", "route", "sort", "hide"})
"""A request is answered where it is: no ward and no department learns who asks."""
LAWS = {SEE: "Data Protection Act", CORRECT: "Data Protection Act", ERASE: "Data Protection Act"}


class EraseForm(forms.ReasonForm):
    sure = BooleanField("I have made sure that it is she who asks", validators=[DataRequired("Make sure, then tick.")])


class ExtendForm(forms.ReasonForm):
    def validate_words(self, field: TextAreaField) -> None:
        forms.readable(self, field)


class TransferForm(forms.ReasonForm):
    body = StringField(
        "To which body?",
        filters=[forms.clean],
        validators=[DataRequired("Name the body that has it."), Length(max=forms.BODY, message="Too long.")],
        render_kw={"maxlength": forms.BODY},
    )

    def validate_body(self, field: StringField) -> None:
        forms.readable(self, field)


class CorrectForm(forms.ReasonForm):
    language = SelectField("Language", validators=[InputRequired("Choose the language.")])
    ward = SelectField("Her ward", default="")
    reference = StringField("Report that is wrong", filters=[forms.clean], render_kw={"maxlength": 9})

    def validate_reference(self, field: StringField) -> None:
        if field.data and not is_reference(self.digits):
            raise ValidationError("A reference has eight digits. Leave it empty if no report is wrong.")

    @property
    def digits(self) -> str:
        return "".join(filter(str.isdigit, self.reference.data or ""))


def correct_form(office: Office, case: Case | None, data: forms.Data | None) -> CorrectForm:
    resident = case.resident if case else None
    known = {"language": resident.language, "ward": str(resident.ward_code or "")} if resident else {}
    form = CorrectForm(data, **known)
    form.language.choices = {code: LANGUAGES.get(code, code) for code in office.county.languages}
    form.ward.choices = forms.route_form(office.county, None).ward.choices | {"": "Not known"}
    return form


@dataclass(frozen=True)
class Shown:
    """What the partial shows: what is held (None: no number), and until when the law lets what be done.

    `confirmed`: she said twice that everything is to be erased; None where that is not asked.
    """

    law: str
    held: Holdings | None
    extend: bool
    transfer_by: datetime | None
    confirmed: bool | None


def shown(session: Session, case: Case, who: Officer, now: datetime) -> Shown | None:
    """What the page of a request shows beside what every case page does; None for other cases."""
    if case.kind is not Kind.REQUEST:
        return None
    about_data = case.category in DATA and who.holds(*DESKS)
    with as_owner(session):  # what stands here lies with other desks, too
        held = holdings.read(session, case, who) if about_data else None
        confirmed = requests.is_confirmed(session, case) if case.category == ERASE else None
    if held:
        traces.leave(session, "holdings_shown", held.cases)
    return Shown(
        law=LAWS.get(case.category, "Access to Information Act"),
        held=held,
        extend=requests.may_extend(case, now),
        transfer_by=case.received_at + timedelta(days=TRANSFER_DAYS) if requests.may_transfer(case, now) else None,
        confirmed=confirmed,
    )


def not_offered(case: Case, who: Officer) -> frozenset[str]:
    """The actions that make no sense with this case: a request's own with others, others' with a request."""
    own = frozenset(name for name, codes in DEEDS.items() if case.category not in codes or not who.holds(*DESKS))
    if case.kind is not Kind.REQUEST:
        return own
    return own | NEVER | (frozenset({"release"}) if case.category in DATA else frozenset())


# What each does, and the sentence that says so


def correct(do: Doing) -> str:
    form = do.form
    ward = int(form.ward.data) if form.ward.data else None
    requests.correct(
        do.session, do.office, do.case, do.who, form.words.data, do.now, language=form.language.data, ward_code=ward,
        wrong=form.digits,
    )  # fmt: skip
    return "Corrected. End the request when nothing else is wrong: she is told by SMS."


def erase(do: Doing) -> str:
    requests.erase(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
    return f"Erased, and {do.shown} is closed. A last SMS tells her, then her number goes."


def extend(do: Doing) -> str:
    requests.extend(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
    return f"{do.shown} has 14 more days. The reason goes to her by SMS."


def transfer(do: Doing) -> str:
    body = do.form.body.data
    requests.transfer(do.session, do.office, do.case, do.who, body, do.form.words.data, do.now)
    return f"{do.shown} went to {body}. An SMS tells her."


# Pages of their own


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/cases/<reference>/export` and `/triage/notices/<version>`."""
    engine, office = installation.engine, installation.office

    @routes.post("/triage/cases/<reference>/export")
    def export_holdings(reference: str) -> ResponseReturnValue:
        """A file to hand out, as JSON or as text; that it was made is on record."""
        who, now = officer(), datetime.now(UTC)
        only(*DESKS)
        with officer_session(engine, who) as session:
            case = finding.seen(session, reference)
            if case.category not in DATA:
                abort(404)
            with as_owner(session):
                held = holdings.read(session, case, who)
                content = holdings.export(session, office, case, who, now)
            if held is None or content is None:
                abort(404)
            traces.leave(session, "exported", held.cases)
        return _file(content, reference, as_json=request.form.get("as") == "json")

    @routes.get("/triage/notices/<version>")
    def notice(version: str) -> ResponseReturnValue:
        with officer_session(engine, officer()) as session:
            found = notices.read(session, version) or abort(404)
            return render_template("triage/notice.html", notice=found, languages=LANGUAGES)


def _file(content: dict[str, Any], reference: str, *, as_json: bool) -> Response:
    if as_json:
        body, kind, ending = json.dumps(content, ensure_ascii=False, indent=1), "application/json", "json"
    else:
        body = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)
        kind, ending = "text/plain; charset=utf-8", "txt"
    answer = Response(body, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="data-{reference}.{ending}"'
    return answer


def since_of(session: Session, case: Case) -> datetime | None:
    """Since when the privacy notice was in force that stood on her screen."""
    found = notices.read(session, case.notice) if case.notice else None
    return found.since if found else None
