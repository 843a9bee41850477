"""A dial that was cut off: what the next one shows, and what time does to what it left behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.cases import closing, drafts
from gateway.dialogue.cache import SessionCache
from gateway.dialogue.left_behind import LONGEST_SESSION, Closer
from gateway.installation import Installation
from gateway.messages.models import Message, MessageStatus
from tests.callbacks.handset import ADA, SESSION, Handset

BEGUN = "1*4*6*1"
"""Lurambi, Shirere, water: cut off where the problem is asked for."""


def offered(ward: str = "Shirere") -> str:
    return (
        f"CON Ulianza ripoti, {ward}.\n7 Endelea  8 Ifute\n1 Ripoti shida\n2 Maoni\n3 Fuatilia\n4 Siri, hatari\n"
        "5 Nipigie simu\n6 Faragha, wadi\n9 English"
    )


def again(app: Flask, number: int = 1, phone: str = ADA) -> Handset:
    """The same phone dials anew."""
    dialled = Handset(app, phone, f"{SESSION}{number}")
    dialled.dial()
    return dialled


class Later:
    """The sweeper's clock; it begins now."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.now = datetime.now(UTC)
        self.closer = Closer(installation, SessionCache(installation.redis, installation.office.vault))

    def sweep(self, **length: float) -> None:
        """So much later: one round, without sending."""
        self.now += timedelta(**length)
        while self.closer.close_due(self.now):
            pass
        tasks = (drafts.ask_due, drafts.file_expired, closing.expire_questions, closing.open_waiting)
        for task in tasks:
            with Session(self.installation.engine) as session, session.begin():
                task(session, self.installation.office, self.now)

    def sessions_end(self) -> None:
        """No network holds a session any more."""
        self.sweep(seconds=LONGEST_SESSION.total_seconds() + 1)

    def deliver(self) -> None:
        """Every SMS that waits arrives."""
        with Session(self.installation.engine) as session, session.begin():
            waiting = Message.status == MessageStatus.QUEUED
            session.execute(update(Message).where(waiting).values(status=MessageStatus.DELIVERED))
