"""Reports that were begun and not sent, as a closed session leaves them, and what time does to them."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gateway.cases import drafts
from gateway.cases.drafts import Begun
from gateway.cases.models import Draft
from tests.cases.stage import LURAMBI, SHIRERE, WANJIKU, Stage


def begin(stage: Stage, **given: Any) -> None:
    """Wanjiku was cut off where the place in Shirere is asked for, but for what is given."""
    phone, language = given.pop("phone", WANJIKU), given.pop("language", "sw")
    resumed = given.pop("resumed", None)
    usual = {
        "ward": str(SHIRERE), "sub_county": str(LURAMBI), "category": "WATER", "problem": "NO_WATER", "typed": "",
    }  # fmt: skip
    vault = stage.office.vault
    with stage.transaction() as session:
        begun = Begun(
            f"ATUid_{secrets.token_hex(8)}", vault.phone_hash(phone), vault.seal(phone), language,
            {**usual, **given}, stage.now, resumed,
        )  # fmt: skip
        drafts.keep(session, stage.office, begun, stage.now)


def sweep(stage: Stage, **length: float) -> datetime:
    """So much later: a round of the sweeper, without sending."""
    stage.later(**length)
    for task in (drafts.ask_due, drafts.file_expired):
        while True:
            with stage.transaction() as session:
                if not task(session, stage.office, stage.now):
                    break
    stage.sweep()
    return stage.now


def asked(stage: Stage, **given: Any) -> None:
    """She was cut off, and ten minutes later asked about it."""
    begin(stage, **given)
    sweep(stage, minutes=10)


def kept(stage: Stage) -> list[Draft]:
    with stage.transaction() as session:
        return list(session.scalars(select(Draft).order_by(Draft.id)))
