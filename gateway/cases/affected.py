"""Who was affected between two times: whose cases somebody was shown, took along or changed. For a breach notice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, literal, select, text, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from gateway.cases.models import Case, CaseEvent
from gateway.cases.trail import readable
from gateway.db import as_owner
from gateway.people.models import Audit, Officer

SIGNED_IN_FOR = timedelta(days=31)
"""For so long, and no longer, a sign-in lets somebody in from an address that no line names again."""
LONGEST_MS = 30_000
"""For this one question more than a page may take: it goes through everything that was done in weeks."""


class What(StrEnum):
    """What was done with a case."""

    OPENED = "opened"
    LISTED = "listed"
    EXPORTED = "exported"
    NUMBER = "number"
    CHANGED = "changed"


NAMES = {
    "case_opened": What.OPENED, "listed": What.LISTED, "found": What.LISTED, "holdings_shown": What.LISTED,
    "exported": What.EXPORTED, "number_shown": What.NUMBER,
}  # fmt: skip
"""By the name of the line; any other one is a change."""
HARMLESS = ("history_read",)
"""Lines that tell of no words and no number."""


@dataclass(frozen=True)
class Row:
    """One case, what one officer did with it, how often, first and last."""

    case_id: int
    reference: str
    confidential: bool
    what: What
    officer: str
    times: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Affected:
    """`cases`: how many cases it was done with; `all_cases`: with any of it done; `residents`: whose numbers were
    shown; `texts`: that were set aside and read."""

    rows: Sequence[Row]
    cases: Mapping[What, int]
    all_cases: int
    residents: int
    texts: int


def find(
    session: Session, reader: Officer, since: datetime, until: datetime, officers: Collection[int] | None = None
) -> Affected:
    """What was done from `since` until before `until`, by these officers or by any. Run it under the reader's role."""
    session.execute(text(f"SET LOCAL statement_timeout = {LONGEST_MS}"))
    rows = _rows(session, reader, since, until, officers)
    affected = {what: {row.case_id for row in rows if row.what is what} for what in What}
    shown = _window(Audit, since, until, officers)
    texts = func.jsonb_array_elements_text(Audit.data["texts"]).label("text")
    read = select(texts).where(Audit.name == "texts_listed", *shown).distinct().subquery()
    return Affected(
        rows=rows,
        cases={what: len(cases) for what, cases in affected.items()},
        all_cases=len(set().union(*affected.values())),
        residents=_residents(session, affected[What.NUMBER], shown),
        texts=session.scalar(select(func.count()).select_from(read)) or 0,
    )


def signed_in_from(session: Session, address: str, since: datetime, until: datetime) -> set[int]:
    """The officers who were signed in from this address of the network, and may still have been at `since`."""
    with as_owner(session):  # of the lines only the officers' ids leave this place
        query = select(Audit.officer_id).where(
            Audit.address == address, Audit.officer_id.is_not(None), Audit.at >= since - SIGNED_IN_FOR, Audit.at < until
        )
        return {one for one in session.scalars(query.distinct()) if one is not None}


def _window(
    table: type[Audit] | type[CaseEvent], since: datetime, until: datetime, officers: Collection[int] | None
) -> list[ColumnElement[bool]]:
    hers = table.officer_id.is_not(None) if officers is None else table.officer_id.in_(officers)
    return [table.at >= since, table.at < until, hers]


def _rows(
    session: Session, reader: Officer, since: datetime, until: datetime, officers: Collection[int] | None
) -> list[Row]:
    """The owner counts, for no policy could ask after every line of a month; the reader's own role names the cases."""
    shown: Select[*tuple[Any, ...]] = select(
        func.unnest(Audit.case_ids).label("case_id"), _what(Audit.name).label("what"), Audit.officer_id, Audit.at
    ).where(Audit.case_ids.is_not(None), Audit.name.not_in(HARMLESS), *_window(Audit, since, until, officers))
    done: Select[*tuple[Any, ...]] = select(
        CaseEvent.case_id, _what(CaseEvent.name).label("what"), CaseEvent.officer_id, CaseEvent.at
    ).where(*_window(CaseEvent, since, until, officers))
    both = union_all(shown, done).subquery()
    by = (both.c.case_id, both.c.what, both.c.officer_id)
    query = (
        select(*by, func.count().label("times"), func.min(both.c.at).label("first"), func.max(both.c.at).label("last"))
        .where(both.c.case_id.in_(select(Case.id).where(readable(reader))))
        .group_by(*by)
    )
    with as_owner(session):
        found = session.execute(query).all()
    seen = (Case.id == func.any(cast([one.case_id for one in found], ARRAY(BigInteger)))) & readable(reader)
    cases = {row.id: row for row in session.execute(select(Case.id, Case.reference, Case.sensitive).where(seen))}
    names = {row.id: row.name for row in session.execute(select(Officer.id, Officer.name))}
    rows = [
        Row(
            one.case_id, cases[one.case_id].reference, cases[one.case_id].sensitive, What(one.what),
            names[one.officer_id], one.times, one.first, one.last,
        )
        for one in found
        if one.case_id in cases
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row.first, row.case_id, row.what))


def _what(name: Any) -> ColumnElement[str]:
    return case(*((name == called, literal(what.value)) for called, what in NAMES.items()), else_=What.CHANGED.value)


def _residents(session: Session, cases: Collection[int], shown: Sequence[ColumnElement[bool]]) -> int:
    """Whose numbers were shown, each once; of a case without a number it was that of whoever stands in its words."""
    call_backs = select(func.count(Audit.data["call_back"].astext.distinct())).where(
        Audit.name == "number_shown", *shown
    )
    numbers = session.scalar(call_backs) or 0
    with as_owner(session):  # only how many there are leaves this place
        hers = select(func.count(Case.resident_id.distinct()), func.count().filter(Case.resident_id.is_(None)))
        known, others = session.execute(hers.where(Case.id.in_(cases))).one()
    return int(numbers + known + others)
