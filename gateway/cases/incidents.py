"""Incidents: one problem that many report, published by an officer; whoever reports the same there may join it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.cases import carrying, drafts, published, residents_own, standing
from gateway.cases.actions import Refused, change, refuse_from_below
from gateway.cases.categories import OTHER
from gateway.cases.clock import local_day
from gateway.cases.desk_models import Incident
from gateway.cases.events import append
from gateway.cases.filing import Filed, Report, end_drafts, file_case, filed_answer
from gateway.cases.intake import answered_before, answered_long_ago
from gateway.cases.models import OPEN, Case, CaseConflict
from gateway.cases.office import Office
from gateway.cases.sensitivity import sensitive_category
from gateway.messages import outbox
from gateway.people.masking import masked
from gateway.people.models import Officer, Resident
from menus.lettering import septets, to_gsm7

TITLE = 26
"""Septets of a title, so that the screen that asks *same?* is one screen wherever it is."""
FARTHEST = timedelta(days=90)
"""How far away the day may be on which it is expected to be over: phones show it without its year."""


def open_for(session: Session, ward_code: int, category: str, problem: str) -> Incident | None:
    """The incident that whoever reports this problem in this ward is asked about."""
    query = _open().where(Incident.ward_code == ward_code, Incident.category == category, Incident.problem == problem)
    return session.scalars(query).one_or_none()


def _open() -> Select[Incident]:
    """Those of which the case is open, nobody's secret and about no officer."""
    apart = Case.id.not_in(select(CaseConflict.case_id))
    found = select(Incident).join(Case, Case.id == Incident.case_id)
    return found.where(published.IS_ON, Case.status.in_(OPEN), ~Case.sensitive, apart)


def support(session: Session, office: Office, report: Report, incident_id: int, now: datetime) -> Filed | None:
    """File a case of her own that stands under the incident's: one more who reports the same.

    None where the incident is over: nothing is filed. What was filed before by this very source is answered as it was,
    whatever became of the incident; and whose report stands there already is told that one. `report` says in `wording`
    and `slots` how her SMS reads: see `letter`. What turns out to be confidential, or comes from a trainer's phone, is
    filed and stands under nothing.
    """
    connection = session.connection()
    if (before := answered_before(connection, report.channel, report.source_id)) is not None:
        before = before or answered_long_ago(connection, report.channel, report.source_id)
        return Filed(before["values"]["reference"], before, new=False)
    query = select(Case).join(Incident, Incident.case_id == Case.id).where(Incident.id == incident_id, published.IS_ON)
    lead = session.scalars(query.with_for_update(of=Case, key_share=True)).one_or_none()
    if lead is None or not carrying.may_lead(lead) or carrying.kept_from_officers(session, [lead]):
        return None
    if (hers := _hers(session, office, report, lead)) is not None:
        return _again(session, office, report, hers, now)
    filed = file_case(connection, office, report, now)
    if filed.new:
        case = session.scalars(select(Case).where(Case.reference == filed.reference)).one()
        if carrying.is_alike(case):
            residents_own.resume(session, office, lead, now)  # she knows enough to go on
            carrying.put_under(session, office, lead, [case], "supported", now)
    return filed


def _hers(session: Session, office: Office, report: Report, lead: Case) -> Case | None:
    """The report of this phone that is the lead or stands under it; where it says more in words, they are filed."""
    if report.phone is None or report.anonymous or report.words:
        return None
    query = (
        select(Case)
        .join(Resident, Resident.id == Case.resident_id)
        .where(
            Resident.phone_hash == office.vault.phone_hash(report.phone), Case.status.in_(OPEN),
            (Case.id == lead.id) | (Case.lead_id == lead.id),
        )
        .order_by(Case.received_at, Case.id)
        .limit(1)
        .with_for_update(of=Case, key_share=True)
    )  # fmt: skip
    return session.scalars(query).one_or_none()


def _again(session: Session, office: Office, report: Report, case: Case, now: datetime) -> Filed:
    """She says that hers is the same once more: it stands there already, and nothing of it is a draft any more."""
    residents_own.ask_again(session, office, case, now, report.channel)
    if report.phone and end_drafts(session.connection(), office, report):
        outbox.cancel_question(session, office.vault.phone_hash(report.phone), drafts.ASKING)
    day = standing.day_told(case, now)
    answer = filed_answer(office.menu, case.category, case.kind, case.reference, None, day)
    return Filed(case.reference, answer, new=False)


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
    found = published.of(session, case)
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
    if expected_on and expected_on > local_day(now) + FARTHEST:
        raise Refused(f"That day is more than {FARTHEST.days} days away, and phones show no year: leave it empty.")


def may_be_published(case: Case) -> bool:
    """Whether others can be asked about it: a report with a ward, and with a problem that stands on the phone."""
    return carrying.may_lead(case) and case.ward_code is not None and case.problem not in (None, OTHER)


def plain(title: str) -> str:
    """A title as a phone shows it: on one line, in letters that every phone has."""
    return to_gsm7(" ".join(title.split()))


def title_fault(title: str) -> str:
    """What is wrong with a title, in a sentence; empty where nothing is."""
    if not title.strip():
        return "Give it a title in each language."
    if to_gsm7(title).count("?") > title.count("?"):
        return "Phones cannot show one of these letters: write it in the letters of the Latin alphabet."
    if septets(plain(title)) > TITLE:
        return f"A title has at most {TITLE} letters, or it does not fit on the screen."
    if masked(title) != title:
        return "No telephone numbers: everybody who dials reads it."
    return ""


def end(session: Session, incident: Incident, now: datetime, officer: Officer | None = None) -> bool:
    """Nobody is asked any more; False where that was so before. Those who joined stay with the case."""
    case = session.get_one(Case, incident.case_id)
    ended = published.end(session, case, now, officer.id if officer else None)
    session.expire(incident)
    return ended
