"""Texts as they arrive, and what becomes of them, as rows."""

from __future__ import annotations

import threading
import time

from sqlalchemy import select, text

from gateway.cases import inbound
from gateway.messages.models import IncomingSms
from tests.cases.stage import WANJIKU, Stage

COMPLAINT = "Hakuna maji Shirere tangu juzi, bomba limepasuka"
OTHERS = [
    "Barabara ya Shirere ina mashimo mengi", "Taa za barabarani Shirere haziwaki", "Hakuna dawa hospitali ya Shirere",
    "Takataka Shirere hazizolewi", "Soko la Shirere ni chafu sana", "Basari ya Shirere imechelewa",
    "Mpaka wa shamba langu Shirere una mgogoro wa ardhi", "Hakuna mbolea ya wakulima Shirere",
]  # fmt: skip
"""Texts of one phone that are not each other's repetition."""


def spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


def arrive(stage: Stage, words: str, provider_id: str, sender: str = WANJIKU) -> None:
    with stage.transaction() as session:
        inbound.store(session, stage.office, provider_id, sender, words, odd=None)


def handle(stage: Stage) -> None:
    """Every text that has arrived."""
    while inbound.handle_next(stage.engine, stage.office, stage.now):
        pass


def stored(stage: Stage) -> list[IncomingSms]:
    with stage.transaction() as session:
        return list(session.scalars(select(IncomingSms).order_by(IncomingSms.id)))


def minutes_pass(stage: Stage) -> None:
    """What has come so far came some minutes ago by the clock of the database, which tells a repetition."""
    stage.set("UPDATE incoming_sms SET received_at = received_at - interval '10 minutes'")


def spoil(stage: Stage, provider_id: str) -> None:
    """Make a stored text unreadable, as if a key were missing."""
    stage.set("UPDATE incoming_sms SET text_sealed = 'spoilt' WHERE provider_id = :id", id=provider_id)


def waiting_for_a_lock(stage: Stage, count: int) -> None:
    """Return when so many transactions of this database wait for each other."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 10
    with stage.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        while watch.scalar(query) != count:
            assert time.monotonic() < deadline, "they do not wait"
            threading.Event().wait(0.01)
