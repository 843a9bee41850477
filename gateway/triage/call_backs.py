"""The call-back list: who asked to be called, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from config.logging import log_event
from gateway.cases import events
from gateway.cases.clock import local_day
from gateway.cases.models import CallBack, Case, NumberLook
from gateway.cases.office import Office
from gateway.cases.pages import page_of
from gateway.cases.refusals import Refused
from gateway.cases.visibility import call_backs_visible_to
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people import audit
from gateway.people.models import Officer, Resident
from gateway.triage import call_outcomes, hours, traces
from gateway.triage.deeds import REPETITION
from gateway.triage.english import headline, jurisdiction, minute, telephone, ward_name
from gateway.triage.forms import REASON, clean
from gateway.triage.navigation import CALLERS
from gateway.triage.sign_in import officer, only
from workers.queues import wake

PAGE = 100
MAX_PAGE = 100
DEALT = {"reached": "they spoke", "unreachable": "not reached"}
GONE = "This call is not on your list any more: somebody has dealt with it."
WHY = "The resident asked to be called."
WHY_OFFICER = "The officer asked to be called."


@dataclass(frozen=True)
class Line:
    """One call-back as it is listed."""

    id: int
    mask: str
    wanted: str
    asked_at: datetime
    due_at: datetime
    tried_at: datetime | None
    reference: str
    case_id: int | None
    confidential: bool
    about: str
    language: str
    looks: Mapping[str, datetime]
    """Who looked at the number, and when last; the first who looked comes first."""
    officer: str = ""
    """The officer who asked to be called, with her posts: `Rose Wafula, Shirere ward`; then there is no resident."""


@dataclass(frozen=True)
class Again:
    """A form of the list that came back: of which call-back, what was typed into it and, where it was refused, why."""

    id: int
    why: str
    words: str


@dataclass(frozen=True)
class Lost:
    """A form about a call that is no longer on her list: why, and her words, which stand nowhere else."""

    why: str
    words: str


@dataclass(frozen=True)
class Page:
    """One page of the list; `late` and `today` count those of it that are over and that are due today."""

    number: int
    last: int
    count: int
    lines: Sequence[Line]
    late: int
    today: int


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/call-backs` and what is done with one of them."""
    engine, office = installation.engine, installation.office

    def page(shown: int = 0, number: str = "", again: Again | None = None, lost: Lost | None = None) -> str:
        now = datetime.now(UTC)
        with officer_session(engine, officer()) as session:
            found = listed(session, office, officer(), request.args.get("page", 1, int), now)
            cases = {line.case_id: line.confidential for line in found.lines if line.case_id}
            traces.leave_ids(session, "listed", cases)
        return render_template(
            "triage/call_backs.html", page=found, lines=found.lines, now=now, shown=shown, number=number,
            telephone=telephone(number) if number else "", again=again, lost=lost, hours=hours, limit=REASON,
        )  # fmt: skip

    def gone(call_back_id: int, words: str, outcome: str = "") -> ResponseReturnValue:
        """It is not on her list: her own second press, or somebody has dealt with it meanwhile. Her words are kept."""
        now = datetime.now(UTC)
        with Session(engine) as session:
            found = call_outcomes.dealt_with(session, officer(), call_back_id)
            if found is None:
                return page(lost=Lost(GONE, words)), 404
            done, name = found
            repeated = (done.done_by, done.outcome) == (officer().id, outcome)
            if repeated and (not words or call_outcomes.is_noted(session, office, done.case_id, officer(), words, now)):
                flash(REPETITION)
                return redirect(url_for("triage.call_backs"), 303)
            assert done.done_at
            why = f"{name} has dealt with this call, {minute(done.done_at)}: {DEALT.get(str(done.outcome), 'done')}."
        return page(lost=Lost(why, words)), 409

    @routes.get("/triage/call-backs")
    def call_backs() -> ResponseReturnValue:
        only(*CALLERS)
        return page()

    @routes.post("/triage/call-backs/<int:call_back_id>/number")
    def call(call_back_id: int) -> ResponseReturnValue:
        """Show the number, on record: with the call-back and, where it is a resident's, as a line of the history."""
        only(*CALLERS)
        words = clean(request.form.get("words"))
        try:
            with officer_session(engine, officer()) as session:
                asked = call_outcomes.open_one(session, officer(), call_back_id)
                with as_owner(session):
                    _record_look(session, office, asked, datetime.now(UTC))
                number = _sealed(asked)
        except NoResultFound:
            return gone(call_back_id, words)
        log_event("number_shown", officer=officer().id, call_back=call_back_id)
        with Session(engine) as session:
            sealed = session.scalar(number)
        return page(call_back_id, office.vault.open(sealed) if sealed else "", Again(call_back_id, "", words))

    @routes.post("/triage/call-backs/<int:call_back_id>/done")
    def close_call_back(call_back_id: int) -> ResponseReturnValue:
        only(*CALLERS)
        outcome = request.form.get("outcome", "")
        if outcome not in call_outcomes.OUTCOMES:
            abort(400)
        words = clean(request.form.get("words"))
        try:
            with officer_session(engine, officer()) as session:
                sentence = call_outcomes.close(
                    session, office, officer(), call_back_id, outcome, words, datetime.now(UTC)
                )
        except NoResultFound:
            return gone(call_back_id, words, outcome)
        except Refused as refusal:
            return page(again=Again(call_back_id, str(refusal), words)), 409
        wake(installation.redis)
        flash(sentence)
        return redirect(url_for("triage.call_backs"), 303)


def listed(session: Session, office: Office, who: Officer, number: int, now: datetime) -> Page:
    """A page of the open call-backs that `who` may see, those that are due first before the others."""
    seen = call_backs_visible_to(who)
    count = session.scalar(seen.with_only_columns(func.count())) or 0
    number, last = page_of(number, count, PAGE, MAX_PAGE)
    query = (
        seen.outerjoin(Resident, Resident.id == CallBack.resident_id)
        .outerjoin(Officer, Officer.id == CallBack.officer_id)
        .add_columns(Resident.phone_mask, Resident.language, Case, Officer)
        .order_by(CallBack.due_at, CallBack.id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    rows = session.execute(query).all()
    looks = _looks(session, [asked.id for asked, *_ in rows])
    lines = [
        Line(
            asked.id, mask or (caller.phone_mask if caller else "") or "",
            hours.wanted(asked.hour, asked.asked_at, now), asked.asked_at, asked.due_at, asked.tried_at,
            case.reference if case else "", case.id if case else None,
            case is not None and case.sensitive, _about(office, case), language or (caller.language if caller else ""),
            looks.get(asked.id, {}), f"{caller.name}, {jurisdiction(office.county, caller)}" if caller else "",
        )
        for asked, mask, language, case, caller in rows
    ]  # fmt: skip
    late = sum(line.due_at < now for line in lines)
    today = sum(line.due_at >= now and local_day(line.due_at) == local_day(now) for line in lines)
    return Page(number, last, count, lines, late, today)


def _record_look(session: Session, office: Office, asked: CallBack, now: datetime) -> None:
    why = WHY_OFFICER if asked.officer_id else WHY
    session.add(NumberLook(call_back_id=asked.id, officer_id=officer().id, reason=why, at=now))
    case = session.get(Case, asked.case_id) if asked.case_id and not asked.officer_id else None
    if case:
        # Not `actions.show_number`: she may have asked with a secret, from a phone that the case does not know.
        events.append(session, case, "number_shown", now, vault=office.vault, officer_id=officer().id, words=why)
    else:  # no case's history tells it: it is about none, or the number is an officer's
        audit.append(
            session, "number_shown", officer_id=officer().id, case_ids=[], call_back=asked.id,
            address=request.remote_addr,
        )  # fmt: skip


def _sealed(asked: CallBack) -> Select[bytes | None]:
    """What reads the number, with the owner's rights."""
    if asked.officer_id:
        return select(Officer.phone_sealed).where(Officer.id == asked.officer_id)
    hers: Select[Any] = select(Resident.phone_sealed).where(Resident.id == asked.resident_id)
    return hers


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
