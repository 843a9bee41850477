"""The call-back list: who asked to be called, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.cases import events
from gateway.cases.models import CallBack, Case, NumberLook
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.visibility import call_backs_visible_to
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people import audit
from gateway.people.models import Officer, Resident, Role
from gateway.triage import traces
from gateway.triage.english import HOURS, headline, telephone, ward_name
from gateway.triage.sign_in import officer

LISTED = 100
OUTCOMES = {"reached": "Written down: you spoke.", "unreachable": "Written down: not reached."}
WHY = "The resident asked to be called."


@dataclass(frozen=True)
class Line:
    """One call-back as it is listed."""

    id: int
    mask: str
    hour: str
    asked_at: datetime
    due_at: datetime
    reference: str
    case_id: int | None
    confidential: bool
    about: str
    language: str
    looks: Mapping[str, datetime]
    """Who looked at the number, and when last; the first who looked comes first."""


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/call-backs` and what is done with one of them."""
    engine, office = installation.engine, installation.office

    def page(shown: int = 0, number: str = "") -> str:
        with officer_session(engine, officer()) as session:
            lines = listed(session, office, officer())
            traces.leave_ids(session, "listed", {line.case_id: line.confidential for line in lines if line.case_id})
        return render_template(
            "triage/call_backs.html", lines=lines, now=datetime.now(UTC), shown=shown, number=number,
            telephone=telephone(number) if number else "",
        )  # fmt: skip

    @routes.get("/triage/call-backs")
    def call_backs() -> ResponseReturnValue:
        _only_callers()
        return page()

    @routes.post("/triage/call-backs/<int:call_back_id>/number")
    def call(call_back_id: int) -> ResponseReturnValue:
        """Show the number, on record: with the call-back, and as a line of the case's history."""
        _only_callers()
        with officer_session(engine, officer()) as session:
            asked = _open(session, officer(), call_back_id)
            now, case = datetime.now(UTC), session.get(Case, asked.case_id) if asked.case_id else None
            with as_owner(session):
                session.add(NumberLook(call_back_id=asked.id, officer_id=officer().id, reason=WHY, at=now))
                if case:
                    # Not `actions.show_number`: she may have asked with a secret, from a phone that the case does not
                    # know.
                    events.append(
                        session, case, "number_shown", now, vault=office.vault, officer_id=officer().id, words=WHY
                    )
                else:  # no case's history tells it
                    audit.append(
                        session, "number_shown", officer_id=officer().id, case_ids=[], call_back=asked.id,
                        address=request.remote_addr,
                    )  # fmt: skip
            resident_id = asked.resident_id
        log_event("number_shown", officer=officer().id, call_back=call_back_id)
        with Session(engine) as session:
            sealed = session.scalar(select(Resident.phone_sealed).where(Resident.id == resident_id))
        return page(call_back_id, office.vault.open(sealed) if sealed else "")

    @routes.post("/triage/call-backs/<int:call_back_id>/done")
    def close_call_back(call_back_id: int) -> ResponseReturnValue:
        _only_callers()
        outcome = request.form.get("outcome", "")
        if outcome not in OUTCOMES:
            abort(400)
        with officer_session(engine, officer()) as session:
            sentence = _close(session, office, officer(), call_back_id, outcome, datetime.now(UTC))
        flash(sentence)
        return redirect(url_for("triage.call_backs"), 303)


def listed(session: Session, office: Office, who: Officer) -> list[Line]:
    """The open call-backs that `who` may see, the most urgent first."""
    query = (
        call_backs_visible_to(who)
        .outerjoin(Resident, Resident.id == CallBack.resident_id)
        .add_columns(Resident.phone_mask, Resident.language, Case)
        .order_by(CallBack.due_at, CallBack.id)
        .limit(LISTED)
    )
    rows = session.execute(query).all()
    looks = _looks(session, [asked.id for asked, *_ in rows])
    return [
        Line(
            asked.id, mask or "", HOURS.get(asked.hour, asked.hour), asked.asked_at, asked.due_at,
            case.reference if case else "", case.id if case else None, case is not None and case.sensitive,
            _about(office, case), language or "", looks.get(asked.id, {}),
        )
        for asked, mask, language, case in rows
    ]  # fmt: skip


def _looks(session: Session, call_backs: Sequence[int]) -> Mapping[int, Mapping[str, datetime]]:
    query = (
        select(NumberLook.call_back_id, Officer.name, NumberLook.at)
        .join(Officer, Officer.id == NumberLook.officer_id)
        .where(NumberLook.call_back_id.in_(call_backs))
        .order_by(NumberLook.id)
    )
    looks: dict[int, dict[str, datetime]] = {}
    for call_back_id, name, at in session.execute(query):
        looks.setdefault(call_back_id, {})[name] = at
    return looks


def _about(office: Office, case: Case | None) -> str:
    if case is None:
        return "Wants to be called"
    about = headline(office.county, case)
    return f"{about}, {ward_name(office.county, case.ward_code)}" if case.ward_code else about


def _only_callers() -> None:
    if not officer().holds(Role.HOTLINE, Role.OMBUDSMAN, Role.COUNTY_SECRETARY):
        abort(404)


def _open(session: Session, who: Officer, call_back_id: int) -> CallBack:
    query = call_backs_visible_to(who).where(CallBack.id == call_back_id).with_for_update(of=CallBack)
    return session.scalars(query).one_or_none() or abort(404)


def _close(session: Session, office: Office, who: Officer, call_back_id: int, outcome: str, now: datetime) -> str:
    asked = _open(session, who, call_back_id)
    case = session.get(Case, asked.case_id) if asked.case_id else None
    with as_owner(session):
        asked.done_at, asked.done_by, asked.outcome = now, who.id, outcome
        if case:
            events.append(session, case, "call_back_done", now, vault=office.vault, officer_id=who.id, outcome=outcome)
    return f"{spoken(case.reference)}. {OUTCOMES[outcome]}" if case else OUTCOMES[outcome]
