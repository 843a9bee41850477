"""HIGHER: a resident sends a report of hers to the next step by SMS, or is told what holds it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.cases import asking, carrying, ladder, residents_own, standing, steps
from gateway.cases.categories import VIOLENCE
from gateway.cases.models import Case, Channel
from gateway.cases.office import Office
from gateway.cases.situation import Situation
from gateway.cases.telling import is_over, listed, tell, tell_state
from gateway.people.models import Resident


def hear(session: Session, office: Office, resident: Resident, seen: Situation, now: datetime) -> Case | None:
    """Send the report that she names a step up, or the only one that may go; else tell her what holds it."""
    if seen.reference:
        if seen.named is None or seen.named.category == VIOLENCE:
            tell(session, office, resident, "not_yours", now)
            return None
        _send_higher(session, office, seen.named, now)
        return seen.named
    hers = residents_own.listed_cases(session, seen.caller.phone_hash)
    ready = [case for case in hers if ladder.may_send_higher(session, office, case, now)]
    only = ready or [case for case in hers if not is_over(case)]
    if len(only) == 1:
        _send_higher(session, office, _locked(session, only[0]), now)
        return only[0]
    slots = {"cases": listed(session, office, resident, ready, now)}
    tell(session, office, resident, "higher_which" if ready else "higher_none", now, slots)
    return None


def _locked(session: Session, case: Case) -> Case:
    return session.get_one(Case, case.id, with_for_update=True, populate_existing=True)


def _send_higher(session: Session, office: Office, case: Case, now: datetime) -> None:
    raised = ladder.send_higher(session, office, case, now, Channel.SMS)
    if raised is None:
        _tell_why_not(session, office, case, now)
        return
    slots = {
        "sent_to": office.menu.spoken(raised.holder, case.language),
        "answer_by": office.letters.promise(raised.answer_by, case.language),
    }
    asking.send(session, office, case, "sent_higher", now, automatic=True, slots=slots)


def _tell_why_not(session: Session, office: Office, case: Case, now: datetime) -> None:
    """Its day is still to come, or how it stands says why: it waits for her, is at the top, is said to be fixed."""
    stands = carrying.lead_of(session, case)
    day = steps.told(stands)
    waits = stands.status in steps.RUNNING and not standing.is_at_top(stands, now)
    if case.sensitive or is_over(case) or day is None:
        asking.send(session, office, case, "higher_not", now, automatic=True)
    elif waits and day > now:
        slots = {"promise": office.letters.promise(day, case.language)}
        asking.send(session, office, case, "higher_later", now, automatic=True, slots=slots)
    else:
        tell_state(session, office, case, now)
