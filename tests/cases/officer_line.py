"""An officer with a phone of her own: rounds come, she reads them and answers with a digit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from gateway.cases import callouts, prompts, rounds
from gateway.cases.desk_models import Digest, Prompt
from gateway.cases.models import Case
from gateway.messages.models import Message
from gateway.people.models import Officer, Role
from tests.cases.stage import Stage

ROSE = "+254722000150"


def with_phone(
    stage: Stage, role: Role = Role.WARD, phone: str = ROSE, language: str = "en", **jurisdiction: Any
) -> Officer:
    officer = stage.officer(role, **jurisdiction)
    vault = stage.office.vault
    stage.set(
        "UPDATE officer SET phone_hash = :hash, phone_sealed = :sealed, phone_mask = '+254 7** *** 150',"
        " language = :language WHERE id = :id",
        hash=vault.phone_hash(phone), sealed=vault.seal(phone), language=language, id=officer.id,
    )  # fmt: skip
    return officer


def rounds_come(stage: Stage, now: datetime | None = None) -> int:
    """What the sweeper does about rounds; how many officers were looked at."""
    done = 0
    while True:
        with stage.transaction() as session:
            more = rounds.send_due(session, stage.office, now or stage.now)
        if not more:
            return done
        done += more


def call_out(stage: Stage) -> int:
    done = 0
    while True:
        with stage.transaction() as session:
            more = callouts.call_out(session, stage.office, stage.now)
        if not more:
            return done
        done += more


def leave(stage: Stage, ago: float = 60) -> None:
    """Everything that waits has left, so many seconds ago; after a minute it may have been read."""
    stage.set(
        "UPDATE message SET status = 'sent', sent_at = now() - make_interval(secs => :ago) WHERE status = 'queued'",
        ago=ago,
    )


def says(stage: Stage, words: str, phone: str = ROSE) -> str | None:
    """What waits has reached her, and she answers; why the text was handled."""
    leave(stage)
    return stage.receive(words, phone).why


def to(stage: Stage, officer: Officer) -> list[tuple[str, str]]:
    """Wording and text of every SMS to her, oldest first."""
    with stage.transaction() as session:
        sent = session.scalars(select(Message).where(Message.officer_id == officer.id).order_by(Message.id))
        return [(message.wording, stage.office.vault.open(message.text_sealed)) for message in sent]


def last(stage: Stage, officer: Officer) -> str:
    return to(stage, officer)[-1][1]


def asked(stage: Stage) -> list[tuple[str, str | None]]:
    """Reference and answer of every prompt, oldest first."""
    with stage.transaction() as session:
        rows = session.execute(
            select(Case.reference, Prompt.answer).join(Case, Case.id == Prompt.case_id).order_by(Prompt.id)
        )
        return [(reference, answer) for reference, answer in rows]


def digests(stage: Stage) -> list[dict[str, Any]]:
    with stage.transaction() as session:
        return [digest.counts for digest in session.scalars(select(Digest).order_by(Digest.id))]


def expire(stage: Stage) -> int:
    with stage.transaction() as session:
        return prompts.expire(session, stage.now)
