"""A morning of the demo: the round of 08:00, at whatever hour and on whatever day somebody wants to see it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from config.settings import Settings
from config.zone import NAIROBI
from gateway.cases import rounds
from gateway.cases.desk_models import Digest
from gateway.cases.office import Office
from gateway.demo.accounts import NotTheDemo


def bring(engine: Engine, settings: Settings, office: Office, now: datetime) -> int:
    """Send the round of this morning, once more if it was there already; how many officers were looked at.

    Raises NotTheDemo. The SMS leave with the next sweep, seconds later.
    """
    if not settings.demo:
        raise NotTheDemo
    eight = now.astimezone(NAIROBI).replace(hour=rounds.HOURS[0], minute=0, second=0, microsecond=0)
    with Session(engine) as session, session.begin():
        session.execute(delete(Digest).where(Digest.hour_at == eight))
    looked_at = 0
    while True:
        with Session(engine) as session, session.begin():
            found = rounds.send(session, office, eight, now)
        if not found:
            return looked_at
        looked_at += found
