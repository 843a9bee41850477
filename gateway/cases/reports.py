"""A ward's month in figures, written on the 1st: what came, how it ended, what residents said to that, what is left.

Confidential and practice cases, requests and what its resident took back are in no figure; nor is what was joined to an
older case and goes on there, nor what is kept from an officer, who would learn of it here. Claimed, confirmed,
disputed and unconfirmed are counted apart and never added.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway.cases.clock import local_day, start_of_day
from gateway.cases.desk_models import MonthlyReport
from gateway.cases.models import Case
from gateway.cases.office import Office

TOP = 5
"""Problems that a report names."""


@dataclass(frozen=True)
class Figures:
    """What a stretch of time came to in one ward.

    received, feedback    grievances and feedback that came in it
    problems              `WATER:BURST_PIPE` → how many, the most frequent first, at most TOP
    categories            `WATER` → how many grievances
    ended                 ending → grievances whose last ending fell in it
    kept, broken          of those ended: on or before the promised day, and after it
    days                  half of those ended took no longer, in days begun; None where none ended
    confirmed, disputed, unconfirmed   answers to *fixed?* in it: yes, not yet, none
    sent_up               steps up the ladder in it
    open, late            grievances that are open when it is counted, and those of them past the promised day
    asked                 those that the office calls fixed, and whose residents are being asked when it is counted
    """

    received: int = 0
    feedback: int = 0
    problems: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, int] = field(default_factory=dict)
    ended: Mapping[str, int] = field(default_factory=dict)
    kept: int = 0
    broken: int = 0
    days: int | None = None
    confirmed: int = 0
    disputed: int = 0
    unconfirmed: int = 0
    sent_up: int = 0
    open: int = 0
    late: int = 0
    asked: int = 0


_COUNTED = """
    NOT cases.sensitive AND NOT cases.practice AND cases.status <> 'withdrawn' AND cases.joined_id IS NULL
    AND NOT EXISTS (SELECT FROM case_conflict WHERE case_conflict.case_id = cases.id) AND cases.ward_code = ANY (:wards)
"""
_RECEIVED = text(
    f"""
    SELECT ward_code, kind, category, problem, count(*) AS many FROM cases
    WHERE {_COUNTED} AND kind <> 'request' AND received_at >= :since AND received_at < :until
    GROUP BY ward_code, kind, category, problem
    """  # noqa: S608  (a constant of ours)
)
_ENDED = text(
    f"""
    WITH latest AS (
        SELECT DISTINCT ON (case_event.case_id) case_event.case_id, case_event.at,
               case_event.data ->> 'ending' AS how
        FROM case_event
        WHERE case_event.name = 'ended' AND case_event.at >= :since AND case_event.at < :until
        ORDER BY case_event.case_id, case_event.id DESC
    )
    SELECT ward_code, how, count(*) AS many, count(*) FILTER (WHERE latest.at <= due_at) AS kept,
           count(*) FILTER (WHERE latest.at > due_at) AS broken
    FROM latest JOIN cases ON cases.id = latest.case_id
    WHERE {_COUNTED} AND kind = 'grievance' GROUP BY ward_code, how
    """  # noqa: S608
)
_HOW_LONG = text(
    f"""
    SELECT ward_code, percentile_disc(0.5) WITHIN GROUP (ORDER BY latest.at - received_at) AS half
    FROM (SELECT case_id, max(at) AS at FROM case_event
          WHERE name = 'ended' AND at >= :since AND at < :until GROUP BY case_id) AS latest
    JOIN cases ON cases.id = latest.case_id
    WHERE {_COUNTED} AND kind = 'grievance' GROUP BY ward_code
    """  # noqa: S608
)
_SAID = text(
    f"""
    SELECT ward_code, count(*) FILTER (WHERE name = 'confirmed') AS confirmed,
           count(*) FILTER (WHERE name = 'disputed') AS disputed,
           count(*) FILTER (WHERE name IN ('unconfirmed', 'staff_answer')) AS unconfirmed,
           count(*) FILTER (WHERE name = 'raised') AS sent_up
    FROM case_event JOIN cases ON cases.id = case_event.case_id
    WHERE case_event.at >= :since AND case_event.at < :until
      AND case_event.name IN ('confirmed', 'disputed', 'unconfirmed', 'staff_answer', 'raised') AND {_COUNTED}
    GROUP BY ward_code
    """  # noqa: S608
)
_LEFT = text(
    f"""
    SELECT ward_code, count(*) FILTER (WHERE status <> 'resolved') AS open,
           count(*) FILTER (WHERE due_at < :until AND status IN ('new', 'taken', 'referred')) AS late,
           count(*) FILTER (WHERE status = 'resolved') AS asked
    FROM cases
    WHERE {_COUNTED} AND kind = 'grievance' AND received_at < :until
      AND (status IN ('new', 'taken', 'waiting', 'referred') OR status = 'resolved' AND confirmation = 'asked')
    GROUP BY ward_code
    """  # noqa: S608
)


def figures(session: Session, wards: Collection[int], since: datetime, until: datetime) -> Mapping[int, Figures]:
    """From each of these wards to what the time from `since` to before `until` came to; what is open, as it is now.

    Five statements, however many wards. The caller reads as the owner: nothing but figures leaves this room.
    """
    values = {"wards": list(wards), "since": since, "until": until}
    found: dict[int, dict[str, Any]] = {ward: {} for ward in wards}
    for row in session.execute(_RECEIVED, values):
        _receive(found[row.ward_code], row)
    for row in session.execute(_ENDED, values):
        ward = found[row.ward_code]
        ward["ended"] = ward.get("ended", {}) | {row.how: row.many}
        for name in ("kept", "broken"):
            ward[name] = ward.get(name, 0) + getattr(row, name)
    for row in session.execute(_HOW_LONG, values):
        found[row.ward_code]["days"] = max(0, -(-row.half // timedelta(days=1)))
    for statement in (_SAID, _LEFT):
        for row in session.execute(statement, values):
            found[row.ward_code] |= {name: many for name, many in row._mapping.items() if name != "ward_code"}
    return {ward: Figures(**_in_order(counted)) for ward, counted in found.items()}


def _receive(ward: dict[str, Any], row: Row[Any]) -> None:
    if row.kind == "feedback":
        ward["feedback"] = ward.get("feedback", 0) + row.many
        return
    ward["received"] = ward.get("received", 0) + row.many
    categories, problems = ward.setdefault("categories", {}), ward.setdefault("problems", {})
    categories[row.category] = categories.get(row.category, 0) + row.many
    if row.problem:
        code = f"{row.category}:{row.problem}"
        problems[code] = problems.get(code, 0) + row.many


def _in_order(counted: dict[str, Any]) -> dict[str, Any]:
    """The most frequent first, and by name where two are as frequent."""

    def sorted_(name: str, most: int | None = None) -> dict[str, int]:
        return dict(sorted(counted.get(name, {}).items(), key=lambda one: (-one[1], one[0]))[:most])

    return counted | {
        "problems": sorted_("problems", TOP), "categories": sorted_("categories"), "ended": sorted_("ended"),
    }  # fmt: skip


# The month


def month_before(now: datetime) -> date:
    """The first day of the month before the one that it is in Nairobi."""
    return (local_day(now).replace(day=1) - timedelta(days=1)).replace(day=1)


def of_month(month: date) -> tuple[datetime, datetime]:
    """From its first midnight in Nairobi to the first one after it."""
    following = (month + timedelta(days=31)).replace(day=1)
    return start_of_day(month), start_of_day(following)


def write_due(session: Session, office: Office, now: datetime) -> int:
    """Write the reports of last month, once for each ward; how many were written.

    The first sweep of the 1st does it; after a downtime the first one that comes, with what is open at that time.
    Before the month in which the first case came there is nothing to report.
    """
    month, wards = month_before(now), office.county.wards
    if session.get(MonthlyReport, (wards[0].code, month)) is not None:
        return 0
    since, until = of_month(month)
    first = session.scalar(select(Case.received_at).order_by(Case.id).limit(1))
    if first is None or first >= until:
        return 0
    counted = figures(session, [ward.code for ward in wards], since, until)
    rows = [
        {
            "ward_code": ward.code, "month": month, "sub_county_code": ward.sub_county,
            "figures": asdict(counted[ward.code]), "made_at": now,
        }
        for ward in wards
    ]  # fmt: skip
    written = session.execute(insert(MonthlyReport).on_conflict_do_nothing().returning(MonthlyReport.ward_code), rows)
    return len(written.all())


def written(report: MonthlyReport) -> Figures:
    """The figures of a report as they were written."""
    return Figures(**report.figures)
