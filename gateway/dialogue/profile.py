"""What a USSD session may know of the resident who dials: read once, at its first hop, and kept to its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from gateway.cases.office import Office
from gateway.cases.references import spoken
from gateway.catalogue import ward_item

# One matter at most is shown, in the order of the three joins. A letter is an SMS of which nobody knows that it
# arrived: refused, unclear, or without a report for an hour; not where a later one about the same case has.
_PROFILE = text(
    """
    SELECT resident.language, resident.ward_code, asked.id AS question, asked.reference AS asked_about,
           letter.id AS letter, letter.reference AS letter_about,
           begun.id AS draft, begun.ward_code AS draft_ward, begun.language AS draft_language
    FROM (SELECT CAST(:phone_hash AS bytea) AS phone_hash) AS caller
    LEFT JOIN resident ON resident.phone_hash = caller.phone_hash
    LEFT JOIN LATERAL (
        SELECT question.id, cases.reference FROM question JOIN cases ON cases.id = question.case_id
        WHERE question.resident_id = resident.id AND question.status = 'open' AND question.kind = 'fixed'
          AND question.expires_at > :now AND NOT cases.sensitive
    ) AS asked ON true
    LEFT JOIN LATERAL (
        SELECT message.id, cases.reference FROM message JOIN cases ON cases.id = message.case_id
        WHERE message.resident_id = resident.id AND message.read_at IS NULL AND message.wording <> 'fixed'
          AND message.created_at > :now - interval '14 days'
          AND (message.status IN ('failed', 'unknown')
               OR message.status IN ('queued', 'claimed', 'held', 'sent')
                  AND message.created_at < :now - interval '1 hour')
          AND NOT cases.sensitive AND cases.status <> 'withdrawn'
          AND NOT EXISTS (SELECT 1 FROM message AS later WHERE later.case_id = message.case_id
                          AND later.id > message.id AND later.status = 'delivered')
        ORDER BY message.id DESC LIMIT 1
    ) AS letter ON true
    LEFT JOIN LATERAL (
        SELECT draft.id, draft.ward_code, draft.language FROM draft
        WHERE draft.phone_hash = caller.phone_hash AND draft.expires_at > :now
        ORDER BY draft.began_at DESC LIMIT 1
    ) AS begun ON true
    """
)


def read_profile(connection: Connection, office: Office, phone_hash: bytes, now: datetime) -> dict[str, Any]:
    """Language, values, slots and facts of `menus.engine.Facts`, as they are now, and the matter that is pending."""
    row = connection.execute(_PROFILE, {"phone_hash": phone_hash, "now": now}).one()
    profile: dict[str, Any] = {"language": row.language or row.draft_language or office.menu.languages[0]}
    facts: list[str] = []
    slots: dict[str, Any] = {}
    ward = office.county.ward(row.ward_code) if row.ward_code else None
    if ward:
        facts.append("resident.has_ward")
        item = ward_item(office.county, ward)
        slots = {"ward": item.short, **item.slots}
        profile["values"] = {"ward": item.value, **item.sets}
    return profile | _pending(office, row, facts, slots)


def _pending(office: Office, row: Row[Any], facts: list[str], slots: dict[str, Any]) -> dict[str, Any]:
    """The one matter that stands on the first line of the menu; only a reference or a ward of it is shown."""
    matter: dict[str, Any] = {}
    if row.question:
        matter = {"question": row.question}
        facts, slots = [*facts, "question.fixed"], {**slots, "question_reference": spoken(row.asked_about)}
    elif row.letter:
        matter = {"letter": row.letter}
        facts, slots = [*facts, "letter.waiting"], {**slots, "letter_reference": spoken(row.letter_about)}
    elif row.draft:
        ward = office.county.ward(row.draft_ward) if row.draft_ward else None
        matter = {"draft": row.draft}
        facts, slots = [*facts, "draft.open"], {**slots, "draft_ward": ward.short if ward else office.county.name}
    return {**matter, "facts": [*facts, "matter.pending"] if matter else facts, "slots": slots}
