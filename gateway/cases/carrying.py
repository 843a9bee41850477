"""Who stands for whom: several people told of one problem, and one of their cases is worked on for all of them.

A carried case keeps its reporter, its history and its promise; no desk's clock and no ladder runs for it meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, select, update
from sqlalchemy.orm import Session, aliased

from gateway.cases import desks, events, published, steps, timing
from gateway.cases.bindings import BINDS, DAYS
from gateway.cases.models import OPEN, Case, CaseConflict, CaseEvent, Confirmation, Kind, Step
from gateway.cases.office import Office
from gateway.cases.steps import is_carried
from gateway.cases.timing import Times
from gateway.db import as_owner


def lead_of(session: Session, case: Case, *, lock: bool = False) -> Case:
    """The case that is worked on for this one: its lead while it is carried, else itself.

    `lock`: hold the lead, too, as `hold_lead` does before the case at hand is locked.
    """
    if not is_carried(case) or case.lead_id is None:
        return case
    how: Any = {"with_for_update": {"key_share": True}, "populate_existing": True} if lock else {}
    lead = session.get(Case, case.lead_id, **how)
    return lead if lead and not lead.sensitive else case  # whatever befell, of a secret she reads nothing


def worked_on(session: Session, cases: Collection[Case]) -> Mapping[int, Case]:
    """By the id of each of these cases, the one that is worked on for it: `lead_of` for many."""
    wanted = {case.lead_id for case in cases if is_carried(case)}
    query = select(Case).where(Case.id.in_(wanted), ~Case.sensitive)
    leads = {lead.id: lead for lead in session.scalars(query)} if wanted else {}
    return {case.id: leads.get(case.lead_id or 0, case) if is_carried(case) else case for case in cases}


def is_alike(case: Case) -> bool:
    """Whether it may stand for others, or under another: a report that is open, and promised a day."""
    alone = case.sensitive or case.practice or case.kind is not Kind.GRIEVANCE or case.due_at is None
    return case.status in OPEN and not alone and case.joined_id is None


def may_lead(case: Case) -> bool:
    """Whether it may stand for others now: one that no other stands for."""
    return is_alike(case) and not is_carried(case)


def carried(session: Session, lead: Case) -> list[Case]:
    """The cases that this one stands for, oldest first; under the officers' role those that she sees."""
    return carried_by(session, [lead.id])


def carried_by(session: Session, lead_ids: Collection[int]) -> list[Case]:
    """`carried` for several leads at once."""
    query = select(Case).where(Case.lead_id.in_(lead_ids), Case.status.in_(OPEN))
    return list(session.scalars(query.order_by(Case.received_at, Case.id)))


def first_ids(session: Session, lead: Case, most: int) -> Sequence[int]:
    """The ids of the oldest that are `carried`: what is read of them later is as new as their versions, or newer."""
    query = select(Case.id).where(Case.lead_id == lead.id, Case.status.in_(OPEN))
    return session.scalars(query.order_by(Case.received_at, Case.id).limit(most)).all()


def supporters(session: Session, cases: Collection[Case]) -> Mapping[int, int]:
    """By the id of a lead, how many other people told of the same; who told of it twice counts once."""
    lead = aliased(Case)
    who = func.coalesce(Case.resident_id, -Case.id)  # whoever hid her number counts with each case
    query = (
        select(Case.lead_id, func.count(who.distinct()))
        .join(lead, lead.id == Case.lead_id)
        .where(
            Case.lead_id.in_([case.id for case in cases]), Case.status.in_(OPEN),
            Case.resident_id.is_distinct_from(lead.resident_id) | Case.resident_id.is_(None),
        )
        .group_by(Case.lead_id)
    )  # fmt: skip
    return {lead_id: count for lead_id, count in session.execute(query) if lead_id is not None} if cases else {}


def hold_lead(session: Session, which: ColumnElement[bool]) -> None:
    """Lock the leads of these cases, and those of them that are not carried, in one order for everybody: in this order
    residents lock what stands together. What is carried comes after that.

    Officers, who hold a lead, wait for none of those under it.
    """
    under = Case.lead_id.is_not(None) & Case.status.in_(OPEN)
    first = Case.id.in_(select(Case.lead_id).where(which, under)) | (which & ~under)
    # As strongly as whoever locks her own after this, or two who hold them would wait for each other all the same.
    session.execute(select(Case.id).where(first).order_by(Case.id).with_for_update())


def hold(session: Session, lead: Case) -> list[Case]:
    """Those that it carries, locked, oldest first; without those that somebody has in hand at this moment."""
    query = select(Case).where(Case.lead_id == lead.id, Case.status.in_(OPEN)).order_by(Case.received_at, Case.id)
    locked = query.with_for_update(key_share=True, skip_locked=True)
    return list(session.scalars(locked.execution_options(populate_existing=True)))


def put_under(
    session: Session, office: Office, lead: Case, members: Sequence[Case], name: str, now: datetime,
    officer_id: int | None = None,
) -> None:  # fmt: skip
    """Put these open cases, locked by the caller as the lead is, under `lead`, with a line in either history.

    None of them is later for it: the lead is bound by whatever is earlier in their clocks. That it is no report, nobody
    proposes any more: others say that it is one.
    """
    for old_id in {one.lead_id for one in members if one.lead_id not in (None, lead.id)}:
        old, theirs = session.get_one(Case, old_id), [one for one in members if one.lead_id == old_id]
        inherit(session, old, theirs)
        for one in theirs if name == "merged" else ():  # another has it: it binds the first one no more
            events.append_wordless(
                session, old, "unmerged", now, officer_id=officer_id, other=one.reference, newer=False, moved=True,
                **_bound_by(session, old, one),
            )  # fmt: skip
    lead.proposed_by_id = None
    session.flush()
    times = timing.times_of(session, office, [lead, *members])
    for one in members:
        one.lead_id = lead.id
        bound: dict[str, Any] = dict(binding(lead, one, times))
        for case, other, told in ((one, lead, {}), (lead, one, bound)):
            events.append_wordless(
                session, case, name, now, officer_id=officer_id, other=other.reference, newer=case is one, **told
            )
    timing.keep_times(session, office, [lead, *members])


def binding(lead: Case, one: Case, times: Mapping[int, Times]) -> dict[str, str]:
    """What of the clocks of a case binds the one that stands for it: her promise, and what else is earlier there."""
    own, its = times[lead.id], times[one.id]
    pairs: dict[str, tuple[datetime | None, datetime | None]] = {"stop": (own.stop, its.stop)}
    if one.raised_to == lead.raised_to:
        pairs["answer_by"] = (own.answer_by, its.answer_by)
    if desks.turn(one) == desks.turn(lead):
        pairs |= {"desk_due": (own.desk_whole, its.desk_whole), "first_due": (own.desk_first, its.desk_first)}
    earlier = {name: day for name, (mine, day) in pairs.items() if day and mine and day < mine}
    due = {"due": its.due_at} if its.due_at else {}
    return {name: day.isoformat() for name, day in (due | earlier).items()}


def part(
    session: Session, office: Office, case: Case, lead: Case, now: datetime, officer_id: int | None = None
) -> None:
    """Take a case, locked as its lead is, out from under it: at its own desk as it was, with a line in either history.

    Its clocks have gone on as if it had stayed there; a step up of which its resident was told is its own. The line of
    the lead names the days by which the case had bound it, and binds it no more.
    """
    inherit(session, lead, [case])
    case.lead_id = None
    for one, other, freed in ((case, lead, {}), (lead, case, _bound_by(session, lead, case))):
        events.append_wordless(
            session, one, "unmerged", now, officer_id=officer_id, other=other.reference, newer=one is case, **freed
        )
    timing.keep_times(session, office, [case, lead])


def _bound_by(session: Session, lead: Case, case: Case) -> dict[str, Any]:
    """The days that the last line named that put this case under its lead."""
    session.flush()
    query = select(CaseEvent.data).where(
        CaseEvent.case_id == lead.id, CaseEvent.name.in_(BINDS), CaseEvent.data["other"].astext == case.reference
    )
    data: Mapping[str, Any] = session.scalar(query.order_by(CaseEvent.id.desc()).limit(1)) or {}
    return {name: day for name, day in data.items() if name in DAYS}


def inherit(session: Session, lead: Case, members: Sequence[Case]) -> None:
    """Every step up that the lead made while it stood for these is theirs: their residents were told of it.

    At the time at which it was made, so that nobody has its days once more. The cases are locked and open; their clocks
    are for the caller to keep.
    """
    if lead.raised_to is None or not members:
        return
    session.flush()
    came = CaseEvent.name.in_(BINDS) & CaseEvent.data["newer"].as_boolean()
    # While it had ended, a step of the lead was none of its own.
    under = select(func.max(CaseEvent.id)).where(CaseEvent.case_id == Case.id, came | (CaseEvent.name == "plan_due"))
    since = select(Case.id, under.scalar_subquery()).where(Case.id.in_([one.id for one in members]))
    began = {case_id: event_id or 0 for case_id, event_id in session.execute(since)}
    query = select(CaseEvent).where(CaseEvent.case_id == lead.id, CaseEvent.name == "raised").order_by(CaseEvent.id)
    for line in session.scalars(query):
        for one in members:
            if line.id > began[one.id]:
                _go_up(session, one, line)
    session.flush()


def _go_up(session: Session, case: Case, line: CaseEvent) -> None:
    """As `line` says of the lead; not to where it was sent before, nor to a step that it has not."""
    step = Step(line.data["step"])
    there = {Step.SUB_COUNTY: case.sub_county_code is not None, Step.CHIEF_OFFICER: case.department is not None}
    if steps.RANKS[step] <= height(case) or not there.get(step, True):
        return
    told = {name: value for name, value in line.data.items() if name != "channel"} | {"from": case.desk.value}
    desks.hand_to(case, steps.desk_of(step), line.at)
    case.desk_since = case.raised_at = line.at
    case.raised_to, case.raised_why = step, line.data["why"]
    case.answer_by = datetime.fromisoformat(line.data["answer_by"])
    events.append_wordless(session, case, "raised", line.at, **told)


# A lead that leads no more


def let_go(session: Session, office: Office, case: Case, now: datetime) -> None:
    """This case has nothing to do with the others any more: it was taken back, joined, or became confidential.

    Under its lead it is no longer; whom it stood for, the oldest of them leads, or the one that was sent up highest.
    Call it while the case is still what it was, and `cut` after it where nobody may know of it.
    """
    case.lead_id = None
    lead_anew(session, office, case, now)
    release_ended(session, [case])


def release_ended(session: Session, leads: Collection[Case]) -> None:
    """What ended with these is under none of them any more: what comes back from a plan comes back by itself."""
    ended = Case.lead_id.in_([lead.id for lead in leads]) & Case.status.not_in(OPEN)
    session.execute(update(Case).where(ended).values(lead_id=None))


def lead_anew(session: Session, office: Office, old: Case, now: datetime) -> None:
    """The oldest of the open cases under `old` leads the others from now on, or one that was sent up higher; of those
    one that is about what was published of `old`, which goes along.

    What may not stand under that one stands by itself.
    """
    query = select(Case).where(Case.lead_id == old.id, Case.status.in_(OPEN)).order_by(Case.received_at, Case.id)
    members = list(session.scalars(query.with_for_update(key_share=True)))
    if not members:
        published.end(session, old, now)
        return
    inherit(session, old, members)
    kept, incident = kept_from_officers(session, members), published.of(session, old)
    # The first of those that are as high.
    lead = max(members, key=lambda one: (one.id not in kept, rank(one), published.is_about(incident, one)))
    others = [one for one in members if one is not lead and one.id not in kept and fits_under(one, lead)]
    alone = [one for one in members if one not in others and (one is not lead or not others)]
    lead.lead_id = None
    published.pass_on(session, old, None if lead.id in kept else lead, now)
    if others:
        put_under(session, office, lead, others, "led_by", now)
    for one in alone:
        one.lead_id = None
        events.append_wordless(session, one, "led_by", now)
    timing.keep_times(session, office, alone)


def height(case: Case) -> int:
    """How high it was sent up; 0 where nobody has."""
    return steps.RANKS[case.raised_to] if case.raised_to else 0


def rank(case: Case) -> tuple[int, bool]:
    """Which of several leads: what was sent up highest, of those what its resident says is not fixed."""
    return height(case), is_disputed(case)


def is_disputed(case: Case) -> bool:
    """Whether its resident said that it is not fixed, and nobody has ended it since."""
    return case.confirmation is Confirmation.DISPUTED


def fits_under(case: Case, lead: Case) -> bool:
    """Whether nothing of it disappears under that one: neither a step up, nor a dispute."""
    return height(case) <= height(lead) and (is_disputed(lead) or not is_disputed(case))


def kept_from_officers(session: Session, cases: Collection[Case]) -> frozenset[int]:
    """The ids of those that are about an officer: they stand by themselves, and nobody is asked about them."""
    named = select(CaseConflict.case_id).where(CaseConflict.case_id.in_([case.id for case in cases]))
    return frozenset(session.scalars(named))


def cut(session: Session, case: Case) -> None:
    """The histories keep that another case was merged with it or parted from it, not which."""
    named = CaseEvent.data["other"].astext
    with as_owner(session):  # histories are nobody's to change
        theirs = select(named).where(CaseEvent.case_id == case.id, CaseEvent.name.in_(LINES))
        others = select(Case.id).where(Case.reference.in_(theirs))
        for which in (
            CaseEvent.case_id.in_(others) & (named == case.reference),
            (CaseEvent.case_id == case.id) & CaseEvent.name.in_(LINES),
        ):
            session.execute(
                update(CaseEvent)
                .where(CaseEvent.data.has_key("other"), which)
                .values(data=CaseEvent.data.op("-")(cast("other", Text)))
                .execution_options(synchronize_session=False)
            )


LINES = (*sorted(BINDS), "unmerged", "supporter_wrote", "crew_going", "crew_done", "crew_cannot")
"""Lines of a history that name another person's case."""
