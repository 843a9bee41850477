"""Logging a call: what somebody tells the hotline becomes a case at once, with a reference to read aloud.

The caller's number stands in no address: it is sent in forms alone, so no log and no browser's history has it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from gateway.cases import callers, carrying, centre, incidents, requests, standing
from gateway.cases.callers import Known, OtherNumber, Said
from gateway.cases.categories import NATIONAL
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Incident
from gateway.cases.filing import Filed, Report
from gateway.cases.intake import OtherForm, answered_before, form_of, keep_form, refuse_other_form
from gateway.cases.models import OPEN, Case, Channel
from gateway.cases.office import Office
from gateway.cases.visibility import visible_to
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people import audit
from gateway.people.models import Role
from gateway.people.phone import is_mobile
from gateway.triage import forms, keypad, read_back, traces
from gateway.triage.call_forms import KEYS, CallerForm, CallForm, call_form
from gateway.triage.english import day, english, headline, ward_name
from gateway.triage.read_back import source_id
from gateway.triage.sign_in import officer, only
from workers.queues import wake

NO_MORE_WORDS = "That report takes no more words: it has ended, or is not this caller’s. File a new one."
FILED_ALREADY = "Nothing was filed: the call centre’s number stands with a report already. What you typed is kept."
SENT_BEFORE = "This page was sent before with something else in it, which is filed. Send it again to file this, too."
PUBLISHED = "Nothing was filed: somebody reported this problem there already. Ask the caller whether it is the same."


@dataclass(frozen=True)
class Same:
    """What is published of the problem that she tells of, where she tells of it."""

    id: int
    title: str
    spoken: str
    """The title in the caller's language."""
    expected: str
    """The day of the repair, `Fri 27 Nov`; empty where none is told or it is past."""


@dataclass(frozen=True)
class Earlier:
    """An earlier case of the caller, as she may be told of it: what her own phone would say, and none of its words.

    `key`: the letter by which words are added to it, where they can be; `seen`: the officer sees the case anyway.
    """

    key: str
    reference: str
    about: str
    where: str
    state: str
    holder: str
    promised: str
    seen: bool


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/log-call`: whose call it is, and with that what it is about."""
    engine, office = installation.engine, installation.office

    def page(
        form: CallForm, *, fresh: bool = False, why: str = "", known: Case | None = None, same: Same | None = None
    ) -> str:
        """With the caller's earlier cases beside it; that they were shown is on record.

        `fresh`: her ward and her language are filled in; `known`: the case that has the call centre's number. A case
        keeps the letter that it had on the page that came back: a letter never means another one.
        """
        now = datetime.now(UTC)
        with officer_session(engine, officer()) as session:
            caller = _look_up(session, office, form.number)
            letters = _letters(form, caller.cases)
            earlier = _earlier(session, office, caller.cases, now, letters)
            stands = _stands(session, office, known, earlier, now) if known else None
        if fresh:
            form.ward.data, form.language.data = _remembered(office, caller), caller.language or form.language.data
        if form.number and form.same and form.same not in {one.reference for one in earlier if one.key}:
            form.code.data = ""
        return render_template(
            "triage/log_call_form.html", form=form, problems=forms.problems_of(form), earlier=earlier, why=why,
            legend=[*keypad.legend(office.county), *keypad.apart(office.county)], stands=stands, same=same,
        )  # fmt: skip

    @routes.get("/triage/log-call")
    def log_call() -> ResponseReturnValue:
        only(Role.HOTLINE)
        return render_template("triage/log_call.html", form=CallerForm(), problems=[])

    @routes.post("/triage/log-call/caller")
    def look_up_caller() -> ResponseReturnValue:
        """The form for this caller: her language and her ward are filled in, her earlier cases stand beside it."""
        only(Role.HOTLINE)
        caller = CallerForm(request.form)
        if not caller.validate():
            return render_template("triage/log_call.html", form=caller, problems=forms.problems_of(caller)), 422
        form = call_form(office.county)
        form.nonce.data, form.phone.data = secrets.token_urlsafe(16), caller.phone.data
        return page(form, fresh=True)

    @routes.post("/triage/log-call")
    def file_call() -> ResponseReturnValue:
        """Files and answers with the page at once: loading it again files nothing more, as the nonce is the key."""
        only(Role.HOTLINE)
        form = call_form(office.county, request.form)
        if not form.validate():
            return page(form), 422
        now = datetime.now(UTC)
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                known = _known_to_centre(session, office, form)
                same = None if known else _published(session, form, now)
                answer = None if known or same else take_in(session, form, now)
        except OtherForm:
            form.nonce.data = secrets.token_urlsafe(16)
            return page(form, why=SENT_BEFORE), 409
        except OtherNumber as refusal:
            form.centre.errors = [str(refusal)]
            return page(form), 409
        if known:
            return page(form, why=FILED_ALREADY, known=known), 409
        if same:
            return page(form, why=PUBLISHED, same=same), 409
        if answer is None:
            form.code.errors = [NO_MORE_WORDS]
            return page(form), 409
        wake(installation.redis)
        name, said = answer
        return render_template(name, **said)

    def take_in(session: Session, form: CallForm, now: datetime) -> tuple[str, dict[str, Any]] | None:
        """The page that answers, and what it says; None where her words cannot go to the earlier case.

        Raises OtherForm, OtherNumber.
        """
        typed = form_of(office.vault, *form.typed)
        if form.same:
            said = Said(form.words.data, typed, form.place.data, form.hour.data, form.number_there)
            key = source_id(form, words=True)
            added = callers.add_words(session, office, officer(), form.number or "", form.same, said, key, now)
            return ("triage/call_added.html", {"reference": added, "called": bool(said.hour)}) if added else None
        report = _report(form)
        filed = _joined(session, office, form, report, now) or requests.file(session.connection(), office, report, now)
        if not filed.new:
            refuse_other_form(filed.answer, typed)
        else:
            keep_form(session, report.channel, report.source_id, typed)
            if form.number_there and office.county.call_centre:
                centre.came(session, office, filed.reference, form.number_there, officer(), now)
        return "triage/call_logged.html", read_back.of(office, filed, report, form)


def _look_up(session: Session, office: Office, number: str | None) -> Known:
    """Who looked, and which cases were shown, stands in the audit; of the number nothing does."""
    if number is None:
        return Known()
    with as_owner(session):
        known = callers.look_up(session, office, officer(), number)
        if not known.cases:
            audit.append(
                session, "caller_looked_up", officer_id=officer().id, case_ids=[], address=request.remote_addr, rows=0
            )
    traces.leave(session, "caller_looked_up", known.cases)
    return known


def _remembered(office: Office, caller: Known) -> str:
    ward = office.county.ward(caller.ward_code) if caller.ward_code else None
    return ward.name if ward else ""


def _letters(form: CallForm, cases: Sequence[Case]) -> Mapping[str, str]:
    """The letter of each of these cases, by its reference; the form keeps which stands for which."""
    shown = str(form.earlier.data).split(",") if form.earlier.data else []
    shown += [case.reference for case in cases if case.reference not in shown]
    form.earlier.data = ",".join(shown[: len(KEYS)])
    return dict(zip(shown, KEYS, strict=False))


def _earlier(
    session: Session, office: Office, cases: Sequence[Case], now: datetime, letters: Mapping[str, str]
) -> list[Earlier]:
    """Run it under the officers' role: which of them she sees anyway, the database says."""
    ids = [case.id for case in cases]
    seen = set(session.scalars(visible_to(officer()).where(Case.id.in_(ids)).with_only_columns(Case.id)))
    with as_owner(session):  # as on her phone: how the case stands that is worked on for hers
        worked_on = carrying.worked_on(session, cases)
    return [
        _told(office, case, worked_on[case.id], letters.get(case.reference, ""), now, seen=case.id in seen)
        for case in cases
    ]


def _told(office: Office, case: Case, stands: Case, key: str, now: datetime, *, seen: bool) -> Earlier:
    county, menu, is_open = office.county, office.menu, case.status in OPEN
    return Earlier(
        key if is_open else "",
        case.reference,
        headline(county, case),
        ward_name(county, case.ward_code),
        english(standing.state(menu, stands, now)),
        english(standing.holder(county, menu, stands)) if is_open else "",
        day(told) if is_open and (told := standing.day_told(stands, now)) else "",
        seen,
    )


def _stands(session: Session, office: Office, case: Case, earlier: Sequence[Earlier], now: datetime) -> Earlier:
    """What the agent may be told of the case that has a number of the call centre: of one that is neither this caller's
    nor hers to see its reference alone. That she was told is on record."""
    if hers := [one for one in earlier if one.reference == case.reference]:
        return hers[0]
    traces.leave(session, "caller_looked_up", [case])
    [told] = _earlier(session, office, [case], now, {})
    return told if told.seen else Earlier("", case.reference, "", "", "", "", "", seen=False)


def _known_to_centre(session: Session, office: Office, form: CallForm) -> Case | None:
    """The case that has the call centre's number already, unless this form goes to it, or went somewhere before."""
    if not form.number_there or office.county.call_centre is None:
        return None
    found = centre.known(session, office, officer(), form.number_there)
    key = source_id(form, words=bool(form.same))
    again = answered_before(session.connection(), Channel.HOTLINE, key) is not None
    return None if again or (found and found.reference == form.same) else found


def _published(session: Session, form: CallForm, now: datetime) -> Same | None:
    """What an officer has published of this problem there, unless it was said whether hers is the same."""
    found = None if form.same or form.different.data else _incident(session, form)
    if found is None or form.incident.data == str(found.id):
        return None
    if answered_before(session.connection(), Channel.HOTLINE, source_id(form)) is not None:
        return None
    expected = found.expected_on
    in_time = expected is not None and expected >= local_day(now)
    title, hers = incidents.title(found, "en"), incidents.title(found, form.language.data)
    return Same(found.id, title, hers, day(expected) if expected and in_time else "")


def _incident(session: Session, form: CallForm) -> Incident | None:
    category, problem = forms.subject(form.subject)
    return incidents.open_for(session, form.found.code, category, problem) if form.found and problem else None


def _joined(session: Session, office: Office, form: CallForm, report: Report, now: datetime) -> Filed | None:
    """Hers, filed under what is published; None where she says that it is another, or that is over by now."""
    found = _incident(session, form) if form.incident.data else None
    if found is None or form.incident.data != str(found.id):
        return None
    wording, slots = incidents.letter(found, report.language)
    return incidents.support(session, office, replace(report, wording=wording, slots=slots), found.id, now)


def _report(form: CallForm) -> Report:
    category, problem = forms.subject(form.subject)
    phone = form.number
    return Report(
        channel=Channel.HOTLINE,
        source_id=source_id(form),
        category=category,
        language=form.language.data,
        phone=phone,
        problem=problem,
        ward_code=form.found.code if form.found else None,
        landmark=form.place.data or None,
        words=form.words.data or None,
        referral=problem if category == NATIONAL else None,
        anonymous=phone is None,
        hour=form.hour.data or None,
        wording="received_text",
        untexted=phone is not None and not is_mobile(phone),
    )
