"""The queue page: three figures, one list with the actions in its rows, and what is done with several cases at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from gateway.cases import assigning, carrying, readers
from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.cases.references import is_reference
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people.models import Officer, Role
from gateway.triage import county, deeds, examine, leaving, narrowing, queue, rows, selection, traces
from gateway.triage.filters import NO_PHONES, Filters, Tab, is_phone
from gateway.triage.sign_in import officer

ASKED = (Tab.NEW, Tab.LATE, Tab.MINE)
"""The three questions that the page answers at a glance."""
OTHERS = (Tab.TODO, Tab.WAITING, Tab.DONE, Tab.PRACTICE)
NAMES: Mapping[Tab, str] = {
    Tab.TODO: "To do",
    Tab.NEW: "New",
    Tab.LATE: "Late",
    Tab.MINE: "Waits for me",
    Tab.WAITING: "Waiting",
    Tab.DONE: "Ended",
    Tab.PRACTICE: "Practice",
}
EMPTY: Mapping[Tab, str] = {
    Tab.TODO: "Nothing to do. What residents report comes here by itself.",
    Tab.NEW: "Nothing new.",
    Tab.LATE: "Nothing is late.",
    Tab.MINE: "Nothing waits for you: you have taken no case.",
    Tab.WAITING: "Nothing waits for others.",
    Tab.DONE: "Nothing has ended yet.",
    Tab.PRACTICE: "Nobody practises.",
}


@dataclass(frozen=True)
class Again:
    """A form of the queue that comes back with what was typed into it: refused, `why` and with a sentence for each case
    that is the reason; or `done` in part, with what was not asked for yet.

    told    those of which the sentence says what has changed: their rows may be decided on as they stand now
    """

    typed: MultiDict[str, str]
    why: str = ""
    named: Sequence[tuple[str, str]] = ()
    told: Collection[str] = ()
    done: bool = False


@dataclass(frozen=True)
class Figure:
    """One list as a link: its name, how many stand in it, whether it is the one that is shown."""

    tab: Tab
    name: str
    count: str
    address: str
    current: bool


@dataclass(frozen=True)
class Refusal:
    """Why nothing was changed, and what was written about cases that stand in no row of this page.

    named      what is to blame as it is read, a sentence, and whether its row is on this page
    written    about which case, empty for all that were selected, and what
    """

    title: str
    why: str
    named: Sequence[tuple[str, str, bool]]
    written: Mapping[str, str]


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/`: the queue; for the county administrator and the auditor their figures."""

    @routes.get("/triage/", endpoint="queue")
    def front_page() -> ResponseReturnValue:
        if officer().holds(Role.COUNTY):
            return _overview(installation)
        if officer().holds(Role.AUDITOR):
            with officer_session(installation.engine, officer()) as session:
                return examine.front_page(session)
        asked = Filters.read(request.args, installation.office.county)
        typed = asked.words.replace(" ", "").replace("-", "")
        if is_reference(typed):
            return redirect(url_for("triage.case", reference=typed), 303)
        if is_phone(request.args.get("words", "")):
            flash(NO_PHONES)
        asked = narrowing.fitting(installation.office.county, asked)
        return render(installation, asked, request.args.get("page", 1, int))


def render(installation: Installation, asked: Filters, number: int = 1, again: Again | None = None) -> str:
    """One page of the list that is asked for. `again`: a form of it that could not be carried out."""
    now, who, of_county = datetime.now(UTC), officer(), installation.office.county
    with officer_session(installation.engine, who) as session:
        page = queue.read(session, who, asked, number, now, of_county)
        listed = _rows(session, installation.office, who, page, now, again)
        others = assigning.colleagues(session, who, [], now)
        together = selection.of(of_county, listed, others, now, again.typed if again else MultiDict())
        traces.leave(session, "listed", page.cases)
        return render_template(
            "triage/queue.html",
            page=page,
            rows=listed,
            now=now,
            three=[_figure(page, tab) for tab in ASKED],
            others=[_figure(page, tab) for tab in OTHERS if tab is not Tab.PRACTICE or page.counts[tab]],
            name=NAMES[page.asked.show],
            count=capped(page.counts[page.asked.show]),
            empty=EMPTY[page.asked.show],
            narrowed=narrowing.of(of_county, who, asked, others, page.cases),
            together=together,
            refusal=_refusal(again, page.cases) if again else None,
            back=urlencode(asked.args() | ({"page": str(page.number)} if page.number > 1 else {})),
            pages=_neighbours(page),
            first=(page.number - 1) * queue.PAGE + 1,
            deepest=queue.MAX_PAGE,
        )


def _overview(installation: Installation) -> str:
    office, demo, now = installation.office, installation.settings.demo, datetime.now(UTC)
    with officer_session(installation.engine, officer()) as session:
        with as_owner(session):  # figures over everything, of which no row is shown
            shown, left = county.overview(session), leaving.read(session, office, now, demo=demo)
            setup = county.setup(session, office, now, demo=demo)
        return render_template("triage/county.html", overview=shown, leaving=left, setup=setup, now=now)


def _rows(
    session: Session, office: Office, who: Officer, page: queue.Page, now: datetime, again: Again | None
) -> Sequence[rows.Row]:
    """The cases of a page with what each row says and offers: one question each to the database for all of them."""
    cases = page.cases
    if not cases:
        return []
    open_too = readers.others(session, [case.id for case in cases], who, now)
    supporters = carrying.supporters(session, cases)
    typed, why = (again.typed, dict(again.named)) if again else (MultiDict[str, str](), {})
    return [
        rows.row(
            office,
            case,
            who,
            seen=_seen(page.versions.get(case.id, 0), case.reference, again),
            others=open_too.get(case.id, []),
            people=supporters.get(case.id, 0),
            typed=typed,
            why=why.get(case.reference, ""),
        )
        for case in cases
    ]


def _seen(newest: int, reference: str, again: Again | None) -> int:
    """The version that a row goes by. Of what is new in it she is told only when she decides on what she had read."""
    before = deeds.version(again.typed.get(f"seen-{reference}")) if again and reference not in again.told else None
    return newest if before is None else min(before, newest)


def _figure(page: queue.Page, tab: Tab) -> Figure:
    address = narrowing.address(page.asked.of(tab).args())
    return Figure(tab, NAMES[tab], capped(page.counts[tab]), address, tab is page.asked.show)


def capped(count: int) -> str:
    """`7`, and `99+` for what is not counted any further."""
    return str(count) if count < queue.MANY else f"{queue.MANY - 1}+"


def _neighbours(page: queue.Page) -> tuple[str, str]:
    """The addresses of the pages before and after this one; empty where there is none."""

    def address(number: int) -> str:
        return narrowing.address(page.asked.args(), number) if 1 <= number <= page.last else ""

    return address(page.number - 1), address(page.number + 1)


def _refusal(again: Again, cases: Sequence[Case]) -> Refusal | None:
    """None where all of it was done, and what else was typed stands where it was."""
    listed = {case.reference for case in cases}
    named = [(one, sentence, one in listed) for one, sentence in again.named]
    written = {
        about.removeprefix("-"): words.strip()
        for name, words in again.typed.items()
        if name.startswith("words") and words.strip() and _has_left(about := name.removeprefix("words"), listed)
    }
    if again.done:
        return Refusal("Not done yet", "", [], written) if written else None
    return Refusal("Nothing was changed", again.why, named, written)


def _has_left(about: str, listed: Collection[str]) -> bool:
    """Whether the field in which it was typed, of a row or of the panel below them, stands on the page no more."""
    reference = about.removeprefix("-")
    return reference not in listed if is_reference(reference) else not about and not listed
