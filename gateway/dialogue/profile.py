"""What a USSD session may know of the resident who dials: read once, at its first hop, and kept to its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gateway.cases.models import Case
from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.catalogue import ward_item
from gateway.messages.models import Question, QuestionKind, QuestionStatus
from gateway.people.models import Resident


def read_profile(connection: Connection, office: Office, phone_hash: bytes, now: datetime) -> dict[str, Any]:
    """Language, values, slots and facts of `menus.engine.Facts`, as they are now."""
    asked = (Question.resident_id == Resident.id) & (Question.status == QuestionStatus.OPEN)
    fixed = (Question.kind == QuestionKind.FIXED) & (Question.expires_at > now)
    query = (
        select(Resident.language, Resident.ward_code, Question.id, Case.reference)
        .outerjoin(Question, asked & fixed)
        .outerjoin(Case, (Case.id == Question.case_id) & ~Case.sensitive)
        .where(Resident.phone_hash == phone_hash)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return {"language": office.menu.languages[0]}
    profile: dict[str, Any] = {"language": row.language}
    facts: list[str] = []
    slots: dict[str, Any] = {}
    ward = office.county.ward(row.ward_code) if row.ward_code else None
    if ward:
        facts.append("resident.has_ward")
        item = ward_item(office.county, ward)
        slots = {"ward": item.short, **item.slots}
        profile["values"] = {"ward": item.value, **item.sets}
    if row.reference:
        facts.append("question.fixed")
        slots["question_reference"] = spoken(row.reference)
        profile["question"] = row.id
    return {**profile, "facts": facts, "slots": slots}
