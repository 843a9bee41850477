"""The county's own call centre on the pages: handing a case over to it, writing down what it says, and what it has."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from config.county import County
from config.zone import NAIROBI
from gateway.cases import actions, centre
from gateway.cases.centre import Handed
from gateway.cases.clock import local_day
from gateway.cases.models import Case, Kind
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.db import officer_session
from gateway.installation import Installation
from gateway.people.models import Officer, Role
from gateway.triage import traces
from gateway.triage.call_forms import CENTRE
from gateway.triage.english import headline, ward_name
from gateway.triage.forms import Data, NoteForm, clean
from gateway.triage.sign_in import officer, only
from gateway.triage.spreadsheet import cell

if TYPE_CHECKING:
    from gateway.triage.deeds import Doing


class HandForm(NoteForm):
    """`number`: theirs, which they say when they take it; `words`: what they should do."""

    number = StringField(
        "Their number for it", filters=[clean], render_kw={"maxlength": CENTRE},
        validators=[DataRequired("Write the number that they gave it."), Length(max=CENTRE, message="Too long.")],
    )  # fmt: skip


class BackForm(NoteForm):
    """`words`: what the call centre says."""


@dataclass(frozen=True)
class Shown:
    """The call centre on the page of a case: what it is called, since when it has the case (None: it has not), and the
    case's numbers there, the present one first."""

    name: str
    number: str
    """The telephone number."""
    since: datetime | None
    numbers: str


def shown(session: Session, office: Office, case: Case) -> Shown | None:
    """None where the county has no call centre of its own."""
    there = office.county.call_centre
    if there is None:
        return None
    has_it = centre.since(session, [case]) if case.centre_reference else {}
    numbers = ", before that ".join(reversed(centre.numbers(case)))
    return Shown(there.name, there.number, has_it.get(case.id), numbers)


def not_offered(case: Case, who: Officer) -> set[str]:
    """Handing over is the hotline's; whoever has the case writes down what comes back."""
    may = who.holds(Role.HOTLINE) and not case.sensitive and case.kind is not Kind.REQUEST
    hand = set() if may and not actions.is_below(who, case) else {"to_centre"}
    return hand if case.centre_reference else {*hand, "from_centre"}


def hand_form(office: Office, case: Case | None, data: Data | None) -> HandForm:
    """What came from the call centre has its number there already."""
    return HandForm(data, number=case.centre_reference if case else None)


def is_handed(do: Doing) -> bool:
    return do.case.centre_reference == centre.plain(do.form.number.data)


def hand_over(do: Doing) -> str:
    centre.hand_over(do.session, do.office, do.case, do.who, do.form.number.data, do.form.words.data, do.now)
    return f"{do.shown} is handed over. It stays with this desk, and the promised day stays."


def come_back(do: Doing) -> str:
    centre.come_back(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
    return "Written down. The call centre has it no longer."


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/centre`, and the same with `.csv`: neither has words or numbers of residents."""
    engine, county = installation.engine, installation.office.county

    @routes.get("/triage/centre", endpoint="centre")
    def page() -> ResponseReturnValue:
        _only_agents(county)
        with officer_session(engine, officer()) as session:
            rows = centre.handed(session, officer())
            traces.leave(session, "listed", [row.case for row in rows])
            return render_template("triage/centre.html", rows=rows, days=_days, now=datetime.now(UTC))

    @routes.get("/triage/centre.csv", endpoint="centre_file")
    def file() -> ResponseReturnValue:
        """Whoever takes it along leaves a line about every case in it."""
        _only_agents(county)
        with officer_session(engine, officer()) as session:
            rows = centre.handed(session, officer())
            traces.leave(session, "exported", [row.case for row in rows], kind="call_centre", rows=len(rows))
            written = _csv(county, rows, datetime.now(UTC))
        headers = {"Content-Disposition": "attachment; filename=call-centre.csv", "Cache-Control": "no-store"}
        return Response(written, mimetype="text/csv", headers=headers)


def _only_agents(county: County) -> None:
    only(Role.HOTLINE)
    if county.call_centre is None:
        abort(404)


def _days(row: Handed, now: datetime) -> int:
    return (local_day(now) - local_day(row.since)).days


def _csv(county: County, rows: list[Handed], now: datetime) -> str:
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(("Reference", "Their number", "About", "Ward", "Handed over", "Days"))
    for row in rows:
        case = row.case
        where, day = ward_name(county, case.ward_code), row.since.astimezone(NAIROBI).date().isoformat()
        lines.writerow((spoken(case.reference), cell(row.number), headline(county, case), where, day, _days(row, now)))
    return written.getvalue()
