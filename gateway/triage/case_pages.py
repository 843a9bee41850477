"""The case page: everything about one case, and the forms that act on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound
from wtforms import Form

from config.logging import log_event
from gateway.cases import assigning, carrying, experience, linking, readers, unconcerned, versions
from gateway.cases.actions import Refused
from gateway.cases.clock import local_day
from gateway.cases.events import words_of
from gateway.cases.models import CallBack, Case, Desk, Ending
from gateway.cases.office import Office
from gateway.cases.visibility import visible_to
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.messages import spending
from gateway.people.masking import masked
from gateway.people.models import Resident
from gateway.triage import (
    centre,
    clocks,
    conflicts,
    crew_links,
    deeds,
    finding,
    forms,
    history,
    hours,
    incidents,
    leaving,
    looks,
    offers,
    placing,
    raised,
    replies,
    requests,
    thread,
    traces,
)
from gateway.triage.deeds import Doing
from gateway.triage.english import telephone, ward_name
from gateway.triage.sign_in import officer
from workers.queues import wake


@dataclass(frozen=True)
class Again:
    """A form that is shown again with what was typed: it could not be used (`why`), or its SMS was to be looked at."""

    action: str
    form: Form
    why: str = ""
    look: bool = False


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/cases/<reference>` and, below it, one address for each action."""
    engine, office, demo = installation.engine, installation.office, installation.settings.demo

    def page(reference: str, again: Again | None = None, number: str | None = None) -> str:
        now = datetime.now(UTC)
        with officer_session(engine, officer()) as session:
            newest = versions.newest(session, session.scalars(finding.asked(reference).with_only_columns(Case.id)))
            case = finding.seen(session, reference)
            shown = _versions(session, office, case, newest.get(case.id, 0), now)
            shown |= _shown(session, office, case, again, number, now, demo)
            if "publish" in shown["offered"]:
                shown["screens"] = incidents.screens(installation, shown["forms"]["publish"], now)
            traces.leave(session, "case_opened", [case, *shown["related"].joined])
            traces.leave(session, "listed", [one.case for one in shown["before"]])
            return render_template("triage/case.html", **shown)

    @routes.get("/triage/cases/<reference>")
    def case(reference: str) -> ResponseReturnValue:
        return page(reference)

    @routes.post("/triage/cases/<reference>/number")
    def show_number(reference: str) -> ResponseReturnValue:
        """The looking is on record before the number is read, which the officers' own role cannot do."""
        form = forms.NumberForm(request.form)
        if not form.validate():
            return page(reference, Again("number", form)), 422
        try:
            with officer_session(engine, officer()) as session:
                seen = finding.seen(session, reference)
                with as_owner(session):
                    looks.look(session, office, seen, officer(), form.words.data, datetime.now(UTC))
                resident_id = seen.resident_id
        except Refused as refusal:
            return page(reference, Again("number", form, str(refusal))), 409
        log_event("number_shown", officer=officer().id)
        with Session(engine) as session:
            sealed = session.scalar(select(Resident.phone_sealed).where(Resident.id == resident_id))
        return page(reference, number=office.vault.open(sealed) if sealed else "")

    def fill_in(reference: str, form: Any, code: str) -> None:
        """Put a ready text into a form, in place of what stands there."""
        with officer_session(engine, officer()) as session:
            seen, now = finding.seen(session, reference), datetime.now(UTC)
            chosen = next((one for one in replies.of(office, seen, now) if one.code == code), None)
        if chosen is None:
            return
        form.words.data = chosen.text
        if chosen.ending and "ending" in form:
            form.ending.data = chosen.ending.value
        if "wait" in form:
            form.wait.data = chosen.wait

    @routes.post("/triage/cases/<reference>/<action>")
    def act(reference: str, action: str) -> ResponseReturnValue:
        deed = deeds.DEEDS.get(action) or abort(404)
        planned = action == "end" and "plan" in request.form
        form = deed.form(office, None, _plan(reference) if planned else request.form)
        if planned:
            return page(reference, Again(action, form))
        if action in offers.LOOKED_AT and (code := request.form.get("ready")):
            fill_in(reference, form, code)
            return page(reference, Again(action, form))
        if not form.validate():
            return page(reference, Again(action, form)), 422
        if action in (*offers.LOOKED_AT, "publish") and "look" in request.form:
            return page(reference, Again(action, form, look=action in offers.LOOKED_AT))
        try:
            with officer_session(engine, officer()) as session:
                seen = finding.seen(session, reference, lock=True)
                doing = Doing(session, office, seen, officer(), form, datetime.now(UTC), demo, _opened_at(reference))
                with as_owner(session):
                    sentence = deeds.carry_out(action, doing)
                # Where it goes on from a merge: what can be done next stands there.
                onward = carrying.lead_of(session, seen).reference if action == "merge" else reference
                still = session.scalar(visible_to(officer()).with_only_columns(Case.id).where(Case.id == seen.id))
                if still is None:
                    with as_owner(session):
                        readers.leaves(session, seen.id, officer())
        except Refused as refusal:
            return page(reference, Again(action, form, str(refusal))), 409
        except NotFound:
            with Session(engine) as session:
                if not deeds.saved_before(session, office, reference, officer(), action, form, datetime.now(UTC)):
                    raise
            sentence, still, onward = deeds.REPETITION, None, reference
        if deed.sends:
            wake(installation.redis)
        flash(sentence)
        there = url_for("triage.case", reference=onward) if still else url_for("triage.queue")
        return redirect(there, 303)


def _plan(reference: str) -> MultiDict[str, str]:
    """The form of an ending with what was written in its row of the queue, which has no months to choose from."""
    return MultiDict({"ending": Ending.PLANNED.value, "words": request.form.get(f"words-{reference}", "")})


def _opened_at(reference: str) -> int | None:
    """The newest line of history on the page from which a form came; None where it does not say."""
    return deeds.version(request.form.get("seen", request.form.get(f"seen-{reference}")))


def _versions(session: Session, office: Office, case: Case, version: int, now: datetime) -> dict[str, Any]:
    """What two officers on one case need: the `version` that is shown, what is new since the last one, and who else is
    there."""
    seen = _opened_at(case.reference)
    readers.reads(session, case, officer(), now)
    return {
        "page_version": version,
        "fresh": history.fresh(session, office, case, officer(), seen) if seen is not None else [],
        "readers": readers.readers(session, [case.id], officer(), now),
        "colleagues": assigning.colleagues(session, officer(), [case], now),
    }


def _shown(
    session: Session, office: Office, case: Case, again: Again | None, number: str | None, now: datetime, demo: bool
) -> dict[str, Any]:
    """What the template needs, read while the transaction lasts.

    `number`: None until she said why she looks; then also the numbers inside words are shown. Empty: it is hidden.
    """
    asked = select(CallBack).where(CallBack.case_id == case.id, CallBack.done_at.is_(None)).order_by(CallBack.id)
    blank = {name: deed.form(office, case, None) for name, deed in deeds.DEEDS.items()}
    if request.args.get("open") == "end" and request.args.get("ending") in list(Ending):
        blank["end"].ending.data = request.args["ending"]
    shown = blank | {"number": forms.NumberForm()} | ({again.action: again.form} if again else {})
    with as_owner(session):  # a price, whatever case it was told of
        per_part = spending.price_per_part(session)
    looked = again is not None and again.look
    told = offers.told_of_end(session, case)
    texts = replies.of(office, case, now, per_part)
    return {
        "case": case,
        "now": now,
        "words": words_of(office.vault, case),
        "reason": office.vault.open(case.reason_sealed) if case.reason_sealed and case.sensitive else case.reason,
        "lines": history.lines(session, office, case),
        "stopped": offers.has_stopped(case),
        "delay": leaving.delay(session, office, now, demo=demo) if offers.is_told(case) else "",
        "thread": thread.thread(session, office, case, officer(), now, demo=demo),
        "related": linking.related(session, officer(), case),
        "call_backs": list(session.scalars(asked)),
        "hours": hours,
        "offered": offers.offered(case, officer()),
        "texts_for_end": [one for one in texts if one.ending],
        "texts_to_write": [one for one in texts if not one.ending],
        "before": experience.closest(session, officer(), case),
        "buttons": deeds.BUTTONS,
        "read_from_words": offers.read_from_words(case),
        "counted": offers.writes(case),
        "may_wait": offers.may_wait(case),
        "take_label": offers.take_label(case, officer()),
        "endings": offers.endings(office, case, told, now),
        "sms_at_end": len(told),
        "told_too": offers.people(one for one in told if one.resident_id != case.resident_id),
        "supporters": carrying.supporters(session, [case]).get(case.id, 0),
        "written": offers.written(office, case),
        "room": offers.room(office, case),
        "months": offers.months(office, case, forms.month_ends(local_day(now))),
        "per_part": per_part,
        "looked": again.action if again and looked else "",
        "seen": offers.seen(office, case, told, again.action, again.form, per_part) if again and looked else None,
        "forms": shown,
        "doubt": offers.doubt(session, office, case),
        "outside": offers.outside(case, now),
        "released_to": _released_to(session, office, case, now) if case.sensitive else "",
        "steps_up": raised.steps_of(session, office.county, case),
        "again": again,
        "problems": forms.problems_of(again.form) if again else [],
        "number": number,
        "said": masked if number is None else str,
        "looks": looks.of(session, office, case),
        "clocks": clocks.shown(session, office, case, officer(), now),
        "centre": centre.shown(session, office, case),
        "crew": crew_links.shown(session, office, case, now),
        "together": incidents.shown(
            session,
            office,
            case,
            officer(),
            offers.offered(case, officer()),
            shown["publish"],
            now,
            typed=again is not None and again.action == "publish",
        ),
        "places": placing.shown(session, office, case, officer()),
        "conflicts": conflicts.about(session, office, case, officer()),
        "request_shown": requests.shown(session, case, officer(), now),
        "notice_since": requests.since_of(session, case),
        "may_look": looks.may_look(office, case),
        "no_number": "" if case.resident_id else looks.why_none(session, case),
        "telephone": telephone(number) if number else "",
    }


def _released_to(session: Session, office: Office, case: Case, now: datetime) -> str:
    """Who reads a confidential case when it is released now."""
    match unconcerned.desk_for(session, case, now):
        case Desk.WARD:
            return f"The ward administrator of {ward_name(office.county, case.ward_code)}"
        case Desk.SUB_COUNTY:
            return "The sub-county administrator"
        case _:
            return "The county desk"
