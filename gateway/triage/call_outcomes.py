"""What comes of a call-back: they spoke, or nobody was reached; what is written then, and what she is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from config.county import TermUnit
from gateway.cases import actions, events
from gateway.cases.asking import is_unwritten
from gateway.cases.clock import A_DAY, after
from gateway.cases.events import words_of
from gateway.cases.models import CallBack, Case, CaseEvent, NumberLook
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.refusals import Refused
from gateway.cases.visibility import call_backs_visible_to, visible_to
from gateway.db import as_owner
from gateway.messages import outbox
from gateway.people.models import Officer, Resident
from gateway.people.phone import is_mobile
from gateway.triage import hours
from gateway.triage.deeds import REPEATED, REPETITION
from gateway.triage.english import minute
from gateway.triage.forms import REASON

OUTCOMES = {"reached": "Written down: you spoke.", "unreachable": "Written down: not reached."}
AGAIN = A_DAY / 2
"""Working hours until the second call, where the first reached nobody."""
NOT_BEFORE = timedelta(hours=2)
"""Working hours between the two calls at least: who was out for a moment is reached by the second."""
UNSEEN = "Show the number first: what came of a call is written down only where you had it."
LONG = f"Too long: at most {REASON} letters."


def open_one(session: Session, who: Officer, call_back_id: int) -> CallBack:
    """Raises NoResultFound where it is not on her list."""
    query = call_backs_visible_to(who).where(CallBack.id == call_back_id).with_for_update(of=CallBack)
    return session.scalars(query).one()


def dealt_with(session: Session, who: Officer, call_back_id: int) -> tuple[CallBack, str] | None:
    """What became of a call-back, and the name of who dealt with it: for whoever had looked at its number, no other."""
    looked = select(NumberLook.id).where(NumberLook.call_back_id == CallBack.id, NumberLook.officer_id == who.id)
    query = select(CallBack, Officer.name).join(Officer, Officer.id == CallBack.done_by)
    found = session.execute(query.where(CallBack.id == call_back_id, looked.exists())).one_or_none()
    return (found[0], found[1]) if found else None


def close(
    session: Session, office: Office, who: Officer, call_back_id: int, outcome: str, words: str, now: datetime
) -> str:  # fmt: skip
    """Write down what came of a call; whoever was not reached is called once more, some hours later. Raises Refused.

    What she writes before it is time for that second call is kept with the case.
    """
    asked = open_one(session, who, call_back_id)
    case = session.scalars(visible_to(who).where(Case.id == asked.case_id)).one_or_none() if asked.case_id else None
    if len(words) > REASON:
        raise Refused(LONG)
    unreached = outcome == "unreachable"
    if unreached and asked.tried_at and now < _second_call(office, asked.tried_at):
        return _too_early(session, office, who, case, words, asked.tried_at, now)
    since = asked.tried_at if unreached else None
    if _has_number(session, asked) and not _has_looked(session, who, asked, since):
        raise Refused(UNSEEN)
    first, told = unreached and asked.tried_at is None, False
    with as_owner(session):
        if first:
            asked.tried_at, asked.due_at = now, after(now, AGAIN, TermUnit.WORKING_DAYS, office.calendar)
        else:
            asked.done_at, asked.done_by, asked.outcome = now, who.id, outcome
            told = unreached and _tell_her(session, office, asked, case, now)
        if case:
            name = "officer_called" if asked.officer_id else "call_back_done"
            events.append(session, case, name, now, vault=office.vault, officer_id=who.id, outcome=outcome)
        if case and words:
            actions.note(session, office, case, who, words, now)
    said = OUTCOMES[outcome]
    said += f" It stays on the list: call once more by {minute(asked.due_at)}." if first else ""
    said += " An SMS tells her that we called twice." if told else ""
    return f"{spoken(case.reference)}. {said}" if case else said


def _second_call(office: Office, tried_at: datetime) -> datetime:
    """From when on the second call is made."""
    return after(tried_at, NOT_BEFORE, TermUnit.WORKING_DAYS, office.calendar)


def _too_early(
    session: Session, office: Office, who: Officer, case: Case | None, words: str, tried_at: datetime, now: datetime
) -> str:
    """The second *Not reached* comes before its time: her words are kept, the call stays on the list."""
    if not words and now - tried_at < REPEATED:
        return REPETITION
    why = f"{hours.tried(tried_at, now).capitalize()}. Call again {hours.from_on(_second_call(office, tried_at), now)}."
    if not (case and words):
        raise Refused(why)
    if is_noted(session, office, case.id, who, words, now):
        return REPETITION
    with as_owner(session):
        actions.note(session, office, case, who, words, now)
    return f"{spoken(case.reference)}. The note is kept. {why}"


def is_noted(session: Session, office: Office, case_id: int | None, who: Officer, words: str, now: datetime) -> bool:
    """Whether she noted these very words with this case a moment ago."""
    lines = select(CaseEvent).where(
        CaseEvent.case_id == case_id, CaseEvent.name == "note", CaseEvent.officer_id == who.id,
        CaseEvent.at > now - REPEATED,
    )  # fmt: skip
    return any(words_of(office.vault, line) == words for line in session.scalars(lines))


def _tell_her(session: Session, office: Office, asked: CallBack, case: Case | None, now: datetime) -> bool:
    """Tell a resident whom two calls did not reach that we called, if her phone can be written to."""
    her = session.get(Resident, asked.resident_id) if asked.resident_id else None
    unwritten = is_unwritten(case) if case else asked.case_id is not None
    if her is None or unwritten or not is_mobile(office.vault.open(her.phone_sealed)):
        return False
    text = office.letters.compose("called_twice", case.language if case else her.language, {})
    outbox.queue(session, office.vault, her.id, asked.case_id, "called_twice", text, now)
    return True


def _has_number(session: Session, asked: CallBack) -> bool:
    """Whether there is one to be shown: an officer may have none, a resident's may be erased."""
    hers = select(Officer.phone_mask).where(Officer.id == asked.officer_id)
    return bool(session.scalar(hers)) if asked.officer_id else asked.resident_id is not None


def _has_looked(session: Session, who: Officer, asked: CallBack, since: datetime | None) -> bool:
    look = select(NumberLook.id).where(NumberLook.call_back_id == asked.id, NumberLook.officer_id == who.id)
    return session.scalar(look.where(NumberLook.at > since if since else true()).limit(1)) is not None
