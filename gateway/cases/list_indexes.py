"""Indexes of the lists and of the search: for every sight that a post gives, one of what is open, one of what ended.

What is read of them grows with the page that is shown, not with the cases of a ward, a department or the county. The
columns behind the order are there to be compared in the index, without a look at the case.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Index, text

OPENED = "status IN ('new', 'taken', 'waiting', 'referred') AND lead_id IS NULL AND NOT practice"
RUNNING = "status IN ('new', 'taken', 'referred') AND lead_id IS NULL AND NOT practice"
ENDED = "status NOT IN ('new', 'taken', 'waiting', 'referred') AND NOT practice"
OVER_AT = "LEAST(due_at, desk_due_at)"
"""When the promise is broken, or the desk that has it has used up its own time."""
ENDED_AT = "COALESCE(closed_at, resolved_at)"
COLUMNS = {"ward": "ward_code", "sub_county": "sub_county_code", "department": "department"}
CONDITIONS = {
    "desk": "(ward_code IS NULL OR desk = 'county') AND NOT sensitive",
    "secretary": "raised_to = 'county_secretary' AND NOT sensitive",
}

DOCUMENT = """
    CASE WHEN NOT sensitive THEN
        to_tsvector('simple'::regconfig, COALESCE(words, '') || ' ' || COALESCE(landmark, '') || ' ' || reference
                    || ' ' || left(reference, 4) || ' ' || right(reference, 4))
        || array_to_tsvector(array_remove(ARRAY[
            '#ward:' || ward_code::text, '#sub_county:' || sub_county_code::text, '#department:' || department::text,
            CASE WHEN ward_code IS NULL OR desk = 'county' THEN '#desk' END,
            CASE WHEN raised_to = 'county_secretary' THEN '#secretary' END,
            CASE WHEN status IN ('new', 'taken', 'waiting', 'referred') THEN '#open' END
        ], NULL))
    END
"""
"""What is searched, and who may see it, so that one index intersects both. Nobody types a word that begins with #."""


def made() -> Sequence[Index]:
    """For `Case.__table_args__`."""
    found = []
    for name, column in COLUMNS.items():
        found += [
            _open(name, OPENED, column),
            Index(f"ix_cases_{name}_late", column, text(OVER_AT), postgresql_where=text(RUNNING)),
            Index(f"ix_cases_{name}_ended", column, text(ENDED_AT), "id", postgresql_where=text(ENDED)),
            Index(f"ix_cases_{name}", column, "id", postgresql_where=text("NOT sensitive")),
        ]
    for name, condition in CONDITIONS.items():
        found += [
            _open(name, f"{OPENED} AND {condition}"),
            Index(f"ix_cases_{name}_ended", text(ENDED_AT), "id", postgresql_where=text(f"{ENDED} AND {condition}")),
            Index(f"ix_cases_{name}", "id", postgresql_where=text(condition)),
            Index(f"ix_cases_{name}_ward", "ward_code", "id", postgresql_where=text(condition)),
        ]
    return [
        *found,
        Index("ix_cases_department_ward", "department", "ward_code", "id", postgresql_where=text("NOT sensitive")),
        _open("sensitive", f"{OPENED} AND sensitive", "about_ombudsman"),
        Index(
            "ix_cases_sensitive_ended", "about_ombudsman", text(ENDED_AT), "id",
            postgresql_where=text(f"{ENDED} AND sensitive"),
        ),
        Index(
            "ix_cases_disputed", "received_at", "id", "ward_code", "sub_county_code", "department",
            postgresql_where=text(f"{OPENED} AND confirmation = 'disputed'"),
        ),
        Index("ix_cases_mine", "assignee_id", "received_at", "id", postgresql_where=text("status = 'taken'")),
        Index("ix_cases_proposed", "proposed_by_id", postgresql_where=text("proposed_by_id IS NOT NULL")),
        Index("ix_cases_practice", "received_at", "id", postgresql_where=text("practice")),
        Index("ix_cases_document", "document", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    ]  # fmt: skip


def _open(name: str, condition: str, *leading: str) -> Index:
    return Index(
        f"ix_cases_{name}_open", *leading, "received_at", "id", "desk", "status", text(OVER_AT),
        postgresql_where=text(condition),
    )  # fmt: skip
