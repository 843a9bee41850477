"""Telling a resident by SMS how her reports stand, and whatever else answers her text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.cases import asking, carrying, ladder, residents_own, standing
from gateway.cases.clock import local_day
from gateway.cases.models import OPEN, Case, Status
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.messages import outbox, questions
from gateway.messages.models import QuestionKind
from gateway.people.models import Resident

TOLD = 3
"""Reports that one SMS lists."""


def tell(
    session: Session, office: Office, resident: Resident, wording: str, now: datetime,
    slots: Mapping[str, str] | None = None, *, always: bool = False,
) -> None:  # fmt: skip
    """Answer her text with an SMS that is about no case, at most five an hour but for what she must `always` know."""
    if always or outbox.may_reply(session, resident.id, now):
        text = office.letters.compose(wording, resident.language, slots or {})
        outbox.queue(session, office.vault, resident.id, None, wording, text, now, automatic=True)


def tell_list(session: Session, office: Office, resident: Resident, now: datetime) -> None:
    """Answer how her latest reports stand."""
    hers = residents_own.listed_cases(session, resident.phone_hash)
    slots = {"cases": listed(session, office, resident, hers, now)}
    tell(session, office, resident, "state_list" if hers else "no_reports", now, slots)


def listed(session: Session, office: Office, resident: Resident, cases: Sequence[Case], now: datetime) -> str:
    """`4821 7739 late, 7310 0043 in progress`: as many as one SMS tells."""
    menu, language = office.menu, resident.language
    stand = carrying.worked_on(session, cases[:TOLD])
    return ", ".join(
        f"{spoken(case.reference)} {menu.spoken(standing.state(menu, stand[case.id], now), language)}"
        for case in cases[:TOLD]
    )


def tell_state(session: Session, office: Office, case: Case, now: datetime) -> None:
    """Answer how a case stands, or with the question about it. Of a confidential one only that: phones are shared.

    Under its own reference it stands as the case that stands for it.
    """
    question = questions.open_question(session, case.resident_id, now) if case.resident_id else None
    if question and question.case_id == case.id and question.kind is QuestionKind.FIXED:
        asking.send(session, office, case, QuestionKind.FIXED.value, now, automatic=True)
        return
    menu, language, stands = office.menu, case.language, carrying.lead_of(session, case)
    slots = {
        "status": menu.spoken(standing.state(menu, stands, now), language),
        "desk": menu.spoken(standing.holder(office.county, menu, stands), language),
        "since": menu.short_day(local_day(stands.desk_since), language),
        "promise": office.letters.promise(standing.day_told(stands, now), language),
    }
    asking.send(session, office, case, _state_wording(session, office, stands, now), now, automatic=True, slots=slots)


def _state_wording(session: Session, office: Office, case: Case, now: datetime) -> str:
    """What a state is told in: with who has it, the day, and where she may go who is not content."""
    higher, top = ladder.may_send_higher(session, office, case, now), standing.is_at_top(case, now)
    if case.status in OPEN and not case.sensitive:
        above = "state_higher" if higher else "state_top" if top else ""
        return above or ("state_due" if case.due_at else "state_with")
    return "state_ended" if higher else "state_ended_top" if top else "state"


def is_over(case: Case) -> bool:
    """Nobody reads any more what is added to it."""
    return case.status in (Status.CLOSED, Status.WITHDRAWN)
