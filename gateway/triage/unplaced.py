"""Reports that nobody knows the ward of: each with the wards that its words may mean, one press away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from config.county import County, Ward
from gateway.cases import versions
from gateway.cases.actions import Refused
from gateway.cases.models import OPEN, Case, Desk, Kind
from gateway.cases.pages import page_of
from gateway.cases.places import find_wards
from gateway.cases.reading import read
from gateway.cases.visibility import visible_to
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people.models import Officer, Role
from gateway.triage import deeds, finding, forms, history, keypad, traces
from gateway.triage.deeds import Doing, Stale
from gateway.triage.sign_in import officer, only

PAGE = 25
MAX_PAGE = 40
GUESSES = 3
CHANGED = "It has changed while you had the list open, and was sent nowhere. Read what is new."


@dataclass(frozen=True)
class Guess:
    """A ward that it may be in, and the words that say so; none where only the place sounds like it."""

    ward: Ward
    words: str


@dataclass(frozen=True)
class Unplaced:
    """One report with its guesses, the likeliest first. `seen`: the newest line of its history."""

    case: Case
    guesses: Sequence[Guess]
    seen: int


@dataclass(frozen=True)
class Again:
    """A form of the list that came back: of which report and which version of it, what was typed, why that is no ward,
    and which wards may be meant."""

    reference: str
    seen: int
    typed: str
    why: str
    wards: Sequence[Ward]


@dataclass(frozen=True)
class Page:
    number: int
    last: int
    count: int
    rows: Sequence[Unplaced]


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/unplaced`."""
    engine, office = installation.engine, installation.office

    def page(number: int, stale: str = "", seen: int = 0, again: Again | None = None) -> str:
        """`stale`: the report that has changed since its line `seen`, which is told beside it."""
        with officer_session(engine, officer()) as session:
            shown = _page(session, office.county, officer(), number)
            traces.leave(session, "listed", [row.case for row in shown.rows])
            changed = next((row.case for row in shown.rows if row.case.reference == stale), None)
            fresh = history.fresh(session, office, changed, officer(), seen) if changed else []
            if stale and changed is None:
                flash(CHANGED)
            return render_template(
                "triage/unplaced.html", page=shown, stale=stale, fresh=fresh, why=CHANGED, again=again,
                now=datetime.now(UTC),
            )  # fmt: skip

    @routes.get("/triage/unplaced")
    def unplaced() -> ResponseReturnValue:
        only(Role.HOTLINE)
        return page(request.args.get("page", 1, int))

    @routes.post("/triage/unplaced")
    def place_case() -> ResponseReturnValue:
        """Give a report the ward whose button was pressed, or the one that was typed."""
        only(Role.HOTLINE)
        reference = request.form.get("reference", "")
        typed = forms.clean(request.form.get("ward") or request.form.get("other"))
        ward = keypad.ward(office.county, typed)
        number, seen = request.form.get("page", 1, int), deeds.version(request.form.get("seen"))
        there = redirect(url_for("triage.unplaced", page=number), 303)
        if ward is None:
            county = office.county
            why, wards = keypad.no_ward(county, typed), keypad.likely(county, typed)
            return page(number, again=Again(reference, seen or 0, typed, why, wards)), 422
        form, now = forms.route_form(office.county, None, MultiDict({"ward": str(ward.code)})), datetime.now(UTC)
        try:
            with officer_session(engine, officer()) as session:
                case = finding.seen(session, reference, lock=True)
                with as_owner(session):
                    doing = Doing(session, office, case, officer(), form, now, installation.settings.demo, seen)
                    sentence = deeds.carry_out("route", doing)
        except Stale:
            return page(number, reference, seen or 0), 409
        except Refused as refusal:
            sentence = str(refusal)
        except NotFound:
            with Session(engine) as session:
                if not deeds.saved_before(session, office, reference, officer(), "route", form, now):
                    raise
            sentence = deeds.REPETITION
        flash(sentence)
        return there


def _page(session: Session, county: County, who: Officer, number: int) -> Page:
    """The oldest first: the clock of each runs on."""
    asked = _waiting(who)
    count = session.scalar(asked.with_only_columns(func.count())) or 0
    number, last = page_of(number, count, PAGE, MAX_PAGE)
    listed = asked.order_by(Case.received_at, Case.id).limit(PAGE).offset((number - 1) * PAGE)
    newest = versions.newest(session, session.scalars(listed.with_only_columns(Case.id)))
    cases = session.scalars(listed)
    rows = [Unplaced(case, guesses(county, case), newest.get(case.id, 0)) for case in cases]
    return Page(number, last, count, rows)


def _waiting(who: Officer) -> Select[Case]:
    """At the county's desk without a ward, and not a request: of that no ward learns."""
    return visible_to(who).where(
        Case.ward_code.is_(None), Case.desk == Desk.COUNTY, Case.status.in_(OPEN), Case.kind != Kind.REQUEST,
        ~Case.sensitive, ~Case.practice, Case.lead_id.is_(None),
    )  # fmt: skip


def guesses(county: County, case: Case) -> list[Guess]:
    """The wards that its words name, else those that its place sounds like."""
    said = "\n".join(part for part in (case.landmark, case.words) if part)
    found = read(county, said)
    named = [found.ward] if found.ward else list(found.among)
    sure = [Guess(ward, found.ward_words) for ward in named]
    like = find_wards(county, case.landmark, GUESSES) if case.landmark else ()
    loose = [Guess(ward, "") for ward in like if ward not in named]
    return (sure + loose)[: max(GUESSES, len(sure))]
