"""The county's own call centre: what comes from it by its own number, and what is handed over to it and comes back.

The case keeps its desk and its clocks meanwhile: the promise is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from gateway.cases import actions, events
from gateway.cases.actions import Refused
from gateway.cases.models import OPEN, Case, CaseConflict, CaseEvent
from gateway.cases.office import Office
from gateway.cases.visibility import visible_to
from gateway.people.models import Officer

HANDED, RETURNED = "centre_handed", "centre_returned"
LISTED = 200


@dataclass(frozen=True)
class Handed:
    """A case that the call centre has now, since when, and its number there."""

    case: Case
    number: str
    since: datetime


def plain(typed: str) -> str:
    """The call centre's number as it is kept and compared: `KCC 1234`."""
    return " ".join(typed.replace("\0", "").split()).upper()


def numbers(case: Case) -> list[str]:
    """All that the call centre ever gave it, the present one last."""
    return [*(case.centre_before or ()), *([case.centre_reference] if case.centre_reference else ())]


def _has(number: str) -> ColumnElement[bool]:
    """The condition on `cases` that one has, or had, this number."""
    return or_(Case.centre_reference == number, Case.centre_before.contains([number]))


def known(session: Session, office: Office, officer: Officer, typed: str) -> Case | None:
    """The case that has, or had, this number of the call centre, with the owner's rights; whoever comes second waits.

    A confidential one, and one that is about this officer, is as if there were none. Until the commit nobody else files
    anything that came by the same number.
    """
    number = plain(typed)
    key = int.from_bytes(office.vault.keyed("centre", number)[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(key)))
    about_her = select(CaseConflict.case_id).where(CaseConflict.officer_id == officer.id)
    found = select(Case).where(_has(number), ~Case.sensitive, Case.id.not_in(about_her))
    return session.scalars(found.order_by(Case.id).limit(1)).first()


def came(session: Session, office: Office, reference: str, typed: str, officer: Officer, now: datetime) -> None:
    """Keep with a case that was just filed the number under which the call centre has it."""
    case = session.scalars(select(Case).where(Case.reference == reference).with_for_update()).one()
    case.centre_reference = plain(typed)
    events.append(session, case, "centre_came", now, vault=office.vault, officer_id=officer.id)


def hand_over(
    session: Session, office: Office, case: Case, officer: Officer, typed: str, words: str, now: datetime
) -> None:
    """Hand it over to the call centre, under the number that it gave, with what is to be done there.

    It keeps the numbers that it had before, by which the call centre may still speak of it.
    """
    if office.county.call_centre is None:
        raise Refused("This county has no call centre to hand over to.")
    if case.sensitive:
        raise Refused("A confidential case stays with the confidential desk. Release it first, with a reason.")
    actions.refuse_request(case)
    if since(session, [case]):
        raise Refused("The call centre has it already. Write down what they say first.")
    number = plain(typed)
    other = known(session, office, officer, number)
    if other is not None and other.id != case.id:
        raise Refused("Another report has this number of the call centre. Ask them for the number of this one.")
    before = [one for one in numbers(case) if one != number]
    actions.change(session, case, officer, "to_centre", centre_reference=number, centre_before=before or None)
    events.append(session, case, HANDED, now, vault=office.vault, officer_id=officer.id, words=words)


def come_back(session: Session, office: Office, case: Case, officer: Officer, words: str, now: datetime) -> None:
    """Write down what the call centre said; it has the case no longer, and its number stays with it."""
    if not since(session, [case]):
        raise Refused("The call centre does not have it now.")
    actions.change(session, case, officer, "from_centre")
    events.append(session, case, RETURNED, now, vault=office.vault, officer_id=officer.id, words=words)


def since(session: Session, cases: Sequence[Case]) -> Mapping[int, datetime]:
    """Since when the call centre has had each of these cases that it has now, by id."""
    told = (
        select(CaseEvent.case_id, CaseEvent.name, CaseEvent.at)
        .where(CaseEvent.case_id.in_([case.id for case in cases]), CaseEvent.name.in_((HANDED, RETURNED)))
        .order_by(CaseEvent.id)
    )
    newest = {row.case_id: row for row in session.execute(told)}
    return {case_id: row.at for case_id, row in newest.items() if row.name == HANDED}


def handed(session: Session, officer: Officer) -> list[Handed]:
    """The open cases that the call centre has and this officer may see, the longest there first. Run it as she."""
    last = (
        select(CaseEvent.name)
        .where(CaseEvent.case_id == Case.id, CaseEvent.name.in_((HANDED, RETURNED)))
        .order_by(CaseEvent.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    there = _seen(officer).where(Case.status.in_(OPEN), last == HANDED).order_by(Case.id).limit(LISTED)
    cases = list(session.scalars(there))
    times = since(session, cases)
    found = [Handed(case, case.centre_reference or "", times[case.id]) for case in cases]
    return sorted(found, key=lambda one: (one.since, one.case.id))


def find(session: Session, officer: Officer, typed: str) -> str | None:
    """The reference of the newest case that has, or had, this number of the call centre, of those that she may see.

    None: there is none. Run it under the officers' role.
    """
    number = plain(typed)
    query = _seen(officer).where(_has(number)).with_only_columns(Case.reference)
    return session.scalar(query.order_by(Case.id.desc()).limit(1)) if number else None


def _seen(officer: Officer) -> Select[Case]:
    return visible_to(officer).where(Case.centre_reference.is_not(None), ~Case.sensitive)
