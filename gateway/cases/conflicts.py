"""Whom a confidential case is about: out of the sight of those named, and of the ombudsman where it is her office."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.cases import desks, events, links, timing
from gateway.cases.actions import Refused, change
from gateway.cases.models import Case, CaseConflict, Desk, Status
from gateway.cases.office import Office
from gateway.people import audit
from gateway.people.models import Officer, Role


def named(session: Session, case: Case) -> Sequence[Officer]:
    """The officers whom this case is about, by name."""
    about = select(CaseConflict.officer_id).where(CaseConflict.case_id == case.id)
    return session.scalars(select(Officer).where(Officer.id.in_(about)).order_by(Officer.name, Officer.id)).all()


def nameable(session: Session, case: Case, who: Officer) -> Sequence[Officer]:
    """The officers who may still be named by `who`: all but herself. Who has left may come back, with her sight."""
    about = select(CaseConflict.officer_id).where(CaseConflict.case_id == case.id)
    others = select(Officer).where(Officer.id != who.id, Officer.id.not_in(about))
    return session.scalars(others.order_by(Officer.name, Officer.id)).all()


def may_name(case: Case, who: Officer) -> bool:
    """Whether `who`, who sees the case, has it to say whom it is about."""
    return case.sensitive and who.holds(Role.COUNTY_SECRETARY if case.about_ombudsman else Role.OMBUDSMAN)


def name(
    session: Session, office: Office, case: Case, who: Officer, officer_ids: Collection[int], now: datetime
) -> None:
    """Take the case, and what was joined to it, out of the sight of these officers for good, also once it is released.

    What one of them had taken is new at its desk. Their names stand in no history, which others read later; the audit
    has them. Raises Refused.
    """
    _refuse_others(case, who)
    _refuse_joined(case)
    if who.id in officer_ids:
        raise Refused("You cannot name yourself. If it is about your own office, send it to the county secretary.")
    known = set(session.scalars(select(Officer.id).where(Officer.id.in_(officer_ids))))
    if not known or known != {*officer_ids}:
        raise Refused("Choose the officers whom it is about.")
    for one in (case, *links.along(session, case)):
        rows = [{"case_id": one.id, "officer_id": number, "named_by": who.id, "at": now} for number in sorted(known)]
        added = insert(CaseConflict).values(rows).on_conflict_do_nothing().returning(CaseConflict.officer_id)
        new = session.scalars(added).all()
        if one.proposed_by_id in known:
            one.proposed_by_id = None
        if one.assignee_id in known:
            one.assignee_id = None
            if one.status is Status.TAKEN:
                desks.hand_to(one, one.desk, now)
        _record(session, office, one, who, "conflict_named", new, now)
        timing.keep_time(session, office, one)


def lift(
    session: Session, office: Office, case: Case, who: Officer, officer_ids: Collection[int], now: datetime
) -> None:
    """The case is not about these officers after all. Raises Refused."""
    _refuse_others(case, who)
    _refuse_joined(case)
    for one in (case, *links.along(session, case)):
        theirs = (CaseConflict.case_id == one.id) & CaseConflict.officer_id.in_(officer_ids)
        gone = session.scalars(delete(CaseConflict).where(theirs).returning(CaseConflict.officer_id)).all()
        _record(session, office, one, who, "conflict_lifted", gone, now)


def send_to_secretary(session: Session, office: Office, case: Case, who: Officer, reason: str, now: datetime) -> None:
    """It is about the ombudsman's own office: the county secretary alone has it, and no ombudsman sees it any more."""
    _refuse_others(case, who)
    if case.about_ombudsman:
        raise Refused("The county secretary has it already.")
    _hand_over(session, office, case, who, reason, now, "about_ombudsman", about=True)


def send_to_ombudsman(session: Session, office: Office, case: Case, who: Officer, reason: str, now: datetime) -> None:
    """It is not about the ombudsman's office after all: the ombudsman has it, as every other confidential case."""
    _refuse_others(case, who)
    if not case.about_ombudsman:
        raise Refused("The ombudsman has it already.")
    _hand_over(session, office, case, who, reason, now, "not_about_ombudsman", about=False)


def _hand_over(
    session: Session, office: Office, case: Case, who: Officer, reason: str, now: datetime, event: str, *, about: bool
) -> None:
    if not reason.strip():
        raise Refused("Give the reason: whoever has it next reads it.")
    desk = Desk.COUNTY_SECRETARY if about else Desk.CONFIDENTIAL
    values: dict[str, Any] = {"about_ombudsman": about, "desk": desk, "desk_since": now, "assignee_id": None}
    along = links.along(session, case)
    change(session, case, who, "to_secretary" if about else "to_ombudsman", status=Status.NEW, **values)
    events.append(session, case, event, now, vault=office.vault, officer_id=who.id, words=reason)
    timing.keep_time(session, office, case)
    for one in along:
        for column, value in values.items():
            setattr(one, column, value)
        events.append(session, one, event, now, vault=office.vault, officer_id=who.id, words=reason)


def _refuse_others(case: Case, who: Officer) -> None:
    if not may_name(case, who):
        raise Refused("Only the desk that has a confidential case says whom it is about.")


def _refuse_joined(case: Case) -> None:
    """Its words stand in the other one, too: naming here alone would hide nothing."""
    if case.joined_id is not None:
        raise Refused("This report was joined to another one. Say it there, and it holds for both.")


def _record(
    session: Session, office: Office, case: Case, who: Officer, event: str, officers: Sequence[int], now: datetime
) -> None:
    if not officers:
        return
    events.append(session, case, event, now, vault=office.vault, officer_id=who.id, number=len(officers))
    for about_id in officers:
        audit.append(session, event, officer_id=who.id, about_id=about_id, case_ids=[case.id], confidential=True)
