"""Which wards the sub-county works for: those whose administrator is on leave or silent, or that have none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.zone import NAIROBI
from gateway.cases.clock import deadline, local_day
from gateway.cases.desk_models import Prompt
from gateway.cases.models import Case, Desk, Kind, Status, WardCover, WardState
from gateway.cases.office import Office
from gateway.cases.unasked import OVER
from gateway.people import audit
from gateway.people.models import Absence, Officer, Post, Role
from gateway.people.presence import held_on, is_away_on

LEAVE, SILENT, VACANT = "leave", "silent", "vacant"


@dataclass(frozen=True)
class _Holder:
    """Who administers a ward. `since`: when she was last heard of, took the post, or came back from leave."""

    away: bool
    since: datetime


def settle_covers(session: Session, office: Office, now: datetime) -> int:
    """Cover what nobody works for, and make live again what somebody does; how many wards that changed.

    What the county administrator has given to the county desk stays with it. The caller commits. Several may do this
    at once: each change is made, and told in the audit, by one of them.
    """
    wanted = _wanted(session, office, now)
    stands = {cover.ward_code: cover.why for cover in session.scalars(select(WardCover))}
    # Most times nothing has changed, and nothing is written.
    covered = _cover(session, {code: why for code, why in wanted.items() if stands.get(code) != why}, now)
    live = _uncover(session, stands.keys() - wanted.keys())
    for ward_code, why in covered:
        audit.append(session, "ward_covered", ward=ward_code, why=why)
    for ward_code in live:
        audit.append(session, "ward_live", ward=ward_code)
    return len(covered) + len(live)


def _cover(session: Session, wanted: Mapping[int, str], now: datetime) -> list[tuple[int, str]]:
    """What was not covered before, or for another reason. In the order of the codes, as others do it, too."""
    if not wanted:
        return []
    rows = [
        {"ward_code": code, "state": WardState.COVERED, "why": wanted[code], "since": now} for code in sorted(wanted)
    ]
    new = insert(WardCover).values(rows)
    settled = new.on_conflict_do_update(
        index_elements=[WardCover.ward_code],
        set_={"state": new.excluded.state, "why": new.excluded.why, "since": new.excluded.since},
        where=text("ward_cover.state <> 'desk' AND (ward_cover.state, ward_cover.why) <> ('covered', excluded.why)"),
    ).returning(WardCover.ward_code, WardCover.why)
    return [(row.ward_code, row.why) for row in session.execute(settled)]


def _uncover(session: Session, live: Collection[int]) -> list[int]:
    """Those of `live` that were covered; the others are at the county desk, and stay there."""
    if not live:
        return []
    gone = delete(WardCover).where(WardCover.state == WardState.COVERED, WardCover.ward_code.in_(live))
    return list(session.scalars(gone.returning(WardCover.ward_code)))


def _wanted(session: Session, office: Office, now: datetime) -> Mapping[int, str]:
    """The wards that nobody works for, each with the reason."""
    holders = _holders(session, now)
    term = office.county.charter.term("silence")
    reasons: dict[int, str] = {}
    quiet: list[int] = []
    for ward in office.county.wards:
        there = [holder for holder in holders[ward.code] if not holder.away]
        if not there:
            reasons[ward.code] = LEAVE if holders[ward.code] else VACANT
        elif all(deadline(holder.since, term, office.calendar) <= now for holder in there):
            quiet.append(ward.code)
    return reasons | dict.fromkeys(_silent(session, office, quiet, now), SILENT)


def _holders(session: Session, now: datetime) -> Mapping[int, list[_Holder]]:
    """By ward, those who hold its post today."""
    day = local_day(now)
    back = (
        select(func.max(Absence.last_day))
        .where(Absence.officer_id == Post.officer_id, Absence.last_day < day)
        .scalar_subquery()
    )
    by_sms = (
        select(func.max(Prompt.answered_at))
        .where(Prompt.officer_id == Post.officer_id, Prompt.answer != OVER)
        .scalar_subquery()
    )
    query = (
        select(Post.ward_code, Post.starts_at, Officer.seen_at, by_sms, back, is_away_on(day))
        .join(Officer, Officer.id == Post.officer_id)
        .where(Officer.active, Post.role == Role.WARD, held_on(day))
    )
    found: defaultdict[int, list[_Holder]] = defaultdict(list)
    for ward_code, starts_at, seen_at, answered_at, last_day, away in session.execute(query):
        returned = datetime.combine(last_day + timedelta(days=1), time(), NAIROBI) if last_day else None
        since = max(moment for moment in (starts_at, seen_at, answered_at, returned) if moment)
        found[ward_code or 0].append(_Holder(away, since))
    return found


def _silent(session: Session, office: Office, quiet: Collection[int], now: datetime) -> list[int]:
    """Of the wards where nobody was seen, those where something has waited for just as long; and those that are
    covered for it already: that the sub-county did the work does not bring anybody back."""
    if not quiet:
        return []
    term = office.county.charter.term("silence")
    covered = select(WardCover.ward_code).where(WardCover.why == SILENT, WardCover.ward_code.in_(quiet))
    waits = (
        select(Case.ward_code, func.min(Case.desk_since))
        .where(
            Case.ward_code.in_(quiet), Case.status.in_((Status.NEW, Status.TAKEN)), Case.desk == Desk.WARD,
            ~Case.sensitive, ~Case.practice, Case.kind != Kind.FEEDBACK, Case.lead_id.is_(None),
        )
        .group_by(Case.ward_code)
    )  # fmt: skip
    oldest = [(code, since) for code, since in session.execute(waits) if code is not None]
    late = [code for code, since in oldest if deadline(since, term, office.calendar) <= now]
    return [*session.scalars(covered), *late]
