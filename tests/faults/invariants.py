"""What holds after every fault: no report is lost or doubled, and every SMS has an end or a time.

The one check that each test of a fault ends with.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gateway.cases.models import Case, CaseEvent, Confirmation, Intake, Status
from gateway.messages.models import IncomingSms, IncomingStatus, Message, MessageStatus, Question, QuestionStatus
from gateway.phone.provider import Provider

FINAL = {MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.CANCELLED}
_REFERENCE = re.compile(r"(?<!\d)(\d{4}) (\d{4})(?!\d)")


def check(engine: Engine, provider: Provider, thanked: Iterable[str] = ()) -> None:
    """Assert the promises; `thanked` are the references that residents saw otherwise than by SMS."""
    with Session(engine) as session:
        _every_report_exists_once(session, {*thanked, *_texted(provider)})
        _every_sms_is_final_or_due(session)
        _every_text_is_settled(session)
        _at_most_one_question_is_open(session)


def repeated(provider: Provider) -> int:
    """How many SMS the provider took more often than once: each (number, words) should be taken once."""
    taken = Counter((message["to"], message["text"]) for message in provider.messages)
    return sum(count - 1 for count in taken.values())


def _texted(provider: Provider) -> set[str]:
    """The references in all SMS that left."""
    return {one + two for message in provider.messages for one, two in _REFERENCE.findall(message["text"])}


def _every_report_exists_once(session: Session, thanked: set[str]) -> None:
    kept = session.scalars(select(Case.reference)).all()
    assert thanked - set(kept) == set(), "a resident was thanked for a report that does not exist"
    filed = select(func.count()).where(CaseEvent.case_id == Case.id, CaseEvent.name == "filed").scalar_subquery()
    assert session.scalars(select(Case.reference).where(filed != 1)).all() == [], "filed more or less often than once"
    assert session.scalars(select(Case.reference).where(Case.intake_id.is_(None))).all() == []
    doubled = select(Case.intake_id).group_by(Case.intake_id).having(func.count() > 1)
    assert session.scalars(doubled).all() == [], "one intake became two cases"
    cases = select(Case.id).where(Case.intake_id == Intake.id).exists()
    assert session.scalars(select(Intake.source_id).where(Intake.channel == "sms", ~cases)).all() == []


def _every_sms_is_final_or_due(session: Session) -> None:
    for message in session.scalars(select(Message)):
        match message.status:
            case MessageStatus.QUEUED:
                due = message.lease_until is None and message.sent_at is None
            case MessageStatus.CLAIMED | MessageStatus.UNKNOWN:
                due = message.lease_until is not None
            case _:
                due = message.status in FINAL and message.lease_until is None
        assert due, f"message {message.id} is {message.status} and nobody will come back to it"


def _every_text_is_settled(session: Session) -> None:
    for incoming in session.scalars(select(IncomingSms)):
        if incoming.status is not IncomingStatus.STORED:
            assert incoming.why, f"text {incoming.id} is {incoming.status} and nobody knows why"
        assert incoming.why != "new case" or incoming.case_id is not None


def _at_most_one_question_is_open(session: Session) -> None:
    crowded = (
        select(Question.resident_id)
        .where(Question.status == QuestionStatus.OPEN)
        .group_by(Question.resident_id)
        .having(func.count() > 1)
    )
    assert session.scalars(crowded).all() == []
    wrong = select(Case.reference).where(Case.confirmation == Confirmation.ASKED, Case.status != Status.RESOLVED)
    assert session.scalars(wrong).all() == []
