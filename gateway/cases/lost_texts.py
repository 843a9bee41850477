"""Texts that no callback brought: found in the provider's inbox, and filed as if one had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.logging import log_event
from config.settings import Settings
from gateway.cases import inbound
from gateway.cases.office import Office
from gateway.messages.africastalking import Fetched, Sender
from gateway.messages.arriving import MAX_LINK_ID, MAX_SENDER, MAX_TEXT, why_unanswerable
from gateway.messages.dates import said_at
from gateway.messages.models import InboxMark

EVERY = timedelta(minutes=10)
"""How often the inbox is read. A callback that failed is repeated for hours anyway; this is for those that are not."""
PAGES = 10
"""How many requests one reading makes; the rest follows in the next round, after the sweeper's other tasks."""
OLD = timedelta(days=1)
"""What lay in the inbox for longer when it was first read is history: an account may hold years of texts."""


def collect(engine: Engine, office: Office, settings: Settings, sender: Sender, now: datetime) -> int:
    """Read what is new in the inbox, if it is time to, and store what no callback brought; returns how many those were.

    However many sweepers there are, one reads. Where it is killed, or the provider fails (an SmsFailure), the next
    reading begins at the first page that was not committed; what is read twice is stored once.
    """
    turn = _take_turn(engine, now)
    if turn is None:
        return 0
    (last_id, since), found = turn, 0
    for _ in range(PAGES):
        # No transaction is open here.
        page = sender.fetch(last_id)
        if not page or page[-1].id <= last_id:
            _note_the_end(engine)
            return found
        last_id = page[-1].id
        found += _store(engine, office, settings, page, since)
    _do_not_wait(engine)
    return found


def _take_turn(engine: Engine, now: datetime) -> tuple[int, datetime] | None:
    """The mark, where the last reading is long enough ago by the database's clock; from here on it is not."""
    long_ago = func.now() - EVERY
    with Session(engine) as session, session.begin():
        session.execute(
            insert(InboxMark)
            .values(id=1, last_id=0, read_at=long_ago, since=now - OLD)
            .on_conflict_do_nothing(index_elements=["id"])
        )
        mark = session.execute(
            update(InboxMark)
            .where(InboxMark.id == 1, InboxMark.read_at <= long_ago)
            .values(read_at=func.now())
            .returning(InboxMark.last_id, InboxMark.since)
        ).first()
    return (mark.last_id, mark.since) if mark else None


def _store(engine: Engine, office: Office, settings: Settings, page: Sequence[Fetched], since: datetime) -> int:
    """Store one page and move the mark behind it, both or neither."""
    found = old = elsewhere = 0
    with Session(engine) as session, session.begin():
        for fetched in page:
            sent_at = said_at(fetched.date)
            if sent_at and sent_at < since:
                old += 1
            elif fetched.to.lstrip("+") not in ("", settings.short_code):
                elsewhere += 1  # another service of the same account
            else:
                found += _store_one(session, office, settings, fetched, sent_at)
        session.execute(
            update(InboxMark).where(InboxMark.id == 1, InboxMark.last_id < page[-1].id).values(last_id=page[-1].id)
        )
    log_event("inbox_read", texts=len(page), lost=found, old=old, elsewhere=elsewhere)
    return found


def _store_one(
    session: Session, office: Office, settings: Settings, fetched: Fetched, sent_at: datetime | None
) -> bool:
    sender = fetched.sender[:MAX_SENDER]
    odd = why_unanswerable(sender, settings)
    if sent_at is None:
        # Nobody can tell whether a callback brought it: a human looks before it is answered, perhaps once more.
        odd = odd or "no date"
    return inbound.store(
        session, office, f"inbox:{fetched.id}", sender, _storable(fetched.text)[:MAX_TEXT], odd=odd, said_at=sent_at,
        link_id=(fetched.link_id or "")[:MAX_LINK_ID] or None, fetched=True,
    )  # fmt: skip


def _storable(text: str) -> str:
    """JSON may hold letters that no database stores; one of them must not keep all later texts from being read."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _note_the_end(engine: Engine) -> None:
    """What was there when this reading began has been read."""
    with Session(engine) as session, session.begin():
        session.execute(update(InboxMark).where(InboxMark.id == 1).values(ended_at=InboxMark.read_at))


def _do_not_wait(engine: Engine) -> None:
    """There is more: the next round goes on."""
    with Session(engine) as session, session.begin():
        session.execute(update(InboxMark).where(InboxMark.id == 1).values(read_at=InboxMark.read_at - EVERY))
