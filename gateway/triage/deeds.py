"""What officers can do, as forms: each is made, carried out once, and answered with one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import Form

from gateway.cases import actions
from gateway.cases.actions import Faster
from gateway.cases.clock import local_day
from gateway.cases.events import words_of
from gateway.cases.filing import VIOLENCE
from gateway.cases.models import Case, CaseEvent, Desk, Ending, Kind
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.people.models import Officer
from gateway.triage import forms, offers
from gateway.triage.english import ENDINGS, holder, month, ward_name
from gateway.triage.forms import Data

REPEATED = timedelta(minutes=5)
"""Within this time the same form again is a second press of the button on a slow network."""


@dataclass(frozen=True)
class Deed:
    """One action as a form: how it is made and carried out, and the line of history by which it is known again."""

    form: Callable[[Office, Case | None, Data | None], Form]
    carry_out: Callable[[Session, Office, Case, Officer, Any, datetime], str]
    event: str
    mark: Callable[[Any], Mapping[str, object]] = lambda form: {}
    sends: bool = False


def carry_out(
    session: Session, office: Office, case: Case, who: Officer, action: str, form: Any, now: datetime
) -> str:
    """Do it, unless this very form was carried out a moment ago; returns the sentence for the officer.

    Raises Refused where it cannot be done. The caller holds a lock on the case.
    """
    deed = DEEDS[action]
    if _repeated(session, office, case, who, deed, form, now):
        return "That was saved already."
    if action not in offers.offered(case, who):
        raise Faster
    return deed.carry_out(session, office, case, who, form, now)


def _repeated(
    session: Session, office: Office, case: Case, who: Officer, deed: Deed, form: Any, now: datetime
) -> bool:
    """Whether the newest line of history is this very form, sent by the same officer a moment ago."""
    lines = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.name != "waiting")
    last = session.scalars(lines.order_by(CaseEvent.id.desc()).limit(1)).first()
    if last is None or (last.name, last.officer_id) != (deed.event, who.id) or now - last.at > REPEATED:
        return False
    same = all(last.data.get(name) == value for name, value in deed.mark(form).items())
    return same and words_of(office.vault, last) == (form.words.data if "words" in form else "")


# What each action does, and the sentence that says so


def _take(session: Session, office: Office, case: Case, who: Officer, form: Any, now: datetime) -> str:
    actions.take(session, office, case, who, now)
    return f"{spoken(case.reference)} is yours. The resident sees “in progress” when she asks."


def _note(session: Session, office: Office, case: Case, who: Officer, form: Any, now: datetime) -> str:
    actions.note(session, office, case, who, form.words.data, now)
    return "The note is saved. Only officers read it."


def _write(session: Session, office: Office, case: Case, who: Officer, form: Any, now: datetime) -> str:
    wait = form.wait.data and offers.may_wait(case)
    actions.write(session, office, case, who, form.words.data, now, wait=wait)
    what = "An SMS asks the resident to call" if case.sensitive else "Your message goes to the resident by SMS"
    return f"{what}. The case waits for the answer, its clock stands still." if wait else f"{what}."


def _refer(session: Session, office: Office, case: Case, who: Officer, form: Any, now: datetime) -> str:
    actions.refer(
        session, office, case, who, form.words.data, now, department=form.department, body=form.body_name
    )  # fmt: skip
    return f"{spoken(case.reference)} is now with {holder(office.county, case)}. The promised day stays."


def _here(case: Case | None) -> int | None:
    return case.ward_code if case and case.desk is Desk.WARD else None


def _route(session: Session, office: Office, case: Case, who: Officer, form: Any, now: datetime) -> str:
    actions.route(session, office, case, who, int(form.ward.data), now)
    return f"{spoken(case.reference)} went to {ward_name(office.county, int(form.ward.data))} ward. Its clock runs on."


def _end(session: Session, office: Office, case: Case, who: Officer, form: Any, now: datetime) -> str:
    ending, planned = Ending(form.ending.data), form.planned_for
    actions.end(session, office, case, who, ending, form.words.data, now, planned_for=planned)
    name = ENDINGS[ending] if ending is not Ending.PLANNED or not planned else f"planned for {month(planned)}"
    return f"{spoken(case.reference)} ended: {name[0].lower()}{name[1:]}. {_what_she_hears(case, ending)}"


def _what_she_hears(case: Case, ending: Ending) -> str:
    if case.resident_id is None or case.category == VIOLENCE:
        return "No SMS is sent."
    if case.sensitive:
        return "An SMS asks the resident to call; it names nothing."
    if ending is Ending.FIXED and case.kind is Kind.GRIEVANCE:
        return "An SMS asks the resident whether that is true."
    return "Your reason goes to the resident by SMS."


def _release(session: Session, office: Office, case: Case, who: Officer, form: Any, now: datetime) -> str:
    actions.release(session, office, case, who, form.words.data, now)
    return f"{spoken(case.reference)} is released: it is now with {holder(office.county, case)}."


DEEDS: Mapping[str, Deed] = {
    "take": Deed(lambda office, case, data: forms.TakeForm(data), _take, "taken"),
    "note": Deed(lambda office, case, data: forms.NoteForm(data), _note, "note"),
    "write": Deed(lambda office, case, data: forms.WriteForm(data), _write, "written", sends=True),
    "refer": Deed(
        lambda office, case, data: forms.refer_form(office.county, data),
        _refer,
        "referred",
        lambda form: {"body": form.body_name, "department": form.department},
    ),
    "route": Deed(
        lambda office, case, data: forms.route_form(office.county, _here(case), data),
        _route,
        "routed",
        lambda form: {"ward": int(form.ward.data)},
    ),
    "end": Deed(
        lambda office, case, data: forms.end_form(local_day(datetime.now(UTC)), data),
        _end,
        "ended",
        lambda form: {"ending": form.ending.data},
        sends=True,
    ),
    "release": Deed(lambda office, case, data: forms.ReleaseForm(data), _release, "released"),
}
