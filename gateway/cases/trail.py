"""The trail: lines of the audit and of the histories of cases together, newest first, each reader's own part of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    cast,
    false,
    func,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from gateway.cases.models import Case, CaseConflict, CaseEvent
from gateway.cases.visibility import visible
from gateway.db import as_owner
from gateway.people.models import Audit, Officer, Role

AUDIT, HISTORY = 1, 0
"""Where a line stands. Of the same moment, lines of the audit come first."""
READERS = (Role.AUDITOR, Role.OMBUDSMAN, Role.COUNTY_SECRETARY)
"""Who reads lines about cases: the auditor of what is not confidential, the others of what is."""
SIGN_INS = (
    "signed_in", "sign_in_failed", "signed_out", "session_ended", "recovery_used", "link_used", "device_added",
    "device_forgotten",
)  # fmt: skip


class Sort(StrEnum):
    """What kind of line one looks for."""

    OPENED = "opened"
    LISTED = "listed"
    NUMBER = "number"
    EXPORTED = "exported"
    CHANGED = "changed"
    SIGN_IN = "sign_in"
    ACCOUNT = "account"


NAMES: Mapping[Sort, tuple[str, ...]] = {
    Sort.OPENED: ("case_opened", "history_read"),
    Sort.LISTED: ("listed", "found", "holdings_shown", "texts_listed"),
    Sort.NUMBER: ("number_shown",),
    Sort.EXPORTED: ("exported",),
    Sort.SIGN_IN: SIGN_INS,
}
"""What such lines are called in the audit."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for: lines from `since` until before `until`, of one officer (as who did it, or to whom it was
    done), about one case, of one sort; None: any."""

    since: datetime | None = None
    until: datetime | None = None
    officer_id: int | None = None
    case_id: int | None = None
    sort: Sort | None = None


@dataclass(frozen=True)
class Place:
    """A line's place in the order: pages are cut there."""

    at: datetime
    source: int
    id: int


@dataclass(frozen=True)
class Line:
    """One line. `references`: of the cases that it is about, as far as the reader may know of them."""

    place: Place
    name: str
    officer: str
    about: str
    address: str
    data: Mapping[str, Any]
    case_ids: Collection[int] | None
    references: Sequence[str] = field(default=())


def search(session: Session, reader: Officer, wanted: Wanted, most: int, before: Place | None = None) -> list[Line]:
    """At most `most` lines behind `before`, newest first. Run it under the reader's own role."""
    lines = _of_audit(session, reader, wanted, most, before)
    if reader.holds(*READERS):
        lines += _of_histories(session, reader, wanted, most, before)
    lines.sort(key=lambda line: (line.place.at, line.place.source, line.place.id), reverse=True)
    return _with_references(session, reader, lines[:most])


def case_called(session: Session, reader: Officer, reference: str) -> int | None:
    """The id of the case with this reference, if the reader may know of it."""
    return session.scalar(select(Case.id).where(Case.reference == reference, readable(reader)))


def readable(reader: Officer) -> ColumnElement[bool]:
    """The condition on `cases` for what she reads about here; the policies of her role say it once more."""
    if reader.holds(Role.AUDITOR):
        return ~Case.sensitive
    return and_(Case.sensitive, visible(reader)) if reader.holds(*READERS) else false()


def _of_audit(
    session: Session, reader: Officer, wanted: Wanted, most: int, before: Place | None
) -> list[Line]:  # fmt: skip
    about = aliased(Officer)
    which = [*_when(Audit.at, wanted), *_behind(Audit.at, Audit.id, AUDIT, before)]
    if wanted.officer_id is not None:
        which.append(or_(Audit.officer_id == wanted.officer_id, Audit.about_id == wanted.officer_id))
    which.append(_audit_sort(wanted.sort))
    order = (Audit.at.desc(), Audit.id.desc())
    if wanted.case_id is not None:
        # No index on lists may be used beneath a policy: the owner finds the lines, and the policy shows what is hers.
        with as_owner(session):
            found = select(Audit.id).where(Audit.case_ids.contains([wanted.case_id]), *which)
            which = [Audit.id.in_(session.scalars(found.order_by(*order).limit(most)).all())]
    elif not reader.holds(Role.AUDITOR) and reader.holds(*READERS):
        hers = _confidential(session, reader)
        with as_owner(session):
            # What it takes to compare two lists, line by line, the planner does not know.
            session.execute(text("SET LOCAL enable_seqscan = off"))
            found = select(Audit.id).where(Audit.id.in_(_about(reader, hers)), *which)
            which = [Audit.id.in_(session.scalars(found.order_by(*order).limit(most)).all())]
            session.execute(text("SET LOCAL enable_seqscan = on"))
    # From where she signed in is personal data: whoever looks for a breach asks for an address, and is shown none.
    address: Any = null() if reader.holds(Role.AUDITOR) else Audit.address
    query = (
        select(
            Audit.id, Audit.at, Audit.name, address.label("address"), Audit.data, Audit.case_ids,
            Officer.name.label("officer"), about.name.label("about"),
        )
        .outerjoin(Officer, Officer.id == Audit.officer_id)
        .outerjoin(about, about.id == Audit.about_id)
        .where(*which)
    )  # fmt: skip
    return [
        Line(
            Place(row.at, AUDIT, row.id), row.name, row.officer or "", row.about or "", row.address or "", row.data,
            row.case_ids,
        )
        for row in session.execute(query.order_by(*order).limit(most))
    ]  # fmt: skip


def _confidential(session: Session, reader: Officer) -> Sequence[int]:
    """The ids of the confidential cases that she may know of. They are few beside the lines of what is not: with them
    the indexes on cases are asked, instead of the policies after every line."""
    return session.scalars(select(Case.id).where(readable(reader))).all()


def _about(reader: Officer, hers: Sequence[int]) -> Select[int]:
    """The lines about these cases and about confidential texts of hers, as the policy on the audit has it."""
    ids = cast(hers, ARRAY(BigInteger))
    # Each confidential case has a line of its own, but for what may come.
    whole = or_(~Audit.confidential, func.cardinality(Audit.case_ids) == 1, Audit.case_ids.contained_by(ids))
    office = Audit.data["about_ombudsman"].astext.is_not_distinct_from("true")
    texts = and_(Audit.case_ids == cast([], ARRAY(BigInteger)), Audit.confidential)
    of_texts = and_(texts, ~office if reader.holds(Role.OMBUDSMAN) else office)
    # Two lists and not one condition: each is then found by the index on lists alone, whatever else is asked for.
    lines = union_all(select(Audit.id).where(Audit.case_ids.overlap(ids), whole), select(Audit.id).where(of_texts))
    return select(lines.cte("about_hers").prefix_with("MATERIALIZED").c.id)


def _of_histories(
    session: Session, reader: Officer, wanted: Wanted, most: int, before: Place | None
) -> list[Line]:  # fmt: skip
    sort = _event_sort(wanted.sort)
    if sort is None:
        return []
    which = [*_when(CaseEvent.at, wanted), *_behind(CaseEvent.at, CaseEvent.id, HISTORY, before), sort]
    if wanted.officer_id is not None:
        which.append(CaseEvent.officer_id == wanted.officer_id)
    if wanted.case_id is not None:
        which.append(CaseEvent.case_id == wanted.case_id)
    elif not reader.holds(Role.AUDITOR):
        which.append(CaseEvent.case_id == func.any(cast(_confidential(session, reader), ARRAY(BigInteger))))
    order = (CaseEvent.at.desc(), CaseEvent.id.desc())
    if reader.holds(Role.AUDITOR):
        # Beneath the policies all cases would be read: the owner finds the lines, and they show what is hers.
        about_her = select(CaseConflict.case_id).where(CaseConflict.officer_id == reader.id)
        found = select(CaseEvent.id).join(Case, Case.id == CaseEvent.case_id).where(readable(reader), *which)
        with as_owner(session):
            newest = found.where(Case.id.not_in(about_her)).order_by(*order).limit(most)
            which = [CaseEvent.id.in_(session.scalars(newest).all())]
    query = (
        select(
            CaseEvent.id, CaseEvent.at, CaseEvent.name, CaseEvent.data, CaseEvent.case_id,
            Officer.name.label("officer"),
        )
        .join(Case, Case.id == CaseEvent.case_id)
        .outerjoin(Officer, Officer.id == CaseEvent.officer_id)
        .where(readable(reader), *which)
        .order_by(*order)
        .limit(most)
    )  # fmt: skip
    return [
        Line(Place(row.at, HISTORY, row.id), row.name, row.officer or "", "", "", row.data, [row.case_id])
        for row in session.execute(query)
    ]


def _when(at: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    since = [at >= wanted.since] if wanted.since else []
    return since + ([at < wanted.until] if wanted.until else [])


def _behind(at: Any, row_id: Any, source: int, before: Place | None) -> list[ColumnElement[bool]]:
    if before is None:
        return []
    if source == before.source:
        return [tuple_(at, row_id) < tuple_(before.at, before.id)]
    return [at <= before.at if source < before.source else at < before.at]


def _audit_sort(sort: Sort | None) -> ColumnElement[bool]:
    if sort is None:
        return true()
    if sort is Sort.CHANGED:
        told = [name for names in NAMES.values() for name in names]
        return and_(Audit.case_ids.is_not(None), Audit.name.not_in(told))
    if sort is Sort.ACCOUNT:
        return and_(Audit.case_ids.is_(None), Audit.name.not_in(SIGN_INS))
    return Audit.name.in_(NAMES[sort])


def _event_sort(sort: Sort | None) -> ColumnElement[bool] | None:
    """The condition on histories; None where they have no line of this sort."""
    looked = CaseEvent.name == "number_shown"
    return {None: true(), Sort.NUMBER: looked, Sort.CHANGED: ~looked}.get(sort)


def _with_references(session: Session, reader: Officer, lines: Sequence[Line]) -> list[Line]:
    ids = {one for line in lines for one in line.case_ids or ()}
    if not ids:
        return list(lines)
    rows = session.execute(select(Case.id, Case.reference).where(Case.id.in_(ids), readable(reader)))
    known = {row.id: row.reference for row in rows}
    return [
        replace(line, references=[known[one] for one in line.case_ids or () if one in known]) for line in lines
    ]  # fmt: skip
