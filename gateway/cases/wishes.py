"""What a keyword asks for: help, how a report stands, stop and start, the language, her data, to delete a report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.cases import asking, erasing, residents_own, standing
from gateway.cases.clock import local_day
from gateway.cases.filing import VIOLENCE
from gateway.cases.models import OPEN, Case, Draft, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.situation import Situation
from gateway.messages import outbox, questions
from gateway.messages.keywords import Asked, Keyword
from gateway.messages.models import Question, QuestionKind
from gateway.messages.tongue import guess_language
from gateway.people.models import Resident
from gateway.people.phone import mask

TOLD = 3
"""Reports that one SMS lists."""
DELETE_WAIT = timedelta(days=1)
"""How long we wait for her to say that a report is really to be deleted."""


def grant(session: Session, office: Office, seen: Situation, now: datetime) -> Case | None:
    """Do what she asks for and tell her; returns the case that it was about, if it was about one."""
    asked = seen.decided.asked
    assert asked is not None
    resident = seen.resident or known(session, office, seen)
    match asked.keyword:
        case Keyword.HELP:
            tell(session, office, resident, "help", now)
        case Keyword.STATUS:
            return _status(session, office, resident, seen, now)
        case Keyword.STOP:
            _stop(session, office, resident, seen, now)
        case Keyword.START:
            resident.stopped_at = None
            tell(session, office, resident, "started", now)
        case Keyword.LANGUAGE:
            residents_own.speak(session, resident, _language(office, resident, asked))
            tell(session, office, resident, "language_set", now)
        case Keyword.DATA:
            _data(session, office, resident, now)
        case Keyword.DELETE:
            return _delete(session, office, resident, seen, now)
    return None


def known(session: Session, office: Office, seen: Situation) -> Resident:
    """Somebody who writes for the first time, made known so that she can be answered."""
    language = guess_language(seen.text, office.county.languages)
    session.execute(
        insert(Resident)
        .values(
            phone_hash=seen.caller.phone_hash, phone_sealed=office.vault.seal(seen.phone),
            phone_mask=mask(seen.phone), language=language,
        )
        .on_conflict_do_nothing(index_elements=["phone_hash"])
    )  # fmt: skip
    return session.scalars(select(Resident).where(Resident.phone_hash == seen.caller.phone_hash)).one()


def tell(
    session: Session, office: Office, resident: Resident, wording: str, now: datetime,
    slots: Mapping[str, str] | None = None, *, always: bool = False,
) -> None:  # fmt: skip
    """Answer her text with an SMS that is about no case, at most five an hour but for what she must `always` know."""
    if always or outbox.may_reply(session, resident.id, now):
        text = office.letters.compose(wording, resident.language, slots or {})
        outbox.queue(session, office.vault, resident.id, None, wording, text, now, automatic=True)


# How it stands


def _status(session: Session, office: Office, resident: Resident, seen: Situation, now: datetime) -> Case | None:
    if seen.reference:
        if seen.named is None or seen.named.category == VIOLENCE:
            tell(session, office, resident, "not_yours", now)
            return None
        tell_state(session, office, seen.named, now)
        return seen.named
    hers = residents_own.listed_cases(session, seen.caller.phone_hash)
    if len(hers) == 1:
        tell_state(session, office, hers[0], now)
        return hers[0]
    tell_list(session, office, resident, now)
    return None


def tell_list(session: Session, office: Office, resident: Resident, now: datetime) -> None:
    """Answer how her latest reports stand."""
    hers, menu = residents_own.listed_cases(session, resident.phone_hash)[:TOLD], office.menu
    shown = [
        f"{spoken(case.reference)} {menu.spoken(standing.state(menu, case, now), resident.language)}" for case in hers
    ]
    tell(session, office, resident, "state_list" if hers else "no_reports", now, {"cases": ", ".join(shown)})


def tell_state(session: Session, office: Office, case: Case, now: datetime) -> None:
    """Answer how a case stands, or with the question about it. Of a confidential one only that: phones are shared."""
    question = questions.open_question(session, case.resident_id, now) if case.resident_id else None
    if question and question.case_id == case.id and question.kind is QuestionKind.FIXED:
        asking.send(session, office, case, QuestionKind.FIXED.value, now, automatic=True)
        return
    menu, language = office.menu, case.language
    slots = {
        "status": menu.spoken(standing.state(menu, case, now), language),
        "desk": menu.spoken(standing.holder(office.county, menu, case), language),
        "since": menu.short_day(local_day(case.desk_since), language),
    }
    wording = "state"
    if case.status in OPEN and not case.sensitive:
        wording = "state_due" if case.due_at else "state_with"
    asking.send(session, office, case, wording, now, automatic=True, slots=slots)


def is_over(case: Case) -> bool:
    """Nobody reads any more what is added to it."""
    return case.status in (Status.CLOSED, Status.WITHDRAWN)


# Stop, language, data


def _stop(session: Session, office: Office, resident: Resident, seen: Situation, now: datetime) -> None:
    """No more SMS but this one; what we asked about a report that she began is answered with it, too."""
    outbox.stop(session, seen.caller.phone_hash, now)
    if seen.question and seen.question.draft_id:
        session.delete(session.get_one(Draft, seen.question.draft_id))
    tell(session, office, resident, "stopped", now, always=True)


def _language(office: Office, resident: Resident, asked: Asked) -> str:
    """The language that she named, else the next one after hers."""
    languages = office.county.languages
    if asked.language in languages:
        return str(asked.language)
    at = languages.index(resident.language) if resident.language in languages else -1
    return languages[(at + 1) % len(languages)]


def _data(session: Session, office: Office, resident: Resident, now: datetime) -> None:
    """What we keep of her, in figures: her phone is perhaps not hers alone, so nothing confidential counts."""
    count = session.scalar(
        select(func.count()).where(Case.resident_id == resident.id, ~Case.sensitive, Case.status != Status.WITHDRAWN)
    )
    ward = office.county.ward(resident.ward_code) if resident.ward_code else None
    slots = {"count": str(count), "ward": ward.short if ward else "-"}
    tell(session, office, resident, "my_data" if count else "my_data_none", now, slots)


# Deleting


def _delete(session: Session, office: Office, resident: Resident, seen: Situation, now: datetime) -> Case | None:
    """Ask once more, before anything else that she was asked: what is erased does not come back."""
    case = seen.named
    if seen.reference and (case is None or case.category == VIOLENCE):
        tell(session, office, resident, "not_yours", now)
        return None
    if case is None:
        tell(session, office, resident, "delete_which", now)
        return None
    if case.sensitive or case.status not in OPEN:
        tell(session, office, resident, "delete_not", now, {"reference": spoken(case.reference)})
        return case
    questions.withdraw(session, case.id, QuestionKind.DELETE)  # asked anew
    if not outbox.may_reply(session, resident.id, now):
        return case  # a yes to what she was not asked must erase nothing
    questions.ask(session, resident.id, QuestionKind.DELETE, now, DELETE_WAIT, case_id=case.id, first=True)
    asking.send(session, office, case, "delete", now, automatic=True)
    return case


def answer_delete(
    session: Session, office: Office, question: Question, case: Case, yes: bool, now: datetime
) -> Case | None:
    """Her answer to *delete it?*; returns the case where it stays. What an officer has ended meanwhile does."""
    if not questions.answer(session, question.id, "yes" if yes else "no"):
        return case
    resident = session.get_one(Resident, question.resident_id)
    done = yes and case.status in OPEN
    reference = {"reference": spoken(case.reference)}
    tell(session, office, resident, erasing.FAREWELL if done else "kept", now, reference, always=done)
    if done:
        session.flush()
        erasing.withdraw(session, office, case, now)
    asking.open_next(session, office, resident.id, now)
    return None if done else case
