"""The rounds: at 08:00 and 14:00 of working days, one SMS to each officer with what waits at her desks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.zone import NAIROBI
from gateway.cases import briefing, lists, prompts
from gateway.cases.clock import Calendar, local_day
from gateway.cases.desk_models import Digest
from gateway.cases.office import Office
from gateway.cases.visibility import visible
from gateway.messages import outbox
from gateway.people.models import ALONE, Officer, Post
from gateway.people.presence import held_at, is_away_on

HOURS = (8, 14)
"""In Nairobi."""
NO_LATER = timedelta(hours=2)
"""A sweeper that was away brings no round later than this: what it told would be of the morning."""
BATCH = 20


def due_hour(calendar: Calendar, now: datetime) -> datetime | None:
    """The hour whose round may be sent now; None between the rounds and on days without work."""
    day = local_day(now)
    begun = [hour for hour in _hours(calendar, day) if hour <= now < hour + NO_LATER]
    return begun[-1] if begun else None


def next_hour(calendar: Calendar, after: datetime) -> datetime:
    """The hour of the next round."""
    day = local_day(after)
    while True:
        if ahead := [hour for hour in _hours(calendar, day) if hour > after]:
            return ahead[0]
        day += timedelta(days=1)


def _hours(calendar: Calendar, day: date) -> list[datetime]:
    return [datetime.combine(day, time(hour), NAIROBI) for hour in HOURS] if calendar.is_working(day) else []


def send_due(session: Session, office: Office, now: datetime) -> int:
    """One batch of this hour's round, if there is one now; how many officers were looked at. The caller commits.

    Several may do this at once: each officer has one digest of each hour, and its SMS is queued with it.
    """
    hour_at = due_hour(office.calendar, now)
    return send(session, office, hour_at, now) if hour_at else 0


def send(session: Session, office: Office, hour_at: datetime, now: datetime) -> int:
    """One batch of the round of `hour_at`, whatever the time is."""
    done = select(Digest.id).where(Digest.officer_id == Officer.id, Digest.hour_at == hour_at).exists()
    works = select(Post.id).where(
        Post.officer_id == Officer.id, Post.role.not_in(ALONE), held_at(now), ~is_away_on(local_day(now))
    )
    query = (
        select(Officer)
        .where(Officer.active, Officer.phone_hash.is_not(None), works.exists(), ~done)
        .order_by(Officer.id)
        .limit(BATCH)
        .with_for_update(key_share=True, skip_locked=True)
    )
    officers = session.scalars(query).all()
    for officer in officers:
        _tell(session, office, officer, hour_at, now)
    return len(officers)


def _tell(session: Session, office: Office, officer: Officer, hour_at: datetime, now: datetime) -> None:
    """Her digest of this hour; with nothing to tell it is kept as told, and no SMS leaves."""
    counts = _counts(session, officer, now)
    made = insert(Digest).values(officer_id=officer.id, hour_at=hour_at, counts=counts, made_at=now)
    digest_id = session.scalar(made.on_conflict_do_nothing().returning(Digest.id))
    if digest_id is None or not any(counts.values()):
        return
    digest = session.get_one(Digest, digest_id)
    case = prompts.first(session, office, officer, now)
    slots = {f"round_{name}": briefing.number(number) for name, number in counts.items()}
    slots["round_hour"] = briefing.hour(office, hour_at, officer.language)
    wording = prompts.DIGEST if case else "officer_counts"
    text = briefing.compose(
        office, officer, wording, **slots, **(prompts.slots(session, office, officer, case) if case else {})
    )
    message_id = outbox.queue_officer(session, office.vault, officer.id, wording, text, now)
    if case:
        prompts.put(session, officer, case, message_id, now, next_hour(office.calendar, max(hour_at, now)), digest)
    else:
        prompts.close(session, officer.id, now)


def _counts(session: Session, officer: Officer, now: datetime) -> dict[str, int]:
    """As the lists of her queue have them, up to a hundred; a case may be in several."""
    which = {
        "new": lists.new(officer, now), "late": lists.late(officer, now), "disputed": prompts.not_fixed(officer),
    }  # fmt: skip
    return {name: prompts.count(session, and_(one, visible(officer))) for name, one in which.items()}
