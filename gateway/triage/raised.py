"""The steps that a case has gone up, as officers read them on its page and in its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.county import County
from gateway.cases.models import Case, CaseEvent, Channel, Step
from gateway.cases.steps import ASKED, HARD_STOP
from gateway.triage.english import CHANNELS, SENT_UP, english

HOLDERS = {
    Step.SUB_COUNTY: "the sub-county administrator",
    Step.CHIEF_OFFICER: "the chief officer",
    Step.COUNTY_SECRETARY: "the county secretary",
}


@dataclass(frozen=True)
class StepUp:
    """One step: when and why, to whom, by when she was told to have an answer, and what was passed over."""

    at: datetime
    why: str
    holder: str
    answer_by: datetime | None
    skipped: str


def steps_of(session: Session, county: County, case: Case) -> Sequence[StepUp]:
    """The steps of a case so far, the first one first."""
    if case.raised_to is None:
        return []
    query = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.name == "raised").order_by(CaseEvent.id)
    return [_step(county, case, event) for event in session.scalars(query)]


def _step(county: County, case: Case, event: CaseEvent) -> StepUp:
    data = event.data
    answer_by = datetime.fromisoformat(data["answer_by"]) if data.get("answer_by") else None
    why = SENT_UP.get(data.get("why"), "Sent up")
    return StepUp(event.at, why, holder(county, case, data), answer_by, skipped(data))


def holder(county: County, case: Case, data: dict[str, Any]) -> str:
    """`Lurambi sub-county`, `Chief officer, Water dept`, `County secretary`."""
    sub_county = county.sub_county(case.sub_county_code) if case.sub_county_code else None
    department = county.department(case.department) if case.department else None
    match data.get("step"):
        case Step.SUB_COUNTY if sub_county:
            return f"{sub_county.name} sub-county"
        case Step.CHIEF_OFFICER if department:
            return f"Chief officer, {english(department.short)}"
        case Step.COUNTY_SECRETARY:
            return "County secretary"
        case _:
            return str(data.get("step", "")).replace("_", " ").capitalize()


def skipped(data: dict[str, Any]) -> str:
    """`Nobody was there for the sub-county administrator.`, or nothing."""
    absent = [HOLDERS[Step(step)] for step in data.get("skipped", ()) if step in list(Step)]
    if data.get("nobody"):
        absent.append(HOLDERS[Step.COUNTY_SECRETARY])
    return f"Nobody was there as {' or '.join(absent)}." if absent else ""


def sentence(county: County, event: CaseEvent, name: str) -> str:
    """A step in the history."""
    step = HOLDERS[Step(event.data["step"])] if event.data.get("step") in list(Step) else "the next step"
    why, missing = event.data.get("why"), skipped(event.data)
    if why == ASKED:
        channel = event.data.get("channel")
        by = f" {CHANNELS[Channel(channel)]}" if channel in list(Channel) else ""
        said = f"The resident sent it higher{by}, to {step}"
    elif why == HARD_STOP:
        said = f"Open for too long: it went up to {step}"
    else:
        said = f"The promise was broken: it went up to {step}"
    return f"{said}. {missing.rstrip('.')}" if missing else said
