"""Incidents: one problem that many report, published by an officer; whoever reports the same there may join it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.cases import carrying, residents_own
from gateway.cases.actions import Refused, change, refuse_from_below
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Incident
from gateway.cases.events import append
from gateway.cases.filing import OTHER, Filed, Report, file_case
from gateway.cases.intake import answered_before, answered_long_ago
from gateway.cases.merging import is_alike
from gateway.cases.models import OPEN, Case, CaseConflict
from gateway.cases.office import Office
from gateway.cases.sensitivity import sensitive_category
from gateway.cases.steps import is_carried
from gateway.people.masking import masked
from gateway.people.models import Officer
from menus.lettering import septets, to_gsm7

TITLE = 26
"""Septets of a title, so that the screen that asks *same?* is one screen wherever it is."""


def open_for(session: Session, ward_code: int, category: str, problem: str) -> Incident | None:
    """The incident that whoever reports this problem in this ward is asked about."""
    query = _open().where(Incident.ward_code == ward_code, Incident.category == category, Incident.problem == problem)
    return session.scalars(query).one_or_none()


def of(session: Session, case: Case) -> Incident | None:
    """What is published about this case now."""
    return session.scalars(select(Incident).where(Incident.case_id == case.id, _is_on())).one_or_none()


def _is_on() -> ColumnElement[bool]:
    return Incident.ended_at.is_(None)


def _open() -> Select[Incident]:
    """Those of which the case is open, nobody's secret and about no officer."""
    apart = Case.id.not_in(select(CaseConflict.case_id))
    found = select(Incident).join(Case, Case.id == Incident.case_id)
    return found.where(_is_on(), Case.status.in_(OPEN), ~Case.sensitive, apart)


def support(session: Session, office: Office, report: Report, incident_id: int, now: datetime) -> Filed | None:
    """File a case of her own that stands under the incident's: one more who reports the same.

    None where the incident is over: nothing is filed. What was filed before by this very source is answered as it was,
    whatever became of the incident. `report` says in `wording` and `slots` how her SMS reads: see `letter`. What turns
    out to be confidential, or comes from a trainer's phone, is filed and stands under nothing.
    """
    connection = session.connection()
    if (before := answered_before(connection, report.channel, report.source_id)) is not None:
        before = before or answered_long_ago(connection, report.channel, report.source_id)
        return Filed(before["values"]["reference"], before, new=False)
    query = select(Case).join(Incident, Incident.case_id == Case.id).where(Incident.id == incident_id, _is_on())
    lead = session.scalars(query.with_for_update(of=Case, key_share=True)).one_or_none()
    if lead is None or not is_alike(lead) or is_carried(lead) or carrying.kept_from_officers(session, [lead]):
        return None
    filed = file_case(connection, office, report, now)
    if filed.new:
        case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
        if is_alike(case):
            residents_own.resume(session, office, lead, now)  # she knows enough to go on
            carrying.put_under(session, office, lead, [case], "supported", now)
    return filed


def letter(incident: Incident, language: str) -> tuple[str, Mapping[str, str]]:
    """Wording and slots of the SMS that answers who joined."""
    return "received_same", {"incident": title(incident, language)}


def title(incident: Incident, language: str) -> str:
    """What an officer called it, in this language or in the first that it has."""
    titles: dict[str, str] = incident.titles
    return titles.get(language) or next(iter(titles.values()), "")


# What officers do


def publish(
    session: Session, office: Office, case: Case, officer: Officer, titles: Mapping[str, str],
    expected_on: date | None, now: datetime,
) -> Incident:  # fmt: skip
    """Ask whoever reports this problem in this ward from now on whether it is the same. One at a time for each.

    Published once more, the titles and the day are the new ones; where nothing is new, nothing happens.
    """
    _refuse(office, case, officer, titles, expected_on, now)
    if carrying.kept_from_officers(session, [case]):
        raise Refused("It is about an officer and kept from her: it stands by itself.")
    titles = {language: plain(title) for language, title in titles.items()}
    values = {"titles": dict(titles), "expected_on": expected_on, "published_by": officer.id, "published_at": now}
    change(session, case, officer, "publish")
    found = of(session, case)
    if found is not None and (found.titles, found.expected_on) == (values["titles"], expected_on):
        return found
    if found is not None:
        for name, value in values.items():
            setattr(found, name, value)
    else:
        found = _insert(session, case, values)
    append(
        session, case, "incident_published", now, vault=office.vault, officer_id=officer.id,
        words=" / ".join(titles.values()), expected_on=expected_on.isoformat() if expected_on else None,
    )  # fmt: skip
    session.flush()
    return found


def _insert(session: Session, case: Case, values: Mapping[str, object]) -> Incident:
    row = {"case_id": case.id, "ward_code": case.ward_code, "category": case.category, "problem": case.problem}
    made = insert(Incident).values(**row, **values).on_conflict_do_nothing().returning(Incident)
    found = session.scalars(made).one_or_none()
    if found is None:
        raise Refused("Something is published for this problem in this ward already: merge this report with it.")
    return found


def _refuse(
    office: Office, case: Case, officer: Officer, titles: Mapping[str, str], expected_on: date | None, now: datetime
) -> None:
    refuse_from_below(officer, case)
    if not may_be_published(case):
        raise Refused("Only a report of a common problem in a ward can be published: sort it first.")
    for language in office.county.languages:
        if why := title_fault(titles.get(language, "")):
            raise Refused(why)
        if sensitive_category(office.county, titles[language]):
            raise Refused("These words make a report confidential. Write the title without them.")
    if expected_on and expected_on < local_day(now):
        raise Refused("That day is past: choose a later one, or none.")


def may_be_published(case: Case) -> bool:
    """Whether others can be asked about it: a report with a ward, and with a problem that stands on the phone."""
    return is_alike(case) and not is_carried(case) and case.ward_code is not None and case.problem not in (None, OTHER)


def plain(title: str) -> str:
    """A title as a phone shows it: on one line, in letters that every phone has."""
    return to_gsm7(" ".join(title.split()))


def title_fault(title: str) -> str:
    """What is wrong with a title, in a sentence; empty where nothing is."""
    if not title.strip():
        return "Give it a title in each language."
    if "?" in to_gsm7(title) and "?" not in title:
        return "Phones cannot show one of these letters: write it in the letters of the Latin alphabet."
    if septets(plain(title)) > TITLE:
        return f"A title has at most {TITLE} letters, or it does not fit on the screen."
    if masked(title) != title:
        return "No telephone numbers: everybody who dials reads it."
    return ""


def end(session: Session, incident: Incident, now: datetime, officer: Officer | None = None) -> bool:
    """Nobody is asked any more; False where that was so before. Those who joined stay with the case."""
    case = session.get_one(Case, incident.case_id)
    ended = carrying.end_incident(session, case, now, officer.id if officer else None)
    session.expire(incident)
    return ended
