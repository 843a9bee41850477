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
class Doing:
    """A form at work: who does what with which case, in which transaction."""

    session: Session
    office: Office
    case: Case
    who: Officer
    form: Any
    now: datetime

    @property
    def shown(self) -> str:
        """The case's reference as it is read."""
        return spoken(self.case.reference)


@dataclass(frozen=True)
class Deed:
    """One action as a form: how it is made and carried out, and the line of history by which it is known again."""

    form: Callable[[Office, Case | None, Data | None], Form]
    carry_out: Callable[[Doing], str]
    event: str
    mark: Callable[[Any], Mapping[str, object]] = lambda form: {}
    sends: bool = False


def carry_out(action: str, doing: Doing) -> str:
    """Do it, unless this very form was carried out a moment ago; returns the sentence for the officer.

    Raises Refused where it cannot be done. The caller holds a lock on the case.
    """
    deed = DEEDS[action]
    if _repeated(deed, doing):
        return "That was saved already."
    if action not in offers.offered(doing.case, doing.who):
        raise Faster
    return deed.carry_out(doing)


def _repeated(deed: Deed, doing: Doing) -> bool:
    """Whether the newest line of history is this very form, sent by the same officer a moment ago."""
    lines = select(CaseEvent).where(CaseEvent.case_id == doing.case.id, CaseEvent.name != "waiting")
    last = doing.session.scalars(lines.order_by(CaseEvent.id.desc()).limit(1)).first()
    if last is None or (last.name, last.officer_id) != (deed.event, doing.who.id) or doing.now - last.at > REPEATED:
        return False
    same = all(last.data.get(name) == value for name, value in deed.mark(doing.form).items())
    return same and words_of(doing.office.vault, last) == (doing.form.words.data if "words" in doing.form else "")


# What each action does, and the sentence that says so


def _take(do: Doing) -> str:
    actions.take(do.session, do.office, do.case, do.who, do.now)
    return f"{do.shown} is yours. The resident sees “in progress” when she asks."


def _note(do: Doing) -> str:
    actions.note(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
    return "The note is saved. Only officers read it."


def _write(do: Doing) -> str:
    wait = do.form.wait.data and offers.may_wait(do.case)
    actions.write(do.session, do.office, do.case, do.who, do.form.words.data, do.now, wait=wait)
    what = "An SMS asks the resident to call" if do.case.sensitive else "Your message goes to the resident by SMS"
    return f"{what}. The case waits for the answer, its clock stands still." if wait else f"{what}."


def _refer(do: Doing) -> str:
    form = do.form
    actions.refer(
        do.session, do.office, do.case, do.who, form.words.data, do.now, department=form.department, body=form.body_name
    )
    return f"{do.shown} is now with {holder(do.office.county, do.case)}. The promised day stays."


def _route(do: Doing) -> str:
    ward = int(do.form.ward.data)
    actions.route(do.session, do.office, do.case, do.who, ward, do.now)
    return f"{do.shown} went to {ward_name(do.office.county, ward)} ward. Its clock runs on."


def _end(do: Doing) -> str:
    ending, planned = Ending(do.form.ending.data), do.form.planned_for
    actions.end(do.session, do.office, do.case, do.who, ending, do.form.words.data, do.now, planned_for=planned)
    name = f"planned for {month(planned)}" if ending is Ending.PLANNED and planned else ENDINGS[ending]
    return f"{do.shown} ended: {name[0].lower()}{name[1:]}. {_what_she_hears(do.case, ending)}"


def _what_she_hears(case: Case, ending: Ending) -> str:
    if case.resident_id is None or case.category == VIOLENCE:
        return "No SMS is sent."
    if case.sensitive:
        return "An SMS asks the resident to call; it names nothing."
    if ending is Ending.FIXED and case.kind is Kind.GRIEVANCE:
        return "An SMS asks the resident whether that is true."
    return "Your reason goes to the resident by SMS."


def _release(do: Doing) -> str:
    actions.release(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
    return f"{do.shown} is released: it is now with {holder(do.office.county, do.case)}."


def _other_wards(office: Office, case: Case | None, data: Data | None) -> Form:
    """Back to its own ward is a choice only where another desk has the case."""
    here = case.ward_code if case and case.desk is Desk.WARD else None
    return forms.route_form(office.county, here, data)


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
    "route": Deed(_other_wards, _route, "routed", lambda form: {"ward": int(form.ward.data)}),
    "end": Deed(
        lambda office, case, data: forms.end_form(local_day(datetime.now(UTC)), data),
        _end,
        "ended",
        lambda form: {"ending": form.ending.data},
        sends=True,
    ),
    "release": Deed(lambda office, case, data: forms.ReleaseForm(data), _release, "released"),
}
