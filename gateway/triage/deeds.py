"""What officers can do, as forms: each is made, carried out once, and answered with one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import Form

from gateway.cases import actions, doubting, referring, versions
from gateway.cases.actions import Faster, Refused
from gateway.cases.asking import is_unwritten
from gateway.cases.clock import local_day
from gateway.cases.events import words_of
from gateway.cases.models import Case, CaseEvent, Desk, Ending, Kind
from gateway.cases.office import Office
from gateway.cases.references import is_reference, spoken
from gateway.people.models import Officer
from gateway.triage import belonging, centre, conflicts, forms, hands, incidents, leaving, offers, placing, requests
from gateway.triage.english import ending as called
from gateway.triage.english import holder, month, ward_name
from gateway.triage.forms import Data

REPEATED = timedelta(minutes=5)
"""Within this time the same form again is a second press of the button on a slow network."""
REPETITION = "That was saved already."
AWAY = ("hide", "to_secretary", "to_ombudsman")
"""What takes a case out of her sight for good: no later page names it."""
DIGITS = 18
"""Of the id of a line: more of them no database has."""


@dataclass(frozen=True)
class Doing:
    """A form at work: who does what with which case, in which transaction.

    `seen`: the newest line of history that her page showed; None where the form does not say.
    """

    session: Session
    office: Office
    case: Case
    who: Officer
    form: Any
    now: datetime
    demo: bool = False
    seen: int | None = None

    @property
    def shown(self) -> str:
        """The case's reference as it is read."""
        return spoken(self.case.reference)


def version(typed: str | None) -> int | None:
    """The version that a form says it was made from: the id of a line of history; None where it says none."""
    known = typed is not None and typed.isascii() and typed.isdigit() and len(typed) <= DIGITS
    return int(typed) if typed and known else None


class Stale(Refused):
    """Something has happened with the case that the page did not show on which it was decided."""

    def __init__(self) -> None:
        super().__init__("The case has changed while you had it open. Read what is new; what you chose is kept below.")


@dataclass(frozen=True)
class Deed:
    """One action as a form: how it is made and carried out, and the line of history by which it is known again.

    `mark`: what of the form that line has in its data; `done`: what no line of history tells.
    """

    form: Callable[[Office, Case | None, Data | None], Form]
    carry_out: Callable[[Doing], str]
    event: str
    mark: Callable[[Any], Mapping[str, object]] = lambda form: {}
    sends: bool = False
    done: Callable[[Doing], bool] = lambda do: True


def carry_out(action: str, doing: Doing) -> str:
    """Do it, unless this very form was carried out a moment ago; returns the sentence for the officer, which names
    the case: she reads it on the next page.

    Raises Refused where it cannot be done, and Stale where others were faster. The caller holds a lock on the case.
    """
    deed = DEEDS[action]
    if _repeated(deed, doing):
        return REPETITION
    if doing.seen is not None and versions.since(doing.session, doing.case, doing.seen, doing.who):
        raise Stale
    if action not in offers.offered(doing.case, doing.who):
        raise Faster
    said = deed.carry_out(doing)
    if doing.shown in said or action in AWAY:
        return said
    return f"{doing.shown}: {said[0].lower()}{said[1:]}"


def _repeated(deed: Deed, doing: Doing) -> bool:
    """Whether the newest line of history is this very form, sent by the same officer a moment ago."""
    lines = select(CaseEvent).where(CaseEvent.case_id == doing.case.id, CaseEvent.name != "waiting")
    last = doing.session.scalars(lines.order_by(CaseEvent.id.desc()).limit(1)).first()
    if last is None or (last.name, last.officer_id) != (deed.event, doing.who.id) or doing.now - last.at > REPEATED:
        return False
    same = all(last.data.get(name) == value for name, value in deed.mark(doing.form).items())
    words = doing.form.words.data if "words" in doing.form else ""
    return same and words_of(doing.office.vault, last) == words and deed.done(doing)


def saved_before(
    session: Session, office: Office, reference: str, who: Officer, action: str, form: Any, now: datetime
) -> bool:  # fmt: skip
    """Whether this very form, sent a moment ago, took this case out of her sight: then nothing has failed.

    Run it with the owner's rights. It tells her of nothing but what she did herself.
    """
    if not is_reference(reference):
        return False
    case = session.scalars(select(Case).where(Case.reference == reference)).one_or_none()
    return case is not None and _repeated(DEEDS[action], Doing(session, office, case, who, form, now))


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
    said = f"{what}. {_delay(do)}".rstrip()
    return f"{said} The case waits for the answer, its clock stands still." if wait else said


def _refer(do: Doing) -> str:
    form = do.form
    actions.refer(
        do.session, do.office, do.case, do.who, form.words.data, do.now, department=form.department,
        body=form.body_name, number=form.number.data, contact=form.contact.data,
    )  # fmt: skip
    return f"{do.shown} is now with {holder(do.office.county, do.case)}. The promised day stays."


def _route(do: Doing) -> str:
    ward = int(do.form.ward.data)
    actions.route(do.session, do.office, do.case, do.who, ward, do.now)
    return f"{do.shown} went to {ward_name(do.office.county, ward)} ward. Its clock runs on."


def _end(do: Doing) -> str:
    ending, planned = Ending(do.form.ending.data), do.form.planned_for
    if ending is Ending.NOT_A_REPORT and do.case.proposed_by_id in (None, do.who.id):
        doubting.propose(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
        return f"{do.shown}: you say that it is no report. Another officer must agree; until then its clock runs."
    told = offers.told_of_end(do.session, do.case)
    actions.end(do.session, do.office, do.case, do.who, ending, do.form.words.data, do.now, planned_for=planned)
    name = called(do.case.kind, ending)
    name = f"planned for {month(planned)}" if ending is Ending.PLANNED and planned else name
    return f"{do.shown} ended: {name[0].lower()}{name[1:]}. {_what_they_hear(do, ending, told)}".rstrip()


def _news(do: Doing) -> str:
    form = do.form
    referring.hear(
        do.session, do.office, do.case, do.who, form.words.data, do.now, number=form.number.data,
        contact=form.contact.data, accepted=form.accepted.data,
    )  # fmt: skip
    return "They have taken it. You may end it now." if do.case.accepted_at else "Written down. You will be reminded."


def _agree(do: Doing) -> str:
    told = offers.told_of_end(do.session, do.case)
    doubting.agree(do.session, do.office, do.case, do.who, do.now)
    return f"{do.shown} ended: not a report. {_what_they_hear(do, Ending.NOT_A_REPORT, told)}".rstrip()


def _reject(do: Doing) -> str:
    doubting.reject(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
    return f"{do.shown} goes on as a report."


def _delay(do: Doing) -> str:
    return leaving.delay(do.session, do.office, do.now, demo=do.demo)


def _what_they_hear(do: Doing, ending: Ending, told: Sequence[Case]) -> str:
    """`told`: those who get an SMS, the case's own resident and those for whom it stands."""
    if not told or list(told) == [do.case]:
        return _what_she_hears(do, ending)
    people = offers.people(told)
    count = "1 person" if people == 1 else f"{people} people"
    if ending is Ending.FIXED:
        return f"{count} {'is' if people == 1 else 'are'} asked by SMS whether that is true. {_delay(do)}"
    return f"Your reason goes to {count} by SMS. {_delay(do)}"


def _what_she_hears(do: Doing, ending: Ending) -> str:
    case = do.case
    if case.resident_id is None or is_unwritten(case):
        return "No SMS is sent."
    if offers.has_stopped(case):
        return offers.without_sms(case, ending)
    if case.sensitive:
        sent = "An SMS asks the resident to call; it names nothing."
    elif ending is Ending.FIXED and case.kind is Kind.GRIEVANCE:
        sent = "An SMS asks the resident whether that is true."
    else:
        sent = "Your reason goes to the resident by SMS."
    return f"{sent} {_delay(do)}"


def _release(do: Doing) -> str:
    actions.release(do.session, do.office, do.case, do.who, do.form.words.data, do.now)
    return f"{do.shown} is released: it is now with {holder(do.office.county, do.case)}."


def _button(office: Office, case: Case | None, data: Data | None) -> Form:
    return forms.ButtonForm(data)


def _other_wards(office: Office, case: Case | None, data: Data | None) -> Form:
    """Back to its own ward is a choice only where another desk has the case."""
    here = case.ward_code if case and case.desk is Desk.WARD else None
    return forms.route_form(office.county, here, data, near=case.sub_county_code if case else None)


BUTTONS = ("take", "agree", "confirm", "unlink", "join", "part", "split", "merge", "unmerge", "unpublish")
"""Actions without a form of their own to show a refusal in."""
DEEDS: Mapping[str, Deed] = {
    "take": Deed(_button, _take, "taken"),
    "assign": Deed(
        lambda office, case, data: hands.AssignForm(data),
        hands.assign,
        "assigned",
        lambda form: {"to": form.officer_id},
    ),
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
    "news": Deed(lambda office, case, data: forms.NewsForm(data), _news, "news"),
    "agree": Deed(_button, _agree, "ended", lambda form: {"ending": Ending.NOT_A_REPORT.value}, sends=True),
    "reject": Deed(lambda office, case, data: forms.RejectForm(data), _reject, "not_a_report_rejected"),
    "release": Deed(lambda office, case, data: forms.ReleaseForm(data), _release, "released"),
    "confirm": Deed(belonging.confirm_form, belonging.confirm, "guess_confirmed"),
    "sort": Deed(
        belonging.sort_form,
        belonging.sort,
        "sorted",
        lambda form: dict(zip(("category", "problem"), forms.subject(form.about.data), strict=True)),
    ),
    "place": Deed(
        lambda office, case, data: placing.PlaceForm(data), placing.place, placing.PLACED, done=placing.is_placed
    ),
    "hide": Deed(lambda office, case, data: forms.hide_form(office.county, data), belonging.hide, "hidden", sends=True),
    "name": Deed(
        lambda office, case, data: conflicts.NameForm(data), conflicts.name, "conflict_named", done=conflicts.is_named
    ),
    "lift": Deed(
        lambda office, case, data: conflicts.LiftForm(data), conflicts.lift, "conflict_lifted", done=conflicts.is_lifted
    ),
    "correct": Deed(requests.correct_form, requests.correct, "corrected"),
    "erase": Deed(lambda office, case, data: requests.EraseForm(data), requests.erase, "erased", sends=True),
    "extend": Deed(lambda office, case, data: requests.ExtendForm(data), requests.extend, "extended", sends=True),
    "transfer": Deed(
        lambda office, case, data: requests.TransferForm(data),
        requests.transfer,
        "transferred",
        lambda form: {"body": form.body.data},
        sends=True,
    ),
    "to_secretary": Deed(lambda office, case, data: forms.ReasonForm(data), conflicts.to_secretary, "about_ombudsman"),
    "to_ombudsman": Deed(
        lambda office, case, data: forms.ReasonForm(data), conflicts.to_ombudsman, "not_about_ombudsman"
    ),
    "to_centre": Deed(centre.hand_form, centre.hand_over, "centre_handed", done=centre.is_handed),
    "from_centre": Deed(lambda office, case, data: centre.BackForm(data), centre.come_back, "centre_returned"),
    "unlink": Deed(_button, belonging.unlink, "unlinked"),
    "join": Deed(_button, belonging.join, "joined", sends=True),
    "part": Deed(_button, belonging.part, "parted", sends=True),
    "merge": Deed(incidents.merge_form, incidents.merge, "merged", lambda form: {"other": form.other.data}),
    "unmerge": Deed(_button, incidents.unmerge, "unmerged"),
    "publish": Deed(incidents.publish_form, incidents.publish, "incident_published"),
    "unpublish": Deed(_button, incidents.unpublish, "incident_ended"),
    "split": Deed(
        lambda office, case, data: forms.SplitForm(data),
        belonging.split,
        "split",
        sends=True,
        done=belonging.is_split,
    ),
}
