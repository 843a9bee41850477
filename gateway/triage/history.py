"""The history of a case in plain English."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gateway.cases import versions
from gateway.cases.assigning import ASSIGNED
from gateway.cases.events import words_for_all, words_of
from gateway.cases.models import Case, CaseEvent
from gateway.cases.office import Office
from gateway.people.models import Officer
from gateway.triage.sentences import sentence


@dataclass(frozen=True)
class Line:
    """One event: when, what in a sentence, and the words that belong to it."""

    at: datetime
    sentence: str
    words: str
    internal: bool


def lines(session: Session, office: Office, case: Case) -> list[Line]:
    """The whole history, newest first; of a case that was released without the words of its confidential time.

    Run it under the officers' role: another case is named only where she sees it, too.
    """
    query = select(CaseEvent).where(CaseEvent.case_id == case.id).options(joinedload(CaseEvent.officer))
    events = session.scalars(query.order_by(CaseEvent.at.desc(), CaseEvent.id.desc())).all()
    return told(session, office, case, events)


def told(session: Session, office: Office, case: Case, events: Sequence[CaseEvent]) -> list[Line]:
    """Some lines of the history, in their order, as `lines` shows them. They come with their officer."""
    others = {str(event.data["other"]) for event in events if "other" in event.data}
    seen = set(session.scalars(select(Case.reference).where(Case.reference.in_(others)))) if others else set()
    given = {int(event.data["to"]) for event in events if event.name == ASSIGNED}
    names = select(Officer.id, Officer.name).where(Officer.id.in_(given))
    whom = {row.id: row.name for row in session.execute(names)} if given else {}
    return [_line(office, case, event, seen, whom) for event in events]


def fresh(session: Session, office: Office, case: Case, reader: Officer, seen: int) -> list[Line]:
    """What has happened since the line `seen` that this officer did not do herself, oldest first.

    Where the resident has written, with all that she has written: what she adds stands with her report.
    """
    events = versions.since(session, case, seen, reader)
    wrote = [place for place, event in enumerate(events) if event.name == "words_added"]
    shown = told(session, office, case, events)
    if wrote:
        shown[wrote[-1]] = replace(shown[wrote[-1]], words=words_of(office.vault, case))
    return shown


def _line(office: Office, case: Case, event: CaseEvent, seen: Collection[str], whom: Mapping[int, str]) -> Line:
    name = event.officer.name if event.officer else ""
    words = words_for_all(office.vault, case, event)
    data = {key: value for key, value in event.data.items() if key != "other" or value in seen}
    if event.name == ASSIGNED:
        data["whom"] = whom.get(int(event.data["to"]), "")
    known = CaseEvent(name=event.name, data=data)
    return Line(event.at, sentence(office.county, case.kind, known, name), words, event.name == "note")
