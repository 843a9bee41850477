"""The case page: everything about one case, and the forms that act on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from werkzeug.exceptions import NotFound
from wtforms import Form

from config.logging import log_event
from gateway.cases import assigning, experience, linking, merging, readers, unconcerned, versions
from gateway.cases.actions import Refused
from gateway.cases.clock import local_day
from gateway.cases.events import words_of
from gateway.cases.models import CallBack, Case, Desk, Ending
from gateway.cases.office import Office
from gateway.cases.references import is_reference
from gateway.cases.visibility import visible_to
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.messages import spending
from gateway.people.masking import masked
from gateway.people.models import Officer, Resident, Role
from gateway.triage import (
    centre,
    clocks,
    conflicts,
    crew_links,
    deeds,
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
            case = _seen(session, officer(), reference)
            shown = _versions(session, office, case, now) | _shown(session, office, case, again, number, now, demo)
            traces.leave(session, "case_opened", [case, *shown["related"].joined])
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
                seen = _seen(session, officer(), reference)
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
            seen, now = _seen(session, officer(), reference), datetime.now(UTC)
            chosen = next((one for one in replies.of(office, seen, now) if one.code == code), None)
        if chosen is None:
            return
        form.words.data = chosen.text
        if chosen.ending and "ending" in form:
            form.ending.data = chosen.ending.value

    @routes.post("/triage/cases/<reference>/<action>")
    def act(reference: str, action: str) -> ResponseReturnValue:
        deed = deeds.DEEDS.get(action) or abort(404)
        form = deed.form(office, None, request.form)
        if action in offers.LOOKED_AT and (code := request.form.get("ready")):
            fill_in(reference, form, code)
            return page(reference, Again(action, form))
        if not form.validate():
            return page(reference, Again(action, form)), 422
        if action in (*offers.LOOKED_AT, "publish") and "look" in request.form:
            return page(reference, Again(action, form, look=action in offers.LOOKED_AT))
        try:
            with officer_session(engine, officer()) as session:
                seen = _seen(session, officer(), reference, lock=True)
                doing = Doing(session, office, seen, officer(), form, datetime.now(UTC), demo, _opened_at())
                with as_owner(session):
                    sentence = deeds.carry_out(action, doing)
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
            sentence, still = deeds.REPETITION, None
        if deed.sends:
            wake(installation.redis)
        flash(sentence)
        there = url_for("triage.case", reference=reference) if still else url_for("triage.queue")
        return redirect(there, 303)


def _seen(session: Session, who: Officer, reference: str, *, lock: bool = False) -> Case:
    """The case, if this officer may see it; else 404, whether it exists or not."""
    if not is_reference(reference) or who.holds(Role.AUDITOR):  # her role reads no case as a whole
        abort(404)
    query = visible_to(who).where(Case.reference == reference)
    # Not against who only points to it: another officer's page says that she has it open.
    query = query.with_for_update(key_share=True) if lock else query.options(joinedload(Case.assignee))
    # The resident in a statement of her own: officers may lock no row of hers.
    return session.scalars(query.options(selectinload(Case.resident))).one_or_none() or abort(404)


def _opened_at() -> int | None:
    """The newest line of history on the page from which a form came; None where it does not say."""
    return deeds.version(request.form.get("seen")) if request.method == "POST" else None


def _versions(session: Session, office: Office, case: Case, now: datetime) -> dict[str, Any]:
    """What two officers on one case need: the version that is shown, what is new since the last one, and who else is
    there. Read before the rest of the case, so that nothing comes between unseen."""
    version, seen = versions.newest(session, [case])[case.id], _opened_at()
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
        "endings": offers.endings(office, case, now),
        "stands_for": merging.supporters(session, [case]).get(case.id, 0),
        "written": offers.written(office, case),
        "room": offers.room(office, case),
        "months": offers.months(office, case, forms.month_ends(local_day(now))),
        "per_part": per_part,
        "looked": again.action if again and looked else "",
        "seen": offers.seen(office, case, again.action, again.form, per_part) if again and looked else None,
        "forms": shown,
        "doubt": offers.doubt(session, office, case),
        "outside": offers.outside(case, now),
        "released_to": _released_to(session, office, case) if case.sensitive else "",
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
        "telephone": telephone(number) if number else "",
    }


def _released_to(session: Session, office: Office, case: Case) -> str:
    """Who reads a confidential case when it is released now."""
    match unconcerned.desk_for(session, case):
        case Desk.WARD:
            return f"The ward administrator of {ward_name(office.county, case.ward_code)}"
        case Desk.SUB_COUNTY:
            return "The sub-county administrator"
        case _:
            return "The county desk"
