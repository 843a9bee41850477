"""What officers do with cases about one problem: put them under one of them, and take one out again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from gateway.cases import carrying, published, residents_own
from gateway.cases.actions import ALLOWED, Faster, Refused, change, refuse_from_below
from gateway.cases.carrying import fits_under, height, is_alike, rank
from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.steps import is_carried
from gateway.cases.visibility import visible
from gateway.people.models import Officer


def lead_among(session: Session, cases: Sequence[Case]) -> Case:
    """Which of these is to stand for the others: the one that was sent up highest, of those one that is disputed, of
    those one that is published, of those one that stands for others already, of those the oldest."""
    ids = [case.id for case in cases]
    asked_about = {one.case_id for one in published.of_any(session, ids)}
    others = {one.lead_id for one in carrying.carried_by(session, ids)}
    oldest_first = sorted(cases, key=lambda case: (case.received_at, case.id))
    return max(oldest_first, key=lambda case: (rank(case), case.id in asked_about, case.id in others))


def merge(session: Session, office: Office, cases: Sequence[Case], lead: Case, officer: Officer, now: datetime) -> None:
    """Put `cases` under `lead`, which stands for them from now on, and for those for which they stood.

    Each keeps its reference, its reporter, its history and its promise; `lead` is bound by the earliest promise. Where
    `lead` is carried itself, its own lead takes them. Whoever holds a case already must hold it for the officer; the
    others are taken where they are free, so that no two officers wait for each other.
    """
    lead = _take(session, carrying.lead_of(session, lead), officer)
    cases = [_take(session, case, officer) for case in cases if case.id != lead.id]
    cases = [case for case in cases if case.lead_id != lead.id]
    if not cases:
        raise Refused("They stand together already.")
    _refuse(session, [lead, *cases], lead, officer)
    for case in (lead, *cases):
        residents_own.resume(session, office, case, now)  # whoever else told of it knows enough to go on
    for case in cases:
        change(session, case, officer, "merge", lead_id=lead.id)
        published.pass_on(session, case, lead, now)
    theirs = _all_of(session, cases)
    carrying.release_ended(session, cases)
    carrying.put_under(session, office, lead, [*cases, *theirs], "merged", now, officer.id)


def _take(session: Session, case: Case, officer: Officer) -> Case:
    """The case as it is now, locked, if she sees it. Somebody who has it at this moment is faster."""
    return _free(session, (Case.id == case.id) & visible(officer))


def _free(session: Session, which: ColumnElement[bool]) -> Case:
    query = select(Case).where(which).with_for_update(key_share=True, skip_locked=True)
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise Faster
    return found


def _all_of(session: Session, cases: Sequence[Case]) -> list[Case]:
    """Those for which these stood, locked: nothing stands two deep."""
    found = [one for case in cases for one in carrying.hold(session, case)]
    if len(found) != len(carrying.carried_by(session, [case.id for case in cases])):
        raise Faster
    return found


def _refuse(session: Session, cases: Sequence[Case], lead: Case, officer: Officer) -> None:
    for case in cases:
        if case.status not in ALLOWED["merge"]:
            raise Faster
        if not is_alike(case):
            raise Refused(f"{spoken(case.reference)} cannot stand with others: only open reports with a promised day.")
        if is_carried(case):
            raise Refused(f"{spoken(case.reference)} stands under another report already: take it out first.")
        if height(case) > height(lead):
            raise Refused(f"{spoken(case.reference)} was sent up higher: let it stand for the others.")
        if not fits_under(case, lead):
            raise Refused(f"The resident of {spoken(case.reference)} says that it is not fixed: let it stand for all.")
        refuse_from_below(officer, case)
    if carrying.kept_from_officers(session, cases):
        raise Refused("One of them is about an officer and kept from her: it stands by itself.")


def unmerge(session: Session, office: Office, case: Case, officer: Officer, now: datetime) -> None:
    """Give a carried case back to its desk as it was; its clocks have gone on as if it had stayed there."""
    case = _take(session, case, officer)
    if not is_carried(case):
        raise Refused("It stands by itself already.")
    lead = _free(session, Case.id == case.lead_id)
    change(session, case, officer, "unmerge", lead_id=None)
    carrying.part(session, office, case, lead, now, officer.id)
