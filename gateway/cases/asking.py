"""Asking residents: *fixed?*, *which ward?*, *shall we send what you began?*, one open question per phone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from config.county import TermUnit, Ward
from gateway.cases.categories import VIOLENCE
from gateway.cases.clock import deadline
from gateway.cases.models import Case, Draft, Kind
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.messages import outbox, questions
from gateway.messages.models import Question, QuestionKind

WARD_ANSWER_WAIT = timedelta(days=2)


def confirmation_wait(office: Office, case: Case, now: datetime) -> timedelta:
    """How long we wait for the answer to *fixed?* before it counts as unconfirmed."""
    term = office.county.charter.term("confirmation_wait", case.category)
    if term.unit is TermUnit.WORKING_DAYS:
        return deadline(now, term, office.calendar) - now
    return timedelta(hours=term.amount * (24 if term.unit is TermUnit.DAYS else 1))


def ask_fixed(session: Session, office: Office, case: Case, now: datetime) -> bool:
    """Ask whether it is really fixed. False where nobody can be asked: the number is hidden, or the case sensitive."""
    if case.resident_id is None or case.sensitive:
        return False
    wait = confirmation_wait(office, case, now)
    if questions.ask(session, case.resident_id, QuestionKind.FIXED, now, wait, case_id=case.id):
        send(session, office, case, "fixed", now)
    return True


def ask_ward(session: Session, case: Case, among: Sequence[Ward], now: datetime) -> None:
    """Ask for the ward, one of `among` if there are any. Where no other question is open, the SMS that answered the
    report has this one in it."""
    if case.resident_id is not None:
        options = [str(ward.code) for ward in among]
        questions.ask(
            session, case.resident_id, QuestionKind.WHICH_WARD, now, WARD_ANSWER_WAIT, case_id=case.id, options=options
        )


def numbered(wards: Iterable[Ward]) -> str:
    """`1 Isukha North 2 Isukha Central`, as an SMS lists what a digit stands for."""
    return " ".join(f"{number} {ward.short}" for number, ward in enumerate(wards, start=1))


def ask_draft(session: Session, office: Office, resident_id: int, draft: Draft, now: datetime) -> None:
    """Ask for the words and the place of a report that she began."""
    if questions.ask(session, resident_id, QuestionKind.DRAFT, now, draft.expires_at - now, draft_id=draft.id):
        _send_draft(session, office, resident_id, draft, now)


def _send_draft(session: Session, office: Office, resident_id: int, draft: Draft, now: datetime) -> None:
    ward = office.county.ward(draft.ward_code) if draft.ward_code else None
    slots = {"ward": ward.short if ward else office.county.name}
    text = office.letters.compose("draft", draft.language, slots)
    outbox.queue(session, office.vault, resident_id, None, "draft", text, now)


def open_next(session: Session, office: Office, resident_id: int, now: datetime) -> Question | None:
    """After an answer or an expiry: open the next waiting question and send its SMS."""
    question = questions.open_next(session, resident_id, now)
    if question and question.draft_id:
        draft = session.get_one(Draft, question.draft_id)
        draft.expires_at = question.expires_at  # what the SMS promises
        _send_draft(session, office, resident_id, draft, now)
    elif question:
        case = session.get_one(Case, question.case_id)
        wards = [ward for code in question.options or () if (ward := office.county.ward(int(code)))]
        wording = "which_of" if wards else question.kind.value
        send(session, office, case, wording, now, slots={"wards": numbered(wards)})
    return question


def is_unwritten(case: Case) -> bool:
    """Whether nothing is ever texted about it: violence, and what the confidential desk is asked of somebody's data."""
    return case.category == VIOLENCE or (case.kind is Kind.REQUEST and case.sensitive)


def send(
    session: Session, office: Office, case: Case, wording: str, now: datetime, *, automatic: bool = False,
    wanted: bool = False, always: bool = False, slots: Mapping[str, str] | None = None,
) -> str | None:  # fmt: skip
    """Queue one SMS about `case`; returns its text, or None where none may go.

    None goes where the number is hidden, and about violence: the phone may be in the hands of the one who must not
    know. `automatic` ones, which answer an inbound SMS, stop at five an hour, but for what she must `always` know.
    """
    if case.resident_id is None or is_unwritten(case):
        return None
    if automatic and not always and not outbox.may_reply(session, case.resident_id, now):
        return None
    known = {"reference": spoken(case.reference), "promise": office.letters.promise(case.due_at, case.language)}
    text = office.letters.compose(wording, case.language, {**known, **(slots or {})})
    outbox.queue(
        session, office.vault, case.resident_id, case.id, wording, text, now, automatic=automatic,
        wanted=wanted or automatic,
    )  # fmt: skip
    return text
