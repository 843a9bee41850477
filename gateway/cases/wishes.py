"""What a keyword asks for: help, how a report stands or to send it higher, stop and start, the language, to see or
correct her data, to delete a report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.rights import CORRECT, ERASE, SEE
from gateway.cases import appeals, asking, erasing, requests, residents_own
from gateway.cases.categories import VIOLENCE
from gateway.cases.models import OPEN, Case, Channel, Draft, Kind, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.cases.situation import Situation
from gateway.cases.telling import tell, tell_list, tell_state
from gateway.messages import outbox, questions
from gateway.messages.keywords import Asked, Keyword, beside_correct
from gateway.messages.models import Message, Question, QuestionKind
from gateway.messages.tongue import guess_language
from gateway.people.models import Resident
from gateway.people.phone import mask

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
        case Keyword.HIGHER:
            return appeals.hear(session, office, resident, seen, now)
        case Keyword.STOP:
            _stop(session, office, resident, seen, now)
        case Keyword.START:
            resident.stopped_at = None
            tell(session, office, resident, "started", now)
        case Keyword.LANGUAGE:
            residents_own.speak(session, resident, _language(office, resident, asked))
            tell(session, office, resident, "language_set", now)
        case Keyword.DATA:
            return _data(session, office, resident, seen, now)
        case Keyword.CORRECT:
            return _correct(session, office, resident, seen, now)
        case Keyword.DELETE_ALL if seen.reference is None:
            return _delete_all(session, office, resident, seen, now)
        case Keyword.DELETE | Keyword.DELETE_ALL:
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


def _data(session: Session, office: Office, resident: Resident, seen: Situation, now: datetime) -> Case:
    """What we keep of her, in figures, and a request to see it, once: the desk tells her the rest.

    Her phone is perhaps not hers alone, so nothing confidential counts; and as she asks for it whatever there is, the
    answer tells nobody that there is something else.
    """
    count = session.scalar(
        select(func.count()).where(
            Case.resident_id == resident.id, ~Case.sensitive, Case.kind != Kind.REQUEST,
            Case.status != Status.WITHDRAWN,
        )
    )  # fmt: skip
    case = requests.ask(session, office, resident, seen.phone, SEE, now)
    requests.ask_confidential_desks(session, office, case, now)
    ward = office.county.ward(resident.ward_code) if resident.ward_code else None
    slots = {"count": str(count), "ward": ward.short if ward else "-"}
    _answer_request(session, office, case, "my_data" if count else "my_data_none", now, slots)
    return case


def _correct(session: Session, office: Office, resident: Resident, seen: Situation, now: datetime) -> Case:
    """A request to correct what we keep of her, once, with what she wrote as its words: the desk asks her the rest.

    What she names confidential stays where it is known: her words are added there, and the county's desk sees none.
    """
    named, words = seen.named, beside_correct(seen.text)
    if named and named.sensitive:
        residents_own.add_words(session, office, named, seen.text, now, Channel.SMS)
        asking.send(session, office, named, "received_confidential", now, automatic=True)
        return named
    case = requests.open_request(session, resident.id, CORRECT)
    if case is None:
        case = requests.ask(session, office, resident, seen.phone, CORRECT, now, words)
    elif words and words not in (case.words or ""):
        residents_own.add_words(session, office, case, words, now, Channel.SMS)
    requests.ask_confidential_desks(session, office, case, now)
    _answer_request(session, office, case, "received_request" if case.words else requests.ASKS_WORDS, now)
    return case


def _answer_request(
    session: Session, office: Office, case: Case, wording: str, now: datetime, slots: Mapping[str, str] | None = None
) -> None:
    """Answer what the law lets her ask for: once for each open request, however many texts an hour she got."""
    first = _is_first(session, case, wording)
    asking.send(session, office, case, wording, now, automatic=True, always=first, slots=slots)


def _is_first(session: Session, case: Case, wording: str) -> bool:
    told = select(Message.id).where(Message.case_id == case.id, Message.wording == wording)
    return session.scalar(told.limit(1)) is None


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


def _delete_all(session: Session, office: Office, resident: Resident, seen: Situation, now: datetime) -> Case:
    """Ask once more, as for one report. The request stands meanwhile: the law's time runs from when she asked."""
    case = requests.ask(session, office, resident, seen.phone, ERASE, now)
    if requests.is_confirmed(session, case):
        _answer_request(session, office, case, "received_request", now)
        return case
    questions.withdraw(session, case.id, QuestionKind.DELETE)  # asked anew
    if _is_first(session, case, "delete_all") or outbox.may_reply(session, resident.id, now):
        questions.ask(session, resident.id, QuestionKind.DELETE, now, DELETE_WAIT, case_id=case.id, first=True)
        _answer_request(session, office, case, "delete_all", now)
    return case


def _answer_delete_all(
    session: Session, office: Office, resident: Resident, case: Case, yes: bool, now: datetime
) -> Case | None:
    """A yes goes to the desk, which makes sure who asks; after a no there was no request."""
    if not yes:
        tell(session, office, resident, "kept_all", now)
        erasing.withdraw(session, office, case, now)
        return None
    requests.confirm(session, office, case, now)
    _answer_request(session, office, case, "received_request", now)
    return case


def answer_delete(
    session: Session, office: Office, question: Question, case: Case, yes: bool, now: datetime
) -> Case | None:
    """Her answer to *delete it?*; returns the case where it stays. What an officer has ended meanwhile does."""
    if not questions.answer(session, question.id, "yes" if yes else "no"):
        return case
    resident = session.get_one(Resident, question.resident_id)
    if case.kind is Kind.REQUEST and case.status in OPEN:
        about = _answer_delete_all(session, office, resident, case, yes, now)
        asking.open_next(session, office, resident.id, now)
        return about
    done = yes and case.status in OPEN
    reference = {"reference": spoken(case.reference)}
    tell(session, office, resident, erasing.FAREWELL if done else "kept", now, reference, always=done)
    if done:
        session.flush()
        erasing.withdraw(session, office, case, now)
    asking.open_next(session, office, resident.id, now)
    return None if done else case
