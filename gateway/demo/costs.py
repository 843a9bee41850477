"""What the demo's sessions cost, and the limit that its county administrator has set."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from gateway.cases.models import Channel
from gateway.demo.life import Life
from gateway.demo.reports import Row
from gateway.demo.world import World
from gateway.messages import spending
from gateway.messages.money import HOME
from gateway.people.models import Officer

SESSION = Decimal("1.60")
"""What a county of few sessions pays for one (https://mspace.co.ke/ussd.html)."""
UNTOLD = 0.1
"""How often the network says nothing when a session ends."""
OTHERS = (0, 0, 1, 2)
"""Sessions for each one in which somebody reported: she looks how it stands, or gives up."""
SHARE = Decimal("0.6")
"""How much of its limit the demo has spent, about: nobody who tries it out shall wait for an SMS."""
STEP = Decimal(500)


def charges(world: World, life: Life, case_id: int) -> list[Row]:
    """What the session cost in which this was reported, and others without a report."""
    if life.case["channel"] is not Channel.USSD:
        return []
    hidden = life.sensitive or life.person is None
    ends = life.case["received_at"] + timedelta(seconds=world.rng.uniform(20, 150))
    own = _charge(ends) if hidden else _charge(ends) | {"case_id": case_id, "ward_code": life.case["ward_code"]}
    others = [_charge(world.received(Channel.USSD)) for _ in range(world.rng.choice(OTHERS))]
    return [row for row in (own, *others) if world.rng.random() >= UNTOLD]


def _charge(at: datetime) -> Row:
    return {"case_id": None, "ward_code": None, "amount": SESSION, "currency": HOME, "at": at}


def set_limit(session: Session, world: World) -> None:
    """A round sum well above what this month has cost so far."""
    spent = spending.standing(session, world.now).spent
    limit = (spent / SHARE // STEP + 1) * STEP
    spending.set_limit(session, session.get_one(Officer, world.officers["county"]), limit, world.now)
