"""SMS of the demo's stories, both ways, in the states in which sending and delivery leave them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from gateway.demo.world import JUST_NOW, Person, World
from gateway.messages.models import IncomingStatus, MessageStatus
from menus.lettering import sms_parts

REFUSED_CODES = ("403", "406")
UNDELIVERED = ("Expired", "DeliveryFailure", "UserInBlacklist", "UserIsInactive")


def outgoing(
    world: World, wording: str, text: str, at: datetime, due: datetime, *, automatic: bool
) -> dict[str, Any]:  # fmt: skip
    """An SMS that was queued at `at` and left when it was due; most arrive."""
    sent = due + timedelta(seconds=world.rng.uniform(1, 6))
    row: dict[str, Any] = {
        "wording": wording, "text_sealed": world.office.vault.seal(text), "automatic": automatic, "due_at": due,
        "created_at": at, "attempts": 1, "status": MessageStatus.DELIVERED, "code": "Success",
        "provider_id": f"ATXid_demo_{world.rng.getrandbits(80):020x}", "parts": sms_parts(text),
        "price": Decimal("0.8") * sms_parts(text), "currency": "KES",
        "sent_at": sent, "delivered_at": sent + timedelta(seconds=world.rng.expovariate(1 / 8)),
    }  # fmt: skip
    chance = world.rng.random()
    if chance < 0.015:
        refused = dict.fromkeys(("provider_id", "parts", "price", "currency", "sent_at", "delivered_at"))
        return row | refused | {"status": MessageStatus.FAILED, "code": world.rng.choice(REFUSED_CODES)}
    if chance < 0.04:
        code = world.rng.choice(UNDELIVERED)
        return row | {"status": MessageStatus.FAILED, "code": code, "delivered_at": None}
    if chance < 0.07 or row["delivered_at"] > world.now - JUST_NOW / 2:
        return row | {"status": MessageStatus.SENT, "code": "101", "delivered_at": None}
    return row


def incoming(world: World, person: Person, at: datetime, text: str, why: str) -> dict[str, Any]:
    """A text of hers as it was stored, long since handled."""
    return {
        "provider_id": f"demo-{world.rng.getrandbits(80):020x}",
        "sender_sealed": world.office.vault.seal(person.phone),
        "text_sealed": world.office.vault.seal(text),
        "status": IncomingStatus.HANDLED,
        "why": why,
        "received_at": at,
    }
