"""What the auditor reads: figures of everything that is not confidential, and histories without words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select, tuple_
from sqlalchemy.orm import Session

from gateway.cases.models import OPEN, Case, CaseEvent, Confirmation, Status
from gateway.messages.spending import Month
from gateway.people.models import Officer

LISTED = 50

COLUMNS = (
    Case.id, Case.reference, Case.kind, Case.channel, Case.category, Case.problem, Case.ward_code, Case.sub_county_code,
    Case.department, Case.desk, Case.status, Case.ending, Case.confirmation, Case.incomplete, Case.practice,
    Case.received_at, Case.due_at, Case.desk_since, Case.desk_due_at, Case.raised_to, Case.raised_at, Case.resolved_at,
    Case.closed_at,
)  # fmt: skip
"""Her role of the database reads column by column: no words, no reason, no place, no number."""


@dataclass(frozen=True)
class Chosen:
    """Which cases are counted or listed; None: all."""

    month: Month | None = None
    ward: int | None = None
    category: str | None = None
    status: Status | None = None


@dataclass(frozen=True)
class Figures:
    """Counts of one group. What residents said is counted apart, and never added up."""

    cases: int
    open: int
    late: int
    raised: int
    confirmed: int
    unconfirmed: int
    disputed: int


NONE = Figures(0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Shares:
    """How many cases have each value of one column; None: none of them."""

    status: Mapping[Any, int]
    ending: Mapping[Any, int]
    confirmation: Mapping[Any, int]
    raised_to: Mapping[Any, int]


@dataclass(frozen=True)
class Overview:
    """All chosen cases; by month, the last first; by ward and by category, the most first; and by state."""

    all: Figures
    months: Mapping[Month, Figures]
    wards: Mapping[int | None, Figures]
    categories: Mapping[str, Figures]
    shares: Shares


def overview(session: Session, chosen: Chosen, now: datetime) -> Overview:
    """Read it under the auditor's role, in one pass over the cases. Practice cases count nowhere."""
    month, ward, category, *shared = _groups(session, chosen, now)
    months = {Month(first.date()): one for first, one in month.items()}
    status = shared[0]
    return Overview(
        all=Figures(*(sum(counts) for counts in zip(*map(astuple, status.values()), strict=True))) if status else NONE,
        months=dict(sorted(months.items(), key=lambda one: one[0].first, reverse=True)),
        wards=_most_first(ward),
        categories=_most_first(category),
        shares=Shares(*({value: one.cases for value, one in _most_first(group).items()} for group in shared)),
    )


def cases(session: Session, chosen: Chosen, before: int | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """At most LISTED + 1 cases, the newest first, with ids below `before`; each row has COLUMNS."""
    which = _which(chosen) + ([Case.id < before] if before else [])
    return session.execute(select(*COLUMNS).where(*which).order_by(Case.id.desc()).limit(LISTED + 1)).all()


def case_called(session: Session, reference: str) -> Row[*tuple[Any, ...]] | None:
    """One case as a row of COLUMNS; None where there is none that she may know of."""
    return session.execute(select(*COLUMNS).where(Case.reference == reference, ~Case.sensitive)).one_or_none()


def history(session: Session, case_id: int) -> Sequence[tuple[CaseEvent, str]]:
    """Every event of a case, newest first, without words, each with the name of who did it."""
    query = (
        select(CaseEvent.at, CaseEvent.name, CaseEvent.data, Officer.name.label("officer"))
        .outerjoin(Officer, Officer.id == CaseEvent.officer_id)
        .where(CaseEvent.case_id == case_id)
        .order_by(CaseEvent.at.desc(), CaseEvent.id.desc())
    )
    return [
        (CaseEvent(at=row.at, name=row.name, data=row.data), row.officer or "") for row in session.execute(query)
    ]  # fmt: skip


_SHARED = (Case.status, Case.ending, Case.confirmation, Case.raised_to)


def _which(chosen: Chosen) -> list[ColumnElement[bool]]:
    which: list[ColumnElement[bool]] = [~Case.sensitive, ~Case.practice]
    if chosen.month:
        which.append(chosen.month.has(Case.received_at))
    for column, value in (
        (Case.ward_code, chosen.ward),
        (Case.category, chosen.category),
        (Case.status, chosen.status),
    ):
        if value is not None:
            which.append(column == value)
    return which


def _counts(case: Any, now: datetime) -> tuple[ColumnElement[int], ...]:
    """In the order of Figures."""
    opened = case.status.in_(OPEN)
    late = and_(opened, case.status != Status.WAITING, case.due_at < now)
    said = (Confirmation.CONFIRMED, Confirmation.UNCONFIRMED, Confirmation.DISPUTED)
    conditions = (opened, late, case.raised_to.is_not(None), *(case.confirmation == one for one in said))
    return func.count(), *(func.count().filter(one) for one in conditions)


def _groups(session: Session, chosen: Chosen, now: datetime) -> list[dict[Any, Figures]]:
    """The figures by month, ward and category, and by each of _SHARED: by the value of that column."""
    month = func.date_trunc("month", func.timezone("Africa/Nairobi", Case.received_at)).label("month")
    columns = (month, Case.ward_code, Case.category, *_SHARED)
    counted = (Case.status, Case.due_at, Case.raised_to, Case.confirmation)
    which = select(*dict.fromkeys((*columns, *counted))).where(*_which(chosen)).subquery()
    by = [which.c[column.key] for column in columns]
    sets = func.grouping_sets(*(tuple_(column) for column in by))
    rows = session.execute(select(func.grouping(*by), *by, *_counts(which.c, now)).group_by(sets)).all()
    # A bit of `grouping` is 0 for the column that the row is about; the first column has the highest bit.
    masks = [2 ** len(by) - 1 - 2 ** (len(by) - 1 - place) for place in range(len(by))]
    return [
        {row[1 + place]: Figures(*row[1 + len(by) :]) for row in rows if row[0] == mask}
        for place, mask in enumerate(masks)
    ]


def _most_first(groups: Mapping[Any, Figures]) -> dict[Any, Figures]:
    return dict(sorted(groups.items(), key=lambda one: (-one[1].cases, str(one[0]))))
